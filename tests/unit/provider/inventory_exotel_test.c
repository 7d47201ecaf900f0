/* Samples are developer.exotel.com's, with numbers of tests/numbers.txt. */
#include "../test.h"
#include "base/arena.h"
#include "page_end.h"
#include "provider/inventory.h"
#include "provider/provider.h"

#define E "https://api.exotel.com/v2_beta/Accounts/example1"
#define FLOW "http://my.exotel.com/example1/exoml/start_voice/77"
#define SID "9eeafc8ab479a386dc95f854f9d7cd8a"
#define INDIA ('I' << 8 | 'N')

static const struct account whole = {.name = "india",
	.dialplan = {INDIA, 91, "0", "00", 1u << 10},
	.sid = "example1",
	.api_key = "key",
	.secret = "token",
	.application = FLOW};
static const struct inventory *exotel;
static struct arena arena;
static struct inventory_request request;
static const char *why;

static int set_up(void **state)
{
	(void)state;
	exotel = inventory_find(STR("exotel"));
	arena_init(&arena, 8 << 20);
	return exotel ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void is_request(enum inventory_method method, const char *url, const char *body)
{
	assert_int_equal(request.method, method);
	assert_string_equal(request.url, url);
	assert_string_equal(request.body, body);
	if (body[0])
		assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
	else
		assert_null(request.content_type);
	assert_string_equal(request.accept, "application/json");
	assert_string_equal(request.user, "key");
	assert_string_equal(request.password, "token");
	assert_null(request.bearer);
}

static struct inventory_result list_of(int status, const char *body, struct inventory_page *ret_page)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	exotel->read_list(&whole, status, copy.text, &arena, ret_page, &result);
	page_end_free(&copy);
	return result;
}

static struct inventory_result offers_of(int status, const char *body, struct inventory_offers *ret_offers)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	exotel->read_search(&whole, status, copy.text, &arena, ret_offers, &result);
	page_end_free(&copy);
	return result;
}

static struct inventory_result bought_of(int status, const char *body, struct inventory_bought *ret_bought)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	exotel->read_buy(&whole, status, copy.text, &arena, ret_bought, &result);
	page_end_free(&copy);
	return result;
}

static struct inventory_result done_of(int status, const char *body)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	exotel->read_done(&whole, status, copy.text, &arena, &result);
	page_end_free(&copy);
	return result;
}

static void requests_are_as_exotel_wants_them(void **state)
{
	const struct inventory_number number = {.number = {918047112233}, .id = STR(SID)};
	const struct inventory_offer offer = {.number = {918047112233}};
	const struct inventory_hook hook = {.voice_url = "https://vn.example.com/x"};
	struct inventory_want want = {.country = INDIA, .n = 10};

	(void)state;
	assert_int_equal(exotel->list(&whole, "", &request, &why), ERR_OK);
	is_request(INVENTORY_GET, E "/IncomingPhoneNumbers?Page=0&PageSize=50", "");
	assert_int_equal(exotel->list(&whole, "Page=1&PageSize=50", &request, &why), ERR_OK);
	is_request(INVENTORY_GET, E "/IncomingPhoneNumbers?Page=1&PageSize=50", "");
	assert_int_equal(exotel->find(&whole, number.number, &request, &why), ERR_OK);
	is_request(INVENTORY_GET, E "/IncomingPhoneNumbers?Page=0&PageSize=50", "");
	assert_int_equal(exotel->one(&whole, &number, &request, &why), ERR_OK);
	is_request(INVENTORY_GET, E "/IncomingPhoneNumbers/" SID, "");
	assert_int_equal(exotel->search(&whole, &want, &request, &why), ERR_OK);
	is_request(INVENTORY_GET, E "/AvailablePhoneNumbers/IN/Landline", "");
	want = (struct inventory_want){
		.country = INDIA, .type = "mobile", .area = "98", .region = "K A", .sms = true, .n = 1};
	assert_int_equal(exotel->search(&whole, &want, &request, &why), ERR_OK);
	is_request(INVENTORY_GET,
		E "/AvailablePhoneNumbers/IN/Mobile?IncomingSMS=true&InRegion=K%20A&Contains=98", "");
	assert_int_equal(exotel->buy(&whole, &offer, &hook, &request, &why), ERR_OK);
	is_request(INVENTORY_POST, E "/IncomingPhoneNumbers",
		"PhoneNumber=%2B918047112233&VoiceUrl=http%3A%2F%2Fmy.exotel.com%2Fexample1%2Fexoml%2F"
		"start_voice%2F77");
	assert_int_equal(exotel->point(&whole, &number, &hook, &request, &why), ERR_OK);
	is_request(INVENTORY_PUT, E "/IncomingPhoneNumbers/" SID,
		"VoiceUrl=http%3A%2F%2Fmy.exotel.com%2Fexample1%2Fexoml%2Fstart_voice%2F77");
	assert_int_equal(exotel->release(&whole, &number, &request, &why), ERR_OK);
	is_request(INVENTORY_DELETE, E "/IncomingPhoneNumbers/" SID, "");
	assert_null(exotel->order);
	assert_null(exotel->application);
	assert_true(exotel->by_application);
	assert_string_equal(inventory_target(exotel, &whole, &hook), FLOW);
}

