#include "demo/demo_wire.h"

#include <string.h>
#include <time.h>

#include "demo/demo_clock.h"

bool demo_wire_exotel(const struct account *account)
{
	return strcmp(account->provider->name, "exotel") == 0;
}

int demo_wire_deadline_s(const struct account *account)
{
	return demo_wire_exotel(account) ? 5 : 15;
}

void demo_wire_begin(struct demo *demo, const struct account *account, const struct demo_try *attempt,
	struct demo_exchange *exchange)
{
	*exchange = (struct demo_exchange){.account = account};
	snprintf(exchange->call_id, sizeof exchange->call_id, "CA%032x", (unsigned)++demo->calls);
	exchange->question = (struct sim_question){
		.from = attempt->withheld ? NUMBER_NONE : attempt->from->number,
		.to = attempt->to,
		.call_id = exchange->call_id,
		.public_url = demo->server.url,
		.now_ms = (int64_t)time(NULL) * 1000,
	};
}

bool demo_wire_put(struct demo *demo, struct demo_exchange *exchange, demo_wire_words *words)
{
	enum err err = words(exchange->account, &exchange->question, &exchange->request);

	return demo_expect(demo, err == ERR_OK, "the question can't be put: %s", err_title(err));
}

bool demo_wire_send(struct demo *demo, struct demo_exchange *exchange)
{
	const struct sim_request *request = &exchange->request;
	char lines[2][64 + SIM_HEADER_MAX], error[CLIENT_SENTENCE_SIZE];
	const char *headers[3] = {NULL};
	double began = demo_clock_ms();

	for (int i = 0; i < request->headers_n; i++) {
		snprintf(lines[i], sizeof lines[i], "%s: %s", request->header_name[i],
			request->header_value[i]);
		headers[i] = lines[i];
	}
	const struct client_request sent = {
		.method = request->post ? "POST" : "GET",
		.target = request->target,
		.body = request->post ? str_of(request->body) : STR_NONE,
		.content_type = request->content_type[0] ? request->content_type : NULL,
		.headers = headers,
		.without_key = true,
		.timeout_s = demo_wire_deadline_s(exchange->account),
	};
	if (client_ask(demo->client, &sent, &exchange->answer, error) == ERR_OK) {
		exchange->ms = demo_clock_ms() - began;
		return true;
	}
	demo->tally.late++;
	return demo_expect(demo, false, "no answer: %s", error);
}
