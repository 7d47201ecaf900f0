#include "api/page.h"

#include <stdio.h>

#include "base/hash.h"

static unsigned check_of(uint64_t id)
{
	return (unsigned)(hash_mix(id ^ 0x62617574612d7067u) & 0xffff);
}

char *page_token(uint64_t id, char text[PAGE_TOKEN_SIZE])
{
	snprintf(text, PAGE_TOKEN_SIZE, "%016llx%04x", (unsigned long long)id, check_of(id));
	return text;
}

enum err page_token_parse(struct str text, uint64_t *ret_id)
{
	uint64_t id = 0;
	char again[PAGE_TOKEN_SIZE];

	if (text.len != PAGE_TOKEN_SIZE - 1)
		return ERR_BAD_REQUEST;
	for (int i = 0; i < 16; i++) {
		char c = text.at[i];
		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return ERR_BAD_REQUEST;
		id = id << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (!str_equal(text, str_of(page_token(id, again))))
		return ERR_BAD_REQUEST;
	*ret_id = id;
	return ERR_OK;
}
