/* The answers are those of Plivo's documentation and of plivo-python's fixtures, with numbers of tests/numbers.txt. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/inventory.h"
#include "provider/provider.h"

#define AUTH "MA2025RK4E639VJFZAGV"
#define ROOT "https://api.plivo.com/v1/Account/" AUTH
#define APP "20468599130939380"
#define API_ID "\"api_id\":\"114de006-1c95-11e4-8a4a-123140008edf\""

static const struct inventory *plivo;
static const struct account account = {.name = "main", .sid = AUTH, .secret = "token-of-main", .application = APP};
static const struct inventory_hook both = {.voice_url = "https://vn.example.com/hooks/plivo/main/voice",
	.status_url = "https://vn.example.com/hooks/plivo/main/status",
	.text_url = "https://vn.example.com/hooks/plivo/main/sms"},
	voice_only = {.voice_url = "https://vn.example.com/hooks/plivo/main/voice"};
static struct arena arena;

static struct inventory_request request;
static struct inventory_result result;
static const char *why;

static struct number number(const char *text)
{
	struct number number;

	assert_int_equal(number_parse(str_of(text), &number), ERR_OK);
	return number;
}

static void assert_asked(enum err err, enum inventory_method method, const char *url, const char *body)
{
	assert_int_equal(err, ERR_OK);
	assert_int_equal(request.method, method);
	assert_string_equal(request.url, url);
	assert_string_equal(request.body, body);
	assert_string_equal(request.accept, "application/json");
	assert_string_equal(request.user, AUTH);
	assert_string_equal(request.password, "token-of-main");
	assert_null(request.bearer);
	if (body[0])
		assert_string_equal(request.content_type, "application/json");
	else
		assert_null(request.content_type);
}

/* --- requests --- */

static void a_list_begins_with_the_largest_pages_and_goes_on_at_the_cursor(void **state)
{
	(void)state;
	assert_asked(
		plivo->list(&account, "", &request, &why), INVENTORY_GET, ROOT "/Number/?limit=20&offset=0", "");
	assert_asked(plivo->list(&account, "limit=20&offset=20", &request, &why), INVENTORY_GET,
		ROOT "/Number/?limit=20&offset=20", "");
}

static void one_number_is_found_by_its_digits(void **state)
{
	(void)state;
	assert_asked(plivo->find(&account, number("+14155550123"), &request, &why), INVENTORY_GET,
		ROOT "/Number/?number_startswith=14155550123&limit=20", "");
	assert_null(plivo->one);
	assert_null(plivo->order);
	assert_true(plivo->by_application && plivo->order_is_slow);
}

static void assert_search(struct inventory_want want, const char *query)
{
	char url[512];

	snprintf(url, sizeof url, ROOT "/PhoneNumber/?%s", query);
	assert_asked(plivo->search(&account, &want, &request, &why), INVENTORY_GET, url, "");
}

static void a_search_says_what_is_wanted(void **state)
{
	(void)state;
	assert_search((struct inventory_want){.country = 'U' << 8 | 'S', .area = "415", .sms = true, .n = 5},
		"country_iso=US&type=local&pattern=415&services=voice%2Csms&limit=5");
	assert_search((struct inventory_want){.country = 'G' << 8 | 'B', .type = "mobile", .region = "South East", .n = 100},
		"country_iso=GB&type=mobile&region=South%20East&services=voice&limit=20");
}

static void purchase_and_number_name_the_application(void **state)
{
	const struct inventory_offer offer = {.number = number("+14155550123")};
	const struct inventory_number ours = {.number = number("+14155550123"), .id = STR("14155550123")};

	(void)state;
	assert_asked(plivo->buy(&account, &offer, &both, &request, &why), INVENTORY_POST, ROOT "/PhoneNumber/14155550123/",
		"{\"app_id\":\"" APP "\"}");
	assert_asked(plivo->point(&account, &ours, &both, &request, &why), INVENTORY_POST, ROOT "/Number/14155550123/",
		"{\"app_id\":\"" APP "\"}");
	assert_string_equal(inventory_target(plivo, &account, &both), APP);
	assert_asked(
		plivo->release(&account, &ours, &request, &why), INVENTORY_DELETE, ROOT "/Number/14155550123/", "");
}

