/* One suite for every back end: what store.h promises. */
#include "unit/store/store_each.h"

TEST(an_empty_store_loads)
{
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_true(loaded->time_ms == 0);
	assert_int_equal(loaded->pools_n, 2);
	assert_int_equal(loaded->vns_n, 60);
	assert_int_equal(loaded->sessions_n, 0);
	loaded_free(loaded);
}

static void assert_same_pool(const struct pool_row *a, const struct pool_row *b)
{
	const struct pool_policy *p = &a->policy, *q = &b->policy;
	assert_true(a->id == b->id && a->created_at == b->created_at);
	assert_string_equal(a->tenant, b->tenant);
	assert_string_equal(a->name, b->name);
	assert_true(p->country == q->country && p->countries_n == q->countries_n);
	assert_memory_equal(p->countries, q->countries, sizeof p->countries);
	assert_true(p->mode == q->mode && p->numbers == q->numbers && p->ttl_s == q->ttl_s && p->ttl_from == q->ttl_from);
	assert_true(p->grace_s == q->grace_s && p->cooldown_s == q->cooldown_s && p->rest_s == q->rest_s);
	assert_true(p->per_vn_max == q->per_vn_max && p->stick == q->stick && p->stick_s == q->stick_s);
	assert_true(p->geo == q->geo && p->geo_strict == q->geo_strict && p->unknown_caller == q->unknown_caller);
	assert_true(number_equal(p->forward_to, q->forward_to));
	assert_true(p->ring_s == q->ring_s && p->max_call_s == q->max_call_s && p->keep_s == q->keep_s);
	assert_true(p->low_water == q->low_water && p->high_water == q->high_water);
	assert_int_equal(a->level, b->level);
}

TEST(pools_and_virtual_numbers_come_back_as_they_were_put)
{
	struct pool_row pool = made_pool(3, "main", "everything");
	pool.level = POOL_LEVEL_EXHAUSTED;
	pool.policy = (struct pool_policy){.country = 'U' << 8 | 'S', .countries = {'U' << 8 | 'S', 'C' << 8 | 'A'},
		.countries_n = 2, .mode = POOL_EXCLUSIVE, .numbers = POOL_ONE, .ttl_s = 1, .ttl_from = POOL_TTL_LAST_CALL,
		.grace_s = 2, .cooldown_s = 3, .rest_s = 4, .per_vn_max = 5, .stick = POOL_STICK_PREFER, .stick_s = 6,
		.geo = POOL_GEO_AREA, .geo_strict = true, .unknown_caller = POOL_UNKNOWN_FORWARD,
		.forward_to = {12025550123}, .ring_s = 7, .max_call_s = 8, .keep_s = 9, .low_water = 10, .high_water = 11};
	struct vn_row vn = made_vn(60, 3);
	vn.reserved = vn.disabled = true;
	put_pool(bench->store, &pool);
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_VN, 0, {.vn = &vn}}), ERR_OK);
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->pools_n, 3);
	assert_same_pool(&loaded->pools[2], &pool);
	assert_int_equal(loaded->vns_n, 60);
	const struct vn_row *got = &loaded->vns[59];
	assert_true(got->id == 60 && got->pool_id == 3 && number_equal(got->number, vn.number));
	assert_string_equal(got->provider, vn.provider);
	assert_string_equal(got->account, vn.account);
	assert_true(got->reserved && got->disabled);
	assert_true(got->free_since == vn.free_since && got->added_at == vn.added_at);
	assert_true(got->place.country == vn.place.country && got->place.area == vn.place.area);
	loaded_free(loaded);
}

TEST(a_session_comes_back_whole)
{
	struct made_session plain, full;
	make_session(bench->use, 0, &plain);
	make_session(bench->use, 1, &full);
	fill_session(bench->use, &full);
	put_session(bench->store, &plain);
	put_session(bench->store, &full);
	assert_same_session(read_back(bench, full.row.id), &full.row);
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 2);
	assert_same_session(loaded->sessions[0], &plain.row);
	assert_same_session(loaded->sessions[1], &full.row);
	loaded_free(loaded);
	assert_same_session(read_back(bench, full.row.id), &full.row);
	struct session_row *none;
	assert_int_equal(bench->store->ops->read_session(bench->reader, 42, &bench->arena, &none), ERR_NOT_FOUND);
}

