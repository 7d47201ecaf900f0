#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "net/http_answer.h"
#include "net/http_listen.h"
#include "net/http_tls.h"
#include "net/http_worker.h"

#define WORKERS_MAX 256

static void set_default(uint32_t *ms, uint32_t value)
{
	if (*ms == 0)
		*ms = value;
}

static enum err open_workers(struct http_server *server, char ret_error[256])
{
	int fds[WORKERS_MAX];
	enum err err =
		http_listen_open(server->options.listen, server->workers_n, fds, &server->port, ret_error);

	if (err)
		return err;
	for (int i = 0; i < server->workers_n; i++) {
		if (!err)
			err = http_worker_init(&server->workers[i], server, i, fds[i]);
		else
			close(fds[i]);
	}
	if (err)
		snprintf(ret_error, 256, "no memory for the HTTP server");
	return err;
}

enum err http_server_new(const struct http_options *options, const struct http_handler *handler,
	struct http_server **ret_server, char ret_error[256])
{
	int workers = options->workers < 1             ? 1
		      : options->workers > WORKERS_MAX ? WORKERS_MAX
						       : options->workers;
	struct http_server *server = calloc(1, sizeof *server + (size_t)workers * sizeof server->workers[0]);
	enum err err = ERR_OK;

	if (!server) {
		snprintf(ret_error, 256, "no memory for the HTTP server");
		return ERR_INTERNAL;
	}
	/* A peer that has closed is an error of write(), not the end of the process. */
	signal(SIGPIPE, SIG_IGN);
	server->options = *options;
	server->handler = *handler;
	server->workers_n = workers;
	set_default(&server->options.connections_max, UINT32_MAX);
	set_default(&server->options.head_ms, 10000);
	set_default(&server->options.body_ms, 30000);
	set_default(&server->options.idle_ms, 60000);
	set_default(&server->options.write_ms, 30000);
	if (options->certificate)
		err = http_tls_context_new(options->certificate, options->key, &server->tls, ret_error);
	if (!err)
		err = open_workers(server, ret_error);
	if (err) {
		http_server_free(server);
		return err;
	}
	*ret_server = server;
	return ERR_OK;
}

int http_server_port(const struct http_server *server)
{
	return server->port;
}

enum err http_server_start(struct http_server *server)
{
	server->started = true;
	for (int i = 0; i < server->workers_n; i++) {
		enum err err = http_worker_start(&server->workers[i]);
		if (err) {
			http_server_stop(server, 0);
			return err;
		}
	}
	return ERR_OK;
}

enum err http_server_reload(struct http_server *server, char ret_error[256])
{
	return server->tls ? http_tls_context_reload(server->tls, ret_error) : ERR_OK;
}

void http_server_stop(struct http_server *server, uint32_t grace_ms)
{
	if (!server->started || server->stopped)
		return;
	server->stopped = true;
	atomic_store_explicit(&server->drain_ms, grace_ms, memory_order_relaxed);
	atomic_store_explicit(&server->draining, true, memory_order_release);
	for (int i = 0; i < server->workers_n; i++)
		if (server->workers[i].has_thread)
			uv_async_send(&server->workers[i].wake);
	for (int i = 0; i < server->workers_n; i++)
		http_worker_join(&server->workers[i]);
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	http_server_stop(server, 0);
	for (int i = 0; i < server->workers_n; i++)
		http_worker_done(&server->workers[i]);
	http_tls_context_free(server->tls);
	free(server);
}

struct http_counts http_server_counts(const struct http_server *server)
{
	struct http_counts counts = {
		.connections = atomic_load_explicit(&server->connections, memory_order_relaxed)};

	for (int i = 0; i < server->workers_n; i++) {
		const struct http_tally *tally = &server->workers[i].tally;
		counts.accepted += atomic_load_explicit(&tally->accepted, memory_order_relaxed);
		counts.refused_full += atomic_load_explicit(&tally->refused_full, memory_order_relaxed);
		counts.requests += atomic_load_explicit(&tally->requests, memory_order_relaxed);
		counts.bad_requests += atomic_load_explicit(&tally->bad_requests, memory_order_relaxed);
		counts.timeouts += atomic_load_explicit(&tally->timeouts, memory_order_relaxed);
	}
	return counts;
}

struct str http_header_of(const struct http_request *request, const char *name)
{
	struct str wanted = str_of(name);

	for (int i = 0; i < request->headers_n; i++)
		if (str_equal_nocase(request->headers[i].name, wanted))
			return request->headers[i].value;
	return STR_NONE;
}

void http_reply(struct http_request *request, const struct http_reply *reply)
{
	struct http_exchange *exchange =
		(struct http_exchange *)((char *)request - offsetof(struct http_exchange, request));

	ASSERT(exchange->shown || exchange->in_handler);
	http_answer_give(exchange, reply);
}

/* ---- from any thread ---- */

static struct http_worker *worker_of(struct http_server *server, struct http_handle handle)
{
	ASSERT(handle.worker < (uint32_t)server->workers_n);
	return &server->workers[handle.worker];
}

static void lose(struct http_worker *worker, struct http_handle handle)
{
	struct http_lost *lost = &worker->lost;

	pthread_mutex_lock(&lost->lock);
	if (lost->n < HTTP_LOST_MAX)
		lost->at[lost->n] = handle;
	if (lost->n <= HTTP_LOST_MAX)
		lost->n++;
	pthread_mutex_unlock(&lost->lock);
	atomic_store_explicit(&lost->any, true, memory_order_release);
}

static bool send_message(struct http_server *server, enum http_message_kind kind, struct http_handle handle,
	const struct http_reply *reply)
{
	struct http_worker *worker = worker_of(server, handle);
	struct http_message *message = http_message_new(kind, handle, reply);

	if (message)
		http_mailbox_put(&worker->mailbox, message);
	else
		lose(worker, handle);
	return message != NULL;
}

void http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply)
{
	send_message(server, HTTP_MESSAGE_REPLY, handle, reply);
}

void http_resume_from(struct http_server *server, struct http_handle handle)
{
	send_message(server, HTTP_MESSAGE_RESUME, handle, &(struct http_reply){0});
}

void http_reply_begin(struct http_server *server, struct http_handle handle, const struct http_reply *head)
{
	send_message(server, HTTP_MESSAGE_BEGIN, handle, head);
}

bool http_reply_chunk(struct http_server *server, struct http_handle handle, struct str bytes)
{
	struct http_slot *slot = http_slots_of(&worker_of(server, handle)->slots, handle.connection);

	ASSERT(slot);
	if (atomic_load_explicit(&slot->first, memory_order_acquire) > handle.request)
		return false;
	size_t before = atomic_fetch_add_explicit(&slot->queued, bytes.len, memory_order_relaxed) +
			atomic_load_explicit(&slot->unwritten, memory_order_relaxed);
	if (before <= HTTP_UNREAD_MAX &&
		send_message(server, HTTP_MESSAGE_CHUNK, handle, &(struct http_reply){.body = bytes}))
		return true;
	atomic_fetch_sub_explicit(&slot->queued, bytes.len, memory_order_relaxed);
	return false;
}

void http_reply_end(struct http_server *server, struct http_handle handle)
{
	send_message(server, HTTP_MESSAGE_END, handle, &(struct http_reply){0});
}

void http_wake(struct http_server *server)
{
	for (int i = 0; i < server->workers_n; i++) {
		struct http_worker *worker = &server->workers[i];
		if (!http_mailbox_is_empty(&worker->mailbox) ||
			atomic_load_explicit(&worker->lost.any, memory_order_relaxed))
			uv_async_send(&worker->wake);
	}
}
