/* What one order may take, and what all of them together may: the first is refused for good and stops nobody else, the second
 * is waited for. */
#define ROLES_MAX 3
#include "unit/wiring/feed_fixture.h"

static int64_t at;
static struct feed_batch *batch; /* the last one: fixture.deads point into it */

static enum err tell(const char *order, int version, const char *type, const char *role, const char *number)
{
	feed_batch_free(batch);
	batch = batch_new();
	add(batch, 0, at++, order, version, type, role, number);
	enum err err = run_alone(batch);
	if (err)
		at--;
	return err;
}

static int begin_test(void **state)
{
	at = 0;
	return set_up(state);
}

static int end_test(void **state)
{
	feed_batch_free(batch);
	batch = NULL;
	return tear_down(state);
}

/* A courier for each minute of a long day. */
static void an_order_that_is_full_is_put_aside_and_stops_no_other(void **state)
{
	char number[32];
	int n = 0;

	(void)state;
	assert_int_equal(tell("A-1", 1, "placed", "customer", CUSTOMER), ERR_OK);
	for (; dead_rows() == 0 && n < 2 * SESSION_PAST_MAX; n++) {
		snprintf(number, sizeof number, "+62812%08d", 70000000 + n * 7);
		assert_int_equal(tell("A-1", 2 + n, "reassigned", "courier", number), ERR_OK);
	}
	assert_true(n >= SESSION_PAST_MAX / 2 && n < 2 * SESSION_PAST_MAX);
	const struct dead_row *row = &fixture.deads[0];
	assert_int_equal(fixture.deads_n, 1);
	assert_int_equal(row->state, DEAD_REFUSED);
	assert_true(str_equal(row->order, STR("A-1")) && str_equal(row->code, STR("session_full")));
	assert_true(str_equal(row->detail, str_of(err_title(ERR_SESSION_FULL))));
	assert_int_equal(fixture.refusals_n, 1);
	assert_int_equal(tell("A-1", 2 + n, "completed", NULL, NULL), ERR_OK); /* behind it */
	assert_int_equal(deads_of("A-1"), 2);
	assert_int_equal(tell("B-1", 1, "placed", "customer", CUSTOMER), ERR_OK);
	assert_int_equal(parties_of("B-1"), 1);
	assert_int_equal(position(0), at);
}

static void a_role_too_many_is_put_aside_and_stops_no_other(void **state)
{
	(void)state;
	assert_int_equal(tell("A-1", 1, "placed", "one", CUSTOMER), ERR_OK);
	assert_int_equal(tell("A-2", 1, "placed", "two", CUSTOMER), ERR_OK);
	assert_int_equal(tell("A-3", 1, "placed", "three", CUSTOMER), ERR_OK);
	assert_int_equal(tell("A-4", 1, "placed", "four", CUSTOMER), ERR_OK);
	assert_int_equal(fixture.deads_n, 1);
	assert_true(str_equal(fixture.deads[0].order, STR("A-4")));
	assert_true(str_equal(fixture.deads[0].code, STR("too_many_roles")));
	assert_true(str_equal(fixture.deads[0].detail, str_of(err_title(ERR_ROLES_FULL))));
	assert_int_equal(slot_of("A-4"), ENGINE_NONE);
	assert_int_equal(tell("A-1", 2, "assigned", "two", COURIER), ERR_OK);
	assert_int_equal(parties_of("A-1"), 2);
}

/* Somebody takes a courier's id for a role. */
static void roles_of_orders_that_are_over_make_room(void **state)
{
	char order[16], role[24];

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(order, sizeof order, "R-%d", i);
		snprintf(role, sizeof role, "courier-%d", i);
		assert_int_equal(tell(order, 1, "placed", role, CUSTOMER), ERR_OK);
		assert_int_equal(slot_of(order) == ENGINE_NONE, false);
		begin();
		assert_int_equal(engine_session_forget(fixture.engine, slot_of(order)), ERR_OK);
		commit();
	}
	assert_int_equal(dead_rows(), 0);
}

static void what_all_of_them_take_is_waited_for(void **state)
{
	(void)state;
	assert_false(feed_is_of_the_moment(ERR_SESSION_FULL));
	assert_false(feed_is_of_the_moment(ERR_ROLES_FULL));
	for (int i = 0; i < SESSIONS_MAX; i++) {
		char order[16];
		snprintf(order, sizeof order, "A-%d", i);
		assert_int_equal(tell(order, 1, "placed", "customer", CUSTOMER), ERR_OK);
	}
	assert_int_equal(tell("B-1", 1, "placed", "customer", CUSTOMER), ERR_LIMIT_REACHED);
	assert_int_equal(dead_rows(), 0);
	assert_int_equal(position(0), SESSIONS_MAX);
	begin();
	assert_int_equal(engine_session_forget(fixture.engine, slot_of("A-0")), ERR_OK);
	commit();
	fixture.ends.n = 0;
	assert_int_equal(position_set(&fixture.ends, 0, SESSIONS_MAX), ERR_OK);
	assert_int_equal(tell("B-1", 1, "placed", "customer", CUSTOMER), ERR_OK);
	assert_int_equal(parties_of("B-1"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_that_is_full_is_put_aside_and_stops_no_other),
		TEST(a_role_too_many_is_put_aside_and_stops_no_other),
		TEST(roles_of_orders_that_are_over_make_room),
		TEST(what_all_of_them_take_is_waited_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
