/* The answers are those of twilio_api_v2010.json (twilio-oai), with numbers of tests/numbers.txt. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/inventory.h"
#include "provider/provider.h"

#define SID "AC00000000000000000000000000000000"
#define ROOT "https://api.twilio.com/2010-04-01/Accounts/" SID
#define PN "PNaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SMS "https://vn.example.com/hooks/twilio/main/sms"
#define SMS_ENCODED "https%3A%2F%2Fvn.example.com%2Fhooks%2Ftwilio%2Fmain%2Fsms"
#define VOICE "https://vn.example.com/hooks/twilio/main/voice"
#define VOICE_ENCODED "https%3A%2F%2Fvn.example.com%2Fhooks%2Ftwilio%2Fmain%2Fvoice"
#define STATUS "https://vn.example.com/hooks/twilio/main/status"
#define STATUS_ENCODED "https%3A%2F%2Fvn.example.com%2Fhooks%2Ftwilio%2Fmain%2Fstatus"

static const struct inventory *twilio;
static const struct account account = {.name = "main",
	.sid = SID,
	.secret = "token-of-main",
	.dialplan = {.country = 'G' << 8 | 'B', .calling_code = 44}};
static const struct inventory_hook both = {.voice_url = VOICE, .status_url = STATUS},
	voice_only = {.voice_url = VOICE}, texts = {.voice_url = VOICE, .text_url = SMS};
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
	assert_string_equal(request.user, SID);
	assert_string_equal(request.password, "token-of-main");
	assert_null(request.bearer);
	if (body[0])
		assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
	else
		assert_null(request.content_type);
}

/* --- requests --- */

static void a_list_begins_with_large_pages_and_goes_on_at_the_cursor(void **state)
{
	(void)state;
	assert_asked(twilio->list(&account, "", &request, &why), INVENTORY_GET,
		ROOT "/IncomingPhoneNumbers.json?PageSize=500", "");
	assert_asked(twilio->list(&account, "PageSize=500&Page=1&PageToken=PA" PN, &request, &why), INVENTORY_GET,
		ROOT "/IncomingPhoneNumbers.json?PageSize=500&Page=1&PageToken=PA" PN, "");
}

static void one_number_is_found_by_itself(void **state)
{
	(void)state;
	assert_asked(twilio->find(&account, number("+15005550006"), &request, &why), INVENTORY_GET,
		ROOT "/IncomingPhoneNumbers.json?PhoneNumber=%2B15005550006", "");
	assert_null(twilio->one);
	assert_null(twilio->order);
	assert_null(twilio->application);
}

static void assert_search(struct inventory_want want, const char *rest)
{
	char url[512];

	snprintf(url, sizeof url, ROOT "/AvailablePhoneNumbers/%s", rest);
	assert_asked(twilio->search(&account, &want, &request, &why), INVENTORY_GET, url, "");
}

static void a_search_says_what_is_wanted(void **state)
{
	(void)state;
	assert_search((struct inventory_want){.country = 'U' << 8 | 'S', .area = "415", .sms = true, .n = 5},
		"US/Local.json?AreaCode=415&VoiceEnabled=true&SmsEnabled=true&PageSize=5");
	assert_search((struct inventory_want){.country = 'U' << 8 | 'S', .area = "415555", .region = "CA", .n = 1},
		"US/Local.json?Contains=%2B1415555&VoiceEnabled=true&InRegion=CA&PageSize=1");
	assert_search((struct inventory_want){.country = 'G' << 8 | 'B', .type = "mobile", .area = "7700", .n = 100},
		"GB/Mobile.json?Contains=%2B447700&VoiceEnabled=true&PageSize=100");
	/* A country that the account's numbering plan doesn't know. */
	assert_search((struct inventory_want){.country = 'I' << 8 | 'D', .type = "local", .area = "21", .n = 10},
		"ID/Local.json?Contains=21&VoiceEnabled=true&PageSize=10");
	/* A pattern of one digit would be refused. */
	assert_search((struct inventory_want){.country = 'I' << 8 | 'D', .type = "national", .area = "2", .n = 10},
		"ID/National.json?VoiceEnabled=true&PageSize=10");
	assert_search((struct inventory_want){.country = 'C' << 8 | 'A', .type = "tollfree", .area = "800", .n = 2},
		"CA/TollFree.json?AreaCode=800&VoiceEnabled=true&PageSize=2");
}

