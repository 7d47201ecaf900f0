/* A batch without room: each change is asked with 0, 16, 32, ... bytes left, then with 0, 1, 2, ... entries left, until it goes. Until
 * then it is refused and has done nothing, so that it may be asked again in the next batch. */
#include "engine_fixture.h"

#define BATCH_BYTES ((size_t)64 << 10)
#define OTHER 5
#define SHOP 6

static const struct limits limits = {.sessions = 20, .routes = 200, .pairs = 400, .tombstones = 40, .numbers = 40, .pools = 4,
	.accounts = 4, .tenants = 4, .roles = 16, .calls = 4, .idempotency = 4, .blocks = 8};

static struct world world;
static uint32_t live, waiting, closing; /* sessions */
static uint64_t block, old_block;

/* --- the world: an order that is on, one with a single party, one in its grace, blocks --- */

static struct number vn_of(uint32_t slot, const char *role)
{
	return party_in(world_row(&world, slot), role)->vn;
}

static uint64_t put_block(int person, uint32_t until)
{
	struct block_row row = {.pool_id = world.pool + 1u, .number = number_of(person), .with = number_of(SHOP),
		.direction = BLOCK_BOTH, .until = until, .reason = STR("asked for it")};
	bool new;

	world_begin(&world);
	assert_int_equal(engine_block_put(world.engine, &row, &new), ERR_OK);
	world_end(&world);
	return row.id;
}

static void make_world(const struct pool_policy *policy, int vns)
{
	world_init_limits(&world, policy, vns, limits);
	world.options.batch_bytes = BATCH_BYTES;
	world.options.tell = tell_number;
	world_restart(&world);
}

static void make_orders(void)
{
	struct pool_policy policy = policy_for_tests();
	struct party one = party_of("customer", 20);
	enum event_effect effect;

	make_world(&policy, 12);
	live = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	assert_int_equal(world_event(&world, EVENT_PLACED, "A-2", 7, &one, 1, &effect, &waiting), ERR_OK);
	closing = world_must_open(&world, "A-3", 30, 31);
	world_close(&world, closing, 60);
	block = put_block(CUSTOMER, 0);
	old_block = put_block(OTHER, 0);
}

/* --- the changes --- */

static enum err open_session(void)
{
	struct party parties[] = {party_of("customer", 40), party_of("courier", 41)};
	struct session_open open = {.pool = world.pool, .ref = STR("B-1"), .parties = parties, .parties_n = 2};
	uint32_t slot;
	uint64_t ended;
	bool new;

	return engine_session_open(world.engine, &open, &slot, &new, &ended);
}

/* With another fingerprint, so that the parties themselves are looked at. */
static enum err open_again(void)
{
	struct party parties[] = {party_of("customer", 20)};
	struct session_open open = {.pool = world.pool, .ref = STR("A-2"), .parties = parties, .parties_n = 1};
	uint32_t slot;
	uint64_t ended;
	bool new = true;
	enum err err = engine_session_open(world.engine, &open, &slot, &new, &ended);

	assert_true(err || (!new && slot == waiting));
	return err;
}

static enum err put(uint32_t slot, const char *role, int person)
{
	struct party party = party_of(role, person);

	return engine_party_put(world.engine, slot, &party);
}

static enum err replace_party(void)
{
	return put(live, "courier", COURIER_2);
}

static enum err add_party(void)
{
	return put(live, "shop", SHOP);
}

static enum err bind_by_party(void)
{
	return put(waiting, "courier", 42);
}

static enum err drop_party(void)
{
	return engine_party_drop(world.engine, live, STR("courier"));
}

static enum err close_session(void)
{
	return engine_session_close(world.engine, live, -1);
}

static enum err close_again(void)
{
	return engine_session_close(world.engine, closing, 1);
}

static enum err extend(void)
{
	return engine_session_expire_at(world.engine, live, START_MS / 1000 + 9000);
}

static enum err expire_now(void)
{
	return engine_session_expire_at(world.engine, live, START_MS / 1000);
}

static enum err forget(void)
{
	return engine_session_forget(world.engine, live);
}

static enum err forget_in_grace(void)
{
	return engine_session_forget(world.engine, closing);
}

static enum err erase(void)
{
	uint32_t n = 77;
	enum err err = engine_erase(world.engine, number_of(CUSTOMER), &n);

	assert_int_equal(n, err ? 77 : 1);
	return err;
}

static enum err erase_ended(void)
{
	struct person person = person_of(number_of(CUSTOMER));

	return engine_erase_ended(world.engine, 77, &person);
}

