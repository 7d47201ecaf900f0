/* What can't be checked for want of memory is not signed: Infobip's, Telnyx's and Vonage's signatures are over texts that are put
 * together first. */
#include "unit/test.h"

#include "provider/infobip_signature.h"
#include "provider/telnyx_signature.h"
#include "provider/vonage_signature.h"
#include "unit/memory.h"
#include "wire/jwt.h"

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

	assert_int_equal(holds, memory_failed == failed);
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

static void what_can_not_be_checked_is_not_signed(void **state)
{
	char telnyx[TELNYX_SIGNATURE_SIZE], vonage[1024];
	struct buf out;

	(void)state;
	telnyx_sim_sign(STR(TIMESTAMP), STR("{}"), telnyx);
	assert_true(memory_try(check_infobip, NULL) >= 2);
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
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
