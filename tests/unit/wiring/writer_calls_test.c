#include "unit/test.h"

#include "base/hash.h"
#include "serve/writer_calls.h"

#define START_MS 1763978400000

struct fixture {
	struct engine *engine;
	struct writer_calls *calls;
	struct arena arena;
	int64_t now_ms;
	uint16_t account;
};

static struct fixture fixture;

static int set_up(void **state)
{
	struct engine_options options = {.limits = LIMITS_DEFAULT(100), .seed = 1, .now_ms = START_MS};

	(void)state;
	fixture = (struct fixture){.engine = engine_new(&options), .calls = writer_calls_new(100, 1), .now_ms = START_MS};
	arena_init(&fixture.arena, 16 << 20);
	assert_int_equal(engine_account(fixture.engine, STR("twilio"), STR("main"), &fixture.account), ERR_OK);
	engine_begin(fixture.engine, START_MS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_rollback(fixture.engine);
	writer_calls_free(fixture.calls);
	engine_free(fixture.engine);
	arena_done(&fixture.arena);
	return 0;
}

static struct call_note note_of(const char *call_id, enum action action, enum call_status status)
{
	struct call_note note = {
		.call = {.at_ms = START_MS, .provider = "twilio", .account = "main", .action = action, .status = status},
		.account = fixture.account,
	};

	snprintf(note.call.provider_call_id, sizeof note.call.provider_call_id, "%s", call_id);
	return note;
}

static enum err take_note(const char *call_id, enum action action, enum call_status status)
{
	struct call_note note = note_of(call_id, action, status);

	engine_mark(fixture.engine);
	return writer_calls_note(fixture.calls, fixture.engine, &note, &fixture.arena);
}

static enum err take_report(const char *call_id, enum call_status status, uint32_t seconds)
{
	struct call_report report = {.account = fixture.account, .status = status, .seconds = seconds};
	struct call_came came;

	snprintf(report.provider_call_id, sizeof report.provider_call_id, "%s", call_id);
	engine_mark(fixture.engine);
	return writer_calls_report(fixture.calls, fixture.engine, &report, &fixture.arena, &came);
}

static size_t records(void)
{
	size_t n;

	engine_records(fixture.engine, &n);
	return n;
}

static const struct record *last_record(void)
{
	size_t n;
	const struct record *all = engine_records(fixture.engine, &n);

	assert_true(n > 0);
	return &all[n - 1];
}

static void a_note_makes_one_row(void **state)
{
	(void)state;
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	assert_int_equal(records(), 1);
	assert_int_equal(last_record()->kind, RECORD_CALL);
	assert_true(last_record()->call->id != 0);
	assert_string_equal(last_record()->call->provider_call_id, "CA1");
}

static void a_question_that_is_asked_again_makes_no_second_row(void **state)
{
	(void)state;
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	assert_int_equal(take_note("CA1", ACTION_REJECT, CALL_REFUSED), ERR_OK);
	assert_int_equal(records(), 1);
	assert_int_equal(writer_calls_count(fixture.calls), 1);
}

static void the_same_id_by_the_api_in_two_pools_is_two_calls(void **state)
{
	(void)state;
	for (uint32_t pool = 1; pool <= 2; pool++) {
		struct call_note note = note_of("1", ACTION_DIGITS, CALL_ASKED);
		snprintf(note.call.provider, sizeof note.call.provider, "generic");
		snprintf(note.call.account, sizeof note.call.account, "api");
		note.call.pool_id = pool;
		engine_mark(fixture.engine);
		assert_int_equal(writer_calls_note(fixture.calls, fixture.engine, &note, &fixture.arena), ERR_OK);
		assert_int_equal(writer_calls_load(fixture.calls, fixture.engine, last_record()->call), ERR_OK);
	}
	assert_int_equal(records(), 2);
	assert_int_equal(writer_calls_count(fixture.calls), 2);
}

static void digits_that_lead_on_change_the_same_row(void **state)
{
	(void)state;
	assert_int_equal(take_note("CA1", ACTION_DIGITS, CALL_ASKED), ERR_OK);
	uint64_t id = last_record()->call->id;
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	assert_int_equal(records(), 2);
	assert_int_equal(last_record()->call->id, id);
	assert_int_equal(last_record()->call->status, CALL_CONNECTING);
}

static void calls_without_a_providers_id_are_rows_of_their_own(void **state)
{
	(void)state;
	assert_int_equal(take_note("", ACTION_REJECT, CALL_REFUSED), ERR_OK);
	uint64_t id = last_record()->call->id;
	assert_int_equal(take_note("", ACTION_REJECT, CALL_REFUSED), ERR_OK);
	assert_int_equal(records(), 2);
	assert_true(last_record()->call->id > id);
	assert_int_equal(writer_calls_count(fixture.calls), 0);
}

static void two_accounts_may_have_calls_of_one_id(void **state)
{
	struct call_note other = note_of("CA1", ACTION_CONNECT, CALL_CONNECTING);

	(void)state;
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	snprintf(other.call.account, sizeof other.call.account, "other");
	assert_int_equal(writer_calls_note(fixture.calls, fixture.engine, &other, &fixture.arena), ERR_OK);
	assert_int_equal(records(), 2);
}

static void reports_tell_a_calls_status(void **state)
{
	(void)state;
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	uint64_t id = last_record()->call->id;
	assert_int_equal(take_report("CA1", CALL_ANSWERED, 0), ERR_OK);
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 42), ERR_OK);
	assert_int_equal(records(), 3);
	assert_int_equal(last_record()->kind, RECORD_CALL_STATUS);
	assert_int_equal(last_record()->call->id, id);
	assert_int_equal(last_record()->call->seconds, 42);
}