static enum err event(enum event_type type, const char *order, uint64_t version, const char *role, int person)
{
	struct party party = party_of(role, person);
	struct order_event event = {.type = type, .pool = world.pool, .order = str_of(order), .version = version, .parties = &party,
		.parties_n = type == EVENT_COMPLETED ? 0 : 1};
	enum event_effect effect;
	uint32_t slot;

	return engine_event(world.engine, &event, &effect, &slot);
}

static enum err place_order(void)
{
	return event(EVENT_PLACED, "B-2", 1, "customer", 50);
}

static enum err assign(void)
{
	return event(EVENT_ASSIGNED, "A-2", 8, "courier", 51);
}

static enum err reassign(void)
{
	return event(EVENT_REASSIGNED, "A-1", 9, "courier", 52);
}

/* Nothing is free for the newcomer, who is in no order with these VNs: the order keeps its people and waits. */
static enum err reassign_to_wait(void)
{
	return event(EVENT_REASSIGNED, "A-1", 9, "courier", 53);
}

static enum err end_unknown_order(void)
{
	return event(EVENT_COMPLETED, "B-3", 1, "customer", 0);
}

static enum err create_pool(void)
{
	struct pool_policy policy = policy_for_tests();
	uint16_t pool;

	return engine_pool_create(world.engine, world.tenant, STR("bandung"), &policy, &pool);
}

static enum err set_pool(void)
{
	struct pool_policy policy = policy_for_tests();

	policy.geo = POOL_GEO_COUNTRY;
	return engine_pool_set(world.engine, world.pool, &policy);
}

static enum err add_vn(void)
{
	return engine_vn_add(world.engine, world.pool, &(struct vn_add){.number = vn_number_of(90), .account = world.account});
}

static enum err disable_vn(void)
{
	uint32_t id;

	return engine_vn_set(world.engine, world.tenant, vn_number_of(0), 1, -1, &id);
}

static enum err take_vn_out(void)
{
	return engine_vn_out(world.engine, 1, VN_OUT_SICK);
}

static enum err new_block(void)
{
	struct block_row row = {.pool_id = world.pool + 1u, .number = number_of(61), .reason = STR("because"), .until = 0};
	bool new;

	return engine_block_put(world.engine, &row, &new);
}

static enum err change_block(void)
{
	struct block_row row = {.pool_id = world.pool + 1u, .number = number_of(CUSTOMER), .with = number_of(SHOP), .direction = BLOCK_TO};
	bool new = true;
	enum err err = engine_block_put(world.engine, &row, &new);

	assert_true(err || (!new && row.id == block));
	return err;
}

static enum err drop_block(void)
{
	struct block_row row;

	return engine_block_drop(world.engine, world.tenant, block, &row);
}

/* Two of them; both or neither. */
static enum err erase_blocks(void)
{
	uint32_t n = 77;
	enum err err = engine_block_erase(world.engine, world.tenant, number_of(SHOP), 10, &n);

	assert_int_equal(n, err ? 77 : 2);
	return err;
}

static enum err tell(void)
{
	return engine_outbox(world.engine, &(struct outbox_row){.type = STR("number.bought"), .data = STR("{}")});
}

static enum err talk(void)
{
	return engine_talked(world.engine, engine_session_id(world.engine, live), 60);
}

/* --- each of them, with less and less room --- */

struct before {
	struct engine_counts counts;
	struct pool_stock stock;
	struct pool_sessions sessions;
};

static struct before look(void)
{
	struct before before;

	memset(&before, 0, sizeof before);
	before.counts = engine_counts(world.engine);
	engine_pool_count(world.engine, world.pool, &before.stock, &before.sessions);
	return before;
}

static void assert_as_before(const struct before *before)
{
	struct before now = look();

	assert_memory_equal(&now.counts, &before->counts, sizeof now.counts);
	assert_memory_equal(&now.stock, &before->stock, sizeof now.stock);
	assert_memory_equal(&now.sessions, &before->sessions, sizeof now.sessions);
}

/* Entries that a batch has. */
static uint32_t entries_max(void)
{
	static const struct record record = {.kind = RECORD_TIME, .time_ms = START_MS};
	uint32_t n = 0;

	world_begin(&world);
	for (; engine_note(world.engine, &record) == ERR_OK; n++)
		;
	engine_rollback(world.engine);
	return n;
}

static void leave(size_t bytes, uint32_t entries)
{
	static const struct record record = {.kind = RECORD_TIME, .time_ms = START_MS};

	if (bytes < BATCH_BYTES)
		assert_non_null(engine_room(world.engine, BATCH_BYTES - bytes));
	for (; entries; entries--)
		assert_int_equal(engine_note(world.engine, &record), ERR_OK);
}

