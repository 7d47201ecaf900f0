/* The memory store with what may happen to a commit: it fails and nothing is there; or everything is there and nobody lives to hear
 * of it; or nothing is there and nobody lives. */
#include "sim/sim.h"

#include "store/store.h"

#define REST_MS 6000 /* longer than the writer rests after a failure */

static struct store_ops ops;
static const struct store_ops *real;

static enum err crash(struct store *store, const struct record *records, size_t n, enum store_verdict *verdicts)
{
	bool stored = chance_one_in(&sim->random, 2);

	sim->totals.crashes++;
	trace("", "crash %s the commit of %zu records", stored ? "after" : "before", n);
	if (stored) {
		enum err err = real->commit(store, records, n, verdicts);
		ASSERT(err == ERR_OK);
		model_committed(records, n);
	}
	sim->dead = true;
	return ERR_STORE_FAILED;
}

static bool fails(void)
{
	if (sim->healed)
		return false;
	if (sim->failing_n > 0) {
		sim->failing_n--;
		return true;
	}
	if (!chance_one_in(&sim->random, sim->faults.commit_fails))
		return false;
	sim->failing_n = chance_below(&sim->random, sim->faults.burst + 1);
	return true;
}

static enum err commit(struct store *store, const struct record *records, size_t n, enum store_verdict *verdicts)
{
	if (sim->dead)
		return ERR_STORE_FAILED;
	sim->totals.commits++;
	if (!sim->healed && chance_one_in(&sim->random, sim->faults.crashes))
		return crash(store, records, n, verdicts);
	if (fails()) {
		sim->totals.commit_failures++;
		sim->behind_ms = sim->now_ms + REST_MS;
		trace("...", "a commit of %zu records fails", n);
		return ERR_STORE_FAILED;
	}
	enum err err = real->commit(store, records, n, verdicts);
	ASSERT(err == ERR_OK);
	model_committed(records, n);
	return ERR_OK;
}

static bool must_stop(const struct store *store)
{
	(void)store;
	return sim->dead;
}

/* As seldom as a day has minutes: it goes through all there is. */
static bool idle(struct store *store, int64_t now_ms)
{
	static int64_t last_ms;

	if (sim->dead || (now_ms - last_ms < 1800000 && now_ms > last_ms))
		return false;
	last_ms = now_ms;
	return real->idle(store, now_ms);
}

static void stay(struct store *store)
{
	(void)store;
}

void sim_store_take(struct store *store)
{
	real = store->ops;
	ops = *real;
	ops.commit = commit;
	ops.must_stop = must_stop;
	ops.idle = idle;
	ops.close = stay;
	store->ops = &ops;
}

void sim_store_free(struct store *store)
{
	real->close(store);
}
