/* demo_app: we as the marketplace: its order feed (POST /v1/events) and its apps (GET
 * /v1/orders/.../contact).
 *
 * Each function draws what it does, looks for real numbers in every answer, and counts what isn't as
 * expected. False: the story can't go on from here. */
#ifndef DEMO_APP_H
#define DEMO_APP_H

#include <jansson.h>

#include "demo/demo.h"

/* `body` may be NULL; it is taken. NULL: no answer, or another status than `wanted` (told). ret_ms may be
 * NULL. */
json_t *demo_app_ask(
	struct demo *demo, const char *method, const char *target, json_t *body, int wanted, double *ret_ms);

/* "order.placed", ... of the order's next version, with one party (-1: none), sent so many times in one body.
 */
struct demo_event {
	const char *type;
	int party;
	int times; /* 0: once */
};
bool demo_app_event(struct demo *demo, struct demo_order *order, const struct demo_event *event);

/* Both apps ask what to show; the VNs go into the order. False: there are none. */
bool demo_app_contacts(struct demo *demo, struct demo_order *order);

/* Asks again and again, 15 s at most, until the order is in this state. ret_s: how long it took. */
bool demo_app_wait(struct demo *demo, const struct demo_order *order, const char *state, double *ret_s);

/* Asks until the call that the provider knows by this id is noted as `completed`, or as refused for this
 * reason; shows what was noted. 15 s at most. */
bool demo_app_call_completed(struct demo *demo, const char *call_id, int seconds);
bool demo_app_call_refused(struct demo *demo, const char *call_id, const char *reason);

/* Every order that was acknowledged and isn't over: has it the VNs that its apps were told? Counts what is
 * lost. */
void demo_app_check_orders(struct demo *demo);

/* What is left to read at the end: metrics, all calls, sessions. Calls refused for being late are counted. */
void demo_app_read_all(struct demo *demo);

#endif
