/* Requests and answers as in Vonage's OpenAPI document (Nexmo/api-specification, definitions/numbers.yml). */
#include "inventory_reading.h"

#define APP "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
#define API "https://rest.nexmo.com"
#define FORM "application/x-www-form-urlencoded"
#define GB ('G' << 8 | 'B')
#define YES "{\"error-code\":\"200\",\"error-code-label\":\"success\"}"

static const struct account account = {
	.name = "main", .api_key = "a1b2c3d4", .api_password = "secret/1", .application = APP};
static const struct inventory_hook hook = {.voice_url = "https://vn.example.com/hooks/vonage/main/voice"};
static const struct inventory_offer offer = {.number = {447700900000}, .country = GB};
static const struct inventory *vonage;

static void a_page_of_our_numbers_is_asked_for(void **state)
{
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(vonage->list(&account, "", &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET, API "/account/numbers?index=1&size=100", NULL, "");
	assert_string_equal(request.user, "a1b2c3d4");
	assert_string_equal(request.password, "secret/1");
	assert_null(request.bearer);
	assert_int_equal(vonage->list(&account, "12", &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET, API "/account/numbers?index=12&size=100", NULL, "");
	assert_int_equal(vonage->find(&account, offer.number, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET,
		API "/account/numbers?pattern=447700900000&search_pattern=0&index=1&size=10", NULL, "");
	assert_null(why);
}

static void a_cursor_is_a_page_and_nothing_else(void **state)
{
	static const char *const cursors[] = {"0", "1001", "-1", "x", "//203.0.113.7", "1&size=9", "99999999999999999999"};
	struct inventory_request request;

	(void)state;
	for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
		const char *why = NULL;
		assert_int_equal(vonage->list(&account, cursors[i], &request, &why), ERR_BAD_REQUEST);
		assert_string_equal(why, "the cursor is no page");
	}
}

static void a_search_says_all_that_is_wanted(void **state)
{
	struct inventory_want want = {.country = GB, .n = 5};
	struct account at_home = account;
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(vonage->search(&account, &want, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET,
		API "/number/search?country=GB&type=landline&features=VOICE&index=1&size=5", NULL, "");
	want = (struct inventory_want){.country = GB, .type = "mobile", .area = "7700", .sms = true, .n = 100};
	assert_int_equal(vonage->search(&account, &want, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET,
		API "/number/search?country=GB&type=mobile-lvn&features=SMS%2CVOICE&pattern=7700&search_pattern=1"
		    "&index=1&size=100",
		NULL, "");
	at_home.dialplan = (struct dialplan){.country = GB, .calling_code = 44};
	str_copy(want.type, sizeof want.type, STR("tollfree"));
	assert_int_equal(vonage->search(&at_home, &want, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET,
		API "/number/search?country=GB&type=landline-toll-free&features=SMS%2CVOICE&pattern=447700"
		    "&search_pattern=0&index=1&size=100",
		NULL, "");
	assert_null(why);
}

static void a_wish_that_vonage_does_not_know_is_refused(void **state)
{
	struct inventory_want want = {.country = GB, .type = "national", .n = 1};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(vonage->search(&account, &want, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "Vonage has no numbers of this type");
	want = (struct inventory_want){.country = GB, .region = "London", .n = 1};
	assert_int_equal(vonage->search(&account, &want, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "Vonage does not look for numbers by region");
	want = (struct inventory_want){.n = 1};
	assert_int_equal(vonage->search(&account, &want, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "a country is needed");
}

static void numbers_are_bought_pointed_at_us_and_given_back(void **state)
{
	struct inventory_number number = {.number = {447700900000}, .country = GB};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(vonage->buy(&account, &offer, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_POST, API "/number/buy", FORM, "country=GB&msisdn=447700900000");
	assert_string_equal(request.user, "a1b2c3d4");
	assert_int_equal(vonage->point(&account, &number, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_POST, API "/number/update", FORM,
		"country=GB&msisdn=447700900000&app_id=" APP);
	number.hook_hidden = true;
	assert_int_equal(vonage->point(&account, &number, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_POST, API "/number/update", FORM,
		"country=GB&msisdn=447700900000&app_id=" APP "&voiceCallbackType=app&voiceCallbackValue=" APP);
	assert_int_equal(vonage->release(&account, &number, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_POST, API "/number/cancel", FORM, "country=GB&msisdn=447700900000");
	assert_null(why);
	assert_string_equal(inventory_target(vonage, &account, &hook), APP);
	assert_null(vonage->application); /* on another host, and only whole */
	assert_null(vonage->one);
	assert_null(vonage->order);
}

static void what_is_missing_is_named(void **state)
{
	const struct inventory_number number = {.number = {447700900000}, .country = GB}, nowhere = {.number = {447700900000}};
	const struct inventory_want want = {.country = GB, .n = 1};
	const struct account keyless = {.api_password = "s", .application = APP},
			     open = {.api_key = "k", .application = APP}, homeless = {.api_key = "k", .api_password = "s"};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(vonage->list(&keyless, "", &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(vonage->find(&keyless, number.number, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(vonage->search(&keyless, &want, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(vonage->buy(&keyless, &offer, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(vonage->point(&keyless, &number, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(vonage->release(&keyless, &number, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_key is not set");
	assert_int_equal(vonage->list(&open, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_secret is not set");
	assert_int_equal(vonage->buy(&homeless, &offer, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "application_id is not set");
	assert_int_equal(vonage->point(&homeless, &number, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "application_id is not set");
	assert_int_equal(vonage->point(&account, &nowhere, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(vonage->release(&account, &nowhere, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "the number's country is not known");
}

static void the_accounts_own_api_url_is_called_instead(void **state)
{
	struct account mock = account;
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	str_copy(mock.api_url, sizeof mock.api_url, STR("http://127.0.0.1:4104"));
	assert_int_equal(vonage->list(&mock, "", &request, &why), ERR_OK);
	assert_string_equal(request.url, "http://127.0.0.1:4104/account/numbers?index=1&size=100");
	str_copy(mock.api_url, sizeof mock.api_url, STR("http://127.0.0.1:4104/ "));
	assert_int_equal(vonage->list(&mock, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_url is no URL");
}

#define LIST                                                                                                 \
	"{\"count\":1,\"numbers\":[{\"country\":\"GB\",\"msisdn\":\"447700900000\",\"type\":\"mobile-lvn\","  \
	"\"features\":[\"VOICE\",\"SMS\",\"MMS\"],\"voiceCallbackType\":\"app\",\"voiceCallbackValue\":\"" APP \
	"\",\"moHttpUrl\":\"https://example.com/webhooks/inbound-sms\"}]}"

static void our_numbers_are_read(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, vonage, &account, READ_LIST, 200, STR(LIST), NULL);
	const struct inventory_number *number = reading.page.numbers;
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_int_equal(reading.page.n, 1);
	assert_string_equal(reading.page.next, "");
	assert_int_equal(number->number.e164, 447700900000);
	assert_true(str_equal(number->id, STR("447700900000")));
	assert_int_equal(number->country, GB);
	assert_true(number->voice && number->sms && number->active && number->hook_told);
	assert_false(number->hook_hidden);
	assert_true(str_equal(number->hook, STR(APP)));
	assert_true(str_equal(number->tag, STR("")));
	assert_int_equal(number->month_micros, INVENTORY_NO_PRICE);
	reading_done(&reading);
	expect_cut_is_unreadable(vonage, &account, READ_LIST, LIST);
}

static void where_a_number_points_is_read_in_every_way_it_is_said(void **state)
{
	static const struct {
		const char *said, *hook;
		bool hidden;
	} said[] = {
		{"", "", false},
		{",\"app_id\":\"" APP "\"", APP, false},
		{",\"app_id\":null,\"voiceCallbackType\":\"app\",\"voiceCallbackValue\":\"x\"", "x", false},
		{",\"voiceCallbackType\":\"app\"", "", false},
		{",\"voiceCallbackType\":\"\",\"voiceCallbackValue\":\"\"", "", false},
		{",\"voiceCallbackType\":\"sip\",\"voiceCallbackValue\":\"sip:a@203.0.113.7\"", "", true},
		{",\"app_id\":\"" APP "\",\"voiceCallbackType\":\"tel\",\"voiceCallbackValue\":\"447700900001\"", "", true},
		{",\"voiceCallbackType\":\"vxml\",\"voiceCallbackValue\":\"https://203.0.113.7/\"", "", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		struct reading reading;
		char body[512];
		snprintf(body, sizeof body,
			"{\"count\":1,\"numbers\":[{\"country\":\"GB\",\"msisdn\":\"447700900000\",\"features\":[\"SMS,VOICE\"]%s}]}",
			said[i].said);
		reading_take(&reading, vonage, &account, READ_LIST, 200, str_of(body), "");
		assert_int_equal(reading.page.n, 1);
		assert_true(str_equal(reading.page.numbers[0].hook, str_of(said[i].hook)));
		assert_int_equal(reading.page.numbers[0].hook_hidden, said[i].hidden);
		assert_true(reading.page.numbers[0].voice && reading.page.numbers[0].sms);
		reading_done(&reading);
	}
}

static void no_numbers_are_said_in_three_ways(void **state)
{
	static const char *const lists[] = {"{}", "{\"count\":0}", "{\"count\":0,\"numbers\":[]}"};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		expect_outcome(vonage, &account, READ_LIST, 200, lists[i], INVENTORY_DONE, "");
		expect_outcome(vonage, &account, READ_SEARCH, 200, lists[i], INVENTORY_DONE, "");
	}
}

/* `n` numbers on page `asked` of a list that counts `count`. */
static void take_page(struct reading *reading, const char *asked, int n, int count)
{
	struct buf body;

	buf_init(&body, 1 << 20);
	buf_fmt(&body, "{\"count\":%d,\"numbers\":[", count);
	for (int i = 0; i < n; i++)
		buf_fmt(&body, "%s{\"country\":\"GB\",\"msisdn\":\"9990000%06d\",\"features\":[\"VOICE\"]}",
			i ? "," : "", i);
	buf_lit(&body, "]}");
	reading_take(reading, vonage, &account, READ_LIST, 200, buf_text(&body), asked);
	buf_done(&body);
}

static void pages_follow_while_the_count_says_so(void **state)
{
	static const struct {
		const char *asked, *next;
		int n, count;
	} pages[] = {{"", "", 100, 100}, {"", "2", 100, 101}, {NULL, "2", 100, 250}, {"2", "3", 100, 250}, {"3", "", 50, 250},
		{"4", "", 0, 250}, {"3", "", 1, 201}, {"1", "", 99, 100}};

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct reading reading;
		take_page(&reading, pages[i].asked, pages[i].n, pages[i].count);
		assert_int_equal(reading.result.outcome, INVENTORY_DONE);
		assert_int_equal(reading.page.n, pages[i].n);
		assert_string_equal(reading.page.next, pages[i].next);
		assert_ptr_equal(reading.page.asked, pages[i].asked);
		reading_done(&reading);
	}
}

static void a_page_that_contradicts_its_count_is_unreadable(void **state)
{
	static const struct {
		const char *asked;
		int n, count;
	} pages[] = {{"", 0, 1}, {"2", 0, 101}, {"", 10, 1234}, {"2", 99, 201}, {"x", 1, 1}, {"1001", 1, 1}, {"", 1, -1},
		{"", 1001, 1001}};

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct reading reading;
		take_page(&reading, pages[i].asked, pages[i].n, pages[i].count);
		assert_int_equal(reading.result.outcome, INVENTORY_UNREADABLE);
		assert_null(reading.page.numbers);
		reading_done(&reading);
	}
}

static void a_page_has_a_limit(void **state)
{
	struct reading reading;

	(void)state;
	take_page(&reading, "", INVENTORY_PAGE_NUMBERS, 1);
	assert_int_equal(reading.page.n, INVENTORY_PAGE_NUMBERS);
	reading_done(&reading);
	take_page(&reading, "", INVENTORY_PAGE_NUMBERS + 1, 1);
	assert_int_equal(reading.result.outcome, INVENTORY_UNREADABLE);
	reading_done(&reading);
}

static void what_is_no_number_or_listed_twice_is_left_out_and_loses_no_other(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, vonage, &account, READ_LIST, 200,
		STR("{\"count\":5,\"numbers\":[{\"country\":\"US\",\"msisdn\":\"12345\",\"features\":[\"SMS\"]},"
		    "{\"country\":\"GB\",\"msisdn\":\"\"},{\"msisdn\":\"447700900001\"},"
		    "{\"country\":7,\"msisdn\":\"447700900002\",\"features\":null},"
		    "{\"country\":\"GB\",\"msisdn\":\"447700900001\"}]}"),
		"");
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_int_equal(reading.page.n, 2);
	assert_int_equal(reading.page.numbers[0].number.e164, 447700900001);
	assert_false(reading.page.numbers[0].voice || reading.page.numbers[0].sms);
	assert_int_equal(reading.page.numbers[0].country, 0);
	assert_int_equal(reading.page.numbers[1].number.e164, 447700900002);
	reading_done(&reading);
}

static void a_list_of_another_shape_is_unreadable(void **state)
{
	static const char *const lists[] = {"", "null", "[]", "<html></html>", "{\"numbers\":[]}", "{\"other\":1}",
		"{\"count\":\"1\",\"numbers\":[]}", "{\"count\":1.5,\"numbers\":[]}", "{\"count\":-1}", "{\"count\":1}",
		"{\"count\":1,\"numbers\":{}}", "{\"count\":1,\"numbers\":null}", "{\"count\":1,\"numbers\":[1]}",
		"{\"count\":1,\"numbers\":[[]]}", "{\"count\":1,\"numbers\":[{}]}",
		"{\"count\":1,\"numbers\":[{\"msisdn\":447700900000}]}",
		"{\"count\":1,\"numbers\":[{\"msisdn\":\"447700900000\",\"features\":\"VOICE\"}]}",
		"{\"count\":1,\"numbers\":[{\"msisdn\":\"447700900000\",\"features\":[1]}]}",
		"{\"count\":1,\"numbers\":[],\"numbers\":[]}", "{\"count\":99999999999999999999}"};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		expect_outcome(vonage, &account, READ_LIST, 200, lists[i], INVENTORY_UNREADABLE, "");
}

static void without_memory_there_is_no_half_page(void **state)
{
	struct inventory_result result;
	struct arena arena;

	(void)state;
	for (size_t max = 0; max < 1024; max += 16) {
		struct inventory_page page = {0};
		arena_init(&arena, max);
		vonage->read_list(&account, 200, STR(LIST), &arena, &page, &result);
		assert_int_equal(page.n, result.outcome == INVENTORY_DONE);
		assert_true(result.outcome == INVENTORY_DONE || result.outcome == INVENTORY_UNREADABLE);
		arena_done(&arena);
	}
}

static void offers_are_read_with_their_prices(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, vonage, &account, READ_SEARCH, 200,
		STR("{\"count\":1234,\"numbers\":[{\"country\":\"GB\",\"msisdn\":\"447700900000\",\"type\":\"mobile-lvn\","
		    "\"cost\":\"1.25\",\"features\":[\"VOICE\",\"SMS\",\"MMS\"]},"
		    "{\"country\":\"GB\",\"msisdn\":\"447700900001\",\"cost\":\"1.25\",\"features\":[\"SMS\"]},"
		    "{\"msisdn\":\"447700900002\",\"cost\":\"1.25\",\"features\":[\"VOICE\"]},"
		    "{\"country\":\"GB\",\"msisdn\":\"447700900003\",\"features\":[\"VOICE\"]}]}"),
		NULL);
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_int_equal(reading.offers.n, 2); /* without voice or country they can't be used or bought */
	assert_int_equal(reading.offers.offers[0].number.e164, 447700900000);
	assert_int_equal(reading.offers.offers[0].month_micros, 1250000);
	assert_int_equal(reading.offers.offers[0].setup_micros, INVENTORY_NO_PRICE);
	assert_string_equal(reading.offers.offers[0].currency, "EUR");
	assert_int_equal(reading.offers.offers[0].country, GB);
	assert_int_equal(reading.offers.offers[1].number.e164, 447700900003);
	assert_int_equal(reading.offers.offers[1].month_micros, INVENTORY_NO_PRICE);
	reading_done(&reading);
}

static void yes_is_error_code_200(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, vonage, &account, READ_BUY, 200, STR(YES), NULL);
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_false(number_is(reading.bought.number)); /* the answer doesn't say */
	assert_string_equal(reading.bought.id, "");
	assert_string_equal(reading.bought.order, "");
	reading_done(&reading);
	expect_outcome(vonage, &account, READ_DONE, 200, YES, INVENTORY_DONE, "");
	for (enum reading_kind kind = READ_BUY; kind <= READ_DONE; kind++) {
		expect_outcome(vonage, &account, kind, 200, "{}", INVENTORY_UNREADABLE, "");
		expect_outcome(vonage, &account, kind, 200, "", INVENTORY_UNREADABLE, "");
		expect_outcome(vonage, &account, kind, 200, "{\"error-code\":200}", INVENTORY_UNREADABLE, "");
	}
	expect_cut_is_unreadable(vonage, &account, READ_BUY, YES);
}

#define NO(code, label) "{\"error-code\":\"" code "\",\"error-code-label\":\"" label "\"}"
#define ADDRESS                                                                                              \
	"Numbers from this country can be requested from the Dashboard (https://dashboard.nexmo.com/buy-numbers) " \
	"as they require a valid local address to be provided before being purchased."

static void errors_come_to_what_they_mean(void **state)
{
	static const struct {
		int status;
		const char *body, *code;
		enum inventory_outcome outcome, when_bought;
	} errors[] = {
		{401, NO("401", "authentication failed"), "401", INVENTORY_NO_ACCESS, INVENTORY_NO_ACCESS},
		{200, NO("401", "authentication failed"), "401", INVENTORY_NO_ACCESS, INVENTORY_NO_ACCESS},
		{420, NO("420", ADDRESS), "420", INVENTORY_REFUSED, INVENTORY_WANTS_PAPERS},
		{200, NO("420", ADDRESS), "420", INVENTORY_REFUSED, INVENTORY_WANTS_PAPERS},
		{420, NO("420", "method failed"), "420", INVENTORY_REFUSED, INVENTORY_GONE},
		{420, NO("420", "Insufficient balance"), "420", INVENTORY_REFUSED, INVENTORY_NO_MONEY},
		{420, "", "", INVENTORY_REFUSED, INVENTORY_REFUSED},
		{400, NO("400", "invalid"), "400", INVENTORY_REFUSED, INVENTORY_REFUSED},
		{200, NO("", "odd"), "", INVENTORY_REFUSED, INVENTORY_REFUSED},
		{200, NO("999", "odd"), "999", INVENTORY_REFUSED, INVENTORY_REFUSED},
		{402, "", "", INVENTORY_NO_MONEY, INVENTORY_NO_MONEY},
		{429, "<html>", "", INVENTORY_AGAIN, INVENTORY_AGAIN},
		{200, NO("429", "slow down"), "429", INVENTORY_AGAIN, INVENTORY_AGAIN},
		{500, NO("500", "internal error"), "500", INVENTORY_AGAIN, INVENTORY_AGAIN},
		{404, "{\"type\":\"x\"}", "", INVENTORY_GONE, INVENTORY_GONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		for (enum reading_kind kind = READ_LIST; kind <= READ_DONE; kind++)
			expect_outcome(vonage, &account, kind, errors[i].status, errors[i].body,
				kind == READ_BUY ? errors[i].when_bought : errors[i].outcome, errors[i].code);
}

static void a_sentence_shows_no_number(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, vonage, &account, READ_BUY, 420, STR(NO("420", "447700900000 is taken")), NULL);
	assert_string_equal(reading.result.why, "************ is taken");
	reading_done(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_of_our_numbers_is_asked_for),
		cmocka_unit_test(a_cursor_is_a_page_and_nothing_else),
		cmocka_unit_test(a_search_says_all_that_is_wanted),
		cmocka_unit_test(a_wish_that_vonage_does_not_know_is_refused),
		cmocka_unit_test(numbers_are_bought_pointed_at_us_and_given_back),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(the_accounts_own_api_url_is_called_instead),
		cmocka_unit_test(our_numbers_are_read),
		cmocka_unit_test(where_a_number_points_is_read_in_every_way_it_is_said),
		cmocka_unit_test(no_numbers_are_said_in_three_ways),
		cmocka_unit_test(pages_follow_while_the_count_says_so),
		cmocka_unit_test(a_page_that_contradicts_its_count_is_unreadable),
		cmocka_unit_test(a_page_has_a_limit),
		cmocka_unit_test(what_is_no_number_or_listed_twice_is_left_out_and_loses_no_other),
		cmocka_unit_test(a_list_of_another_shape_is_unreadable),
		cmocka_unit_test(without_memory_there_is_no_half_page),
		cmocka_unit_test(offers_are_read_with_their_prices),
		cmocka_unit_test(yes_is_error_code_200),
		cmocka_unit_test(errors_come_to_what_they_mean),
		cmocka_unit_test(a_sentence_shows_no_number),
	};

	vonage = inventory_find(STR("vonage"));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
