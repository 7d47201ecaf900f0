/* The table of functions of the server's store, each of which may fail before it did anything. */
#include "fault/fault.h"

#include "base/check.h"

static struct store_ops ours;
static const struct store_ops *real;
static struct fault_count count;

static enum err commit(struct store *store, const struct record *records, size_t n, enum store_verdict *verdicts)
{
	return fault_fails(&count) ? ERR_STORE_FAILED : real->commit(store, records, n, verdicts);
}

static enum err keys(struct store *store, void (*each)(void *context, const struct key_row *row), void *context)
{
	return fault_fails(&count) ? ERR_STORE_FAILED : real->keys(store, each, context);
}

/* name, parameters, arguments */
#define READS(READ) \
	READ(read_session, (struct store_reader *r, uint64_t id, struct arena *arena, struct session_row **row), (r, id, arena, row)) \
	READ(read_sessions, (struct store_reader *r, const struct sessions_filter *filter, struct arena *arena, \
		struct session_row **rows, int *n, uint64_t *next), (r, filter, arena, rows, n, next)) \
	READ(read_calls, (struct store_reader *r, const struct calls_filter *filter, struct arena *arena, struct call **rows, int *n, \
		uint64_t *next), (r, filter, arena, rows, n, next)) \
	READ(read_audit, (struct store_reader *r, struct str tenant, int64_t since, uint64_t after, int size, struct arena *arena, \
		struct audit_row **rows, int *n, uint64_t *next), (r, tenant, since, after, size, arena, rows, n, next)) \
	READ(read_idempotency, (struct store_reader *r, uint64_t id, struct arena *arena, struct idempotency_row *row), \
		(r, id, arena, row)) \
	READ(read_person, (struct store_reader *r, const struct person *persons, int persons_n, struct arena *arena, uint64_t **ids, \
		int *n), (r, persons, persons_n, arena, ids, n)) \
	READ(read_event, (struct store_reader *r, uint64_t id, struct arena *arena, struct outbox_row *row), (r, id, arena, row)) \
	READ(read_outbox_since, (struct store_reader *r, int64_t since, uint64_t *id), (r, since, id)) \
	READ(read_dead_list, (struct store_reader *r, const struct dead_filter *filter, struct arena *arena, struct dead_row **rows, \
		int *n, uint64_t *next), (r, filter, arena, rows, n, next)) \
	READ(read_dead, (struct store_reader *r, uint64_t id, struct arena *arena, struct dead_row *row), (r, id, arena, row)) \
	READ(read_purchases, (struct store_reader *r, const struct purchases_filter *filter, struct arena *arena, \
		struct purchase_row **rows, int *n, uint64_t *next), (r, filter, arena, rows, n, next)) \
	READ(read_blocks, (struct store_reader *r, const struct blocks_filter *filter, struct arena *arena, \
		struct block_row **rows, int *n, uint64_t *next), (r, filter, arena, rows, n, next)) \
	READ(read_messages, (struct store_reader *r, const struct messages_filter *filter, struct arena *arena, \
		struct message_row **rows, int *n, uint64_t *next), (r, filter, arena, rows, n, next))

#define FUNCTION(name, parameters, arguments) \
	static enum err name parameters \
	{ \
		return fault_fails(&count) ? ERR_STORE_FAILED : real->name arguments; \
	}
READS(FUNCTION)

void fault_store_take(void)
{
	struct store *store = door.serve->server.store;

	real = store->ops;
	ours = *real;
	ours.commit = commit;
	ours.keys = keys;
#define TAKE(name, parameters, arguments) ours.name = name;
	READS(TAKE)
	store->ops = &ours;
}

const struct fault_kind fault_store = {"call of the store", &count, NULL};
