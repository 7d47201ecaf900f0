/* route_bench [SESSIONS] [LOOKUPS]: what a route costs to find, beside one random read of the same
 * amount of memory.
 *
 * Sessions have two parties, so there are twice as many routes. `independent`: keys that don't depend
 * on each other, so that misses overlap. `dependent`: each key follows from the last callee. `beside_id`:
 * the same, and the session's id is read too, as decide() does. `with_id`: each key follows from the last
 * callee and id, which is what one decision alone waits for. `chase`: a pointer chase through one
 * random cycle over all cache lines of a mapping as large as the table. Rounds of them alternate;
 * the median of each counts. Prints one line of JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"
#include "core/route.h"

#define ROUNDS 7
#define VNS 200000
#define LINE 64

struct bench {
	struct routes *routes;
	uint64_t *ids;
	char *lines;
	uint32_t lines_n;
	uint32_t sessions;
	uint32_t lookups;
	uint64_t sink; /* what was read, so that no read is optimised away */
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static struct route_key key_of(uint32_t i)
{
	return (struct route_key){ROUTE_CALLER, 620000000000u + i, 1 + i % VNS};
}

static void fill(struct bench *bench)
{
	struct random random = {1};

	bench->routes = routes_new(bench->sessions * 2, 42);
	bench->ids = memory_map(bench->sessions * sizeof *bench->ids);
	ASSERT(bench->routes && bench->ids);
	for (uint32_t i = 0; i < bench->sessions * 2; i++) {
		struct route_key key = key_of(i);
		struct route route = {.callee = {1 + random_next(&random) % 999999999999999u}, .show = 1 + i % VNS,
				.session = i / 2, .end = UINT32_MAX};
		ASSERT(route_put(bench->routes, &key, &route) == ERR_OK);
		bench->ids[i / 2] = i / 2 + 1;
	}
}

static uint32_t *next_of(const struct bench *bench, uint32_t line)
{
	return (uint32_t *)(bench->lines + (size_t)line * LINE);
}

/* One cycle through all lines (Sattolo, 1986). */
static void lay_chase(struct bench *bench)
{
	struct random random = {2};

	bench->lines_n = (uint32_t)(routes_bytes(bench->routes) / LINE);
	bench->lines = memory_map((size_t)bench->lines_n * LINE);
	ASSERT(bench->lines);
	for (uint32_t i = 0; i < bench->lines_n; i++)
		*next_of(bench, i) = i;
	for (uint32_t i = bench->lines_n - 1; i > 0; i--) {
		uint32_t *a = next_of(bench, i), *b = next_of(bench, random_below(&random, i)), keep = *a;
		*a = *b;
		*b = keep;
	}
}

static void chase(struct bench *bench)
{
	uint32_t line = (uint32_t)bench->sink % bench->lines_n;

	for (uint32_t n = 0; n < bench->lookups; n++)
		line = *next_of(bench, line);
	bench->sink += line;
}

static void independent(struct bench *bench)
{
	struct random random = {bench->sink};
	struct route route;

	for (uint32_t n = 0; n < bench->lookups; n++) {
		struct route_key key = key_of(random_below(&random, bench->sessions * 2));
		ASSERT(route_find(bench->routes, &key, NULL, &route, NULL));
		bench->sink += route.callee.e164;
	}
}

static void dependent_on(struct bench *bench, const uint64_t *ids, bool on_id)
{
	uint64_t last = bench->sink, id = 0;
	struct route route;

	for (uint32_t n = 0; n < bench->lookups; n++) {
		struct route_key key = key_of(hash_reduce(hash_mix(last + n), bench->sessions * 2));
		ASSERT(route_find(bench->routes, &key, ids, &route, &id));
		last = route.callee.e164 + (on_id ? id : 0);
		bench->sink += id;
	}
	bench->sink += last;
}

static void dependent(struct bench *bench)
{
	dependent_on(bench, NULL, false);
}

static void beside_id(struct bench *bench)
{
	dependent_on(bench, bench->ids, false);
}

static void with_id(struct bench *bench)
{
	dependent_on(bench, bench->ids, true);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct bench *bench);
	} kinds[] = {{"chase", chase}, {"independent", independent}, {"dependent", dependent}, {"beside_id", beside_id},
			{"with_id", with_id}};
	enum { KINDS = sizeof kinds / sizeof *kinds };
	struct bench bench = {.sessions = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000000,
			.lookups = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000};
	double ns[KINDS][ROUNDS];

	ASSERT(bench.sessions > 0 && bench.sessions < UINT32_MAX / 2 && bench.lookups > 0);
	fill(&bench);
	lay_chase(&bench);
	for (int round = 0; round < ROUNDS; round++) {
		for (int kind = 0; kind < KINDS; kind++) {
			double begin = now_ns();
			kinds[kind].run(&bench);
			ns[kind][round] = (now_ns() - begin) / bench.lookups;
		}
	}
	printf("{\"sessions\":%u,\"table_bytes\":%zu", bench.sessions, routes_bytes(bench.routes));
	for (int kind = 0; kind < KINDS; kind++) {
		qsort(ns[kind], ROUNDS, sizeof ns[kind][0], compare);
		double median = ns[kind][ROUNDS / 2];
		printf(",\"%s_ns\":%.1f,\"%s_ratio\":%.2f", kinds[kind].name, median, kinds[kind].name,
				median / ns[0][ROUNDS / 2]);
	}
	printf("}\n");
	return bench.sink == 0;
}
