#include "unit/test.h"

#include "base/check.h"
#include "core/health.h"
#include "base/hash.h"
#include "serve/writer_health.h"
#include "supply/book.h"

#define START_MS 1795341600000
#define HOUR_MS 3600000
#define VNS 12
#define SICK 3u /* the id of the one that fails */
#define VN_FIRST 622150000000u

struct world {
	struct engine *engine;
	struct writer_health *health;
	struct book *book;
	struct arena arena;
	int64_t now_ms;
	uint64_t session;
	struct pool_row pool;
	struct vn_row vns[VNS]; /* as the store has them */
	uint16_t tenant;
	int events, audits, changed; /* of the last batch that was stored */
	char event[64], action[64], detail[160];
};

static struct world world;

static struct str tell_nothing(void *context, const struct notice *notice, struct arena *arena)
{
	(void)context, (void)notice;
	return arena_str(arena, STR("{}"));
}

static void make_engine(void)
{
	struct engine_options options = {.limits = LIMITS_DEFAULT(100), .seed = 1, .now_ms = world.now_ms, .tell = tell_nothing};
	uint16_t account;

	world.engine = engine_new(&options);
	world.health = writer_health_new(world.book);
	assert_true(world.engine && world.health);
	assert_int_equal(engine_tenant(world.engine, STR("main"), &world.tenant), ERR_OK);
	assert_int_equal(engine_account(world.engine, STR("twilio"), STR("main"), &account), ERR_OK);
}

static void begin(void)
{
	arena_reset(&world.arena);
	engine_begin(world.engine, world.now_ms);
	engine_mark(world.engine);
}

static void text_of(char *into, size_t size, struct str text)
{
	assert_true(str_copy(into, size, text));
}

static void store(void)
{
	size_t n;
	const struct record *records = engine_records(world.engine, &n);

	world.events = world.audits = world.changed = 0;
	for (size_t i = 0; i < n; i++) {
		if (records[i].kind == RECORD_VN)
			world.vns[records[i].vn->id - 1] = *records[i].vn;
		if (records[i].kind == RECORD_POOL)
			world.pool = *records[i].pool;
		if (records[i].kind == RECORD_OUTBOX && str_starts(records[i].outbox->type, STR("number."))) {
			world.events++;
			text_of(world.event, sizeof world.event, records[i].outbox->type);
		}
		if (records[i].kind == RECORD_OUTBOX && str_equal(records[i].outbox->type, STR("session.changed")))
			world.changed++;
		if (records[i].kind == RECORD_AUDIT) {
			world.audits++;
			text_of(world.action, sizeof world.action, records[i].audit->action);
			text_of(world.detail, sizeof world.detail, records[i].audit->detail);
		}
	}
	engine_commit(world.engine);
	writer_health_commit(world.health);
	book_commit(world.book);
}

static void refuse(void)
{
	engine_rollback(world.engine);
	writer_health_undo(world.health);
}

static enum err report(uint32_t vn, uint64_t session, enum call_status status)
{
	struct call_came came = {.shown = vn, .session = session, .asked_ms = world.now_ms, .status = status};

	engine_mark(world.engine);
	return writer_health_report(world.health, world.engine, &came, world.now_ms, &world.arena);
}

static void order(uint32_t vn, enum call_status status)
{
	assert_int_equal(report(vn, ++world.session, status), ERR_OK);
}

static enum vn_out out_of(uint32_t vn)
{
	struct vn_view view;

	assert_int_equal(engine_vn(world.engine, vn, &view), ERR_OK);
	return view.row->out;
}

/* Orders of all others that come through, each in a batch. */
static void others_do_well(void)
{
	begin();
	for (int i = 0; i < 200; i++)
		if (i % VNS != SICK - 1)
			order(1 + (uint32_t)i % VNS, CALL_COMPLETED);
	store();
}

/* Failures, one a batch, until it is out or has had so many. */
static int fail_until_out(uint32_t vn, int most)
{
	for (int n = 1; n <= most; n++) {
		begin();
		order(vn % VNS + 1, CALL_COMPLETED);
		order(vn, CALL_FAILED);
		store();
		if (out_of(vn) == VN_OUT_SICK)
			return n;
	}
	return most + 1;
}

static void tick_at(int64_t now_ms)
{
	world.now_ms = now_ms;
	begin();
	writer_health_tick(world.health, world.engine, now_ms, &world.arena);
	store();
}

