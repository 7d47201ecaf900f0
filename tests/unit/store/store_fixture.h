/* store_fixture: rows, batches and a folder, for the tests of the stores. */
#ifndef UNIT_STORE_FIXTURE_H
#define UNIT_STORE_FIXTURE_H

#include "unit/test.h"

#include <dirent.h>
#include <sys/stat.h>

#include "store/store.h"

#define NOW_S 1790000000u
#define NOW_MS ((int64_t)NOW_S * 1000)

static const uint8_t fixture_keys[3][96] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};

/* An id of that moment. */
static inline uint64_t id_at(int64_t ms, unsigned counter)
{
	return (uint64_t)ms << 16 | counter;
}

/* A number of nobody: +999 and eight digits. */
static inline struct number nobody(unsigned i)
{
	return (struct number){99900000000 + i};
}

/* --- a folder of the test's own --- */

struct folder {
	char path[64];
	char db[96];
};

static inline void folder_make(struct folder *folder)
{
	snprintf(folder->path, sizeof folder->path, "/tmp/store_test.XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	snprintf(folder->db, sizeof folder->db, "%s/bauta.db", folder->path);
}

static inline void folder_drop(struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	assert_int_equal(rmdir(folder->path), 0);
}

/* --- rows --- */

struct made_session {
	struct session_row row;
	struct party parties[SESSION_PARTIES_MAX];
	struct session_view_vn views[2];
	struct session_past past[2];
	char ref[SESSION_REF_MAX + 1];
};

static inline struct pool_row made_pool(uint32_t id, const char *tenant, const char *name)
{
	struct pool_row row = {.id = id, .created_at = NOW_S - 1000, .policy = pool_policy_default('I' << 8 | 'D')};
	assert_true(str_copy(row.tenant, sizeof row.tenant, str_of(tenant)));
	assert_true(str_copy(row.name, sizeof row.name, str_of(name)));
	return row;
}

static inline struct vn_row made_vn(uint32_t id, uint32_t pool_id)
{
	return (struct vn_row){.id = id, .pool_id = pool_id, .number = {622150000000 + id}, .provider = "generic",
		.account = "jakarta", .free_since = NOW_S - 500, .added_at = NOW_S - 900,
		.place = {.country = 'I' << 8 | 'D', .area = 21}};
}

/* A live session of two: parties i*2 and i*2+1 of nobody, VNs i*2+1 and i*2+2. */
static inline void make_session(struct vault_use *use, unsigned i, struct made_session *ret_made)
{
	static const char *const roles[2] = {"customer", "courier"};
	*ret_made = (struct made_session){0};
	struct session_row *row = &ret_made->row;
	snprintf(ret_made->ref, sizeof ret_made->ref, "order-%u", i);
	*row = (struct session_row){.id = id_at(NOW_MS - 1000 + i, 1), .pool_id = 1, .state = SESSION_LIVE, .rev = 3,
		.ref = str_of(ret_made->ref), .fingerprint = 0xfedcba9876543210u + i, .opened_at = NOW_S - 1,
		.expires_at = NOW_S + 3600, .parties_n = 2, .parties = ret_made->parties, .views = ret_made->views,
		.past = ret_made->past};
	for (unsigned j = 0; j < 2; j++) {
		struct party *party = &ret_made->parties[j];
		assert_true(str_copy(party->role, sizeof party->role, str_of(roles[j])));
		party->numbers_n = 1;
		party->may_call = true;
		party->numbers[0] = nobody(i * 2 + j);
		vault_person(use, party->numbers[0], &party->persons[0]);
		party->vn_id = i * 2 + j + 1;
		party->vn.e164 = 622150000000 + party->vn_id;
	}
}

static inline void close_session(struct made_session *made, uint32_t closed_at, uint32_t grace_s, uint32_t cool_s)
{
	made->row.state = SESSION_CLOSING;
	made->row.closed_at = closed_at;
	made->row.grace_until = closed_at + grace_s;
	made->row.cool_until = closed_at + grace_s + cool_s;
}

/* Everything that a session can have. */
static inline void fill_session(struct vault_use *use, struct made_session *made)
{
	struct session_row *row = &made->row;
	struct party *third = &made->parties[2];
	assert_true(str_copy(made->ref, sizeof made->ref, str_of("order with \xc3\xa4 and \"quotes\"")));
	row->ref = str_of(made->ref);
	row->expired = true;
	row->announce = true;
	row->floor_version = UINT64_MAX;
	row->parties_n = 3;
	row->views_n = 1;
	row->past_n = 2;
	*third = (struct party){.role = "support.desk-1_of_the_market_pla", .numbers_n = 3, .may_call = true,
		.vn_id = 40, .vn = {622150000040}, .version = UINT64_MAX, .fingerprint = 0x8000000000000001u, .pin = 12345678,
		.pin_digits = 8, .place = {.country = 'I' << 8 | 'D', .area = 812}};
	for (unsigned i = 0; i < 3; i++) {
		third->numbers[i] = nobody(900 + i);
		vault_person(use, third->numbers[i], &third->persons[i]);
	}
	third->numbers[1] = NUMBER_NONE; /* erased */
	made->parties[0].pin = 123456;
	made->parties[0].pin_digits = 6;
	made->parties[0].version = 1790000000123;
	made->parties[1].may_call = false;
	made->parties[1].pin_digits = 6; /* 000000 is a PIN too */
	made->views[0] = (struct session_view_vn){.viewer = 2, .target = 0, .vn_id = 41, .vn = {622150000041}};
	for (unsigned i = 0; i < 2; i++) {
		made->past[i] = (struct session_past){.vn_id = 16000000 + i, .until = NOW_S + 100 + i};
		vault_person(use, nobody(950 + i), &made->past[i].person);
	}
}

static inline void assert_same_party(const struct party *a, const struct party *b)
{
	assert_string_equal(a->role, b->role);
	assert_int_equal(a->numbers_n, b->numbers_n);
	assert_int_equal(a->may_call, b->may_call);
	for (int i = 0; i < a->numbers_n; i++) {
		assert_true(number_equal(a->numbers[i], b->numbers[i]));
		assert_memory_equal(&a->persons[i], &b->persons[i], sizeof a->persons[i]);
	}
	assert_int_equal(a->place.country, b->place.country);
	assert_int_equal(a->place.area, b->place.area);
	assert_true(number_equal(a->vn, b->vn));
	assert_int_equal(a->vn_id, b->vn_id);
	assert_true(a->version == b->version);
	assert_true(a->fingerprint == b->fingerprint);
	assert_int_equal(a->pin, b->pin);
	assert_int_equal(a->pin_digits, b->pin_digits);
}

static inline void assert_same_session(const struct session_row *a, const struct session_row *b)
{
	assert_true(a->id == b->id && a->pool_id == b->pool_id && a->state == b->state && a->rev == b->rev);
	assert_true(str_equal(a->ref, b->ref));
	assert_true(a->fingerprint == b->fingerprint && a->floor_version == b->floor_version);
	assert_true(a->opened_at == b->opened_at && a->expires_at == b->expires_at);
	assert_true(a->closed_at == b->closed_at && a->grace_until == b->grace_until && a->cool_until == b->cool_until);
	assert_true(a->expired == b->expired && a->never_live == b->never_live && a->announce == b->announce);
	assert_int_equal(a->parties_n, b->parties_n);
	assert_int_equal(a->views_n, b->views_n);
	assert_int_equal(a->past_n, b->past_n);
	for (int i = 0; i < a->parties_n; i++)
		assert_same_party(&a->parties[i], &b->parties[i]);
	for (int i = 0; i < a->views_n; i++) {
		assert_int_equal(a->views[i].viewer, b->views[i].viewer);
		assert_int_equal(a->views[i].target, b->views[i].target);
		assert_int_equal(a->views[i].vn_id, b->views[i].vn_id);
		assert_true(number_equal(a->views[i].vn, b->views[i].vn));
	}
	for (int i = 0; i < a->past_n; i++) {
		assert_memory_equal(&a->past[i].person, &b->past[i].person, sizeof a->past[i].person);
		assert_int_equal(a->past[i].vn_id, b->past[i].vn_id);
		assert_int_equal(a->past[i].until, b->past[i].until);
	}
}

/* --- batches --- */

static inline enum err commit_one(struct store *store, struct record record)
{
	enum store_verdict verdict = STORE_CONFLICT;
	enum err err = store->ops->commit(store, &record, 1, &verdict);
	assert_int_equal(verdict, err == ERR_OK ? STORE_DONE : STORE_FAILED);
	return err;
}

static inline void put_session(struct store *store, const struct made_session *made)
{
	assert_int_equal(commit_one(store, (struct record){RECORD_SESSION, 0, {.session = &made->row}}), ERR_OK);
}

static inline void put_pool(struct store *store, const struct pool_row *row)
{
	assert_int_equal(commit_one(store, (struct record){RECORD_POOL, 0, {.pool = row}}), ERR_OK);
}

/* Pool 1 of tenant main, pool 2 of tenant other, VNs 1..60 of pool 1. */
static inline void put_stock(struct store *store)
{
	struct pool_row main_pool = made_pool(1, "main", "jakarta"), other_pool = made_pool(2, "other", "jakarta");
	put_pool(store, &main_pool);
	put_pool(store, &other_pool);
	for (uint32_t i = 1; i <= 60; i++) {
		struct vn_row vn = made_vn(i, 1);
		assert_int_equal(commit_one(store, (struct record){RECORD_VN, 0, {.vn = &vn}}), ERR_OK);
	}
}

static inline void put_audit(struct store *store, const char *tenant, const char *action, const char *target)
{
	struct audit_row row = {.at_ms = NOW_MS, .tenant = str_of(tenant), .key = STR("cli"), .action = str_of(action),
		.target = str_of(target), .detail = STR("")};
	assert_int_equal(commit_one(store, (struct record){RECORD_AUDIT, 0, {.audit = &row}}), ERR_OK);
}

static inline void put_one(struct store *store, struct record record)
{
	assert_int_equal(commit_one(store, record), ERR_OK);
}

/* The i-th event: its id is of i ms after NOW_MS. */
static inline struct outbox_row made_event(unsigned i)
{
	static const char *const keys[3] = {"order-0", "order-1", "order-2"};
	return (struct outbox_row){.id = id_at(NOW_MS + i, 3), .at_ms = NOW_MS + i, .type = STR("session.live"),
		.tenant = STR("main"), .pool = STR("jakarta"), .session = id_at(NOW_MS, 1), .key = str_of(keys[i % 3]),
		.data = STR("{\"id\": \"ses_1\"}")};
}

static inline void put_events(struct store *store, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		struct outbox_row row = made_event(i);
		put_one(store, (struct record){RECORD_OUTBOX, 0, {.outbox = &row}});
	}
}

