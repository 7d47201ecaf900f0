/* fold: a phone number as people type it -> ASCII digits, behind at most one '+'.
 *
 * Passed over: spaces (also no-break and other Unicode ones), hyphens and dashes, dots, slashes, round and
 * square brackets, and the invisible direction marks that come with numbers pasted from right-to-left
 * text. Read as 0..9: ASCII, full-width, Arabic-Indic, Eastern Arabic-Indic, Devanagari, Bengali, Thai,
 * Khmer, Lao, Myanmar digits. Everything else is refused: letters (vanity numbers, "ext", "tel:" - a URI
 * is not a number), `*`, `#`, `,`, `;` (dial codes and pauses), a '+' that is not first, ill-formed UTF-8.
 *
 * A function of bytes. Threads: any.
 */
#ifndef PHONE_FOLD_H
#define PHONE_FOLD_H

#include "base/err.h"
#include "base/str.h"

#define FOLD_TEXT_MAX 100 /* bytes of a text that is looked at */
#define FOLD_DIGITS_MAX 20 /* an international prefix and 15 digits */
#define FOLD_SIZE (1 + FOLD_DIGITS_MAX + 1)

/* ERR_BAD_NUMBER: see above, or no digit, or more than FOLD_DIGITS_MAX. */
MUST_CHECK enum err phone_fold(struct str text, char ret_digits[FOLD_SIZE]);

/* What one character is to it: 0..9 that digit, else one of these. */
enum { FOLD_PASSED = 10, FOLD_PLUS, FOLD_OTHER };
int phone_fold_code(uint32_t code);

/* The same of the character that `text` (at least a byte) begins with. Ill-formed UTF-8: FOLD_OTHER, a byte long. */
int phone_fold_char(struct str text, size_t *ret_len);

#endif