static void restart(void)
{
	engine_free(world.engine);
	writer_health_free(world.health);
	make_engine();
	assert_int_equal(engine_load_pool(world.engine, &world.pool), ERR_OK);
	for (int i = 0; i < VNS; i++)
		assert_int_equal(engine_load_vn(world.engine, &world.vns[i]), ERR_OK);
	assert_int_equal(engine_load_done(world.engine), ERR_OK);
}

static int set_up(void **state)
{
	struct pool_policy policy = pool_policy_default('I' << 8 | 'D');
	uint16_t pool;

	(void)state;
	world = (struct world){.now_ms = START_MS};
	arena_init(&world.arena, 16 << 20);
	world.book = book_new();
	assert_non_null(world.book);
	make_engine();
	begin();
	assert_int_equal(engine_pool_create(world.engine, world.tenant, STR("jakarta"), &policy, &pool), ERR_OK);
	for (uint64_t i = 0; i < VNS; i++)
		assert_int_equal(engine_vn_add(world.engine, pool, &(struct vn_add){.number = {VN_FIRST + i}}), ERR_OK);
	store();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writer_health_free(world.health);
	book_free(world.book);
	engine_free(world.engine);
	arena_done(&world.arena);
	return 0;
}

static void a_sick_vn_is_taken_out_and_told_in_the_batch_of_the_report(void **state)
{
	(void)state;
	others_do_well();
	assert_in_range(fail_until_out(SICK, 20), 6, 12);
	assert_int_equal(world.vns[SICK - 1].out, VN_OUT_SICK);
	assert_int_equal(world.vns[SICK - 1].out_times, 1);
	assert_int_equal(world.events, 1);
	assert_string_equal(world.event, "number.disabled");
	assert_int_equal(world.audits, 1);
	assert_string_equal(world.action, "number.disable");
	assert_true(strncmp(world.detail, "unhealthy: calls of ", 20) == 0);
	for (uint32_t vn = 1; vn <= VNS; vn++)
		assert_int_equal(out_of(vn), vn == SICK ? VN_OUT_SICK : VN_OUT_NOT);
	assert_null(engine_audit(world.engine));
}

static void what_the_store_refuses_never_was(void **state)
{
	(void)state;
	others_do_well();
	/* Each report fails to be stored three times before it is. */
	int n = 0;
	while (out_of(SICK) != VN_OUT_SICK && n < 40) {
		uint64_t session = ++world.session;
		for (int i = 0; i < 3; i++) {
			begin();
			assert_int_equal(report(SICK, session, CALL_FAILED), ERR_OK);
			assert_int_equal(report(1, session + 1000000, CALL_COMPLETED), ERR_OK);
			refuse();
			assert_int_equal(out_of(SICK), VN_OUT_NOT);
		}
		begin();
		assert_int_equal(report(1, session + 1000000, CALL_COMPLETED), ERR_OK);
		assert_int_equal(report(SICK, session, CALL_FAILED), ERR_OK);
		store();
		n++;
	}
	assert_in_range(n, 6, 12);
	assert_int_equal(world.vns[SICK - 1].out_times, 1);
}

static void a_batch_without_room_takes_it_in_the_next(void **state)
{
	struct audit_row row = {.at_ms = START_MS, .tenant = STR("main"), .key = STR("cli"), .action = STR("x"), .target = STR("x"),
		.detail = STR("x")};

	(void)state;
	others_do_well();
	int n = 0, refused = 0;
	while (out_of(SICK) != VN_OUT_SICK && n < 40) {
		uint64_t session = ++world.session;
		begin();
		while (engine_note(world.engine, &(struct record){.kind = RECORD_AUDIT, .audit = &row}) == ERR_OK)
			;
		enum err err = report(SICK, session, CALL_FAILED);
		refuse();
		begin();
		if (err) {
			refused++;
			assert_int_equal(err, ERR_LIMIT_REACHED);
		}
		assert_int_equal(report(SICK, session, CALL_FAILED), ERR_OK);
		order(1, CALL_COMPLETED);
		store();
		n++;
	}
	assert_int_equal(refused, 1);
	assert_in_range(n, 6, 12);
}

static void each_time_it_is_let_in_later(void **state)
{
	(void)state;
	for (int times = 1; times <= 3; times++) {
		others_do_well();
		assert_in_range(fail_until_out(SICK, 20), 3, 12);
		int64_t out_ms = world.now_ms, stays_ms = (int64_t)HOUR_MS << (times - 1);
		tick_at(out_ms + stays_ms - 1000);
		assert_int_equal(out_of(SICK), VN_OUT_SICK);
		tick_at(out_ms + stays_ms);
		assert_int_equal(out_of(SICK), VN_OUT_NOT);
		assert_string_equal(world.event, "number.enabled");
		assert_string_equal(world.action, "number.enable");
	}
	assert_int_equal(world.vns[SICK - 1].out_times, 3);
}

