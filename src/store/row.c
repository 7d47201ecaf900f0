#include "store/row.h"

#include "base/check.h"

static size_t aligned(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

/* Copies `size` bytes to *at and moves it on; NULL for nothing. */
static void *put(char **at, const void *bytes, size_t size)
{
	if (size == 0)
		return NULL;
	void *copy = memcpy(*at, bytes, size);
	*at += aligned(size);
	return copy;
}

static struct str put_str(char **at, struct str s)
{
	return str_n(put(at, s.at, s.len), s.len);
}

size_t row_session_size(const struct session_row *row)
{
	return aligned(sizeof *row) + aligned(row->parties_n * sizeof *row->parties) +
			aligned(row->views_n * sizeof *row->views) + aligned(row->past_n * sizeof *row->past) +
			aligned(row->ref.len);
}

struct session_row *row_session_copy(void *memory, const struct session_row *row)
{
	char *at = memory;
	struct session_row *copy = put(&at, row, sizeof *row);
	copy->parties = put(&at, row->parties, row->parties_n * sizeof *row->parties);
	copy->views = put(&at, row->views, row->views_n * sizeof *row->views);
	copy->past = put(&at, row->past, row->past_n * sizeof *row->past);
	copy->ref = put_str(&at, row->ref);
	return copy;
}

size_t row_idempotency_size(const struct idempotency_row *row)
{
	return aligned(sizeof *row) + aligned(row->answer.len);
}

struct idempotency_row *row_idempotency_copy(void *memory, const struct idempotency_row *row)
{
	char *at = memory;
	struct idempotency_row *copy = put(&at, row, sizeof *row);
	copy->answer = put_str(&at, row->answer);
	return copy;
}

size_t row_audit_size(const struct audit_row *row)
{
	return aligned(sizeof *row) + aligned(row->tenant.len) + aligned(row->key.len) + aligned(row->action.len) +
			aligned(row->target.len) + aligned(row->detail.len);
}

struct audit_row *row_audit_copy(void *memory, const struct audit_row *row)
{
	char *at = memory;
	struct audit_row *copy = put(&at, row, sizeof *row);
	copy->tenant = put_str(&at, row->tenant);
	copy->key = put_str(&at, row->key);
	copy->action = put_str(&at, row->action);
	copy->target = put_str(&at, row->target);
	copy->detail = put_str(&at, row->detail);
	return copy;
}

size_t row_outbox_size(const struct outbox_row *row)
{
	return aligned(sizeof *row) + aligned(row->type.len) + aligned(row->tenant.len) + aligned(row->pool.len) +
			aligned(row->key.len) + aligned(row->data.len);
}

bool row_outbox_is_sessions(const struct outbox_row *row)
{
	const struct str prefix = STR("session.");
	return row->type.len >= prefix.len && memcmp(row->type.at, prefix.at, prefix.len) == 0;
}

struct outbox_row *row_outbox_copy(void *memory, const struct outbox_row *row)
{
	char *at = memory;
	struct outbox_row *copy = put(&at, row, sizeof *row);
	copy->type = put_str(&at, row->type);
	copy->tenant = put_str(&at, row->tenant);
	copy->pool = put_str(&at, row->pool);
	copy->key = put_str(&at, row->key);
	copy->data = put_str(&at, row->data);
	return copy;
}

size_t row_retry_size(const struct retry_row *row)
{
	return aligned(sizeof *row) + aligned(row->sink.len) + aligned(row->key.len);
}

struct retry_row *row_retry_copy(void *memory, const struct retry_row *row)
{
	char *at = memory;
	struct retry_row *copy = put(&at, row, sizeof *row);
	copy->sink = put_str(&at, row->sink);
	copy->key = put_str(&at, row->key);
	return copy;
}

size_t row_offset_size(const struct offset_row *row)
{
	return aligned(sizeof *row) + aligned(row->group.len) + aligned(row->topic.len);
}

struct offset_row *row_offset_copy(void *memory, const struct offset_row *row)
{
	char *at = memory;
	struct offset_row *copy = put(&at, row, sizeof *row);
	copy->group = put_str(&at, row->group);
	copy->topic = put_str(&at, row->topic);
	return copy;
}

size_t row_dead_size(const struct dead_row *row)
{
	return aligned(sizeof *row) + aligned(row->tenant.len) + aligned(row->topic.len) + aligned(row->order.len) +
			aligned(row->code.len) + aligned(row->detail.len) + aligned(row->ce_id.len) +
			aligned(row->ce_type.len) + aligned(row->ce_time.len) + aligned(row->payload.len);
}

struct dead_row *row_dead_copy(void *memory, const struct dead_row *row)
{
	char *at = memory;
	struct dead_row *copy = put(&at, row, sizeof *row);
	copy->tenant = put_str(&at, row->tenant);
	copy->topic = put_str(&at, row->topic);
	copy->order = put_str(&at, row->order);
	copy->code = put_str(&at, row->code);
	copy->detail = put_str(&at, row->detail);
	copy->ce_id = put_str(&at, row->ce_id);
	copy->ce_type = put_str(&at, row->ce_type);
	copy->ce_time = put_str(&at, row->ce_time);
	copy->payload = put_str(&at, row->payload);
	return copy;
}

bool row_block_matches(const struct block_row *row, const struct blocks_filter *filter)
{
	return (filter->pool_id == 0 || row->pool_id == filter->pool_id) &&
	       (row->until == 0 || row->until > filter->now_ms / 1000);
}

size_t row_block_size(const struct block_row *row)
{
	return aligned(sizeof *row) + aligned(row->reason.len);
}

struct block_row *row_block_copy(void *memory, const struct block_row *row)
{
	char *at = memory;
	struct block_row *copy = put(&at, row, sizeof *row);
	copy->reason = put_str(&at, row->reason);
	return copy;
}

bool row_session_lacks(const struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++)
			if (!number_is(row->parties[i].numbers[j]))
				return true;
	return false;
}