static void a_purchase_points_the_number_to_us_at_once(void **state)
{
	const struct inventory_offer offer = {.number = number("+15005550006")};

	(void)state;
	assert_asked(twilio->buy(&account, &offer, &both, &request, &why), INVENTORY_POST, ROOT "/IncomingPhoneNumbers.json",
		"PhoneNumber=%2B15005550006&VoiceUrl=" VOICE_ENCODED "&VoiceMethod=POST&StatusCallback=" STATUS_ENCODED
		"&StatusCallbackMethod=POST");
	assert_asked(twilio->buy(&account, &offer, &voice_only, &request, &why), INVENTORY_POST,
		ROOT "/IncomingPhoneNumbers.json",
		"PhoneNumber=%2B15005550006&VoiceUrl=" VOICE_ENCODED "&VoiceMethod=POST");
}

static void texts_are_pointed_to_us_by_themselves_and_with_a_purchase(void **state)
{
	const struct inventory_offer offer = {.number = number("+15005550006")};
	struct inventory_number ours = {.id = STR(PN), .text_hook_told = true, .text_hook = STR(SMS)};

	(void)state;
	assert_asked(twilio->buy(&account, &offer, &texts, &request, &why), INVENTORY_POST, ROOT "/IncomingPhoneNumbers.json",
		"PhoneNumber=%2B15005550006&VoiceUrl=" VOICE_ENCODED "&VoiceMethod=POST&SmsUrl=" SMS_ENCODED "&SmsMethod=POST");
	assert_asked(twilio->point_texts(&account, &ours, &texts, &request, &why), INVENTORY_POST,
		ROOT "/IncomingPhoneNumbers/" PN ".json", "SmsUrl=" SMS_ENCODED "&SmsMethod=POST");
	assert_false(inventory_texts_elsewhere(&ours, inventory_text_target(twilio, &account, &texts)));
	ours.text_hook_hidden = true; /* an application wins over the URL */
	assert_true(inventory_texts_elsewhere(&ours, inventory_text_target(twilio, &account, &texts)));
	assert_asked(twilio->point_texts(&account, &ours, &texts, &request, &why), INVENTORY_POST,
		ROOT "/IncomingPhoneNumbers/" PN ".json", "SmsUrl=" SMS_ENCODED "&SmsMethod=POST&SmsApplicationSid=");
	assert_string_equal(inventory_text_target(twilio, &account, &both), ""); /* no texts, nothing to be said */
	assert_false(inventory_texts_elsewhere(&ours, ""));
}

static void a_number_is_pointed_to_us_and_what_wins_over_that_goes(void **state)
{
	struct inventory_number ours = {.id = STR(PN)};

	(void)state;
	assert_asked(twilio->point(&account, &ours, &voice_only, &request, &why), INVENTORY_POST,
		ROOT "/IncomingPhoneNumbers/" PN ".json", "VoiceUrl=" VOICE_ENCODED "&VoiceMethod=POST");
	ours.hook_hidden = true;
	assert_asked(twilio->point(&account, &ours, &voice_only, &request, &why), INVENTORY_POST,
		ROOT "/IncomingPhoneNumbers/" PN ".json",
		"VoiceUrl=" VOICE_ENCODED "&VoiceMethod=POST&VoiceApplicationSid=&TrunkSid=&VoiceReceiveMode=voice");
	assert_string_equal(inventory_target(twilio, &account, &both), VOICE);
}

static void a_number_is_released_by_its_sid(void **state)
{
	const struct inventory_number ours = {.id = STR(PN)};

	(void)state;
	assert_asked(twilio->release(&account, &ours, &request, &why), INVENTORY_DELETE,
		ROOT "/IncomingPhoneNumbers/" PN ".json", "");
}

static void assert_refused(enum err err, enum err expected, const char *sentence)
{
	assert_int_equal(err, expected);
	assert_string_equal(why, sentence);
}