TEST(the_last_of_several_puts_in_a_batch_wins)
{
	struct made_session first, last, other;
	make_session(bench->use, 0, &first);
	make_session(bench->use, 0, &last);
	make_session(bench->use, 1, &other);
	last.row.rev = 9;
	last.parties[0].numbers[0] = nobody(77);
	vault_person(bench->use, nobody(77), &last.parties[0].persons[0]);
	const struct record records[] = {{RECORD_SESSION, 0, {.session = &first.row}},
		{RECORD_SESSION, 1, {.session = &other.row}}, {RECORD_SESSION, 2, {.session = &last.row}}};
	enum store_verdict verdicts[3] = {STORE_FAILED, STORE_FAILED, STORE_FAILED};
	assert_int_equal(bench->store->ops->commit(bench->store, records, 3, verdicts), ERR_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(verdicts[i], STORE_DONE);
	assert_same_session(read_back(bench, last.row.id), &last.row);
	assert_same_session(read_back(bench, other.row.id), &other.row);
}

TEST(a_small_batch_behind_a_large_one_knows_its_last_puts)
{
	enum { SESSIONS = 25, LARGE = 2 * SESSIONS };
	static struct made_session made[SESSIONS];
	struct record records[LARGE];
	enum store_verdict verdicts[LARGE];
	for (unsigned i = 0; i < SESSIONS; i++)
		make_session(bench->use, i, &made[i]);
	for (unsigned i = 0; i < LARGE; i++)
		records[i] = (struct record){RECORD_SESSION, i, {.session = &made[i % SESSIONS].row}};
	assert_int_equal(bench->store->ops->commit(bench->store, records, LARGE, verdicts), ERR_OK);
	struct made_session first = made[7], last = made[7];
	first.row.parties = first.parties;
	last.row.parties = last.parties;
	first.row.rev = 8;
	last.row.rev = 9;
	records[0] = (struct record){RECORD_SESSION, 0, {.session = &first.row}};
	records[1] = (struct record){RECORD_SESSION, 1, {.session = &last.row}};
	assert_int_equal(bench->store->ops->commit(bench->store, records, 2, verdicts), ERR_OK);
	assert_same_session(read_back(bench, last.row.id), &last.row);
	assert_same_session(read_back(bench, made[8].row.id), &made[8].row);
}

/* What a session is when it closes: other fields, the same parties. */
static void close_alike(struct made_session *made)
{
	close_session(made, NOW_S - 5, 300, 600);
	made->row.rev++;
	made->row.expired = true;
	made->row.fingerprint++;
	made->row.floor_version = 17;
}

TEST(a_put_whose_parties_are_alike_is_read_back_whole)
{
	static struct made_session plain, full, absent;
	make_session(bench->use, 0, &plain);
	make_session(bench->use, 1, &full);
	fill_session(bench->use, &full);
	put_session(bench->store, &plain);
	put_session(bench->store, &full);
	make_session(bench->use, 2, &absent);
	struct made_session *all[] = {&plain, &full, &absent}; /* the last was never put: all of it is written */
	for (int i = 0; i < 3; i++) {
		close_alike(all[i]);
		put_one(bench->store, (struct record){RECORD_SESSION_ALIKE, 0, {.session = &all[i]->row}});
	}
	bench_reopen(bench);
	for (int i = 0; i < 3; i++)
		assert_same_session(read_back(bench, all[i]->row.id), &all[i]->row);
}

TEST(alike_is_said_of_the_put_before_also_in_one_batch)
{
	static struct made_session stored, other, closed;
	make_session(bench->use, 0, &stored);
	put_session(bench->store, &stored);
	make_session(bench->use, 0, &other);
	other.parties[0].numbers[0] = nobody(77);
	vault_person(bench->use, nobody(77), &other.parties[0].persons[0]);
	closed = other;
	closed.row.parties = closed.parties;
	close_alike(&closed);
	const struct record records[] = {{RECORD_SESSION, 0, {.session = &other.row}},
		{RECORD_SESSION_ALIKE, 1, {.session = &closed.row}}};
	enum store_verdict verdicts[2];
	assert_int_equal(bench->store->ops->commit(bench->store, records, 2, verdicts), ERR_OK);
	assert_same_session(read_back(bench, closed.row.id), &closed.row);
}

TEST(a_put_that_is_repeated_changes_nothing)
{
	struct made_session made;
	make_session(bench->use, 0, &made);
	for (int i = 0; i < 3; i++)
		put_session(bench->store, &made);
	put_stock(bench->store);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 1);
	assert_int_equal(loaded->vns_n, 60);
	loaded_free(loaded);
}

