/* How pools' stock looks after itself: policies, purchases, orders an hour. */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "store/row.h"

/* --- records --- */

/* "twilio/main,plivo/in": names have neither '/' nor ','. */
static void accounts_text(const struct supply_policy *policy, struct buf *out)
{
	for (int i = 0; i < policy->accounts_n; i++)
		buf_fmt(out, "%s%s/%s", i ? "," : "", policy->accounts[i].provider, policy->accounts[i].name);
}

static int put_supply(struct store_sqlite *store, const struct supply_row *row)
{
	sqlite3_stmt *st = store->st[ST_SUPPLY_PUT];
	const struct supply_policy *policy = &row->policy;
	char accounts[SUPPLY_ACCOUNTS_MAX * sizeof(struct supply_account)];
	struct buf text;
	buf_fixed(&text, accounts, sizeof accounts);
	accounts_text(policy, &text);
	ASSERT(buf_ok(&text)); /* as many as there may be, each with its '/' and ',' in place of two terminators */
	sqlite_bind_u64(st, 1, row->pool_id);
	sqlite_bind_u64(st, 2, policy->buy);
	sqlite_bind_u64(st, 3, policy->join);
	sqlite_bind_u64(st, 4, policy->replace);
	sqlite_bind_u64(st, 5, policy->by);
	sqlite_bind_u64(st, 6, policy->stockout_ppm);
	sqlite_bind_str(st, 7, buf_text(&text));
	sqlite_bind_str(st, 8, str_of(policy->type));
	sqlite_bind_str(st, 9, str_of(policy->area));
	sqlite_bind_str(st, 10, str_of(policy->region));
	sqlite_bind_str(st, 11, str_of(policy->tag));
	sqlite_bind_u64(st, 12, policy->sms);
	sqlite_bind_u64(st, 13, policy->total_max);
	sqlite_bind_u64(st, 14, policy->day_max);
	sqlite_bind_u64(st, 15, policy->month_micros);
	sqlite_bind_str(st, 16, str_of(policy->currency));
	return sqlite_run(st);
}

static int put_purchase(struct store_sqlite *store, const struct purchase_row *row)
{
	sqlite3_stmt *st = store->st[ST_PURCHASE_PUT];
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_u64(st, 2, row->pool_id);
	sqlite_bind_str(st, 3, str_of(row->provider));
	sqlite_bind_str(st, 4, str_of(row->account));
	sqlite_bind_u64(st, 5, row->state);
	sqlite_bind_u64(st, 6, row->number.e164);
	sqlite3_bind_int64(st, 7, row->at_ms);
	sqlite3_bind_int64(st, 8, row->asked_ms);
	sqlite3_bind_int64(st, 9, row->done_ms);
	sqlite3_bind_int64(st, 10, row->month_micros);
	sqlite_bind_str(st, 11, str_of(row->currency));
	sqlite_bind_str(st, 12, str_of(row->order));
	sqlite_bind_str(st, 13, str_of(row->code));
	sqlite_bind_str(st, 14, str_of(row->why));
	sqlite_bind_u64(st, 15, row->looks);
	return sqlite_run(st);
}

static int put_hour(struct store_sqlite *store, const struct hour_row *row)
{
	sqlite3_stmt *st = store->st[ST_HOUR_PUT];
	sqlite_bind_u64(st, 1, row_hour_id(row));
	sqlite_bind_u64(st, 2, row->orders);
	return sqlite_run(st);
}

int store_sqlite_write_supply(struct store_sqlite *store, const struct record *record)
{
	switch ((int)record->kind) {
	case RECORD_SUPPLY:
		return put_supply(store, record->supply);
	case RECORD_PURCHASE:
		return put_purchase(store, record->purchase);
	case RECORD_HOUR:
		return put_hour(store, record->hour);
	}
	ASSERT(!"a record of supply");
	return SQLITE_MISUSE;
}

/* --- rows --- */

