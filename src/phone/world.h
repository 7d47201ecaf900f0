/* world: every region's numbering plan, compiled from the metadata that libphonenumber brings with it.
 *
 * What the library tells of a number in E.164 form after several regular expressions a region, world_read() tells
 * after one look at each digit (some 300 instructions instead of 30,000). It tells the same or nothing: a number that
 * the library's parser would alter, that is not possible or of no known type, and countries whose metadata says what
 * region.h doesn't know, are left to the library. So is a country of whose examples, one of each type, not all are read as the
 * library reads them: another release of it may go another way.
 *
 * Time: a calling code's regions are compiled when they are first asked for (half a millisecond; 6 ms for +1, which 25
 * regions share; 40 ms for all). Memory: 1.5 MiB if all are, and the metadata, 1 MiB; kept. Threads: any.
 */
#ifndef PHONE_WORLD_H
#define PHONE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world_reading {
	int calling_code;
	int type;         /* enum region_kind, or REGION_FIXED_LINE_OR_MOBILE */
	uint16_t country; /* 0: of an international network */
	const char *national; /* in the digits given */
	size_t national_len;
	/* A place for what the library says of how many digits name the area, the same for all numbers with this place.
	 * Any thread may read and write it, atomically; 0: not yet known. */
	uint8_t *area;
};

/* `digits` without the '+'. False: ask the library. */
bool world_read(const char *digits, size_t len, struct world_reading *ret_reading);

#endif
