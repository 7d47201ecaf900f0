/* message: one text on its way from one party of a session to another, and what became of it.
 *
 *   REFUSED                       nothing was sent: `why` says why, and only we see it
 *   QUEUED --> SENT --> DELIVERED the provider has it; it says that the phone has it
 *      |         +----> FAILED    it says that the phone will never have it
 *      +--------------> FAILED    it would not take it, the session ended, or time ran out
 *
 * Only message_state_may() decides what may follow what: reports come late, twice and out of order.
 *
 * What a text says is people's own. It is kept for as long as it waits, and then for the pool's keep_bodies_s, which is
 * 0 unless somebody says otherwise.
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "core/call.h"

#define MESSAGE_CHARS_MAX 1600               /* characters; what Twilio takes, and about ten segments */
#define MESSAGE_BODY_MAX (MESSAGE_CHARS_MAX * 4) /* bytes of UTF-8 */
#define MESSAGE_REF_MAX CALL_PROVIDER_ID_MAX
#define MESSAGE_CODE_MAX 31
#define MESSAGE_KEEP_MAX_S (30 * 86400u)     /* of keep_bodies_s */
#define MESSAGE_LIFE_S 3600                  /* a text that waits for longer helps nobody any more */

enum message_state { MESSAGE_REFUSED, MESSAGE_QUEUED, MESSAGE_SENT, MESSAGE_DELIVERED, MESSAGE_FAILED };
#define MESSAGE__STATES 5
extern const char *const message_state_words[]; /* "refused", ...; NULL ends */

bool message_state_may(enum message_state from, enum message_state to);

static inline bool message_is_over(enum message_state state)
{
	return state != MESSAGE_QUEUED && state != MESSAGE_SENT;
}

/* Why a text was refused or failed. */
enum message_why {
	MESSAGE_WHY_NONE,
	MESSAGE_WHY_UNKNOWN_CALLER,  /* no pair of this number and that VN */
	MESSAGE_WHY_WITHHELD_CALLER,
	MESSAGE_WHY_NOT_ACTIVE,      /* the session is over, or that party has left it since */
	MESSAGE_WHY_NOT_A_VN,
	MESSAGE_WHY_OFF,             /* the pool lets no texts through */
	MESSAGE_WHY_EMPTY,           /* no text in it: a picture alone, or nothing */
	MESSAGE_WHY_TOO_LONG,
	MESSAGE_WHY_NO_SENDER,       /* the account has not what its REST API asks for */
	MESSAGE_WHY_OPTED_OUT,       /* a STOP word, which the provider has dealt with */
	MESSAGE_WHY_EXPIRED,         /* it waited for MESSAGE_LIFE_S */
	MESSAGE_WHY_PROVIDER,        /* the provider says no: see `code` */
	MESSAGE_WHY_BLOCKED,         /* somebody wants no word of that number (core/blocks.h) */
	MESSAGE_WHY_TOO_MANY,        /* more calls and texts a minute than the pool lets one sender make */
};
#define MESSAGE__WHYS 14
extern const char *const message_why_words[]; /* "" for NONE; NULL ends */

enum message_why message_why_of(enum reason reason);

/* What a pool does with texts. Off unless somebody says so: texts cost money, and many countries want a registration
 * first. */
struct message_policy {
	bool on;
	bool redact;            /* phone numbers inside texts are blanked (redact.h) */
	uint32_t keep_bodies_s; /* 0..MESSAGE_KEEP_MAX_S */
};
MUST_CHECK enum err message_policy_check(const struct message_policy *policy, const char **ret_field);

struct message_policy_row {
	uint32_t pool_id;
	struct message_policy policy;
};

/* A message as it is stored. Real numbers and a text are in it only while it waits (`to`, `from`), or while the text is kept
 * (`body`); the store seals both. */
struct message_row {
	uint64_t id;            /* ascending, as session ids */
	int64_t at_ms;          /* when it came, or was asked for */
	uint32_t pool_id;       /* 0: the VN is in no pool of ours */
	uint64_t session;       /* 0: none */
	char provider[16];
	char account[32];
	char ref[MESSAGE_REF_MAX + 1];         /* what its reports name: the id of the text that came in, or our own */
	char provider_id[MESSAGE_REF_MAX + 1]; /* what the provider calls the one that we sent; "" */
	bool from_app;          /* POST /v1/sessions/{id}/messages; else it came in by webhook */
	struct number vn;       /* that was texted; none: from_app, or not a VN of ours */
	struct number shown;    /* the VN that it is from for who gets it; none unless it goes on */
	char from_role[33], to_role[33];       /* "" unless it goes on */
	enum message_state state;
	enum message_why why;
	char code[MESSAGE_CODE_MAX + 1];       /* the provider's, of why; "" */
	uint16_t segments;      /* of the text as it goes on */
	uint16_t media;         /* pictures and the like that came along, and did not go on */
	uint16_t redacted;      /* numbers that were blanked */
	uint16_t tries;
	int64_t due_ms;         /* QUEUED: not before */
	int64_t done_ms;        /* of the present state; 0 while QUEUED */
	uint32_t keep_until;    /* epoch seconds: the text is kept till then; 0: not at all */
	struct number to;       /* QUEUED: whose phone; none: wiped */
	struct number from;     /* QUEUED: who wrote it, of from_role; another may have that role by the time it goes */
	struct str body;        /* .len 0: none */
};

/* What changes of a stored message. Unless it is QUEUED the number goes, and the text too unless keep_until is set. */
struct message_change {
	uint64_t id;
	enum message_state state;
	enum message_why why;
	char code[MESSAGE_CODE_MAX + 1];
	char provider_id[MESSAGE_REF_MAX + 1]; /* "": as it was */
	struct number shown;    /* none: as it was */
	uint16_t tries;
	int64_t due_ms, done_ms;
	bool settles;           /* it was QUEUED, and is no more: the box is made anew, or wiped */
	uint32_t keep_until;    /* with `settles` */
	struct str body;        /* with `settles` and keep_until: what is kept */
};

#define MESSAGE_ID_TEXT_SIZE 20
char *message_id_text(uint64_t id, char text[MESSAGE_ID_TEXT_SIZE]); /* "msg_..." */
MUST_CHECK enum err message_id_parse(struct str text, uint64_t *ret_id);

/* What goes on of a text: well-formed UTF-8 without control characters but line feed and tab, and without white space
 * at its ends. `clean` has room for text.len bytes. Returns the length; *ret_chars: how many characters. */
size_t message_clean(struct str text, char *clean, size_t *ret_chars);

/* A provider's code that people can look up: a word, and no run of digits that might be somebody's number. */
bool message_code_ok(struct str code);

/* How many SMS a text makes: GSM 03.38 (160, or 153 each), else UCS-2 (70, or 67 each). 0 for an empty one. The text is
 * clean. */
int message_segments(struct str text);

#endif
