#include "unit/test.h"

#include <math.h>

#include "base/check.h"
#include "base/hash.h"
#include "supply/book.h"

#define START_MS 1795341600000
#define HOUR_MS 3600000ll
#define DAY_MS (24 * HOUR_MS)
#define VN_FIRST 622150000000u
#define PERSON_FIRST 6281234560000u

struct world {
	struct engine *engine;
	struct book *book;
	int64_t now_ms;
	uint16_t tenant, pool;
	uint32_t vns, offers, orders;
	/* what the last stored batch had */
	int policies, purchases, hours;
	struct hour_row hour; /* the last one */
};

static struct world world;

static const struct supply_account twilio = {"twilio", "main"}, plivo = {"plivo", "spare"};

/* --- batches --- */

static void begin(void)
{
	engine_begin(world.engine, world.now_ms);
	engine_mark(world.engine);
}

static void store(void)
{
	size_t n;
	const struct record *records = engine_records(world.engine, &n);

	world.policies = world.purchases = world.hours = 0;
	for (size_t i = 0; i < n; i++) {
		world.policies += records[i].kind == RECORD_SUPPLY;
		world.purchases += records[i].kind == RECORD_PURCHASE;
		world.hours += records[i].kind == RECORD_HOUR;
		if (records[i].kind == RECORD_HOUR)
			world.hour = *records[i].hour;
	}
	engine_commit(world.engine);
	book_commit(world.book);
}

static void refuse(void)
{
	engine_rollback(world.engine);
	book_undo(world.book, 0);
}

static void fill_the_batch(void)
{
	static struct audit_row row = {.at_ms = START_MS, .tenant = STR("main"), .key = STR("cli"), .action = STR("x"),
		.target = STR("x"), .detail = STR("x")};

	while (engine_note(world.engine, &(struct record){.kind = RECORD_AUDIT, .audit = &row}) == ERR_OK)
		;
}

static struct supply_policy buying(void)
{
	struct supply_policy policy = supply_policy_default();

	policy.buy = true;
	policy.day_max = 100;
	policy.accounts[0] = twilio;
	policy.accounts_n = 1;
	return policy;
}

static void set_policy(const struct supply_policy *policy)
{
	begin();
	assert_int_equal(book_policy_set(world.book, world.engine, world.pool, policy), ERR_OK);
	store();
}

static void set_water(uint32_t low, uint32_t high)
{
	struct pool_policy policy = engine_pool(world.engine, world.pool)->policy;

	policy.low_water = low;
	policy.high_water = high;
	begin();
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	store();
}

static void add_vn(const struct supply_account *account)
{
	struct vn_add add = {.number = {VN_FIRST + 500 + world.vns++}};

	assert_int_equal(engine_account(world.engine, str_of(account->provider), str_of(account->name), &add.account), ERR_OK);
	begin();
	assert_int_equal(engine_vn_add(world.engine, world.pool, &add), ERR_OK);
	store();
}

static struct book_offer next_offer(int64_t month_micros)
{
	return (struct book_offer){.pool = world.pool, .account = twilio, .number = {VN_FIRST + world.offers++},
		.month_micros = month_micros, .currency = "USD"};
}

static enum err intend(int64_t month_micros, uint64_t *ret_id)
{
	struct book_offer offer = next_offer(month_micros);

	begin();
	uint32_t mark = book_mark(world.book);
	enum err err = book_intend(world.book, world.engine, &offer, world.now_ms, ret_id);
	if (err)
		book_undo(world.book, mark);
	store();
	return err;
}

static void put(uint64_t id, enum purchase_state state)
{
	struct purchase_row row = *book_purchase(world.book, id);

	row.state = state;
	row.done_ms = purchase_is_open(state) ? 0 : world.now_ms;
	begin();
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_OK);
	store();
}

static struct book_want want(void)
{
	return book_want(world.book, world.engine, world.pool, world.now_ms);
}

static void place_orders(int n)
{
	for (int i = 0; i < n; i++) {
		char ref[32];
		struct party party = {.role = "customer", .numbers_n = 1, .may_call = true, .numbers = {{PERSON_FIRST + world.orders}}};
		uint64_t key[2] = {hash_mix(world.orders + 1), world.orders};
		struct order_event event = {.type = EVENT_PLACED, .pool = world.pool, .version = 1, .parties = &party, .parties_n = 1};
		enum event_effect effect;
		uint32_t slot;
		memcpy(party.persons[0].key, key, sizeof party.persons[0].key);
		snprintf(ref, sizeof ref, "A-%u", world.orders++);
		event.order = str_of(ref);
		begin();
		assert_int_equal(engine_event(world.engine, &event, &effect, &slot), ERR_OK);
		store();
	}
}

