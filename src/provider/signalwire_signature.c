#include "provider/signalwire_signature.h"

#include <stdlib.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "provider/signed_url.h"
#include "wire/base64.h"

#define URL_PIECES 3
#define PIECES_MAX (URL_PIECES + 2 * FORM_FIELDS_MAX)

/* By name, then by place in the form: the fields are pointed at where they lie. */
static int compare_fields(const void *a, const void *b)
{
	const struct form_field *left = *(const struct form_field *const *)a, *right = *(const struct form_field *const *)b;
	int order = str_compare(left->name, right->name);

	return order ? order : (left > right) - (left < right);
}

/* Fields behind the room for the URL; how many pieces in all. */
static int collect(const struct form *form, struct str pieces[PIECES_MAX])
{
	const struct form_field *sorted[FORM_FIELDS_MAX];
	int n = URL_PIECES;

	ASSERT(form->n <= FORM_FIELDS_MAX);
	for (int i = 0; i < form->n; i++)
		sorted[i] = &form->fields[i];
	qsort(sorted, (size_t)form->n, sizeof *sorted, compare_fields);
	for (int i = 0; i < form->n; i++) {
		pieces[n++] = sorted[i]->name;
		pieces[n++] = sorted[i]->value;
	}
	return n;
}

static void sign_form(struct str key, const struct str *pieces, int n, char ret_signature[SIGNALWIRE_FORM_SIZE])
{
	uint8_t hash[SHA1_SIZE];
	struct buf text;

	hmac_sha1_of(key, pieces, n, hash);
	buf_fixed(&text, ret_signature, SIGNALWIRE_FORM_SIZE - 1);
	base64_put(&text, hash, sizeof hash);
	ASSERT(buf_ok(&text));
	ret_signature[text.len] = '\0';
}

static void sign_body(struct str key, const struct str *pieces, int n, char ret_signature[SIGNALWIRE_BODY_SIZE])
{
	uint8_t hash[SHA1_SIZE];
	struct buf text;

	hmac_sha1_of(key, pieces, n, hash);
	buf_fixed(&text, ret_signature, SIGNALWIRE_BODY_SIZE - 1);
	hex_put(&text, hash, sizeof hash);
	ASSERT(buf_ok(&text));
	ret_signature[text.len] = '\0';
}

void signalwire_sign_form(struct str key, struct str url, const struct form *form, char ret_signature[SIGNALWIRE_FORM_SIZE])
{
	struct str pieces[PIECES_MAX] = {url, STR_NONE, STR_NONE};
	int n = collect(form, pieces);

	sign_form(key, pieces, n, ret_signature);
}

bool signalwire_form_holds(struct str key, struct str url_text, const struct form *form, struct str signature)
{
	char with[SIGNALWIRE_FORM_SIZE], without[SIGNALWIRE_FORM_SIZE];
	struct signed_url url = signed_url_cut(url_text);
	struct str pieces[PIECES_MAX];
	int n = collect(form, pieces);

	if (key.len == 0 || signature.len != SIGNALWIRE_FORM_SIZE - 1)
		return false;
	pieces[0] = url.before;
	pieces[1] = url.port;
	pieces[2] = url.after;
	sign_form(key, pieces, n, with);
	pieces[1] = url.other_port;
	sign_form(key, pieces, n, without);
	return secret_equal(str_of(with), signature) || secret_equal(str_of(without), signature);
}

bool signalwire_body_holds(struct str key, struct str url_text, struct str body, struct str signature)
{
	char with[SIGNALWIRE_BODY_SIZE], without[SIGNALWIRE_BODY_SIZE];
	struct signed_url url = signed_url_cut(url_text);
	struct str pieces[] = {url.before, url.port, url.after, body};

	if (key.len == 0 || signature.len != SIGNALWIRE_BODY_SIZE - 1)
		return false;
	sign_body(key, pieces, 4, with);
	pieces[1] = url.other_port;
	sign_body(key, pieces, 4, without);
	return secret_equal(str_of(with), signature) || secret_equal(str_of(without), signature);
}