static void what_cannot_be_asked_says_why(void **state)
{
	const struct account no_sid = {.secret = "t"}, no_token = {.sid = SID};
	struct account elsewhere = account;
	const struct inventory_number none = {0}, odd = {.id = STR("../PN")};
	struct inventory_want want = {.type = "local", .n = 1};
	char cursor[2200], long_id[INVENTORY_ID_MAX + 2];

	(void)state;
	assert_refused(twilio->list(&no_sid, "", &request, &why), ERR_BAD_REQUEST, "the account has no account_sid");
	assert_refused(twilio->list(&no_token, "", &request, &why), ERR_BAD_REQUEST, "the account has no auth_token");
	assert_refused(twilio->search(&account, &want, &request, &why), ERR_BAD_REQUEST,
		"Twilio wants a country to search in");
	want = (struct inventory_want){.country = 'U' << 8 | 'S', .type = "shared", .n = 1};
	assert_refused(twilio->search(&account, &want, &request, &why), ERR_BAD_REQUEST,
		"Twilio has local, mobile, national and tollfree numbers");
	assert_refused(twilio->release(&account, &none, &request, &why), ERR_BAD_REQUEST, "the number has no sid");
	assert_refused(twilio->point(&account, &odd, &both, &request, &why), ERR_BAD_REQUEST, "the number has no sid");
	memset(long_id, 'a', sizeof long_id);
	const struct inventory_number too_long = {.id = str_n(long_id, INVENTORY_ID_MAX + 1)};
	assert_refused(twilio->release(&account, &too_long, &request, &why), ERR_BAD_REQUEST, "the number has no sid");
	memset(cursor, 'a', sizeof cursor);
	cursor[sizeof cursor - 1] = '\0';
	assert_refused(twilio->list(&account, cursor, &request, &why), ERR_TOO_LARGE, "the request is too long");
	str_copy(elsewhere.api_url, sizeof elsewhere.api_url, STR("ftp://127.0.0.1"));
	assert_refused(twilio->list(&elsewhere, "", &request, &why), ERR_BAD_REQUEST,
		"the account's api_url is no http or https URL");
}

static void the_account_may_say_where_the_api_is(void **state)
{
	struct account local = account;

	(void)state;
	str_copy(local.api_url, sizeof local.api_url, STR("http://127.0.0.1:4101/mock"));
	assert_int_equal(twilio->list(&local, "Page=1", &request, &why), ERR_OK);
	assert_string_equal(request.url, "http://127.0.0.1:4101/mock/2010-04-01/Accounts/" SID "/IncomingPhoneNumbers.json?Page=1");
}

/* --- answers --- */

static void read_list(int status, struct str body, struct inventory_page *ret_page)
{
	struct page_end text = page_end_copy(body);

	twilio->read_list(&account, status, text.text, &arena, ret_page, &result);
	page_end_free(&text);
}

#define ITEM(phone, more)                                                                                                      \
	"{\"account_sid\":\"" SID "\",\"address_requirements\":\"none\",\"address_sid\":null,\"api_version\":\"2010-04-01\","   \
	"\"beta\":null,\"date_created\":\"Thu, 30 Jul 2015 23:19:04 +0000\",\"emergency_status\":\"Active\","                   \
	"\"phone_number\":" phone ",\"sid\":\"" PN "\",\"sms_method\":\"POST\",\"sms_url\":\"\",\"status_callback\":\"\"," more "}"
#define PLAIN                                                                                                                  \
	"\"friendly_name\":\"courier\",\"capabilities\":{\"voice\":true,\"sms\":false,\"mms\":true,\"fax\":false},"             \
	"\"trunk_sid\":null,\"voice_application_sid\":\"\",\"voice_method\":\"POST\",\"voice_url\":\"" VOICE                     \
	"\",\"voice_receive_mode\":\"voice\",\"status\":\"in-use\",\"type\":\"local\""
#define LIST(items, next)                                                                                                      \
	"{\"end\":0,\"first_page_uri\":\"/2010-04-01/x\",\"incoming_phone_numbers\":[" items "],\"next_page_uri\":" next       \
	",\"page\":0,\"page_size\":50,\"previous_page_uri\":null,\"start\":0,\"uri\":\"/2010-04-01/x\"}"

static struct inventory_page page_of(const char *body)
{
	struct inventory_page page = {0};

	read_list(200, str_of(body), &page);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(result.status, 200);
	assert_string_equal(result.code, "");
	assert_string_equal(result.why, "");
	return page;
}

