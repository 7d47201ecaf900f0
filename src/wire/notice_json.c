#include "wire/notice_json.h"

#include "base/check.h"
#include "core/ident.h"
#include "wire/json_out.h"

static void put_vn(struct json_out *json, const char *name, struct number vn)
{
	char text[NUMBER_TEXT_SIZE];

	json_out_lit_or_null(json, name, number_is(vn) ? number_text(vn, text) : "");
}

/* Once the grace is over the VNs are not theirs any more. */
static void put_parties(struct json_out *json, const struct session_row *row, bool over)
{
	json_out_array(json, "parties");
	for (int i = 0; i < row->parties_n; i++) {
		json_out_object(json, NULL);
		json_out_lit(json, "role", row->parties[i].role);
		put_vn(json, "vn", over ? NUMBER_NONE : row->parties[i].vn);
		json_out_end(json);
	}
	json_out_end(json);
	if (over || row->views_n == 0)
		return;
	json_out_array(json, "views");
	for (int i = 0; i < row->views_n; i++) {
		json_out_object(json, NULL);
		json_out_lit(json, "viewer", row->parties[row->views[i].viewer].role);
		json_out_lit(json, "target", row->parties[row->views[i].target].role);
		put_vn(json, "vn", row->views[i].vn);
		json_out_end(json);
	}
	json_out_end(json);
}

/* Roles that were there and are there no more. */
static void put_left(struct json_out *json, const struct session_row *before, const struct session_row *after)
{
	bool any = false;

	for (int i = 0; before && i < before->parties_n; i++) {
		if (session_party_of(after, str_of(before->parties[i].role)) >= 0)
			continue;
		if (!any)
			json_out_array(json, "left");
		any = true;
		json_out_lit(json, NULL, before->parties[i].role);
	}
	if (any)
		json_out_end(json);
}

static void put_session(struct json_out *json, const struct notice *notice)
{
	const struct session_row *row = notice->after;
	enum session_state state = session_state_at(row, notice->at_ms);
	char id[SESSION_ID_TEXT_SIZE];

	json_out_lit(json, "session", session_id_text(row->id, id));
	json_out_str(json, "ref", row->ref);
	json_out_lit(json, "state", session_state_words[state]);
	/* The end changes nothing of the session, but who goes by rev must take it for newer. */
	json_out_u64(json, "rev", row->rev + (notice->type == NOTICE_SESSION_ENDED));
	put_parties(json, row, state == SESSION_COOLING || state == SESSION_CLOSED);
	put_left(json, notice->before, row);
	json_out_time_s(json, "opened_at", row->opened_at);
	json_out_time_s(json, "expires_at", row->expires_at);
	json_out_time_s(json, "closed_at", row->closed_at);
	json_out_time_s(json, "grace_until", row->grace_until);
}

void notice_json_stock(struct json_out *json, const struct pool_stock *stock, const struct pool_sessions *sessions)
{
	json_out_object(json, "stock");
	json_out_u64(json, "total", stock->total);
	json_out_u64(json, "free", stock->free);
	json_out_u64(json, "lent", stock->lent);
	json_out_u64(json, "cooling", stock->cooling);
	json_out_u64(json, "reserved", stock->reserved);
	json_out_u64(json, "disabled", stock->disabled);
	json_out_end(json);
	json_out_object(json, "sessions");
	json_out_u64(json, "waiting", sessions->waiting);
	json_out_u64(json, "live", sessions->live);
	json_out_u64(json, "closing", sessions->closing);
	json_out_end(json);
}

static void put_pool(struct json_out *json, const struct notice *notice)
{
	json_out_lit(json, "mode", pool_mode_words[notice->pool->policy.mode]);
	notice_json_stock(json, notice->stock, notice->sessions);
	notice_json_demand(json, notice->demand);
}

void notice_json_demand(struct json_out *json, const struct pool_demand *demand)
{
	json_out_object(json, "demand");
	json_out_u64(json, "coming", demand->coming);
	json_out_u64(json, "waiting", demand->waiting);
	json_out_u64(json, "busiest_pairs", demand->busiest_pairs);
	json_out_i64(json, "spare", demand->spare);
	json_out_end(json);
}

