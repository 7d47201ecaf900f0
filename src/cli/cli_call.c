#include "cli/cli_call.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli_config.h"
#include "core/number.h"
#include "crypto/digest.h"
#include "serve/clock.h"
#include "wire/base64.h"

static const struct argument_option options[] = {
	{.name = "from", .value = "NUMBER", .help = "who calls; \"withheld\": without a number"},
	{.name = "to", .value = "VN", .help = "the virtual number that is dialled"},
	{.name = "provider", .value = "NAME", .help = "in whose dialect (generic: POST /v1/route)"},
	{.name = "account",
		.value = "NAME",
		.help = "whose credentials, where the configuration has several"},
	{.name = "digits", .value = "DIGITS", .help = "what the caller typed"},
	CLI_CONFIG_OPTION("the configuration with the account"),
	{.name = "show-numbers", .help = "print real numbers whole"},
	{.name = "json", .help = "JSON instead of a picture, for programs; numbers are whole"},
	{0},
};

/* --- generic: POST /v1/route --- */

static json_t *route_body(const struct call_asked *call)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];

	return json_pack("{s:s, s:s, s:s*}", "from",
		number_is(call->from) ? number_text(call->from, from) : "anonymous", "to",
		number_text(call->to, to), "digits", call->digits);
}

struct sim_outcome call_route_outcome(const json_t *answer)
{
	struct sim_outcome outcome = {.action = ACTION_REJECT};

	for (int i = 0; i < ACTION__COUNT; i++)
		if (strcmp(action_words[i], cli_member(answer, "action")) == 0)
			outcome.action = (enum action)i;
	if (number_parse(str_of(cli_member(answer, "to")), &outcome.rings) != ERR_OK)
		outcome.rings = NUMBER_NONE;
	if (number_parse(str_of(cli_member(answer, "caller_id")), &outcome.shows) != ERR_OK)
		outcome.shows = NUMBER_NONE;
	outcome.ring_s = (uint32_t)cli_int(answer, "ring_s");
	outcome.max_call_s = (uint32_t)cli_int(answer, "max_s");
	return outcome;
}

int call_route(struct call_asked *call, json_t **ret_answer)
{
	struct buf target;

	cli_target(&target, "/v1/route", NULL);
	return cli_ask(&call->cli, "POST", &target, route_body(call), ret_answer);
}

static int ask_generic(struct call_asked *call)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	json_t *answer;
	int code = call_route(call, &answer);

	if (code != COMMAND_DONE)
		return code;
	if (call->cli.json) {
		json_t *object = json_copy(answer);
		json_decref(answer);
		ASSERT(object);
		call_set_question(call, object, "generic", NULL);
		cli_print_json(object);
		return COMMAND_DONE;
	}
	struct sim_outcome outcome = call_route_outcome(answer);
	printf("%s calls %s\n", call_shown(call, call->from, from), number_text(call->to, to));
	call_put_outcome(call, &outcome, cli_member(answer, "reason"));
	json_decref(answer);
	return COMMAND_DONE;
}

/* --- a provider's dialect --- */

const struct account *call_account(
	const struct config *config, const struct provider *provider, const char *name)
{
	const struct account *found = NULL;
	int n = 0;

	for (int i = 0; i < config->accounts_n; i++) {
		const struct account *account = &config->accounts[i];
		if (account->provider != provider || (name && strcmp(account->name, name) != 0))
			continue;
		found = account;
		n++;
	}
	if (n == 1)
		return found;
	if (n > 1)
		command_failed("the configuration has %d accounts at %s: choose one with --account", n,
			provider->name);
	else
		command_failed("the configuration has no such account at %s: give the server's with -c",
			provider->name);
	return NULL;
}

const char *call_public_url(const struct config *config, char text[300])
{
	if (config->public_url)
		return config->public_url;
	snprintf(text, 300, "http://%.280s", config->listen);
	return text;
}

void call_make_id(const char *prefix, char text[40])
{
	uint8_t random[16];
	struct buf out;

	secret_random(random, sizeof random);
	buf_fixed(&out, text, 39);
	buf_lit(&out, prefix);
	hex_put(&out, random, sizeof random);
	text[out.len] = '\0';
}

static int make_request(const struct call_asked *call, const struct config *config,
	const struct account *account, struct sim_request *ret_request)
{
	char url[300], call_id[40];

	call_make_id("CA", call_id);
	struct sim_question question = {
		.from = call->from,
		.to = call->to,
		.call_id = call_id,
		.digits = call->digits,
		.public_url = call_public_url(config, url),
		.now_ms = clock_system.wall_ms(NULL),
	};
	enum err err = account->provider->sim->ask(account, &question, ret_request);
	if (err == ERR_FORBIDDEN)
		return command_failed(
			"only %s itself can sign for this account: it has the private key", account->provider->name);
	return err ? command_failed("the question can't be put in %s's words: %s", account->provider->name,
			     err_title(err))
		   : COMMAND_DONE;
}

