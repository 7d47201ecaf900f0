#include "unit/test.h"

#include "cli/arguments.h"

static const struct argument_option options[] = {
	{.name = "config", .letter = 'c', .value = "FILE"},
	{.name = "set", .value = "KEY=VALUE", .repeats = true},
	{.name = "json"},
	{0},
};

static char error[256];

static bool read_all(struct arguments *arguments, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return arguments_read(options, argc, argv, arguments, error);
}

/* The array is permuted, its texts are only read. */
#define READ(arguments, ...) read_all(arguments, (char **)(uintptr_t)(const char *[]){__VA_ARGS__, NULL})

static void every_spelling_of_an_option_is_read(void **state)
{
	struct arguments arguments;

	(void)state;
	assert_true(READ(&arguments, "-c", "a"));
	assert_string_equal(arguments_value(&arguments, "config"), "a");
	assert_true(READ(&arguments, "-cb"));
	assert_string_equal(arguments_value(&arguments, "config"), "b");
	assert_true(READ(&arguments, "--config", "c"));
	assert_string_equal(arguments_value(&arguments, "config"), "c");
	assert_true(READ(&arguments, "--config=d=e"));
	assert_string_equal(arguments_value(&arguments, "config"), "d=e");
	assert_null(arguments_value(&arguments, "json"));
}

static void the_last_value_counts_and_all_can_be_had(void **state)
{
	struct arguments arguments;
	const char *values[4];

	(void)state;
	assert_true(READ(&arguments, "--set", "a=1", "--json", "--set=b=2"));
	assert_string_equal(arguments_value(&arguments, "set"), "b=2");
	assert_int_equal(arguments_all(&arguments, "set", values, 4), 2);
	assert_string_equal(values[0], "a=1");
	assert_string_equal(values[1], "b=2");
	assert_null(values[2]);
	assert_int_equal(arguments_all(&arguments, "set", values, 2), 1);
	assert_null(values[1]);
	assert_true(arguments_has(&arguments, "json"));
}

static void options_and_operands_may_be_mixed(void **state)
{
	struct arguments arguments;

	(void)state;
	assert_true(READ(&arguments, "one", "--json", "-", "-c", "file", "--", "--set", "-c"));
	assert_int_equal(arguments.operands_n, 4);
	assert_string_equal(arguments.operands[0], "one");
	assert_string_equal(arguments.operands[1], "-");
	assert_string_equal(arguments.operands[2], "--set");
	assert_string_equal(arguments.operands[3], "-c");
	assert_string_equal(arguments_value(&arguments, "config"), "file");
}

static void what_is_wrong_is_said(void **state)
{
	struct arguments arguments;

	(void)state;
	assert_false(READ(&arguments, "--bogus"));
	assert_string_equal(error, "there is no option --bogus");
	assert_false(READ(&arguments, "-x"));
	assert_false(READ(&arguments, "--conf", "a"));
	assert_false(READ(&arguments, "--json=yes"));
	assert_string_equal(error, "--json takes no value");
	assert_false(READ(&arguments, "one", "--config"));
	assert_string_equal(error, "--config wants FILE");
}

static void too_many_options_are_refused(void **state)
{
	static char json[] = "--json";
	static char *argv[ARGUMENTS_MAX + 2];
	struct arguments arguments;

	(void)state;
	for (int i = 0; i < ARGUMENTS_MAX; i++)
		argv[i] = json;
	assert_true(read_all(&arguments, argv));
	for (int i = 0; i <= ARGUMENTS_MAX; i++)
		argv[i] = json;
	assert_false(read_all(&arguments, argv));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_an_option_is_read),
		cmocka_unit_test(the_last_value_counts_and_all_can_be_had),
		cmocka_unit_test(options_and_operands_may_be_mixed),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(too_many_options_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
