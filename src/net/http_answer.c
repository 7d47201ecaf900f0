#include "net/http_answer.h"

#include "base/check.h"
#include "net/http_output.h"

static bool is_turn(const struct http_exchange *exchange)
{
	return exchange->connection->first == exchange;
}

/* A reply without memory for it can't be given: the connection ends. */
static char *room(struct http_exchange *exchange, size_t len)
{
	struct http_connection *connection = exchange->connection;
	char *at = is_turn(exchange) ? http_output_room(connection, len) : buf_room(&exchange->held, len);

	if (!at)
		connection->broken = true;
	return at;
}

static void took(struct http_exchange *exchange, size_t len)
{
	if (is_turn(exchange)) {
		http_output_took(exchange->connection, len);
	} else {
		buf_took(&exchange->held, len);
		exchange->connection->held += len;
	}
}

static void put(struct http_exchange *exchange, struct str bytes)
{
	struct http_connection *connection = exchange->connection;

	if (is_turn(exchange)) {
		http_output_put(connection, bytes);
		return;
	}
	buf_str(&exchange->held, bytes);
	if (buf_ok(&exchange->held))
		connection->held += bytes.len;
	else
		connection->broken = true;
}

static void put_head(struct http_exchange *exchange, const struct http_reply *reply, enum http_length length)
{
	struct http_reply_form form = {
		.length = length,
		.close = exchange->close,
		.keep_alive = exchange->parse.http10 && !exchange->close,
		.date = http_worker_date(exchange->connection->worker),
	};
	char *at = room(exchange, http_reply_head_size(reply));

	if (at)
		took(exchange, http_reply_head(reply, &form, at));
}

static bool sends_body(const struct http_exchange *exchange)
{
	return exchange->parse.method != HTTP_METHOD_HEAD && http_reply_has_body(exchange->status);
}

/* Whether the connection goes on after this reply is settled before its head is written. A reply that
 * comes before the request's end would leave the rest of the request to be taken for the next one. */
static void decide_close(struct http_exchange *exchange, bool asked)
{
	struct http_connection *connection = exchange->connection;
	bool last = connection->last == exchange && (!connection->reading || connection->reading == exchange);

	if (asked || !exchange->complete || (connection->worker->draining && last))
		exchange->close = true;
	if (!exchange->close)
		return;
	connection->stopped = true;
	if (connection->reading == exchange)
		connection->reading = NULL;
}

static void report(struct http_exchange *exchange)
{
	const struct http_handler *handler = &exchange->connection->worker->server->handler;

	if (handler->on_done)
		handler->on_done(handler->context, exchange->connection->worker->index, exchange->status,
			uv_hrtime() - exchange->request.began_ns);
}

/* The front exchange's reply is all in the output: the next one has its turn. */
static void advance(struct http_connection *connection)
{
	struct http_exchange *exchange;

	while ((exchange = connection->first)) {
		if (exchange->held.len) {
			http_output_put(connection, buf_text(&exchange->held));
			connection->held -= exchange->held.len;
			buf_reset(&exchange->held);
		}
		if (!exchange->answered) {
			if (exchange->wants_continue)
				http_answer_continue(exchange);
			return;
		}
		report(exchange);
		connection->finishing = exchange->close;
		http_connection_drop(connection, exchange);
		if (connection->finishing)
			return;
	}
}

/* False when nobody is there to hear it. */
static bool can_answer(struct http_exchange *exchange)
{
	struct http_connection *connection = exchange->connection;

	exchange->shown = false;
	if (!connection->gone && !connection->finishing) {
		http_connection_touch(connection);
		return true;
	}
	http_connection_drop(connection, exchange);
	return false;
}

static const struct http_reply *sound(
	const struct http_reply *reply, struct http_reply *ret_other, char array[256])
{
	if (http_reply_is_sound(reply))
		return reply;
	*ret_other = http_reply_problem(ERR_INTERNAL, 0, array);
	return ret_other;
}

void http_answer_give(struct http_exchange *exchange, const struct http_reply *reply)
{
	struct http_connection *connection = exchange->connection;
	struct http_reply other;
	char array[256];

	if (!can_answer(exchange))
		return;
	reply = sound(reply, &other, array);
	exchange->status = reply->status;
	decide_close(exchange, reply->close);
	put_head(exchange, reply, HTTP_LENGTH_BODY);
	if (sends_body(exchange))
		put(exchange, reply->body);
	exchange->answered = true;
	if (is_turn(exchange))
		advance(connection);
}

void http_answer_refuse(struct http_exchange *exchange, enum err err, int status)
{
	char array[256];
	struct http_reply reply = http_reply_problem(err, status, array);

	reply.close = true;
	http_tally_add(&exchange->connection->worker->tally.bad_requests);
	http_answer_give(exchange, &reply);
}

