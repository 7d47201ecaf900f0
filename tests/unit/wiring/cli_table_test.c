#include "unit/test.h"

#include "cli/cli_table.h"

static const struct cli_column columns[] = {{"NAME", false}, {"N", true}, {"END", false}, {NULL, false}};

/* The caller frees. */
static char *printed(const struct cli_table *table)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	cli_table_print(table, out);
	fclose(out);
	return text;
}

static void assert_printed(struct cli_table *table, const char *wanted)
{
	char *text = printed(table);

	assert_string_equal(text, wanted);
	free(text);
	cli_table_free(table);
}

static void an_empty_table_is_its_heading(void **state)
{
	struct cli_table *table = cli_table_new(columns);

	(void)state;
	assert_int_equal(cli_table_rows(table), 0);
	assert_printed(table, "NAME  N  END\n");
}

static void texts_stand_left_and_figures_right(void **state)
{
	struct cli_table *table = cli_table_new(columns);

	(void)state;
	cli_table_text(table, "jakarta");
	cli_table_int(table, 5);
	cli_table_text(table, "a");
	cli_table_text(table, "x");
	cli_table_int(table, -1200);
	cli_table_text(table, "b");
	assert_int_equal(cli_table_rows(table), 2);
	assert_printed(table, "NAME         N  END\n"
			      "jakarta      5  a\n"
			      "x        -1200  b\n");
}

static void widths_are_columns_and_not_bytes(void **state)
{
	struct cli_table *table = cli_table_new(columns);

	(void)state;
	cli_table_text(table, "Zürich");
	cli_table_int(table, 1);
	cli_table_text(table, "a");
	cli_table_text(table, "東京");
	cli_table_int(table, 2);
	cli_table_text(table, "b");
	cli_table_text(table, "e\xCC\x81t\xC3\xA9"); /* a combining accent takes no column */
	cli_table_int(table, 3);
	cli_table_text(table, "c");
	assert_printed(table, "NAME    N  END\n"
			      "Zürich  1  a\n"
			      "東京    2  b\n"
			      "e\xCC\x81t\xC3\xA9     3  c\n");
}

static void an_empty_cell_is_a_dash_and_lines_end_without_blanks(void **state)
{
	struct cli_table *table = cli_table_new(columns);

	(void)state;
	cli_table_text(table, "a");
	cli_table_text(table, "");
	cli_table_text(table, "");
	assert_printed(table, "NAME  N  END\n"
			      "a     -  -\n");
}

static void what_would_steer_a_terminal_is_a_question_mark(void **state)
{
	(void)state;
	struct {
		const char *text, *shown;
	} cases[] = {
		{"a\033[31mb", "a?[31mb"},
		{"a\nb\tc\x7F", "a?b?c?"},
		{"\xC2\x9B"
		 "1m",
			"?1m"}, /* CSI as one character */
		{"\xE2\x80\xAE"
		 "abc",
			"?abc"},              /* right to left from here */
		{"\xFF\xC0\xAF", "???"},      /* never UTF-8; a long form of '/' */
		{"\xE6\x9D", "??"},           /* cut off */
		{"\xED\xA0\x80", "???"},      /* a surrogate */
		{"\xF4\x90\x80\x80", "????"}, /* past the last character */
		{"caf\xC3\xA9", "caf\xC3\xA9"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);
		int columns_put = terminal_put(out, str_of(cases[i].text));
		fclose(out);
		assert_string_equal(text, cases[i].shown);
		assert_int_equal(columns_put, terminal_columns(str_of(cases[i].text)));
		free(text);
	}
}

static void there_are_no_colours_where_there_is_no_terminal(void **state)
{
	struct cli_table *table = cli_table_new(columns);

	(void)state;
	cli_table_coloured(table, COLOUR_RED, "x");
	cli_table_int(table, 1);
	cli_table_coloured(table, COLOUR_GREEN, "y");
	assert_printed(table, "NAME  N  END\n"
			      "x     1  y\n");
}

static void print_half_a_row(void *data)
{
	struct cli_table *table = cli_table_new(columns);

	(void)data;
	cli_table_text(table, "only");
	cli_table_print(table, stdout);
}

static void half_a_row_is_our_own_fault(void **state)
{
	(void)state;
	assert_true(test_dies(print_half_a_row, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_is_its_heading),
		cmocka_unit_test(texts_stand_left_and_figures_right),
		cmocka_unit_test(widths_are_columns_and_not_bytes),
		cmocka_unit_test(an_empty_cell_is_a_dash_and_lines_end_without_blanks),
		cmocka_unit_test(what_would_steer_a_terminal_is_a_question_mark),
		cmocka_unit_test(there_are_no_colours_where_there_is_no_terminal),
		cmocka_unit_test(half_a_row_is_our_own_fault),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
