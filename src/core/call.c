#include "core/call.h"

#include "core/ident.h"

const char *const action_words[] = {"reject", "connect", "digits", "announce", "forward", NULL};

const char *const reason_words[] = {"", "unknown_caller", "withheld_caller", "not_active", "not_a_vn", "blocked",
		"too_many_calls", "bad_signature", "late", "not_attested", "minutes_used", NULL};

const char *const call_status_words[] = {"asked", "refused", "connecting", "forwarded", "answered", "completed",
		"busy", "no_answer", "failed", "canceled", NULL};

_Static_assert(sizeof action_words / sizeof *action_words == ACTION__COUNT + 1, "a word for each action");
_Static_assert(sizeof reason_words / sizeof *reason_words == REASON__COUNT + 1, "a word for each reason");
_Static_assert(sizeof call_status_words / sizeof *call_status_words == CALL_CANCELED + 2, "a word for each status");
_Static_assert(IDENT_TEXT_SIZE <= CALL_ID_TEXT_SIZE, "a call's id fits its text");

#define TO(status) (1u << (status))
#define ENDS (TO(CALL_COMPLETED) | TO(CALL_BUSY) | TO(CALL_NO_ANSWER) | TO(CALL_FAILED) | TO(CALL_CANCELED))

bool call_status_may(enum call_status from, enum call_status to)
{
	static const unsigned may[] = {
		/* Who is asked for digits may hang up. */
		[CALL_ASKED] = TO(CALL_ASKED) | TO(CALL_REFUSED) | TO(CALL_CONNECTING) | TO(CALL_FORWARDED) |
				TO(CALL_FAILED) | TO(CALL_CANCELED),
		/* The report of the answer may be lost or come after the end. */
		[CALL_CONNECTING] = TO(CALL_ANSWERED) | ENDS,
		[CALL_FORWARDED] = TO(CALL_ANSWERED) | ENDS,
		[CALL_ANSWERED] = TO(CALL_COMPLETED),
		[CALL_CANCELED] = 0,
	};

	return may[from] & TO(to);
}

char *call_id_text(uint64_t id, char text[CALL_ID_TEXT_SIZE])
{
	return ident_text("cal_", id, text);
}

enum err call_id_parse(struct str text, uint64_t *ret_id)
{
	return ident_parse("cal_", text, ret_id);
}
