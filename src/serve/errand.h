/* errand: a command for a call on its way to a provider's REST API, and what has become of it (commander.h).
 *
 * Holds copies of all texts; the built request holds the key and whom to ring, so freeing wipes. Threads: whoever holds
 * it; once sent, the commander's.
 */
#ifndef ERRAND_H
#define ERRAND_H

#include "serve/commander.h"

/* More can't be a PIN: what is longer is cut, and stays none. */
#define ERRAND_DIGITS_MAX 31

enum errand_state { ERRAND_WAITS, ERRAND_OUT, ERRAND_ENDED };

struct errand {
	struct errand *next;
	struct commander *commander;
	const struct account *account;
	int place;              /* of the account among the commander's */
	struct control_out out; /* texts are below */
	struct question question; /* a transfer's: asked again before it goes out */
	char leg[CONTROL_ID_MAX + 1], event[CONTROL_ID_MAX + 1], call_id[CALL_PROVIDER_ID_MAX + 1];
	char digits[ERRAND_DIGITS_MAX + 1];
	bool answered;
	bool tells;             /* if this ends the call, it has failed */
	enum errand_state state;
	int tries;
	int64_t due_ms, end_ms; /* when all of it is over */
	struct inventory_request request;
};

/* NULL: no memory, a text is too long, or the account can't send it. */
struct errand *errand_new(const struct account *account, const struct commanding *command);
void errand_free(struct errand *errand);

/* The request for what `out` says now. */
MUST_CHECK enum err errand_build(struct errand *errand);

bool errand_ends_a_call(const struct control_out *out);

#endif
