/* commander: takes commands for calls (provider/control.h) to providers' REST APIs, all accounts' in one thread. Loop
 * of named steps (commander_loop_once):
 *
 *   take     what the workers gave
 *   send     what is due, while fewer than COMMANDER_OUT_MAX are out, COMMANDER_ACCOUNT_MAX of one account
 *   turn     works on what is out; waits for answers, for something to be due, to be woken
 *   sweep    forgets what is done
 *
 * A command that got no answer, or 408, 425, 429 or 5xx, is sent again after 200 ms, 400 ms, ... (a Retry-After
 * counts), under the same command_id. One that was refused, or came to nothing, is followed by the command that ends the
 * call, so that nobody is left parked. COMMANDER_DEADLINE_MS are for both, whether they wait for a slot or an answer:
 * whoever rings waits no longer. The last COMMANDER_END_MS of them belong to the command that ends.
 *
 * Each time before a transfer is sent, `holds` is asked: whom it would ring may have been replaced, the session closed,
 * the caller blocked since. Then the call is ended instead.
 *
 * Room is taken before anybody is told what was decided: `max` for all, and a quarter more for commands that end
 * calls. Nothing is stored: what a stop or crash loses is a call that its caller gives up. At a stop what waits has
 * COMMANDER_STOP_MS.
 *
 * An API's address must be public unless the account names another (api_url). Redirects are not followed. Threads:
 * new, start, stop, free by the owner; the rest from any.
 */
#ifndef COMMANDER_H
#define COMMANDER_H

#include "provider/control.h"

#define COMMANDER_OUT_MAX 128
#define COMMANDER_ACCOUNT_MAX 32 /* of one account: one that hangs stalls no other */
#define COMMANDER_TIMEOUT_MS 3000
#define COMMANDER_DEADLINE_MS 10000
#define COMMANDER_END_MS 4000 /* more than COMMANDER_TIMEOUT_MS: after the last answer there is time left */
#define COMMANDER_STOP_MS 3000
#define COMMANDER_ANSWER_MAX (16u << 10)

struct commander;
struct errand; /* a command and what has become of it */

struct commander_options {
	uint32_t max; /* commands that wait or are out; limits.commands */
	const struct account *accounts; /* all whose commands may be given */
	int accounts_n;
	/* Would `question` be answered with the same transfer now? In the commander's thread. NULL: not asked. */
	bool (*holds)(void *context, const struct question *question, const struct control_out *out);
	/* A command that was to reach somebody, or to ask for digits, came to nothing: the call has failed. In the
	 * commander's thread. */
	void (*failed)(void *context, const struct account *account, struct str call_id);
	void *context;
};

struct commander *commander_new(const struct commander_options *options); /* NULL: no memory */
void commander_free(struct commander *commander);
MUST_CHECK enum err commander_start(struct commander *commander);
void commander_stop(struct commander *commander); /* joins */

struct commanding {
	const struct control_out *out;
	struct str call_id;
	bool answered;                   /* so is the caller's leg */
	const struct question *question; /* whose answer it is; NULL: nobody's */
};

/* Room for a command, which is built, and texts copied. NULL: there is no room (counted), no memory, or the account
 * can't send it. What was given goes to commander_send() or commander_drop(). */
struct errand *commander_take(struct commander *commander, const struct account *account, const struct commanding *command);
void commander_send(struct commander *commander, struct errand *errand);
void commander_drop(struct commander *commander, struct errand *errand);

struct commander_counts {
	uint64_t done, gone, failed, no_room, tries;
	uint32_t waiting; /* wait or are out */
};
struct commander_counts commander_counts(const struct commander *commander);

#endif
