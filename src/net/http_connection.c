#include "net/http_connection.h"

#include <stdlib.h>

#include "base/check.h"
#include "net/http_output.h"
#include "net/http_reading.h"
#include "net/http_tls.h"

static void list_add(struct http_connection **list, struct http_connection *connection)
{
	connection->prev = NULL;
	connection->next = *list;
	if (*list)
		(*list)->prev = connection;
	*list = connection;
}

static void list_take(struct http_connection **list, struct http_connection *connection)
{
	*(connection->prev ? &connection->prev->next : list) = connection->next;
	if (connection->next)
		connection->next->prev = connection->prev;
}

/* ---- exchanges ---- */

void http_connection_link(struct http_connection *connection, struct http_exchange *exchange)
{
	exchange->head_done = true;
	exchange->next = NULL;
	buf_init(&exchange->held, SIZE_MAX / 4);
	if (connection->last)
		connection->last->next = exchange;
	else
		connection->first = exchange;
	connection->last = exchange;
	connection->exchanges_n++;
}

static void unlink_exchange(struct http_connection *connection, struct http_exchange *exchange)
{
	struct http_exchange **at = &connection->first, *before = NULL;

	while (*at != exchange) {
		ASSERT(*at);
		before = *at;
		at = &before->next;
	}
	*at = exchange->next;
	if (connection->last == exchange)
		connection->last = before;
	connection->exchanges_n--;
	connection->held -= exchange->held.len;
	exchange->head_done = false;
}

/* The socket is closed and no handler has anything of it: nobody can come back to it. */
static void free_if_over(struct http_connection *connection)
{
	if (!connection->closed || connection->first)
		return;
	list_take(&connection->worker->ghosts, connection);
	http_slots_give(&connection->worker->slots, connection->slot_number);
	free(connection);
}

void http_connection_drop(struct http_connection *connection, struct http_exchange *exchange)
{
	if (exchange->head_done)
		unlink_exchange(connection, exchange);
	if (connection->reading == exchange)
		connection->reading = NULL;
	exchange->answered = true;
	if (exchange->in_handler)
		return;
	http_exchange_give(&connection->worker->exchanges, exchange);
	free_if_over(connection);
}

bool http_connection_left_handler(struct http_connection *connection, struct http_exchange *exchange)
{
	exchange->in_handler = false;
	if (exchange->head_done)
		return false;
	http_exchange_give(&connection->worker->exchanges, exchange);
	free_if_over(connection);
	return true;
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct http_connection *connection = handle->data;

	connection->closed = true;
	list_take(&connection->worker->connections, connection);
	list_add(&connection->worker->ghosts, connection);
	free_if_over(connection);
}

/* What nobody will answer any more goes; what a handler has seen stays until it answers. */
static void drop_unseen(struct http_connection *connection)
{
	struct http_exchange *exchange = connection->first;

	while (exchange) {
		struct http_exchange *next = exchange->next;
		if (!exchange->shown)
			http_connection_drop(connection, exchange);
		exchange = next;
	}
}

void http_connection_abort(struct http_connection *connection)
{
	struct http_worker *worker = connection->worker;

	if (connection->gone)
		return;
	connection->gone = true;
	http_worker_unyield(connection);
	atomic_store_explicit(&connection->slot->first, UINT64_MAX, memory_order_release);
	if (worker->corked == connection) {
		worker->corked = NULL;
		worker->cork_len = 0;
	}
	http_reading_cancel(connection);
	drop_unseen(connection);
	http_deadline_set(&worker->deadlines, &connection->read_deadline, HTTP_WAIT_NONE, 0);
	http_deadline_set(&worker->deadlines, &connection->write_deadline, HTTP_WAIT_NONE, 0);
	free(connection->left);
	connection->left = NULL;
	connection->left_len = 0;
	http_tls_free(connection->tls);
	connection->tls = NULL;
	atomic_fetch_sub_explicit(&worker->server->connections, 1, memory_order_relaxed);
	uv_close((uv_handle_t *)&connection->tcp, on_closed);
}

static void on_shut_down(uv_shutdown_t *request, int status)
{
	struct http_connection *connection = request->data;

	if (status < 0 && status != UV_ECANCELED)
		http_connection_abort(connection);
}

