/* Who wants no calls and texts of whom: blocks that apps make and take away, and what was committed of them as a list that is gone
 * through (S2: nobody is rung who has blocked the caller; S4: nobody who was forgotten is named by a block). */
#include "sim/sim.h"

#define BLOCKS 1000

static struct block_row blocks[BLOCKS]; /* as committed; those that are over until they are dropped */
static uint32_t blocks_n;

void blocks_committed(const struct record *record)
{
	const struct block_row *row = record->block;
	uint32_t at = 0;

	while (at < blocks_n && blocks[at].id != row->id)
		at++;
	if (record->kind == RECORD_BLOCK_DROP) {
		if (at < blocks_n)
			blocks[at] = blocks[--blocks_n];
		return;
	}
	ASSERT(at < BLOCKS);
	blocks[at] = *row;
	blocks[at].reason = STR_NONE;
	blocks_n += at == blocks_n;
}

/* Does this one bar calls that `who` makes (`calls`) or gets, from or to the other? */
static bool bars(const struct block_row *row, struct number who, struct number other, bool calls)
{
	return number_equal(row->number, who) && row->direction != (calls ? BLOCK_TO : BLOCK_FROM) &&
	       (!number_is(row->with) || number_equal(row->with, other));
}

bool blocks_bar_call(int pool, struct number from, struct number to)
{
	int64_t now_s = clock_now_ms(sim->serve->server.clock) / 1000;

	for (uint32_t i = 0; i < blocks_n; i++) {
		const struct block_row *row = &blocks[i];
		if ((int)row->pool_id - 1 != pool || (row->until && row->until <= now_s))
			continue;
		if ((number_is(from) && bars(row, from, to, true)) || bars(row, to, from, false))
			return true;
	}
	return false;
}

bool blocks_name(struct number number)
{
	for (uint32_t i = 0; i < blocks_n; i++)
		if (number_equal(blocks[i].number, number) || number_equal(blocks[i].with, number))
			return true;
	return false;
}

static void unblock(void)
{
	char target[64], id[BLOCK_ID_TEXT_SIZE];

	if (!blocks_n)
		return;
	snprintf(target, sizeof target, "/v1/blocks/%s", block_id_text(blocks[chance_below(&sim->random, blocks_n)].id, id));
	struct sim_reply reply = server_api("DELETE", target, NULL);
	if (reply.status && reply.status != 204 && reply.status != 200 && reply.status != 404 && reply.status != 503)
		violation("S8", "", "a block can't be taken away: %d %s", reply.status, reply.body);
}

void blocks_step(void)
{
	static const char *const directions[] = {"both", "from", "to"};
	struct number people[SIM_ROLES];
	char ref[16], body[200], text[NUMBER_TEXT_SIZE], other[NUMBER_TEXT_SIZE], with[64] = "";
	int pool, who = (int)chance_below(&sim->random, SIM_ROLES);

	if (chance_one_in(&sim->random, 4)) {
		unblock();
		return;
	}
	if (!orders_pick(&pool, ref, people) || !number_is(people[who]) || !number_is(people[1 - who]))
		return;
	if (chance_one_in(&sim->random, 2))
		snprintf(with, sizeof with, ",\"with\":\"%s\"", number_text(people[1 - who], other));
	snprintf(body, sizeof body, "{\"pool\":\"%s\",\"number\":\"%s\",\"direction\":\"%s\",\"ttl_s\":%u%s}", pool_name(pool),
		number_text(people[who], text), directions[chance_below(&sim->random, 3)], 60 + chance_below(&sim->random, 7200), with);
	struct sim_reply reply = server_api("POST", "/v1/blocks", body);
	if (reply.status && reply.status != 201 && reply.status != 200 && reply.status != 503)
		violation("S8", "", "a block is refused: %d %s", reply.status, reply.body);
	if (reply.status != 201 && reply.status != 200)
		return;
	sim->totals.blocks++;
	if (!blocks_name(people[who]))
		violation("S7", "", "a block was acknowledged and is not stored");
}

void sim_blocks_new(void)
{
	blocks_n = 0;
}
