#include "unit/test.h"

#include "page_end.h"
#include "wire/type_pattern.h"

static bool ok(const char *text)
{
	struct page_end copy = page_end_copy(str_of(text));
	bool good = type_pattern_ok(copy.text);

	page_end_free(&copy);
	return good;
}

static void a_pattern_is_words_and_at_most_a_star_at_the_end(void **state)
{
	static const char *const good[] = {"session.live", "session.*", "*", "call", "a.b.c_1.*"};
	static const char *const bad[] = {"", ".", "session.", ".live", "session..live", "session*", "*.live",
		"session.*.x", "**", "Session.live", "session live", "session.li*"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!ok(good[i]))
			fail_msg("%s was refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (ok(bad[i]))
			fail_msg("%s was taken", bad[i]);
}

static void a_pattern_has_its_limit(void **state)
{
	char text[TYPE_PATTERN_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof text);
	assert_true(type_pattern_ok(str_n(text, TYPE_PATTERN_MAX)));
	assert_false(type_pattern_ok(str_n(text, TYPE_PATTERN_MAX + 1)));
}

static void a_pattern_holds_for_its_types_alone(void **state)
{
	(void)state;
	assert_true(type_pattern_holds(STR("session.live"), STR("session.live")));
	assert_false(type_pattern_holds(STR("session.live"), STR("session.lives")));
	assert_false(type_pattern_holds(STR("session.live"), STR("session")));
	assert_true(type_pattern_holds(STR("call.*"), STR("call.refused")));
	assert_false(type_pattern_holds(STR("call.*"), STR("call")));
	assert_false(type_pattern_holds(STR("call.*"), STR("caller.x")));
	assert_true(type_pattern_holds(STR("*"), STR("anything")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_words_and_at_most_a_star_at_the_end),
		cmocka_unit_test(a_pattern_has_its_limit),
		cmocka_unit_test(a_pattern_holds_for_its_types_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
