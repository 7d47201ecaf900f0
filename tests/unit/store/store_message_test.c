/* One suite for every back end: messages, what they say, policies, as store.h promises. */
#include "unit/store/store_each.h"

#define HOUR_MS (3600ll * 1000)
#define SECRET "I am at the gate"

/* What a load gave. */
struct given {
	struct message_row messages[16];
	char bodies[16][64];
	struct message_policy_row policies[4];
	int messages_n, policies_n;
	uint64_t last_id;
};

static enum err take_message(void *context, const struct message_row *row)
{
	struct given *given = context;
	assert_true(str_copy(given->bodies[given->messages_n], 64, row->body.at ? row->body : STR("")));
	given->messages[given->messages_n++] = *row;
	return ERR_OK;
}

static enum err take_policy(void *context, const struct message_policy_row *row)
{
	struct given *given = context;
	given->policies[given->policies_n++] = *row;
	return ERR_OK;
}

static enum err take_last_id(void *context, uint64_t id)
{
	((struct given *)context)->last_id = id;
	return ERR_OK;
}

static enum err ignore_time(void *context, int64_t time_ms)
{
	(void)context, (void)time_ms;
	return ERR_OK;
}

static enum err ignore_pool(void *context, const struct pool_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static enum err ignore_vn(void *context, const struct vn_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static void load(struct bench *bench, int64_t now_ms, struct given *ret_given)
{
	struct store_visitor visitor = {.context = ret_given, .time = ignore_time, .pool = ignore_pool, .vn = ignore_vn,
		.session = loaded_session, .tombstone = loaded_tombstone, .idempotency = loaded_idempotency,
		.call = loaded_call,
		.message_policy = take_policy, .message = take_message, .last_id = take_last_id};
	char error[256];
	memset(ret_given, 0, sizeof *ret_given);
	assert_int_equal(bench->store->ops->load(bench->store, now_ms, &visitor, error), ERR_OK);
}

static struct message_row made_message(unsigned i, enum message_state state)
{
	bool waits = state == MESSAGE_QUEUED;
	struct message_row row = {.id = id_at(NOW_MS + i, 1), .at_ms = NOW_MS + i, .pool_id = 1,
		.session = id_at(NOW_MS - 1000, 1),
		.provider = "twilio", .account = "main", .from_app = i % 2, .vn = {622150000001},
		.shown = {622150000002},
		.from_role = "customer", .to_role = "courier", .state = state, .segments = 2, .media = 3, .redacted = 1,
		.tries = 4,
		.due_ms = waits ? NOW_MS + 5 : 0, .done_ms = waits ? 0 : NOW_MS + 6, .from = waits ? nobody(8) : NUMBER_NONE, .to = waits ? nobody(7)
		: NUMBER_NONE,
		.body = waits ? STR(SECRET) : STR_NONE};
	snprintf(row.ref, sizeof row.ref, "SM%032u", i);
	return row;
}

static void put_message(struct bench *bench, const struct message_row *row)
{
	put_one(bench->store, (struct record){RECORD_MESSAGE, 0, {.message = row}});
}

static void put_change(struct bench *bench, const struct message_change *change)
{
	put_one(bench->store, (struct record){RECORD_MESSAGE_CHANGE, 0, {.message_change = change}});
}

static int read_all(struct bench *bench, int64_t now_ms, bool bodies, struct message_row **ret_rows)
{
	const struct messages_filter filter = {.tenant = STR("main"), .now_ms = now_ms, .bodies = bodies,
		.page_size = 100};
	uint64_t next = 1;
	int n = 0;
	assert_int_equal(bench->store->ops->read_messages(bench->reader, &filter, &bench->arena, ret_rows, &n, &next),
		ERR_OK);
	assert_int_equal(next, 0);
	return n;
}

static void assert_same(const struct message_row *a, const struct message_row *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->at_ms, b->at_ms);
	assert_int_equal(a->pool_id, b->pool_id);
	assert_int_equal(a->session, b->session);
	assert_string_equal(a->provider, b->provider);
	assert_string_equal(a->account, b->account);
	assert_string_equal(a->ref, b->ref);
	assert_string_equal(a->provider_id, b->provider_id);
	assert_int_equal(a->from_app, b->from_app);
	assert_int_equal(a->vn.e164, b->vn.e164);
	assert_int_equal(a->shown.e164, b->shown.e164);
	assert_string_equal(a->from_role, b->from_role);
	assert_string_equal(a->to_role, b->to_role);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->why, b->why);
	assert_string_equal(a->code, b->code);
	assert_int_equal(a->segments, b->segments);
	assert_int_equal(a->media, b->media);
	assert_int_equal(a->redacted, b->redacted);
	assert_int_equal(a->tries, b->tries);
	assert_int_equal(a->due_ms, b->due_ms);
	assert_int_equal(a->done_ms, b->done_ms);
}

