/* phone: what libphonenumber knows, behind a C face (libphonenumber.cc is the one C++ file).
 *
 * For making sessions and stock only (about 10 us a number); never on the path of a call: that has
 * core/dialplan.h, which phone_dialplan() fills once at start. Threads: any.
 */
#ifndef PHONE_PHONE_H
#define PHONE_PHONE_H

#include "core/dialplan.h"
#include "core/number.h"

struct phone {
	struct number number;
	struct place place;
};

/* Any usual national (of `country`) or international form -> E.164. ERR_BAD_NUMBER: not a number that is
 * possible, an emergency or short number, an extension; ERR_DESTINATION_NOT_ALLOWED: premium rate,
 * shared cost, satellite and other international networks (+87x, +88x, +979). */
MUST_CHECK enum err phone_parse(struct str text, uint16_t country, struct phone *ret_phone);

/* For a VN: canonical or national form; toll-free and the like are fine, it is ours. */
MUST_CHECK enum err phone_parse_vn(struct str text, uint16_t country, struct phone *ret_phone);

/* ERR_NOT_FOUND: no such country. */
MUST_CHECK enum err phone_dialplan(uint16_t country, struct dialplan *ret_plan);

/* True for an ISO 3166 code that has a number plan. */
bool phone_country_known(uint16_t country);

const char *phone_library_version(void);

#endif
