/* signalwire_signature: X-SignalWire-Signature (signalwire-python, core/security/webhook_validator.py):
 *
 *   a form       base64(HMAC-SHA1(signing key, URL || k1 || v1 || k2 || v2 ...)), fields sorted by name; those of one name in the
 *                order in which they came, each as often as it came
 *   any body     hex(HMAC-SHA1(signing key, URL || body))
 *
 * The URL with its port or without.
 */
#ifndef PROVIDER_SIGNALWIRE_SIGNATURE_H
#define PROVIDER_SIGNALWIRE_SIGNATURE_H

#include "wire/form.h"

#define SIGNALWIRE_FORM_SIZE 29 /* 28 characters and a terminator */
#define SIGNALWIRE_BODY_SIZE 41 /* 40 */

void signalwire_sign_form(struct str key, struct str url, const struct form *form, char ret_signature[SIGNALWIRE_FORM_SIZE]);

/* False for an empty key. Time: a function of lengths, not of the key. */
bool signalwire_form_holds(struct str key, struct str url, const struct form *form, struct str signature);
bool signalwire_body_holds(struct str key, struct str url, struct str body, struct str signature);

#endif
