#include "unit/wiring/ledger_fixture.h"

static void a_text_that_is_an_hour_old_goes_to_nobody(void **state)
{
	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	commit();
	begin(60 * MINUTE_MS);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->state, MESSAGE_FAILED);
	assert_int_equal(last_change()->why, MESSAGE_WHY_EXPIRED);
	assert_true(str_equal(last_event()->type, STR("message.failed")));
}

static void a_text_for_somebody_who_was_replaced_goes_to_nobody(void **state)
{
	const struct party other = party_of("courier", COURIER_2);
	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	commit();
	begin(1);
	assert_int_equal(engine_party_put(town.engine, town.slot, &other), ERR_OK);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->why, MESSAGE_WHY_NOT_ACTIVE);
}

static void a_text_from_somebody_who_left_goes_to_nobody(void **state)
{
	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	commit();
	begin(1);
	assert_int_equal(engine_party_drop(town.engine, town.slot, STR("customer")), ERR_OK);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->why, MESSAGE_WHY_NOT_ACTIVE);
}

static void a_text_of_somebody_who_was_replaced_goes_to_nobody(void **state)
{
	const struct party other = party_of("customer", COURIER_2);
	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	commit();
	begin(1);
	assert_int_equal(engine_party_put(town.engine, town.slot, &other), ERR_OK);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->why, MESSAGE_WHY_NOT_ACTIVE);
}

static void add_from_further_number(void)
{
	struct party other = party_of("customer", CUSTOMER);
	struct message_row row = text_of("SM1", MESSAGE_QUEUED);
	uint64_t id;
	party_add_number(&other, COURIER_2);
	begin(1);
	assert_int_equal(engine_party_put(town.engine, town.slot, &other), ERR_OK);
	commit();
	begin(1);
	row.from = number_of(COURIER_2);
	engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_OK);
	commit();
}

static void a_text_of_a_partys_further_number_goes(void **state)
{
	(void)state;
	add_from_further_number();
	begin(1);
	assert_int_equal(take(NULL, 0).n, 1);
}

/* More than one batch can give up. */
static void very_many_texts_that_are_an_hour_old_go_to_nobody(void **state)
{
	enum { MANY = 9000 };
	int rounds = 0;
	(void)state;
	ledger_free(town.ledger);
	town.ledger = ledger_new(MANY, MANY, 100, 1);
	for (uint64_t i = 1; i <= MANY; i++) {
		char ref[24];
		snprintf(ref, sizeof ref, "SM%llu", (unsigned long long)i);
		struct message_row row = text_of(ref, MESSAGE_QUEUED);
		row.id = (uint64_t)town.now_ms << 16 | i;
		assert_int_equal(ledger_load(town.ledger, town.engine, &row), ERR_OK);
	}
	town.now_ms += 61 * MINUTE_MS;
	for (bool more = true; more; rounds++) {
		begin(0);
		struct ledger_take taken = take(NULL, 0);
		assert_int_equal(taken.n, 0);
		more = taken.next_ms <= town.now_ms;
		commit();
	}
	assert_int_equal(ledger_counts(town.ledger).waiting, 0);
	assert_true(rounds > 10);
}

static void what_one_party_writes_keeps_its_order(void **state)
{
	struct message_row back = text_of("", MESSAGE_QUEUED);
	uint64_t first, second, id;
	(void)state;
	begin(1);
	first = add("SM1", MESSAGE_QUEUED);
	second = add("SM2", MESSAGE_QUEUED);
	memcpy(back.from_role, "courier", sizeof "courier");
	memcpy(back.to_role, "customer", sizeof "customer");
	back.from = number_of(COURIER);
	back.to = number_of(CUSTOMER);
	back.shown = vn_that_stands_for("courier");
	engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &back, &id), ERR_OK);
	commit();
	begin(1);
	assert_int_equal(take(NULL, 0).n, 2);
	assert_int_equal(town.items[0].id, first);
	assert_int_equal(town.items[1].id, id); /* the other party waits for nobody */
	settle(first, MESSAGE_QUEUED, 60);
	settle(id, MESSAGE_SENT, -1);
	commit();
	begin(1);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_true(take(NULL, 0).next_ms > town.now_ms);
	commit();
	begin(MINUTE_MS);
	assert_int_equal(take(NULL, 0).n, 1);
	assert_int_equal(town.items[0].id, first);
	settle(first, MESSAGE_SENT, -1);
	assert_int_equal(take(NULL, 0).n, 1);
	assert_int_equal(town.items[0].id, second);
}

