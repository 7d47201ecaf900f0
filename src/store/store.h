/* store: where acknowledged changes live. An interface with back ends (store_memory.c, store_sqlite.c).
 *
 * The store is an arbiter: commit() gives each change of a batch its verdict. A batch is one
 * transaction: either all of it is durable when commit() returns ERR_OK, or nothing of it is there.
 * (CONFLICT is for stores that several nodes share; then the other changes of the batch are done.)
 *
 * Threads: one thread (the writer) uses load, commit, idle, changed, keys, must_stop. Readers have a
 * store_reader each and see what was committed before their call began.
 *
 * Errors: ERR_STORE_FAILED: disk full, I/O error, locked: nothing of the batch is there; may be tried
 * again unless store_must_stop(). ERR_STORE_REFUSED: this database must not be used; the sentence says why.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "core/record.h"
#include "crypto/vault.h"

enum store_verdict { STORE_DONE, STORE_CONFLICT, STORE_FAILED };

/* What load() gives, in this order: time, pools, VNs (ids ascending), sessions that are open, then those
 * whose pairs still cool at `now` (the stored time, if that is later) or whose end is still to be announced,
 * tombstones, Idempotency-Keys, calls of the last 24 hours (newest last), what sessions have talked, sinks (by name),
 * retries, offsets, dead letters, supply policies, purchases (open ones, and those of the last 31 days, ids ascending),
 * hours (of the last five weeks), policies of messages, messages (those that wait, opened, and those of the last 24
 * hours without their text; ids ascending), blocks (those that are over too; ids ascending), the last id. Return an
 * error to end the load with it. Rows live for the call. Sessions: numbers are
 * opened; a session that can't be opened refuses the database with its id in the sentence. Persons of open numbers
 * are those of the key that seals. The functions from `sink` on may be NULL: nobody asks. */
struct store_visitor {
	void *context;
	enum err (*time)(void *context, int64_t time_ms);
	enum err (*pool)(void *context, const struct pool_row *row);
	enum err (*vn)(void *context, const struct vn_row *row);
	enum err (*session)(void *context, const struct session_row *row);
	/* session() will be called with this row when some others before it are done; a store need not call it. NULL:
	 * nobody asks. */
	void (*session_soon)(void *context, const struct session_row *row);
	enum err (*tombstone)(void *context, const struct tombstone_row *row);
	enum err (*idempotency)(void *context, const struct idempotency_row *row); /* without its answer */
	enum err (*call)(void *context, const struct call *row);
	enum err (*sink)(void *context, const struct sink_row *row);
	enum err (*retry)(void *context, const struct retry_row *row); /* by sink, events ascending */
	enum err (*offset)(void *context, const struct offset_row *row);
	enum err (*dead)(void *context, const struct dead_row *row);   /* ids ascending; without detail and payload */
	enum err (*supply)(void *context, const struct supply_row *row);     /* pools ascending */
	enum err (*purchase)(void *context, const struct purchase_row *row);
	enum err (*hour)(void *context, const struct hour_row *row);         /* by pool, hours ascending */
	enum err (*block)(void *context, const struct block_row *row);
	/* Seconds of all kept calls by session, of sessions with that id and later ones; 0: nobody asks. Both or
	 * neither. */
	uint64_t (*talked_from)(void *context);
	enum err (*talked)(void *context, uint64_t session, uint64_t seconds);
	enum err (*message_policy)(void *context, const struct message_policy_row *row); /* pools ascending */
	/* One that waits and can't be opened comes without a number. */
	enum err (*message)(void *context, const struct message_row *row);
	/* Once, at the end: no id up to this one may be given again, whatever the clock says. 0: none was given. */
	enum err (*last_id)(void *context, uint64_t id);
};

/* An API key as stored. Secrets are kept as SHA-256. */
#define KEY_ID_SIZE 17
enum key_scope {
	KEY_SESSIONS = 1, KEY_NUMBERS = 2, KEY_CALLS = 4, KEY_ROUTE = 8, KEY_REVEAL = 16, KEY_ADMIN = 32,
};
struct key_row {
	char id[KEY_ID_SIZE];      /* 16 of a-z0-9 */
	char name[65];
	char tenant[TENANT_NAME_MAX + 1];
	uint8_t secret_hash[32];
	unsigned scopes;           /* bits of key_scope */
	uint32_t created_at, expires_at, revoked_at; /* 0: never */
};

struct sessions_filter {
	struct str tenant;         /* always set: only its pools */
	uint32_t pool_id;          /* 0: any */
	struct str ref;            /* empty: any */
	int state;                 /* enum session_state, -1: any; by the times at now_ms */
	int64_t now_ms;
	uint64_t after;            /* id; 0: from the newest (lists run newest first) */
	int page_size;
};

