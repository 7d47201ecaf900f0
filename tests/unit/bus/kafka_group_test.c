#include "unit/bus/kafka_member.h"

#define PARTITIONS 4

static struct fixture fixture;
static struct ledger ledger;
static struct member one = MEMBER_INIT, two = MEMBER_INIT;
static int written; /* in each partition */

static void fill(int n)
{
	for (int p = 0; p < PARTITIONS; p++)
		fixture_fill(&fixture, "orders", p, written, n);
	written += n;
}

static int open_all(void **state)
{
	(void)state;
	fixture_open(&fixture, 2);
	fixture_topic(&fixture, "orders", PARTITIONS);
	ledger_init(&ledger);
	fill(200);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

static void each_once(void)
{
	for (int p = 0; p < PARTITIONS; p++)
		for (int i = 0; i < written; i++)
			assert_int_equal(ledger.taken[p][i], 1);
}

static bool own_two_each(void *context)
{
	(void)context;
	return one.owned == 2 && two.owned == 2;
}

static void a_member_that_joins_takes_a_share_and_every_record_comes_once(void **state)
{
	(void)state;
	one.mark = "one";
	two.mark = "two";
	member_start(&one, &ledger, fixture.brokers, "orders", "orders", "instance-1");
	ledger_await(&ledger, PARTITIONS * written);
	assert_int_equal(one.owned, PARTITIONS);
	for (int p = 0; p < PARTITIONS; p++)
		assert_true(fixture_committed(&fixture, "orders", "orders", p, 200, "one"));
	member_start(&two, &ledger, fixture.brokers, "orders", "orders", "instance-2");
	/* Records come while the group changes. */
	for (int i = 0; i < 10; i++)
		fill(50);
	assert_true(watch_until(&ledger.watch, own_two_each, NULL));
	fill(100);
	ledger_await(&ledger, PARTITIONS * written);
	each_once();
	assert_true(two.records_n > 0);
	assert_true(two.generation > 0);
	assert_true(one.generation >= two.generation);
	assert_int_equal(one.lost_n, 0);
	/* What the first had committed is told with its mark. The mock takes no commit of a group that is joining, a real broker
	 * does: that nothing is left behind there is tests/e2e/kafka_instances_test.py's to show. */
	for (int i = 0; i < two.starts_n; i++) {
		assert_true(two.starts[i].committed >= 200 && two.starts[i].committed <= two.starts[i].ret_next);
		assert_string_equal(two.starts[i].mark, "one");
	}
}

static bool one_owns_all(void *context)
{
	(void)context;
	return one.owned == PARTITIONS;
}

static void a_member_that_leaves_hands_its_share_back_in_order(void **state)
{
	(void)state;
	int32_t before = one.generation;
	member_end(&two);
	fill(100);
	assert_true(watch_until(&ledger.watch, one_owns_all, NULL));
	ledger_await(&ledger, PARTITIONS * written);
	each_once();
	assert_true(one.generation > before);
	assert_int_equal(two.revoked_n, two.assigned_n);
	member_end(&one);
	assert_int_equal(one.revoked_n, one.assigned_n);
	for (int p = 0; p < PARTITIONS; p++)
		assert_true(fixture_committed(&fixture, "orders", "orders", p, written, "one"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_that_joins_takes_a_share_and_every_record_comes_once),
		cmocka_unit_test(a_member_that_leaves_hands_its_share_back_in_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
