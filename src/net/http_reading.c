#include "net/http_reading.h"

#include <stdlib.h>

#include "base/check.h"
#include "net/http_answer.h"

#define BODY_MAX (64 * 1024)
/* A streamed body may take long, but must bring this much in each body_ms. */
#define STREAM_STEP (64 * 1024)

bool http_reading_can(const struct http_connection *connection)
{
	if (connection->stopped || connection->paused || connection->yielded || connection->broken || connection->gone ||
		connection->finishing)
		return false;
	if (connection->unread + connection->held > HTTP_UNREAD_MAX)
		return false;
	return connection->exchanges_n < HTTP_PIPELINE_MAX ||
	       (connection->reading && connection->reading->head_done);
}

/* Since when the peer may have been waiting for a request that is seen only now. Bytes that were kept waiting by us
 * count from then on; those of a new connection that came along with it, from its own coming. */
static uint64_t ready_ns(const struct http_connection *connection)
{
	const struct http_worker *worker = connection->worker;

	if (connection->left_ns)
		return connection->left_ns;
	return connection->opened_ns >= worker->ready_ns ? connection->opened_ready_ns : worker->ready_ns;
}

static struct http_exchange *start(struct http_connection *connection)
{
	struct http_worker *worker = connection->worker;
	struct http_exchange *exchange = http_exchange_take(&worker->exchanges);

	if (!exchange) {
		connection->broken = true;
		return NULL;
	}
	struct http_request *request = &exchange->request;
	memcpy(request->peer, connection->peer, sizeof request->peer);
	request->tls = connection->tls != NULL;
	request->worker = worker->index;
	request->began_ns = ready_ns(connection);
	request->handle = (struct http_handle){
		(uint32_t)worker->index, connection->slot_number, worker->next_request++};
	exchange->connection = connection;
	connection->reading = exchange;
	connection->restart = true;
	return exchange;
}

static void refuse(struct http_exchange *exchange, enum err err, int status)
{
	struct http_connection *connection = exchange->connection;

	if (!exchange->head_done)
		http_connection_link(connection, exchange);
	http_answer_refuse(exchange, err, status);
}

static void refuse_head(struct http_exchange *exchange)
{
	int status = exchange->parse.status;
	enum err err = status == 414 || status == 431 ? ERR_TOO_LARGE : ERR_BAD_REQUEST;

	/* The head can't be trusted to say what kind of reply the peer expects. */
	exchange->parse.method = HTTP_METHOD_OTHER;
	refuse(exchange, err, status);
}

static void call_request(struct http_exchange *exchange)
{
	struct http_connection *connection = exchange->connection;
	const struct http_handler *handler = &connection->worker->server->handler;

	http_tally_add(&connection->worker->tally.requests);
	exchange->shown = true;
	exchange->in_handler = true;
	handler->on_request(handler->context, &exchange->request);
	http_connection_left_handler(connection, exchange);
}

/* False if the exchange is no more. */
static bool call_stream(struct http_exchange *exchange, struct str piece, bool end, bool gone)
{
	struct http_connection *connection = exchange->connection;
	const struct http_handler *handler = &connection->worker->server->handler;

	if (!exchange->shown)
		http_tally_add(&connection->worker->tally.requests);
	exchange->request.body = piece;
	exchange->shown = !gone;
	exchange->in_handler = true;
	bool go_on = handler->on_stream(handler->context, &exchange->request, end, gone);
	if (http_connection_left_handler(connection, exchange))
		return false;
	exchange->request.body = STR_NONE;
	if (!go_on && !end && !exchange->answered)
		connection->paused = true;
	return true;
}

/* Refused when a handler may have seen a part of it: that one hears first that no more will come. */
static void refuse_body(struct http_exchange *exchange, enum err err, int status)
{
	if (!exchange->shown || call_stream(exchange, STR_NONE, true, true))
		refuse(exchange, err, status);
}

