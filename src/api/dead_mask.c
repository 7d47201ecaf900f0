#include "api/dead_mask.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool joins(char c)
{
	return c == ' ' || c == '.' || c == '-' || c == '/' || c == '(' || c == ')' || c == '+';
}

/* Where the run that begins at `i` ends, and how many digits it has. */
static size_t run_end(struct str text, size_t i, int *ret_digits)
{
	size_t end = i;
	int digits = 0;

	for (size_t k = i, gap = 0; k < text.len && gap <= 2; k++) {
		if (is_digit(text.at[k])) {
			digits++;
			gap = 0;
			end = k + 1;
		} else if (joins(text.at[k])) {
			gap++;
		} else {
			break;
		}
	}
	*ret_digits = digits;
	return end;
}

struct str dead_mask(struct str payload, struct arena *arena)
{
	struct str copy = arena_str(arena, payload);
	char *at = (char *)(uintptr_t)copy.at;

	for (size_t i = 0; copy.at && i < copy.len;) {
		int digits = 0;
		size_t end = is_digit(at[i]) ? run_end(copy, i, &digits) : i + 1;
		for (size_t k = i; k < end; k++) {
			if (digits >= DEAD_MASK_DIGITS && is_digit(at[k]))
				at[k] = '*';
			else if ((unsigned char)at[k] >= 0x80)
				at[k] = '?'; /* may be a digit of another script, or half of a character */
		}
		i = end;
	}
	return copy;
}