size_t row_message_size(const struct message_row *row)
{
	return aligned(sizeof *row) + aligned(row->body.len);
}

struct message_row *row_message_copy(void *memory, const struct message_row *row)
{
	char *at = memory;
	struct message_row *copy = put(&at, row, sizeof *row);
	copy->body = put_str(&at, row->body);
	return copy;
}

bool row_message_matches(const struct message_row *row, const struct messages_filter *filter)
{
	return (filter->pool_id == 0 || row->pool_id == filter->pool_id) &&
		(filter->session == 0 || row->session == filter->session) && row->at_ms >= filter->since_ms;
}

bool row_purchase_matches(const struct purchase_row *row, const struct purchases_filter *filter)
{
	return (filter->pool_id == 0 || row->pool_id == filter->pool_id) && (!filter->open || purchase_is_open(row->state));
}

bool row_dead_matches(const struct dead_row *row, const struct dead_filter *filter)
{
	if (!str_equal(row->tenant, filter->tenant))
		return false;
	return filter->order.len == 0 || str_equal(row->order, filter->order);
}

bool row_session_open(const struct session_row *row, int64_t now_ms)
{
	return session_state_at(row, now_ms) <= SESSION_CLOSING;
}

uint32_t row_session_done_at(const struct session_row *row)
{
	if (row->closed_at == 0)
		return 0;
	uint32_t done_at = row->never_live ? row->closed_at : row->cool_until;
	for (int i = 0; i < row->past_n; i++)
		if (row->past[i].until > done_at)
			done_at = row->past[i].until;
	return done_at;
}

bool row_session_erase(struct session_row *row, const struct session_erase *erase)
{
	bool any = false;
	for (int i = 0; i < row->parties_n; i++) {
		struct party *party = &row->parties[i];
		for (int j = 0; j < party->numbers_n; j++) {
			if (!number_is(party->numbers[j]))
				continue;
			if (!erase->all && memcmp(&party->persons[j], &erase->person, sizeof erase->person) != 0)
				continue;
			party->numbers[j] = NUMBER_NONE;
			any = true;
		}
	}
	return any;
}

void row_session_settle(struct session_row *row)
{
	row->past_n = 0;
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++)
			if (!number_is(row->parties[i].numbers[j]))
				row->parties[i].persons[j] = (struct person){{0}};
}

bool row_session_holds(const struct session_row *row, const struct person *persons, int persons_n)
{
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *party = &row->parties[i];
		for (int j = 0; j < party->numbers_n; j++)
			for (int k = 0; k < persons_n; k++)
				if (number_is(party->numbers[j]) &&
					memcmp(&party->persons[j], &persons[k], sizeof *persons) == 0)
					return true;
	}
	return false;
}

bool row_session_matches(const struct session_row *row, const struct sessions_filter *filter)
{
	if (filter->pool_id != 0 && row->pool_id != filter->pool_id)
		return false;
	if (filter->ref.len > 0 && !str_equal(row->ref, filter->ref))
		return false;
	return filter->state < 0 || session_state_at(row, filter->now_ms) == (enum session_state)filter->state;
}

bool row_call_matches(const struct call *call, const struct calls_filter *filter)
{
	if (filter->pool_id != 0 && call->pool_id != filter->pool_id)
		return false;
	if (filter->session != 0 && call->session != filter->session)
		return false;
	return call->at_ms >= filter->since_ms;
}

uint64_t row_id_at(int64_t at_ms)
{
	const int64_t slack_ms = 3600 * 1000;
	return at_ms > slack_ms ? (uint64_t)(at_ms - slack_ms) << 16 : 0;
}

/* 64 bits, big endian: numbers and lengths in what is hashed. */
static struct str wide(uint64_t value, char bytes[8])
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(value >> (56 - 8 * i));
	return str_n(bytes, 8);
}

void row_audit_hash(struct vault_use *use, const uint8_t previous[32], const struct audit_row *row,
	uint8_t ret_hash[32])
{
	const struct str texts[] = {row->tenant, row->key, row->action, row->target, row->detail};
	char numbers[7][8];
	struct str pieces[13];
	int n = 0;
	pieces[n++] = str_n((const char *)previous, 32);
	pieces[n++] = wide(row->id, numbers[0]);
	pieces[n++] = wide((uint64_t)row->at_ms, numbers[1]);
	for (int i = 0; i < 5; i++) {
		pieces[n++] = wide(texts[i].len, numbers[2 + i]);
		pieces[n++] = texts[i];
	}
	ASSERT(n == 13);
	vault_audit(use, pieces, n, ret_hash);
}
