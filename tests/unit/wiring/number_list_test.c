#include "unit/test.h"

#include "cli/number_list.h"

static struct number_list list;

static int begin(void **state)
{
	(void)state;
	number_list_init(&list);
	return 0;
}

/* `wanted` NULL: the line holds no row. */
static void assert_row(const char *line, const char *wanted)
{
	json_t *row = NULL;
	const char *why = NULL;

	assert_int_equal(number_list_read(&list, str_of(line), &row, &why), ERR_OK);
	if (!wanted) {
		assert_null(row);
		return;
	}
	assert_non_null(row);
	char *text = json_dumps(row, JSON_COMPACT);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(row);
}

static void assert_refused(const char *line, const char *reason)
{
	json_t *row = NULL;
	const char *why = "";

	assert_int_equal(number_list_read(&list, str_of(line), &row, &why), ERR_BAD_REQUEST);
	assert_null(row);
	assert_non_null(strstr(why, reason));
}

static void a_number_a_line_is_enough(void **state)
{
	(void)state;
	assert_row("+622150001234\n", "{\"number\":\"+622150001234\"}");
	assert_row("  +622150001235 \r\n", "{\"number\":\"+622150001235\"}");
	assert_row("", NULL);
	assert_row("# a comment", NULL);
}

static void csv_without_a_heading_has_the_usual_order(void **state)
{
	(void)state;
	assert_row("+622150001234,twilio,main,yes", "{\"number\":\"+622150001234\",\"provider\":\"twilio\","
						    "\"account\":\"main\",\"reserved\":true}");
	assert_row("+622150001235, twilio", "{\"number\":\"+622150001235\",\"provider\":\"twilio\"}");
	assert_row("+622150001236,,other,",
		"{\"number\":\"+622150001236\",\"account\":\"other\",\"reserved\":false}");
}

static void a_heading_gives_the_order(void **state)
{
	(void)state;
	assert_row("\xEF\xBB\xBFProvider;City;Number", NULL);
	assert_row("twilio;Jakarta;+622150001234", "{\"provider\":\"twilio\",\"number\":\"+622150001234\"}");
	assert_refused("twilio;Jakarta", "no number");
}

static void quoted_fields_are_read(void **state)
{
	(void)state;
	assert_row("\"+622150001234\",\"twi\"\"lio\" , main",
		"{\"number\":\"+622150001234\",\"provider\":\"twi\\\"lio\",\"account\":\"main\"}");
	assert_refused("\"+62215,x", "not a line of CSV");
	assert_refused("\"+62215\"x,y", "not a line of CSV");
}

static void json_lines_are_read(void **state)
{
	(void)state;
	assert_row("{\"number\": \"+622150001234\", \"reserved\": true}",
		"{\"number\":\"+622150001234\",\"reserved\":true}");
	assert_refused("{\"number\": ", "not a JSON object");
	assert_refused("{\"provider\": \"twilio\"}", "no number");
	assert_refused("{\"number\":\"+1\",\"number\":\"+2\"}", "not a JSON object");
}

static void defaults_fill_what_a_line_leaves_out(void **state)
{
	(void)state;
	list.provider = "exotel";
	list.account = "india";
	list.reserved = true;
	assert_row("+918047112233", "{\"number\":\"+918047112233\",\"provider\":\"exotel\",\"account\":"
				    "\"india\",\"reserved\":true}");
	assert_row("+918047112234,twilio,main,no", "{\"number\":\"+918047112234\",\"provider\":\"twilio\","
						   "\"account\":\"main\",\"reserved\":false}");
}

static void a_switch_is_yes_or_no(void **state)
{
	(void)state;
	assert_refused("+622150001234,twilio,main,perhaps", "neither yes nor no");
}

static void what_is_not_utf8_is_refused(void **state)
{
	(void)state;
	assert_refused("+622150001234,\xFF\xFE", "UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_number_a_line_is_enough, begin),
		cmocka_unit_test_setup(csv_without_a_heading_has_the_usual_order, begin),
		cmocka_unit_test_setup(a_heading_gives_the_order, begin),
		cmocka_unit_test_setup(quoted_fields_are_read, begin),
		cmocka_unit_test_setup(json_lines_are_read, begin),
		cmocka_unit_test_setup(defaults_fill_what_a_line_leaves_out, begin),
		cmocka_unit_test_setup(a_switch_is_yes_or_no, begin),
		cmocka_unit_test_setup(what_is_not_utf8_is_refused, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
