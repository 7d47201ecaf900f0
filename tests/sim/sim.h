/* sim: one process that is a whole Bauta, the shops, phones and providers around it, a store that fails and crashes, and a clock
 * that jumps: from one seed, always the same.
 *
 *   sim.c          seeds, the summary
 *   sim_town.c     one seed: who orders when, which faults are on; safety phase, then healed phase
 *   sim_server.c   the real server (serve_open), without sockets and threads: requests go in, replies come out, one turn of the
 *                  writer at a time; crashes and starts
 *   sim_store.c    the memory store, with commits that fail, or after which nobody is there any more
 *   sim_model.c    what must hold, by plain arrays and loops over what was committed (S1, S2, S5, S6, S9)
 *   sim_look.c     the server beside it, at each step (S2, S7, S12, L2)
 *   sim_orders.c   orders and their events, by HTTP and from a topic, late, twice and out of order (S7, S8, S9)
 *   sim_due.c      when the next of those events is
 *   sim_topic.c    the topic: the consumer's side of feed_batch, positions, rebalances
 *   sim_calls.c    phones and providers: signed questions, forged ones, retries, PINs, status reports (S3, S5)
 *   sim_texts.c    texts, from phones and from the app (S2, S3, S4)
 *   sim_sender.c   how they go on, and the provider's API that they go by (S2, S5, S8, L2)
 *   sim_blocks.c   who wants no word of whom (S2)
 *   sim_erase.c    people who want to be forgotten (S4)
 *   sim_phone.c    libphonenumber, asked once of each text
 *   sim_sink.c     a receiver of our events, through the real relay (order, at least once, S4)
 *   sim_trace.c    what happened lately; violations
 *
 * Real: engine, board, decide, writer, calls, API, hooks, provider dialects and their signatures, event reading, feed batches, notices,
 * relay, vault. Not real: sockets, threads, disk (tests/e2e has those). */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "core/record.h"
#include "serve/serve.h"

#define SIM_POOLS 4
#define SIM_PIN_POOL 3
#define SIM_PEOPLE 1000 /* of each kind */
#define SIM_ORDERS 1024 /* that are remembered: a late event may come for any of them */
#define SIM_ROLES 2     /* customer, courier */
#define SIM_EVENTS 8    /* of an order */
#define SIM_START_MS 1795341600000
#define SIM_TENANT "main"

/* --- chance --- */

struct sim_random {
	uint64_t at;
};

static inline uint64_t chance_next(struct sim_random *random)
{
	random->at += 0x9e3779b97f4a7c15u;
	return hash_mix(random->at);
}

static inline uint32_t chance_below(struct sim_random *random, uint32_t n)
{
	return (uint32_t)((chance_next(random) >> 32) * n >> 32);
}

/* One in n; n 0: never. */
static inline bool chance_one_in(struct sim_random *random, uint32_t n)
{
	return n && chance_below(random, n) == 0;
}

/* --- what a seed turns on --- */

struct sim_faults {
	uint32_t commit_fails;   /* one in so many commits; 0: none */
	uint32_t burst;          /* and as many after it */
	uint32_t crashes;        /* one in so many commits */
	uint32_t repeats;        /* one in so many events comes again */
	uint32_t late;           /* one in so many comes hours late */
	uint32_t clock_steps;    /* one in so many starts has another wall clock */
	uint32_t storms;         /* one in so many questions is asked again and again */
	uint32_t rebalances;     /* one in so many steps of the topic */
	uint32_t sink_fails;
	bool scarce;             /* hardly any VNs */
	bool tight;              /* low limits */
};

struct sim_totals {
	uint64_t orders, events, calls, pins, texts, texts_sent, erased, blocks, connected, refused, crashes, commit_failures, commits, notices, seeds;
	int64_t ms; /* simulated */
};

struct sim_person {
	struct number number;
};

struct sim_vn {
	struct number number;
	int pool, account; /* index of the configuration's accounts */
};

#define SIM_VNS 200

struct sim_model;
struct sim_order;
struct sim_topic;
struct sim_sink;
struct sim_texts;
struct sim_trace;

struct sim {
	uint64_t seed;
	struct sim_random random;
	struct sim_faults faults;
	bool healed;
	int64_t now_ms;          /* true time */
	int64_t wall_off_ms;     /* what the wall clock is off by */
	uint64_t step;
	struct sim_totals totals;
	/* the server */
	char folder[128];
	struct config *config;
	struct serve *serve;
	const struct http_handler *handler;
	void *handler_context;
	struct store *store;
	struct vault *vault;     /* the store's own */
	char key[120];
	bool dead;               /* it crashed: nothing that it says any more is heard */
	uint32_t failing_n;      /* so many more commits of a burst of failures */
	int64_t behind_ms;       /* a commit failed: until then the writer rests, and what is due by time may not be done */
	/* around it */
	struct sim_model *model;
	struct sim_order *orders;
	uint32_t orders_n;       /* that were ever placed */
	struct sim_topic *topic;
	struct sim_sink *sink;
	struct sim_texts *texts;
	struct sim_trace *trace;
	struct sim_vn vns[SIM_VNS];
	int vns_n;
};

extern struct sim *sim; /* the one that runs: what the linker puts in place of sockets and clocks has no other way to it */