void notice_json_put(struct buf *out, const struct notice *notice)
{
	struct json_out json = json_out_to(out);

	json_out_object(&json, NULL);
	json_out_lit(&json, "tenant", notice->pool->tenant);
	json_out_lit(&json, "pool", notice->pool->name);
	if (notice->after)
		put_session(&json, notice);
	else
		put_pool(&json, notice);
	json_out_end(&json);
}

static void put_text(struct json_out *json, const char *name, struct str text)
{
	if (text.len)
		json_out_str(json, name, text);
	else
		json_out_null(json, name);
}

void notice_json_call(struct buf *out, const struct call *call, struct str tenant, struct str pool, struct str ref)
{
	struct json_out json = json_out_to(out);
	char id[CALL_ID_TEXT_SIZE], session[SESSION_ID_TEXT_SIZE];

	json_out_object(&json, NULL);
	json_out_str(&json, "tenant", tenant);
	put_text(&json, "pool", pool);
	json_out_lit(&json, "call", call_id_text(call->id, id));
	json_out_lit_or_null(&json, "session", call->session ? session_id_text(call->session, session) : "");
	put_text(&json, "ref", ref);
	put_vn(&json, "vn", call->vn);
	put_vn(&json, "shown", call->shown);
	json_out_lit_or_null(&json, "from_role", call->from_role);
	json_out_lit_or_null(&json, "to_role", call->to_role);
	json_out_lit(&json, "action", action_words[call->action]);
	json_out_lit_or_null(&json, "reason", reason_words[call->reason]);
	json_out_lit(&json, "status", call_status_words[call->status]);
	json_out_u64(&json, "seconds", call->seconds);
	json_out_time_ms(&json, "at", call->at_ms);
	json_out_end(&json);
}

void notice_json_message(struct buf *out, const struct message_row *message, struct str tenant, struct str pool,
	struct str ref)
{
	struct json_out json = json_out_to(out);
	char id[MESSAGE_ID_TEXT_SIZE], session[SESSION_ID_TEXT_SIZE];

	json_out_object(&json, NULL);
	json_out_str(&json, "tenant", tenant);
	put_text(&json, "pool", pool);
	json_out_lit(&json, "message", message_id_text(message->id, id));
	json_out_lit_or_null(&json, "session", message->session ? session_id_text(message->session, session) : "");
	put_text(&json, "ref", ref);
	put_vn(&json, "vn", message->vn);
	put_vn(&json, "shown", message->shown);
	json_out_lit_or_null(&json, "from_role", message->from_role);
	json_out_lit_or_null(&json, "to_role", message->to_role);
	json_out_bool(&json, "from_app", message->from_app);
	json_out_lit(&json, "state", message_state_words[message->state]);
	json_out_lit_or_null(&json, "reason", message_why_words[message->why]);
	json_out_lit_or_null(&json, "code", message->code);
	json_out_time_ms(&json, "at", message->at_ms);
	json_out_end(&json);
}

void notice_json_dead(struct buf *out, const struct dead_row *dead)
{
	struct json_out json = json_out_to(out);
	char id[DEAD_ID_TEXT_SIZE];

	json_out_object(&json, NULL);
	json_out_str(&json, "tenant", dead->tenant);
	json_out_lit(&json, "id", dead_id_text(dead->id, id));
	json_out_str(&json, "topic", dead->topic);
	json_out_u64(&json, "partition", (uint64_t)dead->partition);
	json_out_u64(&json, "offset", (uint64_t)dead->offset);
	put_text(&json, "order", dead->order);
	json_out_str(&json, "code", dead->code);
	json_out_str(&json, "detail", dead->detail);
	json_out_time_ms(&json, "at", dead->at_ms);
	json_out_end(&json);
}

char *dead_id_text(uint64_t id, char text[DEAD_ID_TEXT_SIZE])
{
	_Static_assert(DEAD_ID_TEXT_SIZE >= IDENT_TEXT_SIZE, "an id's text fits");
	return ident_text("ddl_", id, text);
}

enum err dead_id_parse(struct str text, uint64_t *ret_id)
{
	return ident_parse("ddl_", text, ret_id);
}
