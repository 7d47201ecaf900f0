#include "api/event_stream.h"

#include <stdlib.h>

#include "api/event_lines.h"

struct event_stream {
	struct server *server;
	struct asker asker;
	struct http_handle handle;
	struct vault_use *vault;

	/* The worker's. */
	struct buf line;    /* of a line whose end has not come */
	bool line_too_long; /* the rest of it is thrown away */
	uint32_t line_number;
	struct chunk *chunk; /* being filled; NULL: none */

	pthread_mutex_t lock; /* for the rest */
	struct event_tally tally;
	enum err err; /* of the whole */
	struct problem problem;
	uint32_t lines_sent; /* on their way */
	bool paused;
	bool ended; /* the body's end has come, or the peer is gone */
	bool gone;
};

/* Lines on their way to the writer. */
struct chunk {
	struct command command;
	struct event_stream *stream;
	struct arena arena;
	struct event_lines lines;
};

#define CHUNK_ARENA_MAX (8u << 20)

/* Stands for a stream that there was no memory for: its body is read to the end and refused. */
static struct event_stream no_stream;

struct event_stream *event_stream_new(struct api *api, enum err err)
{
	struct event_stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return &no_stream;
	stream->server = api->server;
	stream->asker = api->asker;
	stream->handle = api->request->handle;
	stream->vault = api->server->worker_vault[api->request->worker];
	/* Past saturation, too, the body is read to its end, but nothing in it is looked at. */
	stream->err = err == ERR_OK && writer_is_full(api->server->writer) ? ERR_OVERLOADED : err;
	stream->problem = api->problem;
	buf_init(&stream->line, EVENT_MAX);
	pthread_mutex_init(&stream->lock, NULL);
	return stream;
}

static void stream_free(struct event_stream *stream)
{
	buf_done(&stream->line);
	event_tally_done(&stream->tally);
	pthread_mutex_destroy(&stream->lock);
	free(stream);
}

static void chunk_free(struct chunk *chunk)
{
	if (!chunk)
		return;
	arena_done(&chunk->arena);
	free(chunk);
}

/* Both ways to the end: nothing is on its way any more, and nothing more will come. */
static void answer_and_free(struct event_stream *stream)
{
	char text[API_PROBLEM_MAX];
	struct http_reply reply;
	struct buf out;

	buf_init(&out, 1u << 20);
	if (!stream->err)
		event_tally_put(&out, &stream->tally);
	if (!buf_ok(&out))
		stream->err = ERR_OVERLOADED; /* all is applied; sent again it is repeated, and answered */
	if (stream->err) {
		buf_done(&out);
		buf_fixed(&out, text, sizeof text);
		api_problem_body(&out, &reply, stream->err, &stream->problem);
	} else {
		api_reply_head(&reply, 200, buf_text(&out));
	}
	if (!stream->gone)
		http_reply_from(stream->server->http, stream->handle, &reply);
	buf_done(&out);
	stream_free(stream);
}

/* --- in the writer --- */

static enum err chunk_run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct chunk *chunk = (struct chunk *)command; /* its first member */

	(void)now_ms;
	event_lines_run(&chunk->lines, engine);
	return ERR_OK;
}

static void chunk_finish(struct command *command, enum err err)
{
	struct chunk *chunk = (struct chunk *)command;
	struct event_stream *stream = chunk->stream;

	pthread_mutex_lock(&stream->lock);
	if (err == ERR_OK)
		event_lines_count(&chunk->lines, &stream->tally);
	else if (stream->err == ERR_OK)
		stream->err = err;
	stream->lines_sent -= (uint32_t)chunk->lines.n;
	bool resume = stream->paused && stream->lines_sent <= STREAM_LINES_MAX / 2;
	if (resume)
		stream->paused = false;
	bool last = stream->ended && stream->lines_sent == 0;
	if (resume && !last)
		http_resume_from(stream->server->http, stream->handle);
	pthread_mutex_unlock(&stream->lock);
	chunk_free(chunk);
	if (last)
		answer_and_free(stream);
}

/* --- in the worker --- */

static void fail(struct event_stream *stream, enum err err)
{
	pthread_mutex_lock(&stream->lock);
	if (stream->err == ERR_OK)
		stream->err = err;
	pthread_mutex_unlock(&stream->lock);
}

static bool failed(struct event_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	bool is = stream->err != ERR_OK;
	pthread_mutex_unlock(&stream->lock);
	return is;
}

static void refuse(struct event_stream *stream, enum err err, const struct problem *problem)
{
	pthread_mutex_lock(&stream->lock);
	event_tally_refuse(&stream->tally, stream->line_number, err, problem);
	pthread_mutex_unlock(&stream->lock);
}

