#include "unit/test.h"

#include "wire/json_out.h"

static void objects_and_arrays_have_their_commas(void **state)
{
	char text[512];
	struct buf out;

	(void)state;
	buf_fixed(&out, text, sizeof text);
	struct json_out json = json_out_to(&out);
	json_out_object(&json, NULL);
	json_out_lit(&json, "ref", "A-1001");
	json_out_array(&json, "none");
	json_out_end(&json);
	json_out_array(&json, "some");
	json_out_u64(&json, NULL, UINT64_MAX);
	json_out_bool(&json, NULL, true);
	json_out_null(&json, NULL);
	json_out_object(&json, NULL);
	json_out_end(&json);
	json_out_end(&json);
	json_out_bool(&json, "last", false);
	json_out_end(&json);
	assert_true(str_equal(buf_text(&out), STR("{\"ref\":\"A-1001\",\"none\":[],\"some\":"
						  "[18446744073709551615,true,null,{}],\"last\":false}")));
}

static void nothing_is_null(void **state)
{
	char text[512];
	struct buf out;

	(void)state;
	buf_fixed(&out, text, sizeof text);
	struct json_out json = json_out_to(&out);
	json_out_array(&json, NULL);
	json_out_lit_or_null(&json, NULL, "");
	json_out_lit_or_null(&json, NULL, NULL);
	json_out_lit_or_null(&json, NULL, "x");
	json_out_time_ms(&json, NULL, 0);
	json_out_time_s(&json, NULL, 0);
	json_out_time_s(&json, NULL, 1795341600);
	json_out_end(&json);
	assert_true(str_equal(buf_text(&out), STR("[null,null,\"x\",null,null,\"2026-11-22T10:00:00Z\"]")));
}

static void a_full_buffer_is_told_at_the_end(void **state)
{
	char text[8];
	struct buf out;

	(void)state;
	buf_fixed(&out, text, sizeof text);
	struct json_out json = json_out_to(&out);
	json_out_object(&json, NULL);
	json_out_lit(&json, "name", "value");
	json_out_end(&json);
	assert_false(buf_ok(&out));
}

static void too_deep(void *data)
{
	struct json_out *json = data;

	for (int i = 0; i <= JSON_OUT_DEPTH_MAX; i++)
		json_out_array(json, NULL);
}

static void too_often_closed(void *data)
{
	json_out_end(data);
}

static void our_own_mistakes_end_the_process(void **state)
{
	char text[512];
	struct buf out;

	(void)state;
	buf_fixed(&out, text, sizeof text);
	struct json_out json = json_out_to(&out);
	assert_true(test_dies(too_deep, &json));
	assert_true(test_dies(too_often_closed, &json));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_and_arrays_have_their_commas),
		cmocka_unit_test(nothing_is_null),
		cmocka_unit_test(a_full_buffer_is_told_at_the_end),
		cmocka_unit_test(our_own_mistakes_end_the_process),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
