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

static void a_provider_that_is_down_holds_up_nobody_elses(void **state)
{
	uint64_t out[32], id;
	(void)state;
	begin(1);
	for (int i = 0; i < 30; i++)
		add("", MESSAGE_QUEUED);
	struct message_row other = text_of("", MESSAGE_QUEUED);
	snprintf(other.provider, sizeof other.provider, "plivo");
	engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &other, &id), ERR_OK);
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
		cmocka_unit_test_setup_teardown(a_text_for_somebody_who_was_replaced_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_from_somebody_who_left_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_text_of_somebody_who_was_blocked_while_it_waited_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_text_of_somebody_who_is_suspected_meanwhile_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_block_of_the_other_direction_or_of_a_text_that_the_app_wrote_bars_nothing, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(in_the_grace_texts_go_and_then_they_do_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_session_takes_all_the_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_provider_that_is_down_holds_up_nobody_elses, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
