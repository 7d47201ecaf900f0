#include "net/http_accept.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/http_connection.h"

static void read_peer(struct http_connection *connection)
{
	struct sockaddr_storage address;
	int len = sizeof address;

	if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&address, &len) != 0)
		return;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address;
	if (address.ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)&address)->sin_addr, connection->peer,
			sizeof connection->peer);
	else if (address.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, connection->peer, sizeof connection->peer);
	else if (address.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, connection->peer, sizeof connection->peer);
}

static bool make_room(struct http_worker *worker)
{
	uint32_t open = atomic_load_explicit(&worker->server->connections, memory_order_relaxed);

	if (open <= worker->server->options.connections_max)
		return true;
	struct http_deadline *oldest = http_deadline_oldest(&worker->deadlines, HTTP_WAIT_IDLE);
	if (!oldest)
		return false;
	http_connection_abort(
		(struct http_connection *)((char *)oldest - offsetof(struct http_connection, read_deadline)));
	return true;
}

static void on_refused(uv_handle_t *handle)
{
	struct http_worker *worker = handle->data;

	worker->refusing = false;
	if (!worker->another_waits)
		return;
	worker->another_waits = false;
	http_accept(worker);
}

/* libuv stops listening while a connection waits to be taken, so one that we have no memory for must be
 * taken too, into a socket of the worker's own. It is free again when the close is through. */
static void refuse(struct http_worker *worker)
{
	if (worker->refusing) {
		worker->another_waits = true;
		return;
	}
	http_tally_add(&worker->tally.refused_full);
	if (uv_tcp_init(&worker->loop, &worker->refused) != 0)
		return;
	worker->refusing = true;
	worker->refused.data = worker;
	uv_accept((uv_stream_t *)&worker->listener, (uv_stream_t *)&worker->refused);
	uv_close((uv_handle_t *)&worker->refused, on_refused);
}

void http_accept(struct http_worker *worker)
{
	struct http_connection *connection;

	if (worker->draining)
		return;
	connection = http_connection_new(worker);
	if (!connection) {
		refuse(worker);
		return;
	}
	if (uv_accept((uv_stream_t *)&worker->listener, (uv_stream_t *)&connection->tcp) != 0) {
		http_connection_abort(connection);
	} else if (!make_room(worker)) {
		http_tally_add(&worker->tally.refused_full);
		http_connection_abort(connection);
	} else {
		http_tally_add(&worker->tally.accepted);
		read_peer(connection);
		http_connection_open(connection);
	}
}