static int set_up(void **state)
{
	struct pool_policy policy = pool_policy_default('I' << 8 | 'D');
	struct engine_options options = {.limits = LIMITS_DEFAULT(1000), .seed = 1, .now_ms = START_MS};

	(void)state;
	world = (struct world){.now_ms = START_MS, .book = book_new(), .engine = engine_new(&options)};
	assert_true(world.book && world.engine);
	policy.mode = POOL_EXCLUSIVE;
	assert_int_equal(engine_tenant(world.engine, STR("main"), &world.tenant), ERR_OK);
	begin();
	assert_int_equal(engine_pool_create(world.engine, world.tenant, STR("jakarta"), &policy, &world.pool), ERR_OK);
	store();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_null(engine_audit(world.engine));
	book_free(world.book);
	engine_free(world.engine);
	return 0;
}

/* --- what is wanted --- */

static void nothing_is_bought_unless_somebody_says_so(void **state)
{
	uint64_t id;

	(void)state;
	set_water(4, 8);
	assert_int_equal(want().wanted, 8);
	assert_int_equal(want().buy, 0);
	assert_int_equal(want().hold, BOOK_HOLD_OFF);
	assert_int_equal(intend(-1, &id), ERR_NOT_FOUND);
	assert_int_equal(world.purchases, 0);
}

static void below_the_low_mark_it_fills_up_to_the_high_one(void **state)
{
	struct supply_policy policy = buying();

	(void)state;
	set_policy(&policy);
	assert_int_equal(world.policies, 1);
	set_water(4, 8);
	assert_int_equal(want().buy, 8);
	for (int i = 0; i < 4; i++)
		add_vn(&twilio);
	assert_int_equal(want().buy, 4); /* it is filling: up to 8, though 4 are no longer below 4 */
	for (int i = 0; i < 4; i++)
		add_vn(&twilio);
	assert_int_equal(want().buy, 0);
	assert_int_equal(want().hold, BOOK_HOLD_ENOUGH);
	/* Two orders take no number yet, but are to have two each: 4 to spare are not below 4. */
	place_orders(2);
	assert_int_equal(want().buy, 0);
	place_orders(1);
	assert_int_equal(want().buy, 6);
}

static void what_is_on_order_counts_as_if_it_were_there(void **state)
{
	struct supply_policy policy = buying();
	uint64_t ids[8];

	(void)state;
	set_policy(&policy);
	set_water(4, 8);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(want().buy, 8 - i);
		assert_int_equal(intend(-1, &ids[i]), ERR_OK);
		assert_int_equal(world.purchases, 1);
	}
	assert_int_equal(want().on_order, 8);
	assert_int_equal(want().hold, BOOK_HOLD_ENOUGH);
	uint64_t id;
	assert_int_equal(intend(-1, &id), ERR_NOT_FOUND);
	/* Those that fail are wanted again, once fewer than 4 come; one that joined is there. */
	for (int i = 0; i < 4; i++)
		put(ids[i], PURCHASE_FAILED);
	assert_int_equal(want().buy, 0);
	put(ids[4], PURCHASE_FAILED);
	assert_int_equal(want().buy, 5);
	put(ids[5], PURCHASE_JOINED);
	add_vn(&twilio);
	assert_int_equal(want().buy, 5);
	/* What doesn't come for a day is not counted on. */
	world.now_ms += DAY_MS;
	assert_int_equal(want().on_order, 0);
	assert_int_equal(want().buy, 7);
	assert_int_equal(book_open(world.book, &twilio, 0, &(struct purchase_row){0}, 1), 1);
}

static void numbers_out_of_lending_are_none(void **state)
{
	struct supply_policy policy = buying();
	uint32_t vn;

	(void)state;
	set_policy(&policy);
	set_water(2, 2);
	add_vn(&twilio);
	add_vn(&twilio);
	assert_int_equal(want().buy, 0);
	begin();
	assert_int_equal(engine_vn_set(world.engine, world.tenant, (struct number){VN_FIRST + 500}, 1, -1, &vn), ERR_OK);
	store();
	assert_int_equal(want().have, 1);
	assert_int_equal(want().buy, 1);
}

