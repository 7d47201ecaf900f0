#include "unit/test.h"

#include "supply/reconcile.h"

#define US ('U' << 8 | 'S')
#define GB ('G' << 8 | 'B')
#define NOW 1800000000u
#define TARGET "https://vn.example.com/hooks/twilio/main/voice"
#define TEXT_TARGET "https://vn.example.com/hooks/twilio/main/sms"
#define LISTED_MAX 64

struct fixture {
	struct arena arena;
	struct inventory_number listed[LISTED_MAX];
	uint16_t countries[LISTED_MAX];
	struct reconcile_vn vns[LISTED_MAX];
	struct reconcile_pool pools[2];
	struct reconcile_claim claims[1];
	struct reconcile_ask ask;
	struct reconcile_plan plan;
};

/* +1 212 555 0100 and on: fictitious. */
static struct number number_at(int i)
{
	return (struct number){12125550100u + (unsigned)i};
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	if (!f)
		return -1;
	arena_init(&f->arena, 1 << 20);
	f->pools[0] = (struct reconcile_pool){.pool = 0, .country = GB, .policy = supply_policy_default()};
	f->pools[1] = (struct reconcile_pool){.pool = 1, .country = US, .policy = supply_policy_default()};
	for (int i = 0; i < 2; i++) {
		f->pools[i].policy.join = true;
		f->pools[i].policy.accounts_n = 1;
		f->pools[i].policy.accounts[0] = (struct supply_account){"twilio", "main"};
	}
	f->ask = (struct reconcile_ask){.provider = "twilio", .account = "main", .target = TARGET, .text_target = "", .now_s = NOW,
		.listed = f->listed, .countries = f->countries, .vns = f->vns, .pools = f->pools, .pools_n = 2,
		.claims = f->claims};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_done(&f->arena);
	free(f);
	return 0;
}

static struct inventory_number *list(struct fixture *f, int i)
{
	struct inventory_number *listed = &f->listed[f->ask.listed_n];

	*listed = (struct inventory_number){.number = number_at(i), .id = STR("PN1"), .country = US, .voice = true,
		.active = true, .hook_told = true, .hook = STR(TARGET)};
	f->countries[f->ask.listed_n++] = US;
	return listed;
}

static struct reconcile_vn *stock(struct fixture *f, int i)
{
	struct reconcile_vn *vn = &f->vns[f->ask.vns_n++];

	*vn = (struct reconcile_vn){.number = number_at(i), .id = 100 + (uint32_t)i, .pool = 1, .added_at = NOW - 86400};
	return vn;
}

static void plan(struct fixture *f)
{
	arena_reset(&f->arena);
	assert_int_equal(reconcile(&f->ask, &f->arena, &f->plan), ERR_OK);
}

static void only(struct fixture *f, enum step_kind kind, int i)
{
	assert_int_equal(f->plan.n, 1);
	assert_int_equal(f->plan.steps[0].kind, kind);
	assert_true(number_equal(f->plan.steps[0].number, number_at(i)));
}

static void what_is_there_and_points_to_us_needs_nothing(void **state)
{
	struct fixture *f = *state;

	for (int i = 9; i >= 0; i--)
		stock(f, i);
	for (int i = 0; i < 10; i++)
		list(f, i);
	plan(f);
	assert_int_equal(f->plan.n, 0);
	assert_int_equal(f->plan.same, 10);
}

static void a_new_number_joins_the_first_pool_that_fits(void **state)
{
	struct fixture *f = *state;

	list(f, 1);
	plan(f);
	only(f, STEP_JOIN, 1);
	assert_int_equal(f->plan.steps[0].pool, 1); /* the other is of another country */
	assert_int_equal(f->plan.steps[0].purchase, 0);
}

static void a_number_that_no_rule_fits_stays_outside(void **state)
{
	struct fixture *f = *state;
	struct supply_policy *policy = &f->pools[1].policy;
	const struct supply_policy usual = *policy;

	list(f, 1);
	policy->join = false;
	plan(f);
	only(f, STEP_UNCLAIMED, 1);
	*policy = usual;
	policy->sms = true;
	plan(f);
	only(f, STEP_UNCLAIMED, 1);
	*policy = usual;
	snprintf(policy->tag, sizeof policy->tag, "bauta");
	plan(f);
	only(f, STEP_UNCLAIMED, 1);
	f->listed[0].tag = STR("bauta");
	plan(f);
	only(f, STEP_JOIN, 1);
	snprintf(policy->accounts[0].name, sizeof policy->accounts[0].name, "other");
	plan(f);
	only(f, STEP_UNCLAIMED, 1);
	*policy = usual;
	f->countries[0] = 0; /* nobody knows where it belongs */
	plan(f);
	only(f, STEP_UNCLAIMED, 1);
}

static void a_strangers_number_is_never_pointed_to_us(void **state)
{
	struct fixture *f = *state;

	list(f, 1)->hook = STR("https://elsewhere.example.com/");
	f->pools[1].policy.join = false;
	f->ask.manage_webhooks = true;
	plan(f);
	only(f, STEP_UNCLAIMED, 1);
}

