/* The relay against a plain picture of what it promises: per key in order, nothing lost, nothing past the cursor that is
 * not done, given up or a stored retry; also through crashes, whose only memory is what was checkpointed. */
#include "unit/test.h"

#include "base/hash.h"
#include "out/relay.h"
#include "out/retries.h"

#define EVENTS 400 /* ids 1.. */
#define KEYS 12
#define WINDOW 16

static const uint32_t schedule[] = {1, 2, 4, 0};

struct world {
	struct outbox_row rows[EVENTS];
	char keys[EVENTS][8];
	int fails[EVENTS];     /* how often the receiver still refuses it */
	int got[EVENTS];       /* how often the receiver had it */
	int last_of[KEYS];     /* the newest event of a key that the receiver has */
	bool never[EVENTS];    /* fails for ever: given up in the end */
	/* The store. */
	uint64_t cursor;
	struct retry_row retries[EVENTS];
	bool kept[EVENTS];     /* is among the stored retries */
	struct relay *relay;
	struct random random;
	int64_t now_ms;
};

static enum err fetch(void *context, uint64_t event, const struct outbox_row **ret_row)
{
	struct world *world = context;

	if (random_below(&world->random, 20) == 0)
		return ERR_STORE_FAILED; /* now and then the store can't be read */
	*ret_row = &world->rows[event - 1];
	return ERR_OK;
}

static void world_init(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof *world);
	world->random.state = seed;
	world->now_ms = 1000000;
	for (int i = 0; i < KEYS; i++)
		world->last_of[i] = -1;
	for (int i = 0; i < EVENTS; i++) {
		snprintf(world->keys[i], sizeof world->keys[i], "k%u", random_below(&world->random, KEYS));
		world->rows[i] = (struct outbox_row){.id = (uint64_t)i + 1, .type = STR("session.live"), .key = str_of(world->keys[i]),
			.data = STR("{}")};
		world->fails[i] = random_below(&world->random, 5) ? 0 : (int)random_below(&world->random, 3);
		world->never[i] = random_below(&world->random, 40) == 0;
	}
}

static void relay_begin(struct world *world)
{
	struct relay_options options = {.cursor = world->cursor, .window = WINDOW, .retries_max = EVENTS,
		.schedule_s = schedule, .fetch = fetch, .context = world, .seed = random_next(&world->random)};

	relay_free(world->relay);
	world->relay = relay_new(&options);
	assert_non_null(world->relay);
	for (int i = 0; i < EVENTS; i++)
		if (world->kept[i])
			assert_int_equal(relay_load(world->relay, &world->retries[i]), ERR_OK);
}

static void store(struct world *world)
{
	struct relay_checkpoint taken;

	if (!relay_take(world->relay, &taken))
		return;
	assert_true(taken.cursor >= world->cursor);
	world->cursor = taken.cursor;
	for (int i = 0; i < taken.drops_n; i++)
		world->kept[taken.drops[i] - 1] = false;
	for (int i = 0; i < taken.puts_n; i++) {
		uint64_t event = taken.puts[i].event;
		world->retries[event - 1] = taken.puts[i];
		world->retries[event - 1].key = str_of(world->keys[event - 1]);
		world->kept[event - 1] = true;
	}
	/* Everything up to the cursor is with the receiver, given up, or kept for later. */
	for (int i = 0; i < EVENTS && world->rows[i].id <= world->cursor; i++)
		assert_true(world->got[i] > 0 || world->never[i] || world->kept[i]);
}

static int key_of(const struct world *world, int i)
{
	return atoi(world->keys[i] + 1);
}

/* The receiver has it: in the order of its key, but for what it had before a crash. */
static void receive(struct world *world, int i)
{
	int key = key_of(world, i);

	if (world->got[i]++ == 0) {
		assert_true(i > world->last_of[key]);
		for (int k = 0; k < i; k++)
			assert_true(key_of(world, k) != key || world->got[k] || world->never[k]);
		world->last_of[key] = i;
	}
}