TEST(open_sessions_come_before_cooling_ones_and_closed_ones_not_at_all)
{
	struct made_session made[5];
	for (unsigned i = 0; i < 5; i++)
		make_session(bench->use, i, &made[i]);
	close_session(&made[0], NOW_S - 100, 10, 200); /* cools */
	close_session(&made[1], NOW_S - 100, 10, 20);  /* is over */
	close_session(&made[2], NOW_S - 5, 10, 20);    /* in its grace */
	close_session(&made[3], NOW_S - 5, 0, 0);      /* never bound, but a pair of its past cools */
	made[3].row.state = SESSION_WAITING;
	made[3].row.never_live = true;
	made[3].row.past_n = 1;
	made[3].past[0] = (struct session_past){.vn_id = 3, .until = NOW_S + 1};
	for (unsigned i = 0; i < 5; i++)
		put_session(bench->store, &made[i]);
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 4);
	assert_same_session(loaded->sessions[0], &made[2].row);
	assert_same_session(loaded->sessions[1], &made[4].row);
	assert_same_session(loaded->sessions[2], &made[0].row);
	assert_same_session(loaded->sessions[3], &made[3].row);
	loaded_free(loaded);
}

TEST(many_sessions_keep_their_order)
{
	enum { MANY = 1500 };
	struct made_session made;
	for (unsigned i = 0; i < MANY; i++) {
		make_session(bench->use, i, &made);
		made.parties[0].vn_id = 1 + i % 60;
		made.parties[1].vn_id = 1 + (i + 1) % 60;
		put_session(bench->store, &made);
	}
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sessions_n, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		assert_true(loaded->sessions[i]->id == id_at(NOW_MS - 1000 + i, 1));
		assert_true(number_equal(loaded->sessions[i]->parties[1].numbers[0], nobody(i * 2 + 1)));
	}
	loaded_free(loaded);
}

TEST(two_sessions_with_one_pair_are_refused_by_name)
{
	struct made_session a, b;
	char text_a[SESSION_ID_TEXT_SIZE], text_b[SESSION_ID_TEXT_SIZE];
	make_session(bench->use, 0, &a);
	make_session(bench->use, 1, &b);
	b.parties[0].numbers[0] = a.parties[0].numbers[0]; /* the same customer */
	b.parties[0].persons[0] = a.parties[0].persons[0];
	put_session(bench->store, &a);
	put_session(bench->store, &b);
	loaded_free(load_all(bench->store, NOW_MS)); /* fine: other VNs */
	b.parties[1].vn_id = a.parties[1].vn_id;     /* dials the same VN for another courier */
	put_session(bench->store, &b);
	struct loaded *loaded = malloc(sizeof *loaded);
	assert_int_equal(load_into(bench->store, NOW_MS, loaded), ERR_STORE_REFUSED);
	assert_non_null(strstr(loaded->error, session_id_text(a.row.id, text_a)));
	assert_non_null(strstr(loaded->error, session_id_text(b.row.id, text_b)));
	loaded_free(loaded);
	close_session(&b, NOW_S - 100, 10, 1000); /* cooling ones don't route */
	put_session(bench->store, &b);
	loaded_free(load_all(bench->store, NOW_MS));
}

TEST(erasing_takes_one_persons_numbers_or_all)
{
	struct made_session made;
	make_session(bench->use, 0, &made);
	close_session(&made, NOW_S - 100, 10, 1000);
	put_session(bench->store, &made);
	struct session_erase one = {.session = made.row.id, .person = made.parties[1].persons[0]};
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_SESSION_ERASE, 0, {.erase = &one}}), ERR_OK);
	made.parties[1].numbers[0] = NUMBER_NONE;
	assert_same_session(read_back(bench, made.row.id), &made.row);
	struct session_erase all = {.session = made.row.id, .all = true};
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_SESSION_ERASE, 0, {.erase = &all}}), ERR_OK);
	made.parties[0].numbers[0] = NUMBER_NONE;
	assert_same_session(read_back(bench, made.row.id), &made.row);
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS); /* its pairs still cool, by the persons */
	assert_int_equal(loaded->sessions_n, 1);
	assert_same_session(loaded->sessions[0], &made.row);
	loaded_free(loaded);
	all.session = 12345; /* nothing there: nothing to do */
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_SESSION_ERASE, 0, {.erase = &all}}), ERR_OK);
}

