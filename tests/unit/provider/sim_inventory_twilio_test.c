/* Twilio's side and its client, run against one another; then what Twilio refuses. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/inventory.h"
#include "provider/provider.h"
#include "provider/sim.h"
#include "provider/sim_inventory_twilio.h"
#include "wire/base64.h"

#define SID "AC00000000000000000000000000000000"
#define BASE "/2010-04-01/Accounts/" SID
#define VOICE "https://vn.example.com/hooks/twilio/main/voice"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define MARKET 400
#define OWNED_MAX 300

static const struct inventory *twilio;
static const struct account account = {.name = "main", .sid = SID, .secret = "token-of-main"};
static const struct inventory_hook hook = {
	.voice_url = VOICE, .status_url = "https://vn.example.com/hooks/twilio/main/status"};

static struct sim_twilio_number table[MARKET];
static struct sim_inventory_twilio sim;
static struct buf answer;
static struct arena arena;
static struct inventory_request request;
static struct inventory_result result;
static const char *why;
static int64_t now_ms = 1438298344000; /* Thu, 30 Jul 2015 23:19:04 */

static struct number number(const char *text)
{
	struct number number;

	assert_int_equal(number_parse(str_of(text), &number), ERR_OK);
	return number;
}

static struct number nth(int i)
{
	char text[32];

	snprintf(text, sizeof text, "+9990000000%03d", i);
	return number(text);
}

static void offer(struct number one, const char *country, const char *type)
{
	struct sim_twilio_number item = {.number = one, .country = country_parse(str_of(country)), .sms = true};

	str_copy(item.type, sizeof item.type, str_of(type));
	assert_int_equal(sim_inventory_twilio_offer(&sim, &item), ERR_OK);
}

/* --- the client's request as Twilio gets it --- */

