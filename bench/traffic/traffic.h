/* traffic: what falls due, when, on which connection, and what the answers lead to. An open loop: questions and new orders fall
 * due at their rates; further steps of an order when the one before is answered; a report when its call was.
 *
 * The owner sets what is above the line, then: traffic_prefill(), traffic_run(), traffic_finish(), traffic_verify(). One thread.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "ask.h"
#include "stream.h"

#define TALES_MAX 65536u    /* reports that wait for a connection; one more ends the program */

enum class { CLASS_HOOKS, CLASS_APPS, CLASS_CREATORS, CLASS__COUNT };

struct traffic {
	struct asker asker;
	struct town town;
	struct figures figures;
	struct links *links;
	struct stream calls, strangers, orders, sessions;
	double life_s;
	uint32_t wall_ms, prefill;
	uint64_t dice;
	struct tale tales[TALES_MAX];
	uint32_t tales_at, tales_n;
	uint64_t begin_ns, count_from_ns, stop_ns, next_line_ns, every_ns;
	uint64_t overloaded, unsent, late_max_ns;
	bool counting;
	const _Atomic bool *over; /* set by a signal: the time is over */
};

/* Opens `prefill` orders as fast as they are answered; then the clock starts. Their lives end one after the other. */
void traffic_prefill(struct traffic *traffic);

/* Until `seconds` behind the warm-up are over and all that was refused is through; calls go on as long. */
void traffic_run(struct traffic *traffic, double warm_s, double seconds);

/* What is on its way comes to its end; nothing of it is counted. */
void traffic_finish(struct traffic *traffic);

/* Calls `n` of the living orders, or all of them, once. */
void traffic_verify(struct traffic *traffic, uint32_t n);

/* A line of JSON: figures of the interval, or of the whole. */
void traffic_print(const struct traffic *traffic, bool whole);

#endif
