#include "unit/test.h"

#include "base/hash.h"
#include "core/session.h"

static void a_session_that_was_not_closed_is_as_stored(void **state)
{
	struct session_row row = {.state = SESSION_WAITING, .expires_at = 100};

	(void)state;
	assert_int_equal(session_state_at(&row, 50000), SESSION_WAITING);
	row.state = SESSION_LIVE;
	assert_int_equal(session_state_at(&row, 500000), SESSION_LIVE);
}

static void a_closed_session_goes_through_grace_and_cool_down(void **state)
{
	struct session_row row = {.state = SESSION_CLOSING, .closed_at = 100, .grace_until = 200, .cool_until = 300};

	(void)state;
	assert_int_equal(session_state_at(&row, 100000), SESSION_CLOSING);
	assert_int_equal(session_state_at(&row, 199999), SESSION_CLOSING);
	assert_int_equal(session_state_at(&row, 200000), SESSION_COOLING);
	assert_int_equal(session_state_at(&row, 299999), SESSION_COOLING);
	assert_int_equal(session_state_at(&row, 300000), SESSION_CLOSED);
	row.grace_until = row.cool_until = 100;
	assert_int_equal(session_state_at(&row, 100000), SESSION_CLOSED);
}

static void a_session_that_was_never_live_is_closed_at_once(void **state)
{
	struct session_row row = {.state = SESSION_CLOSING, .closed_at = 100, .grace_until = 200, .cool_until = 300,
			.never_live = true};

	(void)state;
	assert_int_equal(session_state_at(&row, 100000), SESSION_CLOSED);
}

static void times_past_2038_are_times(void **state)
{
	struct session_row row = {.closed_at = 4000000000u, .grace_until = 4000000100u, .cool_until = 4000000200u};

	(void)state;
	assert_int_equal(session_state_at(&row, 4000000099999), SESSION_CLOSING);
	assert_int_equal(session_state_at(&row, 4000000100000), SESSION_COOLING);
}

static void an_id_is_written_and_read_again(void **state)
{
	struct random random = {test_seed()};
	char text[SESSION_ID_TEXT_SIZE], earlier[SESSION_ID_TEXT_SIZE];

	(void)state;
	assert_string_equal(session_id_text(1, text), "ses_00000000000001");
	assert_string_equal(session_id_text(UINT64_MAX, text), "ses_7ZZZZZZZZZ1ZZZ");
	for (int i = 0; i < 10000; i++) {
		uint64_t id = random_next(&random) | 1, back = 0;
		assert_int_equal(session_id_parse(str_of(session_id_text(id, text)), &back), ERR_OK);
		assert_true(back == id);
		uint64_t less = random_next(&random) % id;
		assert_true(strcmp(session_id_text(less, earlier), text) < 0);
	}
}

static void an_id_has_one_spelling(void **state)
{
	static const char *const texts[] = {"", "ses_", "ses_00000000000000", "cal_00000000000001", "ses_0000000000001",
			"ses_000000000000001", "ses_80000000000001", "ses_00000000002000", "ses_0000000000000l",
			"ses_0000000000000I", "ses_0000000000000u", "ses_0000000000000a", "SES_00000000000001"};
	uint64_t id = 7;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(session_id_parse(str_of(texts[i]), &id), ERR_NOT_FOUND);
	assert_int_equal(session_id_parse(str_n("ses_0000000000000\0", 18), &id), ERR_NOT_FOUND);
	assert_true(id == 7);
}

static void a_viewer_sees_a_target_by_its_own_vn_unless_a_view_says_otherwise(void **state)
{
	struct party parties[3] = {
		{.role = "customer", .vn = {622150000001}, .vn_id = 1},
		{.role = "courier", .vn = {622150000002}, .vn_id = 2},
		{.role = "desk", .vn = {622150000003}, .vn_id = 3},
	};
	struct session_view_vn view = {.viewer = 0, .target = 1, .vn_id = 9, .vn = {622150000009}};
	struct session_row row = {.parties = parties, .parties_n = 3, .views = &view, .views_n = 1};
	uint32_t id;

	(void)state;
	assert_true(session_vn_seen(&row, 0, 1, &id).e164 == 622150000009 && id == 9);
	assert_true(session_vn_seen(&row, 2, 1, &id).e164 == 622150000002 && id == 2);
	assert_true(session_vn_seen(&row, 1, 0, &id).e164 == 622150000001 && id == 1);
}

static void a_party_is_found_by_its_role(void **state)
{
	struct party parties[2] = {{.role = "customer"}, {.role = "courier"}};
	struct session_row row = {.parties = parties, .parties_n = 2};

	(void)state;
	assert_int_equal(session_party_of(&row, STR("courier")), 1);
	assert_int_equal(session_party_of(&row, STR("Courier")), -1);
	assert_int_equal(session_party_of(&row, STR("cour")), -1);
	assert_int_equal(session_party_of(&row, STR_NONE), -1);
}

static void a_role_is_a_short_word(void **state)
{
	(void)state;
	assert_true(session_role_ok(STR("a")));
	assert_true(session_role_ok(STR("Courier_2-b.x")));
	assert_true(session_role_ok(STR("abcdefghijklmnopqrstuvwxyz012345")));
	assert_false(session_role_ok(STR("abcdefghijklmnopqrstuvwxyz0123456")));
	assert_false(session_role_ok(STR("")));
	assert_false(session_role_ok(STR("a b")));
	assert_false(session_role_ok(STR("a/b")));
	assert_false(session_role_ok(STR("k\xc3\xa9")));
	assert_false(session_role_ok(str_n("a\0", 2)));
}

static void a_ref_is_well_formed_utf8_without_controls(void **state)
{
	static const char *const bad[] = {"", "a\nb", "\x7f", "\xc2\x80", "\xc2\x9f", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf",
			"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xff", "a\xe2\x28\xa1"};
	char longest[SESSION_REF_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof longest);
	assert_true(session_ref_ok(str_n(longest, SESSION_REF_MAX)));
	assert_false(session_ref_ok(str_n(longest, SESSION_REF_MAX + 1)));
	assert_true(session_ref_ok(STR("A-1001")));
	assert_true(session_ref_ok(STR("\xc2\xa0\xe2\x82\xac\xf0\x9f\x93\x9e\xf4\x8f\xbf\xbf\xed\x9f\xbf")));
	assert_false(session_ref_ok(str_n("a\0b", 3)));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(session_ref_ok(str_of(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_that_was_not_closed_is_as_stored),
		cmocka_unit_test(a_closed_session_goes_through_grace_and_cool_down),
		cmocka_unit_test(a_session_that_was_never_live_is_closed_at_once),
		cmocka_unit_test(times_past_2038_are_times),
		cmocka_unit_test(an_id_is_written_and_read_again),
		cmocka_unit_test(an_id_has_one_spelling),
		cmocka_unit_test(a_viewer_sees_a_target_by_its_own_vn_unless_a_view_says_otherwise),
		cmocka_unit_test(a_party_is_found_by_its_role),
		cmocka_unit_test(a_role_is_a_short_word),
		cmocka_unit_test(a_ref_is_well_formed_utf8_without_controls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
