/* feed_fixture: a real engine with a pool and VNs, and what the feed's consumer and the writer do with a batch of order
 * events, in one thread. */
#ifndef UNIT_WIRING_FEED_FIXTURE_H
#define UNIT_WIRING_FEED_FIXTURE_H

#include "unit/test.h"

#include "api/pools.h"
#include "feed/feed_batch.h"
#include "serve/server.h"

#define START_MS 1795341600000 /* 2026-11-22T10:00:00Z */
#define CUSTOMER "+6281234567210"
#define COURIER "+6281298765877"
#define SECOND "+6281211112222"
#define VN_FIRST 622150000000u
#define SESSIONS_MAX 4
#define DEADS_MAX 5
#define EPOCH 3
#ifndef ROLES_MAX
#define ROLES_MAX 1000 /* as limits.roles */
#endif

struct fixture {
	struct vault *vault;
	struct vault_use *use;
	struct engine *engine;
	struct config config;
	struct server server;
	struct feed_state state;
	struct event_sender sender;
	struct positions ends; /* where the batches that were made end */
	int64_t now_ms;
	/* What the last commit had. */
	struct dead_row deads[FEED_BATCH_MAX];
	struct offset_row offsets[FEED_BATCH_PARTITIONS];
	int deads_n, offsets_n, refusals_n; /* refusals that are told outside */
};

static struct fixture fixture;

static inline struct str tell_nothing(void *context, const struct notice *notice, struct arena *arena)
{
	(void)context, (void)notice;
	return arena_str(arena, STR("{}"));
}

static inline void make_stock(struct fixture *f)
{
	struct pool_policy policy = pool_policy_default(country_parse(STR("ID")));
	uint16_t tenant, account, pool;

	assert_int_equal(engine_tenant(f->engine, STR("main"), &tenant), ERR_OK);
	assert_int_equal(engine_account(f->engine, STR("twilio"), STR("main"), &account), ERR_OK);
	engine_begin(f->engine, START_MS);
	assert_int_equal(engine_pool_create(f->engine, tenant, STR("jakarta"), &policy, &pool), ERR_OK);
	for (uint64_t i = 0; i < 20; i++) {
		struct vn_add add = {.number = {VN_FIRST + i}, .account = account};
		assert_int_equal(engine_vn_add(f->engine, pool, &add), ERR_OK);
	}
	engine_commit(f->engine);
	f->server.pools = pools_new(1);
	assert_non_null(f->server.pools);
	assert_int_equal(pools_load(f->server.pools, f->engine), ERR_OK);
}

static inline int set_up(void **state)
{
	static const uint8_t key[1][96] = {{1, 2, 3}};
	struct engine_options options = {
		.limits = LIMITS_DEFAULT(SESSIONS_MAX), .seed = 1, .now_ms = START_MS, .tell = tell_nothing};
	struct fixture *f = &fixture;

	(void)state;
	options.limits.roles = ROLES_MAX;
	memset(f, 0, sizeof *f);
	f->now_ms = START_MS;
	f->vault = vault_of(key, 1);
	f->use = vault_use_new(f->vault);
	f->engine = engine_new(&options);
	assert_true(f->use && f->engine);
	f->server = (struct server){.config = &f->config, .vault = f->vault, .engine = f->engine};
	make_stock(f);
	f->state = (struct feed_state){.tenant = "main", .group = "bauta", .topic = "orders", .epoch = EPOCH,
		.deads = dead_orders_new(DEADS_MAX, 1)};
	f->sender = (struct event_sender){&f->server, 0, f->use};
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = &fixture;

	(void)state;
	assert_null(engine_audit(f->engine));
	dead_orders_free(f->state.deads);
	pools_free(f->server.pools);
	engine_free(f->engine);
	vault_use_free(f->use);
	vault_free(f->vault);
	return 0;
}

/* --- the consumer's part --- */

static inline int64_t from(void *context, int32_t partition)
{
	return position_of(context, partition);
}

static inline struct feed_batch *batch_new(void)
{
	struct feed_batch *batch = feed_batch_new(7, EPOCH);

	assert_non_null(batch);
	return batch;
}

