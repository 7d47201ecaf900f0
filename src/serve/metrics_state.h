/* metrics_state: what metrics.c counts and metrics_page.c tells. Nobody else includes this. */
#ifndef METRICS_STATE_H
#define METRICS_STATE_H

#include <stdatomic.h>

#include "serve/metrics.h"

#define PROVIDERS_MAX 20
#define STATUS_MIN 100
#define STATUS_MAX 599

/* Upper bounds of a histogram's buckets in ns, ascending; what is above all counts in the sum alone. */
struct bounds {
	int n;
	int64_t at_ns[24];
};
extern const struct bounds decision_bounds, slack_bounds, http_bounds;

struct histogram {
	_Atomic uint64_t counts[25]; /* by bound, the last: above all */
	_Atomic int64_t sum_ns;
};

/* One worker's; nobody else writes it, so plain adds on atomics do. */
struct worker_metrics {
	_Alignas(128) _Atomic uint64_t decisions[PROVIDERS_MAX][ACTION__COUNT][REASON__COUNT];
	_Atomic uint64_t hooks_refused[PROVIDERS_MAX];
	_Atomic uint64_t http_status[STATUS_MAX - STATUS_MIN + 1];
	struct histogram decision, slack, http;
};

/* metrics_page.c: how a page is written. */
void metrics_head(struct buf *out, const char *name, const char *type, const char *help);
void metrics_single(struct buf *out, const char *name, const char *type, const char *help, double value);
void metrics_label(struct buf *out, const char *text);
/* metrics_events.c: what comes from Kafka, and what goes out. */
void metrics_events(struct server *server, struct buf *out);
/* metrics_supply.c: where numbers come from. */
/* metrics_control.c */
void metrics_control(struct server *server, struct buf *out);
/* metrics_messages.c */
void metrics_messages(struct server *server, struct buf *out);
struct writer_pool_counts;
void metrics_supply(struct server *server, const struct writer_pool_counts *pools, int n, struct buf *out);

struct metrics {
	int workers_n;
	const char *providers[PROVIDERS_MAX]; /* label values; the last one that is set: "unknown" */
	int providers_n;
	struct worker_metrics *workers;
	_Atomic uint64_t messages_dropped;
};

#endif
