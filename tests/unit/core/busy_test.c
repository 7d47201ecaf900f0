#include "unit/test.h"

#include "base/hash.h"
#include "core/busy.h"

static struct busy *busy_of(uint32_t max, uint32_t pools, uint32_t vns)
{
	struct busy *busy = busy_new(max, pools, 1);

	assert_non_null(busy);
	for (uint32_t i = 0; i < pools; i++)
		assert_int_equal(busy_room(busy, (uint16_t)i, vns), ERR_OK);
	return busy;
}

static void it_tells_what_the_busiest_holds(void **state)
{
	struct busy *busy = busy_of(100, 2, 50);

	(void)state;
	assert_int_equal(busy_most(busy, 0), 0);
	for (int i = 0; i < 3; i++)
		busy_more(busy, 0, 7);
	for (int i = 0; i < 5; i++)
		busy_more(busy, 0, 8);
	busy_more(busy, 1, 8);
	assert_int_equal(busy_most(busy, 0), 5);
	assert_int_equal(busy_most(busy, 1), 1); /* each pool for itself */
	busy_less(busy, 0, 8);
	assert_int_equal(busy_most(busy, 0), 4);
	busy_less(busy, 0, 8);
	busy_less(busy, 0, 8);
	assert_int_equal(busy_most(busy, 0), 3); /* the other one now */
	for (int i = 0; i < 3; i++)
		busy_less(busy, 0, 7);
	busy_less(busy, 0, 8);
	busy_less(busy, 0, 8);
	assert_int_equal(busy_most(busy, 0), 0);
	busy_less(busy, 1, 8);
	assert_int_equal(busy_most(busy, 1), 0);
	busy_free(busy);
	busy_free(NULL);
}

static void a_pool_may_grow(void **state)
{
	struct busy *busy = busy_of(10, 1, 1);

	(void)state;
	busy_more(busy, 0, 1);
	for (uint32_t vns = 2; vns <= 5000; vns++) {
		assert_int_equal(busy_room(busy, 0, vns), ERR_OK);
		busy_more(busy, 0, 1);
		assert_int_equal(busy_most(busy, 0), vns);
	}
	busy_free(busy);
}

static void as_many_people_as_it_has_room_for_fit(void **state)
{
	struct busy *busy = busy_of(20000, 3, 4);

	(void)state;
	for (uint64_t person = 0; person < 20000; person++)
		busy_more(busy, (uint16_t)(person % 3), person);
	busy_more(busy, 1, 1);
	assert_int_equal(busy_most(busy, 1), 2);
	for (uint64_t person = 0; person < 20000; person++)
		busy_less(busy, (uint16_t)(person % 3), person);
	assert_int_equal(busy_most(busy, 0), 0);
	assert_int_equal(busy_most(busy, 1), 1);
	busy_less(busy, 1, 1);
	assert_int_equal(busy_most(busy, 1), 0);
	busy_free(busy);
}

static void its_memory_is_under_ten_bytes_a_person(void **state)
{
	struct busy *busy = busy_of(1000000, 1, 1000);

	(void)state;
	assert_true(busy_bytes(busy) < 10 * 1000000);
	busy_free(busy);
}

#define POOLS 3
#define PEOPLE 80
#define VNS 40

/* A few people do most of it, as couriers do. */
static void it_does_what_a_plain_matrix_does(void **state)
{
	static uint32_t model[POOLS][PEOPLE];
	struct random random = {test_seed()};
	struct busy *busy = busy_of(POOLS * PEOPLE, POOLS, VNS);

	(void)state;
	for (int step = 0; step < 500000; step++) {
		uint16_t pool = (uint16_t)random_below(&random, POOLS);
		uint32_t person = random_below(&random, random_below(&random, 2) ? 5 : PEOPLE);
		bool up = random_below(&random, 100) < (step / 20000 % 2 ? 30u : 70u);
		if (up && model[pool][person] < VNS) {
			model[pool][person]++;
			busy_more(busy, pool, person);
		} else if (!up && model[pool][person] > 0) {
			model[pool][person]--;
			busy_less(busy, pool, person);
		}
		uint32_t most = 0;
		for (int i = 0; i < PEOPLE; i++)
			most = model[pool][i] > most ? model[pool][i] : most;
		assert_int_equal(busy_most(busy, pool), most);
	}
	busy_free(busy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_tells_what_the_busiest_holds),
		cmocka_unit_test(a_pool_may_grow),
		cmocka_unit_test(as_many_people_as_it_has_room_for_fit),
		cmocka_unit_test(its_memory_is_under_ten_bytes_a_person),
		cmocka_unit_test(it_does_what_a_plain_matrix_does),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