/* Closing while the peer's bytes are unread would reset the connection and could take the reply with it. */
static void linger(struct http_connection *connection)
{
	connection->lingering = true;
	connection->stopped = true;
	if (connection->tls) {
		http_tls_end(connection->tls);
		http_output_flush_tls(connection);
	}
	connection->shutdown.data = connection;
	if (connection->ended || connection->broken ||
		uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shut_down) != 0)
		http_connection_abort(connection);
}

/* ---- reading ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	struct http_connection *connection = handle->data;

	(void)suggested;
	*ret_buf = uv_buf_init(connection->worker->input, HTTP_BUFFER_SIZE);
}

static void take_sealed(struct http_connection *connection, struct str bytes)
{
	char *plain = connection->worker->plain;
	size_t len;

	if (!http_tls_feed(connection->tls, bytes)) {
		connection->broken = true;
		return;
	}
	enum http_tls_read read;
	while ((read = http_tls_read(connection->tls, plain, HTTP_BUFFER_SIZE, &len)) == HTTP_TLS_BYTES)
		if (!connection->lingering)
			http_reading_take(connection, str_n(plain, len));
	http_output_flush_tls(connection);
	if (read == HTTP_TLS_BROKEN)
		connection->broken = true;
	else if (read == HTTP_TLS_END)
		connection->ended = true;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct http_connection *connection = stream->data;
	struct http_worker *worker = connection->worker;

	if (n == 0)
		return;
	http_worker_polled(worker);
	worker->busy = true;
	http_connection_touch(connection);
	if (n == UV_EOF)
		connection->ended = true;
	else if (n < 0)
		connection->broken = true;
	else if (connection->tls)
		take_sealed(connection, str_n(buf->base, (size_t)n));
	else if (!connection->lingering)
		http_reading_take(connection, str_n(buf->base, (size_t)n));
	http_connection_settle_all(worker);
}

/* ---- settling ---- */

void http_connection_touch(struct http_connection *connection)
{
	if (connection->dirty || connection->gone)
		return;
	connection->dirty = true;
	connection->dirty_next = connection->worker->dirty;
	connection->worker->dirty = connection;
}

static void settle_socket(struct http_connection *connection)
{
	bool want = !connection->ended && (connection->lingering || http_reading_can(connection));

	if (want == connection->socket_reads)
		return;
	connection->socket_reads = want;
	if (!want)
		uv_read_stop((uv_stream_t *)&connection->tcp);
	else if (uv_read_start((uv_stream_t *)&connection->tcp, on_room, on_read) != 0)
		http_connection_abort(connection);
}

static enum http_wait awaited(const struct http_connection *connection)
{
	if (connection->lingering)
		return HTTP_WAIT_LINGER;
	if (connection->tls && !http_tls_is_ready(connection->tls))
		return HTTP_WAIT_HEAD;
	if (!connection->reading)
		return connection->exchanges_n || connection->unread ? HTTP_WAIT_NONE : HTTP_WAIT_IDLE;
	if (!connection->yielded && !http_reading_can(connection))
		return HTTP_WAIT_NONE;
	return connection->reading->head_done ? HTTP_WAIT_BODY : HTTP_WAIT_HEAD;
}

static void set_deadline(
	struct http_connection *connection, struct http_deadline *deadline, enum http_wait wait)
{
	struct http_worker *worker = connection->worker;

	http_deadline_set(&worker->deadlines, deadline, wait, uv_now(&worker->loop));
	if (wait != HTTP_WAIT_NONE)
		http_worker_arm(worker, deadline->at_ms);
}

static void settle_deadlines(struct http_connection *connection)
{
	enum http_wait wait = awaited(connection);

	if (wait != connection->read_deadline.wait || wait == HTTP_WAIT_IDLE || connection->restart)
		set_deadline(connection, &connection->read_deadline, wait);
	connection->restart = false;
	wait = connection->unread ? HTTP_WAIT_WRITE : HTTP_WAIT_NONE;
	if (wait != connection->write_deadline.wait || connection->wrote)
		set_deadline(connection, &connection->write_deadline, wait);
	connection->wrote = false;
}

