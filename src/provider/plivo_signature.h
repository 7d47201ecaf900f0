/* plivo_signature: X-Plivo-Signature-V3 and -V2 (plivo.com/docs/voice/concepts/signature-validation; plivo-go utils.go,
 * plivo-python signature_v3.py):
 *
 *   V3   base64(HMAC-SHA256(auth token, base ? fields . nonce)), base being scheme://host[:port]/path
 *          GET    base?k=v&k=v             all fields of the query
 *          POST   base?k=v&k=v.kvkv        the query's, then the body's; '?' where there is either, '.' between both
 *        The header may hold several, with commas between: any that matches will do.
 *   V2   base64(HMAC-SHA256(auth token, base nonce)): says who asks, not what is asked.
 *
 * Fields are decoded, sorted by name, then value.
 */
#ifndef PROVIDER_PLIVO_SIGNATURE_H
#define PROVIDER_PLIVO_SIGNATURE_H

#include "wire/form.h"

#define PLIVO_SIGNATURE_SIZE 45 /* 44 characters and a terminator */

struct plivo_signed {
	bool post;
	struct str url;          /* as Plivo was given it, with its query */
	struct form query, body; /* body: of a POST */
	struct str nonce;
};

void plivo_sign_v3(struct str token, const struct plivo_signed *what, char ret_signature[PLIVO_SIGNATURE_SIZE]);
void plivo_sign_v2(struct str token, struct str url, struct str nonce, char ret_signature[PLIVO_SIGNATURE_SIZE]);

/* False for an empty token or nonce. Time: a function of lengths, not of the token. */
bool plivo_v3_holds(struct str token, const struct plivo_signed *what, struct str signatures);
bool plivo_v2_holds(struct str token, struct str url, struct str nonce, struct str signature);

#endif
