#include "wire/json_pointer.h"

#include <jansson.h>

#include "base/check.h"

/* What a place reached by a pointer hangs on: nothing is put before the pointer in errors. */
static const struct json_at nowhere;

bool json_pointer_ok(struct str pointer)
{
	if (pointer.len > JSON_POINTER_MAX || (pointer.len && pointer.at[0] != '/'))
		return false;
	for (size_t i = 0; i < pointer.len; i++) {
		bool escape = pointer.at[i] == '~';
		if (escape && (i + 1 == pointer.len || (pointer.at[i + 1] != '0' && pointer.at[i + 1] != '1')))
			return false;
	}
	return true;
}

/* One reference token without its escapes (section 4). Returns how many bytes. */
static size_t unescape(struct str token, char text[JSON_POINTER_MAX + 1])
{
	size_t len = 0;

	for (size_t i = 0; i < token.len; i++) {
		char c = token.at[i];
		if (c == '~')
			c = token.at[++i] == '0' ? '~' : '/';
		text[len++] = c;
	}
	text[len] = '\0';
	return len;
}

/* Digits without leading zeros; "-", the place behind the last, has nothing in it. */
static const json_t *item_of(const json_t *array, struct str token)
{
	uint64_t index;

	if (!str_u64(token, &index) || (token.len > 1 && token.at[0] == '0'))
		return NULL;
	return index < json_array_size(array) ? json_array_get(array, (size_t)index) : NULL;
}

struct json_at json_at_pointer(const struct json_at *at, const char *pointer)
{
	const json_t *value = at->value;
	char text[JSON_POINTER_MAX + 1];
	struct str rest = str_of(pointer);

	ASSERT(json_pointer_ok(rest));
	if (rest.len == 0)
		rest = STR_NONE;
	else
		str_cut(rest, '/', &rest); /* what stands before the first '/' is empty */
	while (rest.at && value) {
		struct str token = str_cut(rest, '/', &rest);
		size_t len = unescape(token, text);
		if (json_is_object(value))
			value = json_object_getn(value, text, len);
		else
			value = json_is_array(value) ? item_of(value, str_n(text, len)) : NULL;
	}
	return (struct json_at){.value = value, .up = &nowhere, .name = pointer};
}
