/* One seed: a town for some days, with the faults that the seed turns on; then without them, until all must be at rest. */
#include "sim/sim.h"

#define DAY_MS 86400000ll
#define STEP_MAX_MS 600000

struct sim *sim;

static void choose_faults(void)
{
	struct sim_random *random = &sim->random;
	struct sim_faults *faults = &sim->faults;

	*faults = (struct sim_faults){
		.commit_fails = chance_one_in(random, 2) ? 20 + chance_below(random, 200) : 0,
		.burst = chance_below(random, 20),
		.crashes = chance_one_in(random, 2) ? 200 + chance_below(random, 2000) : 0,
		.repeats = chance_one_in(random, 2) ? 2 + chance_below(random, 20) : 0,
		.late = chance_one_in(random, 2) ? 5 + chance_below(random, 50) : 0,
		.clock_steps = chance_one_in(random, 2) ? 2 : 0,
		.storms = chance_one_in(random, 2) ? 10 : 0,
		.rebalances = chance_one_in(random, 2) ? 50 : 0,
		.sink_fails = chance_one_in(random, 2) ? 4 + chance_below(random, 100) : 0,
		.scarce = chance_one_in(random, 3),
		.tight = chance_one_in(random, 5),
	};
	trace("", "faults: commits 1/%u+%u, crashes 1/%u, repeats 1/%u, late 1/%u, clock %u, storms %u, rebalances %u, sink %u, scarce %d, tight %d",
		faults->commit_fails, faults->burst, faults->crashes, faults->repeats, faults->late, faults->clock_steps, faults->storms,
		faults->rebalances, faults->sink_fails, faults->scarce, faults->tight);
}

static void begin(uint64_t seed, const struct sim_totals *totals)
{
	sim = calloc(1, sizeof *sim);
	ASSERT(sim);
	sim->seed = seed;
	sim->random.at = seed * 0x2545f4914f6cdd1du + 1;
	sim->now_ms = SIM_START_MS;
	sim->totals = *totals;
	sim->trace = trace_new();
	choose_faults();
	sim->model = model_new();
	server_open();
	topic_new();
	topic_begin();
	sink_new();
	texts_new();
	orders_new();
	calls_new();
	sim_blocks_new();
}

static void end(struct sim_totals *totals)
{
	sim->totals.seeds++;
	*totals = sim->totals;
	orders_free();
	texts_free();
	sink_free();
	topic_free();
	server_close();
	model_free(sim->model);
	trace_free(sim->trace);
	free(sim);
	sim = NULL;
}

/* Whatever is due by then, in small steps. */
static void go_to(int64_t ms)
{
	if (ms > sim->now_ms)
		sim->now_ms = ms;
	sim->step++;
	server_turn();
	orders_step();
	topic_step();
	if (sim->step % 4 == 0)
		sink_step();
	if (sim->step % 4 == 2)
		texts_send();
	model_check();
	orders_check();
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A thousand orders a day, as many calls again and half as many. */
static void live(uint32_t orders)
{
	int64_t order_ms = sim->now_ms, call_ms = sim->now_ms + 60000;

	while (sim->orders_n < orders) {
		go_to(earlier(earlier(order_ms, call_ms), earlier(orders_due_ms(), sim->now_ms + STEP_MAX_MS)));
		if (sim->now_ms >= order_ms) {
			orders_place();
			order_ms += 1 + chance_below(&sim->random, 2 * 86400);
			if (chance_one_in(&sim->random, 50)) /* a rush */
				order_ms = sim->now_ms + 100;
		}
		if (sim->now_ms >= call_ms) {
			calls_step();
			if (chance_one_in(&sim->random, 2))
				texts_step();
			if (chance_one_in(&sim->random, 40))
				erase_step();
			if (chance_one_in(&sim->random, 10))
				blocks_step();
			call_ms += 1 + chance_below(&sim->random, 2 * 57600);
		}
	}
}

/* No faults from now on: L1 and L2 have to come true. */
static void heal(void)
{
	sim->healed = true;
	sim->failing_n = 0;
	sim->wall_off_ms = 0;
	trace("", "healed");
	for (int64_t late_ms = sim->now_ms + 10 * DAY_MS; orders_due_ms() < INT64_MAX || !topic_idle();) {
		if (sim->now_ms > late_ms)
			topic_tell(), violation("L2", "", "events are not taken for days");
		go_to(earlier(orders_due_ms(), sim->now_ms + STEP_MAX_MS));
		if (chance_one_in(&sim->random, 8))
			calls_step();
	}
	orders_check_all();
	for (int64_t until = sim->now_ms + 3 * DAY_MS; sim->now_ms < until;)
		go_to(sim->now_ms + STEP_MAX_MS);
	for (int i = 0; i < 2000 && !sink_idle(); i++)
		go_to(sim->now_ms + STEP_MAX_MS);
	if (!topic_idle())
		violation("L2", "", "the topic is not consumed");
	if (!texts_idle())
		violation("L2", "", "texts wait long after");
	if (!sink_idle())
		violation("L2", "", "events were never delivered");
	model_check_idle();
}

void town_run(uint64_t seed, uint32_t orders, struct sim_totals *totals)
{
	begin(seed, totals);
	live(orders);
	sim->totals.ms += sim->now_ms - SIM_START_MS; /* the days of rest that follow don't count */
	heal();
	end(totals);
}
