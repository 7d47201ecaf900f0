#include "wire/json.h"

#include <jansson.h>

#include "wire/json_arena.h"
#include "wire/time_text.h"

#define PATH_MAX_BYTES 511

/* jansson recurses up to 2,048 levels; what is deeper than ours never gets to it. Strings are skipped;
 * what is not JSON is found out later. Returns the line on which the depth is passed, 0 if it is not. */
static uint32_t too_deep_line(struct str text)
{
	uint32_t line = 1;
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '\n')
			line++;
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return line;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return 0;
}

/* jansson's own sentences quote the text near the error: they are replaced by ours. */
static const char *sentence(enum json_error_code code)
{
	switch (code) {
	case json_error_premature_end_of_input:
		return "the JSON ends too early";
	case json_error_end_of_input_expected:
		return "there is more after the JSON document";
	case json_error_invalid_utf8:
		return "the text is not UTF-8";
	case json_error_duplicate_key:
		return "a name is twice in one object";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a string holds a NUL";
	case json_error_numeric_overflow:
		return "a number is too large";
	default:
		return "that is not JSON";
	}
}

enum err json_read(struct str text, size_t max, struct json *ret_json, struct problem *problem)
{
	json_error_t error;

	if (text.len > max)
		return problem_is(problem, ERR_TOO_LARGE, NULL, "the document is too large");
	/* jansson 2.14 passes over a NUL that follows a number. */
	if (text.len && memchr(text.at, '\0', text.len)) {
		problem_is(problem, ERR_BAD_REQUEST, NULL, "the text holds a NUL");
		problem->line = 1;
		return ERR_BAD_REQUEST;
	}
	uint32_t deep = too_deep_line(text);
	if (deep) {
		problem_is(problem, ERR_BAD_REQUEST, NULL, "the JSON is nested too deeply");
		problem->line = deep;
		return ERR_BAD_REQUEST;
	}
	struct arena arena;
	arena_init(&arena, SIZE_MAX); /* what jansson needs is in proportion to the text, which is bounded */
	json_arena_enter(&arena);
	json_t *root = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &error);
	json_arena_leave();
	if (!root) {
		arena_done(&arena);
		problem_is(problem, ERR_BAD_REQUEST, NULL, sentence(json_error_code(&error)));
		problem->line = error.line > 0 ? (uint32_t)error.line : 1;
		return ERR_BAD_REQUEST;
	}
	*ret_json = (struct json){root, arena};
	return ERR_OK;
}

void json_done(struct json *json)
{
	if (json->root)
		arena_done(&json->arena);
	json->root = NULL;
}

struct json_at json_at_root(const struct json *json)
{
	return (struct json_at){.value = json->root};
}

struct json_at json_at_field(const struct json_at *object, const char *name)
{
	return (struct json_at){.value = json_object_get(object->value, name), .up = object, .name = name};
}

struct json_at json_at_item(const struct json_at *array, int index)
{
	return (struct json_at){
		.value = json_array_get(array->value, (size_t)index), .up = array, .index = index};
}

bool json_at_there(const struct json_at *at)
{
	return at->value != NULL;
}

bool json_at_null(const struct json_at *at)
{
	return json_is_null((const json_t *)at->value);
}

bool json_at_is_object(const struct json_at *at)
{
	return json_is_object((const json_t *)at->value);
}

bool json_at_is_array(const struct json_at *at)
{
	return json_is_array((const json_t *)at->value);
}

bool json_at_is_text(const struct json_at *at)
{
	return json_is_string((const json_t *)at->value);
}

bool json_at_integer(const struct json_at *at, int64_t *ret_value)
{
	if (!json_is_integer((const json_t *)at->value))
		return false;
	*ret_value = json_integer_value(at->value);
	return true;
}

bool json_at_fraction(const struct json_at *at, double *ret_value)
{
	if (!json_is_real((const json_t *)at->value))
		return false;
	*ret_value = json_real_value(at->value);
	return true;
}

static void put_path(struct buf *out, const struct json_at *at)
{
	if (!at->up)
		return;
	put_path(out, at->up);
	if (!at->name) {
		buf_fmt(out, "[%d]", at->index);
		return;
	}
	if (out->len)
		buf_char(out, '.');
	buf_lit(out, at->name);
}

enum err json_at_problem(const struct json_at *at, enum err err, const char *detail, struct problem *problem)
{
	char path[PATH_MAX_BYTES + 1];
	struct buf out;

	buf_fixed(&out, path, sizeof path - 1);
	put_path(&out, at); /* what is too long for a problem is cut there */
	path[out.len] = '\0';
	return problem_is(problem, err, path, detail);
}

static enum err bad(const struct json_at *at, const char *detail, struct problem *problem)
{
	return json_at_problem(at, ERR_BAD_REQUEST, detail, problem);
}

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(**names == '!' ? *names + 1 : *names, name) == 0)
			return true;
	return false;
}