static void block(uint64_t number, uint64_t with, enum block_direction direction)
{
	const struct block_key key = {town.pool, {number}, {with}};

	assert_int_equal(board_list_put(engine_board(town.engine), BOARD_BLOCKED, &key, direction, 0), ERR_OK);
}

static void a_text_of_somebody_who_was_blocked_while_it_waited_goes_to_nobody(void **state)
{
	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	commit();
	block(number_of(CUSTOMER).e164, 0, BLOCK_FROM);
	begin(1);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->state, MESSAGE_FAILED);
	assert_int_equal(last_change()->why, MESSAGE_WHY_BLOCKED);
}

static void a_text_of_somebody_who_is_suspected_meanwhile_goes_to_nobody(void **state)
{
	const struct block_key key = {town.pool, number_of(CUSTOMER), NUMBER_NONE};

	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	commit();
	assert_int_equal(board_list_put(engine_board(town.engine), BOARD_SUSPECTED, &key, BLOCK_FROM, UINT32_MAX), ERR_OK);
	begin(1);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->why, MESSAGE_WHY_BLOCKED);
}

static void a_block_of_the_other_direction_or_of_a_text_that_the_app_wrote_bars_nothing(void **state)
{
	struct message_row row;
	uint64_t id;
	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	commit();
	block(number_of(COURIER).e164, number_of(CUSTOMER).e164, BLOCK_FROM);
	begin(1);
	assert_int_equal(take(NULL, 0).n, 1);
	commit();
	block(number_of(COURIER).e164, number_of(CUSTOMER).e164, BLOCK_TO);
	begin(1);
	row = text_of("", MESSAGE_QUEUED);
	row.from_app = true;
	engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_OK);
	assert_int_equal(take(NULL, 0).n, 1);
	assert_true(town.items[0].id == id);
	assert_int_equal(last_change()->why, MESSAGE_WHY_BLOCKED);
}

static void a_block_of_a_partys_first_number_bars_its_further_ones(void **state)
{
	(void)state;
	add_from_further_number();
	block(number_of(CUSTOMER).e164, 0, BLOCK_FROM);
	begin(1);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->why, MESSAGE_WHY_BLOCKED);
}

/* It is given up when its hour is over, and not when its next try would have been. */
static void one_that_never_goes_takes_no_other_with_it(void **state)
{
	int took = 0;
	(void)state;
	begin(1);
	uint64_t first = add("SM1", MESSAGE_QUEUED);
	commit();
	begin(2 * MINUTE_MS);
	uint64_t second = add("SM2", MESSAGE_QUEUED);
	commit();
	for (int i = 0; i < 62; i++) {
		begin(MINUTE_MS);
		struct ledger_take taken = take(NULL, 0);
		for (int k = 0; k < taken.n; k++) {
			took += town.items[k].id == second;
			if (town.items[k].id == first)
				settle(first, MESSAGE_QUEUED, 3000);
		}
		commit();
	}
	assert_true(took > 0);
}

static void in_the_grace_texts_go_and_then_they_do_not(void **state)
{
	(void)state;
	begin(1);
	add("SM1", MESSAGE_QUEUED);
	assert_int_equal(engine_session_close(town.engine, town.slot, 600), ERR_OK);
	commit();
	begin(9 * MINUTE_MS);
	assert_int_equal(take(NULL, 0).n, 1);
	commit();
	begin(MINUTE_MS);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(last_change()->why, MESSAGE_WHY_NOT_ACTIVE);
}

