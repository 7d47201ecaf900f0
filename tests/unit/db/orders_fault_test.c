#include "unit/test.h"

#include "db/orders_fault.h"

static enum orders_said said(const char *sqlstate, enum orders_step step)
{
	return orders_fault_said(&(struct orders_fault){.sqlstate = sqlstate}, step);
}

static void what_time_mends_is_down_at_any_step(void **state)
{
	static const char *const codes[] = {"08006", "08P01", "57014", "57P01", "57P03", "53100", "53300", "40001", "40P01",
		"55P03", "55006", "25006", "25P03", "28P01", "3D000", "58030", "XX001", NULL};

	(void)state;
	for (int i = 0; codes[i]; i++)
		for (int step = ORDERS_BEGIN; step <= ORDERS_COMMIT; step++)
			assert_int_equal(said(codes[i], (enum orders_step)step), ORDERS_DOWN);
	assert_int_equal(said(NULL, ORDERS_RUN), ORDERS_DOWN);
}

static void what_every_row_would_meet_is_wrong(void **state)
{
	static const char *const codes[] = {"42601", "42P01", "42703", "42501", "42804", "26000", "0A000", "3F000", "25001",
		"2D000", "55000", NULL};

	(void)state;
	for (int i = 0; codes[i]; i++) {
		assert_int_equal(said(codes[i], ORDERS_PREPARE), ORDERS_WRONG);
		assert_int_equal(said(codes[i], ORDERS_RUN), ORDERS_WRONG);
	}
}

static void what_may_be_one_rows_fault_holds_up_one_order(void **state)
{
	static const char *const codes[] = {
		"21000", "22001", "22P02", "23502", "23505", "44000", "54000", "P0001", "HV000", "XX000", "ZZ999", NULL};

	(void)state;
	for (int i = 0; codes[i]; i++) {
		assert_int_equal(said(codes[i], ORDERS_PREPARE), ORDERS_WRONG);
		assert_int_equal(said(codes[i], ORDERS_RUN), ORDERS_ROW);
		assert_int_equal(said(codes[i], ORDERS_COMMIT), ORDERS_ROW);
		assert_int_equal(said(codes[i], ORDERS_BEGIN), ORDERS_DOWN);
	}
}

static void expect_why(struct orders_fault fault, enum orders_step step, const char *wanted)
{
	char why[ORDERS_WHY_SIZE];

	memset(why, 'x', sizeof why);
	orders_fault_why(&fault, step, why);
	assert_string_equal(why, wanted);
}

static void words_that_may_hold_values_are_not_told(void **state)
{
	static const char message[] = "relation \"A-1001\" does not exist";

	(void)state;
	expect_why((struct orders_fault){.sqlstate = "42P01", .message = message, .position = 7}, ORDERS_PREPARE,
		"42P01: relation \"A-1001\" does not exist, at character 7 of the statement");
	expect_why((struct orders_fault){.sqlstate = "42P01", .message = message}, ORDERS_RUN,
		"42P01: there is no such table");
	expect_why((struct orders_fault){.sqlstate = "42P01", .message = message, .deeper = true}, ORDERS_PREPARE,
		"42P01: there is no such table, in a function or trigger");
	expect_why((struct orders_fault){.sqlstate = "P0001", .message = "no A-1001"}, ORDERS_RUN,
		"P0001: a trigger or function refuses it");
	expect_why((struct orders_fault){.sqlstate = "XX000", .message = "no A-1001"}, ORDERS_RUN, "XX000");
	expect_why((struct orders_fault){.sqlstate = "22P02", .message = "invalid: \"A-1001\"", .position = 3},
		ORDERS_PREPARE, "22P02: a value is not of its column's type, at character 3 of the statement");
	expect_why((struct orders_fault){.sqlstate = "23505", .message = "x", .table = "contact", .constraint = "contact_pkey"},
		ORDERS_RUN, "23505: a unique key is taken, constraint contact_pkey, table contact");
	expect_why((struct orders_fault){.sqlstate = "57014", .message = "canceling statement due to statement timeout"},
		ORDERS_RUN, "57014: canceling statement due to statement timeout");
	expect_why((struct orders_fault){0}, ORDERS_RUN, "08006: the connection was lost");
}

static void long_words_are_cut_between_characters_and_stay_on_one_line(void **state)
{
	char message[600], why[ORDERS_WHY_SIZE];

	(void)state;
	expect_why((struct orders_fault){.sqlstate = "42601", .message = "a\nb\x1b[c"}, ORDERS_PREPARE, "42601: a b [c");
	for (int shift = 0; shift < 4; shift++) {
		memset(message, 'a', sizeof message);
		for (size_t i = (size_t)shift; i + 3 < sizeof message; i += 3)
			memcpy(message + i, "\xe2\x82\xac", 3);
		message[sizeof message - 1] = '\0';
		orders_fault_why(&(struct orders_fault){.sqlstate = "42601", .message = message, .table = "t"},
			ORDERS_PREPARE, why);
		size_t len = strlen(why);
		assert_in_range(len, ORDERS_WHY_SIZE - 4, ORDERS_WHY_SIZE - 1);
		assert_memory_equal(why + len - 3, "\xe2\x82\xac", 3);
	}
}

static void expect_connect(const char *message, const char *wanted)
{
	char why[ORDERS_WHY_SIZE];

	orders_fault_connect(message, why);
	assert_string_equal(why, wanted);
}

static void a_failed_connection_is_told_in_our_words(void **state)
{
	(void)state;
	expect_connect("connection to server at \"pa55word@db\" failed: FATAL:  28P01\n",
		"no connection: 28P01: the password is wrong");
	expect_connect("could not translate host name \"ss@db\" to address: Name or service not known\n",
		"no connection: the host's name is not known");
	expect_connect("connection to server on socket \"/x\" failed: Connection refused\n\tIs the server running?\n",
		"no connection: the connection was refused");
	expect_connect("connection to server at \"x\" failed: FATAL:  pa55w\n", "no connection: it can't be reached");
	expect_connect("PA55W", "no connection: it can't be reached");
	expect_connect("", "no connection: it can't be reached");
	expect_connect(NULL, "no connection: it can't be reached");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_time_mends_is_down_at_any_step),
		cmocka_unit_test(what_every_row_would_meet_is_wrong),
		cmocka_unit_test(what_may_be_one_rows_fault_holds_up_one_order),
		cmocka_unit_test(words_that_may_hold_values_are_not_told),
		cmocka_unit_test(long_words_are_cut_between_characters_and_stay_on_one_line),
		cmocka_unit_test(a_failed_connection_is_told_in_our_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
