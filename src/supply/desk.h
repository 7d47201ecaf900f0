/* desk: where we talk to one provider account about numbers: sends what provider/inventory.h builds, at the account's pace,
 * and tries again what may be tried again. One question at a time; the caller's thread waits for the answer.
 *
 * Pace: requests_a_minute of the inventory, a few at once, then evenly. Tries: a safe question up to DESK_TRIES times, after
 * waits with jitter that double from DESK_WAIT_FIRST_MS, or that the provider asks for (Retry-After; DESK_WAIT_MAX_MS at
 * most). A question that spends money is asked once more only if it is certain that it did not arrive: no connection, or 429.
 *
 * The API's own address must be public unless the account names another (api_url). Redirects are not followed.
 *
 * Memory: the answer of the last question is kept until the next. Threads: one; desk_stop() from any.
 */
#ifndef SUPPLY_DESK_H
#define SUPPLY_DESK_H

#include "net/http_client.h"
#include "provider/inventory.h"
#include "provider/provider.h"

#define DESK_TRIES 4
#define DESK_WAIT_FIRST_MS 500
#define DESK_WAIT_MAX_MS 60000
#define DESK_TIMEOUT_MS 30000

struct desk;

struct desk_options {
	const struct account *account;     /* outlives the desk; its provider has an inventory */
	const struct inventory *inventory;
	const char *user_agent;
	uint64_t seed;                     /* of the jitter */
	uint32_t wait_first_ms;            /* 0: DESK_WAIT_FIRST_MS */
};

struct desk *desk_new(const struct desk_options *options); /* NULL: no memory */
void desk_free(struct desk *desk);
/* The question that is out, and each that is asked later, ends at once with ERR_OVERLOADED. */
void desk_stop(struct desk *desk);

enum desk_kind {
	DESK_SAFE,   /* may be asked any number of times */
	DESK_SPENDS, /* must not be done twice */
};

struct desk_answer {
	int status;          /* HTTP */
	struct str body;     /* until the next question */
	bool unsure;         /* DESK_SPENDS: it may have been done all the same: time-out, cut answer, 5xx */
	int64_t retry_after_s; /* -1: none */
};

/* ERR_OK: answered, whatever the status. ERR_OVERLOADED: stopped. ERR_NOT_FOUND: no answer after all tries; ret_why is a
 * sentence ("the connection failed"), static. `unsure` is set whatever is given. */
MUST_CHECK enum err desk_ask(struct desk *desk, const struct inventory_request *request, enum desk_kind kind,
	struct desk_answer *ret_answer, const char **ret_why);

struct desk_counts {
	uint64_t asked, tried_again, failed;
	uint64_t paced_ms; /* waited for the pace */
};
struct desk_counts desk_counts(const struct desk *desk); /* any thread */

#endif
