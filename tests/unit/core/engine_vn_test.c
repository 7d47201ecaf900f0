/* VNs as the API and the supply ask for them: taken out and let in, by whom, how often; counted; looked for among parties' numbers. */
#include "engine_fixture.h"

static struct world world;

static int set_up(void **state)
{
	struct pool_policy policy = policy_for_tests();

	(void)state;
	world_init(&world, &policy, 6);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_done(&world);
	return 0;
}

static enum err out(uint32_t vn, enum vn_out why)
{
	world_begin(&world);
	enum err err = engine_vn_out(world.engine, vn, why);
	world_end(&world);
	return err;
}

static enum err set(int vn, int disabled, int reserved)
{
	uint32_t id = 0;

	world_begin(&world);
	enum err err = engine_vn_set(world.engine, world.tenant, vn_number_of(vn), disabled, reserved, &id);
	world_end(&world);
	assert_int_equal(id, err ? 0 : vn + 1);
	return err;
}

static enum err forgive(uint32_t vn)
{
	world_begin(&world);
	enum err err = engine_vn_forgive(world.engine, vn);
	world_end(&world);
	return err;
}

static const struct vn_row *row_of(uint32_t vn)
{
	struct vn_view view;

	assert_int_equal(engine_vn(world.engine, vn, &view), ERR_OK);
	return view.row;
}

static void what_is_no_vn_is_not_found(void **state)
{
	struct vn_view view;
	uint32_t id;

	(void)state;
	for (uint32_t vn = 0; vn <= 7; vn += 7) {
		assert_int_equal(out(vn, VN_OUT_SICK), ERR_NOT_FOUND);
		assert_int_equal(forgive(vn), ERR_NOT_FOUND);
		assert_int_equal(engine_vn(world.engine, vn, &view), ERR_NOT_FOUND);
	}
	assert_int_equal(set(6, 1, -1), ERR_NOT_FOUND);
	uint16_t other;
	assert_int_equal(engine_tenant(world.engine, str_of("other"), &other), ERR_OK);
	world_begin(&world);
	assert_int_equal(engine_vn_set(world.engine, other, vn_number_of(0), 1, -1, &id), ERR_NOT_FOUND);
	world_end(&world);
	assert_false(row_of(1)->disabled);
}

static void how_often_it_was_sick_is_known_until_somebody_looks(void **state)
{
	(void)state;
	assert_int_equal(out(1, VN_OUT_SICK), ERR_OK);
	assert_int_equal(out(1, VN_OUT_SICK), ERR_OK); /* once is once */
	assert_int_equal(row_of(1)->out_times, 1);
	assert_int_equal(engine_pool_sick(world.engine, world.pool), 1);
	assert_int_equal(forgive(1), ERR_OK); /* not while it is out */
	assert_int_equal(row_of(1)->out_times, 1);
	assert_int_equal(out(1, VN_OUT_NOT), ERR_OK);
	assert_int_equal(engine_pool_sick(world.engine, world.pool), 0);
	assert_int_equal(out(1, VN_OUT_VANISHED), ERR_OK);
	assert_int_equal(out(1, VN_OUT_SICK), ERR_OK);
	assert_int_equal(row_of(1)->out_times, 2);
	assert_int_equal(out(1, VN_OUT_NOT), ERR_OK);
	assert_int_equal(forgive(1), ERR_OK);
	assert_int_equal(row_of(1)->out_times, 0);
	assert_int_equal(forgive(1), ERR_OK); /* nothing to forgive */
	assert_int_equal(out(1, VN_OUT_SICK), ERR_OK);
	assert_int_equal(set(0, 0, -1), ERR_OK);
	assert_int_equal(row_of(1)->out_times, 0);
}

static void a_hand_has_the_last_word(void **state)
{
	(void)state;
	assert_int_equal(set(0, 1, -1), ERR_OK);
	uint32_t since = row_of(1)->out_at;
	world_wait(&world, 10);
	assert_int_equal(set(0, 1, -1), ERR_OK);
	assert_int_equal(row_of(1)->out_at, since);
	assert_int_equal(out(1, VN_OUT_NOT), ERR_FORBIDDEN);
	assert_int_equal(out(1, VN_OUT_SICK), ERR_FORBIDDEN);
	assert_int_equal(world_stock(&world).disabled, 1);
	assert_int_equal(set(0, 0, -1), ERR_OK);
	assert_int_equal(out(1, VN_OUT_NOT), ERR_OK); /* it isn't out */
	assert_int_equal(world_stock(&world).disabled, 0);
	assert_int_equal(row_of(1)->out_at, 0);
}

