#include "unit/test.h"

#include "base/hash.h"
#include "core/route.h"

#define CALLER 6281234567210u
#define CALLEE 6281298765877u

static struct route route_to(uint64_t callee)
{
	return (struct route){.callee = {callee}, .show = 2, .session = 3, .end = 4, .from_role_index = 0, .to_role_index = 1};
}

static void assert_same(const struct route *a, const struct route *b)
{
	assert_true(a->callee.e164 == b->callee.e164);
	assert_int_equal(a->show, b->show);
	assert_int_equal(a->session, b->session);
	assert_int_equal(a->end, b->end);
	assert_int_equal(a->from_role_index, b->from_role_index);
	assert_int_equal(a->to_role_index, b->to_role_index);
}

static void a_route_is_found_until_it_is_dropped(void **state)
{
	struct routes *routes = routes_new(10, 1);
	struct route_key key = {ROUTE_CALLER, CALLER, 1};
	struct route route = route_to(CALLEE), found;

	(void)state;
	assert_false(route_find(routes, &key, NULL, &found, NULL));
	assert_int_equal(route_put(routes, &key, &route), ERR_OK);
	assert_true(route_find(routes, &key, NULL, &found, NULL));
	assert_same(&found, &route);
	assert_int_equal(routes_count(routes), 1);
	assert_true(route_drop(routes, &key));
	assert_false(route_drop(routes, &key));
	assert_false(route_find(routes, &key, NULL, &found, NULL));
	assert_int_equal(routes_count(routes), 0);
	routes_free(routes);
	routes_free(NULL);
}

static void outputs_stay_untouched_when_there_is_no_route(void **state)
{
	struct routes *routes = routes_new(10, 1);
	struct route found = {.session = 77};
	uint64_t id = 78;

	(void)state;
	assert_false(route_find(routes, &(struct route_key){ROUTE_CALLER, CALLER, 1}, &id, &found, &id));
	assert_int_equal(found.session, 77);
	assert_true(id == 78);
	routes_free(routes);
}

static void every_field_goes_to_its_limit(void **state)
{
	struct routes *routes = routes_new(10, 1);
	struct route_key key = {ROUTE_PIN, 999999999999999u, ROUTE_VN_MAX};
	struct route most = {.callee = {999999999999999u}, .show = ROUTE_VN_MAX, .session = UINT32_MAX, .end = UINT32_MAX,
			.from_role_index = 7, .to_role_index = 7};
	struct route least = {.callee = {1}, .show = 1}, found;

	(void)state;
	assert_int_equal(route_put(routes, &key, &most), ERR_OK);
	assert_true(route_find(routes, &key, NULL, &found, NULL));
	assert_same(&found, &most);
	assert_int_equal(route_put(routes, &key, &least), ERR_OK);
	assert_true(route_find(routes, &key, NULL, &found, NULL));
	assert_same(&found, &least);
	assert_int_equal(routes_count(routes), 1);
	routes_free(routes);
}

static void keys_that_differ_in_any_part_are_apart(void **state)
{
	static const struct route_key keys[] = {
		{ROUTE_CALLER, 1000000, 5}, {ROUTE_PIN, 1000000, 5}, {ROUTE_CALLER, 1000001, 5},
		{ROUTE_CALLER, 1000000, 6}, {ROUTE_CALLER, 1000000, 5 + (1u << 14)},
		{ROUTE_CALLER, 1000000, 5 + (1u << 23)}, {ROUTE_CALLER, 1000000 + ((uint64_t)1 << 49), 5},
	};
	enum { KEYS = sizeof keys / sizeof *keys };
	struct route found;

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct routes *routes = routes_new(KEYS, seed);
		for (uint64_t i = 0; i < KEYS; i++) {
			struct route route = route_to(100 + i);
			assert_false(route_find(routes, &keys[i], NULL, &found, NULL));
			assert_int_equal(route_put(routes, &keys[i], &route), ERR_OK);
		}
		for (uint64_t i = 0; i < KEYS; i++) {
			assert_true(route_find(routes, &keys[i], NULL, &found, NULL));
			assert_true(found.callee.e164 == 100 + i);
		}
		routes_free(routes);
	}
}

