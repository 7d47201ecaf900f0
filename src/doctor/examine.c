#include "doctor/examine.h"

#include "net/http_url.h"
#include "net/tls_look.h"

#define ARENA_MAX ((size_t)64 << 20)

static void tell(const struct examine_options *options, const struct finding *finding, int *wrong)
{
	*wrong += finding->verdict == VERDICT_WRONG;
	options->told(options->context, finding);
}

static void examine_tls(const struct examine_options *options, struct finding *ret_finding)
{
	struct tls_facts facts = {.url = options->own_url, .own_ca = options->ca != NULL};
	struct http_url url;
	struct tls_seen seen;

	if (http_url_read(options->own_url, &url, NULL) == ERR_OK && url.tls) {
		tls_look(&(struct tls_look_ask){.url = options->own_url, .ca = options->ca,
			.timeout_ms = EXAMINE_TIMEOUT_MS}, &seen);
		facts.seen = &seen;
	}
	facts.now_ms = options->now_ms(options->clock_context);
	diagnose_tls(&facts, ret_finding);
}

int examine(const struct examine_options *options)
{
	struct account_facts account;
	struct clock_look at_provider;
	struct exchange exchange;
	struct question_run run;
	struct finding finding, tls;
	struct arena arena;
	int wrong = 0;

	if (!exchange_init(&exchange, options->now_ms, options->clock_context)) {
		exchange_done(&exchange);
		return -1;
	}
	arena_init(&arena, ARENA_MAX);
	examine_account(options, &exchange, &arena, &account, &at_provider);
	diagnose_credentials(&account, &finding);
	tell(options, &finding, &wrong);
	diagnose_webhooks(&account, options->public_url, &finding);
	tell(options, &finding, &wrong);
	examine_tls(options, &tls);
	examine_question(options, &exchange, &run);
	diagnose_clock(options->account->provider, &at_provider, &run.clock, &finding);
	tell(options, &finding, &wrong);
	tell(options, &tls, &wrong);
	diagnose_question(&run.question, &finding);
	tell(options, &finding, &wrong);
	diagnose_deadline(&run.deadline, &finding);
	tell(options, &finding, &wrong);
	arena_done(&arena);
	exchange_done(&exchange);
	return wrong;
}
