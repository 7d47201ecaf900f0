/* store_memory: what the files of the memory back end share. For store_memory*.c only. */
#ifndef STORE_STORE_MEMORY_H
#define STORE_STORE_MEMORY_H

#include "store/loss.h"
#include "store/row.h"
#include "store/shelf.h"
#include "store/store.h"

#include <pthread.h>

/* One receiver of the outbox. */
struct memory_sink {
	char name[ROW_SINK_NAME_MAX + 1];
	uint64_t cursor;
	uint32_t disabled_at;
	struct shelf retries; /* by event */
};

struct memory {
	struct store base;
	struct vault_use *use;
	pthread_mutex_t mutex;
	struct shelf pools, vns, sessions, tombstones, calls, idempotency, audit;
	struct shelf keys;       /* by order of first put */
	struct shelf outbox, others; /* events of sessions; and all others */
	struct shelf dead;
	struct shelf offsets;    /* by order of first put */
	struct shelf blocks;
	struct shelf supplies, purchases, hours; /* by pool, id, row_hour_id() */
	struct shelf messages, message_policies; /* by id, pool */
	struct memory_sink **sinks; /* by name */
	size_t sinks_n, sinks_size;
	struct loss loss;
	uint64_t tombstones_put, keys_put, offsets_put;
	int64_t time_ms;
	uint64_t identity;
};

static inline struct memory *memory_of(struct store *store)
{
	return (struct memory *)store;
}

/* --- store_memory.c --- */

void *memory_room(size_t size); /* malloc's; no memory is fatal */

/* --- store_memory_outbox.c --- */

void memory_put_event(struct memory *memory, const struct outbox_row *row);
void memory_put_sink(struct memory *memory, const struct sink_row *row);
void memory_drop_sink(struct memory *memory, const struct sink_row *row);
void memory_put_retry(struct memory *memory, const struct retry_row *row);
void memory_drop_retry(struct memory *memory, const struct retry_row *row);
/* Brings the outbox to its limit; how many events went undelivered. */
uint64_t memory_outbox_cut(struct memory *memory);
void memory_outbox_purge(struct memory *memory, int64_t now_ms);
enum err memory_load_sinks(struct memory *memory, const struct store_visitor *visitor);
void memory_outbox_done(struct memory *memory);
enum err memory_read_outbox(struct store_reader *reader, uint64_t after, int max, struct arena *arena,
	struct outbox_row **ret_rows, int *ret_n);
enum err memory_read_event(struct store_reader *reader, uint64_t id, struct arena *arena, struct outbox_row *ret_row);
enum err memory_read_outbox_since(struct store_reader *reader, int64_t since_ms, uint64_t *ret_id);

/* --- store_memory_dead.c: what was consumed, and how far --- */

void memory_put_offset(struct memory *memory, const struct offset_row *row);
void memory_put_dead(struct memory *memory, const struct dead_row *row);
void memory_drop_dead(struct memory *memory, const struct dead_row *row);
enum err memory_load_dead(struct memory *memory, const struct store_visitor *visitor);
enum err memory_read_offset(struct store_reader *reader, struct str group, struct str topic, int32_t partition,
	struct offset_row *ret_row);
enum err memory_read_dead_list(struct store_reader *reader, const struct dead_filter *filter, struct arena *arena,
	struct dead_row **ret_rows, int *ret_n, uint64_t *ret_next);
enum err memory_read_dead(struct store_reader *reader, uint64_t id, struct arena *arena, struct dead_row *ret_row);

/* --- store_memory_supply.c --- */

void memory_put_supply(struct memory *memory, const struct record *record);
enum err memory_load_supply(struct memory *memory, int64_t now_ms, const struct store_visitor *visitor);
void memory_purge_supply(struct memory *memory, int64_t now_s);
void memory_supply_done(struct memory *memory);
enum err memory_read_purchases(struct store_reader *reader, const struct purchases_filter *filter, struct arena *arena,
	struct purchase_row **ret_rows, int *ret_n, uint64_t *ret_next);

/* --- store_memory_block.c --- */

void memory_put_block(struct memory *memory, const struct block_row *row);
void memory_drop_block(struct memory *memory, const struct block_row *row);
enum err memory_load_blocks(struct memory *memory, const struct store_visitor *visitor);
enum err memory_load_talked(struct memory *memory, const struct store_visitor *visitor);
enum err memory_read_blocks(struct store_reader *reader, const struct blocks_filter *filter, struct arena *arena,
	struct block_row **ret_rows, int *ret_n, uint64_t *ret_next);

/* --- store_memory_message.c --- */

void memory_put_message(struct memory *memory, const struct record *record);
void memory_forget_texts(struct memory *memory, uint64_t session);
enum err memory_load_messages(struct memory *memory, int64_t now_ms, const struct store_visitor *visitor);
/* Texts whose time is over. */
void memory_purge_texts(struct memory *memory, int64_t now_s);
void memory_messages_done(struct memory *memory);
enum err memory_read_messages(struct store_reader *reader, const struct messages_filter *filter, struct arena *arena,
	struct message_row **ret_rows, int *ret_n, uint64_t *ret_next);

/* --- store_memory_read.c --- */

struct store_reader *memory_reader_open(struct store *base);
void memory_reader_close(struct store_reader *reader);
enum err memory_read_session(struct store_reader *reader, uint64_t id, struct arena *arena, struct session_row **ret_row);
enum err memory_read_sessions(struct store_reader *reader, const struct sessions_filter *filter, struct arena *arena,
	struct session_row **ret_rows, int *ret_n, uint64_t *ret_next);
enum err memory_read_calls(struct store_reader *reader, const struct calls_filter *filter, struct arena *arena,
	struct call **ret_rows, int *ret_n, uint64_t *ret_next);
enum err memory_read_audit(struct store_reader *reader, struct str tenant, int64_t since_ms, uint64_t after,
	int page_size, struct arena *arena, struct audit_row **ret_rows, int *ret_n, uint64_t *ret_next);
enum err memory_read_idempotency(struct store_reader *reader, uint64_t id, struct arena *arena,
	struct idempotency_row *ret_row);
enum err memory_read_person(struct store_reader *reader, const struct person *persons, int persons_n,
	struct arena *arena, uint64_t **ret_ids, int *ret_n);
enum err memory_backup(struct store_reader *reader, const char *path, char ret_error[256]);

#endif