/* --- sim_trace.c --- */
struct sim_trace *trace_new(void);
void trace_free(struct sim_trace *trace);
void trace(const char *about, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Tells, with what of the trace is about it, and ends the process. */
_Noreturn void violation(const char *invariant, const char *about, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* --- sim_store.c --- */
void sim_store_take(struct store *store); /* its commits may fail from now on */
void sim_store_free(struct store *store);

/* --- sim_server.c --- */
void server_open(void);  /* the first start makes the folder, the key file and the configuration */
void server_close(void); /* all of it */
void server_crash(void); /* and start anew */
void server_turn(void);  /* the writer works until nothing waits; starts anew after a crash */

struct sim_reply {
	int status;          /* 0: none: it crashed */
	char *body;          /* terminated; until the next request */
	size_t len;
};
struct sim_header {
	const char *name, *value;
};
/* Puts a request and lets the writer work until the reply is there. */
struct sim_reply server_ask(const char *method, const char *target, const struct sim_header *headers, int headers_n,
	struct str body);
/* The same with the key and JSON. */
struct sim_reply server_api(const char *method, const char *target, const char *body);

/* --- sim_model.c --- */
struct sim_model *model_new(void);
void model_free(struct sim_model *model);
void model_committed(const struct record *records, size_t n); /* what is durable from now on */
void model_restarted(void);
void model_check(void);  /* everything that can be looked at from outside and in */
void model_check_idle(void); /* healed and long after: all is as if nothing had been (L2) */
/* By what is committed: whom `caller` reaches at `vn`, what is to be shown. False: nobody. */
bool model_route(struct number caller, struct number vn, int64_t now_ms, struct number *ret_callee, struct number *ret_show);
/* The same for somebody who typed a PIN. */
bool model_pin(const char *digits, struct number vn, int64_t now_ms, struct number *ret_owner, struct number *ret_callee,
	struct number *ret_show);
/* A PIN that somebody has at that VN; false: nobody has. */
bool model_some_pin(struct number vn, char ret_digits[12]);
/* The open session of an order; NULL: none. Until the next commit. */
const struct session_row *model_open(int pool, const char *ref);
const struct session_row *model_session(uint64_t id); /* as model_open() */
bool model_holds(struct number number); /* has any open session that number? */
/* The VN that party i dials to reach j. */
static inline struct number vn_seen(const struct session_row *row, int i, int j)
{
	uint32_t id;

	return session_vn_seen(row, i, j, &id);
}
int model_pool(struct number number); /* of a VN; -1: it is none of ours */
uint32_t model_open_n(void);

/* --- sim_due.c --- */
struct due {
	int64_t ms;
	uint32_t order;       /* n */
	int event;
};
void due_put(struct due due);
struct due due_take(void);
int64_t due_ms(void);    /* when the next is; INT64_MAX: there is none */
void due_none(void);

/* --- sim_orders.c --- */
void orders_new(void);
void orders_free(void);
void orders_step(void);       /* whatever is due now */
int64_t orders_due_ms(void);  /* when something is; INT64_MAX: nothing */
void orders_check(void);      /* S7, S8, S9 of those whose events all have their answer */
void orders_place(void);
void orders_check_all(void);
void orders_topic_said(const char *id); /* it is behind what was stored as consumed */
const char *pool_name(int pool);
/* Somebody is forgotten: their open orders are over; or may be. Before it is asked for, and when it was answered. */
void orders_forget(struct number number);
void orders_forgotten(bool certain);
/* A live order of late, and who may call whom in it; false: there is none. */
bool orders_pick(int *ret_pool, char ref[16], struct number people[SIM_ROLES]);

/* --- sim_topic.c --- */
void topic_new(void);
void topic_free(void);
void topic_send(const char *key, const char *value, const char *id);
void topic_stored(int32_t partition, int64_t next); /* committed */
void topic_step(void);
void topic_restarted(void);
void topic_begin(void);
void topic_tell(void);
bool topic_idle(void); /* all is consumed and stored */

/* --- sim_calls.c --- */
void calls_new(void);
void calls_step(void);
/* What somebody has seen in their app, mostly a moment ago; false: nobody has. */
bool calls_seen(struct number *ret_person, struct number *ret_vn, int *ret_account);
/* One character of what proves who asks: the secret in the path, or a header of the signature. */
struct sim_request;
void calls_forge(struct sim_request *request);
struct sim_reply calls_put(const struct sim_request *request);

/* --- sim_texts.c --- */
void texts_new(void);
void texts_free(void);
void texts_step(void);      /* somebody writes */
void texts_send(void);      /* the sender's turn */
void texts_restarted(void);
void texts_forgotten(struct number number);
bool texts_idle(void);      /* none waits */

/* --- sim_blocks.c --- */
void blocks_step(void);
void sim_blocks_new(void);
void blocks_committed(const struct record *record);
/* Is that call barred now? `from` none: it is withheld. */
bool blocks_bar_call(int pool, struct number from, struct number to);
bool blocks_name(struct number number);

/* --- sim_erase.c --- */
void erase_step(void);

/* --- sim_sink.c --- */
void sink_new(void);
void sink_free(void);
void sink_step(void);
void sink_restarted(void);
void sink_told(const struct outbox_row *row); /* a committed event */
bool sink_idle(void);

/* --- what is said --- */
void text_check(const char *what, const char *text, size_t len); /* S4: no real number in it */
struct number person_number(int kind, int person);

/* --- sim_town.c --- */
void town_run(uint64_t seed, uint32_t orders, struct sim_totals *totals);

#endif
