/* party_text: a party as a request or an event tells it: texts that nobody has normalised yet.
 *
 *	{"role": "courier", "number": "0812 9876 5877", "numbers": ["+62..."], "may_call": true, "vn":
 *"+62..."}
 *
 * Memory: texts point into the JSON document, arrays live in the arena.
 */
#ifndef WIRE_PARTY_TEXT_H
#define WIRE_PARTY_TEXT_H

#include "base/arena.h"
#include "core/session.h"
#include "wire/json.h"

#define PARTY_NUMBER_TEXT_MAX 64

struct party_text {
	struct str role;
	struct str numbers[SESSION_NUMBERS_MAX]; /* the first is `number` */
	int numbers_n;
	bool may_call;
	struct str vn; /* .at NULL: none was named */
};

/* One party; `role_in_body` false: the role comes from elsewhere (a path) and must not be a field. */
MUST_CHECK enum err party_text_read(
	const struct json_at *at, bool role_in_body, struct party_text *ret_party, struct problem *problem);

/* The array `parties`: min..8 of them, each role once. ERR_TOO_MANY_PARTIES, ERR_BAD_REQUEST. */
MUST_CHECK enum err party_text_list(const struct json_at *at, int min, struct arena *arena,
	struct party_text **ret_parties, int *ret_n, struct problem *problem);

#endif
