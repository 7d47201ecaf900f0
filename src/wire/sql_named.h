/* sql_named: a statement with named parameters -> PostgreSQL's numbered ones.
 *
 *	INSERT INTO contact(ref, role, vn) VALUES (:ref, :role, :vn::text)  ->  ... VALUES ($1, $2, $3::text)
 *
 * A parameter is a colon and a name of letters, digits and '_' that begins with a letter. Not taken for one: what stands
 * in '...' (also E'...' with backslashes), "...", $tag$...$tag$, -- comments, nested comments, and after another colon
 * (casts) or in an array slice that names no known parameter. `$1` in the text is refused, and so is a second statement (a semicolon
 * that is followed by more).
 *
 * Memory: the result owns its text.
 */
#ifndef WIRE_SQL_NAMED_H
#define WIRE_SQL_NAMED_H

#include "base/err.h"
#include "base/str.h"

#define SQL_NAMED_MAX 32
#define SQL_NAMED_TEXT_MAX (16u * 1024)

struct sql_named {
	char *text;                  /* with $1.. */
	int params[SQL_NAMED_MAX];   /* index into `words` of $1, $2, ... */
	int params_n;
};

/* `words`: known names, NULL ends. ERR_BAD_REQUEST: ret_error says what, with the position (from 1) in the text. */
MUST_CHECK enum err sql_named_read(struct str text, const char *const *words, struct sql_named *ret_named,
	char ret_error[256]);
void sql_named_done(struct sql_named *named);

/* Where in the given text the character at `position` (from 1) of the rewritten one stood. */
int sql_named_position(struct str text, const struct sql_named *named, int position);

#endif
