#include "net/http_worker.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "net/http_accept.h"
#include "net/http_answer.h"
#include "net/http_connection.h"

static void flush_busy(struct http_worker *worker)
{
	const struct http_handler *handler = &worker->server->handler;

	if (!worker->busy)
		return;
	worker->busy = false;
	if (handler->on_worker)
		handler->on_worker(handler->context, worker->index);
	http_connection_settle_all(worker);
}

/* The loop is left, not closed: other threads may still wake it until the server is freed. */
static void stop_if_drained(struct http_worker *worker)
{
	if (worker->draining && !worker->connections)
		uv_stop(&worker->loop);
}

/* A wait shorter than this did not wait: what it brought may have been there since the one before. */
#define NO_WAIT_NS 100000

void http_worker_polled(struct http_worker *worker)
{
	if (worker->polled_ns)
		return;
	worker->polled_ns = uv_hrtime();
	bool waited = worker->polled_ns - worker->waiting_ns > NO_WAIT_NS;
	worker->ready_ns = waited || !worker->before_ns ? worker->polled_ns : worker->before_ns;
}

static void begin_turn(struct http_worker *worker)
{
	worker->before_ns = worker->polled_ns ? worker->polled_ns : worker->waiting_ns;
	worker->polled_ns = 0;
	worker->waiting_ns = uv_hrtime();
}

/* --- streamed bodies take turns: else a long one would hold up whoever asks where a call goes --- */

void http_worker_yield(struct http_connection *connection)
{
	struct http_worker *worker = connection->worker;

	connection->yielded = true;
	connection->yielded_next = NULL;
	*(worker->yielded ? &worker->yielded_last->yielded_next : &worker->yielded) = connection;
	worker->yielded_last = connection;
}

void http_worker_unyield(struct http_connection *connection)
{
	struct http_worker *worker = connection->worker;
	struct http_connection **at = &worker->yielded, *before = NULL;

	if (!connection->yielded)
		return;
	while (*at != connection) {
		before = *at;
		at = &before->yielded_next;
	}
	*at = connection->yielded_next;
	if (worker->yielded_last == connection)
		worker->yielded_last = before;
	connection->yielded = false;
}

/* Between two of these the loop looks at every socket. */
static void on_again(uv_idle_t *idle)
{
	struct http_worker *worker = idle->data;

	worker->turn_room = HTTP_TURN_MAX;
	while (worker->yielded && worker->turn_room) {
		struct http_connection *connection = worker->yielded;
		http_worker_unyield(connection);
		http_connection_touch(connection);
		worker->busy = true;
		http_connection_settle_all(worker);
	}
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct http_worker *worker = prepare->data;

	if (!worker->yielded) {
		worker->turn_room = HTTP_TURN_MAX;
		uv_idle_stop(&worker->again);
	} else {
		uv_idle_start(&worker->again, on_again);
	}
	begin_turn(worker);
	flush_busy(worker);
	stop_if_drained(worker);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct http_worker *worker = stream->data;

	if (status != 0)
		return;
	http_worker_polled(worker);
	worker->busy = true;
	http_accept(worker);
}

static void on_grace_over(uv_timer_t *timer)
{
	http_connection_abort_all(timer->data);
}

static void begin_drain(struct http_worker *worker)
{
	worker->draining = true;
	uv_close((uv_handle_t *)&worker->listener, NULL);
	uv_timer_start(&worker->grace, on_grace_over,
		atomic_load_explicit(&worker->server->drain_ms, memory_order_relaxed), 0);
	for (struct http_connection *connection = worker->connections; connection;
		connection = connection->next)
		http_connection_touch(connection);
}

static void on_wake(uv_async_t *async)
{
	struct http_worker *worker = async->data;

	http_worker_polled(worker);
	worker->busy = true;
	if (!worker->draining && atomic_load_explicit(&worker->server->draining, memory_order_acquire))
		begin_drain(worker);
	http_answer_mail(worker);
	http_connection_settle_all(worker);
}

static void on_tick(uv_timer_t *timer)
{
	struct http_worker *worker = timer->data;
	struct http_deadline *deadline;
	enum http_wait wait;

	worker->armed_ms = UINT64_MAX;
	while ((deadline = http_deadline_due(&worker->deadlines, uv_now(&worker->loop), &wait)))
		http_connection_expired(worker, deadline, wait);
	http_connection_settle_all(worker);
	uint64_t next = http_deadline_next(&worker->deadlines);
	if (next != UINT64_MAX)
		http_worker_arm(worker, next);
}

void http_worker_arm(struct http_worker *worker, uint64_t at_ms)
{
	if (at_ms >= worker->armed_ms)
		return;
	uint64_t now = uv_now(&worker->loop);
	worker->armed_ms = at_ms;
	uv_timer_start(&worker->tick, on_tick, at_ms > now ? at_ms - now : 0, 0);
}