static inline void put_sink(struct store *store, const char *name, uint64_t cursor, uint32_t disabled_at)
{
	const struct sink_row row = {str_of(name), cursor, disabled_at};
	put_one(store, (struct record){RECORD_SINK, 0, {.sink = &row}});
}

static inline void drop_sink(struct store *store, const char *name)
{
	const struct sink_row row = {.name = str_of(name)};
	put_one(store, (struct record){RECORD_SINK_DROP, 0, {.sink = &row}});
}

static inline void put_retry(struct store *store, const char *sink, uint64_t event, uint32_t attempt)
{
	const struct retry_row row = {str_of(sink), event, STR("order-1"), attempt, NOW_MS + attempt};
	put_one(store, (struct record){RECORD_RETRY, 0, {.retry = &row}});
}

static inline void drop_retry(struct store *store, const char *sink, uint64_t event)
{
	const struct retry_row row = {.sink = str_of(sink), .event = event};
	put_one(store, (struct record){RECORD_RETRY_DROP, 0, {.retry = &row}});
}

/* The i-th dead letter of an order. */
static inline struct dead_row made_dead(unsigned i, const char *order, enum dead_state state)
{
	bool parked = state == DEAD_PARKED;
	return (struct dead_row){.id = id_at(NOW_MS + i, 5), .at_ms = NOW_MS + i, .state = state, .tenant = STR("main"),
		.topic = STR("orders"), .partition = 3, .offset = 1000 + i, .order = str_of(order),
		.code = parked ? STR_NONE : STR("bad_number"), .detail = parked ? STR_NONE : STR("customer: not a number"),
		.ce_id = STR("e-1"), .ce_type = STR("order.placed"), .ce_time = STR("2026-09-21T14:13:20Z"),
		.payload = STR("{\"customer\": \"+99900000001\"}")};
}

