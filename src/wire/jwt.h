/* jwt: JSON Web Tokens (RFC 7519) signed by HMAC-SHA-256 ("HS256", RFC 7515, RFC 7518 section 3.2), and no others: what the
 * token says of its own algorithm is compared, not followed.
 *
 * Limits: JWT_MAX bytes. Threads: any. */
#ifndef WIRE_JWT_H
#define WIRE_JWT_H

#include "base/buf.h"
#include "wire/json.h"

#define JWT_MAX 4096
#define JWT_SECRETS_MAX 2

/* Nothing of the token is parsed before its signature is found to be of one of the secrets, in constant time; empty secrets
 * sign nothing. ERR_UNAUTHORIZED: it is none of theirs; ERR_BAD_REQUEST: signed, but no HS256 token with an object of claims.
 * The claims are the caller's to json_done(). */
MUST_CHECK enum err jwt_read(
	struct str token, const struct str *secrets, int secrets_n, struct json *ret_claims);

/* For the other side. `claims` is a JSON object. */
void jwt_put(struct buf *out, struct str secret, struct str claims);

#endif