static void the_application_gets_our_urls(void **state)
{
	(void)state;
	assert_asked(plivo->application(&account, &both, &request, &why), INVENTORY_POST, ROOT "/Application/" APP "/",
		"{\"answer_url\":\"https://vn.example.com/hooks/plivo/main/voice\",\"answer_method\":\"POST\","
		"\"hangup_url\":\"https://vn.example.com/hooks/plivo/main/status\",\"hangup_method\":\"POST\"}");
	assert_asked(plivo->application_texts(&account, &both, &request, &why), INVENTORY_POST, ROOT "/Application/" APP "/",
		"{\"message_url\":\"https://vn.example.com/hooks/plivo/main/sms\",\"message_method\":\"POST\"}");
	assert_null(plivo->point_texts); /* numbers have one application for both */
	assert_string_equal(inventory_text_target(plivo, &account, &both), "");
	assert_asked(plivo->application(&account, &voice_only, &request, &why), INVENTORY_POST, ROOT "/Application/" APP "/",
		"{\"answer_url\":\"https://vn.example.com/hooks/plivo/main/voice\",\"answer_method\":\"POST\"}");
}

static void assert_refused(enum err err, enum err expected, const char *sentence)
{
	assert_int_equal(err, expected);
	assert_string_equal(why, sentence);
}

static void what_cannot_be_asked_says_why(void **state)
{
	const struct account no_id = {.secret = "t"}, no_token = {.sid = AUTH}, no_app = {.sid = AUTH, .secret = "t"};
	struct account odd_app = no_app, elsewhere = account;
	const struct inventory_offer offer = {.number = number("+14155550123")};
	const struct inventory_number none = {0}, ours = {.number = number("+14155550123")};
	struct inventory_want want = {.type = "local", .n = 1};
	char cursor[2200];

	(void)state;
	assert_refused(plivo->list(&no_id, "", &request, &why), ERR_BAD_REQUEST, "the account has no auth_id");
	assert_refused(plivo->list(&no_token, "", &request, &why), ERR_BAD_REQUEST, "the account has no auth_token");
	assert_refused(plivo->search(&account, &want, &request, &why), ERR_BAD_REQUEST,
		"Plivo wants a country to search in");
	want = (struct inventory_want){.country = 'U' << 8 | 'S', .type = "shared", .n = 1};
	assert_refused(plivo->search(&account, &want, &request, &why), ERR_BAD_REQUEST,
		"Plivo has local, mobile, national and tollfree numbers");
	static const char no_application[] = "the account has no app_id to point numbers to";
	assert_refused(plivo->buy(&no_app, &offer, &both, &request, &why), ERR_BAD_REQUEST, no_application);
	assert_refused(plivo->point(&no_app, &ours, &both, &request, &why), ERR_BAD_REQUEST, no_application);
	assert_refused(plivo->application(&no_app, &both, &request, &why), ERR_BAD_REQUEST, no_application);
	assert_refused(plivo->application_texts(&no_app, &both, &request, &why), ERR_BAD_REQUEST, no_application);
	str_copy(odd_app.application, sizeof odd_app.application, STR("../1"));
	assert_refused(
		plivo->application(&odd_app, &both, &request, &why), ERR_BAD_REQUEST, "the account's app_id is no id");
	assert_refused(plivo->release(&account, &none, &request, &why), ERR_BAD_REQUEST, "there is no number");
	memset(cursor, 'a', sizeof cursor);
	cursor[sizeof cursor - 1] = '\0';
	assert_refused(plivo->list(&account, cursor, &request, &why), ERR_TOO_LARGE, "the request is too long");
	str_copy(elsewhere.api_url, sizeof elsewhere.api_url, STR("file:///etc"));
	assert_refused(plivo->list(&elsewhere, "", &request, &why), ERR_BAD_REQUEST,
		"the account's api_url is no http or https URL");
}

static void a_body_has_a_limit(void **state)
{
	char url[INVENTORY_BODY_MAX + 2];
	const struct inventory_hook long_hook = {.voice_url = url};

	(void)state;
	memset(url, 'a', sizeof url);
	url[sizeof url - 1] = '\0';
	assert_refused(plivo->application(&account, &long_hook, &request, &why), ERR_TOO_LARGE, "the request is too long");
}

