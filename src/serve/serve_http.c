#include "serve/serve.h"

#define METRICS_MAX ((size_t)8 << 20)

static bool is_page(struct str path)
{
	return str_equal(path, STR("/livez")) || str_equal(path, STR("/readyz")) || str_equal(path, STR("/metrics")) ||
	       str_equal(path, STR("/openapi.json"));
}

static bool is_hook(struct str path)
{
	return str_starts(path, STR("/hooks/"));
}

static void answer_metrics(struct server *server, struct http_request *request)
{
	struct buf page;

	if (request->method != HTTP_METHOD_GET && request->method != HTTP_METHOD_HEAD) {
		struct http_reply refused = {.status = 405, .extra = {{STR("Allow"), STR("GET, HEAD")}}, .extra_n = 1};
		http_reply(request, &refused);
		return;
	}
	buf_init(&page, METRICS_MAX);
	metrics_page(server, &page);
	struct http_reply reply = {
		.status = buf_ok(&page) ? 200 : page.no_memory ? 503 : 500,
		.content_type = buf_ok(&page) ? "text/plain; version=0.0.4; charset=utf-8" : NULL,
		.body = buf_ok(&page) ? buf_text(&page) : STR_NONE,
		.extra = {{STR("Cache-Control"), STR("no-store")}},
		.extra_n = 1,
	};
	http_reply(request, &reply);
	buf_done(&page);
}

/* What is only on the other address is nothing here. */
static void answer_nothing(struct http_request *request)
{
	struct http_reply reply = {
		.status = 404,
		.content_type = "application/problem+json",
		.body = STR("{\"type\":\"urn:bauta:error:not_found\",\"title\":\"Not found.\",\"status\":404,"
			    "\"code\":\"not_found\"}"),
	};

	http_reply(request, &reply);
}

static void on_request(void *context, struct http_request *request)
{
	struct serve *serve = context;

	if (is_hook(request->path))
		hooks_request(&serve->server, request);
	else if (serve->admin && is_page(request->path))
		answer_nothing(request);
	else if (str_equal(request->path, STR("/metrics")))
		answer_metrics(&serve->server, request);
	else
		api_request(&serve->server, request);
}

static struct http_plan plan(void *context, const struct http_request *request)
{
	struct serve *serve = context;

	if (is_hook(request->path))
		return (struct http_plan){.body_max = 64 * 1024};
	return api_plan(&serve->server, request);
}

static bool on_stream(void *context, struct http_request *request, bool end, bool gone)
{
	struct serve *serve = context;

	return api_stream(&serve->server, request, end, gone);
}

static void on_done(void *context, int worker, int status, uint64_t took_ns)
{
	struct serve *serve = context;

	metrics_http(serve->server.metrics, worker, status, took_ns);
}

const struct http_handler serve_handler = {
	.plan = plan,
	.on_request = on_request,
	.on_stream = on_stream,
	.on_done = on_done,
};

static void on_admin_request(void *context, struct http_request *request)
{
	struct serve *serve = context;

	if (!is_page(request->path))
		answer_nothing(request);
	else if (str_equal(request->path, STR("/metrics")))
		answer_metrics(&serve->server, request);
	else
		api_request(&serve->server, request);
}

const struct http_handler serve_admin_handler = {.on_request = on_admin_request};
