#include "unit/test.h"

#include "base/hash.h"
#include "core/roles.h"
#include "core/session.h"

#define MAX 4

static const uint64_t key[2] = {1, 2};

static uint16_t take(struct roles *roles, const char *name)
{
	uint16_t index;

	assert_int_equal(roles_take(roles, str_of(name), &index), ERR_OK);
	assert_string_equal(roles_name(roles, index), name);
	return index;
}

static void a_role_has_one_index_as_long_as_it_is_used(void **state)
{
	struct roles *roles = roles_new(MAX, key);
	uint16_t index;

	(void)state;
	uint16_t customer = take(roles, "customer"), courier = take(roles, "courier");
	assert_int_not_equal(customer, courier);
	assert_int_equal(take(roles, "customer"), customer);
	assert_int_equal(roles_uses(roles), 3);
	roles_give(roles, customer);
	assert_string_equal(roles_name(roles, customer), "customer");
	assert_int_equal(take(roles, "customer"), customer);
	assert_int_equal(roles_take(roles, STR("a-role-of-more-than-thirty-two-bytes"), &index), ERR_BAD_REQUEST);
	roles_free(roles);
}

static void there_is_a_maximum_and_what_nobody_uses_makes_room(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	struct roles *roles = roles_new(MAX, key);
	uint16_t indices[MAX], index;

	(void)state;
	for (int i = 0; i < MAX; i++)
		indices[i] = take(roles, names[i]);
	assert_int_equal(roles_take(roles, STR("e"), &index), ERR_ROLES_FULL);
	assert_int_equal(take(roles, "b"), indices[1]);
	roles_give(roles, indices[1]);
	assert_int_equal(roles_take(roles, STR("e"), &index), ERR_ROLES_FULL);
	roles_give(roles, indices[1]);
	assert_int_equal(take(roles, "e"), indices[1]);
	assert_int_equal(roles_take(roles, STR("b"), &index), ERR_ROLES_FULL);
	assert_string_equal(roles_name(roles, indices[3]), "d");
	roles_free(roles);
}

/* Against an array of counts. */
static void uses_are_counted(void **state)
{
	struct roles *roles = roles_new(MAX, key);
	uint32_t counts[8] = {0}, all = 0;
	uint16_t indices[8];
	struct random random = {test_seed()};

	(void)state;
	for (int step = 0; step < 20000; step++) {
		int i = (int)random_below(&random, 8), distinct = 0;
		char name[8];
		snprintf(name, sizeof name, "role-%d", i);
		for (int k = 0; k < 8; k++)
			distinct += counts[k] > 0;
		if (counts[i] && random_below(&random, 2)) {
			roles_give(roles, indices[i]);
			counts[i]--, all--;
			continue;
		}
		uint16_t index;
		enum err err = roles_take(roles, str_of(name), &index);
		assert_int_equal(err, counts[i] || distinct < MAX ? ERR_OK : ERR_ROLES_FULL);
		if (err)
			continue;
		if (counts[i])
			assert_int_equal(index, indices[i]);
		indices[i] = index;
		counts[i]++, all++;
		assert_int_equal(roles_uses(roles), all);
	}
	roles_free(roles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_role_has_one_index_as_long_as_it_is_used),
		cmocka_unit_test(there_is_a_maximum_and_what_nobody_uses_makes_room),
		cmocka_unit_test(uses_are_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
