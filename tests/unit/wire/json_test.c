#include "unit/test.h"

#include "wire/json.h"

#define MAX 65536

static struct problem problem;

static enum err read_text(struct str text, struct json *json)
{
	problem = (struct problem){0};
	return json_read(text, MAX, json, &problem);
}

static struct json must(const char *text)
{
	struct json json = {0};

	assert_int_equal(read_text(str_of(text), &json), ERR_OK);
	return json;
}

static void documents_that_are_not_json_are_refused_with_their_line(void **state)
{
	static const struct {
		struct str text;
		uint32_t line;
	} wrong[] = {
		{STR(""), 1},
		{STR("{"), 1},
		{STR("{}x"), 1},
		{STR("1"), 1},
		{STR("\"a\""), 1},
		{STR("null"), 1},
		{STR("{\"a\":01}"), 1},
		{STR("{'a':1}"), 1},
		{STR("{\"a\":1,}"), 1},
		{STR("{\"a\":NaN}"), 1},
		{STR("{\n\n\"a\":}"), 3},
		{STR("{\"a\":1,\n\"a\":2}"), 2},
		{STR("{\"a\":\"\xff\"}"), 1},
		{STR("{\"a\":\"\xed\xa0\x80\"}"), 1},
		{STR("{\"a\":\"\\u0000\"}"), 1},
		{STR("{\"a\":\"\\ud800\"}"), 1},
		{STR("{\"a\":1\0}"), 1},
		{STR("{\"a\":99999999999999999999}"), 1},
		{STR("\xef\xbb\xbf{}"), 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct json json = {0};
		assert_int_equal(read_text(wrong[i].text, &json), ERR_BAD_REQUEST);
		assert_null(json.root);
		assert_int_equal(problem.line, wrong[i].line);
		assert_true(problem.detail[0] != '\0');
	}
}

static void depth_and_size_have_their_limits(void **state)
{
	char text[2 * 20 + 1] = "";
	struct json json = {0};

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	assert_int_equal(read_text(str_n(text, 2 * JSON_DEPTH_MAX), &json), ERR_OK);
	json_done(&json);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_int_equal(read_text(str_n(text, 2 * JSON_DEPTH_MAX + 2), &json), ERR_BAD_REQUEST);
	json = must("[\"[[[[[[[[[[[[[[[[[[[[\\\"[\"]");
	json_done(&json);
	assert_int_equal(json_read(STR("[1,2]"), 4, &json, &problem), ERR_TOO_LARGE);
	assert_int_equal(json_read(STR("[1,2]"), 5, &json, &problem), ERR_OK);
	json_done(&json);
}

static void fields_are_known_and_needed_ones_are_there(void **state)
{
	static const char *const names[] = {"!pool", "ref", NULL};
	struct json json = must("{\"pool\":1,\"ref\":2}");
	struct json_at root = json_at_root(&json);

	(void)state;
	assert_int_equal(json_at_fields(&root, names, &problem), ERR_OK);
	json_done(&json);
	json = must("{\"pool\":1,\"colour\":2}");
	root = json_at_root(&json);
	assert_int_equal(json_at_fields(&root, names, &problem), ERR_BAD_REQUEST);
	assert_string_equal(problem.field, "colour");
	json_done(&json);
	json = must("{\"ref\":1}");
	root = json_at_root(&json);
	assert_int_equal(json_at_fields(&root, names, &problem), ERR_BAD_REQUEST);
	assert_string_equal(problem.field, "pool");
	json_done(&json);
}

static void a_name_that_may_be_a_value_is_not_told_again(void **state)
{
	static const char *const names[] = {NULL};
	struct json json = must("{\"+6281234567210\":1}");
	struct json_at root = json_at_root(&json);
	char text[41];

	(void)state;
	assert_int_equal(json_at_fields(&root, names, &problem), ERR_BAD_REQUEST);
	assert_string_equal(problem.field, "?");
	json_done(&json);
	assert_string_equal(json_printable(STR("page"), text), "page");
	assert_string_equal(json_printable(STR(""), text), "?");
	assert_string_equal(json_printable(STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), text), "?");
}

