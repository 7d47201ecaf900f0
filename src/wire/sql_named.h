/* sql_named: a statement with named parameters -> PostgreSQL's numbered ones.
 *
 *	INSERT INTO contact(ref, role, vn) VALUES (:ref, :role, :vn::text)  ->  ... VALUES ($1, $2, $3::text)
 *
 * A parameter is a colon and a name of letters, digits and '_' that begins with a letter; case counts. The same name
 * is the same $n each time. Not taken for a parameter: what stands in '...' (also E'...' with backslashes), "...",
 * $tag$...$tag$, -- comments, nested comments; `::` (casts) and `:=`; and inside [ ] a colon that touches what is
 * before it (`a[lo:hi]`) or whose name is not known (`a[:hi]`): slices of arrays. `$1` in the text is refused, and so are
 * a second statement (a semicolon that is followed by more), an empty one, and what doesn't end (a quote, a comment).
 *
 * Nothing else is changed, so the two texts run side by side and positions can be told in the owner's.
 * Strings are read as with standard_conforming_strings on, PostgreSQL's default.
 *
 * Memory: the result owns its text. Threads: any. Limits: SQL_NAMED_MAX parameters, SQL_NAMED_TEXT_MAX bytes.
 */
#ifndef WIRE_SQL_NAMED_H
#define WIRE_SQL_NAMED_H

#include "base/err.h"
#include "base/str.h"

#define SQL_NAMED_MAX 32
#define SQL_NAMED_TEXT_MAX (16u * 1024)
#define SQL_NAMED_ERROR_SIZE 256

struct sql_named {
	char *text;                  /* with $1.. */
	int params[SQL_NAMED_MAX];   /* index into `words` of $1, $2, ... */
	int params_n;
};

/* `words`: known names, NULL ends. ERR_BAD_REQUEST: ret_error says what, with the position (in characters, from 1) in
 * the text; of an unknown name also which one is like it and which there are. ERR_INTERNAL: no memory. */
MUST_CHECK enum err sql_named_read(struct str text, const char *const *words, struct sql_named *ret_named,
	char ret_error[SQL_NAMED_ERROR_SIZE]);
/* Zeroed and done ones are ignored. */
void sql_named_done(struct sql_named *named);

/* Does the statement use the parameter whose index in `words` is `word`? */
bool sql_named_uses(const struct sql_named *named, int word);

/* Where in the given text the character at `position` (from 1) of the rewritten one stood: a parameter's colon for all of
 * its $n. One past the end and what is beyond: one past the end of the given one. */
int sql_named_position(struct str text, const struct sql_named *named, int position);

#endif
