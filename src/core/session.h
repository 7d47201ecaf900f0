/* session: the masking of one order, as every layer above the engine sees it.
 *
 *              +--------- nothing free / one party -----------+
 *              v                                              |
 *   (open) -> WAITING --- VNs bound ---> LIVE --- replaced by event, nothing free
 *              |                          |
 *              | expiry, close            | expiry, close
 *              |                          v
 *              |                       CLOSING  (grace: routes still connect)
 *              |                          | end of grace
 *              v                          v
 *            CLOSED <--- cool-down --- COOLING  (calls are refused; pairs can't be lent to others)
 *
 * COOLING and CLOSED sessions are not kept in the engine: they are rows in the store, and which of
 * the two one is follows from its times (session_state_at). WAITING: no party has a VN. LIVE and
 * CLOSING: at least two parties, and every one has its VNs.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "core/number.h"

#define SESSION_REF_MAX 191
#define SESSION_PARTIES_MAX 8
#define SESSION_NUMBERS_MAX 5 /* of one party: the one that is rung and four more */
#define SESSION_ROLE_MAX 32
#define SESSION_PAST_MAX 200  /* pairs of replaced parties that still cool */
#define SESSION_ID_TEXT_SIZE 20

enum session_state { SESSION_WAITING, SESSION_LIVE, SESSION_CLOSING, SESSION_COOLING, SESSION_CLOSED };

extern const char *const session_state_words[]; /* NULL ends the list */

/* What is known of one party. Used as a request (no VN chosen yet) and as a picture of one. */
struct party {
	char role[SESSION_ROLE_MAX + 1];
	uint8_t numbers_n;
	bool may_call;
	struct number numbers[SESSION_NUMBERS_MAX]; /* the first is rung; {0} where erased */
	struct person persons[SESSION_NUMBERS_MAX]; /* of the same index */
	/* While the index key is being rotated, person_short() under the old one: pairs that a replaced party or an
	 * erased number left behind cool by it. 0: there is only one key. */
	uint64_t persons_old[SESSION_NUMBERS_MAX];
	struct place place;                         /* of numbers[0] */
	struct number vn;                           /* request: this very VN, or none; picture: the VN that stands for it */
	uint32_t vn_id;                             /* picture: row id of vn; 0 none */
	uint64_t version;                           /* of the event that set it; 0: set by the API */
	uint64_t fingerprint;                       /* keyed hash of what that event said of this role */
	uint32_t pin;                               /* 0: none */
	uint8_t pin_digits;                         /* 6 or 8 */
};

/* One viewer knows one target by another VN than the target's own (DESIGN.md: "party j gets another
 * VN, which only the newcomer sees"). Indices into session_row.parties. */
struct session_view_vn {
	uint8_t viewer, target;
	uint32_t vn_id;
	struct number vn;
};
#define SESSION_VIEWS_MAX 16

/* A pair that a replaced or removed party left behind. */
struct session_past {
	struct person person;
	uint32_t vn_id;
	uint32_t until; /* epoch seconds */
};

/* A whole session: the unit that is stored. Times are epoch seconds, 0: not yet. */
struct session_row {
	uint64_t id;       /* ascending: ms since the epoch << 16 | counter */
	uint32_t pool_id;
	enum session_state state; /* as stored: WAITING, LIVE or CLOSING (ends once its grace is over) */
	uint32_t rev;             /* counts changes of this session */
	struct str ref;
	uint64_t fingerprint;     /* keyed hash of the request that made it */
	uint32_t opened_at, expires_at;
	uint32_t closed_at, grace_until, cool_until; /* all fixed at close */
	bool expired;             /* closed_at came by expiry */
	bool never_live;          /* closed while waiting: no pairs cool */
	bool announce;            /* the end of its grace is still to be told to sinks */
	uint64_t floor_version;   /* newest version of a party that was taken out: an event that is not newer adds none */
	uint8_t parties_n, views_n;
	uint16_t past_n;
	struct party *parties;
	struct session_view_vn *views;
	struct session_past *past;
};

/* The state at a time: what people are told. */
enum session_state session_state_at(const struct session_row *row, int64_t now_ms);

/* "ses_01JD5XK8Q70003": Crockford base 32, 10 characters of time and 4 of counter. */
char *session_id_text(uint64_t id, char text[SESSION_ID_TEXT_SIZE]);
MUST_CHECK enum err session_id_parse(struct str text, uint64_t *ret_id);

/* The VN that party `viewer` dials to reach `target`: the target's own, or a view of it. */
struct number session_vn_seen(const struct session_row *row, int viewer, int target, uint32_t *ret_vn_id);

/* The party of that role, -1 if there is none. */
int session_party_of(const struct session_row *row, struct str role);

/* 1..32 of a-z, A-Z, 0-9, '_', '-', '.'; */
bool session_role_ok(struct str role);

/* 1..191 bytes of UTF-8 without control characters. */
bool session_ref_ok(struct str ref);

/* Parties, views and past pairs of two pictures are the same, byte by byte: padding that differs only makes them unlike. */
bool session_alike(const struct session_row *a, const struct session_row *b);

#endif
