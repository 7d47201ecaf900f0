#include "demo/demo_stock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "demo/demo_clock.h"
#include "net/http.h"
#include "provider/sim_inventory_twilio.h"

#define GRACE_MS 100

struct demo_stock {
	pthread_mutex_t lock; /* of all that follows, but the URL */
	struct sim_inventory_twilio sim;
	struct sim_twilio_number numbers[DEMO_STOCK_MAX];
	struct buf asked;
	int wrong;
	char url[64];
	struct http_server *server;
};

static const char *const methods[] = {
	[HTTP_METHOD_GET] = "GET", [HTTP_METHOD_HEAD] = "HEAD", [HTTP_METHOD_POST] = "POST", [HTTP_METHOD_PUT] = "PUT",
	[HTTP_METHOD_PATCH] = "PATCH", [HTTP_METHOD_DELETE] = "DELETE", [HTTP_METHOD_OPTIONS] = "OPTIONS", [HTTP_METHOD_OTHER] = "?"};

static void keep(struct demo_stock *stock, const struct http_request *request)
{
	if (stock->asked.len + request->target.len + request->body.len + 2 > DEMO_STOCK_ASKED_MAX)
		return;
	buf_str(&stock->asked, request->target);
	buf_char(&stock->asked, ' ');
	buf_str(&stock->asked, request->body);
	buf_char(&stock->asked, '\n');
}

static void on_request(void *context, struct http_request *request)
{
	struct demo_stock *stock = context;
	const struct sim_twilio_ask ask = {
		.method = str_of(methods[request->method]),
		.target = request->target,
		.authorization = http_header_of(request, "Authorization"),
		.content_type = http_header_of(request, "Content-Type"),
		.body = request->body,
		.now_ms = demo_clock_wall_ms(),
	};
	struct buf answer;

	buf_init(&answer, SIM_TWILIO_ANSWER_MAX);
	pthread_mutex_lock(&stock->lock);
	keep(stock, request);
	int status = sim_inventory_twilio_answer(&stock->sim, &ask, &answer);
	stock->wrong += status >= 400;
	pthread_mutex_unlock(&stock->lock);
	http_reply(request, &(struct http_reply){
		.status = status, .content_type = "application/json", .body = buf_text(&answer)});
	buf_done(&answer);
}

static bool offer(struct demo_stock *stock, const char *country, struct number first, int count)
{
	for (int i = 0; i < count; i++) {
		const struct sim_twilio_number number = {.number = {first.e164 + (uint64_t)i},
			.country = country_parse(str_of(country)), .type = "local", .sms = true};
		if (sim_inventory_twilio_offer(&stock->sim, &number) != ERR_OK)
			return false;
	}
	return true;
}

static bool serve(struct demo_stock *stock, char ret_error[256])
{
	const struct http_handler handler = {.context = stock, .on_request = on_request};
	const struct http_options options = {.listen = "127.0.0.1:0", .workers = 1, .connections_max = 64};

	if (http_server_new(&options, &handler, &stock->server, ret_error) != ERR_OK)
		return false;
	snprintf(stock->url, sizeof stock->url, "http://127.0.0.1:%d", http_server_port(stock->server));
	snprintf(ret_error, 256, "the market's threads can't be started");
	return http_server_start(stock->server) == ERR_OK;
}

struct demo_stock *demo_stock_new(const char *token, const char *country, struct number first, int count, char ret_error[256])
{
	struct demo_stock *stock = calloc(1, sizeof *stock);

	snprintf(ret_error, 256, "the market's numbers can't be made");
	if (!stock)
		return NULL;
	pthread_mutex_init(&stock->lock, NULL);
	buf_init(&stock->asked, DEMO_STOCK_ASKED_MAX);
	sim_inventory_twilio_init(&stock->sim, DEMO_STOCK_SID, token, stock->numbers, DEMO_STOCK_MAX, DEMO_STOCK_MAX);
	if (offer(stock, country, first, count) && serve(stock, ret_error))
		return stock;
	demo_stock_free(stock);
	return NULL;
}

void demo_stock_free(struct demo_stock *stock)
{
	if (!stock)
		return;
	if (stock->server) {
		http_server_stop(stock->server, GRACE_MS);
		http_server_free(stock->server);
	}
	buf_done(&stock->asked);
	pthread_mutex_destroy(&stock->lock);
	free(stock);
}

const char *demo_stock_url(const struct demo_stock *stock)
{
	return stock->url;
}

struct demo_stock_counts demo_stock_counts(struct demo_stock *stock, const char *hooks)
{
	struct demo_stock_counts counts = {0};

	pthread_mutex_lock(&stock->lock);
	counts.wrong = stock->wrong;
	for (int i = 0; i < stock->sim.n; i++) {
		counts.bought += stock->numbers[i].serial != 0;
		counts.pointed += stock->numbers[i].serial && strncmp(stock->numbers[i].voice_url, hooks, strlen(hooks)) == 0 &&
				  strncmp(stock->numbers[i].sms_url, hooks, strlen(hooks)) == 0;
	}
	pthread_mutex_unlock(&stock->lock);
	return counts;
}

void demo_stock_asked(struct demo_stock *stock, struct buf *out)
{
	pthread_mutex_lock(&stock->lock);
	buf_str(out, buf_text(&stock->asked));
	buf_reset(&stock->asked);
	pthread_mutex_unlock(&stock->lock);
}
