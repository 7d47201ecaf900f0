#include "supply/book_state.h"

#include <math.h>
#include <stdlib.h>

#include "base/check.h"

#define NOTE_MS 60000
#define HOUR_MS 3600000

const char *const book_hold_words[] = {"", "enough", "off", "total_max", "day_max", "month_max", "too_many_open",
	"accounts_failing", NULL};

struct book *book_new(void)
{
	struct book *book = calloc(1, sizeof *book);

	if (book)
		book->usual = supply_policy_default();
	return book;
}

static void forget(struct book_entry *entry)
{
	if (entry->kind == BOOK_POLICY)
		free(entry->was.policy);
	else if (entry->kind == BOOK_PUT)
		free(entry->was.purchase);
}

void book_free(struct book *book)
{
	if (!book)
		return;
	for (uint32_t i = 0; i < book->entries_n; i++)
		forget(&book->entries[i]);
	for (uint32_t i = 0; i < book->pools_n; i++)
		free(book->pools[i]);
	free(book->pools);
	free(book->purchases);
	free(book->entries);
	free(book);
}

const struct book_pool *book_pool_read(const struct book *book, uint16_t pool)
{
	return pool < book->pools_n ? book->pools[pool] : NULL;
}

struct book_pool *book_pool(struct book *book, uint16_t pool)
{
	if (pool >= book->pools_n) {
		uint32_t n = pool + 16u;
		struct book_pool **pools = realloc(book->pools, n * sizeof(struct book_pool *));
		if (!pools)
			return NULL;
		for (uint32_t i = book->pools_n; i < n; i++)
			pools[i] = NULL;
		book->pools = pools;
		book->pools_n = n;
	}
	if (!book->pools[pool]) {
		book->pools[pool] = calloc(1, sizeof(struct book_pool));
		if (book->pools[pool]) {
			book->pools[pool]->policy = supply_policy_default();
			book->pools[pool]->lasts_s = NAN;
		}
	}
	return book->pools[pool];
}

/* --- start --- */

enum err book_load_supply(struct book *book, const struct supply_row *row)
{
	struct book_pool *pool = row->pool_id ? book_pool(book, (uint16_t)(row->pool_id - 1)) : NULL;
	const char *field;

	if (!pool || supply_policy_check(&row->policy, &field) != ERR_OK)
		return ERR_STORE_REFUSED;
	pool->policy = row->policy;
	return ERR_OK;
}

enum err book_load_purchase(struct book *book, const struct purchase_row *row)
{
	bool ascends = book->purchases_n == 0 || book->purchases[book->purchases_n - 1].id < row->id;

	return row->pool_id && ascends && purchase_load(book, row) ? ERR_OK : ERR_STORE_REFUSED;
}

enum err book_load_hour(struct book *book, const struct hour_row *row)
{
	struct book_pool *pool = row->pool_id ? book_pool(book, (uint16_t)(row->pool_id - 1)) : NULL;

	if (!pool)
		return ERR_STORE_REFUSED;
	rate_set(&pool->rate, row->hour, row->orders);
	return ERR_OK;
}

/* --- batch --- */

struct book_entry *book_entry_new(struct book *book, enum entry_kind kind)
{
	if (book->entries_n == book->entries_size) {
		uint32_t size = book->entries_size ? book->entries_size * 2 : 16;
		struct book_entry *entries = realloc(book->entries, size * sizeof *entries);
		if (!entries)
			return NULL;
		book->entries = entries;
		book->entries_size = size;
	}
	struct book_entry *entry = &book->entries[book->entries_n++];
	*entry = (struct book_entry){.kind = kind};
	return entry;
}

uint32_t book_mark(const struct book *book)
{
	return book->entries_n;
}

void book_undo(struct book *book, uint32_t mark)
{
	while (book->entries_n > mark) {
		struct book_entry *entry = &book->entries[--book->entries_n];
		if (entry->kind == BOOK_POLICY)
			book->pools[entry->pool]->policy = *entry->was.policy;
		else
			purchase_undo(book, entry);
		forget(entry);
	}
	if (mark == 0)
		book->noting = false;
	book->summed_ms = 0;
}

void book_commit(struct book *book)
{
	for (uint32_t i = 0; i < book->entries_n; i++)
		forget(&book->entries[i]);
	book->entries_n = 0;
	if (!book->noting)
		return;
	book->noting = false;
	for (uint32_t i = 0; i < book->pools_n; i++)
		if (book->pools[i])
			book->pools[i]->dirty_from = 0;
}

/* --- policies --- */

const struct supply_policy *book_policy(const struct book *book, uint16_t pool)
{
	const struct book_pool *at = book_pool_read(book, pool);

	return at ? &at->policy : &book->usual;
}

enum err book_policy_set(struct book *book, struct engine *engine, uint16_t index, const struct supply_policy *policy)
{
	struct book_pool *pool = book_pool(book, index);
	struct supply_policy *was = malloc(sizeof *was);
	struct book_entry *entry = pool && was ? book_entry_new(book, BOOK_POLICY) : NULL;
	struct supply_row *row = entry ? engine_room(engine, sizeof *row) : NULL;

	if (row)
		*row = (struct supply_row){.pool_id = engine_pool(engine, index)->id, .policy = *policy};
	if (!row || engine_note(engine, &(struct record){.kind = RECORD_SUPPLY, .supply = row}) != ERR_OK) {
		book->entries_n -= entry != NULL;
		free(was);
		return ERR_LIMIT_REACHED;
	}
	*was = pool->policy;
	entry->pool = index;
	entry->was.policy = was;
	pool->policy = *policy;
	pool->forecast_ms = 0;
	book->summed_ms = 0; /* sums by account go by the policy's */
	/* Whoever changed something wants to see what comes of it, not the rest of an old back-off. */
	memset(pool->rests, 0, sizeof pool->rests);
	return ERR_OK;
}

/* --- hours --- */

static bool note_hours(struct engine *engine, struct book_pool *pool, uint32_t pool_id, uint32_t now_h)
{
	for (uint32_t hour = pool->dirty_from; hour <= now_h; hour++) {
		struct hour_row *row = engine_room(engine, sizeof *row);
		if (!row)
			return false;
		*row = (struct hour_row){.pool_id = pool_id, .hour = hour, .orders = rate_of(&pool->rate, hour)};
		if (engine_note(engine, &(struct record){.kind = RECORD_HOUR, .hour = row}) != ERR_OK)
			return false;
	}
	return true;
}

/* A full batch leaves the rest to the next: what was noted twice is the same. */
void book_note(struct book *book, struct engine *engine, int64_t now_ms, bool last)
{
	bool whole = true, any = false;

	if (now_ms - book->noted_ms < NOTE_MS && !last)
		return;
	for (uint32_t i = 0; i < book->pools_n && whole; i++) {
		struct book_pool *pool = book->pools[i];
		if (!pool || !pool->dirty_from)
			continue;
		whole = note_hours(engine, pool, i + 1, (uint32_t)(now_ms / HOUR_MS));
		any = true;
	}
	book->noting = whole && any;
	if (whole)
		book->noted_ms = now_ms;
}
