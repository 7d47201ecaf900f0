#include "core/board.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

/* One VN of the directory: open addressing by number, entries are never moved or taken out. The
 * payload (id 24 bits, pool 16, account 16) is there before the key is. */
struct listed {
	_Atomic uint64_t number; /* 0: free */
	_Atomic uint64_t payload;
};

/* See pack_plan() and pack_bounds(). */
struct plan {
	_Atomic uint64_t word;
	_Atomic uint64_t forward_to;
	_Atomic uint64_t bounds;
};

struct board {
	struct limits limits;
	uint64_t seed;
	struct routes *routes;
	uint64_t *session_ids;
	_Atomic uint32_t *talked_s; /* by slot */
	struct blocks *lists[2]; /* enum board_list */
	struct listed *directory;
	uint32_t directory_n;
	_Atomic uint32_t *by_id; /* id - 1 -> 1 + place in the directory; 0: not published */
	struct plan *plans;
	uint32_t vns_n; /* writer */
};

#define PLAN_KNOWN ((uint64_t)1 << 63)

static size_t ids_bytes(const struct board *board)
{
	return (size_t)board->limits.sessions * sizeof *board->session_ids;
}

static size_t talked_bytes(const struct board *board)
{
	return (size_t)board->limits.sessions * sizeof *board->talked_s;
}

static size_t directory_bytes(const struct board *board)
{
	return (size_t)board->directory_n * sizeof *board->directory;
}

static size_t by_id_bytes(const struct board *board)
{
	return (size_t)board->limits.numbers * sizeof *board->by_id;
}

static size_t plans_bytes(const struct board *board)
{
	return (size_t)board->limits.pools * sizeof *board->plans;
}

struct board *board_new(const struct limits *limits, uint64_t seed)
{
	ASSERT(limits->sessions > 0 && limits->numbers > 0 && limits->pools > 0);
	ASSERT(limits->numbers <= ROUTE_VN_MAX && limits->pools <= UINT16_MAX && limits->accounts <= UINT16_MAX);
	struct board *board = calloc(1, sizeof *board);
	if (!board)
		return NULL;
	board->limits = *limits;
	board->seed = hash_mix(seed);
	board->directory_n = (uint32_t)((uint64_t)limits->numbers * 10 / 7) + 1;
	board->routes = routes_new(limits->routes, seed);
	board->session_ids = memory_map(ids_bytes(board));
	board->talked_s = memory_map(talked_bytes(board));
	board->lists[BOARD_BLOCKED] = blocks_new(limits->blocks, limits->pools, hash_mix(seed + 1));
	board->lists[BOARD_SUSPECTED] = blocks_new(SUSPECTS_MAX, limits->pools, hash_mix(seed + 2));
	board->directory = memory_map(directory_bytes(board));
	board->by_id = memory_map(by_id_bytes(board));
	board->plans = memory_map(plans_bytes(board));
	if (!board->routes || !board->session_ids || !board->talked_s || !board->lists[0] || !board->lists[1] ||
			!board->directory || !board->by_id || !board->plans) {
		board_free(board);
		return NULL;
	}
	return board;
}

void board_free(struct board *board)
{
	if (!board)
		return;
	routes_free(board->routes);
	memory_unmap(board->session_ids, ids_bytes(board));
	memory_unmap(board->talked_s, talked_bytes(board));
	blocks_free(board->lists[BOARD_BLOCKED]);
	blocks_free(board->lists[BOARD_SUSPECTED]);
	memory_unmap(board->directory, directory_bytes(board));
	memory_unmap(board->by_id, by_id_bytes(board));
	memory_unmap(board->plans, plans_bytes(board));
	free(board);
}

struct routes *board_routes(struct board *board)
{
	return board->routes;
}

const struct routes *board_routes_read(const struct board *board)
{
	return board->routes;
}

uint64_t *board_session_ids(struct board *board)
{
	return board->session_ids;
}

const uint64_t *board_session_ids_read(const struct board *board)
{
	return board->session_ids;
}

void board_session_id_put(struct board *board, uint32_t slot, uint64_t id)
{
	ASSERT(slot < board->limits.sessions);
	atomic_store_explicit(&board->talked_s[slot], 0, memory_order_relaxed);
	__atomic_store_n(&board->session_ids[slot], id, __ATOMIC_RELEASE);
}

