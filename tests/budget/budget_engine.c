/* The engine with its board and a store: decisions, and what an order costs the writer below HTTP. Who a party is (a keyed
 * hash) is found before, as workers do; sealing is the store's and counts. */
#include "budget/budget.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "core/engine.h"
#include "store/store.h"

#define VNS_A_POOL 400
#define SESSIONS 4000  /* in the first pool, with the memory store */
#define SESSIONS_SQLITE 1000
#define SESSIONS_FEW 200 /* in each of the others */
#define SESSIONS_MAX 8192
#define COURIERS 200
#define DECISIONS 2000
#define BATCH 64
#define BATCHES 8
#define ALONE 128
#define BRIEF_TTL_S 600
#define RECORDS_MAX 4096
#define COUNTRY ('I' << 8 | 'D')
#define CUSTOMER_FIRST 9990000000000u
#define COURIER_FIRST 9995000000000u
#define STRANGER_FIRST 9998000000000u

enum { POOL_PLAIN, POOL_ASKS_PIN, POOL_BOUNDED, POOLS };

struct order {
	struct party parties[2];
	char ref[24];
	uint32_t slot;
};

/* What a customer of an open session would dial. */
struct known {
	struct number customer, vn;
	char pin[9];
};

struct rig {
	struct vault *vault;
	struct vault_use *use;
	struct store *store;
	struct engine *engine;
	int64_t now_ms;
	uint32_t orders_n; /* that were ever made */
	struct order orders[BATCH];
};

/* --- batches --- */

static void commit(struct rig *rig)
{
	static enum store_verdict verdicts[RECORDS_MAX];
	size_t n;
	const struct record *records = engine_records(rig->engine, &n);

	ASSERT(n <= RECORDS_MAX);
	ASSERT(rig->store->ops->commit(rig->store, records, n, verdicts) == ERR_OK);
	engine_commit(rig->engine);
}

static void add_pool(struct rig *rig, uint16_t tenant, int which)
{
	static const char *const names[POOLS] = {"plain", "pin", "bounded"};
	struct pool_policy policy = pool_policy_default(COUNTRY);
	uint16_t pool, account;

	policy.per_vn_max = 100000;
	policy.ttl_s = 86400;
	policy.grace_s = 0;
	if (which == POOL_ASKS_PIN)
		policy.unknown_caller = POOL_UNKNOWN_PIN;
	if (which == POOL_BOUNDED) {
		policy.calls_at_once = 2;
		policy.minutes_per_session = 600;
		policy.require_attestation = POOL_ATTESTATION_B;
		policy.attempts_per_minute = 10;
	}
	ASSERT(engine_account(rig->engine, STR("twilio"), STR("main"), &account) == ERR_OK);
	ASSERT(engine_pool_create(rig->engine, tenant, str_of(names[which]), &policy, &pool) == ERR_OK && pool == which);
	for (uint32_t i = 0; i < VNS_A_POOL; i++) {
		struct vn_add add = {.number = {BUDGET_VN_FIRST + (uint32_t)which * VNS_A_POOL + i}, .account = account,
			.place = {COUNTRY, 0}};
		ASSERT(engine_vn_add(rig->engine, pool, &add) == ERR_OK);
	}
}

static void rig_open(struct rig *rig, bool sqlite)
{
	static const uint8_t keys[1][96] = {{7}};
	struct engine_options options = {.limits = LIMITS_DEFAULT(SESSIONS_MAX), .seed = 1, .text_key = {2, 3},
		.now_ms = BUDGET_START_MS};
	char error[256];
	uint16_t tenant;

	*rig = (struct rig){.now_ms = BUDGET_START_MS, .vault = vault_of(keys, 1), .engine = engine_new(&options)};
	rig->use = vault_use_new(rig->vault);
	if (sqlite)
		ASSERT(store_sqlite_open("budget.db", rig->vault, &rig->store, error) == ERR_OK);
	else
		rig->store = store_memory_new(rig->vault);
	ASSERT(rig->engine && rig->use && rig->store);
	ASSERT(engine_tenant(rig->engine, STR("main"), &tenant) == ERR_OK);
	for (int pool = 0; pool < POOLS; pool++) {
		engine_begin(rig->engine, rig->now_ms);
		add_pool(rig, tenant, pool);
		commit(rig);
	}
}

static void rig_close(struct rig *rig)
{
	engine_free(rig->engine);
	rig->store->ops->close(rig->store);
	vault_use_free(rig->use);
	vault_free(rig->vault);
}

