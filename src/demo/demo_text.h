/* demo_text: we as the people who text, and as the provider that brings it: as demo_phone.h does for calls.
 *
 * Draws each text, and counts whom it reached, and from which number. */
#ifndef DEMO_TEXT_H
#define DEMO_TEXT_H

#include "demo/demo_phone.h"

struct demo_text {
	const char *body;    /* what is written */
	const char *drawn;   /* the same for the screen, where no number is seen */
	const char *arrives; /* what the other one reads */
};

/* Party `i` of the order texts the other one's VN: it must reach that one, from i's own VN. */
bool demo_text_arrives(struct demo *demo, const struct account *account, const struct demo_order *order, int i,
	const struct demo_text *text);

/* Nobody may get it; `attempt->reason` is why. */
bool demo_text_refused(struct demo *demo, const struct account *account, const struct demo_try *attempt, const char *body);

#endif
