/* twilio_signature: X-Twilio-Signature (twilio.com/docs/usage/webhooks/webhooks-security):
 *
 *   base64(HMAC-SHA1(auth token, URL || k1 || v1 || k2 || v2 ...))
 *
 * over the form's fields sorted by name, then value, each pair once. The URL is the one that Twilio was
 * given; whether it counts a port in it differs from scheme to scheme, so both spellings are tried. */
#ifndef PROVIDER_TWILIO_SIGNATURE_H
#define PROVIDER_TWILIO_SIGNATURE_H

#include "wire/form.h"

#define TWILIO_SIGNATURE_SIZE 29 /* 28 characters and a terminator */

void twilio_sign(
	struct str token, struct str url, const struct form *form, char ret_signature[TWILIO_SIGNATURE_SIZE]);

/* False for an empty token. Time: a function of lengths, not of the token. */
bool twilio_signature_holds(struct str token, struct str url, const struct form *form, struct str signature);

#endif
