#include "unit/test.h"

#include "page_end.h"
#include "wire/sql_named.h"

static const char *const words[] = {"ref", "viewer", "role", "vn", "state", "event_id", NULL};

static char error[SQL_NAMED_ERROR_SIZE];

static enum err read_str(struct str text, struct sql_named *ret_named)
{
	struct page_end copy = page_end_copy(text);
	enum err err = sql_named_read(copy.text, words, ret_named, error);

	page_end_free(&copy); /* the result must not point into the text */
	return err;
}

static void expect(const char *text, const char *wanted)
{
	struct sql_named named;

	assert_int_equal(read_str(str_of(text), &named), ERR_OK);
	assert_string_equal(named.text, wanted);
	sql_named_done(&named);
}

static void expect_same(const char *text)
{
	expect(text, text);
}

static void expect_error(struct str text, const char *wanted)
{
	struct sql_named named = {.params_n = 7};

	assert_int_equal(read_str(text, &named), ERR_BAD_REQUEST);
	assert_string_equal(error, wanted);
	assert_int_equal(named.params_n, 7);
}

static void names_become_numbers_in_their_order(void **state)
{
	struct sql_named named;

	(void)state;
	assert_int_equal(read_str(STR("INSERT INTO c VALUES (:role, :ref, :role::text,:vn)"), &named), ERR_OK);
	assert_string_equal(named.text, "INSERT INTO c VALUES ($1, $2, $1::text,$3)");
	assert_int_equal(named.params_n, 3);
	assert_int_equal(named.params[0], 2);
	assert_int_equal(named.params[1], 0);
	assert_int_equal(named.params[2], 3);
	assert_true(sql_named_uses(&named, 3));
	assert_false(sql_named_uses(&named, 1));
	sql_named_done(&named);
	assert_null(named.text);
	sql_named_done(&named);
}

static void a_name_may_stand_at_both_ends(void **state)
{
	(void)state;
	expect(":ref", "$1");
	expect(":ref = :event_id", "$1 = $2");
	expect("(:ref)", "($1)");
	expect("-:ref", "-$1");
	expect("SELECT 1", "SELECT 1");
}

static void strings_and_quoted_names_are_left_alone(void **state)
{
	(void)state;
	expect("':ref' :ref", "':ref' $1");
	expect("'it''s :ref' :ref", "'it''s :ref' $1");
	expect("'\\' :ref", "'\\' $1"); /* a backslash is a letter */
	expect("\":ref \"\" :ref\" :ref", "\":ref \"\" :ref\" $1");
	expect("'\"' :ref '\"'", "'\"' $1 '\"'");
	expect("'--' :ref '/*' :vn", "'--' $1 '/*' $2");
	expect("U&'\\' :ref", "U&'\\' $1");
}

static void strings_with_escapes_know_backslashes(void **state)
{
	(void)state;
	expect("E'\\' :ref' :ref", "E'\\' :ref' $1");
	expect("e'\\\\' :ref", "e'\\\\' $1");
	expect("E'a''b\\'' :ref", "E'a''b\\'' $1");
	expect("he'\\' :ref", "he'\\' $1"); /* the e belongs to a word */
	expect("E 'x\\' :ref", "E 'x\\' $1");
	/* goes on in the next line, as a string of the same kind */
	expect("E'a'\n  '\\' :ref' :ref", "E'a'\n  '\\' :ref' $1");
	expect("E'a' -- why\n'\\' :ref' :ref", "E'a' -- why\n'\\' :ref' $1");
	expect("E'a' '\\' :ref", "E'a' '\\' $1");
}

static void dollar_quotes_are_left_alone(void **state)
{
	(void)state;
	expect("$$ :ref ' $$ :ref", "$$ :ref ' $$ $1");
	expect("$a$ :ref $$ $b$ :ref $a$ :ref", "$a$ :ref $$ $b$ :ref $a$ $1");
	expect("$a1$ $a$ :ref $a1$ :ref", "$a1$ $a$ :ref $a1$ $1");
	expect("$t\xc3\xa9$ :ref $t\xc3\xa9$ :ref", "$t\xc3\xa9$ :ref $t\xc3\xa9$ $1");
	expect("a$b$ :ref", "a$b$ $1"); /* dollars within a name */
	expect("$ :ref $ :vn", "$ $1 $ $2");
}

static void comments_are_left_alone(void **state)
{
	(void)state;
	expect("-- :x '\n:ref", "-- :x '\n$1");
	expect("-- :x\r:ref", "-- :x\r$1");
	expect(":ref -- :x", "$1 -- :x");
	expect("/* :x ' */ :ref", "/* :x ' */ $1");
	expect("/* a /* :x */ :y */ :ref", "/* a /* :x */ :y */ $1");
	expect("/*/ :x */ :ref", "/*/ :x */ $1");
	expect("1 - -:ref", "1 - -$1");
}

