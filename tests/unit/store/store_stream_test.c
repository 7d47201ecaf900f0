/* One suite for every back end: events for the outside and those that came in, as store.h promises. */
#include "unit/store/store_each.h"

#define KEEP_S 1000
#define KEEP_MS (KEEP_S * 1000ll)

TEST(an_empty_store_has_given_no_id)
{
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->last_ids_n, 1);
	assert_true(loaded->last_id == 0);
	assert_int_equal(loaded->sinks_n + loaded->retries_n + loaded->offsets_n + loaded->dead_n, 0);
	loaded_free(loaded);
}

TEST(a_visitor_that_asks_for_none_of_it_gets_the_rest)
{
	const struct offset_row offset = {STR("bauta"), STR("orders"), 0, 5, 1};
	const struct dead_row dead = made_dead(0, "order-1", DEAD_REFUSED);
	struct loaded loaded = {.sinks_n = 0};
	struct store_visitor visitor = {.context = &loaded, .time = loaded_time, .pool = loaded_pool, .vn = loaded_vn,
		.session = loaded_session, .tombstone = loaded_tombstone, .idempotency = loaded_idempotency,
		.call = loaded_call};
	put_sink(bench->store, "kafka", 9, 0);
	put_retry(bench->store, "kafka", 8, 1);
	put_one(bench->store, (struct record){RECORD_OFFSET, 0, {.offset = &offset}});
	put_dead(bench->store, &dead);
	assert_int_equal(bench->store->ops->load(bench->store, NOW_MS, &visitor, loaded.error), ERR_OK);
	assert_int_equal(loaded.pools_n, 2);
}

/* --- events --- */

static void assert_same_event(const struct outbox_row *a, const struct outbox_row *b)
{
	assert_true(a->id == b->id && a->at_ms == b->at_ms && a->session == b->session);
	assert_true(str_equal(a->type, b->type) && str_equal(a->tenant, b->tenant) && str_equal(a->pool, b->pool));
	assert_true(str_equal(a->key, b->key) && str_equal(a->data, b->data));
}

static int read_events(struct bench *bench, uint64_t after, int max, struct outbox_row **ret_rows)
{
	int n = -1;
	assert_int_equal(bench->store->ops->read_outbox(bench->reader, after, max, &bench->arena, ret_rows, &n), ERR_OK);
	return n;
}

static bool has_event(struct bench *bench, unsigned i)
{
	struct outbox_row want = made_event(i), row;
	enum err err = bench->store->ops->read_event(bench->reader, want.id, &bench->arena, &row);
	if (err == ERR_OK)
		assert_same_event(&row, &want);
	else
		assert_int_equal(err, ERR_NOT_FOUND);
	return err == ERR_OK;
}

/* Exactly events `from` to `end` - 1 are there. */
static void assert_events(struct bench *bench, unsigned from, unsigned end)
{
	struct outbox_row *rows;
	int n = read_events(bench, 0, 1000, &rows);
	assert_int_equal(n, end - from);
	for (unsigned i = from; i < end; i++) {
		struct outbox_row want = made_event(i);
		assert_same_event(&rows[i - from], &want);
	}
}

TEST(events_are_read_page_by_page_in_their_order)
{
	struct outbox_row *rows;
	uint64_t after = 0;
	int total = 0;
	put_events(bench->store, 0, 10);
	bench_reopen(bench);
	for (int n; (n = read_events(bench, after, 4, &rows)) > 0; total += n) {
		assert_true(n <= 4);
		for (int i = 0; i < n; i++) {
			struct outbox_row want = made_event((unsigned)(total + i));
			assert_same_event(&rows[i], &want);
		}
		after = rows[n - 1].id;
	}
	assert_int_equal(total, 10);
	assert_true(has_event(bench, 9));
	assert_false(has_event(bench, 10));
}