static void send_chunk(struct event_stream *stream)
{
	struct chunk *chunk = stream->chunk;

	stream->chunk = NULL;
	if (!chunk || chunk->lines.n == 0 || failed(stream)) {
		chunk_free(chunk);
		return;
	}
	uint32_t n = (uint32_t)chunk->lines.n;
	pthread_mutex_lock(&stream->lock);
	stream->lines_sent += n;
	pthread_mutex_unlock(&stream->lock);
	enum err err = writer_submit(stream->server->writer, &chunk->command);
	if (err == ERR_OK)
		return;
	pthread_mutex_lock(&stream->lock);
	stream->lines_sent -= n;
	pthread_mutex_unlock(&stream->lock);
	fail(stream, err);
	chunk_free(chunk);
}

static void ignore(struct event_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	stream->tally.ignored++;
	pthread_mutex_unlock(&stream->lock);
}

static struct chunk *chunk_of(struct event_stream *stream)
{
	if (stream->chunk)
		return stream->chunk;
	struct chunk *chunk = calloc(1, sizeof *chunk);
	if (!chunk)
		return NULL;
	chunk->command = (struct command){.change = true, .run = chunk_run, .finish = chunk_finish};
	chunk->stream = stream;
	arena_init(&chunk->arena, CHUNK_ARENA_MAX);
	return stream->chunk = chunk;
}

static void take_line(struct event_stream *stream, struct str text)
{
	struct event_sender sender = {stream->server, stream->asker.tenant_index, stream->vault};
	struct problem problem = {0};
	struct json json = {0};

	if (str_trim(text).len == 0 || failed(stream))
		return;
	struct chunk *chunk = chunk_of(stream);
	if (!chunk) {
		fail(stream, ERR_OVERLOADED);
		return;
	}
	bool ignored = false;
	enum err err = json_read(text, EVENT_MAX, &json, &problem);
	struct json_at root = json_at_root(&json);
	if (err == ERR_OK)
		err = event_lines_add(&chunk->lines, &sender, &root, NULL, stream->line_number, &chunk->arena,
			&ignored, &problem);
	json_done(&json);
	if (err == ERR_OVERLOADED || chunk->arena.no_memory)
		fail(stream, ERR_OVERLOADED); /* no fault of the line's: the rest is not taken, and all may be sent again */
	else if (err)
		refuse(stream, err, &problem);
	else if (ignored)
		ignore(stream);
	if (chunk->lines.n == EVENT_LINES_MAX)
		send_chunk(stream);
}

static void end_line(struct event_stream *stream, struct str tail)
{
	stream->line_number++;
	if (!stream->line_too_long && stream->line.len == 0 && tail.len <= EVENT_MAX) {
		take_line(stream, tail); /* the usual case: the whole line is in this piece */
		return;
	}
	buf_str(&stream->line, tail);
	if (stream->line.no_memory) {
		fail(stream, ERR_OVERLOADED);
	} else if (stream->line_too_long || !buf_ok(&stream->line)) {
		struct problem problem = {.detail = "a line has at most 64 KiB"};
		refuse(stream, ERR_TOO_LARGE, &problem);
	} else {
		take_line(stream, buf_text(&stream->line));
	}
	stream->line_too_long = false;
	buf_reset(&stream->line);
}

static void take_piece(struct event_stream *stream, struct str piece)
{
	while (piece.len) {
		const char *newline = memchr(piece.at, '\n', piece.len);
		if (!newline) {
			buf_str(&stream->line, piece);
			if (!buf_ok(&stream->line))
				stream->line_too_long = true;
			return;
		}
		size_t len = (size_t)(newline - piece.at);
		end_line(stream, str_n(piece.at, len));
		piece = str_n(piece.at + len + 1, piece.len - len - 1);
	}
}

/* The end: whoever comes last answers, here or in the writer. */
static void end_stream(struct event_stream *stream, bool gone)
{
	if (!gone && (stream->line.len || stream->line_too_long))
		end_line(stream, STR_NONE);
	if (gone) {
		chunk_free(stream->chunk);
		stream->chunk = NULL;
	}
	send_chunk(stream);
	pthread_mutex_lock(&stream->lock);
	stream->ended = true;
	stream->gone = gone;
	bool last = stream->lines_sent == 0;
	pthread_mutex_unlock(&stream->lock);
	if (!last)
		return;
	struct http_server *http = stream->server->http;
	answer_and_free(stream);
	http_wake(http); /* the writer wakes after its own answers only */
}

static void refuse_all(struct http_request *request)
{
	struct problem nothing = {0};
	struct http_reply reply;
	char text[API_PROBLEM_MAX];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	api_problem_body(&out, &reply, ERR_OVERLOADED, &nothing);
	http_reply(request, &reply);
}

bool event_stream_take(struct event_stream *stream, struct http_request *request, bool end, bool gone)
{
	if (stream == &no_stream) {
		if (end && !gone)
			refuse_all(request);
		return true;
	}
	if (!gone)
		take_piece(stream, request->body);
	if (end) {
		end_stream(stream, gone);
		return true;
	}
	send_chunk(stream);
	pthread_mutex_lock(&stream->lock);
	stream->paused = stream->lines_sent >= STREAM_LINES_MAX;
	bool go_on = !stream->paused;
	pthread_mutex_unlock(&stream->lock);
	return go_on;
}