static void casts_and_named_arguments_are_no_parameters(void **state)
{
	(void)state;
	expect(":ref::text", "$1::text");
	expect_same("a::ref");
	expect_same("now() ::role");
	expect("f(ref := :ref)", "f(ref := $1)");
	expect("f(ref:=:ref)", "f(ref:=$1)");
	expect_same("a : b");
}

static void slices_of_arrays_keep_their_colons(void **state)
{
	(void)state;
	expect_same("a[1:2]");
	expect_same("a[lo:hi]");
	expect_same("a[lo:ref]"); /* touches what is before: the slice's */
	expect_same("a[f(x):ref]");
	expect_same("a[b[1]:ref]");
	expect_same("a[:hi]");
	expect("a[:ref]", "a[$1]");
	expect("ARRAY[:ref, :vn]", "ARRAY[$1, $2]");
	expect("a[1: :ref]", "a[1: $1]");
	expect("ARRAY[CASE WHEN :ref IS NULL THEN 1 END]", "ARRAY[CASE WHEN $1 IS NULL THEN 1 END]");
	expect("']' :ref", "']' $1");
}

static void an_unknown_name_is_told_with_its_place_and_its_like(void **state)
{
	(void)state;
	expect_error(STR("VALUES (:ref, :rol)"),
		"at character 15: there is no parameter :rol; did you mean :role? Known: ref viewer role vn state event_id");
	expect_error(STR(":REF"),
		"at character 1: there is no parameter :REF; did you mean :ref? Known: ref viewer role vn state event_id");
	expect_error(STR("'\xc3\xa9' :courier"),
		"at character 5: there is no parameter :courier; known: ref viewer role vn state event_id");
	expect_error(STR(":ref\xc3\xa9"),
		"at character 1: there is no parameter :ref\?\?; did you mean :ref? Known: ref viewer role vn state event_id");
	expect_error(STR("a[1] = :_ref"),
		"at character 8: there is no parameter :_ref; did you mean :ref? Known: ref viewer role vn state event_id");
}

static void a_long_unknown_name_is_cut(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'x', sizeof text);
	text[0] = ':';
	expect_error(str_n(text, sizeof text),
		"at character 1: there is no parameter :xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; known: ref viewer role vn "
		"state event_id");
}

