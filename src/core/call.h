/* call: one attempt that a provider asked us about, what we answered, what became of it.
 *
 *   ASKED --connect--> CONNECTING --> ANSWERED --> COMPLETED
 *     |                    |
 *     |                    +--> BUSY, NO_ANSWER, FAILED, CANCELED
 *     +--digits--> ASKED (again, with digits)
 *     +--reject, announce--> REFUSED      +--forward--> FORWARDED --> as CONNECTING
 *
 * Only call_status_may() decides what may follow what: a provider's reports come late, twice and
 * out of order, and a call that ended does not start again.
 */
#ifndef CORE_CALL_H
#define CORE_CALL_H

#include "core/number.h"

#define CALL_PROVIDER_ID_MAX 100

/* What we tell a provider. */
enum action { ACTION_REJECT, ACTION_CONNECT, ACTION_DIGITS, ACTION_ANNOUNCE, ACTION_FORWARD };
#define ACTION__COUNT 5
extern const char *const action_words[]; /* NULL ends */

/* Why a call was not simply connected. Only we see them. */
enum reason {
	REASON_NONE,
	REASON_UNKNOWN_CALLER,
	REASON_WITHHELD_CALLER,
	REASON_NOT_ACTIVE,
	REASON_NOT_A_VN,
	REASON_BLOCKED,
	REASON_TOO_MANY_CALLS,
	REASON_BAD_SIGNATURE,
	REASON_LATE,
	REASON_NOT_ATTESTED,
	REASON_MINUTES_USED,
};
#define REASON__COUNT 11
extern const char *const reason_words[]; /* "" for NONE; NULL ends */

enum call_status {
	CALL_ASKED,
	CALL_REFUSED,
	CALL_CONNECTING,
	CALL_FORWARDED,
	CALL_ANSWERED,
	CALL_COMPLETED,
	CALL_BUSY,
	CALL_NO_ANSWER,
	CALL_FAILED,
	CALL_CANCELED,
};
extern const char *const call_status_words[]; /* "asked", ..., "no_answer"; NULL ends */

bool call_status_may(enum call_status from, enum call_status to);

/* A call as it is kept and told. No real number is in it. */
struct call {
	uint64_t id;         /* ascending, as session ids */
	int64_t at_ms;       /* when we were asked */
	uint32_t pool_id;    /* 0: the VN is in no pool of ours */
	uint64_t session;    /* 0: none */
	char provider[16];
	char account[32];
	char provider_call_id[CALL_PROVIDER_ID_MAX + 1];
	struct number vn;    /* dialled; 0 if it was not a VN of ours */
	struct number shown; /* VN shown to the callee; 0 unless connected or forwarded */
	char from_role[33], to_role[33]; /* "" unless connected */
	enum action action;
	enum reason reason;
	enum call_status status;
	uint32_t seconds;    /* talked */
	uint32_t answer_us;  /* how long our answer took */
};

#define CALL_ID_TEXT_SIZE 20
char *call_id_text(uint64_t id, char text[CALL_ID_TEXT_SIZE]); /* "cal_..." */
MUST_CHECK enum err call_id_parse(struct str text, uint64_t *ret_id);

#endif
