/* board: what the workers read to decide a call: routes, the directory of VNs, pools' plans, who is blocked.
 *
 * The engine publishes; workers read without locks. VNs and pools are only ever added or changed in
 * place, never taken away, so an id that was read stays good.
 *
 * Threads: board_vn_find, board_vn, board_plan and route_find from any thread; the rest writer only.
 */
#ifndef CORE_BOARD_H
#define CORE_BOARD_H

#include "core/blocks.h"
#include "core/limits.h"
#include "core/pool.h"
#include "core/route.h"

/* What is known of a VN when a call comes in. */
struct board_vn {
	struct number number;
	uint32_t id;      /* 1.. */
	uint16_t pool;    /* index of the pool, 0.. */
	uint16_t account; /* index of the account */
};

/* The part of a pool's policy that decisions need. Three 64-bit words, so that a reader sees the fields of one
 * change together where it matters: how calls are answered; forward_to; the bounds. */
struct board_plan {
	enum pool_unknown unknown_caller;
	struct number forward_to;
	uint16_t ring_s;      /* 5..600 */
	uint32_t max_call_s;  /* up to 86,400 */
	uint8_t pin_digits;   /* 6 or 8 */
	uint16_t tenant;
	uint8_t calls_at_once;         /* the bounds: as in pool.h */
	uint16_t minutes_per_session;
	enum pool_attestation require_attestation;
	uint16_t attempts_per_minute;
	bool bounded;                  /* by any of the three before that one, or by a list; set by the board */
};

struct board;

struct board *board_new(const struct limits *limits, uint64_t seed);
void board_free(struct board *board);

/* For the writer's use and route_find's. */
struct routes *board_routes(struct board *board);
const struct routes *board_routes_read(const struct board *board);

/* Session ids by slot, limits.sessions of them. Written by board_session_id_put() when a slot is taken:
 * after the routes of its last session are gone and before those of the new one are there. */
uint64_t *board_session_ids(struct board *board);
void board_session_id_put(struct board *board, uint32_t slot, uint64_t id);
const uint64_t *board_session_ids_read(const struct board *board);

/* How many seconds the session in a slot has talked; 0 for one that was just made. Added by the writer alone. */
uint32_t board_talked_s(const struct board *board, uint32_t slot);
void board_talked_add(struct board *board, uint32_t slot, uint32_t seconds);

/* Who may not ring whom: as people said, and callers that are suspected for a while. A pool that is on no list, and has
 * no bound, has a plan that is not `bounded`: deciding looks no further. As blocks_put() and blocks_drop(). */
#define SUSPECTS_MAX 16384
enum board_list { BOARD_BLOCKED, BOARD_SUSPECTED };
const struct blocks *board_list(const struct board *board, enum board_list list);
MUST_CHECK enum err board_list_put(struct board *board, enum board_list list, const struct block_key *key,
	enum block_direction direction, uint32_t until);
bool board_list_drop(struct board *board, enum board_list list, const struct block_key *key);

bool board_vn_find(const struct board *board, struct number number, struct board_vn *ret_vn);

/* By id, 1..; false for an id that was never published. */
bool board_vn(const struct board *board, uint32_t id, struct board_vn *ret_vn);

/* ERR_LIMIT_REACHED when limits.numbers are there. The id must be the next one (count + 1) or, for a
 * change of pool or account, one that is there with the same number. */
MUST_CHECK enum err board_vn_put(struct board *board, const struct board_vn *vn);

/* A pool's plan is put before its first VN: asking for one that was never put is our own fault. */
void board_plan(const struct board *board, uint16_t pool, struct board_plan *ret_plan);
void board_plan_put(struct board *board, uint16_t pool, const struct board_plan *plan);

size_t board_bytes(const struct board *board);

#endif
