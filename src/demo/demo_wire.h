/* demo_wire: one request to Bauta as a provider makes it, and what came back. For demo_phone.c and demo_text.c. */
#ifndef DEMO_WIRE_H
#define DEMO_WIRE_H

#include "demo/demo_phone.h"

struct demo_exchange {
	const struct account *account; /* what it is signed with */
	struct sim_question question;
	char call_id[DEMO_CALL_ID_SIZE];
	struct sim_request request;
	struct client_answer answer;
	struct sim_outcome outcome;    /* of a call */
	struct sim_text text;          /* of a text */
	double ms;
};

bool demo_wire_exotel(const struct account *account);
/* Until then the provider waits for us. */
int demo_wire_deadline_s(const struct account *account);

void demo_wire_begin(struct demo *demo, const struct account *account, const struct demo_try *attempt,
	struct demo_exchange *exchange);

/* One of a provider_sim's: ask, tell, text. */
typedef enum err demo_wire_words(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request);
bool demo_wire_put(struct demo *demo, struct demo_exchange *exchange, demo_wire_words *words);

/* False: no answer at all. After true the answer is the caller's to be done. */
bool demo_wire_send(struct demo *demo, struct demo_exchange *exchange);

#endif
