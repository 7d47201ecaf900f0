/* json: reads a JSON document (RFC 8259) whose shape is known, and says of a wrong one what is wrong.
 *
 * Refused beyond the grammar: text that is not UTF-8, NUL in strings, the same name twice in an object,
 * more than JSON_DEPTH_MAX levels, a root that is neither object nor array, fields nobody asked for.
 *
 * The getters below take a place in the document (struct json_at), which may be absent: an absent place
 * leaves the output untouched and is no error, so that defaults are set before and what must be there
 * is said once, in json_at_fields(). Errors fill *problem (field, and line for broken grammar) and never
 * quote a value.
 *
 * Memory: an arena of the document's own (json_arena.h); texts live until json_done(). Ownership: its reader.
 * Threads: a document is for one thread at a time.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/problem.h"

#define JSON_DEPTH_MAX 16

struct json {
	void *root; /* NULL: none */
	struct arena arena;
};

/* A place: a value, and how it was reached, for errors. Points at the place above it: keep that alive. */
struct json_at {
	const void *value; /* NULL: absent */
	const struct json_at *up;
	const char *name; /* in the object above; NULL: an item of the array above */
	int index;
};

/* ERR_TOO_LARGE: more than `max` bytes. ERR_BAD_REQUEST. */
MUST_CHECK enum err json_read(struct str text, size_t max, struct json *ret_json, struct problem *problem);
void json_done(struct json *json);

struct json_at json_at_root(const struct json *json);
struct json_at json_at_field(const struct json_at *object, const char *name);
struct json_at json_at_item(const struct json_at *array, int index);

bool json_at_there(const struct json_at *at);
bool json_at_null(const struct json_at *at);
bool json_at_is_object(const struct json_at *at);
bool json_at_is_array(const struct json_at *at);
bool json_at_is_text(const struct json_at *at);
/* False: no number without (with) a fraction or exponent stands there. */
bool json_at_integer(const struct json_at *at, int64_t *ret_value);
bool json_at_fraction(const struct json_at *at, double *ret_value);

/* It is an object with these fields and no others; names that begin with '!' must be there. NULL ends. */
MUST_CHECK enum err json_at_fields(
	const struct json_at *at, const char *const *names, struct problem *problem);
/* An array of min..max items. */
MUST_CHECK enum err json_at_count(
	const struct json_at *at, int min, int max, int *ret_n, struct problem *problem);
/* A string of min..max bytes. */
MUST_CHECK enum err json_at_text(
	const struct json_at *at, size_t min, size_t max, struct str *ret_text, struct problem *problem);
/* A whole number (no fraction, no exponent) in min..max. */
MUST_CHECK enum err json_at_u64(
	const struct json_at *at, uint64_t min, uint64_t max, uint64_t *ret_value, struct problem *problem);
MUST_CHECK enum err json_at_u32(
	const struct json_at *at, uint32_t min, uint32_t max, uint32_t *ret_value, struct problem *problem);
MUST_CHECK enum err json_at_bool(const struct json_at *at, bool *ret_value, struct problem *problem);
/* One of a list of words that NULL ends: its position. */
MUST_CHECK enum err json_at_word(
	const struct json_at *at, const char *const *words, int *ret_index, struct problem *problem);
/* An RFC 3339 text. */
MUST_CHECK enum err json_at_time(const struct json_at *at, int64_t *ret_time_ms, struct problem *problem);

/* A name of the request, fit to be told again: letters, '_' and '-' only, at most 40; "?" otherwise, for it
 * may be a value that somebody put in the wrong place (S4). `text` has 41 bytes. */
const char *json_printable(struct str name, char text[41]);

/* Fills *problem with the place's path ("parties[1].number") and returns `err`. */
enum err json_at_problem(const struct json_at *at, enum err err, const char *detail, struct problem *problem);

#endif