/* True: it went. All is as it was either way. */
static bool try_with(enum err change(void), size_t bytes, uint32_t entries)
{
	struct before before = look();
	size_t records, after;

	world_begin(&world);
	leave(bytes, entries);
	engine_records(world.engine, &records);
	enum err err = change();
	engine_records(world.engine, &after);
	if (err) {
		assert_int_equal(err, ERR_LIMIT_REACHED);
		assert_int_equal(after, records);
		assert_as_before(&before);
	}
	engine_rollback(world.engine);
	assert_as_before(&before);
	return !err;
}

static void assert_all_or_nothing(enum err change(void), uint32_t entries)
{
	size_t bytes = 0;
	uint32_t left = 0;

	for (; !try_with(change, bytes, 0); bytes += 16) {
		assert_true(bytes < BATCH_BYTES);
		if (bytes % 2048 == 0)
			world_audit(&world);
	}
	for (; !try_with(change, BATCH_BYTES, entries - left); left++) {
		assert_true(left < 40);
		world_audit(&world);
	}
	assert_true(left > 0);
	world_audit(&world);
}

static void a_change_without_room_does_nothing(void **state)
{
	enum err (*const changes[])(void) = {open_session, replace_party, add_party, bind_by_party, drop_party, close_session,
		close_again, extend, expire_now, forget, forget_in_grace, erase, erase_ended, place_order, assign, reassign,
		end_unknown_order, create_pool, set_pool, add_vn, disable_vn, take_vn_out, new_block, change_block, drop_block,
		erase_blocks, tell, talk};

	(void)state;
	make_orders();
	uint32_t entries = entries_max();
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		assert_all_or_nothing(changes[i], entries);
	assert_all_reach(&world, live);
	world_done(&world);
}

static void looking_at_an_order_needs_room_too(void **state)
{
	(void)state;
	make_orders();
	size_t bytes = 0;
	while (!try_with(open_again, bytes, 0))
		bytes += 16;
	assert_in_range(bytes, 16, BATCH_BYTES / 2);
	world_done(&world);
}

static void an_order_that_gives_up_its_vns_does_so_whole(void **state)
{
	struct pool_policy policy = policy_for_tests();

	(void)state;
	make_world(&policy, 2);
	live = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	struct number busy = vn_of(live, "customer");
	struct party parties[] = {party_of("customer", 70), party_of("courier", 53)};
	uint32_t other;
	/* The newcomer dials the customer's VN elsewhere already, and there is no other. */
	parties[0].vn = busy;
	assert_int_equal(world_open(&world, "A-9", parties, 2, &other), ERR_OK);
	assert_all_or_nothing(reassign_to_wait, entries_max());
	assert_all_reach(&world, live);
	world_done(&world);
}

/* --- time: what is due and has no room is done in a later batch, whole --- */

static bool tick(size_t bytes, uint32_t entries)
{
	world_begin(&world);
	leave(bytes, entries);
	bool more = engine_tick(world.engine, 100);
	world_end(&world);
	return more;
}

/* In the end it is done; how many batches had no room for it. */
static int tick_with_little_room(void)
{
	uint32_t entries = entries_max();
	int full = 0;

	for (size_t bytes = 0; tick(bytes, 0); bytes += 16, full++)
		assert_true(bytes < BATCH_BYTES);
	/* The same again for entries, if there is anything left to do. */
	for (uint32_t left = 0; tick(BATCH_BYTES, entries - left); left++, full++)
		assert_true(left < 40);
	return full;
}

static void what_ends_by_time_waits_for_room(void **state)
{
	(void)state;
	make_orders();
	world.now_ms += 60 * 1000;
	assert_true(tick(0, entries_max()));
	assert_int_equal(world_row(&world, closing)->state, SESSION_CLOSING);
	assert_true(tick_with_little_room() > 0);
	assert_int_equal(world_sessions(&world).closing, 0);
	world.now_ms += 3540 * 1000;
	assert_true(tick(BATCH_BYTES, entries_max()));
	assert_int_equal(world_row(&world, live)->state, SESSION_LIVE);
	assert_true(tick_with_little_room() > 0);
	assert_int_equal(world_row(&world, live)->state, SESSION_CLOSING);
	assert_true(world_row(&world, live)->expired);
	assert_int_equal(world_row(&world, live)->closed_at, START_MS / 1000 + 3600);
	world_done(&world);
}

