#include "provider/webhook.h"

bool webhook_media_is(const struct webhook *webhook, const char *type)
{
	struct str parameters;
	struct str media = str_trim(str_cut(webhook->content_type, ';', &parameters));

	return str_equal_nocase(media, str_of(type));
}
