/* What can't be checked for want of memory is not signed, and whoever asks is told that it is that: by us (texts that are put together
 * first, forms, tokens) and by OpenSSL, whose allocations fail here too. */
#include "unit/test.h"

#include "provider/infobip_signature.h"
#include "provider/telnyx_signature.h"
#include "provider/vonage_signature.h"
#include "unit/memory.h"
#include "sim_webhook.h"
#include "wire/jwt.h"

#include <openssl/crypto.h>

#define NOW_MS 1704067200000
#define TIMESTAMP "1704067200"

static void check_infobip(void *data)
{
	char signature[INFOBIP_SIGNATURE_SIZE] = "as it was";
	unsigned long failed = memory_failed;

	(void)data;
	bool made = infobip_sign(STR("key"), STR("/hooks"), STR("{}"), signature);
	assert_int_equal(made, memory_failed == failed);
	assert_int_equal(made, strcmp(signature, "as it was") != 0);
}

static void check_telnyx(void *data)
{
	unsigned long failed = memory_failed;
	bool holds = telnyx_signature_holds(str_of(telnyx_sim_public_key), STR(TIMESTAMP), STR("{}"), str_of(data), NOW_MS);

	assert_true(holds || memory_failed != failed); /* OpenSSL does without some */
}

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? str_of(context) : STR_NONE;
}

/* A token whose hash is that of the query, and one whose hash is that of no query: neither holds without memory for the query. */
static void check_vonage(void *data)
{
	const struct account account = {.secret = "qwertyuiopasdfghjklzxcvbnm123456"};
	struct webhook webhook = {.query = STR("to=1"), .header = header, .header_context = data, .now_ms = NOW_MS};
	unsigned long failed = memory_failed;
	bool holds = vonage_signature_holds(&account, &webhook);

	assert_true(!holds || memory_failed == failed);
	assert_true(holds || memory_failed != failed);
}

/* --- whole questions --- */

static const struct {
	const char *provider;
	struct account account;
} sides[] = {
	{"twilio", {.name = "main", .secret = "12345", .sid = "AC00000000000000000000000000000001"}},
	{"signalwire", {.name = "main", .secret = "PSK12345"}},
	{"plivo", {.name = "main", .secret = "token", .sid = "MA1"}},
	{"messagebird", {.name = "main", .secret = "token"}},
};

struct asked {
	const struct provider *provider;
	const struct account *account;
	bool kept; /* the fields are, for who reads the question next */
	struct sim_webhook sim;
};

static void check_question(void *data)
{
	struct asked *asked = data;
	unsigned long failed = memory_failed;
	struct arena arena;
	struct webhook_form form = {.arena = &arena};

	arena_init(&arena, 1 << 20); /* the request's */
	asked->sim.webhook.form = asked->kept ? &form : NULL;
	bool holds = asked->provider->verify(asked->account, &asked->sim.webhook);
	assert_int_equal(holds, memory_failed == failed);
	assert_int_equal(arena.no_memory, asked->kept && memory_failed != failed);
	arena_done(&arena);
}

static void a_question_that_can_not_be_checked_is_not_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
		const struct sim_question question = {.from = {14155551212}, .to = {15005550006}, .call_id = "c-1",
			.public_url = "https://vn.example.com", .now_ms = NOW_MS};
		struct asked asked = {provider_find(str_of(sides[i].provider)), &sides[i].account, true, {{0}, NULL, ""}};
		static struct sim_request request;
		memset(&request, 0, sizeof request);
		assert_int_equal(asked.provider->sim->ask(asked.account, &question, &request), ERR_OK);
		sim_webhook_read(&asked.sim, &request, question.public_url);
		asked.sim.webhook.now_ms = NOW_MS;
		assert_true(memory_try(check_question, &asked) >= 2);
		asked.kept = false;
		assert_true(memory_try(check_question, &asked) >= 2);
	}
}

/* --- OpenSSL --- */

static void *openssl_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return __wrap_malloc(size);
}

static void *openssl_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return __wrap_realloc(at, size);
}

static void openssl_free(void *at, const char *file, int line)
{
	(void)file, (void)line;
	free(at);
}

static void what_can_not_be_checked_is_not_signed(void **state)
{
	char telnyx[TELNYX_SIGNATURE_SIZE], vonage[1024];
	struct buf out;

	(void)state;
	telnyx_sim_sign(STR(TIMESTAMP), STR("{}"), telnyx);
	check_infobip(NULL); /* OpenSSL makes itself ready once */
	check_telnyx(telnyx);
	assert_int_equal(memory_try(check_infobip, NULL), 0); /* it needs none */
	assert_true(memory_try(check_telnyx, telnyx) >= 2);
	buf_fixed(&out, vonage, sizeof vonage - 1);
	buf_lit(&out, "Bearer ");
	jwt_put(&out, STR("qwertyuiopasdfghjklzxcvbnm123456"),
		STR("{\"iat\":" TIMESTAMP ",\"payload_hash\":\"9a308bf61d5094f36a20c7f7815f477997b07f9e5111423b5f790dcfbe489f48\"}"));
	vonage[out.len] = '\0';
	assert_true(memory_try(check_vonage, vonage) >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_not_be_checked_is_not_signed),
		cmocka_unit_test(a_question_that_can_not_be_checked_is_not_taken),
	};

	if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free))
		return 1;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