TEST(an_event_may_be_of_no_session_and_no_pool)
{
	const struct outbox_row want = {.id = 7, .at_ms = NOW_MS, .type = STR("x"), .tenant = STR("main"), .key = STR("k"),
		.data = STR("{\"text\": \"\xc3\xa4 \\u0000\"}")};
	struct outbox_row *rows;
	put_one(bench->store, (struct record){RECORD_OUTBOX, 0, {.outbox = &want}});
	assert_int_equal(read_events(bench, 6, 1, &rows), 1);
	assert_same_event(&rows[0], &want);
	assert_int_equal(read_events(bench, 7, 1, &rows), 0);
}

TEST(a_page_that_does_not_fit_is_an_error)
{
	struct outbox_row *rows;
	struct arena arena;
	int n;
	put_events(bench->store, 0, 100);
	arena_init(&arena, 8192);
	assert_int_equal(bench->store->ops->read_outbox(bench->reader, 0, 100, &arena, &rows, &n), ERR_LIMIT_REACHED);
	arena_reset(&arena);
	assert_int_equal(bench->store->ops->read_outbox(bench->reader, 0, 5, &arena, &rows, &n), ERR_OK);
	assert_int_equal(n, 5);
	arena_done(&arena);
}

TEST(the_first_event_since_a_time_is_found)
{
	uint64_t id = 1;
	assert_int_equal(bench->store->ops->read_outbox_since(bench->reader, 0, &id), ERR_OK);
	assert_true(id == 0);
	put_events(bench->store, 0, 10);
	static const struct {
		int64_t since_ms;
		int event; /* -1: none */
	} asked[] = {{0, 0}, {NOW_MS, 0}, {NOW_MS + 4, 4}, {NOW_MS + 9, 9}, {NOW_MS + 10, -1}};
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		assert_int_equal(bench->store->ops->read_outbox_since(bench->reader, asked[i].since_ms, &id), ERR_OK);
		assert_true(id == (asked[i].event < 0 ? 0 : made_event((unsigned)asked[i].event).id));
	}
}

static void put_again(void *data)
{
	put_events(data, 3, 1);
}

TEST(an_id_that_does_not_ascend_is_our_fault)
{
	put_events(bench->store, 3, 2);
	assert_true(test_dies(put_again, bench->store));
}

/* --- sinks and retries --- */

TEST(sinks_and_their_retries_come_back_in_order)
{
	put_sink(bench->store, "webhook:b", 5, 0);
	put_sink(bench->store, "kafka", UINT32_MAX, NOW_S);
	put_sink(bench->store, "webhook:b", id_at(NOW_MS, 9), 0);
	put_retry(bench->store, "webhook:b", id_at(NOW_MS, 3), 2);
	put_retry(bench->store, "webhook:b", id_at(NOW_MS, 1), 1);
	put_retry(bench->store, "kafka", id_at(NOW_MS, 3), 7);
	put_retry(bench->store, "webhook:b", id_at(NOW_MS, 3), 4);
	put_retry(bench->store, "webhook:b", id_at(NOW_MS, 2), 1);
	drop_retry(bench->store, "webhook:b", id_at(NOW_MS, 2));
	drop_retry(bench->store, "webhook:b", id_at(NOW_MS, 2)); /* nothing there: nothing to do */
	drop_retry(bench->store, "nobody", 1);
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sinks_n, 2);
	assert_true(str_equal(loaded->sinks[0].name, STR("kafka")) && loaded->sinks[0].cursor == UINT32_MAX);
	assert_int_equal(loaded->sinks[0].disabled_at, NOW_S);
	assert_true(str_equal(loaded->sinks[1].name, STR("webhook:b")) && loaded->sinks[1].cursor == id_at(NOW_MS, 9));
	assert_int_equal(loaded->sinks[1].disabled_at, 0);
	assert_int_equal(loaded->retries_n, 3);
	const struct retry_row *retries = loaded->retries;
	assert_true(str_equal(retries[0].sink, STR("kafka")) && retries[0].event == id_at(NOW_MS, 3));
	assert_true(str_equal(retries[1].sink, STR("webhook:b")) && retries[1].event == id_at(NOW_MS, 1));
	assert_true(retries[2].event == id_at(NOW_MS, 3) && str_equal(retries[2].key, STR("order-1")));
	assert_true(retries[2].attempt == 4 && retries[2].due_ms == NOW_MS + 4);
	loaded_free(loaded);
}

