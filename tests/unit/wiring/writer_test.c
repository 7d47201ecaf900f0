#include "unit/test.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "base/check.h"
#include "serve/idempotency.h"
#include "serve/writer.h"
#include "serve/writer_calls.h"

#define START_MS 1763978400000
#define QUEUE_MAX 2000
#define CALL_QUEUE_MAX 64

/* A store that does as the memory store does, and fails when told to. */
struct shaky {
	struct store base;
	struct store *inner;
	_Atomic bool fails, broken, changed;
	_Atomic bool endless; /* housekeeping has always more to do; a step takes IDLE_STEP_MS */
	_Atomic int64_t idled_ms;
	_Atomic int commits, idles;
	sem_t idles_seen;
};

#define IDLE_STEP_MS 100
#define IDLE_STEPS 30

static struct shaky shaky;

static enum err shaky_load(struct store *store, int64_t now_ms, const struct store_visitor *visitor, char error[256])
{
	(void)store;
	return shaky.inner->ops->load(shaky.inner, now_ms, visitor, error);
}

static enum err shaky_commit(struct store *store, const struct record *records, size_t n, enum store_verdict *verdicts)
{
	(void)store;
	assert_true(n > 0);
	for (size_t i = 1; i < n; i++)
		assert_true(records[i].change >= records[i - 1].change);
	atomic_fetch_add(&shaky.commits, 1);
	if (atomic_load(&shaky.fails))
		return ERR_STORE_FAILED;
	return shaky.inner->ops->commit(shaky.inner, records, n, verdicts);
}

static bool shaky_idle(struct store *store, int64_t now_ms)
{
	(void)store, (void)now_ms;
	bool endless = atomic_load(&shaky.endless);
	if (endless)
		atomic_fetch_add(&shaky.idled_ms, IDLE_STEP_MS);
	if (atomic_fetch_add(&shaky.idles, 1) + 1 == IDLE_STEPS && endless)
		sem_post(&shaky.idles_seen);
	return endless;
}

static bool shaky_must_stop(const struct store *store)
{
	(void)store;
	return atomic_load(&shaky.broken);
}

static bool shaky_changed(struct store *store)
{
	(void)store;
	return atomic_exchange(&shaky.changed, false);
}

static const struct store_ops shaky_ops = {
	.name = "shaky",
	.load = shaky_load,
	.commit = shaky_commit,
	.idle = shaky_idle,
	.must_stop = shaky_must_stop,
	.changed = shaky_changed,
};

/* --- one writer with all that it needs --- */

struct fixture {
	struct vault *vault;
	struct engine *engine;
	struct idempotency *idempotency;
	struct writer_calls *calls;
	struct writer *writer;
	_Atomic int64_t now_ms;
	_Atomic int answered, keys, stops;
	_Atomic bool keys_unread;
	sem_t keys_seen, stop_seen;
};

static struct fixture fixture;

static int64_t now_ms(void *context)
{
	(void)context;
	return atomic_load(&fixture.now_ms) + atomic_load(&shaky.idled_ms);
}

static void answered(void *context)
{
	(void)context;
	atomic_fetch_add(&fixture.answered, 1);
}

/* False: they could not be read. */
static bool keys_changed(void *context)
{
	(void)context;
	atomic_fetch_add(&fixture.keys, 1);
	sem_post(&fixture.keys_seen);
	return !fixture.keys_unread;
}

static void must_stop(void *context)
{
	(void)context;
	atomic_fetch_add(&fixture.stops, 1);
	sem_post(&fixture.stop_seen);
}

