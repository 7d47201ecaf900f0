#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "page_end.h"
#include "wire/json_text.h"

static void expect_written(struct str text, const char *wanted)
{
	struct page_end copy = page_end_copy(text);
	char room[256];
	struct buf out;

	buf_fixed(&out, room, sizeof room);
	json_put_string(&out, copy.text);
	page_end_free(&copy);
	assert_true(buf_ok(&out));
	assert_int_equal(out.len, strlen(wanted));
	assert_memory_equal(room, wanted, out.len);
}

static void quotes_backslashes_and_controls_are_escaped(void **state)
{
	(void)state;
	expect_written(STR(""), "\"\"");
	expect_written(STR("a\"b\\c\nd\x01/"), "\"a\\\"b\\\\c\\u000ad\\u0001/\"");
	expect_written(STR("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xad"),
		"\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xad\"");
}

static void bytes_that_are_no_utf8_become_replacement_characters(void **state)
{
	(void)state;
	expect_written(STR("a\xff"), "\"a\xef\xbf\xbd\"");
	expect_written(STR("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_written(STR("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	expect_written(STR("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void whatever_two_bytes_go_in_json_comes_out(void **state)
{
	char text[2], room[64];
	struct buf out;

	(void)state;
	for (int i = 0; i < 65536; i++) {
		text[0] = (char)(i >> 8);
		text[1] = (char)i;
		buf_fixed(&out, room, sizeof room);
		json_put_string(&out, str_n(text, 2));
		assert_true(buf_ok(&out));
		json_t *value = json_loadb(room, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_true(json_is_string(value));
		if (text[0] >= 0 && text[1] >= 0)
			assert_memory_equal(json_string_value(value), text, 2);
		json_decref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_backslashes_and_controls_are_escaped),
		cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
		cmocka_unit_test(whatever_two_bytes_go_in_json_comes_out),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
