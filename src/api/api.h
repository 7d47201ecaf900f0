/* api: one request of the HTTP API in its worker, and the table of what there is (API.md, "HTTP API").
 *
 * api_request() finds the route, asks the keyring, checks scope and content type, parses query and JSON and
 * calls the handler. A handler either answers (api_answer), makes a task that will (task.h) and returns
 * ERR_OK, or returns an error, which is told as a problem.
 *
 * Memory: everything here lives until the handler returns; a task copies what it needs.
 */
#ifndef API_H
#define API_H

#include "api/pools.h"
#include "serve/server.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/json_out.h"

#define API_PARAMS_MAX 2
#define API_BODY_MAX (64u << 10)
#define API_LONG_BODY_MAX (1u << 20)
#define API_KEY_MAX 255 /* bytes of an Idempotency-Key */

struct api {
	struct server *server;
	struct http_request *request;
	struct asker asker;
	int64_t now_ms;
	struct str params[API_PARAMS_MAX]; /* the {..} of the path, decoded, in order */
	struct form query;
	struct json json; /* the body, where the route takes one */
	struct json_at body;
	struct str idempotency_key; /* .len 0: none */
	struct problem problem;
};

/* LONG: JSON up to API_LONG_BODY_MAX; EVENTS: JSON, or an event a line without an end; else up to API_BODY_MAX. */
enum api_body { API_BODY_NONE, API_BODY_JSON, API_BODY_OPTIONAL, API_BODY_LONG, API_BODY_EVENTS };

struct api_route {
	const char *method;
	const char *path; /* "/v1/pools/{name}" */
	unsigned scope;   /* of enum key_scope; 0: no key is asked for */
	enum api_body body;
	enum err (*handle)(struct api *api);
	const char *query[8]; /* names that may be asked for; NULL ends */
};

/* NULL path ends. */
extern const struct api_route api_routes[];

/* Answers there and then. `body` is copied. */
void api_answer(struct api *api, int status, struct str body);

/* A query parameter; .at NULL: not given. */
struct str api_query(const struct api *api, const char *name);

/* ERR_BAD_REQUEST and the like, with the parameter or field named. */
enum err api_problem(struct api *api, enum err err, const char *field, const char *detail);

/* page_size, 1..1000, default 100. */
MUST_CHECK enum err api_page_size(struct api *api, int *ret_size);
/* page_token: the id that the page before ended with; 0: the first page. */
MUST_CHECK enum err api_page_after(struct api *api, uint64_t *ret_after);
/* `since`: an RFC 3339 time; 0 when absent. */
MUST_CHECK enum err api_since(struct api *api, int64_t *ret_since_ms);
/* next_page_token, null when `id` is 0. */
void api_next_page(struct json_out *json, uint64_t id);

/* The pool that the path names; ERR_NOT_FOUND. */
MUST_CHECK enum err api_pool(struct api *api, struct str name, struct pool_brief *ret_pool);
/* What the body or the query has as `pool`; empty: the only one. ERR_NOT_FOUND, ERR_BAD_REQUEST (several). */
MUST_CHECK enum err api_pool_said(struct api *api, struct str name, struct pool_brief *ret_pool);

/* Head of every answer of ours: no cache may keep it. */
void api_reply_head(struct http_reply *reply, int status, struct str body);

/* The body that goes with an error: application/problem+json, of API_PROBLEM_MAX bytes at most: a room that is there when
 * memory is what is missing. */
#define API_PROBLEM_MAX 1024
void api_problem_body(struct buf *out, struct http_reply *reply, enum err err, const struct problem *problem);

/* Handlers, one file a noun. */
enum err api_pool_create(struct api *api);
enum err api_pool_list(struct api *api);
enum err api_pool_get(struct api *api);
enum err api_pool_patch(struct api *api);
enum err api_numbers_add(struct api *api);
enum err api_numbers_list(struct api *api);
enum err api_number_patch(struct api *api);
enum err api_surplus(struct api *api);
enum err api_accounts(struct api *api);
enum err api_account_report(struct api *api);
enum err api_account_sync(struct api *api);
enum err api_purchases(struct api *api);
enum err api_session_open(struct api *api);
enum err api_session_list(struct api *api);
enum err api_session_get(struct api *api);
enum err api_session_patch(struct api *api);
enum err api_session_close(struct api *api);
enum err api_session_forget(struct api *api);
enum err api_party_put(struct api *api);
enum err api_party_drop(struct api *api);
enum err api_contact(struct api *api);
enum err api_route_ask(struct api *api);
enum err api_events(struct api *api);
enum err api_calls(struct api *api);
enum err api_message_send(struct api *api);
enum err api_messages(struct api *api);
enum err api_erase(struct api *api);
enum err api_block_add(struct api *api);
enum err api_block_list(struct api *api);
enum err api_block_drop(struct api *api);
enum err api_dead_list(struct api *api);
enum err api_dead_get(struct api *api);
enum err api_dead_retry(struct api *api);
enum err api_dead_drop(struct api *api);
enum err api_sinks(struct api *api);
enum err api_sink_enable(struct api *api);
enum err api_sink_replay(struct api *api);
enum err api_audit(struct api *api);
enum err api_livez(struct api *api);
enum err api_readyz(struct api *api);
enum err api_openapi(struct api *api);

/* api_events.c: bodies of many lines. */
bool api_events_streamed(const struct http_request *request);

#endif