static int set_up(void **state)
{
	static const uint8_t key[1][96] = {{1, 2, 3}};
	struct fixture *f = &fixture;

	(void)state;
	memset(f, 0, sizeof *f);
	f->now_ms = START_MS;
	sem_init(&f->keys_seen, 0, 0);
	sem_init(&f->stop_seen, 0, 0);
	f->vault = vault_of(key, 1);
	shaky = (struct shaky){.base = {.ops = &shaky_ops}, .inner = store_memory_new(f->vault)};
	struct engine_options engine = {.limits = LIMITS_DEFAULT(5000), .seed = 1, .now_ms = START_MS};
	f->engine = engine_new(&engine);
	f->idempotency = idempotency_new(1000, 1);
	f->calls = writer_calls_new(1000, 1);
	struct writer_options options = {
		.engine = f->engine,
		.store = &shaky.base,
		.idempotency = f->idempotency,
		.calls = f->calls,
		.queue_max = QUEUE_MAX,
		.call_queue_max = CALL_QUEUE_MAX,
		.batch_max = 512,
		.now_ms = now_ms,
		.answered = answered,
		.keys_changed = keys_changed,
		.must_stop = must_stop,
	};
	f->writer = writer_new(&options);
	assert_non_null(f->writer);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = &fixture;

	(void)state;
	writer_stop(f->writer);
	writer_free(f->writer);
	writer_calls_free(f->calls);
	idempotency_free(f->idempotency);
	engine_free(f->engine);
	shaky.inner->ops->close(shaky.inner);
	vault_free(f->vault);
	return 0;
}

/* --- a command that makes a pool, and one that counts them --- */

struct job {
	struct command command;
	char name[24];
	bool note_key;      /* uses an Idempotency-Key */
	bool fails_late;    /* does it, then thinks better of it */
	int pools;          /* seen by a query */
	enum err err;
	int finished;
	sem_t done;
};

static enum err make_pool(struct command *command, struct engine *engine, int64_t now)
{
	struct job *job = (struct job *)command;
	struct pool_policy policy = pool_policy_default(country_parse(STR("ID")));
	struct idempotency_use use = {.row = 7, .until = (uint32_t)(now / 1000) + 60};
	uint8_t key[16] = {9};
	uint16_t tenant, pool;

	assert_int_equal(engine_tenant(engine, STR("main"), &tenant), ERR_OK);
	if (job->note_key)
		assert_int_equal(idempotency_note(fixture.idempotency, key, &use), ERR_OK);
	enum err err = engine_pool_create(engine, tenant, str_of(job->name), &policy, &pool);
	return err ? err : job->fails_late ? ERR_BAD_REQUEST : ERR_OK;
}

static enum err count_pools(struct command *command, struct engine *engine, int64_t now)
{
	(void)now;
	((struct job *)command)->pools = engine_pools(engine);
	return ERR_OK;
}

static void finish(struct command *command, enum err err)
{
	struct job *job = (struct job *)command;

	job->err = err;
	job->finished++;
	sem_post(&job->done);
}

static void job_init(struct job *job, bool change, int number)
{
	*job = (struct job){.command = {.change = change, .run = change ? make_pool : count_pools, .finish = finish}};
	snprintf(job->name, sizeof job->name, "pool-%d", number);
	sem_init(&job->done, 0, 0);
}

static void submit(struct job *job)
{
	assert_int_equal(writer_submit(fixture.writer, &job->command), ERR_OK);
}

static enum err do_job(struct job *job)
{
	submit(job);
	sem_wait(&job->done);
	return job->err;
}

static enum err do_pool(int number)
{
	struct job job;

	job_init(&job, true, number);
	return do_job(&job);
}

static int do_count(void)
{
	struct job job;

	job_init(&job, false, 0);
	assert_int_equal(do_job(&job), ERR_OK);
	return job.pools;
}

static void start(void)
{
	assert_int_equal(writer_start(fixture.writer), ERR_OK);
}

/* --- tests --- */

