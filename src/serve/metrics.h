/* metrics: what /metrics tells, in Prometheus's text format. Counters are per worker (one cache line
 * group each, relaxed atomics) and added up when asked. */
#ifndef METRICS_H
#define METRICS_H

#include "base/buf.h"
#include "core/call.h"

struct server;
struct metrics;

struct metrics *metrics_new(int workers);
void metrics_free(struct metrics *metrics);

/* A provider's question was answered: latency from first byte to reply, slack to the deadline. */
void metrics_decision(struct metrics *metrics, int worker, const char *provider, enum action action, enum reason reason,
	uint64_t took_ns, int64_t slack_ns);
/* A webhook was refused before it was parsed (signature, path, address). */
void metrics_hook_refused(struct metrics *metrics, int worker, const char *provider);
/* A row of a text was dropped, or the text refused with 503: the writer had no room. Any thread. */
void metrics_message_dropped(struct metrics *metrics);
void metrics_http(struct metrics *metrics, int worker, int status, uint64_t took_ns);

/* The whole page, from server's parts. */
void metrics_page(struct server *server, struct buf *out);

#endif
