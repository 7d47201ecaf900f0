/* telnyx_signature: Ed25519 over the time and the raw body (developers.telnyx.com, "Webhook signing"). */
#ifndef PROVIDER_TELNYX_SIGNATURE_H
#define PROVIDER_TELNYX_SIGNATURE_H

#include "provider/provider.h"

#define TELNYX_SIGNATURE_SIZE 89 /* of 64 bytes in base64, terminated */
#define TELNYX_AGE_MAX_S 300     /* older and younger ones are refused, as by Telnyx's own libraries */

/* `public_key` is 32 bytes in base64; one that isn't (or is empty) signs nothing. timestamp: whole seconds since 1970, as in
 * the header. False too if it is more than TELNYX_AGE_MAX_S away from now. */
bool telnyx_signature_holds(
	struct str public_key, struct str timestamp, struct str body, struct str signature, int64_t now_ms);

/* The simulated Telnyx has a key of its own: RFC 8032's first test key. Everybody has it, so no account may be given it. */
extern const char telnyx_sim_public_key[]; /* base64 */
void telnyx_sim_sign(struct str timestamp, struct str body, char ret_signature[TELNYX_SIGNATURE_SIZE]);

#endif
