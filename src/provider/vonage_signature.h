/* vonage_signature: signed webhooks (developer.vonage.com, "Decoding signed webhooks"): Authorization: Bearer and a JWT whose
 * claim payload_hash is the SHA-256 of what was sent. */
#ifndef PROVIDER_VONAGE_SIGNATURE_H
#define PROVIDER_VONAGE_SIGNATURE_H

#include "provider/provider.h"

#define VONAGE_AGE_MAX_S 300 /* older and younger tokens (claim iat) are refused */

/* The account's two secrets, the time, and the hash of the body or, for a GET, of the query as a JSON object of texts. */
bool vonage_signature_holds(const struct account *account, const struct webhook *webhook);

/* For the simulated provider: the header's value for a POST of `body`. */
void vonage_sign(const struct account *account, struct str body, int64_t now_ms, struct buf *out);

#endif
