/* What the outside is told: exact bytes, and never a person's number. */
#include "unit/test.h"

#include "wire/notice_json.h"

#define NOW 1795341600 /* 2026-11-22T10:00:00Z */
#define VN_1 622150001234u
#define VN_2 622150005678u
#define VN_3 622150009999u
#define PERSON 99900000001u

static struct party parties[2], before_parties[3];
static struct pool_row pool = {.tenant = "main", .name = "jakarta"};

static struct party party_of(const char *role, uint64_t number, uint64_t vn)
{
	struct party party = {.numbers_n = 1, .numbers = {{number}}, .vn = {vn}, .vn_id = vn ? 1 : 0, .pin = 123456, .pin_digits = 6};

	assert_true(str_copy(party.role, sizeof party.role, str_of(role)));
	return party;
}

static struct session_row live(void)
{
	parties[0] = party_of("customer", PERSON, VN_1);
	parties[1] = party_of("courier", PERSON + 1, VN_2);
	return (struct session_row){.id = (uint64_t)NOW * 1000 << 16, .pool_id = 1, .state = SESSION_LIVE, .rev = 3, .ref = STR("A-1001"),
		.opened_at = NOW, .expires_at = NOW + 3600, .parties_n = 2, .parties = parties};
}

static const char *told(enum notice_type type, const struct session_row *before, const struct session_row *after)
{
	static char text[8192];
	struct notice notice = {.type = type, .at_ms = NOW * 1000ll, .pool = &pool, .before = before, .after = after};
	struct buf out;

	buf_fixed(&out, text, sizeof text - 1);
	notice_json_put(&out, &notice);
	assert_true(buf_ok(&out));
	text[out.len] = '\0';
	assert_null(strstr(text, "99900000"));
	assert_null(strstr(text, "123456"));
	return text;
}

static void a_live_session_is_told_whole(void **state)
{
	(void)state;
	struct session_row row = live();

	assert_string_equal(told(NOTICE_SESSION_LIVE, NULL, &row),
		"{\"tenant\":\"main\",\"pool\":\"jakarta\",\"session\":\"ses_01M81B5H800000\",\"ref\":\"A-1001\",\"state\":\"live\","
		"\"rev\":3,\"parties\":[{\"role\":\"customer\",\"vn\":\"+622150001234\"},{\"role\":\"courier\",\"vn\":\"+622150005678\"}],"
		"\"opened_at\":\"2026-11-22T10:00:00Z\",\"expires_at\":\"2026-11-22T11:00:00Z\",\"closed_at\":null,"
		"\"grace_until\":null}");
}

static void who_left_and_who_sees_another_number_is_told(void **state)
{
	(void)state;
	struct session_row row = live(), before = row;
	struct session_view_vn view = {.viewer = 1, .target = 0, .vn = {VN_3}};

	before_parties[0] = parties[0];
	before_parties[1] = party_of("helper", PERSON + 2, VN_3);
	before_parties[2] = parties[1];
	before.parties = before_parties;
	before.parties_n = 3;
	row.views = &view;
	row.views_n = 1;
	const char *text = told(NOTICE_SESSION_CHANGED, &before, &row);
	assert_non_null(strstr(text, "\"left\":[\"helper\"]"));
	assert_non_null(strstr(text, "\"views\":[{\"viewer\":\"courier\",\"target\":\"customer\",\"vn\":\"+622150009999\"}]"));
}

static void in_grace_numbers_still_stand_and_afterwards_they_do_not(void **state)
{
	(void)state;
	struct session_row row = live();

	row.state = SESSION_CLOSING;
	row.closed_at = NOW;
	row.grace_until = NOW + 600;
	row.cool_until = NOW + 4200;
	const char *text = told(NOTICE_SESSION_CLOSED, NULL, &row);
	assert_non_null(strstr(text, "\"state\":\"closing\""));
	assert_non_null(strstr(text, "+622150001234"));
	assert_non_null(strstr(text, "\"rev\":3,"));
	row.grace_until = NOW;
	text = told(NOTICE_SESSION_ENDED, NULL, &row);
	assert_non_null(strstr(text, "\"state\":\"cooling\""));
	assert_null(strstr(text, "+62"));
	assert_non_null(strstr(text, "\"rev\":4,")); /* newer than all that was told before */
}