static void no_session_takes_all_the_room(void **state)
{
	const struct message_row row = text_of("", MESSAGE_QUEUED);
	uint64_t id;
	(void)state;
	begin(1);
	for (int i = 0; i < LEDGER_SESSION_MAX; i++)
		add("", MESSAGE_QUEUED);
	commit();
	begin(1);
	uint32_t mark = ledger_mark(town.ledger), engine_at = engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_LIMIT_REACHED);
	ledger_undo(town.ledger, mark);
	engine_undo(town.engine, engine_at);
	settle(take(NULL, 0).items[0].id, MESSAGE_SENT, -1);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_OK);
	mark = ledger_mark(town.ledger), engine_at = engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_LIMIT_REACHED);
	ledger_undo(town.ledger, mark);
	engine_undo(town.engine, engine_at);
	for (int i = LEDGER_SESSION_MAX; i < WAITING_MAX; i++) {
		struct message_row other = row;
		other.session += (uint64_t)i;
		engine_mark(town.engine);
		assert_int_equal(ledger_add(town.ledger, town.engine, &other, &id), ERR_OK);
	}
	struct message_row other = row;
	other.session = 7;
	assert_int_equal(ledger_add(town.ledger, town.engine, &other, &id), ERR_LIMIT_REACHED);
}

/* A text in a session of its own. */
static uint64_t add_of_others(int i, const char *provider)
{
	struct party parties[2] = {party_of("customer", 100 + 2 * i), party_of("courier", 101 + 2 * i)};
	struct session_open open = {.pool = town.pool, .parties = parties, .parties_n = 2};
	struct message_row row = text_of("", MESSAGE_QUEUED);
	char ref[24];
	uint32_t slot;
	uint64_t id;
	bool new;

	snprintf(ref, sizeof ref, "B-%d", i);
	open.ref = str_of(ref);
	engine_mark(town.engine);
	assert_int_equal(engine_session_open(town.engine, &open, &slot, &new, &id), ERR_OK);
	row.session = engine_session_id(town.engine, slot);
	row.from = number_of(100 + 2 * i);
	row.to = number_of(101 + 2 * i);
	snprintf(row.provider, sizeof row.provider, "%s", provider);
	engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_OK);
	return id;
}

static void a_provider_that_is_down_holds_up_nobody_elses(void **state)
{
	uint64_t out[32];
	(void)state;
	begin(1);
	for (int i = 0; i < 30; i++)
		add_of_others(i, "twilio");
	add_of_others(30, "plivo");
	commit();
	begin(1);
	assert_int_equal(take(NULL, 0).n, 21);
	assert_string_equal(town.items[20].provider, "plivo");
	for (int i = 0; i < 21; i++)
		out[i] = town.items[i].id;
	assert_int_equal(take(out, 21).n, 0);
	settle(out[0], MESSAGE_SENT, -1);
	assert_int_equal(take(out, 21).n, 1);
	assert_string_equal(town.items[0].provider, "twilio");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_text_that_is_an_hour_old_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_of_somebody_who_was_replaced_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_of_a_partys_further_number_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(very_many_texts_that_are_an_hour_old_go_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_one_party_writes_keeps_its_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_for_somebody_who_was_replaced_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_from_somebody_who_left_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_text_of_somebody_who_was_blocked_while_it_waited_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_text_of_somebody_who_is_suspected_meanwhile_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_block_of_the_other_direction_or_of_a_text_that_the_app_wrote_bars_nothing, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_block_of_a_partys_first_number_bars_its_further_ones, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_never_goes_takes_no_other_with_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(in_the_grace_texts_go_and_then_they_do_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_session_takes_all_the_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_provider_that_is_down_holds_up_nobody_elses, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
