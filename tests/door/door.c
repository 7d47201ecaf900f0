#include "door/door.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/steady.h"
#include "serve/reader.h"
#include "serve/writer_queue.h"

#define TURNS_MAX 100

struct door door = {.now_ms = DOOR_START_MS};

static uint64_t requests;

/* --- start and end --- */

struct config *door_config(const char *text)
{
	const struct config_sources sources = {.file = "bauta.yaml"};
	struct config *config;
	struct buf errors;
	FILE *file = fopen(sources.file, "we");

	ASSERT(file);
	ASSERT(fputs(text, file) >= 0 && fclose(file) == 0);
	buf_init(&errors, 4096);
	if (config_read(&sources, &config, &errors) != ERR_OK)
		fprintf(stderr, "%.*s\n", (int)errors.len, errors.at);
	ASSERT(errors.len == 0);
	buf_done(&errors);
	return config;
}

enum err door_try_open(struct config *config, char error[SERVE_ERROR_SIZE])
{
	return serve_open(config, &door.serve, error);
}

void door_open(struct config *config)
{
	char error[SERVE_ERROR_SIZE];
	enum err err = door_try_open(config, error);

	if (err)
		fprintf(stderr, "%s\n", error);
	ASSERT(!err);
}

void door_close(void)
{
	serve_close(door.serve);
	door.serve = NULL;
}

/* --- one request --- */

struct http_request *door_request(enum http_method method, const char *target, const char *content_type, struct str body,
	struct arena *arena)
{
	static struct http_request request;

	memset(&request, 0, offsetof(struct http_request, headers));
	request = (struct http_request){.method = method, .target = str_of(target), .body = body,
		.host = STR("vn.example.com"), .peer = "192.0.2.1", .began_ns = steady_ns(), .arena = arena,
		.handle = {.request = ++requests}};
	request.path = str_cut(request.target, '?', &request.query);
	if (!request.query.at)
		request.query = STR("");
	if (content_type)
		door_header(&request, "Content-Type", content_type);
	door.reply.status = 0;
	door.reply.replies = 0;
	return &request;
}

void door_header(struct http_request *request, const char *name, const char *value)
{
	request->headers[request->headers_n++] = (struct http_header){str_of(name), str_of(value)};
}

void door_put(struct http_request *request)
{
	struct http_plan plan = {.body_max = 65536};

	if (door.handler->plan)
		plan = door.handler->plan(door.handler->context, request);
	if (plan.stream)
		door.handler->on_stream(door.handler->context, request, true, false);
	else
		door.handler->on_request(door.handler->context, request);
}

void door_turn(void)
{
	for (int i = 0; i < TURNS_MAX && writer_turn(door.serve->server.writer); i++)
		;
}

static void take_reply(uint64_t request, const struct http_reply *reply)
{
	struct door_reply *taken = &door.reply;

	if (request != requests)
		return;
	taken->replies++;
	taken->status = reply->status;
	taken->whole = reply->body.len < sizeof taken->body;
	taken->body_len = taken->whole ? reply->body.len : sizeof taken->body - 1;
	if (taken->body_len)
		memcpy(taken->body, reply->body.at, taken->body_len);
	taken->body[taken->body_len] = '\0';
	snprintf(taken->content_type, sizeof taken->content_type, "%s", reply->content_type ? reply->content_type : "");
}

/* --- in place of sockets, threads, the clock and chance --- */

enum err __wrap_http_server_new(const struct http_options *options, const struct http_handler *taken,
	struct http_server **ret_server, char ret_error[256]);
enum err __wrap_http_server_new(const struct http_options *options, const struct http_handler *taken,
	struct http_server **ret_server, char ret_error[256])
{
	(void)options, (void)ret_error;
	door.handler = taken;
	*ret_server = (struct http_server *)&door;
	return ERR_OK;
}

int __wrap_http_server_port(const struct http_server *server);
int __wrap_http_server_port(const struct http_server *server)
{
	(void)server;
	return 8080;
}

struct http_counts __wrap_http_server_counts(const struct http_server *server);
struct http_counts __wrap_http_server_counts(const struct http_server *server)
{
	(void)server;
	return (struct http_counts){0};
}

void __wrap_http_server_free(struct http_server *server);
void __wrap_http_server_free(struct http_server *server)
{
	(void)server;
}

void __wrap_http_wake(struct http_server *server);
void __wrap_http_wake(struct http_server *server)
{
	(void)server;
}

void __wrap_http_reply(struct http_request *request, const struct http_reply *reply);
void __wrap_http_reply(struct http_request *request, const struct http_reply *reply)
{
	take_reply(request->handle.request, reply);
}

void __wrap_http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply);
void __wrap_http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply)
{
	(void)server;
	take_reply(handle.request, reply);
}

void __wrap_writer_queue_wait(struct writer_queue *queue, enum writer_wait wait, int64_t timeout_ms);
void __wrap_writer_queue_wait(struct writer_queue *queue, enum writer_wait wait, int64_t timeout_ms)
{
	(void)queue, (void)wait, (void)timeout_ms;
}

/* What a thread of its own reads, read at once. */
enum err __wrap_reader_submit(struct reader *reader, struct reading *reading);
enum err __wrap_reader_submit(struct reader *reader, struct reading *reading)
{
	struct store *store = door.serve->server.store;
	struct store_reader *rows = door.rows ? door.rows : store->ops->reader_open(store);

	(void)reader;
	ASSERT(rows);
	reading->run(reading, rows);
	if (!door.rows)
		store->ops->reader_close(rows);
	return ERR_OK;
}

void __wrap_secret_random(void *bytes, size_t len);
void __wrap_secret_random(void *bytes, size_t len)
{
	static struct random random = {1};

	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)random_below(&random, 256);
}

static int64_t time_ms(void *context)
{
	(void)context;
	return door.now_ms;
}

struct clock *__real_clock_new(const struct clock_source *source);
struct clock *__wrap_clock_new(const struct clock_source *source);
struct clock *__wrap_clock_new(const struct clock_source *source)
{
	static const struct clock_source ours = {.wall_ms = time_ms, .steady_ms = time_ms};

	(void)source;
	return __real_clock_new(&ours);
}
