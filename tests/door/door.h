/* door: a whole server (serve_open) without sockets and threads, for programs that count or break what happens behind the HTTP
 * parser. Requests go in as a worker has them, the writer works a turn at a time, replies are kept here.
 *
 * The linker puts what is in door.c in the place of sockets, the clock, chance, waiting and the reader's thread (Makefile,
 * DOOR_WRAPS): the same calls give the same bytes. One server at a time; one thread.
 */
#ifndef TESTS_DOOR_H
#define TESTS_DOOR_H

#include "serve/serve.h"

#define DOOR_START_MS 1795341600000
#define DOOR_REPLY_MAX (256u << 10)

struct door_reply {
	int status; /* 0: none yet */
	int replies; /* to this request; more than one is wrong */
	char content_type[64];
	char body[DOOR_REPLY_MAX];
	size_t body_len;
	bool whole; /* the body fitted */
};

struct door {
	struct serve *serve;
	const struct http_handler *handler;
	int64_t now_ms;
	struct store_reader *rows; /* what readings read from; NULL: each from one of its own */
	struct door_reply reply;   /* of the last request */
};
extern struct door door;

/* A configuration file's text -> a server. Writes "bauta.yaml" into the current folder. */
struct config *door_config(const char *text);
void door_open(struct config *config);
/* ERR_OK, or why it does not start; `error` tells. */
MUST_CHECK enum err door_try_open(struct config *config, char error[SERVE_ERROR_SIZE]);
void door_close(void);

/* In static storage, until the next one; with its Content-Type, and nothing else in its head. */
struct http_request *door_request(enum http_method method, const char *target, const char *content_type, struct str body,
	struct arena *arena);
void door_header(struct http_request *request, const char *name, const char *value);

/* The worker's part: plan, then the request or its stream. */
void door_put(struct http_request *request);
/* The writer's, until nothing waits. */
void door_turn(void);

#endif