static void the_session_id_is_that_of_the_slot(void **state)
{
	struct routes *routes = routes_new(10, 1);
	struct route_key key = {ROUTE_CALLER, CALLER, 1};
	struct route route = route_to(CALLEE), found;
	uint64_t ids[4] = {10, 11, 12, 13}, id = 0;

	(void)state;
	assert_int_equal(route_put(routes, &key, &route), ERR_OK);
	assert_true(route_find(routes, &key, ids, &found, &id));
	assert_true(id == 13);
	routes_free(routes);
}

static void a_full_table_refuses_what_is_new_and_nothing_else(void **state)
{
	enum { MAX = 1000 };
	struct routes *routes = routes_new(MAX, 1);
	struct route_key key = {ROUTE_CALLER, 0, 1};
	struct route route = route_to(CALLEE), other = route_to(CALLER), found;

	(void)state;
	assert_int_equal(routes_max(routes), MAX);
	for (key.who = 1; key.who <= MAX; key.who++)
		assert_int_equal(route_put(routes, &key, &route), ERR_OK);
	assert_int_equal(route_put(routes, &key, &route), ERR_LIMIT_REACHED);
	assert_false(route_find(routes, &key, NULL, &found, NULL));
	assert_int_equal(routes_count(routes), MAX);
	key.who = 7;
	assert_int_equal(route_put(routes, &key, &other), ERR_OK);
	assert_true(route_drop(routes, &key));
	key.who = MAX + 1;
	assert_int_equal(route_put(routes, &key, &route), ERR_OK);
	for (key.who = 1; key.who <= MAX + 1; key.who++)
		assert_int_equal(route_find(routes, &key, NULL, &found, NULL), key.who != 7);
	routes_free(routes);
}

static void a_table_of_one_works(void **state)
{
	struct routes *routes = routes_new(1, 1);
	struct route_key key = {ROUTE_CALLER, CALLER, 1}, other = {ROUTE_CALLER, CALLEE, 1};
	struct route route = route_to(CALLEE), found;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(route_put(routes, &key, &route), ERR_OK);
		assert_int_equal(route_put(routes, &other, &route), ERR_LIMIT_REACHED);
		assert_true(route_find(routes, &key, NULL, &found, NULL));
		assert_false(route_find(routes, &other, NULL, &found, NULL));
		assert_true(route_drop(routes, &key));
	}
	routes_free(routes);
}

static void it_takes_at_most_45_bytes_an_entry(void **state)
{
	struct routes *routes = routes_new(1000000, 1);

	(void)state;
	assert_true(routes_bytes(routes) <= 45000000);
	routes_free(routes);
}

#define WHOS 60
#define VNS 8
#define MAX 700

static struct route_key key_of(uint32_t i)
{
	uint32_t vn = i / 2 % VNS;

	return (struct route_key){i % 2 ? ROUTE_PIN : ROUTE_CALLER, 1000000 + i / 2 / VNS, 1 + vn % 2 + (vn / 2 << 14)};
}

static struct route random_route(struct random *random)
{
	return (struct route){.callee = {1 + random_next(random) % 999999999999999u},
			.show = 1 + random_below(random, ROUTE_VN_MAX), .session = (uint32_t)random_next(random),
			.end = (uint32_t)random_next(random), .from_role_index = (uint8_t)random_below(random, 8),
			.to_role_index = (uint8_t)random_below(random, 8)};
}

static void it_does_what_a_plain_array_does(void **state)
{
	enum { KEYS = WHOS * VNS * 2 };
	static struct route model[KEYS];
	static bool there[KEYS];
	struct random random = {test_seed()};
	struct routes *routes = routes_new(MAX, random_next(&random));
	uint32_t count = 0, full = 0;

	(void)state;
	for (int step = 0; step < 300000; step++) {
		uint32_t i = random_below(&random, KEYS);
		struct route_key key = key_of(i);
		if (random_below(&random, 4) == 0) {
			assert_int_equal(route_drop(routes, &key), there[i]);
			count -= there[i];
			there[i] = false;
		} else {
			struct route route = random_route(&random);
			bool refused = !there[i] && count == MAX;
			assert_int_equal(route_put(routes, &key, &route), refused ? ERR_LIMIT_REACHED : ERR_OK);
			full += refused;
			if (!refused) {
				count += !there[i];
				there[i] = true;
				model[i] = route;
			}
		}
		assert_int_equal(routes_count(routes), count);
		struct route found;
		i = random_below(&random, KEYS);
		key = key_of(i);
		assert_int_equal(route_find(routes, &key, NULL, &found, NULL), there[i]);
		if (there[i])
			assert_same(&found, &model[i]);
	}
	assert_true(full > 0);
	routes_free(routes);
}

