#include <inttypes.h>
#include <stdio.h>

#include "base/check.h"
#include "cli/cli.h"
#include "crypto/digest.h"
#include "doctor/examine.h"
#include "serve/clock.h"
#include "serve/serve_options.h"
#include "wire/base64.h"

#define INDENT "                       " /* as far as the columns of verdict and check */
#define MARK_BYTES 8

static const struct argument_option options[] = {
	{.name = "account", .value = "NAME", .help = "which account, or PROVIDER/NAME (default: the only one)"},
	SERVE_OPTION_CONFIG,
	SERVE_OPTION_SET,
	{.name = "vn", .value = "NUMBER", .help = "ask about this virtual number (default: one that nobody has)"},
	{.name = "ca", .value = "FILE", .file = true, .help = "trust these certificates too at public_url"},
	CLI_JSON_OPTION,
	{0},
};

/* --- which account --- */

static bool is_named(const struct account *account, const char *name)
{
	char full[PROVIDER_NAME_MAX + ACCOUNT_NAME_MAX + 3];

	snprintf(full, sizeof full, "%s/%s", account->provider->name, account->name);
	return !name || strcmp(account->name, name) == 0 || strcmp(full, name) == 0;
}

/* "twilio/main, vonage/main"; as many as fit. */
static const char *put_choices(const struct config *config, const char *name, char text[400])
{
	struct buf out;

	buf_fixed(&out, text, 399);
	for (int i = 0; i < config->accounts_n; i++)
		if (is_named(&config->accounts[i], name) && out.len < 300)
			buf_fmt(&out, "%s%s/%s", out.len ? ", " : "", config->accounts[i].provider->name,
				config->accounts[i].name);
	text[out.len] = '\0';
	return text;
}

static int find_account(const struct config *config, const char *name, const struct account **ret_account)
{
	const struct account *found = NULL;
	char choices[400];
	int n = 0;

	for (int i = 0; i < config->accounts_n; i++)
		if (is_named(&config->accounts[i], name)) {
			found = &config->accounts[i];
			n++;
		}
	if (n == 1) {
		*ret_account = found;
		return COMMAND_DONE;
	}
	if (config->accounts_n == 0)
		return command_failed("the configuration has no account: give the server's with -c");
	if (!name)
		return command_misused(NULL, &command_doctor, "--account is missing: one of %s",
			put_choices(config, NULL, choices));
	if (n == 0)
		return command_misused(NULL, &command_doctor, "--account: there is no %.60s; there is %s", name,
			put_choices(config, NULL, choices));
	return command_misused(NULL, &command_doctor, "--account: %.60s may be %s", name,
		put_choices(config, name, choices));
}

/* --- what came of it --- */

struct telling {
	json_t *checks; /* NULL: lines for people */
	bool colours;
};

static void put_numbers(const struct finding *finding)
{
	char text[NUMBER_TEXT_SIZE];

	for (int i = 0; i < finding->numbers_n; i++)
		printf("%s%s", i ? ", " : ": ", number_text(finding->numbers[i], text));
	if (finding->numbers_more)
		printf(" and %d more", finding->numbers_more);
}

static void tell_line(const struct telling *telling, const struct finding *finding)
{
	static const enum terminal_colour colours[] = {COLOUR_GREEN, COLOUR_RED, COLOUR_DIM};
	const char *on = telling->colours ? terminal_colour(colours[finding->verdict]) : "";

	printf("%s%-8s%s  %-11s  ", on, verdict_words[finding->verdict], telling->colours ? terminal_plain : "",
		check_words[finding->check]);
	terminal_put(stdout, str_of(finding->found));
	put_numbers(finding);
	if (finding->todo[0]) {
		fputs("\n" INDENT, stdout);
		terminal_put(stdout, str_of(finding->todo));
	}
	putchar('\n');
	fflush(stdout); /* the next may take its time */
}

