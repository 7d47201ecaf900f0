#include "unit/test.h"

#include "core/decide.h"

/* Two parties of session 5001 in slot 3: the customer (dials VN 2) and the courier (dials VN 1), until
 * second 1000. VNs 1..4 are of pool 0 .. by policy; VN 9 stands for an ended route's desk. */
#define CUSTOMER 6281234567210u
#define COURIER 6281298765877u
#define STRANGER 6281211112222u
#define SUPPORT 14155550123u
#define VN(id) (622150000000u + (id))
#define SESSION 5001
#define SLOT 3
#define END 1000
#define NOW 999999 /* ms: the last moment at which the routes connect */

#define ACCOUNT 4
#define TENANT 2

static struct board *board;

static void put_route(enum route_kind kind, uint64_t who, uint32_t vn, uint64_t callee, uint32_t show, uint8_t from)
{
	struct route_key key = {kind, who, vn};
	struct route route = {.callee = {callee}, .show = show, .session = SLOT, .end = END, .from_role_index = from,
			.to_role_index = (uint8_t)(1 - from)};

	assert_int_equal(route_put(board_routes(board), &key, &route), ERR_OK);
}

static void put_plan(enum pool_unknown unknown, uint64_t forward_to)
{
	struct board_plan plan = {.unknown_caller = unknown, .forward_to = {forward_to}, .ring_s = 30, .max_call_s = 3600,
			.pin_digits = 6, .tenant = TENANT};

	board_plan_put(board, 0, &plan);
}

