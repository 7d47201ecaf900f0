/* decide_bench FOLDER [SESSIONS] [RATE] [SECONDS]: how long one decision takes in process, alone and while the writer
 * opens RATE (20000) sessions a second.
 *
 * The whole machine below HTTP: engine, writer thread, SQLite store in FOLDER with its fsyncs. One reader on the last
 * core times each decide() about a random party and the VN it was given; writer and feeder have the other cores.
 * Idle and busy rounds of SECONDS (3) alternate. Prints one line of JSON: percentiles in ns with what reading the
 * clock costs (it is in them), medians of the rounds and all rounds of p99.
 *
 * decide_bench FOLDER SESSIONS storm: the same reader while all SESSIONS end in one second, until the last of them is
 * over in the store as well.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "serve/clock.h"
#include "serve/idempotency.h"
#include "stock.h"
#include "serve/writer.h"
#include "serve/writer_calls.h"

#define ROUNDS 5
#define VNS 20000
#define QUEUE_MAX 16384
#define BUCKETS 4096 /* of 8 ns; the last takes the rest */
#define BUCKET_NS 8

struct bench {
	struct vault *vault;
	struct vault_use *use;
	struct store *store;
	struct engine *engine;
	struct writer *writer;
	struct clock *clock;
	uint32_t *vns;              /* of session i: the VN that party 0 dials; ids, written by the writer */
	_Atomic uint32_t answered;  /* sessions that were opened and can be asked about: 0..answered-1 */
	_Atomic uint32_t failed;
	_Atomic uint32_t sent;
	uint32_t sessions_max;
	uint32_t rate;
	_Atomic bool feeding, done;
	uint32_t expires_at;        /* of all; 0: a day from now */
	_Atomic uint32_t open;      /* what the last look() found */
	_Atomic bool looked;
};

struct opening {
	struct command command;
	struct bench *bench;
	uint32_t session, vn;
	struct stock_request request;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "decide_bench: %s: %s\n", what, why);
	exit(1);
}

static void pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	(void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/* --- creation --- */

/* Writer. */
static enum err open_run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct opening *opening = (struct opening *)command;
	uint32_t slot, seen;
	struct arena arena;

	(void)now_ms;
	enum err err = stock_open(engine, &opening->request, &slot);
	if (err)
		return err;
	arena_init(&arena, 1 << 16);
	const struct session_row *row = engine_session_row(engine, slot, &arena);
	if (row) {
		session_vn_seen(row, 0, 1, &seen);
		opening->vn = seen;
	}
	arena_done(&arena);
	return row ? ERR_OK : ERR_INTERNAL;
}

static void open_finish(struct command *command, enum err err)
{
	struct opening *opening = (struct opening *)command;
	struct bench *bench = opening->bench;

	if (err)
		atomic_fetch_add(&bench->failed, 1);
	bench->vns[opening->session] = opening->vn;
	atomic_store_explicit(&bench->answered, opening->session + 1, memory_order_release);
	free(opening);
}

/* False: the queue is full. */
static bool send_one(struct bench *bench)
{
	struct opening *opening = calloc(1, sizeof *opening);

	ASSERT(opening && bench->sent < bench->sessions_max);
	opening->command = (struct command){.change = true, .run = open_run, .finish = open_finish};
	opening->bench = bench;
	opening->session = bench->sent;
	stock_request(bench->use, bench->sent, &opening->request);
	opening->request.expires_at = bench->expires_at;
	if (writer_submit(bench->writer, &opening->command) != ERR_OK) {
		free(opening);
		return false;
	}
	bench->sent++;
	return true;
}

static void sleep_us(unsigned us)
{
	struct timespec span = {.tv_nsec = (long)us * 1000};

	nanosleep(&span, NULL);
}

static void wait_answered(const struct bench *bench)
{
	while (atomic_load(&bench->answered) < bench->sent)
		sleep_us(1000);
}

/* As many as the clock says, in steps of a millisecond. */
static void *feeder_main(void *context)
{
	struct bench *bench = context;
	uint64_t began = 0;
	uint32_t from = 0;

	pin(0);
	while (!atomic_load(&bench->done)) {
		if (!atomic_load(&bench->feeding)) {
			began = 0;
		} else if (began == 0) {
			began = stock_now_ns();
			from = bench->sent;
		} else {
			uint64_t due = (stock_now_ns() - began) * bench->rate / 1000000000u;
			while (bench->sent - from < due && send_one(bench))
				;
		}
		sleep_us(1000);
	}
	return NULL;
}

/* --- decisions --- */

struct figures {
	double p50, p99, p999;
	uint64_t asked;
};

static double percentile(const uint32_t *buckets, uint64_t n, double part)
{
	uint64_t seen = 0;

	for (int i = 0; i < BUCKETS; i++) {
		seen += buckets[i];
		if ((double)seen > (double)n * part)
			return (i + 0.5) * BUCKET_NS;
	}
	return 0;
}

