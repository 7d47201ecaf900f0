#include "unit/test.h"

#include "base/buf.h"

static void assert_text(const struct buf *buf, const char *text)
{
	assert_true(buf_ok(buf));
	assert_true(str_equal(buf_text(buf), str_of(text)));
}

static void text_is_built_straight_through(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	buf_lit(&buf, "a=");
	buf_u64(&buf, UINT64_MAX);
	buf_char(&buf, ' ');
	buf_i64(&buf, INT64_MIN);
	buf_str(&buf, STR(" b="));
	buf_u64(&buf, 0);
	buf_fmt(&buf, " %s:%03d", "c", 7);
	buf_put(&buf, "!?", 1);
	buf_str(&buf, STR_NONE);
	assert_text(&buf, "a=18446744073709551615 -9223372036854775808 b=0 c:007!");
	buf_done(&buf);
}

static void past_the_maximum_nothing_is_written_and_the_error_stays(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 5);
	buf_lit(&buf, "abc");
	buf_lit(&buf, "def");
	assert_false(buf_ok(&buf));
	buf_char(&buf, 'd');
	assert_false(buf_ok(&buf));
	assert_int_equal(buf_text(&buf).len, 3);
	assert_null(buf_room(&buf, 1));
	buf_done(&buf);
}

static void a_text_as_long_as_the_maximum_fits(void **state)
{
	struct buf buf;
	char array[5];

	(void)state;
	buf_init(&buf, 5);
	buf_fmt(&buf, "%s", "abcde");
	assert_text(&buf, "abcde");
	buf_fmt(&buf, "%s", "");
	assert_true(buf_ok(&buf));
	buf_fmt(&buf, "%c", 'f');
	assert_false(buf_ok(&buf));
	buf_done(&buf);
	buf_fixed(&buf, array, sizeof array);
	buf_lit(&buf, "abcde");
	assert_text(&buf, "abcde");
	assert_ptr_equal(buf_text(&buf).at, array);
	buf_char(&buf, 'f');
	assert_false(buf_ok(&buf));
	buf_done(&buf);
}

static void a_reset_forgets_text_and_error_and_keeps_memory(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 3);
	buf_lit(&buf, "abc");
	const char *at = buf_text(&buf).at;
	buf_lit(&buf, "d");
	buf_reset(&buf);
	buf_lit(&buf, "xyz");
	assert_text(&buf, "xyz");
	assert_ptr_equal(buf_text(&buf).at, at);
	buf_done(&buf);
}

static void it_grows_through_many_sizes(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100000);
	for (int i = 0; i < 10000; i++)
		buf_lit(&buf, "0123456789");
	assert_true(buf_ok(&buf));
	assert_int_equal(buf_text(&buf).len, 100000);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf_text(&buf).at[i], '0' + (int)(i % 10));
	buf_char(&buf, 'x');
	assert_false(buf_ok(&buf));
	buf_done(&buf);
}

static void a_long_format_is_built_aside(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 400);
	buf_fmt(&buf, "%0400d", 1);
	assert_true(buf_ok(&buf));
	assert_int_equal(buf_text(&buf).len, 400);
	assert_int_equal(buf_text(&buf).at[399], '1');
	buf_done(&buf);
}

static void room_is_taken_as_far_as_it_was_filled(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	char *room = buf_room(&buf, 600);
	assert_non_null(room);
	memcpy(room, "abc", 3);
	buf_took(&buf, 3);
	assert_text(&buf, "abc");
	buf_done(&buf);
}

static void take_too_much(void *data)
{
	struct buf buf;

	(void)data;
	buf_init(&buf, 1000);
	buf_took(&buf, 1);
}

static void taking_more_than_the_room_dies(void **state)
{
	(void)state;
	assert_true(test_dies(take_too_much, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_built_straight_through),
		cmocka_unit_test(past_the_maximum_nothing_is_written_and_the_error_stays),
		cmocka_unit_test(a_text_as_long_as_the_maximum_fits),
		cmocka_unit_test(a_reset_forgets_text_and_error_and_keeps_memory),
		cmocka_unit_test(it_grows_through_many_sizes),
		cmocka_unit_test(a_long_format_is_built_aside),
		cmocka_unit_test(room_is_taken_as_far_as_it_was_filled),
		cmocka_unit_test(taking_more_than_the_room_dies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