static void what_can_take_no_calls_does_not_join(void **state)
{
	struct fixture *f = *state;

	list(f, 1)->voice = false;
	plan(f);
	only(f, STEP_UNUSABLE, 1);
	f->listed[0].voice = true;
	f->listed[0].active = false;
	plan(f);
	only(f, STEP_UNUSABLE, 1);
}

static void what_was_bought_joins_the_pool_that_it_was_bought_for(void **state)
{
	struct fixture *f = *state;

	list(f, 1);
	f->claims[0] = (struct reconcile_claim){.number = number_at(1), .purchase = 77, .pool = 0};
	f->ask.claims_n = 1;
	plan(f);
	only(f, STEP_JOIN, 1);
	assert_int_equal(f->plan.steps[0].pool, 0);
	assert_int_equal(f->plan.steps[0].purchase, 77);
}

static void what_was_bought_is_pointed_to_us_whoever_sees_to_the_others(void **state)
{
	struct fixture *f = *state;

	list(f, 1)->hook = STR("https://elsewhere.example.com/");
	f->claims[0] = (struct reconcile_claim){.number = number_at(1), .purchase = 77, .pool = 0};
	f->ask.claims_n = 1;
	plan(f);
	assert_int_equal(f->plan.n, 2);
	assert_int_equal(f->plan.steps[0].kind, STEP_JOIN);
	assert_int_equal(f->plan.steps[1].kind, STEP_POINT);
}

static void what_points_elsewhere_is_told_or_set_right(void **state)
{
	struct fixture *f = *state;

	stock(f, 1);
	list(f, 1)->hook = STR("https://elsewhere.example.com/");
	plan(f);
	only(f, STEP_ELSEWHERE, 1);
	f->ask.manage_webhooks = true;
	plan(f);
	only(f, STEP_POINT, 1);
	f->listed[0].hook = STR(TARGET);
	f->listed[0].hook_hidden = true; /* an application wins over it */
	plan(f);
	only(f, STEP_POINT, 1);
	f->listed[0].hook_told = false;
	plan(f);
	assert_int_equal(f->plan.n, 0);
	f->listed[0].hook_told = true;
	f->ask.target = "";
	plan(f);
	assert_int_equal(f->plan.n, 0);
}

static void texts_of_a_pool_that_has_them_are_told_or_set_right(void **state)
{
	struct fixture *f = *state;

	stock(f, 1);
	list(f, 1)->text_hook_told = true;
	f->ask.text_target = TEXT_TARGET;
	plan(f);
	assert_int_equal(f->plan.n, 0); /* its pool has none */
	f->pools[1].texts = true;
	plan(f);
	only(f, STEP_ELSEWHERE, 1);
	f->ask.manage_webhooks = true;
	plan(f);
	only(f, STEP_POINT, 1);
	assert_true(f->plan.steps[0].texts && !f->plan.steps[0].calls);
	f->listed[0].hook = STR("https://elsewhere.example.com/");
	plan(f);
	only(f, STEP_POINT, 1); /* both at once */
	assert_true(f->plan.steps[0].texts && f->plan.steps[0].calls);
	f->listed[0].text_hook = STR(TEXT_TARGET);
	plan(f);
	assert_true(!f->plan.steps[0].texts && f->plan.steps[0].calls);
	f->listed[0].hook = STR(TARGET);
	f->listed[0].text_hook_hidden = true;
	plan(f);
	assert_true(f->plan.steps[0].texts);
	f->listed[0].text_hook_told = false; /* it takes none, or the list doesn't say */
	plan(f);
	assert_int_equal(f->plan.n, 0);
}

static void a_new_one_whose_texts_go_elsewhere_joins_and_is_set_right(void **state)
{
	struct fixture *f = *state;

	list(f, 1)->text_hook_told = true;
	f->ask.text_target = TEXT_TARGET;
	f->ask.manage_webhooks = true;
	f->pools[1].texts = true;
	plan(f);
	assert_int_equal(f->plan.n, 2);
	assert_int_equal(f->plan.steps[0].kind, STEP_JOIN);
	assert_int_equal(f->plan.steps[1].kind, STEP_POINT);
	assert_true(f->plan.steps[1].texts && !f->plan.steps[1].calls);
}

static void a_new_one_that_points_elsewhere_joins_and_is_set_right(void **state)
{
	struct fixture *f = *state;

	list(f, 1)->hook = STR_NONE;
	f->ask.manage_webhooks = true;
	plan(f);
	assert_int_equal(f->plan.n, 2);
	assert_int_equal(f->plan.steps[0].kind, STEP_JOIN);
	assert_int_equal(f->plan.steps[1].kind, STEP_POINT);
	assert_int_equal(f->plan.steps[1].pool, 1);
}

