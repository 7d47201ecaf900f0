/* decide: who is this call for, and which number do we show? Knows no HTTP: any door may ask.
 *
 * S3: no match, ambiguity, an ended route, a VN of another account: refused; there is no default
 * party. S5: a connect always names a VN of ours to show. Unknown, withheld, ended and own-VN callers
 * of one pool get decisions that differ in `reason` alone, which never leaves us. Who is known, but blocked or beyond a
 * bound, is refused as strangers of the pool are, or without a word where they would be asked for digits or sent on.
 * Cost: one directory lookup, one route lookup; where the pool has blocks, up to eight looks at them and one for the
 * route back. Threads: any.
 */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "core/board.h"
#include "core/call.h"

#define DECIDE_ANY_ACCOUNT 0xffff
#define DECIDE_ANY_TENANT 0xffff

struct question {
	struct number caller;  /* NUMBER_NONE when withheld or not a number */
	bool withheld;
	struct number called;
	uint16_t account;      /* the account that asks; DECIDE_ANY_ACCOUNT for POST /v1/route */
	uint16_t tenant;       /* of the key that asks; DECIDE_ANY_TENANT for webhooks */
	struct str digits;     /* what the caller typed; .len 0: nothing yet */
	char attestation;      /* STIR: 'A', 'B', 'C'; 0: not known */
	bool text;             /* not a call: what bounds talking (attestation, minutes) is nothing to it */
	int64_t now_ms;
};

struct decision {
	enum action action;
	enum reason reason;    /* REASON_NONE when connected by number or PIN */
	struct number callee;  /* CONNECT, FORWARD: whom to ring */
	struct number show;    /* CONNECT, FORWARD: the VN to show */
	uint64_t session;      /* 0: none */
	uint32_t slot;         /* the session's place, valid with `session` only */
	uint8_t from_role_index, to_role_index; /* CONNECT */
	uint32_t ring_s, max_call_s;
	uint16_t pool;         /* index; 0xffff when the VN is not ours (or not the asker's) */
	uint32_t vn;           /* id of the VN that was dialled; 0 */
	uint16_t account;      /* of that VN */
	uint8_t pin_digits;    /* DIGITS: how many to ask for */
	bool wrong_pin;        /* digits were given and match nothing: tell attempts */
	/* Of the pool, for who counts calls: 0 where there is no bound. */
	uint8_t calls_at_once;
	uint16_t attempts_per_minute;
	enum action refusal;   /* how the pool refuses: REJECT or ANNOUNCE */
};

void decide(const struct board *board, const struct question *question, struct decision *ret_decision);

/* Makes a refusal out of any decision about a VN of ours, as the pool refuses. */
void decide_refuse(struct decision *decision, enum reason reason);

/* True for every spelling of "no caller id" in PROVIDERS.md section 8, in any case, with or without
 * `+`, and for the empty text. */
bool caller_is_withheld(struct str text);

#endif