static const char *method_text(enum inventory_method method)
{
	static const char *const texts[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

	return texts[method];
}

/* "Basic ..." in `room`. */
static struct str basic(const char *user, const char *password, char *room, size_t size)
{
	char plain[600];
	struct buf out;

	buf_fixed(&out, room, size);
	snprintf(plain, sizeof plain, "%s:%s", user, password);
	buf_lit(&out, "Basic ");
	base64_put(&out, plain, strlen(plain));
	assert_true(buf_ok(&out));
	return buf_text(&out);
}

static int send_request(void)
{
	char room[900];
	struct sim_twilio_ask ask = {.method = str_of(method_text(request.method)),
		.target = sim_target(str_of(request.url)),
		.authorization = basic(request.user, request.password, room, sizeof room),
		.content_type = str_of(request.content_type),
		.body = str_of(request.body),
		.now_ms = now_ms};

	return sim_inventory_twilio_answer(&sim, &ask, &answer);
}

static void must(enum err err)
{
	assert_int_equal(err, ERR_OK);
}

static struct inventory_page list(const char *cursor)
{
	struct inventory_page page = {0};

	must(twilio->list(&account, cursor, &request, &why));
	int status = send_request();
	twilio->read_list(&account, status, buf_text(&answer), &arena, &page, &result);
	return page;
}

static struct inventory_page found(struct number one)
{
	struct inventory_page page = {0};

	must(twilio->find(&account, one, &request, &why));
	int status = send_request();
	twilio->read_list(&account, status, buf_text(&answer), &arena, &page, &result);
	return page;
}

static struct inventory_offers search(struct inventory_want want)
{
	struct inventory_offers offers = {0};

	must(twilio->search(&account, &want, &request, &why));
	int status = send_request();
	twilio->read_search(&account, status, buf_text(&answer), &arena, &offers, &result);
	return offers;
}

static struct inventory_bought buy(const struct inventory_offer *one)
{
	struct inventory_bought bought = {0};

	must(twilio->buy(&account, one, &hook, &request, &why));
	int status = send_request();
	twilio->read_buy(&account, status, buf_text(&answer), &arena, &bought, &result);
	return bought;
}

static void bring(enum err err)
{
	must(err);
	int status = send_request();
	twilio->read_done(&account, status, buf_text(&answer), &arena, &result);
}

/* --- a life --- */

static void a_number_lives_from_the_offer_to_its_release(void **state)
{
	const struct inventory_want want = {.country = 'U' << 8 | 'S', .area = "500", .sms = true, .n = 5};

	(void)state;
	assert_int_equal(list("").n, 0);
	struct inventory_offers offers = search(want);
	assert_int_equal(offers.n, 2);
	assert_true(number_equal(offers.offers[0].number, number("+15005550006")));
	assert_int_equal(offers.offers[0].country, 'U' << 8 | 'S');
	assert_false(offers.offers[0].wants_papers);

	struct inventory_bought bought = buy(&offers.offers[0]);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(result.status, 201);
	assert_true(number_equal(bought.number, number("+15005550006")));
	assert_string_equal(bought.id, "PN00000000000000000000000000000001");
	assert_int_equal(search(want).n, 1);
	buy(&offers.offers[0]);
	assert_int_equal(result.outcome, INVENTORY_GONE);
	assert_string_equal(result.code, "21422");

	struct inventory_page page = list("");
	assert_int_equal(page.n, 1);
	assert_string_equal(page.next, "");
	struct inventory_number *ours = page.numbers;
	assert_true(str_equal(ours->hook, STR(VOICE)) && !ours->hook_hidden && ours->active && ours->voice && ours->sms);
	assert_true(str_equal(ours->id, str_of(bought.id)));

	/* Somebody points it elsewhere in the console, behind an application. */
	struct sim_twilio_number *there = sim_inventory_twilio_find(&sim, ours->number);
	str_copy(there->voice_url, sizeof there->voice_url, STR("https://elsewhere.example/"));
	str_copy(there->application, sizeof there->application, STR("AP00000000000000000000000000000001"));
	ours = found(ours->number).numbers;
	assert_true(ours->hook_hidden);
	bring(twilio->point(&account, ours, &hook, &request, &why));
	assert_int_equal(result.outcome, INVENTORY_DONE);
	ours = found(ours->number).numbers;
	assert_true(str_equal(ours->hook, STR(VOICE)) && !ours->hook_hidden);
	assert_string_equal(there->status_callback, hook.status_url);

	bring(twilio->release(&account, ours, &request, &why));
	assert_int_equal(result.outcome, INVENTORY_DONE);
	assert_int_equal(result.status, 204);
	assert_int_equal(answer.len, 0);
	assert_int_equal(list("").n, 0);
	assert_int_equal(search(want).n, 2);
	assert_string_equal(there->voice_url, "");
	bring(twilio->release(&account, ours, &request, &why));
	assert_int_equal(result.outcome, INVENTORY_GONE);
	assert_string_equal(result.code, "20404");
}

static void buy_all(int n)
{
	for (int i = 0; i < n; i++) {
		const struct inventory_offer one = {.number = nth(i)};
		buy(&one);
		assert_int_equal(result.outcome, INVENTORY_DONE);
	}
}

/* Pages of `size`, each number once and in order; how many there were. */
static int pages_of(const char *first, int total)
{
	char cursor[INVENTORY_CURSOR_MAX + 1];
	int pages = 0, n = 0;

	str_copy(cursor, sizeof cursor, str_of(first));
	do {
		struct inventory_page page = list(cursor);
		assert_int_equal(result.outcome, INVENTORY_DONE);
		for (int i = 0; i < page.n; i++)
			assert_true(number_equal(page.numbers[i].number, nth(n++)));
		str_copy(cursor, sizeof cursor, str_of(page.next));
		pages++;
	} while (cursor[0]);
	assert_int_equal(n, total);
	return pages;
}

static void pages_hold_each_number_once(void **state)
{
	(void)state;
	for (int i = 0; i < 120; i++)
		offer(nth(i), "GB", "local");
	buy_all(120);
	assert_int_equal(pages_of("", 120), 1);
	assert_int_equal(pages_of("PageSize=50", 120), 3);
	assert_int_equal(pages_of("PageSize=40", 120), 3);
	assert_int_equal(pages_of("PageSize=1", 120), 120);
	assert_int_equal(list("PageSize=50&Page=2").n, 20);
	assert_int_equal(list("PageSize=50&Page=3").n, 0);
	assert_string_equal(list("PageSize=120").next, "");
}

static void a_release_between_two_pages_moves_nothing(void **state)
{
	struct inventory_page page;

	(void)state;
	for (int i = 0; i < 6; i++)
		offer(nth(i), "GB", "local");
	buy_all(6);
	page = list("PageSize=2");
	struct inventory_page rest = list(page.next);
	bring(twilio->release(&account, &page.numbers[0], &request, &why));
	rest = list(page.next);
	assert_int_equal(rest.n, 2);
	assert_true(number_equal(rest.numbers[0].number, nth(2)));
}

static void a_search_sifts(void **state)
{
	struct inventory_want want = {.country = 'G' << 8 | 'B', .type = "mobile", .n = 10};
	struct sim_twilio_number plain = {
		.number = number("+447700900123"), .country = 'G' << 8 | 'B', .type = "mobile", .wants_address = true};

	(void)state;
	offer(number("+447700900000"), "GB", "mobile");
	offer(number("+442079460000"), "GB", "local");
	assert_int_equal(sim_inventory_twilio_offer(&sim, &plain), ERR_OK);
	assert_int_equal(search(want).n, 2);
	want.sms = true;
	assert_int_equal(search(want).n, 1);
	want.sms = false;
	str_copy(want.area, sizeof want.area, STR("900123"));
	struct inventory_offers offers = search(want);
	assert_int_equal(offers.n, 1);
	assert_true(offers.offers[0].wants_papers);
	buy(&offers.offers[0]);
	assert_int_equal(result.outcome, INVENTORY_WANTS_PAPERS);
	assert_string_equal(result.code, "21631");
	str_copy(want.area, sizeof want.area, STR("31415"));
	assert_int_equal(search(want).n, 0);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	want = (struct inventory_want){.country = 'D' << 8 | 'E', .n = 1};
	search(want);
	assert_int_equal(result.outcome, INVENTORY_GONE);
	want = (struct inventory_want){.country = 'U' << 8 | 'S', .region = "CA", .n = 1};
	assert_int_equal(search(want).n, 0);
	assert_int_equal(result.outcome, INVENTORY_DONE);
	want = (struct inventory_want){.country = 'U' << 8 | 'S', .n = 1};
	assert_int_equal(search(want).n, 1);
}

static void the_wrong_token_has_no_access(void **state)
{
	struct account other = account;

	(void)state;
	str_copy(other.secret, sizeof other.secret, STR("another"));
	bring(twilio->list(&other, "", &request, &why));
	assert_int_equal(result.outcome, INVENTORY_NO_ACCESS);
	assert_string_equal(result.code, "20003");
	str_copy(other.sid, sizeof other.sid, STR("AC11111111111111111111111111111111"));
	bring(twilio->list(&other, "", &request, &why));
	assert_int_equal(result.outcome, INVENTORY_NO_ACCESS);
}

static void a_busy_twilio_says_so_as_often_as_it_is_told(void **state)
{
	(void)state;
	sim.busy = 2;
	list("");
	assert_int_equal(result.outcome, INVENTORY_AGAIN);
	assert_int_equal(result.status, 429);
	list("");
	assert_string_equal(result.code, "20429");
	list("");
	assert_int_equal(result.outcome, INVENTORY_DONE);
}

/* --- limits --- */

static void the_market_and_the_account_are_bounded(void **state)
{
	struct sim_twilio_number one = {.number = nth(0), .country = 'G' << 8 | 'B', .type = "local"};

	(void)state;
	while (sim.n < MARKET)
		offer(nth(sim.n - 2), "GB", "local");
	assert_int_equal(sim_inventory_twilio_offer(&sim, &one), ERR_NUMBER_IN_USE);
	one.number = nth(999);
	assert_int_equal(sim_inventory_twilio_offer(&sim, &one), ERR_LIMIT_REACHED);
	str_copy(one.type, sizeof one.type, STR("other"));
	assert_int_equal(sim_inventory_twilio_offer(&sim, &one), ERR_BAD_REQUEST);
	buy_all(OWNED_MAX);
	const struct inventory_offer more = {.number = nth(OWNED_MAX)};
	buy(&more);
	assert_int_equal(result.outcome, INVENTORY_NO_MONEY);
	assert_string_equal(result.code, "10002");
	assert_int_equal(sim.owned, OWNED_MAX);
	bring(twilio->release(&account, &list("").numbers[0], &request, &why));
	assert_int_equal(result.outcome, INVENTORY_DONE);
	buy(&more);
	assert_int_equal(result.outcome, INVENTORY_DONE);
}

static void an_answer_without_room_is_a_lost_one(void **state)
{
	const struct inventory_offer one = {.number = number("+15005550006")};
	char room[64];

	(void)state;
	struct buf whole = answer;
	buf_fixed(&answer, room, sizeof room);
	buy(&one);
	assert_int_equal(result.status, 500);
	assert_int_equal(result.outcome, INVENTORY_AGAIN);
	answer = whole;
	/* It was bought nonetheless, and is found before it is asked for again. */
	assert_int_equal(found(one.number).n, 1);
}

/* --- what Twilio refuses --- */

struct refusal {
	const char *method, *target, *type, *body;
	int status;
	const char *code;
};

#define NUMBERS BASE "/IncomingPhoneNumbers"
#define FIRST NUMBERS "/PN00000000000000000000000000000001.json"
#define LOCAL BASE "/AvailablePhoneNumbers/US/Local.json"
#define POSTED(body, code) {"POST", NUMBERS ".json", FORM_TYPE, body, 400, code}
#define SEARCHED(query, code) {"GET", LOCAL "?" query, NULL, "", 400, code}

static const struct refusal refusals[] = {
	{"GET", "", NULL, "", 404, "20404"},
	{"GET", "/", NULL, "", 404, "20404"},
	{"GET", BASE "/Calls.json", NULL, "", 404, "20404"},
	{"GET", NUMBERS, NULL, "", 404, "20404"},
	{"GET", NUMBERS "/PN1.json", NULL, "", 404, "20404"},
	{"GET", NUMBERS "/.json", NULL, "", 404, "20404"},
	{"GET", FIRST "/x", NULL, "", 404, "20404"},
	{"GET", BASE "/AvailablePhoneNumbers/US/Local.json/x", NULL, "", 404, "20404"},
	{"GET", BASE "/AvailablePhoneNumbers/US/Fax.json", NULL, "", 404, "20404"},
	{"GET", "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json", NULL, "", 401, "20003"},
	{"PUT", NUMBERS ".json", NULL, "", 405, "20004"},
	{"DELETE", NUMBERS ".json", NULL, "", 405, "20004"},
	{"PATCH", FIRST, NULL, "", 405, "20004"},
	{"POST", LOCAL, FORM_TYPE, "", 405, "20004"},
	{"GET", NUMBERS ".json?PageSize=0", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?PageSize=1001", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?PageSize=x", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?Page=-1", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?PageToken=PN1", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?PageToken=", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?pagesize=5", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?PageSize=5&PageSize=5", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?PhoneNumber=a", NULL, "", 400, "20001"},
	{"GET", NUMBERS ".json?%zz", NULL, "", 400, "20001"},
	{"GET", FIRST "?x=1", NULL, "", 400, "20001"},
	{"DELETE", FIRST "?x=1", NULL, "", 400, "20001"},
	SEARCHED("AreaCode=41", "21451"),
	SEARCHED("AreaCode=041", "21451"),
	SEARCHED("Contains=1", "20001"),
	SEARCHED("Contains=12345678901234567", "20001"),
	SEARCHED("Contains=1%2B2", "20001"),
	SEARCHED("VoiceEnabled=yes", "20001"),
	SEARCHED("NearNumber=x", "20001"),
	SEARCHED("InRegion=ca", "20001"),
	{"GET", BASE "/AvailablePhoneNumbers/GB/Local.json?AreaCode=207", NULL, "", 400, "21451"},
	POSTED("", "20001"),
	POSTED("VoiceUrl=https%3A%2F%2Fx.example%2F", "20001"),
	POSTED("PhoneNumber=%2B15005550007&AreaCode=500", "20001"),
	POSTED("PhoneNumber=15005550007", "21421"),
	POSTED("PhoneNumber=%2B15005550001", "21422"),
	POSTED("PhoneNumber=%2B15005550006", "21422"), /* ours already */
	POSTED("AreaCode=212", "21452"),
	POSTED("PhoneNumber=%2B15005550007&VoiceUrl=ftp%3A%2F%2Fx", "21402"),
	POSTED("PhoneNumber=%2B15005550007&VoiceUrl=https%3A%2F%2Fx%0A", "21402"),
	POSTED("PhoneNumber=%2B15005550007&VoiceMethod=PUT", "21403"),
	POSTED("PhoneNumber=%2B15005550007&TrunkSid=TK1", "20001"),
	POSTED("PhoneNumber=%2B15005550007&VoiceReceiveMode=sms", "20001"),
	POSTED("PhoneNumber=%2B15005550007&Unknown=1", "20001"),
	{"POST", NUMBERS ".json", "application/json", "{}", 400, "20001"},
	{"POST", NUMBERS ".json", NULL, "PhoneNumber=%2B15005550007", 400, "20001"},
	{"POST", NUMBERS ".json?x=1", FORM_TYPE, "PhoneNumber=%2B15005550007", 400, "20001"},
	{"POST", FIRST, FORM_TYPE, "PhoneNumber=%2B15005550007", 400, "20001"},
	{"POST", FIRST, FORM_TYPE, "VoiceUrl=x", 400, "21402"},
};

static int ask(const char *method, const char *target, const char *type, struct str body, struct str authorization)
{
	const struct sim_twilio_ask one = {.method = str_of(method),
		.target = str_of(target),
		.authorization = authorization,
		.content_type = str_of(type),
		.body = body,
		.now_ms = now_ms};

	return sim_inventory_twilio_answer(&sim, &one, &answer);
}

static void what_is_refused_changes_nothing_and_says_which_error_it_is(void **state)
{
	const struct inventory_offer first = {.number = number("+15005550006")};
	static struct sim_twilio_number before[MARKET];
	char room[900];

	(void)state;
	offer(number("+442079460000"), "GB", "local");
	buy(&first);
	struct str authorization = basic(SID, "token-of-main", room, sizeof room);
	memcpy(before, table, sizeof table);
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		const struct refusal *refusal = &refusals[i];
		struct page_end body = page_end_copy(str_of(refusal->body));
		int status = ask(refusal->method, refusal->target, refusal->type, body.text, authorization);
		page_end_free(&body);
		twilio->read_done(&account, status, buf_text(&answer), &arena, &result);
		if (status != refusal->status || strcmp(result.code, refusal->code) != 0)
			print_message("# %s %s %s: %d %s\n", refusal->method, refusal->target, refusal->body, status, result.code);
		assert_int_equal(status, refusal->status);
		assert_string_equal(result.code, refusal->code);
		assert_memory_equal(before, table, sizeof table);
		assert_int_equal(sim.owned, 1);
	}
}

