/* stream: what falls due at a rate, answered or not. Pure; times are of one monotonic clock. */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stdint.h>

struct stream {
	double rate, due_ns;
	uint64_t missed; /* calls when nobody lived */
};

static inline bool stream_is_due(const struct stream *stream, uint64_t now_ns)
{
	return stream->rate > 0 && stream->due_ns <= (double)now_ns;
}

static inline void stream_go_on(struct stream *stream)
{
	stream->due_ns += 1e9 / stream->rate;
}

/* Not later than its next. */
static inline void stream_wakes(uint64_t *wake_ns, const struct stream *stream)
{
	if (stream->rate > 0 && stream->due_ns < (double)*wake_ns)
		*wake_ns = (uint64_t)stream->due_ns;
}

/* How many were due until then and have not been sent. */
static inline uint64_t stream_left(const struct stream *stream, uint64_t until_ns)
{
	return stream_is_due(stream, until_ns) ? (uint64_t)(((double)until_ns - stream->due_ns) / 1e9 * stream->rate) : 0;
}

#endif