static void what_was_not_told_yet_waits_for_room(void **state)
{
	(void)state;
	make_orders();
	world.now_ms += 60 * 1000;
	world_restart(&world); /* the grace ended while nobody was there to tell it */
	assert_int_equal(world_sessions(&world).closing, 0);
	assert_true(world.kept.sessions[2]->row.announce);
	assert_true(tick(0, 0));
	assert_true(world.kept.sessions[2]->row.announce);
	assert_true(tick(BATCH_BYTES, entries_max()));
	assert_true(world.kept.sessions[2]->row.announce);
	assert_true(tick_with_little_room() > 0);
	assert_false(world.kept.sessions[2]->row.announce);
	world_done(&world);
}

static void a_pools_level_waits_for_room(void **state)
{
	struct pool_policy policy = policy_for_tests();
	uint32_t entries;

	(void)state;
	policy.low_water = 4;
	make_world(&policy, 6);
	entries = entries_max();
	for (int vn = 0; vn < 3; vn++) {
		uint32_t id;
		world_begin(&world);
		assert_int_equal(engine_vn_set(world.engine, world.tenant, vn_number_of(vn), 1, -1, &id), ERR_OK);
		world_end(&world);
	}
	assert_true(tick(0, 0));
	assert_true(tick(BATCH_BYTES, entries));
	assert_int_equal(engine_pool(world.engine, world.pool)->level, POOL_LEVEL_OK);
	assert_true(tick_with_little_room() > 0);
	assert_int_equal(engine_pool(world.engine, world.pool)->level, POOL_LEVEL_LOW);
	world_done(&world);
}

static void a_block_that_is_over_waits_for_room(void **state)
{
	(void)state;
	make_orders();
	put_block(OTHER, (uint32_t)(START_MS / 1000) + 10); /* the same one, with an end */
	world.now_ms += 10 * 1000;
	for (int full = 0; full < 3; full++, world.now_ms += 1000) {
		(void)tick(full == 1 ? 64 : 0, 0);
		assert_int_equal(engine_counts(world.engine).blocks, 2);
	}
	assert_false(tick(BATCH_BYTES, 0));
	assert_int_equal(engine_counts(world.engine).blocks, 1);
	world_done(&world);
}

static void orders_that_wait_for_vns_wait_for_room_too(void **state)
{
	struct pool_policy policy = policy_for_tests();
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	enum event_effect effect;
	uint32_t slot;
	size_t bytes = 0;

	(void)state;
	make_world(&policy, 1);
	assert_int_equal(world_event(&world, EVENT_PLACED, "A-1", 1, parties, 2, &effect, &slot), ERR_OK);
	assert_int_equal(world_row(&world, slot)->state, SESSION_WAITING);
	world_vns(&world, world.pool, 1);
	for (; world_row(&world, slot)->state == SESSION_WAITING; bytes += 64, world.now_ms += 1000) {
		assert_true(bytes < BATCH_BYTES);
		(void)tick(bytes, 0);
		arena_reset(&world.arena);
	}
	assert_true(bytes > 1024);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void a_session_that_moves_off_a_sick_vn_waits_for_room(void **state)
{
	struct vn_replace replace;
	size_t bytes = 0;

	(void)state;
	make_orders();
	struct number was = vn_of(live, "courier");
	uint32_t vn = engine_vn_by_number(world.engine, was);
	world_begin(&world);
	assert_int_equal(engine_vn_out(world.engine, vn, VN_OUT_SICK), ERR_OK);
	world_end(&world);
	for (bool moved = false; !moved; bytes += 16) {
		replace = (struct vn_replace){.vn = vn};
		world_begin(&world);
		leave(bytes, 0);
		bool more = engine_replace(world.engine, &replace, 10);
		moved = replace.moved == 1;
		assert_int_equal(more, !moved);
		world_end(&world);
		assert_int_equal(number_equal(vn_of(live, "courier"), was), !moved);
		arena_reset(&world.arena);
	}
	assert_true(bytes > 1024);
	assert_all_reach(&world, live);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_without_room_does_nothing),
		cmocka_unit_test(looking_at_an_order_needs_room_too),
		cmocka_unit_test(an_order_that_gives_up_its_vns_does_so_whole),
		cmocka_unit_test(what_ends_by_time_waits_for_room),
		cmocka_unit_test(what_was_not_told_yet_waits_for_room),
		cmocka_unit_test(a_pools_level_waits_for_room),
		cmocka_unit_test(a_block_that_is_over_waits_for_room),
		cmocka_unit_test(orders_that_wait_for_vns_wait_for_room_too),
		cmocka_unit_test(a_session_that_moves_off_a_sick_vn_waits_for_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
