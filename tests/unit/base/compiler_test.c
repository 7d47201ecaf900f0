/* The flags of the Makefile compile an array of structs that functions return as the structs were.
 * gcc 12.2 with -ftrivial-auto-var-init=zero clears bytes 2 and 3 of the last member of the first one. */
#include "unit/test.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

struct inner {
	uint8_t bytes[16];
};

struct outer {
	char text[33];
	uint8_t n;
	bool flag;
	uint64_t numbers[5];
	struct inner inners[5];
	struct {
		uint16_t a;
		uint32_t b;
	} place;
	uint64_t more[3];
	uint32_t last;
	uint8_t digits;
};

static inline struct inner inner_of(uint64_t number)
{
	uint64_t words[2] = {hash_mix(number + 7), number};
	struct inner inner;

	memcpy(inner.bytes, words, sizeof words);
	return inner;
}

static inline struct outer outer_of(const char *text, uint64_t number)
{
	struct outer outer = {.n = 1, .flag = true, .numbers = {number}};

	snprintf(outer.text, sizeof outer.text, "%s", text);
	outer.inners[0] = inner_of(outer.numbers[0]);
	return outer;
}

static void an_array_of_returned_structs_holds_them_as_they_were(void **state)
{
	struct outer both[] = {outer_of("a", 3), outer_of("b", 9)};
	struct inner first = inner_of(3), second = inner_of(9);

	(void)state;
	assert_memory_equal(both[0].inners[0].bytes, first.bytes, sizeof first.bytes);
	assert_memory_equal(both[1].inners[0].bytes, second.bytes, sizeof second.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_array_of_returned_structs_holds_them_as_they_were),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
