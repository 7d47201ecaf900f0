#include "unit/test.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/pile.h"

static void a_mapping_is_zeroed_and_writable_to_its_end(void **state)
{
	(void)state;
	for (size_t bytes = 1; bytes < (size_t)40 << 20; bytes = bytes * 7 + 3) {
		char *at = memory_map(bytes);
		assert_non_null(at);
		assert_int_equal(at[0], 0);
		assert_int_equal(at[bytes - 1], 0);
		at[0] = at[bytes - 1] = 1;
		memory_unmap(at, bytes);
	}
	memory_unmap(NULL, 1);
	assert_null(memory_map(SIZE_MAX));
	assert_null(memory_map((size_t)1 << 60));
}

static void pieces_are_apart_and_none_is_named_0(void **state)
{
	struct pile *pile = pile_new(8, 100);

	(void)state;
	uint32_t a = pile_take(pile, 3), b = pile_take(pile, 1);
	assert_true(a && b);
	memset(pile_at(pile, a), 'a', 24);
	memset(pile_at(pile, b), 'b', 8);
	assert_memory_equal(pile_at(pile, a), "aaaaaaaaaaaaaaaaaaaaaaaa", 24);
	assert_int_equal(pile_used(pile), 4);
	assert_int_equal(pile_bytes(pile), 32);
	pile_free_all(pile);
	pile_free_all(NULL);
}

static void a_full_pile_says_so_and_has_room_again_after_a_give(void **state)
{
	struct pile *pile = pile_new(16, 10);

	(void)state;
	uint32_t all = pile_take(pile, 10);
	assert_true(all);
	assert_int_equal(pile_take(pile, 1), 0);
	assert_int_equal(pile_used(pile), 10);
	pile_give(pile, all, 10);
	assert_int_equal(pile_used(pile), 0);
	assert_int_equal(pile_take(pile, 10), all);
	pile_give(pile, 0, 5);
	pile_free_all(pile);
}

static void a_larger_free_piece_is_split_when_nothing_else_is_left(void **state)
{
	struct pile *pile = pile_new(8, 255);

	(void)state;
	uint32_t all = pile_take(pile, 255);
	pile_give(pile, all, 255);
	for (int i = 0; i < 85; i++)
		assert_true(pile_take(pile, 3));
	assert_int_equal(pile_take(pile, 1), 0);
	assert_int_equal(pile_used(pile), 255);
	pile_free_all(pile);
}

static void freed_neighbours_become_one_piece_again(void **state)
{
	struct pile *pile = pile_new(8, 200);
	uint32_t handles[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		handles[i] = pile_take(pile, 10);
	for (int i = 0; i < 20; i++)
		if (i != 7)
			pile_give(pile, handles[i], 10);
	for (int i = 0; i < 6; i++)
		assert_true(pile_take(pile, 11));
	assert_true(pile_take(pile, 54));
	assert_true(pile_take(pile, 66));
	assert_int_equal(pile_used(pile), 196);
	pile_free_all(pile);
}

struct piece {
	uint32_t handle, units;
	unsigned char fill;
};

static void check_fill(const struct pile *pile, const struct piece *piece)
{
	const unsigned char *at = pile_at(pile, piece->handle);

	for (uint32_t i = 0; i < piece->units * 8; i++)
		assert_int_equal(at[i], piece->fill);
}

static void pieces_keep_their_bytes_through_random_takes_and_gives(void **state)
{
	enum { PIECES = 400, UNITS = 8000 };
	struct random random = {test_seed()};
	struct pile *pile = pile_new(8, UNITS);
	static struct piece pieces[PIECES];
	uint32_t used = 0;

	(void)state;
	for (int step = 0; step < 100000; step++) {
		struct piece *piece = &pieces[random_below(&random, PIECES)];
		if (piece->handle) {
			check_fill(pile, piece);
			pile_give(pile, piece->handle, piece->units);
			used -= piece->units;
			piece->handle = 0;
		} else {
			piece->units = 1 + random_below(&random, random_below(&random, 8) ? 12 : 255);
			piece->fill = (unsigned char)step;
			piece->handle = pile_take(pile, piece->units);
			if (piece->handle) {
				memset(pile_at(pile, piece->handle), piece->fill, (size_t)piece->units * 8);
				used += piece->units;
			} else {
				assert_true(used == UNITS || piece->units > 1);
			}
		}
		assert_int_equal(pile_used(pile), used);
		assert_true(pile_bytes(pile) <= UNITS * 8);
	}
	for (int i = 0; i < PIECES; i++)
		if (pieces[i].handle)
			check_fill(pile, &pieces[i]);
	pile_free_all(pile);
}

static void take_256(void *data)
{
	(void)pile_take(data, 256);
}

static void give_foreign(void *data)
{
	pile_give(data, 90, 1);
}

static void sizes_and_handles_out_of_range_die(void **state)
{
	struct pile *pile = pile_new(8, 100);

	(void)state;
	assert_true(pile_take(pile, 10));
	assert_true(test_dies(take_256, pile));
	assert_true(test_dies(give_foreign, pile));
	pile_free_all(pile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_is_zeroed_and_writable_to_its_end),
		cmocka_unit_test(pieces_are_apart_and_none_is_named_0),
		cmocka_unit_test(a_full_pile_says_so_and_has_room_again_after_a_give),
		cmocka_unit_test(a_larger_free_piece_is_split_when_nothing_else_is_left),
		cmocka_unit_test(freed_neighbours_become_one_piece_again),
		cmocka_unit_test(pieces_keep_their_bytes_through_random_takes_and_gives),
		cmocka_unit_test(sizes_and_handles_out_of_range_die),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