TEST(a_sink_goes_with_its_retries_and_without_it_there_are_none)
{
	put_sink(bench->store, "kafka", 5, 0);
	put_sink(bench->store, "webhook:a", 5, 0);
	put_retry(bench->store, "kafka", 3, 1);
	put_retry(bench->store, "webhook:a", 3, 1);
	put_retry(bench->store, "nobody", 3, 1);
	drop_sink(bench->store, "kafka");
	drop_sink(bench->store, "kafka");
	put_sink(bench->store, "kafka", 9, 0); /* as new */
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sinks_n, 2);
	assert_int_equal(loaded->retries_n, 1);
	assert_true(str_equal(loaded->retries[0].sink, STR("webhook:a")));
	loaded_free(loaded);
}

/* --- what goes --- */

TEST(delivered_events_go_when_they_were_kept_long_enough)
{
	bench->store->outbox_keep_s = KEEP_S;
	put_events(bench->store, 0, 10);
	put_sink(bench->store, "kafka", made_event(7).id, 0);
	put_sink(bench->store, "webhook:a", made_event(5).id, 0);
	put_retry(bench->store, "webhook:a", made_event(2).id, 1);
	idle_all(bench, NOW_MS + KEEP_MS - 1);
	assert_events(bench, 0, 10);
	idle_all(bench, NOW_MS + KEEP_MS + 600 * 1000);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(has_event(bench, i), i == 2 || i > 5);
	drop_retry(bench->store, "webhook:a", made_event(2).id);
	put_sink(bench->store, "webhook:a", made_event(9).id, 0);
	idle_all(bench, NOW_MS + KEEP_MS + 2 * 600 * 1000);
	assert_events(bench, 8, 10);
	assert_true(bench->store->outbox_lost == 0);
}

TEST(a_young_event_stays_and_so_do_all_without_a_limit)
{
	put_events(bench->store, 0, 10);
	put_sink(bench->store, "kafka", made_event(9).id, 0);
	idle_all(bench, NOW_MS * 2);
	assert_events(bench, 0, 10);
	bench->store->outbox_keep_s = KEEP_S;
	idle_all(bench, NOW_MS + KEEP_MS + 4);
	assert_events(bench, 5, 10);
}

TEST(without_a_sink_that_wants_any_all_may_go)
{
	bench->store->outbox_keep_s = KEEP_S;
	put_events(bench->store, 0, 3);
	put_sink(bench->store, "webhook:gone", 0, NOW_S);
	put_retry(bench->store, "webhook:gone", made_event(1).id, 1);
	idle_all(bench, NOW_MS + KEEP_MS + 1000);
	assert_events(bench, 3, 3);
}

TEST(many_events_with_some_that_are_held_back_are_purged)
{
	struct outbox_row *rows;
	enum { MANY = 2500 };
	static struct outbox_row events[MANY];
	static struct record records[MANY];
	static enum store_verdict verdicts[MANY];
	bench->store->outbox_keep_s = KEEP_S;
	for (unsigned i = 0; i < MANY; i++) {
		events[i] = made_event(i);
		records[i] = (struct record){RECORD_OUTBOX, i, {.outbox = &events[i]}};
	}
	assert_int_equal(bench->store->ops->commit(bench->store, records, MANY, verdicts), ERR_OK);
	put_sink(bench->store, "kafka", events[MANY - 2].id, 0);
	for (unsigned i = 0; i < MANY; i += 100)
		for (unsigned j = 0; j < 2; j++)
			put_retry(bench->store, "kafka", events[i + j].id, 1);
	idle_all(bench, NOW_MS + KEEP_MS + MANY);
	assert_int_equal(read_events(bench, 0, MANY, &rows), 51);
	for (int i = 0; i < 50; i++)
		assert_true(rows[i].id == events[i / 2 * 100 + i % 2].id);
	assert_true(rows[50].id == events[MANY - 1].id);
}