TEST(a_person_is_found_in_open_and_ended_sessions_until_erased)
{
	struct made_session made[3];
	uint64_t *ids;
	int n;
	for (unsigned i = 0; i < 3; i++) {
		make_session(bench->use, i, &made[i]);
		made[i].parties[0].numbers[0] = nobody(500);
		vault_person(bench->use, nobody(500), &made[i].parties[0].persons[0]);
	}
	close_session(&made[0], NOW_S - 1000, 10, 20);
	made[1].parties[0].persons[0] = (struct person){{0}};
	made[1].parties[0].numbers[0] = NUMBER_NONE;
	for (unsigned i = 0; i < 3; i++)
		put_session(bench->store, &made[i]);
	idle_all(bench, NOW_MS);
	struct person persons[2];
	vault_person(bench->use, nobody(500), &persons[0]);
	vault_person(bench->use, nobody(501), &persons[1]);
	assert_int_equal(bench->store->ops->read_person(bench->reader, persons, 2, &bench->arena, &ids, &n), ERR_OK);
	assert_int_equal(n, 2);
	assert_true((ids[0] == made[0].row.id) != (ids[1] == made[0].row.id));
	assert_true((ids[0] == made[2].row.id) != (ids[1] == made[2].row.id));

	struct session_erase erase = {.session = made[0].row.id, .person = persons[0]};
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_SESSION_ERASE, 0, {.erase = &erase}}), ERR_OK);
	assert_int_equal(bench->store->ops->read_person(bench->reader, persons, 2, &bench->arena, &ids, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_true(ids[0] == made[2].row.id);
	assert_false(number_is(read_back(bench, made[0].row.id)->parties[0].numbers[0]));
	assert_true(number_is(read_back(bench, made[0].row.id)->parties[1].numbers[0]));
	assert_int_equal(bench->store->ops->read_person(bench->reader, &persons[1], 1, &bench->arena, &ids, &n), ERR_OK);
	assert_int_equal(n, 0);
}

/* Follows the pages of a list; the ids in the order they came. */
static int list_sessions(struct bench *bench, struct sessions_filter filter, uint64_t *ids)
{
	int total = 0;
	do {
		struct session_row *rows;
		int n;
		uint64_t next;
		assert_int_equal(bench->store->ops->read_sessions(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
		assert_true(n <= filter.page_size);
		for (int i = 0; i < n; i++)
			ids[total++] = rows[i].id;
		filter.after = next;
	} while (filter.after != 0);
	return total;
}

TEST(sessions_are_listed_newest_first_page_by_page)
{
	struct made_session made;
	uint64_t ids[32];
	for (unsigned i = 0; i < 20; i++) {
		make_session(bench->use, i, &made);
		if (i % 2 == 0)
			close_session(&made, NOW_S - 1000, 10, 20);
		if (i >= 18)
			made.row.pool_id = 2;
		put_session(bench->store, &made);
	}
	idle_all(bench, NOW_MS); /* ended ones may lie elsewhere now */
	struct sessions_filter filter = {.tenant = STR("main"), .state = -1, .now_ms = NOW_MS, .page_size = 4};
	for (filter.page_size = 1; filter.page_size < 25; filter.page_size += 5) {
		assert_int_equal(list_sessions(bench, filter, ids), 18);
		for (unsigned i = 0; i < 18; i++)
			assert_true(ids[i] == id_at(NOW_MS - 1000 + 17 - i, 1));
	}
	filter.state = SESSION_LIVE;
	assert_int_equal(list_sessions(bench, filter, ids), 9);
	filter.state = SESSION_CLOSED;
	assert_int_equal(list_sessions(bench, filter, ids), 9);
	filter.state = SESSION_COOLING;
	assert_int_equal(list_sessions(bench, filter, ids), 0);
	filter.state = -1;
	filter.ref = STR("order-6");
	assert_int_equal(list_sessions(bench, filter, ids), 1);
	filter.ref = STR("order-18"); /* another tenant's */
	assert_int_equal(list_sessions(bench, filter, ids), 0);
	filter.tenant = STR("other");
	assert_int_equal(list_sessions(bench, filter, ids), 1);
	filter.pool_id = 1;
	assert_int_equal(list_sessions(bench, filter, ids), 0);
	filter = (struct sessions_filter){.tenant = STR("nobody"), .state = -1, .page_size = 10};
	assert_int_equal(list_sessions(bench, filter, ids), 0);
}

static struct call made_call(unsigned i)
{
	return (struct call){.id = id_at(NOW_MS + i, 7), .at_ms = NOW_MS + i, .pool_id = 1, .session = id_at(NOW_MS, 1),
		.provider = "twilio", .account = "jakarta", .provider_call_id = "CA0123", .vn = {622150000001},
		.shown = {622150000002}, .from_role = "customer", .to_role = "courier", .action = ACTION_CONNECT,
		.reason = REASON_NONE, .status = CALL_CONNECTING, .answer_us = 321};
}

static void put_call(struct bench *bench, const struct call *call)
{
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_CALL, 0, {.call = call}}), ERR_OK);
}

