/* Samples are those of Bandwidth/api-docs and of Bandwidth's SDKs, with numbers of tests/numbers.txt. */
#include "../test.h"
#include "base/arena.h"
#include "page_end.h"
#include "provider/inventory.h"
#include "provider/provider.h"

#define API "https://dashboard.bandwidth.com/api"
#define ACCOUNT API "/accounts/9900012"
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define THEIR_XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define ORDER_ID "47955555-67aa-4adb-8c0f-b6894e60c0dc"
#define USA ('U' << 8 | 'S')
#define ONE 14155550101

static const struct account whole = {.name = "us",
	.dialplan = {USA, 1, "1", "011", 1u << 10},
	.sid = "9900012",
	.api_user = "user",
	.api_password = "password",
	.application = "461",
	.location = "500014"};
static const struct inventory *bandwidth;
static struct arena arena;
static struct inventory_request request;
static const char *why;

static int set_up(void **state)
{
	(void)state;
	bandwidth = inventory_find(STR("bandwidth"));
	arena_init(&arena, 8 << 20);
	return bandwidth ? 0 : -1;
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
		assert_string_equal(request.content_type, "application/xml; charset=utf-8");
	else
		assert_null(request.content_type);
	assert_string_equal(request.accept, "application/xml");
	assert_string_equal(request.user, "user");
	assert_string_equal(request.password, "password");
	assert_null(request.bearer);
}

static struct inventory_result list_by(
	const struct account *account, int status, const char *body, struct inventory_page *ret_page)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	bandwidth->read_list(account, status, copy.text, &arena, ret_page, &result);
	page_end_free(&copy);
	return result;
}

static struct inventory_result list_of(int status, const char *body, struct inventory_page *ret_page)
{
	return list_by(&whole, status, body, ret_page);
}

static struct inventory_result offers_of(int status, const char *body, struct inventory_offers *ret_offers)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	bandwidth->read_search(&whole, status, copy.text, &arena, ret_offers, &result);
	page_end_free(&copy);
	return result;
}

static struct inventory_result bought_of(int status, const char *body, struct inventory_bought *ret_bought)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	bandwidth->read_buy(&whole, status, copy.text, &arena, ret_bought, &result);
	page_end_free(&copy);
	return result;
}

static struct inventory_result done_of(int status, const char *body)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct inventory_result result;

	bandwidth->read_done(&whole, status, copy.text, &arena, &result);
	page_end_free(&copy);
	return result;
}

static void requests_are_as_bandwidth_wants_them(void **state)
{
	const struct inventory_number number = {.number = {ONE}, .id = STR("4155550101")};
	const struct inventory_hook hook = {.voice_url = "https://vn.example.com/x"};

	(void)state;
	assert_int_equal(bandwidth->list(&whole, "", &request, &why), ERR_OK);
	is_request(INVENTORY_GET, API "/tns?accountId=9900012&page=1&size=500", "");
	assert_int_equal(bandwidth->list(&whole, "2012082912", &request, &why), ERR_OK);
	is_request(INVENTORY_GET, API "/tns?accountId=9900012&page=2012082912&size=500", "");
	assert_int_equal(bandwidth->find(&whole, number.number, &request, &why), ERR_OK);
	is_request(INVENTORY_GET, API "/tns?accountId=9900012&fullNumber=4155550101&page=1&size=500", "");
	assert_int_equal(bandwidth->one(&whole, &number, &request, &why), ERR_OK);
	is_request(INVENTORY_GET, API "/tns/4155550101/tndetails", "");
	assert_int_equal(bandwidth->point(&whole, &number, &hook, &request, &why), ERR_OK);
	is_request(INVENTORY_POST, ACCOUNT "/sites/461/sippeers/500014/movetns",
		XML
		"<SipPeerTelephoneNumbers><FullNumber>4155550101</FullNumber></SipPeerTelephoneNumbers>\n");
	assert_int_equal(bandwidth->release(&whole, &number, &request, &why), ERR_OK);
	is_request(INVENTORY_POST, ACCOUNT "/disconnects",
		XML
		"<DisconnectTelephoneNumberOrder><DisconnectTelephoneNumberOrderType><TelephoneNumberList>"
		"<TelephoneNumber>4155550101</TelephoneNumber>"
		"</TelephoneNumberList></DisconnectTelephoneNumberOrderType></"
		"DisconnectTelephoneNumberOrder>\n");
	assert_int_equal(bandwidth->order(&whole, ORDER_ID, &request, &why), ERR_OK);
	is_request(INVENTORY_GET, ACCOUNT "/orders/" ORDER_ID, "");
	assert_null(bandwidth->application);
	assert_true(bandwidth->by_application && bandwidth->order_is_slow);
	assert_string_equal(inventory_target(bandwidth, &whole, &hook), "461");
}