struct bad {
	struct routes *routes;
	struct route_key key;
	struct route route;
};

/* Two buckets, both of which entries have passed by: who looks for what is not there goes round once. */
static void a_look_around_a_table_that_is_full_everywhere_ends(void **state)
{
	enum { MANY = 6, KEYS = 24 };
	struct routes *routes = routes_new(MANY, 1);
	struct random random = {.state = 5};
	bool there[KEYS] = {false};
	struct route found;

	(void)state;
	for (int step = 0, n = 0; step < 3000; step++) {
		int at = (int)random_below(&random, KEYS);
		struct route_key key = {ROUTE_CALLER, CALLER + (uint64_t)at, 1};
		struct route route = route_to(CALLEE + (uint64_t)at);
		if (there[at]) {
			assert_true(route_drop(routes, &key));
			there[at] = false;
			n--;
		} else {
			there[at] = n < MANY;
			assert_int_equal(route_put(routes, &key, &route), there[at] ? ERR_OK : ERR_LIMIT_REACHED);
			n += there[at];
		}
		assert_int_equal(routes_count(routes), n);
		for (int i = 0; i < KEYS; i++) {
			struct route_key other = {ROUTE_CALLER, CALLER + (uint64_t)i, 1};
			assert_int_equal(route_find(routes, &other, NULL, &found, NULL), there[i]);
			assert_true(!there[i] || found.callee.e164 == CALLEE + (uint64_t)i);
		}
	}
	routes_free(routes);
}

static void put_bad(void *data)
{
	struct bad *bad = data;

	(void)!route_put(bad->routes, &bad->key, &bad->route);
}

static void what_does_not_fit_its_bits_dies(void **state)
{
	struct routes *routes = routes_new(10, 1);
	struct bad good = {routes, {ROUTE_CALLER, CALLER, 1}, route_to(CALLEE)};

	(void)state;
	assert_false(test_dies(put_bad, &good));
#define DIES(field, value) do { \
	struct bad bad = good; \
	bad.field = value; \
	assert_true(test_dies(put_bad, &bad)); \
} while (0)
	DIES(key.who, 0);
	DIES(key.who, (uint64_t)1 << 50);
	DIES(key.vn, 0);
	DIES(key.vn, ROUTE_VN_MAX + 1);
	DIES(key.kind, (enum route_kind)2);
	DIES(route.callee.e164, 0);
	DIES(route.callee.e164, (uint64_t)1 << 50);
	DIES(route.show, 0);
	DIES(route.show, ROUTE_VN_MAX + 1);
	DIES(route.from_role_index, 8);
	DIES(route.to_role_index, 8);
#undef DIES
	routes_free(routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_is_found_until_it_is_dropped),
		cmocka_unit_test(outputs_stay_untouched_when_there_is_no_route),
		cmocka_unit_test(every_field_goes_to_its_limit),
		cmocka_unit_test(keys_that_differ_in_any_part_are_apart),
		cmocka_unit_test(the_session_id_is_that_of_the_slot),
		cmocka_unit_test(a_full_table_refuses_what_is_new_and_nothing_else),
		cmocka_unit_test(a_table_of_one_works),
		cmocka_unit_test(it_takes_at_most_45_bytes_an_entry),
		cmocka_unit_test(it_does_what_a_plain_array_does),
		cmocka_unit_test(a_look_around_a_table_that_is_full_everywhere_ends),
		cmocka_unit_test(what_does_not_fit_its_bits_dies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
