/* Readers beside a writer. Each key goes through versions 1, 2, 3, ...: 3k+1 puts the route, 3k+2
 * changes it in place, 3k drops it. The writer says which version it begins and which is done; an
 * answer is right if it was true of some version between the one done before the question and the
 * one begun after it. The table is small and crowded, so that most entries are past full buckets. */
#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "core/route.h"

#define KEYS 96
#define MAX 64
#define READERS 2
#define QUESTIONS 2000000 /* of each reader */

struct stage {
	struct routes *routes;
	uint64_t ids[KEYS];
	_Atomic uint32_t begun[KEYS], done[KEYS];
	_Atomic int readers_left;
	_Atomic uint32_t wrong, found, missed;
	uint64_t seed;
};

struct reader {
	struct stage *stage;
	uint64_t seed;
	pthread_t thread;
};

static struct route_key key_of(uint32_t i)
{
	return (struct route_key){i % 4 == 0 ? ROUTE_PIN : ROUTE_CALLER, 1000000 + i / 2, 1 + (i % 2 << 14)};
}

static struct route route_of(uint32_t i, uint32_t version)
{
	return (struct route){.callee = {((uint64_t)version << 8) + i + 1}, .show = 1 + version % ROUTE_VN_MAX,
			.session = i, .end = ~version, .from_role_index = version % 8, .to_role_index = version / 8 % 8};
}

static uint64_t id_of(uint32_t i, uint32_t version)
{
	return (uint64_t)i << 32 | (version % 3 == 2 ? version - 1 : version);
}

static void step(struct stage *stage, uint32_t i)
{
	uint32_t version = atomic_load(&stage->begun[i]) + 1;
	struct route_key key = key_of(i);
	struct route route = route_of(i, version);

	if (version % 3 == 1 && routes_count(stage->routes) == MAX)
		return;
	atomic_store_explicit(&stage->begun[i], version, memory_order_release);
	if (version % 3 == 1)
		__atomic_store_n(&stage->ids[i], id_of(i, version), __ATOMIC_RELEASE);
	bool ok = version % 3 == 0 ? route_drop(stage->routes, &key) : route_put(stage->routes, &key, &route) == ERR_OK;
	if (!ok)
		atomic_fetch_add(&stage->wrong, 1);
	atomic_store_explicit(&stage->done[i], version, memory_order_release);
}

static bool right_route(uint32_t i, const struct route *found, uint64_t id, uint32_t from, uint32_t to)
{
	uint32_t version = (uint32_t)(found->callee.e164 >> 8);
	struct route route = route_of(i, version);

	return version % 3 != 0 && version >= from && version <= to && id == id_of(i, version) &&
			found->callee.e164 == route.callee.e164 && found->show == route.show &&
			found->session == route.session && found->end == route.end &&
			found->from_role_index == route.from_role_index && found->to_role_index == route.to_role_index;
}

static void *read_on(void *data)
{
	struct reader *reader = data;
	struct stage *stage = reader->stage;
	struct random random = {reader->seed};
	uint32_t wrong = 0, hits = 0;

	for (int n = 0; n < QUESTIONS; n++) {
		uint32_t i = random_below(&random, KEYS);
		struct route_key key = key_of(i);
		struct route route;
		uint64_t id;
		uint32_t from = atomic_load_explicit(&stage->done[i], memory_order_acquire);
		bool found = route_find(stage->routes, &key, stage->ids, &route, &id);
		uint32_t to = atomic_load_explicit(&stage->begun[i], memory_order_acquire);
		bool absent_once = from % 3 == 0 || to / 3 > from / 3;
		wrong += found ? !right_route(i, &route, id, from, to) : !absent_once;
		hits += found;
	}
	atomic_fetch_add(&stage->wrong, wrong);
	atomic_fetch_add(&stage->found, hits);
	atomic_fetch_add(&stage->missed, QUESTIONS - hits);
	atomic_fetch_sub(&stage->readers_left, 1);
	return NULL;
}

static void every_answer_was_true_at_some_moment_of_the_question(void **state)
{
	static struct stage stage;
	struct reader readers[READERS];
	struct random random = {test_seed()};

	(void)state;
	stage.routes = routes_new(MAX, random_next(&random));
	atomic_store(&stage.readers_left, READERS);
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.stage = &stage, .seed = random_next(&random)};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	while (atomic_load(&stage.readers_left) > 0)
		step(&stage, random_below(&random, KEYS));
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
	assert_int_equal(atomic_load(&stage.wrong), 0);
	assert_true(atomic_load(&stage.found) > 1000);
	assert_true(atomic_load(&stage.missed) > 1000);
	routes_free(stage.routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_was_true_at_some_moment_of_the_question),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