/* Nanoseconds of one decision; what it needs to know is made before the clock starts. */
static uint64_t ask(const struct bench *bench, const struct board *board, uint32_t session, int64_t now_ms)
{
	struct question question = {.caller = stock_number(session, 0), .account = DECIDE_ANY_ACCOUNT,
			.tenant = DECIDE_ANY_TENANT, .now_ms = now_ms};
	struct decision decision;

	question.called.e164 = STOCK_VN + bench->vns[session] - 1;
	uint64_t before = stock_now_ns();
	decide(board, &question, &decision);
	uint64_t took = stock_now_ns() - before;
	bool over = bench->expires_at && now_ms >= (int64_t)bench->expires_at * 1000;
	ASSERT(over ? decision.action != ACTION_CONNECT
		    : decision.action == ACTION_CONNECT && number_equal(decision.callee, stock_number(session, 1)));
	return took;
}

struct asking {
	uint32_t buckets[BUCKETS];
	uint64_t asked, longest_ns;
	struct random random;
};

static void ask_for(const struct bench *bench, double seconds, struct asking *asking)
{
	const struct board *board = engine_board(bench->engine);
	int64_t now_ms = stock_wall_ms();
	uint64_t end = stock_now_ns() + (uint64_t)(seconds * 1e9);

	while (stock_now_ns() < end) {
		uint32_t n = atomic_load_explicit(&bench->answered, memory_order_acquire);
		uint64_t took = ask(bench, board, random_below(&asking->random, n), now_ms), bucket = took / BUCKET_NS;
		asking->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
		asking->longest_ns = took > asking->longest_ns ? took : asking->longest_ns;
		asking->asked++;
	}
}

static struct figures figures_of(const struct asking *asking)
{
	struct figures figures = {.asked = asking->asked};
	const uint32_t *buckets = asking->buckets;

	figures.p50 = percentile(buckets, figures.asked, 0.5);
	figures.p99 = percentile(buckets, figures.asked, 0.99);
	figures.p999 = percentile(buckets, figures.asked, 0.999);
	return figures;
}

static struct figures measure(const struct bench *bench, double seconds, uint64_t seed)
{
	static struct asking asking;

	asking = (struct asking){.random = {seed}};
	ask_for(bench, seconds, &asking);
	return figures_of(&asking);
}

static double clock_ns(void)
{
	uint64_t began = stock_now_ns(), last = began;

	for (int i = 0; i < 1000000; i++)
		last = stock_now_ns();
	return (double)(last - began) / 1e6;
}

/* --- parts --- */

static void nothing(void *context)
{
	(void)context;
}

static void open_parts(struct bench *bench, const char *folder)
{
	static const uint8_t key[1][96] = {{7}};
	char path[4096], error[256];

	snprintf(path, sizeof path, "%s/decide.db", folder);
	bench->vault = vault_of(key, 1);
	bench->use = vault_use_new(bench->vault);
	if (store_sqlite_open(path, bench->vault, &bench->store, error) != ERR_OK)
		die(path, error);
	struct engine_options options = {.limits = LIMITS_DEFAULT(bench->sessions_max), .seed = 1, .now_ms = stock_wall_ms()};
	bench->engine = engine_new(&options);
	bench->clock = clock_new(&clock_system);
	bench->vns = calloc(bench->sessions_max, sizeof *bench->vns);
	ASSERT(bench->engine && bench->clock && bench->vns && bench->use);
}

static void start_writer(struct bench *bench)
{
	struct writer_options options = {
		.engine = bench->engine,
		.store = bench->store,
		.idempotency = idempotency_new(1000, 1),
		.calls = writer_calls_new(1000, 1),
		.queue_max = QUEUE_MAX,
		.call_queue_max = 64,
		.batch_max = 512,
		.now_ms = clock_now_ms,
		.clock_context = bench->clock,
		.answered = nothing,
		.must_stop = nothing,
	};

	pin(0); /* the writer's thread takes this over */
	bench->writer = writer_new(&options);
	ASSERT(bench->writer && writer_start(bench->writer) == ERR_OK);
}

static void fill(struct bench *bench, uint32_t sessions)
{
	while (bench->sent < sessions)
		if (!send_one(bench))
			sleep_us(200);
	wait_answered(bench);
	if (atomic_load(&bench->failed))
		die("sessions", "some could not be opened");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *values)
{
	double sorted[ROUNDS];

	memcpy(sorted, values, sizeof sorted);
	qsort(sorted, ROUNDS, sizeof *sorted, compare);
	return sorted[ROUNDS / 2];
}

