#include "unit/test.h"

#include "base/err.h"

/* The API knows one limit_reached; which of them it is, is for us and for the title. */
static enum err told_as(enum err err)
{
	return err == ERR_SESSION_FULL || err == ERR_ROLES_FULL ? ERR_LIMIT_REACHED : err;
}

static void every_error_has_a_slug_of_its_own_a_title_and_statuses(void **state)
{
	(void)state;
	for (int i = 0; i < ERR__COUNT; i++) {
		enum err err = (enum err)i;
		assert_non_null(err_slug(err));
		assert_true(strlen(err_slug(err)) > 0);
		assert_true(strlen(err_title(err)) > 0);
		assert_int_equal(err_by_slug(err_slug(err)), told_as(err));
		assert_int_equal(err_http_status(err), err_http_status(told_as(err)));
		assert_in_range(err_http_status(err), err == ERR_OK ? 200 : 400, err == ERR_OK ? 299 : 599);
		assert_in_range(err_sip_status(err), err == ERR_OK ? 200 : 400, err == ERR_OK ? 299 : 699);
	}
}

static void what_is_no_error_of_ours_is_internal(void **state)
{
	(void)state;
	assert_int_equal(err_by_slug("no_such_thing"), ERR_INTERNAL);
	assert_int_equal(err_by_slug(""), ERR_INTERNAL);
	assert_string_equal(err_slug((enum err)999), "internal");
	assert_int_equal(err_http_status((enum err)999), 500);
}

static void the_api_has_the_statuses_that_it_promises(void **state)
{
	static const struct {
		const char *slug;
		int status;
	} promised[] = {{"bad_request", 400}, {"bad_number", 422}, {"number_is_virtual", 422}, {"same_number_twice", 422},
			{"destination_not_allowed", 422}, {"too_many_parties", 422}, {"unauthorized", 401},
			{"forbidden", 403}, {"not_found", 404}, {"pool_exhausted", 409}, {"session_exists", 409},
			{"session_closed", 409}, {"number_in_use", 409}, {"too_old", 409}, {"too_large", 413},
			{"limit_reached", 503}, {"overloaded", 503}, {"idempotency_mismatch", 422},
			{"store_failed", 503}, {"internal", 500}};

	(void)state;
	for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
		enum err err = err_by_slug(promised[i].slug);
		assert_string_equal(err_slug(err), promised[i].slug);
		assert_int_equal(err_http_status(err), promised[i].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_a_slug_of_its_own_a_title_and_statuses),
		cmocka_unit_test(what_is_no_error_of_ours_is_internal),
		cmocka_unit_test(the_api_has_the_statuses_that_it_promises),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
