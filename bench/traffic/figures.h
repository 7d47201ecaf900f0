/* figures: how many of each kind were answered and how long that took, counted from when they were due (so that what
 * had to wait for the server is not left out) and from when they were sent. Of the last interval and of the whole run.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdio.h>

#include "histogram.h"
#include "provider/provider.h"

enum kind { KIND_CALL, KIND_STATUS, KIND_STRANGER, KIND_EVENT, KIND_OPEN, KIND_LOOK, KIND_CLOSE, KIND_FORGET, KIND_OVERLOADED, KIND__COUNT };

#define POOLS_MAX 4

struct figure {
	struct histogram due, sent;
};

struct figures {
	/* Those of the providers' kinds by pool; of the others the first counts. */
	struct figure now[KIND__COUNT][POOLS_MAX], all[KIND__COUNT][POOLS_MAX];
};

void figures_add(struct figures *figures, enum kind kind, uint8_t pool, uint64_t due_ns, uint64_t sent_ns, uint64_t at_ns);

/* The interval becomes part of the whole, and the next begins. */
void figures_next(struct figures *figures);

/* "kinds":{"call_twilio":{"n":..,"p50_ms":..}, ...}, of the interval or of the whole. `wall_ms`: our own deadline. */
void figures_print(const struct figures *figures, bool whole, const struct account *accounts, int pools, uint32_t wall_ms, FILE *out);

#endif
