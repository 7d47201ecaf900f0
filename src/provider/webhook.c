#include "provider/webhook.h"

#include "crypto/digest.h"
#include "wire/base64.h"

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

void webhook_no_memory(const struct webhook *webhook)
{
	if (webhook->form)
		webhook->form->arena->no_memory = true;
}

/* The value of the query's first bodySHA256, as it stands there; STR_NONE. */
static struct str body_hash(const struct webhook *webhook)
{
	static const struct str name = {"bodySHA256=", 11};
	struct str query = webhook->query;

	while (query.len) {
		struct str field = str_cut(query, '&', &query);
		if (str_starts(field, name))
			return str_n(field.at + name.len, field.len - name.len);
	}
	return STR_NONE;
}

bool webhook_body_hash_is_there(const struct webhook *webhook)
{
	return body_hash(webhook).at;
}

bool webhook_body_hash_holds(const struct webhook *webhook)
{
	struct str text = body_hash(webhook);
	uint8_t hash[SHA256_SIZE], claimed[SHA256_SIZE];
	size_t len;

	if (!hex_read(text, claimed, sizeof claimed, &len) || len != sizeof claimed)
		return false;
	sha256(webhook->body.at, webhook->body.len, hash);
	return memcmp(hash, claimed, sizeof hash) == 0; /* neither is a secret */
}