static void what_waits_together_is_stored_together(void **state)
{
	static struct job jobs[300];

	(void)state;
	for (int i = 0; i < 300; i++) {
		job_init(&jobs[i], true, i);
		submit(&jobs[i]);
	}
	assert_int_equal(writer_counts(fixture.writer).queue_depth, 300);
	start();
	for (int i = 0; i < 300; i++) {
		sem_wait(&jobs[i].done);
		assert_int_equal(jobs[i].err, ERR_OK);
	}
	assert_int_equal(do_count(), 300);
	struct writer_counts counts = writer_counts(fixture.writer);
	assert_int_equal(counts.batches, 1);
	assert_int_equal(counts.changes, 300);
	assert_int_equal(counts.batch_size[9], 1); /* 257..512 */
	assert_int_equal(counts.queue_depth, 0);
}

static void a_batch_takes_no_more_than_its_maximum(void **state)
{
	static struct job jobs[QUEUE_MAX];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		job_init(&jobs[i], true, i % 900);
		submit(&jobs[i]);
	}
	start();
	for (int i = 0; i < 1000; i++) {
		sem_wait(&jobs[i].done);
		assert_int_equal(jobs[i].err, i < 900 ? ERR_OK : ERR_POOL_EXISTS);
	}
	assert_int_equal(writer_counts(fixture.writer).batches, 2);
}

static void a_change_that_fails_has_done_nothing_and_the_others_are_stored(void **state)
{
	struct job jobs[3];
	uint8_t key[16] = {9};
	struct idempotency_use use;

	(void)state;
	for (int i = 0; i < 3; i++) {
		job_init(&jobs[i], true, i);
		jobs[i].fails_late = jobs[i].note_key = i == 1;
		submit(&jobs[i]);
	}
	start();
	for (int i = 0; i < 3; i++)
		sem_wait(&jobs[i].done);
	assert_int_equal(jobs[0].err, ERR_OK);
	assert_int_equal(jobs[1].err, ERR_BAD_REQUEST);
	assert_int_equal(jobs[2].err, ERR_OK);
	assert_int_equal(do_count(), 2);
	assert_false(idempotency_find(fixture.idempotency, key, START_MS / 1000, &use));
	assert_int_equal(do_pool(1), ERR_OK);
}

static void a_batch_that_is_not_stored_is_as_if_it_had_never_been(void **state)
{
	struct job jobs[3];
	uint8_t key[16] = {9};
	struct idempotency_use use;

	(void)state;
	atomic_store(&shaky.fails, true);
	for (int i = 0; i < 3; i++) {
		job_init(&jobs[i], i < 2, i);
		jobs[i].note_key = i == 1;
		submit(&jobs[i]);
	}
	start();
	for (int i = 0; i < 3; i++)
		sem_wait(&jobs[i].done);
	assert_int_equal(jobs[0].err, ERR_STORE_FAILED);
	assert_int_equal(jobs[1].err, ERR_STORE_FAILED);
	assert_int_equal(jobs[2].err, ERR_OK);
	assert_int_equal(jobs[2].pools, 0);
	assert_true(writer_counts(fixture.writer).store_failures >= 1);
	assert_int_equal(atomic_load(&fixture.stops), 0);
	atomic_store(&shaky.fails, false);
	assert_int_equal(do_pool(0), ERR_OK);
	assert_int_equal(do_count(), 1);
	assert_false(idempotency_find(fixture.idempotency, key, START_MS / 1000, &use));
}

static void a_key_is_kept_with_its_effect(void **state)
{
	struct job job;
	uint8_t key[16] = {9};
	struct idempotency_use use;

	(void)state;
	start();
	job_init(&job, true, 1);
	job.note_key = true;
	assert_int_equal(do_job(&job), ERR_OK);
	writer_stop(fixture.writer);
	assert_true(idempotency_find(fixture.idempotency, key, START_MS / 1000, &use));
}

static void a_store_that_must_stop_is_not_asked_again(void **state)
{
	(void)state;
	start();
	assert_int_equal(do_pool(0), ERR_OK);
	atomic_store(&shaky.fails, true);
	atomic_store(&shaky.broken, true);
	assert_int_equal(do_pool(1), ERR_STORE_FAILED);
	sem_wait(&fixture.stop_seen);
	int commits = atomic_load(&shaky.commits);
	assert_int_equal(do_pool(2), ERR_STORE_FAILED);
	assert_int_equal(do_count(), 1);
	assert_int_equal(atomic_load(&shaky.commits), commits);
	assert_int_equal(atomic_load(&fixture.stops), 1);
}

