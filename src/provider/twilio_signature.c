#include "provider/twilio_signature.h"

#include <stdlib.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define URL_PIECES 3
#define PIECES_MAX (URL_PIECES + 2 * FORM_FIELDS_MAX)

/* A URL, cut around the port of its authority. */
struct url {
	struct str before, port, after; /* port with its colon; "" none */
	bool https;
};

static int compare_fields(const void *a, const void *b)
{
	const struct form_field *left = a, *right = b;
	int order = str_compare(left->name, right->name);

	return order ? order : str_compare(left->value, right->value);
}

static struct str str_between(const char *from, const char *to)
{
	return str_n(from, (size_t)(to - from));
}

/* RFC 3986 section 3.2: [userinfo@]host[:port], the host perhaps an IPv6 address in brackets. */
static struct url url_cut(struct str text)
{
	const char *scheme_end = text.len ? memmem(text.at, text.len, "://", 3) : NULL, *at, *port = NULL;

	if (!scheme_end)
		return (struct url){.before = text};
	const char *host = scheme_end + 3, *end = text.at + text.len;
	for (at = host; at < end && !memchr("/?#", *at, 3); at++) {
		if (*at == '@' || *at == ']')
			port = NULL;
		else if (*at == ':')
			port = at;
	}
	if (!port)
		port = at;
	return (struct url){
		.before = str_between(text.at, port),
		.port = str_between(port, at),
		.after = str_between(at, end),
		.https = text.len >= 5 && str_equal_nocase(str_n(text.at, 5), STR("https")),
	};
}

/* Fields behind the room for the URL; how many pieces in all. */
static int collect(struct form *form, struct str pieces[PIECES_MAX])
{
	int n = URL_PIECES;

	ASSERT(form->n <= FORM_FIELDS_MAX);
	if (form->n > 1)
		qsort(form->fields, (size_t)form->n, sizeof *form->fields, compare_fields);
	for (int i = 0; i < form->n; i++) {
		if (i && compare_fields(&form->fields[i - 1], &form->fields[i]) == 0)
			continue;
		pieces[n++] = form->fields[i].name;
		pieces[n++] = form->fields[i].value;
	}
	return n;
}

static void sign(struct mac *mac, const struct str *pieces, int n, char ret_signature[TWILIO_SIGNATURE_SIZE])
{
	uint8_t hash[SHA1_SIZE];
	struct buf text;

	mac_of(mac, pieces, n, hash);
	buf_fixed(&text, ret_signature, TWILIO_SIGNATURE_SIZE - 1);
	base64_put(&text, hash, sizeof hash);
	ASSERT(buf_ok(&text));
	ret_signature[text.len] = '\0';
}

void twilio_sign(
	struct str token, struct str url, struct form *form, char ret_signature[TWILIO_SIGNATURE_SIZE])
{
	struct str pieces[PIECES_MAX] = {url, STR_NONE, STR_NONE};
	int n = collect(form, pieces);
	struct mac *mac = mac_new_sha1(token);

	sign(mac, pieces, n, ret_signature);
	mac_free(mac);
}

bool twilio_signature_holds(struct str token, struct str url_text, struct form *form, struct str signature)
{
	char expected[TWILIO_SIGNATURE_SIZE];
	struct str pieces[PIECES_MAX];
	struct url url = url_cut(url_text);
	int n = collect(form, pieces);

	if (token.len == 0 || signature.len != TWILIO_SIGNATURE_SIZE - 1)
		return false;
	struct mac *mac = mac_new_sha1(token);
	pieces[0] = url.before;
	pieces[1] = url.port;
	pieces[2] = url.after;
	sign(mac, pieces, n, expected);
	bool holds = secret_equal(str_of(expected), signature);
	if (!holds) {
		pieces[1] = url.port.len ? STR_NONE : url.https ? STR(":443") : STR(":80");
		sign(mac, pieces, n, expected);
		holds = secret_equal(str_of(expected), signature);
	}
	mac_free(mac);
	return holds;
}