static void values_of_the_right_kind_and_size_are_taken(void **state)
{
	static const char *const words[] = {"shared", "exclusive", NULL};
	struct json json = must("{\"t\":\"abc\",\"u\":7,\"b\":true,\"w\":\"exclusive\",\"d\":\"2026-11-22T10:"
				"00:00Z\",\"a\":[1,2]}");
	struct json_at root = json_at_root(&json), at;
	struct str text;
	uint64_t whole;
	uint32_t small;
	int64_t time_ms;
	bool truth;
	int n;

	(void)state;
	at = json_at_field(&root, "t");
	assert_int_equal(json_at_text(&at, 3, 3, &text, &problem), ERR_OK);
	assert_true(str_equal(text, STR("abc")));
	at = json_at_field(&root, "u");
	assert_int_equal(json_at_u64(&at, 7, 7, &whole, &problem), ERR_OK);
	assert_int_equal(json_at_u32(&at, 0, 9, &small, &problem), ERR_OK);
	assert_true(whole == 7 && small == 7);
	at = json_at_field(&root, "b");
	assert_int_equal(json_at_bool(&at, &truth, &problem), ERR_OK);
	assert_true(truth);
	at = json_at_field(&root, "w");
	assert_int_equal(json_at_word(&at, words, &n, &problem), ERR_OK);
	assert_int_equal(n, 1);
	at = json_at_field(&root, "d");
	assert_int_equal(json_at_time(&at, &time_ms, &problem), ERR_OK);
	assert_true(time_ms == 1795341600000);
	at = json_at_field(&root, "a");
	assert_int_equal(json_at_count(&at, 1, 2, &n, &problem), ERR_OK);
	assert_int_equal(n, 2);
	json_done(&json);
}

/* Each getter on each kind of value that isn't its own. */
static void values_of_another_kind_are_refused_by_their_path(void **state)
{
	static const char *const kinds[] = {
		"[[null]]", "[[true]]", "[[-1]]", "[[1.0]]", "[[\"x\"]]", "[[[]]]", "[[{}]]"};
	static const char *const words[] = {"shared", NULL};
	int taken = 0;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct json json = must(kinds[i]);
		struct json_at root = json_at_root(&json), outer = json_at_item(&root, 0),
			       at = json_at_item(&outer, 0);
		struct str text;
		uint64_t whole;
		int64_t time_ms;
		bool truth;
		int n;
		enum err errs[] = {
			json_at_text(&at, 0, 9, &text, &problem),
			json_at_u64(&at, 0, 9, &whole, &problem),
			json_at_bool(&at, &truth, &problem),
			json_at_word(&at, words, &n, &problem),
			json_at_time(&at, &time_ms, &problem),
			json_at_count(&at, 0, 9, &n, &problem),
		};
		for (size_t k = 0; k < sizeof errs / sizeof *errs; k++)
			taken += errs[k] == ERR_OK;
		assert_string_equal(problem.field, i == 5 ? "[0][0]" : problem.field);
		json_done(&json);
	}
	assert_int_equal(taken, 3); /* true as a bool, "x" as a text, [] as an array */
}

static void an_absent_field_leaves_the_default(void **state)
{
	struct json json = must("{}");
	struct json_at root = json_at_root(&json), at = json_at_field(&root, "x"),
		       below = json_at_field(&at, "y");
	struct json_at item = json_at_item(&at, 3);
	uint64_t whole = 5;
	struct str text = STR("kept");
	bool truth = true;
	int n = 9;

	(void)state;
	assert_false(json_at_there(&at) || json_at_there(&below) || json_at_there(&item));
	assert_int_equal(json_at_u64(&below, 0, 1, &whole, &problem), ERR_OK);
	assert_int_equal(json_at_text(&at, 9, 9, &text, &problem), ERR_OK);
	assert_int_equal(json_at_bool(&at, &truth, &problem), ERR_OK);
	assert_int_equal(json_at_count(&item, 1, 1, &n, &problem), ERR_OK);
	assert_true(whole == 5 && truth && n == 9 && str_equal(text, STR("kept")));
	json_done(&json);
}

static void a_path_names_fields_and_places(void **state)
{
	struct json json = must("{\"parties\":[{},{\"numbers\":[\"a\",\"b\"]}]}");
	struct json_at root = json_at_root(&json), parties = json_at_field(&root, "parties");
	struct json_at party = json_at_item(&parties, 1), numbers = json_at_field(&party, "numbers");
	struct json_at number = json_at_item(&numbers, 1);

	(void)state;
	json_at_problem(&number, ERR_BAD_NUMBER, NULL, &problem);
	assert_string_equal(problem.field, "parties[1].numbers[1]");
	json_at_problem(&root, ERR_BAD_NUMBER, NULL, &problem);
	assert_string_equal(problem.field, "");
	json_done(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_that_are_not_json_are_refused_with_their_line),
		cmocka_unit_test(depth_and_size_have_their_limits),
		cmocka_unit_test(fields_are_known_and_needed_ones_are_there),
		cmocka_unit_test(a_name_that_may_be_a_value_is_not_told_again),
		cmocka_unit_test(values_of_the_right_kind_and_size_are_taken),
		cmocka_unit_test(values_of_another_kind_are_refused_by_their_path),
		cmocka_unit_test(an_absent_field_leaves_the_default),
		cmocka_unit_test(a_path_names_fields_and_places),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
