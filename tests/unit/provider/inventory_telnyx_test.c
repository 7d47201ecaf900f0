/* Requests as in Telnyx's OpenAPI document, answers as its examples, with numbers of ours. */
#include "inventory_reading.h"

#define APP "1293384261075731499"
#define PROFILE "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define API "https://api.telnyx.com/v2"
#define ORDER_ID "12ade33a-21c0-473b-b055-b3c836e1c292"
#define META(page, pages) "\"meta\":{\"page_number\":" page ",\"page_size\":250,\"total_pages\":" pages ",\"total_results\":55}"
#define ONE(number, id, status)                                                                              \
	"{\"record_type\":\"phone_number\",\"id\":\"" id "\",\"phone_number\":\"" number "\",\"status\":\"" status "\"}"

static const struct account account = {.name = "main", .api_key = "KEY0123", .application = APP};
static const struct inventory_hook hook = {.voice_url = "https://vn.example.com/hooks/telnyx/main/voice",
	.status_url = "https://vn.example.com/hooks/telnyx/main/status",
	.text_url = "https://vn.example.com/hooks/telnyx/main/sms",
	.control_url = "https://vn.example.com/hooks/telnyx/main/control"};
static const struct inventory *telnyx;

static void a_page_of_our_numbers_is_asked_for(void **state)
{
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(telnyx->list(&account, "", &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET, API "/phone_numbers?page[number]=1&page[size]=250", NULL, "");
	assert_string_equal(request.bearer, "KEY0123");
	assert_null(request.user);
	assert_null(request.password);
	assert_int_equal(telnyx->list(&account, "17", &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET, API "/phone_numbers?page[number]=17&page[size]=250", NULL, "");
	assert_int_equal(telnyx->find(&account, (struct number){12025550123}, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET,
		API "/phone_numbers?page[number]=1&page[size]=20&filter[phone_number]=12025550123", NULL, "");
	assert_null(why);
}

static void a_cursor_is_a_page_and_nothing_else(void **state)
{
	static const char *const cursors[] = {"0", "1001", "-1", "1 ", "x", "http://203.0.113.7/", "../2", "1&a=b",
		"99999999999999999999"};
	struct inventory_request request;

	(void)state;
	for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
		const char *why = NULL;
		assert_int_equal(telnyx->list(&account, cursors[i], &request, &why), ERR_BAD_REQUEST);
		assert_string_equal(why, "the cursor is no page");
	}
}

static void a_search_says_all_that_is_wanted(void **state)
{
	struct inventory_want want = {.country = 'U' << 8 | 'S', .n = 5};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(telnyx->search(&account, &want, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET,
		API "/available_phone_numbers?filter[country_code]=US&filter[phone_number_type]=local"
		    "&filter[features][]=voice&filter[limit]=5&filter[best_effort]=false"
		    "&filter[exclude_held_numbers]=true",
		NULL, "");
	want = (struct inventory_want){.country = 'C' << 8 | 'A',
		.type = "tollfree",
		.area = "604",
		.region = "New & old",
		.sms = true,
		.n = 100};
	assert_int_equal(telnyx->search(&account, &want, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET,
		API "/available_phone_numbers?filter[country_code]=CA&filter[phone_number_type]=toll_free"
		    "&filter[features][]=voice&filter[features][]=sms&filter[national_destination_code]=604"
		    "&filter[administrative_area]=New%20%26%20old&filter[limit]=100&filter[best_effort]=false"
		    "&filter[exclude_held_numbers]=true",
		NULL, "");
	assert_null(why);
	str_copy(want.type, sizeof want.type, STR("premium"));
	assert_int_equal(telnyx->search(&account, &want, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "Telnyx has no numbers of this type");
	want.country = 0;
	assert_int_equal(telnyx->search(&account, &want, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "a country is needed");
}

static void a_purchase_is_an_order_that_points_to_our_application(void **state)
{
	const struct inventory_offer offer = {.number = {12025550123}};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(telnyx->buy(&account, &offer, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_POST, API "/number_orders", "application/json",
		"{\"phone_numbers\":[{\"phone_number\":\"+12025550123\"}],\"connection_id\":\"" APP
		"\",\"customer_reference\":\"bauta\"}");
	assert_string_equal(request.bearer, "KEY0123");
	assert_int_equal(telnyx->order(&account, ORDER_ID, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_GET, API "/number_orders/" ORDER_ID, NULL, "");
	assert_null(why);
}

static void numbers_and_the_application_are_pointed_at_us_and_given_back(void **state)
{
	const struct inventory_number number = {.number = {12025550123}, .id = STR("1293384261075731500")};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(telnyx->point(&account, &number, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_PATCH, API "/phone_numbers/1293384261075731500", "application/json",
		"{\"connection_id\":\"" APP "\"}");
	assert_int_equal(telnyx->application(&account, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_PATCH, API "/texml_applications/" APP, "application/json",
		"{\"friendly_name\":\"Bauta main\",\"voice_url\":\"https://vn.example.com/hooks/telnyx/main/voice\","
		"\"voice_method\":\"post\"}");
	assert_int_equal(telnyx->release(&account, &number, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_DELETE, API "/phone_numbers/1293384261075731500", NULL, "");
	assert_null(why);
	assert_string_equal(inventory_target(telnyx, &account, &hook), APP);
}

static void a_call_control_application_gets_its_own_url(void **state)
{
	struct account control = account;
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	control.call_control = true;
	assert_int_equal(telnyx->application(&control, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_PATCH, API "/call_control_applications/" APP, "application/json",
		"{\"application_name\":\"Bauta main\",\"webhook_event_url\":\"https://vn.example.com/hooks/telnyx/main/control\","
		"\"webhook_api_version\":\"2\"}");
	assert_string_equal(inventory_target(telnyx, &control, &hook), APP);
}

static void texts_have_a_profile_that_numbers_and_url_are_put_into(void **state)
{
	struct inventory_number number = {.number = {12025550123}, .id = STR("1293384261075731500"), .text_hook_told = true,
		.text_hook = STR("")};
	const struct inventory_hook no_texts = {.voice_url = hook.voice_url};
	struct account with = account;
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	str_copy(with.message_application, sizeof with.message_application, STR(PROFILE));
	assert_int_equal(telnyx->point_texts(&with, &number, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_PATCH, API "/phone_numbers/1293384261075731500/messaging", "application/json",
		"{\"messaging_profile_id\":\"" PROFILE "\"}");
	assert_int_equal(telnyx->application_texts(&with, &hook, &request, &why), ERR_OK);
	expect_request(&request, INVENTORY_PATCH, API "/messaging_profiles/" PROFILE, "application/json",
		"{\"webhook_url\":\"https://vn.example.com/hooks/telnyx/main/sms\",\"webhook_api_version\":\"2\"}");
	assert_string_equal(inventory_text_target(telnyx, &with, &hook), PROFILE);
	assert_true(inventory_texts_elsewhere(&number, PROFILE));
	number.text_hook = STR(PROFILE);
	assert_false(inventory_texts_elsewhere(&number, PROFILE));
	assert_string_equal(inventory_text_target(telnyx, &with, &no_texts), "");
	assert_null(why);
	assert_int_equal(telnyx->point_texts(&account, &number, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "messaging_profile_id is not set");
	assert_int_equal(telnyx->application_texts(&account, &hook, &request, &why), ERR_BAD_REQUEST);
	str_copy(with.message_application, sizeof with.message_application, STR("../1"));
	assert_int_equal(telnyx->application_texts(&with, &hook, &request, &why), ERR_BAD_REQUEST);
}

static void an_id_never_leads_to_another_call(void **state)
{
	static const char *const ids[] = {"", ".", "..", "../number_orders", "1/2", "1?a=b", "1#", "1%2f", "1 2", "\n",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	struct account odd = account;
	struct inventory_request request;

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		const struct inventory_number number = {.id = str_of(ids[i])};
		const char *why = NULL;
		assert_int_equal(telnyx->point(&account, &number, &hook, &request, &why), ERR_BAD_REQUEST);
		assert_int_equal(telnyx->release(&account, &number, &request, &why), ERR_BAD_REQUEST);
		assert_int_equal(telnyx->order(&account, ids[i], &request, &why), ERR_BAD_REQUEST);
		assert_string_equal(why, "the id is none of Telnyx's");
		assert_true(str_copy(odd.application, sizeof odd.application, str_of(ids[i])));
		assert_int_equal(telnyx->application(&odd, &hook, &request, &why), ERR_BAD_REQUEST);
	}
}

static void a_setting_that_is_missing_is_named(void **state)
{
	const struct inventory_number number = {.id = STR("1")};
	const struct inventory_offer offer = {.number = {12025550123}};
	const struct inventory_want want = {.country = 'U' << 8 | 'S', .n = 1};
	const struct account keyless = {.application = APP}, homeless = {.api_key = "KEY"},
			     lost = {.api_key = "KEY", .application = "1", .api_url = "ftp://203.0.113.7"};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	assert_int_equal(telnyx->list(&keyless, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_key is not set");
	assert_int_equal(telnyx->find(&keyless, number.number, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->search(&keyless, &want, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->buy(&keyless, &offer, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->order(&keyless, ORDER_ID, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->point(&keyless, &number, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->release(&keyless, &number, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->application(&keyless, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_key is not set");
	assert_int_equal(telnyx->buy(&homeless, &offer, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "connection_id is not set");
	assert_int_equal(telnyx->point(&homeless, &number, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->application(&homeless, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "connection_id is not set");
	assert_int_equal(telnyx->list(&lost, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_url is no URL");
}

static void the_accounts_own_api_url_is_called_instead(void **state)
{
	struct account mock = account;
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	str_copy(mock.api_url, sizeof mock.api_url, STR("http://127.0.0.1:4102"));
	assert_int_equal(telnyx->list(&mock, "", &request, &why), ERR_OK);
	assert_string_equal(request.url, "http://127.0.0.1:4102/phone_numbers?page[number]=1&page[size]=250");
}

static void what_does_not_fit_is_said(void **state)
{
	char voice_url[INVENTORY_BODY_MAX + 1];
	const struct inventory_hook too_long = {.voice_url = voice_url};
	struct inventory_request request;
	const char *why = NULL;

	(void)state;
	memset(voice_url, 'a', sizeof voice_url - 1);
	voice_url[sizeof voice_url - 1] = '\0';
	assert_int_equal(telnyx->application(&account, &too_long, &request, &why), ERR_TOO_LARGE);
}

#define LIST                                                                                                 \
	"{\"data\":[{\"record_type\":\"phone_number\",\"id\":\"1293384261075731499\","                        \
	"\"phone_number\":\"+12025550123\",\"status\":\"active\",\"connection_id\":\"" APP "\","              \
	"\"connection_name\":\"connection-name\",\"country_iso_alpha2\":\"US\",\"phone_number_type\":\"local\","\
	"\"tags\":[\"tag_1\",\"tag_2\"],\"customer_reference\":\"customer-reference\","                       \
	"\"messaging_profile_id\":\"abc85f64-5717-4562-b3fc-2c9600000000\",\"call_forwarding_enabled\":true,"\
	"\"purchased_at\":\"2019-10-23T18:10:00.000Z\"},"                                                     \
	"{\"id\":\"2\",\"phone_number\":\"+12025550124\",\"status\":\"purchase-pending\",\"tags\":[],"        \
	"\"connection_id\":null,\"messaging_profile_id\":null,\"customer_reference\":\"MY REF 001\"}],"       \
	META("2", "3") "}"

static void our_numbers_are_read(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, telnyx, &account, READ_LIST, 200, STR(LIST), "2");
	const struct inventory_number *number = reading.page.numbers;
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_int_equal(reading.page.n, 2);
	assert_string_equal(reading.page.next, "3");
	assert_int_equal(number[0].number.e164, 12025550123);
	assert_true(str_equal(number[0].id, STR("1293384261075731499")));
	assert_int_equal(number[0].country, 'U' << 8 | 'S');
	assert_true(number[0].voice && number[0].sms && number[0].active && number[0].hook_told);
	assert_false(number[0].hook_hidden);
	assert_true(str_equal(number[0].hook, STR(APP)));
	assert_true(number[0].text_hook_told && number[0].text_hook.len && number[1].text_hook_told);
	assert_true(str_equal(number[1].text_hook, STR("")));
	assert_true(str_equal(number[0].tag, STR("tag_1")));
	assert_int_equal(number[0].month_micros, INVENTORY_NO_PRICE);
	assert_int_equal(number[1].number.e164, 12025550124);
	assert_false(number[1].active || number[1].sms);
	assert_true(number[1].voice && number[1].hook_told);
	assert_true(str_equal(number[1].hook, STR("")));
	assert_true(str_equal(number[1].tag, STR("MY REF 001")));
	assert_int_equal(number[1].country, 0);
	reading_done(&reading);
	expect_cut_is_unreadable(telnyx, &account, READ_LIST, LIST);
}

static void the_last_page_ends_the_list_and_an_empty_one_before_it_is_none(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, telnyx, &account, READ_LIST, 200,
		STR("{\"data\":[" ONE("+12025550123", "1", "active") "]," META("3", "3") "}"), "3");
	assert_int_equal(reading.page.n, 1);
	assert_string_equal(reading.page.next, "");
	reading_done(&reading);
	reading_take(&reading, telnyx, &account, READ_LIST, 200, STR("{\"data\":[]," META("1", "9") "}"), "");
	assert_int_equal(reading.result.outcome, INVENTORY_UNREADABLE);
	reading_done(&reading);
	reading_take(&reading, telnyx, &account, READ_LIST, 200, STR("{\"data\":[]," META("1", "0") "}"), "");
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_int_equal(reading.page.n, 0);
	assert_string_equal(reading.page.next, "");
	reading_done(&reading);
}

static void numbers_that_are_not_ours_or_no_numbers_are_left_out_and_lose_no_other(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, telnyx, &account, READ_LIST, 200,
		STR("{\"data\":[" ONE("12345", "1", "active") "," ONE("+12025550101", "2", "deleted") ","
			ONE("+12025550102", "3", "ported-out") "," ONE("+12025550103", "4", "purchase-failed") ","
			ONE("+12025550104", "5", "port-failed") "," ONE("", "6", "active") ","
			ONE("+12025550105", "7", "port-out-pending") "," ONE("+12025550106", "8", "emergency-only") ","
			ONE("+12025550107", "9", "a new word") "," ONE("+12025550108", "10", "active") "],"
			META("1", "2") "}"), "");
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_int_equal(reading.page.n, 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(reading.page.numbers[i].number.e164, 12025550105 + (uint64_t)i);
		assert_int_equal(reading.page.numbers[i].active, i == 3);
	}
	assert_string_equal(reading.page.next, "2");
	reading_done(&reading);
}

static void a_number_that_is_listed_twice_is_given_once(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, telnyx, &account, READ_LIST, 200,
		STR("{\"data\":[" ONE("+12025550101", "1", "deleted") "," ONE("+12025550101", "2", "active") ","
			ONE("+12025550102", "3", "active") "," ONE("+12025550101", "4", "active") "]," META("1", "1") "}"), "");
	assert_int_equal(reading.page.n, 2);
	assert_true(str_equal(reading.page.numbers[0].id, STR("2")));
	assert_true(str_equal(reading.page.numbers[1].id, STR("3")));
	reading_done(&reading);
}

static void where_a_number_points_has_a_limit(void **state)
{
	struct reading reading;
	struct buf body;

	(void)state;
	for (int len = INVENTORY_URL_MAX; len <= INVENTORY_URL_MAX + 1; len++) {
		buf_init(&body, 1 << 16);
		buf_fmt(&body, "{\"data\":[{\"id\":\"1\",\"phone_number\":\"+12025550101\",\"status\":\"active\","
			"\"connection_id\":\"%0*d\"}]," META("1", "1") "}", len, 7);
		reading_take(&reading, telnyx, &account, READ_LIST, 200, buf_text(&body), "");
		assert_int_equal(reading.result.outcome, len == INVENTORY_URL_MAX ? INVENTORY_DONE : INVENTORY_UNREADABLE);
		reading_done(&reading);
		buf_done(&body);
	}
}

static void a_list_of_another_shape_is_unreadable(void **state)
{
	static const char *const lists[] = {"", "null", "[]", "{}", "<html></html>", "{\"data\":{}," META("1", "1") "}",
		"{\"data\":[1]," META("1", "1") "}", "{\"data\":[null]," META("1", "1") "}",
		"{\"data\":[[]]," META("1", "1") "}", "{\"data\":[]}", "{\"data\":[],\"meta\":[]}",
		"{\"data\":[],\"meta\":{\"page_number\":\"1\",\"total_pages\":1}}",
		"{\"data\":[]," META("0", "1") "}", "{\"data\":[]," META("1.5", "2") "}",
		"{\"data\":[]," META("-1", "2") "}", "{\"data\":[]," META("1", "99999999999999999999") "}",
		"{\"data\":[{\"id\":\"1\",\"status\":\"active\"}]," META("1", "1") "}",
		"{\"data\":[{\"phone_number\":\"+12025550123\",\"status\":\"active\"}]," META("1", "1") "}",
		"{\"data\":[{\"id\":1,\"phone_number\":\"+12025550123\",\"status\":\"active\"}]," META("1", "1") "}",
		"{\"data\":[{\"id\":\"1\",\"phone_number\":12025550123,\"status\":\"active\"}]," META("1", "1") "}",
		"{\"data\":[{\"id\":\"1\",\"phone_number\":\"+12025550123\"}]," META("1", "1") "}",
		"{\"data\":[" ONE("+12025550123", "../2", "active") "]," META("1", "1") "}",
		"{\"data\":[" ONE("+12025550123", "", "active") "]," META("1", "1") "}",
		"{\"data\":[" ONE("+12025550123", "0123456789012345678901234567890123456789012345678901234567890123",
			"active") "]," META("1", "1") "}",
		"{\"data\":[{\"id\":\"1\",\"phone_number\":\"+12025550123\",\"status\":\"active\","
		"\"connection_id\":{}}]," META("1", "1") "}",
		"{\"data\":[],\"data\":[]," META("1", "1") "}", "{\"data\":[]," META("1", "1") "}x"};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		expect_outcome(telnyx, &account, READ_LIST, 200, lists[i], INVENTORY_UNREADABLE, "");
}

static void a_page_has_a_limit(void **state)
{
	struct reading reading;
	struct buf body;

	(void)state;
	for (int n = INVENTORY_PAGE_NUMBERS; n <= INVENTORY_PAGE_NUMBERS + 1; n++) {
		buf_init(&body, 1 << 20);
		buf_lit(&body, "{\"data\":[");
		for (int i = 0; i < n; i++)
			buf_fmt(&body, "%s{\"id\":\"%d\",\"phone_number\":\"+9990000%06d\",\"status\":\"active\"}",
				i ? "," : "", i + 1, i);
		buf_lit(&body, "]," META("1", "1") "}");
		assert_true(buf_ok(&body));
		reading_take(&reading, telnyx, &account, READ_LIST, 200, buf_text(&body), "");
		assert_int_equal(reading.result.outcome,
			n == INVENTORY_PAGE_NUMBERS ? INVENTORY_DONE : INVENTORY_UNREADABLE);
		assert_int_equal(reading.page.n, n == INVENTORY_PAGE_NUMBERS ? n : 0);
		reading_done(&reading);
		buf_done(&body);
	}
}

static void a_huge_or_a_deep_answer_is_unreadable(void **state)
{
	size_t size = INVENTORY_ANSWER_MAX + 1;
	char *body = malloc(size);
	struct reading reading;

	(void)state;
	assert_non_null(body);
	memset(body, ' ', size);
	memcpy(body, "{\"data\":[]," META("1", "1") "}", strlen("{\"data\":[]," META("1", "1") "}"));
	reading_take(&reading, telnyx, &account, READ_LIST, 200, str_n(body, size - 1), "");
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	reading_done(&reading);
	reading_take(&reading, telnyx, &account, READ_LIST, 200, str_n(body, size), "");
	assert_int_equal(reading.result.outcome, INVENTORY_UNREADABLE);
	reading_done(&reading);
	memset(body, '[', size);
	reading_take(&reading, telnyx, &account, READ_LIST, 200, str_n(body, size - 1), "");
	assert_int_equal(reading.result.outcome, INVENTORY_UNREADABLE);
	reading_done(&reading);
	free(body);
}

static void without_memory_there_is_no_half_page(void **state)
{
	struct inventory_result result;
	struct inventory_page page = {0};
	struct arena arena;

	(void)state;
	for (size_t max = 0; max < 2048; max += 16) {
		arena_init(&arena, max);
		page = (struct inventory_page){0};
		telnyx->read_list(&account, 200, STR(LIST), &arena, &page, &result);
		assert_int_equal(page.n, result.outcome == INVENTORY_DONE ? 2 : 0);
		assert_true(result.outcome == INVENTORY_DONE || result.outcome == INVENTORY_UNREADABLE);
		arena_done(&arena);
	}
}

#define OFFER(number, rest)                                                                                  \
	"{\"record_type\":\"available_phone_number\",\"phone_number\":\"" number "\","                        \
	"\"cost_information\":{\"upfront_cost\":\"3.21\",\"monthly_cost\":\"6.54\",\"currency\":\"USD\"},"    \
	"\"features\":[{\"name\":\"sms\"},{\"name\":\"voice\"}],"                                             \
	"\"region_information\":[{\"region_type\":\"state\",\"region_name\":\"DC\"},"                         \
	"{\"region_type\":\"country_code\",\"region_name\":\"US\"}]" rest "}"

static void offers_are_read_with_their_prices(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, telnyx, &account, READ_SEARCH, 200,
		STR("{\"data\":[" OFFER("+12025550123", ",\"best_effort\":false") ","
			OFFER("+12025550124", ",\"best_effort\":true") "," OFFER("12", "") ","
			"{\"phone_number\":\"+12025550125\",\"cost_information\":{\"monthly_cost\":\"free\",\"currency\":\"usd\"}}"
			"],\"meta\":{\"total_results\":100,\"best_effort_results\":50}}"),
		NULL);
	const struct inventory_offer *offer = reading.offers.offers;
	assert_int_equal(reading.result.outcome, INVENTORY_DONE);
	assert_int_equal(reading.offers.n, 2);
	assert_int_equal(offer[0].number.e164, 12025550123);
	assert_int_equal(offer[0].month_micros, 6540000);
	assert_int_equal(offer[0].setup_micros, 3210000);
	assert_string_equal(offer[0].currency, "USD");
	assert_int_equal(offer[0].country, 'U' << 8 | 'S');
	assert_false(offer[0].wants_papers);
	assert_int_equal(offer[1].number.e164, 12025550125);
	assert_int_equal(offer[1].month_micros, INVENTORY_NO_PRICE);
	assert_int_equal(offer[1].setup_micros, INVENTORY_NO_PRICE);
	assert_string_equal(offer[1].currency, "");
	assert_int_equal(offer[1].country, 0);
	reading_done(&reading);
	expect_cut_is_unreadable(telnyx, &account, READ_SEARCH, "{\"data\":[" OFFER("+12025550123", "") "]}");
	expect_outcome(telnyx, &account, READ_SEARCH, 200, "{\"data\":[{}]}", INVENTORY_UNREADABLE, "");
	expect_outcome(telnyx, &account, READ_SEARCH, 200, "{\"data\":{}}", INVENTORY_UNREADABLE, "");
	expect_outcome(telnyx, &account, READ_SEARCH, 200, "{\"data\":[]}", INVENTORY_DONE, "");
}

static void more_offers_than_are_kept_are_not_read(void **state)
{
	struct reading reading;
	struct buf body;

	(void)state;
	buf_init(&body, 1 << 20);
	buf_lit(&body, "{\"data\":[");
	for (int i = 0; i < INVENTORY_OFFERS_MAX + 1; i++)
		buf_fmt(&body, "%s{\"phone_number\":\"+9990000%06d\"}", i ? "," : "", i);
	buf_lit(&body, "]}");
	reading_take(&reading, telnyx, &account, READ_SEARCH, 200, buf_text(&body), NULL);
	assert_int_equal(reading.offers.n, INVENTORY_OFFERS_MAX);
	reading_done(&reading);
	buf_done(&body);
}

#define ORDER(status, rest)                                                                                  \
	"{\"data\":{\"record_type\":\"number_order\",\"id\":\"" ORDER_ID "\",\"status\":\"" status "\","     \
	"\"phone_numbers_count\":1,\"connection_id\":\"" APP "\"" rest "}}"
#define ORDERED(met)                                                                                         \
	",\"phone_numbers\":[{\"record_type\":\"number_order_phone_number\","                                 \
	"\"id\":\"dc8e4d67-33a0-4cbb-af74-7b58f05bd494\",\"phone_number\":\"+12025550123\","                  \
	"\"status\":\"success\",\"requirements_met\":" met ",\"regulatory_requirements\":[]}]"

static void expect_bought(const char *body, enum inventory_outcome outcome, uint64_t e164, const char *order)
{
	struct reading reading;

	reading_take(&reading, telnyx, &account, READ_BUY, 200, str_of(body), NULL);
	assert_int_equal(reading.result.outcome, outcome);
	assert_int_equal(reading.bought.number.e164, e164);
	assert_string_equal(reading.bought.order, order);
	assert_string_equal(reading.bought.id, ""); /* the ids in an order are not the number's */
	reading_done(&reading);
}

static void an_order_is_done_pending_or_failed(void **state)
{
	(void)state;
	expect_bought(ORDER("success", ORDERED("true")), INVENTORY_DONE, 12025550123, "");
	expect_bought(ORDER("pending", ORDERED("true") ",\"requirements_met\":true"), INVENTORY_PENDING, 12025550123,
		ORDER_ID);
	expect_bought(ORDER("pending", ""), INVENTORY_PENDING, 0, ORDER_ID);
	expect_bought(ORDER("success", ""), INVENTORY_DONE, 0, "");
	expect_bought(ORDER("success", ",\"phone_numbers\":[{\"phone_number\":\"12\"}]"), INVENTORY_DONE, 0, "");
	expect_bought(ORDER("failure", ORDERED("true")), INVENTORY_GONE, 0, "");
	expect_cut_is_unreadable(telnyx, &account, READ_BUY, ORDER("pending", ORDERED("true")));
}

static void an_order_that_wants_papers_says_so_and_which_it_is(void **state)
{
	struct reading reading;

	(void)state;
	expect_bought(ORDER("pending", ORDERED("false")), INVENTORY_WANTS_PAPERS, 0, "");
	reading_take(&reading, telnyx, &account, READ_BUY, 200,
		STR(ORDER("pending", ORDERED("true") ",\"requirements_met\":false")), NULL);
	assert_int_equal(reading.result.outcome, INVENTORY_WANTS_PAPERS);
	assert_string_equal(reading.result.why,
		"order " ORDER_ID " waits for documents (requirements_met is false)");
	reading_done(&reading);
}

static void an_order_of_another_shape_is_unreadable(void **state)
{
	static const char *const orders[] = {"", "{}", "[]", "{\"data\":[]}", "{\"data\":{\"status\":\"success\"}}",
		"{\"data\":{\"id\":\"../1\",\"status\":\"success\"}}", "{\"data\":{\"id\":\"1\"}}",
		"{\"data\":{\"id\":\"1\",\"status\":\"fulfilled\"}}", "{\"data\":{\"id\":\"1\",\"status\":1}}"};

	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
		expect_outcome(telnyx, &account, READ_BUY, 200, orders[i], INVENTORY_UNREADABLE, "");
}

#define ERROR(code, title, detail)                                                                           \
	"{\"errors\":[{\"code\":\"" code "\",\"title\":\"" title "\",\"detail\":\"" detail "\","              \
	"\"source\":{\"pointer\":\"/base\"},\"meta\":{\"url\":\"https://developers.telnyx.com/docs\"}}]}"

static void errors_come_to_what_they_mean(void **state)
{
	static const struct {
		int status;
		const char *body, *code;
		enum inventory_outcome outcome;
	} errors[] = {
		{401, ERROR("10009", "Authentication failed", "No."), "10009", INVENTORY_NO_ACCESS},
		{403, ERROR("10010", "Authorization failed", "No."), "10010", INVENTORY_NO_ACCESS},
		{404, ERROR("10005", "Resource not found", "No."), "10005", INVENTORY_GONE},
		{400, ERROR("10005", "Resource not found", "No."), "10005", INVENTORY_GONE},
		{400, ERROR("10009", "Authentication failed", "No."), "10009", INVENTORY_NO_ACCESS},
		{400, ERROR("10015", "Bad Request", "No."), "10015", INVENTORY_REFUSED},
		{422, ERROR("10027", "Unprocessable Entity", "No."), "10027", INVENTORY_REFUSED},
		{400, ERROR("10011", "Too many requests", "No."), "10011", INVENTORY_AGAIN},
		{429, ERROR("10011", "Too many requests", "No."), "10011", INVENTORY_AGAIN},
		{429, "", "", INVENTORY_AGAIN},
		{402, "", "", INVENTORY_NO_MONEY},
		{408, ERROR("10008", "Request timeout", "No."), "10008", INVENTORY_AGAIN},
		{500, ERROR("10007", "Unexpected error", "No."), "10007", INVENTORY_AGAIN},
		{503, "<html>", "", INVENTORY_AGAIN},
		{301, "", "", INVENTORY_REFUSED},
		{400, "{\"errors\":{}}", "", INVENTORY_REFUSED},
		{400, "{\"errors\":[1]}", "", INVENTORY_REFUSED},
		{400, "{\"errors\":[{\"code\":10005}]}", "", INVENTORY_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		for (enum reading_kind kind = READ_LIST; kind <= READ_DONE; kind++)
			expect_outcome(telnyx, &account, kind, errors[i].status, errors[i].body, errors[i].outcome,
				errors[i].code);
}

static void why_a_purchase_is_refused_is_read_in_its_sentence(void **state)
{
	static const struct {
		const char *detail;
		enum inventory_outcome outcome;
	} refusals[] = {
		{"Insufficient funds.", INVENTORY_NO_MONEY},
		{"Account balance too low", INVENTORY_NO_MONEY},
		{"Regulatory Requirements are not met", INVENTORY_WANTS_PAPERS},
		{"An address is required", INVENTORY_WANTS_PAPERS},
		{"The number is not available", INVENTORY_GONE},
		{"This number is no longer for sale", INVENTORY_GONE},
		{"Bad luck", INVENTORY_REFUSED},
	};
	char body[256];

	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		snprintf(body, sizeof body, ERROR("10015", "t", "%s"), refusals[i].detail);
		expect_outcome(telnyx, &account, READ_BUY, 422, body, refusals[i].outcome, "10015");
		expect_outcome(telnyx, &account, READ_DONE, 422, body, INVENTORY_REFUSED, "10015");
	}
}

static void a_sentence_shows_no_number(void **state)
{
	struct reading reading;

	(void)state;
	reading_take(&reading, telnyx, &account, READ_BUY, 422,
		STR(ERROR("10015", "t", "Number +12025550123 is\\nodd")), NULL);
	assert_string_equal(reading.result.why, "Number +*********** is?odd");
	assert_int_equal(reading.result.retry_after_s, -1);
	reading_done(&reading);
	reading_take(&reading, telnyx, &account, READ_DONE, 400, STR(ERROR("10015", "The title", "")), NULL);
	assert_string_equal(reading.result.why, "The title");
	reading_done(&reading);
}

static void what_was_asked_for_is_done_with_the_number_or_with_nothing(void **state)
{
	(void)state;
	expect_outcome(telnyx, &account, READ_DONE, 200, "{\"data\":" ONE("+12025550123", "1", "deleted") "}",
		INVENTORY_DONE, "");
	expect_outcome(telnyx, &account, READ_DONE, 204, "", INVENTORY_DONE, "");
	expect_outcome(telnyx, &account, READ_DONE, 200, "{}", INVENTORY_UNREADABLE, "");
	expect_outcome(telnyx, &account, READ_DONE, 200, "<html>Log in</html>", INVENTORY_UNREADABLE, "");
	expect_outcome(telnyx, &account, READ_DONE, 200, "{\"data\":[]}", INVENTORY_UNREADABLE, "");
	expect_cut_is_unreadable(telnyx, &account, READ_DONE, "{\"data\":{}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_of_our_numbers_is_asked_for),
		cmocka_unit_test(a_cursor_is_a_page_and_nothing_else),
		cmocka_unit_test(a_search_says_all_that_is_wanted),
		cmocka_unit_test(a_purchase_is_an_order_that_points_to_our_application),
		cmocka_unit_test(numbers_and_the_application_are_pointed_at_us_and_given_back),
		cmocka_unit_test(a_call_control_application_gets_its_own_url),
		cmocka_unit_test(texts_have_a_profile_that_numbers_and_url_are_put_into),
		cmocka_unit_test(an_id_never_leads_to_another_call),
		cmocka_unit_test(a_setting_that_is_missing_is_named),
		cmocka_unit_test(the_accounts_own_api_url_is_called_instead),
		cmocka_unit_test(what_does_not_fit_is_said),
		cmocka_unit_test(our_numbers_are_read),
		cmocka_unit_test(the_last_page_ends_the_list_and_an_empty_one_before_it_is_none),
		cmocka_unit_test(numbers_that_are_not_ours_or_no_numbers_are_left_out_and_lose_no_other),
		cmocka_unit_test(a_number_that_is_listed_twice_is_given_once),
		cmocka_unit_test(where_a_number_points_has_a_limit),
		cmocka_unit_test(a_list_of_another_shape_is_unreadable),
		cmocka_unit_test(a_page_has_a_limit),
		cmocka_unit_test(a_huge_or_a_deep_answer_is_unreadable),
		cmocka_unit_test(without_memory_there_is_no_half_page),
		cmocka_unit_test(offers_are_read_with_their_prices),
		cmocka_unit_test(more_offers_than_are_kept_are_not_read),
		cmocka_unit_test(an_order_is_done_pending_or_failed),
		cmocka_unit_test(an_order_that_wants_papers_says_so_and_which_it_is),
		cmocka_unit_test(an_order_of_another_shape_is_unreadable),
		cmocka_unit_test(errors_come_to_what_they_mean),
		cmocka_unit_test(why_a_purchase_is_refused_is_read_in_its_sentence),
		cmocka_unit_test(a_sentence_shows_no_number),
		cmocka_unit_test(what_was_asked_for_is_done_with_the_number_or_with_nothing),
	};

	telnyx = inventory_find(STR("telnyx"));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