static bool is_idle(const struct http_connection *connection)
{
	return !connection->exchanges_n && !connection->reading && !connection->unread &&
	       !connection->left_len;
}

static void settle(struct http_connection *connection)
{
	for (;;) {
		http_output_flush(connection);
		if (connection->broken) {
			http_connection_abort(connection);
			return;
		}
		if (connection->left_len == 0 || !http_reading_can(connection))
			break;
		http_reading_go_on(connection);
	}
	/* A peer that has shut down its side still reads the replies to what it sent whole. */
	if (connection->ended && connection->left_len == 0)
		http_reading_cancel(connection);
	bool draining = connection->worker->draining && !connection->finishing;
	if ((is_idle(connection) && (connection->ended || draining)) ||
		(connection->lingering && connection->ended)) {
		http_connection_abort(connection);
		return;
	}
	if (connection->finishing && connection->unread == 0 && !connection->lingering)
		linger(connection);
	if (connection->gone)
		return;
	atomic_store_explicit(
		&connection->slot->unwritten, connection->unread + connection->held, memory_order_relaxed);
	settle_socket(connection);
	if (!connection->gone)
		settle_deadlines(connection);
}

void http_connection_settle_all(struct http_worker *worker)
{
	struct http_connection *connection;

	while ((connection = worker->dirty)) {
		worker->dirty = connection->dirty_next;
		connection->dirty = false;
		if (!connection->gone)
			settle(connection);
	}
}

void http_connection_expired(struct http_worker *worker, struct http_deadline *deadline, enum http_wait wait)
{
	bool writes = wait == HTTP_WAIT_WRITE;
	size_t offset = writes ? offsetof(struct http_connection, write_deadline)
			       : offsetof(struct http_connection, read_deadline);
	struct http_connection *connection = (struct http_connection *)((char *)deadline - offset);

	worker->busy = true;
	if (wait == HTTP_WAIT_HEAD || wait == HTTP_WAIT_BODY || writes)
		http_tally_add(&worker->tally.timeouts);
	if ((wait == HTTP_WAIT_HEAD || wait == HTTP_WAIT_BODY) && connection->reading) {
		http_connection_touch(connection);
		http_reading_timed_out(connection);
	} else {
		http_connection_abort(connection);
	}
}

/* ---- the beginning ---- */

struct http_connection *http_connection_new(struct http_worker *worker)
{
	struct http_connection *connection = calloc(1, sizeof *connection);

	if (!connection)
		return NULL;
	connection->worker = worker;
	connection->slot_number = http_slots_take(&worker->slots);
	if (connection->slot_number == HTTP_SLOTS_NONE || uv_tcp_init(&worker->loop, &connection->tcp) != 0) {
		if (connection->slot_number != HTTP_SLOTS_NONE)
			http_slots_give(&worker->slots, connection->slot_number);
		free(connection);
		return NULL;
	}
	connection->slot = http_slots_of(&worker->slots, connection->slot_number);
	connection->slot->connection = connection;
	atomic_store_explicit(&connection->slot->unwritten, 0, memory_order_relaxed);
	connection->tcp.data = connection;
	list_add(&worker->connections, connection);
	atomic_fetch_add_explicit(&worker->server->connections, 1, memory_order_relaxed);
	return connection;
}

void http_connection_open(struct http_connection *connection)
{
	struct http_worker *worker = connection->worker;

	atomic_store_explicit(&connection->slot->first, worker->next_request, memory_order_release);
	connection->opened_ns = worker->polled_ns;
	connection->opened_ready_ns = worker->ready_ns;
	uv_tcp_nodelay(&connection->tcp, 1);
	if (worker->server->tls && !(connection->tls = http_tls_new(worker->server->tls)))
		connection->broken = true;
	http_connection_touch(connection);
	http_connection_settle_all(worker);
}

void http_connection_abort_all(struct http_worker *worker)
{
	for (struct http_connection *connection = worker->connections; connection;
		connection = connection->next)
		http_connection_abort(connection);
}

void http_connection_free_ghosts(struct http_worker *worker)
{
	struct http_connection *connection;

	while ((connection = worker->ghosts)) {
		while (connection->first->next)
			http_connection_drop(connection, connection->first);
		http_connection_drop(connection, connection->first);
	}
}