static void only_its_own_credentials_are_taken(void **state)
{
	static const char *const wrong[] = {"", "Basic", "Basic ", "Basic !", "Bearer token-of-main", "Basic YQ=="};
	char room[900];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(ask("GET", NUMBERS ".json", NULL, STR_NONE, str_of(wrong[i])), 401);
	assert_int_equal(ask("GET", NUMBERS ".json", NULL, STR_NONE, STR_NONE), 401);
	assert_int_equal(
		ask("GET", NUMBERS ".json", NULL, STR_NONE, basic(SID, "token-of-mai", room, sizeof room)), 401);
	assert_int_equal(
		ask("GET", NUMBERS ".json", NULL, STR_NONE, basic("AC1", "token-of-main", room, sizeof room)), 401);
	assert_int_equal(ask("GET", NUMBERS ".json", NULL, STR_NONE, basic(SID, "token-of-main", room, sizeof room)), 200);
}

static void what_is_too_long_is_refused(void **state)
{
	static char text[SIM_TWILIO_REQUEST_MAX + 2], form[2048];
	char room[900];

	(void)state;
	struct str authorization = basic(SID, "token-of-main", room, sizeof room);
	memset(text, 'a', SIM_TWILIO_REQUEST_MAX + 1);
	assert_int_equal(ask("POST", NUMBERS ".json", FORM_TYPE, str_of(text), authorization), 414);
	assert_int_equal(ask("GET", text, NULL, STR_NONE, authorization), 414);
	text[SIM_TWILIO_REQUEST_MAX] = '\0';
	assert_int_equal(ask("POST", NUMBERS ".json", FORM_TYPE, str_of(text), authorization), 400);
	text[SIM_TWILIO_URL_MAX - strlen("https://") + 1] = '\0';
	snprintf(form, sizeof form, "PhoneNumber=%%2B15005550006&VoiceUrl=https://%s", text);
	assert_int_equal(ask("POST", NUMBERS ".json", FORM_TYPE, str_of(form), authorization), 400);
	text[SIM_TWILIO_URL_MAX - strlen("https://")] = '\0';
	snprintf(form, sizeof form, "PhoneNumber=%%2B15005550006&VoiceUrl=https://%s", text);
	assert_int_equal(ask("POST", NUMBERS ".json", FORM_TYPE, str_of(form), authorization), 201);
	text[SIM_TWILIO_NAME_MAX + 1] = '\0';
	snprintf(form, sizeof form, "FriendlyName=%s", text);
	assert_int_equal(ask("POST", FIRST, FORM_TYPE, str_of(form), authorization), 400);
}

