/* problem: why a request was refused, as application/problem+json (RFC 9457) tells it.
 *
 * A problem never quotes a value of the request: details are sentences of ours, fields are paths of
 * names that the API knows. (A value may be somebody's number.)
 */
#ifndef WIRE_PROBLEM_H
#define WIRE_PROBLEM_H

#include "base/buf.h"
#include "base/err.h"

#define PROBLEM_FIELD_MAX 79
#define PROBLEM_DETAIL_MAX 159
#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* Zeroed: nothing more is known than the error itself. */
struct problem {
	uint32_t line;                       /* 1.. of the body; 0: none is to blame */
	char field[PROBLEM_FIELD_MAX + 1];   /* "parties[1].number"; "": none */
	char detail[PROBLEM_DETAIL_MAX + 1]; /* one sentence; "": the error's title */
};

/* Fills *problem and returns `err`. `field` and `detail` may be NULL; what is too long is cut. */
enum err problem_is(struct problem *problem, enum err err, const char *field, const char *detail);

/* The document. */
void problem_put(struct buf *out, enum err err, const struct problem *problem);

/* What to say of a refused line: its detail, else the error's title. */
const char *problem_detail(const struct problem *problem, enum err err);

#endif
