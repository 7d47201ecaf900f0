/* orders_batch against a database of its own kind: it refuses what it is told to refuse. */
#include "unit/test.h"

#include "out/orders_batch.h"

#define EVENTS_MAX ORDERS_BATCH_MAX

static struct orders_batch batch;
static struct outbox_row events[EVENTS_MAX];
static char keys[EVENTS_MAX][16], datas[EVENTS_MAX][300];

/* What is in the database, and what it does. */
static struct {
	bool bad[EVENTS_MAX];      /* refused: by the number in the event's ref */
	bool silent;               /* it doesn't tell which */
	int down_at;               /* which put finds it down; 0: none */
	enum orders_said down_says;
	int puts, rows;            /* calls, rows sent */
	int kept[EVENTS_MAX * 2];  /* events in the order of their commits */
	int kept_n;
} database;

/* What was answered. */
static struct {
	int sent[EVENTS_MAX]; /* -1: nothing yet */
	char why[EVENTS_MAX][ORDERS_WHY_SIZE];
	int n;
} answers;

static int number_of(const struct orders_row *row)
{
	uint64_t n = 0;

	assert_true(str_u64(row->at[ORDERS_REF], &n));
	return (int)n;
}

static enum orders_said put(
	void *context, const struct orders_row *rows, int n, int *ret_row, char why[ORDERS_WHY_SIZE])
{
	assert_ptr_equal(context, &database);
	assert_true(n > 0);
	database.rows += n;
	if (++database.puts == database.down_at) {
		snprintf(why, ORDERS_WHY_SIZE, "down");
		return database.down_says;
	}
	for (int i = 0; i < n; i++) {
		if (database.bad[number_of(&rows[i])]) {
			snprintf(why, ORDERS_WHY_SIZE, "refused");
			*ret_row = database.silent ? -1 : i;
			return ORDERS_ROW;
		}
	}
	for (int i = 0; i < n; i++)
		if (i == 0 || number_of(&rows[i]) != number_of(&rows[i - 1]))
			database.kept[database.kept_n++] = number_of(&rows[i]);
	return ORDERS_OK;
}

static void answer(void *context, const struct outbox_row *row, enum sent sent, const char *why)
{
	int i = (int)(row - events);

	(void)context;
	assert_int_equal(answers.sent[i], -1);
	answers.sent[i] = (int)sent;
	assert_true((sent == SENT_DONE) == (why == NULL));
	snprintf(answers.why[i], ORDERS_WHY_SIZE, "%s", why ? why : "");
	answers.n++;
}

static int set_up(void **state)
{
	(void)state;
	orders_batch_init(&batch, false);
	memset(&database, 0, sizeof database);
	memset(&answers, 0, sizeof answers);
	memset(answers.sent, -1, sizeof answers.sent);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	orders_batch_done(&batch);
	return 0;
}

/* Event i, whose key is `key`, with `parties` rows. */
static void add(int i, int key, int parties)
{
	struct problem problem = {0};
	struct buf out;

	buf_fixed(&out, datas[i], sizeof datas[i]);
	buf_fmt(&out, "{\"tenant\":\"t\",\"pool\":\"p\",\"session\":\"s\",\"rev\":1,\"state\":\"live\",\"ref\":\"%d\",\"parties\":[", i);
	for (int j = 0; j < parties; j++)
		buf_fmt(&out, "%s{\"role\":\"r%d\",\"vn\":null}", j ? "," : "", j);
	buf_lit(&out, "]}");
	assert_true(buf_ok(&out));
	snprintf(keys[i], sizeof keys[i], "%d", key);
	events[i] = (struct outbox_row){.id = (uint64_t)i + 1, .at_ms = 1, .type = STR("session.live"), .tenant = STR("t"),
		.key = str_of(keys[i]), .data = buf_text(&out)};
	assert_int_equal(orders_batch_add(&batch, &events[i], &problem), ERR_OK);
}

static void run(void)
{
	orders_batch_run(&batch, &(struct orders_batch_ends){put, answer, &database});
	assert_int_equal(batch.n, 0);
	assert_int_equal(batch.rows.n, 0);
}

static void expect_sent(int from, int to, enum sent sent)
{
	for (int i = from; i < to; i++)
		assert_int_equal(answers.sent[i], (int)sent);
}

static void all_go_in_one_transaction(void **state)
{
	(void)state;
	for (int i = 0; i < EVENTS_MAX; i++)
		add(i, i, 2);
	run();
	assert_int_equal(database.puts, 1);
	assert_int_equal(database.kept_n, EVENTS_MAX);
	expect_sent(0, EVENTS_MAX, SENT_DONE);
	run(); /* nothing more */
	assert_int_equal(database.puts, 1);
}

static void an_event_without_rows_is_done(void **state)
{
	(void)state;
	add(0, 0, 0);
	run();
	assert_int_equal(database.puts, 0);
	expect_sent(0, 1, SENT_DONE);
	memset(answers.sent, -1, sizeof answers.sent);
	add(0, 0, 1);
	add(1, 1, 0);
	add(2, 2, 1);
	run();
	assert_int_equal(database.puts, 1);
	expect_sent(0, 3, SENT_DONE);
}

