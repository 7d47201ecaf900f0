/* ident: the outside name of a 64-bit id: a prefix, then Crockford's base 32 (no I, L, O, U) of its
 * high 48 bits (10 characters) and its low 16 (4 characters), so that names sort as ids do.
 *
 * There is one spelling for each id: capitals only.
 */
#ifndef CORE_IDENT_H
#define CORE_IDENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define IDENT_PREFIX_LEN 4
#define IDENT_TEXT_SIZE (IDENT_PREFIX_LEN + 10 + 4 + 1)

/* Fills and returns `text`. The prefix has four characters, such as "ses_". */
char *ident_text(const char *prefix, uint64_t id, char *text);

/* ERR_NOT_FOUND: no id is written so. */
MUST_CHECK enum err ident_parse(const char *prefix, struct str text, uint64_t *ret_id);

#endif
