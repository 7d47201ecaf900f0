#include "wire/form.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads at `at` up to `end`, writes decoded at `to`: never more bytes than were read. */
struct cursor {
	const char *at, *end;
	char *to;
};

static struct cursor cursor_over(struct str text, char *room)
{
	return text.len ? (struct cursor){text.at, text.at + text.len, room}
			: (struct cursor){room, room, room};
}

/* The byte that %XX stands for; false for anything else and for %00. */
static bool take_escape(struct cursor *cursor, char *ret_c)
{
	if (cursor->end - cursor->at < 3)
		return false;
	int high = hex_value(cursor->at[1]), low = hex_value(cursor->at[2]);
	if (high < 0 || low < 0 || (high == 0 && low == 0))
		return false;
	cursor->at += 3;
	*ret_c = (char)(high << 4 | low);
	return true;
}

/* A name (up to `=` or `&`) or a value (up to `&`), decoded. Every webhook passes here twice, so most
 * bytes cost one look into a table. False: a broken escape or a NUL. */
static bool take_part(struct cursor *cursor, bool is_name, struct str *ret_part)
{
	static const bool special[256] = {
		['\0'] = true, ['%'] = true, ['&'] = true, ['+'] = true, ['='] = true};
	char *start = cursor->to;

	for (;;) {
		/* Locals: through the cursor each byte written would be a reload. */
		const char *at = cursor->at, *end = cursor->end;
		char *to = cursor->to;
		while (at < end && !special[(uint8_t)*at])
			*to++ = *at++;
		cursor->at = at;
		cursor->to = to;
		if (at == end || *at == '&' || (*at == '=' && is_name))
			break;
		char c = *at;
		if (c == '\0' || (c == '%' && !take_escape(cursor, &c)))
			return false;
		cursor->at += *at != '%';
		*cursor->to++ = *at == '+' ? ' ' : c;
	}
	*ret_part = str_n(start, (size_t)(cursor->to - start));
	return true;
}

static bool take_field(struct cursor *cursor, struct form_field *field)
{
	if (!take_part(cursor, true, &field->name))
		return false;
	if (cursor->at < cursor->end && *cursor->at == '=')
		cursor->at++;
	return take_part(cursor, false, &field->value);
}

/* As many fields as the text can have, FORM_FIELDS_MAX at most. */
static size_t fields_room(struct str text)
{
	const char *at = text.at, *end = text.len ? at + text.len : at;
	size_t n = 1;

	while (n < FORM_FIELDS_MAX && at < end && (at = memchr(at, '&', (size_t)(end - at)))) {
		at++;
		n++;
	}
	return n;
}

enum err form_parse(struct str text, struct arena *arena, struct form *ret_form)
{
	struct form form = {.fields = arena_alloc(arena, fields_room(text) * sizeof *form.fields)};
	char *room = arena_alloc(arena, text.len);

	if (!form.fields || !room)
		return ERR_TOO_LARGE;
	for (struct cursor cursor = cursor_over(text, room); cursor.at < cursor.end;) {
		if (*cursor.at == '&') {
			cursor.at++;
			continue;
		}
		if (form.n == FORM_FIELDS_MAX)
			return ERR_TOO_LARGE;
		if (!take_field(&cursor, &form.fields[form.n++]))
			return ERR_BAD_REQUEST;
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

	if (!room)
		return false;
	struct cursor cursor = cursor_over(text, room);
	while (cursor.at < cursor.end) {
		char c = *cursor.at;
		if (c == '\0')
			return false;
		if (c != '%')
			cursor.at++;
		else if (!take_escape(&cursor, &c))
			return false;
		*cursor.to++ = c;
	}
	*ret_text = str_n(room, (size_t)(cursor.to - room));
	return true;
}
