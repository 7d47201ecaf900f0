/* events: order events through a real broker, for bench.py. One line of JSON on standard output.
 *
 *   events produce brokers=H:P topic=T count=N first=I       orders as fast as they go, two parties each
 *   events count   brokers=H:P topic=T count=N               a plain consumer that only counts: the peer
 *   events contact brokers=H:P topic=T rate=R seconds=S first=I port=P pool=NAME     key in BAUTA_KEY
 *
 * `contact` sends orders at a steady rate and asks for every 20th of them, without a pause, until its VNs are visible in
 * /v1/orders/{ref}/contact: from just before the record is handed to the client until that answer.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "cli/client.h"

#define EACH 20
#define SAMPLES_MAX 100000

struct options {
	const char *mode, *brokers, *topic, *pool;
	uint32_t count, first, rate, seconds, port;
};

static double now_s(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

_Noreturn static void die(const char *what, const char *why)
{
	fprintf(stderr, "events: %s: %s\n", what, why);
	exit(1);
}

static const char *word(int argc, char **argv, const char *name, const char *otherwise)
{
	size_t len = strlen(name);

	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	if (!otherwise)
		die(name, "is needed");
	return otherwise;
}

static uint32_t number(int argc, char **argv, const char *name, const char *otherwise)
{
	return (uint32_t)strtoul(word(argc, argv, name, otherwise), NULL, 10);
}

static rd_kafka_t *client(const struct options *options, rd_kafka_type_t type)
{
	static const char *const properties[] = {"client.id", "bauta-bench", "linger.ms", "1", "group.id", "bauta-bench-count",
		"enable.auto.commit", "false", "auto.offset.reset", "earliest", "queue.buffering.max.messages", "200000", "partitioner",
		"murmur2_random", NULL};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[512];

	for (int i = 0; properties[i]; i += 2) {
		bool consumers = strcmp(properties[i], "group.id") == 0 || strncmp(properties[i], "enable.auto", 11) == 0 ||
				 strncmp(properties[i], "auto.offset", 11) == 0;
		bool producers = strcmp(properties[i], "linger.ms") == 0 || strncmp(properties[i], "queue.b", 7) == 0 ||
				 strcmp(properties[i], "partitioner") == 0;
		if ((type == RD_KAFKA_PRODUCER && consumers) || (type == RD_KAFKA_CONSUMER && producers))
			continue;
		if (rd_kafka_conf_set(conf, properties[i], properties[i + 1], why, sizeof why) != RD_KAFKA_CONF_OK)
			die(properties[i], why);
	}
	if (rd_kafka_conf_set(conf, "bootstrap.servers", options->brokers, why, sizeof why) != RD_KAFKA_CONF_OK)
		die("brokers", why);
	rd_kafka_t *made = rd_kafka_new(type, conf, why, sizeof why);
	if (!made)
		die("client", why);
	return made;
}

/* --- produce --- */

static void send_order(rd_kafka_t *producer, const struct options *options, uint32_t i)
{
	char key[32], value[512];
	int key_len = snprintf(key, sizeof key, "order-%010u", i);
	int len = snprintf(value, sizeof value,
		"{\"id\":\"evt-%u\",\"type\":\"order.assigned\",\"order\":\"%s\",\"version\":2,\"pool\":\"%s\",\"parties\":["
		"{\"role\":\"customer\",\"number\":\"+62812%08u\"},{\"role\":\"courier\",\"number\":\"+62813%08u\"}]}",
		i, key, options->pool, i % 100000000, i % 100000000);
	rd_kafka_resp_err_t err;

	while ((err = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(options->topic), RD_KAFKA_V_KEY(key, (size_t)key_len),
			RD_KAFKA_V_VALUE(value, (size_t)len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END)) ==
		RD_KAFKA_RESP_ERR__QUEUE_FULL)
		rd_kafka_poll(producer, 10);
	if (err)
		die("produce", rd_kafka_err2str(err));
	rd_kafka_poll(producer, 0);
}

