#include "unit/wiring/ledger_fixture.h"

static void what_waits_is_handed_out_once_and_settled(void **state)
{
	(void)state;
	begin(1);
	uint64_t id = add("SM1", MESSAGE_QUEUED);
	commit();
	begin(1);
	struct ledger_take first = take(NULL, 0);
	assert_int_equal(first.n, 1);
	assert_int_equal(town.items[0].id, id);
	assert_int_equal(town.items[0].to.e164, number_of(COURIER).e164);
	assert_int_equal(town.items[0].shown.e164, vn_that_stands_for("customer").e164);
	assert_true(str_equal(str_n(town.items[0].body, town.items[0].body_len), STR("I am at the gate")));
	commit();
	begin(1);
	assert_int_equal(take(&id, 1).n, 0); /* it is out */
	settle(id, MESSAGE_SENT, -1);
	assert_true(last_change()->settles);
	assert_int_equal(last_change()->keep_until, 0);
	assert_int_equal(last_change()->tries, 1);
	assert_string_equal(last_change()->provider_id, "SM9");
	assert_true(str_equal(last_event()->type, STR("message.sent")));
	assert_true(str_equal(last_event()->key, STR("A-1")));
	assert_null(memmem(last_event()->data.at, last_event()->data.len, "gate", 4));
	assert_null(memmem(last_event()->data.at, last_event()->data.len, "9990000000", 10));
	commit();
	assert_int_equal(ledger_counts(town.ledger).waiting, 0);
	assert_int_equal(ledger_counts(town.ledger).states[MESSAGE_SENT], 1);
	begin(1);
	assert_int_equal(take(NULL, 0).n, 0);
}

static void the_same_text_of_a_provider_is_taken_once(void **state)
{
	(void)state;
	begin(1);
	assert_int_not_equal(add("SM1", MESSAGE_QUEUED), 0);
	assert_int_equal(add("SM1", MESSAGE_QUEUED), 0);
	assert_int_not_equal(add("SM2", MESSAGE_QUEUED), 0);
	commit();
	assert_int_equal(ledger_counts(town.ledger).waiting, 2);
	assert_int_equal(ledger_counts(town.ledger).repeated, 1);
	begin(1);
	assert_int_equal(add("SM1", MESSAGE_QUEUED), 0);
	commit();
	assert_int_equal(ledger_counts(town.ledger).waiting, 2);
}

static void what_was_not_stored_never_was(void **state)
{
	(void)state;
	begin(1);
	uint64_t id = add("SM1", MESSAGE_QUEUED);
	ledger_undo(town.ledger, 0);
	engine_rollback(town.engine);
	begin(1);
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(report("SM1", MESSAGE_DELIVERED), ERR_NOT_FOUND);
	id = add("SM1", MESSAGE_QUEUED);
	assert_int_not_equal(id, 0);
	commit();
	/* Settled, put off, reported: taken back, each is as it was. */
	for (int i = 0; i < 3; i++) {
		begin(1);
		uint32_t mark = ledger_mark(town.ledger), engine_at = engine_mark(town.engine);
		if (i == 2)
			assert_int_equal(report("SM1", MESSAGE_DELIVERED), ERR_OK);
		else
			settle(id, i ? MESSAGE_QUEUED : MESSAGE_SENT, 600);
		assert_int_equal(take(NULL, 0).n, 0);
		ledger_undo(town.ledger, mark);
		engine_undo(town.engine, engine_at);
		assert_int_equal(take(NULL, 0).n, 1);
		assert_int_equal(town.items[0].tries, 0);
		commit();
	}
	begin(1);
	assert_int_equal(report("SM1", MESSAGE_DELIVERED), ERR_OK);
}

static void what_is_put_off_waits_longer_each_time(void **state)
{
	int64_t waits[12];
	(void)state;
	begin(1);
	uint64_t id = add("SM1", MESSAGE_QUEUED);
	commit();
	for (int i = 0; i < 12; i++) {
		begin(0);
		settle(id, MESSAGE_QUEUED, -1);
		waits[i] = last_change()->due_ms - town.now_ms;
		assert_int_equal(last_change()->tries, i + 1);
		assert_false(last_change()->settles);
		commit();
		begin(0);
		assert_int_equal(take(NULL, 0).next_ms, town.now_ms + waits[i]);
		assert_true(waits[i] >= (500ll << i < 150000 ? 500ll << i : 150000));
		assert_true(waits[i] <= (1000ll << i < 300000 ? 1000ll << i : 300000));
		commit();
	}
	begin(0);
	settle(id, MESSAGE_QUEUED, 1200);
	assert_int_equal(last_change()->due_ms, town.now_ms + 1200 * 1000);
}

static void a_report_may_come_before_the_answer(void **state)
{
	(void)state;
	begin(1);
	uint64_t id = add("", MESSAGE_QUEUED); /* the app's: its own id is its ref */
	char ref[MESSAGE_ID_TEXT_SIZE];
	commit();
	begin(1);
	assert_int_equal(take(NULL, 0).n, 1);
	assert_string_equal(town.items[0].ref, message_id_text(id, ref));
	assert_int_equal(report(ref, MESSAGE_DELIVERED), ERR_OK);
	assert_true(last_change()->settles);
	commit();
	begin(1);
	settle(id, MESSAGE_QUEUED, -1); /* and the answer was lost */
	assert_int_equal(take(NULL, 0).n, 0);
	assert_int_equal(report(ref, MESSAGE_FAILED), ERR_OK); /* late */
	size_t n;
	engine_records(town.engine, &n);
	assert_int_equal(n, 0);
}

static void policies_are_seen_when_they_are_stored(void **state)
{
	const struct message_policy other = {.on = true, .redact = true, .keep_bodies_s = 60};
	(void)state;
	begin(1);
	assert_int_equal(ledger_policy_set(town.ledger, town.engine, town.pool, &other), ERR_OK);
	assert_true(ledger_policy(town.ledger, town.pool).redact);
	assert_false(ledger_policy_now(town.ledger, town.pool).redact);
	ledger_undo(town.ledger, 0);
	engine_rollback(town.engine);
	town.open = false;
	assert_false(ledger_policy(town.ledger, town.pool).redact);
	begin(1);
	assert_int_equal(ledger_policy_set(town.ledger, town.engine, town.pool, &other), ERR_OK);
	commit();
	assert_int_equal(ledger_policy_now(town.ledger, town.pool).keep_bodies_s, 60);
	/* What is kept is kept from when it went. */
	begin(1);
	uint64_t id = add("SM1", MESSAGE_QUEUED);
	commit();
	begin(1);
	settle(id, MESSAGE_SENT, -1);
	assert_int_equal(last_change()->keep_until, town.now_ms / 1000 + 60);
	assert_true(str_equal(last_change()->body, STR("I am at the gate")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_waits_is_handed_out_once_and_settled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_text_of_a_provider_is_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_not_stored_never_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_put_off_waits_longer_each_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_report_may_come_before_the_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(policies_are_seen_when_they_are_stored, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
