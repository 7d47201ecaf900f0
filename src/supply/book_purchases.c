/* Purchases: rows by ascending id, and what they add up to for each pool. */
#include "supply/book_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "provider/inventory.h"

#define DAY_MS 86400000ll
#define MONTH_MS (30 * DAY_MS)
#define KEEP_MS (31 * DAY_MS)
#define SUM_MS 60000   /* windows move on */
#define LEADS 20       /* purchases that tell how long one takes */
#define COUNTS_MS DAY_MS /* what is under way for longer may never come: it is not counted on */

uint32_t purchase_place(const struct book *book, uint64_t id)
{
	uint32_t low = 0, high = book->purchases_n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (book->purchases[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct purchase_row *find(const struct book *book, uint64_t id)
{
	uint32_t place = purchase_place(book, id);

	return place < book->purchases_n && book->purchases[place].id == id ? &book->purchases[place] : NULL;
}

static bool add(struct book *book, const struct purchase_row *row)
{
	if (book->purchases_n == book->purchases_size) {
		uint32_t size = book->purchases_size ? book->purchases_size * 2 : 16;
		struct purchase_row *rows = realloc(book->purchases, size * sizeof *rows);
		if (!rows)
			return false;
		book->purchases = rows;
		book->purchases_size = size;
	}
	book->purchases[book->purchases_n++] = *row;
	book->open_n += purchase_is_open(row->state);
	book->summed_ms = 0;
	return true;
}

bool purchase_load(struct book *book, const struct purchase_row *row)
{
	return add(book, row) && book_pool(book, (uint16_t)(row->pool_id - 1)) != NULL;
}

static void set(struct book *book, struct purchase_row *row, const struct purchase_row *to)
{
	book->open_n -= purchase_is_open(row->state);
	book->open_n += purchase_is_open(to->state);
	*row = *to;
	book->summed_ms = 0;
}

void purchase_undo(struct book *book, const struct book_entry *entry)
{
	if (entry->kind == BOOK_PUT) {
		struct purchase_row *row = find(book, entry->was.purchase->id);
		ASSERT(row);
		book->counts.states[row->state] -= row->state != entry->was.purchase->state;
		set(book, row, entry->was.purchase);
	} else {
		/* Ids ascend: what came last is the last. */
		ASSERT(book->purchases_n && book->purchases[book->purchases_n - 1].id == entry->was.id);
		book->open_n -= purchase_is_open(book->purchases[--book->purchases_n].state);
		book->counts.states[PURCHASE_INTENT]--;
		book->summed_ms = 0;
	}
}

void purchases_purge(struct book *book, int64_t now_ms)
{
	uint32_t n = 0;

	ASSERT(book->entries_n == 0);
	for (uint32_t i = 0; i < book->purchases_n; i++) {
		const struct purchase_row *row = &book->purchases[i];
		if (purchase_is_open(row->state) || now_ms - row->at_ms < KEEP_MS)
			book->purchases[n++] = *row;
	}
	book->purchases_n = n;
}

bool purchase_is_lost(const struct purchase_row *row)
{
	return row->state == PURCHASE_FAILED &&
	       (strcmp(row->code, PURCHASE_LOST) == 0 || strcmp(row->code, inventory_outcome_words[INVENTORY_WANTS_PAPERS]) == 0);
}

/* --- sums --- */

static void sum_none(struct book_pool *pool)
{
	pool->on_order = pool->bought_day = pool->open_n = 0;
	pool->bought_month_micros = 0;
	memset(pool->open_by, 0, sizeof pool->open_by);
}

static void sum_one(struct book_pool *pool, const struct purchase_row *row, int64_t now_ms)
{
	int64_t age_ms = now_ms - row->at_ms;
	bool waits = age_ms >= COUNTS_MS;

	int at = purchase_is_open(row->state) ? book_account_of(&pool->policy, row->provider, row->account) : -1;

	/* What was given up may be ours, and paid for, all the same. */
	if (row->state == PURCHASE_FAILED && !purchase_is_lost(row))
		return;
	if (at >= 0)
		pool->open_by[at]++;
	pool->open_n += purchase_is_open(row->state);
	pool->on_order += purchase_is_open(row->state) && !waits;
	pool->bought_day += age_ms < DAY_MS;
	if (age_ms < MONTH_MS && row->month_micros > 0)
		pool->bought_month_micros += (uint64_t)row->month_micros;
}

/* The longest but one in ten of the last ones: a delivery is counted on no earlier than that. */
static void sum_leads(struct book *book)
{
	uint32_t seen[LEADS] = {0};
	int n = 0;

	for (uint32_t i = book->purchases_n; i-- > 0 && n < LEADS;) {
		const struct purchase_row *row = &book->purchases[i];
		if (row->state == PURCHASE_JOINED && row->done_ms > row->at_ms)
			seen[n++] = (uint32_t)((row->done_ms - row->at_ms) / 1000);
	}
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && seen[j] > seen[j - 1]; j--) {
			uint32_t swap = seen[j];
			seen[j] = seen[j - 1];
			seen[j - 1] = swap;
		}
	for (uint32_t i = 0; i < book->pools_n; i++)
		if (book->pools[i])
			book->pools[i]->lead_s = n ? seen[n / 10] : 0;
}

void book_sum(struct book *book, int64_t now_ms)
{
	if (book->summed_ms && now_ms - book->summed_ms < SUM_MS)
		return;
	if (book->entries_n == 0)
		purchases_purge(book, now_ms);
	for (uint32_t i = 0; i < book->pools_n; i++)
		if (book->pools[i])
			sum_none(book->pools[i]);
	for (uint32_t i = 0; i < book->purchases_n; i++) {
		const struct purchase_row *row = &book->purchases[i];
		struct book_pool *pool = book_pool(book, (uint16_t)(row->pool_id - 1));
		if (pool)
			sum_one(pool, row, now_ms);
	}
	sum_leads(book);
	book->summed_ms = now_ms;
}

/* --- as the agents ask --- */

const struct purchase_row *book_purchase(const struct book *book, uint64_t id)
{
	return find(book, id);
}

static bool is_on_order(const struct book *book, struct number number)
{
	for (uint32_t i = book->purchases_n; i-- > 0;)
		if (purchase_is_open(book->purchases[i].state) && number_equal(book->purchases[i].number, number))
			return true;
	return false;
}

static enum err note(struct engine *engine, const struct purchase_row *purchase)
{
	struct purchase_row *row = engine_room(engine, sizeof *row);

	if (!row)
		return ERR_LIMIT_REACHED;
	*row = *purchase;
	return engine_note(engine, &(struct record){.kind = RECORD_PURCHASE, .purchase = row});
}

static bool affordable(const struct supply_policy *policy, const struct book_want *want, const struct book_offer *offer)
{
	if (!policy->month_micros)
		return true;
	return offer->month_micros >= 0 && strcmp(offer->currency, policy->currency) == 0 &&
	       want->bought_month_micros + (uint64_t)offer->month_micros <= policy->month_micros;
}

enum err book_intend(struct book *book, struct engine *engine, const struct book_offer *offer, int64_t now_ms, uint64_t *ret_id)
{
	struct book_want want = book_want(book, engine, offer->pool, now_ms);
	struct purchase_row row = {.pool_id = engine_pool(engine, offer->pool)->id, .state = PURCHASE_INTENT,
		.number = offer->number, .at_ms = now_ms, .asked_ms = now_ms, .month_micros = offer->month_micros};

	if (want.buy == 0 || !affordable(book_policy(book, offer->pool), &want, offer))
		return ERR_NOT_FOUND;
	if (engine_vn_by_number(engine, offer->number) || is_on_order(book, offer->number))
		return ERR_NUMBER_IN_USE;
	memcpy(row.provider, offer->account.provider, sizeof row.provider);
	memcpy(row.account, offer->account.name, sizeof row.account);
	memcpy(row.currency, offer->currency, sizeof row.currency);
	row.id = engine_next_id(engine);
	struct book_entry *entry = book_entry_new(book, BOOK_ADDED);
	if (!entry)
		return ERR_LIMIT_REACHED;
	entry->was.id = row.id;
	if (!add(book, &row)) {
		book->entries_n--;
		return ERR_LIMIT_REACHED;
	}
	book->counts.states[PURCHASE_INTENT]++;
	*ret_id = row.id;
	return note(engine, &row); /* on an error the whole change is undone */
}

enum err book_purchase_put(struct book *book, struct engine *engine, const struct purchase_row *purchase)
{
	struct purchase_row *row = find(book, purchase->id), *was = malloc(sizeof *was);
	struct book_entry *entry = row && was ? book_entry_new(book, BOOK_PUT) : NULL;

	if (!entry) {
		free(was);
		return row ? ERR_LIMIT_REACHED : ERR_NOT_FOUND;
	}
	*was = *row;
	entry->was.purchase = was;
	book->counts.states[purchase->state] += purchase->state != row->state;
	set(book, row, purchase);
	return note(engine, purchase);
}

struct book_counts book_counts(const struct book *book)
{
	return book->counts;
}

static bool is_under_way(const struct purchase_row *row)
{
	return purchase_is_open(row->state);
}

static int collect(const struct book *book, const struct supply_account *account, bool (*wanted)(const struct purchase_row *row),
	uint64_t after, struct purchase_row *rows, int max)
{
	int n = 0;

	for (uint32_t i = purchase_place(book, after + 1); i < book->purchases_n && n < max; i++) {
		const struct purchase_row *row = &book->purchases[i];
		if (wanted(row) && strcmp(row->provider, account->provider) == 0 && strcmp(row->account, account->name) == 0)
			rows[n++] = *row;
	}
	return n;
}

int book_open(const struct book *book, const struct supply_account *account, uint64_t after, struct purchase_row *rows, int max)
{
	return collect(book, account, is_under_way, after, rows, max);
}

int book_lost(const struct book *book, const struct supply_account *account, uint64_t after, struct purchase_row *rows, int max)
{
	return collect(book, account, purchase_is_lost, after, rows, max);
}