static void the_host_is_the_accounts_region_or_its_own_address(void **state)
{
	struct account account = whole;

	(void)state;
	str_copy(account.subdomain, sizeof account.subdomain, STR("api.in.exotel.com"));
	assert_int_equal(exotel->list(&account, "", &request, &why), ERR_OK);
	assert_true(str_starts(str_of(request.url), STR("https://api.in.exotel.com/v2_beta/")));
	str_copy(account.subdomain, sizeof account.subdomain, STR("@api.in.exotel.com"));
	assert_int_equal(exotel->list(&account, "", &request, &why), ERR_OK);
	assert_true(str_starts(str_of(request.url), STR("https://api.in.exotel.com/v2_beta/")));
	str_copy(account.api_url, sizeof account.api_url, STR("http://127.0.0.1:4106"));
	assert_int_equal(exotel->list(&account, "", &request, &why), ERR_OK);
	assert_true(str_starts(str_of(request.url), STR("http://127.0.0.1:4106/v2_beta/")));
	str_copy(account.subdomain, sizeof account.subdomain, STR("x.example.com/y"));
	assert_int_equal(exotel->list(&account, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "subdomain is to be a host, such as api.in.exotel.com");
}

static void what_is_missing_is_said(void **state)
{
	const struct inventory_number number = {.number = {918047112233}, .id = STR(SID)};
	const struct inventory_offer offer = {.number = {918047112233}};
	struct inventory_want want = {.country = INDIA, .type = "national"};
	struct account account = whole;

	(void)state;
	account.application[0] = '\0';
	assert_int_equal(exotel->buy(&account, &offer, NULL, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "flow_url is missing: the flow that asks Bauta");
	assert_int_equal(exotel->point(&account, &number, NULL, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(exotel->search(&account, &want, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "Exotel has local, mobile and tollfree");
	want = (struct inventory_want){.n = 1};
	assert_int_equal(exotel->search(&account, &want, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "country is missing");
	account.secret[0] = '\0';
	assert_int_equal(exotel->release(&account, &number, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_token is missing");
	account.api_key[0] = '\0';
	assert_int_equal(exotel->list(&account, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_key is missing");
	account.sid[0] = '\0';
	assert_int_equal(exotel->list(&account, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "account_sid is missing");
}

static void no_id_and_no_cursor_leads_elsewhere(void **state)
{
	static const char *const ids[] = {"", ".", "..", "a/b", "a?b", "a b", "a\nb", "a%2f",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	static const char *const cursors[] = {"Page=1#x", "Page=1 ", "Page=1\r\nHost: x", "//x/", "\xff"};
	char query[INVENTORY_CURSOR_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		const struct inventory_number number = {.number = {918047112233}, .id = str_of(ids[i])};
		assert_int_equal(exotel->one(&whole, &number, &request, &why), ERR_BAD_REQUEST);
		assert_int_equal(exotel->point(&whole, &number, NULL, &request, &why), ERR_BAD_REQUEST);
		assert_int_equal(exotel->release(&whole, &number, &request, &why), ERR_BAD_REQUEST);
		assert_string_equal(why, "the number's id is none of Exotel's");
	}
	for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++)
		assert_int_equal(exotel->list(&whole, cursors[i], &request, &why), ERR_BAD_REQUEST);
	memset(query, 'a', sizeof query - 1);
	query[INVENTORY_CURSOR_MAX + 1] = '\0';
	assert_int_equal(exotel->list(&whole, query, &request, &why), ERR_BAD_REQUEST);
	query[INVENTORY_CURSOR_MAX] = '\0';
	assert_int_equal(exotel->list(&whole, query, &request, &why), ERR_OK);
}

static void the_list_is_read(void **state)
{
	struct inventory_page page = {0};
	struct inventory_result result = list_of(200,
		"{\"page\":0,\"page_size\":50,\"uri\":\"/v2_beta/x?Page=0&PageSize=50\","
		"\"first_page_uri\":\"x\",\"next_page_uri\":\"http://twilix.exotel.in/v2_beta/"
		"x?Page=1&PageSize=50\","
		"\"previous_page_uri\":null,\"incoming_phone_numbers\":["
		"{\"sid\":\"08047112233\",\"phone_number\":\"+918047112233\",\"friendly_name\":\"Sales\","
		"\"capabilities\":{\"voice\":true,\"sms\":true},\"country\":\"IN\",\"region\":\"KA\"},"
		"{\"sid\":\"" SID "\",\"phone_number\":\"08047112244\","
		"\"capabilities\":{\"voice\":true,\"sms\":false},\"country\":\"IN\","
		"\"rental_price\":\"499.000000\",\"currency\":\"INR\"}]}",
		&page);

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(page.n, 2);
	assert_string_equal(page.next, "Page=1&PageSize=50");
	const struct inventory_number *number = &page.numbers[0];
	assert_int_equal(number->number.e164, 918047112233);
	assert_true(str_equal(number->id, STR("08047112233")));
	assert_int_equal(number->country, INDIA);
	assert_true(number->voice && number->sms && number->active);
	assert_false(number->hook_told);
	assert_false(number->hook_hidden);
	assert_int_equal(number->hook.len, 0);
	assert_true(str_equal(number->tag, STR("Sales")));
	assert_true(number->month_micros == INVENTORY_NO_PRICE);
	assert_string_equal(number->currency, "");
	number = &page.numbers[1];
	assert_int_equal(number->number.e164, 918047112244);
	assert_false(number->sms);
	assert_true(number->month_micros == 499000000);
	assert_string_equal(number->currency, "INR");
}

static void where_the_list_goes_on(void **state)
{
#define ROW "{\"sid\":\"1\",\"phone_number\":\"+918047112233\"}"
	static const struct {
		const char *body, *next; /* NULL: unreadable */
	} cases[] = {
		{"{\"incoming_phone_numbers\":[" ROW "],\"next_page_uri\":null}", ""},
		{"{\"incoming_phone_numbers\":[" ROW "],\"page\":0,\"page_size\":50}", ""},
		{"{\"incoming_phone_numbers\":[" ROW "],\"page\":4,\"page_size\":1}", "Page=5&PageSize=1"},
		{"{\"incoming_phone_numbers\":[],\"page\":4,\"page_size\":1}", ""},
		{"{\"incoming_phone_numbers\":[]}", ""},
		{"{\"incoming_phone_numbers\":[" ROW "]}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"page\":\"0\",\"page_size\":50}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"page\":-1,\"page_size\":50}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"page\":0,\"page_size\":0}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"page\":9007199254740993,\"page_size\":1}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"next_page_uri\":7}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"next_page_uri\":\"http://x/y\"}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"next_page_uri\":\"?\"}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"next_page_uri\":\"?a b\"}", NULL},
		{"{\"incoming_phone_numbers\":[" ROW "],\"next_page_uri\":\"?a=1#b\"}", "a=1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct inventory_page page = {.n = 77};
		struct inventory_result result = list_of(200, cases[i].body, &page);
		if (result.outcome != (cases[i].next ? INVENTORY_DONE : INVENTORY_UNREADABLE))
			fail_msg("%s: %s", cases[i].body, result.why);
		if (cases[i].next)
			assert_string_equal(page.next, cases[i].next);
		else
			assert_int_equal(page.n, 77);
	}
}

static void a_number_by_itself_tells_its_flow(void **state)
{
	static const struct {
		const char *hook, *is; /* NULL: the account's own */
	} cases[] = {
		{"\"" FLOW "\"", NULL},
		{"\"https://my.exotel.com/exoml/start/77\"", NULL},
		{"\"https://MY.exotel.com/example1/exoml/start_voice/77\"", NULL},
		{"\"https://my.exotel.com/exoml/start/78\"", "https://my.exotel.com/exoml/start/78"},
		{"\"https://my.exotel.com/exoml/start_sms/77\"", "https://my.exotel.com/exoml/start_sms/77"},
		{"\"https://evil.example.com/exoml/start/77\"", "https://evil.example.com/exoml/start/77"},
		{"\"https://my.exotel.com/77\"", "https://my.exotel.com/77"},
		{"\"https://my.exotel.com/exoml/start/\"", "https://my.exotel.com/exoml/start/"},
		{"\"77\"", "77"},
		{"null", ""},
		{"7", ""},
	};
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct inventory_page page = {0};
		snprintf(body, sizeof body,
			"{\"sid\":\"" SID
			"\",\"phone_number\":\"+918047112233\",\"voice_url\":%s,\"sms_url\":null}",
			cases[i].hook);
		assert_int_equal(list_of(200, body, &page).outcome, INVENTORY_DONE);
		assert_int_equal(page.n, 1);
		assert_string_equal(page.next, "");
		assert_true(page.numbers[0].hook_told);
		assert_true(str_equal(page.numbers[0].hook, str_of(cases[i].is ? cases[i].is : FLOW)));
	}
}

static void numbers_that_are_none_are_left_out_and_wrong_shapes_refused(void **state)
{
	static const char *const wrong[] = {"", "[", "null", "7", "\"x\"", "[]", "{}", "{\"sid\":\"1\"}",
		"{\"phone_number\":\"+918047112233\"}", "{\"sid\":1,\"phone_number\":\"+918047112233\"}",
		"{\"sid\":\"1\",\"phone_number\":918047112233}", "{\"incoming_phone_numbers\":{}}",
		"{\"incoming_phone_numbers\":null}",
		"{\"incoming_phone_numbers\":[7],\"next_page_uri\":null}",
		"{\"incoming_phone_numbers\":[[]],\"next_page_uri\":null}",
		"{\"incoming_phone_numbers\":[" ROW ",{}],\"next_page_uri\":null}",
		"{\"incoming_phone_numbers\":[],\"incoming_phone_numbers\":[]}",
		"{\"incoming_phone_numbers\":[" ROW "],\"next_page_uri\":null",
		"{\"next_page_uri\":null,\"incoming_phone_numbers\":[{\"sid\":\"1\",\"phone_number\":\"1\"}]}",
		"[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", "\xff\xfe", "{\"a\":\"\\u0000\"}"};
	struct inventory_page page = {.n = 77};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct inventory_result result = list_of(200, wrong[i], &page);
		if (result.outcome != INVENTORY_UNREADABLE || !result.why[0])
			fail_msg("read: %s", wrong[i]);
		assert_int_equal(page.n, 77);
	}
	struct inventory_result result = list_of(200,
		"{\"next_page_uri\":null,\"incoming_phone_numbers\":[{\"sid\":\"1\",\"phone_number\":"
		"\"1800\"},"
		"{\"sid\":\"..\",\"phone_number\":\"+918047112244\"}," ROW "]}",
		&page);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(page.n, 1);
	assert_int_equal(page.numbers[0].number.e164, 918047112233);
}

static struct str page_of(struct buf *out, int n)
{
	buf_reset(out);
	buf_lit(out, "{\"next_page_uri\":null,\"incoming_phone_numbers\":[");
	for (int i = 0; i < n; i++)
		buf_fmt(out, "%s{\"sid\":\"%d\",\"phone_number\":\"+918047112233\"}", i ? "," : "", i);
	buf_lit(out, "]}");
	return buf_text(out);
}

static void a_page_has_a_limit_and_memory_may_end(void **state)
{
	struct inventory_page page = {0};
	struct inventory_result result;
	struct arena small;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	exotel->read_list(&whole, 200, page_of(&out, INVENTORY_PAGE_NUMBERS), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(page.n, INVENTORY_PAGE_NUMBERS);
	for (size_t max = 0; max < 4096; max += 64) {
		arena_init(&small, max);
		exotel->read_list(&whole, 200, page_of(&out, 20), &small, &page, &result);
		assert_true(result.outcome == INVENTORY_DONE || result.outcome == INVENTORY_UNREADABLE);
		arena_done(&small);
	}
	page.n = 77;
	exotel->read_list(&whole, 200, page_of(&out, INVENTORY_PAGE_NUMBERS + 1), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	assert_int_equal(page.n, 77);
	buf_done(&out);
}

static void offers_are_a_bare_array(void **state)
{
	static const char *const wrong[] = {"{}", "null", "[7]", "[{}]",
		"[{\"phone_number\":\"+91XXXX30240\"}]", "[{\"phone_number\":7}]", "["};
	struct inventory_offers offers = {.n = 77};
	struct inventory_result result;
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(offers_of(200, wrong[i], &offers).outcome, INVENTORY_UNREADABLE);
		assert_int_equal(offers.n, 77);
	}
	assert_int_equal(
		offers_of(200,
			"[{\"friendly_name\":\"x\",\"phone_number\":\"+918047112233\","
			"\"capabilities\":{\"sms\":false,\"voice\":true},\"country\":\"IN\",\"region\":"
			"\"KA\","
			"\"number_type\":\"Landline\",\"rental_price\":\"0.000000\"},"
			"{\"phone_number\":\"+918047112234\",\"capabilities\":{\"voice\":false}},"
			"{\"phone_number\":\"+91XX\"},"
			"{\"phone_number\":\"+918047112235\",\"rental_price\":\"1.5\",\"currency\":\"INR\"}]",
			&offers)
			.outcome,
		INVENTORY_DONE);
	assert_int_equal(offers.n, 2);
	assert_int_equal(offers.offers[0].number.e164, 918047112233);
	assert_int_equal(offers.offers[0].country, INDIA);
	assert_true(offers.offers[0].month_micros == 0);
	assert_true(offers.offers[0].setup_micros == INVENTORY_NO_PRICE);
	assert_false(offers.offers[0].wants_papers);
	assert_true(offers.offers[1].month_micros == 1500000);
	assert_string_equal(offers.offers[1].currency, "INR");
	assert_int_equal(offers_of(200, "[]", &offers).outcome, INVENTORY_DONE);
	assert_int_equal(offers.n, 0);
	buf_init(&out, 1 << 20);
	for (int i = 0; i < 5000; i++)
		buf_fmt(&out, "%c{\"phone_number\":\"+918047112233\"}", i ? ',' : '[');
	buf_char(&out, ']');
	exotel->read_search(&whole, 200, buf_text(&out), &arena, &offers, &result);
	assert_int_equal(offers.n, INVENTORY_OFFERS_MAX);
	buf_done(&out);
}

static void a_purchase_says_what_it_says(void **state)
{
	struct inventory_bought bought = {0};

	(void)state;
	assert_int_equal(
		bought_of(200,
			"{\"sid\":\"" SID "\",\"phone_number\":\"+918047112233\",\"friendly_name\":\"x\","
			"\"capabilities\":{\"voice\":true,\"sms\":true},\"country\":\"IN\","
			"\"rental_price\":\"499.000000\",\"currency\":\"INR\"}",
			&bought)
			.outcome,
		INVENTORY_DONE);
	assert_int_equal(bought.number.e164, 918047112233);
	assert_string_equal(bought.id, SID);
	assert_string_equal(bought.order, "");
	assert_int_equal(bought_of(201, "{\"sid\":\"../x\",\"phone_number\":\"+91XX\"}", &bought).outcome,
		INVENTORY_DONE);
	assert_false(number_is(bought.number));
	assert_string_equal(bought.id, "");
	bought.number.e164 = 77;
	assert_int_equal(bought_of(200, "", &bought).outcome, INVENTORY_UNREADABLE);
	assert_int_equal(bought_of(200, "[]", &bought).outcome, INVENTORY_UNREADABLE);
	assert_int_equal(bought.number.e164, 77);
}

static void every_kind_of_no_is_told_apart(void **state)
{
	static const struct {
		int status;
		enum inventory_outcome outcome;
	} cases[] = {{400, INVENTORY_REFUSED}, {401, INVENTORY_NO_ACCESS}, {402, INVENTORY_NO_MONEY},
		{403, INVENTORY_NO_ACCESS}, {404, INVENTORY_GONE}, {409, INVENTORY_REFUSED},
		{429, INVENTORY_AGAIN}, {500, INVENTORY_AGAIN}, {503, INVENTORY_AGAIN},
		{302, INVENTORY_REFUSED}};
	struct inventory_page page = {.n = 77};
	struct inventory_offers offers = {.n = 77};
	struct inventory_bought bought = {.number = {77}};
	char body[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(body, sizeof body,
			"{\"RestException\":{\"Status\":%d,\"Message\":\"not "
			"918047112233\",\"Code\":\"SOME_CODE\"}}",
			cases[i].status);
		const struct inventory_result results[] = {list_of(cases[i].status, body, &page),
			offers_of(cases[i].status, body, &offers), bought_of(cases[i].status, body, &bought),
			done_of(cases[i].status, body), list_of(cases[i].status, "", &page),
			done_of(cases[i].status, "<html>")};
		for (int r = 0; r < 6; r++) {
			assert_int_equal(results[r].outcome, cases[i].outcome);
			assert_int_equal(results[r].status, cases[i].status);
			assert_string_equal(results[r].code, r < 4 ? "SOME_CODE" : "");
			assert_string_equal(results[r].why, r < 4 ? "not ************" : "");
		}
	}
	assert_int_equal(page.n, 77);
	assert_int_equal(offers.n, 77);
	assert_int_equal(bought.number.e164, 77);
}

static void a_no_is_a_no_with_any_status(void **state)
{
	(void)state;
	assert_int_equal(
		done_of(200, "{\"RestException\":{\"Status\":429,\"Code\":34010}}").outcome, INVENTORY_AGAIN);
	assert_string_equal(
		done_of(200, "{\"RestException\":{\"Status\":429,\"Code\":34010}}").code, "34010");
	assert_int_equal(done_of(200, "{\"RestException\":{}}").outcome, INVENTORY_REFUSED);
	assert_int_equal(done_of(200, "{\"RestException\":{\"Status\":200}}").outcome, INVENTORY_REFUSED);
	assert_int_equal(done_of(200, "{\"RestException\":{\"Status\":200}}").status, 200);
	assert_int_equal(done_of(202, "{\"Status\":202,\"Message\":\"Accepted\"}").outcome, INVENTORY_DONE);
	assert_int_equal(done_of(200, "").outcome, INVENTORY_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_are_as_exotel_wants_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_host_is_the_accounts_region_or_its_own_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_missing_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_id_and_no_cursor_leads_elsewhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_list_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(where_the_list_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_number_by_itself_tells_its_flow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			numbers_that_are_none_are_left_out_and_wrong_shapes_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_page_has_a_limit_and_memory_may_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(offers_are_a_bare_array, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_purchase_says_what_it_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_kind_of_no_is_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_no_is_a_no_with_any_status, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