static void a_refused_event_waits_and_the_others_go_on(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		add(i, i, 2);
	database.bad[40] = true;
	run();
	expect_sent(0, 40, SENT_DONE);
	expect_sent(40, 41, SENT_AGAIN);
	expect_sent(41, 100, SENT_DONE);
	assert_string_equal(answers.why[40], "refused");
	assert_int_equal(database.kept_n, 99);
	assert_in_range(database.puts, 3, 12);
}

static void later_events_of_a_refused_order_wait_with_it(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++)
		add(i, i % 3, 1);
	database.bad[4] = true; /* of order 1; 1 goes, 7 waits */
	run();
	for (int i = 0; i < 9; i++)
		assert_int_equal(answers.sent[i], i == 4 || i == 7 ? SENT_AGAIN : SENT_DONE);
	assert_string_equal(answers.why[7], "an earlier event of this order was refused");
}

static void a_database_that_goes_down_leaves_the_rest(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		memset(answers.sent, -1, sizeof answers.sent);
		memset(&database, 0, sizeof database);
		for (int i = 0; i < 10; i++)
			add(i, i, 1);
		database.bad[3] = true;
		database.down_at = 3; /* whole, 0..2, then */
		database.down_says = kind ? ORDERS_WRONG : ORDERS_DOWN;
		run();
		expect_sent(0, 3, SENT_DONE);
		expect_sent(3, 10, SENT_DOWN);
		assert_string_equal(answers.why[9], "down");
	}
}

static void if_the_server_does_not_tell_halves_are_tried(void **state)
{
	(void)state;
	for (int i = 0; i < EVENTS_MAX; i++)
		add(i, i, 1);
	database.silent = true;
	database.bad[77] = true;
	run();
	expect_sent(0, 77, SENT_DONE);
	expect_sent(77, 78, SENT_AGAIN);
	expect_sent(78, EVENTS_MAX, SENT_DONE);
	assert_in_range(database.puts, 3, 40);
}

static void a_batch_that_is_refused_whole_costs_no_square(void **state)
{
	(void)state;
	for (int silent = 0; silent < 2; silent++) {
		memset(answers.sent, -1, sizeof answers.sent);
		memset(&database, 0, sizeof database);
		memset(database.bad, true, sizeof database.bad);
		database.silent = silent;
		for (int i = 0; i < EVENTS_MAX; i++)
			add(i, i, 1);
		run();
		expect_sent(0, EVENTS_MAX, SENT_AGAIN);
		assert_in_range(database.puts, EVENTS_MAX, 2 * EVENTS_MAX);
		assert_in_range(database.rows, EVENTS_MAX, 4 * EVENTS_MAX);
	}
}

static uint64_t random_of(uint64_t *seed, uint64_t below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % below;
}

/* Whatever is refused: each event is answered once, done is what was kept, and within an order events are kept in their order
 * up to the first that was refused. */
static void any_mixture_keeps_the_order_of_each_key(void **state)
{
	uint64_t seed = test_seed();

	for (int round = 0; round < 2000; round++) {
		int n = 1 + (int)random_of(&seed, round % 50 ? 20 : EVENTS_MAX), keys_n = 1 + (int)random_of(&seed, 12);
		bool blocked[EVENTS_MAX] = {false};
		set_up(state);
		database.silent = random_of(&seed, 2);
		for (int i = 0; i < n; i++) {
			database.bad[i] = random_of(&seed, 4) == 0;
			add(i, (int)random_of(&seed, (uint64_t)keys_n), (int)random_of(&seed, 4));
		}
		int parties[EVENTS_MAX];
		for (int i = 0; i < n; i++)
			parties[i] = (i + 1 < n ? batch.entries[i + 1].first : batch.rows.n) - batch.entries[i].first;
		run();
		int kept = 0;
		for (int i = 0; i < n; i++) {
			int key = atoi(keys[i]);
			blocked[key] |= database.bad[i] && parties[i] > 0;
			assert_int_equal(answers.sent[i], blocked[key] ? SENT_AGAIN : SENT_DONE);
			if (!blocked[key] && parties[i] > 0)
				assert_int_equal(database.kept[kept++], i);
		}
		assert_int_equal(database.kept_n, kept);
		assert_int_equal(answers.n, n);
		tear_down(state);
	}
	set_up(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_go_in_one_transaction),
		TEST(an_event_without_rows_is_done),
		TEST(a_refused_event_waits_and_the_others_go_on),
		TEST(later_events_of_a_refused_order_wait_with_it),
		TEST(a_database_that_goes_down_leaves_the_rest),
		TEST(if_the_server_does_not_tell_halves_are_tried),
		TEST(a_batch_that_is_refused_whole_costs_no_square),
		TEST(any_mixture_keeps_the_order_of_each_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