static void answer(struct world *world, const struct outbox_row *row)
{
	int i = (int)row->id - 1;
	enum sent sent = SENT_DONE;

	if (random_below(&world->random, 30) == 0)
		sent = SENT_DOWN;
	else if (world->never[i] || world->fails[i] > 0)
		sent = SENT_AGAIN;
	if (sent == SENT_AGAIN)
		world->fails[i]--;
	if (sent == SENT_DONE)
		receive(world, i);
	relay_done(world->relay, row, sent, world->now_ms);
}

/* From some event on all of it again; what was stored of the cursor goes back with it. */
static void replay(struct world *world)
{
	uint64_t after = random_below(&world->random, EVENTS);

	relay_replay(world->relay, after);
	if (after < world->cursor)
		world->cursor = after;
}

static void run(struct world *world, bool crashes, bool replays)
{
	const struct outbox_row *out[WINDOW];
	int out_n = 0, steps = 0;

	relay_begin(world);
	while (world->cursor < EVENTS || relay_counts(world->relay).retries > 0 || out_n > 0) {
		assert_true(++steps < 200000);
		while (relay_room(world->relay) > 0 && relay_after(world->relay) < EVENTS)
			assert_int_equal(relay_add(world->relay, &world->rows[relay_after(world->relay)], true), ERR_OK);
		const struct outbox_row *row;
		while (out_n < WINDOW && (row = relay_next(world->relay, world->now_ms)) != NULL) {
			for (int i = 0; i < out_n; i++)
				assert_false(str_equal(out[i]->key, row->key));
			out[out_n++] = row;
		}
		assert_int_equal(relay_out(world->relay), out_n);
		if (out_n > 0 && random_below(&world->random, 4)) {
			int pick = (int)random_below(&world->random, (uint32_t)out_n);
			row = out[pick];
			out[pick] = out[--out_n];
			answer(world, row);
		} else {
			world->now_ms += random_below(&world->random, 500);
		}
		if (random_below(&world->random, 5) == 0)
			store(world);
		if (crashes && random_below(&world->random, 300) == 0) {
			relay_begin(world);
			out_n = 0;
		}
		if (replays && random_below(&world->random, 400) == 0 && steps < 20000) {
			replay(world);
			out_n = 0;
		}
	}
	store(world);
	for (int i = 0; i < EVENTS; i++) {
		assert_true(world->got[i] > 0 || world->never[i]);
		assert_false(world->kept[i]);
		assert_true(crashes || replays || world->got[i] + world->never[i] == 1);
	}
	relay_free(world->relay);
	world->relay = NULL;
}

static void every_event_arrives_once_and_in_the_order_of_its_key(void **state)
{
	static struct world world;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		world_init(&world, test_seed() + seed);
		run(&world, false, false);
	}
}

static void crashes_lose_nothing(void **state)
{
	static struct world world;

	(void)state;
	for (uint64_t seed = 100; seed < 120; seed++) {
		world_init(&world, test_seed() + seed);
		run(&world, true, false);
	}
}

static void replays_lose_nothing(void **state)
{
	static struct world world;

	(void)state;
	for (uint64_t seed = 200; seed < 220; seed++) {
		world_init(&world, test_seed() + seed);
		run(&world, seed % 2, true);
	}
}

static struct relay *relay_of(struct world *world, int window, uint32_t retries_max)
{
	struct relay_options options = {.window = window, .retries_max = retries_max, .schedule_s = schedule, .fetch = fetch,
		.context = world, .seed = 1};
	struct relay *relay = relay_new(&options);

	assert_non_null(relay);
	return relay;
}