static void thirty_orders_that_come_through_make_it_as_good_as_ever(void **state)
{
	(void)state;
	others_do_well();
	fail_until_out(SICK, 20);
	tick_at(world.now_ms + HOUR_MS);
	assert_int_equal(world.vns[SICK - 1].out_times, 1);
	begin();
	for (int i = 1; i < HEALTH_CURED; i++)
		order(SICK, CALL_COMPLETED);
	store();
	assert_int_equal(world.vns[SICK - 1].out_times, 1);
	begin();
	order(SICK, CALL_COMPLETED);
	refuse();
	begin();
	order(SICK, CALL_COMPLETED);
	store();
	assert_int_equal(world.vns[SICK - 1].out_times, 0);
	others_do_well();
	assert_in_range(fail_until_out(SICK, 20), 6, 12);
	assert_int_equal(world.vns[SICK - 1].out_times, 1);
}

static void a_restart_keeps_who_is_out_and_for_how_long(void **state)
{
	(void)state;
	others_do_well();
	fail_until_out(SICK, 20);
	int64_t out_ms = world.now_ms;
	restart();
	assert_int_equal(out_of(SICK), VN_OUT_SICK);
	tick_at(out_ms + HOUR_MS - 1000);
	assert_int_equal(out_of(SICK), VN_OUT_SICK);
	restart();
	tick_at(out_ms + HOUR_MS);
	assert_int_equal(out_of(SICK), VN_OUT_NOT);
	restart();
	others_do_well();
	assert_in_range(fail_until_out(SICK, 20), 3, 6); /* still on probation */
}

static void orders_of_its_own_that_come_through_bring_it_back(void **state)
{
	(void)state;
	others_do_well();
	fail_until_out(SICK, 20);
	begin();
	order(SICK, CALL_ANSWERED);
	order(SICK, CALL_ANSWERED);
	order(SICK, CALL_FAILED);
	for (int i = 0; i < 2; i++)
		order(SICK, CALL_ANSWERED);
	assert_int_equal(out_of(SICK), VN_OUT_SICK);
	order(SICK, CALL_COMPLETED);
	store();
	assert_int_equal(out_of(SICK), VN_OUT_NOT);
	assert_string_equal(world.event, "number.enabled");
}

static void what_a_hand_disabled_is_nobody_elses_business(void **state)
{
	uint32_t vn;

	(void)state;
	others_do_well();
	begin();
	assert_int_equal(engine_vn_set(world.engine, world.tenant, world.vns[SICK - 1].number, true, -1, &vn), ERR_OK);
	store();
	assert_int_equal(fail_until_out(SICK, 40), 41);
	tick_at(world.now_ms + 1000 * (int64_t)HOUR_MS);
	assert_int_equal(out_of(SICK), VN_OUT_HAND);
	begin();
	for (int i = 0; i < 10; i++)
		order(SICK, CALL_ANSWERED);
	store();
	assert_int_equal(out_of(SICK), VN_OUT_HAND);
}

static void a_hand_lets_it_in_at_once(void **state)
{
	uint32_t vn;

	(void)state;
	others_do_well();
	fail_until_out(SICK, 20);
	begin();
	assert_int_equal(engine_vn_set(world.engine, world.tenant, world.vns[SICK - 1].number, false, -1, &vn), ERR_OK);
	store();
	assert_int_equal(out_of(SICK), VN_OUT_NOT);
	assert_int_equal(world.vns[SICK - 1].out_times, 0);
	assert_in_range(fail_until_out(SICK, 20), 6, 12);
}

static void a_fifth_of_a_pool_is_out_at_most(void **state)
{
	int out = 0, kept = 0;

	(void)state;
	for (uint32_t vn = 1; vn <= 4; vn++) {
		for (int i = 0; i < 60; i++) {
			begin();
			for (uint32_t other = 5; other <= VNS; other++)
				order(other, CALL_COMPLETED);
			order(vn, CALL_FAILED);
			store();
			if (world.audits && strcmp(world.action, "number.keep") == 0) {
				assert_int_equal(world.events, 0);
				kept++;
			}
		}
		out += out_of(vn) == VN_OUT_SICK;
	}
	assert_int_equal(out, VNS / 5);
	assert_in_range(kept, 2, 40);
	assert_null(engine_audit(world.engine));
}

