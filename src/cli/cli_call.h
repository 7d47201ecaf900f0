/* cli_call: what `bauta call` asks, and how it shows question and answer. For cli_call*.c only. */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "cli/cli.h"
#include "core/number.h"
#include "provider/provider.h"

struct call_asked {
	struct cli cli;
	const struct arguments *arguments;
	struct number from, to; /* from none: withheld */
	const char *digits;     /* NULL: none */
	bool whole;             /* show real numbers */
};

/* A real number as text: masked unless it was asked for whole; "withheld" for none. */
const char *call_shown(const struct call_asked *call, struct number number, char text[NUMBER_TEXT_SIZE]);

/* "connect: rings +62*******877, which sees +622150001234; 30 s to answer, 3600 s to talk" */
void call_put_outcome(const struct call_asked *call, const struct sim_outcome *outcome, const char *reason);

/* The member "question" of `object`; account may be NULL. */
void call_set_question(
	const struct call_asked *call, json_t *object, const char *provider, const char *account);

/* Question, answer and outcome on standard output; `outcome` NULL: the provider would not understand it. */
void call_give_json(const struct call_asked *call, const struct account *account,
	const struct sim_request *sim, const struct client_answer *answer, const struct sim_outcome *outcome);
void call_give_picture(const struct call_asked *call, const struct account *account,
	const struct sim_request *sim, const struct client_answer *answer, const struct sim_outcome *outcome);

#endif