static void where_texts_go_is_read_of_numbers_that_take_some(void **state)
{
#define TEXTS(url, more)                                                                                                       \
	"{\"sid\":\"" PN "\",\"phone_number\":\"+15005550006\",\"capabilities\":{\"voice\":true,\"sms\":true},\"sms_url\":" url more "}"
	struct inventory_page page = page_of(LIST(TEXTS("\"" SMS "\"", ""), "null"));

	(void)state;
	assert_true(page.numbers[0].text_hook_told && !page.numbers[0].text_hook_hidden);
	assert_true(str_equal(page.numbers[0].text_hook, STR(SMS)));
	page = page_of(LIST(TEXTS("null", ",\"sms_application_sid\":\"APaa\""), "null"));
	assert_true(page.numbers[0].text_hook_told && page.numbers[0].text_hook_hidden);
	assert_true(str_equal(page.numbers[0].text_hook, STR("")));
	page = page_of(LIST(ITEM("\"+15005550006\"", PLAIN), "null")); /* it takes none */
	assert_false(page.numbers[0].text_hook_told);
}

static void the_documented_list_is_read(void **state)
{
	struct inventory_page page = page_of(LIST(ITEM("\"+15005550006\"", PLAIN), "null"));
	const struct inventory_number *one = page.numbers;

	(void)state;
	assert_int_equal(page.n, 1);
	assert_string_equal(page.next, "");
	assert_true(number_equal(one->number, number("+15005550006")));
	assert_true(str_equal(one->id, STR(PN)));
	assert_true(str_equal(one->hook, STR(VOICE)));
	assert_true(str_equal(one->tag, STR("courier")));
	assert_true(one->voice && !one->sms && one->active && one->hook_told && !one->hook_hidden);
	assert_int_equal(one->country, 0);
	assert_int_equal(one->month_micros, INVENTORY_NO_PRICE);
	assert_string_equal(one->currency, "");
	assert_int_equal(page_of(LIST("", "null")).n, 0);
}

static void what_wins_over_the_url_is_seen(void **state)
{
	static const char *const hiding[] = {
		LIST(ITEM("\"+15005550006\"", "\"voice_application_sid\":\"APaa\",\"voice_url\":\"" VOICE "\""), "null"),
		LIST(ITEM("\"+15005550006\"", "\"trunk_sid\":\"TKaa\",\"voice_url\":\"" VOICE "\""), "null"),
		LIST(ITEM("\"+15005550006\"", "\"voice_receive_mode\":\"fax\",\"voice_url\":\"" VOICE "\""), "null"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof hiding / sizeof hiding[0]; i++)
		assert_true(page_of(hiding[i]).numbers->hook_hidden);
	struct inventory_page bare = page_of(LIST(ITEM("\"+15005550006\"", "\"voice_url\":null"), "null"));
	assert_false(bare.numbers->hook_hidden);
	assert_int_equal(bare.numbers->hook.len, 0);
	assert_false(bare.numbers->voice);
	assert_true(bare.numbers->active);
	assert_false(page_of(LIST(ITEM("\"+15005550006\"", "\"status\":\"pending\""), "null")).numbers->active);
	/* Of another account: of no use to this one. */
	assert_false(page_of(LIST("{\"account_sid\":\"AC1\",\"sid\":\"" PN "\",\"phone_number\":\"+15005550006\"}", "null")).numbers->active);
}

static void a_number_that_cannot_be_read_loses_no_other(void **state)
{
	struct inventory_page page = page_of(LIST(ITEM("\"short\"", PLAIN) "," ITEM("null", PLAIN) "," ITEM("7", PLAIN) "," ITEM(
							  "\"+15005550006\"", PLAIN),
		"null"));

	(void)state;
	assert_int_equal(page.n, 1);
	assert_true(number_equal(page.numbers[0].number, number("+15005550006")));
}

static void only_the_query_of_a_next_page_is_followed(void **state)
{
	static const char *const uris[] = {
		"\"/2010-04-01/Accounts/" SID "/IncomingPhoneNumbers.json?PageSize=50&Page=1&PageToken=PAx\"",
		"\"https://evil.example/2010-04-01/Accounts/AC1/Calls.json?PageSize=50&Page=1&PageToken=PAx\"",
		"\"//evil.example/?PageSize=50&Page=1&PageToken=PAx\"",
	};
	char body[1024];

	(void)state;
	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		snprintf(body, sizeof body, LIST("", "%s"), uris[i]);
		struct inventory_page page = page_of(body);
		assert_string_equal(page.next, "PageSize=50&Page=1&PageToken=PAx");
		assert_asked(twilio->list(&account, page.next, &request, &why), INVENTORY_GET,
			ROOT "/IncomingPhoneNumbers.json?PageSize=50&Page=1&PageToken=PAx", "");
	}
	assert_string_equal(page_of(LIST("", "\"\"")).next, "");
}

