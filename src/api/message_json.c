#include "api/message_json.h"

#include "core/session.h"

enum err message_policy_json_read(
	const struct json_at *pool, struct message_policy_change *ret_change, struct problem *problem)
{
	struct json_at on = json_at_field(pool, "messages"), blanks = json_at_field(pool, "redact");
	struct json_at keep = json_at_field(pool, "keep_bodies_s");
	struct message_policy_change change = {json_at_there(&on), json_at_there(&blanks), json_at_there(&keep), {0}};

	enum err err = json_at_bool(&on, &change.policy.on, problem);
	if (!err)
		err = json_at_bool(&blanks, &change.policy.redact, problem);
	if (!err)
		err = json_at_u32(&keep, 0, MESSAGE_KEEP_MAX_S, &change.policy.keep_bodies_s, problem);
	if (!err)
		*ret_change = change;
	return err;
}

bool message_policy_json_apply(const struct message_policy_change *change, struct message_policy *policy)
{
	if (change->on_given)
		policy->on = change->policy.on;
	if (change->redact_given)
		policy->redact = change->policy.redact;
	if (change->keep_given)
		policy->keep_bodies_s = change->policy.keep_bodies_s;
	return change->on_given || change->redact_given || change->keep_given;
}

void message_policy_json_put(struct json_out *json, const struct message_policy *policy)
{
	json_out_bool(json, "messages", policy->on);
	json_out_bool(json, "redact", policy->redact);
	json_out_u64(json, "keep_bodies_s", policy->keep_bodies_s);
}

void message_json_put(struct json_out *json, const struct message_row *row, const char *pool, bool reveal)
{
	char text[NUMBER_TEXT_SIZE], id[MESSAGE_ID_TEXT_SIZE], session[SESSION_ID_TEXT_SIZE];

	json_out_object(json, NULL);
	json_out_lit(json, "id", message_id_text(row->id, id));
	json_out_time_ms(json, "at", row->at_ms);
	json_out_lit_or_null(json, "pool", pool ? pool : "");
	json_out_lit_or_null(json, "session", row->session ? session_id_text(row->session, session) : "");
	json_out_lit(json, "provider", row->provider);
	json_out_lit(json, "account", row->account);
	json_out_lit_or_null(json, "provider_id", row->provider_id);
	json_out_bool(json, "from_app", row->from_app);
	json_out_lit_or_null(json, "vn", number_text(row->vn, text));
	json_out_lit_or_null(json, "shown", number_text(row->shown, text));
	json_out_lit_or_null(json, "from_role", row->from_role);
	json_out_lit_or_null(json, "to_role", row->to_role);
	json_out_lit(json, "state", message_state_words[row->state]);
	json_out_lit_or_null(json, "reason", message_why_words[row->why]);
	json_out_lit_or_null(json, "code", row->code);
	json_out_u64(json, "segments", row->segments);
	json_out_u64(json, "media", row->media);
	json_out_u64(json, "redacted", row->redacted);
	json_out_u64(json, "tries", row->tries);
	json_out_time_ms(json, "done_at", row->done_ms);
	if (reveal && row->body.len)
		json_out_str(json, "body", row->body);
	json_out_end(json);
}