static void produce(const struct options *options)
{
	rd_kafka_t *producer = client(options, RD_KAFKA_PRODUCER);
	double began = now_s();

	for (uint32_t i = 0; i < options->count; i++)
		send_order(producer, options, options->first + i);
	if (rd_kafka_flush(producer, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR)
		die("flush", "not all were taken");
	printf("{\"sent\":%u,\"rate\":%.0f}\n", options->count, options->count / (now_s() - began));
	rd_kafka_destroy(producer);
}

/* --- count --- */

/* The time runs from the first record, as it does for the server, whose start and joining are not asked for. */
static void count(const struct options *options)
{
	rd_kafka_t *consumer = client(options, RD_KAFKA_CONSUMER);
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
	double began = 0, cpu = 0, until = now_s() + 120;
	uint64_t bytes = 0;
	uint32_t n = 0;

	rd_kafka_poll_set_consumer(consumer);
	rd_kafka_topic_partition_list_add(topics, options->topic, RD_KAFKA_PARTITION_UA);
	if (rd_kafka_subscribe(consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR)
		die("subscribe", options->topic);
	while (n < options->count && now_s() < until) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
		if (message && !message->err) {
			if (n++ == 0) {
				began = now_s();
				cpu = cpu_s();
			}
			bytes += message->len;
		}
		if (message)
			rd_kafka_message_destroy(message);
	}
	double took = now_s() - began;
	if (n < options->count)
		die("count", "not all came");
	printf("{\"records\":%u,\"rate\":%.0f,\"cpu_us\":%.3f,\"bytes\":%" PRIu64 "}\n", n, n / took, (cpu_s() - cpu) * 1e6 / n, bytes);
	rd_kafka_topic_partition_list_destroy(topics);
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
}

/* --- contact --- */

/* The order that is to be looked for next: the sender leaves it, the asker takes it. 0: none. */
struct sample {
	pthread_mutex_t lock;
	uint32_t order;
	double sent_s;
	_Atomic bool ended;
};

struct asker {
	const struct options *options;
	struct sample *sample;
	double *found_ms;
	int n, missed;
};

static bool visible(struct client *http, const struct options *options, uint32_t order)
{
	char target[200], error[CLIENT_SENTENCE_SIZE];
	struct client_answer answer;

	snprintf(target, sizeof target, "/v1/orders/order-%010u/contact?pool=%s&as=customer", order, options->pool);
	if (client_ask(http, &(struct client_request){.method = "GET", .target = target}, &answer, error) != ERR_OK)
		die("contact", error);
	const json_t *contacts = answer.status == 200 ? json_object_get(answer.json, "contacts") : NULL;
	bool is = json_is_string(json_object_get(json_array_get(contacts, 0), "vn"));
	client_answer_done(&answer);
	return is;
}

static void *ask(void *context)
{
	struct asker *asker = context;
	struct client *http;
	char error[CLIENT_SENTENCE_SIZE], url[64];

	snprintf(url, sizeof url, "http://127.0.0.1:%u", asker->options->port);
	if (client_new_at(url, getenv("BAUTA_KEY"), &http, error) != ERR_OK)
		die("client", error);
	while (!asker->sample->ended) {
		pthread_mutex_lock(&asker->sample->lock);
		uint32_t order = asker->sample->order;
		double sent_s = asker->sample->sent_s;
		asker->sample->order = 0;
		pthread_mutex_unlock(&asker->sample->lock);
		if (!order) {
			nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
			continue;
		}
		while (!visible(http, asker->options, order) && now_s() - sent_s < 10)
			;
		if (now_s() - sent_s >= 10)
			asker->missed++;
		else if (asker->n < SAMPLES_MAX)
			asker->found_ms[asker->n++] = (now_s() - sent_s) * 1000;
	}
	client_free(http);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void contact(const struct options *options)
{
	struct sample sample = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct asker asker = {.options = options, .sample = &sample, .found_ms = calloc(SAMPLES_MAX, sizeof(double))};
	rd_kafka_t *producer = client(options, RD_KAFKA_PRODUCER);
	pthread_t thread;

	ASSERT(asker.found_ms && pthread_create(&thread, NULL, ask, &asker) == 0);
	double began = now_s();
	uint32_t all = options->rate * options->seconds;
	for (uint32_t i = 0; i < all; i++) {
		double due = began + (double)i / options->rate;
		while (now_s() < due) {
			rd_kafka_poll(producer, 0);
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
		}
		if (i % EACH == 0) {
			pthread_mutex_lock(&sample.lock);
			sample.order = options->first + i;
			sample.sent_s = now_s();
			pthread_mutex_unlock(&sample.lock);
		}
		send_order(producer, options, options->first + i);
	}
	rd_kafka_flush(producer, 10000);
	double took = now_s() - began;
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	sample.ended = true;
	pthread_join(thread, NULL);
	if (asker.n == 0)
		die("contact", "nothing was seen");
	qsort(asker.found_ms, (size_t)asker.n, sizeof *asker.found_ms, by_size);
	printf("{\"sent\":%u,\"rate\":%.0f,\"seen\":%d,\"missed\":%d,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", all, all / took,
		asker.n, asker.missed, asker.found_ms[asker.n / 2], asker.found_ms[asker.n * 99 / 100], asker.found_ms[asker.n - 1]);
	free(asker.found_ms);
	rd_kafka_destroy(producer);
}

int main(int argc, char **argv)
{
	struct options options = {.mode = argc > 1 ? argv[1] : ""};
	bool asks = strcmp(options.mode, "contact") == 0, sends = asks || strcmp(options.mode, "produce") == 0;

	options.brokers = word(argc, argv, "brokers", NULL);
	options.topic = word(argc, argv, "topic", NULL);
	options.pool = word(argc, argv, "pool", sends ? NULL : "");
	options.count = number(argc, argv, "count", asks ? "0" : NULL);
	options.first = number(argc, argv, "first", "1");
	options.rate = number(argc, argv, "rate", "1000");
	options.seconds = number(argc, argv, "seconds", "5");
	options.port = number(argc, argv, "port", asks ? NULL : "0");
	if (asks)
		contact(&options);
	else if (sends)
		produce(&options);
	else if (strcmp(options.mode, "count") == 0)
		count(&options);
	else
		die(options.mode, "produce, count or contact");
	return 0;
}
