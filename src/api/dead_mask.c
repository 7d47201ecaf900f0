#include "api/dead_mask.h"

#include "api/dead_text.h"

/* Where the run that begins at `i` with a digit ends, and how many it has. */
static size_t run_end(struct str text, size_t i, int *ret_digits)
{
	struct dead_char at;
	size_t end = i;
	int digits = 0, gap = 0;

	for (size_t k = i; k < text.len && gap <= DEAD_TEXT_GAP_MAX; k += at.len) {
		at = dead_text_at(text, k);
		if (at.kind == FOLD_OTHER)
			break;
		gap++;
		if (at.kind < FOLD_PASSED) {
			digits++;
			gap = 0;
			end = k + at.len;
		}
	}
	*ret_digits = digits;
	return end;
}

struct str dead_mask(struct str payload, struct arena *arena)
{
	struct str copy = arena_str(arena, payload);
	char *bytes = (char *)(uintptr_t)copy.at;
	struct dead_char at;

	for (size_t i = 0; bytes && i < copy.len;) {
		bool number = false;
		size_t end = i + 1;
		int digits;
		if (dead_text_at(copy, i).kind < FOLD_PASSED) {
			end = run_end(copy, i, &digits);
			number = digits >= DEAD_MASK_DIGITS;
		}
		for (; i < end; i += at.len) {
			at = dead_text_at(copy, i);
			if (number && at.kind < FOLD_PASSED)
				memset(bytes + i, '*', at.len);
			else if (at.beyond)
				memset(bytes + i, '?', at.len);
		}
	}
	return copy;
}
