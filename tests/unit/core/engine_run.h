/* engine_run: one run of random changes, and the requests that it makes up. */
#ifndef UNIT_CORE_ENGINE_RUN_H
#define UNIT_CORE_ENGINE_RUN_H

#include "engine_model.h"

struct run {
	struct world world;
	struct model model, before; /* `before`: for rollback */
	struct random random;
	uint64_t seed;
	const char *name;
	int vns_max;
	uint32_t step;
	uint64_t version;
	uint32_t opened, exhausted, waited, rolled_back, restarts, decided, connected;
	uint32_t replaced, kept; /* sessions of a VN that was taken out */
	uint32_t busiest; /* how often the busiest party's pairs were compared exactly */
};

static uint32_t below(struct run *run, uint32_t n)
{
	return random_below(&run->random, n);
}

static bool chance(struct run *run, uint32_t percent)
{
	return below(run, 100) < percent;
}

#define CHECK(run, expr)                                                                                     \
	do {                                                                                                 \
		if (!(expr))                                                                                 \
			fail_msg("%s, step %u, seed %llu: %s", (run)->name, (run)->step,                     \
				(unsigned long long)(run)->seed, #expr);                                     \
	} while (0)

static struct session_row *row_of(struct run *run, const struct msession *session)
{
	uint32_t slot = engine_session_find(run->world.engine, session->id);

	CHECK(run, slot != ENGINE_NONE);
	arena_reset(&run->world.arena);
	return world_row(&run->world, slot);
}

static uint32_t slot_of(struct run *run, const struct msession *session)
{
	return engine_session_find(run->world.engine, session->id);
}

/* --- making requests --- */

static void random_party(struct run *run, int role, struct mparty *party)
{
	*party = (struct mparty){.role = role,
		.n = chance(run, 85) ? 1 : 1 + (int)below(run, SESSION_NUMBERS_MAX),
		.may_call = chance(run, 90)};
	for (int k = 0; k < party->n; k++)
		party->who[k] = (int)below(run, k ? 2 * PEOPLE : PEOPLE);
}

static void party_text(const struct mparty *from, struct party *party)
{
	char role[3] = {'r', (char)('0' + from->role), 0};

	*party = party_of(role, from->who[0]);
	party->place = place_of_person(from->who[0]);
	party->may_call = from->may_call;
	for (int k = 1; k < from->n; k++)
		party_add_number(party, from->who[k]);
}

static bool same_party(const struct mparty *a, const struct mparty *b)
{
	bool same = a->role == b->role && a->n == b->n && a->may_call == b->may_call;

	for (int k = 0; same && k < a->n; k++)
		same = a->who[k] == b->who[k];
	return same;
}

static bool same_parties(const struct mparty *a, int a_n, const struct mparty *b, int b_n)
{
	int hits = 0;

	for (int i = 0; i < a_n; i++)
		for (int k = 0; k < b_n; k++)
			hits += same_party(&a[i], &b[k]);
	return a_n == b_n && hits == a_n;
}

static bool number_twice(const struct mparty *parties, int n)
{
	bool seen[2 * PEOPLE] = {false};

	for (int i = 0; i < n; i++) {
		for (int k = 0; k < parties[i].n; k++) {
			if (seen[parties[i].who[k]])
				return true;
			seen[parties[i].who[k]] = true;
		}
	}
	return false;
}

static struct msession *random_session(struct run *run)
{
	struct model *model = &run->model;

	for (uint32_t i = 0; model->sessions_n && i < 4; i++) {
		struct msession *session = &model->sessions[below(run, (uint32_t)model->sessions_n)];
		if (session->id)
			return session;
	}
	return NULL;
}

static enum err ref_text(int order, char text[8], struct str *ret_ref)
{
	text[0] = 'o';
	text[1] = (char)('0' + order / 10);
	text[2] = (char)('0' + order % 10);
	*ret_ref = str_n(text, 3);
	return ERR_OK;
}

#endif