struct heard {
	int n;
	char last[256];
};

static void hear(void *context, const char *sentence)
{
	struct heard *heard = context;
	heard->n++;
	snprintf(heard->last, sizeof heard->last, "%s", sentence);
}

TEST(past_the_limit_the_oldest_go_and_a_burst_is_told_once)
{
	struct heard heard = {.n = 0};
	bench->store->tell = hear;
	bench->store->tell_context = &heard;
	bench->store->outbox_max = 10;
	put_sink(bench->store, "kafka", made_event(1).id, 0);
	put_sink(bench->store, "webhook:a", made_event(4).id, 0);
	put_events(bench->store, 0, 10);
	put_retry(bench->store, "kafka", made_event(0).id, 1);
	put_retry(bench->store, "webhook:a", made_event(0).id, 1);
	put_retry(bench->store, "webhook:a", made_event(3).id, 1);
	assert_int_equal(heard.n, 0);
	put_events(bench->store, 10, 2); /* out: 0, among retries, and 1, which both have */
	assert_events(bench, 2, 12);
	assert_true(bench->store->outbox_lost == 1);
	put_events(bench->store, 12, 1); /* out: 2, which one has not */
	assert_events(bench, 3, 13);
	assert_true(bench->store->outbox_lost == 2);
	assert_int_equal(heard.n, 1);
	assert_non_null(strstr(heard.last, "outbox is full (10 events)"));
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->retries_n, 1);
	assert_true(loaded->retries[0].event == made_event(3).id);
	loaded_free(loaded);

	idle_all(bench, NOW_MS);
	put_events(bench->store, 13, 1);
	idle_all(bench, NOW_MS + 500 * 1000); /* sees that it went on */
	idle_all(bench, NOW_MS + 1000 * 1000);
	put_events(bench->store, 14, 1);
	assert_int_equal(heard.n, 1); /* one burst still */
	idle_all(bench, NOW_MS + 1100 * 1000);
	idle_all(bench, NOW_MS + 1700 * 1000);
	put_events(bench->store, 15, 1);
	assert_int_equal(heard.n, 2);
	assert_true(bench->store->outbox_lost == 5);
	assert_events(bench, 6, 16);
}

TEST(the_limit_holds_through_batches_that_are_larger_and_reopenings)
{
	static struct outbox_row events[300];
	static struct record records[300];
	enum store_verdict verdicts[300];
	bench->store->outbox_max = 100;
	put_sink(bench->store, "kafka", 0, 0);
	put_events(bench->store, 0, 50);
	for (unsigned i = 0; i < 300; i++) {
		events[i] = made_event(50 + i);
		records[i] = (struct record){RECORD_OUTBOX, i, {.outbox = &events[i]}};
	}
	assert_int_equal(bench->store->ops->commit(bench->store, records, 300, verdicts), ERR_OK);
	assert_true(bench->store->outbox_lost == 250);
	assert_events(bench, 250, 350);
	bench_reopen(bench);
	bench->store->outbox_max = 100;
	bench->store->outbox_lost = 0;
	put_events(bench->store, 350, 3);
	assert_true(bench->store->outbox_lost == 3);
	assert_events(bench, 253, 353);
}

TEST(delivered_events_that_go_past_the_limit_are_not_lost)
{
	bench->store->outbox_max = 3;
	put_sink(bench->store, "kafka", made_event(9).id, 0);
	put_sink(bench->store, "webhook:gone", 0, NOW_S);
	put_events(bench->store, 0, 10);
	assert_true(bench->store->outbox_lost == 0);
	assert_events(bench, 7, 10);
}

/* --- at the limit those of sessions go last --- */

/* The i-th event, by its letter: s of a session, c of a call, p of a pool. */
static struct outbox_row lettered(unsigned i, char letter)
{
	struct outbox_row row = made_event(i);
	row.type = letter == 's' ? STR("session.changed") : letter == 'c' ? STR("call.refused") : STR("pool.low");
	return row;
}

