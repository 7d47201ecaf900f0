/* utf8: a text's characters, one after the other (RFC 3629: no overlong form, no surrogate, at most U+10FFFF). */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "base/str.h"

/* The character at byte `at` of the text (at < text.len): how many bytes it has; 0: there is none, *ret_point is
 * U+FFFD. */
size_t utf8_next(struct str text, size_t at, uint32_t *ret_point);

#endif
