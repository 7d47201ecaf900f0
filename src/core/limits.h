/* limits: how much the engine may hold. Memory is reserved once, at start, from these. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <stdint.h>

struct limits {
	uint32_t sessions;   /* waiting, live and closing together */
	uint32_t routes;     /* directed answers; 2 for a session of two */
	uint32_t pairs;      /* (party, VN) open, represented or cooling; 4 for a session of two */
	uint32_t tombstones; /* orders that ended and must not come back */
	uint32_t numbers;    /* VNs, at most 2^24 - 1 */
	uint32_t pools;      /* at most 65,535 */
	uint32_t accounts;   /* at most 65,535 */
	uint32_t tenants;    /* at most 65,535 */
	uint32_t roles;      /* distinct role labels of open sessions, at most 65,535 */
	uint32_t calls;      /* calls whose status can still be told by their provider's id */
	uint32_t idempotency; /* Idempotency-Keys remembered */
	uint32_t blocks;     /* who may not ring whom (blocks.h) */
};

#define LIMITS_DEFAULT(n) ((struct limits){ \
	.sessions = (n), .routes = (n) * 2 + 4096, .pairs = (n) * 5 + 4096, .tombstones = (n) * 2 + 4096, \
	.numbers = 200000, .pools = 1000, .accounts = 1000, .tenants = 1000, .roles = 1000, .calls = 200000, \
	.idempotency = 200000, .blocks = 100000})

#endif