static void the_largest_session_fits_what_is_set_aside(void **state)
{
	(void)state;
	static struct party many[SESSION_PARTIES_MAX], were[SESSION_PARTIES_MAX];
	static struct session_view_vn views[SESSION_VIEWS_MAX];
	char ref[SESSION_REF_MAX], text[16 << 10];
	struct session_row row = live(), before;
	struct buf out;

	memset(ref, '"', sizeof ref); /* two bytes each */
	for (int i = 0; i < SESSION_PARTIES_MAX; i++) {
		char role[SESSION_ROLE_MAX + 1];
		snprintf(role, sizeof role, "%032d", i);
		many[i] = party_of(role, PERSON + (uint64_t)i, 999999999999999u);
		snprintf(role, sizeof role, "x%031d", i);
		were[i] = party_of(role, PERSON + 10 + (uint64_t)i, VN_1);
	}
	for (int i = 0; i < SESSION_VIEWS_MAX; i++)
		views[i] = (struct session_view_vn){.viewer = (uint8_t)(i % 8), .target = (uint8_t)((i + 1) % 8), .vn = {999999999999999u}};
	row.parties = many;
	row.parties_n = SESSION_PARTIES_MAX;
	row.views = views;
	row.views_n = SESSION_VIEWS_MAX;
	row.ref = str_n(ref, sizeof ref);
	before = row;
	before.parties = were;
	buf_fixed(&out, text, sizeof text); /* out/outbox.c: NOTICE_MAX */
	notice_json_put(&out, &(struct notice){.type = NOTICE_SESSION_CHANGED, .pool = &pool, .before = &before, .after = &row});
	assert_true(buf_ok(&out));
}

static void a_call_is_told_without_people(void **state)
{
	(void)state;
	struct call call = {.id = 1, .at_ms = NOW * 1000ll, .pool_id = 1, .vn = {VN_1}, .action = ACTION_REJECT,
		.reason = REASON_UNKNOWN_CALLER, .status = CALL_REFUSED};
	char text[1024];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	notice_json_call(&out, &call, STR("main"), STR("jakarta"), STR_NONE);
	buf_char(&out, '\0');
	assert_true(buf_ok(&out));
	assert_string_equal(text,
		"{\"tenant\":\"main\",\"pool\":\"jakarta\",\"call\":\"cal_00000000000001\",\"session\":null,\"ref\":null,"
		"\"vn\":\"+622150001234\",\"shown\":null,\"from_role\":null,\"to_role\":null,\"action\":\"reject\","
		"\"reason\":\"unknown_caller\",\"status\":\"refused\",\"seconds\":0,\"at\":\"2026-11-22T10:00:00Z\"}");
}

static void a_dead_letter_is_told_without_its_payload(void **state)
{
	(void)state;
	struct dead_row dead = {.id = 1, .at_ms = NOW * 1000ll, .tenant = STR("main"), .topic = STR("orders"), .partition = 3, .offset = 77,
		.code = STR("bad_number"), .detail = STR("parties[0].number: no"), .payload = STR("{\"number\":\"+99900000001\"}")};
	char text[1024];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	notice_json_dead(&out, &dead);
	buf_char(&out, '\0');
	assert_string_equal(text,
		"{\"tenant\":\"main\",\"id\":\"ddl_00000000000001\",\"topic\":\"orders\",\"partition\":3,\"offset\":77,\"order\":null,"
		"\"code\":\"bad_number\",\"detail\":\"parties[0].number: no\",\"at\":\"2026-11-22T10:00:00Z\"}");
}

static void a_pool_tells_its_stock_and_demand(void **state)
{
	(void)state;
	struct pool_stock stock = {.total = 9, .free = 4, .lent = 5};
	struct pool_sessions sessions = {.waiting = 3, .live = 2, .closing = 1};
	struct pool_demand demand = {.coming = 2, .waiting = 1, .busiest_pairs = 7, .spare = -2};
	struct notice notice = {.type = NOTICE_POOL_LOW, .pool = &pool, .stock = &stock, .sessions = &sessions, .demand = &demand};
	char text[1024];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	notice_json_put(&out, &notice);
	buf_char(&out, '\0');
	assert_string_equal(text,
		"{\"tenant\":\"main\",\"pool\":\"jakarta\",\"mode\":\"shared\",\"stock\":{\"total\":9,\"free\":4,\"lent\":5,\"cooling\":0,"
		"\"reserved\":0,\"disabled\":0},\"sessions\":{\"waiting\":3,\"live\":2,\"closing\":1},"
		"\"demand\":{\"coming\":2,\"waiting\":1,\"busiest_pairs\":7,\"spare\":-2}}");
}

static void ids_of_dead_letters_are_read_back(void **state)
{
	char text[DEAD_ID_TEXT_SIZE];
	uint64_t id;

	(void)state;
	assert_int_equal(dead_id_parse(str_of(dead_id_text(1234567890123456u, text)), &id), ERR_OK);
	assert_int_equal(id, 1234567890123456u);
	assert_int_equal(dead_id_parse(STR("ses_00000000000001"), &id), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_session_is_told_whole),
		cmocka_unit_test(who_left_and_who_sees_another_number_is_told),
		cmocka_unit_test(in_grace_numbers_still_stand_and_afterwards_they_do_not),
		cmocka_unit_test(the_largest_session_fits_what_is_set_aside),
		cmocka_unit_test(a_call_is_told_without_people),
		cmocka_unit_test(a_dead_letter_is_told_without_its_payload),
		cmocka_unit_test(a_pool_tells_its_stock_and_demand),
		cmocka_unit_test(ids_of_dead_letters_are_read_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
