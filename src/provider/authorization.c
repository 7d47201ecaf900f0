#include "provider/authorization.h"

#include <stdio.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define SCHEME "Basic "

bool authorization_is(const struct webhook *webhook, struct str expected)
{
	struct str given = webhook->header(webhook->header_context, "Authorization");

	return expected.len && given.at && secret_equal(given, expected);
}

void authorization_basic(const char *user, const char *password, char text[AUTHORIZATION_MAX])
{
	char pair[2 * ACCOUNT_SECRET_MAX + 2];
	struct buf out;

	int len = snprintf(pair, sizeof pair, "%s:%s", user, password);
	ASSERT(len > 0 && (size_t)len < sizeof pair);
	buf_fixed(&out, text, AUTHORIZATION_MAX - 1);
	buf_lit(&out, SCHEME);
	base64_put(&out, pair, (size_t)len);
	ASSERT(buf_ok(&out));
	text[out.len] = '\0';
	secret_wipe(pair, sizeof pair);
}

/* The scheme in any case (RFC 9110, section 11.1). */
bool authorization_is_basic(const struct webhook *webhook, const char *user, const char *password)
{
	static const struct str scheme = {SCHEME, sizeof SCHEME - 1};
	struct str given = webhook->header(webhook->header_context, "Authorization");
	char expected[AUTHORIZATION_MAX];

	if (!user[0] || !password[0] || given.len < scheme.len ||
		!str_equal_nocase(str_n(given.at, scheme.len), scheme))
		return false;
	authorization_basic(user, password, expected);
	bool holds = secret_equal(
		str_n(given.at + scheme.len, given.len - scheme.len), str_of(expected + scheme.len));
	secret_wipe(expected, sizeof expected);
	return holds;
}
