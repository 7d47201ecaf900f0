#include "provider/webhook_json.h"

#include "provider/report.h"

enum err webhook_json(const struct webhook *webhook, struct json *ret_json)
{
	struct problem problem = {0};
	struct json json;

	if (json_read(webhook->body, webhook->body.len, &json, &problem))
		return ERR_BAD_REQUEST;
	struct json_at root = json_at_root(&json);
	if (!json_at_is_object(&root)) {
		json_done(&json);
		return ERR_BAD_REQUEST;
	}
	*ret_json = json;
	return ERR_OK;
}

static struct str text_of(const struct json_at *object, const char *name)
{
	struct json_at at = json_at_field(object, name);
	struct problem problem = {0};
	struct str text = STR_NONE;

	if (!json_at_is_text(&at) || json_at_text(&at, 0, SIZE_MAX, &text, &problem))
		return STR_NONE;
	return text;
}

struct str webhook_json_text(const struct json_at *object, const char *name, struct arena *arena)
{
	struct str text = text_of(object, name);

	return text.at ? arena_str(arena, text) : STR_NONE;
}

uint32_t webhook_json_count(const struct json_at *object, const char *name)
{
	struct json_at at = json_at_field(object, name);
	int64_t seconds;

	if (json_at_integer(&at, &seconds))
		return seconds < 0 || seconds > UINT32_MAX ? 0 : (uint32_t)seconds;
	return report_seconds(text_of(object, name));
}
