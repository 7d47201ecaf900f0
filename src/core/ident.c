#include "core/ident.h"

#include "base/check.h"

#define HIGH_LEN 10
#define LOW_LEN 4

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void put(uint64_t value, char *at, int len)
{
	while (len-- > 0) {
		at[len] = alphabet[value % 32];
		value /= 32;
	}
}

static bool get(const char *at, int len, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (int i = 0; i < len; i++) {
		const char *hit = at[i] ? strchr(alphabet, at[i]) : NULL;
		if (!hit)
			return false;
		value = value * 32 + (uint64_t)(hit - alphabet);
	}
	*ret_value = value;
	return true;
}

char *ident_text(const char *prefix, uint64_t id, char *text)
{
	ASSERT(strlen(prefix) == IDENT_PREFIX_LEN);
	memcpy(text, prefix, IDENT_PREFIX_LEN);
	put(id >> 16, text + IDENT_PREFIX_LEN, HIGH_LEN);
	put(id & 0xffff, text + IDENT_PREFIX_LEN + HIGH_LEN, LOW_LEN);
	text[IDENT_TEXT_SIZE - 1] = '\0';
	return text;
}

enum err ident_parse(const char *prefix, struct str text, uint64_t *ret_id)
{
	uint64_t high, low;

	if (text.len != IDENT_TEXT_SIZE - 1 || !str_starts(text, str_of(prefix)))
		return ERR_NOT_FOUND;
	if (!get(text.at + IDENT_PREFIX_LEN, HIGH_LEN, &high) || high >> 48)
		return ERR_NOT_FOUND;
	if (!get(text.at + IDENT_PREFIX_LEN + HIGH_LEN, LOW_LEN, &low) || low >> 16)
		return ERR_NOT_FOUND;
	if ((high | low) == 0)
		return ERR_NOT_FOUND;
	*ret_id = high << 16 | low;
	return ERR_OK;
}