static int list_calls(struct bench *bench, struct calls_filter filter, uint64_t *ids)
{
	int total = 0;
	do {
		struct call *rows;
		int n;
		uint64_t next;
		assert_int_equal(bench->store->ops->read_calls(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
		for (int i = 0; i < n; i++)
			ids[total++] = rows[i].id;
		filter.after = next;
	} while (filter.after != 0);
	return total;
}

TEST(calls_are_kept_told_and_listed)
{
	uint64_t ids[16];
	for (unsigned i = 0; i < 9; i++) {
		struct call call = made_call(i);
		if (i == 3)
			call.session = id_at(NOW_MS, 2);
		if (i == 4)
			call.pool_id = 0;
		put_call(bench, &call);
	}
	struct call told = {.id = id_at(NOW_MS + 8, 7), .status = CALL_COMPLETED, .seconds = 61};
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_CALL_STATUS, 0, {.call = &told}}), ERR_OK);
	struct loaded *loaded = load_all(bench->store, NOW_MS + 25ll * 3600 * 1000);
	assert_int_equal(loaded->calls_n, 0); /* older than a day */
	loaded_free(loaded);
	struct calls_filter filter = {.tenant = STR("main"), .page_size = 3};
	assert_int_equal(list_calls(bench, filter, ids), 8);
	assert_true(ids[0] == told.id && ids[7] == id_at(NOW_MS, 7));
	filter.session = id_at(NOW_MS, 2);
	assert_int_equal(list_calls(bench, filter, ids), 1);
	filter.session = 0;
	filter.since_ms = NOW_MS + 6;
	assert_int_equal(list_calls(bench, filter, ids), 3);
	filter.tenant = STR("other");
	assert_int_equal(list_calls(bench, filter, ids), 0);
}

TEST(a_call_comes_back_whole)
{
	struct call call = made_call(0), want = call;
	put_call(bench, &call);
	call.status = CALL_BUSY;
	call.seconds = 5;
	call.vn = NUMBER_NONE; /* only status and seconds are taken */
	assert_int_equal(commit_one(bench->store, (struct record){RECORD_CALL_STATUS, 0, {.call = &call}}), ERR_OK);
	want.status = CALL_BUSY;
	want.seconds = 5;
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->calls_n, 1);
	const struct call *got = &loaded->calls[0];
	assert_true(got->id == want.id && got->at_ms == want.at_ms && got->pool_id == 1 && got->session == want.session);
	assert_string_equal(got->provider, "twilio");
	assert_string_equal(got->account, "jakarta");
	assert_string_equal(got->provider_call_id, "CA0123");
	assert_true(number_equal(got->vn, want.vn) && number_equal(got->shown, want.shown));
	assert_string_equal(got->from_role, "customer");
	assert_string_equal(got->to_role, "courier");
	assert_true(got->action == want.action && got->reason == want.reason && got->status == CALL_BUSY);
	assert_true(got->seconds == 5 && got->answer_us == 321);
	loaded_free(loaded);
}