/* --- budgets --- */

static void a_day_s_budget_is_of_any_24_hours(void **state)
{
	struct supply_policy policy = buying();
	uint64_t id;

	(void)state;
	policy.day_max = 3;
	set_policy(&policy);
	set_water(10, 10);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(intend(-1, &id), ERR_OK);
		world.now_ms += HOUR_MS;
	}
	assert_int_equal(want().hold, BOOK_HOLD_DAY);
	assert_int_equal(intend(-1, &id), ERR_NOT_FOUND);
	put(id = book_purchase(world.book, id) ? id : 0, PURCHASE_FAILED); /* what failed was not bought */
	assert_int_equal(want().bought_day, 2);
	assert_int_equal(want().buy, 1);
	assert_int_equal(intend(-1, &id), ERR_OK);
	world.now_ms = START_MS + DAY_MS - 1000;
	assert_int_equal(want().buy, 0);
	world.now_ms = START_MS + DAY_MS + 60000;
	assert_int_equal(want().buy, 1);
}

static void the_total_counts_what_is_there(void **state)
{
	struct supply_policy policy = buying();
	uint64_t id;

	(void)state;
	policy.total_max = 3;
	set_policy(&policy);
	set_water(10, 10);
	add_vn(&plivo);
	assert_int_equal(want().buy, 2);
	assert_int_equal(intend(-1, &id), ERR_OK);
	assert_int_equal(intend(-1, &id), ERR_OK);
	assert_int_equal(want().hold, BOOK_HOLD_TOTAL);
	assert_int_equal(intend(-1, &id), ERR_NOT_FOUND);
}

/* Else each day would buy once more what is only out for a while, or comes late. */
static void the_total_counts_what_is_paid_for_though_it_can_not_be_lent(void **state)
{
	struct supply_policy policy = buying();
	uint64_t id;

	(void)state;
	policy.total_max = 3;
	set_policy(&policy);
	set_water(10, 10);
	add_vn(&plivo);
	add_vn(&plivo);
	begin();
	assert_int_equal(engine_vn_out(world.engine, 1, VN_OUT_SICK), ERR_OK);
	store();
	assert_int_equal(engine_pool_sick(world.engine, world.pool), 1);
	assert_int_equal(want().buy, 1);
	assert_int_equal(intend(-1, &id), ERR_OK);
	assert_int_equal(want().hold, BOOK_HOLD_TOTAL);
	world.now_ms += 40 * DAY_MS;
	assert_int_equal(want().on_order, 0); /* it may never come */
	assert_int_equal(want().hold, BOOK_HOLD_TOTAL);
	begin();
	assert_int_equal(engine_vn_out(world.engine, 1, VN_OUT_VANISHED), ERR_OK);
	store();
	assert_int_equal(engine_pool_sick(world.engine, world.pool), 0);
	assert_int_equal(want().buy, 1);
	begin();
	assert_int_equal(engine_vn_out(world.engine, 1, VN_OUT_NOT), ERR_OK);
	refuse();
	assert_int_equal(want().buy, 1);
}

static void money_is_bounded_by_the_month(void **state)
{
	struct supply_policy policy = buying();
	struct book_offer offer;
	uint64_t id;

	(void)state;
	policy.month_micros = 5000000;
	memcpy(policy.currency, "USD", 4);
	set_policy(&policy);
	set_water(10, 10);
	assert_int_equal(intend(-1, &id), ERR_NOT_FOUND); /* a price that nobody tells */
	offer = next_offer(1000000);
	memcpy(offer.currency, "EUR", 4);
	begin();
	assert_int_equal(book_intend(world.book, world.engine, &offer, world.now_ms, &id), ERR_NOT_FOUND);
	store();
	assert_int_equal(intend(2000000, &id), ERR_OK);
	assert_int_equal(intend(2000000, &id), ERR_OK);
	assert_int_equal(want().bought_month_micros, 4000000);
	assert_int_equal(intend(1000001, &id), ERR_NOT_FOUND);
	assert_int_equal(intend(1000000, &id), ERR_OK);
	assert_int_equal(want().hold, BOOK_HOLD_MONEY);
	put(id, PURCHASE_JOINED);
	world.now_ms += 30 * DAY_MS + 60000;
	assert_int_equal(want().bought_month_micros, 0);
	assert_int_equal(intend(1000000, &id), ERR_OK);
}

