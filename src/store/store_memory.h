/* store_memory: what the files of the memory back end share. For store_memory*.c only. */
#ifndef STORE_STORE_MEMORY_H
#define STORE_STORE_MEMORY_H

#include "store/shelf.h"
#include "store/store.h"

#include <pthread.h>

struct memory {
	struct store base;
	struct vault_use *use;
	pthread_mutex_t mutex;
	struct shelf pools, vns, sessions, tombstones, calls, idempotency, audit;
	struct shelf keys;       /* by order of first put */
	uint64_t tombstones_put, keys_put;
	int64_t time_ms;
};

static inline struct memory *memory_of(struct store *store)
{
	return (struct memory *)store;
}

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
