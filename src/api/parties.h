/* parties: from what a request says of parties to what the engine takes: numbers normalised by the pool's
 * country, checked against where the pool dials, and each with its keyed hash.
 *
 * Cost: 0.1 us a number in E.164 form, some 30 us in others (libphonenumber): for workers, never for the writer.
 */
#ifndef PARTIES_H
#define PARTIES_H

#include "crypto/vault.h"
#include "api/pools.h"
#include "wire/party_text.h"

/* A party whose numbers have been read, and the country of each: what the pool's check asks. */
struct party_read {
	struct party party;
	uint16_t countries[SESSION_NUMBERS_MAX];
};

/* All its numbers begin with '+': they mean the same in every country. */
bool parties_international(const struct party_text *text);

/* `country`: of national numbers; 0 where there are none. ERR_BAD_NUMBER, ERR_DESTINATION_NOT_ALLOWED
 * (premium and the like); `path` ("parties[1]" or "") is where the party stands. */
MUST_CHECK enum err parties_read(const struct party_text *text, uint16_t country, struct vault_use *vault,
	const char *path, struct party_read *ret_read, struct problem *problem);

/* ERR_DESTINATION_NOT_ALLOWED: the pool doesn't dial one of its numbers. */
MUST_CHECK enum err parties_dialled(const struct party_read *read, const struct pool_brief *pool,
	const char *path, struct problem *problem);

/* Both, for all of a list; the parties are in the arena. */
MUST_CHECK enum err parties_fill(const struct party_text *texts, int n, const struct pool_brief *pool,
	struct vault_use *vault, struct arena *arena, struct party **ret_parties, struct problem *problem);

#endif
