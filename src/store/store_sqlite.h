/* store_sqlite: what the files of the SQLite back end share. For store_sqlite*.c only.
 *
 *   store_sqlite.c          open, close, locks, the table of functions, errors
 *   store_sqlite_schema.c   is it ours, which version, which key; migrations
 *   store_sqlite_blob.c     a session's parties as bytes
 *   store_sqlite_row.c      rows to statements and back
 *   store_sqlite_commit.c   batches, audit, API keys
 *   store_sqlite_outbox.c   events for the outside, sinks and retries: written, limited, purged, read
 *   store_sqlite_dead.c     what was consumed: offsets and dead letters, written and read
 *   store_sqlite_supply.c   policies, purchases, orders an hour: written and read
 *   store_sqlite_block.c    who may not ring whom: written and read; how long sessions have talked
 *   store_sqlite_message.c  messages, their texts, policies of messages: tables, written and read
 *   store_sqlite_message_verify.c  the full check of them
 *   store_sqlite_load.c     what a start reads, S1
 *   store_sqlite_idle.c     checkpoints, moving ended sessions aside, purge
 *   store_sqlite_reseal.c   while keys rotate: old rows under the new key, the end of the old one
 *   store_sqlite_rotation.c how far that is, for people
 *   store_sqlite_read.c     readers: sessions
 *   store_sqlite_list.c     readers: calls, audit, stored answers
 *   store_sqlite_backup.c   a copy while serving
 *   store_sqlite_verify.c   the full check
 *   store_sqlite_verify_stream.c  the same of events, sinks, offsets and dead letters
 *
 * Files: `path`, its -wal and -shm, and `path`-writer: a lock that the one process holds which commits
 * sessions and checkpoints. The command line joins without it: it adds keys and audit rows in short
 * transactions of its own and never checkpoints.
 */
#ifndef STORE_STORE_SQLITE_H
#define STORE_STORE_SQLITE_H

#include "store/loss.h"
#include "store/store.h"

#include <sqlite3.h>

#define SQLITE_APPLICATION_ID 0x42617574 /* "Baut" */
#define SQLITE_SCHEMA_VERSION 5
/* Pages of the WAL after which a commit checkpoints by itself, and a quiet moment does. Small on purpose: a WAL
 * that starts over every 4 MiB is overwritten and not extended, which syncs twice as fast. */
#define SQLITE_WAL_PAGES 1024
#define SQLITE_WAL_PAGES_IDLE 256
#define SQLITE_BUSY_MS 5000
#define SQLITE_ROOT_ID 0 /* the root's place in vault_key, whose other ids are keys' */

enum statement {
	ST_BEGIN,
	ST_COMMIT,
	ST_ROLLBACK,
	ST_POOL_PUT,
	ST_VN_PUT,
	ST_SESSION_PUT,
	ST_SESSION_GET,
	ST_SESSION_ALIKE,
	ST_SESSION_TOLD,
	ST_PAST_PUT,
	ST_PAST_GET,
	ST_TOMBSTONE_ADD,
	ST_CALL_PUT,
	ST_CALL_STATUS,
	ST_IDEMPOTENCY_PUT,
	ST_AUDIT_LAST,
	ST_AUDIT_ADD,
	ST_TIME_PUT,
	ST_VAULT_KEY_PUT,
	ST_VAULT_KEY_DROP,
	ST_SESSION_PARTIES,
	ST_PAST_PARTIES,
	ST_META_PUT,
	ST_META_DROP,
	ST_API_KEY_PUT,
	ST_API_KEYS,
	ST_DATA_VERSION,
	ST_OUTBOX_ADD,
	ST_OUTBOX_LOOK,
	ST_OUTBOX_CUT,
	ST_OTHERS_LOOK,
	ST_OTHERS_CUT,
	ST_OTHERS_RETRY_CUT,
	ST_SINK_WANTS,
	ST_SINK_PUT,
	ST_SINK_DROP,
	ST_RETRY_PUT,
	ST_RETRY_DROP,
	ST_RETRY_CUT,
	ST_RETRIES_DROP,
	ST_OFFSET_PUT,
	ST_DEAD_PUT,
	ST_DEAD_DROP,
	ST_DEAD_PAYLOAD,
	ST_SUPPLY_PUT,
	ST_PURCHASE_PUT,
	ST_HOUR_PUT,
	ST_BLOCK_PUT,
	ST_BLOCK_DROP,
	ST_BLOCK_SEALED,
	ST_MESSAGE_ADD,
	ST_MESSAGE_CHANGE,
	ST_MESSAGE_POLICY_PUT,
	ST_MESSAGE_BOX_ADD,
	ST_MESSAGE_BOX_KEEP,
	ST_MESSAGE_BOX_SEAL,
	ST_MESSAGE_BOX_DROP,
	ST_MESSAGE_BOX_FORGET,
	ST__COUNT
};