static void repeated_and_late_reports_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 42), ERR_OK);
	assert_int_equal(records(), 2);
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 42), ERR_OK);
	assert_int_equal(take_report("CA1", CALL_ANSWERED, 0), ERR_OK);
	assert_int_equal(take_report("CA1", CALL_NO_ANSWER, 0), ERR_OK);
	assert_int_equal(records(), 2);
}

static void reports_of_a_refused_call_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(take_note("CA1", ACTION_REJECT, CALL_REFUSED), ERR_OK);
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 1), ERR_OK);
	assert_int_equal(records(), 1);
}

static void a_report_of_a_call_that_nobody_knows_is_told(void **state)
{
	(void)state;
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 1), ERR_NOT_FOUND);
	assert_int_equal(records(), 0);
}

static void calls_of_before_a_restart_are_known(void **state)
{
	struct call_note before = note_of("CA1", ACTION_CONNECT, CALL_CONNECTING);

	(void)state;
	before.call.id = 77;
	assert_int_equal(writer_calls_load(fixture.calls, fixture.engine, &before.call), ERR_OK);
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 5), ERR_OK);
	assert_int_equal(last_record()->call->id, 77);
}

static void undo_forgets_what_was_not_stored(void **state)
{
	(void)state;
	assert_int_equal(take_note("CA1", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	writer_calls_commit(fixture.calls);
	uint32_t mark = writer_calls_mark(fixture.calls);
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 5), ERR_OK);
	assert_int_equal(take_note("CA2", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	writer_calls_undo(fixture.calls, mark);
	size_t before = records();
	assert_int_equal(take_report("CA2", CALL_COMPLETED, 5), ERR_NOT_FOUND);
	assert_int_equal(take_report("CA1", CALL_COMPLETED, 5), ERR_OK);
	assert_int_equal(records(), before + 1);
}

static void the_last_so_many_calls_are_known(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 150; i++) {
		snprintf(id, sizeof id, "CA%d", i);
		assert_int_equal(take_note(id, ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	}
	writer_calls_commit(fixture.calls);
	assert_int_equal(writer_calls_count(fixture.calls), 100);
	assert_int_equal(take_report("CA49", CALL_COMPLETED, 5), ERR_NOT_FOUND);
	assert_int_equal(take_report("CA50", CALL_COMPLETED, 5), ERR_OK);
}

static void a_batch_takes_so_many_and_the_rest_later(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < WRITER_CALLS_BATCH_MAX; i++) {
		snprintf(id, sizeof id, "CA%d", i);
		assert_int_equal(take_note(id, ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
	}
	assert_int_equal(take_note("one more", ACTION_CONNECT, CALL_CONNECTING), ERR_LIMIT_REACHED);
	writer_calls_commit(fixture.calls);
	assert_int_equal(take_note("one more", ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
}

/* Any order of what a provider may report, with repeats: the row ends as the first end that came. */
static void whatever_the_order_a_call_ends_once(void **state)
{
	static const enum call_status ends[] = {CALL_COMPLETED, CALL_BUSY, CALL_NO_ANSWER, CALL_FAILED, CALL_CANCELED};
	struct random random = {test_seed()};
	char id[16];

	(void)state;
	for (int call = 0; call < 90; call++) {
		bool answered = false, ended = false;
		snprintf(id, sizeof id, "CA%d", call);
		assert_int_equal(take_note(id, ACTION_CONNECT, CALL_CONNECTING), ERR_OK);
		for (int i = 0; i < 8; i++) {
			bool answer = random_below(&random, 2);
			enum call_status end = ends[random_below(&random, 5)];
			size_t before = records();
			assert_int_equal(take_report(id, answer ? CALL_ANSWERED : end, 1), ERR_OK);
			bool told = answer ? !answered && !ended : !ended && (!answered || end == CALL_COMPLETED);
			assert_int_equal(records(), before + told);
			answered |= told && answer;
			ended |= told && !answer;
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_note_makes_one_row),
		TEST(a_question_that_is_asked_again_makes_no_second_row),
		TEST(the_same_id_by_the_api_in_two_pools_is_two_calls),
		TEST(digits_that_lead_on_change_the_same_row),
		TEST(calls_without_a_providers_id_are_rows_of_their_own),
		TEST(two_accounts_may_have_calls_of_one_id),
		TEST(reports_tell_a_calls_status),
		TEST(repeated_and_late_reports_change_nothing),
		TEST(reports_of_a_refused_call_change_nothing),
		TEST(a_report_of_a_call_that_nobody_knows_is_told),
		TEST(calls_of_before_a_restart_are_known),
		TEST(undo_forgets_what_was_not_stored),
		TEST(the_last_so_many_calls_are_known),
		TEST(a_batch_takes_so_many_and_the_rest_later),
		TEST(whatever_the_order_a_call_ends_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