void http_answer_begin(struct http_exchange *exchange, const struct http_reply *head)
{
	struct http_reply other;
	char array[256];

	if (!can_answer(exchange))
		return;
	head = sound(head, &other, array);
	exchange->status = head->status;
	exchange->began = true;
	exchange->chunked_reply = !exchange->parse.http10;
	decide_close(exchange, head->close || !exchange->chunked_reply);
	put_head(exchange, head, exchange->chunked_reply ? HTTP_LENGTH_CHUNKED : HTTP_LENGTH_CLOSE);
	http_answer_chunk(exchange, head->body);
}

void http_answer_chunk(struct http_exchange *exchange, struct str bytes)
{
	char line[HTTP_CHUNK_FRAME];

	if (bytes.len == 0 || !sends_body(exchange))
		return;
	if (exchange->chunked_reply)
		put(exchange, str_n(line, http_reply_chunk_line(bytes.len, line)));
	put(exchange, bytes);
	if (exchange->chunked_reply)
		put(exchange, STR("\r\n"));
	http_connection_touch(exchange->connection);
}

void http_answer_end(struct http_exchange *exchange)
{
	struct http_connection *connection = exchange->connection;

	if (exchange->chunked_reply && sends_body(exchange))
		put(exchange, STR("0\r\n\r\n"));
	exchange->answered = true;
	http_connection_touch(connection);
	if (is_turn(exchange))
		advance(connection);
}

void http_answer_continue(struct http_exchange *exchange)
{
	exchange->wants_continue = !is_turn(exchange);
	if (!exchange->wants_continue && !exchange->complete)
		http_output_put(exchange->connection, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

static struct http_exchange *find(struct http_connection *connection, uint64_t request)
{
	struct http_exchange *exchange = connection ? connection->first : NULL;

	while (exchange && exchange->request.handle.request != request)
		exchange = exchange->next;
	return exchange;
}

static void resume(struct http_connection *connection, struct http_exchange *exchange)
{
	if (connection->reading != exchange)
		return;
	connection->paused = false;
	http_connection_touch(connection);
}

static void apply(struct http_worker *worker, const struct http_message *message)
{
	struct http_slot *slot = http_slots_of(&worker->slots, message->handle.connection);

	ASSERT(slot);
	if (message->kind == HTTP_MESSAGE_CHUNK)
		atomic_fetch_sub_explicit(&slot->queued, message->reply.body.len, memory_order_relaxed);
	struct http_exchange *exchange = find(slot->connection, message->handle.request);
	if (!exchange || exchange->answered)
		return;
	switch (message->kind) {
	case HTTP_MESSAGE_REPLY:
		if (!exchange->began)
			http_answer_give(exchange, &message->reply);
		break;
	case HTTP_MESSAGE_BEGIN:
		if (!exchange->began)
			http_answer_begin(exchange, &message->reply);
		break;
	case HTTP_MESSAGE_CHUNK:
		if (exchange->began)
			http_answer_chunk(exchange, message->reply.body);
		break;
	case HTTP_MESSAGE_END:
		if (exchange->began)
			http_answer_end(exchange);
		break;
	case HTTP_MESSAGE_RESUME:
		resume(slot->connection, exchange);
		break;
	}
}

static void end_lost_one(struct http_worker *worker, struct http_handle handle)
{
	struct http_slot *slot = http_slots_of(&worker->slots, handle.connection);
	struct http_connection *connection = slot->connection;

	if (!find(connection, handle.request))
		return;
	http_connection_abort(connection);
	struct http_exchange *exchange = find(connection, handle.request);
	if (exchange)
		http_connection_drop(connection, exchange);
}

static void end_lost(struct http_worker *worker)
{
	struct http_lost *lost = &worker->lost;
	struct http_handle at[HTTP_LOST_MAX];

	pthread_mutex_lock(&lost->lock);
	uint32_t n = lost->n;
	memcpy(at, lost->at, sizeof at);
	lost->n = 0;
	pthread_mutex_unlock(&lost->lock);
	for (uint32_t i = 0; i < n && i < HTTP_LOST_MAX; i++)
		end_lost_one(worker, at[i]);
	if (n > HTTP_LOST_MAX)
		http_connection_abort_all(worker);
}

void http_answer_mail(struct http_worker *worker)
{
	struct http_message *message = http_mailbox_take(&worker->mailbox);

	while (message) {
		struct http_message *next = message->next;
		apply(worker, message);
		http_message_free(message);
		message = next;
	}
	if (atomic_exchange_explicit(&worker->lost.any, false, memory_order_acquire))
		end_lost(worker);
}
