#include "unit/test.h"

#include "core/message.h"
#include "page_end.h"

static void expect_clean(const char *text, const char *wanted, size_t wanted_chars)
{
	struct page_end page = page_end_copy(str_of(text));
	char clean[512];
	size_t chars = 99, len = message_clean(page.text, clean, &chars);

	page_end_free(&page);
	clean[len] = '\0';
	assert_string_equal(clean, wanted);
	assert_int_equal(chars, wanted_chars);
}

static void a_text_goes_on_as_it_is_but_for_what_no_document_holds(void **state)
{
	(void)state;
	expect_clean("I am at the gate", "I am at the gate", 16);
	expect_clean("  two\nlines\t \r\n", "two\nlines", 9);
	expect_clean("bell\a and \x1b[31m red", "bell and [31m red", 17);
	expect_clean("sa\xc3\xafne \xf0\x9f\x9a\xb2", "sa\xc3\xafne \xf0\x9f\x9a\xb2", 7);
	expect_clean("broken \xc3", "broken", 6);
	expect_clean("over\xc0\xaflong \xed\xa0\x80 surrogate", "overlong  surrogate", 19);
	expect_clean("a\x7f" "b\xc2\x80" "c\xc2\x9f" "d\xef\xbf\xbe" "e\xef\xbf\xbf" "f\xef\xbf\xbd", "abcdef\xef\xbf\xbd", 7);
	expect_clean("", "", 0);
	expect_clean("\xff\xfe\x01", "", 0);
}

static void expect_segments(char c, int n, const char *more, int wanted)
{
	char text[2000];
	int len = 0;

	while (len < n)
		text[len++] = c;
	memcpy(text + len, more, strlen(more));
	assert_int_equal(message_segments(str_n(text, (size_t)len + strlen(more))), wanted);
}

static void segments_are_counted_as_networks_do(void **state)
{
	(void)state;
	expect_segments('a', 0, "", 0);
	expect_segments('a', 160, "", 1);
	expect_segments('a', 161, "", 2);
	expect_segments('a', 306, "", 2);
	expect_segments('a', 307, "", 3);
	expect_segments('[', 80, "", 1);
	expect_segments('[', 81, "", 2);
	expect_segments('a', 159, "\xe2\x82\xac", 2); /* the euro takes two */
	expect_segments('a', 69, "\xd9\xa0", 1);
	expect_segments('a', 70, "\xd9\xa0", 2);
	expect_segments('a', 68, "\xf0\x9f\x9a\xb2", 1); /* and this two of UCS-2's */
	expect_segments('a', 69, "\xf0\x9f\x9a\xb2", 2);
	/* In the alphabet: line ends, and what lies beyond ASCII; not in it: a grave accent, a tab, bytes that are no character. */
	expect_segments('a', 158, "\r\n", 1);
	expect_segments('a', 159, "\xc3\xa0", 1); /* the last of those */
	expect_segments('a', 158, "\xce\xa9\xc2\xa3", 1);
	expect_segments('a', 70, "`", 2);
	expect_segments('a', 70, "\t", 2);
	expect_segments('a', 70, "\xff", 2);
	expect_segments('a', 69, "\xff", 1);
}

static void what_is_over_stays_over(void **state)
{
	(void)state;
	assert_true(message_state_may(MESSAGE_QUEUED, MESSAGE_SENT));
	assert_true(message_state_may(MESSAGE_QUEUED, MESSAGE_DELIVERED));
	assert_true(message_state_may(MESSAGE_SENT, MESSAGE_FAILED));
	assert_false(message_state_may(MESSAGE_SENT, MESSAGE_SENT));
	assert_false(message_state_may(MESSAGE_SENT, MESSAGE_QUEUED));
	for (int to = 0; to < MESSAGE__STATES; to++) {
		assert_false(message_state_may(MESSAGE_DELIVERED, (enum message_state)to));
		assert_false(message_state_may(MESSAGE_FAILED, (enum message_state)to));
		assert_false(message_state_may(MESSAGE_REFUSED, (enum message_state)to));
	}
}

static void every_state_and_reason_has_its_word(void **state)
{
	int n = 0;

	(void)state;
	while (message_state_words[n])
		n++;
	assert_int_equal(n, MESSAGE__STATES);
	for (n = 0; message_why_words[n];)
		n++;
	assert_int_equal(n, MESSAGE__WHYS);
	for (int reason = 1; reason < REASON__COUNT; reason++)
		assert_int_not_equal(message_why_of((enum reason)reason), MESSAGE_WHY_NONE);
}

static void ids_have_one_spelling(void **state)
{
	char text[MESSAGE_ID_TEXT_SIZE];
	uint64_t id = 0;

	(void)state;
	assert_int_equal(message_id_parse(str_of(message_id_text(0x123456789abcu, text)), &id), ERR_OK);
	assert_int_equal(id, 0x123456789abcu);
	assert_int_equal(message_id_parse(STR("ses_00000000000001"), &id), ERR_NOT_FOUND);
}

static void no_code_holds_a_number(void **state)
{
	(void)state;
	assert_true(message_code_ok(STR("30003")));
	assert_true(message_code_ok(STR("no_answer-2")));
	assert_true(message_code_ok(STR("123456")));
	assert_false(message_code_ok(STR("1234567")));
	assert_false(message_code_ok(STR("x81234567210")));
	assert_false(message_code_ok(STR("two words")));
	assert_false(message_code_ok(STR("0123456-0123456-0123456-01234567")));
}

static void a_text_is_kept_for_a_month_at_most(void **state)
{
	struct message_policy policy = {.on = true, .keep_bodies_s = MESSAGE_KEEP_MAX_S};
	const char *field = NULL;

	(void)state;
	assert_int_equal(message_policy_check(&policy, &field), ERR_OK);
	policy.keep_bodies_s++;
	assert_int_equal(message_policy_check(&policy, &field), ERR_BAD_REQUEST);
	assert_string_equal(field, "keep_bodies_s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_goes_on_as_it_is_but_for_what_no_document_holds),
		cmocka_unit_test(segments_are_counted_as_networks_do),
		cmocka_unit_test(what_is_over_stays_over),
		cmocka_unit_test(every_state_and_reason_has_its_word),
		cmocka_unit_test(ids_have_one_spelling),
		cmocka_unit_test(no_code_holds_a_number),
		cmocka_unit_test(a_text_is_kept_for_a_month_at_most),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