static void what_does_not_fit_the_queue_is_refused(void **state)
{
	static struct job jobs[QUEUE_MAX + 1];

	(void)state;
	for (int i = 0; i < QUEUE_MAX; i++) {
		job_init(&jobs[i], false, i);
		assert_false(writer_is_full(fixture.writer));
		submit(&jobs[i]);
	}
	job_init(&jobs[QUEUE_MAX], false, 0);
	assert_true(writer_is_full(fixture.writer));
	assert_int_equal(writer_submit(fixture.writer, &jobs[QUEUE_MAX].command), ERR_OVERLOADED);
	start();
	for (int i = 0; i < QUEUE_MAX; i++)
		sem_wait(&jobs[i].done);
	assert_int_equal(jobs[QUEUE_MAX].finished, 0);
	assert_int_equal(do_count(), 0);
	assert_false(writer_is_full(fixture.writer));
}

static void stop_answers_what_waits_and_refuses_what_comes(void **state)
{
	static struct job jobs[1500];

	(void)state;
	for (int i = 0; i < 1500; i++) {
		job_init(&jobs[i], i % 2, i);
		submit(&jobs[i]);
	}
	start();
	writer_stop(fixture.writer);
	for (int i = 0; i < 1500; i++) {
		assert_int_equal(jobs[i].finished, 1);
		assert_true(jobs[i].err == ERR_OK || (i % 2 && jobs[i].err == ERR_LIMIT_REACHED));
	}
	assert_int_equal(writer_submit(fixture.writer, &jobs[0].command), ERR_OVERLOADED);
	assert_true(atomic_load(&fixture.answered) > 0);
}

static void another_process_that_changes_keys_is_noticed(void **state)
{
	(void)state;
	start();
	assert_int_equal(do_count(), 0);
	atomic_store(&shaky.changed, true);
	atomic_fetch_add(&fixture.now_ms, 1000);
	assert_int_equal(do_count(), 0);
	sem_wait(&fixture.keys_seen);
	assert_int_equal(atomic_load(&fixture.keys), 1);
}

static void keys_that_could_not_be_read_are_looked_at_again(void **state)
{
	(void)state;
	start();
	assert_int_equal(do_count(), 0);
	atomic_store(&fixture.keys_unread, true);
	atomic_store(&shaky.changed, true);
	atomic_fetch_add(&fixture.now_ms, 1000);
	assert_int_equal(do_count(), 0);
	sem_wait(&fixture.keys_seen);
	atomic_store(&fixture.keys_unread, false);
	atomic_fetch_add(&fixture.now_ms, 1000);
	assert_int_equal(do_count(), 0);
	sem_wait(&fixture.keys_seen);
	atomic_fetch_add(&fixture.now_ms, 1000);
	assert_int_equal(do_count(), 0);
	assert_int_equal(do_count(), 0);
	assert_int_equal(atomic_load(&fixture.keys), 2);
}

/* --- calls --- */

static struct call_note note_of(int number)
{
	struct call_note note = {.call = {
		.at_ms = START_MS,
		.provider = "twilio",
		.account = "main",
		.action = ACTION_REJECT,
		.reason = REASON_UNKNOWN_CALLER,
		.status = CALL_REFUSED,
	}};

	snprintf(note.call.provider_call_id, sizeof note.call.provider_call_id, "CA%d", number);
	return note;
}

struct seen {
	int calls;
	struct call last;
};

static enum err see_call(void *context, const struct call *row)
{
	struct seen *seen = context;

	seen->calls++;
	seen->last = *row;
	return ERR_OK;
}