static void an_order_names_site_location_and_number(void **state)
{
	const struct inventory_offer offer = {.number = {ONE}};
	struct account account = whole;

	(void)state;
	assert_int_equal(bandwidth->buy(&account, &offer, NULL, &request, &why), ERR_OK);
	is_request(INVENTORY_POST, ACCOUNT "/orders",
		XML "<Order><SiteId>461</SiteId><PeerId>500014</PeerId><PartialAllowed>false</PartialAllowed>"
		    "<ExistingTelephoneNumberOrderType><TelephoneNumberList>"
		    "<TelephoneNumber>4155550101</TelephoneNumber>"
		    "</TelephoneNumberList></ExistingTelephoneNumberOrderType></Order>\n");
	account.location[0] = '\0';
	assert_int_equal(bandwidth->buy(&account, &offer, NULL, &request, &why), ERR_OK);
	assert_null(strstr(request.body, "PeerId"));
	str_copy(account.api_url, sizeof account.api_url, STR("http://127.0.0.1:4107/x"));
	assert_int_equal(bandwidth->buy(&account, &offer, NULL, &request, &why), ERR_OK);
	assert_string_equal(request.url, "http://127.0.0.1:4107/x/accounts/9900012/orders");
}

static void a_search_asks_for_what_bandwidth_can_find(void **state)
{
	static const struct {
		struct inventory_want want;
		const char *query;
	} cases[] = {
		{{.country = USA, .area = "415", .n = 5}, "areaCode=415&quantity=5"},
		{{.country = USA, .type = "local", .area = "41555", .n = 5}, "areaCode=415&quantity=5"},
		{{.country = USA, .area = "415555", .n = 5}, "npaNxx=415555&LCA=false&quantity=5"},
		{{.country = USA, .area = "4155550101", .n = 5}, "npaNxxx=4155550&LCA=false&quantity=5"},
		{{.country = 'C' << 8 | 'A', .region = "BC", .n = 5000}, "state=BC&quantity=100"},
		{{.country = USA, .area = "4", .region = "CA", .n = 0}, "state=CA&quantity=1"},
		{{.country = USA, .type = "tollfree", .n = 1}, "tollFreeWildCardPattern=8%2A%2A&quantity=1"},
		{{.country = USA, .type = "tollfree", .area = "833", .n = 1},
			"tollFreeWildCardPattern=83%2A&quantity=1"},
	};
	static const struct {
		struct inventory_want want;
		const char *why;
	} refused[] = {
		{{.country = 'I' << 8 | 'N', .area = "415"}, "Bandwidth sells numbers of US and CA"},
		{{.area = "415"}, "Bandwidth sells numbers of US and CA"},
		{{.country = USA, .type = "mobile", .area = "415"}, "Bandwidth has local and tollfree"},
		{{.country = USA, .area = "41a"}, "area is to be digits"},
		{{.country = USA, .area = "41"}, "area of three digits or more, or region, is needed"},
		{{.country = USA}, "area of three digits or more, or region, is needed"},
		{{.country = USA, .region = "nc"},
			"region is to be a state, such as NC, and of local numbers"},
		{{.country = USA, .region = "NC", .type = "tollfree"},
			"region is to be a state, such as NC, and of local numbers"},
	};
	char url[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(bandwidth->search(&whole, &cases[i].want, &request, &why), ERR_OK);
		snprintf(url, sizeof url, "%s/availableNumbers?%s", ACCOUNT, cases[i].query);
		is_request(INVENTORY_GET, url, "");
	}
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_int_equal(
			bandwidth->search(&whole, &refused[i].want, &request, &why), ERR_BAD_REQUEST);
		assert_string_equal(why, refused[i].why);
	}
}

