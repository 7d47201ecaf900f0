#include "unit/test.h"

#include "serve/clock.h"

struct hands {
	int64_t wall_ms, steady_ms;
};

static int64_t wall(void *context)
{
	return ((struct hands *)context)->wall_ms;
}

static int64_t steady(void *context)
{
	return ((struct hands *)context)->steady_ms;
}

#define START 1763978400000

static struct clock *start(struct hands *hands)
{
	*hands = (struct hands){START, 5000};
	struct clock_source source = {wall, steady, hands};
	struct clock *made = clock_new(&source);

	assert_non_null(made);
	return made;
}

static void begins_at_the_wall_clock(void **state)
{
	struct hands hands;
	struct clock *made = start(&hands);

	(void)state;
	assert_int_equal(clock_now_ms(made), START);
	hands.steady_ms += 1234;
	assert_int_equal(clock_now_ms(made), START + 1234);
	clock_free(made);
}

static void a_jump_of_the_wall_changes_nothing_and_is_told_once(void **state)
{
	struct hands hands;
	struct clock *made = start(&hands);
	int64_t jump = 0;

	(void)state;
	hands.wall_ms -= 3600 * 1000;
	assert_int_equal(clock_now_ms(made), START);
	assert_true(clock_look(made, &jump));
	assert_int_equal(jump, -3600 * 1000);
	assert_false(clock_look(made, &jump));
	hands.wall_ms += 3600 * 1000;
	assert_true(clock_look(made, &jump));
	assert_int_equal(jump, 3600 * 1000);
	assert_int_equal(clock_jumps(made), 2);
	clock_free(made);
}

static void a_minute_and_less_is_no_jump(void **state)
{
	struct hands hands;
	struct clock *made = start(&hands);
	int64_t jump = 0;

	(void)state;
	hands.wall_ms += CLOCK_JUMP_MS;
	assert_false(clock_look(made, &jump));
	hands.wall_ms -= CLOCK_JUMP_MS;
	assert_false(clock_look(made, &jump));
	assert_int_equal(clock_jumps(made), 0);
	clock_free(made);
}

static void is_never_below_the_highest_time_stored(void **state)
{
	struct hands hands;
	struct clock *made = start(&hands);
	char error[256];
	int64_t jump = 0;

	(void)state;
	assert_int_equal(clock_raise(made, START + 90000, false, error), ERR_OK);
	assert_int_equal(clock_now_ms(made), START + 90000);
	/* A wall clock that was behind at start is no jump. */
	assert_false(clock_look(made, &jump));
	clock_free(made);
}

static void a_start_far_ahead_wants_to_be_accepted(void **state)
{
	struct hands hands;
	struct clock *made = start(&hands);
	char error[256] = "";

	(void)state;
	assert_int_equal(clock_raise(made, START - CLOCK_AHEAD_MAX_MS, false, error), ERR_OK);
	assert_int_equal(clock_raise(made, START - CLOCK_AHEAD_MAX_MS - 1, false, error), ERR_STORE_REFUSED);
	assert_non_null(strstr(error, "--accept-clock"));
	assert_int_equal(clock_raise(made, START - CLOCK_AHEAD_MAX_MS - 1, true, error), ERR_OK);
	assert_int_equal(clock_now_ms(made), START);
	clock_free(made);
}

static void the_systems_clock_goes_forward(void **state)
{
	struct clock *made = clock_new(&clock_system);
	int64_t before = clock_now_ms(made);

	(void)state;
	assert_true(before > START);
	assert_true(clock_now_ms(made) >= before);
	clock_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_at_the_wall_clock),
		cmocka_unit_test(a_jump_of_the_wall_changes_nothing_and_is_told_once),
		cmocka_unit_test(a_minute_and_less_is_no_jump),
		cmocka_unit_test(is_never_below_the_highest_time_stored),
		cmocka_unit_test(a_start_far_ahead_wants_to_be_accepted),
		cmocka_unit_test(the_systems_clock_goes_forward),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
