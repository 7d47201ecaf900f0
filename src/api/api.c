#include "api/api.h"

#include "api/event_stream.h"
#include "api/openapi.h"
#include "api/page.h"

#define JSON_TYPE "application/json"

static const char *const method_names[] = {
	"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};

/* --- answers --- */

void api_reply_head(struct http_reply *reply, int status, struct str body)
{
	*reply = (struct http_reply){
		.status = status, .body = body, .content_type = body.len ? JSON_TYPE : NULL};
	reply->extra[reply->extra_n++] = (struct http_header){STR("Cache-Control"), STR("no-store")};
}

void api_problem_body(struct buf *out, struct http_reply *reply, enum err err, const struct problem *problem)
{
	problem_put(out, err, problem);
	api_reply_head(reply, err_http_status(err), buf_text(out));
	reply->content_type = PROBLEM_CONTENT_TYPE;
	if (err == ERR_OVERLOADED)
		reply->extra[reply->extra_n++] = (struct http_header){STR("Retry-After"), STR("1")};
	if (err == ERR_UNAUTHORIZED)
		reply->extra[reply->extra_n++] = (struct http_header){STR("WWW-Authenticate"), STR("Bearer")};
}

void api_answer(struct api *api, int status, struct str body)
{
	struct http_reply reply;

	api_reply_head(&reply, status, body);
	http_reply(api->request, &reply);
}

enum err api_problem(struct api *api, enum err err, const char *field, const char *detail)
{
	return problem_is(&api->problem, err, field, detail);
}

static void refuse(struct api *api, enum err err, struct str allow)
{
	char text[API_PROBLEM_MAX];
	struct buf out;
	struct http_reply reply;

	buf_fixed(&out, text, sizeof text);
	api_problem_body(&out, &reply, err, &api->problem);
	if (allow.len)
		reply.extra[reply.extra_n++] = (struct http_header){STR("Allow"), allow};
	http_reply(api->request, &reply);
}

/* --- finding the route --- */

/* Up to its first parameter a pattern is what the path is, byte by byte: one look that most routes don't pass. */
static bool begins_alike(const char *pattern, struct str path)
{
	size_t i = 0;

	while (pattern[i] && pattern[i] != '{' && i < path.len && pattern[i] == path.at[i])
		i++;
	return !pattern[i] || pattern[i] == '{';
}

/* Does the path fit the pattern? Fills params, decoded, in the request's arena. */
static bool fits(const char *pattern, struct str path, struct arena *arena, struct str *params)
{
	struct str rest_pattern = str_of(pattern), rest_path = path;

	for (int n = 0; rest_pattern.at;) {
		struct str want = str_cut(rest_pattern, '/', &rest_pattern);
		if (!rest_path.at)
			return false;
		struct str have = str_cut(rest_path, '/', &rest_path);
		if (want.len == 0 || want.at[0] != '{') {
			if (!str_equal(want, have))
				return false;
		} else if (have.len == 0 || !form_decode_path(have, arena, &params[n++]) ||
			   params[n - 1].len == 0) {
			return false;
		}
	}
	return !rest_path.at;
}

static bool method_fits(const struct api_route *route, enum http_method method)
{
	if (method == HTTP_METHOD_HEAD)
		method = HTTP_METHOD_GET;
	return strcmp(route->method, method_names[method]) == 0;
}

/* The route of path and method; NULL with *ret_path_known when only the method is wrong. */
static const struct api_route *route_of(
	const struct http_request *request, struct str *params, bool *ret_path_known)
{
	*ret_path_known = false;
	for (const struct api_route *route = api_routes; route->path; route++) {
		if (!begins_alike(route->path, request->path) ||
			!fits(route->path, request->path, request->arena, params))
			continue;
		*ret_path_known = true;
		if (method_fits(route, request->method))
			return route;
	}
	return NULL;
}

static struct str allowed(const struct http_request *request)
{
	struct str params[API_PARAMS_MAX];
	char text[64];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	for (const struct api_route *route = api_routes; route->path; route++)
		if (fits(route->path, request->path, request->arena, params))
			buf_fmt(&out, "%s%s", out.len ? ", " : "",
				strcmp(route->method, "GET") ? route->method : "GET, HEAD");
	return arena_str(request->arena, buf_text(&out));
}

/* --- what a request must bring --- */

static enum err authenticate(struct api *api)
{
	struct str authorization = http_header_of(api->request, "Authorization");

	return keyring_find(api->server->keyring, authorization, api->now_ms, &api->asker);
}

static enum err take_query(struct api *api, const struct api_route *route)
{
	if (form_parse(api->request->query, api->request->arena, &api->query) != ERR_OK)
		return api_problem(api, ERR_BAD_REQUEST, NULL, "the query is not well formed");
	for (int i = 0; i < api->query.n; i++) {
		char text[41];
		bool known = false;
		for (int k = 0; !known && route->query[k]; k++)
			known = str_equal(api->query.fields[i].name, str_of(route->query[k]));
		if (!known)
			return api_problem(api, ERR_BAD_REQUEST,
				json_printable(api->query.fields[i].name, text),
				"there is no such query parameter here");
	}
	return ERR_OK;
}

static enum err take_idempotency_key(struct api *api)
{
	struct str key = http_header_of(api->request, "Idempotency-Key");

	if (api->request->method != HTTP_METHOD_POST || !key.at)
		return ERR_OK;
	bool good = key.len >= 1 && key.len <= API_KEY_MAX;
	for (size_t i = 0; good && i < key.len; i++)
		good = key.at[i] > 0x20 && key.at[i] < 0x7f;
	if (!good)
		return api_problem(api, ERR_BAD_REQUEST, "Idempotency-Key",
			"the key has 1 to 255 visible ASCII characters");
	api->idempotency_key = key;
	return ERR_OK;
}

static bool is_media(struct str content_type, const char *media)
{
	struct str rest;

	return str_equal_nocase(str_trim(str_cut(content_type, ';', &rest)), str_of(media));
}

/* A body is JSON. Many clients say nothing of it, and `curl -d` says by itself that it is a form. */
static bool is_json(struct str type, enum api_body kind)
{
	if (!type.at || is_media(type, JSON_TYPE) || is_media(type, "application/x-www-form-urlencoded"))
		return true;
	return kind == API_BODY_EVENTS && (is_media(type, "application/cloudevents+json") ||
						  is_media(type, "application/cloudevents-batch+json"));
}

static enum err take_body(struct api *api, enum api_body kind)
{
	struct str body = api->request->body;

	if (kind == API_BODY_NONE || (kind == API_BODY_OPTIONAL && body.len == 0))
		return ERR_OK;
	if (!is_json(http_header_of(api->request, "Content-Type"), kind))
		return api_problem(api, ERR_UNSUPPORTED_MEDIA_TYPE, "Content-Type",
			kind == API_BODY_EVENTS ? "send application/json, or application/x-ndjson: an event a line"
						: "send application/json");
	enum err err = json_read(body, API_LONG_BODY_MAX, &api->json, &api->problem);
	uint32_t line = api->problem.line;
	if (err == ERR_BAD_REQUEST && kind == API_BODY_EVENTS && line > 1) {
		api_problem(api, err, NULL, "not one JSON document; an event a line is application/x-ndjson");
		api->problem.line = line;
	}
	api->body = json_at_root(&api->json);
	return err;
}

/* Before the body is parsed: past saturation a refusal must cost next to nothing, or calls would wait for refusals. */
static enum err find_room(const struct api *api, const struct api_route *route)
{
	bool writes = route->body != API_BODY_NONE && route->handle != api_route_ask;

	return writes && writer_is_full(api->server->writer) ? ERR_OVERLOADED : ERR_OK;
}

static enum err serve(struct api *api, const struct api_route *route)
{
	enum err err = take_query(api, route);

	if (err == ERR_OK)
		err = take_idempotency_key(api);
	if (err == ERR_OK)
		err = find_room(api, route);
	if (err == ERR_OK)
		err = take_body(api, route->body);
	if (err == ERR_OK)
		err = route->handle(api);
	json_done(&api->json);
	return err;
}

static bool under_v1(struct str path)
{
	return str_starts(path, STR("/v1/")) || str_equal(path, STR("/v1"));
}

void api_request(struct server *server, struct http_request *request)
{
	struct api api = {
		.server = server, .request = request, .now_ms = server->now_ms(server->clock_context)};
	struct str allow = STR_NONE;
	bool path_known;
	enum err err = ERR_OK;

	if (under_v1(request->path))
		err = authenticate(&api);
	if (err == ERR_OK) {
		const struct api_route *route = route_of(request, api.params, &path_known);
		if (!route && path_known) {
			err = ERR_METHOD_NOT_ALLOWED;
			allow = allowed(request);
		} else if (!route) {
			err = ERR_NOT_FOUND;
		} else if (route->scope && !(api.asker.scopes & route->scope)) {
			err = ERR_FORBIDDEN;
		} else {
			err = serve(&api, route);
		}
	}
	/* Whatever a request that could not be read seems to be, it may be right. */
	if (err && request->arena->no_memory) {
		err = ERR_OVERLOADED;
		api.problem = (struct problem){0};
	}
	if (err)
		refuse(&api, err, allow);
}

/* The route, if its bodies may be long or have no end. */
static const struct api_route *long_route_of(const struct http_request *request)
{
	struct str params[API_PARAMS_MAX];

	for (const struct api_route *route = api_routes; route->path; route++)
		if ((route->body == API_BODY_LONG || route->body == API_BODY_EVENTS) && method_fits(route, request->method) &&
			begins_alike(route->path, request->path) && fits(route->path, request->path, request->arena, params))
			return route;
	return NULL;
}

/* Long and endless bodies are for those who may send them; who asks is looked up here for these alone. */
struct http_plan api_plan(struct server *server, const struct http_request *request)
{
	struct api api = {.server = server,
		.request = (struct http_request *)request,
		.now_ms = server->now_ms(server->clock_context)};
	struct http_plan plan = {.body_max = API_BODY_MAX};
	const struct api_route *route = long_route_of(request);

	if (!route || authenticate(&api) != ERR_OK || !(api.asker.scopes & route->scope))
		return plan;
	if (route->body == API_BODY_LONG)
		plan.body_max = API_LONG_BODY_MAX;
	else
		plan.stream = is_media(http_header_of(request, "Content-Type"), "application/x-ndjson");
	return plan;
}

bool api_stream(struct server *server, struct http_request *request, bool end, bool gone)
{
	if (!request->stream && gone)
		return true;
	if (!request->stream) {
		struct api api = {.server = server,
			.request = request,
			.now_ms = server->now_ms(server->clock_context)};
		/* The plan has asked the keyring; a key that was revoked since ends here. */
		enum err err = authenticate(&api);
		if (err == ERR_OK)
			err = take_idempotency_key(&api);
		request->stream = event_stream_new(&api, err);
	}
	return event_stream_take(request->stream, request, end, gone);
}

/* --- pages that need no key --- */

enum err api_livez(struct api *api)
{
	api_answer(api, 200, STR("{\"status\":\"ok\"}"));
	return ERR_OK;
}

enum err api_readyz(struct api *api)
{
	bool draining = api->server->draining;

	api_answer(api, draining ? 503 : 200,
		draining ? STR("{\"status\":\"draining\"}") : STR("{\"status\":\"ok\"}"));
	return ERR_OK;
}

enum err api_openapi(struct api *api)
{
	api_answer(api, 200, openapi_document());
	return ERR_OK;
}
