/* roles: distinct role labels of open sessions, named by 16 bits; one that nobody uses any more makes room for another.
 *
 * Whoever keeps an index counts: roles_take() once for each, roles_give() once. Cost O(1). Memory: reserved at the start.
 * Threads: the writer's alone. Limits: `max` labels at a time, 1..65535.
 */
#ifndef CORE_ROLES_H
#define CORE_ROLES_H

#include "base/err.h"
#include "base/str.h"

struct roles;

struct roles *roles_new(uint32_t max, const uint64_t key[2]); /* of the hash; NULL: no memory */
void roles_free(struct roles *roles);

/* ERR_ROLES_FULL: `max` others are in use. ERR_BAD_REQUEST: longer than SESSION_ROLE_MAX. */
MUST_CHECK enum err roles_take(struct roles *roles, struct str name, uint16_t *ret_index);
void roles_give(struct roles *roles, uint16_t index);

/* Of one that is in use: the text lives until the last roles_give() of it. */
const char *roles_name(const struct roles *roles, uint16_t index);
uint32_t roles_uses(const struct roles *roles); /* taken and not given back, in all; for audits */

#endif
