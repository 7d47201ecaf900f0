/* number: an E.164 number as a 64-bit integer, and where it belongs.
 *
 * Canonical text is `+` and 8..15 digits, the first not 0. 0 means "no number". A number is data of
 * a real person: nothing here prints one but number_text(), whose callers are few and easy to list.
 */
#ifndef CORE_NUMBER_H
#define CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct number {
	uint64_t e164; /* digits as an integer, below 10^15 (fits 50 bits); 0: none */
};

#define NUMBER_NONE ((struct number){0})
#define NUMBER_TEXT_SIZE 17 /* '+', 15 digits, terminator */

/* Who somebody is to us without their number: HMAC-SHA-256 of the number under the index key, cut
 * to 16 bytes (DESIGN.md section 4). Made outside the core. Tables in memory use the first 8. */
struct person {
	uint8_t key[16];
};

/* Where a number belongs, as far as the choice of VNs asks. Made outside the core. */
struct place {
	uint16_t country; /* two ASCII capitals, 'U' << 8 | 'S'; 0: unknown or none (+800, +882) */
	uint32_t area;    /* leading digits of the national number that name an area; 0: none */
};

static inline bool number_is(struct number number)
{
	return number.e164 != 0;
}

static inline bool number_equal(struct number a, struct number b)
{
	return a.e164 == b.e164;
}

static inline uint64_t person_short(const struct person *person)
{
	uint64_t first;
	memcpy(&first, person->key, sizeof first);
	return first;
}

/* Canonical text only. ERR_BAD_NUMBER otherwise. */
MUST_CHECK enum err number_parse(struct str text, struct number *ret_number);

/* Digits without a `+` (Vonage, Plivo, ...) are taken too. */
MUST_CHECK enum err number_parse_digits(struct str text, struct number *ret_number);

/* "+6281234567210"; "" for no number. Returns `text`. */
char *number_text(struct number number, char text[NUMBER_TEXT_SIZE]);

/* "+62*******210": country code shown by its length `prefix_digits` (1..3), last three digits shown.
 * "" for no number. */
char *number_mask(struct number number, char text[NUMBER_TEXT_SIZE]);

/* How many digits the country calling code has: 1, 2 or 3 (ITU-T E.164 zones). */
int number_country_digits(struct number number);

/* 'U','S' -> place.country; 0 if it is not two letters. */
uint16_t country_parse(struct str text);

#endif
