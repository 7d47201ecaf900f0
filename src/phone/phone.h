/* phone: what libphonenumber knows, behind a C face (libphonenumber.cc and world.cc are the two C++ files).
 *
 * For making sessions and stock only (in E.164 form 0.1 us a number, by tables compiled from the library's own
 * metadata: world.h; in other forms, and where the tables don't tell, up to 30 us); never on the path of a call:
 * that has core/dialplan.h, which phone_dialplan() fills once at start. Threads: any.
 *
 * Texts are what phone/fold.h takes: digits of many scripts with the usual marks between them. Letters are
 * refused, and so are vanity numbers, "tel:" and "ext". "00" is an international prefix everywhere.
 * A number need not be valid, only possible, so that fictitious and brand-new ranges work; one of no known
 * range is refused all the same where it begins as its country's emergency, short or premium numbers do.
 */
#ifndef PHONE_PHONE_H
#define PHONE_PHONE_H

#include "core/dialplan.h"
#include "core/number.h"

struct phone {
	struct number number;
	struct place place;
};

/* Any usual national (of `country`, 0: international only) or international form -> E.164.
 * ERR_BAD_NUMBER: not a number that is possible, an emergency or short number, an extension, under 8 digits
 * in all. ERR_DESTINATION_NOT_ALLOWED: premium rate, shared cost, personal numbers (UK 070), pagers, voice
 * mail; satellite and other international networks (+87x, +88x but 880 and 886, +979). Toll-free and
 * "universal access" numbers are taken: a desk may have one.
 * place.country: the number's region; of its calling code's main one where only that is known.
 * place.area: of numbers that belong to an area, else 0. */
MUST_CHECK enum err phone_parse(struct str text, uint16_t country, struct phone *ret_phone);

/* For a VN: canonical or national form; toll-free and the like are fine, it is ours. */
MUST_CHECK enum err phone_parse_vn(struct str text, uint16_t country, struct phone *ret_phone);

/* ERR_NOT_FOUND: no such country. */
MUST_CHECK enum err phone_dialplan(uint16_t country, struct dialplan *ret_plan);

/* True for an ISO 3166 code that has a number plan. */
bool phone_country_known(uint16_t country);

const char *phone_library_version(void);

#endif
