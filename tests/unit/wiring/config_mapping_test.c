/* `mapping` of the configuration: how foreign order events are read. */
#include "unit/test.h"

#include "unit/wiring/config_said.h"

#define LEAST "mapping:\n  order: /o\n  type: /t\n"

static void the_example_of_the_contract_is_taken_whole(void **state)
{
	static const char text[] = "mapping:\n  id: /id\n  order: /payload/order/id\n  type: /event\n  version: /seq\n  time: /ts\n"
				   "  pool: /payload/city\n  ttl_s: /ttl\n  default_pool: jakarta.1\n"
				   "  types: { created: order.placed, driver_assigned: order.assigned, swapped: order.reassigned,\n"
				   "    done: order.completed, dropped: order.cancelled, gps: ignore }\n"
				   "  pools: { JKT: jakarta }\n  parties:\n"
				   "    - { role: customer, number: /payload/customer/phone }\n"
				   "    - { role: courier, number: /payload/driver/phone, may_call: /payload/driver/rings }\n";
	struct config *config = good(text, NULL);
	const struct event_map *map = config->mapping;

	(void)state;
	assert_string_equal(map->id, "/id");
	assert_string_equal(map->order, "/payload/order/id");
	assert_string_equal(map->type, "/event");
	assert_string_equal(map->version, "/seq");
	assert_string_equal(map->time, "/ts");
	assert_string_equal(map->pool, "/payload/city");
	assert_string_equal(map->ttl_s, "/ttl");
	assert_string_equal(map->default_pool, "jakarta.1");
	assert_int_equal(map->types_n, 6);
	for (int i = 0; i < 5; i++)
		assert_int_equal(map->types[i].to, i);
	assert_string_equal(map->types[5].from, "gps");
	assert_int_equal(map->types[5].to, EVENT_MAP_IGNORE);
	assert_int_equal(map->pools_n, 1);
	assert_string_equal(map->pools[0].from, "JKT");
	assert_string_equal(map->pools[0].to, "jakarta");
	assert_int_equal(map->parties_n, 2);
	assert_string_equal(map->parties[1].role, "courier");
	assert_string_equal(map->parties[1].number, "/payload/driver/phone");
	assert_string_equal(map->parties[1].may_call, "/payload/driver/rings");
	assert_null(map->parties[0].may_call);
	config_free(config);
}

static void words_of_others_are_taken_as_they_are_written(void **state)
{
	static const char text[] = LEAST "  types:\n    shop.order.created: order.placed\n    'done: really': ignore\n"
					 "    \"caf\xc3\xa9 ouvert\": ignore\n    0: ignore\n    '*': ignore\n    types.0.from: ignore\n";
	static const char *const words[] = {"shop.order.created", "done: really", "caf\xc3\xa9 ouvert", "0", "*", "types.0.from"};
	struct config *config = good(text, NULL);

	(void)state;
	assert_int_equal(config->mapping->types_n, 6);
	for (int i = 0; i < 6; i++)
		assert_string_equal(config->mapping->types[i].from, words[i]);
	config_free(config);
}

static void pairs_have_names_for_the_environment_and_set(void **state)
{
	static const char *const environment[] = {"BAUTA_MAPPING_TYPES_0_TO=order.cancelled", "BAUTA_MAPPING_ORDER=/x/y", NULL};
	static const char *const sets[] = {"mapping.types.1.from=a.b", "mapping.types.1.to=ignore",
		"mapping.parties.0.role=r", "mapping.parties.0.number=/n", NULL};

	(void)state;
	struct config *config = good(LEAST "  types: { done: order.completed }\n",
		&(struct config_sources){.environment = (char *const *)environment, .sets = sets});
	assert_string_equal(config->mapping->order, "/x/y");
	assert_int_equal(config->mapping->types_n, 2);
	assert_string_equal(config->mapping->types[0].from, "done");
	assert_int_equal(config->mapping->types[0].to, EVENT_CANCELLED);
	assert_string_equal(config->mapping->types[1].from, "a.b");
	assert_string_equal(config->mapping->parties[0].role, "r");
	config_free(config);
}

