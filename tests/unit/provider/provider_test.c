#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "page_end.h"
#include "provider/provider.h"

static bool allows(const char *net, const char *peer)
{
	struct account account = {.allow_n = 1};
	struct page_end copy = page_end_copy(str_of(net));

	assert_true(account_net_parse(copy.text, &account.allow[0]));
	page_end_free(&copy);
	return account_allows(&account, peer);
}

static void a_network_holds_its_addresses_and_no_others(void **state)
{
	(void)state;
	assert_true(allows("203.0.113.0/24", "203.0.113.255"));
	assert_false(allows("203.0.113.0/24", "203.0.114.0"));
	assert_true(allows("203.0.113.8/29", "203.0.113.15"));
	assert_false(allows("203.0.113.8/29", "203.0.113.16"));
	assert_true(allows("203.0.113.7", "203.0.113.7"));
	assert_false(allows("203.0.113.7", "203.0.113.6"));
	assert_true(allows("0.0.0.0/0", "198.51.100.1"));
	assert_false(allows("0.0.0.0/0", "2001:db8::1"));
	assert_true(allows("2001:db8::/32", "2001:db8:ffff::1"));
	assert_false(allows("2001:db8::/32", "2001:db9::1"));
	assert_true(allows("2001:db8::1", "2001:0db8:0:0::1"));
	assert_true(allows("::/0", "203.0.113.7"));
	assert_true(allows("203.0.113.0/24", "::ffff:203.0.113.9"));
	assert_true(allows("::ffff:203.0.113.0/120", "203.0.113.9"));
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const broken[] = {"", "/", "/24", "203.0.113.0/", "203.0.113.0/33",
		"203.0.113.0/-1", "203.0.113.0/24/8", "203.0.113", "203.0.113.256", "203.0.113.7/24",
		"2001:db8::/129", "2001:db8::1/64", "2001:db8", "localhost", "203.0.113.0 /24",
		"fe80::1%eth0", "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"};
	struct account_net net = {.bits = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_false(account_net_parse(str_of(broken[i]), &net));
	assert_false(account_net_parse(STR_NONE, &net));
	assert_false(account_net_parse(str_n("203.0.113.0\0/24", 15), &net));
	assert_int_equal(net.bits, 77);
}

static void no_list_allows_everybody_and_a_list_nobody_unnamed(void **state)
{
	struct account account = {0};

	(void)state;
	assert_true(account_allows(&account, "203.0.113.7"));
	assert_true(account_allows(&account, "not an address"));
	account.allow_n = 1;
	assert_true(account_net_parse(STR("0.0.0.0/0"), &account.allow[0]));
	assert_false(account_allows(&account, "not an address"));
	assert_false(account_allows(&account, ""));
	assert_false(account_allows(&account, NULL));
}

static void providers_are_found_by_their_names(void **state)
{
	(void)state;
	for (int i = 0; providers[i]; i++) {
		assert_ptr_equal(provider_find(str_of(providers[i]->name)), providers[i]);
		assert_true(strlen(providers[i]->name) <= PROVIDER_NAME_MAX);
	}
	assert_null(provider_find(STR("Twilio")));
	assert_null(provider_find(STR("")));
	assert_non_null(provider_find(STR("8x8")));
	assert_null(provider_find(STR("9x9")));
}

static void generic_has_no_webhook(void **state)
{
	const struct provider *generic = provider_find(STR("generic"));
	struct account account = {.secret = "12345"};
	struct webhook webhook = {.rest = STR("voice"), .post = true};

	(void)state;
	assert_int_equal(generic->hook(&account, &webhook), HOOK_NONE);
	assert_false(generic->verify(&account, &webhook));
	assert_null(generic->sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_holds_its_addresses_and_no_others),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(no_list_allows_everybody_and_a_list_nobody_unnamed),
		cmocka_unit_test(providers_are_found_by_their_names),
		cmocka_unit_test(generic_has_no_webhook),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