/* Where a sweep over a table is. */
enum sweep { SWEEP_SESSION, SWEEP_PAST, SWEEP_CALL, SWEEP_TOMBSTONE, SWEEP_IDEMPOTENCY, SWEEP_PURCHASE, SWEEP_HOUR,
	SWEEP_MESSAGE, SWEEP_MESSAGE_BOX, SWEEP__COUNT };

enum reseal_table {
	RESEAL_SESSION,
	RESEAL_PAST,
	RESEAL_DEAD,
	RESEAL_BLOCK,
	RESEAL_MESSAGE,
	RESEAL_END /* a pass found nothing to do */
};

/* How far the rotation to the key that seals is; kept in `meta`, so that a start goes on with it. */
struct reseal {
	bool known;          /* read from the database, or begun */
	bool done;           /* there is no older key (any more) */
	int64_t key;         /* the key that rows are put under */
	int64_t table;       /* enum reseal_table */
	int64_t cursor;      /* id of the last row seen */
	int64_t rows, stuck; /* in this pass: written anew; not to be opened */
	int64_t cools_until; /* epoch seconds: persons that no box tells have cooled by then */
	int64_t rests_until_ms;
};

/* What a batch does to the outbox; true once it is committed. */
struct outbox_change {
	uint64_t added, gone, lost;
	uint64_t skip; /* so many of the coming events that are not of sessions are not added: no other made room */
	uint64_t last; /* highest id */
};

/* The outbox as memory knows it. */
struct outbox_state {
	bool counted;
	uint64_t n, last;
	struct outbox_change change;
	uint64_t cursor; /* of the purge that is under way; 0 */
	int64_t rests_until_ms;
	struct loss loss;
};

/* Of a session's puts in a batch. */
struct last_put {
	size_t index; /* of the last */
	bool whole;   /* not all of them leave its parties as they are stored */
};

struct store_sqlite {
	struct store base;
	char *path;
	const struct vault *vault;
	struct vault_use *use;
	sqlite3 *db;
	sqlite3_stmt *st[ST__COUNT];
	int lock_fd;           /* -1: a guest, who doesn't checkpoint */
	bool must_stop;
	bool refused;          /* load refused it: leave it as it is */
	bool key_known;        /* the key that seals has its row in vault_key */
	struct reseal reseal;
	int wal_pages;         /* after the last commit */
	int wal_limit;         /* pages at which a commit checkpoints: more while a reader holds the WAL */
	int64_t data_version;
	uint64_t identity;
	struct buf blob;       /* of one session, while it is written */
	uint64_t *ids;         /* of a batch's sessions: table of store_sqlite_last.c */
	struct last_put *lasts;
	size_t ids_room, ids_size; /* slots there are, slots this batch uses: a power of two */
	struct {
		uint64_t cursor;
		bool running;
		int64_t began_ms, ended_ms;
	} sweep[SWEEP__COUNT];
	struct outbox_state outbox;
	bool keep_known;       /* false: a pool changed since */
	uint32_t *keep_s;      /* by pool id */
	uint32_t keep_n;
	uint32_t keep_least_s; /* the shortest of them */
	uint32_t keep_others_s; /* of what is of no pool */
};

