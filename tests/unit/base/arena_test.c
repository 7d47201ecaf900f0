#include "unit/test.h"

#include "base/arena.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
	struct arena arena;
	char *last = NULL;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t size = 1; size < 300; size++) {
		char *at = arena_alloc(&arena, size);
		assert_non_null(at);
		assert_int_equal((uintptr_t)at % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(at[i], 0);
		memset(at, (int)size, size);
		if (last)
			assert_int_equal((unsigned char)last[0], (unsigned char)(size - 1));
		last = at;
	}
	arena_done(&arena);
}

static void past_the_maximum_there_is_nothing(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 10000);
	assert_null(arena_alloc(&arena, 10001));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_non_null(arena_alloc(&arena, 8000));
	assert_null(arena_alloc(&arena, 8000));
	assert_non_null(arena_alloc(&arena, 100));
	arena_done(&arena);
}

static void a_large_piece_gets_a_block_of_its_own(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	char *small = arena_alloc(&arena, 16);
	char *large = arena_alloc(&arena, 500000);
	assert_non_null(small);
	assert_non_null(large);
	memset(large, 1, 500000);
	assert_int_equal(small[0], 0);
	arena_done(&arena);
}

static void a_reset_gives_the_same_memory_again_zeroed(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	char *first = arena_alloc(&arena, 100);
	memset(first, 'x', 100);
	arena_alloc(&arena, 100000);
	arena_reset(&arena);
	char *again = arena_alloc(&arena, 100);
	assert_ptr_equal(first, again);
	for (int i = 0; i < 100; i++)
		assert_int_equal(again[i], 0);
	arena_done(&arena);
}

static void resets_without_end_stay_within_the_maximum(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 30000);
	for (int i = 0; i < 1000; i++) {
		assert_non_null(arena_alloc(&arena, 100));
		assert_non_null(arena_alloc(&arena, 20000));
		arena_reset(&arena);
	}
	arena_done(&arena);
	arena_reset(&arena);
}

static void copies_of_text_are_terminated(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 10000);
	assert_string_equal(arena_text(&arena, str_n("abcdef", 3)), "abc");
	assert_string_equal(arena_text(&arena, STR_NONE), "");
	assert_true(str_equal(arena_str(&arena, STR("xyz")), STR("xyz")));
	assert_non_null(arena_alloc(&arena, 8000));
	char much[9000] = {0};
	assert_null(arena_text(&arena, str_n(much, sizeof much)));
	assert_null(arena_str(&arena, str_n(much, sizeof much)).at);
	arena_done(&arena);
}

static void a_wipe_leaves_nothing_of_what_was_there(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 60000);
	arena_wipe(&arena);
	char *first = arena_text(&arena, STR("hush"));
	char *large = arena_alloc(&arena, 20000), *last = arena_text(&arena, STR("hush"));
	assert_true(first && large && last);
	memset(large, 'x', 20000);
	arena_wipe(&arena);
	for (int i = 0; i < 4; i++)
		assert_true(first[i] == '\0' && last[i] == '\0');
	for (int i = 0; i < 20000; i++)
		assert_int_equal(large[i], 0);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
		cmocka_unit_test(past_the_maximum_there_is_nothing),
		cmocka_unit_test(a_large_piece_gets_a_block_of_its_own),
		cmocka_unit_test(a_reset_gives_the_same_memory_again_zeroed),
		cmocka_unit_test(resets_without_end_stay_within_the_maximum),
		cmocka_unit_test(copies_of_text_are_terminated),
		cmocka_unit_test(a_wipe_leaves_nothing_of_what_was_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
