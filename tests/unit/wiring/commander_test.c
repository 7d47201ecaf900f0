/* Commands for calls on their way, and events that come twice. What an API answers:
 * tests/e2e/call_telnyx_control_test.py. */
#include "unit/test.h"

#include <stdatomic.h>

#include "provider/dialects.h"
#include "serve/commander.h"
#include "serve/control_memory.h"

/* Nobody listens there. */
static const struct account account = {
	.name = "main", .provider = &provider_telnyx, .api_key = "KEY0123456789", .api_url = "http://127.0.0.1:1/v2"};
static const struct control_out transfer = {.verb = CONTROL_TRANSFER, .leg = {"v3:1", 4}, .event = {"e1", 2},
	.to = {14155550199}, .shown = {15005550010}, .ring_s = 30, .max_call_s = 3600};
static const struct control_out reject = {.verb = CONTROL_REJECT, .leg = {"v3:1", 4}, .event = {"e1", 2}};

static _Atomic int failed_n;

static void failed(void *context, const struct account *whose, struct str call_id)
{
	(void)context;
	assert_ptr_equal(whose, &account);
	assert_true(str_equal(call_id, STR("call-1")));
	atomic_fetch_add(&failed_n, 1);
}

static struct commander *make(uint32_t max)
{
	const struct commander_options options = {.max = max, .accounts = &account, .accounts_n = 1, .failed = failed};
	struct commander *commander = commander_new(&options);

	assert_non_null(commander);
	return commander;
}

static struct errand *take(struct commander *commander, const struct control_out *out)
{
	const struct commanding command = {.out = out, .call_id = STR("call-1")};

	return commander_take(commander, &account, &command);
}

static void past_the_limit_there_is_room_for_a_quarter_more_that_end_calls(void **state)
{
	struct commander *commander = make(4);
	struct errand *errands[5];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_non_null(errands[i] = take(commander, &transfer));
	assert_null(take(commander, &transfer));
	assert_non_null(errands[4] = take(commander, &reject));
	assert_null(take(commander, &reject));
	assert_null(take(commander, &transfer));
	struct commander_counts counts = commander_counts(commander);
	assert_int_equal(counts.no_room, 3);
	assert_int_equal(counts.waiting, 5);
	commander_drop(commander, errands[4]);
	assert_null(take(commander, &transfer));
	commander_drop(commander, errands[3]);
	assert_non_null(errands[3] = take(commander, &transfer));
	for (int i = 0; i < 4; i++)
		commander_drop(commander, errands[i]);
	assert_int_equal(commander_counts(commander).waiting, 0);
	commander_free(commander);
}

static void what_cannot_be_built_takes_no_room(void **state)
{
	struct account accounts[] = {account, account, account};
	const struct commander_options options = {.max = 1, .accounts = accounts, .accounts_n = 3};
	struct commander *commander = commander_new(&options);
	struct control_out long_leg = reject;
	struct commanding command = {.out = &transfer, .call_id = STR("call-1")};
	static char text[CONTROL_ID_MAX + 1];

	(void)state;
	assert_non_null(commander);
	accounts[0].api_key[0] = '\0';
	assert_null(commander_take(commander, &accounts[0], &command));
	str_copy(accounts[1].api_url, sizeof accounts[1].api_url, STR("gopher://127.0.0.1"));
	assert_null(commander_take(commander, &accounts[1], &command));
	memset(text, 'x', sizeof text);
	long_leg.leg = str_n(text, sizeof text);
	command.out = &long_leg;
	assert_null(commander_take(commander, &accounts[2], &command));
	assert_int_equal(commander_counts(commander).waiting, 0);
	assert_int_equal(commander_counts(commander).no_room, 0);
	commander_free(commander);
}

/* At a stop nothing is tried again: a transfer that nobody took is followed by a reject, which nobody takes either. */
static void a_stop_ends_what_waits(void **state)
{
	struct commander *commander = make(64);

	(void)state;
	assert_int_equal(commander_start(commander), ERR_OK);
	for (int i = 0; i < 32; i++)
		commander_send(commander, take(commander, i % 2 ? &transfer : &reject));
	commander_stop(commander);
	struct commander_counts counts = commander_counts(commander);
	assert_int_equal(counts.waiting, 0);
	assert_true(counts.failed >= 32 && counts.tries >= 32);
	assert_int_equal(counts.done + counts.gone, 0);
	commander_free(commander);
}

