#include "cli/mask.h"

#include <ctype.h>
#include <string.h>

#define RUN_MIN 8  /* shorter ones are no phone numbers */
#define TAIL_MIN 7 /* of a VN in national form */

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool is_digits(struct str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!isdigit((unsigned char)word.at[i]))
			return false;
	return true;
}

/* Whole, or in national form with or without its leading zeros. */
static bool is_virtual(struct str digits, const struct number *virtuals, int virtuals_n)
{
	while (digits.len && digits.at[0] == '0')
		digits = str_n(digits.at + 1, digits.len - 1);
	for (int i = 0; i < virtuals_n; i++) {
		char whole[NUMBER_TEXT_SIZE];
		size_t len = strlen(number_text(virtuals[i], whole));
		if (digits.len >= TAIL_MIN && digits.len < len &&
			str_equal(digits, str_n(whole + len - digits.len, digits.len)))
			return true;
	}
	return false;
}

static void mask_run(struct buf *out, struct str digits)
{
	char mask[NUMBER_TEXT_SIZE];
	struct number number;

	if (number_parse_digits(digits, &number) == ERR_OK) {
		buf_lit(out, number_mask(number, mask) + 1); /* a '+' is in the text, if anywhere */
		return;
	}
	buf_lit(out, "*******");
	buf_put(out, digits.at + digits.len - 3, 3);
}

/* What can't be split: a percent escape, a word, or one other byte. */
static size_t piece_len(struct str text)
{
	size_t len = 0;

	if (text.at[0] == '%' && text.len >= 3 && isxdigit((unsigned char)text.at[1]) &&
		isxdigit((unsigned char)text.at[2]))
		return 3;
	while (len < text.len && is_word_byte(text.at[len]))
		len++;
	return len ? len : 1;
}

void mask_document(
	struct buf *out, struct str text, const struct number *virtuals, int virtuals_n, const char *secret)
{
	struct str hidden = str_of(secret);

	while (text.len) {
		size_t len = piece_len(text);
		struct str piece = str_n(text.at, len);

		if (hidden.len && str_starts(text, hidden)) {
			len = hidden.len;
			buf_lit(out, "...");
		} else if (len >= RUN_MIN && is_digits(piece) && !is_virtual(piece, virtuals, virtuals_n)) {
			mask_run(out, piece);
		} else {
			buf_str(out, piece);
		}
		text = str_n(text.at + len, text.len - len);
	}
}