static void what_can_be_lent_is_counted_by_account(void **state)
{
	uint16_t second;

	(void)state;
	assert_int_equal(engine_account(world.engine, str_of("twilio"), str_of("two"), &second), ERR_OK);
	world_add_vn(&world, world.pool, &(struct vn_add){.number = vn_number_of(50), .account = second});
	assert_int_equal(engine_account(world.engine, str_of("exotel"), str_of("one"), &second), ERR_OK);
	world_add_vn(&world, world.pool, &(struct vn_add){.number = vn_number_of(51), .account = second});
	assert_int_equal(set(0, 1, -1), ERR_OK);
	assert_int_equal(set(1, -1, 1), ERR_OK);
	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	assert_int_equal(engine_pool_lendable(world.engine, world.pool, "twilio", "one"), 4);
	assert_int_equal(engine_pool_lendable(world.engine, world.pool, "twilio", "two"), 1);
	assert_int_equal(engine_pool_lendable(world.engine, world.pool, "exotel", "one"), 1);
	assert_int_equal(engine_pool_lendable(world.engine, world.pool, "exotel", "two"), 0);
	assert_int_equal(set(1, -1, 0), ERR_OK);
	assert_int_equal(engine_pool_lendable(world.engine, world.pool, "twilio", "one"), 5);
}

static void a_list_goes_by_pool_and_state(void **state)
{
	struct pool_policy policy = policy_for_tests();
	uint16_t other = world_pool(&world, "bandung", &policy);

	(void)state;
	world_add_vn(&world, other, &(struct vn_add){.number = vn_number_of(60), .account = world.account});
	assert_int_equal(set(1, 1, -1), ERR_OK);
	assert_int_equal(set(2, -1, 1), ERR_OK);
	assert_int_equal(engine_vn_next(world.engine, world.pool, -1, 0), 1);
	assert_int_equal(engine_vn_next(world.engine, world.pool, VN_DISABLED, 0), 2);
	assert_int_equal(engine_vn_next(world.engine, world.pool, VN_RESERVED, 0), 3);
	assert_int_equal(engine_vn_next(world.engine, world.pool, VN_FREE, 1), 4);
	assert_int_equal(engine_vn_next(world.engine, world.pool, -1, 6), 0);
	assert_int_equal(engine_vn_next(world.engine, other, -1, 0), 7);
	assert_int_equal(engine_vn_next(world.engine, other, VN_LENT, 0), 0);
}

static void partys_numbers_are_found_in_a_list_wherever_they_stand(void **state)
{
	struct vn_add adds[] = {{.number = number_of(COURIER)}, {.number = vn_number_of(70)}, {.number = number_of(CUSTOMER)},
		{.number = number_of(COURIER)}, {.number = number_of(40)}, {.number = number_of(COURIER)}, {.number = number_of(77)}};
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	static const bool expected[] = {true, false, true, true, true, true, false};
	bool in_use[7];
	uint32_t slot;

	(void)state;
	world_close(&world, world_must_open(&world, "A-0", 77, 78), 0); /* it has gone */
	party_add_number(&parties[0], 40);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	world_must_open(&world, "A-2", 80, 81);
	world_close(&world, engine_session_by_ref(world.engine, world.pool, STR("A-2")), 0);
	assert_int_equal(engine_vn_in_use(world.engine, adds, 7, in_use), ERR_OK);
	for (int i = 0; i < 7; i++)
		assert_int_equal(in_use[i], expected[i]);
	assert_int_equal(engine_vn_in_use(world.engine, adds, 0, in_use), ERR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_vn_is_not_found),
		TEST(how_often_it_was_sick_is_known_until_somebody_looks),
		TEST(a_hand_has_the_last_word),
		TEST(what_can_be_lent_is_counted_by_account),
		TEST(a_list_goes_by_pool_and_state),
		TEST(partys_numbers_are_found_in_a_list_wherever_they_stand),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
