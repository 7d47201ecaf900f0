/* infobip_signature: the Authorization header of Infobip's number masking (infobip.com, "Number Masking
 *Credentials"):
 *
 *	apiId ":" hex(SHA-256(URL path, query, body, key))
 */
#ifndef PROVIDER_INFOBIP_SIGNATURE_H
#define PROVIDER_INFOBIP_SIGNATURE_H

#include <stdbool.h>

#include "base/str.h"

#define INFOBIP_SIGNATURE_SIZE 65 /* with a terminator */

/* `called` is what was called. False: no key, or no memory. */
bool infobip_sign(
	struct str key, struct str called, struct str body, char ret_signature[INFOBIP_SIGNATURE_SIZE]);

#endif