static void tell_json(const struct telling *telling, const struct finding *finding)
{
	json_t *numbers = json_array(), *check = json_object();
	char text[NUMBER_TEXT_SIZE];

	ASSERT(numbers && check);
	for (int i = 0; i < finding->numbers_n; i++)
		json_array_append_new(numbers, json_string(number_text(finding->numbers[i], text)));
	json_object_set_new(check, "check", json_string(check_words[finding->check]));
	json_object_set_new(check, "verdict", json_string(verdict_words[finding->verdict]));
	json_object_set_new(check, "found", json_string(finding->found));
	json_object_set_new(check, "todo", finding->todo[0] ? json_string(finding->todo) : json_null());
	json_object_set_new(check, "numbers", numbers);
	json_object_set_new(check, "numbers_more", json_integer(finding->numbers_more));
	json_array_append_new(telling->checks, check);
}

static void told(void *context, const struct finding *finding)
{
	const struct telling *telling = context;

	(telling->checks ? tell_json : tell_line)(telling, finding);
}

/* --- the command --- */

static int64_t wall_ms(void *context)
{
	return clock_system.wall_ms(context);
}

/* Takes `telling`'s checks. */
static int finish(const struct examine_options *examined, struct telling *telling, int wrong)
{
	const struct account *account = examined->account;

	if (wrong < 0) {
		json_decref(telling->checks);
		return command_failed("there is no memory for it");
	}
	if (telling->checks) {
		json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:o}", "provider", account->provider->name,
			"account", account->name, "public_url", examined->own_url, "wrong", wrong, "checks",
			telling->checks);
		ASSERT(object);
		cli_print_json(object);
	}
	return wrong ? COMMAND_FAILED : COMMAND_DONE;
}

static int examine_one(const struct arguments *arguments, const struct config *config,
	const struct account *account, struct number vn)
{
	struct telling telling = {.checks = arguments_has(arguments, "json") ? json_array() : NULL,
		.colours = terminal_colours(stdout)};
	uint8_t random[MARK_BYTES];
	char mark[2 * MARK_BYTES + 1], listen[300];
	struct buf hex;

	secret_random(random, sizeof random);
	buf_fixed(&hex, mark, sizeof mark - 1);
	hex_put(&hex, random, sizeof random);
	mark[hex.len] = '\0';
	snprintf(listen, sizeof listen, "%s://%.280s", config->tls_certificate ? "https" : "http", config->listen);
	const struct examine_options examined = {
		.account = account,
		.public_url = config->public_url,
		.own_url = config->public_url ? config->public_url : listen,
		.ca = arguments_value(arguments, "ca"),
		.vn = vn,
		.mark = mark,
		.now_ms = wall_ms,
		.told = told,
		.context = &telling,
	};
	if (!telling.checks)
		printf("%s/%s at %s\n", account->provider->name, account->name, examined.own_url);
	return finish(&examined, &telling, examine(&examined));
}

static int run(const struct arguments *arguments)
{
	const char *written = arguments_value(arguments, "vn");
	const struct account *account;
	struct number vn = NUMBER_NONE;
	char text[20];

	if (written && (!cli_number(written, text) || number_parse(str_of(text), &vn) != ERR_OK))
		return command_misused(NULL, &command_doctor, "--vn: a number is +, country code and digits");
	struct config *config = serve_options_config(arguments);
	if (!config)
		return COMMAND_FAILED;
	int code = find_account(config, arguments_value(arguments, "account"), &account);
	if (code == COMMAND_DONE)
		code = examine_one(arguments, config, account, vn);
	config_free(config);
	return code;
}

const struct command_line command_doctor = {
	.name = "doctor",
	.summary = "find what is wrong between a provider's account and this server",
	.options = options,
	.run = run,
	.help = "With the server's configuration (-c) and while it serves: does the provider know the\n"
		"account, do its numbers point to us, are the clocks right, is the certificate of\n"
		"public_url good, is a signed question to public_url believed and a forged one not,\n"
		"and is there time to spare? Each line is ok, wrong (and what to do) or skipped (and\n"
		"why). Exit 1 if anything is wrong.\n\n"
		"Nothing is changed and nobody's phone rings. With --vn the questions are refused calls\n"
		"of that number's pool, whose provider_call_id begins with bauta-doctor-.",
};
