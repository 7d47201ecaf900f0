/* form: any bytes are parsed or refused; what was parsed is encoded and read back the same. */
#include "base/check.h"
#include "wire/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_field(struct buf *out, const struct form_field *field)
{
	form_encode(out, field->name);
	buf_char(out, '=');
	form_encode(out, field->value);
	buf_char(out, '&');
}

static void read_back(const struct form *form, struct arena *arena)
{
	struct form again;
	struct buf out;

	buf_init(&out, 4 << 20);
	for (int i = 0; i < form->n; i++)
		put_field(&out, &form->fields[i]);
	ASSERT(buf_ok(&out));
	ASSERT(form_parse(buf_text(&out), arena, &again) == ERR_OK);
	ASSERT(again.n == form->n);
	for (int i = 0; i < form->n; i++) {
		ASSERT(str_equal(again.fields[i].name, form->fields[i].name));
		ASSERT(str_equal(again.fields[i].value, form->fields[i].value));
	}
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size), segment;
	struct arena arena;
	struct form form;

	arena_init(&arena, 8 << 20);
	if (form_parse(text, &arena, &form) == ERR_OK)
		read_back(&form, &arena);
	if (form_decode_path(text, &arena, &segment))
		ASSERT(segment.len <= size && (segment.len == 0 || !memchr(segment.at, '\0', segment.len)));
	arena_done(&arena);
	return 0;
}