static void a_long_list_of_known_names_is_cut_between_names(void **state)
{
	static const char *const many[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", NULL};
	struct sql_named named;

	(void)state;
	assert_int_equal(sql_named_read(STR(":x"), many, &named, error), ERR_BAD_REQUEST);
	assert_true(strlen(error) < sizeof error);
	assert_non_null(strstr(error, "bbb"));
	assert_null(strstr(error, "ccc"));
}

static void numbers_for_parameters_are_refused(void **state)
{
	(void)state;
	expect_error(STR("VALUES ($1)"), "at character 9: parameters have names here (:ref), not numbers ($1)");
	expect_error(STR(":ref || $22"), "at character 9: parameters have names here (:ref), not numbers ($1)");
}

static void a_parameter_that_would_melt_into_a_word_is_refused(void **state)
{
	(void)state;
	expect_error(STR("SELECT:ref"), "at character 7: a space is needed before the parameter");
	expect_error(STR(":ref:vn"), "at character 5: a space is needed before the parameter");
	expect("(1):ref", "(1)$1");
}

static void a_second_statement_is_refused(void **state)
{
	(void)state;
	expect_error(STR("SELECT :ref; DELETE"), "at character 14: only one statement is possible");
	expect_error(STR("SELECT 1;;:ref"), "at character 11: only one statement is possible");
	expect("SELECT :ref; -- done\n;/* ; */ ", "SELECT $1; -- done\n;/* ; */ ");
	expect("; SELECT ';' || :ref", "; SELECT ';' || $1");
}

static void what_does_not_end_is_refused(void **state)
{
	(void)state;
	expect_error(STR("a 'b"), "at character 3: this string doesn't end");
	expect_error(STR("a 'b''"), "at character 3: this string doesn't end");
	expect_error(STR("a E'b\\'"), "at character 3: this string doesn't end");
	expect_error(STR("a E'\\"), "at character 3: this string doesn't end");
	expect_error(STR("E'a'\n'b"), "at character 1: this string doesn't end");
	expect_error(STR("a \"b"), "at character 3: this quoted name doesn't end");
	expect_error(STR("a $x$ b $x"), "at character 3: this dollar quote doesn't end");
	expect_error(STR("$$"), "at character 1: this dollar quote doesn't end");
	expect_error(STR("a /* /* */"), "at character 3: this comment doesn't end");
	expect_error(STR("/*/"), "at character 1: this comment doesn't end");
}

static void an_empty_statement_is_refused(void **state)
{
	(void)state;
	expect_error(STR_NONE, "the statement is empty");
	expect_error(STR(" \n ;; -- nothing\n/* :ref */"), "the statement is empty");
	expect_error(str_n("SELECT\0 1", 9), "at character 7: the statement holds a NUL");
}

static void the_limit_of_length_is_exact(void **state)
{
	char *text = malloc(SQL_NAMED_TEXT_MAX + 1);
	struct sql_named named;

	(void)state;
	memset(text, ' ', SQL_NAMED_TEXT_MAX + 1);
	memcpy(text, ":vn", 3);
	assert_int_equal(read_str(str_n(text, SQL_NAMED_TEXT_MAX), &named), ERR_OK);
	sql_named_done(&named);
	expect_error(str_n(text, SQL_NAMED_TEXT_MAX + 1), "the statement is longer than 16384 bytes");
	free(text);
}

static void the_limit_of_parameters_is_exact(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFG"; /* 33 */
	char names[33][2], text[33 * 3 + 1];
	const char *many[34] = {0};
	struct sql_named named;

	(void)state;
	for (int i = 0; i < 33; i++) {
		snprintf(names[i], sizeof names[i], "%c", letters[i]);
		many[i] = names[i];
		memcpy(text + 3 * i, (char[]){':', letters[i], ' '}, 3);
	}
	assert_int_equal(sql_named_read(str_n(text, 32 * 3), many, &named, error), ERR_OK);
	assert_int_equal(named.params_n, SQL_NAMED_MAX);
	assert_non_null(strstr(named.text, "$32"));
	sql_named_done(&named);
	/* One of them again is no further one. */
	memcpy(text + 32 * 3, ":a ", 3);
	assert_int_equal(sql_named_read(str_n(text, 33 * 3), many, &named, error), ERR_OK);
	sql_named_done(&named);
	memcpy(text + 32 * 3, ":G ", 3);
	assert_int_equal(sql_named_read(str_n(text, 33 * 3), many, &named, error), ERR_BAD_REQUEST);
	assert_string_equal(error, "at character 97: there are too many parameters");
}

static void positions_are_told_in_the_given_text(void **state)
{
	struct str text = STR("'\xc3\xa9' :event_id, x, :ref y");
	/*                      '   e   '    :event_id ... in characters: 1..3, 5..13, 14, 16, 19..22, 24 */
	struct sql_named named;

	(void)state;
	assert_int_equal(sql_named_read(text, words, &named, error), ERR_OK);
	assert_string_equal(named.text, "'\xc3\xa9' $1, x, $2 y");
	static const int wanted[][2] = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 5}, {7, 14}, {9, 16}, {12, 19},
		{13, 19}, {14, 23}, {15, 24}, {16, 25}, {17, 25}, {1000, 25}};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		assert_int_equal(sql_named_position(text, &named, wanted[i][0]), wanted[i][1]);
	sql_named_done(&named);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_numbers_in_their_order),
		cmocka_unit_test(a_name_may_stand_at_both_ends),
		cmocka_unit_test(strings_and_quoted_names_are_left_alone),
		cmocka_unit_test(strings_with_escapes_know_backslashes),
		cmocka_unit_test(dollar_quotes_are_left_alone),
		cmocka_unit_test(comments_are_left_alone),
		cmocka_unit_test(casts_and_named_arguments_are_no_parameters),
		cmocka_unit_test(slices_of_arrays_keep_their_colons),
		cmocka_unit_test(an_unknown_name_is_told_with_its_place_and_its_like),
		cmocka_unit_test(a_long_unknown_name_is_cut),
		cmocka_unit_test(a_long_list_of_known_names_is_cut_between_names),
		cmocka_unit_test(numbers_for_parameters_are_refused),
		cmocka_unit_test(a_parameter_that_would_melt_into_a_word_is_refused),
		cmocka_unit_test(a_second_statement_is_refused),
		cmocka_unit_test(what_does_not_end_is_refused),
		cmocka_unit_test(an_empty_statement_is_refused),
		cmocka_unit_test(the_limit_of_length_is_exact),
		cmocka_unit_test(the_limit_of_parameters_is_exact),
		cmocka_unit_test(positions_are_told_in_the_given_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
