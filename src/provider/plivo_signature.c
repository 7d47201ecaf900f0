#include "provider/plivo_signature.h"

#include <stdlib.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

/* base, '?', "k=v&" of the query, '.', "kv" of the body, '.', nonce */
#define PIECES_MAX (5 + 4 * FORM_FIELDS_MAX + 2 * FORM_FIELDS_MAX)

struct pieces {
	struct str at[PIECES_MAX];
	int n;
};

static void put(struct pieces *pieces, struct str piece)
{
	ASSERT(pieces->n < PIECES_MAX);
	pieces->at[pieces->n++] = piece;
}

static int compare_fields(const void *a, const void *b)
{
	const struct form_field *left = a, *right = b;
	int order = str_compare(left->name, right->name);

	return order ? order : str_compare(left->value, right->value);
}

/* `equals` and `between`: "=" and "&" in a query, nothing in a body. */
static void put_fields(struct pieces *pieces, const struct form *form, struct str equals, struct str between)
{
	struct form_field sorted[FORM_FIELDS_MAX];

	ASSERT(form->n <= FORM_FIELDS_MAX);
	if (form->n == 0)
		return;
	memcpy(sorted, form->fields, (size_t)form->n * sizeof *sorted);
	qsort(sorted, (size_t)form->n, sizeof *sorted, compare_fields);
	for (int i = 0; i < form->n; i++) {
		if (i && between.len)
			put(pieces, between);
		put(pieces, sorted[i].name);
		if (equals.len)
			put(pieces, equals);
		put(pieces, sorted[i].value);
	}
}

/* Without query and fragment. */
static struct str base_of(struct str url)
{
	struct str rest;

	return str_cut(str_cut(url, '#', &rest), '?', &rest);
}

static void sign(struct str token, const struct pieces *pieces, char ret_signature[PLIVO_SIGNATURE_SIZE])
{
	uint8_t hash[SHA256_SIZE];
	struct buf text;

	hmac_sha256_of(token, pieces->at, pieces->n, hash);
	buf_fixed(&text, ret_signature, PLIVO_SIGNATURE_SIZE - 1);
	base64_put(&text, hash, sizeof hash);
	ASSERT(buf_ok(&text));
	ret_signature[text.len] = '\0';
}

void plivo_sign_v3(struct str token, const struct plivo_signed *what, char ret_signature[PLIVO_SIGNATURE_SIZE])
{
	struct pieces pieces = {.n = 0};
	bool query = what->query.n != 0, body = what->post && what->body.n != 0;

	put(&pieces, base_of(what->url));
	if (query || body)
		put(&pieces, STR("?"));
	put_fields(&pieces, &what->query, STR("="), STR("&"));
	if (query && body)
		put(&pieces, STR("."));
	if (body)
		put_fields(&pieces, &what->body, STR_NONE, STR_NONE);
	put(&pieces, STR("."));
	put(&pieces, what->nonce);
	sign(token, &pieces, ret_signature);
}

void plivo_sign_v2(struct str token, struct str url, struct str nonce, char ret_signature[PLIVO_SIGNATURE_SIZE])
{
	struct pieces pieces = {.n = 0};

	put(&pieces, base_of(url));
	put(&pieces, nonce);
	sign(token, &pieces, ret_signature);
}

static bool is_expected(struct str signature, const char *expected)
{
	return signature.len == PLIVO_SIGNATURE_SIZE - 1 && secret_equal(str_of(expected), signature);
}

bool plivo_v3_holds(struct str token, const struct plivo_signed *what, struct str signatures)
{
	char expected[PLIVO_SIGNATURE_SIZE];
	bool holds = false;

	if (token.len == 0 || what->nonce.len == 0)
		return false;
	plivo_sign_v3(token, what, expected);
	while (signatures.len)
		holds |= is_expected(str_trim(str_cut(signatures, ',', &signatures)), expected);
	return holds;
}

bool plivo_v2_holds(struct str token, struct str url, struct str nonce, struct str signature)
{
	char expected[PLIVO_SIGNATURE_SIZE];

	if (token.len == 0 || nonce.len == 0)
		return false;
	plivo_sign_v2(token, url, nonce, expected);
	return is_expected(signature, expected);
}
