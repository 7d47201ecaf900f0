#include "unit/test.h"

#include "core/pool.h"

#define INDONESIA ('I' << 8 | 'D')

static void the_defaults_are_those_of_the_api_and_pass(void **state)
{
	struct pool_policy policy = pool_policy_default(INDONESIA);
	const char *field = NULL;

	(void)state;
	assert_int_equal(pool_policy_check(&policy, &field), ERR_OK);
	assert_null(field);
	assert_int_equal(policy.country, INDONESIA);
	assert_int_equal(policy.countries_n, 0);
	assert_string_equal(pool_mode_words[policy.mode], "shared");
	assert_string_equal(pool_numbers_words[policy.numbers], "each");
	assert_string_equal(pool_ttl_from_words[policy.ttl_from], "open");
	assert_string_equal(pool_stick_words[policy.stick], "avoid");
	assert_string_equal(pool_geo_words[policy.geo], "any");
	assert_string_equal(pool_unknown_words[policy.unknown_caller], "reject");
	assert_int_equal(policy.ttl_s, 14400);
	assert_int_equal(policy.grace_s, 600);
	assert_int_equal(policy.cooldown_s, 14400);
	assert_int_equal(policy.rest_s, 300);
	assert_int_equal(policy.per_vn_max, 100);
	assert_int_equal(policy.ring_s, 30);
	assert_int_equal(policy.max_call_s, 3600);
	assert_int_equal(policy.keep_s, 30 * 86400);
	assert_false(policy.geo_strict);
}

static void blames(const struct pool_policy *policy, const char *expected)
{
	const char *field = NULL;

	assert_int_equal(pool_policy_check(policy, &field), ERR_BAD_REQUEST);
	assert_string_equal(field, expected);
}

#define BLAMES(setting, value, name) do { \
	struct pool_policy policy = pool_policy_default(INDONESIA); \
	policy.setting = value; \
	blames(&policy, name); \
} while (0)

static void a_setting_out_of_range_is_named(void **state)
{
	(void)state;
	BLAMES(country, 0, "country");
	BLAMES(country, 'i' << 8 | 'd', "country");
	BLAMES(countries_n, 1, "countries");
	BLAMES(countries_n, POOL_COUNTRIES_MAX + 1, "countries");
	BLAMES(mode, (enum pool_mode)2, "mode");
	BLAMES(numbers, (enum pool_numbers)2, "numbers");
	BLAMES(ttl_s, 0, "ttl_s");
	BLAMES(ttl_s, UINT32_MAX, "ttl_s");
	BLAMES(ttl_from, (enum pool_ttl_from)2, "ttl_from");
	BLAMES(grace_s, UINT32_MAX, "grace_s");
	BLAMES(cooldown_s, UINT32_MAX, "cooldown_s");
	BLAMES(rest_s, UINT32_MAX, "rest_s");
	BLAMES(per_vn_max, 0, "per_vn_max");
	BLAMES(stick, (enum pool_stick)2, "stick");
	BLAMES(stick_s, UINT32_MAX, "stick_s");
	BLAMES(geo, (enum pool_geo)3, "geo");
	BLAMES(unknown_caller, (enum pool_unknown)4, "unknown_caller");
	BLAMES(ring_s, 4, "ring_s");
	BLAMES(ring_s, 601, "ring_s");
	BLAMES(max_call_s, 0, "max_call_s");
	BLAMES(max_call_s, 86401, "max_call_s");
	BLAMES(keep_s, UINT32_MAX, "keep_s");
}

static void who_forwards_strangers_must_say_where_to(void **state)
{
	struct pool_policy policy = pool_policy_default(INDONESIA);
	const char *field = NULL;

	(void)state;
	policy.unknown_caller = POOL_UNKNOWN_FORWARD;
	blames(&policy, "forward_to");
	policy.forward_to.e164 = 14155550123;
	assert_int_equal(pool_policy_check(&policy, &field), ERR_OK);
}

static void the_high_water_mark_is_not_below_the_low_one(void **state)
{
	struct pool_policy policy = pool_policy_default(INDONESIA);
	const char *field = NULL;

	(void)state;
	policy.low_water = 10;
	assert_int_equal(pool_policy_check(&policy, &field), ERR_OK);
	policy.high_water = 9;
	blames(&policy, "high_water");
	policy.high_water = 10;
	assert_int_equal(pool_policy_check(&policy, &field), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_those_of_the_api_and_pass),
		cmocka_unit_test(a_setting_out_of_range_is_named),
		cmocka_unit_test(who_forwards_strangers_must_say_where_to),
		cmocka_unit_test(the_high_water_mark_is_not_below_the_low_one),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