int call_send(struct cli *cli, const struct sim_request *sim, struct client_answer *ret_answer)
{
	char lines[2][64 + SIM_HEADER_MAX], error[CLIENT_SENTENCE_SIZE];
	const char *headers[3] = {NULL};

	for (int i = 0; i < sim->headers_n; i++) {
		snprintf(lines[i], sizeof lines[i], "%s: %s", sim->header_name[i], sim->header_value[i]);
		headers[i] = lines[i];
	}
	struct client_request request = {
		.method = sim->post ? "POST" : "GET",
		.target = sim->target,
		.body = sim->post ? str_of(sim->body) : STR_NONE,
		.content_type = sim->post && sim->content_type[0] ? sim->content_type : NULL,
		.headers = headers,
		.without_key = true,
	};
	return client_ask(cli->client, &request, ret_answer, error) == ERR_OK
		       ? COMMAND_DONE
		       : command_failed("%s", error);
}

static int ask_account(struct call_asked *call, const struct config *config, const struct account *account)
{
	struct sim_request *request = calloc(1, sizeof *request);
	struct sim_outcome outcome = {0};
	struct client_answer answer;

	ASSERT(request);
	int code = make_request(call, config, account, request);
	if (code == COMMAND_DONE)
		code = call_send(&call->cli, request, &answer);
	if (code == COMMAND_DONE) {
		bool read = account->provider->sim->read(
				    account, answer.status, buf_text(&answer.body), &outcome) == ERR_OK;
		if (outcome.shows_dialled)
			outcome.shows = call->to;
		(call->cli.json ? call_give_json : call_give_picture)(
			call, account, request, &answer, read ? &outcome : NULL);
		if (!read)
			code = command_failed("%s would not understand this answer (status %d)%s",
				account->provider->name, answer.status,
				answer.status == 403 ? ": do the account's secret and public_url agree with "
						       "the server's?"
						     : "");
		client_answer_done(&answer);
	}
	secret_wipe(request, sizeof *request);
	free(request);
	return code;
}

static int ask_provider(struct call_asked *call, const char *name)
{
	const struct provider *provider = provider_find(str_of(name));

	if (!provider || !provider->sim)
		return command_misused(
			NULL, &command_call, "--provider: %.40s is none that can be played", name);
	struct config *config = cli_config(call->arguments);
	if (!config)
		return COMMAND_FAILED;
	const struct account *account =
		call_account(config, provider, arguments_value(call->arguments, "account"));
	int code = COMMAND_FAILED;
	if (account)
		code = account->call_control ? call_control(call, account) : ask_account(call, config, account);
	config_free(config);
	return code;
}

static int read_number(const struct arguments *arguments, const char *name, struct number *ret_number)
{
	const char *written = arguments_value(arguments, name);
	char text[20];

	if (!written)
		return command_misused(NULL, &command_call, "--%s is missing", name);
	if (!cli_number(written, text) || number_parse(str_of(text), ret_number) != ERR_OK)
		return command_misused(
			NULL, &command_call, "--%s: a number is +, country code and digits", name);
	return COMMAND_DONE;
}

static int run(const struct arguments *arguments)
{
	const char *from = arguments_value(arguments, "from"),
		   *provider = arguments_value(arguments, "provider");
	struct call_asked call = {.arguments = arguments, .digits = arguments_value(arguments, "digits")};
	int code = COMMAND_DONE;

	if (!from || strcmp(from, "withheld") != 0)
		code = read_number(arguments, "from", &call.from);
	if (code == COMMAND_DONE)
		code = read_number(arguments, "to", &call.to);
	if (code == COMMAND_DONE)
		code = cli_begin(arguments, &call.cli);
	if (code != COMMAND_DONE)
		return code;
	call.whole = call.cli.json || arguments_has(arguments, "show-numbers");
	if (!provider || strcmp(provider, "generic") == 0)
		code = ask_generic(&call);
	else
		code = ask_provider(&call, provider);
	cli_end(&call.cli);
	return code;
}

const struct command_line command_call = {
	.name = "call",
	.summary = "ask as a provider would, signed, and show question and answer",
	.options = options,
	.run = run,
	.help = "Nobody's phone rings. Without --provider it is POST /v1/route with BAUTA_KEY (scope\n"
		"route). With one it is that provider's own request, signed with the account of the\n"
		"configuration that the server has (-c), sent to BAUTA_URL. Of an account with Call\n"
		"Control, whose events only the provider signs, it is POST /v1/route too, and the command\n"
		"for the call that the decision becomes is shown, and sent nowhere.\n\n"
		"Real numbers are masked for people (+62*******877) and whole with --json, for what\n"
		"plays a provider, or with --show-numbers.",
};