static bool changed(void *context, const struct question *question, const struct control_out *out)
{
	(void)context;
	assert_int_equal(out->verb, CONTROL_TRANSFER);
	assert_true(str_equal(question->digits, STR("123456")));
	return false;
}

/* What is sent is the reject alone. */
static void a_transfer_that_holds_no_more_fails_without_a_try(void **state)
{
	const struct commander_options options = {.max = 1, .accounts = &account, .accounts_n = 1, .holds = changed,
		.failed = failed};
	struct commander *commander = commander_new(&options);
	char digits[] = "123456";
	const struct question question = {.digits = str_of(digits)};
	const struct commanding command = {.out = &transfer, .call_id = STR("call-1"), .question = &question};
	int before = atomic_load(&failed_n);

	(void)state;
	assert_non_null(commander);
	struct errand *errand = commander_take(commander, &account, &command);
	assert_non_null(errand);
	memset(digits, 'x', sizeof digits); /* the request is gone */
	commander_send(commander, errand);
	assert_int_equal(commander_start(commander), ERR_OK);
	commander_stop(commander);
	assert_int_equal(atomic_load(&failed_n), before + 1);
	assert_int_equal(commander_counts(commander).waiting, 0);
	assert_true(commander_counts(commander).failed == 2 && commander_counts(commander).tries >= 1);
	commander_free(commander);
}

static struct control_event event_of(enum control_kind kind, const char *id, const char *leg)
{
	return (struct control_event){.kind = kind, .id = str_of(id), .leg = str_of(leg)};
}

static void an_event_is_new_once_and_a_leg_asks_once(void **state)
{
	struct control_memory *memory = control_memory_new(test_seed());
	struct account other = account;
	struct control_event step = event_of(CONTROL_STEP, "1", "v3:1"), asks = event_of(CONTROL_QUESTION, "2", "v3:1");

	(void)state;
	assert_non_null(memory);
	str_copy(other.name, sizeof other.name, STR("other"));
	assert_true(control_memory_first(memory, &account, &step));
	assert_false(control_memory_first(memory, &account, &step));
	assert_true(control_memory_first(memory, &other, &step));
	assert_true(control_memory_first(memory, &account, &asks));
	asks.id = STR("3");
	assert_false(control_memory_first(memory, &account, &asks));
	asks.answered = true; /* with digits: as often as they are typed */
	assert_true(control_memory_first(memory, &account, &asks));
	assert_false(control_memory_first(memory, &account, &asks));
	control_memory_forget(memory, &account, &asks);
	assert_true(control_memory_first(memory, &account, &asks));
	control_memory_free(memory);
}

static void the_oldest_events_are_forgotten(void **state)
{
	struct control_memory *memory = control_memory_new(test_seed());
	char id[16];

	(void)state;
	assert_non_null(memory);
	for (int i = 0; i <= CONTROL_MEMORY_MAX; i++) {
		snprintf(id, sizeof id, "%d", i);
		struct control_event event = event_of(CONTROL_STEP, id, "v3:1");
		assert_true(control_memory_first(memory, &account, &event));
	}
	struct control_event newest = event_of(CONTROL_STEP, id, "v3:1"), oldest = event_of(CONTROL_STEP, "0", "v3:1");
	assert_false(control_memory_first(memory, &account, &newest));
	assert_true(control_memory_first(memory, &account, &oldest));
	control_memory_free(memory);
}

static void when_a_leg_was_answered_is_remembered(void **state)
{
	struct control_memory *memory = control_memory_new(test_seed());

	(void)state;
	assert_non_null(memory);
	assert_int_equal(control_memory_answered_ms(memory, &account, STR("call-1")), 0);
	control_memory_answered(memory, &account, STR("call-1"), 1704067200000);
	assert_int_equal(control_memory_answered_ms(memory, &account, STR("call-1")), 1704067200000);
	assert_int_equal(control_memory_answered_ms(memory, &account, STR("call-2")), 0);
	control_memory_free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(past_the_limit_there_is_room_for_a_quarter_more_that_end_calls),
		cmocka_unit_test(what_cannot_be_built_takes_no_room),
		cmocka_unit_test(a_stop_ends_what_waits),
		cmocka_unit_test(a_transfer_that_holds_no_more_fails_without_a_try),
		cmocka_unit_test(an_event_is_new_once_and_a_leg_asks_once),
		cmocka_unit_test(the_oldest_events_are_forgotten),
		cmocka_unit_test(when_a_leg_was_answered_is_remembered),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
