#include "core/blocks.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

#define SPINS 64 /* reads of a held table before the processor is offered to others */

const char *const block_direction_words[] = {"both", "from", "to", NULL};

/* rule: pool (16) | direction (2) | until (32). number 0: the cell is free. */
struct cell {
	_Atomic uint64_t number, with, rule;
};

struct blocks {
	_Atomic uint64_t sequence;
	struct cell *cells;
	_Atomic uint32_t *of_pool; /* how many */
	uint64_t seed;
	uint32_t cells_n, pools;
	uint32_t count, max; /* writer */
};

static uint64_t load(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

struct blocks *blocks_new(uint32_t max, uint32_t pools, uint64_t seed)
{
	struct blocks *blocks = calloc(1, sizeof *blocks);

	ASSERT(max <= UINT32_MAX / 4 && pools > 0);
	if (!blocks)
		return NULL;
	blocks->max = max;
	blocks->pools = pools;
	blocks->seed = hash_mix(seed);
	blocks->cells_n = max * 2 + 1; /* one is always free: every search ends */
	blocks->cells = memory_map(blocks->cells_n * sizeof *blocks->cells);
	blocks->of_pool = memory_map(pools * sizeof *blocks->of_pool);
	if (!blocks->cells || !blocks->of_pool) {
		blocks_free(blocks);
		return NULL;
	}
	return blocks;
}

void blocks_free(struct blocks *blocks)
{
	if (!blocks)
		return;
	memory_unmap(blocks->cells, blocks->cells_n * sizeof *blocks->cells);
	memory_unmap(blocks->of_pool, blocks->pools * sizeof *blocks->of_pool);
	free(blocks);
}

bool blocks_any(const struct blocks *blocks, uint16_t pool)
{
	return pool < blocks->pools && atomic_load_explicit(&blocks->of_pool[pool], memory_order_acquire) > 0;
}

static uint32_t home_of(const struct blocks *blocks, uint64_t number, uint64_t with, uint16_t pool)
{
	return hash_reduce(hash_two(blocks->seed ^ pool, number, with), blocks->cells_n);
}

static uint32_t after(const struct blocks *blocks, uint32_t at)
{
	return at + 1 == blocks->cells_n ? 0 : at + 1;
}

/* The cell of the key, or the free one where it would be. Readers may see a table that is being changed: no more steps
 * than there are cells. */
static uint32_t place_of(const struct blocks *blocks, const struct block_key *key, uint64_t *ret_rule, bool *ret_there)
{
	uint32_t at = home_of(blocks, key->number.e164, key->with.e164, key->pool);

	*ret_there = false;
	for (uint32_t steps = 0; steps < blocks->cells_n; steps++, at = after(blocks, at)) {
		const struct cell *cell = &blocks->cells[at];
		uint64_t number = load(&cell->number);
		if (number == 0)
			break;
		if (number != key->number.e164 || load(&cell->with) != key->with.e164)
			continue;
		uint64_t rule = load(&cell->rule);
		if ((uint16_t)rule != key->pool)
			continue;
		*ret_rule = rule;
		*ret_there = true;
		break;
	}
	return at;
}

static uint64_t rule_of(uint16_t pool, enum block_direction direction, uint32_t until)
{
	return pool | (uint64_t)direction << 16 | (uint64_t)until << 32;
}

bool blocks_find(const struct blocks *blocks, const struct block_key *key, enum block_direction *ret_direction,
	uint32_t *ret_until)
{
	for (int spins = 1;; spins++) {
		uint64_t rule = 0, sequence = load(&blocks->sequence);
		bool there;
		if (sequence % 2 == 0) {
			(void)place_of(blocks, key, &rule, &there);
			if (load(&blocks->sequence) == sequence) {
				*ret_direction = (enum block_direction)(rule >> 16 & 3);
				*ret_until = (uint32_t)(rule >> 32);
				return there;
			}
		}
		if (spins % SPINS == 0)
			sched_yield();
	}
}

/* `direction`: of the call, as the key's number sees it. */
static bool bars(const struct blocks *blocks, const struct block_key *key, enum block_direction direction,
	uint32_t now_s)
{
	enum block_direction barred;
	uint32_t until;

	return blocks_find(blocks, key, &barred, &until) && (barred == BLOCK_BOTH || barred == direction) &&
	       (until == 0 || now_s < until);
}

bool blocks_bar(const struct blocks *blocks, uint16_t pool, struct number from, struct number to, uint32_t now_s)
{
	if (!blocks_any(blocks, pool))
		return false;
	if (number_is(from) && bars(blocks, &(struct block_key){pool, from, NUMBER_NONE}, BLOCK_FROM, now_s))
		return true;
	if (!number_is(to))
		return false;
	if (bars(blocks, &(struct block_key){pool, to, NUMBER_NONE}, BLOCK_TO, now_s))
		return true;
	return number_is(from) && (bars(blocks, &(struct block_key){pool, from, to}, BLOCK_FROM, now_s) ||
					  bars(blocks, &(struct block_key){pool, to, from}, BLOCK_TO, now_s));
}

static void write_begin(struct blocks *blocks)
{
	uint64_t sequence = load(&blocks->sequence);

	ASSERT(sequence % 2 == 0);
	store(&blocks->sequence, sequence + 1);
}

static void write_end(struct blocks *blocks)
{
	store(&blocks->sequence, load(&blocks->sequence) + 1);
}

static void count_in(struct blocks *blocks, uint16_t pool, int by)
{
	blocks->count += (uint32_t)by;
	atomic_fetch_add_explicit(&blocks->of_pool[pool], (uint32_t)by, memory_order_release);
}

enum err blocks_put(struct blocks *blocks, const struct block_key *key, enum block_direction direction, uint32_t until)
{
	uint64_t was;
	bool there;

	ASSERT(number_is(key->number) && key->pool < blocks->pools);
	uint32_t at = place_of(blocks, key, &was, &there);
	if (!there && blocks->count == blocks->max)
		return ERR_LIMIT_REACHED;
	struct cell *cell = &blocks->cells[at];
	write_begin(blocks);
	store(&cell->with, key->with.e164);
	store(&cell->rule, rule_of(key->pool, direction, until));
	store(&cell->number, key->number.e164);
	write_end(blocks);
	if (!there)
		count_in(blocks, key->pool, 1);
	return ERR_OK;
}

/* Does `at` lie in the walk that begins behind `hole` and comes to it from `home`? Then its cell may not stay where it
 * is. */
static bool reaches(uint32_t home, uint32_t hole, uint32_t at)
{
	return hole <= at ? home <= hole || home > at : home <= hole && home > at;
}

bool blocks_drop(struct blocks *blocks, const struct block_key *key)
{
	uint64_t was;
	bool there;
	uint32_t hole = place_of(blocks, key, &was, &there);

	if (!there)
		return false;
	write_begin(blocks);
	for (uint32_t at = after(blocks, hole); load(&blocks->cells[at].number) != 0; at = after(blocks, at)) {
		struct cell *cell = &blocks->cells[at];
		uint64_t number = load(&cell->number), with = load(&cell->with), rule = load(&cell->rule);
		if (!reaches(home_of(blocks, number, with, (uint16_t)rule), hole, at))
			continue;
		store(&blocks->cells[hole].number, number);
		store(&blocks->cells[hole].with, with);
		store(&blocks->cells[hole].rule, rule);
		hole = at;
	}
	store(&blocks->cells[hole].number, 0);
	write_end(blocks);
	count_in(blocks, key->pool, -1);
	return true;
}

uint32_t blocks_count(const struct blocks *blocks)
{
	return blocks->count;
}

size_t blocks_bytes(const struct blocks *blocks)
{
	return sizeof *blocks + blocks->cells_n * sizeof *blocks->cells + blocks->pools * sizeof *blocks->of_pool;
}