static void an_area_code_buys_whatever_is_there(void **state)
{
	char room[900];

	(void)state;
	assert_int_equal(ask("POST", NUMBERS ".json", FORM_TYPE, STR("AreaCode=500&FriendlyName=a+b"),
				 basic(SID, "token-of-main", room, sizeof room)),
		201);
	static const char said[] = "\"phone_number\":\"+15005550006\",\"friendly_name\":\"a b\"";
	assert_non_null(memmem(answer.at, answer.len, said, strlen(said)));
}

static void application_and_trunk_exclude_one_another(void **state)
{
	struct sim_twilio_number *one = sim_inventory_twilio_find(&sim, number("+15005550006"));
	char room[900];
	struct str authorization = basic(SID, "token-of-main", room, sizeof room);

	(void)state;
	assert_int_equal(ask("POST", NUMBERS ".json", FORM_TYPE,
				 STR("PhoneNumber=%2B15005550006&VoiceApplicationSid=AP00000000000000000000000000000001"),
				 authorization),
		201);
	assert_string_equal(one->application, "AP00000000000000000000000000000001");
	assert_int_equal(ask("POST", FIRST, FORM_TYPE, STR("TrunkSid=TK00000000000000000000000000000002"), authorization), 200);
	assert_string_equal(one->application, "");
	assert_string_equal(one->trunk, "TK00000000000000000000000000000002");
	assert_int_equal(
		ask("POST", FIRST, FORM_TYPE, STR("VoiceApplicationSid=AP00000000000000000000000000000003"), authorization), 200);
	assert_string_equal(one->application, "AP00000000000000000000000000000003");
	assert_string_equal(one->trunk, "");
}

static int begin(void **state)
{
	(void)state;
	twilio = inventory_find(STR("twilio"));
	memset(table, 0, sizeof table);
	sim_inventory_twilio_init(&sim, SID, "token-of-main", table, MARKET, OWNED_MAX);
	offer(number("+15005550006"), "US", "local");
	offer(number("+15005550007"), "US", "local");
	arena_init(&arena, 16 << 20);
	buf_init(&answer, SIM_TWILIO_ANSWER_MAX);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_done(&arena);
	buf_done(&answer);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_number_lives_from_the_offer_to_its_release),
		TEST(pages_hold_each_number_once),
		TEST(a_release_between_two_pages_moves_nothing),
		TEST(a_search_sifts),
		TEST(the_wrong_token_has_no_access),
		TEST(a_busy_twilio_says_so_as_often_as_it_is_told),
		TEST(the_market_and_the_account_are_bounded),
		TEST(an_answer_without_room_is_a_lost_one),
		TEST(what_is_refused_changes_nothing_and_says_which_error_it_is),
		TEST(only_its_own_credentials_are_taken),
		TEST(what_is_too_long_is_refused),
		TEST(an_area_code_buys_whatever_is_there),
		TEST(application_and_trunk_exclude_one_another),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