TEST(what_waits_comes_back_whole_after_a_start)
{
	const struct message_row waits = made_message(1, MESSAGE_QUEUED), sent = made_message(2, MESSAGE_SENT);
	struct given given;
	put_message(bench, &waits);
	put_message(bench, &sent);
	bench_reopen(bench);
	load(bench, NOW_MS + HOUR_MS, &given);
	assert_int_equal(given.messages_n, 2);
	assert_same(&given.messages[0], &waits);
	assert_int_equal(given.messages[0].to.e164, nobody(7).e164);
	assert_int_equal(given.messages[0].from.e164, nobody(8).e164);
	assert_string_equal(given.bodies[0], SECRET);
	assert_same(&given.messages[1], &sent);
	assert_false(number_is(given.messages[1].to));
	assert_string_equal(given.bodies[1], "");
	assert_int_equal(given.last_id, sent.id);
	/* After a day only what waits. */
	load(bench, NOW_MS + 30 * HOUR_MS, &given);
	assert_int_equal(given.messages_n, 1);
	assert_int_equal(given.messages[0].id, waits.id);
}

TEST(what_it_says_is_shown_to_nobody_while_it_waits)
{
	const struct message_row waits = made_message(1, MESSAGE_QUEUED);
	struct message_row *rows;
	put_message(bench, &waits);
	assert_int_equal(read_all(bench, NOW_MS, true, &rows), 1);
	assert_same(&rows[0], &waits);
	assert_false(number_is(rows[0].to));
	assert_int_equal(rows[0].body.len, 0);
}

TEST(what_is_over_leaves_neither_number_nor_text)
{
	const struct message_row waits = made_message(1, MESSAGE_QUEUED);
	const struct message_change change = {.id = waits.id, .state = MESSAGE_SENT, .provider_id = "SM2", .tries = 5,
		.done_ms = NOW_MS + 9,
		.settles = true};
	const struct message_change later = {.id = waits.id, .state = MESSAGE_FAILED, .why = MESSAGE_WHY_PROVIDER,
		.code = "30003",
		.tries = 5, .done_ms = NOW_MS + 10};
	struct message_row *rows, wanted = waits;
	struct given given;
	put_message(bench, &waits);
	put_change(bench, &change);
	put_change(bench, &later);
	wanted.state = MESSAGE_FAILED;
	wanted.why = MESSAGE_WHY_PROVIDER;
	snprintf(wanted.code, sizeof wanted.code, "30003");
	snprintf(wanted.provider_id, sizeof wanted.provider_id, "SM2");
	wanted.tries = 5;
	wanted.due_ms = 0;
	wanted.done_ms = NOW_MS + 10;
	bench_reopen(bench);
	assert_int_equal(read_all(bench, NOW_MS, true, &rows), 1);
	assert_same(&rows[0], &wanted);
	assert_int_equal(rows[0].body.len, 0);
	load(bench, NOW_MS, &given);
	assert_false(number_is(given.messages[0].to));
	assert_string_equal(given.bodies[0], "");
}