static void assert_unreadable(const char *body, const char *sentence)
{
	struct inventory_page page = {.n = -1};

	read_list(200, str_of(body), &page);
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	assert_string_equal(result.why, sentence);
	assert_int_equal(page.n, -1);
}

static void an_answer_of_another_shape_is_no_half_page(void **state)
{
	static const char none[] = "the answer is no JSON document", no_list[] = "the answer has no incoming_phone_numbers",
			  odd[] = "one of incoming_phone_numbers is no number with a sid, or needs too much memory",
			  no_page[] = "next_page_uri is no address of a page";
	char body[2048], query[INVENTORY_CURSOR_MAX + 2];

	(void)state;
	assert_unreadable("", none);
	assert_unreadable("<html>", none);
	assert_unreadable("{\"incoming_phone_numbers\":[", none);
	assert_unreadable("{\"incoming_phone_numbers\":[],\"incoming_phone_numbers\":[]}", none);
	assert_unreadable("[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", none);
	assert_unreadable("[]", no_list);
	assert_unreadable("{}", no_list);
	assert_unreadable("{\"incoming_phone_numbers\":{}}", no_list);
	assert_unreadable(LIST("7", "null"), odd);
	assert_unreadable(LIST("{}", "null"), odd);
	assert_unreadable(LIST("{\"sid\":\"../../x\",\"phone_number\":\"+15005550006\"}", "null"), odd);
	assert_unreadable(LIST("{\"sid\":7,\"phone_number\":\"+15005550006\"}", "null"), odd);
	assert_unreadable(LIST(ITEM("\"+15005550006\"", PLAIN) ",[]", "null"), odd);
	assert_unreadable(LIST("", "7"), no_page);
	assert_unreadable(LIST("", "{}"), no_page);
	assert_unreadable(LIST("", "\"/no/query\""), no_page);
	assert_unreadable(LIST("", "\"/x?\""), no_page);
	assert_unreadable(LIST("", "\"/x?a b\""), no_page);
	assert_unreadable(LIST("", "\"/x?a\\r\\nHost: evil\""), no_page);
	assert_unreadable(LIST("", "\"/x?a#b\""), no_page);
	assert_unreadable(LIST("", "\"/x?\xc3\xa9\""), no_page);
	memset(query, 'q', sizeof query);
	query[INVENTORY_CURSOR_MAX + 1] = '\0';
	snprintf(body, sizeof body, LIST("", "\"/x?%s\""), query);
	assert_unreadable(body, no_page);
	query[INVENTORY_CURSOR_MAX] = '\0';
	snprintf(body, sizeof body, LIST("", "\"/x?%s\""), query);
	assert_string_equal(page_of(body).next, query);
}

/* A list of n numbers, on the heap. */
static char *list_of(int n)
{
	struct buf body;

	buf_init(&body, INVENTORY_ANSWER_MAX);
	buf_lit(&body, "{\"incoming_phone_numbers\":[");
	for (int i = 0; i < n; i++)
		buf_fmt(&body, "%s{\"sid\":\"PN%d\",\"phone_number\":\"+9990000000%03d\"}", i ? "," : "", i, i % 1000);
	buf_put(&body, "]}", 3);
	assert_true(buf_ok(&body));
	return body.at;
}

static void a_page_has_a_limit(void **state)
{
	char *full = list_of(INVENTORY_PAGE_NUMBERS), *more = list_of(INVENTORY_PAGE_NUMBERS + 1);

	(void)state;
	struct inventory_page page = page_of(full);
	assert_int_equal(page.n, INVENTORY_PAGE_NUMBERS);
	assert_true(str_equal(page.numbers[999].id, STR("PN999")));
	assert_unreadable(more, "the page has too many numbers");
	free(full);
	free(more);
}

