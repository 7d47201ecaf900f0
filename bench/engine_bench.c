/* engine_bench [SESSIONS] [VNS]: what an order costs the engine, without a store.
 *
 * Opens SESSIONS orders of two parties in one shared pool of VNS virtual numbers, 256 a batch, each batch
 * committed; then closes them all (grace 0). People are drawn so that a courier has about 20 orders. Prints
 * one line of JSON: ns of CPU time per open and per close, commit included, and bytes per session.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/hash.h"
#include "core/engine.h"

#define BATCH 256
#define ORDERS_A_COURIER 20
#define START_MS 1795341600000
#define PERSON_FIRST 9990000000000u
#define VN_FIRST 99900000000u

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* others on the machine count less so */
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static struct party party_of(const char *role, uint64_t person)
{
	struct party party = {.numbers_n = 1, .may_call = true, .numbers = {{PERSON_FIRST + person}}};
	uint64_t key[2] = {hash_mix(person + 1), person};

	ASSERT(str_copy(party.role, sizeof party.role, str_of(role)));
	memcpy(party.persons[0].key, key, sizeof key);
	return party;
}

static uint16_t fill(struct engine *engine, uint32_t vns)
{
	struct pool_policy policy = pool_policy_default('I' << 8 | 'D');
	uint16_t tenant, account, pool;

	policy.per_vn_max = 1000000;
	ASSERT(engine_tenant(engine, str_of("main"), &tenant) == ERR_OK);
	ASSERT(engine_account(engine, str_of("twilio"), str_of("one"), &account) == ERR_OK);
	engine_begin(engine, START_MS);
	ASSERT(engine_pool_create(engine, tenant, str_of("jakarta"), &policy, &pool) == ERR_OK);
	engine_commit(engine);
	for (uint32_t i = 0; i < vns;) {
		engine_begin(engine, START_MS);
		for (uint32_t k = 0; k < 1000 && i < vns; k++, i++) {
			struct vn_add add = {.number = {VN_FIRST + i}, .account = account};
			ASSERT(engine_vn_add(engine, pool, &add) == ERR_OK);
		}
		engine_commit(engine);
	}
	return pool;
}

static void open_one(struct engine *engine, uint16_t pool, uint32_t n, uint32_t sessions)
{
	uint32_t couriers = sessions / ORDERS_A_COURIER + 1, slot;
	struct party parties[] = {
		party_of("customer", couriers + n), party_of("courier", hash_reduce(hash_mix(n), couriers))};
	char ref[32];
	int len = snprintf(ref, sizeof ref, "order-%u", n);
	struct session_open open = {
		.pool = pool, .ref = str_n(ref, (size_t)len), .parties = parties, .parties_n = 2};
	uint64_t ended;
	bool new;

	ASSERT(engine_session_open(engine, &open, &slot, &new, &ended) == ERR_OK && new);
}

int main(int argc, char **argv)
{
	uint32_t sessions = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	uint32_t vns = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 10000;
	struct engine_options options = {
		.limits = LIMITS_DEFAULT(sessions), .seed = 1, .text_key = {2, 3}, .now_ms = START_MS};
	struct engine *engine = engine_new(&options);

	ASSERT(engine && sessions > 0 && vns > 0);
	uint16_t pool = fill(engine, vns);
	double begin = now_ns();
	for (uint32_t n = 0; n < sessions;) {
		engine_begin(engine, START_MS + n / BATCH);
		for (uint32_t k = 0; k < BATCH && n < sessions; k++, n++)
			open_one(engine, pool, n, sessions);
		engine_commit(engine);
	}
	double opened = (now_ns() - begin) / sessions;
	size_t bytes = engine_bytes(engine);
	begin = now_ns();
	for (uint32_t slot = 0; slot < sessions;) {
		engine_begin(engine, START_MS + sessions / BATCH);
		for (uint32_t k = 0; k < BATCH && slot < sessions; k++, slot++)
			ASSERT(engine_session_close(engine, slot, 0) == ERR_OK);
		engine_commit(engine);
	}
	double closed = (now_ns() - begin) / sessions;
	printf("{\"sessions\":%u,\"vns\":%u,\"open_ns\":%.0f,\"close_ns\":%.0f,\"bytes_a_session\":%.0f}\n",
		sessions, vns, opened, closed, (double)bytes / sessions);
	engine_free(engine);
	return 0;
}