/* --- answers --- */

#define ITEM(phone, more)                                                                                              \
	"{\"number\":" phone ",\"sub_account\":null,\"added_on\":\"2023-02-14\",\"carrier\":\"Plivo\","                \
	"\"region\":\"California, UNITED STATES\",\"city\":null,\"country\":\"United States\","                        \
	"\"number_type\":\"local\",\"renewal_date\":\"2023-03-14\",\"sms_rate\":\"0.00000\",\"mms_enabled\":false,"    \
	"\"voice_rate\":\"0.00850\",\"cnam_lookup\":\"enabled\"," more "}"
#define PLAIN                                                                                                          \
	"\"alias\":\"courier\",\"application\":\"/v1/Account/" AUTH "/Application/" APP                                \
	"/\",\"monthly_rental_rate\":\"0.80000\",\"active\":true,\"sms_enabled\":true,\"voice_enabled\":true"
#define LIST(items, next)                                                                                              \
	"{" API_ID ",\"meta\":{\"limit\":20,\"next\":" next                                                            \
	",\"offset\":0,\"previous\":null,\"total_count\":1},\"objects\":[" items "]}"

static struct inventory_page page_of(const char *body)
{
	struct inventory_page page = {.n = -1};
	struct page_end text = page_end_copy(str_of(body));

	plivo->read_list(&account, 200, text.text, &arena, &page, &result);
	page_end_free(&text);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_string_equal(result.why, "");
	return page;
}

static void the_documented_list_is_read(void **state)
{
	struct inventory_page page = page_of(LIST(ITEM("\"14155550123\"", PLAIN), "null"));
	const struct inventory_number *one = page.numbers;

	(void)state;
	assert_int_equal(page.n, 1);
	assert_string_equal(page.next, "");
	assert_true(number_equal(one->number, number("+14155550123")));
	assert_true(str_equal(one->id, STR("14155550123")));
	assert_true(str_equal(one->hook, STR(APP)));
	assert_true(str_equal(one->tag, STR("courier")));
	assert_true(one->voice && one->sms && one->active && one->hook_told && !one->hook_hidden);
	assert_int_equal(one->month_micros, 800000);
	assert_string_equal(one->currency, "");
	assert_int_equal(one->country, 0);
	assert_int_equal(page_of(LIST("", "null")).n, 0);
}

static void what_is_spelled_otherwise_is_read_as_well(void **state)
{
	struct inventory_page page = page_of(LIST(ITEM("14155550123",
							  "\"application\":\"" APP "\",\"active\":null,\"monthly_rental_rate\":0.8"),
		"null"));

	(void)state;
	assert_true(number_equal(page.numbers[0].number, number("+14155550123")));
	assert_true(str_equal(page.numbers[0].hook, STR(APP)));
	assert_true(page.numbers[0].active);
	assert_int_equal(page.numbers[0].month_micros, 800000);
	page = page_of(LIST(ITEM("\"+14155550123\"", "\"application\":null,\"active\":false,\"monthly_rental_rate\":2"), "null"));
	assert_int_equal(page.n, 1);
	assert_int_equal(page.numbers[0].hook.len, 0);
	assert_false(page.numbers[0].active);
	assert_int_equal(page.numbers[0].month_micros, 2000000);
	page = page_of(LIST(ITEM("\"14155550123\"", "\"application\":\"///\",\"monthly_rental_rate\":-1.5"), "null"));
	assert_int_equal(page.numbers[0].hook.len, 0);
	assert_int_equal(page.numbers[0].month_micros, INVENTORY_NO_PRICE);
	/* No meta: one page. */
	assert_string_equal(page_of("{\"objects\":[]}").next, "");
}

static void a_number_that_cannot_be_read_loses_no_other(void **state)
{
	struct inventory_page page = page_of(LIST(ITEM("\"short\"", PLAIN) "," ITEM("null", PLAIN) "," ITEM("-7", PLAIN) "," ITEM(
							  "\"14155550123\"", PLAIN) ",{}",
		"null"));

	(void)state;
	assert_int_equal(page.n, 1);
	assert_true(number_equal(page.numbers[0].number, number("+14155550123")));
}