static void what_is_not_wanted_is_passed_over(void **state)
{
	static struct world world;

	(void)state;
	world_init(&world, 1);
	struct relay *relay = relay_of(&world, 4, 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(relay_add(relay, &world.rows[i], false), ERR_OK);
	struct relay_checkpoint taken;
	assert_true(relay_take(relay, &taken));
	assert_int_equal(taken.cursor, 10);
	assert_null(relay_next(relay, 1));
	assert_int_equal(relay_counts(relay).passed_over, 10);
	relay_free(relay);
}

static void a_sink_that_is_down_rests_longer_each_time(void **state)
{
	static struct world world;
	int64_t now_ms = 0, waited_ms = 0;

	(void)state;
	world_init(&world, 1);
	struct relay *relay = relay_of(&world, 4, 10);
	assert_int_equal(relay_add(relay, &world.rows[0], true), ERR_OK);
	for (int i = 0; i < 12; i++) {
		const struct outbox_row *row = relay_next(relay, now_ms);
		assert_non_null(row);
		relay_done(relay, row, SENT_DOWN, now_ms);
		assert_null(relay_next(relay, now_ms));
		int64_t wait_ms = relay_wakes_ms(relay) - now_ms;
		assert_true(wait_ms >= RELAY_REST_FIRST_MS / 2 && wait_ms <= RELAY_REST_MAX_MS * 5 / 4);
		assert_true(i < 2 || wait_ms > waited_ms / 2);
		waited_ms = wait_ms;
		now_ms += wait_ms;
	}
	assert_true(waited_ms > RELAY_REST_MAX_MS / 2);
	assert_int_equal(relay_counts(relay).given_up, 0);
	relay_free(relay);
}

static void events_that_were_out_together_count_as_one_outage(void **state)
{
	static struct world world;
	const struct outbox_row *out[8];

	(void)state;
	world_init(&world, 1);
	for (int i = 0; i < 8; i++)
		world.rows[i].key = str_of((snprintf(world.keys[i], sizeof world.keys[i], "u%d", i), world.keys[i]));
	struct relay *relay = relay_of(&world, 8, 10);
	for (int i = 0; i < 8; i++)
		assert_int_equal(relay_add(relay, &world.rows[i], true), ERR_OK);
	for (int i = 0; i < 8; i++)
		assert_non_null(out[i] = relay_next(relay, 0));
	for (int i = 0; i < 8; i++)
		relay_done(relay, out[i], SENT_DOWN, 0);
	assert_true(relay_wakes_ms(relay) <= RELAY_REST_FIRST_MS * 2);
	relay_free(relay);
}

static void a_receiver_that_wants_to_be_left_alone_is(void **state)
{
	static struct world world;

	(void)state;
	world_init(&world, 1);
	struct relay *relay = relay_of(&world, 4, 10);
	assert_int_equal(relay_add(relay, &world.rows[0], true), ERR_OK);
	relay_rest(relay, 600000);
	assert_null(relay_next(relay, 599999));
	assert_non_null(relay_next(relay, 600000));
	relay_free(relay);
}

static void retries_at_their_limit_rest_the_sink_and_lose_nothing(void **state)
{
	static struct world world;
	int64_t now_ms = 0;

	(void)state;
	world_init(&world, 1);
	for (int i = 0; i < 8; i++)
		world.rows[i].key = str_of((snprintf(world.keys[i], sizeof world.keys[i], "u%d", i), world.keys[i]));
	struct relay *relay = relay_of(&world, 8, 2);
	for (int i = 0; i < 8; i++)
		assert_int_equal(relay_add(relay, &world.rows[i], true), ERR_OK);
	for (int i = 0; i < 3; i++)
		relay_done(relay, relay_next(relay, now_ms), SENT_AGAIN, now_ms);
	assert_true(relay_full(relay));
	assert_int_equal(relay_room(relay), 0);
	assert_null(relay_next(relay, now_ms));
	/* The receiver is well again: everything gets there. */
	int done = 0;
	for (int step = 0; step < 1000 && done < 8; step++) {
		const struct outbox_row *row = relay_next(relay, now_ms);
		if (row) {
			relay_done(relay, row, SENT_DONE, now_ms);
			done++;
		}
		now_ms += 100;
	}
	assert_int_equal(done, 8);
	assert_false(relay_full(relay));
	relay_free(relay);
}

static void a_disabled_sink_gets_nothing_and_holds_nothing_up(void **state)
{
	static struct world world;
	struct relay_checkpoint taken;

	(void)state;
	world_init(&world, 1);
	struct relay *relay = relay_of(&world, 4, 10);
	for (int i = 0; i < 4; i++)
		assert_int_equal(relay_add(relay, &world.rows[i], true), ERR_OK);
	relay_done(relay, relay_next(relay, 0), SENT_AGAIN, 0);
	assert_int_equal(relay_counts(relay).retries, 1);
	assert_true(relay_oldest(relay) == world.rows[0].id);
	relay_done(relay, relay_next(relay, 0), SENT_REFUSED, 0);
	assert_null(relay_next(relay, 1000000));
	assert_int_equal(relay_counts(relay).retries, 0);
	assert_true(relay_counts(relay).passed_over >= 2); /* those held, and the one to be tried again */
	for (int i = 4; i < 20; i++)
		assert_int_equal(relay_add(relay, &world.rows[i], true), ERR_OK);
	assert_true(relay_take(relay, &taken));
	assert_int_equal(taken.cursor, 20);
	assert_int_equal(relay_counts(relay).retries, 0);
	relay_free(relay);
}

static enum err nothing(void *context, uint64_t event, const struct outbox_row **ret_row)
{
	(void)context;
	(void)event;
	(void)ret_row;
	return ERR_NOT_FOUND;
}

static enum err unreadable(void *context, uint64_t event, const struct outbox_row **ret_row)
{
	static const struct outbox_row row = {.id = 7, .key = STR("a"), .type = STR("session.live"), .data = STR("{}")};
	int *failures = context;

	(void)event;
	*ret_row = &row;
	return (*failures)-- > 0 ? ERR_STORE_FAILED : ERR_OK;
}

static void a_store_that_can_not_be_read_gives_nothing_up(void **state)
{
	int failures = 2;
	struct relay_options options = {.cursor = 9, .window = 4, .retries_max = 4, .fetch = unreadable, .context = &failures, .seed = 1};
	const struct outbox_row *row;
	int64_t now_ms = 1;

	(void)state;
	struct relay *relay = relay_new(&options);
	assert_non_null(relay);
	assert_int_equal(relay_load(relay, &(struct retry_row){.event = 7, .key = STR("a"), .attempt = 1}), ERR_OK);
	for (int i = 0; i < 2; i++) {
		assert_null(relay_next(relay, now_ms));
		assert_int_equal(relay_counts(relay).given_up, 0);
		assert_true(relay_wakes_ms(relay) > now_ms); /* not over and over */
		now_ms = relay_wakes_ms(relay);
	}
	row = relay_next(relay, now_ms);
	assert_non_null(row);
	relay_done(relay, row, SENT_DONE, now_ms);
	assert_int_equal(relay_counts(relay).retries, 0);
	relay_free(relay);
}

static void retries_that_go_make_room_again(void **state)
{
	struct relay_options options = {.cursor = 9, .window = 4, .retries_max = 1, .fetch = nothing, .seed = 1};
	const struct outbox_row row = {.id = 10, .key = STR("b"), .type = STR("session.live"), .data = STR("{}")};
	struct relay *relay = relay_new(&options);

	(void)state;
	assert_non_null(relay);
	assert_int_equal(relay_load(relay, &(struct retry_row){.event = 7, .key = STR("a"), .attempt = 1, .due_ms = 1000}), ERR_OK);
	assert_int_equal(relay_add(relay, &row, true), ERR_OK);
	const struct outbox_row *out = relay_next(relay, 1);
	assert_true(out && out->id == 10);
	relay_done(relay, out, SENT_AGAIN, 1);
	assert_true(relay_full(relay));
	assert_int_equal(relay_room(relay), 0);
	/* The one that took the room is gone from the store. */
	out = relay_next(relay, 100000);
	assert_false(relay_full(relay));
	assert_true(out && out->id == 10);
	relay_done(relay, out, SENT_DONE, 100000);
	relay_free(relay);
}

static void add(struct relay *relay, uint64_t id, const char *key)
{
	const struct outbox_row row = {.id = id, .key = str_of(key), .type = STR("session.live"), .data = STR("{}")};

	assert_int_equal(relay_add(relay, &row, true), ERR_OK);
}

/* Gives what is due; its id, 0: nothing. */
static uint64_t give(struct relay *relay, int64_t now_ms, enum sent sent)
{
	const struct outbox_row *row = relay_next(relay, now_ms);
	uint64_t id = row ? row->id : 0;

	if (row)
		relay_done(relay, row, sent, now_ms);
	return id;
}

static enum err old_one(void *context, uint64_t event, const struct outbox_row **ret_row)
{
	static struct outbox_row row = {.key = STR("a"), .type = STR("session.live"), .data = STR("{}")};

	(void)context;
	row.id = event;
	*ret_row = &row;
	return ERR_OK;
}

static void a_replay_keeps_what_waits_from_before(void **state)
{
	struct relay_options options = {.window = 8, .retries_max = 8, .fetch = old_one, .seed = 1};
	struct relay *relay = relay_new(&options);
	struct relay_checkpoint taken;

	(void)state;
	assert_non_null(relay);
	add(relay, 1, "a");
	add(relay, 2, "b");
	add(relay, 3, "a");
	assert_int_equal(give(relay, 1, SENT_AGAIN), 1);
	assert_int_equal(give(relay, 1, SENT_DONE), 2);
	assert_int_equal(give(relay, 1, SENT_DONE), 0); /* 3 waits behind 1 */
	assert_true(relay_take(relay, &taken));
	assert_int_equal(taken.cursor, 3);
	assert_int_equal(taken.puts_n, 2);
	relay_replay(relay, 1);
	assert_int_equal(relay_after(relay), 1);
	assert_true(relay_take(relay, &taken));
	assert_int_equal(taken.cursor, 1);
	assert_int_equal(taken.drops_n, 1); /* 3 comes again */
	assert_int_equal(taken.drops[0], 3);
	add(relay, 2, "b");
	add(relay, 3, "a");
	assert_int_equal(give(relay, 2, SENT_DONE), 2); /* again */
	assert_int_equal(give(relay, 2, SENT_DONE), 0);
	assert_int_equal(give(relay, 100000, SENT_DONE), 1); /* first the one that waited, then the one behind it */
	assert_int_equal(give(relay, 100000, SENT_DONE), 3);
	assert_int_equal(relay_counts(relay).retries, 0);
	relay_free(relay);
}

static void a_replay_never_passes_over_what_was_not_reached_yet(void **state)
{
	struct relay_options options = {.cursor = 5, .window = 8, .retries_max = 8, .fetch = nothing, .seed = 1};
	struct relay *relay = relay_new(&options);

	(void)state;
	assert_non_null(relay);
	relay_replay(relay, 100);
	assert_int_equal(relay_after(relay), 5);
	relay_free(relay);
}

static void a_replay_of_very_many_retries_is_stored_in_pieces(void **state)
{
	enum { MANY = 2 * RETRIES_DROPS_MAX + 10 };
	struct relay_options options = {.cursor = MANY, .window = 8, .retries_max = MANY, .fetch = nothing, .seed = 1};
	struct relay *relay = relay_new(&options);
	struct relay_checkpoint taken;
	int drops = 0, pieces = 0;

	(void)state;
	assert_non_null(relay);
	for (uint64_t id = 1; id <= MANY; id++) {
		char key[24];
		snprintf(key, sizeof key, "k%llu", (unsigned long long)id);
		assert_int_equal(relay_load(relay, &(struct retry_row){.event = id, .key = str_of(key), .attempt = 1, .due_ms = 1}), ERR_OK);
	}
	relay_replay(relay, 0);
	/* What comes again fails again: its row is put only after the old one has gone. */
	add(relay, 1, "k1");
	assert_int_equal(give(relay, 2, SENT_AGAIN), 1);
	while (relay_take(relay, &taken)) {
		assert_true(taken.drops_n <= RETRIES_DROPS_MAX);
		drops += taken.drops_n;
		pieces++;
		assert_int_equal(taken.puts_n, drops == MANY);
		assert_int_equal(taken.cursor, drops == MANY ? 1 : 0);
	}
	assert_int_equal(drops, MANY);
	assert_int_equal(pieces, 3);
	relay_free(relay);
}

static void a_retry_whose_event_is_gone_is_given_up(void **state)
{
	struct relay_options options = {.cursor = 9, .window = 4, .retries_max = 4, .fetch = nothing, .seed = 1};

	(void)state;
	struct relay *relay = relay_new(&options);
	assert_non_null(relay);
	assert_int_equal(relay_load(relay, &(struct retry_row){.event = 7, .key = STR("a"), .attempt = 1}), ERR_OK);
	assert_null(relay_next(relay, 1));
	assert_int_equal(relay_counts(relay).given_up, 1);
	struct relay_checkpoint taken;
	assert_true(relay_take(relay, &taken));
	assert_int_equal(taken.drops_n, 1);
	assert_int_equal(taken.drops[0], 7);
	relay_free(relay);
}

/* As many of one key wait as a window holds, and only one of them may be out: finding it must not look at each of them for
 * each. With a look back at all earlier ones for every event this takes minutes. */
static void a_window_of_one_key_is_gone_through_in_order(void **state)
{
	enum { MANY = 5000 };
	struct relay_options options = {.window = MANY, .retries_max = 1, .fetch = nothing, .seed = 1};
	struct relay *relay = relay_new(&options);
	struct outbox_row row = {.type = STR("session.live"), .key = STR("hot"), .data = STR("{}")};

	(void)state;
	assert_non_null(relay);
	for (row.id = 1; row.id <= MANY; row.id++)
		assert_int_equal(relay_add(relay, &row, true), ERR_OK);
	for (uint64_t id = 1; id <= MANY; id++) {
		const struct outbox_row *out = relay_next(relay, 0);
		assert_non_null(out);
		assert_true(out->id == id);
		assert_null(relay_next(relay, 0));
		relay_done(relay, out, SENT_DONE, 0);
	}
	assert_int_equal(relay_oldest(relay), 0);
	relay_free(relay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_arrives_once_and_in_the_order_of_its_key),
		cmocka_unit_test(crashes_lose_nothing),
		cmocka_unit_test(replays_lose_nothing),
		cmocka_unit_test(a_store_that_can_not_be_read_gives_nothing_up),
		cmocka_unit_test(retries_that_go_make_room_again),
		cmocka_unit_test(a_replay_keeps_what_waits_from_before),
		cmocka_unit_test(a_replay_never_passes_over_what_was_not_reached_yet),
		cmocka_unit_test(a_replay_of_very_many_retries_is_stored_in_pieces),
		cmocka_unit_test(what_is_not_wanted_is_passed_over),
		cmocka_unit_test(a_sink_that_is_down_rests_longer_each_time),
		cmocka_unit_test(events_that_were_out_together_count_as_one_outage),
		cmocka_unit_test(a_receiver_that_wants_to_be_left_alone_is),
		cmocka_unit_test(retries_at_their_limit_rest_the_sink_and_lose_nothing),
		cmocka_unit_test(a_disabled_sink_gets_nothing_and_holds_nothing_up),
		cmocka_unit_test(a_retry_whose_event_is_gone_is_given_up),
		cmocka_unit_test(a_window_of_one_key_is_gone_through_in_order),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
