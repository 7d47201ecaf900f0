/* People who want to be forgotten: from then on no open session, no kept row and no text that waits has their number (S4), nobody
 * reaches them by what was, and their pairs cool on (S6, which the model goes on watching by their number). */
#include "sim/sim.h"

#include "crypto/vault.h"
#include "store/store.h"

/* Rows of sessions that hold it, ended ones too. */
static void expect_no_row(struct number number)
{
	struct store_reader *reader = sim->store->ops->reader_open(sim->store);
	struct person person;
	struct arena arena;
	uint64_t *ids;
	int n = 0;

	ASSERT(reader);
	vault_person(sim->serve->server.worker_vault[0], number, &person);
	arena_init(&arena, 1 << 20);
	enum err err = sim->store->ops->read_person(reader, &person, 1, &arena, &ids, &n);
	ASSERT(err == ERR_OK);
	arena_done(&arena);
	sim->store->ops->reader_close(reader);
	if (n > 0)
		violation("S4", "", "%d rows hold the number of somebody who was forgotten", n);
}

void erase_step(void)
{
	struct number people[SIM_ROLES], number;
	char ref[16], body[64], text[NUMBER_TEXT_SIZE];
	int pool;

	if (!orders_pick(&pool, ref, people))
		return;
	number = people[chance_below(&sim->random, SIM_ROLES)];
	if (!number_is(number))
		return;
	snprintf(body, sizeof body, "{\"number\":\"%s\"}", number_text(number, text));
	orders_forget(number);
	struct sim_reply reply = server_api("POST", "/v1/numbers/erase", body);
	trace("", "somebody is forgotten: %d", reply.status);
	orders_forgotten(reply.status == 200);
	if (reply.status && reply.status != 200 && reply.status != 503)
		violation("S4", "", "nobody can be forgotten: %d %s", reply.status, reply.body);
	if (reply.status != 200)
		return;
	sim->totals.erased++;
	if (model_holds(number))
		violation("S4", "", "an open session holds the number of somebody who was forgotten");
	if (blocks_name(number))
		violation("S4", "", "a block names somebody who was forgotten");
	expect_no_row(number);
	texts_forgotten(number);
}
