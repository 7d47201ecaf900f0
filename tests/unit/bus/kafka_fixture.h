/* kafka_fixture: librdkafka's own mock cluster, a plain producer and reader beside it, and waiting without sleeping.
 *
 * The mock takes 3 s until a group's first member has its partitions, and a session's time less 1 s at each later
 * change; so tests that need groups begin them together.
 */
#ifndef KAFKA_FIXTURE_H
#define KAFKA_FIXTURE_H

#include "unit/test.h"

#include <pthread.h>
#include <time.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "bus/kafka.h"
#include "unit/bus/tsan_threads.h"

#define FIXTURE_WAIT_S 60

/* Kafka's API keys, for pushed errors. */
enum { API_PRODUCE = 0, API_FETCH = 1, API_LIST_OFFSETS = 2, API_OFFSET_COMMIT = 8, API_OFFSET_FETCH = 9, API_FIND_COORDINATOR = 10,
	API_JOIN_GROUP = 11, API_HEARTBEAT = 12, API_SYNC_GROUP = 14, API_INIT_PRODUCER_ID = 22 };

struct fixture {
	rd_kafka_t *client; /* the cluster's keeper; produces too */
	rd_kafka_mock_cluster_t *cluster;
	char brokers[512];
};

static inline void fixture_open(struct fixture *fixture, int brokers_n)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char said[256];

	assert_int_equal(rd_kafka_conf_set(conf, "log_level", "0", said, sizeof said), RD_KAFKA_CONF_OK);
	assert_int_equal(rd_kafka_conf_set(conf, "client.id", "fixture", said, sizeof said), RD_KAFKA_CONF_OK);
	assert_int_equal(rd_kafka_conf_set(conf, "message.max.bytes", "2000000", said, sizeof said), RD_KAFKA_CONF_OK);
	fixture->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, said, sizeof said);
	assert_non_null(fixture->client);
	fixture->cluster = rd_kafka_mock_cluster_new(fixture->client, brokers_n);
	assert_non_null(fixture->cluster);
	snprintf(fixture->brokers, sizeof fixture->brokers, "%s", rd_kafka_mock_cluster_bootstraps(fixture->cluster));
	assert_true(rd_kafka_brokers_add(fixture->client, fixture->brokers) > 0);
}

static inline void fixture_close(struct fixture *fixture)
{
	if (!fixture->client)
		return;
	rd_kafka_mock_cluster_destroy(fixture->cluster);
	rd_kafka_destroy(fixture->client);
	fixture->client = NULL;
}

static inline void fixture_topic(struct fixture *fixture, const char *topic, int partitions_n)
{
	assert_int_equal(rd_kafka_mock_topic_create(fixture->cluster, topic, partitions_n, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Values "0", "1", ... from `from`, n of them, into one partition. */
static inline void fixture_fill(struct fixture *fixture, const char *topic, int32_t partition, int from, int n)
{
	for (int i = from; i < from + n; i++) {
		char value[16];
		snprintf(value, sizeof value, "%d", i);
		while (rd_kafka_producev(fixture->client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
			       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value, strlen(value)),
			       RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			rd_kafka_poll(fixture->client, 100);
	}
	assert_int_equal(rd_kafka_flush(fixture->client, FIXTURE_WAIT_S * 1000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static inline int64_t fixture_now_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* Waits until the group's commit of the partition is `offset`, with this mark. */
static inline bool fixture_committed(struct fixture *fixture, const char *group, const char *topic, int32_t partition,
	int64_t offset, const char *mark)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_add(list, topic, partition);
	int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;
	bool is = false;
	char said[256];

	rd_kafka_conf_set(conf, "bootstrap.servers", fixture->brokers, said, sizeof said);
	rd_kafka_conf_set(conf, "group.id", group, said, sizeof said);
	rd_kafka_conf_set(conf, "log_level", "0", said, sizeof said);
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, said, sizeof said);
	assert_non_null(client);
	while (!is && fixture_now_ms() < until) {
		rd_kafka_resp_err_t err = rd_kafka_committed(client, list, 1000);
		is = err == RD_KAFKA_RESP_ERR_NO_ERROR && at->offset == offset && at->metadata_size == strlen(mark) &&
			memcmp(at->metadata, mark, strlen(mark)) == 0;
		rd_kafka_poll(client, is ? 0 : 20);
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return is;
}

/* What two threads watch: change under the lock, then tell. */
struct watch {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
};
#define WATCH_INIT {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER}

static inline void watch_lock(struct watch *watch)
{
	pthread_mutex_lock(&watch->mutex);
}

static inline void watch_unlock(struct watch *watch)
{
	pthread_cond_broadcast(&watch->changed);
	pthread_mutex_unlock(&watch->mutex);
}

/* Locks, waits until `is` says so, unlocks. Woken at least each 20 ms, for what nobody tells (counts). */
static inline bool watch_until(struct watch *watch, bool (*is)(void *context), void *context)
{
	int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;
	bool done;

	pthread_mutex_lock(&watch->mutex);
	while (!(done = is(context)) && fixture_now_ms() < until) {
		struct timespec at;
		clock_gettime(CLOCK_REALTIME, &at);
		at.tv_nsec += 20000000;
		if (at.tv_nsec >= 1000000000) {
			at.tv_sec++;
			at.tv_nsec -= 1000000000;
		}
		pthread_cond_timedwait(&watch->changed, &watch->mutex, &at);
	}
	pthread_mutex_unlock(&watch->mutex);
	return done;
}

#endif