static inline void put_dead(struct store *store, const struct dead_row *row)
{
	put_one(store, (struct record){RECORD_DEAD, 0, {.dead = row}});
}

/* --- what a load gives --- */

#define LOADED_MAX 2000
struct loaded {
	int64_t time_ms;
	int pools_n, vns_n, sessions_n, tombstones_n, idempotency_n, calls_n;
	struct pool_row pools[8];
	struct vn_row vns[64];
	struct session_row *sessions[LOADED_MAX];
	uint64_t soon[LOADED_MAX]; /* ids of those of which a store said that they come soon */
	int soon_n;
	struct tombstone_row tombstones[8];
	struct idempotency_row idempotency[8];
	struct call calls[8];
	int sinks_n, retries_n, offsets_n, dead_n, last_ids_n;
	struct sink_row sinks[4];
	struct retry_row retries[8];
	struct offset_row offsets[4];
	struct dead_row dead[8];
	uint64_t last_id;
	struct arena arena;
	char error[256];
};

static inline enum err loaded_time(void *context, int64_t time_ms)
{
	((struct loaded *)context)->time_ms = time_ms;
	return ERR_OK;
}

static inline enum err loaded_pool(void *context, const struct pool_row *row)
{
	struct loaded *loaded = context;
	loaded->pools[loaded->pools_n++] = *row;
	return ERR_OK;
}

