/* What the model holds: what was committed, in arrays (sim_model.c puts it there; sim_look.c compares the server with it). */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "sim/sim.h"

#define OVER 256
#define ROWS 2048
#define COOLS 60000
#define PAIRS 64
#define ENDED 4096
#define COULD 64
#define COULD_MS 1800000

/* Whom a person must reach by a VN. */
struct pair {
	uint64_t person;
	uint32_t vn;
};

struct cool {
	struct pair pair;
	uint64_t session;
	int64_t until_s;
};

struct sim_model {
	struct session_row *rows[ROWS]; /* open ones, any order */
	uint32_t rows_n;
	struct session_row *over[OVER]; /* the last ones whose grace ran out: a start at an earlier time finds them open */
	uint32_t over_n;
	struct cool cools[COOLS];
	uint32_t cools_n, cools_enough;
	/* Orders that were closed, by the number in their name: a later one takes the place. */
	struct ended {
		char ref[16];
		int pool;
		uint64_t session;
	} ended[ENDED];
	uint64_t checks;
	/* Orders that wait though there are VNs for them, by place. */
	struct could {
		uint64_t session;
		int64_t since_ms, behind_ms;
	} could[COULD];
};

/* The server's own clock: what it promises, it promises by that. */
static inline int64_t server_ms(void)
{
	return clock_now_ms(sim->serve->server.clock);
}

static inline const char *about(const struct session_row *row)
{
	static char text[32];

	snprintf(text, sizeof text, "%.*s", (int)row->ref.len, row->ref.at);
	return text;
}

static inline const struct pool_policy *policy_of(const struct session_row *row)
{
	return &engine_pool(sim->serve->server.engine, (uint16_t)(row->pool_id - 1))->policy;
}

int row_pairs(const struct session_row *row, struct pair pairs[PAIRS]);
bool pairs_have(const struct pair *pairs, int n, struct pair pair);
void drop_over(int64_t now_ms);
void bring_back(int64_t now_ms);

#endif