uint32_t board_talked_s(const struct board *board, uint32_t slot)
{
	ASSERT(slot < board->limits.sessions);
	return atomic_load_explicit(&board->talked_s[slot], memory_order_relaxed);
}

void board_talked_add(struct board *board, uint32_t slot, uint32_t seconds)
{
	uint32_t was = board_talked_s(board, slot);

	atomic_store_explicit(&board->talked_s[slot], was + seconds < was ? UINT32_MAX : was + seconds,
		memory_order_relaxed);
}

static uint64_t pack_vn(const struct board_vn *vn)
{
	return vn->id | (uint64_t)vn->pool << 24 | (uint64_t)vn->account << 40;
}

static struct board_vn unpack_vn(uint64_t number, uint64_t payload)
{
	return (struct board_vn){
		.number = {number},
		.id = payload & ROUTE_VN_MAX,
		.pool = (uint16_t)(payload >> 24),
		.account = (uint16_t)(payload >> 40),
	};
}

/* The entry of the number, or the free one where it would be. The load keeps below 1. */
static struct listed *place_of(const struct board *board, struct number number, uint64_t *ret_found)
{
	uint32_t at = hash_reduce(hash_mix(number.e164 ^ board->seed), board->directory_n);

	for (;;) {
		struct listed *listed = &board->directory[at];
		uint64_t found = atomic_load_explicit(&listed->number, memory_order_acquire);
		if (found == 0 || found == number.e164) {
			*ret_found = found;
			return listed;
		}
		at = at + 1 == board->directory_n ? 0 : at + 1;
	}
}

bool board_vn_find(const struct board *board, struct number number, struct board_vn *ret_vn)
{
	uint64_t found;

	if (!number_is(number))
		return false;
	struct listed *listed = place_of(board, number, &found);
	if (!found)
		return false;
	*ret_vn = unpack_vn(found, atomic_load_explicit(&listed->payload, memory_order_acquire));
	return true;
}

bool board_vn(const struct board *board, uint32_t id, struct board_vn *ret_vn)
{
	if (id == 0 || id > board->limits.numbers)
		return false;
	uint32_t place = atomic_load_explicit(&board->by_id[id - 1], memory_order_acquire);
	if (place == 0)
		return false;
	struct listed *listed = &board->directory[place - 1];
	*ret_vn = unpack_vn(atomic_load_explicit(&listed->number, memory_order_acquire),
			atomic_load_explicit(&listed->payload, memory_order_acquire));
	return true;
}

enum err board_vn_put(struct board *board, const struct board_vn *vn)
{
	uint64_t found;

	ASSERT(number_is(vn->number) && vn->pool < board->limits.pools && vn->account < board->limits.accounts);
	if (vn->id > board->limits.numbers && board->vns_n == board->limits.numbers)
		return ERR_LIMIT_REACHED;
	ASSERT(vn->id > 0 && vn->id <= board->vns_n + 1);
	struct listed *listed = place_of(board, vn->number, &found);
	if (found) {
		uint64_t payload = atomic_load_explicit(&listed->payload, memory_order_relaxed);
		ASSERT(unpack_vn(found, payload).id == vn->id);
		atomic_store_explicit(&listed->payload, pack_vn(vn), memory_order_release);
		return ERR_OK;
	}
	ASSERT(vn->id == board->vns_n + 1);
	atomic_store_explicit(&listed->payload, pack_vn(vn), memory_order_release);
	atomic_store_explicit(&listed->number, vn->number.e164, memory_order_release);
	uint32_t place = (uint32_t)(listed - board->directory);
	atomic_store_explicit(&board->by_id[vn->id - 1], place + 1, memory_order_release);
	board->vns_n++;
	return ERR_OK;
}

/* tenant 16 | ring_s 10 | max_call_s 17 | pin_digits 4 | unknown_caller 2 */
static uint64_t pack_plan(const struct board_plan *plan)
{
	ASSERT(plan->ring_s < 1 << 10 && plan->max_call_s < 1 << 17);
	ASSERT(plan->pin_digits < 1 << 4 && plan->unknown_caller <= POOL_UNKNOWN_FORWARD);
	return PLAN_KNOWN | plan->tenant | (uint64_t)plan->ring_s << 16 | (uint64_t)plan->max_call_s << 26 |
			(uint64_t)plan->pin_digits << 43 | (uint64_t)plan->unknown_caller << 47;
}

