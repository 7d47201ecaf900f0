/* ledger: what the server knows of messages: each pool's policy, the texts that wait for their provider, and those
 * whose reports may still come. It stands beside the engine, as the book does: changes are made within a batch, noted
 * in it as records, undone with it.
 *
 *   a webhook, the app --ledger_add--> stored: QUEUED (or REFUSED; or SENT, where the webhook's answer took it on)
 *   sender --ledger_take--> those that are due --> provider --ledger_settle--> SENT, FAILED, or QUEUED for later
 *   reports --ledger_report--> DELIVERED, FAILED
 *
 * Before a text is handed out the session is looked at again: it must be open, who gets it must be the very person
 * of that role whom it was meant for, and who wrote it must still be of the role that it is from; and nobody may have blocked
 * that person. Else it fails, and nobody gets it. What one party writes to another goes in the order in which it came: while a
 * text is out or waits for its next try, later ones wait behind it.
 *
 * At least once: what was handed out and not settled when the process ends is handed out again. A text that comes in a
 * second time by the same provider's id is known, and not sent again.
 *
 * Memory: 7 KB for each text that waits, at most; 64 bytes for each of the last `known_max` messages. Limits:
 * `waiting_max`; LEDGER_SESSION_MAX of one session, so that one doesn't take all the room. Threads: the writer's alone
 * once it runs, but ledger_policy_now() and ledger_counts(): any.
 */
#ifndef MESSAGE_LEDGER_H
#define MESSAGE_LEDGER_H

#include "core/engine.h"

#define LEDGER_SESSION_MAX 100
#define LEDGER_TRIES_MAX 1000 /* more than a text's life has room for */

struct ledger;

/* `pools_max`: as the engine's limits have it. NULL: no memory. */
struct ledger *ledger_new(uint32_t waiting_max, uint32_t known_max, uint32_t pools_max, uint64_t seed);
void ledger_free(struct ledger *ledger);

/* --- start: what the store has; pools and sessions first --- */
MUST_CHECK enum err ledger_load_policy(struct ledger *ledger, const struct message_policy_row *row);
MUST_CHECK enum err ledger_load(struct ledger *ledger, const struct engine *engine, const struct message_row *row);

/* --- batch: what was done since a mark is taken back; 0: all of the batch --- */
uint32_t ledger_mark(const struct ledger *ledger);
void ledger_undo(struct ledger *ledger, uint32_t mark);
void ledger_commit(struct ledger *ledger);

/* --- policies --- */
struct message_policy ledger_policy(const struct ledger *ledger, uint16_t pool);
/* message_policy_check() before. ERR_LIMIT_REACHED: the batch is full. */
MUST_CHECK enum err ledger_policy_set(struct ledger *ledger, struct engine *engine, uint16_t pool,
	const struct message_policy *policy);
struct message_policy ledger_policy_now(const struct ledger *ledger, uint16_t pool); /* as committed; any thread */

/* --- messages --- */

/* Stores it, with its id; a QUEUED one waits from now on. Texts are copied. Without a ref it gets its own id as one.
 * *ret_id: 0: a text of that ref was here before, and nothing was done. ERR_LIMIT_REACHED: too many wait. */
MUST_CHECK enum err ledger_add(struct ledger *ledger, struct engine *engine, const struct message_row *row,
	uint64_t *ret_id);

struct message_report {
	char provider[16], account[32];
	char ref[MESSAGE_REF_MAX + 1];
	enum message_state state;
	char code[MESSAGE_CODE_MAX + 1];
};
/* ERR_NOT_FOUND: no such message is known (any more). */
MUST_CHECK enum err ledger_report(struct ledger *ledger, struct engine *engine, const struct message_report *report,
	int64_t now_ms);

/* --- for the sender --- */

/* A text on its way: a copy. */
struct ledger_item {
	uint64_t id;
	char provider[16], account[32];
	char ref[MESSAGE_REF_MAX + 1];
	struct number to, shown;
	uint16_t tries;
	size_t body_len;
	char body[MESSAGE_BODY_MAX];
};
#define LEDGER_OUT_MAX 64 /* out and taken together */
struct ledger_take {
	const uint64_t *out;  /* ids that the sender has: not again */
	int out_n;
	struct ledger_item *items; /* room for `max` */
	int max;
	int account_max;      /* of one account out at a time: a provider that is down holds up nobody else's */
	int n;                /* out: how many were taken */
	int64_t next_ms;      /* out: when the next of those is due that are not; INT64_MAX: none */
};
/* Those that are due. Those that must not go any more fail here, some hundreds at a time: then next_ms is now. */
MUST_CHECK enum err ledger_take(struct ledger *ledger, struct engine *engine, int64_t now_ms, struct ledger_take *take);

struct ledger_outcome {
	uint64_t id;
	enum message_state state;  /* SENT; FAILED; QUEUED: again later */
	char code[MESSAGE_CODE_MAX + 1];
	char provider_id[MESSAGE_REF_MAX + 1];
	int64_t retry_after_s;     /* QUEUED: not before; -1: as the ledger thinks fit */
};
MUST_CHECK enum err ledger_settle(
	struct ledger *ledger, struct engine *engine, const struct ledger_outcome *outcome, int64_t now_ms);

struct ledger_counts {
	uint32_t waiting;
	uint64_t states[MESSAGE__STATES]; /* messages that came to each, since the start */
	uint64_t whys[MESSAGE__WHYS];     /* refused or failed, by why */
	uint64_t tries, repeated, reports_unknown;
};
struct ledger_counts ledger_counts(const struct ledger *ledger); /* any thread */

#endif