/* A text that doesn't fit was not written by us: it becomes "", which verify finds. */
static void get_text(sqlite3_stmt *st, int i, char *text, size_t size)
{
	if (!str_copy(text, size, sqlite_get_str(st, i)))
		text[0] = '\0';
}

static void get_accounts(struct str text, struct supply_policy *policy)
{
	while (text.len && policy->accounts_n < SUPPLY_ACCOUNTS_MAX) {
		struct supply_account *account = &policy->accounts[policy->accounts_n++];
		struct str name, one = str_cut(text, ',', &text), provider = str_cut(one, '/', &name);
		if (!str_copy(account->provider, sizeof account->provider, provider) ||
			!str_copy(account->name, sizeof account->name, name))
			memset(account, 0, sizeof *account);
	}
}

void sqlite_get_supply(sqlite3_stmt *st, struct supply_row *ret_row)
{
	*ret_row = (struct supply_row){.pool_id = (uint32_t)sqlite3_column_int64(st, 0)};
	struct supply_policy *policy = &ret_row->policy;
	policy->buy = sqlite3_column_int(st, 1) != 0;
	policy->join = sqlite3_column_int(st, 2) != 0;
	policy->replace = sqlite3_column_int(st, 3) != 0;
	policy->by = (enum supply_by)sqlite3_column_int(st, 4);
	policy->stockout_ppm = (uint32_t)sqlite3_column_int64(st, 5);
	get_accounts(sqlite_get_str(st, 6), policy);
	get_text(st, 7, policy->type, sizeof policy->type);
	get_text(st, 8, policy->area, sizeof policy->area);
	get_text(st, 9, policy->region, sizeof policy->region);
	get_text(st, 10, policy->tag, sizeof policy->tag);
	policy->sms = sqlite3_column_int(st, 11) != 0;
	policy->total_max = (uint32_t)sqlite3_column_int64(st, 12);
	policy->day_max = (uint32_t)sqlite3_column_int64(st, 13);
	policy->month_micros = (uint64_t)sqlite3_column_int64(st, 14);
	get_text(st, 15, policy->currency, sizeof policy->currency);
}

void sqlite_get_purchase(sqlite3_stmt *st, struct purchase_row *ret_row)
{
	*ret_row = (struct purchase_row){
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.pool_id = (uint32_t)sqlite3_column_int64(st, 1),
		.state = (enum purchase_state)sqlite3_column_int(st, 4),
		.number = {(uint64_t)sqlite3_column_int64(st, 5)},
		.at_ms = sqlite3_column_int64(st, 6),
		.asked_ms = sqlite3_column_int64(st, 7),
		.done_ms = sqlite3_column_int64(st, 8),
		.month_micros = sqlite3_column_int64(st, 9),
		.looks = (uint16_t)sqlite3_column_int(st, 14),
	};
	get_text(st, 2, ret_row->provider, sizeof ret_row->provider);
	get_text(st, 3, ret_row->account, sizeof ret_row->account);
	get_text(st, 10, ret_row->currency, sizeof ret_row->currency);
	get_text(st, 11, ret_row->order, sizeof ret_row->order);
	get_text(st, 12, ret_row->code, sizeof ret_row->code);
	get_text(st, 13, ret_row->why, sizeof ret_row->why);
}

/* --- readers --- */

static enum err take(const struct page_walk *at, sqlite3_stmt *st, void *ret_row, bool *ret_taken)
{
	struct purchase_row *row = ret_row;

	sqlite_get_purchase(st, row);
	*ret_taken = pools_have(at->pools, row->pool_id) && row_purchase_matches(row, at->filter);
	return ERR_OK;
}

enum err sqlite_read_purchases(struct store_reader *base, const struct purchases_filter *filter, struct arena *arena,
	struct purchase_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	const struct page page = {Q_PURCHASES, sizeof **ret_rows, filter->page_size, filter->tenant, filter, take};
	void *rows;

	sqlite_bind_u64(reader_of(base)->q[Q_PURCHASES], 1, reader_from(filter->after));
	enum err err = reader_page(reader_of(base), &page, arena, &rows, ret_n, ret_next);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}