/* attempts_per_minute 16 | minutes_per_session 16 | calls_at_once 8 | require_attestation 2 | on a list 1 */
#define BOUNDS_LISTED ((uint64_t)1 << 42)

static uint64_t pack_bounds(const struct board *board, uint16_t pool, const struct board_plan *plan)
{
	bool listed = blocks_any(board->lists[BOARD_BLOCKED], pool) || blocks_any(board->lists[BOARD_SUSPECTED], pool);

	ASSERT(plan->require_attestation <= POOL_ATTESTATION_B);
	return (listed ? BOUNDS_LISTED : 0) | plan->attempts_per_minute | (uint64_t)plan->minutes_per_session << 16 |
			(uint64_t)plan->calls_at_once << 32 | (uint64_t)plan->require_attestation << 40;
}

void board_plan(const struct board *board, uint16_t pool, struct board_plan *ret_plan)
{
	ASSERT(pool < board->limits.pools);
	uint64_t word = atomic_load_explicit(&board->plans[pool].word, memory_order_acquire);
	ASSERT(word & PLAN_KNOWN);
	uint64_t bounds = atomic_load_explicit(&board->plans[pool].bounds, memory_order_acquire);
	*ret_plan = (struct board_plan){
		.unknown_caller = (enum pool_unknown)(word >> 47 & 3),
		.forward_to = {atomic_load_explicit(&board->plans[pool].forward_to, memory_order_acquire)},
		.ring_s = word >> 16 & 0x3ff,
		.max_call_s = word >> 26 & 0x1ffff,
		.pin_digits = word >> 43 & 0xf,
		.tenant = (uint16_t)word,
		.attempts_per_minute = (uint16_t)bounds,
	};
	if (bounds >> 16 == 0)
		return;
	ret_plan->bounded = true;
	ret_plan->minutes_per_session = (uint16_t)(bounds >> 16);
	ret_plan->calls_at_once = (uint8_t)(bounds >> 32);
	ret_plan->require_attestation = (enum pool_attestation)(bounds >> 40 & 3);
}

/* Whom strangers are sent to is there before they are sent. */
void board_plan_put(struct board *board, uint16_t pool, const struct board_plan *plan)
{
	ASSERT(pool < board->limits.pools);
	atomic_store_explicit(&board->plans[pool].forward_to, plan->forward_to.e164, memory_order_release);
	atomic_store_explicit(&board->plans[pool].bounds, pack_bounds(board, pool, plan), memory_order_release);
	atomic_store_explicit(&board->plans[pool].word, pack_plan(plan), memory_order_release);
}

/* --- who may not ring whom --- */

const struct blocks *board_list(const struct board *board, enum board_list list)
{
	return board->lists[list];
}

/* What is on a list is there before its pool's plan says so. A pool without a plan has no VN that could be rung. */
static void look_at_lists(struct board *board, uint16_t pool)
{
	struct board_plan plan;

	if (!(atomic_load_explicit(&board->plans[pool].word, memory_order_relaxed) & PLAN_KNOWN))
		return;
	board_plan(board, pool, &plan);
	atomic_store_explicit(&board->plans[pool].bounds, pack_bounds(board, pool, &plan), memory_order_release);
}

enum err board_list_put(struct board *board, enum board_list list, const struct block_key *key,
		enum block_direction direction, uint32_t until)
{
	enum err err = blocks_put(board->lists[list], key, direction, until);

	if (!err)
		look_at_lists(board, key->pool);
	return err;
}

bool board_list_drop(struct board *board, enum board_list list, const struct block_key *key)
{
	bool there = blocks_drop(board->lists[list], key);

	if (there)
		look_at_lists(board, key->pool);
	return there;
}

size_t board_bytes(const struct board *board)
{
	return sizeof *board + routes_bytes(board->routes) + ids_bytes(board) + talked_bytes(board) +
			blocks_bytes(board->lists[BOARD_BLOCKED]) + blocks_bytes(board->lists[BOARD_SUSPECTED]) +
			directory_bytes(board) + by_id_bytes(board) + plans_bytes(board);
}
