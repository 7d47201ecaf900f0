/* ledger_fixture: a session of two parties, and a ledger beside its engine. */
#ifndef UNIT_WIRING_LEDGER_FIXTURE_H
#define UNIT_WIRING_LEDGER_FIXTURE_H

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

static inline struct str tell(void *context, const struct notice *notice, struct arena *arena)
{
	(void)context, (void)notice;
	return arena_str(arena, STR("{}"));
}

static inline void begin(int64_t after_ms)
{
	town.now_ms += after_ms;
	engine_begin(town.engine, town.now_ms);
	town.open = true;
}

static inline void commit(void)
{
	engine_commit(town.engine);
	ledger_commit(town.ledger);
	town.open = false;
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
	(void)state;
	if (town.open)
		engine_rollback(town.engine);
	ledger_free(town.ledger);
	engine_free(town.engine);
	return 0;
}

static inline struct number vn_that_stands_for(const char *role)
{
	struct arena arena;
	arena_init(&arena, 1 << 20);
	const struct session_row *row = engine_session_row(town.engine, town.slot, &arena);
	struct number vn = row->parties[session_party_of(row, str_of(role))].vn;
	arena_done(&arena);
	return vn;
}

static inline struct message_row text_of(const char *ref, enum message_state state)
{
	struct message_row row = {.at_ms = town.now_ms, .pool_id = town.pool + 1u, .session = town.session,
		.provider = "twilio",
		.account = "main", .from_role = "customer", .to_role = "courier", .state = state,
		.shown = vn_that_stands_for("customer"),
		.body = STR("I am at the gate"), .to = number_of(COURIER),
		.from = number_of(CUSTOMER)};
	snprintf(row.ref, sizeof row.ref, "%s", ref);
	return row;
}

static inline uint64_t add(const char *ref, enum message_state state)
{
	const struct message_row row = text_of(ref, state);
	uint64_t id;
	engine_mark(town.engine);
	assert_int_equal(ledger_add(town.ledger, town.engine, &row, &id), ERR_OK);
	return id;
}

static inline struct ledger_take take(const uint64_t *out, int out_n)
{
	struct ledger_take take = {.out = out, .out_n = out_n, .items = town.items, .max = 32, .account_max = 20};
	engine_mark(town.engine);
	assert_int_equal(ledger_take(town.ledger, town.engine, town.now_ms, &take), ERR_OK);
	return take;
}

static inline const struct message_change *last_change(void)
{
	size_t n;
	const struct record *records = engine_records(town.engine, &n);
	while (n > 0)
		if (records[--n].kind == RECORD_MESSAGE_CHANGE)
			return records[n].message_change;
	fail_msg("nothing changed");
	return NULL;
}

static inline const struct outbox_row *last_event(void)
{
	size_t n;
	const struct record *records = engine_records(town.engine, &n);
	while (n > 0)
		if (records[--n].kind == RECORD_OUTBOX)
			return records[n].outbox;
	fail_msg("nobody was told");
	return NULL;
}

static inline void settle(uint64_t id, enum message_state state, int64_t retry_after_s)
{
	struct ledger_outcome outcome = {.id = id, .state = state, .retry_after_s = retry_after_s,
		.provider_id = "SM9"};
	engine_mark(town.engine);
	assert_int_equal(ledger_settle(town.ledger, town.engine, &outcome, town.now_ms), ERR_OK);
}

static inline enum err report(const char *ref, enum message_state state)
{
	struct message_report report = {.provider = "twilio", .account = "main", .state = state, .code = "30003"};
	snprintf(report.ref, sizeof report.ref, "%s", ref);
	engine_mark(town.engine);
	return ledger_report(town.ledger, town.engine, &report, town.now_ms);
}

#endif
