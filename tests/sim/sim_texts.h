/* Texts as the two halves of it know them: sim_texts.c, who writes them; sim_sender.c, how they go on. */
#ifndef SIM_TEXTS_H
#define SIM_TEXTS_H

#include "message/ledger.h"
#include "provider/messaging.h"
#include "provider/provider.h"
#include "sim/sim.h"

#define TEXTS 4096     /* that are remembered */
#define OUT_MAX 16
#define BODY_MAX 160

struct text {
	uint32_t n;           /* which one in this place; 0: none */
	uint64_t session;
	struct number to;     /* whom it was meant for; none: it must not go to anybody */
	struct number from;   /* who wrote it, or is said to by the app */
	char body[BODY_MAX];  /* as it must go on */
	char words[BODY_MAX]; /* as it was written */
	int64_t since_ms;     /* its webhook or its app heard that it is stored; 0: not so */
	uint64_t since_step;
	bool from_app;        /* which nobody blocks */
	bool settled;         /* the store has it that it went, or never will */
	bool unsure;          /* it may have: a crash came before we heard */
	bool dropped;         /* whom it was meant for was forgotten */
};

struct out {
	bool used, answered;
	struct ledger_outcome outcome;
	uint32_t n;
};

struct sim_texts {
	struct text texts[TEXTS];
	uint32_t texts_n;
	struct out outs[OUT_MAX];
	struct ledger_item items[OUT_MAX];
};

static inline struct server *server(void)
{
	return &sim->serve->server;
}

/* The text that says so, in the words that it must go on in; the end of the run if there is none. */
struct text *text_of(const char *body, size_t len);

#endif