static void complete(struct http_exchange *exchange)
{
	struct http_connection *connection = exchange->connection;

	connection->reading = NULL;
	connection->paused = false;
	exchange->complete = true;
	exchange->wants_continue = false;
	if (!exchange->parse.keep_alive) {
		exchange->close = true;
		connection->stopped = true;
	}
	if (exchange->streamed) {
		call_stream(exchange, STR_NONE, true, false);
		return;
	}
	exchange->request.body = str_n(exchange->content, exchange->content_len);
	call_request(exchange);
}

static void plan(struct http_exchange *exchange)
{
	const struct http_handler *handler = &exchange->connection->worker->server->handler;
	struct http_plan plan = {.body_max = BODY_MAX};

	if (handler->plan)
		plan = handler->plan(handler->context, &exchange->request);
	exchange->streamed = plan.stream && handler->on_stream;
	exchange->body_max = plan.body_max;
	exchange->body_left = exchange->parse.content_length;
	exchange->chunks = http_chunks_start();
}

/* The head is there and kept. `here`: bytes that have come behind it. */
static void on_head(struct http_exchange *exchange, size_t here)
{
	const struct http_parse *parse = &exchange->parse;

	http_exchange_fill(exchange);
	http_connection_link(exchange->connection, exchange);
	plan(exchange);
	if (!exchange->streamed && parse->content_length > exchange->body_max) {
		refuse(exchange, ERR_TOO_LARGE, 0);
		return;
	}
	if (parse->content_length == 0 && !parse->chunked) {
		complete(exchange);
		return;
	}
	if (!exchange->streamed && !parse->chunked &&
		!http_exchange_expect_body(exchange, parse->content_length)) {
		exchange->connection->broken = true;
		return;
	}
	if (parse->expects_continue && here == 0)
		http_answer_continue(exchange);
}

/* Bytes of the head that were not kept yet follow those that were. Returns how many of `bytes` are used up.
 */
static size_t take_head(struct http_connection *connection, struct str bytes)
{
	struct http_exchange *exchange = connection->reading ? connection->reading : start(connection);

	if (!exchange)
		return bytes.len;
	size_t before = exchange->head_len;
	const char *head = bytes.at;
	if (before) {
		if (bytes.len > HTTP_HEAD_MAX - before)
			bytes.len = HTTP_HEAD_MAX - before;
		if (!http_exchange_keep_head(exchange, bytes)) {
			connection->broken = true;
			return bytes.len;
		}
		head = exchange->bytes;
	}
	switch (http_parse_feed(&exchange->parse, head, before, before + bytes.len)) {
	case HTTP_PARSED_BAD:
		refuse_head(exchange);
		return bytes.len;
	case HTTP_PARSED_MORE:
		if (!before && !http_exchange_keep_head(exchange, bytes))
			connection->broken = true;
		return bytes.len;
	case HTTP_PARSED_HEAD:
		break;
	}
	size_t used = exchange->parse.head_len - before;
	if (before) {
		exchange->head_len = exchange->parse.head_len;
	} else if (!http_exchange_keep_head(exchange, str_n(bytes.at, used))) {
		connection->broken = true;
		return bytes.len;
	}
	on_head(exchange, bytes.len - used);
	return used;
}

/* False if the exchange is no more, or refused. */
static bool take_piece(struct http_exchange *exchange, struct str piece)
{
	struct http_connection *connection = exchange->connection;

	if (piece.len == 0)
		return true;
	if (exchange->streamed) {
		connection->stream_bytes += piece.len;
		if (connection->stream_bytes >= STREAM_STEP) {
			connection->stream_bytes = 0;
			connection->restart = true;
		}
		return call_stream(exchange, piece, false, false) && !exchange->answered;
	}
	enum err err = http_exchange_keep_body(exchange, piece);
	if (err == ERR_TOO_LARGE)
		refuse(exchange, err, 0);
	else if (err)
		connection->broken = true;
	return err == ERR_OK;
}

