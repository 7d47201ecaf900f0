/* message_json: messages, and what a pool does with them, as the API takes and shows them. */
#ifndef MESSAGE_JSON_H
#define MESSAGE_JSON_H

#include "api/pools.h"
#include "core/message.h"
#include "wire/json.h"
#include "wire/json_out.h"

/* What a request says of a pool's messages; the rest is left as it is. */
struct message_policy_change {
	bool on_given, redact_given, keep_given;
	struct message_policy policy;
};

/* Members `messages`, `redact`, `keep_bodies_s` of a pool. */
MUST_CHECK enum err message_policy_json_read(
	const struct json_at *pool, struct message_policy_change *ret_change, struct problem *problem);
bool message_policy_json_apply(const struct message_policy_change *change,
	struct message_policy *policy); /* does it change it? */
void message_policy_json_put(struct json_out *json, const struct message_policy *policy);

/* `pool` NULL: of none that the asker may see. The text only where it is kept and `reveal` says so. */
void message_json_put(struct json_out *json, const struct message_row *row, const char *pool, bool reveal);

#endif