static void calls_that_tell_nothing_of_a_vn_leave_it_alone(void **state)
{
	(void)state;
	others_do_well();
	for (int i = 0; i < 100; i++) {
		begin();
		order(SICK, CALL_NO_ANSWER);
		order(SICK, CALL_CANCELED);
		order(0, CALL_FAILED); /* forwarded or refused: no VN was shown to a party */
		assert_int_equal(report(SICK, 5, CALL_FAILED), ERR_OK); /* one order */
		store();
	}
	assert_int_equal(out_of(SICK), VN_OUT_NOT);
}

#define LIVE 100

static void replace_in_live_sessions(bool replace)
{
	struct supply_policy policy = supply_policy_default();

	policy.replace = replace;
	begin();
	assert_int_equal(book_policy_set(world.book, world.engine, 0, &policy), ERR_OK);
	store();
}

static struct party party_of(const char *role, uint64_t e164)
{
	struct party party = {.numbers_n = 1, .may_call = true, .numbers = {{e164}}};
	uint64_t key[2] = {hash_mix(e164), e164};

	assert_true(str_copy(party.role, sizeof party.role, str_of(role)));
	memcpy(party.persons[0].key, key, sizeof key);
	return party;
}

static void open_sessions(void)
{
	char ref[16];
	uint64_t ended;
	uint32_t slot;
	bool new;

	begin();
	for (uint64_t i = 0; i < LIVE; i++) {
		struct party parties[] = {party_of("customer", 99900000000 + i), party_of("courier", 99900001000 + i)};
		snprintf(ref, sizeof ref, "A-%u", (unsigned)i);
		/* Every order has the one that will be sick. */
		parties[0].vn = world.vns[SICK - 1].number;
		assert_int_equal(engine_session_open(world.engine, &(struct session_open){.ref = str_of(ref), .parties = parties,
			.parties_n = 2}, &slot, &new, &ended), ERR_OK);
	}
	store();
}

static uint32_t sessions_of(uint32_t vn)
{
	struct vn_view view;

	assert_int_equal(engine_vn(world.engine, vn, &view), ERR_OK);
	return view.sessions;
}

static void its_live_sessions_get_another_number_where_the_pool_says_so(void **state)
{
	int changed = 0, batches = 0;
	bool more = true;

	(void)state;
	replace_in_live_sessions(true);
	open_sessions();
	assert_int_equal(sessions_of(SICK), LIVE);
	others_do_well();
	fail_until_out(SICK, 20);
	assert_int_equal(sessions_of(SICK), LIVE);
	while (more) {
		/* Every second batch can't be stored: it is as if it had never been. */
		for (int stored = 0; stored < 2; stored++) {
			uint32_t before = sessions_of(SICK);
			begin();
			more = writer_health_tick(world.health, world.engine, world.now_ms, &world.arena);
			if (stored) {
				store();
				changed += world.changed;
			} else {
				refuse();
				assert_int_equal(sessions_of(SICK), before);
				world.now_ms += 1000;
			}
		}
		assert_true(++batches < 10);
	}
	assert_true(batches > 1);
	assert_int_equal(sessions_of(SICK), 0);
	assert_int_equal(changed, LIVE);
	assert_string_equal(world.action, "number.replace");
	assert_string_equal(world.detail, "100 sessions have another number now, 0 kept it");
	assert_null(engine_audit(world.engine));
	tick_at(world.now_ms + 1000);
	assert_int_equal(world.audits, 0);
}

static void its_live_sessions_keep_it_where_the_pool_does_not(void **state)
{
	(void)state;
	replace_in_live_sessions(false);
	open_sessions();
	others_do_well();
	fail_until_out(SICK, 20);
	for (int i = 0; i < 5; i++)
		tick_at(world.now_ms + 1000);
	assert_int_equal(sessions_of(SICK), LIVE);
	assert_int_equal(world.audits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_sick_vn_is_taken_out_and_told_in_the_batch_of_the_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_store_refuses_never_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_batch_without_room_takes_it_in_the_next, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_time_it_is_let_in_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(thirty_orders_that_come_through_make_it_as_good_as_ever, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_restart_keeps_who_is_out_and_for_how_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(orders_of_its_own_that_come_through_bring_it_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_hand_disabled_is_nobody_elses_business, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hand_lets_it_in_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_fifth_of_a_pool_is_out_at_most, set_up, tear_down),
		cmocka_unit_test_setup_teardown(calls_that_tell_nothing_of_a_vn_leave_it_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(its_live_sessions_get_another_number_where_the_pool_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(its_live_sessions_keep_it_where_the_pool_does_not, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
