/* conversation_handler: the server's side of a conversation: a handler that keeps what it sees, and answers at once, later, or in pieces.
 *
 * Paths: /later, /long (in pieces): answered at a later cut, the newest first; /stream: p pauses after each piece, l is answered
 * later, r is refused at its first byte; /small takes 16 bytes; /close closes; /none is a 204; anything else is echoed. */
#ifndef TESTS_FUZZ_CONVERSATION_HANDLER_H
#define TESTS_FUZZ_CONVERSATION_HANDLER_H

#include <stdio.h>

#include "base/buf.h"
#include "conversation_heard.h"
#include "conversation_read.h"
#include "net/http.h"

#define REQUESTS_MAX 512

struct saw {
	char text[160];
};

struct pending {
	struct http_handle handle;
	struct http_request *request;
	int step;
	enum { PENDING_REPLY, PENDING_LONG, PENDING_RESUME } kind;
};

struct stream {
	uint64_t hash;
	size_t len;
	bool over;
};

/* One of the times that it is held. */
struct run {
	int fd;
	struct buf heard;
	bool ended;
	size_t sent;
	size_t judged;   /* of `heard`, and how many answers that is */
	int judged_n;
	bool leave;      /* the last in it was a 100 */
	struct saw seen[REQUESTS_MAX];
	int seen_n, done_n;
	struct pending pending[REQUESTS_MAX];
	int pending_n;
	struct stream streams[REQUESTS_MAX];
	int streams_n;
};

static struct run run;
static struct http_server *server;

static void write_saw(struct saw *ret_saw, const char *method, struct str target, struct str path, struct str query,
	struct str host, uint64_t body, size_t body_len)
{
	uint64_t hash = heard_hash(heard_hash(heard_hash(HEARD_HASH, target), path), query);

	snprintf(ret_saw->text, sizeof ret_saw->text, "%s %zu %zu %zu %zu %016llx %zu %016llx", method, target.len, path.len,
		query.len, host.len, (unsigned long long)heard_hash(hash, host), body_len, (unsigned long long)body);
}

static const struct saw *see(const struct http_request *request, uint64_t body, size_t body_len)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};

	ASSERT(run.seen_n < REQUESTS_MAX);
	struct saw *saw = &run.seen[run.seen_n++];
	write_saw(saw, methods[request->method], request->target, request->path, request->query, request->host, body, body_len);
	return saw;
}

static struct http_reply reply_of(const struct saw *saw, struct str body)
{
	return (struct http_reply){
		.status = 200, .body = body, .extra = {{STR("X-Saw"), str_of(saw->text)}}, .extra_n = 1};
}

static void put_off(struct http_request *request, int kind)
{
	ASSERT(run.pending_n < REQUESTS_MAX);
	run.pending[run.pending_n++] = (struct pending){request->handle, request, run.seen_n - 1, kind};
}

static struct http_plan plan(void *context, const struct http_request *request)
{
	(void)context;
	if (str_starts(request->path, STR("/stream")))
		return (struct http_plan){.stream = true};
	return (struct http_plan){.body_max = str_equal(request->path, STR("/small")) ? SPOKEN_SMALL_MAX : SPOKEN_BODY_MAX};
}

static void on_request(void *context, struct http_request *request)
{
	const struct saw *saw = see(request, heard_hash(HEARD_HASH, request->body), request->body.len);
	struct http_reply reply = reply_of(saw, request->body);

	(void)context;
	if (str_starts(request->path, STR("/later")) || str_starts(request->path, STR("/long"))) {
		put_off(request, request->path.at[2] == 'a' ? PENDING_REPLY : PENDING_LONG);
		return;
	}
	reply.close = str_equal(request->path, STR("/close"));
	if (str_equal(request->path, STR("/none")))
		reply.status = 204;
	http_reply(request, &reply);
}

static bool on_stream(void *context, struct http_request *request, bool end, bool gone)
{
	struct stream *stream = request->stream;

	(void)context;
	if (!stream) {
		ASSERT(run.streams_n < REQUESTS_MAX);
		stream = request->stream = &run.streams[run.streams_n++];
		*stream = (struct stream){.hash = HEARD_HASH};
	}
	ASSERT(!stream->over && (end || !gone) && (request->body.len || end));
	stream->hash = heard_hash(stream->hash, request->body);
	stream->len += request->body.len;
	stream->over = end;
	if (gone)
		return true;
	if (!end && str_starts(request->query, STR("r"))) {
		stream->over = true;
		http_reply(request, &(struct http_reply){.status = 403});
		return true;
	}
	bool pauses = !end && str_starts(request->query, STR("p"));
	if (pauses)
		put_off(request, PENDING_RESUME);
	if (!end)
		return !pauses;
	struct http_reply reply = reply_of(see(request, stream->hash, stream->len), STR("taken"));
	if (str_equal(request->query, STR("l")))
		put_off(request, PENDING_REPLY);
	else
		http_reply(request, &reply);
	return true;
}

static void on_done(void *context, int worker, int status, uint64_t took_ns)
{
	(void)context, (void)worker, (void)status, (void)took_ns;
	run.done_n++;
}

/* The newest that waits takes a step. */
static void go_on(void)
{
	struct pending *pending = &run.pending[run.pending_n - 1];

	if (pending->kind == PENDING_RESUME) {
		run.pending_n--;
		http_resume_from(server, pending->handle);
		http_wake(server);
		return;
	}
	int seen = pending->step & 0xffff, step = pending->step >> 16;
	struct str body = pending->request->stream ? STR("taken") : pending->request->body;
	struct http_reply reply = reply_of(&run.seen[seen], body);
	pending->step += 1 << 16;
	bool last = pending->kind == PENDING_REPLY || step == 2;
	run.pending_n -= last;
	if (pending->kind == PENDING_REPLY) {
		http_reply_from(server, pending->handle, &reply);
	} else if (step == 0) {
		reply.body = STR_NONE;
		http_reply_begin(server, pending->handle, &reply);
	} else if (step == 1) {
		/* `false`: nobody hears it any more. */
		size_t half = body.len / 2;
		http_reply_chunk(server, pending->handle, str_n(body.at, half));
		http_reply_chunk(server, pending->handle, body.len ? str_n(body.at + half, body.len - half) : body);
	} else {
		http_reply_end(server, pending->handle);
	}
	http_wake(server);
}

static const struct http_handler handler = {
	.plan = plan, .on_request = on_request, .on_stream = on_stream, .on_done = on_done};

#endif
