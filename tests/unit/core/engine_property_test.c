/* Random changes of small worlds, compared after each batch with engine_model.h. BAUTA_SEED repeats a run,
 * BAUTA_STEPS sets how many changes each configuration gets. */
#include "engine_steps.h"

/* --- time --- */

/* What waited and doesn't any more; what still waits must wait, if all were tried. */
static void look_at_waiting(struct run *run, bool all_tried)
{
	struct model *model = &run->model;

	for (int s = 0; s < model->sessions_n; s++) {
		struct msession *session = &model->sessions[s];
		if (!session->id || session->state != SESSION_WAITING || session->parties_n < 2)
			continue;
		struct msession old = *session;
		adopt(model, session, &old, row_of(run, session), 0);
	}
	for (int s = 0; all_tried && !model->tight && s < model->sessions_n; s++) {
		const struct msession *session = &model->sessions[s];
		if (session->id && session->state == SESSION_WAITING && session->parties_n >= 2)
			CHECK(run, !can_bind(model, session));
	}
}

static void tick(struct run *run)
{
	uint32_t max = chance(run, 70) ? 10000 : 1 + below(run, 3);
	bool new_second = engine_counts(run->world.engine).sessions > 0 &&
			  run->model.now_ms / 1000 != run->world.now_ms / 1000;

	model_advance(&run->model, run->world.now_ms);
	while (engine_tick(run->world.engine, max))
		;
	look_at_waiting(run, new_second && max == 10000);
}

static void let_time_pass(struct run *run)
{
	uint32_t die = below(run, 100);
	uint32_t ms = die < 40   ? 0
		      : die < 70 ? below(run, 3000)
		      : die < 97 ? below(run, 60000)
				 : below(run, 1000000);

	run->world.now_ms += ms;
}

/* --- comparisons --- */

static void compare_call(struct run *run, int caller, uint32_t vn)
{
	struct expected expected = who_is_reached(&run->model, caller, vn);
	struct decision decision = world_call(&run->world, number_of(caller), vn_number_of((int)vn - 1));

	run->decided++;
	CHECK(run, (decision.action == ACTION_CONNECT) == expected.connects);
	if (!expected.connects)
		return;
	run->connected++;
	CHECK(run, decision.callee.e164 == number_of(expected.callee).e164);
	CHECK(run, decision.show.e164 == vn_number_of((int)expected.show - 1).e164);
	CHECK(run, decision.session == expected.session);
}

static void compare_pins(struct run *run, const struct msession *session)
{
	char digits[9];

	for (int i = 0; i < session->parties_n; i++) {
		const struct mparty *party = &session->parties[i];
		int j = i == 0 ? 1 : 0;
		int len = policy_of(&run->model, session)->mode == POOL_EXCLUSIVE ? 6 : 8;
		if (session->state == SESSION_WAITING ||
			policy_of(&run->model, session)->unknown_caller != POOL_UNKNOWN_PIN)
			continue;
		snprintf(digits, sizeof digits, "%0*u", len, party->pin);
		struct question question = {.caller = number_of(5000),
			.called = vn_number_of((int)seen_vn(session, i, j) - 1),
			.account = DECIDE_ANY_ACCOUNT,
			.tenant = DECIDE_ANY_TENANT,
			.digits = str_of(digits),
			.now_ms = run->world.now_ms};
		struct decision decision;
		decide(engine_board(run->world.engine), &question, &decision);
		CHECK(run, decision.action == (party->may_call ? ACTION_CONNECT : ACTION_DIGITS));
		CHECK(run, !party->may_call ||
				   decision.callee.e164 == number_of(session->parties[j].who[0]).e164);
	}
}