struct calls_filter {
	struct str tenant;
	uint32_t pool_id;          /* 0: any */
	uint64_t session;          /* 0: any */
	int64_t since_ms;
	uint64_t after;
	int page_size;
};

struct dead_filter {
	struct str tenant;         /* always set */
	struct str order;          /* empty: any */
	uint64_t after;            /* id; 0: from the oldest (this list runs oldest first: that is the order of retries) */
	int page_size;
};

struct purchases_filter {
	struct str tenant;         /* always set: only its pools */
	uint32_t pool_id;          /* 0: any */
	bool open;                 /* only those that are not over */
	uint64_t after;            /* id; 0: from the newest (runs newest first) */
	int page_size;
};

struct blocks_filter {
	struct str tenant;         /* always set: only its pools */
	uint32_t pool_id;          /* 0: any */
	int64_t now_ms;            /* those that are over then are not shown */
	uint64_t after;            /* id; 0: from the newest (runs newest first) */
	int page_size;
};

struct messages_filter {
	struct str tenant;         /* always set: only its pools */
	uint32_t pool_id;          /* 0: any */
	uint64_t session;          /* 0: any */
	int64_t since_ms;
	int64_t now_ms;            /* texts are kept until then, or not */
	bool bodies;               /* with the texts that are kept */
	uint64_t after;            /* id; 0: from the newest (runs newest first) */
	int page_size;
};

struct store;
struct store_reader;

struct store_ops {
	const char *name;
	enum err (*load)(struct store *store, int64_t now_ms, const struct store_visitor *visitor, char ret_error[256]);
	enum err (*commit)(struct store *store, const struct record *records, size_t n, enum store_verdict *verdicts);
	/* A little housekeeping for a quiet moment: checkpoint, move ended sessions aside (not before their end was
	 * announced), purge by each pool's keep_s, purge the outbox, bring rows under the key that seals. True: there is
	 * more to do. */
	bool (*idle)(struct store *store, int64_t now_ms);
	uint64_t (*identity)(struct store *store); /* made at random with the database: tells it from any other */
	bool (*must_stop)(const struct store *store); /* after a failed fsync */
	/* True once after another process changed the keys. */
	bool (*changed)(struct store *store);
	enum err (*keys)(struct store *store, void (*each)(void *context, const struct key_row *row), void *context);
	/* Adds or replaces by id, with its audit row, in one transaction. */
	enum err (*key_put)(struct store *store, const struct key_row *row, const struct audit_row *audit);
	void (*close)(struct store *store);

	struct store_reader *(*reader_open)(struct store *store); /* NULL: no memory or no file */
	void (*reader_close)(struct store_reader *reader);
	/* ERR_NOT_FOUND; rows live in the arena. */
	enum err (*read_session)(struct store_reader *reader, uint64_t id, struct arena *arena, struct session_row **ret_row);
	/* *ret_next: id to go on after, 0 at the end. A page may be shorter than asked before the end. */
	enum err (*read_sessions)(struct store_reader *reader, const struct sessions_filter *filter, struct arena *arena,
		struct session_row **ret_rows, int *ret_n, uint64_t *ret_next);
	enum err (*read_calls)(struct store_reader *reader, const struct calls_filter *filter, struct arena *arena,
		struct call **ret_rows, int *ret_n, uint64_t *ret_next);
	enum err (*read_audit)(struct store_reader *reader, struct str tenant, int64_t since_ms, uint64_t after,
		int page_size, struct arena *arena, struct audit_row **ret_rows, int *ret_n, uint64_t *ret_next);
	enum err (*read_idempotency)(struct store_reader *reader, uint64_t id, struct arena *arena,
		struct idempotency_row *ret_row);
	/* Ids of kept sessions, ended ones too, that hold a real number of one of these persons. */
	enum err (*read_person)(struct store_reader *reader, const struct person *persons, int persons_n,
		struct arena *arena, uint64_t **ret_ids, int *ret_n);
	/* Events with an id above `after`, ascending, up to `max`. Texts live in the arena. */
	enum err (*read_outbox)(struct store_reader *reader, uint64_t after, int max, struct arena *arena,
		struct outbox_row **ret_rows, int *ret_n);
	/* One event. ERR_NOT_FOUND: purged. */
	enum err (*read_event)(struct store_reader *reader, uint64_t id, struct arena *arena, struct outbox_row *ret_row);
	/* The lowest id whose event is not older than that; 0: there is none. */
	enum err (*read_outbox_since)(struct store_reader *reader, int64_t since_ms, uint64_t *ret_id);
	/* ERR_NOT_FOUND: nothing of that partition is stored. Group and topic are those that were given. */
	enum err (*read_offset)(struct store_reader *reader, struct str group, struct str topic, int32_t partition,
		struct offset_row *ret_row);
	/* With detail, without payload. *ret_next as above. */
	enum err (*read_dead_list)(struct store_reader *reader, const struct dead_filter *filter, struct arena *arena,
		struct dead_row **ret_rows, int *ret_n, uint64_t *ret_next);
	/* With its payload, opened. ERR_NOT_FOUND. */
	enum err (*read_dead)(struct store_reader *reader, uint64_t id, struct arena *arena, struct dead_row *ret_row);
	enum err (*read_purchases)(struct store_reader *reader, const struct purchases_filter *filter, struct arena *arena,
		struct purchase_row **ret_rows, int *ret_n, uint64_t *ret_next);
	/* Numbers and reasons opened. */
	enum err (*read_blocks)(struct store_reader *reader, const struct blocks_filter *filter, struct arena *arena,
		struct block_row **ret_rows, int *ret_n, uint64_t *ret_next);
	/* Never a number; texts live in the arena. One that waits shows its text to nobody. */
	enum err (*read_messages)(struct store_reader *reader, const struct messages_filter *filter,
		struct arena *arena, struct message_row **ret_rows, int *ret_n, uint64_t *ret_next);
	/* A consistent copy while serving; the file must not be there. */
	enum err (*backup)(struct store_reader *reader, const char *path, char ret_error[256]);
};

