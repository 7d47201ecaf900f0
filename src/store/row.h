/* row: what every back end does with rows: copies in one piece, forgetting numbers, filters, the audit chain.
 *
 * Ownership: a copy is one piece of memory of row_..._size() bytes, aligned to 16, given by the caller (an
 * arena's or malloc's); everything that the copy points at lies in it. Threads: any.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "store/store.h"

size_t row_session_size(const struct session_row *row);
struct session_row *row_session_copy(void *memory, const struct session_row *row);

size_t row_idempotency_size(const struct idempotency_row *row);
struct idempotency_row *row_idempotency_copy(void *memory, const struct idempotency_row *row);

size_t row_audit_size(const struct audit_row *row);
struct audit_row *row_audit_copy(void *memory, const struct audit_row *row);

size_t row_outbox_size(const struct outbox_row *row);
struct outbox_row *row_outbox_copy(void *memory, const struct outbox_row *row);
/* Of a session: the last that a full outbox lets go. */
bool row_outbox_is_sessions(const struct outbox_row *row);

size_t row_retry_size(const struct retry_row *row);
struct retry_row *row_retry_copy(void *memory, const struct retry_row *row);

size_t row_offset_size(const struct offset_row *row);
struct offset_row *row_offset_copy(void *memory, const struct offset_row *row);

size_t row_dead_size(const struct dead_row *row);
struct dead_row *row_dead_copy(void *memory, const struct dead_row *row);

#define ROW_HOURS_KEEP_S (35 * 86400)      /* orders an hour */
#define ROW_PURCHASES_KEEP_S (365 * 86400) /* purchases that are over */
/* Where an hour's row is: by pool, hours ascending. */
static inline uint64_t row_hour_id(const struct hour_row *row)
{
	return (uint64_t)row->pool_id << 32 | row->hour;
}

bool row_block_matches(const struct block_row *row, const struct blocks_filter *filter);
size_t row_block_size(const struct block_row *row);
struct block_row *row_block_copy(void *memory, const struct block_row *row);
size_t row_message_size(const struct message_row *row);
struct message_row *row_message_copy(void *memory, const struct message_row *row);
bool row_message_matches(const struct message_row *row, const struct messages_filter *filter);

bool row_purchase_matches(const struct purchase_row *row, const struct purchases_filter *filter);

/* Everything that a list asks for. */
bool row_dead_matches(const struct dead_row *row, const struct dead_filter *filter);

#define ROW_SINK_NAME_MAX 64 /* bytes of a sink's name */

/* Open, as load() sees it: waiting, live, or in its grace. */
bool row_session_open(const struct session_row *row, int64_t now_ms);

/* Epoch seconds from which nothing of a closed session cools any more; 0 while it isn't closed. */
uint32_t row_session_done_at(const struct session_row *row);

/* Takes out real numbers as a RECORD_SESSION_ERASE says; true when there was one. Their persons stay: pairs
 * cool by them. */
bool row_session_erase(struct session_row *row, const struct session_erase *erase);

/* Has it a number that was erased? */
bool row_session_lacks(const struct session_row *row);

/* Once nothing cools: takes out past pairs, and the persons of erased numbers. */
void row_session_settle(struct session_row *row);

/* Does it hold a real number of one of them? */
bool row_session_holds(const struct session_row *row, const struct person *persons, int persons_n);

/* Everything but the tenant, which is the pool's. */
bool row_session_matches(const struct session_row *row, const struct sessions_filter *filter);
bool row_call_matches(const struct call *call, const struct calls_filter *filter);

/* The lowest id that something of that time can have, with an hour's slack for clocks that were set. */
uint64_t row_id_at(int64_t at_ms);

/* How long calls of no pool are kept while there is no pool, which says for how long. */
#define ROW_KEEP_S (30u * 86400u)

/* The link of an audit row: its id must be set; `previous` is 32 zero bytes for the first. */
void row_audit_hash(struct vault_use *use, const uint8_t previous[32], const struct audit_row *row,
	uint8_t ret_hash[32]);

#endif
