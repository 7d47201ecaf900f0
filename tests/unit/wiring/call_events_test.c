/* Whom a call's row and events name: the roles and VNs as they were at the call, whatever became of the session since. */
#include "unit/core/engine_fixture.h"

#include "serve/writer_calls.h"
#include "wire/notice_json.h"

static struct world world;
static struct writer_calls *calls;
static struct arena arena;
static uint32_t slot;

static void begin(const struct pool_policy *policy)
{
	world_init(&world, policy, 20);
	world.options.tell = tell_number;
	world_restart(&world);
	calls = writer_calls_new(100, 1);
	assert_non_null(calls);
	arena_init(&arena, 16 << 20);
}

static void end(void)
{
	arena_done(&arena);
	writer_calls_free(calls);
	world_done(&world);
}

static void open_three(void)
{
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER), party_of("shop", COURIER_2)};
	struct pool_policy policy = policy_for_tests();

	begin(&policy);
	assert_int_equal(world_open(&world, "A-1", parties, 3, &slot), ERR_OK);
}

/* As a worker notes it: what it decided, by the routes of that moment. */
static struct call_note note_of(const char *from, int person, const char *to)
{
	struct number dialled = vn_to_dial(world_row(&world, slot), from, to);
	struct decision decision = world_call(&world, number_of(person), dialled);
	struct call_note note = {
		.call = {.at_ms = world.now_ms, .pool_id = decision.pool + 1u, .session = decision.session, .provider = "twilio",
			.account = "one", .provider_call_id = "CA1", .vn = dialled, .shown = decision.show,
			.action = decision.action, .status = CALL_CONNECTING},
		.from_role_index = decision.from_role_index,
		.to_role_index = decision.to_role_index,
		.account = world.account,
	};

	assert_int_equal(decision.action, ACTION_CONNECT);
	return note;
}

static const struct record *last_of(enum record_kind kind)
{
	size_t n;
	const struct record *all = engine_records(world.engine, &n);

	while (n > 0 && all[n - 1].kind != kind)
		n--;
	assert_true(n > 0);
	return &all[n - 1];
}

/* Takes the note; its row lives as long as the arena. */
static const struct call *take(const struct call_note *note)
{
	world_begin(&world);
	assert_int_equal(writer_calls_note(calls, world.engine, note, &arena), ERR_OK);
	const struct call *call = last_of(RECORD_CALL)->call;
	world_end(&world);
	writer_calls_commit(calls);
	return call;
}

/* The data of the event that a report makes. */
static const char *report(enum call_status status, uint32_t seconds)
{
	static char text[4096];
	struct call_report told = {.account = world.account, .provider_call_id = "CA1", .status = status, .seconds = seconds};

	world_begin(&world);
	struct call_came came;
	assert_int_equal(writer_calls_report(calls, world.engine, &told, &arena, &came), ERR_OK);
	assert_true(str_copy(text, sizeof text, last_of(RECORD_OUTBOX)->outbox->data));
	world_end(&world);
	writer_calls_commit(calls);
	return text;
}

static void assert_says(const char *text, const char *name, const char *value)
{
	char wanted[128];

	snprintf(wanted, sizeof wanted, value ? "\"%s\":\"%s\"" : "\"%s\":null", name, value);
	if (!strstr(text, wanted))
		fail_msg("no %s in %s", wanted, text);
}

static void assert_vn(const char *text, const char *name, struct number vn)
{
	char space[NUMBER_TEXT_SIZE];

	assert_says(text, name, number_text(vn, space));
}

static void a_party_that_left_since_shifts_nobody(void **state)
{
	(void)state;
	open_three();
	struct call_note note = note_of("shop", COURIER_2, "customer");
	take(&note);
	assert_int_equal(world_drop(&world, slot, "courier"), ERR_OK);
	assert_int_equal(world_put(&world, slot, "agent", 9), ERR_OK); /* at the place that was the shop's */
	const char *text = report(CALL_ANSWERED, 0);
	assert_says(text, "from_role", "shop");
	assert_says(text, "to_role", "customer");
	assert_vn(text, "vn", note.call.vn);
	assert_vn(text, "shown", note.call.shown);
	assert_says(text, "ref", "A-1");
	end();
}

