/* server: what one running bauta is made of, for the files that answer requests (api*.c, hooks.c,
 * metrics.c). Made by serve.c. Nothing here is a global. */
#ifndef SERVER_H
#define SERVER_H

#include "serve/clock.h"
#include "config/config.h"
#include "core/attempts.h"
#include "core/engine.h"
#include "core/pace.h"
#include "serve/idempotency.h"
#include "serve/keyring.h"
#include "serve/metrics.h"
#include "serve/ongoing_calls.h"
#include "net/http.h"
#include "serve/reader.h"
#include "serve/writer.h"

#include <pthread.h>

#define SERVER_WORKERS_MAX 64

struct outbox;
struct supply;
struct ledger;
struct sender;
struct commander;
struct control_memory;
struct feed;
struct feed_state;

struct server {
	const struct config *config;
	char *public_url;              /* no slash at the end */
	struct vault *vault;
	struct store *store;
	struct engine *engine;         /* the writer's alone once it runs */
	const struct board *board;     /* its published side: any thread */
	struct writer *writer;
	struct reader *reader;
	struct http_server *http;
	struct keyring *keyring;
	struct pools *pools;           /* pools.h: what workers know of pools */
	struct idempotency *idempotency; /* the writer's alone once it runs */
	struct outbox *outbox;         /* out/outbox.h; NULL: nobody is told */
	struct supply *supply;         /* supply/supply.h; its book is the writer's once it runs */
	struct ledger *ledger;         /* message/ledger.h: the writer's once it runs, but for its any-thread part */
	struct sender *sender;         /* message/sender.h */
	struct commander *commander;   /* commander.h */
	struct control_memory *control; /* control_memory.h */
	struct feed *feed;             /* feed/feed.h; NULL: no topic is consumed */
	struct feed_state *feed_state; /* the writer's, but its fixed texts: dead letters and positions */
	uint16_t kafka_tenant;         /* index: whose orders the topic tells */
	struct hooks *hooks;           /* hooks.h */
	struct metrics *metrics;
	struct attempts *attempts;
	pthread_mutex_t attempts_lock;
	struct pace *pace;             /* how often callers ring */
	struct ongoing_calls *ongoing; /* calls of sessions that may have only so many at once */
	struct writer_abuse *abuse;    /* the writer's, but its count */
	struct vault_use *worker_vault[SERVER_WORKERS_MAX]; /* one a worker */
	struct vault_use *reader_vault; /* the reader's */
	_Atomic bool draining;         /* readyz says 503 */
	int64_t (*now_ms)(void *context);
	void *clock_context;
	struct clock *clock;           /* the same, for who wants to know of jumps */
};

/* api.c: /v1/..., /livez, /readyz, /openapi.json. hooks.c: /hooks/... . metrics.c: /metrics. */
void api_request(struct server *server, struct http_request *request);
struct http_plan api_plan(struct server *server, const struct http_request *request);
bool api_stream(struct server *server, struct http_request *request, bool end, bool gone);
void hooks_request(struct server *server, struct http_request *request);

#endif