static void only_the_query_of_a_next_page_is_followed(void **state)
{
	static const char *const uris[] = {
		"\"/v1/Account/" AUTH "/Number/?limit=20&offset=20\"",
		"\"https://evil.example/v1/Account/x/Application/?limit=20&offset=20\"",
		"\"//evil.example?limit=20&offset=20\"",
	};
	char body[1024];

	(void)state;
	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		snprintf(body, sizeof body, LIST("", "%s"), uris[i]);
		struct inventory_page page = page_of(body);
		assert_asked(plivo->list(&account, page.next, &request, &why), INVENTORY_GET,
			ROOT "/Number/?limit=20&offset=20", "");
	}
}

static void assert_unreadable(const char *body, const char *sentence)
{
	struct inventory_page page = {.n = -1};

	plivo->read_list(&account, 200, str_of(body), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	assert_string_equal(result.why, sentence);
	assert_int_equal(page.n, -1);
}

static void an_answer_of_another_shape_is_no_half_page(void **state)
{
	static const char none[] = "the answer is no JSON document", no_objects[] = "the answer has no objects",
			  odd[] = "one of objects is no number", no_page[] = "meta.next is no address of a page";
	char body[2048], query[INVENTORY_CURSOR_MAX + 2];

	(void)state;
	assert_unreadable("", none);
	assert_unreadable("{\"objects\":[", none);
	assert_unreadable("{\"objects\":[],\"objects\":[]}", none);
	assert_unreadable("[]", no_objects);
	assert_unreadable("{}", no_objects);
	assert_unreadable("{\"objects\":null}", no_objects);
	assert_unreadable("{\"objects\":{\"number\":\"14155550123\"}}", no_objects);
	assert_unreadable(LIST("7", "null"), odd);
	assert_unreadable(LIST(ITEM("\"14155550123\"", PLAIN) ",null", "null"), odd);
	assert_unreadable(LIST("", "7"), no_page);
	assert_unreadable(LIST("", "[]"), no_page);
	assert_unreadable(LIST("", "\"/no/query/\""), no_page);
	assert_unreadable(LIST("", "\"/x/?a b\""), no_page);
	assert_unreadable(LIST("", "\"/x/?a#b\""), no_page);
	assert_unreadable(LIST("", "\"/x/?a\\u0001\""), no_page);
	memset(query, 'q', sizeof query);
	query[INVENTORY_CURSOR_MAX + 1] = '\0';
	snprintf(body, sizeof body, LIST("", "\"/x/?%s\""), query);
	assert_unreadable(body, no_page);
	query[INVENTORY_CURSOR_MAX] = '\0';
	snprintf(body, sizeof body, LIST("", "\"/x/?%s\""), query);
	assert_string_equal(page_of(body).next, query);
}

/* Numbers in a list, on the heap. */
static char *list_of(int n, const char *more)
{
	struct buf body;

	buf_init(&body, INVENTORY_ANSWER_MAX);
	buf_lit(&body, "{\"objects\":[");
	for (int i = 0; i < n; i++)
		buf_fmt(&body, "%s{\"number\":\"9990000000%03d\"%s}", i ? "," : "", i % 1000, more);
	buf_put(&body, "]}", 3);
	assert_true(buf_ok(&body));
	return body.at;
}

static void a_page_has_a_limit_and_no_half(void **state)
{
	char *full = list_of(INVENTORY_PAGE_NUMBERS, ""), *more = list_of(INVENTORY_PAGE_NUMBERS + 1, "");
	struct inventory_page page = {.n = -1};
	struct arena small;

	(void)state;
	assert_int_equal(page_of(full).n, INVENTORY_PAGE_NUMBERS);
	assert_unreadable(more, "the page has too many numbers");
	for (size_t max = 0; max < 300000; max += 50000) {
		arena_init(&small, max);
		plivo->read_list(&account, 200, str_of(full), &small, &page, &result);
		assert_true(result.outcome == INVENTORY_DONE ? page.n == INVENTORY_PAGE_NUMBERS : page.n == -1);
		page.n = -1;
		arena_done(&small);
	}
	free(full);
	free(more);
}

#define OFFER(phone, restriction, voice)                                                                               \
	"{\"number\":" phone ",\"prefix\":\"415\",\"city\":\"SAN FRANCISCO\",\"country\":\"UNITED STATES\","           \
	"\"lata\":722,\"type\":\"fixed\",\"sub_type\":\"local\",\"setup_rate\":\"0.00000\","                           \
	"\"monthly_rental_rate\":\"1.25000\",\"sms_enabled\":true,\"voice_enabled\":" voice                           \
	",\"restriction\":" restriction ",\"restriction_text\":null}"

static struct inventory_offers offers_of(const char *body)
{
	struct inventory_offers offers = {.n = -1};
	struct page_end text = page_end_copy(str_of(body));

	plivo->read_search(&account, 200, text.text, &arena, &offers, &result);
	page_end_free(&text);
	return offers;
}

static void the_documented_search_is_read(void **state)
{
	struct inventory_offers offers = offers_of(LIST(OFFER("\"14155550123\"", "null", "true") "," OFFER(
							       "\"14155550124\"", "\"documents\"", "true") "," OFFER(
							       "\"14155550125\"", "null", "false") "," OFFER("\"x\"", "null", "true"),
		"null"));

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(offers.n, 2);
	assert_true(number_equal(offers.offers[0].number, number("+14155550123")));
	assert_int_equal(offers.offers[0].month_micros, 1250000);
	assert_int_equal(offers.offers[0].setup_micros, 0);
	assert_false(offers.offers[0].wants_papers);
	assert_true(offers.offers[1].wants_papers);
	assert_int_equal(offers_of(LIST("", "null")).n, 0);
	static const char *const odd[] = {"{}", "[]", "", LIST("7", "null"), "{\"objects\":7}"};
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		assert_int_equal(offers_of(odd[i]).n, -1);
		assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	}
}

