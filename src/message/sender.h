/* sender: takes texts to their providers' REST APIs, all accounts' in one thread. Loop of named steps
 * (sender_loop_once):
 *
 *   take     what is due, while fewer than SENDER_OUT_MAX are out, SENDER_ACCOUNT_MAX of one account (in the
 *            writer: ledger_take)
 *   send     a request each; what can't be put fails there
 *   turn     works on what is out; waits for answers, for something to be due, to be woken
 *   settle   what came of them (in the writer: ledger_settle)
 *
 * Tries again after 408, 425, 429, 5xx and whatever is no answer, with growing waits (the ledger's); a Retry-After
 * counts. At a stop nothing more is taken, and what is out has SENDER_STOP_MS to be answered.
 *
 * An API's address must be public unless the account names another (api_url). Redirects are not followed. Threads: new,
 * start, stop, free by the owner; sender_wake() from any.
 */
#ifndef MESSAGE_SENDER_H
#define MESSAGE_SENDER_H

#include "config/config.h"
#include "message/ledger.h"
#include "serve/writer.h"

#define SENDER_OUT_MAX 32
#define SENDER_ACCOUNT_MAX 8 /* of one account */
#define SENDER_TIMEOUT_MS 15000
#define SENDER_STOP_MS 3000
#define SENDER_ANSWER_MAX (64u << 10)

struct sender;

struct sender_options {
	const struct config *config; /* its accounts; outlives it */
	struct ledger *ledger;       /* asked in the writer alone */
	int64_t (*now_ms)(void *context);
	void *clock_context;
};

struct sender *sender_new(const struct sender_options *options); /* NULL: no memory */
void sender_free(struct sender *sender);
/* `public_url`: where providers find us, no slash at its end; NULL: nobody said it, and reports are asked for only of
 * accounts that have an api_url of their own, at `own_url`. Both outlive it. */
MUST_CHECK enum err sender_start(struct sender *sender, struct writer *writer, const char *public_url,
	const char *own_url);
void sender_wake(struct sender *sender); /* something waits */
void sender_stop(struct sender *sender); /* joins. Before the writer stops. */

#endif
