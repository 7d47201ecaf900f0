/* One suite for every back end: policies of supply, purchases, orders an hour, as store.h promises. */
#include "unit/store/store_each.h"

#define DAY_MS (24ll * 3600 * 1000)
#define NOW_H ((uint32_t)(NOW_MS / 1000 / 3600))

/* What a load gave. */
struct given {
	struct supply_row supplies[8];
	struct purchase_row purchases[64];
	struct hour_row hours[64];
	struct vn_row vns[64];
	int supplies_n, purchases_n, hours_n, vns_n;
	uint64_t last_id;
};

static enum err take_supply(void *context, const struct supply_row *row)
{
	struct given *given = context;
	given->supplies[given->supplies_n++] = *row;
	return ERR_OK;
}

static enum err take_purchase(void *context, const struct purchase_row *row)
{
	struct given *given = context;
	given->purchases[given->purchases_n++] = *row;
	return ERR_OK;
}

static enum err take_hour(void *context, const struct hour_row *row)
{
	struct given *given = context;
	given->hours[given->hours_n++] = *row;
	return ERR_OK;
}

static enum err take_vn(void *context, const struct vn_row *row)
{
	struct given *given = context;
	given->vns[given->vns_n++] = *row;
	return ERR_OK;
}

static enum err take_last_id(void *context, uint64_t id)
{
	((struct given *)context)->last_id = id;
	return ERR_OK;
}

static enum err ignore_time(void *context, int64_t time_ms)
{
	(void)context;
	(void)time_ms;
	return ERR_OK;
}

static enum err ignore_pool(void *context, const struct pool_row *row)
{
	(void)context;
	(void)row;
	return ERR_OK;
}

static void load(struct bench *bench, int64_t now_ms, struct given *ret_given)
{
	struct store_visitor visitor = {.context = ret_given, .time = ignore_time, .pool = ignore_pool, .vn = take_vn,
		.session = loaded_session, .tombstone = loaded_tombstone, .idempotency = loaded_idempotency, .call = loaded_call,
		.supply = take_supply, .purchase = take_purchase, .hour = take_hour, .last_id = take_last_id};
	char error[256];
	memset(ret_given, 0, sizeof *ret_given);
	assert_int_equal(bench->store->ops->load(bench->store, now_ms, &visitor, error), ERR_OK);
}

static struct supply_row made_supply(uint32_t pool_id)
{
	struct supply_row row = {.pool_id = pool_id, .policy = supply_policy_default()};
	struct supply_policy *policy = &row.policy;
	policy->buy = policy->join = policy->replace = policy->sms = true;
	policy->by = SUPPLY_BY_FORECAST;
	policy->stockout_ppm = 500;
	policy->accounts_n = SUPPLY_ACCOUNTS_MAX;
	for (int i = 0; i < SUPPLY_ACCOUNTS_MAX; i++) {
		/* The longest names there are. */
		snprintf(policy->accounts[i].provider, sizeof policy->accounts[i].provider, "provider-%06d", i);
		snprintf(policy->accounts[i].name, sizeof policy->accounts[i].name, "account-%023d", i);
	}
	snprintf(policy->type, sizeof policy->type, "mobile");
	snprintf(policy->area, sizeof policy->area, "212");
	snprintf(policy->region, sizeof policy->region, "KA");
	snprintf(policy->tag, sizeof policy->tag, "%063d", 7);
	policy->total_max = 1000;
	policy->day_max = 20;
	policy->month_micros = 50000000;
	snprintf(policy->currency, sizeof policy->currency, "USD");
	return row;
}

static struct purchase_row made_purchase(unsigned i, enum purchase_state state)
{
	struct purchase_row row = {.id = ((uint64_t)NOW_MS + i) << 16, .pool_id = 1 + i % 2, .provider = "twilio", .account = "main",
		.state = state, .number = {12125550100u + i}, .at_ms = NOW_MS + i, .asked_ms = NOW_MS + i + 1, .done_ms = NOW_MS + i + 2,
		.month_micros = 1150000, .currency = "USD", .order = "order-1", .code = "21422", .why = "it was gone", .looks = 3};
	return row;
}