static inline enum err loaded_vn(void *context, const struct vn_row *row)
{
	struct loaded *loaded = context;
	assert_int_equal(loaded->sessions_n, 0);
	loaded->vns[loaded->vns_n++] = *row;
	return ERR_OK;
}

static inline void *loaded_copy(struct loaded *loaded, const void *bytes, size_t size)
{
	void *copy = arena_alloc(&loaded->arena, size + 1);
	assert_non_null(copy);
	return size ? memcpy(copy, bytes, size) : copy;
}

static inline enum err loaded_session(void *context, const struct session_row *row)
{
	struct loaded *loaded = context;
	struct session_row *copy = loaded_copy(loaded, row, sizeof *row);
	copy->ref.at = loaded_copy(loaded, row->ref.at, row->ref.len);
	copy->parties = loaded_copy(loaded, row->parties, row->parties_n * sizeof *row->parties);
	copy->views = loaded_copy(loaded, row->views, row->views_n * sizeof *row->views);
	copy->past = loaded_copy(loaded, row->past, row->past_n * sizeof *row->past);
	assert_true(loaded->sessions_n < LOADED_MAX);
	if (loaded->soon_n) /* then all are, in their order */
		assert_true(loaded->sessions_n < loaded->soon_n && loaded->soon[loaded->sessions_n] == row->id);
	loaded->sessions[loaded->sessions_n++] = copy;
	return ERR_OK;
}

static inline void loaded_session_soon(void *context, const struct session_row *row)
{
	struct loaded *loaded = context;
	assert_true(loaded->soon_n < LOADED_MAX);
	loaded->soon[loaded->soon_n++] = row->id;
}

static inline enum err loaded_tombstone(void *context, const struct tombstone_row *row)
{
	struct loaded *loaded = context;
	loaded->tombstones[loaded->tombstones_n++] = *row;
	return ERR_OK;
}

static inline enum err loaded_idempotency(void *context, const struct idempotency_row *row)
{
	struct loaded *loaded = context;
	assert_int_equal(row->answer.len, 0);
	loaded->idempotency[loaded->idempotency_n++] = *row;
	return ERR_OK;
}

