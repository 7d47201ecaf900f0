#include "unit/test.h"

#include "wire/similar.h"

static const char *const words[] = {"ref", "viewer", "role", "vn", "a-word-that-is-longer-than-all-that-can-be-meant", NULL};

static void expect(const char *name, const char *wanted)
{
	const char *is = similar_word(words, str_of(name));

	assert_string_equal(is ? is : "none", wanted);
}

static void what_differs_little_is_meant(void **state)
{
	(void)state;
	expect("REF", "ref");
	expect("reff", "ref");
	expect("viever", "viewer");
	expect("view", "viewer");
	expect("vnn", "vn");
	expect("rle", "role");
}

static void what_differs_much_is_not(void **state)
{
	(void)state;
	expect("", "none");
	expect("xyz", "none");
	expect("courier", "none");
	expect("viewing", "none");
}

static void what_is_long_is_like_nothing(void **state)
{
	char name[SIMILAR_MAX + 2];
	const char *known[] = {name, NULL};

	(void)state;
	memset(name, 'a', sizeof name);
	name[SIMILAR_MAX] = '\0';
	assert_ptr_equal(similar_word(known, str_of(name)), name);
	name[SIMILAR_MAX] = 'a';
	name[SIMILAR_MAX + 1] = '\0';
	assert_null(similar_word(known, str_of(name)));
	expect("a-word-that-is-longer-than-all-that-can-be-meant", "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differs_little_is_meant),
		cmocka_unit_test(what_differs_much_is_not),
		cmocka_unit_test(what_is_long_is_like_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
