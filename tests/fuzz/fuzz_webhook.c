/* Webhooks: what an endpoint says in Retry-After is a wait within its limits or refused, and a later clock never waits longer; a
 * secret that is taken is written again the same; a pattern that is taken holds for itself without its star. */
#include "base/check.h"
#include "wire/base64.h"
#include "wire/retry_after.h"
#include "wire/standard_webhook.h"
#include "wire/type_pattern.h"

#define NOW_MS 1795341600000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_retry_after(struct str text)
{
	int64_t wait_s = -1, later_s = -1;
	bool good = retry_after_read(text, NOW_MS, &wait_s);

	ASSERT(good == retry_after_read(text, NOW_MS + 1500, &later_s));
	ASSERT(good ? wait_s >= 0 && wait_s <= RETRY_AFTER_MAX_S : wait_s == -1);
	ASSERT(later_s <= wait_s && later_s >= -1);
}

static void look_at_secret(struct str text)
{
	struct standard_webhook_secret secret;
	char signature[STANDARD_WEBHOOK_SIGNATURE_SIZE], again[128];
	const char *why = NULL;
	struct buf out;

	if (standard_webhook_secret_parse(text, &secret, &why) != ERR_OK) {
		ASSERT(why);
		return;
	}
	buf_fixed(&out, again, sizeof again);
	buf_lit(&out, "whsec_");
	base64_put(&out, secret.bytes, secret.len);
	ASSERT(buf_ok(&out) && str_equal(buf_text(&out), text));
	standard_webhook_sign(&secret, 1, STR("evt_1"), 1, text, signature);
	ASSERT(strlen(signature) == 47);
}

static void look_at_pattern(struct str text)
{
	if (type_pattern_ok(text))
		ASSERT(type_pattern_holds(text, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);

	look_at_retry_after(text);
	look_at_secret(text);
	look_at_pattern(text);
	return 0;
}
