#include "unit/test.h"

#include "wire/json_pointer.h"

static struct json document;

static int begin(void **state)
{
	struct problem problem;

	(void)state;
	/* RFC 6901, section 5, and some more. */
	return json_read(STR("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
			     "\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9,\"deep\":{\"x\":[{\"y\":10}]},\"gap\":{\"\":{\"z\":11}}}"),
		       4096, &document, &problem) == ERR_OK
		       ? 0
		       : -1;
}

static int end(void **state)
{
	(void)state;
	json_done(&document);
	return 0;
}

/* The integer at the pointer, -1: nothing or no integer. */
static int64_t at(const char *pointer)
{
	struct json_at root = json_at_root(&document), place = json_at_pointer(&root, pointer);
	int64_t value;

	return json_at_integer(&place, &value) ? value : -1;
}

static void every_example_of_the_rfc_leads_where_it_says(void **state)
{
	static const char *const pointers[] = {
		"/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n", "/~01", "/deep/x/0/y", "/gap//z"};
	struct json_at root = json_at_root(&document);
	struct json_at whole = json_at_pointer(&root, ""), foo = json_at_pointer(&root, "/foo");
	struct json_at bar = json_at_pointer(&root, "/foo/0");

	(void)state;
	assert_ptr_equal(whole.value, root.value);
	assert_true(json_at_is_array(&foo));
	assert_true(json_at_is_text(&bar));
	for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
		assert_int_equal(at(pointers[i]), i);
}

static void what_is_not_there_is_absent(void **state)
{
	static const char *const pointers[] = {"/bar", "/foo/2", "/foo/-", "/foo/00", "/foo/0/x", "/foo/ 0", "/foo/+0", "/foo/",
		"/foo/18446744073709551616", "/deep/x/y", "//", "/deep/x/0/y/z"};
	struct json_at root = json_at_root(&document);

	(void)state;
	for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
		struct json_at place = json_at_pointer(&root, pointers[i]);
		assert_false(json_at_there(&place));
	}
}

static void errors_name_the_pointer(void **state)
{
	struct json_at root = json_at_root(&document), deep = json_at_field(&root, "deep");
	struct json_at place = json_at_pointer(&deep, "/x/0/nothing");
	struct problem problem;

	(void)state;
	assert_int_equal(json_at_problem(&place, ERR_BAD_REQUEST, "detail", &problem), ERR_BAD_REQUEST);
	assert_string_equal(problem.field, "/x/0/nothing");

	char longest[JSON_POINTER_MAX + 1];
	memset(longest, 'a', JSON_POINTER_MAX);
	longest[0] = '/';
	longest[JSON_POINTER_MAX] = '\0';
	place = json_at_pointer(&root, longest);
	assert_int_equal(json_at_problem(&place, ERR_BAD_REQUEST, "detail", &problem), ERR_BAD_REQUEST);
	assert_int_equal(strlen(problem.field), PROBLEM_FIELD_MAX);
	assert_memory_equal(problem.field, longest, PROBLEM_FIELD_MAX);
}

static void a_pointer_begins_with_a_slash_and_escapes_well(void **state)
{
	char text[JSON_POINTER_MAX + 2];

	(void)state;
	assert_true(json_pointer_ok(STR("")));
	assert_true(json_pointer_ok(STR("/")));
	assert_true(json_pointer_ok(STR("/a~0~1/0")));
	assert_false(json_pointer_ok(STR("a")));
	assert_false(json_pointer_ok(STR("#/a")));
	assert_false(json_pointer_ok(STR("/a~")));
	assert_false(json_pointer_ok(STR("/a~2")));
	memset(text, '/', sizeof text);
	assert_true(json_pointer_ok(str_n(text, JSON_POINTER_MAX)));
	assert_false(json_pointer_ok(str_n(text, JSON_POINTER_MAX + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_of_the_rfc_leads_where_it_says),
		cmocka_unit_test(what_is_not_there_is_absent),
		cmocka_unit_test(errors_name_the_pointer),
		cmocka_unit_test(a_pointer_begins_with_a_slash_and_escapes_well),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
