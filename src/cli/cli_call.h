/* cli_call: what `bauta call` asks, and how it shows question and answer; how requests are made as a provider makes
 * them. For cli_call*.c and cli_message.c only. */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "cli/cli.h"
#include "config/config.h"
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

/* A document of the wire for eyes, indented; numbers masked but `show` and the one that is dialled. */
void call_put_document(const struct call_asked *call, struct str text, struct number show, const char *secret);

/* POST /v1/route; the answer is the caller's. */
MUST_CHECK int call_route(struct call_asked *call, json_t **ret_answer);
struct sim_outcome call_route_outcome(const json_t *answer);

/* Of an account that gets commands for calls (cli_call_control.c): the decision, and the command that it becomes. */
MUST_CHECK int call_control(struct call_asked *call, const struct account *account);

/* The member "question" of `object`; account may be NULL. */
void call_set_question(
	const struct call_asked *call, json_t *object, const char *provider, const char *account);

/* Question, answer and outcome on standard output; `outcome` NULL: the provider would not understand it. */
void call_give_json(const struct call_asked *call, const struct account *account,
	const struct sim_request *sim, const struct client_answer *answer, const struct sim_outcome *outcome);
void call_give_picture(const struct call_asked *call, const struct account *account,
	const struct sim_request *sim, const struct client_answer *answer, const struct sim_outcome *outcome);

/* The only account of that provider, or the one of that name. NULL: told. */
const struct account *call_account(const struct config *config, const struct provider *provider, const char *name);
/* Providers sign the address that they were given, wherever it leads. */
const char *call_public_url(const struct config *config, char text[300]);
/* A new id as providers make them. */
void call_make_id(const char *prefix, char text[40]);
/* Sends it to BAUTA_URL. */
MUST_CHECK int call_send(struct cli *cli, const struct sim_request *sim, struct client_answer *ret_answer);

#endif
