#include "feed/veil.h"

#include "core/session.h"
#include "phone/fold.h"

#define HASH_LETTERS 16

static bool is_letter(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex_id(struct str text)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool hex = (c | 0x20) >= 'a' && (c | 0x20) <= 'f';
		if (!hex && !is_digit(c) && c != '-')
			return false;
		letters += hex;
		digits += hex || is_digit(c);
	}
	return digits >= VEIL_HEX && letters > 0;
}

/* A mark: what may stand between two digits of one number. Any ASCII character that is no letter counts, more than fold takes. */
static bool is_mark(int kind, struct str at, size_t len)
{
	return kind == FOLD_PASSED || kind == FOLD_PLUS || (len == 1 && (unsigned char)at.at[0] < 0x80 && !is_letter(at.at[0]));
}

/* Where the run that begins at `i` with a digit ends, and how many it has. */
static size_t run_end(struct str text, size_t i, int *ret_digits)
{
	size_t end = i, len;
	int digits = 0, gap = 0;

	for (; i < text.len && gap <= VEIL_GAP_MAX; i += len) {
		struct str rest = str_n(text.at + i, text.len - i);
		int kind = phone_fold_char(rest, &len);
		if (kind < FOLD_PASSED) {
			digits++;
			gap = 0;
			end = i + len;
		} else if (is_mark(kind, rest, len)) {
			gap++;
		} else {
			break;
		}
	}
	*ret_digits = digits;
	return end;
}

/* Copies it to `out` (as long as the text; NULL: nowhere) with stars for the digits of runs that could be a number. */
static bool cover(struct str text, char *out, size_t *ret_len)
{
	size_t i = 0, n = 0, len;
	bool any = false;

	while (i < text.len) {
		int digits = 0;
		size_t end = i + 1;
		if (phone_fold_char(str_n(text.at + i, text.len - i), &len) < FOLD_PASSED)
			end = run_end(text, i, &digits);
		any |= digits >= VEIL_DIGITS;
		for (; i < end; i += len) {
			int kind = phone_fold_char(str_n(text.at + i, text.len - i), &len);
			bool star = digits >= VEIL_DIGITS && kind < FOLD_PASSED;
			if (out && star)
				out[n] = '*';
			else if (out)
				memcpy(out + n, text.at + i, len);
			n += star ? 1 : len;
		}
	}
	*ret_len = n;
	return any;
}

bool veil_needed(struct str order)
{
	size_t len;

	return order.len >= VEIL_DIGITS && !is_hex_id(order) && cover(order, NULL, &len);
}

/* As many of its whole characters as fit into `max` bytes. */
static size_t cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

struct str veil_order(struct vault_use *use, struct str order, struct arena *arena)
{
	const struct str pieces[] = {STR("dead order"), order};
	uint8_t hash[16];
	size_t len;

	if (!veil_needed(order))
		return arena_str(arena, order);
	char *text = arena_alloc(arena, order.len + 1 + HASH_LETTERS + 1);
	if (!text)
		return STR_NONE;
	cover(order, text, &len);
	len = cut(text, len, SESSION_REF_MAX - 1 - HASH_LETTERS);
	text[len++] = '~';
	vault_text_hash(use, pieces, 2, hash);
	for (int i = 0; i < HASH_LETTERS; i++)
		text[len++] = (char)('a' + (hash[i / 2] >> (i % 2 ? 4 : 0) & 15)); /* letters: no digits that need a veil */
	return str_n(text, len);
}