const char *http_worker_date(struct http_worker *worker)
{
	int64_t now = (int64_t)time(NULL);

	if (now != worker->date_s) {
		worker->date_s = now;
		http_reply_date(now, worker->date);
	}
	return worker->date;
}

static void set_lengths(struct http_worker *worker)
{
	const struct http_options *options = &worker->server->options;

	worker->deadlines.length_ms[HTTP_WAIT_IDLE] = options->idle_ms;
	worker->deadlines.length_ms[HTTP_WAIT_HEAD] = options->head_ms;
	worker->deadlines.length_ms[HTTP_WAIT_BODY] = options->body_ms;
	worker->deadlines.length_ms[HTTP_WAIT_WRITE] = options->write_ms;
	worker->deadlines.length_ms[HTTP_WAIT_LINGER] = 1000;
}

enum err http_worker_init(struct http_worker *worker, struct http_server *server, int index, int fd)
{
	worker->server = server;
	worker->index = index;
	worker->armed_ms = UINT64_MAX;
	worker->next_request = ((uint64_t)index << 48) + 1;
	worker->slots.free = HTTP_SLOTS_NONE;
	worker->date_s = -1;
	set_lengths(worker);
	if (uv_sem_init(&worker->running, 0) != 0) {
		close(fd);
		return ERR_INTERNAL;
	}
	pthread_mutex_init(&worker->lost.lock, NULL);
	if (uv_loop_init(&worker->loop) != 0) {
		uv_sem_destroy(&worker->running);
		close(fd);
		return ERR_INTERNAL;
	}
	worker->has_loop = true;
	uv_timer_init(&worker->loop, &worker->tick);
	uv_timer_init(&worker->loop, &worker->grace);
	uv_prepare_init(&worker->loop, &worker->prepare);
	uv_idle_init(&worker->loop, &worker->again);
	uv_tcp_init(&worker->loop, &worker->listener);
	worker->turn_room = HTTP_TURN_MAX;
	worker->tick.data = worker->again.data = worker->grace.data = worker->prepare.data = worker->listener.data =
		worker->wake.data = worker;
	if (uv_tcp_open(&worker->listener, fd) != 0) {
		close(fd);
		return ERR_INTERNAL;
	}
	worker->input = malloc(HTTP_BUFFER_SIZE);
	worker->plain = malloc(HTTP_BUFFER_SIZE);
	worker->cork = malloc(HTTP_BUFFER_SIZE);
	if (!worker->input || !worker->plain || !worker->cork)
		return ERR_INTERNAL;
	if (uv_async_init(&worker->loop, &worker->wake, on_wake) != 0 ||
		uv_prepare_start(&worker->prepare, on_prepare) != 0)
		return ERR_INTERNAL;
	return ERR_OK;
}

static void *run(void *data)
{
	struct http_worker *worker = data;
	const struct http_handler *handler = &worker->server->handler;

	if (handler->on_worker)
		handler->on_worker(handler->context, worker->index);
	uv_update_time(&worker->loop);
	uv_sem_post(&worker->running);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
	return NULL;
}

static void pin(struct http_worker *worker)
{
	cpu_set_t cores;

	CPU_ZERO(&cores);
	CPU_SET((unsigned)worker->index % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &cores);
	pthread_setaffinity_np(worker->thread, sizeof cores, &cores);
}

enum err http_worker_start(struct http_worker *worker)
{
	if (uv_listen((uv_stream_t *)&worker->listener, SOMAXCONN, on_connection) != 0)
		return ERR_INTERNAL;
	if (pthread_create(&worker->thread, NULL, run, worker) != 0)
		return ERR_INTERNAL;
	worker->has_thread = true;
	if (worker->server->options.pin_workers)
		pin(worker);
	uv_sem_wait(&worker->running);
	return ERR_OK;
}

void http_worker_join(struct http_worker *worker)
{
	if (!worker->has_thread)
		return;
	pthread_join(worker->thread, NULL);
	worker->has_thread = false;
}

static void close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void http_worker_done(struct http_worker *worker)
{
	if (!worker->has_loop)
		return;
	http_connection_abort_all(worker);
	uv_prepare_stop(&worker->prepare);
	uv_walk(&worker->loop, close_handle, NULL);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
	http_connection_free_ghosts(worker);
	uv_loop_close(&worker->loop);
	uv_sem_destroy(&worker->running);
	pthread_mutex_destroy(&worker->lost.lock);
	for (struct http_message *message = http_mailbox_take(&worker->mailbox), *next; message;
		message = next) {
		next = message->next;
		http_message_free(message);
	}
	http_exchanges_done(&worker->exchanges);
	http_slots_done(&worker->slots);
	free(worker->input);
	free(worker->plain);
	free(worker->cork);
}
