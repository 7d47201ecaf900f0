/* A question or a report for which its arena has no room: with 0, 64, 128, ... bytes, until it is read as with plenty. Before that it is
 * refused or says less; it never names another caller, another number, other digits, another call. */
#include "unit/test.h"

#include "provider/messaging.h"
#include "provider_fixtures.h"
#include "raw_webhook.h"

#define PLENTY ((size_t)1 << 20)
#define STEP 64

static const struct account account = {.name = "main"};

static struct str read_file(const struct fixture *fixture, char *room, size_t size)
{
	char path[256];

	snprintf(path, sizeof path, "tests/provider/%s/%s.request", fixture->provider, fixture->name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing", path);
	size_t len = fread(room, 1, size, file);
	fclose(file);
	assert_true(len < size);
	return str_n(room, len);
}

static bool is_less(struct str text, struct str whole)
{
	return text.len == 0 || str_equal(text, whole);
}

static bool is_less_number(struct number number, struct number whole)
{
	return !number_is(number) || number_equal(number, whole);
}

static void expect_less(const struct fixture *fixture, const struct ask *ask, const struct ask *whole)
{
	const struct question *question = &ask->question;

	if (!str_equal(ask->call_id, whole->call_id) || !is_less_number(question->caller, whole->question.caller) ||
		!is_less_number(question->called, whole->question.called) || !is_less(question->digits, whole->question.digits) ||
		(ask->attestation && ask->attestation != whole->attestation))
		fail_msg("%s/%s says something else", fixture->provider, fixture->name);
}

static bool same(const struct ask *a, const struct ask *b)
{
	return number_equal(a->question.caller, b->question.caller) && number_equal(a->question.called, b->question.called) &&
	       str_equal(a->question.digits, b->question.digits) && a->attestation == b->attestation && str_equal(a->call_id, b->call_id);
}

/* How many tries it took. */
static int ask_with_less(const struct fixture *fixture, const struct webhook *webhook)
{
	const struct provider *provider = provider_find(str_of(fixture->provider));
	struct arena plenty, arena;
	struct ask whole = {0}, ask = {0};
	int tries = 0;

	arena_init(&plenty, PLENTY);
	enum err wanted = provider->parse_voice(&account, webhook, &plenty, &whole);
	for (bool there = false; !there; tries++) {
		assert_true(tries * STEP < (int)PLENTY);
		arena_init(&arena, (size_t)tries * STEP);
		enum err err = provider->parse_voice(&account, webhook, &arena, &ask);
		there = err == wanted && (err || same(&ask, &whole));
		if (!err && !wanted)
			expect_less(fixture, &ask, &whole);
		assert_true(err || !wanted); /* what is nothing with plenty is nothing with less */
		arena_done(&arena);
	}
	arena_done(&plenty);
	return tries;
}

static int report_with_less(const struct fixture *fixture, const struct webhook *webhook)
{
	const struct provider *provider = provider_find(str_of(fixture->provider));
	struct arena plenty, arena;
	struct report whole = {0}, report = {0};
	int tries = 0;

	arena_init(&plenty, PLENTY);
	enum err wanted = provider->parse_status(&account, webhook, &plenty, &whole);
	for (bool there = false; !there; tries++) {
		assert_true(tries * STEP < (int)PLENTY);
		arena_init(&arena, (size_t)tries * STEP);
		enum err err = provider->parse_status(&account, webhook, &arena, &report);
		there = err == wanted && (err || (str_equal(report.call_id, whole.call_id) && report.status == whole.status &&
							  report.no_news == whole.no_news));
		if (!err && !report.no_news && (wanted || !str_equal(report.call_id, whole.call_id)))
			fail_msg("%s/%s reports of another call", fixture->provider, fixture->name);
		arena_done(&arena);
	}
	arena_done(&plenty);
	return tries;
}

static void what_has_no_room_says_less_and_nothing_else(void **state)
{
	static char room[1 << 16];
	static struct raw_webhook raw;
	int tries = 0, n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
		raw_webhook_read(&raw, read_file(&fixtures[i], room, sizeof room));
		if (fixtures[i].hook == HOOK_VOICE)
			tries += ask_with_less(&fixtures[i], &raw.webhook);
		else if (fixtures[i].hook == HOOK_STATUS)
			tries += report_with_less(&fixtures[i], &raw.webhook);
		n++;
	}
	assert_true(tries > 3 * n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_room_says_less_and_nothing_else),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