/* One batch: events from the i-th on, by their letters. */
static void put_lettered(struct bench *bench, unsigned i, const char *letters)
{
	struct outbox_row events[64];
	struct record records[64];
	enum store_verdict verdicts[64];
	unsigned n = (unsigned)strlen(letters);
	for (unsigned k = 0; k < n; k++) {
		events[k] = lettered(i + k, letters[k]);
		records[k] = (struct record){RECORD_OUTBOX, k, {.outbox = &events[k]}};
	}
	assert_int_equal(bench->store->ops->commit(bench->store, records, n, verdicts), ERR_OK);
}

/* What is there, by position: its letter, or '-' where an event is gone. */
static void assert_lettered(struct bench *bench, const char *letters)
{
	char got[64];
	unsigned n = (unsigned)strlen(letters);
	for (unsigned i = 0; i < n; i++) {
		struct outbox_row row;
		enum err err = bench->store->ops->read_event(bench->reader, made_event(i).id, &bench->arena, &row);
		got[i] = err ? '-' : row.type.at[0];
	}
	got[n] = '\0';
	assert_string_equal(got, letters);
	struct outbox_row *rows;
	int at = 0, read = read_events(bench, 0, 64, &rows);
	for (unsigned i = 0; i < n; i++)
		if (letters[i] != '-') {
			assert_true(at < read && rows[at].id == made_event(i).id);
			at++;
		}
	assert_int_equal(at, read);
}

TEST(past_the_limit_events_of_sessions_go_last)
{
	bench->store->outbox_max = 6;
	put_sink(bench->store, "kafka", 0, 0);
	put_lettered(bench, 0, "scspsc");
	assert_lettered(bench, "scspsc");
	put_lettered(bench, 6, "s"); /* the oldest other one makes room */
	assert_lettered(bench, "s-spscs");
	put_lettered(bench, 7, "c"); /* a newer one of their own kind, too */
	assert_lettered(bench, "s-s-scsc");
	put_lettered(bench, 8, "ss");
	assert_lettered(bench, "s-s-s-s-ss");
	assert_true(bench->store->outbox_lost == 4);
	put_lettered(bench, 10, "c"); /* nobody makes room for it */
	assert_lettered(bench, "s-s-s-s-ss-");
	put_lettered(bench, 11, "cscp");
	assert_lettered(bench, "--s-s-s-ss--s--");
	assert_true(bench->store->outbox_lost == 4 + 1 + 4);
	bench_reopen(bench);
	bench->store->outbox_max = 6;
	put_lettered(bench, 15, "s");
	assert_lettered(bench, "----s-s-ss--s--s");
}

TEST(no_flood_of_calls_takes_an_event_of_a_session_and_retries_go_with_their_events_alone)
{
	struct outbox_row *rows;
	bench->store->outbox_max = 40;
	put_sink(bench->store, "kafka", made_event(60).id, 0);
	put_sink(bench->store, "webhook:a", made_event(60).id, 0);
	put_lettered(bench, 0, "sscsscss");
	for (unsigned i = 0; i < 8; i++)
		put_retry(bench->store, i % 2 ? "kafka" : "webhook:a", made_event(i).id, 1);
	for (unsigned i = 8; i < 8 + 20 * 48; i += 48)
		put_lettered(bench, i, "cccccccccccccccccccccccccccccccccccccccccccccccc");
	assert_int_equal(read_events(bench, 0, 1000, &rows), 40);
	for (int i = 0; i < 6; i++)
		assert_true(rows[i].type.at[0] == 's');
	for (int i = 6; i < 40; i++)
		assert_true(rows[i].id == made_event(8 + 20 * 48 - 40 + (unsigned)i).id);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->retries_n, 6);
	for (int i = 0; i < 6; i++)
		assert_true(loaded->retries[i].event != made_event(2).id && loaded->retries[i].event != made_event(5).id);
	loaded_free(loaded);
}