static inline struct store_sqlite *store_sqlite_of(struct store *store)
{
	return (struct store_sqlite *)store;
}

/* --- store_sqlite.c --- */

/* An open connection with our settings: foreign to none, never checkpoints by itself. */
MUST_CHECK enum err sqlite_connect(const char *path, int flags, sqlite3 **ret_db, char ret_error[256]);

/* ERR_OK for OK, ROW and DONE; ERR_STORE_REFUSED for a broken file; else ERR_STORE_FAILED. */
enum err sqlite_err(int code);

/* The same, and takes note of what the process can't go on after. */
enum err store_sqlite_failed(struct store_sqlite *store, int code);

/* "what: SQLite's words", without values. The given error back. */
enum err sqlite_explain(sqlite3 *db, enum err err, const char *what, char ret_error[256]);

/* --- store_sqlite_schema.c --- */

/* Is the file at `path` a database of ours that we may open? Reads only. ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err sqlite_probe(const char *path, char ret_error[256]);

/* A new database, whole or not at all (made beside it and renamed). */
MUST_CHECK enum err sqlite_make(const char *path, char ret_error[256]);

/* Runs the steps from its version to ours. `may`: else an older one is refused. */
MUST_CHECK enum err sqlite_migrate(sqlite3 *db, bool may, char ret_error[256]);

/* An open connection for reading, checked as by store_sqlite_join, in a transaction: what is seen is of one moment. */
MUST_CHECK enum err sqlite_open_reading(const char *path, const struct vault *vault, sqlite3 **ret_db,
	char ret_error[256]);

/* The root and every key that the database was sealed with must be in the vault, and be the same. */
MUST_CHECK enum err sqlite_check_keys(sqlite3 *db, const struct vault *vault, bool *ret_known, char ret_error[256]);

/* --- store_sqlite_blob.c --- */

/* The boxes of a session, by party and number; [0] is 0 where the number was erased. */
struct sealed {
	uint8_t box[SESSION_PARTIES_MAX][SESSION_NUMBERS_MAX][VAULT_BOX_SIZE];
};

/* False: no memory. */
MUST_CHECK bool sealed_make(struct vault_use *use, const struct session_row *row, struct sealed *ret_sealed);
/* ERR_STORE_REFUSED: a box was not sealed for its place. */
MUST_CHECK enum err sealed_open(struct vault_use *use, const struct sealed *sealed, struct session_row *row);

/* Once nothing cools: past pairs go, and the persons of erased numbers. */
void sealed_settle(const struct sealed *sealed, struct session_row *row);

/* Is a box under a key other than `id`? */
bool sealed_is_old(const struct sealed *sealed, const struct session_row *row, int id);

/* Boxes of other keys anew under the key that seals, and the persons that go with them. ERR_STORE_REFUSED: a box was
 * not sealed for its place. ERR_OVERLOADED: no memory; the boxes are not to be used then. */
MUST_CHECK enum err sealed_renew(struct vault_use *use, int id, struct sealed *sealed, struct session_row *row);

/* Epoch seconds until which pairs cool whose persons no box tells: of replaced parties and of erased numbers. 0: none. */
uint32_t sealed_cools_until(const struct sealed *sealed, const struct session_row *row);

/* Numbers become 1 where there is a box, 0 where there is none: enough to ask who is held. */
void sealed_mark(const struct sealed *sealed, struct session_row *row);

void blob_encode(const struct session_row *row, const struct sealed *sealed, struct buf *buf);
/* Parties, views and past pairs, in the arena; numbers stay 0. ERR_STORE_REFUSED: not of this form;
 * ERR_LIMIT_REACHED: no memory. */
MUST_CHECK enum err blob_decode(const void *bytes, size_t len, struct arena *arena, struct session_row *row,
	struct sealed *ret_sealed);

/* --- store_sqlite_last.c --- */

/* Of several puts of one session in a batch only the last is written: notes which it is. False without memory. */
bool store_sqlite_note_lasts(struct store_sqlite *store, const struct record *records, size_t n);
/* Of a session that is in the batch noted. */
const struct last_put *store_sqlite_last(const struct store_sqlite *store, uint64_t id);

