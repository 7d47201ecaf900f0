#include "provider/secret_path.h"

#include "crypto/digest.h"

static size_t name_at(struct str rest)
{
	size_t at = rest.len;

	while (at && rest.at[at - 1] != '/')
		at--;
	return at;
}

struct str secret_path_hook(const struct webhook *webhook)
{
	size_t at = name_at(webhook->rest);

	return str_n(webhook->rest.at + at, webhook->rest.len - at);
}

bool secret_path_opens(const struct account *account, const struct webhook *webhook)
{
	struct str expected = str_of(account->secret_path);
	size_t at = name_at(webhook->rest);
	struct str given = at ? str_n(webhook->rest.at, at - 1) : STR_NONE;
	bool path = expected.len && secret_equal(given, expected);

	return path && account_allows(account, webhook->peer);
}
