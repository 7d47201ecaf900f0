#include "unit/test.h"

#include "wire/problem.h"

static struct str document(enum err err, const struct problem *problem, char *text, size_t size)
{
	struct buf out;

	buf_fixed(&out, text, size);
	problem_put(&out, err, problem);
	assert_true(buf_ok(&out));
	return buf_text(&out);
}

static void a_bare_error_has_its_title_as_detail(void **state)
{
	struct problem none = {0};
	char text[1024];

	(void)state;
	assert_true(str_equal(document(ERR_NOT_FOUND, &none, text, sizeof text),
		STR("{\"type\":\"urn:bauta:error:not_found\",\"title\":\"There is no such "
		    "thing\",\"status\":404,"
		    "\"detail\":\"There is no such thing\",\"code\":\"not_found\"}")));
}

static void field_and_line_are_told_where_one_is_to_blame(void **state)
{
	struct problem problem;
	char text[1024];

	(void)state;
	assert_int_equal(
		problem_is(&problem, ERR_BAD_NUMBER, "parties[1].number", "too short"), ERR_BAD_NUMBER);
	problem.line = 7;
	assert_true(str_equal(document(ERR_BAD_NUMBER, &problem, text, sizeof text),
		STR("{\"type\":\"urn:bauta:error:bad_number\",\"title\":\"That is not a phone number that "
		    "can be dialled\","
		    "\"status\":422,\"detail\":\"too "
		    "short\",\"code\":\"bad_number\",\"field\":\"parties[1].number\",\"line\":7}")));
}

static void what_is_too_long_is_cut(void **state)
{
	char field[500], text[2048];
	struct problem problem;

	(void)state;
	memset(field, 'x', sizeof field - 1);
	field[sizeof field - 1] = '\0';
	problem_is(&problem, ERR_BAD_REQUEST, field, field);
	assert_int_equal(strlen(problem.field), PROBLEM_FIELD_MAX);
	assert_int_equal(strlen(problem.detail), PROBLEM_DETAIL_MAX);
	document(ERR_BAD_REQUEST, &problem, text, sizeof text);
	problem_is(&problem, ERR_BAD_REQUEST, NULL, NULL);
	assert_string_equal(problem.field, "");
	assert_string_equal(problem.detail, "");
}

static void every_error_has_a_document(void **state)
{
	struct problem none = {0};
	char text[1024];

	(void)state;
	for (int err = 1; err < ERR__COUNT; err++)
		assert_true(document((enum err)err, &none, text, sizeof text).len > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_error_has_its_title_as_detail),
		cmocka_unit_test(field_and_line_are_told_where_one_is_to_blame),
		cmocka_unit_test(what_is_too_long_is_cut),
		cmocka_unit_test(every_error_has_a_document),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