static enum err pass_pool(void *context, const struct pool_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static int64_t stored_ms;

static enum err pass_time(void *context, int64_t time_ms)
{
	(void)context;
	assert_true(time_ms >= START_MS);
	stored_ms = time_ms;
	return ERR_OK;
}

static struct seen stored_calls(void)
{
	struct seen seen = {0};
	struct store_visitor visitor = {.context = &seen, .time = pass_time, .pool = pass_pool, .call = see_call};
	char error[256];

	assert_int_equal(shaky.inner->ops->load(shaky.inner, atomic_load(&fixture.now_ms), &visitor, error), ERR_OK);
	return seen;
}

static void notes_of_calls_become_rows(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 20; i++) {
		struct call_note note = note_of(i);
		writer_call(fixture.writer, &note);
	}
	struct call_report report = {.status = CALL_COMPLETED, .provider_call_id = "CA1000"};
	uint16_t account;
	writer_stop(fixture.writer);
	assert_int_equal(engine_account(fixture.engine, STR("twilio"), STR("main"), &account), ERR_OK);
	report.account = account;
	writer_report(fixture.writer, &report); /* stopped: dropped */
	assert_int_equal(stored_calls().calls, 20);
	assert_int_equal(writer_counts(fixture.writer).calls_dropped, 1);
	assert_int_equal(writer_counts(fixture.writer).reports_unknown, 0);
}

static void what_is_stored_goes_with_its_second(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 5; i++) {
		atomic_fetch_add(&fixture.now_ms, 1000);
		assert_int_equal(do_pool(i), ERR_OK);
		(void)stored_calls();
		assert_int_equal(stored_ms / 1000, START_MS / 1000 + i + 1);
	}
	atomic_fetch_add(&fixture.now_ms, 1000);
	assert_int_equal(do_pool(4), ERR_POOL_EXISTS); /* nothing is stored, nor is the time */
	(void)stored_calls();
	assert_int_equal(stored_ms / 1000, START_MS / 1000 + 5);
}

static void a_second_that_was_not_stored_goes_with_what_comes_next_in_it(void **state)
{
	(void)state;
	start();
	assert_int_equal(do_pool(0), ERR_OK);
	atomic_fetch_add(&fixture.now_ms, 1000);
	atomic_store(&shaky.fails, true);
	assert_int_equal(do_pool(1), ERR_STORE_FAILED);
	atomic_store(&shaky.fails, false);
	assert_int_equal(do_pool(1), ERR_OK);
	(void)stored_calls();
	assert_int_equal(stored_ms / 1000, START_MS / 1000 + 1);
}

/* Changes are tried while it rests after a failure. */
static void so_it_does_while_the_writer_rests(void **state)
{
	(void)state;
	atomic_store(&shaky.fails, true);
	start();
	for (int i = 0; i < 8; i++)
		assert_int_equal(do_pool(0), ERR_STORE_FAILED);
	atomic_store(&shaky.fails, false);
	atomic_fetch_add(&fixture.now_ms, 2000);
	assert_int_equal(do_pool(0), ERR_OK);
	(void)stored_calls();
	assert_int_equal(stored_ms / 1000, START_MS / 1000 + 2);
}

static void notes_that_find_the_queue_full_are_dropped_and_counted(void **state)
{
	(void)state;
	for (int i = 0; i < CALL_QUEUE_MAX + 36; i++) {
		struct call_note note = note_of(i);
		writer_call(fixture.writer, &note);
	}
	assert_int_equal(writer_counts(fixture.writer).calls_dropped, 36);
	assert_int_equal(writer_counts(fixture.writer).call_queue_depth, CALL_QUEUE_MAX);
	start();
	writer_stop(fixture.writer);
	assert_int_equal(stored_calls().calls, CALL_QUEUE_MAX);
	assert_int_equal(writer_counts(fixture.writer).call_queue_depth, 0);
}