/* --- store_sqlite_row.c --- */

void sqlite_bind_pool(sqlite3_stmt *st, const struct pool_row *row);
void sqlite_bind_vn(sqlite3_stmt *st, const struct vn_row *row);
void sqlite_bind_session_fields(sqlite3_stmt *st, const struct session_row *row); /* all but parties: 1..14 */
void sqlite_bind_session(sqlite3_stmt *st, const struct session_row *row, struct str blob);
void sqlite_bind_call(sqlite3_stmt *st, const struct call *call);
void sqlite_bind_audit(sqlite3_stmt *st, const struct audit_row *row);
void sqlite_bind_str(sqlite3_stmt *st, int i, struct str text);
void sqlite_bind_blob(sqlite3_stmt *st, int i, const void *bytes, size_t len);
void sqlite_bind_u64(sqlite3_stmt *st, int i, uint64_t value);

void sqlite_get_pool(sqlite3_stmt *st, struct pool_row *ret_row);
void sqlite_get_vn(sqlite3_stmt *st, struct vn_row *ret_row);
/* All but ref and the blob's content; ref points into the statement until it steps. */
void sqlite_get_session(sqlite3_stmt *st, struct session_row *ret_row, struct str *ret_blob);
void sqlite_get_call(sqlite3_stmt *st, struct call *ret_call);
/* Texts point into the statement until it steps. */
void sqlite_get_audit(sqlite3_stmt *st, struct audit_row *ret_row);
struct str sqlite_get_str(sqlite3_stmt *st, int i);
/* Exactly `len` bytes, else zeros. */
void sqlite_get_bytes(sqlite3_stmt *st, int i, void *ret_bytes, size_t len);

/* --- store_sqlite_outbox.c --- */

/* One record of the outbox, of a sink or of a retry. */
int store_sqlite_write_outbox(struct store_sqlite *store, const struct record *record);

/* First in a transaction that may touch the outbox: counts it if nobody has, and forgets what an earlier one did. */
int store_sqlite_outbox_begin(struct store_sqlite *store);
/* Takes out the oldest until `coming` more have room, at most so many: O(those that go). `others` of those that come are
 * not of sessions. */
int store_sqlite_outbox_cut(struct store_sqlite *store, uint64_t coming, uint64_t others, uint64_t most);
/* The transaction is committed: that is how it is now. */
void store_sqlite_outbox_end(struct store_sqlite *store);

/* A step towards the limit, or of the purge; true: there is more to do. */
bool store_sqlite_outbox_idle(struct store_sqlite *store, int64_t now_ms);

/* --- store_sqlite_dead.c --- */

int store_sqlite_write_dead(struct store_sqlite *store, const struct record *record);

/* All but the payload; texts point into the statement until it steps. */
#define SQLITE_DEAD_COLUMNS \
	"id, at_ms, state, tenant, topic, part, position, order_id, code, detail, ce_id, ce_type, ce_time"
#define SQLITE_DEAD_PAYLOAD 13 /* the column behind them */
void sqlite_get_dead(sqlite3_stmt *st, struct dead_row *ret_row);

void sqlite_dead_seal(struct vault_use *use, uint64_t id, struct str payload, struct buf *out);
/* ERR_STORE_REFUSED: not sealed for that row; ERR_LIMIT_REACHED: no room. Needs a byte more than the payload has. */
MUST_CHECK enum err sqlite_dead_open(struct vault_use *use, uint64_t id, struct str sealed, struct buf *out);

/* --- store_sqlite_supply.c --- */

int store_sqlite_write_supply(struct store_sqlite *store, const struct record *record);
void sqlite_get_supply(sqlite3_stmt *st, struct supply_row *ret_row);
void sqlite_get_purchase(sqlite3_stmt *st, struct purchase_row *ret_row);
enum err sqlite_read_purchases(struct store_reader *reader, const struct purchases_filter *filter, struct arena *arena,
	struct purchase_row **ret_rows, int *ret_n, uint64_t *ret_next);

