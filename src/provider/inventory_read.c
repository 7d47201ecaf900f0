#include "provider/inventory_read.h"

#include <string.h>

#define DIGITS_SHOWN 7 /* longer runs may be somebody's number */
#define PRICE_MAX 1000000000u

void inventory_by_status(int status, struct inventory_result *ret_result)
{
	*ret_result = (struct inventory_result){.status = status, .retry_after_s = -1, .outcome = INVENTORY_REFUSED};
	if (status >= 200 && status < 300)
		ret_result->outcome = INVENTORY_DONE;
	else if (status == 401 || status == 403)
		ret_result->outcome = INVENTORY_NO_ACCESS;
	else if (status == 402)
		ret_result->outcome = INVENTORY_NO_MONEY;
	else if (status == 404 || status == 410)
		ret_result->outcome = INVENTORY_GONE;
	else if (status == 408 || status == 425 || status == 429 || status >= 500)
		ret_result->outcome = INVENTORY_AGAIN;
}

/* Copies what may be shown; blanks runs of digits that are long enough to be a phone number. */
static void take_shown(char *to, size_t size, struct str from)
{
	size_t len = 0, run = 0;

	for (size_t i = 0; i < from.len && len + 1 < size; i++) {
		char c = from.at[i];
		to[len++] = c >= ' ' && c < 0x7f ? c : '?';
		run = c >= '0' && c <= '9' ? run + 1 : 0;
		if (run == DIGITS_SHOWN + 1)
			memset(to + len - run, '*', run);
		else if (run > DIGITS_SHOWN)
			to[len - 1] = '*';
	}
	to[len] = '\0';
}

void inventory_say(struct inventory_result *result, struct str code, struct str why)
{
	take_shown(result->code, sizeof result->code, code);
	take_shown(result->why, sizeof result->why, why);
}

void inventory_unreadable(struct inventory_result *result, const char *what)
{
	result->outcome = INVENTORY_UNREADABLE;
	inventory_say(result, STR_NONE, str_of(what));
}

bool inventory_json(struct str body, struct json *ret_json, struct inventory_result *result)
{
	struct problem problem = {0};

	if (json_read(body, INVENTORY_ANSWER_MAX, ret_json, &problem) == ERR_OK)
		return true;
	if (result->outcome == INVENTORY_DONE)
		inventory_unreadable(result, "the answer is no JSON document");
	return false;
}

struct str inventory_text(const struct json_at *object, const char *name)
{
	struct json_at at = json_at_field(object, name);
	struct problem problem = {0};
	struct str text = STR_NONE;

	if (!json_at_is_text(&at) || json_at_text(&at, 0, INVENTORY_ANSWER_MAX, &text, &problem) != ERR_OK)
		return STR_NONE;
	return text;
}

bool inventory_flag(const struct json_at *object, const char *name)
{
	struct json_at at = json_at_field(object, name);
	struct problem problem = {0};
	bool flag = false;

	return json_at_bool(&at, &flag, &problem) == ERR_OK && flag;
}

bool inventory_id_ok(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.at[i];
		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
			c != '_' && c != '+')
			return false;
	}
	return id.len >= 1 && id.len <= INVENTORY_ID_MAX;
}

bool inventory_keep(struct arena *arena, struct str text, size_t max, struct str *ret_text)
{
	*ret_text = STR_NONE;
	if (text.len == 0 || text.len > max)
		return true;
	*ret_text = arena_str(arena, text);
	return ret_text->at != NULL;
}

bool inventory_next(const struct json_at *at, char ret_next[INVENTORY_CURSOR_MAX + 1])
{
	struct problem problem = {0};
	struct str query, uri = STR_NONE;

	ret_next[0] = '\0';
	if (!json_at_there(at) || json_at_null(at))
		return true;
	if (json_at_text(at, 0, INVENTORY_ANSWER_MAX, &uri, &problem))
		return false;
	if (uri.len == 0)
		return true;
	str_cut(uri, '?', &query);
	for (size_t i = 0; i < query.len; i++)
		if ((unsigned char)query.at[i] <= ' ' || (unsigned char)query.at[i] >= 0x7f || query.at[i] == '#')
			return false;
	return query.len && str_copy(ret_next, INVENTORY_CURSOR_MAX + 1, query);
}

int64_t inventory_price(struct str text)
{
	int64_t micros = 0, unit = 1000000;
	bool digits = false, point = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9')
			return INVENTORY_NO_PRICE;
		digits = true;
		if (!point) {
			micros = micros * 10 + (c - '0') * 1000000LL;
			if (micros > PRICE_MAX * 1000000LL)
				return INVENTORY_NO_PRICE;
		} else if (unit > 1) {
			unit /= 10;
			micros += (c - '0') * unit;
		}
	}
	return digits ? micros : INVENTORY_NO_PRICE;
}

void inventory_currency(struct str text, char ret_currency[4])
{
	ret_currency[0] = '\0';
	if (text.len != 3)
		return;
	for (int i = 0; i < 3; i++)
		if (text.at[i] < 'A' || text.at[i] > 'Z')
			return;
	memcpy(ret_currency, text.at, 3);
	ret_currency[3] = '\0';
}
