#include "provider/webhook.h"

bool webhook_media_is(const struct webhook *webhook, const char *type)
{
	struct str parameters;
	struct str media = str_trim(str_cut(webhook->content_type, ';', &parameters));

	return str_equal_nocase(media, str_of(type));
}

enum err webhook_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	struct webhook_form *kept = webhook->form;

	if (!kept)
		return form_parse(webhook->body, arena, ret_form);
	if (!kept->decoded) {
		kept->err = form_parse(webhook->body, kept->arena, &kept->form);
		kept->decoded = true;
	}
	if (!kept->err)
		*ret_form = kept->form;
	return kept->err;
}
