#include "bus/kafka_topics.h"

#include <stdlib.h>

#include "base/check.h"
#include "bus/kafka_client.h"

static enum err client_of(const struct kafka_settings *settings, rd_kafka_t **ret_client, char ret_error[KAFKA_ERROR_SIZE])
{
	static const char *const none[] = {NULL};
	static struct kafka_settings silent; /* librdkafka logs through it as long as the client lives: what goes wrong is told by the call */
	rd_kafka_conf_t *conf;

	enum err err = kafka_conf_new(settings, none, &silent, &conf, ret_error);
	if (err)
		return err;
	err = kafka_client_new(RD_KAFKA_PRODUCER, conf, ret_client, ret_error);
	rd_kafka_conf_destroy(conf);
	return err;
}

static bool wait_for(rd_kafka_queue_t *queue, int timeout_ms, rd_kafka_event_t **ret_event)
{
	*ret_event = rd_kafka_queue_poll(queue, timeout_ms + 1000);
	return *ret_event != NULL;
}

static enum err made(rd_kafka_event_t *event, char ret_error[256])
{
	size_t n = 0;

	if (rd_kafka_event_error(event)) {
		snprintf(ret_error, 256, "topics: %.200s", rd_kafka_event_error_string(event));
		return ERR_OVERLOADED;
	}
	const rd_kafka_topic_result_t **results =
		rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
	for (size_t i = 0; i < n; i++) {
		rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
			continue;
		snprintf(ret_error, 256, "topic %.80s: %.120s", rd_kafka_topic_result_name(results[i]), rd_kafka_err2str(code));
		return ERR_OVERLOADED;
	}
	return ERR_OK;
}

enum err kafka_topics_make(const struct kafka_settings *settings, const char *const *names, int n, int partitions,
	int timeout_ms, char ret_error[256])
{
	rd_kafka_NewTopic_t *topics[KAFKA_TOPICS_MAX];
	rd_kafka_t *client;
	rd_kafka_event_t *event = NULL;
	char why[512];

	ASSERT(n <= KAFKA_TOPICS_MAX);
	enum err err = client_of(settings, &client, ret_error);
	if (err)
		return err;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, why, sizeof why);
	for (int i = 0; i < n; i++) {
		topics[i] = rd_kafka_NewTopic_new(names[i], partitions, 1, why, sizeof why);
		ASSERT(topics[i]); /* names and numbers are ours */
	}
	rd_kafka_CreateTopics(client, topics, (size_t)n, options, queue);
	if (wait_for(queue, timeout_ms, &event)) {
		err = made(event, ret_error);
	} else {
		err = ERR_OVERLOADED;
		snprintf(ret_error, 256, "topics: no broker answered");
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy_array(topics, (size_t)n);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(client);
	return err;
}

void kafka_topics_remove(const struct kafka_settings *settings, const char *const *names, int n, int timeout_ms)
{
	rd_kafka_DeleteTopic_t *topics[KAFKA_TOPICS_MAX];
	rd_kafka_t *client;
	rd_kafka_event_t *event;
	char why[KAFKA_ERROR_SIZE];

	ASSERT(n <= KAFKA_TOPICS_MAX);
	if (client_of(settings, &client, why) != ERR_OK)
		return;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
	for (int i = 0; i < n; i++)
		topics[i] = rd_kafka_DeleteTopic_new(names[i]);
	rd_kafka_DeleteTopics(client, topics, (size_t)n, NULL, queue);
	if (wait_for(queue, timeout_ms, &event))
		rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy_array(topics, (size_t)n);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(client);
}
