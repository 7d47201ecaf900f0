#include "unit/bus/kafka_scene.h"

static struct scene fetch = {.name = "fetch", .member = MEMBER_INIT};
static struct scene commit = {.name = "commit", .member = MEMBER_INIT};
static struct scene moved = {.name = "moved", .member = MEMBER_INIT};
static struct scene begin = {.name = "begin", .member = MEMBER_INIT};
static struct scene *const scenes[] = {&fetch, &commit, &moved, &begin};
#define SCENES_N (sizeof scenes / sizeof scenes[0])

static int open_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCENES_N; i++)
		scene_open(scenes[i]);
	rd_kafka_mock_push_request_errors(begin.fixture.cluster, API_OFFSET_FETCH, 3, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
		RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR__TRANSPORT);
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

static void errors_of_fetching_lose_nothing(void **state)
{
	(void)state;
	scene_await(&fetch);
	rd_kafka_mock_push_request_errors(fetch.fixture.cluster, API_FETCH, 5, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
		RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
	scene_fill(&fetch, 100);
	scene_await(&fetch);
}

static void a_commit_that_failed_is_said_again(void **state)
{
	(void)state;
	scene_await(&commit);
	assert_true(fixture_committed(&commit.fixture, "commit", "commit", 0, 20, "mark"));
	rd_kafka_mock_push_request_errors(commit.fixture.cluster, API_OFFSET_COMMIT, 2, RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE,
		RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
	scene_fill(&commit, 30);
	scene_await(&commit);
	assert_true(fixture_committed(&commit.fixture, "commit", "commit", 0, 50, "mark"));
	assert_true(scene_errors(&commit) >= 2);
	assert_true(scene_count(&commit, &commit.member.lines_n) >= 2);
}

static void committed_offsets_that_cannot_be_had_are_asked_for_again(void **state)
{
	(void)state;
	scene_await(&begin);
	assert_int_equal(scene_count(&begin, &begin.member.assigned_n), 1);
	assert_true(scene_errors(&begin) >= 1);
}

static void a_coordinator_may_move(void **state)
{
	(void)state;
	scene_await(&moved);
	for (int broker = 1; broker <= 2; broker++) {
		assert_int_equal(rd_kafka_mock_coordinator_set(moved.fixture.cluster, "group", "moved", broker), 0);
		rd_kafka_mock_push_request_errors(moved.fixture.cluster, API_HEARTBEAT, 1, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
		rd_kafka_mock_push_request_errors(moved.fixture.cluster, API_OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
		scene_fill(&moved, 30);
		scene_await(&moved);
		assert_true(fixture_committed(&moved.fixture, "moved", "moved", 0, moved.written, "mark"));
	}
}

static void a_stop_commits_and_leaves(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCENES_N; i++) {
		member_end(&scenes[i]->member);
		assert_true(fixture_committed(&scenes[i]->fixture, scenes[i]->name, scenes[i]->name, 0, scenes[i]->written, "mark"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_of_fetching_lose_nothing),
		cmocka_unit_test(a_commit_that_failed_is_said_again),
		cmocka_unit_test(committed_offsets_that_cannot_be_had_are_asked_for_again),
		cmocka_unit_test(a_coordinator_may_move),
		cmocka_unit_test(a_stop_commits_and_leaves),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