static void so_many_are_under_way_at_most(void **state)
{
	struct supply_policy policy = buying();
	uint64_t id;

	(void)state;
	policy.day_max = 10000;
	set_policy(&policy);
	set_water(2000, 2000);
	for (int i = 0; i < BOOK_OPEN_MAX; i++)
		assert_int_equal(intend(-1, &id), ERR_OK);
	assert_int_equal(want().hold, BOOK_HOLD_OPEN);
	assert_int_equal(intend(-1, &id), ERR_NOT_FOUND);
	put(id, PURCHASE_JOINED);
	assert_int_equal(want().buy, 1);
}

static void a_number_is_bought_once(void **state)
{
	struct supply_policy policy = buying();
	struct book_offer offer = next_offer(-1);
	uint64_t id;

	(void)state;
	set_policy(&policy);
	set_water(10, 10);
	for (int i = 0; i < 2; i++) {
		begin();
		assert_int_equal(book_intend(world.book, world.engine, &offer, world.now_ms, &id), i ? ERR_NUMBER_IN_USE : ERR_OK);
		store();
	}
	add_vn(&twilio);
	offer.number.e164 = VN_FIRST + 500;
	begin();
	assert_int_equal(book_intend(world.book, world.engine, &offer, world.now_ms, &id), ERR_NUMBER_IN_USE);
	store();
}

/* --- batches that are not stored --- */

static void what_the_store_refuses_was_never_bought(void **state)
{
	struct supply_policy policy = buying(), other = buying();
	struct book_offer offer = next_offer(1000000), second = next_offer(1000000);
	struct purchase_row row;
	uint64_t id, id2;

	(void)state;
	set_policy(&policy);
	set_water(8, 8);
	assert_int_equal(intend(1000000, &id), ERR_OK);
	struct book_want before = want();
	struct book_counts counts = book_counts(world.book);

	begin();
	other.day_max = 1;
	assert_int_equal(book_policy_set(world.book, world.engine, world.pool, &other), ERR_OK);
	other.day_max = 50;
	assert_int_equal(book_policy_set(world.book, world.engine, world.pool, &other), ERR_OK);
	uint32_t mark = book_mark(world.book);
	assert_int_equal(book_intend(world.book, world.engine, &offer, world.now_ms, &id2), ERR_OK);
	book_undo(world.book, mark); /* that change alone */
	assert_null(book_purchase(world.book, id2));
	assert_int_equal(book_policy(world.book, world.pool)->day_max, 50);
	assert_int_equal(book_intend(world.book, world.engine, &second, world.now_ms, &id2), ERR_OK);
	row = *book_purchase(world.book, id);
	row.state = PURCHASE_BOUGHT;
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_OK);
	row.state = PURCHASE_JOINED;
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_OK);
	refuse();

	assert_int_equal(book_policy(world.book, world.pool)->day_max, 100);
	assert_int_equal(book_purchase(world.book, id)->state, PURCHASE_INTENT);
	assert_null(book_purchase(world.book, id2));
	struct book_counts after = book_counts(world.book);
	assert_memory_equal(&after, &counts, sizeof counts);
	struct book_want again = want();
	assert_int_equal(again.on_order, before.on_order);
	assert_int_equal(again.buy, before.buy);
	assert_int_equal(again.bought_month_micros, before.bought_month_micros);
	assert_int_equal(intend(1000000, &id2), ERR_OK);
}

static void a_full_batch_changes_nothing(void **state)
{
	struct supply_policy policy = buying(), other = buying();
	struct purchase_row row;
	struct book_offer offer = next_offer(-1);
	uint64_t id, id2;

	(void)state;
	set_policy(&policy);
	set_water(8, 8);
	assert_int_equal(intend(-1, &id), ERR_OK);
	begin();
	fill_the_batch();
	uint32_t mark = book_mark(world.book);
	other.day_max = 7;
	assert_int_equal(book_policy_set(world.book, world.engine, world.pool, &other), ERR_LIMIT_REACHED);
	assert_int_equal(book_mark(world.book), mark);
	assert_int_equal(book_intend(world.book, world.engine, &offer, world.now_ms, &id2), ERR_LIMIT_REACHED);
	book_undo(world.book, mark);
	row = *book_purchase(world.book, id);
	row.state = PURCHASE_FAILED;
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_LIMIT_REACHED);
	book_undo(world.book, mark);
	assert_int_equal(book_policy(world.book, world.pool)->day_max, 100);
	assert_int_equal(book_purchase(world.book, id)->state, PURCHASE_INTENT);
	assert_int_equal(want().on_order, 1);
	refuse();
	row.id = 1;
	begin();
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_NOT_FOUND);
	store();
}