static void compare(struct run *run)
{
	struct model *model = &run->model;
	const struct msession *session = random_session(run);

	for (int i = 0; i < 4; i++)
		compare_call(run, (int)below(run, 2 * PEOPLE + 5), 1 + below(run, model->vns_n));
	if (session && session->state != SESSION_WAITING) {
		int from = (int)below(run, (uint32_t)session->parties_n),
		    to = (int)below(run, (uint32_t)session->parties_n);
		uint32_t vn = from == to ? session->parties[from].vn : seen_vn(session, from, to);
		compare_call(run, session->parties[from].who[0], vn);
		compare_call(run, (int)below(run, PEOPLE), vn);
		compare_pins(run, session);
	}
	for (int i = 0; i < model->pools_n; i++) {
		struct pool_stock expected = model_stock(model, i), stock;
		struct pool_sessions sessions;
		engine_pool_count(run->world.engine, (uint16_t)i, &stock, &sessions);
		CHECK(run, memcmp(&expected, &stock, sizeof stock) == 0);
	}
}

/* Every session's picture in one number; and since when VNs are free, which a stop may make look longer. */
static uint64_t digest(struct run *run, bool free_since)
{
	const uint64_t key[2] = {1, 2};
	uint64_t sum = 0;

	for (int s = 0; s < run->model.sessions_n; s++) {
		const struct msession *session = &run->model.sessions[s];
		if (!session->id)
			continue;
		const struct session_row *row = row_of(run, session);
		sum = hash_two(sum, row->rev, (uint64_t)row->state << 32 | row->expires_at);
		sum = hash_two(sum, row->grace_until, row->cool_until);
		sum += hash_bytes(key, row->parties, row->parties_n * sizeof *row->parties);
		sum += hash_bytes(key, row->views, row->views_n * sizeof *row->views);
		sum += hash_bytes(key, row->past, row->past_n * sizeof *row->past);
	}
	for (uint32_t vn = 1; vn <= run->model.vns_n; vn++) {
		struct vn_view view;
		CHECK(run, engine_vn(run->world.engine, vn, &view) == ERR_OK);
		sum = hash_two(sum, free_since ? view.row->free_since : 0,
			(uint64_t)view.state << 32 | view.sessions);
	}
	struct engine_counts counts = engine_counts(run->world.engine);
	return hash_two(sum, counts.sessions, counts.pools);
}

static void audit(struct run *run)
{
	const char *wrong = engine_audit(run->world.engine);

	if (wrong)
		fail_msg("%s, step %u, seed %llu: %s", run->name, run->step, (unsigned long long)run->seed,
			wrong);
}

/* The one who has least choice, counted from the model. */
static void compare_busiest(struct run *run, bool exact)
{
	for (int i = 0; i < run->model.pools_n; i++) {
		uint32_t told = engine_pool_demand(run->world.engine, (uint16_t)i).busiest_pairs;
		uint32_t counted = busiest_of(&run->model, i);
		/* PINs are people too, and the model knows none of theirs. */
		bool pins = run->model.policies[i].unknown_caller == POOL_UNKNOWN_PIN;
		CHECK(run, run->model.tight || told >= counted);
		CHECK(run, run->model.tight || pins || !exact || told == counted);
		run->busiest += exact && told > 1;
	}
}

static void batch(struct run *run)
{
	int64_t before_ms = run->world.now_ms;
	let_time_pass(run);
	world_begin(&run->world);
	tick(run);
	/* A minute is a round of the sweep: only what cools to the second still counts. */
	compare_busiest(run, run->world.now_ms - before_ms >= 60000);
	world_commit(&run->world);
	bool roll_back = chance(run, 10);
	uint64_t was = roll_back ? digest(run, true) : 0;
	world_begin(&run->world);
	if (roll_back)
		run->before = run->model;
	for (uint32_t n = 1 + below(run, chance(run, 80) ? 5 : 60); n > 0; n--) {
		bool undo = chance(run, 3);
		if (undo && !roll_back) {
			uint32_t mark = engine_mark(run->world.engine);
			run->before = run->model;
			change(run);
			engine_undo(run->world.engine, mark);
			run->model = run->before;
			continue;
		}
		change(run);
	}
	if (roll_back) {
		engine_rollback(run->world.engine);
		run->model = run->before;
		run->rolled_back++;
		CHECK(run, digest(run, true) == was);
	} else {
		world_commit(&run->world);
	}
	compare(run);
	compare_busiest(run, false);
	if (chance(run, 2))
		audit(run);
}

