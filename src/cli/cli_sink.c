#include "cli/cli.h"

#include "base/check.h"
#include "wire/time_text.h"

static const struct argument_option json_options[] = {CLI_JSON_OPTION, {0}};

static const struct argument_option replay_options[] = {
	{.name = "since", .value = "TIME", .help = "the oldest event that is sent again"},
	CLI_JSON_OPTION,
	{0},
};

static const struct command_line sink_replay;

static void print_sinks(const json_t *sinks)
{
	static const struct cli_column columns[] = {{"SINK", false}, {"STATE", false}, {"DELIVERED", true}, {"FAILED", true},
		{"GIVEN UP", true}, {"RETRIES", true}, {"UP TO", false}, {"LAST ERROR", false}, {"AT", false}, {NULL, false}};
	static const char *const counts[] = {"delivered", "failed", "given_up", "retries"};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *sink;

	json_array_foreach(sinks, i, sink)
	{
		char time[32];
		const char *state = cli_member(sink, "state");
		cli_table_text(table, cli_member(sink, "name"));
		cli_table_coloured(table, cli_state_colour(state), state);
		for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
			cli_table_int(table, cli_int(sink, counts[k]));
		cli_table_text(table, cli_member(sink, "cursor"));
		cli_table_text(table, cli_member(sink, "last_error"));
		cli_table_text(table, cli_time(cli_member(sink, "last_error_at"), time));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

static int run_list(const struct arguments *arguments)
{
	struct cli cli;
	struct buf target;
	json_t *answer;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	cli_target(&target, "/v1/sinks", NULL);
	code = cli_ask(&cli, "GET", &target, NULL, &answer);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json(answer);
	else if (code == COMMAND_DONE) {
		print_sinks(json_object_get(answer, "sinks"));
		json_decref(answer);
	}
	cli_end(&cli);
	return code;
}

/* Gives the sink an order, and says so: "NAME: DONE", with where it begins behind it, if it does. Takes `body`. */
static int give_order(const struct arguments *arguments, const char *path, json_t *body, const char *done)
{
	struct cli cli;
	struct buf target;
	json_t *answer;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE) {
		json_decref(body);
		return code;
	}
	cli_target(&target, "/v1/sinks/", arguments->operands[0], path, NULL);
	code = cli_ask(&cli, "POST", &target, body, &answer);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json(answer);
	else if (code == COMMAND_DONE) {
		terminal_put(stdout, str_of(cli_member(answer, "name")));
		printf(": %s", done);
		terminal_put(stdout, str_of(cli_member(answer, "from")));
		putchar('\n');
		json_decref(answer);
	}
	cli_end(&cli);
	return code;
}

static int run_enable(const struct arguments *arguments)
{
	return give_order(arguments, "/enable", NULL, "enabled");
}

/* As the API writes times, or as our tables do: "2026-11-22 10:00:00", which is UTC too. */
static bool read_time(const char *written, char text[40])
{
	int64_t time_ms;
	size_t len = strlen(written);

	if (len > 35)
		return false;
	snprintf(text, 40, "%s", written);
	if (len == 19 && text[10] == ' ') {
		text[10] = 'T';
		text[19] = 'Z';
		text[20] = '\0';
	}
	return time_text_parse(str_of(text), &time_ms) == ERR_OK;
}

static int run_replay(const struct arguments *arguments)
{
	const char *since = arguments_value(arguments, "since");
	char text[40];

	if (!since)
		return command_misused(&command_sink, &sink_replay, "--since is missing");
	if (!read_time(since, text))
		return command_misused(
			&command_sink, &sink_replay, "--since: this is not a time such as 2026-11-22T10:00:00Z");
	json_t *body = json_pack("{s:s}", "since", text);
	ASSERT(body);
	return give_order(arguments, "/replay", body, "again from ");
}

static const struct command_line sink_list = {
	.name = "list",
	.summary = "who gets our events, and how far each is",
	.options = json_options,
	.run = run_list,
	.help = "Every event UP TO that one was delivered, given up, or waits to be sent again. The\n"
		"counts are of the time since the server started.",
};
static const struct command_line sink_enable = {
	.name = "enable",
	.summary = "send events again to one that is disabled (it had answered 410)",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.options = json_options,
	.run = run_enable,
	.help = "Those that came meanwhile are not sent by this: `bauta sink replay` does that.",
};
static const struct command_line sink_replay = {
	.name = "replay",
	.summary = "send every event since a time again",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.options = replay_options,
	.run = run_replay,
	.help = "  bauta sink replay webhook:app --since 2026-11-22T10:00:00Z\n\n"
		"Receivers know an event that they had by its id.",
};
static const struct command_line *const sink_subs[] = {&sink_list, &sink_enable, &sink_replay, NULL};

const struct command_line command_sink = {
	.name = "sink",
	.summary = "receivers of our events: Kafka, webhooks, the orders database",
	.subs = sink_subs,
	.help = "A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key, of\n"
		"the tenant main and with the scope admin.",
};