static void purchases_are_counted_by_the_states_they_came_to(void **state)
{
	struct supply_policy policy = buying();
	uint64_t a, b;

	(void)state;
	set_policy(&policy);
	set_water(8, 8);
	assert_int_equal(intend(-1, &a), ERR_OK);
	assert_int_equal(intend(-1, &b), ERR_OK);
	put(a, PURCHASE_BOUGHT);
	put(a, PURCHASE_BOUGHT);
	put(a, PURCHASE_JOINED);
	put(b, PURCHASE_FAILED);
	struct book_counts counts = book_counts(world.book);
	const struct book_counts expected = {{[PURCHASE_INTENT] = 2, [PURCHASE_BOUGHT] = 1, [PURCHASE_JOINED] = 1, [PURCHASE_FAILED] = 1}};
	assert_memory_equal(&counts, &expected, sizeof counts);
}

/* Else a provider that answers nothing but errors, and buys all the same, would pass every bound. */
static void what_was_given_up_counts_against_the_budget_and_what_was_refused_does_not(void **state)
{
	struct supply_policy policy = buying();
	struct purchase_row row;
	uint64_t ids[2];

	(void)state;
	policy.day_max = 2;
	set_policy(&policy);
	set_water(10, 10);
	for (int i = 0; i < 2; i++)
		assert_int_equal(intend(1000000, &ids[i]), ERR_OK);
	put(ids[0], PURCHASE_FAILED);
	assert_int_equal(want().bought_day, 1);
	row = *book_purchase(world.book, ids[1]);
	row.state = PURCHASE_FAILED;
	snprintf(row.code, sizeof row.code, "%s", PURCHASE_LOST);
	begin();
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_OK);
	store();
	assert_int_equal(want().on_order, 0);
	assert_int_equal(want().bought_day, 1);
	assert_int_equal(want().bought_month_micros, 1000000);
	assert_int_equal(want().buy, 1);
	world.now_ms += DAY_MS + 60000;
	assert_int_equal(want().buy, 2);
}

static void a_purchase_that_was_given_up_is_remembered_and_a_refused_one_is_not(void **state)
{
	struct supply_policy policy = buying();
	struct purchase_row rows[4], row;
	uint64_t ids[3];

	(void)state;
	set_policy(&policy);
	set_water(10, 10);
	for (int i = 0; i < 3; i++)
		assert_int_equal(intend(-1, &ids[i]), ERR_OK);
	assert_int_equal(book_open(world.book, &twilio, 0, rows, 4), 3);
	row = *book_purchase(world.book, ids[1]);
	row.state = PURCHASE_FAILED;
	snprintf(row.code, sizeof row.code, "%s", PURCHASE_LOST);
	begin();
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_OK);
	store();
	assert_int_equal(book_lost(world.book, &twilio, 0, rows, 4), 1);
	snprintf(row.code, sizeof row.code, "wants_papers"); /* people may complete the order there */
	begin();
	assert_int_equal(book_purchase_put(world.book, world.engine, &row), ERR_OK);
	store();
	put(ids[2], PURCHASE_FAILED);
	assert_int_equal(book_open(world.book, &twilio, 0, rows, 4), 1);
	assert_int_equal(book_lost(world.book, &twilio, 0, rows, 4), 1);
	assert_int_equal(rows[0].id, ids[1]);
	assert_int_equal(book_lost(world.book, &twilio, ids[1], rows, 4), 0);
	assert_int_equal(book_lost(world.book, &plivo, 0, rows, 4), 0);
}

/* --- who buys --- */