static inline bool add_record(struct feed_batch *batch, int32_t partition, int64_t offset, const char *key, const char *value)
{
	struct kafka_record record = {
		.partition = partition, .offset = offset, .key = str_of(key), .value = str_of(value)};

	if (!feed_batch_add(batch, &fixture.sender, &record, from, &fixture.ends))
		return false;
	assert_int_equal(position_set(&fixture.ends, partition, offset + 1), ERR_OK);
	return true;
}

/* An event of our shape; `number` NULL: no parties. */
static inline void add(struct feed_batch *batch, int32_t partition, int64_t offset, const char *order, int version, const char *type,
	const char *role, const char *number)
{
	char text[512], parties[128] = "";

	if (number)
		snprintf(parties, sizeof parties, ",\"parties\":[{\"role\":\"%s\",\"number\":\"%s\"}]", role, number);
	snprintf(text, sizeof text, "{\"type\":\"order.%s\",\"order\":\"%s\",\"version\":%d,\"pool\":\"jakarta\"%s}", type, order,
		version, parties);
	assert_true(add_record(batch, partition, offset, order, text));
}

static inline void add_placed(struct feed_batch *batch, int32_t partition, int64_t offset, const char *order)
{
	add(batch, partition, offset, order, 1, "placed", "customer", CUSTOMER);
}

static inline void add_bad(struct feed_batch *batch, int32_t partition, int64_t offset, const char *order)
{
	add(batch, partition, offset, order, 1, "placed", "customer", "12");
}

/* --- the writer's part --- */

static inline void begin(void)
{
	engine_begin(fixture.engine, fixture.now_ms);
}

static inline enum err run(struct feed_batch *batch)
{
	uint32_t mark = engine_mark(fixture.engine);
	enum err err = feed_batch_run(batch, &fixture.state, fixture.engine, fixture.now_ms);

	if (err) {
		engine_undo(fixture.engine, mark);
		feed_batch_undone(batch, &fixture.state); /* as the feed does with any error */
	}
	return err;
}

static inline void commit(void)
{
	struct fixture *f = &fixture;
	size_t n;
	const struct record *records = engine_records(f->engine, &n);

	f->deads_n = f->offsets_n = f->refusals_n = 0;
	for (size_t i = 0; i < n; i++) {
		if (records[i].kind == RECORD_DEAD)
			f->deads[f->deads_n++] = *records[i].dead;
		else if (records[i].kind == RECORD_OFFSET)
			f->offsets[f->offsets_n++] = *records[i].offset;
		else if (records[i].kind == RECORD_OUTBOX)
			f->refusals_n += str_equal(records[i].outbox->type, STR("event.refused"));
	}
	engine_commit(f->engine);
}

/* A batch of its own transaction. */
static inline enum err run_alone(struct feed_batch *batch)
{
	begin();
	enum err err = run(batch);
	commit();
	if (!err)
		feed_batch_stored(batch);
	return err;
}

static inline uint32_t slot_of(const char *order)
{
	return engine_session_by_ref(fixture.engine, 0, str_of(order));
}

static inline int parties_of(const char *order)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	const struct session_row *row = engine_session_row(fixture.engine, slot_of(order), &arena);
	int n = row ? row->parties_n : -1;
	arena_done(&arena);
	return n;
}

static inline uint64_t number_of(const char *order, const char *role)
{
	struct arena arena;
	uint64_t found = 0;

	arena_init(&arena, 1 << 20);
	const struct session_row *row = engine_session_row(fixture.engine, slot_of(order), &arena);
	for (int i = 0; row && i < row->parties_n; i++)
		if (strcmp(row->parties[i].role, role) == 0)
			found = row->parties[i].numbers[0].e164;
	arena_done(&arena);
	return found;
}

static inline int64_t position(int32_t partition)
{
	return position_of(&fixture.state.positions, partition);
}

static inline uint32_t dead_rows(void)
{
	return dead_orders_rows(fixture.state.deads);
}

static inline uint32_t deads_of(const char *order)
{
	return dead_orders_of(fixture.state.deads, STR("main"), str_of(order));
}

#endif