TEST(a_limit_that_was_lowered_is_reached_in_quiet_moments_and_sessions_stay)
{
	bench->store->outbox_max = 60;
	put_lettered(bench, 0, "scscscscscscscscscsc");
	bench_reopen(bench);
	bench->store->outbox_max = 11;
	idle_all(bench, NOW_MS);
	if (!bench->on_disk)
		put_lettered(bench, 20, "c"); /* which looks when it commits */
	assert_lettered(bench, bench->on_disk ? "s-s-s-s-s-s-s-s-s-sc" : "s-s-s-s-s-s-s-s-s-s-c");
}

/* --- what came in --- */

TEST(offsets_are_put_by_group_topic_and_partition_whatever_they_say)
{
	const struct offset_row rows[] = {{STR("bauta"), STR("orders"), 0, 100, 1}, {STR("bauta"), STR("orders"), 1, 7, 1},
		{STR("bauta"), STR("returns"), 0, INT64_MAX, INT32_MAX}, {STR("other"), STR("orders"), 0, 0, -1},
		{STR("bauta"), STR("orders"), 0, 90, 3}};
	struct offset_row row;
	for (int i = 0; i < 5; i++)
		put_one(bench->store, (struct record){RECORD_OFFSET, 0, {.offset = &rows[i]}});
	bench_reopen(bench);
	for (int i = 1; i < 5; i++) {
		assert_int_equal(bench->store->ops->read_offset(bench->reader, rows[i].group, rows[i].topic, rows[i].partition,
			&row), ERR_OK);
		assert_true(str_equal(row.group, rows[i].group) && str_equal(row.topic, rows[i].topic));
		assert_true(row.partition == rows[i].partition && row.next == rows[i].next);
		assert_int_equal(row.generation, rows[i].generation);
	}
	assert_int_equal(bench->store->ops->read_offset(bench->reader, STR("bauta"), STR("orders"), 2, &row), ERR_NOT_FOUND);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->offsets_n, 4);
	loaded_free(loaded);
}

static void assert_same_dead(const struct dead_row *a, const struct dead_row *b)
{
	assert_true(a->id == b->id && a->at_ms == b->at_ms && a->state == b->state);
	assert_true(a->partition == b->partition && a->offset == b->offset);
	assert_true(str_equal(a->tenant, b->tenant) && str_equal(a->topic, b->topic) && str_equal(a->order, b->order));
	assert_true(str_equal(a->code, b->code) && str_equal(a->detail, b->detail));
	assert_true(str_equal(a->ce_id, b->ce_id) && str_equal(a->ce_type, b->ce_type));
	assert_true(str_equal(a->ce_time, b->ce_time) && str_equal(a->payload, b->payload));
}

TEST(a_dead_letter_comes_back_whole_is_changed_and_dropped)
{
	struct dead_row want = made_dead(0, "order-1", DEAD_PARKED), row;
	put_dead(bench->store, &want);
	want.state = DEAD_REFUSED;
	want.code = STR("too_old");
	want.detail = STR("version: behind what is known");
	put_dead(bench->store, &want);
	bench_reopen(bench);
	assert_int_equal(bench->store->ops->read_dead(bench->reader, want.id, &bench->arena, &row), ERR_OK);
	assert_same_dead(&row, &want);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->dead_n, 1);
	row.detail = row.payload = STR_NONE;
	assert_same_dead(&loaded->dead[0], &row);
	loaded_free(loaded);
	put_one(bench->store, (struct record){RECORD_DEAD_DROP, 0, {.dead = &(struct dead_row){.id = want.id}}});
	put_one(bench->store, (struct record){RECORD_DEAD_DROP, 0, {.dead = &(struct dead_row){.id = want.id}}});
	assert_int_equal(bench->store->ops->read_dead(bench->reader, want.id, &bench->arena, &row), ERR_NOT_FOUND);
}