TEST(tombstones_and_idempotency_keys_live_until_their_time)
{
	struct tombstone_row tombstones[2] = {{.hash = UINT64_MAX, .session = 5, .until = NOW_S + 1},
		{.hash = 2, .until = NOW_S}};
	struct idempotency_row keys[2] = {{.id = id_at(NOW_MS, 1), .key_hash = {1}, .body_hash = {2}, .until = NOW_S + 1,
		.status = 201, .answer = STR("{\"id\": 1}")}, {.id = id_at(NOW_MS, 2), .until = NOW_S, .session = 7}};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(commit_one(bench->store, (struct record){RECORD_TOMBSTONE, 0, {.tombstone = &tombstones[i]}}),
			ERR_OK);
		assert_int_equal(commit_one(bench->store, (struct record){RECORD_IDEMPOTENCY, 0, {.idempotency = &keys[i]}}),
			ERR_OK);
	}
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->tombstones_n, 1);
	assert_true(loaded->tombstones[0].hash == UINT64_MAX && loaded->tombstones[0].session == 5);
	assert_true(loaded->tombstones[0].until == NOW_S + 1);
	assert_int_equal(loaded->idempotency_n, 1);
	assert_true(loaded->idempotency[0].id == keys[0].id && loaded->idempotency[0].status == 201);
	assert_memory_equal(loaded->idempotency[0].key_hash, keys[0].key_hash, 16);
	assert_memory_equal(loaded->idempotency[0].body_hash, keys[0].body_hash, 16);
	loaded_free(loaded);
	struct idempotency_row row;
	assert_int_equal(bench->store->ops->read_idempotency(bench->reader, keys[0].id, &bench->arena, &row), ERR_OK);
	assert_true(str_equal(row.answer, keys[0].answer));
	idle_all(bench, NOW_MS);
	assert_int_equal(bench->store->ops->read_idempotency(bench->reader, keys[0].id, &bench->arena, &row), ERR_OK);
	assert_int_equal(bench->store->ops->read_idempotency(bench->reader, keys[1].id, &bench->arena, &row), ERR_NOT_FOUND);
}

TEST(time_never_goes_back)
{
	static const int64_t times[] = {NOW_MS, NOW_MS + 5, NOW_MS + 1};
	for (int i = 0; i < 3; i++)
		assert_int_equal(commit_one(bench->store, (struct record){RECORD_TIME, 0, {.time_ms = times[i]}}), ERR_OK);
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_true(loaded->time_ms == NOW_MS + 5);
	loaded_free(loaded);
}

TEST(what_was_kept_long_enough_goes)
{
	struct pool_row pool = made_pool(1, "main", "jakarta");
	struct made_session made;
	struct session_row *row;
	struct call call = made_call(0);
	uint64_t ids[4];
	pool.policy.keep_s = 5000;
	put_pool(bench->store, &pool);
	make_session(bench->use, 0, &made);
	close_session(&made, NOW_S, 10, 20);
	made.row.past_n = 1;
	made.past[0] = (struct session_past){.vn_id = 3, .until = NOW_S + 5};
	put_session(bench->store, &made);
	put_call(bench, &call);
	idle_all(bench, NOW_MS + 4000 * 1000);
	row = read_back(bench, made.row.id);
	assert_int_equal(row->past_n, 0); /* nothing cools any more */
	made.row.past_n = 0;
	assert_same_session(row, &made.row);
	idle_all(bench, NOW_MS + 8000 * 1000);
	assert_int_equal(bench->store->ops->read_session(bench->reader, made.row.id, &bench->arena, &row), ERR_NOT_FOUND);
	assert_int_equal(list_calls(bench, (struct calls_filter){.tenant = STR("main"), .page_size = 4}, ids), 0);
}

