#include "unit/test.h"

#include <jansson.h>

#include "wire/json_arena.h"

#define TEXT "{\"order\":\"A-1\",\"parties\":[{\"role\":\"customer\",\"floors\":[1,2,3,4,5,6,7,8,9]},{\"role\":\"courier\"}],\"paid\":1.5}"

static json_t *load_in(struct arena *arena, const char *text)
{
	json_arena_enter(arena);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_arena_leave();
	return root;
}

static void a_document_lies_in_its_arena_and_goes_with_it(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	json_t *root = load_in(&arena, TEXT);
	assert_non_null(root);
	assert_true(arena.used > 0);
	assert_string_equal(json_string_value(json_object_get(root, "order")), "A-1");
	assert_int_equal(json_array_size(json_object_get(root, "parties")), 2);
	arena_done(&arena);
}

static void documents_made_elsewhere_are_on_the_heap_as_ever(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	json_t *before = json_loads(TEXT, 0, NULL);
	json_t *root = load_in(&arena, TEXT);
	json_t *after = json_loads(TEXT, 0, NULL);
	assert_true(json_equal(before, root) && json_equal(after, root));
	arena_done(&arena);
	json_object_set_new(after, "more", json_true());
	assert_false(json_equal(before, after));
	json_decref(before);
	json_decref(after);
}

static void what_is_no_document_leaves_nothing_behind(void **state)
{
	static const char *const texts[] = {"{\"a\":[1,2,{\"b\":", "{\"a\":1,\"a\":2}", "[1,2", "{\"a\":\"\\ud800\"}", "", NULL};
	struct arena arena;

	(void)state;
	for (int i = 0; texts[i]; i++) {
		arena_init(&arena, 1 << 20);
		assert_null(load_in(&arena, texts[i]));
		arena_done(&arena);
	}
}

static void an_arena_that_is_full_is_no_memory(void **state)
{
	struct arena arena;
	int failed = 0;
	json_t *root = NULL;

	(void)state;
	for (size_t max = 0; !root; max += 16) {
		assert_true(max < 64 << 10);
		arena_init(&arena, max);
		root = load_in(&arena, TEXT);
		failed += !root;
		if (root)
			assert_int_equal(json_object_size(root), 3);
		arena_done(&arena);
	}
	assert_true(failed > 50);
}

static void enter_twice(void *arena)
{
	json_arena_enter(arena);
	json_arena_enter(arena);
}

static void arenas_are_entered_one_at_a_time(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 10);
	assert_true(test_dies(enter_twice, &arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_lies_in_its_arena_and_goes_with_it),
		cmocka_unit_test(documents_made_elsewhere_are_on_the_heap_as_ever),
		cmocka_unit_test(what_is_no_document_leaves_nothing_behind),
		cmocka_unit_test(an_arena_that_is_full_is_no_memory),
		cmocka_unit_test(arenas_are_entered_one_at_a_time),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
