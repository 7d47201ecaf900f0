#include "provider/telnyx_signature.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

const char telnyx_sim_public_key[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

static const uint8_t sim_seed[ED25519_KEY_SIZE] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84,
	0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac,
	0x03, 0x1c, 0xae, 0x7f, 0x60};

static bool is_fresh(struct str timestamp, int64_t now_ms)
{
	int64_t now_s = now_ms / 1000;
	uint64_t then_s;

	if (!str_u64(timestamp, &then_s) || then_s > INT64_MAX / 2)
		return false;
	int64_t age_s = now_s - (int64_t)then_s;
	return age_s >= -TELNYX_AGE_MAX_S && age_s <= TELNYX_AGE_MAX_S;
}

/* "1704067200|" and the body. On the heap: the body's limit is the server's. */
static void put_message(struct buf *out, struct str timestamp, struct str body)
{
	buf_init(out, timestamp.len + 1 + body.len);
	buf_str(out, timestamp);
	buf_char(out, '|');
	buf_str(out, body);
}

bool telnyx_signature_holds(
	struct str public_key, struct str timestamp, struct str body, struct str signature, int64_t now_ms)
{
	uint8_t key[ED25519_KEY_SIZE], bytes[ED25519_SIGNATURE_SIZE];
	struct buf message;
	size_t len;

	if (!base64_read(public_key, key, sizeof key, &len) || len != sizeof key)
		return false;
	if (!base64_read(signature, bytes, sizeof bytes, &len) || len != sizeof bytes)
		return false;
	if (!is_fresh(timestamp, now_ms))
		return false;
	put_message(&message, timestamp, body);
	bool holds = buf_ok(&message) && ed25519_holds(key, buf_text(&message), bytes);
	buf_done(&message);
	return holds;
}

void telnyx_sim_sign(struct str timestamp, struct str body, char ret_signature[TELNYX_SIGNATURE_SIZE])
{
	uint8_t bytes[ED25519_SIGNATURE_SIZE];
	struct buf message, out;

	put_message(&message, timestamp, body);
	ASSERT(buf_ok(&message));
	ed25519_sign(sim_seed, buf_text(&message), bytes);
	buf_done(&message);
	buf_fixed(&out, ret_signature, TELNYX_SIGNATURE_SIZE - 1);
	base64_put(&out, bytes, sizeof bytes);
	ASSERT(buf_ok(&out));
	ret_signature[out.len] = '\0';
}