TEST(payloads_of_nothing_and_of_a_mebibyte_come_back)
{
	struct dead_row want = made_dead(0, "", DEAD_REFUSED), row;
	char *text = malloc(VAULT_TEXT_MAX);
	assert_non_null(text);
	for (size_t i = 0; i < VAULT_TEXT_MAX; i++)
		text[i] = (char)(i * 31 + i / 256);
	const struct str payloads[] = {STR_NONE, {text, 1}, {text, VAULT_TEXT_MAX}};
	for (size_t i = 0; i < 3; i++) {
		want.payload = payloads[i];
		put_dead(bench->store, &want);
		assert_int_equal(bench->store->ops->read_dead(bench->reader, want.id, &bench->arena, &row), ERR_OK);
		assert_same_dead(&row, &want);
	}
	struct arena small;
	arena_init(&small, 4096);
	assert_int_equal(bench->store->ops->read_dead(bench->reader, want.id, &small, &row), ERR_LIMIT_REACHED);
	arena_done(&small);
	free(text);
}

static int list_dead(struct bench *bench, struct dead_filter filter, struct dead_row *ret_rows)
{
	int total = 0;
	do {
		struct dead_row *rows;
		int n;
		uint64_t next;
		assert_int_equal(bench->store->ops->read_dead_list(bench->reader, &filter, &bench->arena, &rows, &n, &next),
			ERR_OK);
		assert_true(n <= filter.page_size);
		for (int i = 0; i < n; i++)
			ret_rows[total++] = rows[i];
		filter.after = next;
	} while (filter.after != 0);
	return total;
}

TEST(dead_letters_are_listed_oldest_first_page_by_page)
{
	static const char *const orders[] = {"order-1", "order-2", "order-1", "", "order-1", "order-2"};
	struct dead_row made[6], rows[8];
	for (unsigned i = 6; i-- > 0;) {
		made[i] = made_dead(i, orders[i], i > 1 ? DEAD_PARKED : DEAD_REFUSED);
		made[i].tenant = i == 4 ? STR("other") : STR("main");
		put_dead(bench->store, &made[i]);
	}
	struct dead_filter filter = {.tenant = STR("main")};
	for (filter.page_size = 1; filter.page_size < 8; filter.page_size++) {
		assert_int_equal(list_dead(bench, filter, rows), 5);
		for (unsigned i = 0; i < 5; i++) {
			struct dead_row want = made[i < 4 ? i : 5];
			want.payload = STR_NONE;
			assert_same_dead(&rows[i], &want);
		}
	}
	filter.order = STR("order-1");
	assert_int_equal(list_dead(bench, filter, rows), 2);
	assert_true(rows[0].id == made[0].id && rows[1].id == made[2].id);
	filter.order = STR("order");
	assert_int_equal(list_dead(bench, filter, rows), 0);
	filter = (struct dead_filter){.tenant = STR("nobody"), .page_size = 3};
	assert_int_equal(list_dead(bench, filter, rows), 0);
}

/* --- ids and sessions --- */

static void assert_last_id(struct bench *bench, uint64_t want)
{
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->last_ids_n, 1);
	assert_true(loaded->last_id == want);
	loaded_free(loaded);
}

TEST(the_last_id_is_the_highest_that_anything_has)
{
	struct made_session made;
	struct call call = {.id = id_at(NOW_MS, 20), .at_ms = NOW_MS, .pool_id = 1, .provider = "twilio"};
	struct idempotency_row idempotency = {.id = id_at(NOW_MS, 30), .until = NOW_S + 1};
	struct outbox_row event = made_event(1);
	struct dead_row dead = made_dead(2, "order-1", DEAD_REFUSED);
	make_session(bench->use, 0, &made);
	made.row.id = id_at(NOW_MS, 10);
	put_session(bench->store, &made);
	assert_last_id(bench, made.row.id);
	close_session(&made, NOW_S - 100, 10, 20);
	put_session(bench->store, &made);
	idle_all(bench, NOW_MS); /* set aside */
	assert_last_id(bench, made.row.id);
	put_one(bench->store, (struct record){RECORD_CALL, 0, {.call = &call}});
	assert_last_id(bench, call.id);
	put_one(bench->store, (struct record){RECORD_IDEMPOTENCY, 0, {.idempotency = &idempotency}});
	assert_last_id(bench, idempotency.id);
	put_one(bench->store, (struct record){RECORD_OUTBOX, 0, {.outbox = &event}});
	assert_last_id(bench, event.id);
	put_dead(bench->store, &dead);
	assert_last_id(bench, dead.id);
	put_sink(bench->store, "kafka", id_at(NOW_MS + 3, 0), 0);
	assert_last_id(bench, id_at(NOW_MS + 3, 0));
}