static void an_answer_has_a_limit(void **state)
{
	size_t size = INVENTORY_ANSWER_MAX + 1;
	char *body = malloc(size);
	struct inventory_page page = {.n = -1};

	(void)state;
	assert_non_null(body);
	memset(body, ' ', size);
	memcpy(body, LIST("", "null"), strlen(LIST("", "null")));
	twilio->read_list(&account, 200, str_n(body, size - 1), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	page.n = -1;
	twilio->read_list(&account, 200, str_n(body, size), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	assert_int_equal(page.n, -1);
	free(body);
}

static void without_memory_there_is_no_half_page(void **state)
{
	struct inventory_page page = {.n = -1};
	char *full = list_of(INVENTORY_PAGE_NUMBERS);
	struct arena small;

	(void)state;
	for (size_t max = 0; max < 400000; max += 50000) {
		arena_init(&small, max);
		twilio->read_list(&account, 200, str_of(full), &small, &page, &result);
		assert_true(result.outcome == INVENTORY_DONE ? page.n == INVENTORY_PAGE_NUMBERS : page.n == -1);
		page.n = -1;
		arena_done(&small);
	}
	free(full);
}

#define OFFER(phone, country, needs, voice)                                                                                  \
	"{\"address_requirements\":" needs ",\"beta\":false,\"capabilities\":{\"mms\":true,\"sms\":false,\"voice\":" voice   \
	"},\"friendly_name\":\"(500) 555\",\"iso_country\":" country ",\"lata\":\"834\",\"latitude\":\"19.720000\","          \
	"\"phone_number\":" phone ",\"region\":\"HI\"}"
#define OFFERS(items) "{\"available_phone_numbers\":[" items "],\"uri\":\"/2010-04-01/x.json\"}"

static struct inventory_offers offers_of(const char *body)
{
	struct inventory_offers offers = {.n = -1};
	struct page_end text = page_end_copy(str_of(body));

	twilio->read_search(&account, 200, text.text, &arena, &offers, &result);
	page_end_free(&text);
	return offers;
}

static void the_documented_search_is_read(void **state)
{
	struct inventory_offers offers = offers_of(OFFERS(OFFER("\"+15005550006\"", "\"US\"", "\"none\"", "true") "," OFFER(
		"\"+447700900000\"", "\"GB\"", "\"local\"", "true")));

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(offers.n, 2);
	assert_true(number_equal(offers.offers[0].number, number("+15005550006")));
	assert_int_equal(offers.offers[0].country, 'U' << 8 | 'S');
	assert_false(offers.offers[0].wants_papers);
	assert_int_equal(offers.offers[0].month_micros, INVENTORY_NO_PRICE);
	assert_int_equal(offers.offers[0].setup_micros, INVENTORY_NO_PRICE);
	assert_true(offers.offers[1].wants_papers);
	assert_int_equal(offers_of(OFFERS("")).n, 0);
}

static void offers_of_no_use_are_left_out_and_unknown_papers_are_papers(void **state)
{
	struct inventory_offers offers =
		offers_of(OFFERS(OFFER("\"+15005550006\"", "\"US\"", "\"none\"", "false") "," OFFER("\"5005550006\"", "\"US\"",
			"\"none\"", "true") "," OFFER("\"+15005550007\"", "7", "null", "true")));

	(void)state;
	assert_int_equal(offers.n, 1);
	assert_true(offers.offers[0].wants_papers);
	assert_int_equal(offers.offers[0].country, 0);
	static const char *const odd[] = {"{}", "[]", "", OFFERS("7"), "{\"available_phone_numbers\":7}", OFFERS("[]")};
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		assert_int_equal(offers_of(odd[i]).n, -1);
		assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	}
}

static void offers_beyond_the_limit_are_left_out(void **state)
{
	struct buf body;

	(void)state;
	buf_init(&body, 1 << 20);
	buf_lit(&body, "{\"available_phone_numbers\":[");
	for (int i = 0; i < INVENTORY_OFFERS_MAX + 1; i++)
		buf_fmt(&body, "%s{\"phone_number\":\"+9990000000%03d\",\"capabilities\":{\"voice\":true}}", i ? "," : "", i);
	buf_put(&body, "]}", 3);
	assert_int_equal(offers_of(body.at).n, INVENTORY_OFFERS_MAX);
	buf_done(&body);
}

static struct inventory_bought bought_of(int status, const char *body)
{
	struct inventory_bought bought = {.id = "untouched"};
	struct page_end text = page_end_copy(str_of(body));

	twilio->read_buy(&account, status, text.text, &arena, &bought, &result);
	page_end_free(&text);
	return bought;
}

static void a_purchase_is_what_the_answer_says_and_no_more(void **state)
{
	struct inventory_bought bought = bought_of(201, ITEM("\"+15005550006\"", PLAIN));

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_true(number_equal(bought.number, number("+15005550006")));
	assert_string_equal(bought.id, PN);
	assert_string_equal(bought.order, "");
	bought = bought_of(201, "{\"sid\":\"a/b\",\"phone_number\":7}");
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_false(number_is(bought.number));
	assert_string_equal(bought.id, "");
	assert_string_equal(bought_of(201, "").id, "untouched");
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	assert_string_equal(bought_of(201, "[]").id, "untouched");
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
}

static void what_changed_something_needs_no_body(void **state)
{
	(void)state;
	twilio->read_done(&account, 204, STR_NONE, &arena, &result);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	twilio->read_done(&account, 200, STR("{\"sid\":\"" PN "\"}"), &arena, &result);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	twilio->read_done(&account, 301, STR_NONE, &arena, &result);
	assert_int_equal(result.outcome, INVENTORY_REFUSED);
	assert_int_equal(result.retry_after_s, -1);
}

/* --- errors --- */

struct error {
	int status;
	const char *body;
	enum inventory_outcome outcome;
	const char *code, *why;
};

#define TWILIO_ERROR(code, message)                                                                                          \
	"{\"code\":" code ",\"message\":\"" message "\",\"more_info\":\"https://www.twilio.com/docs/errors/1\",\"status\":400}"

static const struct error errors[] = {
	{401, TWILIO_ERROR("20003", "Authenticate"), INVENTORY_NO_ACCESS, "20003", "Authenticate"},
	{403, TWILIO_ERROR("20005", "Account not active"), INVENTORY_NO_MONEY, "20005", "Account not active"},
	{403, TWILIO_ERROR("20006", "Access Denied"), INVENTORY_NO_ACCESS, "20006", "Access Denied"},
	{403, TWILIO_ERROR("20403", "Forbidden"), INVENTORY_NO_ACCESS, "20403", "Forbidden"},
	{404, TWILIO_ERROR("20404", "was not found"), INVENTORY_GONE, "20404", "was not found"},
	{400, TWILIO_ERROR("20429", "Too Many Requests"), INVENTORY_AGAIN, "20429", "Too Many Requests"},
	{429, "", INVENTORY_AGAIN, "", ""},
	{400, TWILIO_ERROR("10002", "trial"), INVENTORY_NO_MONEY, "10002", "trial"},
	{400, TWILIO_ERROR("21421", "PhoneNumber is invalid"), INVENTORY_GONE, "21421", "PhoneNumber is invalid"},
	{400, TWILIO_ERROR("21422", "not available"), INVENTORY_GONE, "21422", "not available"},
	{400, TWILIO_ERROR("\"21422\"", "not available"), INVENTORY_GONE, "21422", "not available"},
	{400, TWILIO_ERROR("21452", "none there"), INVENTORY_GONE, "21452", "none there"},
	{400, TWILIO_ERROR("21613", "address"), INVENTORY_WANTS_PAPERS, "21613", "address"},
	{400, TWILIO_ERROR("21615", "address"), INVENTORY_WANTS_PAPERS, "21615", "address"},
	{400, TWILIO_ERROR("21628", "address"), INVENTORY_WANTS_PAPERS, "21628", "address"},
	{400, TWILIO_ERROR("21631", "address"), INVENTORY_WANTS_PAPERS, "21631", "address"},
	{400, TWILIO_ERROR("21649", "bundle"), INVENTORY_WANTS_PAPERS, "21649", "bundle"},
	{400, TWILIO_ERROR("21650", "identity"), INVENTORY_WANTS_PAPERS, "21650", "identity"},
	{400, TWILIO_ERROR("21451", "Invalid area code"), INVENTORY_REFUSED, "21451", "Invalid area code"},
	/* The number of somebody is not told again. */
	{400, TWILIO_ERROR("21421", "+15005550000 is not valid"), INVENTORY_GONE, "21421", "+*********** is not valid"},
	/* RFC 9457. */
	{400, "{\"type\":\"t\",\"title\":\"Invalid\",\"status\":400,\"code\":20001,\"detail\":\"a detail\"}", INVENTORY_REFUSED,
		"20001", "a detail"},
	{400, "{\"type\":\"t\",\"title\":\"Invalid\",\"status\":400}", INVENTORY_REFUSED, "", "Invalid"},
	/* A code changes nothing about what may be asked again. */
	{503, TWILIO_ERROR("21422", "x"), INVENTORY_AGAIN, "21422", "x"},
	{500, "<html>no</html>", INVENTORY_AGAIN, "", ""},
	{402, "{}", INVENTORY_NO_MONEY, "", ""},
	{400, "[]", INVENTORY_REFUSED, "", ""},
	{400, "{\"code\":{},\"message\":[\"x\"]}", INVENTORY_REFUSED, "", ""},
	{400, "{\"code\":-1,\"message\":7}", INVENTORY_REFUSED, "-1", ""},
	{400, "{\"code\":\"what\",\"message\":null}", INVENTORY_REFUSED, "what", ""},
	{404, "{\"code\":20404,\"mess", INVENTORY_GONE, "", ""},
	{0, "", INVENTORY_REFUSED, "", ""},
};

static void assert_error(const struct error *error)
{
	assert_int_equal(result.outcome, error->outcome);
	assert_int_equal(result.status, error->status);
	assert_string_equal(result.code, error->code);
	assert_string_equal(result.why, error->why);
}

static void every_reader_tells_every_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		const struct error *error = &errors[i];
		struct str body = str_of(error->body);
		struct inventory_page page = {.n = -1};
		struct inventory_offers offers = {.n = -1};
		struct inventory_bought bought = {.id = "untouched"};

		twilio->read_list(&account, error->status, body, &arena, &page, &result);
		assert_error(error);
		twilio->read_search(&account, error->status, body, &arena, &offers, &result);
		assert_error(error);
		twilio->read_buy(&account, error->status, body, &arena, &bought, &result);
		assert_error(error);
		twilio->read_done(&account, error->status, body, &arena, &result);
		assert_error(error);
		assert_true(page.n == -1 && offers.n == -1 && strcmp(bought.id, "untouched") == 0);
	}
}