static void print_rounds(const char *name, const struct figures *rounds)
{
	double p50[ROUNDS], p99[ROUNDS], p999[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		p50[i] = rounds[i].p50;
		p99[i] = rounds[i].p99;
		p999[i] = rounds[i].p999;
	}
	printf(",\"%s\":{\"p50_ns\":%.0f,\"p99_ns\":%.0f,\"p999_ns\":%.0f,\"p99_rounds_ns\":[", name, median(p50),
			median(p99), median(p999));
	for (int i = 0; i < ROUNDS; i++)
		printf("%s%.0f", i ? "," : "", p99[i]);
	printf("]}");
}

/* --- all at once --- */

static enum err look_run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct opening *looking = (struct opening *)command;

	(void)now_ms;
	atomic_store(&looking->bench->open, engine_counts(engine).sessions);
	return ERR_OK;
}

static void look_finish(struct command *command, enum err err)
{
	struct opening *looking = (struct opening *)command;

	(void)err;
	atomic_store(&looking->bench->looked, true);
	free(looking);
}

static void look(struct bench *bench)
{
	struct opening *looking = calloc(1, sizeof *looking);

	ASSERT(looking);
	looking->command = (struct command){.run = look_run, .finish = look_finish};
	looking->bench = bench;
	atomic_store(&bench->looked, false);
	if (writer_submit(bench->writer, &looking->command) != ERR_OK)
		look_finish(&looking->command, ERR_OVERLOADED);
}

static int storm(struct bench *bench, const char *folder, uint32_t sessions)
{
	static struct asking before, during;

	bench->sessions_max = sessions + 1;
	bench->expires_at = (uint32_t)(stock_wall_ms() / 1000) + 20 + sessions / 10000;
	before.random.state = 1, during.random.state = 2;
	open_parts(bench, folder);
	stock_fill(bench->engine, bench->store, VNS);
	start_writer(bench);
	fill(bench, sessions);
	pin((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	ask_for(bench, 3, &before);
	while (stock_wall_ms() < (int64_t)bench->expires_at * 1000)
		sleep_us(500);
	uint64_t began = stock_now_ns();
	atomic_store(&bench->open, sessions);
	atomic_store(&bench->looked, true);
	while (atomic_load(&bench->open)) {
		if (atomic_load(&bench->looked))
			look(bench);
		ask_for(bench, 0.05, &during);
	}
	double took_s = (double)(stock_now_ns() - began) / 1e9;
	struct figures idle = figures_of(&before), busy = figures_of(&during);
	printf("{\"sessions\":%u,\"storm_s\":%.2f,\"idle_p99_ns\":%.0f,\"idle_p999_ns\":%.0f,\"p50_ns\":%.0f,\"p99_ns\":%.0f,"
	       "\"p999_ns\":%.0f,\"longest_ns\":%llu,\"asked\":%llu}\n", sessions, took_s, idle.p99, idle.p999, busy.p50, busy.p99,
		busy.p999, (unsigned long long)during.longest_ns, (unsigned long long)during.asked);
	writer_stop(bench->writer);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench bench = {.rate = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 20000};
	uint32_t sessions = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
	double seconds = argc > 4 ? strtod(argv[4], NULL) : 3;
	struct figures idle[ROUNDS], busy[ROUNDS];
	uint32_t made = 0;
	pthread_t feeder;

	if (argc < 2) {
		fprintf(stderr, "usage: decide_bench FOLDER [SESSIONS] [RATE] [SECONDS]\n");
		return 2;
	}
	if (argc > 3 && strcmp(argv[3], "storm") == 0)
		return storm(&bench, argv[1], sessions);
	bench.sessions_max = sessions + (uint32_t)(bench.rate * (seconds + 1) * ROUNDS) + 1;
	open_parts(&bench, argv[1]);
	stock_fill(bench.engine, bench.store, VNS);
	start_writer(&bench);
	fill(&bench, sessions);
	ASSERT(pthread_create(&feeder, NULL, feeder_main, &bench) == 0);
	pin((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	for (int i = 0; i < ROUNDS; i++) {
		idle[i] = measure(&bench, seconds, (uint64_t)i * 2 + 1);
		uint32_t before = atomic_load(&bench.answered);
		atomic_store(&bench.feeding, true);
		busy[i] = measure(&bench, seconds, (uint64_t)i * 2 + 2);
		atomic_store(&bench.feeding, false);
		made += atomic_load(&bench.answered) - before;
		sleep_us(10000);
		wait_answered(&bench);
	}
	atomic_store(&bench.done, true);
	pthread_join(feeder, NULL);
	printf("{\"sessions\":%u,\"created_per_s\":%.0f,\"clock_ns\":%.0f", sessions, made / (seconds * ROUNDS), clock_ns());
	print_rounds("idle", idle);
	print_rounds("busy", busy);
	printf("}\n");
	writer_stop(bench.writer);
	return atomic_load(&bench.failed) != 0;
}
