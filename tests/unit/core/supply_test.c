/* What a pool's supply may say: each setting at its limits and a step beyond. */
#include "unit/test.h"

#include "core/supply.h"

static struct supply_policy policy_with(int accounts)
{
	struct supply_policy policy = supply_policy_default();

	policy.accounts_n = (uint8_t)accounts;
	for (int i = 0; i < accounts && i < SUPPLY_ACCOUNTS_MAX; i++) {
		snprintf(policy.accounts[i].provider, sizeof policy.accounts[i].provider, "twilio");
		snprintf(policy.accounts[i].name, sizeof policy.accounts[i].name, "main-%d", i);
	}
	return policy;
}

static void assert_good(const struct supply_policy *policy)
{
	const char *field = "none";

	if (supply_policy_check(policy, &field) != ERR_OK)
		fail_msg("%s", field);
	assert_string_equal(field, "none");
}

static void assert_bad(const struct supply_policy *policy, const char *expected)
{
	const char *field = "none";

	assert_int_equal(supply_policy_check(policy, &field), ERR_BAD_REQUEST);
	assert_string_equal(field, expected);
}

static void what_nobody_set_buys_nothing(void **state)
{
	struct supply_policy policy = supply_policy_default();

	(void)state;
	assert_good(&policy);
	assert_false(policy.buy || policy.join || policy.replace);
	assert_int_equal(policy.accounts_n, 0);
	policy.buy = true;
	assert_bad(&policy, "supply.buy");
	policy.buy = false;
	policy.join = true;
	assert_bad(&policy, "supply.join");
	policy = policy_with(1);
	policy.buy = policy.join = true;
	assert_good(&policy);
}

static void accounts_are_named_once_and_whole(void **state)
{
	struct supply_policy policy = policy_with(SUPPLY_ACCOUNTS_MAX);

	(void)state;
	assert_good(&policy);
	policy.accounts[7] = policy.accounts[0];
	assert_bad(&policy, "supply.accounts");
	snprintf(policy.accounts[7].provider, sizeof policy.accounts[7].provider, "telnyx");
	assert_good(&policy); /* one name, two providers */
	policy.accounts[3].provider[0] = '\0';
	assert_bad(&policy, "supply.accounts");
	policy = policy_with(2);
	policy.accounts[1].name[0] = '\0';
	assert_bad(&policy, "supply.accounts");
	policy = policy_with(SUPPLY_ACCOUNTS_MAX + 1);
	assert_bad(&policy, "supply.accounts");
}

static void figures_have_their_limits(void **state)
{
	struct supply_policy policy = supply_policy_default();

	(void)state;
	policy.stockout_ppm = 1;
	assert_good(&policy);
	policy.stockout_ppm = 500000;
	policy.total_max = 1000000;
	policy.day_max = 10000;
	assert_good(&policy);
	policy.stockout_ppm = 0;
	assert_bad(&policy, "supply.stockout");
	policy.stockout_ppm = 500001;
	assert_bad(&policy, "supply.stockout");
	policy.stockout_ppm = 1;
	policy.total_max++;
	assert_bad(&policy, "supply.total_max");
	policy.total_max--;
	policy.day_max++;
	assert_bad(&policy, "supply.day_max");
	policy.day_max = 0;
	policy.by = SUPPLY_BY_FORECAST;
	assert_good(&policy);
	policy.by = (enum supply_by)(SUPPLY_BY_FORECAST + 1);
	assert_bad(&policy, "supply.by");
}

static void money_has_a_currency(void **state)
{
	static const char *const wrong[] = {"", "US", "usd", "U D", "EU1"};
	struct supply_policy policy = supply_policy_default();

	(void)state;
	policy.month_micros = 1000000000000000;
	snprintf(policy.currency, sizeof policy.currency, "IDR");
	assert_good(&policy);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		snprintf(policy.currency, sizeof policy.currency, "%s", wrong[i]);
		assert_bad(&policy, "supply.currency");
	}
	policy.month_micros = 0; /* no bound: then no currency, or a right one */
	assert_bad(&policy, "supply.currency");
	policy.currency[0] = '\0';
	assert_good(&policy);
	snprintf(policy.currency, sizeof policy.currency, "EUR");
	assert_good(&policy);
	policy.month_micros = 1000000000000001;
	assert_bad(&policy, "supply.month_max");
}

static void words_are_what_providers_take(void **state)
{
	static const char *const types[] = {"", "local", "mobile", "national", "tollfree"};
	struct supply_policy policy = supply_policy_default();

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		snprintf(policy.type, sizeof policy.type, "%s", types[i]);
		assert_good(&policy);
	}
	snprintf(policy.type, sizeof policy.type, "Local");
	assert_bad(&policy, "supply.type");
	policy = supply_policy_default();
	snprintf(policy.area, sizeof policy.area, "21 5");
	assert_bad(&policy, "supply.area");
	snprintf(policy.area, sizeof policy.area, "215");
	snprintf(policy.region, sizeof policy.region, "Nordrhein \xc3\xa4");
	assert_good(&policy);
	snprintf(policy.region, sizeof policy.region, "a\nb");
	assert_bad(&policy, "supply.region");
	policy.region[0] = '\0';
	snprintf(policy.tag, sizeof policy.tag, "a\x7f");
	assert_bad(&policy, "supply.tag");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_set_buys_nothing),
		cmocka_unit_test(accounts_are_named_once_and_whole),
		cmocka_unit_test(figures_have_their_limits),
		cmocka_unit_test(money_has_a_currency),
		cmocka_unit_test(words_are_what_providers_take),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