static void a_thousand_rounds_of_the_ring_lose_nothing(void **state)
{
	(void)state;
	start();
	for (int round = 0; round < 1000; round++) {
		for (int i = 0; i < CALL_QUEUE_MAX / 2; i++) {
			struct call_note note = note_of(round * CALL_QUEUE_MAX + i);
			writer_call(fixture.writer, &note);
		}
		do_count(); /* what was noted before it is taken by then */
	}
	writer_stop(fixture.writer);
	assert_int_equal(stored_calls().calls, 1000 * CALL_QUEUE_MAX / 2);
	assert_int_equal(writer_counts(fixture.writer).calls_dropped, 0);
}

static void notes_survive_a_commit_that_fails(void **state)
{
	struct call_note note = note_of(1);

	(void)state;
	atomic_store(&shaky.fails, true);
	writer_call(fixture.writer, &note);
	start();
	assert_int_equal(do_pool(0), ERR_STORE_FAILED);
	assert_int_equal(writer_counts(fixture.writer).call_queue_depth, 1);
	/* It rests for a while; changes are tried all the same. */
	atomic_store(&shaky.fails, false);
	assert_int_equal(do_pool(0), ERR_OK);
	atomic_fetch_add(&fixture.now_ms, 10000);
	do_count();
	do_count();
	assert_int_equal(stored_calls().calls, 1);
	assert_int_equal(writer_counts(fixture.writer).calls_dropped, 0);
}

/* The watchdog looks at the rounds; what is due waits for the next one. */
static void housekeeping_that_never_ends_lets_the_loop_go_round(void **state)
{
	(void)state;
	sem_init(&shaky.idles_seen, 0, 0);
	atomic_store(&shaky.endless, true);
	assert_int_equal(writer_start(fixture.writer), ERR_OK);
	sem_wait(&shaky.idles_seen);
	assert_true(writer_counts(fixture.writer).rounds >= IDLE_STEPS * IDLE_STEP_MS / 1000);
}

/* At a thousand calls a second with their sessions some 1,300 rows have to go in each; a step of the store takes 300. */
static void housekeeping_keeps_up_with_the_rated_load(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct call_note note = note_of(i);
		writer_call(fixture.writer, &note);
		writer_turn(fixture.writer);
		atomic_fetch_add(&fixture.now_ms, 10);
	}
	assert_true(atomic_load(&shaky.idles) >= 9);
}

static void pools_are_pictured_for_the_metrics(void **state)
{
	struct writer_pool_counts *pools;
	struct engine_counts counts;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	start();
	assert_int_equal(do_pool(7), ERR_OK);
	atomic_fetch_add(&fixture.now_ms, 1000);
	do_count();
	do_count();
	assert_int_equal(writer_pools(fixture.writer, &arena, &pools, &counts), 1);
	assert_string_equal(pools[0].name, "pool-7");
	assert_int_equal(counts.pools, 1);
	arena_done(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_together_is_stored_together),
		TEST(a_batch_takes_no_more_than_its_maximum),
		TEST(a_change_that_fails_has_done_nothing_and_the_others_are_stored),
		TEST(a_batch_that_is_not_stored_is_as_if_it_had_never_been),
		TEST(a_key_is_kept_with_its_effect),
		TEST(a_store_that_must_stop_is_not_asked_again),
		TEST(what_does_not_fit_the_queue_is_refused),
		TEST(stop_answers_what_waits_and_refuses_what_comes),
		TEST(another_process_that_changes_keys_is_noticed),
		TEST(keys_that_could_not_be_read_are_looked_at_again),
		TEST(notes_of_calls_become_rows),
		TEST(what_is_stored_goes_with_its_second),
		TEST(a_second_that_was_not_stored_goes_with_what_comes_next_in_it),
		TEST(so_it_does_while_the_writer_rests),
		TEST(notes_that_find_the_queue_full_are_dropped_and_counted),
		TEST(a_thousand_rounds_of_the_ring_lose_nothing),
		TEST(notes_survive_a_commit_that_fails),
		TEST(housekeeping_that_never_ends_lets_the_loop_go_round),
		TEST(housekeeping_keeps_up_with_the_rated_load),
		TEST(pools_are_pictured_for_the_metrics),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
