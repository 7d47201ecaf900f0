/* sinch_signature: how Sinch signs its callbacks (developers.sinch.com, "Callback Request Signing"):
 *
 *	base64(HMAC-SHA256(base64-decoded secret,
 *		"POST" \n base64(MD5(body)) \n content-type \n "x-timestamp:" x-timestamp \n path))
 */
#ifndef PROVIDER_SINCH_SIGNATURE_H
#define PROVIDER_SINCH_SIGNATURE_H

#include <stdbool.h>

#include "base/str.h"

#define SINCH_SIGNATURE_SIZE 45 /* with a terminator */

struct sinch_signed {
	struct str content_type, timestamp, path, body; /* as they stand in the request */
};

/* False: the secret is empty or not base64. */
bool sinch_sign(struct str secret, const struct sinch_signed *what, char ret_signature[SINCH_SIGNATURE_SIZE]);

#endif
