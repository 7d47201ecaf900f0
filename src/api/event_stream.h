/* event_stream: POST /v1/events with application/x-ndjson: order events line by line, however many.
 *
 * Lines are read as they come and go to the writer in commands of up to EVENT_LINES_MAX, in order. While
 * more than STREAM_LINES_MAX lines are on their way no more is read from the peer (back-pressure). The answer
 * is given after the last line's batch is stored. If a batch could not be stored, or the writer took no more,
 * the answer is that error: the peer sends all of it again, and what was applied counts as repeated.
 *
 * Idempotency-Keys are checked for their form and not kept: events are idempotent by themselves.
 * Limits: EVENT_MAX bytes a line. Threads: the request's worker and the writer, under a lock.
 */
#ifndef EVENT_STREAM_H
#define EVENT_STREAM_H

#include "api/api.h"

#define STREAM_LINES_MAX 256

struct event_stream;

/* `err`: not ERR_OK: the body is read to its end and answered with it. Never NULL: without memory it is a
 * stream that is refused. */
struct event_stream *event_stream_new(struct api *api, enum err err);

/* As http_handler.on_stream. Frees the stream with the answer, or when the peer is gone. */
bool event_stream_take(struct event_stream *stream, struct http_request *request, bool end, bool gone);

#endif
