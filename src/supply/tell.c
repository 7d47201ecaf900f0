#include "supply/tell.h"

#include "wire/json_out.h"

#define DATA_MAX 1024

static struct str copy(struct engine *engine, struct str text)
{
	char *at = engine_room(engine, text.len + 1);

	if (!at)
		return STR_NONE;
	memcpy(at, text.at, text.len);
	return str_n(at, text.len);
}

static enum err send(struct engine *engine, const char *type, uint16_t pool, const char *key, const struct buf *data)
{
	const struct pool_row *row = engine_pool(engine, pool);
	struct outbox_row outbox = {
		.type = str_of(type),
		.tenant = str_of(row->tenant),
		.pool = str_of(row->name),
		.key = copy(engine, str_of(key)),
		.data = copy(engine, buf_text(data)),
	};

	if (!engine_tells(engine))
		return ERR_OK;
	return buf_ok(data) && outbox.key.at && outbox.data.at ? engine_outbox(engine, &outbox) : ERR_LIMIT_REACHED;
}

enum err tell_number(struct engine *engine, const char *type, uint16_t pool, const char *provider, const char *account,
	struct number vn, const char *why)
{
	char text[NUMBER_TEXT_SIZE], room[DATA_MAX];
	struct buf data;

	buf_fixed(&data, room, sizeof room);
	struct json_out json = json_out_to(&data);
	json_out_object(&json, NULL);
	json_out_lit(&json, "tenant", engine_pool(engine, pool)->tenant);
	json_out_lit(&json, "pool", engine_pool(engine, pool)->name);
	json_out_lit(&json, "vn", number_text(vn, text));
	json_out_lit(&json, "provider", provider);
	json_out_lit(&json, "account", account);
	json_out_lit(&json, "why", why);
	json_out_end(&json);
	return send(engine, type, pool, text, &data);
}

enum err tell_purchase(struct engine *engine, const char *type, const struct purchase_row *purchase)
{
	uint16_t pool = (uint16_t)(purchase->pool_id - 1);
	char room[DATA_MAX];
	struct buf data;

	buf_fixed(&data, room, sizeof room);
	struct json_out json = json_out_to(&data);
	json_out_object(&json, NULL);
	json_out_lit(&json, "tenant", engine_pool(engine, pool)->tenant);
	json_out_lit(&json, "pool", engine_pool(engine, pool)->name);
	json_out_lit(&json, "provider", purchase->provider);
	json_out_lit(&json, "account", purchase->account);
	json_out_lit(&json, "state", purchase_state_words[purchase->state]);
	json_out_lit_or_null(&json, "code", purchase->code);
	json_out_lit_or_null(&json, "why", purchase->why);
	json_out_end(&json);
	return send(engine, type, pool, engine_pool(engine, pool)->name, &data);
}

enum err tell_audit(struct engine *engine, int64_t now_ms, uint16_t pool, const char *action, struct number vn, const char *detail)
{
	struct audit_row *row = engine_room(engine, sizeof *row);
	char text[NUMBER_TEXT_SIZE];

	if (!row)
		return ERR_LIMIT_REACHED;
	*row = (struct audit_row){
		.at_ms = now_ms,
		.tenant = str_of(engine_pool(engine, pool)->tenant),
		.key = STR("supply"),
		.action = str_of(action),
		.target = copy(engine, str_of(number_text(vn, text))),
		.detail = copy(engine, str_of(detail)),
	};
	if (!row->target.at || !row->detail.at)
		return ERR_LIMIT_REACHED;
	return engine_note(engine, &(struct record){.kind = RECORD_AUDIT, .audit = row});
}
