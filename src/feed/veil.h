/* veil: what an order is called among dead letters, where that is told outside and lies in clear. An order's id is told as it is,
 * unless it could be a phone number: then a keyed hash stands for it, so that letters of one order still find each other and nobody
 * finds a person.
 *
 *	A-1001                    A-1001
 *	+62 812-3456-7210         +** ***-****-****~kdbmcpaojfhegnli
 *
 * It could be one if VEIL_DIGITS digits or more follow each other with not more than VEIL_GAP_MAX marks between two of them; in any
 * script that phone/fold.h reads, with anything before and behind. Not so in a text of nothing but hexadecimal digits and hyphens,
 * VEIL_HEX or more of them and letters among them: a UUID, an object's id.
 *
 * The hash is of the vault's text key: the same after a start, a rotation of keys, on a copy. A veiled text veiled again is itself.
 */
#ifndef FEED_VEIL_H
#define FEED_VEIL_H

#include "base/arena.h"
#include "crypto/vault.h"

#define VEIL_DIGITS 8
#define VEIL_GAP_MAX 3
#define VEIL_HEX 24

bool veil_needed(struct str order);

/* In the arena, not longer than SESSION_REF_MAX where it is veiled. .at NULL: no memory. */
struct str veil_order(struct vault_use *use, struct str order, struct arena *arena);

#endif