TEST(what_is_kept_for_a_minute_is_gone_soon_after)
{
	struct pool_row pool = made_pool(1, "main", "jakarta");
	struct call call = made_call(0);
	uint64_t ids[4];
	pool.policy.keep_s = 60;
	idle_all(bench, NOW_MS); /* before there is a pool */
	put_pool(bench->store, &pool);
	put_call(bench, &call);
	idle_all(bench, NOW_MS + 59 * 1000);
	assert_int_equal(list_calls(bench, (struct calls_filter){.tenant = STR("main"), .page_size = 4}, ids), 1);
	idle_all(bench, NOW_MS + 70 * 1000);
	assert_int_equal(list_calls(bench, (struct calls_filter){.tenant = STR("main"), .page_size = 4}, ids), 0);
}

/* The first is of a pool that keeps longer; it holds up nothing. */
TEST(each_pool_keeps_as_long_as_it_says)
{
	struct pool_row pools[2] = {made_pool(1, "main", "jakarta"), made_pool(2, "main", "surabaya")};
	struct call calls[3] = {made_call(0), made_call(1), made_call(2)};
	uint64_t ids[4];
	pools[0].policy.keep_s = 10000;
	pools[1].policy.keep_s = 100;
	calls[1].pool_id = 2;
	for (int i = 0; i < 2; i++)
		put_pool(bench->store, &pools[i]);
	for (int i = 0; i < 3; i++)
		put_call(bench, &calls[i]);
	idle_all(bench, NOW_MS + 200 * 1000);
	assert_int_equal(list_calls(bench, (struct calls_filter){.tenant = STR("main"), .page_size = 4}, ids), 2);
	idle_all(bench, NOW_MS + 20000 * 1000);
	assert_int_equal(list_calls(bench, (struct calls_filter){.tenant = STR("main"), .page_size = 4}, ids), 0);
}

static int calls_loaded(struct bench *bench)
{
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	int n = loaded->calls_n;
	loaded_free(loaded);
	return n;
}

/* Somebody rang a number that is in no pool. */
TEST(what_is_of_no_pool_is_kept_as_long_as_by_any)
{
	struct pool_row pools[2] = {made_pool(1, "main", "jakarta"), made_pool(2, "main", "surabaya")};
	struct call call = made_call(0);
	pools[0].policy.keep_s = 10000;
	pools[1].policy.keep_s = 100;
	call.pool_id = 0;
	for (int i = 0; i < 2; i++)
		put_pool(bench->store, &pools[i]);
	put_call(bench, &call);
	idle_all(bench, NOW_MS + 9000 * 1000);
	assert_int_equal(calls_loaded(bench), 1);
	idle_all(bench, NOW_MS + 11000 * 1000);
	assert_int_equal(calls_loaded(bench), 0);
}

TEST(what_still_cools_stays)
{
	struct pool_row pool = made_pool(1, "main", "jakarta");
	struct made_session made;
	pool.policy.keep_s = 0;
	put_pool(bench->store, &pool);
	make_session(bench->use, 0, &made);
	close_session(&made, NOW_S, 10, 20);
	put_session(bench->store, &made);
	idle_all(bench, NOW_MS + 29 * 1000);
	assert_same_session(read_back(bench, made.row.id), &made.row);
	make_session(bench->use, 1, &made); /* open ones too */
	put_session(bench->store, &made);
	idle_all(bench, NOW_MS + 100000000ll);
	assert_same_session(read_back(bench, made.row.id), &made.row);
}

TEST(audit_rows_are_numbered_chained_and_each_tenants_own)
{
	put_audit(bench->store, "main", "session.reveal", "ses_1");
	put_audit(bench->store, "other", "pool.set", "jakarta");
	put_audit(bench->store, "main", "key.create", "k");
	struct audit_row *rows;
	int n;
	uint64_t next;
	bench_reopen(bench);
	assert_int_equal(bench->store->ops->read_audit(bench->reader, STR("main"), 0, 0, 10, &bench->arena, &rows, &n, &next),
		ERR_OK);
	assert_int_equal(n, 2);
	assert_true(next == 0);
	assert_true(rows[0].id == 3 && rows[1].id == 1);
	assert_true(str_equal(rows[0].action, STR("key.create")) && str_equal(rows[1].target, STR("ses_1")));
	assert_true(rows[1].at_ms == NOW_MS);
	assert_memory_not_equal(rows[0].hash, rows[1].hash, 32);
	assert_int_equal(bench->store->ops->read_audit(bench->reader, STR("main"), 0, 0, 1, &bench->arena, &rows, &n, &next),
		ERR_OK);
	assert_true(n == 1 && next == 3);
	assert_int_equal(bench->store->ops->read_audit(bench->reader, STR("main"), 0, next, 1, &bench->arena, &rows, &n, &next),
		ERR_OK);
	assert_true(n == 1 && rows[0].id == 1 && next == 0);
	assert_int_equal(bench->store->ops->read_audit(bench->reader, STR("main"), NOW_MS + 1, 0, 9, &bench->arena, &rows, &n,
		&next), ERR_OK);
	assert_int_equal(n, 0);
}

