/* demo_phone: we as the people who dial, and as the provider between their phones and Bauta: in its own
 * dialect, with its own signature, to the server's real port. What the answer makes the provider do is what
 * happens.
 *
 * Draws each call, and counts whom it reached, what it showed, how long the answer took. */
#ifndef DEMO_PHONE_H
#define DEMO_PHONE_H

#include "demo/demo.h"

#define DEMO_CALL_ID_SIZE 40

/* Party `i` of the order dials the other one's VN: must ring that one's phone and show i's own VN.
 * `ret_call_id` (DEMO_CALL_ID_SIZE bytes) may be NULL. */
bool demo_phone_connects(struct demo *demo, const struct account *account, const struct demo_order *order,
	int i, char *ret_call_id);

struct demo_try {
	const struct demo_phone *from;
	struct number to;
	bool withheld; /* the caller hides their number */
	const char
		*reason; /* why it must be refused, as Bauta notes it and tells nobody outside; else NULL */
};

/* Must be refused for that reason, with the same bytes as every other refusal. */
bool demo_phone_refused(struct demo *demo, const struct account *account, const struct demo_try *attempt);

/* The same question from somebody who doesn't know the account's secret: must get 403 and nothing else. */
bool demo_phone_forged(struct demo *demo, const struct account *account, const struct demo_try *attempt);

/* The provider reports that the call of that id ended after `seconds`. */
bool demo_phone_ended(struct demo *demo, const struct account *account, const struct demo_try *call,
	const char *call_id, unsigned seconds);

#endif
