#include "wire/json_out.h"

#include "base/check.h"
#include "wire/json_text.h"
#include "wire/time_text.h"

struct json_out json_out_to(struct buf *buf)
{
	return (struct json_out){.buf = buf};
}

/* `,"name":` in one piece: an answer has some thirty of them. */
static void begin_value(struct json_out *json, const char *name)
{
	size_t len = name ? strlen(name) : 0, n = (json->comma ? 1 : 0) + (name ? len + 3 : 0);
	char *at = n ? buf_room(json->buf, n) : NULL;

	if (at) {
		if (json->comma)
			*at++ = ',';
		if (name) {
			*at++ = '"';
			memcpy(at, name, len);
			memcpy(at + len, "\":", 2);
		}
		buf_took(json->buf, n);
	}
	json->comma = true;
}

static void open(struct json_out *json, const char *name, char opening, char closing)
{
	ASSERT(json->depth < JSON_OUT_DEPTH_MAX);
	begin_value(json, name);
	buf_char(json->buf, opening);
	json->closing[json->depth++] = closing;
	json->comma = false;
}

void json_out_object(struct json_out *json, const char *name)
{
	open(json, name, '{', '}');
}

void json_out_array(struct json_out *json, const char *name)
{
	open(json, name, '[', ']');
}

void json_out_end(struct json_out *json)
{
	ASSERT(json->depth > 0);
	buf_char(json->buf, json->closing[--json->depth]);
	json->comma = true;
}

void json_out_str(struct json_out *json, const char *name, struct str text)
{
	begin_value(json, name);
	json_put_string(json->buf, text);
}

void json_out_lit(struct json_out *json, const char *name, const char *text)
{
	json_out_str(json, name, str_of(text));
}

void json_out_lit_or_null(struct json_out *json, const char *name, const char *text)
{
	if (text && text[0])
		json_out_lit(json, name, text);
	else
		json_out_null(json, name);
}

void json_out_u64(struct json_out *json, const char *name, uint64_t value)
{
	begin_value(json, name);
	buf_u64(json->buf, value);
}

void json_out_i64(struct json_out *json, const char *name, int64_t value)
{
	begin_value(json, name);
	buf_i64(json->buf, value);
}

void json_out_micros(struct json_out *json, const char *name, uint64_t micros)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%llu.%06llu", (unsigned long long)(micros / 1000000), (unsigned long long)(micros % 1000000));

	while (text[len - 1] == '0')
		len--;
	len -= text[len - 1] == '.';
	begin_value(json, name);
	buf_put(json->buf, text, (size_t)len);
}

void json_out_bool(struct json_out *json, const char *name, bool value)
{
	begin_value(json, name);
	buf_lit(json->buf, value ? "true" : "false");
}

void json_out_null(struct json_out *json, const char *name)
{
	begin_value(json, name);
	buf_lit(json->buf, "null");
}

void json_out_time_ms(struct json_out *json, const char *name, int64_t time_ms)
{
	if (time_ms == 0) {
		json_out_null(json, name);
		return;
	}
	begin_value(json, name);
	buf_char(json->buf, '"');
	time_text_put(json->buf, time_ms);
	buf_char(json->buf, '"');
}

void json_out_time_s(struct json_out *json, const char *name, uint32_t time_s)
{
	json_out_time_ms(json, name, (int64_t)time_s * 1000);
}
