#include "unit/test.h"

#include "base/hash.h"
#include "feed/dead_orders.h"

#define MAX 8

static const struct str main_ = {"main", 4}, other = {"other", 5};

static struct dead_orders *orders;

static int set_up(void **state)
{
	(void)state;
	orders = dead_orders_new(MAX, 1);
	return orders ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	dead_orders_free(orders);
	return 0;
}

static void add(struct str tenant, const char *order)
{
	assert_int_equal(dead_orders_add(orders, tenant, str_of(order)), ERR_OK);
}

static uint32_t of(struct str tenant, const char *order)
{
	return dead_orders_of(orders, tenant, str_of(order));
}

static void rows_are_counted_by_order(void **state)
{
	(void)state;
	assert_int_equal(of(main_, "A-1"), 0);
	add(main_, "A-1");
	add(main_, "A-1");
	add(main_, "A-2");
	assert_int_equal(of(main_, "A-1"), 2);
	assert_int_equal(of(main_, "A-2"), 1);
	assert_int_equal(of(main_, "A-3"), 0);
	assert_int_equal(dead_orders_rows(orders), 3);
	dead_orders_remove(orders, main_, STR("A-1"));
	assert_int_equal(of(main_, "A-1"), 1);
	dead_orders_remove(orders, main_, STR("A-1"));
	assert_int_equal(of(main_, "A-1"), 0);
	assert_int_equal(dead_orders_rows(orders), 1);
}

static void tenants_do_not_share_orders(void **state)
{
	(void)state;
	add(main_, "A-1");
	assert_int_equal(of(other, "A-1"), 0);
	add(other, "A-1");
	dead_orders_remove(orders, main_, STR("A-1"));
	assert_int_equal(of(main_, "A-1"), 0);
	assert_int_equal(of(other, "A-1"), 1);
}

static void a_row_of_no_order_bars_nobody(void **state)
{
	(void)state;
	add(main_, "");
	add(main_, "");
	assert_int_equal(of(main_, ""), 0);
	assert_int_equal(dead_orders_rows(orders), 2);
	dead_orders_remove(orders, main_, STR(""));
	assert_int_equal(dead_orders_rows(orders), 1);
}

static void there_is_a_maximum(void **state)
{
	char name[16];

	(void)state;
	assert_int_equal(dead_orders_max(orders), MAX);
	for (int i = 0; i < MAX; i++) {
		snprintf(name, sizeof name, "A-%d", i);
		add(main_, i % 2 ? name : "");
	}
	assert_int_equal(dead_orders_add(orders, main_, STR("A-1")), ERR_LIMIT_REACHED);
	assert_int_equal(dead_orders_add(orders, main_, STR("")), ERR_LIMIT_REACHED);
	assert_int_equal(of(main_, "A-1"), 1);
	assert_int_equal(dead_orders_rows(orders), MAX);
	dead_orders_remove(orders, main_, STR(""));
	add(main_, "A-99");
	assert_int_equal(of(main_, "A-99"), 1);
}

/* Places of orders that are through are used again: a thousand pass through a table of eight. */
static void orders_come_and_go(void **state)
{
	uint32_t rows[20] = {0}, all = 0;
	struct random random = {test_seed()};
	char name[16];

	(void)state;
	for (int step = 0; step < 20000; step++) {
		uint32_t i = random_next(&random) % 20;
		snprintf(name, sizeof name, "A-%u", i);
		bool more = random_next(&random) % 2;
		if (more) {
			enum err err = dead_orders_add(orders, main_, str_of(name));
			assert_int_equal(err, all < MAX ? ERR_OK : ERR_LIMIT_REACHED);
			rows[i] += err == ERR_OK;
			all += err == ERR_OK;
		} else if (rows[i]) {
			dead_orders_remove(orders, main_, str_of(name));
			rows[i]--;
			all--;
		}
		assert_int_equal(of(main_, name), rows[i]);
		assert_int_equal(dead_orders_rows(orders), all);
	}
}

static void remove_unknown(void *data)
{
	(void)data;
	dead_orders_remove(orders, main_, STR("A-2"));
}

static void what_is_not_there_can_not_go(void **state)
{
	(void)state;
	assert_true(test_dies(remove_unknown, NULL));
	add(main_, "A-1");
	assert_true(test_dies(remove_unknown, NULL));
}

static void the_turn_changes_when_rows_leave_and_when_they_are_gone(void **state)
{
	(void)state;
	uint64_t turn = dead_orders_turn(orders);
	add(main_, "A-1");
	assert_int_equal(dead_orders_turn(orders), turn);
	dead_orders_leaving(orders);
	uint64_t leaving = dead_orders_turn(orders);
	assert_int_not_equal(leaving, turn);
	dead_orders_remove(orders, main_, STR("A-1"));
	assert_int_not_equal(dead_orders_turn(orders), leaving);
	assert_int_not_equal(dead_orders_turn(orders), turn);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_are_counted_by_order),
		TEST(tenants_do_not_share_orders),
		TEST(a_row_of_no_order_bars_nobody),
		TEST(there_is_a_maximum),
		TEST(orders_come_and_go),
		TEST(what_is_not_there_can_not_go),
		TEST(the_turn_changes_when_rows_leave_and_when_they_are_gone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