static int set_up(void **state)
{
	const struct limits limits = {.sessions = 10, .routes = 100, .numbers = 10, .pools = 1, .accounts = 10};

	(void)state;
	board = board_new(&limits, 1);
	put_plan(POOL_UNKNOWN_REJECT, 0);
	for (uint32_t id = 1; id <= 3; id++) {
		struct board_vn vn = {.number = {VN(id)}, .id = id, .pool = 0, .account = ACCOUNT};
		assert_int_equal(board_vn_put(board, &vn), ERR_OK);
	}
	board_session_id_put(board, SLOT, SESSION);
	put_route(ROUTE_CALLER, CUSTOMER, 2, COURIER, 1, 0);
	put_route(ROUTE_CALLER, COURIER, 1, CUSTOMER, 2, 1);
	put_route(ROUTE_PIN, 1000123, 2, COURIER, 1, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	board_free(board);
	return 0;
}

static struct decision asked(struct question question)
{
	struct decision decision;

	memset(&decision, 0xa5, sizeof decision);
	decide(board, &question, &decision);
	return decision;
}

static struct question question_of(uint64_t caller, uint32_t vn)
{
	return (struct question){.caller = {caller}, .called = {VN(vn)}, .account = ACCOUNT, .tenant = DECIDE_ANY_TENANT,
			.now_ms = NOW};
}

static struct decision ask(uint64_t caller, uint32_t vn)
{
	return asked(question_of(caller, vn));
}

static void assert_refused(struct decision decision, enum reason reason)
{
	assert_int_equal(decision.action, ACTION_REJECT);
	assert_int_equal(decision.reason, reason);
	assert_false(number_is(decision.callee));
	assert_false(number_is(decision.show));
	assert_true(decision.session == 0);
}

static void assert_connected(struct decision decision, uint64_t callee, uint64_t show)
{
	assert_int_equal(decision.action, ACTION_CONNECT);
	assert_int_equal(decision.reason, REASON_NONE);
	assert_true(decision.callee.e164 == callee);
	assert_true(decision.show.e164 == show);
	assert_true(decision.session == SESSION);
	assert_int_equal(decision.slot, SLOT);
	assert_int_equal(decision.ring_s, 30);
	assert_int_equal(decision.max_call_s, 3600);
	assert_int_equal(decision.pool, 0);
	assert_int_equal(decision.account, ACCOUNT);
	assert_false(decision.wrong_pin);
}

static void a_party_is_connected_and_shown_by_its_vn(void **state)
{
	struct decision decision = ask(CUSTOMER, 2);

	(void)state;
	assert_connected(decision, COURIER, VN(1));
	assert_int_equal(decision.from_role_index, 0);
	assert_int_equal(decision.to_role_index, 1);
	assert_int_equal(decision.vn, 2);
	decision = ask(COURIER, 1);
	assert_connected(decision, CUSTOMER, VN(2));
	assert_int_equal(decision.from_role_index, 1);
}

static void the_end_of_a_session_does_not_shorten_a_call_that_began_in_time(void **state)
{
	struct question question = question_of(CUSTOMER, 2);

	(void)state;
	question.now_ms = END * 1000 - 1;
	assert_connected(asked(question), COURIER, VN(1));
	question.now_ms = END * 1000;
	assert_refused(asked(question), REASON_NOT_ACTIVE);
}

static void a_number_that_is_not_ours_is_refused(void **state)
{
	struct decision decision = ask(CUSTOMER, 9);

	(void)state;
	assert_refused(decision, REASON_NOT_A_VN);
	assert_int_equal(decision.pool, 0xffff);
	assert_int_equal(decision.vn, 0);
	struct question question = question_of(CUSTOMER, 2);
	question.called = NUMBER_NONE;
	assert_refused(asked(question), REASON_NOT_A_VN);
}

static void an_account_decides_for_its_own_vns_alone(void **state)
{
	struct question question = question_of(CUSTOMER, 2);

	(void)state;
	question.account = ACCOUNT + 1;
	assert_refused(asked(question), REASON_NOT_A_VN);
	assert_int_equal(asked(question).pool, 0xffff);
	question.account = DECIDE_ANY_ACCOUNT;
	assert_connected(asked(question), COURIER, VN(1));
}

static void a_tenant_asks_for_its_own_pools_alone(void **state)
{
	struct question question = question_of(CUSTOMER, 2);

	(void)state;
	question.tenant = TENANT + 1;
	assert_refused(asked(question), REASON_NOT_A_VN);
	question.tenant = TENANT;
	assert_connected(asked(question), COURIER, VN(1));
	question.called = (struct number){VN(9)};
	struct decision unknown = asked(question);
	question.called = (struct number){VN(2)};
	question.tenant = TENANT + 1;
	struct decision foreign = asked(question);
	assert_memory_equal(&unknown, &foreign, sizeof unknown);
}

static struct question withheld(uint32_t vn)
{
	struct question question = question_of(CUSTOMER, vn);

	question.withheld = true;
	return question;
}

static struct question ended(uint32_t vn)
{
	struct question question = question_of(vn == 2 ? CUSTOMER : COURIER, vn);

	question.now_ms = END * 1000;
	return question;
}

static void a_caller_who_is_not_a_party_is_never_connected(void **state)
{
	(void)state;
	assert_refused(ask(STRANGER, 2), REASON_UNKNOWN_CALLER);
	assert_refused(ask(CUSTOMER, 1), REASON_UNKNOWN_CALLER);
	assert_refused(ask(CUSTOMER, 3), REASON_UNKNOWN_CALLER);
	assert_refused(ask(0, 2), REASON_WITHHELD_CALLER);
	assert_refused(asked(withheld(2)), REASON_WITHHELD_CALLER);
}

static void a_vn_of_ours_is_no_caller_even_with_a_route(void **state)
{
	(void)state;
	put_route(ROUTE_CALLER, VN(3), 2, COURIER, 1, 0);
	assert_refused(ask(VN(3), 2), REASON_UNKNOWN_CALLER);
}

static void refused_calls_differ_in_their_reason_alone(void **state)
{
	static const struct {
		enum pool_unknown unknown;
		uint64_t forward_to;
		enum action action;
	} plans[] = {{POOL_UNKNOWN_REJECT, 0, ACTION_REJECT}, {POOL_UNKNOWN_PIN, 0, ACTION_DIGITS},
			{POOL_UNKNOWN_ANNOUNCE, 0, ACTION_ANNOUNCE}, {POOL_UNKNOWN_FORWARD, SUPPORT, ACTION_FORWARD},
			{POOL_UNKNOWN_FORWARD, 0, ACTION_REJECT}};

	(void)state;
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		put_plan(plans[i].unknown, plans[i].forward_to);
		struct decision all[] = {ask(STRANGER, 2), asked(withheld(2)), ask(0, 2), ask(VN(1), 2), asked(ended(2))};
		static const enum reason reasons[] = {REASON_UNKNOWN_CALLER, REASON_WITHHELD_CALLER,
				REASON_WITHHELD_CALLER, REASON_UNKNOWN_CALLER, REASON_NOT_ACTIVE};
		for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
			assert_int_equal(all[n].action, plans[i].action);
			assert_int_equal(all[n].reason, reasons[n]);
			all[n].reason = REASON_NONE;
			assert_memory_equal(&all[n], &all[0], sizeof all[0]);
		}
	}
}

static void strangers_are_forwarded_to_the_support_number_which_sees_the_dialled_vn(void **state)
{
	(void)state;
	put_plan(POOL_UNKNOWN_FORWARD, SUPPORT);
	struct decision decision = ask(STRANGER, 2);
	assert_int_equal(decision.action, ACTION_FORWARD);
	assert_true(decision.callee.e164 == SUPPORT);
	assert_true(decision.show.e164 == VN(2));
	assert_int_equal(decision.ring_s, 30);
	assert_int_equal(decision.max_call_s, 3600);
	assert_true(decision.session == 0);
	assert_connected(ask(CUSTOMER, 2), COURIER, VN(1));
}

