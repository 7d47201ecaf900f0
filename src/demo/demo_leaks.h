/* demo_leaks: looks for the cast's real numbers where none may be: answers of the API, metrics, logs,
 * database and WAL.
 *
 * A number is found as digits in its national form, which every written form of it holds ("+62812...",
 * "0812...", "812..."), with spaces, dots, dashes and brackets between them or none; and as an integer of 6
 * bytes (SQLite's) or more, in either byte order. A sealed number is none of these. */
#ifndef DEMO_LEAKS_H
#define DEMO_LEAKS_H

#include "base/buf.h"
#include "demo/demo_cast.h"

struct demo_leaks {
	int found;       /* leaks */
	int answers;     /* texts looked into that came over the wire */
	int dialled;     /* answers with a number that may be there: the instruction to dial it */
	uint64_t bytes;  /* of files */
	char where[200]; /* of the first leak; "" */
};

/* `allowed`: the one number that the answer may hold, and then must (NUMBER_NONE: none). False: another is
 * there, or the allowed one is not, which would mean that we look and don't see. */
bool demo_leaks_answer(struct demo_leaks *leaks, struct str text, struct number allowed, const char *where);

/* Every file below the folder. False: a number was found, or a file can't be read. */
bool demo_leaks_folder(struct demo_leaks *leaks, const char *folder);

#endif
