#include "unit/test.h"

#include "plan/plan.h"

static struct plan_options small_city(enum pool_mode mode)
{
	struct plan_options options = {.orders_per_hour = 60, .session_s = 1800, .busiest = 2, .stockout = 0.01, .seed = 7,
		.policy = pool_policy_default('I' << 8 | 'D')};

	options.policy.mode = mode;
	options.policy.cooldown_s = 3600;
	options.policy.ttl_s = 12 * 86400;
	return options;
}

static struct plan plan_of(const struct plan_options *options)
{
	struct plan plan;
	const char *field;

	assert_int_equal(plan_make(options, &plan, &field), ERR_OK);
	return plan;
}

static const struct plan_point *point_of(const struct plan *plan, uint32_t vns)
{
	for (int i = 0; i < plan->points_n; i++)
		if (plan->points[i].vns == vns)
			return &plan->points[i];
	fail_msg("no run with %u", vns);
	return NULL;
}

static void the_answer_is_enough_and_a_little_less_is_not(void **state)
{
	(void)state;
	for (int mode = POOL_SHARED; mode <= POOL_EXCLUSIVE; mode++) {
		struct plan_options options = small_city((enum pool_mode)mode);
		struct plan plan = plan_of(&options);
		assert_true(point_of(&plan, plan.vns)->share <= options.stockout);
		assert_true(point_of(&plan, plan.vns)->orders >= 20000);
		for (int i = 1; i < plan.points_n; i++) {
			assert_true(plan.points[i - 1].vns < plan.points[i].vns);
			/* To one in a hundred. */
			if (plan.points[i].vns == plan.vns) {
				assert_true(plan.points[i - 1].share > options.stockout);
				assert_true(plan.vns - plan.points[i - 1].vns <= 1 + plan.vns / 100);
			}
		}
	}
}

static void it_is_near_the_rule_of_thumb(void **state)
{
	(void)state;
	for (int mode = POOL_SHARED; mode <= POOL_EXCLUSIVE; mode++) {
		struct plan_options options = small_city((enum pool_mode)mode);
		struct plan plan = plan_of(&options);
		assert_true(plan.vns > plan.formula / 2 && plan.vns < plan.formula * 2);
	}
}

static void the_same_seed_gives_the_same_answer(void **state)
{
	(void)state;
	struct plan_options options = small_city(POOL_SHARED);
	struct plan one = plan_of(&options), two = plan_of(&options);

	assert_int_equal(one.points_n, two.points_n);
	for (int i = 0; i < one.points_n; i++)
		assert_int_equal(one.points[i].refused, two.points[i].refused);
}

static void a_longer_cool_down_or_a_busier_courier_wants_more(void **state)
{
	(void)state;
	struct plan_options options = small_city(POOL_SHARED), longer = options, busier = options;

	longer.policy.cooldown_s *= 3;
	busier.busiest = 6;
	uint32_t vns = plan_of(&options).vns;
	assert_true(plan_of(&longer).vns > vns);
	assert_true(plan_of(&busier).vns > vns);
}

static void one_number_an_order_wants_half_of_an_exclusive_pool(void **state)
{
	(void)state;
	struct plan_options each = small_city(POOL_EXCLUSIVE), one = each;

	one.policy.numbers = POOL_ONE;
	double ratio = (double)plan_of(&each).vns / plan_of(&one).vns;
	assert_true(ratio > 1.8 && ratio < 2.2);
}

static void what_is_out_of_range_is_named(void **state)
{
	static const struct {
		const char *field;
		uint32_t rate, session_s, busiest;
		double stockout;
	} cases[] = {
		{"orders-per-hour", 0, 1800, 2, 0.01},
		{"orders-per-hour", PLAN_RATE_MAX + 1, 1800, 2, 0.01},
		{"minutes", 60, 59, 2, 0.01},
		{"busiest", 60, 1800, 0, 0.01},
		{"stockout", 60, 1800, 2, 0},
	};
	struct plan plan = {.vns = 42};
	const char *field;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct plan_options options = small_city(POOL_SHARED);
		options.orders_per_hour = cases[i].rate;
		options.session_s = cases[i].session_s;
		options.busiest = cases[i].busiest;
		options.stockout = cases[i].stockout;
		assert_int_equal(plan_make(&options, &plan, &field), ERR_BAD_REQUEST);
		assert_string_equal(field, cases[i].field);
		assert_int_equal(plan.vns, 42);
	}
}

static void more_than_can_be_simulated_is_refused(void **state)
{
	struct plan_options options = small_city(POOL_SHARED);
	struct plan plan;
	const char *field;

	(void)state;
	options.orders_per_hour = PLAN_RATE_MAX;
	options.session_s = 7 * 86400;
	assert_int_equal(plan_make(&options, &plan, &field), ERR_LIMIT_REACHED);
}

static void the_plot_is_whole(void **state)
{
	struct plan_options options = small_city(POOL_SHARED);
	struct plan plan = plan_of(&options);
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 18);
	plan_svg(&out, &options, &plan);
	assert_true(buf_ok(&out));
	assert_true(str_starts(buf_text(&out), STR("<svg ")));
	assert_memory_equal(out.at + out.len - 7, "</svg>\n", 7);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_is_enough_and_a_little_less_is_not),
		cmocka_unit_test(it_is_near_the_rule_of_thumb),
		cmocka_unit_test(the_same_seed_gives_the_same_answer),
		cmocka_unit_test(a_longer_cool_down_or_a_busier_courier_wants_more),
		cmocka_unit_test(one_number_an_order_wants_half_of_an_exclusive_pool),
		cmocka_unit_test(what_is_out_of_range_is_named),
		cmocka_unit_test(more_than_can_be_simulated_is_refused),
		cmocka_unit_test(the_plot_is_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
