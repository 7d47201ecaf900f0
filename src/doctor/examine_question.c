/* Questions to our own public URL, one after the other, each over a connection of its own as most providers make it. */
#include <stdio.h>

#include "base/steady.h"
#include "crypto/digest.h"
#include "doctor/examine.h"
#include "doctor/question.h"
#include "net/http_url.h"

#define LOST_MAX 3 /* who doesn't answer so often is not asked more */
#define BODY_MAX 65536

struct asking {
	const struct examine_options *options;
	struct exchange *exchange;
	struct question_run *run;
	int asked; /* questions so far */
};

static void send(struct asking *asking, const struct sim_request *request)
{
	const struct examine_options *options = asking->options;
	uint32_t deadline_ms = options->account->provider->deadline_ms;
	char url[HTTP_URL_MAX + 1];
	struct http_header headers[3];
	int n = 0;

	snprintf(url, sizeof url, "%s%s", options->own_url, request->target);
	for (; n < request->headers_n; n++)
		headers[n] = (struct http_header){str_of(request->header_name[n]), str_of(request->header_value[n])};
	if (request->post && request->content_type[0])
		headers[n++] = (struct http_header){STR("Content-Type"), str_of(request->content_type)};
	const struct http_ask ask = {
		.method = request->post ? HTTP_METHOD_POST : HTTP_METHOD_GET,
		.url = url,
		.headers = headers,
		.headers_n = n,
		.body = request->post ? str_of(request->body) : STR_NONE,
		.timeout_ms = deadline_ms ? deadline_ms : EXAMINE_TIMEOUT_MS,
		.body_max = BODY_MAX,
		.once = true,
		.allow_private = true,
		.ca = options->ca,
	};
	exchange_http(asking->exchange, &ask);
	secret_wipe(url, sizeof url);
}

static struct question_reply reply_of(const struct asking *asking)
{
	const struct account *account = asking->options->account;
	const struct exchange *exchange = asking->exchange;
	struct question_reply reply = {.asked = true, .failure = exchange->failure, .why = exchange->why,
		.status = exchange->status,
		.empty = exchange->body.len == 0};
	struct sim_outcome outcome = {0};

	reply.understood = exchange->failure == HTTP_ANSWERED &&
			   account->provider->sim->read(account, exchange->status, buf_text(&exchange->body),
				&outcome) == ERR_OK;
	reply.action = outcome.action;
	return reply;
}

static const char *why_not(enum err err)
{
	return err == ERR_FORBIDDEN      ? "only the provider itself can sign for this account"
	       : err == ERR_UNAUTHORIZED ? "the account has no secret to sign with"
					 : "the question can't be put in the provider's words";
}

/* False: it can't be made, and nothing was asked. */
static bool ask_once(struct asking *asking, bool forged, struct question_reply *ret_reply)
{
	const struct examine_options *options = asking->options;
	struct sim_request request;
	char call_id[64];

	snprintf(call_id, sizeof call_id, QUESTION_CALL_ID "%s-%d", options->mark, ++asking->asked);
	const struct question_ask ask = {
		.account = options->account,
		.public_url = options->own_url,
		.vn = number_is(options->vn) ? options->vn : QUESTION_VN,
		.call_id = call_id,
		.now_ms = options->now_ms(options->clock_context),
	};
	enum err err = (forged ? question_forge : question_make)(&ask, &request);
	if (err != ERR_OK && !forged)
		asking->run->question.cannot_sign = why_not(err);
	if (err != ERR_OK)
		return false;
	send(asking, &request);
	*ret_reply = reply_of(asking);
	secret_wipe(&request, sizeof request);
	if (asking->run->clock.date_ms < 0)
		asking->run->clock = asking->exchange->clock;
	return true;
}

static void take(struct asking *asking, const struct question_reply *reply)
{
	struct deadline_facts *deadline = &asking->run->deadline;
	struct question_facts *facts = &asking->run->question;

	facts->more++;
	if (reply->failure != HTTP_ANSWERED) {
		deadline->lost++;
		return;
	}
	facts->astray += !question_is_answered(facts, reply);
	deadline->took_us[deadline->answers++] = asking->exchange->took_us;
}

/* Like the first, which was answered as it should be. */
static void ask_many(struct asking *asking, uint64_t first_us)
{
	struct deadline_facts *deadline = &asking->run->deadline;
	int64_t end_ms = steady_ms() + EXAMINE_BUDGET_MS;
	struct question_reply reply;

	deadline->forged = asking->run->question.cannot_sign != NULL;
	deadline->took_us[deadline->answers++] = first_us;
	while (deadline->answers + deadline->lost < DIAGNOSE_QUESTIONS && deadline->lost < LOST_MAX &&
		steady_ms() < end_ms && ask_once(asking, deadline->forged, &reply))
		take(asking, &reply);
}

void examine_question(const struct examine_options *options, struct exchange *exchange, struct question_run *ret_run)
{
	const struct provider *provider = options->account->provider;
	struct asking asking = {.options = options, .exchange = exchange, .run = ret_run};
	struct question_facts *facts = &ret_run->question;
	uint64_t genuine_us = 0;

	*ret_run = (struct question_run){
		.question = {.account = options->account, .public_url = options->own_url},
		.deadline = {.provider = provider},
		.clock = {.date_ms = -1},
	};
	if (!provider->sim) {
		facts->cannot_sign = "Bauta can't ask as this provider does";
		return;
	}
	if (ask_once(&asking, false, &facts->genuine))
		genuine_us = exchange->took_us;
	if (ask_once(&asking, true, &facts->forged) &&
		question_is_answered(facts, facts->cannot_sign ? &facts->forged : &facts->genuine))
		ask_many(&asking, facts->cannot_sign ? exchange->took_us : genuine_us);
}
