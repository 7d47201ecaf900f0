/* form: application/x-www-form-urlencoded (WHATWG URL, "urlencoded parsing") and query strings. */
#ifndef WIRE_FORM_H
#define WIRE_FORM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define FORM_FIELDS_MAX 200

struct form_field {
	struct str name, value; /* decoded */
};

struct form {
	struct form_field *fields; /* in the order of the text */
	int n;
};

/* ERR_BAD_REQUEST: a broken %-escape or a NUL; ERR_TOO_LARGE: too many fields or arena full. */
MUST_CHECK enum err form_parse(struct str text, struct arena *arena, struct form *ret_form);

/* The first of that name; STR_NONE (.at NULL). */
struct str form_value(const struct form *form, const char *name);

/* Percent-encodes everything but A-Z a-z 0-9 - . _ ~ */
void form_encode(struct buf *out, struct str text);

/* Decodes one path segment (%XX, no '+'); false as above. */
bool form_decode_path(struct str text, struct arena *arena, struct str *ret_text);

#endif
