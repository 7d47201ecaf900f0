/* stock: an engine with one pool of VNs, and sessions of two people to open in it, numbered 0, 1, ...: what the
 * benchmarks that don't go through HTTP have in common.
 *
 * Session i is the order "order-%010u" of a customer and a courier whose numbers follow from i. Which VNs they get
 * is read back from the engine.
 */
#ifndef BENCH_STOCK_H
#define BENCH_STOCK_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "core/engine.h"
#include "store/store.h"

#define STOCK_COUNTRY ('I' << 8 | 'D')
#define STOCK_VN 622150000000u /* the VN with id 1; the others follow */

static inline uint64_t stock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int64_t stock_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline struct number stock_number(uint32_t session, int party)
{
	return (struct number){(party ? 6281300000000u : 6281200000000u) + session};
}

#define STOCK_VNS_MAX 10000 /* that one batch may add */

/* In an open batch: the pool, which is pool 0. */
static inline void stock_pool(struct engine *engine)
{
	struct pool_policy policy = pool_policy_default(STOCK_COUNTRY);
	uint16_t tenant, pool;

	policy.per_vn_max = 100000;
	policy.ttl_s = 86400;
	policy.grace_s = 0;
	ASSERT(engine_tenant(engine, STR("main"), &tenant) == ERR_OK);
	ASSERT(engine_pool_create(engine, tenant, STR("bench"), &policy, &pool) == ERR_OK && pool == 0);
}

/* In an open batch: VNs with ids from + 1 .. from + n. */
static inline void stock_vns(struct engine *engine, uint32_t from, uint32_t n)
{
	uint16_t account;

	ASSERT(n <= STOCK_VNS_MAX);
	ASSERT(engine_account(engine, STR("twilio"), STR("main"), &account) == ERR_OK);
	for (uint32_t i = from; i < from + n; i++) {
		struct vn_add add = {{STOCK_VN + i}, account, false, {STOCK_COUNTRY, 0}};
		ASSERT(engine_vn_add(engine, 0, &add) == ERR_OK);
	}
}

/* engine_records() to the store and the engine's commit; an error ends the program. */
static inline void stock_commit(struct engine *engine, struct store *store)
{
	static enum store_verdict *verdicts;
	static size_t room;
	size_t n;
	const struct record *records = engine_records(engine, &n);

	if (n > room) {
		room = n * 2;
		verdicts = realloc(verdicts, room * sizeof *verdicts);
		ASSERT(verdicts);
	}
	enum err err = store->ops->commit(store, records, n, verdicts);
	if (err) {
		fprintf(stderr, "commit: %s\n", err_title(err));
		exit(1);
	}
	engine_commit(engine);
}

/* The pool and its VNs, durable. */
static inline void stock_fill(struct engine *engine, struct store *store, uint32_t vns)
{
	engine_begin(engine, stock_wall_ms());
	stock_pool(engine);
	stock_commit(engine, store);
	for (uint32_t from = 0; from < vns; from += STOCK_VNS_MAX) {
		engine_begin(engine, stock_wall_ms());
		stock_vns(engine, from, vns - from < STOCK_VNS_MAX ? vns - from : STOCK_VNS_MAX);
		stock_commit(engine, store);
	}
}

/* What a worker makes of a request: parties with their keyed hashes, and the ref. */
struct stock_request {
	struct party parties[2];
	char ref[24];
	uint32_t expires_at; /* 0: by the pool's ttl_s */
};

static inline void stock_request(struct vault_use *use, uint32_t session, struct stock_request *ret_request)
{
	static const char *const roles[2] = {"customer", "courier"};

	*ret_request = (struct stock_request){0};
	snprintf(ret_request->ref, sizeof ret_request->ref, "order-%010u", session);
	for (int i = 0; i < 2; i++) {
		struct party *party = &ret_request->parties[i];
		ASSERT(str_copy(party->role, sizeof party->role, str_of(roles[i])));
		party->numbers_n = 1;
		party->may_call = true;
		party->numbers[0] = stock_number(session, i);
		party->place.country = STOCK_COUNTRY;
		vault_person(use, party->numbers[0], &party->persons[0]);
	}
}

static inline enum err stock_open(struct engine *engine, struct stock_request *request, uint32_t *ret_slot)
{
	struct session_open open = {.ref = str_of(request->ref), .parties = request->parties, .parties_n = 2,
		.expires_at = request->expires_at};
	uint64_t ended;
	bool new;

	return engine_session_open(engine, &open, ret_slot, &new, &ended);
}

#endif