TEST(what_is_put_off_still_has_both)
{
	const struct message_row waits = made_message(1, MESSAGE_QUEUED);
	const struct message_change change = {.id = waits.id, .state = MESSAGE_QUEUED, .code = "429", .tries = 6,
		.due_ms = NOW_MS + 77,
		.shown = {622150000009}};
	struct given given;
	put_message(bench, &waits);
	put_change(bench, &change);
	bench_reopen(bench);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.messages[0].to.e164, nobody(7).e164);
	assert_string_equal(given.bodies[0], SECRET);
	assert_int_equal(given.messages[0].tries, 6);
	assert_int_equal(given.messages[0].due_ms, NOW_MS + 77);
	assert_int_equal(given.messages[0].shown.e164, 622150000009);
}

TEST(a_text_is_kept_for_as_long_as_it_is_to_be)
{
	const struct message_row waits = made_message(1, MESSAGE_QUEUED);
	struct message_row sent = made_message(2, MESSAGE_SENT), *rows;
	const struct message_change change = {.id = waits.id, .state = MESSAGE_SENT, .done_ms = NOW_MS + 9,
		.settles = true,
		.keep_until = NOW_S + 100, .body = STR(SECRET)};
	sent.body = STR("in the answer");
	sent.keep_until = NOW_S + 50;
	put_message(bench, &waits);
	put_message(bench, &sent);
	put_change(bench, &change);
	bench_reopen(bench);
	assert_int_equal(read_all(bench, NOW_MS, true, &rows), 2);
	assert_true(str_equal(rows[0].body, sent.body));
	assert_true(str_equal(rows[1].body, STR(SECRET)));
	assert_false(number_is(rows[1].to));
	assert_int_equal(read_all(bench, NOW_MS, false, &rows), 2);
	assert_int_equal(rows[0].body.len + rows[1].body.len, 0);
	/* Not a second longer, swept or not. */
	assert_int_equal(read_all(bench, NOW_MS + 50 * 1000, true, &rows), 2);
	assert_int_equal(rows[0].body.len, 0);
	assert_true(str_equal(rows[1].body, STR(SECRET)));
	idle_all(bench, NOW_MS + 100 * 1000);
	assert_int_equal(read_all(bench, NOW_MS, true, &rows), 2);
	assert_int_equal(rows[0].body.len + rows[1].body.len, 0);
}

TEST(what_a_session_that_is_erased_said_goes_with_its_numbers)
{
	struct made_session made;
	struct message_row sent = made_message(2, MESSAGE_SENT), other = made_message(3, MESSAGE_SENT), *rows;
	make_session(bench->use, 1, &made);
	put_one(bench->store, (struct record){RECORD_SESSION, 0, {.session = &made.row}});
	sent.session = made.row.id;
	sent.body = other.body = STR(SECRET);
	sent.keep_until = other.keep_until = NOW_S + 1000;
	put_message(bench, &sent);
	put_message(bench, &other);
	made.parties[0].numbers[0] = NUMBER_NONE;
	put_one(bench->store, (struct record){RECORD_SESSION, 0, {.session = &made.row}});
	assert_int_equal(read_all(bench, NOW_MS, true, &rows), 2);
	assert_true(str_equal(rows[0].body, STR(SECRET)));
	assert_int_equal(rows[1].body.len, 0);
	const struct session_erase erase = {.session = other.session, .all = true};
	put_one(bench->store, (struct record){RECORD_SESSION_ERASE, 0, {.erase = &erase}});
	assert_int_equal(read_all(bench, NOW_MS, true, &rows), 2);
	assert_int_equal(rows[0].body.len, 0);
}

TEST(messages_are_purged_as_calls_are_but_not_what_waits)
{
	const struct message_row waits = made_message(1, MESSAGE_QUEUED), sent = made_message(2, MESSAGE_SENT);
	struct message_row *rows;
	put_message(bench, &waits);
	put_message(bench, &sent);
	idle_all(bench, NOW_MS + 31 * 24 * HOUR_MS);
	assert_int_equal(read_all(bench, NOW_MS, true, &rows), 1);
	assert_int_equal(rows[0].id, waits.id);
}

