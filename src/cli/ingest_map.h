/* ingest_map: lines of foreign events -> lines of ours, by the mapping of the configuration; `bauta ingest --map`. */
#ifndef INGEST_MAP_H
#define INGEST_MAP_H

#include "base/buf.h"
#include "cli/arguments.h"
#include "wire/problem.h"

struct ingest_map;

/* The mapping of -c FILE and the environment. NULL: there is none, or it can't be read; told. */
struct ingest_map *ingest_map_new(const struct arguments *arguments);
void ingest_map_free(struct ingest_map *map); /* NULL is ignored */

/* A line without its end. *ret_line lives until the next call; empty: a type to pass over. An error says why it is refused,
 * its field by pointer. */
MUST_CHECK enum err ingest_map_line(
	struct ingest_map *map, struct str line, struct str *ret_line, struct problem *problem);

#endif