static void a_long_sentence_is_cut(void **state)
{
	struct buf body;

	(void)state;
	buf_init(&body, 1 << 20);
	buf_lit(&body, "{\"code\":20001,\"message\":\"");
	for (int i = 0; i < 100000; i++)
		buf_lit(&body, "long");
	buf_lit(&body, "\"}");
	twilio->read_done(&account, 400, buf_text(&body), &arena, &result);
	assert_int_equal(result.outcome, INVENTORY_REFUSED);
	assert_int_equal(strlen(result.why), sizeof result.why - 1);
	buf_done(&body);
}

static int begin(void **state)
{
	(void)state;
	twilio = inventory_find(STR("twilio"));
	assert_non_null(twilio);
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
		TEST(a_list_begins_with_large_pages_and_goes_on_at_the_cursor),
		TEST(one_number_is_found_by_itself),
		TEST(a_search_says_what_is_wanted),
		TEST(a_purchase_points_the_number_to_us_at_once),
		TEST(texts_are_pointed_to_us_by_themselves_and_with_a_purchase),
		TEST(a_number_is_pointed_to_us_and_what_wins_over_that_goes),
		TEST(a_number_is_released_by_its_sid),
		TEST(what_cannot_be_asked_says_why),
		TEST(the_account_may_say_where_the_api_is),
		TEST(where_texts_go_is_read_of_numbers_that_take_some),
		TEST(the_documented_list_is_read),
		TEST(what_wins_over_the_url_is_seen),
		TEST(a_number_that_cannot_be_read_loses_no_other),
		TEST(only_the_query_of_a_next_page_is_followed),
		TEST(an_answer_of_another_shape_is_no_half_page),
		TEST(a_page_has_a_limit),
		TEST(an_answer_has_a_limit),
		TEST(without_memory_there_is_no_half_page),
		TEST(the_documented_search_is_read),
		TEST(offers_of_no_use_are_left_out_and_unknown_papers_are_papers),
		TEST(offers_beyond_the_limit_are_left_out),
		TEST(a_purchase_is_what_the_answer_says_and_no_more),
		TEST(what_changed_something_needs_no_body),
		TEST(every_reader_tells_every_error),
		TEST(a_long_sentence_is_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