/* It would be lent, and its calls go nobody knows where. */
static void a_new_one_of_which_the_list_does_not_say_where_it_points_is_pointed_first(void **state)
{
	struct fixture *f = *state;

	list(f, 1)->hook_told = false;
	plan(f);
	only(f, STEP_JOIN, 1);
	f->ask.manage_webhooks = true;
	plan(f);
	assert_int_equal(f->plan.n, 2);
	assert_int_equal(f->plan.steps[0].kind, STEP_JOIN);
	assert_int_equal(f->plan.steps[1].kind, STEP_POINT);
	f->ask.target = "";
	plan(f);
	only(f, STEP_JOIN, 1);
}

static void what_vanished_is_disabled_once(void **state)
{
	struct fixture *f = *state;

	stock(f, 1);
	stock(f, 2);
	list(f, 2);
	plan(f);
	only(f, STEP_VANISH, 1);
	assert_int_equal(f->plan.steps[0].vn, 101);
	f->vns[0].out = VN_OUT_VANISHED;
	plan(f);
	assert_int_equal(f->plan.n, 0);
}

static void what_somebody_disabled_by_hand_stays_theirs(void **state)
{
	struct fixture *f = *state;

	stock(f, 1)->out = VN_OUT_HAND;
	stock(f, 2)->out = VN_OUT_HAND;
	list(f, 2);
	plan(f);
	assert_int_equal(f->plan.n, 0);
}

static void what_was_added_a_moment_ago_need_not_be_listed_yet(void **state)
{
	struct fixture *f = *state;

	stock(f, 1)->added_at = NOW - RECONCILE_FRESH_S + 1;
	plan(f);
	assert_int_equal(f->plan.n, 0);
	f->vns[0].added_at = NOW - RECONCILE_FRESH_S;
	plan(f);
	only(f, STEP_VANISH, 1);
}

static void what_came_back_is_enabled(void **state)
{
	struct fixture *f = *state;

	stock(f, 1)->out = VN_OUT_VANISHED;
	list(f, 1);
	plan(f);
	only(f, STEP_RETURN, 1);
	f->listed[0].active = false;
	plan(f);
	assert_int_equal(f->plan.n, 0);
	f->listed[0].active = true;
	f->vns[0].out = VN_OUT_SICK; /* that it is listed makes it no healthier */
	plan(f);
	assert_int_equal(f->plan.n, 0);
}

static void a_list_that_lacks_too_much_is_not_believed(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 30; i++)
		stock(f, i);
	for (int i = 0; i < 15; i++)
		list(f, i);
	plan(f);
	assert_int_equal(f->plan.n, 15); /* half: just believed */
	assert_false(f->plan.doubtful);
	f->ask.listed_n = 14;
	plan(f);
	assert_true(f->plan.doubtful);
	assert_int_equal(f->plan.gone, 16);
	assert_int_equal(f->plan.n, 0);
	f->ask.believe = true;
	plan(f);
	assert_false(f->plan.doubtful);
	assert_int_equal(f->plan.n, 16);
}

static void a_small_stock_may_go_whole(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < RECONCILE_GONE_MAX; i++)
		stock(f, i);
	plan(f);
	assert_int_equal(f->plan.n, RECONCILE_GONE_MAX);
	stock(f, RECONCILE_GONE_MAX);
	plan(f);
	assert_true(f->plan.doubtful);
}

static void a_number_on_two_pages_counts_once(void **state)
{
	struct fixture *f = *state;

	list(f, 1);
	list(f, 2);
	list(f, 1);
	plan(f);
	assert_int_equal(f->plan.n, 2);
}

static void without_room_nothing_is_planned(void **state)
{
	struct fixture *f = *state;
	struct arena small;

	list(f, 1);
	arena_init(&small, 64);
	assert_int_equal(reconcile(&f->ask, &small, &f->plan), ERR_TOO_LARGE);
	arena_done(&small);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_there_and_points_to_us_needs_nothing),
		CASE(a_new_number_joins_the_first_pool_that_fits),
		CASE(a_number_that_no_rule_fits_stays_outside),
		CASE(a_strangers_number_is_never_pointed_to_us),
		CASE(what_can_take_no_calls_does_not_join),
		CASE(what_was_bought_joins_the_pool_that_it_was_bought_for),
		CASE(what_points_elsewhere_is_told_or_set_right),
		CASE(texts_of_a_pool_that_has_them_are_told_or_set_right),
		CASE(a_new_one_whose_texts_go_elsewhere_joins_and_is_set_right),
		CASE(a_new_one_that_points_elsewhere_joins_and_is_set_right),
		CASE(a_new_one_of_which_the_list_does_not_say_where_it_points_is_pointed_first),
		CASE(what_was_bought_is_pointed_to_us_whoever_sees_to_the_others),
		CASE(what_vanished_is_disabled_once),
		CASE(what_somebody_disabled_by_hand_stays_theirs),
		CASE(what_was_added_a_moment_ago_need_not_be_listed_yet),
		CASE(what_came_back_is_enabled),
		CASE(a_list_that_lacks_too_much_is_not_believed),
		CASE(a_small_stock_may_go_whole),
		CASE(a_number_on_two_pages_counts_once),
		CASE(without_room_nothing_is_planned),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
