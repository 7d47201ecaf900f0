#include "net/http_output.h"

#include <stdlib.h>

#include "base/check.h"
#include "net/http_tls.h"

struct pending {
	uv_write_t write;
	struct http_connection *connection;
	size_t len;
	char bytes[];
};

static void on_written(uv_write_t *write, int status)
{
	struct pending *pending = (struct pending *)write;
	struct http_connection *connection = pending->connection;

	connection->unread -= pending->len;
	free(pending);
	connection->worker->busy = true;
	connection->wrote = true;
	if (status < 0)
		connection->broken = true;
	http_connection_touch(connection);
	http_connection_settle_all(connection->worker);
}

static void leave_to_loop(struct http_connection *connection, struct str bytes)
{
	struct pending *pending = malloc(sizeof *pending + bytes.len);

	if (!pending) {
		connection->broken = true;
		return;
	}
	pending->connection = connection;
	pending->len = bytes.len;
	memcpy(pending->bytes, bytes.at, bytes.len);
	uv_buf_t buf = uv_buf_init(pending->bytes, (unsigned)bytes.len);
	if (uv_write(&pending->write, (uv_stream_t *)&connection->tcp, &buf, 1, on_written) != 0) {
		free(pending);
		connection->broken = true;
		return;
	}
	connection->unread += bytes.len;
}

static void write_raw(struct http_connection *connection, struct str bytes)
{
	if (bytes.len == 0 || connection->broken)
		return;
	if (connection->unread == 0) {
		uv_buf_t buf = uv_buf_init((char *)bytes.at, (unsigned)bytes.len);
		int n = uv_try_write((uv_stream_t *)&connection->tcp, &buf, 1);
		if (n < 0 && n != UV_EAGAIN) {
			connection->broken = true;
			return;
		}
		if (n > 0)
			bytes = str_n(bytes.at + n, bytes.len - (size_t)n);
	}
	if (bytes.len)
		leave_to_loop(connection, bytes);
}

void http_output_flush_tls(struct http_connection *connection)
{
	struct str sealed = http_tls_output(connection->tls);

	write_raw(connection, sealed);
	http_tls_output_taken(connection->tls);
}

static void write_now(struct http_connection *connection, struct str bytes)
{
	if (bytes.len == 0 || connection->broken || connection->gone)
		return;
	if (!connection->tls) {
		write_raw(connection, bytes);
		return;
	}
	if (!http_tls_write(connection->tls, bytes)) {
		connection->broken = true;
		return;
	}
	http_output_flush_tls(connection);
}

void http_output_flush(struct http_connection *connection)
{
	struct http_worker *worker = connection->worker;

	if (worker->corked != connection)
		return;
	struct str bytes = str_n(worker->cork, worker->cork_len);
	worker->corked = NULL;
	worker->cork_len = 0;
	write_now(connection, bytes);
}

char *http_output_room(struct http_connection *connection, size_t len)
{
	struct http_worker *worker = connection->worker;

	if (worker->corked != connection) {
		if (worker->corked)
			http_output_flush(worker->corked);
		worker->corked = connection;
		http_connection_touch(connection);
	}
	if (len > HTTP_BUFFER_SIZE - worker->cork_len) {
		http_output_flush(connection);
		worker->corked = connection;
	}
	return len <= HTTP_BUFFER_SIZE ? worker->cork + worker->cork_len : NULL;
}

void http_output_took(struct http_connection *connection, size_t len)
{
	struct http_worker *worker = connection->worker;

	ASSERT(worker->corked == connection && len <= HTTP_BUFFER_SIZE - worker->cork_len);
	worker->cork_len += len;
}

void http_output_put(struct http_connection *connection, struct str bytes)
{
	if (bytes.len == 0)
		return;
	char *room = http_output_room(connection, bytes.len);
	if (room) {
		memcpy(room, bytes.at, bytes.len);
		http_output_took(connection, bytes.len);
	} else {
		write_now(connection, bytes);
	}
}
