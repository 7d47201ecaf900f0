#include "unit/test.h"

#include "api/page.h"

static void a_token_leads_back_to_its_id(void **state)
{
	static const uint64_t ids[] = {1, 2, 0xffff, UINT64_MAX, (uint64_t)1795341600000 << 16};
	char text[PAGE_TOKEN_SIZE];
	uint64_t id;

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		assert_int_equal(page_token_parse(str_of(page_token(ids[i], text)), &id), ERR_OK);
		assert_true(id == ids[i]);
	}
}

static void a_token_that_was_cut_or_changed_is_none(void **state)
{
	char text[PAGE_TOKEN_SIZE];
	uint64_t id = 7;

	(void)state;
	page_token(123456789, text);
	for (size_t len = 0; len < sizeof text - 1; len++)
		assert_int_equal(page_token_parse(str_n(text, len), &id), ERR_BAD_REQUEST);
	for (size_t i = 0; i < sizeof text - 1; i++) {
		char kept = text[i];
		text[i] = kept == '0' ? '1' : '0';
		assert_int_equal(page_token_parse(str_of(text), &id), ERR_BAD_REQUEST);
		text[i] = 'G';
		assert_int_equal(page_token_parse(str_of(text), &id), ERR_BAD_REQUEST);
		text[i] = kept;
	}
	assert_true(id == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_leads_back_to_its_id),
		cmocka_unit_test(a_token_that_was_cut_or_changed_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
