#include "unit/test.h"

#include "base/hash.h"
#include "core/session.h"
#include "feed/veil.h"

static struct vault *vault;
static struct vault_use *use;
static struct arena arena;

static int set_up(void **state)
{
	static const uint8_t key[1][96] = {{1, 2, 3}};

	(void)state;
	vault = vault_of(key, 1);
	use = vault_use_new(vault);
	arena_init(&arena, 1 << 20);
	return vault && use ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	vault_use_free(use);
	vault_free(vault);
	return 0;
}

static struct str veiled(const char *text)
{
	struct str out = veil_order(use, str_of(text), &arena);

	assert_non_null(out.at);
	return out;
}

static void what_could_be_a_phone_number_is_not_told(void **state)
{
	static const char *const texts[] = {"+6281234567210", "6281234567210", "081234567210", "81234567",
		"+62 812-3456-7210", "(0812) 3456.7210", "0812_3456_7210", "0812,3456;7210", "62/812/3456/7210",
		"tel:+6281234567210", "cust-+6281234567210", "wa6281234567210@c.us", "006281234567210", "+62+81234567210",
		/* full-width, Arabic-Indic */
		"\xef\xbc\x8b\xef\xbc\x96\xef\xbc\x92\xef\xbc\x98\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xef\xbc\x94\xef\xbc\x95",
		"\xd9\xa0\xd9\xa8\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7", NULL};

	(void)state;
	for (int i = 0; texts[i]; i++) {
		struct str out = veiled(texts[i]);
		assert_true(veil_needed(str_of(texts[i])));
		assert_false(veil_needed(out));
		assert_true(session_ref_ok(out));
		for (size_t k = 0; k < out.len; k++)
			assert_false(out.at[k] >= '1' && out.at[k] <= '9');
		/* One order keeps its name, others have others. */
		assert_true(str_equal(veiled(texts[i]), out));
		assert_true(str_equal(veil_order(use, out, &arena), out));
		for (int k = 0; k < i; k++)
			assert_false(str_equal(veiled(texts[k]), out));
	}
	assert_true(str_starts(veiled("+62 812-3456-7210"), STR("+** ***-****-****~")));
}

static void other_ids_are_told_as_they_are(void **state)
{
	static const char *const texts[] = {"A-1001", "1234567", "order 12-34-56", "A1B2C3D4E5F6G7H8", "1234567x1234567",
		"01JD5XK8Q70003", "123e4567-e89b-12d3-a456-426614174000", "507f1f77bcf86cd799439011", "\xc3\xa4-1", "+", "-", NULL};

	(void)state;
	for (int i = 0; texts[i]; i++) {
		assert_false(veil_needed(str_of(texts[i])));
		assert_true(str_equal(veiled(texts[i]), str_of(texts[i])));
	}
	/* Hexadecimal digits without a letter are digits; too few of them are no id of that kind. */
	assert_true(veil_needed(STR("000000000000000000000000")));
	assert_true(veil_needed(STR("a81234567b")));
}

static void the_hash_needs_the_key(void **state)
{
	static const uint8_t keys[2][96] = {{1, 2, 3}, {9}};
	struct vault *rotated = vault_of(keys, 2);
	struct vault_use *other = vault_use_new(rotated);

	(void)state;
	struct str out = veiled("+6281234567210");
	assert_int_equal(out.len, 14 + 1 + 16);
	assert_true(str_equal(veil_order(other, STR("+6281234567210"), &arena), out)); /* of the root, which stays */
	vault_use_free(other);
	vault_free(rotated);
}

static void the_longest_stays_within_an_ids_length(void **state)
{
	char text[SESSION_REF_MAX + 1], last[SESSION_REF_MAX + 1];

	(void)state;
	for (int i = 0; i + 1 < SESSION_REF_MAX; i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	memcpy(text, "81234567", 8);
	text[SESSION_REF_MAX - 1] = 'a';
	text[SESSION_REF_MAX] = '\0';
	memcpy(last, text, sizeof last);
	last[SESSION_REF_MAX - 1] = 'b'; /* beyond what is kept of it */
	assert_true(session_ref_ok(str_of(text)));
	struct str out = veiled(text);
	assert_in_range(out.len, SESSION_REF_MAX - 1, SESSION_REF_MAX);
	assert_true(session_ref_ok(out));
	assert_false(str_equal(veiled(last), out));
}

static void bytes_of_any_kind_are_no_matter(void **state)
{
	struct random random = {test_seed()};
	char text[300];

	(void)state;
	for (int step = 0; step < 20000; step++) {
		size_t len = random_below(&random, sizeof text);
		for (size_t i = 0; i < len; i++)
			text[i] = random_below(&random, 3) ? "0123456789+- ."[random_below(&random, 14)]
							   : (char)random_below(&random, 256);
		struct str out = veil_order(use, str_n(text, len), &arena);
		assert_false(veil_needed(out));
		assert_true(out.len <= (len > SESSION_REF_MAX ? len : SESSION_REF_MAX));
		arena_reset(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_be_a_phone_number_is_not_told),
		cmocka_unit_test(other_ids_are_told_as_they_are),
		cmocka_unit_test(the_hash_needs_the_key),
		cmocka_unit_test(the_longest_stays_within_an_ids_length),
		cmocka_unit_test(bytes_of_any_kind_are_no_matter),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