static void what_is_wrong_with_a_mapping_is_said_with_its_line(void **state)
{
	static const char *const cases[][2] = {
		{"mapping: {}\n", "%:1: mapping: order is missing\n%:1: mapping: type is missing"},
		{"mapping:\n", "%:1: mapping: has no value"},
		{"mapping:\n  order: /o\n", "%:1: mapping: type is missing"},
		{"mapping:\n  order: o\n  type: /t~2\n",
			"%:2: mapping.order: 'o' is no JSON Pointer (RFC 6901), such as /payload/order/id\n"
			"%:3: mapping.type: '/t~2' is no JSON Pointer (RFC 6901), such as /payload/order/id"},
		{LEAST "  ordr: /x\n", "%:4: mapping.ordr: unknown key; did you mean order?"},
		{LEAST "  default_pool: a b\n", "%:4: mapping.default_pool: a pool's name is 1..64 letters, digits, '_', '-' and '.'"},
		{LEAST "  types:\n    a: order.placed\n    b: order.lost\n",
			"%:6: mapping.types.1.to: 'order.lost' is neither ignore nor order.placed, .assigned, .reassigned, .completed, "
			".cancelled"},
		{LEAST "  types:\n    a.b: ignore\n    a.b: ignore\n", "%:6: mapping.types.1.from: 'a.b' is said before"},
		{LEAST "  types:\n    a:\n", "%:5: mapping.types.0.to: has no value"},
		{LEAST "  types:\n    a: [ignore]\n", "%:5: mapping.types.0: a word is expected behind this key"},
		{LEAST "  types:\n    [a]: ignore\n", "%:5: mapping.types: a key is to be a word"},
		{LEAST "  types:\n    '': ignore\n", "%:5: mapping.types: a key is to be a word"},
		{LEAST "  types:\n    \"a\\0b\": ignore\n", "%:5: mapping.types: a key is to be a word"},
		{LEAST "  types:\n    a: &x ignore\n", "%:5: mapping.types.0: anchors, aliases and tags are not for this file"},
		{LEAST "  types: [a]\n", "%:4: mapping.types: a map is expected here, not a list"},
		{LEAST "  types: a\n", "%:4: mapping.types: a map is expected here, not a value"},
		{LEAST "  pools:\n    JKT: a b\n", "%:5: mapping.pools.0.to: a pool's name is 1..64 letters, digits, '_', '-' and '.'"},
		{LEAST "  pools:\n    JKT: a\n    JKT: b\n", "%:6: mapping.pools.1.from: 'JKT' is said before"},
		{LEAST "  parties:\n    - { role: a b, number: /n }\n",
			"%:5: mapping.parties.0.role: a role is 1..32 letters, digits, '_', '-' and '.'"},
		{LEAST "  parties:\n    - { role: a, number: /n }\n    - { role: a, number: /m }\n",
			"%:6: mapping.parties.1.role: two parties have the same role"},
		{LEAST "  parties:\n    - { number: n }\n",
			"%:5: mapping.parties.0: role is missing\n"
			"%:5: mapping.parties.0.number: 'n' is no JSON Pointer (RFC 6901), such as /payload/order/id"},
		{LEAST "  parties:\n    - { role: a }\n", "%:5: mapping.parties.0: number is missing"},
		{LEAST "  parties: [{role: a}, {role: b}, {role: c}, {role: d}, {role: e}, {role: f}, {role: g}, {role: h}, {role: i}]\n",
			"%:1: mapping.parties: more than 8 parties"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_said(cases[i][0], cases[i][1]);
	static const char *const sets[] = {"mapping.types.3.from=a", NULL};
	assert_string_equal(said_of("mapping: { order: /o, type: /t }\n", &(struct config_sources){.sets = sets}, NULL),
		"mapping.types.0: nothing is said of it, but of a later one\n"
		"mapping.types.1: nothing is said of it, but of a later one\n"
		"mapping.types.2: nothing is said of it, but of a later one\n"
		"--set mapping.types.3.from: mapping.types.3: to is missing");
}

/* `n` pairs, the words of which are `digits` long. */
static const char *said_of_pairs(const char *table, const char *to, int n, int digits)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	buf_fmt(&text, LEAST "  %s:\n", table);
	for (int i = 0; i < n; i++)
		buf_fmt(&text, "    w%0*d: %s\n", digits, i, to);
	buf_char(&text, '\0');
	assert_true(buf_ok(&text));
	const char *said = said_of(text.at, NULL, NULL);
	buf_done(&text);
	return said;
}

static void tables_and_their_words_have_limits(void **state)
{
	(void)state;
	assert_string_equal(said_of_pairs("types", "ignore", EVENT_MAP_TYPES_MAX, 4), "");
	assert_non_null(strstr(said_of_pairs("types", "ignore", EVENT_MAP_TYPES_MAX + 1, 4), "mapping.types: more than 64 types"));
	assert_string_equal(said_of_pairs("pools", "a", EVENT_MAP_POOLS_MAX, 4), "");
	assert_non_null(strstr(said_of_pairs("pools", "a", EVENT_MAP_POOLS_MAX + 1, 4), "mapping.pools: more than 1000 pools"));
	assert_string_equal(said_of_pairs("types", "ignore", 1, EVENT_MAP_WORD_MAX - 1), "");
	assert_non_null(strstr(said_of_pairs("types", "ignore", 1, EVENT_MAP_WORD_MAX),
		"mapping.types.0.from: must be 1..255 bytes without control characters"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_contract_is_taken_whole),
		cmocka_unit_test(words_of_others_are_taken_as_they_are_written),
		cmocka_unit_test(pairs_have_names_for_the_environment_and_set),
		cmocka_unit_test(what_is_wrong_with_a_mapping_is_said_with_its_line),
		cmocka_unit_test(tables_and_their_words_have_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
