/* store_sqlite_reader: a reader's connection and statements, and the frame of its lists. For the files of the SQLite store
 * that read (store_sqlite_read.c, _page.c, _list.c, _outbox.c, _dead.c, _supply.c, _block.c, _message.c) only. */
#ifndef STORE_STORE_SQLITE_READER_H
#define STORE_STORE_SQLITE_READER_H

#include "store/row.h"
#include "store/store_sqlite.h"

#define SCAN_MAX 50000 /* rows a page looks at */

enum query { Q_BEGIN, Q_END, Q_SESSION, Q_PAST, Q_SESSIONS, Q_PASTS, Q_VN, Q_POOLS, Q_CALLS, Q_AUDIT, Q_IDEMPOTENCY,
	Q_OUTBOX, Q_EVENT, Q_OUTBOX_SINCE, Q_OFFSET, Q_DEAD_LIST, Q_DEAD, Q_PURCHASES, Q_BLOCKS, Q_MESSAGES, Q__COUNT };

struct reader {
	struct store_reader base;
	struct vault_use *use;
	sqlite3 *db;
	sqlite3_stmt *q[Q__COUNT];
};

static inline struct reader *reader_of(struct store_reader *reader)
{
	return (struct reader *)reader;
}

/* Which pools are the tenant's: a flag by pool id. */
struct pools {
	bool *ours;
	uint32_t n;
};

static inline bool pools_have(const struct pools *pools, uint32_t id)
{
	return id < pools->n && pools->ours[id];
}

/* Lists run down from the id after which they go on; 0: from the newest. */
static inline uint64_t reader_from(uint64_t after)
{
	return after == 0 ? INT64_MAX : after;
}

/* Of what belongs to a session (0: any) nothing is older than it: the id at which such a list ends. */
static inline uint64_t reader_lowest(int64_t since_ms, uint64_t session)
{
	uint64_t since = row_id_at(since_ms), born = session ? row_id_at((int64_t)(session >> 16)) : 0;

	return born > since ? born : since;
}

/* Each call is one read transaction, which ends with it: nothing holds the WAL for longer. */
enum err reader_begin(struct reader *reader);
enum err reader_finish(struct reader *reader, enum err err);

enum err reader_pools(struct reader *reader, struct str tenant, struct arena *arena, struct pools *ret_pools);

/* Where a list is: for the one who takes its rows. */
struct page_walk {
	struct reader *reader;
	const struct pools *pools; /* the tenant's */
	const void *filter;
	struct arena *arena;
};

/* A page of a list, whose statement is bound and has the row's id in its first column. */
struct page {
	enum query query;
	size_t row_size;
	int size;             /* rows at most; > 0 */
	struct str tenant;    /* whose pools `take` asks for; none: it asks for none */
	const void *filter;   /* for `take` */
	/* The statement's row, if the filter wants it, into `row`; its texts into the arena. */
	enum err (*take)(const struct page_walk *at, sqlite3_stmt *st, void *row, bool *ret_taken);
};

/* In a transaction of its own. No more than SCAN_MAX rows are looked at: a page may have fewer rows than asked for, and go
 * on all the same. *ret_rows: *ret_n of them, in the arena. *ret_next: the id after which the list goes on; 0: it ends here.
 * ERR_LIMIT_REACHED: the arena is full. */
enum err reader_page(struct reader *reader, const struct page *page, struct arena *arena, void **ret_rows, int *ret_n,
	uint64_t *ret_next);

#endif