static void fill_party(struct rig *rig, const char *role, uint64_t e164, struct party *ret_party)
{
	*ret_party = (struct party){.numbers_n = 1, .may_call = true, .numbers = {{e164}}, .place = {COUNTRY, 0}};
	ASSERT(str_copy(ret_party->role, sizeof ret_party->role, str_of(role)));
	vault_person(rig->use, ret_party->numbers[0], &ret_party->persons[0]);
}

/* What workers hand on: `n` orders of a customer each and of couriers who have many. */
static void prepare(struct rig *rig, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct order *order = &rig->orders[i];
		uint32_t number = rig->orders_n++;
		snprintf(order->ref, sizeof order->ref, "order-%010u", number);
		fill_party(rig, "customer", CUSTOMER_FIRST + number, &order->parties[0]);
		fill_party(rig, "courier", COURIER_FIRST + hash_reduce(hash_mix(number), COURIERS), &order->parties[1]);
	}
	rig->now_ms += 5;
}

static void open_batch(struct rig *rig, uint16_t pool, uint32_t n, uint32_t ttl_s)
{
	uint64_t ended;
	bool new;

	engine_begin(rig->engine, rig->now_ms);
	for (uint32_t i = 0; i < n; i++) {
		struct order *order = &rig->orders[i];
		struct session_open open = {.pool = pool, .ref = str_of(order->ref), .parties = order->parties, .parties_n = 2,
			.ttl_s = ttl_s};
		ASSERT(engine_session_open(rig->engine, &open, &order->slot, &new, &ended) == ERR_OK && new);
	}
	commit(rig);
}

static void close_batch(struct rig *rig)
{
	engine_begin(rig->engine, rig->now_ms);
	for (int i = 0; i < BATCH; i++)
		ASSERT(engine_session_close(rig->engine, rig->orders[i].slot, 0) == ERR_OK);
	commit(rig);
}

static void expire_batch(struct rig *rig)
{
	engine_begin(rig->engine, rig->now_ms);
	(void)engine_tick(rig->engine, BATCH);
	commit(rig);
}

static void fill(struct rig *rig, uint16_t pool, uint32_t sessions)
{
	for (uint32_t i = 0; i < sessions; i += BATCH) {
		prepare(rig, BATCH);
		open_batch(rig, pool, BATCH, 0);
	}
}

/* --- decisions --- */

MEASURED static void budget_decide_known(const struct board *board, const struct question *question,
	struct decision *ret_decision)
{
	decide(board, question, ret_decision);
}

MEASURED static void budget_decide_stranger(const struct board *board, const struct question *question,
	struct decision *ret_decision)
{
	decide(board, question, ret_decision);
}

MEASURED static void budget_decide_pin(const struct board *board, const struct question *question,
	struct decision *ret_decision)
{
	decide(board, question, ret_decision);
}

MEASURED static void budget_decide_bounded(const struct board *board, const struct question *question,
	struct decision *ret_decision)
{
	decide(board, question, ret_decision);
}

/* Of the last BATCH orders. */
static void list_known(struct rig *rig, struct known known[BATCH])
{
	struct arena arena;
	uint32_t vn;

	arena_init(&arena, 1 << 20);
	for (int i = 0; i < BATCH; i++) {
		const struct session_row *row = engine_session_row(rig->engine, rig->orders[i].slot, &arena);
		ASSERT(row && row->state == SESSION_LIVE);
		known[i] = (struct known){row->parties[0].numbers[0], session_vn_seen(row, 0, 1, &vn), ""};
		snprintf(known[i].pin, sizeof known[i].pin, "%0*u", (int)row->parties[0].pin_digits, row->parties[0].pin);
	}
	arena_done(&arena);
}

typedef void decide_fn(const struct board *board, const struct question *question, struct decision *ret_decision);

struct decisions {
	const char *name;
	decide_fn *decide;
	enum action action;
	bool stranger, pin;
	char attestation;
};

static void ask(struct rig *rig, const struct known known[BATCH], const struct decisions *ask)
{
	const struct board *board = engine_board(rig->engine);
	struct decision decision;

	for (uint32_t i = 0; i < DECISIONS; i++) {
		const struct known *one = &known[i % BATCH];
		struct question question = {.caller = one->customer, .called = one->vn, .account = 0, .tenant = DECIDE_ANY_TENANT,
			.attestation = ask->attestation, .now_ms = rig->now_ms};
		if (ask->stranger)
			question.caller = (struct number){STRANGER_FIRST + i};
		if (ask->pin)
			question.digits = str_of(one->pin);
		ask->decide(board, &question, &decision);
		ASSERT(decision.action == ask->action);
	}
	budget_done(ask->name, DECISIONS);
}

