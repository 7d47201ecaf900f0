#include "wire/form.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes into `to`, which has room for text.len bytes. False: a broken escape or a NUL. */
static bool decode(struct str text, bool plus_is_space, char *to, struct str *ret_text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '%') {
			int high = i + 2 < text.len ? hex_value(text.at[i + 1]) : -1;
			int low = i + 2 < text.len ? hex_value(text.at[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		if (c == '\0')
			return false;
		to[len++] = c;
	}
	*ret_text = str_n(to, len);
	return true;
}

static int count_fields(struct str text)
{
	int n = 0;

	while (text.len && n <= FORM_FIELDS_MAX) {
		if (str_cut(text, '&', &text).len)
			n++;
	}
	return n;
}

enum err form_parse(struct str text, struct arena *arena, struct form *ret_form)
{
	int n = count_fields(text);

	if (n > FORM_FIELDS_MAX)
		return ERR_TOO_LARGE;
	struct form form = {.fields = arena_alloc(arena, (size_t)n * sizeof *form.fields)};
	char *room = arena_alloc(arena, text.len);
	if (!form.fields || !room)
		return ERR_TOO_LARGE;
	while (text.len) {
		struct str value, pair = str_cut(text, '&', &text);
		if (pair.len == 0)
			continue;
		struct str name = str_cut(pair, '=', &value);
		struct form_field *field = &form.fields[form.n++];
		if (!decode(name, true, room, &field->name))
			return ERR_BAD_REQUEST;
		room += name.len;
		if (!decode(value, true, room, &field->value))
			return ERR_BAD_REQUEST;
		room += value.len;
	}
	*ret_form = form;
	return ERR_OK;
}

struct str form_value(const struct form *form, const char *name)
{
	struct str wanted = str_of(name);

	for (int i = 0; i < form->n; i++)
		if (str_equal(form->fields[i].name, wanted))
			return form->fields[i].value;
	return STR_NONE;
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

void form_encode(struct buf *out, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.at[i];
		if (is_unreserved(text.at[i])) {
			buf_char(out, text.at[i]);
		} else {
			char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
			buf_put(out, escape, 3);
		}
	}
}

bool form_decode_path(struct str text, struct arena *arena, struct str *ret_text)
{
	char *room = arena_alloc(arena, text.len);

	return room && decode(text, false, room, ret_text);
}