static size_t take_known(struct http_exchange *exchange, struct str bytes)
{
	size_t len = bytes.len < exchange->body_left ? bytes.len : (size_t)exchange->body_left;

	exchange->body_left -= len;
	bool last = exchange->body_left == 0;
	if (take_piece(exchange, str_n(bytes.at, len)) && last)
		complete(exchange);
	return len;
}

static size_t take_chunked(struct http_exchange *exchange, struct str bytes)
{
	struct str piece;
	size_t used = http_chunks_next(&exchange->chunks, bytes, &piece);

	if (!take_piece(exchange, piece))
		return used;
	if (exchange->chunks.state == HTTP_CHUNKS_END)
		complete(exchange);
	else if (exchange->chunks.state == HTTP_CHUNKS_BAD)
		refuse_body(exchange, ERR_BAD_REQUEST, 0);
	return used;
}

/* A streamed body's bytes cost its handler time: no more than a share of them in one turn. */
static struct str share(struct http_connection *connection, struct str bytes)
{
	struct http_worker *worker = connection->worker;
	const struct http_exchange *exchange = connection->reading;

	if (!exchange || !exchange->head_done || !exchange->streamed)
		return bytes;
	if (bytes.len > worker->turn_room)
		bytes.len = worker->turn_room;
	if (bytes.len == 0)
		http_worker_yield(connection);
	return bytes;
}

static size_t take_body(struct http_exchange *exchange, struct str bytes)
{
	struct http_worker *worker = exchange->connection->worker;
	bool streamed = exchange->streamed; /* the exchange may be over when it has had these */
	size_t used = exchange->parse.chunked ? take_chunked(exchange, bytes) : take_known(exchange, bytes);

	if (streamed)
		worker->turn_room -= used;
	return used;
}

static size_t take_some(struct http_connection *connection, struct str bytes)
{
	struct http_exchange *exchange = connection->reading;

	bytes = share(connection, bytes);
	if (bytes.len == 0)
		return 0;
	if (!exchange || !exchange->head_done)
		return take_head(connection, bytes);
	return take_body(exchange, bytes);
}

static struct str take(struct http_connection *connection, struct str bytes)
{
	while (bytes.len && http_reading_can(connection)) {
		size_t used = take_some(connection, bytes);
		bytes = str_n(bytes.at + used, bytes.len - used);
	}
	if (connection->stopped || connection->broken || connection->gone)
		return STR_NONE;
	return bytes;
}

static void leave(struct http_connection *connection, struct str bytes)
{
	if (bytes.len == 0)
		return;
	char *left = realloc(connection->left, connection->left_len + bytes.len);
	if (!left) {
		connection->broken = true;
		return;
	}
	memcpy(left + connection->left_len, bytes.at, bytes.len);
	if (!connection->left_ns)
		connection->left_ns = connection->worker->ready_ns;
	connection->left = left;
	connection->left_len += bytes.len;
}

void http_reading_take(struct http_connection *connection, struct str bytes)
{
	if (connection->left_len == 0)
		bytes = take(connection, bytes);
	leave(connection, bytes);
}

void http_reading_go_on(struct http_connection *connection)
{
	char *left = connection->left;
	struct str bytes = str_n(left, connection->left_len);

	connection->left = NULL;
	connection->left_len = 0;
	leave(connection, take(connection, bytes));
	if (connection->left_len == 0)
		connection->left_ns = 0;
	free(left);
}

void http_reading_cancel(struct http_connection *connection)
{
	struct http_exchange *exchange = connection->reading;

	connection->reading = NULL;
	connection->paused = false;
	connection->stopped = true;
	if (!exchange)
		return;
	if (exchange->shown && !call_stream(exchange, STR_NONE, true, true))
		return;
	http_connection_drop(connection, exchange);
}

void http_reading_timed_out(struct http_connection *connection)
{
	struct http_exchange *exchange = connection->reading;

	ASSERT(exchange);
	if (!exchange->head_done)
		exchange->parse.method = HTTP_METHOD_OTHER;
	refuse_body(exchange, ERR_BAD_REQUEST, 408);
}