/* --- store_sqlite_block.c --- */

int store_sqlite_write_block(struct store_sqlite *store, const struct record *record);
/* The reason points into `out`. ERR_STORE_REFUSED: not sealed for that row, or not of this form; ERR_LIMIT_REACHED: no
 * room. */
#define SQLITE_BLOCK_TEXT_MAX (2 * NUMBER_TEXT_SIZE + BLOCK_REASON_MAX + 1)
MUST_CHECK enum err sqlite_get_block(struct vault_use *use, sqlite3_stmt *st, struct buf *out,
	struct block_row *ret_row);
/* At start: every block; what sessions have talked. */
MUST_CHECK enum err store_sqlite_load_blocks(struct store_sqlite *store, const struct store_visitor *visitor,
	char ret_error[256]);
MUST_CHECK enum err store_sqlite_load_talked(struct store_sqlite *store, const struct store_visitor *visitor,
	char ret_error[256]);
/* What a row's sealed text is, opened and sealed anew under the key that seals. */
MUST_CHECK enum err sqlite_block_renew(struct vault_use *use, uint64_t id, uint32_t pool_id, struct str sealed,
	struct buf *out);
enum err sqlite_read_blocks(struct store_reader *reader, const struct blocks_filter *filter, struct arena *arena,
	struct block_row **ret_rows, int *ret_n, uint64_t *ret_next);

/* --- store_sqlite_message.c --- */

/* The step of the schema that makes its tables. */
extern const char sqlite_message_tables[];

int store_sqlite_write_message(struct store_sqlite *store, const struct record *record);
/* A session lost numbers for good: what its people said goes too. */
int store_sqlite_forget_texts(struct store_sqlite *store, uint64_t session);
/* Those that wait, and those with an id from `from` on. */
enum err store_sqlite_load_messages(struct store_sqlite *store, int64_t from, const struct store_visitor *visitor);
/* The columns of `message`, and behind them, where they were asked for, those of its box. */
void sqlite_get_message(sqlite3_stmt *st, struct message_row *ret_row);
#define SQLITE_MESSAGE_BOX 21
/* Numbers and text out of the box of row->id: row->to, ->from, ->body, which points into `out`; that needs a byte more than
 * the box has. */
MUST_CHECK enum err sqlite_message_open(struct vault_use *use, struct str box, struct buf *out, struct message_row *row);
void sqlite_message_seal(struct vault_use *use, uint64_t id, struct str text, struct buf *out);
/* What is in a box, as it is. */
MUST_CHECK enum err sqlite_message_unseal(struct vault_use *use, uint64_t id, struct str box, struct buf *out);
enum err sqlite_read_messages(struct store_reader *reader, const struct messages_filter *filter, struct arena *arena,
	struct message_row **ret_rows, int *ret_n, uint64_t *ret_next);

/* --- store_sqlite_verify.c --- */

