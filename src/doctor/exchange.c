#include "doctor/exchange.h"

#include "base/steady.h"

#define TURN_MS 60000

bool exchange_init(struct exchange *exchange, int64_t (*now_ms)(void *context), void *clock_context)
{
	const struct http_client_options options = {.connections_max = 1,
		.user_agent = "bauta/" BAUTA_VERSION " (doctor)"};

	*exchange = (struct exchange){.now_ms = now_ms, .clock_context = clock_context};
	buf_init(&exchange->body, INVENTORY_ANSWER_MAX + 1);
	exchange->client = http_client_new(&options);
	return exchange->client != NULL;
}

void exchange_done(struct exchange *exchange)
{
	http_client_free(exchange->client);
	buf_done(&exchange->body);
}

static void on_answer(void *context, const struct http_answered *answered)
{
	struct exchange *exchange = context;

	exchange->over = true;
	exchange->failure = answered->failure;
	exchange->why = answered->why;
	exchange->status = answered->status;
	exchange->clock.date_ms = answered->date_ms;
	if (answered->failure == HTTP_ANSWERED)
		buf_str(&exchange->body, answered->body);
}

static void begin(struct exchange *exchange)
{
	buf_reset(&exchange->body);
	exchange->over = false;
	exchange->clock = (struct clock_look){.date_ms = -1, .before_ms = exchange->now_ms(exchange->clock_context)};
	exchange->took_us = steady_us();
}

static void end(struct exchange *exchange, enum err err)
{
	if (err != ERR_OK) {
		exchange->over = true;
		exchange->failure = HTTP_BAD_ASK;
		exchange->why = "the request can't be sent";
	}
	while (!exchange->over)
		http_client_turn(exchange->client, TURN_MS);
	exchange->took_us = steady_us() - exchange->took_us;
	exchange->clock.after_ms = exchange->now_ms(exchange->clock_context);
}

void exchange_inventory(struct exchange *exchange, const struct inventory_sending *sending)
{
	begin(exchange);
	end(exchange, inventory_send(exchange->client, sending, on_answer, exchange));
}

void exchange_http(struct exchange *exchange, const struct http_ask *ask)
{
	begin(exchange);
	end(exchange, http_client_send(exchange->client, ask, on_answer, exchange));
}
