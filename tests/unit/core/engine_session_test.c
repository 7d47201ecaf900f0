/* Sessions as the API asks: open, the same again, close, extend, forget, erase. */
#include "engine_fixture.h"

static void two_parties_reach_each_other_and_nobody_else_does(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 10);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	const struct session_row *row = world_row(&world, slot);

	assert_int_equal(row->state, SESSION_LIVE);
	assert_int_equal(row->expires_at, START_MS / 1000 + 3600);
	assert_all_reach(&world, slot);
	assert_refused(&world, number_of(9), row->parties[0].vn);
	assert_refused(&world, number_of(CUSTOMER), row->parties[0].vn); /* its own VN */
	assert_refused(&world, row->parties[0].vn, row->parties[1].vn);  /* a VN as caller */
	assert_refused(&world, NUMBER_NONE, row->parties[1].vn);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_parties_reach_each_other_and_nobody_else_does),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
