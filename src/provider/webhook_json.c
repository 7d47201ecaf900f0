#include "provider/webhook_json.h"

#include "provider/report.h"

enum err webhook_json(const struct webhook *webhook, struct json *ret_json)
{
	struct problem problem = {0};
	struct json json;

	enum err err = json_read(webhook->body, webhook->body.len, &json, &problem);
	if (err)
		return err == ERR_OVERLOADED ? err : ERR_BAD_REQUEST;
	struct json_at root = json_at_root(&json);
	if (!json_at_is_object(&root)) {
		json_done(&json);
		return ERR_BAD_REQUEST;
	}
	*ret_json = json;
	return ERR_OK;
}

/* `rest` behind a character that stands in front, white space apart. False: another does. */
static bool pass(struct str *rest, char c)
{
	struct str text = str_trim(*rest);

	if (!text.len || text.at[0] != c)
		return false;
	*rest = str_n(text.at + 1, text.len - 1);
	return true;
}

struct str webhook_json_peek(struct str body, const char *name)
{
	size_t len = strlen(name);

	while (body.len) {
		const char *quote = memchr(body.at, '"', body.len);
		if (!quote)
			return STR_NONE;
		body = str_n(quote + 1, body.len - (size_t)(quote + 1 - body.at));
		if (body.len <= len || memcmp(body.at, name, len) != 0 || body.at[len] != '"')
			continue;
		struct str rest = str_n(body.at + len + 1, body.len - len - 1), word;
		if (!pass(&rest, ':') || !pass(&rest, '"'))
			return STR_NONE;
		word = str_cut(rest, '"', &rest);
		return rest.at ? word : STR_NONE;
	}
	return STR_NONE;
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