static void the_account_with_the_fewest_numbers_buys(void **state)
{
	struct supply_policy policy = buying();
	uint64_t id;
	uint32_t vn;

	(void)state;
	policy.accounts[1] = plivo;
	policy.accounts_n = 2;
	set_policy(&policy);
	set_water(10, 10);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), 0);
	add_vn(&twilio);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), 1);
	add_vn(&plivo);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), 0);
	assert_int_equal(intend(-1, &id), ERR_OK); /* twilio: what it has on order counts */
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), 1);
	put(id, PURCHASE_FAILED);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), 0);
	add_vn(&twilio); /* what can't be lent doesn't */
	begin();
	assert_int_equal(engine_vn_set(world.engine, world.tenant, (struct number){VN_FIRST + 500}, 1, -1, &vn), ERR_OK);
	assert_int_equal(engine_vn_set(world.engine, world.tenant, (struct number){VN_FIRST + 502}, -1, 1, &vn), ERR_OK);
	store();
	assert_int_equal(engine_pool_lendable(world.engine, world.pool, "twilio", "main"), 0);
	assert_int_equal(engine_pool_lendable(world.engine, world.pool, "plivo", "spare"), 1);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), 0);
}

static void an_account_that_failed_rests_longer_each_time(void **state)
{
	struct supply_policy policy = buying();
	int64_t expected_ms = 60000;

	(void)state;
	policy.accounts[1] = plivo;
	policy.accounts_n = 2;
	set_policy(&policy);
	set_water(10, 10);
	for (int times = 0; times < 20; times++) {
		book_rest(world.book, world.pool, &twilio, world.now_ms, 0);
		assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms + expected_ms - 1), 1);
		assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms + expected_ms), 0);
		expected_ms = expected_ms * 2 > 6 * HOUR_MS ? 6 * HOUR_MS : expected_ms * 2;
	}
	book_rested(world.book, world.pool, &twilio);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), 0);
	/* As long as it asks for. */
	book_rest(world.book, world.pool, &twilio, world.now_ms, 10 * HOUR_MS);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms + 9 * HOUR_MS), 1);
	/* Within reason. */
	book_rest(world.book, world.pool, &twilio, world.now_ms, 366 * DAY_MS);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms + DAY_MS - 1), 1);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms + DAY_MS), 0);
	book_rest(world.book, world.pool, &plivo, world.now_ms, 0);
	assert_int_equal(book_buyer(world.book, world.engine, world.pool, world.now_ms), -1);
	assert_int_equal(want().hold, BOOK_HOLD_ACCOUNTS);
	/* A new policy is a new beginning. */
	set_policy(&policy);
	assert_int_equal(want().hold, BOOK_HOLD_NOT);
}

/* --- time --- */

static void orders_wake_the_agents_at_once_and_the_timer_is_a_backstop(void **state)
{
	struct supply_policy policy = buying();

	(void)state;
	policy.by = SUPPLY_BY_FORECAST;
	set_policy(&policy);
	assert_false(book_look(world.book, world.engine, world.now_ms)); /* nothing is asked for */
	world.now_ms += 300;
	place_orders(1);
	assert_true(book_look(world.book, world.engine, world.now_ms));
	assert_true(want().buy >= 2);
	assert_int_equal(want().why, FORECAST_FREE);
	assert_false(book_look(world.book, world.engine, world.now_ms)); /* told already */
	place_orders(1);
	assert_true(book_look(world.book, world.engine, world.now_ms)); /* one more, within the same moment */
	world.now_ms += 10000;
	assert_true(book_look(world.book, world.engine, world.now_ms)); /* nobody came: told again */
}

static void hours_are_stored_once_a_minute_and_known_after_a_restart(void **state)
{
	struct supply_policy policy = buying();
	uint32_t hour = (uint32_t)(START_MS / HOUR_MS);

	(void)state;
	set_policy(&policy);
	place_orders(5);
	book_look(world.book, world.engine, world.now_ms);
	begin();
	book_note(world.book, world.engine, world.now_ms, false);
	refuse(); /* the store failed: it is to be noted again */
	begin();
	book_note(world.book, world.engine, world.now_ms, true);
	store();
	assert_int_equal(world.hours, 1);
	assert_int_equal(world.hour.hour, hour);
	assert_int_equal(world.hour.orders, 5);
	place_orders(2);
	book_look(world.book, world.engine, world.now_ms);
	begin();
	book_note(world.book, world.engine, world.now_ms + 59000, false);
	store();
	assert_int_equal(world.hours, 0);
	begin();
	book_note(world.book, world.engine, world.now_ms + 60000, false);
	store();
	assert_int_equal(world.hour.orders, 7);
	double was = want().orders_per_hour;
	book_free(world.book);
	world.book = book_new();
	assert_int_equal(book_load_hour(world.book, &world.hour), ERR_OK);
	assert_true(fabs(want().orders_per_hour - was) < 1e-9);
}