static void offers_beyond_the_limit_are_left_out(void **state)
{
	char *many = list_of(INVENTORY_OFFERS_MAX + 1, ",\"voice_enabled\":true");

	(void)state;
	assert_int_equal(offers_of(many).n, INVENTORY_OFFERS_MAX);
	free(many);
}

static struct inventory_bought bought_of(const char *body)
{
	struct inventory_bought bought = {.id = "no id!"};
	struct page_end text = page_end_copy(str_of(body));

	plivo->read_buy(&account, 201, text.text, &arena, &bought, &result);
	page_end_free(&text);
	return bought;
}

#define BOUGHT(numbers, status) "{" API_ID ",\"message\":\"created\",\"numbers\":" numbers ",\"status\":" status "}"

static void a_purchase_is_done_or_pending(void **state)
{
	struct inventory_bought bought =
		bought_of(BOUGHT("[{\"number\":\"14155550123\",\"status\":\"Success\"}]", "\"fulfilled\""));

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_true(number_equal(bought.number, number("+14155550123")));
	assert_string_equal(bought.id, "14155550123");
	assert_string_equal(bought.order, "");
	bought = bought_of(BOUGHT("[{\"number\":\"447700900123\",\"status\":\"pending\"}]", "\"fulfilled\""));
	assert_int_equal(result.outcome, INVENTORY_PENDING);
	assert_true(number_equal(bought.number, number("+447700900123")));
	assert_string_equal(bought.order, "");
}

static void a_purchase_is_what_the_answer_says_and_no_more(void **state)
{
	struct inventory_bought bought = bought_of(BOUGHT("[]", "\"fulfilled\""));

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_false(number_is(bought.number));
	assert_string_equal(bought.id, "");
	bought_of(BOUGHT("7", "\"pending\""));
	assert_int_equal(result.outcome, INVENTORY_PENDING);
	bought_of("{\"message\":\"created\"}");
	assert_int_equal(result.outcome, INVENTORY_DONE);
	static const char *const odd[] = {"", "[]", BOUGHT("[{\"number\":\"14155550123\",\"status\":\"failed\"}]", "\"fulfilled\""),
		BOUGHT("[]", "\"what\"")};
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		assert_string_equal(bought_of(odd[i]).id, "no id!");
		assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	}
}