static inline enum err loaded_call(void *context, const struct call *row)
{
	struct loaded *loaded = context;
	loaded->calls[loaded->calls_n++] = *row;
	return ERR_OK;
}

static inline struct str loaded_str(struct loaded *loaded, struct str text)
{
	return str_n(loaded_copy(loaded, text.at, text.len), text.len);
}

static inline enum err loaded_sink(void *context, const struct sink_row *row)
{
	struct loaded *loaded = context;
	assert_true(loaded->sinks_n < 4 && loaded->retries_n == 0);
	struct sink_row *copy = &loaded->sinks[loaded->sinks_n++];
	*copy = *row;
	copy->name = loaded_str(loaded, row->name);
	return ERR_OK;
}

static inline enum err loaded_retry(void *context, const struct retry_row *row)
{
	struct loaded *loaded = context;
	assert_true(loaded->retries_n < 8 && loaded->offsets_n == 0);
	struct retry_row *copy = &loaded->retries[loaded->retries_n++];
	*copy = *row;
	copy->sink = loaded_str(loaded, row->sink);
	copy->key = loaded_str(loaded, row->key);
	return ERR_OK;
}

static inline enum err loaded_offset(void *context, const struct offset_row *row)
{
	struct loaded *loaded = context;
	assert_true(loaded->offsets_n < 4 && loaded->dead_n == 0);
	struct offset_row *copy = &loaded->offsets[loaded->offsets_n++];
	*copy = *row;
	copy->group = loaded_str(loaded, row->group);
	copy->topic = loaded_str(loaded, row->topic);
	return ERR_OK;
}

static inline enum err loaded_dead(void *context, const struct dead_row *row)
{
	struct loaded *loaded = context;
	assert_true(loaded->dead_n < 8 && loaded->last_ids_n == 0);
	assert_int_equal(row->detail.len, 0);
	assert_int_equal(row->payload.len, 0);
	struct dead_row *copy = &loaded->dead[loaded->dead_n++];
	*copy = *row;
	copy->tenant = loaded_str(loaded, row->tenant);
	copy->topic = loaded_str(loaded, row->topic);
	copy->order = loaded_str(loaded, row->order);
	copy->code = loaded_str(loaded, row->code);
	copy->ce_id = loaded_str(loaded, row->ce_id);
	copy->ce_type = loaded_str(loaded, row->ce_type);
	copy->ce_time = loaded_str(loaded, row->ce_time);
	return ERR_OK;
}

static inline enum err loaded_last_id(void *context, uint64_t id)
{
	struct loaded *loaded = context;
	loaded->last_id = id;
	loaded->last_ids_n++;
	return ERR_OK;
}

static const struct store_visitor loaded_visitor = {.time = loaded_time, .pool = loaded_pool, .vn = loaded_vn,
	.session = loaded_session, .session_soon = loaded_session_soon, .tombstone = loaded_tombstone,
	.idempotency = loaded_idempotency, .call = loaded_call, .sink = loaded_sink, .retry = loaded_retry, .offset = loaded_offset, .dead = loaded_dead,
	.last_id = loaded_last_id};

static inline enum err load_into(struct store *store, int64_t now_ms, struct loaded *loaded)
{
	*loaded = (struct loaded){0};
	arena_init(&loaded->arena, 64 << 20);
	struct store_visitor visitor = loaded_visitor;
	visitor.context = loaded;
	return store->ops->load(store, now_ms, &visitor, loaded->error);
}

static inline struct loaded *load_all(struct store *store, int64_t now_ms)
{
	struct loaded *loaded = malloc(sizeof *loaded);
	assert_non_null(loaded);
	enum err err = load_into(store, now_ms, loaded);
	if (err != ERR_OK)
		print_message("# load: %s\n", loaded->error);
	assert_int_equal(err, ERR_OK);
	return loaded;
}

static inline void loaded_free(struct loaded *loaded)
{
	arena_done(&loaded->arena);
	free(loaded);
}

#endif