static void put_purchase(struct bench *bench, const struct purchase_row *row)
{
	put_one(bench->store, (struct record){RECORD_PURCHASE, 0, {.purchase = row}});
}

static void put_hour(struct bench *bench, uint32_t pool_id, uint32_t hour, uint32_t orders)
{
	const struct hour_row row = {pool_id, hour, orders};
	put_one(bench->store, (struct record){RECORD_HOUR, 0, {.hour = &row}});
}

static void assert_same_supply(const struct supply_row *a, const struct supply_row *b)
{
	const struct supply_policy *x = &a->policy, *y = &b->policy;
	assert_int_equal(a->pool_id, b->pool_id);
	assert_true(x->buy == y->buy && x->join == y->join && x->replace == y->replace && x->sms == y->sms && x->by == y->by);
	assert_true(x->stockout_ppm == y->stockout_ppm && x->total_max == y->total_max && x->day_max == y->day_max);
	assert_true(x->month_micros == y->month_micros && x->accounts_n == y->accounts_n);
	for (int i = 0; i < x->accounts_n; i++) {
		assert_string_equal(x->accounts[i].provider, y->accounts[i].provider);
		assert_string_equal(x->accounts[i].name, y->accounts[i].name);
	}
	assert_string_equal(x->type, y->type);
	assert_string_equal(x->area, y->area);
	assert_string_equal(x->region, y->region);
	assert_string_equal(x->tag, y->tag);
	assert_string_equal(x->currency, y->currency);
}

TEST(a_policy_comes_back_as_it_was_and_the_last_counts)
{
	struct supply_row first = made_supply(1), second = made_supply(1), other = made_supply(2);
	struct given given;
	first.policy.buy = false;
	other.policy = supply_policy_default();
	put_one(bench->store, (struct record){RECORD_SUPPLY, 0, {.supply = &other}});
	put_one(bench->store, (struct record){RECORD_SUPPLY, 0, {.supply = &first}});
	put_one(bench->store, (struct record){RECORD_SUPPLY, 0, {.supply = &second}});
	bench_reopen(bench);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.supplies_n, 2);
	assert_same_supply(&given.supplies[0], &second);
	assert_same_supply(&given.supplies[1], &other);
}

TEST(a_purchase_comes_back_as_it_was_and_the_last_counts)
{
	struct purchase_row row = made_purchase(0, PURCHASE_INTENT);
	struct given given;
	put_purchase(bench, &row);
	row.state = PURCHASE_PENDING;
	put_purchase(bench, &row);
	bench_reopen(bench);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.purchases_n, 1);
	const struct purchase_row *got = &given.purchases[0];
	assert_true(got->id == row.id && got->pool_id == row.pool_id && got->state == row.state && got->looks == row.looks);
	assert_true(number_equal(got->number, row.number) && got->at_ms == row.at_ms && got->asked_ms == row.asked_ms);
	assert_true(got->done_ms == row.done_ms && got->month_micros == row.month_micros);
	assert_string_equal(got->provider, row.provider);
	assert_string_equal(got->account, row.account);
	assert_string_equal(got->currency, row.currency);
	assert_string_equal(got->order, row.order);
	assert_string_equal(got->code, row.code);
	assert_string_equal(got->why, row.why);
	assert_true(given.last_id == row.id);
}

TEST(old_purchases_are_loaded_only_while_they_are_open)
{
	struct given given;
	for (unsigned i = 0; i < 5; i++) {
		struct purchase_row row = made_purchase(i, (enum purchase_state)i);
		put_purchase(bench, &row);
	}
	load(bench, NOW_MS + 40 * DAY_MS, &given);
	assert_int_equal(given.purchases_n, 3);
	for (int i = 0; i < 3; i++)
		assert_true(purchase_is_open(given.purchases[i].state));
	load(bench, NOW_MS + 30 * DAY_MS, &given);
	assert_int_equal(given.purchases_n, 5);
}