static void what_changed_something_needs_no_body(void **state)
{
	(void)state;
	plivo->read_done(&account, 204, STR_NONE, &arena, &result);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	plivo->read_done(&account, 202, STR("{\"message\":\"changed\"," API_ID "}"), &arena, &result);
	assert_int_equal(result.outcome, INVENTORY_DONE);
}

/* --- errors --- */

static const struct {
	int status;
	const char *body;
	enum inventory_outcome outcome;
	const char *why;
} errors[] = {
	{400, "{" API_ID ",\"error\":\"the reason in words\"}", INVENTORY_REFUSED, "the reason in words"},
	{401, "{" API_ID ",\"error\":\"the reason in words\"}", INVENTORY_NO_ACCESS, "the reason in words"},
	{401, "Could not verify your access level for that URL.", INVENTORY_NO_ACCESS, ""},
	{402, "{}", INVENTORY_NO_MONEY, ""},
	{403, "", INVENTORY_NO_ACCESS, ""},
	{404, "{" API_ID ",\"error\":\"not found\"}", INVENTORY_GONE, "not found"},
	{404, "{}", INVENTORY_GONE, ""},
	{405, "{\"error\":{\"message\":\"not so\"}}", INVENTORY_REFUSED, "not so"},
	{400, "{\"error\":{\"error\":\"not so\"}}", INVENTORY_REFUSED, "not so"},
	{400, "{\"message\":\"not so\"}", INVENTORY_REFUSED, "not so"},
	{400, "{\"error\":[\"x\"]}", INVENTORY_REFUSED, ""},
	{400, "{\"error\":\"14155550123 is not yours\"}", INVENTORY_REFUSED, "*********** is not yours"},
	{429, "{" API_ID ",\"error\":\"too fast\"}", INVENTORY_AGAIN, "too fast"},
	{500, "<html>", INVENTORY_AGAIN, ""},
	{404, "{\"error\":\"cut", INVENTORY_GONE, ""},
};

static void every_reader_tells_every_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4 * (sizeof errors / sizeof errors[0]); i++) {
		struct str body = str_of(errors[i / 4].body);
		int status = errors[i / 4].status;
		struct inventory_page page = {.n = -1};
		struct inventory_offers offers = {.n = -1};
		struct inventory_bought bought = {.id = "no id!"};

		if (i % 4 == 0)
			plivo->read_list(&account, status, body, &arena, &page, &result);
		else if (i % 4 == 1)
			plivo->read_search(&account, status, body, &arena, &offers, &result);
		else if (i % 4 == 2)
			plivo->read_buy(&account, status, body, &arena, &bought, &result);
		else
			plivo->read_done(&account, status, body, &arena, &result);
		assert_int_equal(result.outcome, errors[i / 4].outcome);
		assert_int_equal(result.status, status);
		assert_string_equal(result.code, "");
		assert_string_equal(result.why, errors[i / 4].why);
		assert_true(page.n == -1 && offers.n == -1 && strcmp(bought.id, "no id!") == 0);
	}
}

static int begin(void **state)
{
	(void)state;
	plivo = inventory_find(STR("plivo"));
	assert_non_null(plivo);
	why = "unset";
	arena_init(&arena, 8 << 20);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_begins_with_the_largest_pages_and_goes_on_at_the_cursor),
		TEST(one_number_is_found_by_its_digits),
		TEST(a_search_says_what_is_wanted),
		TEST(purchase_and_number_name_the_application),
		TEST(the_application_gets_our_urls),
		TEST(what_cannot_be_asked_says_why),
		TEST(a_body_has_a_limit),
		TEST(the_documented_list_is_read),
		TEST(what_is_spelled_otherwise_is_read_as_well),
		TEST(a_number_that_cannot_be_read_loses_no_other),
		TEST(only_the_query_of_a_next_page_is_followed),
		TEST(an_answer_of_another_shape_is_no_half_page),
		TEST(a_page_has_a_limit_and_no_half),
		TEST(the_documented_search_is_read),
		TEST(offers_beyond_the_limit_are_left_out),
		TEST(a_purchase_is_done_or_pending),
		TEST(a_purchase_is_what_the_answer_says_and_no_more),
		TEST(what_changed_something_needs_no_body),
		TEST(every_reader_tells_every_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
