/* messagebird_signature: MessageBird-Signature-JWT (messagebird/go-rest-api, signature_jwt): a token of the issuer
 * "MessageBird" whose claims url_hash and payload_hash are the SHA-256 of the whole URL and of the body, each where
 * there is one. It holds between nbf and exp, which are a minute apart. HS256 alone: its libraries would take HS384
 * and HS512 too; whether it sends them is not known. */
#ifndef PROVIDER_MESSAGEBIRD_SIGNATURE_H
#define PROVIDER_MESSAGEBIRD_SIGNATURE_H

#include "provider/provider.h"

#define MESSAGEBIRD_SKEW_S 5 /* by which clocks may differ, as in its Node library; 1 in the one for Go */

/* By either of the account's secrets, at webhook->now_ms. */
bool messagebird_signature_holds(const struct account *account, const struct webhook *webhook);

/* For the simulated provider: the header's value. */
void messagebird_sign(struct str secret, struct str url, struct str body, int64_t now_ms, struct buf *out);

#endif