/* Who hears what a check finds: a sentence each, which names ids and never a real number. */
struct sqlite_findings {
	void (*wrong)(void *context, const char *sentence);
	void *context;
};
void sqlite_finding(const struct sqlite_findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Every row of a query; a file that is damaged there is a finding. */
MUST_CHECK enum err sqlite_verify_rows(sqlite3 *db, const struct sqlite_findings *findings, const char *sql,
	void (*each)(void *context, sqlite3_stmt *st), void *context);

/* --- store_sqlite_message_verify.c --- */

/* Messages, their boxes, their policies. `ids_end`: no id should be above it. */
MUST_CHECK enum err sqlite_verify_messages(sqlite3 *db, struct vault_use *use, uint64_t ids_end,
	const struct sqlite_findings *findings);

/* --- store_sqlite_verify_stream.c --- */

/* The tables of what goes out and what came in. */
MUST_CHECK enum err sqlite_verify_stream(sqlite3 *db, struct vault_use *use, int64_t now_ms,
	const struct sqlite_findings *findings);

/* --- the functions of the table --- */

enum err store_sqlite_load(struct store *store, int64_t now_ms, const struct store_visitor *visitor,
	char ret_error[256]);
enum err store_sqlite_commit(struct store *store, const struct record *records, size_t n,
	enum store_verdict *verdicts);
enum err store_sqlite_key_put(struct store *store, const struct key_row *row, const struct audit_row *audit);
enum err store_sqlite_keys(struct store *store, void (*each)(void *context, const struct key_row *row),
	void *context);
bool store_sqlite_idle(struct store *store, int64_t now_ms);

/* A step of a rotation, if one is under way; true: there is more to do. */
bool store_sqlite_reseal(struct store_sqlite *store, int64_t now_ms);

/* Is the key's row in vault_key? */
MUST_CHECK enum err sqlite_key_known(sqlite3 *db, int id, bool *ret_known);

/* How far it is, as the database has it. ERR_OK with `known` false: none has begun. */
MUST_CHECK enum err sqlite_reseal_read(sqlite3 *db, int key, struct reseal *ret_reseal);

/* Within a transaction: root and sealing key into vault_key. */
int store_sqlite_put_keys(struct store_sqlite *store);

/* Looks for an open session with an id up to row's that holds one of its pairs (S1); *ret_other is 0: none. */
enum err sqlite_find_clash(sqlite3 *db, struct vault_use *use, const uint64_t *vns, uint32_t vns_n, int64_t now_ms,
	const struct session_row *row, uint64_t *ret_other);

struct store_reader *sqlite_reader_open(struct store *store);
void sqlite_reader_close(struct store_reader *reader);
enum err sqlite_read_session(struct store_reader *reader, uint64_t id, struct arena *arena,
	struct session_row **ret_row);
enum err sqlite_read_sessions(struct store_reader *reader, const struct sessions_filter *filter,
	struct arena *arena, struct session_row **ret_rows, int *ret_n, uint64_t *ret_next);
enum err sqlite_read_calls(struct store_reader *reader, const struct calls_filter *filter, struct arena *arena,
	struct call **ret_rows, int *ret_n, uint64_t *ret_next);
enum err sqlite_read_audit(struct store_reader *reader, struct str tenant, int64_t since_ms, uint64_t after,
	int page_size, struct arena *arena, struct audit_row **ret_rows, int *ret_n, uint64_t *ret_next);
enum err sqlite_read_idempotency(struct store_reader *reader, uint64_t id, struct arena *arena,
	struct idempotency_row *ret_row);
enum err sqlite_read_person(struct store_reader *reader, const struct person *persons, int persons_n,
	struct arena *arena, uint64_t **ret_ids, int *ret_n);
enum err sqlite_read_outbox(struct store_reader *reader, uint64_t after, int max, struct arena *arena,
	struct outbox_row **ret_rows, int *ret_n);
enum err sqlite_read_event(struct store_reader *reader, uint64_t id, struct arena *arena, struct outbox_row *ret_row);
enum err sqlite_read_outbox_since(struct store_reader *reader, int64_t since_ms, uint64_t *ret_id);
enum err sqlite_read_offset(struct store_reader *reader, struct str group, struct str topic, int32_t partition,
	struct offset_row *ret_row);
enum err sqlite_read_dead_list(struct store_reader *reader, const struct dead_filter *filter, struct arena *arena,
	struct dead_row **ret_rows, int *ret_n, uint64_t *ret_next);
enum err sqlite_read_dead(struct store_reader *reader, uint64_t id, struct arena *arena, struct dead_row *ret_row);
enum err sqlite_backup(struct store_reader *reader, const char *path, char ret_error[256]);

/* Runs the statement to its end and resets it; the code of its last step. */
int sqlite_run(sqlite3_stmt *st);

/* Ends the transaction that BEGIN opened and in which `code` was the last: COMMIT, or ROLLBACK if that is an
 * error or COMMIT is. SQLITE_OK or the error. */
int store_sqlite_finish(struct store_sqlite *store, int code);

/* A passive checkpoint. */
void store_sqlite_checkpoint(struct store_sqlite *store);

#endif