static struct decision type_in(struct question question, struct str digits)
{
	question.digits = digits;
	return asked(question);
}

static void a_pin_connects_whoever_calls(void **state)
{
	(void)state;
	put_plan(POOL_UNKNOWN_PIN, 0);
	struct decision decision = ask(STRANGER, 2);
	assert_int_equal(decision.action, ACTION_DIGITS);
	assert_int_equal(decision.pin_digits, 6);
	assert_false(decision.wrong_pin);
	assert_connected(type_in(question_of(STRANGER, 2), STR("000123")), COURIER, VN(1));
	assert_connected(type_in(question_of(STRANGER, 2), STR("000123#")), COURIER, VN(1));
	assert_connected(type_in(withheld(2), STR("000123")), COURIER, VN(1));
	assert_connected(ask(CUSTOMER, 2), COURIER, VN(1));
	assert_connected(type_in(question_of(CUSTOMER, 2), STR("999999")), COURIER, VN(1));
}

static void a_wrong_pin_is_asked_again_and_told(void **state)
{
	static const char *const wrong[] = {"000124", "123", "0000123", "1000123", "00012a", "#", "000123##", "00012#", "+00123",
			" 000123", "0001 3"};

	(void)state;
	put_plan(POOL_UNKNOWN_PIN, 0);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct decision decision = type_in(question_of(STRANGER, 2), str_of(wrong[i]));
		assert_int_equal(decision.action, ACTION_DIGITS);
		assert_int_equal(decision.reason, REASON_UNKNOWN_CALLER);
		assert_true(decision.wrong_pin);
		assert_int_equal(decision.pin_digits, 6);
		decision = type_in(withheld(2), str_of(wrong[i]));
		assert_int_equal(decision.reason, REASON_WITHHELD_CALLER);
		assert_true(decision.wrong_pin);
	}
	assert_int_equal(type_in(question_of(STRANGER, 1), STR("000123")).action, ACTION_DIGITS);
	struct question late = question_of(STRANGER, 2);
	late.now_ms = END * 1000;
	assert_int_equal(type_in(late, STR("000123")).action, ACTION_DIGITS);
}

static void digits_mean_nothing_where_no_pin_is_asked_for(void **state)
{
	(void)state;
	assert_refused(type_in(question_of(STRANGER, 2), STR("000123")), REASON_UNKNOWN_CALLER);
	put_plan(POOL_UNKNOWN_ANNOUNCE, 0);
	assert_int_equal(type_in(question_of(STRANGER, 2), STR("000123")).action, ACTION_ANNOUNCE);
	assert_false(type_in(question_of(STRANGER, 2), STR("000123")).wrong_pin);
}

static void ask_for_lost_vn(void *data)
{
	(void)data;
	put_route(ROUTE_CALLER, STRANGER, 2, COURIER, 9, 0);
	ask(STRANGER, 2);
}

static void a_connect_without_a_vn_to_show_dies(void **state)
{
	(void)state;
	assert_true(test_dies(ask_for_lost_vn, NULL));
}

static void every_spelling_of_no_caller_is_withheld(void **state)
{
	static const char *const spellings[] = {"", "anonymous", "Anonymous", "RESTRICTED", "unavailable", "unknown", "private",
			"blocked", "Withheld", "+266696687", "266696687", "+86282452253", "+8656696", "+2562533", "2562533",
			"+7378742833", "+464", "464", "anonymous@anonymous.invalid", " anonymous "};
	static const char *const numbers[] = {"+14155550123", "14155550123", "4640", "anonymously", "+2666966870", "?"};

	(void)state;
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		assert_true(caller_is_withheld(str_of(spellings[i])));
	assert_true(caller_is_withheld(STR_NONE));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_false(caller_is_withheld(str_of(numbers[i])));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_party_is_connected_and_shown_by_its_vn),
		TEST(the_end_of_a_session_does_not_shorten_a_call_that_began_in_time),
		TEST(a_number_that_is_not_ours_is_refused),
		TEST(an_account_decides_for_its_own_vns_alone),
		TEST(a_tenant_asks_for_its_own_pools_alone),
		TEST(a_caller_who_is_not_a_party_is_never_connected),
		TEST(a_vn_of_ours_is_no_caller_even_with_a_route),
		TEST(refused_calls_differ_in_their_reason_alone),
		TEST(strangers_are_forwarded_to_the_support_number_which_sees_the_dialled_vn),
		TEST(a_pin_connects_whoever_calls),
		TEST(a_wrong_pin_is_asked_again_and_told),
		TEST(digits_mean_nothing_where_no_pin_is_asked_for),
		TEST(a_connect_without_a_vn_to_show_dies),
		TEST(every_spelling_of_no_caller_is_withheld),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