const char *json_printable(struct str name, char text[41])
{
	if (!str_copy(text, 41, name) || name.len == 0)
		return "?";
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == name.len ? text
												  : "?";
}

enum err json_at_fields(const struct json_at *at, const char *const *names, struct problem *problem)
{
	char text[41];
	const char *name;
	json_t *object = (json_t *)at->value, *value;

	if (!json_is_object(object))
		return bad(at, "this is to be an object", problem);
	json_object_foreach(object, name, value)
	{
		if (!listed(names, name)) {
			struct json_at unknown = {
				.value = value, .up = at, .name = json_printable(str_of(name), text)};
			return bad(&unknown, "there is no such field here", problem);
		}
	}
	for (; *names; names++) {
		if (**names != '!')
			continue;
		struct json_at needed = json_at_field(at, *names + 1);
		if (!needed.value)
			return bad(&needed, "this field is needed", problem);
	}
	return ERR_OK;
}

enum err json_at_count(const struct json_at *at, int min, int max, int *ret_n, struct problem *problem)
{
	if (!at->value)
		return ERR_OK;
	if (!json_is_array((const json_t *)at->value))
		return bad(at, "this is to be an array", problem);
	size_t n = json_array_size(at->value);
	if (n < (size_t)min)
		return bad(at, "the array has too few items", problem);
	if (n > (size_t)max)
		return bad(at, "the array has too many items", problem);
	*ret_n = (int)n;
	return ERR_OK;
}

enum err json_at_text(
	const struct json_at *at, size_t min, size_t max, struct str *ret_text, struct problem *problem)
{
	if (!at->value)
		return ERR_OK;
	if (!json_is_string((const json_t *)at->value))
		return bad(at, "this is to be a string", problem);
	size_t len = json_string_length(at->value);
	if (len < min)
		return bad(at, len == 0 ? "the text is empty" : "the text is too short", problem);
	if (len > max)
		return bad(at, "the text is too long", problem);
	*ret_text = str_n(json_string_value(at->value), len);
	return ERR_OK;
}

enum err json_at_u64(
	const struct json_at *at, uint64_t min, uint64_t max, uint64_t *ret_value, struct problem *problem)
{
	if (!at->value)
		return ERR_OK;
	if (!json_is_integer((const json_t *)at->value))
		return bad(at, "this is to be a whole number", problem);
	json_int_t value = json_integer_value(at->value);
	if (value < 0 || (uint64_t)value < min)
		return bad(at, "the number is too small", problem);
	if ((uint64_t)value > max)
		return bad(at, "the number is too large", problem);
	*ret_value = (uint64_t)value;
	return ERR_OK;
}

enum err json_at_u32(
	const struct json_at *at, uint32_t min, uint32_t max, uint32_t *ret_value, struct problem *problem)
{
	uint64_t value = 0;
	enum err err = json_at_u64(at, min, max, &value, problem);

	if (err == ERR_OK && at->value)
		*ret_value = (uint32_t)value;
	return err;
}

enum err json_at_bool(const struct json_at *at, bool *ret_value, struct problem *problem)
{
	if (!at->value)
		return ERR_OK;
	if (!json_is_boolean((const json_t *)at->value))
		return bad(at, "this is to be true or false", problem);
	*ret_value = json_is_true((const json_t *)at->value);
	return ERR_OK;
}

enum err json_at_word(
	const struct json_at *at, const char *const *words, int *ret_index, struct problem *problem)
{
	char detail[PROBLEM_DETAIL_MAX + 1];
	struct str text = STR_NONE;
	struct buf out;

	if (!at->value)
		return ERR_OK;
	enum err err = json_at_text(at, 0, SIZE_MAX, &text, problem);
	if (err)
		return err;
	for (int i = 0; words[i]; i++) {
		if (str_equal(text, str_of(words[i]))) {
			*ret_index = i;
			return ERR_OK;
		}
	}
	buf_fixed(&out, detail, sizeof detail - 1);
	buf_lit(&out, "this is to be one of:");
	for (int i = 0; words[i]; i++)
		buf_fmt(&out, " %s", words[i]);
	detail[out.len] = '\0';
	return bad(at, detail, problem);
}

enum err json_at_time(const struct json_at *at, int64_t *ret_time_ms, struct problem *problem)
{
	struct str text = STR_NONE;

	if (!at->value)
		return ERR_OK;
	enum err err = json_at_text(at, 0, SIZE_MAX, &text, problem);
	if (err)
		return err;
	if (time_text_parse(text, ret_time_ms) != ERR_OK)
		return bad(at, "this is to be a time such as 2026-11-22T10:00:00Z", problem);
	return ERR_OK;
}
