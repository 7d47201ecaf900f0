/* Decisions about people who are known, and refused all the same: blocks, suspicion, verdicts, minutes. */
#include "unit/test.h"

#include "core/decide.h"

/* As in decide_test.c: the customer dials VN 2, the courier VN 1; the customer's second number and PIN too. */
#define CUSTOMER 6281234567210u
#define CUSTOMER_2 6281234567211u
#define COURIER 6281298765877u
#define STRANGER 6281211112222u
#define SUPPORT 14155550123u
#define VN(id) (622150000000u + (id))
#define SESSION 5001
#define SLOT 3
#define END 1000
#define NOW_S 500u

static struct board *board;

static void put_route(enum route_kind kind, uint64_t who, uint32_t vn, uint64_t callee, uint32_t show)
{
	struct route_key key = {kind, who, vn};
	struct route route = {.callee = {callee}, .show = show, .session = SLOT, .end = END};

	assert_int_equal(route_put(board_routes(board), &key, &route), ERR_OK);
}

static struct board_plan plan_of(enum pool_unknown unknown)
{
	return (struct board_plan){.unknown_caller = unknown, .forward_to = {SUPPORT}, .ring_s = 30,
		.max_call_s = 3600, .pin_digits = 6};
}

static void put_plan(struct board_plan plan)
{
	board_plan_put(board, 0, &plan);
}

