/* Vectors: RFC 4648 section 10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "page_end.h"
#include "wire/base64.h"

static const struct {
	const char *plain, *base64, *hex;
} vectors[] = {
	{"", "", ""},
	{"f", "Zg==", "66"},
	{"fo", "Zm8=", "666f"},
	{"foo", "Zm9v", "666f6f"},
	{"foob", "Zm9vYg==", "666f6f62"},
	{"fooba", "Zm9vYmE=", "666f6f6261"},
	{"foobar", "Zm9vYmFy", "666f6f626172"},
	{"\xfb\xff\xfe", "+//+", "fbfffe"},
};
#define VECTORS (sizeof vectors / sizeof vectors[0])

static void expect_built(const struct buf *out, const char *wanted)
{
	assert_true(buf_ok(out));
	assert_int_equal(out->len, strlen(wanted));
	assert_memory_equal(out->at, wanted, out->len);
}

static void bytes_become_the_text_of_rfc_4648(void **state)
{
	char room[32];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct page_end copy = page_end_copy(str_of(vectors[i].plain));
		buf_fixed(&out, room, sizeof room);
		base64_put(&out, copy.text.at, copy.text.len);
		expect_built(&out, vectors[i].base64);
		buf_reset(&out);
		hex_put(&out, copy.text.at, copy.text.len);
		expect_built(&out, vectors[i].hex);
		page_end_free(&copy);
	}
}

static void text_becomes_the_bytes_again(void **state)
{
	uint8_t bytes[6];
	size_t len;

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct page_end copy = page_end_copy(str_of(vectors[i].base64));
		assert_true(base64_read(copy.text, bytes, sizeof bytes, &len));
		assert_int_equal(len, strlen(vectors[i].plain));
		assert_memory_equal(bytes, vectors[i].plain, len);
		page_end_free(&copy);
		copy = page_end_copy(str_of(vectors[i].hex));
		assert_true(hex_read(copy.text, bytes, sizeof bytes, &len));
		assert_int_equal(len, strlen(vectors[i].plain));
		assert_memory_equal(bytes, vectors[i].plain, len);
		page_end_free(&copy);
	}
	assert_true(hex_read(STR("FBfffE"), bytes, sizeof bytes, &len));
}

static void what_is_not_canonical_is_refused(void **state)
{
	static const char *const broken[] = {"Z", "Zg",
		"Zg=", "Zg=====", "====", "===", "Z===", "Zh==", "Zm9=", "Zm8=Zm8=", "Z=g=", "Zm8\n", "Zm 8",
		"Zm9-", "Zm9_"};
	uint8_t bytes[8] = {9};
	size_t len = 7;

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_false(base64_read(str_of(broken[i]), bytes, sizeof bytes, &len));
	assert_false(hex_read(STR("0"), bytes, sizeof bytes, &len));
	assert_false(hex_read(STR("0g"), bytes, sizeof bytes, &len));
	assert_false(hex_read(STR("0x"), bytes, sizeof bytes, &len));
	assert_int_equal(len, 7);
}

static void more_than_there_is_room_for_is_refused(void **state)
{
	uint8_t bytes[5];
	size_t len = 7;

	(void)state;
	assert_false(base64_read(STR("Zm9vYmFy"), bytes, sizeof bytes, &len));
	assert_true(base64_read(STR("Zm9vYmE="), bytes, sizeof bytes, &len));
	assert_int_equal(len, 5);
	assert_false(hex_read(STR("666f6f626172"), bytes, sizeof bytes, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_become_the_text_of_rfc_4648),
		cmocka_unit_test(text_becomes_the_bytes_again),
		cmocka_unit_test(what_is_not_canonical_is_refused),
		cmocka_unit_test(more_than_there_is_room_for_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