static void the_messaging_application_gets_our_urls_and_keeps_all_else(void **state)
{
	const struct inventory_hook hook = {.text_url = "https://vn.example.com/a?b&c", .text_status_url = "https://vn.example.com/s"};
	struct account account = whole;

	(void)state;
	assert_int_equal(bandwidth->application_texts(&account, &hook, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "message_application_id is missing");
	str_copy(account.message_application, sizeof account.message_application, STR("../9"));
	assert_int_equal(bandwidth->application_texts(&account, &hook, &request, &why), ERR_BAD_REQUEST);
	str_copy(account.message_application, sizeof account.message_application, STR("d775585a-ed5b-4a49-8b96-f68c0a993ebe"));
	assert_int_equal(bandwidth->application_texts(&account, &hook, &request, &why), ERR_OK);
	is_request(INVENTORY_PATCH, ACCOUNT "/applications/d775585a-ed5b-4a49-8b96-f68c0a993ebe",
		XML "<Application><InboundCallbackUrl>https://vn.example.com/a?b&amp;c</InboundCallbackUrl>"
		    "<OutboundCallbackUrl>https://vn.example.com/s</OutboundCallbackUrl></Application>\n");
	assert_null(bandwidth->point_texts);
}

static void what_is_missing_or_leads_elsewhere_is_said(void **state)
{
	const struct inventory_number number = {.number = {ONE}}, foreign = {.number = {447700900000}};
	const struct inventory_offer offer = {.number = {ONE}}, far = {.number = {442079460000}};
	struct account account = whole;

	(void)state;
	assert_int_equal(bandwidth->one(&account, &foreign, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "Bandwidth's numbers are those of +1");
	assert_int_equal(bandwidth->release(&account, &foreign, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(bandwidth->point(&account, &foreign, NULL, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(bandwidth->find(&account, foreign.number, &request, &why), ERR_BAD_REQUEST);
	assert_int_equal(bandwidth->buy(&account, &far, NULL, &request, &why), ERR_BAD_REQUEST);
	static const char *const ids[] = {"", "..", "a/b", "1?x", "1&x=y", "1#", "\xff"};
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		assert_int_equal(bandwidth->order(&account, ids[i], &request, &why), ERR_BAD_REQUEST);
		if (ids[i][0])
			assert_int_equal(bandwidth->list(&account, ids[i], &request, &why), ERR_BAD_REQUEST);
	}
	str_copy(account.location, sizeof account.location, STR(".."));
	assert_int_equal(bandwidth->point(&account, &number, NULL, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "location_id is to be letters and digits");
	account.location[0] = '\0';
	assert_int_equal(bandwidth->point(&account, &number, NULL, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "location_id is missing: the Location that asks Bauta");
	str_copy(account.application, sizeof account.application, STR("4/6"));
	assert_int_equal(bandwidth->buy(&account, &offer, NULL, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "site_id is to be letters and digits");
	account.application[0] = '\0';
	assert_int_equal(bandwidth->buy(&account, &offer, NULL, &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "site_id is missing");
	account.api_password[0] = '\0';
	assert_int_equal(bandwidth->list(&account, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_password is missing");
	account.api_user[0] = '\0';
	assert_int_equal(bandwidth->list(&account, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "api_user is missing");
	str_copy(account.sid, sizeof account.sid, STR(".."));
	assert_int_equal(bandwidth->list(&account, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "account_id is to be letters and digits");
	account.sid[0] = '\0';
	assert_int_equal(bandwidth->list(&account, "", &request, &why), ERR_BAD_REQUEST);
	assert_string_equal(why, "account_id is missing");
}

#define NEXT(link) "<Links><first>Link=&lt;x&gt;;</first><next>" link "</next></Links>"
#define ROW(digits, status)                                                                                  \
	"<TelephoneNumber><City>CARY</City><FullNumber>" digits "</FullNumber><Tier>0</Tier><Status>" status \
	"</Status><AccountId>9900012</AccountId></TelephoneNumber>"
#define LIST(links, rows)                                                                                    \
	THEIR_XML "<TelephoneNumbersResponse><TelephoneNumberCount>5</TelephoneNumberCount>" links           \
		  "<TelephoneNumbers>" rows "</TelephoneNumbers></TelephoneNumbersResponse>"

static void the_list_is_read(void **state)
{
	struct inventory_page page = {0};
	struct inventory_result result = list_of(200,
		LIST(NEXT("\n Link=&lt;https://dashboard.bandwidth.com:443/v1.0/tns?account=9900012&amp;"
			  "page=2025550101&amp;size=500&gt;;rel=\"next\";\n"),
			ROW("\n  4155550101\n ", "Inservice") ROW("6045550102", "PortInPendingFoc") ROW(
				"2025550103", "Available") ROW("4155550104", "Aging")
				ROW("12025550105", "inservice") ROW("5550106", "Inservice") ROW("0000000000",
					"Inservice") "<TelephoneNumber>+12025550107</TelephoneNumber>"),
		&page);

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_string_equal(page.next, "2025550101");
	assert_int_equal(page.n, 4);
	const struct inventory_number *number = page.numbers;
	assert_int_equal(number->number.e164, ONE);
	assert_true(str_equal(number->id, STR("4155550101")));
	assert_true(number->active && number->voice);
	assert_false(number->sms || number->hook_told || number->hook_hidden);
	assert_int_equal(number->country, 0);
	assert_true(number->month_micros == INVENTORY_NO_PRICE);
	assert_int_equal(number[1].number.e164, 16045550102);
	assert_false(number[1].active);
	assert_int_equal(number[2].number.e164, 12025550105);
	assert_true(number[2].active);
	assert_int_equal(number[3].number.e164, 12025550107);
	assert_false(number[3].active);
}

static void where_the_list_goes_on(void **state)
{
	static const struct {
		const char *body, *next; /* NULL: unreadable */
	} cases[] = {
		{LIST("", ROW("4155550101", "Inservice")), ""},
		{LIST("<Links><next></next></Links>", ROW("4155550101", "Inservice")), ""},
		{LIST("<Links><next><!-- Snip --></next></Links>", ROW("4155550101", "Inservice")), ""},
		{LIST(NEXT("/tns?size=1&amp;page=2"), ROW("4155550101", "Inservice")), "2"},
		{LIST(NEXT("http://x/?page=2#page=3"), ROW("4155550101", "Inservice")), "2"},
		{LIST(NEXT("x"), ROW("4155550101", "Inservice")), NULL},
		{LIST(NEXT("?pages=2"), ROW("4155550101", "Inservice")), NULL},
		{LIST(NEXT("?page="), ROW("4155550101", "Inservice")), NULL},
		{LIST(NEXT("?page=.."), ROW("4155550101", "Inservice")), NULL},
		{LIST(NEXT("?page=01234567890123456789012345678901234567890123456789012345678901234"),
			 ROW("4155550101", "Inservice")),
			NULL},
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

#define DETAILS(more)                                                                                        \
	THEIR_XML "<TelephoneNumberResponse><TelephoneNumberDetails><FullNumber>4155550101</FullNumber>"     \
		  "<Status>Inservice</Status><AccountId>9900012</AccountId>" more                            \
		  "</TelephoneNumberDetails></TelephoneNumberResponse>"
#define PLACE(site, peer)                                                                                    \
	"<Site><Id>" site "</Id><Name>a</Name></Site><SipPeer><PeerId>" peer                                 \
	"</PeerId><PeerName>b</PeerName></SipPeer>"

static void details_tell_the_location(void **state)
{
	static const struct {
		const char *body, *hook; /* NULL: not told */
	} cases[] = {
		{DETAILS(PLACE("461", "500014")), "461"},
		{DETAILS(PLACE("461", "500015")), "461/500015"},
		{DETAILS(PLACE("462", "500014")), "462/500014"},
		{DETAILS("<Site><Id>461</Id></Site>"), NULL},
		{DETAILS("<SipPeer><PeerId>500014</PeerId></SipPeer>"), NULL},
		{DETAILS(""), NULL},
	};
	struct account account = whole;
	struct inventory_page page = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(list_of(200, cases[i].body, &page).outcome, INVENTORY_DONE);
		assert_int_equal(page.n, 1);
		assert_string_equal(page.next, "");
		assert_int_equal(page.numbers[0].hook_told, cases[i].hook != NULL);
		assert_true(str_equal(page.numbers[0].hook, str_of(cases[i].hook ? cases[i].hook : "")));
	}
	/* Without a location of its own an account is content with its site. */
	account.location[0] = '\0';
	list_by(&account, 200, cases[1].body, &page);
	assert_true(str_equal(page.numbers[0].hook, STR("461")));
	list_by(&account, 200, cases[2].body, &page);
	assert_true(str_equal(page.numbers[0].hook, STR("462/500014")));
	list_by(&account, 200, cases[3].body, &page);
	assert_true(page.numbers[0].hook_told);
	account.application[0] = '\0';
	list_by(&account, 200, cases[0].body, &page);
	assert_true(str_equal(page.numbers[0].hook, STR("461/500014")));
}

static void details_tell_services_and_country(void **state)
{
	struct inventory_page page = {0};

	(void)state;
	list_of(200,
		DETAILS("<ServiceTypes><ServiceType>Messaging</ServiceType></ServiceTypes>"
			"<CountryCodeA3>USA</CountryCodeA3>"),
		&page);
	assert_true(page.numbers[0].sms);
	assert_false(page.numbers[0].voice);
	assert_int_equal(page.numbers[0].country, USA);
	list_of(200,
		DETAILS("<ServiceTypes><ServiceType>Fax</ServiceType><ServiceType>Voice</ServiceType></"
			"ServiceTypes>"
			"<MessagingSettings><SmsEnabled>true</SmsEnabled></MessagingSettings>"
			"<CountryCodeA3>CAN</CountryCodeA3>"),
		&page);
	assert_true(page.numbers[0].sms && page.numbers[0].voice);
	assert_int_equal(page.numbers[0].country, 'C' << 8 | 'A');
}

static void numbers_of_others_are_left_out_and_wrong_shapes_refused(void **state)
{
#define OTHERS                                                                                               \
	"<TelephoneNumber><FullNumber>4155550101</FullNumber><Status>Inservice</Status><AccountId>1</"       \
	"AccountId></TelephoneNumber>"
	static const char *const wrong[] = {"", "<", "null", "{}", "<a/>", "<TelephoneNumbersResponse/>",
		"<TelephoneNumbersResponse><TelephoneNumberCount>5</TelephoneNumberCount></"
		"TelephoneNumbersResponse>",
		"<TelephoneNumberResponse/>", "<!DOCTYPE a><TelephoneNumbersResponse/>",
		LIST("", "<TelephoneNumber/>"), LIST("", ROW("4155550101", "Inservice") ROW("", "Inservice")),
		LIST("", ROW("555", "Inservice")), LIST("", ROW("4155550101", "Inservice") "<a"),
		LIST("", ROW("4155550101", "&lol;")), "\xff\xfe",
		"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
		DETAILS("<Site><Id>0123456789012345678901234567890123456789012345678901234567890123</Id></"
			"Site>"
			"<SipPeer><PeerId>1</PeerId></SipPeer>")};
	struct inventory_page page = {.n = 77};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct inventory_result result = list_of(200, wrong[i], &page);
		if (result.outcome != INVENTORY_UNREADABLE || !result.why[0])
			fail_msg("read: %s", wrong[i]);
		assert_int_equal(page.n, 77);
	}
	assert_int_equal(list_of(200, LIST("", OTHERS), &page).outcome, INVENTORY_DONE);
	assert_int_equal(page.n, 0);
	page.n = 77;
	assert_int_equal(list_of(204, "", &page).outcome, INVENTORY_DONE);
	assert_int_equal(page.n, 0);
	page.n = 77;
	assert_int_equal(list_of(200,
				 "<TelephoneNumbersResponse><TelephoneNumberCount>0</TelephoneNumberCount>"
				 "</TelephoneNumbersResponse>",
				 &page)
				 .outcome,
		INVENTORY_DONE);
	assert_int_equal(page.n, 0);
}

static struct str page_of(struct buf *out, int n)
{
	buf_reset(out);
	buf_lit(out, "<TelephoneNumbersResponse><TelephoneNumbers>");
	for (int i = 0; i < n; i++)
		buf_lit(out, ROW("4155550101", "Inservice"));
	buf_lit(out, "</TelephoneNumbers></TelephoneNumbersResponse>");
	return buf_text(out);
}

static void a_page_has_a_limit_and_memory_may_end(void **state)
{
	struct inventory_page page = {0};
	struct inventory_result result;
	struct arena small;
	struct buf out;

	(void)state;
	buf_init(&out, 8 << 20);
	bandwidth->read_list(&whole, 200, page_of(&out, INVENTORY_PAGE_NUMBERS), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(page.n, INVENTORY_PAGE_NUMBERS);
	for (size_t max = 0; max < 4096; max += 64) {
		arena_init(&small, max);
		bandwidth->read_list(&whole, 200, page_of(&out, 20), &small, &page, &result);
		assert_true(result.outcome == INVENTORY_DONE || result.outcome == INVENTORY_UNREADABLE);
		bandwidth->read_search(
			&whole, 200, STR("<SearchResult/>"), &small, &(struct inventory_offers){0}, &result);
		arena_done(&small);
	}
	page.n = 77;
	bandwidth->read_list(&whole, 200, page_of(&out, INVENTORY_PAGE_NUMBERS + 1), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	bandwidth->read_list(&whole, 200, page_of(&out, 20000), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	buf_reset(&out);
	buf_lit(&out, "<a>");
	while (out.len <= INVENTORY_ANSWER_MAX)
		buf_lit(&out, "                                ");
	buf_lit(&out, "</a>");
	bandwidth->read_list(&whole, 200, buf_text(&out), &arena, &page, &result);
	assert_int_equal(result.outcome, INVENTORY_UNREADABLE);
	assert_int_equal(page.n, 77);
	buf_done(&out);
}

static void offers_are_ten_digits(void **state)
{
	struct inventory_offers offers = {.n = 77};
	struct inventory_result result;
	struct buf out;

	(void)state;
	assert_int_equal(
		offers_of(200,
			THEIR_XML
			"<SearchResult><ResultCount>3</ResultCount><TelephoneNumberList>"
			"<TelephoneNumber>4155550101</TelephoneNumber><TelephoneNumber>x</TelephoneNumber>"
			"<TelephoneNumber>2025550102</TelephoneNumber></TelephoneNumberList></SearchResult>",
			&offers)
			.outcome,
		INVENTORY_DONE);
	assert_int_equal(offers.n, 2);
	assert_int_equal(offers.offers[0].number.e164, ONE);
	assert_int_equal(offers.offers[1].number.e164, 12025550102);
	assert_true(offers.offers[0].month_micros == INVENTORY_NO_PRICE);
	assert_true(offers.offers[0].setup_micros == INVENTORY_NO_PRICE);
	assert_int_equal(offers_of(200, "<SearchResult/>", &offers).outcome, INVENTORY_DONE);
	assert_int_equal(offers.n, 0);
	offers.n = 77;
	assert_int_equal(offers_of(200, "<a/>", &offers).outcome, INVENTORY_UNREADABLE);
	assert_int_equal(offers_of(200, "", &offers).outcome, INVENTORY_UNREADABLE);
	assert_int_equal(offers_of(200,
				 "<SearchResult><TelephoneNumberList><TelephoneNumber>x</TelephoneNumber></"
				 "TelephoneNumberList>"
				 "</SearchResult>",
				 &offers)
				 .outcome,
		INVENTORY_UNREADABLE);
	assert_int_equal(offers.n, 77);
	buf_init(&out, 1 << 20);
	buf_lit(&out, "<SearchResult><TelephoneNumberList>");
	for (int i = 0; i < 5000; i++)
		buf_lit(&out, "<TelephoneNumber>4155550101</TelephoneNumber>");
	buf_lit(&out, "</TelephoneNumberList></SearchResult>");
	bandwidth->read_search(&whole, 200, buf_text(&out), &arena, &offers, &result);
	assert_int_equal(offers.n, INVENTORY_OFFERS_MAX);
	buf_done(&out);
}

#define ORDER(before, status, after)                                                                         \
	THEIR_XML "<OrderResponse>" before "<Order><id>" ORDER_ID "</id><SiteId>461</SiteId></Order>"        \
		  "<OrderStatus>" status "</OrderStatus>" after "</OrderResponse>"
#define ERROR(code)                                                                                          \
	"<ErrorList><Error><Code>" code "</Code><Description>no "                                            \
					"4155550101</Description></Error></ErrorList>"
#define HAD                                                                                                  \
	"<CompletedNumbers><TelephoneNumber><FullNumber>4155550101</FullNumber></TelephoneNumber></"         \
	"CompletedNumbers>"

static void an_order_is_pending_until_it_is_over(void **state)
{
	static const struct {
		const char *body;
		enum inventory_outcome outcome;
		uint64_t number;
		const char *code, *why;
	} cases[] = {
		{ORDER("", "RECEIVED", ""), INVENTORY_PENDING, 0, "", ""},
		{ORDER("", "PROCESSING", HAD), INVENTORY_PENDING, 0, "", ""},
		{ORDER("", "BACKORDERED", ""), INVENTORY_PENDING, 0, "", ""},
		{ORDER("<ErrorList/>", "COMPLETE", HAD), INVENTORY_DONE, ONE, "", ""},
		{ORDER("", "COMPLETE", ""), INVENTORY_DONE, 0, "", ""},
		{ORDER("", "COMPLETE",
			 "<CompletedNumbers><TelephoneNumber>x</TelephoneNumber></CompletedNumbers>"),
			INVENTORY_DONE, 0, "", ""},
		{ORDER(ERROR("5005"), "PARTIAL", HAD), INVENTORY_DONE, ONE, "", ""},
		{ORDER(ERROR("5005"), "PARTIAL", ""), INVENTORY_GONE, 77, "5005", "no **********"},
		{ORDER(ERROR("5005"), "FAILED", HAD), INVENTORY_GONE, 77, "5005", "no **********"},
		{ORDER(ERROR("5086"), "FAILED", ""), INVENTORY_REFUSED, 77, "5086", "no **********"},
		{ORDER(ERROR("5016"), "FAILED", ""), INVENTORY_REFUSED, 77, "5016", "no **********"},
		{ORDER("", "FAILED", "<Summary>nothing</Summary>"), INVENTORY_REFUSED, 77, "", "nothing"},
		{"<OrderResponse>" ERROR("5051") "</OrderResponse>", INVENTORY_NO_ACCESS, 77, "5051",
			"no **********"},
		{"<OrderResponse/>", INVENTORY_UNREADABLE, 77, "",
			"the answer to an order has no OrderStatus"},
		{"<a><OrderStatus>COMPLETE</OrderStatus></a>", INVENTORY_UNREADABLE, 77, "",
			"the answer to an order has no OrderStatus"},
		{"{}", INVENTORY_UNREADABLE, 77, "", "the answer is no XML document, or too long"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct inventory_bought bought = {.number = {77}};
		struct inventory_result result = bought_of(i ? 200 : 201, cases[i].body, &bought);
		if (result.outcome != cases[i].outcome)
			fail_msg("%s: %s", cases[i].body, inventory_outcome_words[result.outcome]);
		assert_int_equal(bought.number.e164, cases[i].number);
		assert_string_equal(result.code, cases[i].code);
		assert_string_equal(result.why, cases[i].why);
		assert_string_equal(bought.order, cases[i].outcome == INVENTORY_PENDING ? ORDER_ID : "");
		assert_string_equal(bought.id, cases[i].number == ONE ? "4155550101" : "");
	}
}

static void an_order_without_an_id_to_ask_about_is_pending_too(void **state)
{
	static const char *const bodies[] = {
		"<OrderResponse><OrderStatus>RECEIVED</OrderStatus></OrderResponse>",
		"<OrderResponse><Order><id>../x</id></Order><OrderStatus>RECEIVED</OrderStatus></"
		"OrderResponse>"};
	struct inventory_bought bought;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(bought_of(201, bodies[i], &bought).outcome, INVENTORY_PENDING);
		assert_string_equal(bought.order, "");
	}
}

static void every_kind_of_no_is_told_apart(void **state)
{
	static const struct {
		int status;
		const char *code;
		enum inventory_outcome outcome;
	} cases[] = {{400, "4000", INVENTORY_REFUSED}, {400, "4017", INVENTORY_GONE},
		{400, "4009", INVENTORY_AGAIN}, {400, "4014", INVENTORY_NO_ACCESS},
		{400, "5005", INVENTORY_GONE}, {400, "5012", INVENTORY_NO_ACCESS},
		{400, "5018", INVENTORY_GONE}, {400, "5019", INVENTORY_AGAIN}, {400, "5071", INVENTORY_GONE},
		{400, "5074", INVENTORY_GONE}, {400, "5076", INVENTORY_GONE},
		{400, "5183", INVENTORY_NO_ACCESS}, {200, "5005", INVENTORY_GONE},
		{200, "4000", INVENTORY_REFUSED}, {401, "5005", INVENTORY_NO_ACCESS},
		{403, "5005", INVENTORY_NO_ACCESS}, {404, "4000", INVENTORY_GONE},
		{409, "5000", INVENTORY_REFUSED}, {429, "5005", INVENTORY_AGAIN},
		{503, "5005", INVENTORY_AGAIN}};
	struct inventory_page page = {.n = 77};
	struct inventory_offers offers = {.n = 77};
	struct inventory_bought bought = {.number = {77}};
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(body, sizeof body,
			"<Some><ErrorList><Error><Code>%s</Code><Description>Not "
			"&lt;4155550101&gt;</Description>"
			"</Error></ErrorList></Some>",
			cases[i].code);
		const struct inventory_result results[] = {list_of(cases[i].status, body, &page),
			offers_of(cases[i].status, body, &offers), bought_of(cases[i].status, body, &bought),
			done_of(cases[i].status, body)};
		for (int r = 0; r < 4; r++) {
			assert_int_equal(results[r].outcome, cases[i].outcome);
			assert_int_equal(results[r].status, cases[i].status);
			assert_string_equal(results[r].code, cases[i].code);
			assert_string_equal(results[r].why, "Not <**********>");
		}
	}
	assert_int_equal(list_of(429, "", &page).outcome, INVENTORY_AGAIN);
	assert_int_equal(offers_of(401, "{\"type\":\"x\"}", &offers).outcome, INVENTORY_NO_ACCESS);
	assert_int_equal(bought_of(402, "<a/>", &bought).outcome, INVENTORY_NO_MONEY);
	assert_int_equal(page.n, 77);
	assert_int_equal(offers.n, 77);
	assert_int_equal(bought.number.e164, 77);
}

static void what_is_done_needs_no_words(void **state)
{
	struct inventory_result result =
		done_of(404, "<SipPeerTelephoneNumberResponse><ResponseStatus><ErrorCode>13536</"
			     "ErrorCode><Description>x</Description>"
			     "</ResponseStatus></SipPeerTelephoneNumberResponse>");

	(void)state;
	assert_int_equal(result.outcome, INVENTORY_GONE);
	assert_string_equal(result.code, "13536");
	assert_int_equal(done_of(201, THEIR_XML
				 "<DisconnectTelephoneNumberOrderResponse><orderRequest><id>df2gc2e2</id>"
				 "</orderRequest><OrderStatus>RECEIVED</OrderStatus>"
				 "</DisconnectTelephoneNumberOrderResponse>")
				 .outcome,
		INVENTORY_DONE);
	assert_int_equal(done_of(200, "").outcome, INVENTORY_DONE);
	assert_int_equal(done_of(200, "<a><ErrorList/></a>").outcome, INVENTORY_DONE);
	assert_int_equal(done_of(503, "<html>").outcome, INVENTORY_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_are_as_bandwidth_wants_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_order_names_site_location_and_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_search_asks_for_what_bandwidth_can_find, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_messaging_application_gets_our_urls_and_keeps_all_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_missing_or_leads_elsewhere_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_list_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(where_the_list_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(details_tell_the_location, set_up, tear_down),
		cmocka_unit_test_setup_teardown(details_tell_services_and_country, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			numbers_of_others_are_left_out_and_wrong_shapes_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_page_has_a_limit_and_memory_may_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(offers_are_ten_digits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_order_is_pending_until_it_is_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_order_without_an_id_to_ask_about_is_pending_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_kind_of_no_is_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_done_needs_no_words, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
