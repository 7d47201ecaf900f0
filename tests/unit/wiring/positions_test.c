#include "unit/test.h"

#include "feed/positions.h"

static struct positions positions;

static int set_up(void **state)
{
	(void)state;
	positions.n = 0;
	return 0;
}

static void set(int32_t partition, int64_t next)
{
	assert_int_equal(position_set(&positions, partition, next), ERR_OK);
}

static void a_partition_is_where_it_was_set(void **state)
{
	(void)state;
	assert_int_equal(position_of(&positions, 0), POSITION_NONE);
	set(0, 5);
	set(7, 0);
	set(0, 9);
	assert_int_equal(position_of(&positions, 0), 9);
	assert_int_equal(position_of(&positions, 7), 0);
	assert_int_equal(position_of(&positions, 1), POSITION_NONE);
	assert_int_equal(positions.n, 2);
}

static void what_is_taken_back_is_as_before(void **state)
{
	(void)state;
	set(0, 5);
	set(0, 9);
	position_back(&positions, 0, 5);
	assert_int_equal(position_of(&positions, 0), 5);
	set(3, 4);
	position_back(&positions, 3, POSITION_NONE);
	assert_int_equal(position_of(&positions, 3), POSITION_NONE);
}

static void of_several_taken_back_the_first_counts(void **state)
{
	(void)state;
	set(0, 5);
	set(0, 9);  /* a batch from 5 */
	set(0, 14); /* and one from 9 */
	position_back(&positions, 0, 5);
	position_back(&positions, 0, 9);
	assert_int_equal(position_of(&positions, 0), 5);
	set(0, 9);
	position_back(&positions, 0, 5);
	assert_int_equal(position_of(&positions, 0), 5);
}

static void an_unknown_partition_can_not_go_back(void **state)
{
	(void)state;
	position_back(&positions, 4, 2);
	assert_int_equal(position_of(&positions, 4), POSITION_NONE);
	assert_int_equal(positions.n, 0);
}

static void one_that_is_expected_has_not_moved(void **state)
{
	(void)state;
	assert_int_equal(position_expect(&positions, 2), ERR_OK);
	assert_int_equal(position_of(&positions, 2), POSITION_NONE);
	set(2, 4);
	set(2, 6);
	position_back(&positions, 2, 4);
	assert_int_equal(position_expect(&positions, 2), ERR_OK);
	position_back(&positions, 2, 5);
	assert_int_equal(position_of(&positions, 2), 4);
}

static void there_is_a_maximum(void **state)
{
	(void)state;
	for (int i = 0; i < POSITIONS_MAX; i++)
		set(i, i);
	assert_int_equal(position_set(&positions, POSITIONS_MAX, 1), ERR_LIMIT_REACHED);
	assert_int_equal(position_expect(&positions, POSITIONS_MAX), ERR_LIMIT_REACHED);
	assert_int_equal(position_expect(&positions, 3), ERR_OK);
	assert_int_equal(position_of(&positions, POSITIONS_MAX), POSITION_NONE);
	set(POSITIONS_MAX - 1, 77);
	assert_int_equal(position_of(&positions, POSITIONS_MAX - 1), 77);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_partition_is_where_it_was_set),
		TEST(what_is_taken_back_is_as_before),
		TEST(of_several_taken_back_the_first_counts),
		TEST(an_unknown_partition_can_not_go_back),
		TEST(one_that_is_expected_has_not_moved),
		TEST(there_is_a_maximum),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