TEST(a_session_whose_end_is_not_announced_stays_where_a_start_finds_it)
{
	struct pool_row pool = made_pool(1, "main", "jakarta");
	struct made_session made;
	struct session_row *row;
	pool.policy.keep_s = 0;
	put_pool(bench->store, &pool);
	make_session(bench->use, 0, &made);
	close_session(&made, NOW_S - 1000, 10, 20);
	made.row.past_n = 1;
	made.past[0] = (struct session_past){.vn_id = 3, .until = NOW_S - 999};
	made.row.announce = true;
	put_session(bench->store, &made);
	idle_all(bench, NOW_MS);
	assert_same_session(read_back(bench, made.row.id), &made.row);
	bench_reopen(bench);
	struct loaded *loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 1);
	assert_same_session(loaded->sessions[0], &made.row);
	loaded_free(loaded);
	made.row.announce = false;
	put_session(bench->store, &made);
	loaded = load_all(bench->store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 0);
	loaded_free(loaded);
	idle_all(bench, NOW_MS + 2 * 3600 * 1000);
	idle_all(bench, NOW_MS + 4 * 3600 * 1000);
	assert_int_equal(bench->store->ops->read_session(bench->reader, made.row.id, &bench->arena, &row), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_store_has_given_no_id),
		cmocka_unit_test(a_visitor_that_asks_for_none_of_it_gets_the_rest),
		cmocka_unit_test(events_are_read_page_by_page_in_their_order),
		cmocka_unit_test(an_event_may_be_of_no_session_and_no_pool),
		cmocka_unit_test(a_page_that_does_not_fit_is_an_error),
		cmocka_unit_test(the_first_event_since_a_time_is_found),
		cmocka_unit_test(an_id_that_does_not_ascend_is_our_fault),
		cmocka_unit_test(sinks_and_their_retries_come_back_in_order),
		cmocka_unit_test(a_sink_goes_with_its_retries_and_without_it_there_are_none),
		cmocka_unit_test(delivered_events_go_when_they_were_kept_long_enough),
		cmocka_unit_test(a_young_event_stays_and_so_do_all_without_a_limit),
		cmocka_unit_test(without_a_sink_that_wants_any_all_may_go),
		cmocka_unit_test(many_events_with_some_that_are_held_back_are_purged),
		cmocka_unit_test(past_the_limit_the_oldest_go_and_a_burst_is_told_once),
		cmocka_unit_test(the_limit_holds_through_batches_that_are_larger_and_reopenings),
		cmocka_unit_test(delivered_events_that_go_past_the_limit_are_not_lost),
		cmocka_unit_test(past_the_limit_events_of_sessions_go_last),
		cmocka_unit_test(no_flood_of_calls_takes_an_event_of_a_session_and_retries_go_with_their_events_alone),
		cmocka_unit_test(a_limit_that_was_lowered_is_reached_in_quiet_moments_and_sessions_stay),
		cmocka_unit_test(offsets_are_put_by_group_topic_and_partition_whatever_they_say),
		cmocka_unit_test(a_dead_letter_comes_back_whole_is_changed_and_dropped),
		cmocka_unit_test(payloads_of_nothing_and_of_a_mebibyte_come_back),
		cmocka_unit_test(dead_letters_are_listed_oldest_first_page_by_page),
		cmocka_unit_test(the_last_id_is_the_highest_that_anything_has),
		cmocka_unit_test(a_session_whose_end_is_not_announced_stays_where_a_start_finds_it),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
