/* exchange: one request of the doctor and what came back, waited for: never tried again, so that what is told is what
 * was seen. */
#ifndef DOCTOR_EXCHANGE_H
#define DOCTOR_EXCHANGE_H

#include "doctor/diagnose.h"
#include "net/http_client.h"
#include "supply/inventory_send.h"

struct exchange {
	struct http_client *client;
	int64_t (*now_ms)(void *context); /* the wall clock */
	void *clock_context;
	/* of the last one, until the next */
	enum http_failure failure;
	const char *why;
	int status;
	struct buf body;
	struct clock_look clock;
	uint64_t took_us;
	bool over; /* inside */
};

/* False: no memory. `now_ms` is kept. */
MUST_CHECK bool exchange_init(struct exchange *exchange, int64_t (*now_ms)(void *context), void *clock_context);
void exchange_done(struct exchange *exchange); /* half-made ones too */

void exchange_inventory(struct exchange *exchange, const struct inventory_sending *sending);
void exchange_http(struct exchange *exchange, const struct http_ask *ask);

#endif
