#include "unit/test.h"

#include "core/call.h"

static int words(const char *const *list)
{
	int n = 0;

	while (list[n])
		n++;
	return n;
}

static void there_is_a_word_for_each_value(void **state)
{
	(void)state;
	assert_int_equal(words(action_words), ACTION__COUNT);
	assert_int_equal(words(reason_words), REASON__COUNT);
	assert_int_equal(words(call_status_words), CALL_CANCELED + 1);
	assert_string_equal(action_words[ACTION_FORWARD], "forward");
	assert_string_equal(reason_words[REASON_NONE], "");
	assert_string_equal(reason_words[REASON_NOT_A_VN], "not_a_vn");
	assert_string_equal(reason_words[REASON_LATE], "late");
	assert_string_equal(call_status_words[CALL_NO_ANSWER], "no_answer");
	assert_string_equal(call_status_words[CALL_CANCELED], "canceled");
}

static void a_call_that_ended_stays_ended(void **state)
{
	static const enum call_status ends[] = {CALL_REFUSED, CALL_COMPLETED, CALL_BUSY, CALL_NO_ANSWER, CALL_FAILED,
			CALL_CANCELED};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		for (int to = CALL_ASKED; to <= CALL_CANCELED; to++)
			assert_false(call_status_may(ends[i], (enum call_status)to));
}

static void a_question_may_be_asked_again(void **state)
{
	(void)state;
	assert_true(call_status_may(CALL_ASKED, CALL_ASKED));
	assert_true(call_status_may(CALL_ASKED, CALL_CONNECTING));
	assert_true(call_status_may(CALL_ASKED, CALL_REFUSED));
	assert_true(call_status_may(CALL_ASKED, CALL_FORWARDED));
	assert_true(call_status_may(CALL_ASKED, CALL_CANCELED));
	assert_false(call_status_may(CALL_ASKED, CALL_ANSWERED));
	assert_false(call_status_may(CALL_ASKED, CALL_COMPLETED));
}

static void a_call_that_rings_is_answered_or_ends(void **state)
{
	static const enum call_status ringing[] = {CALL_CONNECTING, CALL_FORWARDED};

	(void)state;
	for (int i = 0; i < 2; i++)
		for (int to = CALL_ASKED; to <= CALL_CANCELED; to++)
			assert_int_equal(call_status_may(ringing[i], (enum call_status)to), to >= CALL_ANSWERED);
}

static void an_answered_call_only_completes(void **state)
{
	(void)state;
	for (int to = CALL_ASKED; to <= CALL_CANCELED; to++)
		assert_int_equal(call_status_may(CALL_ANSWERED, (enum call_status)to), to == CALL_COMPLETED);
}

static void an_id_is_written_and_read_again(void **state)
{
	char text[CALL_ID_TEXT_SIZE];
	uint64_t id = 0;

	(void)state;
	call_id_text(0x0192d4c5b7a80003u, text);
	assert_int_equal(strlen(text), 18);
	assert_int_equal(strncmp(text, "cal_", 4), 0);
	assert_int_equal(call_id_parse(str_of(text), &id), ERR_OK);
	assert_true(id == 0x0192d4c5b7a80003u);
	assert_int_equal(call_id_parse(STR("ses_00000000000001"), &id), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_a_word_for_each_value),
		cmocka_unit_test(a_call_that_ended_stays_ended),
		cmocka_unit_test(a_question_may_be_asked_again),
		cmocka_unit_test(a_call_that_rings_is_answered_or_ends),
		cmocka_unit_test(an_answered_call_only_completes),
		cmocka_unit_test(an_id_is_written_and_read_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