static int set_up(void **state)
{
	const struct limits limits = {.sessions = 10, .routes = 100, .numbers = 10, .pools = 2, .accounts = 10,
		.blocks = 10};

	(void)state;
	board = board_new(&limits, 1);
	put_plan(plan_of(POOL_UNKNOWN_REJECT));
	for (uint32_t id = 1; id <= 3; id++) {
		struct board_vn vn = {.number = {VN(id)}, .id = id};
		assert_int_equal(board_vn_put(board, &vn), ERR_OK);
	}
	board_session_id_put(board, SLOT, SESSION);
	put_route(ROUTE_CALLER, CUSTOMER, 2, COURIER, 1);
	put_route(ROUTE_CALLER, CUSTOMER_2, 2, COURIER, 1);
	put_route(ROUTE_CALLER, COURIER, 1, CUSTOMER, 2);
	put_route(ROUTE_PIN, 1000123, 2, COURIER, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	board_free(board);
	return 0;
}

static struct decision ask_so(uint64_t caller, uint32_t vn, const char *digits, char attestation)
{
	const struct question question = {.caller = {caller}, .withheld = !caller, .called = {VN(vn)},
		.account = DECIDE_ANY_ACCOUNT,
		.tenant = DECIDE_ANY_TENANT, .digits = str_of(digits), .attestation = attestation,
			.now_ms = NOW_S * 1000};
	struct decision decision;

	decide(board, &question, &decision);
	return decision;
}

static struct decision ask(uint64_t caller, uint32_t vn)
{
	return ask_so(caller, vn, "", 0);
}

static void list(enum board_list on, uint64_t number, uint64_t with, enum block_direction direction, uint32_t until)
{
	assert_int_equal(board_list_put(board, on, &(struct block_key){0, {number}, {with}}, direction, until), ERR_OK);
}

static void unlist(enum board_list on, uint64_t number, uint64_t with)
{
	assert_true(board_list_drop(board, on, &(struct block_key){0, {number}, {with}}));
}

static void assert_refused(struct decision decision, enum reason reason)
{
	assert_int_equal(decision.action, ACTION_REJECT);
	assert_int_equal(decision.reason, reason);
	assert_false(number_is(decision.callee) || number_is(decision.show) || decision.session);
}

static void assert_connected(struct decision decision)
{
	assert_int_equal(decision.action, ACTION_CONNECT);
	assert_int_equal(decision.reason, REASON_NONE);
}

static void a_block_bars_its_direction(void **state)
{
	(void)state;
	list(BOARD_BLOCKED, CUSTOMER, 0, BLOCK_FROM, 0);
	assert_refused(ask(CUSTOMER, 2), REASON_BLOCKED);
	assert_connected(ask(COURIER, 1));
	list(BOARD_BLOCKED, CUSTOMER, 0, BLOCK_TO, 0);
	assert_connected(ask(CUSTOMER, 2));
	assert_refused(ask(COURIER, 1), REASON_BLOCKED);
	list(BOARD_BLOCKED, CUSTOMER, 0, BLOCK_BOTH, NOW_S);
	assert_connected(ask(CUSTOMER, 2)); /* it ended this second */
	unlist(BOARD_BLOCKED, CUSTOMER, 0);
	list(BOARD_BLOCKED, CUSTOMER, STRANGER, BLOCK_BOTH, 0);
	assert_connected(ask(CUSTOMER, 2));
	list(BOARD_BLOCKED, COURIER, CUSTOMER, BLOCK_TO, 0);
	assert_refused(ask(CUSTOMER, 2), REASON_BLOCKED);
	assert_connected(ask(COURIER, 1));
}

static void neither_a_pin_nor_a_further_number_leads_around_it(void **state)
{
	struct board_plan plan = plan_of(POOL_UNKNOWN_PIN);

	(void)state;
	put_plan(plan);
	assert_connected(ask_so(0, 2, "000123", 0));
	list(BOARD_BLOCKED, STRANGER, 0, BLOCK_FROM, 0);
	assert_connected(ask_so(0, 2, "000123", 0)); /* somebody else is */
	unlist(BOARD_BLOCKED, STRANGER, 0);
	list(BOARD_BLOCKED, CUSTOMER, 0, BLOCK_FROM, 0);
	assert_refused(ask(CUSTOMER_2, 2), REASON_BLOCKED);
	assert_refused(ask_so(0, 2, "000123", 0), REASON_BLOCKED);
	assert_refused(ask_so(STRANGER, 2, "000123", 0), REASON_BLOCKED);
	unlist(BOARD_BLOCKED, CUSTOMER, 0);
	list(BOARD_BLOCKED, STRANGER, 0, BLOCK_FROM, 0); /* nor is a right PIN of use to who is blocked by itself */
	assert_refused(ask_so(STRANGER, 2, "000123", 0), REASON_BLOCKED);
	assert_refused(ask(STRANGER, 2), REASON_BLOCKED);
	assert_int_equal(ask(STRANGER + 1, 2).action, ACTION_DIGITS);
}

static void who_is_blocked_is_not_sent_on(void **state)
{
	(void)state;
	put_plan(plan_of(POOL_UNKNOWN_FORWARD));
	list(BOARD_BLOCKED, STRANGER, 0, BLOCK_FROM, 0);
	assert_refused(ask(STRANGER, 2), REASON_BLOCKED);
	assert_int_equal(ask(STRANGER + 1, 2).action, ACTION_FORWARD);
	list(BOARD_BLOCKED, CUSTOMER, COURIER, BLOCK_FROM, 0);
	assert_refused(ask(CUSTOMER, 2), REASON_BLOCKED);
}

static void where_strangers_hear_an_announcement_everybody_does_who_is_refused(void **state)
{
	(void)state;
	put_plan(plan_of(POOL_UNKNOWN_ANNOUNCE));
	struct decision stranger = ask(STRANGER, 2);
	list(BOARD_BLOCKED, CUSTOMER, 0, BLOCK_FROM, 0);
	struct decision blocked = ask(CUSTOMER, 2);
	assert_int_equal(stranger.action, ACTION_ANNOUNCE);
	assert_int_equal(blocked.reason, REASON_BLOCKED);
	blocked.reason = stranger.reason;
	assert_memory_equal(&blocked, &stranger, sizeof blocked);
}

static void a_suspect_is_refused_with_a_route_too_and_can_be_rung(void **state)
{
	(void)state;
	list(BOARD_SUSPECTED, CUSTOMER, 0, BLOCK_FROM, NOW_S + 1);
	assert_refused(ask(CUSTOMER, 2), REASON_BLOCKED);
	assert_connected(ask(COURIER, 1));
	unlist(BOARD_SUSPECTED, CUSTOMER, 0);
	assert_connected(ask(CUSTOMER, 2));
}

static void a_plan_that_changes_keeps_what_is_on_the_lists(void **state)
{
	struct board_plan plan = plan_of(POOL_UNKNOWN_REJECT), got;

	(void)state;
	board_plan(board, 0, &got);
	assert_false(got.bounded);
	list(BOARD_BLOCKED, CUSTOMER, 0, BLOCK_FROM, 0);
	plan.ring_s = 20;
	put_plan(plan);
	assert_refused(ask(CUSTOMER, 2), REASON_BLOCKED);
	plan.minutes_per_session = 7;
	plan.attempts_per_minute = 9;
	put_plan(plan);
	unlist(BOARD_BLOCKED, CUSTOMER, 0);
	board_plan(board, 0, &got);
	assert_true(got.bounded && got.minutes_per_session == 7 && got.attempts_per_minute == 9);
	assert_connected(ask(CUSTOMER, 2));
	/* A list of a pool that has no plan yet is looked at when it gets one. */
	assert_int_equal(board_list_put(board, BOARD_BLOCKED, &(struct block_key){1, {STRANGER}, {0}}, BLOCK_BOTH, 0),
		ERR_OK);
	board_plan_put(board, 1, &plan);
	board_plan(board, 1, &got);
	assert_true(got.bounded);
}

static void a_verdict_lets_in_who_has_it_or_a_better_one(void **state)
{
	static const char verdicts[] = {'A', 'B', 'C', 0};
	static const bool admits[][4] = {[POOL_ATTESTATION_NONE] = {true, true, true, true},
		[POOL_ATTESTATION_A] = {true},
		[POOL_ATTESTATION_B] = {true, true}};
	struct board_plan plan = plan_of(POOL_UNKNOWN_PIN);

	(void)state;
	for (int wants = POOL_ATTESTATION_NONE; wants <= POOL_ATTESTATION_B; wants++) {
		plan.require_attestation = (enum pool_attestation)wants;
		put_plan(plan);
		for (int i = 0; i < 4; i++) {
			struct decision known = ask_so(CUSTOMER, 2, "", verdicts[i]), stranger = ask_so(STRANGER, 2,
				"", verdicts[i]);
			struct decision pin = ask_so(STRANGER, 2, "000123", verdicts[i]);
			if (admits[wants][i]) {
				assert_connected(known);
				assert_connected(pin);
				assert_int_equal(stranger.action, ACTION_DIGITS);
			} else {
				assert_refused(known, REASON_NOT_ATTESTED);
				assert_refused(pin, REASON_NOT_ATTESTED);
				assert_refused(stranger, REASON_NOT_ATTESTED);
			}
		}
	}
}

static void nobody_vouches_for_texts_and_their_refusals_say_why(void **state)
{
	struct board_plan plan = plan_of(POOL_UNKNOWN_PIN);
	struct question question = {.caller = {CUSTOMER}, .called = {VN(2)}, .account = DECIDE_ANY_ACCOUNT,
		.tenant = DECIDE_ANY_TENANT, .text = true, .now_ms = NOW_S * 1000};
	struct decision decision;

	(void)state;
	plan.require_attestation = POOL_ATTESTATION_A;
	put_plan(plan);
	decide(board, &question, &decision);
	assert_connected(decision);
	question.caller.e164 = 0;
	question.withheld = true;
	decide(board, &question, &decision);
	assert_int_equal(decision.reason, REASON_WITHHELD_CALLER);
}

static void a_text_talks_no_minutes(void **state)
{
	struct board_plan plan = plan_of(POOL_UNKNOWN_REJECT);
	struct question question = {.caller = {CUSTOMER}, .called = {VN(2)}, .account = DECIDE_ANY_ACCOUNT,
		.tenant = DECIDE_ANY_TENANT, .text = true, .now_ms = NOW_S * 1000};
	struct decision decision;

	(void)state;
	plan.minutes_per_session = 1;
	put_plan(plan);
	board_talked_add(board, SLOT, 60);
	assert_refused(ask(CUSTOMER, 2), REASON_MINUTES_USED);
	decide(board, &question, &decision);
	assert_connected(decision);
}

/* Where strangers are refused anyway they are not told that a verdict was missed. */
static void strangers_are_sent_on_only_with_the_verdict_that_is_asked_for(void **state)
{
	struct board_plan plan = plan_of(POOL_UNKNOWN_FORWARD);

	(void)state;
	plan.require_attestation = POOL_ATTESTATION_A;
	put_plan(plan);
	assert_refused(ask_so(STRANGER, 2, "", 'B'), REASON_NOT_ATTESTED);
	struct decision sent_on = ask_so(STRANGER, 2, "", 'A');
	assert_int_equal(sent_on.action, ACTION_FORWARD);
	assert_int_equal(sent_on.callee.e164, SUPPORT);
	plan.unknown_caller = POOL_UNKNOWN_REJECT;
	put_plan(plan);
	assert_refused(ask_so(STRANGER, 2, "", 'B'), REASON_UNKNOWN_CALLER);
}

/* Whom a PIN stands for is told by the route back alone: where there is none, or it is another session's by now, a block of the
 * number that is rung is no block of whoever has the PIN. */
static void who_can_not_be_rung_back_is_known_by_its_own_number_alone(void **state)
{
	struct route_key back = {ROUTE_CALLER, COURIER, 1};
	struct route others = {.callee = {CUSTOMER}, .show = 2, .session = SLOT + 1, .end = END};

	(void)state;
	put_plan(plan_of(POOL_UNKNOWN_PIN));
	list(BOARD_BLOCKED, CUSTOMER, 0, BLOCK_FROM, 0);
	assert_refused(ask_so(0, 2, "000123", 0), REASON_BLOCKED);
	board_session_id_put(board, SLOT + 1, SESSION + 1);
	assert_int_equal(route_put(board_routes(board), &back, &others), ERR_OK);
	assert_connected(ask_so(0, 2, "000123", 0));
	assert_true(route_drop(board_routes(board), &back));
	assert_connected(ask_so(0, 2, "000123", 0));
	assert_refused(ask(CUSTOMER, 2), REASON_BLOCKED);
}

static void a_call_lasts_no_longer_than_its_session_has_left(void **state)
{
	struct board_plan plan = plan_of(POOL_UNKNOWN_REJECT);

	(void)state;
	assert_int_equal(ask(CUSTOMER, 2).max_call_s, 3600);
	plan.minutes_per_session = 2;
	put_plan(plan);
	assert_int_equal(ask(CUSTOMER, 2).max_call_s, 120);
	board_talked_add(board, SLOT, 119);
	assert_int_equal(ask(CUSTOMER, 2).max_call_s, 1);
	board_talked_add(board, SLOT, 1);
	assert_refused(ask(CUSTOMER, 2), REASON_MINUTES_USED);
	assert_refused(ask(COURIER, 1), REASON_MINUTES_USED);
	board_talked_add(board, SLOT, UINT32_MAX); /* and it stays at the most there is */
	assert_refused(ask(CUSTOMER, 2), REASON_MINUTES_USED);
	plan.minutes_per_session = 0;
	put_plan(plan);
	assert_int_equal(ask(CUSTOMER, 2).max_call_s, 3600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_block_bars_its_direction),
		TEST(neither_a_pin_nor_a_further_number_leads_around_it),
		TEST(who_is_blocked_is_not_sent_on),
		TEST(where_strangers_hear_an_announcement_everybody_does_who_is_refused),
		TEST(a_suspect_is_refused_with_a_route_too_and_can_be_rung),
		TEST(a_plan_that_changes_keeps_what_is_on_the_lists),
		TEST(a_verdict_lets_in_who_has_it_or_a_better_one),
		TEST(nobody_vouches_for_texts_and_their_refusals_say_why),
		TEST(a_text_talks_no_minutes),
		TEST(strangers_are_sent_on_only_with_the_verdict_that_is_asked_for),
		TEST(who_can_not_be_rung_back_is_known_by_its_own_number_alone),
		TEST(a_call_lasts_no_longer_than_its_session_has_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