static void restart(struct run *run)
{
	run->world.options.seed++; /* fresh at each start, else PINs would be drawn again that still cool */
	if (chance(run, 50)) {
		uint64_t was = digest(run, false);
		world_restart(&run->world);
		CHECK(run, digest(run, false) == was);
	} else {
		let_time_pass(run);
		world_restart(&run->world);
	}
	run->restarts++;
	run->model.now_ms = run->world.now_ms - 1000; /* what came due while it was down is due now */
	world_begin(&run->world);
	tick(run);
	world_commit(&run->world);
	audit(run);
	for (int caller = 0; caller < PEOPLE; caller++)
		for (uint32_t vn = 1; vn <= run->model.vns_n; vn++)
			compare_call(run, caller, vn);
}

struct setting {
	const char *name;
	struct pool_policy (*policy)(int pool);
	int pools, vns, vns_max, accounts;
	bool tight;
};

static void fill(struct run *run, const struct setting *setting)
{
	struct world *world = &run->world;
	struct model *model = &run->model;
	struct limits limits = WORLD_LIMITS;

	limits = (struct limits){.sessions = 200,
		.routes = 4000,
		.pairs = 6000,
		.tombstones = 400,
		.numbers = MODEL_VNS,
		.pools = 4,
		.accounts = 8,
		.tenants = 4,
		.roles = 16,
		.calls = 4,
		.idempotency = 4};
	if (setting->tight)
		limits.sessions = 40, limits.routes = 150, limits.pairs = 400, limits.tombstones = 90;
	*world = (struct world){.now_ms = START_MS,
		.options = {.limits = limits,
			.seed = run->seed,
			.text_key = {2, 3},
			.tell = run->seed & 1 ? tell_number : NULL,
			.tombstone_s = 400,
			.now_ms = START_MS}};
	kept_init(&world->kept);
	arena_init(&world->arena, (size_t)64 << 20);
	world->engine = engine_new(&world->options);
	assert_non_null(world->engine);
	world_names(world);
	*model = (struct model){
		.now_ms = START_MS, .tombstone_s = 400, .tight = setting->tight, .pools_n = setting->pools};
	for (int pool = 0; pool < setting->pools; pool++) {
		const char name[2] = {(char)('a' + pool), 0};
		model->policies[pool] = setting->policy(pool);
		assert_int_equal(world_pool(world, name, &model->policies[pool]), pool);
	}
	for (int i = 0; i < setting->vns; i++) {
		uint16_t account = (uint16_t)(i % setting->accounts);
		struct vn_add add = {.number = vn_number_of(i),
			.account = account_in_engine(run, account),
			.place = place_of_person(i)};
		uint16_t pool = (uint16_t)((i / setting->accounts) % setting->pools);
		world_add_vn(world, pool, &add);
		model->vns[++model->vns_n] =
			(struct mvn){.pool = pool, .account = account, .place = add.place};
	}
}

static struct pool_policy quick_policy(void)
{
	struct pool_policy policy = policy_for_tests();

	policy.ttl_s = 300;
	policy.grace_s = 30;
	policy.cooldown_s = 100;
	policy.rest_s = 20;
	policy.per_vn_max = 1000;
	return policy;
}

static struct pool_policy shared_policy(int pool)
{
	struct pool_policy policy = quick_policy();

	policy.per_vn_max = pool == 1 ? 3 : 1000;
	policy.stick = pool == 2 ? POOL_STICK_PREFER : POOL_STICK_AVOID;
	return policy;
}

static struct pool_policy exclusive_policy(int pool)
{
	struct pool_policy policy = quick_policy();

	policy.mode = pool == 1 ? POOL_SHARED : POOL_EXCLUSIVE;
	return policy;
}

static struct pool_policy one_policy(int pool)
{
	struct pool_policy policy = quick_policy();

