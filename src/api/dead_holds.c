#include "api/dead_holds.h"

#include "api/dead_text.h"
#include "base/check.h"

/* How many digits at its end tell the number, and 10 to the power of that. */
static int tail_of(struct number number, uint64_t *ret_end)
{
	char text[NUMBER_TEXT_SIZE];
	int digits = (int)strlen(number_text(number, text)) - 1 - number_country_digits(number);

	*ret_end = 1;
	if (digits > DEAD_HOLDS_DIGITS)
		digits = DEAD_HOLDS_DIGITS;
	for (int i = 0; i < digits; i++)
		*ret_end *= 10;
	return digits;
}

bool dead_holds(struct str payload, struct number number)
{
	uint64_t end, last = 0;
	struct dead_char at;
	int digits = 0, gap = 0;

	ASSERT(number_is(number));
	int tail = tail_of(number, &end);
	for (size_t i = 0; i < payload.len; i += at.len) {
		at = dead_text_at(payload, i);
		if (at.kind < FOLD_PASSED) {
			last = (last * 10 + (uint64_t)at.kind) % end;
			digits += digits < tail;
			gap = 0;
			if (digits == tail && last == number.e164 % end)
				return true;
		} else if (at.kind == FOLD_OTHER || ++gap > DEAD_TEXT_GAP_MAX) {
			digits = 0;
		}
	}
	return false;
}