/* Back ends begin with this. */
struct store {
	const struct store_ops *ops;
	/* What idle() and commit() have to say to whoever runs the program, a sentence at a time; the wiring sets it.
	 * NULL: nobody listens. */
	void (*tell)(void *context, const char *sentence);
	void *tell_context;
	/* Events of the outbox that are kept at most, and how long delivered ones are (for a replay): up to the cursor of
	 * every sink and among no sink's retries. (A sink that is disabled wants none: it holds none back.) Past the
	 * first the oldest go with their retries, sent or not, in the commit that brings newer ones; tell() says so once
	 * a burst. Those of sessions ("session.*") go only when there are no others: whoever makes calls can't take away
	 * what an app has to hear of its orders. Set by the wiring before the first commit; 0: no limit. */
	uint32_t outbox_max;
	uint32_t outbox_keep_s;
	_Atomic uint64_t outbox_lost; /* events that went undelivered to some sink that way, since start */
};
struct store_reader {
	struct store *store;
};

/* The vault must outlive the store. */
struct store *store_memory_new(const struct vault *vault);

/* Opens or makes `path` (a file; -wal and -shm beside it). Migrates an older schema forward; a newer one,
 * another program's database, a broken one or one sealed with another key is refused and left untouched. */
MUST_CHECK enum err store_sqlite_open(const char *path, const struct vault *vault, struct store **ret_store,
	char ret_error[256]);

/* For the command line beside a server: the same, but when another process has the folder this store only
 * adds keys and audit rows and reads; it never checkpoints. (store_sqlite_open refuses then: "another bauta
 * is using this folder".) */
MUST_CHECK enum err store_sqlite_join(const char *path, const struct vault *vault, struct store **ret_store,
	char ret_error[256]);

/* How far the rotation from one key to the next is. */
struct store_rotation {
	int key;              /* that seals */
	bool begun;           /* the database knows it: something is, or soon will be, sealed with it */
	int old_key;          /* the other one of the key file; 0: there is none */
	bool old_needed;      /* its line must stay */
	uint64_t rows;        /* sessions under it still */
	uint64_t dead;        /* dead letters and blocks under it still */
	uint64_t messages;    /* texts of messages under it still */
	uint32_t cools_until; /* epoch seconds: by then every pair has cooled whose person only the old key knows; 0 */
};
/* Only reads, also beside a server. O(rows that are not known to be done). */
MUST_CHECK enum err store_sqlite_rotation(const char *path, const struct vault *vault,
	struct store_rotation *ret_rotation, char ret_error[256]);

/* A full check of a database at rest: SQLite's own, every box and every dead letter opens, pairs are unique (S1), stock
 * rows, events and sinks make sense, the audit chain holds. Calls `wrong` for each finding, one sentence without real
 * numbers. */
MUST_CHECK enum err store_sqlite_verify(const char *path, const struct vault *vault, int64_t now_ms,
	void (*wrong)(void *context, const char *sentence), void *context, char ret_error[256]);

#endif