static void what_a_pool_has_lasts_until_what_comes_needs_more(void **state)
{
	struct supply_policy policy = supply_policy_default();
	uint32_t hour = (uint32_t)(START_MS / HOUR_MS);

	(void)state;
	assert_true(isnan(want().lasts_s));
	for (int i = 0; i < 20; i++)
		add_vn(&twilio);
	book_outlook(world.book, world.engine, world.pool, world.now_ms);
	assert_true(want().lasts_s < 0); /* nothing comes */
	set_policy(&policy);
	for (uint32_t back = 1; back <= 3; back++) {
		const struct hour_row row = {.pool_id = 1, .hour = hour - back, .orders = 6};
		assert_int_equal(book_load_hour(world.book, &row), ERR_OK);
	}
	/* Six orders an hour take twelve numbers an hour, and keep them for hours: 20 last an hour or so. */
	book_outlook(world.book, world.engine, world.pool, world.now_ms);
	assert_true(want().lasts_s > 600 && want().lasts_s < 6000);
	/* A look does it by itself, for one pool after the other. */
	double before = want().lasts_s;
	for (int i = 0; i < 20; i++)
		add_vn(&twilio);
	book_look(world.book, world.engine, world.now_ms);
	assert_true(want().lasts_s > before);
}

/* --- start --- */

static void rows_that_can_not_be_are_refused(void **state)
{
	struct purchase_row purchase = {.id = 7, .pool_id = 1, .state = PURCHASE_JOINED, .at_ms = START_MS};
	struct supply_row supply = {.pool_id = 1, .policy = supply_policy_default()};
	struct hour_row hour = {.pool_id = 0, .hour = 5, .orders = 1};

	(void)state;
	assert_int_equal(book_load_purchase(world.book, &purchase), ERR_OK);
	assert_int_equal(book_load_purchase(world.book, &purchase), ERR_STORE_REFUSED); /* ids ascend */
	purchase.id = 8;
	purchase.pool_id = 0;
	assert_int_equal(book_load_purchase(world.book, &purchase), ERR_STORE_REFUSED);
	supply.policy.stockout_ppm = 0;
	assert_int_equal(book_load_supply(world.book, &supply), ERR_STORE_REFUSED);
	supply.policy.stockout_ppm = 1000;
	assert_int_equal(book_load_supply(world.book, &supply), ERR_OK);
	supply.pool_id = 0;
	assert_int_equal(book_load_supply(world.book, &supply), ERR_STORE_REFUSED);
	assert_int_equal(book_load_hour(world.book, &hour), ERR_STORE_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_bought_unless_somebody_says_so),
		TEST(below_the_low_mark_it_fills_up_to_the_high_one),
		TEST(what_is_on_order_counts_as_if_it_were_there),
		TEST(numbers_out_of_lending_are_none),
		TEST(a_day_s_budget_is_of_any_24_hours),
		TEST(the_total_counts_what_is_there),
		TEST(the_total_counts_what_is_paid_for_though_it_can_not_be_lent),
		TEST(money_is_bounded_by_the_month),
		TEST(so_many_are_under_way_at_most),
		TEST(a_number_is_bought_once),
		TEST(what_the_store_refuses_was_never_bought),
		TEST(a_full_batch_changes_nothing),
		TEST(purchases_are_counted_by_the_states_they_came_to),
		TEST(what_was_given_up_counts_against_the_budget_and_what_was_refused_does_not),
		TEST(a_purchase_that_was_given_up_is_remembered_and_a_refused_one_is_not),
		TEST(the_account_with_the_fewest_numbers_buys),
		TEST(an_account_that_failed_rests_longer_each_time),
		TEST(orders_wake_the_agents_at_once_and_the_timer_is_a_backstop),
		TEST(hours_are_stored_once_a_minute_and_known_after_a_restart),
		TEST(what_a_pool_has_lasts_until_what_comes_needs_more),
		TEST(rows_that_can_not_be_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
