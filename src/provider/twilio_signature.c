#include "provider/twilio_signature.h"

#include <stdlib.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "provider/signed_url.h"
#include "wire/base64.h"

#define URL_PIECES 3
#define PIECES_MAX (URL_PIECES + 2 * FORM_FIELDS_MAX)

/* Of pieces: a name and its value. */
static int compare_fields(const void *a, const void *b)
{
	const struct str *left = a, *right = b;
	int order = str_compare(left[0], right[0]);

	return order ? order : str_compare(left[1], right[1]);
}

/* Pairs that are in order, without those that come again; the new end. */
static int drop_again(struct str *pieces, int n)
{
	int kept = URL_PIECES;

	for (int i = URL_PIECES; i < n; i += 2) {
		if (kept > URL_PIECES && compare_fields(&pieces[kept - 2], &pieces[i]) == 0)
			continue;
		pieces[kept] = pieces[i];
		pieces[kept + 1] = pieces[i + 1];
		kept += 2;
	}
	return kept;
}

/* Fields in order behind the room for the URL; how many pieces in all. They mostly come in order: then that is
 * all it costs. */
static int collect(const struct form *form, struct str pieces[PIECES_MAX])
{
	int n = URL_PIECES;
	bool ordered = true;

	ASSERT(form->n <= FORM_FIELDS_MAX);
	for (int i = 0; i < form->n; i++, n += 2) {
		pieces[n] = form->fields[i].name;
		pieces[n + 1] = form->fields[i].value;
		ordered = ordered && (i == 0 || compare_fields(&pieces[n - 2], &pieces[n]) < 0);
	}
	if (ordered)
		return n;
	qsort(pieces + URL_PIECES, (size_t)form->n, 2 * sizeof *pieces, compare_fields);
	return drop_again(pieces, n);
}

static void sign(struct str token, const struct str *pieces, int n, char ret_signature[TWILIO_SIGNATURE_SIZE])
{
	uint8_t hash[SHA1_SIZE];
	struct buf text;

	hmac_sha1_of(token, pieces, n, hash);
	buf_fixed(&text, ret_signature, TWILIO_SIGNATURE_SIZE - 1);
	base64_put(&text, hash, sizeof hash);
	ASSERT(buf_ok(&text));
	ret_signature[text.len] = '\0';
}

void twilio_sign(
	struct str token, struct str url, const struct form *form, char ret_signature[TWILIO_SIGNATURE_SIZE])
{
	struct str pieces[PIECES_MAX] = {url, STR_NONE, STR_NONE};
	int n = collect(form, pieces);

	sign(token, pieces, n, ret_signature);
}

bool twilio_signature_holds(struct str token, struct str url_text, const struct form *form, struct str signature)
{
	char expected[TWILIO_SIGNATURE_SIZE];
	struct str pieces[PIECES_MAX];
	struct signed_url url = signed_url_cut(url_text);
	int n = collect(form, pieces);

	if (token.len == 0 || signature.len != TWILIO_SIGNATURE_SIZE - 1)
		return false;
	pieces[0] = url.before;
	pieces[1] = url.port;
	pieces[2] = url.after;
	sign(token, pieces, n, expected);
	bool holds = secret_equal(str_of(expected), signature);
	if (!holds) {
		pieces[1] = url.other_port;
		sign(token, pieces, n, expected);
		holds = secret_equal(str_of(expected), signature);
	}
	return holds;
}
