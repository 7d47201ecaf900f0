/* control: the dialects of providers that tell us of calls by events and want commands for them, sent to their API.
 *
 * A webhook of this kind is answered with an empty 200 whatever it says; what is to become of the call follows as
 * commands:
 *
 *   question --connect, forward--> TRANSFER
 *            --reject-----------> REJECT (HANG_UP if the call is answered already)
 *            --announce---------> ANSWER, then (step) SAY, then (step) HANG_UP
 *            --digits-----------> ANSWER, then (step) GATHER, then a question with digits
 *
 * What follows an ANSWER travels with the call (`client_state`), so a restart in between forgets nothing. So does,
 * with a leg that a TRANSFER dials, whose leg it is: only the caller's leg asks, only the dialled leg tells what
 * became of the call.
 *
 * A const table for each dialect, in one file (control_telnyx.c), named by its struct provider. All functions are
 * pure. Webhooks were verified by provider->verify() before.
 *
 *   POST /hooks/{provider}/{account}/control
 *
 * A TRANSFER without a number to ring and one to show can't be built: ASSERT (S5).
 */
#ifndef PROVIDER_CONTROL_H
#define PROVIDER_CONTROL_H

#include "provider/inventory.h"
#include "provider/provider.h"

#define CONTROL_ID_MAX 200 /* of legs and events */

enum control_verb { CONTROL_TRANSFER, CONTROL_REJECT, CONTROL_HANG_UP, CONTROL_ANSWER_TO_SAY, CONTROL_ANSWER_TO_GATHER,
	CONTROL_SAY, CONTROL_GATHER };
#define CONTROL_VERBS 7
extern const char *const control_verb_words[]; /* "transfer", "reject", ...; NULL ends */

enum control_kind {
	CONTROL_NOTHING,  /* theirs, and nothing is to be done */
	CONTROL_QUESTION, /* where does this call go? `ask`; with digits it is answered already */
	CONTROL_STEP,     /* `next` is to be sent */
	CONTROL_REPORT,   /* what became of a call: `report` */
};

/* What came by a webhook. Texts live in the arena. */
struct control_event {
	enum control_kind kind;
	struct str id;            /* the event's: 1..CONTROL_ID_MAX printable characters; the same if it comes again */
	struct str leg;           /* what commands are for: as long */
	struct str call_id;       /* what all legs of the call have in common: a call's provider_call_id */
	struct ask ask;           /* QUESTION */
	bool answered;            /* QUESTION with digits: the caller's leg is answered: too late to reject it */
	enum control_verb next;   /* STEP */
	uint8_t pin_digits;       /* STEP: of GATHER */
	char attestation;         /* STEP: of GATHER, to be kept for the question that follows */
	struct report report;     /* REPORT; seconds are not known to it: see below */
	bool leg_answered;        /* REPORT: the dialled leg was answered at at_ms */
	bool leg_ended;           /* REPORT: the dialled leg, which began at began_ms (0: not told), ended at at_ms */
	int64_t at_ms, began_ms;
	struct str caller_leg;    /* REPORT: nobody was reached, and this leg is to be hung up; or none */
};

/* A command. */
struct control_out {
	enum control_verb verb;
	struct str leg;
	struct str event;         /* the id of the event that it follows: names the command for ever */
	struct number to, shown;  /* TRANSFER */
	uint32_t ring_s, max_call_s;
	uint8_t pin_digits;       /* ANSWER_TO_GATHER, GATHER */
	bool pin_again;
	char attestation;         /* ANSWER_TO_GATHER, GATHER */
	bool instead;             /* of another for the same event, which failed: has a name of its own */
};

/* How a command went. */
enum control_outcome {
	CONTROL_DONE,
	CONTROL_AGAIN,   /* 408, 425, 429, 5xx: the same may be sent again */
	CONTROL_GONE,    /* there is no such call any more */
	CONTROL_NOT_NOW, /* the leg has ended, most likely; but the command may be what is wrong */
	CONTROL_REFUSED, /* no, for good */
};

struct control {
	enum err (*parse)(const struct account *account, const struct webhook *webhook, struct arena *arena,
		struct control_event *ret_event); /* ERR_BAD_REQUEST: not the provider's shape */
	/* NULL: the account has what its API asks for; else a sentence, static. */
	const char *(*lacks)(const struct account *account);
	/* ERR_TOO_LARGE; ERR_BAD_REQUEST: as lacks(), or the URL is none. The same `out` gives the same bytes. */
	enum err (*command)(const struct account *account, const struct control_out *out,
		struct inventory_request *ret_request);
	/* `ret_code`: the provider's own error code, or the status; for logs. */
	enum control_outcome (*read)(int status, struct str body, char ret_code[32]);
};

/* Is it that webhook, of a provider that has one? */
bool control_hook(const struct provider *provider, const struct webhook *webhook);

/* What a decision about the leg of `event` is to become. */
struct control_out control_out_of(const struct control_event *event, const struct decision *decision);
/* What ends the leg instead of `out`, which failed: REJECT, or HANG_UP where it is answered. */
struct control_out control_instead(const struct control_out *out, bool answered);

extern const struct control control_telnyx;

#endif