static void count_decisions(struct rig *rig)
{
	static const struct decisions asked[] = {
		{"decide_known", budget_decide_known, ACTION_CONNECT, .pin = false},
		{"decide_stranger", budget_decide_stranger, ACTION_REJECT, .stranger = true},
		{"decide_pin", budget_decide_pin, ACTION_CONNECT, .stranger = true, .pin = true},
		{"decide_bounded", budget_decide_bounded, ACTION_CONNECT, .attestation = 'A'},
	};
	static const uint32_t sessions[POOLS] = {SESSIONS, SESSIONS_FEW, SESSIONS_FEW};
	static const int first[POOLS + 1] = {0, 2, 3, 4}; /* of `asked` in each pool */
	struct known known[BATCH];

	for (int pool = 0; pool < POOLS; pool++) {
		fill(rig, (uint16_t)pool, sessions[pool]);
		list_known(rig, known);
		for (int i = first[pool]; i < first[pool + 1]; i++)
			ask(rig, known, &asked[i]);
	}
}

/* --- sessions --- */

MEASURED static void budget_create_memory_1(struct rig *rig)
{
	open_batch(rig, POOL_PLAIN, 1, 0);
}

MEASURED static void budget_create_memory_64(struct rig *rig)
{
	open_batch(rig, POOL_PLAIN, BATCH, 0);
}

MEASURED static void budget_create_sqlite_1(struct rig *rig)
{
	open_batch(rig, POOL_PLAIN, 1, 0);
}

MEASURED static void budget_create_sqlite_64(struct rig *rig)
{
	open_batch(rig, POOL_PLAIN, BATCH, 0);
}

MEASURED static void budget_close_memory_64(struct rig *rig)
{
	close_batch(rig);
}

MEASURED static void budget_close_sqlite_64(struct rig *rig)
{
	close_batch(rig);
}

MEASURED static void budget_expire_memory_64(struct rig *rig)
{
	expire_batch(rig);
}

MEASURED static void budget_expire_sqlite_64(struct rig *rig)
{
	expire_batch(rig);
}

typedef void rig_fn(struct rig *rig);

/* By whether it is SQLite. */
static rig_fn *const create_1[2] = {budget_create_memory_1, budget_create_sqlite_1};
static rig_fn *const create_64[2] = {budget_create_memory_64, budget_create_sqlite_64};
static rig_fn *const close_64[2] = {budget_close_memory_64, budget_close_sqlite_64};
static rig_fn *const expire_64[2] = {budget_expire_memory_64, budget_expire_sqlite_64};

static void done(const char *what, bool sqlite, int batch, uint32_t times)
{
	char name[40];

	snprintf(name, sizeof name, "%s_%s_%d", what, sqlite ? "sqlite" : "memory", batch);
	budget_done(name, times);
}

static void count_sessions(struct rig *rig, bool sqlite)
{
	for (int i = 0; i < ALONE; i++) {
		prepare(rig, 1);
		create_1[sqlite](rig);
	}
	for (int i = 0; i < BATCHES; i++) {
		prepare(rig, BATCH);
		create_64[sqlite](rig);
		rig->now_ms += 1000;
		close_64[sqlite](rig);
	}
	for (int i = 0; i < BATCHES; i++) {
		prepare(rig, BATCH);
		open_batch(rig, POOL_PLAIN, BATCH, BRIEF_TTL_S);
	}
	uint32_t open = engine_counts(rig->engine).sessions;
	rig->now_ms += (BRIEF_TTL_S + 60) * 1000;
	for (int i = 0; i < BATCHES; i++)
		expire_64[sqlite](rig);
	ASSERT(engine_counts(rig->engine).sessions + BATCH * BATCHES == open);
	done("create", sqlite, 1, ALONE);
	done("create", sqlite, BATCH, BATCH * BATCHES);
	done("close", sqlite, BATCH, BATCH * BATCHES);
	done("expire", sqlite, BATCH, BATCH * BATCHES);
}

void budget_engine(void)
{
	static struct rig rig;

	rig_open(&rig, false);
	count_decisions(&rig);
	count_sessions(&rig, false);
	rig_close(&rig);
	rig_open(&rig, true);
	fill(&rig, POOL_PLAIN, SESSIONS_SQLITE);
	count_sessions(&rig, true);
	rig_close(&rig);
}