	policy.numbers = POOL_ONE;
	policy.mode = pool == 1 ? POOL_EXCLUSIVE : POOL_SHARED;
	return policy;
}

static struct pool_policy pin_policy(int pool)
{
	struct pool_policy policy = quick_policy();

	policy.mode = pool == 1 ? POOL_EXCLUSIVE : POOL_SHARED;
	policy.unknown_caller = POOL_UNKNOWN_PIN;
	return policy;
}

static struct pool_policy geo_policy(int pool)
{
	struct pool_policy policy = quick_policy();

	policy.geo = pool == 0 ? POOL_GEO_COUNTRY : POOL_GEO_AREA;
	policy.geo_strict = pool != 2;
	policy.mode = pool == 1 ? POOL_EXCLUSIVE : POOL_SHARED;
	return policy;
}

static uint32_t steps_wanted(void)
{
	const char *text = getenv("BAUTA_STEPS");
	uint64_t steps = 60000;

	if (text)
		str_u64(str_of(text), &steps);
	return (uint32_t)steps;
}

static void play(const struct setting *setting)
{
	struct run *run = calloc(1, sizeof *run);
	uint32_t steps = steps_wanted();

	assert_non_null(run);
	run->seed = test_seed();
	run->random.state = run->seed;
	run->name = setting->name;
	run->version = 100;
	run->vns_max = setting->vns_max;
	fill(run, setting);
	while (run->step < steps) {
		batch(run);
		if (chance(run, 1))
			restart(run);
	}
	printf("# %s: %u changes, %u opened, %u exhausted, %u waited, %u rolled back, %u restarts, %u of %u "
	       "calls connected, %u replaced, %u kept\n",
		run->name, run->step, run->opened, run->exhausted, run->waited, run->rolled_back,
		run->restarts, run->connected, run->decided, run->replaced, run->kept);
	assert_true(run->busiest > 0 || steps < 10000);
	assert_true(run->replaced > 0 || steps < 10000);
	world_done(&run->world);
	free(run);
}

#define PLAY(title, ...)                                                                                     \
	static void title(void **state)                                                                      \
	{                                                                                                    \
		(void)state;                                                                                 \
		static const struct setting setting = {.name = #title, __VA_ARGS__};                         \
		play(&setting);                                                                              \
	}

PLAY(shared_pools_do_as_the_model_does, .policy = shared_policy, .pools = 3, .vns = 30, .vns_max = 40,
	.accounts = 1)
PLAY(a_pool_that_is_too_small_does_as_the_model_does, .policy = shared_policy, .pools = 1, .vns = 5,
	.vns_max = 7, .accounts = 1)
PLAY(exclusive_pools_do_as_the_model_does, .policy = exclusive_policy, .pools = 2, .vns = 25, .vns_max = 40,
	.accounts = 1)
PLAY(pools_with_one_number_for_both_do_as_the_model_does, .policy = one_policy, .pools = 2, .vns = 12,
	.vns_max = 20, .accounts = 1)
PLAY(pools_with_pins_do_as_the_model_does, .policy = pin_policy, .pools = 2, .vns = 20, .vns_max = 40,
	.accounts = 1)
PLAY(pools_with_places_and_accounts_do_as_the_model_does, .policy = geo_policy, .pools = 3, .vns = 36,
	.vns_max = 40, .accounts = 3)
PLAY(full_tables_refuse_and_nothing_is_half_done, .policy = shared_policy, .pools = 2, .vns = 20,
	.vns_max = 30, .accounts = 2, .tight = true)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_pools_do_as_the_model_does),
		cmocka_unit_test(a_pool_that_is_too_small_does_as_the_model_does),
		cmocka_unit_test(exclusive_pools_do_as_the_model_does),
		cmocka_unit_test(pools_with_one_number_for_both_do_as_the_model_does),
		cmocka_unit_test(pools_with_pins_do_as_the_model_does),
		cmocka_unit_test(pools_with_places_and_accounts_do_as_the_model_does),
		cmocka_unit_test(full_tables_refuse_and_nothing_is_half_done),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
