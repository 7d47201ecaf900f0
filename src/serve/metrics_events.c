#include "serve/metrics_state.h"

#include "feed/feed.h"
#include "out/outbox.h"
#include "serve/server.h"

static void put_feed(struct buf *out, const struct feed_counts *counts)
{
	const struct kafka_consumer_counts *consumer = &counts->consumer;

	metrics_single(out, "bauta_kafka_records_total", "counter", "Records taken from the orders topic.",
		(double)counts->records);
	metrics_head(out, "bauta_order_events_total", "counter", "Consumed order events that are stored, by what became of them.");
	buf_fmt(out, "bauta_order_events_total{result=\"applied\"} %llu\n", (unsigned long long)counts->applied);
	buf_fmt(out, "bauta_order_events_total{result=\"repeated\"} %llu\n", (unsigned long long)counts->repeated);
	buf_fmt(out, "bauta_order_events_total{result=\"refused\"} %llu\n", (unsigned long long)counts->refused);
	buf_fmt(out, "bauta_order_events_total{result=\"parked\"} %llu\n", (unsigned long long)counts->parked);
	metrics_single(out, "bauta_kafka_lag", "gauge", "Records of our partitions that are not applied yet.",
		(double)consumer->lag);
	metrics_single(out, "bauta_kafka_partitions", "gauge", "Partitions that are ours.", consumer->partitions);
	metrics_single(out, "bauta_kafka_rebalances_total", "counter", "Times that partitions came or went.",
		(double)consumer->rebalances);
	metrics_single(out, "bauta_kafka_errors_total", "counter", "Errors of the Kafka client, passing ones too.",
		(double)consumer->errors);
	metrics_single(out, "bauta_kafka_connected", "gauge", "1: a broker answers.", consumer->connected);
	metrics_single(out, "bauta_kafka_waits", "gauge", "1: order events wait for the store, a limit or the writer.", counts->waits);
	metrics_single(out, "bauta_kafka_retries_total", "counter", "Batches that had to be run again.", (double)counts->retried);
}

struct column {
	const char *name, *type, *help;
	double (*value)(const struct carrier_status *status);
};

static double delivered(const struct carrier_status *status)
{
	return (double)status->done;
}

static double failed(const struct carrier_status *status)
{
	return (double)status->failed;
}

static double given_up(const struct carrier_status *status)
{
	return (double)status->given_up;
}

static double retries(const struct carrier_status *status)
{
	return status->retries;
}

static double lag_s(const struct carrier_status *status)
{
	return (double)status->lag_ms / 1000;
}

static double up(const struct carrier_status *status)
{
	return status->state == CARRIER_OK;
}

static const struct column columns[] = {
	{"bauta_sink_delivered_total", "counter", "Events that a receiver has taken.", delivered},
	{"bauta_sink_failed_total", "counter", "Tries that failed.", failed},
	{"bauta_sink_given_up_total", "counter", "Events that were never delivered.", given_up},
	{"bauta_sink_retries", "gauge", "Events that are to be sent again, or wait behind such a one.", retries},
	{"bauta_sink_lag_seconds", "gauge", "Age of the oldest event that is on its way.", lag_s},
	{"bauta_sink_up", "gauge", "1: the last try went well.", up},
};

static void put_sinks(struct buf *out, const struct outbox *outbox)
{
	for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
		metrics_head(out, columns[c].name, columns[c].type, columns[c].help);
		for (int i = 0; i < outbox_sinks(outbox); i++) {
			struct carrier_status status;
			carrier_status(outbox_sink(outbox, i), &status);
			buf_fmt(out, "%s{sink=", columns[c].name);
			metrics_label(out, status.name);
			buf_fmt(out, "} %.17g\n", columns[c].value(&status));
		}
	}
}

void metrics_events(struct server *server, struct buf *out)
{
	const struct dead_orders *deads = server->feed_state->deads;

	metrics_single(out, "bauta_dead_letters", "gauge", "Order events that were refused or wait behind such a one.",
		dead_orders_rows(deads));
	if (server->feed) {
		struct feed_counts counts = feed_counts(server->feed);
		put_feed(out, &counts);
	}
	if (!server->outbox)
		return;
	put_sinks(out, server->outbox);
	metrics_single(out, "bauta_outbox_lost_total", "counter", "Events that went unsent because the outbox was full.",
		(double)server->store->outbox_lost);
}
