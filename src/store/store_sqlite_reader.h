/* store_sqlite_reader: a reader's connection and statements. For store_sqlite_read.c, store_sqlite_list.c,
 * store_sqlite_outbox.c, store_sqlite_dead.c, store_sqlite_supply.c and store_sqlite_block.c only. */
#ifndef STORE_STORE_SQLITE_READER_H
#define STORE_STORE_SQLITE_READER_H

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

/* Each call is one read transaction, which ends with it: nothing holds the WAL for longer. */
enum err reader_begin(struct reader *reader);
enum err reader_finish(struct reader *reader, enum err err);

enum err reader_pools(struct reader *reader, struct str tenant, struct arena *arena, struct pools *ret_pools);

#endif