TEST(policies_come_back)
{
	const struct message_policy_row first = {1, {true, true, 60}}, second = {1, {false, true, 0}};
	struct given given;
	put_one(bench->store, (struct record){RECORD_MESSAGE_POLICY, 0, {.message_policy = &first}});
	put_one(bench->store, (struct record){RECORD_MESSAGE_POLICY, 0, {.message_policy = &second}});
	bench_reopen(bench);
	load(bench, NOW_MS, &given);
	assert_int_equal(given.policies_n, 1);
	assert_int_equal(given.policies[0].pool_id, 1);
	assert_false(given.policies[0].policy.on);
	assert_true(given.policies[0].policy.redact);
	assert_int_equal(given.policies[0].policy.keep_bodies_s, 0);
}

TEST(lists_ask_for_session_pool_and_time)
{
	struct message_row rows_of[3], *rows;
	struct messages_filter filter = {.tenant = STR("main"), .page_size = 2};
	uint64_t next;
	int n;
	for (unsigned i = 0; i < 3; i++) {
		rows_of[i] = made_message(10 + i, MESSAGE_SENT);
		rows_of[i].session += i;
		put_message(bench, &rows_of[i]);
	}
	const struct store_ops *ops = bench->store->ops;
	assert_int_equal(ops->read_messages(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].id, rows_of[2].id);
	assert_int_not_equal(next, 0);
	filter.after = next;
	assert_int_equal(ops->read_messages(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(next, 0);
	filter = (struct messages_filter){.tenant = STR("main"), .session = rows_of[1].session, .page_size = 10};
	assert_int_equal(ops->read_messages(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].id, rows_of[1].id);
	filter = (struct messages_filter){.tenant = STR("main"), .since_ms = rows_of[2].at_ms, .page_size = 10};
	assert_int_equal(ops->read_messages(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 1);
	filter = (struct messages_filter){.tenant = STR("nobody"), .page_size = 10};
	assert_int_equal(ops->read_messages(bench->reader, &filter, &bench->arena, &rows, &n, &next), ERR_OK);
	assert_int_equal(n, 0);
}

static bool file_holds(const char *path, const char *text)
{
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	char *bytes = malloc(64 << 20);
	size_t len = fread(bytes, 1, 64 << 20, file);
	bool holds = memmem(bytes, len, text, strlen(text)) != NULL;
	free(bytes);
	fclose(file);
	return holds;
}

static void count_wrong(void *context, const char *sentence)
{
	print_message("# %s\n", sentence);
	++*(int *)context;
}

TEST(neither_text_nor_number_is_readable_on_disk)
{
	const struct message_row waits = made_message(1, MESSAGE_QUEUED);
	char wal[128], error[256], number[NUMBER_TEXT_SIZE];
	int wrong = 0;
	if (!bench->on_disk)
		return;
	put_message(bench, &waits);
	snprintf(wal, sizeof wal, "%s-wal", bench->folder.db);
	number_text(nobody(7), number);
	assert_true(file_holds(wal, waits.ref));
	assert_false(file_holds(wal, SECRET) || file_holds(bench->folder.db, SECRET));
	assert_false(file_holds(wal, number) || file_holds(bench->folder.db, number));
	assert_int_equal(store_sqlite_verify(bench->folder.db, bench->vault, NOW_MS, count_wrong, &wrong, error),
		ERR_OK);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_comes_back_whole_after_a_start),
		cmocka_unit_test(what_it_says_is_shown_to_nobody_while_it_waits),
		cmocka_unit_test(what_is_over_leaves_neither_number_nor_text),
		cmocka_unit_test(what_is_put_off_still_has_both),
		cmocka_unit_test(a_text_is_kept_for_as_long_as_it_is_to_be),
		cmocka_unit_test(what_a_session_that_is_erased_said_goes_with_its_numbers),
		cmocka_unit_test(messages_are_purged_as_calls_are_but_not_what_waits),
		cmocka_unit_test(policies_come_back),
		cmocka_unit_test(lists_ask_for_session_pool_and_time),
		cmocka_unit_test(neither_text_nor_number_is_readable_on_disk),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
