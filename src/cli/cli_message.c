/* `bauta message`: a text as a provider would bring it, signed, and what our answer makes of it. */
#include <stdlib.h>

#include "base/check.h"
#include "cli/cli_call.h"
#include "cli/cli_config.h"
#include "crypto/digest.h"
#include "serve/clock.h"

static const struct argument_option options[] = {
	{.name = "from", .value = "NUMBER", .help = "who texts"},
	{.name = "to", .value = "VN", .help = "the virtual number that is texted"},
	{.name = "body", .value = "TEXT", .help = "what the text says"},
	{.name = "provider", .value = "NAME", .help = "in whose dialect: twilio, signalwire, plivo"},
	{.name = "account", .value = "NAME", .help = "whose credentials, where the configuration has several"},
	CLI_CONFIG_OPTION("the configuration with the account"),
	{.name = "show-numbers", .help = "print real numbers whole"},
	{.name = "json", .help = "JSON instead of a sentence, for programs; numbers are whole"},
	{0},
};

static int read_number(const struct arguments *arguments, const char *name, struct number *ret_number)
{
	const char *written = arguments_value(arguments, name);
	char text[20];

	if (!written)
		return command_misused(NULL, &command_message, "--%s is missing", name);
	if (!cli_number(written, text) || number_parse(str_of(text), ret_number) != ERR_OK)
		return command_misused(NULL, &command_message, "--%s: a number is +, country code and digits", name);
	return COMMAND_DONE;
}

static json_t *number_json(struct number number)
{
	char text[NUMBER_TEXT_SIZE];

	return number_is(number) ? json_string(number_text(number, text)) : json_null();
}

static void give_json(const struct sim_text *text, int status)
{
	json_t *object = json_pack("{s:b, s:i, s:o, s:o, s:o}", "goes_on", text->goes, "status", status, "to",
		number_json(text->to), "from",
		number_json(text->shown), "body", text->goes ? json_string(text->body) : json_null());

	ASSERT(object);
	cli_print_json(object);
}

static void give_sentence(const struct call_asked *asked, const struct sim_text *text)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];

	printf("%s texts %s: ", call_shown(asked, asked->from, from), number_text(asked->to, to));
	if (!text->goes) {
		puts("nothing goes on");
		return;
	}
	printf("%s gets it, from %s:\n    ", call_shown(asked, text->to, to),
		number_is(text->shown) ? number_text(text->shown, from) : "ANOTHER'S NUMBER");
	terminal_put(stdout, str_of(text->body));
	putchar('\n');
}

static int bring(struct call_asked *asked, const struct config *config, const struct account *account,
	struct sim_request *request, struct sim_text *text)
{
	char url[300], id[40];
	struct client_answer answer;

	call_make_id("SM", id);
	const struct sim_question question = {.from = asked->from, .to = asked->to, .call_id = id,
		.text = arguments_value(asked->arguments, "body"), .public_url = call_public_url(config, url),
		.now_ms = clock_system.wall_ms(NULL)};
	enum err err = account->provider->sim->text(account, &question, request);
	if (err)
		return command_failed("the text can't be put in %s's words: %s", account->provider->name,
			err_title(err));
	int code = call_send(&asked->cli, request, &answer);
	if (code != COMMAND_DONE)
		return code;
	int status = answer.status;
	bool read = account->provider->sim->read_text(account, status, buf_text(&answer.body), text) == ERR_OK;
	client_answer_done(&answer);
	if (!read)
		return command_failed("%s would not understand this answer (status %d)%s", account->provider->name,
			status,
			status == 403 ? ": do the account's secret and public_url agree with the server's?" : "");
	if (asked->cli.json)
		give_json(text, status);
	else
		give_sentence(asked, text);
	return COMMAND_DONE;
}

static int ask(struct call_asked *asked, const struct config *config, const struct account *account)
{
	struct sim_request *request = calloc(1, sizeof *request);
	struct sim_text *text = calloc(1, sizeof *text);

	ASSERT(request && text);
	int code = bring(asked, config, account, request, text);
	secret_wipe(request, sizeof *request);
	free(request);
	free(text);
	return code;
}

static int run(const struct arguments *arguments)
{
	const char *name = arguments_value(arguments, "provider");
	const struct provider *provider = name ? provider_find(str_of(name)) : NULL;
	struct call_asked asked = {.arguments = arguments};
	int code = read_number(arguments, "from", &asked.from);

	if (code == COMMAND_DONE)
		code = read_number(arguments, "to", &asked.to);
	if (code == COMMAND_DONE && !arguments_value(arguments, "body"))
		code = command_misused(NULL, &command_message, "--body is missing");
	if (code == COMMAND_DONE && (!provider || !provider->sim || !provider->sim->text))
		code = command_misused(NULL, &command_message, "--provider: twilio, signalwire or plivo");
	if (code != COMMAND_DONE)
		return code;
	struct config *config = cli_config(arguments);
	if (!config)
		return COMMAND_FAILED;
	const struct account *account = call_account(config, provider, arguments_value(arguments, "account"));
	code = account ? cli_begin(arguments, &asked.cli) : COMMAND_FAILED;
	if (code == COMMAND_DONE) {
		asked.whole = asked.cli.json || arguments_has(arguments, "show-numbers");
		code = ask(&asked, config, account);
		cli_end(&asked.cli);
	}
	config_free(config);
	return code;
}

const struct command_line command_message = {
	.name = "message",
	.summary = "bring a text as a provider would, signed, and show what goes on",
	.options = options,
	.run = run,
	.help = "Nobody gets a text: the answer is read as the provider would read it, and that is all. The server\n"
		"keeps it as one that went on. Signed with the account of the configuration that the server has\n"
		"(-c), sent to BAUTA_URL. Real numbers are masked for people, and whole with --json or\n"
		"--show-numbers.",
};
