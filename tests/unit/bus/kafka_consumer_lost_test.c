#include "unit/bus/kafka_scene.h"

static struct scene heartbeat = {.name = "heartbeat", .member = MEMBER_INIT};
static struct scene fatal = {.name = "fatal", .instance = "instance-1", .member = MEMBER_INIT};
static struct scene down = {.name = "down", .member = MEMBER_INIT};
static struct scene *const scenes[] = {&heartbeat, &fatal, &down};
#define SCENES_N (sizeof scenes / sizeof scenes[0])

static int open_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCENES_N; i++)
		scene_open(scenes[i]);
	for (size_t i = 0; i < SCENES_N; i++)
		scene_start(scenes[i]);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCENES_N; i++)
		fixture_close(&scenes[i]->fixture);
	return 0;
}

/* Both at once: the mock takes its time with each. */
static void two_members_are_turned_away(void **state)
{
	(void)state;
	scene_await(&heartbeat);
	scene_await(&fatal);
	rd_kafka_mock_push_request_errors(heartbeat.fixture.cluster, API_HEARTBEAT, 1, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
	/* Somebody else has our group.instance.id. */
	rd_kafka_mock_push_request_errors(fatal.fixture.cluster, API_HEARTBEAT, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
}

static bool was_lost(void *context)
{
	const struct member *member = context;

	return member->lost_n > 0 && member->assigned_n > 1;
}

static void a_member_that_the_group_forgot_has_lost_its_partitions_and_joins_again(void **state)
{
	(void)state;
	scene_fill(&heartbeat, 50);
	assert_true(member_await(&heartbeat.member, was_lost));
	scene_fill(&heartbeat, 50);
	scene_await(&heartbeat);
	assert_int_equal(scene_count(&heartbeat, &heartbeat.member.lost_n), 1);
}

static bool was_assigned_twice(void *context)
{
	return ((const struct member *)context)->assigned_n == 2;
}

static void a_fatal_error_makes_a_new_client(void **state)
{
	(void)state;
	assert_true(member_await(&fatal.member, was_assigned_twice));
	scene_fill(&fatal, 50);
	scene_await(&fatal);
	assert_int_equal(scene_count(&fatal, &fatal.member.revoked_n), 1);
	assert_int_equal(scene_count(&fatal, &fatal.member.lost_n), 1);
}

static bool is_not_connected(void *member)
{
	return !kafka_consumer_counts(((struct member *)member)->consumer).connected;
}

static bool is_connected(void *member)
{
	return !is_not_connected(member);
}

static void brokers_that_were_down_are_found_again(void **state)
{
	(void)state;
	scene_await(&down);
	assert_true(member_await(&down.member, is_connected));
	assert_int_equal(rd_kafka_mock_broker_set_down(down.fixture.cluster, -1), 0);
	assert_true(member_await(&down.member, is_not_connected));
	assert_int_equal(rd_kafka_mock_broker_set_up(down.fixture.cluster, -1), 0);
	assert_true(member_await(&down.member, is_connected));
	scene_fill(&down, 50);
	scene_await(&down);
	assert_true(scene_errors(&down) > 0);
}

static void a_stop_ends_although_the_broker_went_away(void **state)
{
	(void)state;
	assert_int_equal(rd_kafka_mock_broker_set_down(down.fixture.cluster, -1), 0);
	assert_true(member_await(&down.member, is_not_connected));
	kafka_consumer_applied(down.member.consumer, 0, down.written, "never to be told");
	int64_t from = fixture_now_ms();
	member_end(&down.member);
	assert_true(fixture_now_ms() - from < 20000);
	assert_int_equal(down.member.revoked_n, down.member.assigned_n);
	for (size_t i = 0; i < SCENES_N; i++)
		if (scenes[i] != &down)
			member_end(&scenes[i]->member);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_members_are_turned_away),
		cmocka_unit_test(a_member_that_the_group_forgot_has_lost_its_partitions_and_joins_again),
		cmocka_unit_test(a_fatal_error_makes_a_new_client),
		cmocka_unit_test(brokers_that_were_down_are_found_again),
		cmocka_unit_test(a_stop_ends_although_the_broker_went_away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
