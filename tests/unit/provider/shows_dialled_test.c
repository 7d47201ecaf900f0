/* Whose calls can show nothing but the number that was dialled has its numbers in pools where that is right; and where webhooks are. */
#include "unit/core/engine_fixture.h"

#include "provider/provider.h"
#include "provider/shows_dialled.h"
#include "provider/webhook.h"

static void such_numbers_join_pools_in_which_one_stands_for_both(void **state)
{
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint16_t account;

	(void)state;
	world_init(&world, &policy, 1);
	uint16_t each = world.pool;
	policy.numbers = POOL_ONE;
	uint16_t one = world_pool(&world, "one", &policy);
	assert_true(shows_dialled_may_join(world.engine, each, STR("twilio")));
	assert_false(shows_dialled_may_join(world.engine, each, STR("messagebird")));
	assert_true(shows_dialled_may_join(world.engine, each, STR("nobody")));
	assert_true(shows_dialled_may_join(world.engine, one, STR("messagebird")));
	/* A pool that has such a number stays as it is. */
	assert_true(shows_dialled_may_be(world.engine, one, POOL_EACH));
	assert_int_equal(engine_account(world.engine, str_of("messagebird"), str_of("main"), &account), ERR_OK);
	world_add_vn(&world, one, &(struct vn_add){.number = vn_number_of(60), .account = world.account});
	assert_true(shows_dialled_may_be(world.engine, one, POOL_EACH));
	world_add_vn(&world, one, &(struct vn_add){.number = vn_number_of(61), .account = account});
	assert_false(shows_dialled_may_be(world.engine, one, POOL_EACH));
	assert_true(shows_dialled_may_be(world.engine, one, POOL_ONE));
	assert_true(shows_dialled_may_be(world.engine, each, POOL_EACH));
	world_done(&world);
}

static void webhooks_are_where_the_account_says(void **state)
{
	struct account account = {.provider = provider_find(STR("twilio")), .name = "main"};
	char text[64];

	(void)state;
	assert_true(account_hook_base(&account, "https://vn.example.com", text, sizeof text));
	assert_string_equal(text, "https://vn.example.com/hooks/twilio/main/");
	snprintf(account.secret_path, sizeof account.secret_path, "s3cret");
	assert_true(account_hook_base(&account, "https://vn.example.com", text, sizeof text));
	assert_string_equal(text, "https://vn.example.com/hooks/twilio/main/s3cret/");
	assert_true(account_hook_base(&account, "https://vn.example.com", text, 49));
	assert_false(account_hook_base(&account, "https://vn.example.com", text, 48));
	assert_string_equal(text, "");
}

/* Whoever asks first decodes; a form that can't be read is so for all. */
static void a_form_is_decoded_once(void **state)
{
	struct arena arena, other;
	struct webhook_form kept = {.arena = &arena};
	char body[] = "a=1&b=2";
	struct webhook webhook = {.post = true, .body = str_of(body), .form = &kept};
	struct form form, again;

	(void)state;
	arena_init(&arena, 1 << 16);
	arena_init(&other, 1 << 16);
	assert_int_equal(webhook_form(&webhook, &other, &form), ERR_OK);
	memcpy(body, "c=3", 3);
	assert_int_equal(webhook_form(&webhook, &other, &again), ERR_OK);
	assert_ptr_equal(again.fields, form.fields);
	assert_int_equal(again.n, 2);
	assert_null(other.first); /* it lives where it is kept */
	kept = (struct webhook_form){.arena = &arena};
	webhook.body = STR("a=%zz");
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(webhook_form(&webhook, &other, &again), ERR_OK);
	assert_ptr_equal(again.fields, form.fields);
	arena_done(&arena);
	arena_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(such_numbers_join_pools_in_which_one_stands_for_both),
		cmocka_unit_test(webhooks_are_where_the_account_says),
		cmocka_unit_test(a_form_is_decoded_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
