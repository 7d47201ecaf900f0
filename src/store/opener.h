/* opener: a few threads that decode sessions and open their boxes, while the caller reads and visits.
 *
 * The caller fills pieces in order and gets them back in that order:
 *
 *   while (rows)  { piece = opener_next(); fill it; opener_give() }    opener_next() visits what must be visited
 *   opener_end()                                                        the rest
 *
 * Threads: the caller is one; helpers see a piece only between give and visit.
 */
#ifndef STORE_OPENER_H
#define STORE_OPENER_H

#include "store/store_sqlite.h"

#define OPENER_PIECE 512 /* sessions of a piece */

struct opener_piece {
	int n;
	struct session_row rows[OPENER_PIECE];
	struct {
		size_t ref_at, ref_len, blob_at, blob_len; /* in bytes */
	} texts[OPENER_PIECE];
	struct buf bytes;
	struct arena arena;
	enum err errs[OPENER_PIECE]; /* of decoding and opening each */
	bool done;
};

struct opener;

struct opener_options {
	const struct vault *vault;
	const uint64_t *vns;  /* numbers by VN id, 0: there is none */
	uint32_t vns_n;
	enum err (*visit)(void *context, const struct session_row *row, enum err opened);
	void (*soon)(void *context, const struct session_row *row); /* of one that opened: some rows before its visit */
	void *context;
};

struct opener *opener_new(const struct opener_options *options); /* NULL: no memory, no threads */
void opener_free(struct opener *opener);

/* An empty piece; visits the oldest when all are under way. NULL: a visit failed (opener_end() says how). */
struct opener_piece *opener_next(struct opener *opener);
/* One more row for a piece; false: no memory. */
bool opener_add(struct opener_piece *piece, const struct session_row *row, struct str blob);
void opener_give(struct opener *opener, struct opener_piece *piece);

/* Visits what is under way. The first error of a visit. */
enum err opener_end(struct opener *opener);

/* What helpers do with a row, for who needs it once: numbers of VNs filled in, boxes opened. */
enum err opener_open(const struct opener_options *options, struct vault_use *use, struct str blob, struct arena *arena,
	struct session_row *row);

#endif