static void one_who_left_is_named_as_he_was(void **state)
{
	(void)state;
	open_three();
	struct call_note note = note_of("shop", COURIER_2, "courier");
	take(&note);
	assert_int_equal(world_drop(&world, slot, "courier"), ERR_OK);
	const char *text = report(CALL_COMPLETED, 5);
	assert_says(text, "from_role", "shop");
	assert_says(text, "to_role", "courier");
	assert_vn(text, "vn", note.call.vn);
	end();
}

static void a_session_that_is_over_leaves_the_roles(void **state)
{
	(void)state;
	open_three();
	struct call_note note = note_of("customer", CUSTOMER, "courier");
	take(&note);
	world_close(&world, slot, 0);
	world_wait(&world, 1);
	const char *text = report(CALL_COMPLETED, 5);
	assert_says(text, "from_role", "customer");
	assert_says(text, "to_role", "courier");
	assert_vn(text, "shown", note.call.shown);
	end();
}

static void a_party_that_left_before_the_note_was_taken_shifts_nobody(void **state)
{
	(void)state;
	open_three();
	struct call_note note = note_of("shop", COURIER_2, "customer");
	assert_int_equal(world_drop(&world, slot, "courier"), ERR_OK);
	assert_int_equal(world_put(&world, slot, "agent", 9), ERR_OK);
	const struct call *call = take(&note);
	assert_string_equal(call->from_role, "shop");
	assert_string_equal(call->to_role, "customer");
	assert_says(report(CALL_ANSWERED, 0), "from_role", "shop");
	end();
}

static void one_who_left_before_the_note_was_taken_has_no_role(void **state)
{
	(void)state;
	open_three();
	struct call_note note = note_of("courier", COURIER, "customer");
	assert_int_equal(world_drop(&world, slot, "courier"), ERR_OK);
	const struct call *call = take(&note);
	assert_string_equal(call->from_role, "");
	assert_string_equal(call->to_role, "customer");
	const char *text = report(CALL_ANSWERED, 0);
	assert_says(text, "from_role", NULL);
	assert_says(text, "to_role", "customer");
	end();
}

static void one_number_for_both_tells_them_apart(void **state)
{
	(void)state;
	struct pool_policy policy = policy_for_tests();
	policy.numbers = POOL_ONE;
	begin(&policy);
	slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	struct call_note note = note_of("courier", COURIER, "customer");
	const struct call *call = take(&note);
	assert_string_equal(call->from_role, "courier");
	assert_string_equal(call->to_role, "customer");
	end();
}

static void a_restart_forgets_no_role(void **state)
{
	(void)state;
	open_three();
	struct call_note note = note_of("shop", COURIER_2, "customer");
	struct call row = *take(&note);
	writer_calls_free(calls);
	calls = writer_calls_new(100, 2);
	world_restart(&world);
	assert_int_equal(world_drop(&world, slot, "courier"), ERR_OK);
	assert_int_equal(writer_calls_load(calls, world.engine, &row), ERR_OK);
	const char *text = report(CALL_ANSWERED, 0);
	assert_says(text, "from_role", "shop");
	assert_says(text, "to_role", "customer");
	assert_vn(text, "vn", note.call.vn);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_party_that_left_since_shifts_nobody),
		cmocka_unit_test(one_who_left_is_named_as_he_was),
		cmocka_unit_test(a_session_that_is_over_leaves_the_roles),
		cmocka_unit_test(a_party_that_left_before_the_note_was_taken_shifts_nobody),
		cmocka_unit_test(one_who_left_before_the_note_was_taken_has_no_role),
		cmocka_unit_test(one_number_for_both_tells_them_apart),
		cmocka_unit_test(a_restart_forgets_no_role),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