static void note_key(void *context, const struct key_row *row)
{
	struct key_row *last = context;
	last->scopes++;
	memcpy(last->name, row->name, sizeof last->name);
	last->revoked_at = row->revoked_at;
	memcpy(last->secret_hash, row->secret_hash, sizeof last->secret_hash);
}

TEST(api_keys_are_put_by_id_with_their_audit_row)
{
	struct key_row key = {.id = "abcdefgh01234567", .name = "backend", .tenant = "main", .secret_hash = {9},
		.scopes = KEY_SESSIONS | KEY_REVEAL, .created_at = NOW_S};
	struct audit_row audit = {.at_ms = NOW_MS, .tenant = STR("main"), .key = STR("cli"), .action = STR("key.create"),
		.target = str_of(key.id)};
	struct key_row seen = {.scopes = 0};
	assert_int_equal(bench->store->ops->key_put(bench->store, &key, &audit), ERR_OK);
	key.revoked_at = NOW_S;
	assert_int_equal(bench->store->ops->key_put(bench->store, &key, &audit), ERR_OK);
	bench_reopen(bench);
	assert_int_equal(bench->store->ops->keys(bench->store, note_key, &seen), ERR_OK);
	assert_int_equal(seen.scopes, 1);
	assert_string_equal(seen.name, "backend");
	assert_int_equal(seen.revoked_at, NOW_S);
	assert_memory_equal(seen.secret_hash, key.secret_hash, 32);
	struct audit_row *rows;
	int n;
	uint64_t next;
	assert_int_equal(bench->store->ops->read_audit(bench->reader, STR("main"), 0, 0, 10, &bench->arena, &rows, &n, &next),
		ERR_OK);
	assert_int_equal(n, 2);
	assert_false(bench->store->ops->changed(bench->store)); /* we did it ourselves */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_store_loads),
		cmocka_unit_test(pools_and_virtual_numbers_come_back_as_they_were_put),
		cmocka_unit_test(a_session_comes_back_whole),
		cmocka_unit_test(the_last_of_several_puts_in_a_batch_wins),
		cmocka_unit_test(a_small_batch_behind_a_large_one_knows_its_last_puts),
		cmocka_unit_test(a_put_whose_parties_are_alike_is_read_back_whole),
		cmocka_unit_test(alike_is_said_of_the_put_before_also_in_one_batch),
		cmocka_unit_test(a_put_that_is_repeated_changes_nothing),
		cmocka_unit_test(open_sessions_come_before_cooling_ones_and_closed_ones_not_at_all),
		cmocka_unit_test(many_sessions_keep_their_order),
		cmocka_unit_test(two_sessions_with_one_pair_are_refused_by_name),
		cmocka_unit_test(erasing_takes_one_persons_numbers_or_all),
		cmocka_unit_test(a_person_is_found_in_open_and_ended_sessions_until_erased),
		cmocka_unit_test(sessions_are_listed_newest_first_page_by_page),
		cmocka_unit_test(calls_are_kept_told_and_listed),
		cmocka_unit_test(a_call_comes_back_whole),
		cmocka_unit_test(tombstones_and_idempotency_keys_live_until_their_time),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(what_was_kept_long_enough_goes),
		cmocka_unit_test(what_is_kept_for_a_minute_is_gone_soon_after),
		cmocka_unit_test(each_pool_keeps_as_long_as_it_says),
		cmocka_unit_test(what_is_of_no_pool_is_kept_as_long_as_by_any),
		cmocka_unit_test(what_still_cools_stays),
		cmocka_unit_test(audit_rows_are_numbered_chained_and_each_tenants_own),
		cmocka_unit_test(api_keys_are_put_by_id_with_their_audit_row),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
