/* standard_webhook: signatures of Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric (v1):
 *
 *	webhook-id: evt_01JC8Z3SYG0001          the same at every try
 *	webhook-timestamp: 1795341600           seconds, of this try
 *	webhook-signature: v1,base64(HMAC-SHA256(secret, id "." timestamp "." body))
 *
 * While a secret is changed for another both sign; a space is between the signatures. A secret is written as "whsec_" and
 * the base64 of 24 to 64 bytes.
 *
 * Pure. Secrets are the caller's to wipe (crypto/digest.h).
 */
#ifndef WIRE_STANDARD_WEBHOOK_H
#define WIRE_STANDARD_WEBHOOK_H

#include "base/err.h"
#include "base/str.h"

#define STANDARD_WEBHOOK_SECRET_MIN 24 /* bytes */
#define STANDARD_WEBHOOK_SECRET_MAX 64
#define STANDARD_WEBHOOK_SECRETS_MAX 2
#define STANDARD_WEBHOOK_SIGNATURE_SIZE (STANDARD_WEBHOOK_SECRETS_MAX * 48) /* "v1," and 44, a space or the end */

struct standard_webhook_secret {
	uint8_t bytes[STANDARD_WEBHOOK_SECRET_MAX];
	size_t len;
};

/* ERR_BAD_REQUEST: *ret_why has a sentence's end without anything of the secret: "must begin with whsec_". */
MUST_CHECK enum err standard_webhook_secret_parse(
	struct str text, struct standard_webhook_secret *ret_secret, const char **ret_why);

/* The value of webhook-signature, by 1 or 2 secrets. An id with a '.' could be read as another id and time: ASSERT. */
void standard_webhook_sign(const struct standard_webhook_secret *secrets, int secrets_n, struct str id,
	int64_t timestamp_s, struct str body, char ret_signature[STANDARD_WEBHOOK_SIGNATURE_SIZE]);

#endif
