#include "unit/core/engine_fixture.h"

#include "message/ledger.h"
#include "message/ledger_state.h"

#define MINUTE_MS 60000ll
#define WAITING_MAX 150

static struct {
	struct engine *engine;
	struct ledger *ledger;
	uint16_t account, pool;
	uint32_t slot;
	uint64_t session;
	int64_t now_ms;
	bool open;
	struct ledger_item items[32];
} town;

static struct str tell(void *context, const struct notice *notice, struct arena *arena)
{
	(void)context, (void)notice;
	return arena_str(arena, STR("{}"));
}

static void begin(int64_t after_ms)
{
	town.now_ms += after_ms;
	engine_begin(town.engine, town.now_ms);
	town.open = true;
}

static void commit(void)
{
	engine_commit(town.engine);
	ledger_commit(town.ledger);
	town.open = false;
}

static int set_up(void **state)
{
	const struct engine_options options = {.limits = LIMITS_DEFAULT(100), .seed = 1, .now_ms = START_MS,
		.tell = tell};
	const struct pool_policy policy = pool_policy_default('I' << 8 | 'D');
	const struct message_policy lets = {.on = true};
	struct party parties[2] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	struct session_open open = {.ref = STR("A-1"), .parties = parties, .parties_n = 2};
	uint16_t tenant;
	uint64_t ended;
	bool new;

	(void)state;
	memset(&town, 0, sizeof town);
	town.now_ms = START_MS;
	town.engine = engine_new(&options);
	town.ledger = ledger_new(WAITING_MAX, 1000, 100, 1);
	assert_int_equal(engine_tenant(town.engine, STR("main"), &tenant), ERR_OK);
	assert_int_equal(engine_account(town.engine, STR("twilio"), STR("main"), &town.account), ERR_OK);
	begin(0);
	assert_int_equal(engine_pool_create(town.engine, tenant, STR("jakarta"), &policy, &town.pool), ERR_OK);
	for (int i = 0; i < 6; i++) {
		const struct vn_add add = {.number = vn_number_of(i), .account = town.account};
		assert_int_equal(engine_vn_add(town.engine, town.pool, &add), ERR_OK);
	}
	open.pool = town.pool;
	assert_int_equal(engine_session_open(town.engine, &open, &town.slot, &new, &ended), ERR_OK);
	town.session = engine_session_id(town.engine, town.slot);
	assert_int_equal(ledger_policy_set(town.ledger, town.engine, town.pool, &lets), ERR_OK);
	commit();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (town.open)
		engine_rollback(town.engine);
	ledger_free(town.ledger);
	engine_free(town.engine);
	return 0;
}

static struct number vn_that_stands_for(const char *role)
{
	struct arena arena;
	arena_init(&arena, 1 << 20);
	const struct session_row *row = engine_session_row(town.engine, town.slot, &arena);
	struct number vn = row->parties[session_party_of(row, str_of(role))].vn;
	arena_done(&arena);
	return vn;
}

static struct message_row text_of(const char *ref, enum message_state state)
{
	struct message_row row = {.at_ms = town.now_ms, .pool_id = town.pool + 1u, .session = town.session,
		.provider = "twilio",
		.account = "main", .from_role = "customer", .to_role = "courier", .state = state,
		.shown = vn_that_stands_for("customer"),
		.body = STR("I am at the gate"), .to = number_of(COURIER)};
	snprintf(row.ref, sizeof row.ref, "%s", ref);
	return row;
}

static uint64_t add(const char *ref, enum message_state state)
{
	const struct message_row row = text_of(ref, state);
	uint64_t id;
	engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_OK);
	return id;
}

static struct ledger_take take(const uint64_t *out, int out_n)
{
	struct ledger_take take = {.out = out, .out_n = out_n, .items = town.items, .max = 32, .account_max = 20};
	engine_mark(town.engine);
	assert_int_equal(ledger_take(town.ledger, town.engine, town.now_ms, &take), ERR_OK);
	return take;
}

static const struct message_change *last_change(void)
{
	size_t n;
	const struct record *records = engine_records(town.engine, &n);
	while (n > 0)
		if (records[--n].kind == RECORD_MESSAGE_CHANGE)
			return records[n].message_change;
	fail_msg("nothing changed");
	return NULL;
}

static const struct outbox_row *last_event(void)
{
	size_t n;
	const struct record *records = engine_records(town.engine, &n);
	while (n > 0)
		if (records[--n].kind == RECORD_OUTBOX)
			return records[n].outbox;
	fail_msg("nobody was told");
	return NULL;
}

static void settle(uint64_t id, enum message_state state, int64_t retry_after_s)
{
	struct ledger_outcome outcome = {.id = id, .state = state, .retry_after_s = retry_after_s,
		.provider_id = "SM9"};
	engine_mark(town.engine);
	assert_int_equal(ledger_settle(town.ledger, town.engine, &outcome, town.now_ms), ERR_OK);
}

static enum err report(const char *ref, enum message_state state)
{
	struct message_report report = {.provider = "twilio", .account = "main", .state = state, .code = "30003"};
	snprintf(report.ref, sizeof report.ref, "%s", ref);
	engine_mark(town.engine);
	return ledger_report(town.ledger, town.engine, &report, town.now_ms);
}

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
		cmocka_unit_test_setup_teardown(a_text_that_is_an_hour_old_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_for_somebody_who_was_replaced_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_text_from_somebody_who_left_goes_to_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(in_the_grace_texts_go_and_then_they_do_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_report_may_come_before_the_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_session_takes_all_the_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_provider_that_is_down_holds_up_nobody_elses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(policies_are_seen_when_they_are_stored, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