TEST(closed_purchases_go_after_a_year_open_ones_never)
{
	struct purchases_filter filter = {.tenant = STR("main"), .page_size = 10};
	struct purchase_row *rows;
	uint64_t next;
	int n;
	for (unsigned i = 0; i < 5; i++) {
		struct purchase_row row = made_purchase(2 * i, (enum purchase_state)i);
		put_purchase(bench, &row);
	}
	idle_all(bench, NOW_MS + 364 * DAY_MS);
	assert_int_equal(bench->store->ops->read_purchases(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 5);
	idle_all(bench, NOW_MS + 366 * DAY_MS);
	assert_int_equal(bench->store->ops->read_purchases(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 3);
}

TEST(purchases_are_listed_newest_first_page_by_page_of_a_tenant)
{
	struct purchases_filter filter = {.tenant = STR("main"), .page_size = 3};
	struct purchase_row *rows;
	uint64_t next = 1, last = UINT64_MAX;
	int n, total = 0;
	for (unsigned i = 0; i < 10; i++) {
		struct purchase_row row = made_purchase(i, i < 5 ? PURCHASE_JOINED : PURCHASE_INTENT);
		row.pool_id = 1;
		put_purchase(bench, &row);
	}
	while (next) {
		assert_int_equal(bench->store->ops->read_purchases(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
		for (int i = 0; i < n; i++, total++) {
			assert_true(rows[i].id < last);
			last = rows[i].id;
		}
		filter.after = next;
	}
	assert_int_equal(total, 10);
	filter = (struct purchases_filter){.tenant = STR("main"), .page_size = 100, .open = true};
	assert_int_equal(bench->store->ops->read_purchases(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 5);
	filter.pool_id = 2;
	assert_int_equal(bench->store->ops->read_purchases(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 0);
	filter = (struct purchases_filter){.tenant = STR("nobody"), .page_size = 100};
	assert_int_equal(bench->store->ops->read_purchases(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 0);
}

TEST(hours_come_by_pool_and_in_order_and_go_after_five_weeks)
{
	struct given given;
	put_hour(bench, 2, NOW_H, 7);
	put_hour(bench, 1, NOW_H, 3);
	put_hour(bench, 1, NOW_H - 1, 5);
	put_hour(bench, 1, NOW_H, 4);
	bench_reopen(bench);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.hours_n, 3);
	assert_memory_equal(&given.hours[0], &((struct hour_row){1, NOW_H - 1, 5}), sizeof(struct hour_row));
	assert_memory_equal(&given.hours[1], &((struct hour_row){1, NOW_H, 4}), sizeof(struct hour_row));
	assert_memory_equal(&given.hours[2], &((struct hour_row){2, NOW_H, 7}), sizeof(struct hour_row));
	idle_all(bench, NOW_MS + 34 * DAY_MS);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.hours_n, 3);
	load(bench, NOW_MS + 36 * DAY_MS, &given); /* not loaded, whether it went or not */
	assert_int_equal(given.hours_n, 0);
	idle_all(bench, NOW_MS + 36 * DAY_MS);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.hours_n, 0);
}

TEST(why_a_number_is_out_is_kept)
{
	struct given given;
	load(bench, NOW_MS, &given);
	assert_true(given.vns_n > 0);
	struct vn_row row = given.vns[0];
	row.disabled = true;
	row.out = VN_OUT_SICK;
	row.out_at = 1700000000;
	row.out_times = 3;
	put_one(bench->store, (struct record){RECORD_VN, 0, {.vn = &row}});
	bench_reopen(bench);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.vns[0].out, VN_OUT_SICK);
	assert_int_equal(given.vns[0].out_at, 1700000000);
	assert_int_equal(given.vns[0].out_times, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_comes_back_as_it_was_and_the_last_counts),
		cmocka_unit_test(a_purchase_comes_back_as_it_was_and_the_last_counts),
		cmocka_unit_test(old_purchases_are_loaded_only_while_they_are_open),
		cmocka_unit_test(closed_purchases_go_after_a_year_open_ones_never),
		cmocka_unit_test(purchases_are_listed_newest_first_page_by_page_of_a_tenant),
		cmocka_unit_test(hours_come_by_pool_and_in_order_and_go_after_five_weeks),
		cmocka_unit_test(why_a_number_is_out_is_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
