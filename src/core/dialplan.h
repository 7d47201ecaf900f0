/* dialplan: how numbers are written inside one country, as a table that needs no library per call.
 *
 * Made once at start from libphonenumber (phone/phone.h) for an account's country, then read only:
 * any thread. Answers the forms that providers send: "+CC..", "00CC..", "CC.." of right length,
 * "0NSN", "NSN".
 */
#ifndef CORE_DIALPLAN_H
#define CORE_DIALPLAN_H

#include "core/number.h"

struct dialplan {
	uint16_t country;          /* 0: knows only international forms */
	uint16_t calling_code;     /* 91 */
	char national_prefix[8];   /* "0"; "" none */
	char international_prefix[8]; /* "00", "011"; "" none */
	uint32_t lengths;          /* bit n: a national significant number may have n digits */
};

/* Spaces, dashes, dots and brackets are passed over. ERR_BAD_NUMBER when no reading, or more than one
 * that the lengths allow with a different result, is left. A leading `+` decides alone. */
MUST_CHECK enum err dialplan_number(const struct dialplan *plan, struct str text, struct number *ret_number);

/* How an account's provider shows a number nationally ("09876543210"), for the simulated provider. */
MUST_CHECK enum err dialplan_national(const struct dialplan *plan, struct number number, char *text, size_t size);

#endif
