#include "cli/cli.h"

#include "base/check.h"

static const struct argument_option list_options[] = {
	{.name = "order", .value = "ID", .help = "only of this order"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option json_options[] = {CLI_JSON_OPTION, {0}};

static const struct argument_option retry_options[] = {
	{.name = "all", .help = "every order's first one, and so all of them"},
	CLI_JSON_OPTION,
	{0},
};

#define SETTLE_S 600 /* a letter may have thousands behind it, and each is stored on its own */

static const struct command_line dead_retry;

/* --- looking --- */

/* "orders/3/120": topic, partition, offset. */
static const char *place_of(const json_t *letter, char text[300])
{
	snprintf(text, 300, "%.249s/%lld/%lld", cli_member(letter, "topic"), cli_int(letter, "partition"),
		cli_int(letter, "offset"));
	return text;
}

static void print_letters(const json_t *letters)
{
	static const struct cli_column columns[] = {{"LETTER", false}, {"AT", false}, {"ORDER", false}, {"STATE", false},
		{"RECORD", false}, {"CODE", false}, {"DETAIL", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *letter;

	json_array_foreach(letters, i, letter)
	{
		char time[32], place[300];
		const char *state = cli_member(letter, "state");
		cli_table_text(table, cli_member(letter, "id"));
		cli_table_text(table, cli_time(cli_member(letter, "at"), time));
		cli_table_text(table, cli_member(letter, "order"));
		cli_table_coloured(table, cli_state_colour(state), state);
		cli_table_text(table, place_of(letter, place));
		cli_table_text(table, cli_member(letter, "code"));
		cli_table_text(table, cli_member(letter, "detail"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

/* Oldest first; of one order if it is not NULL. */
static int ask_list(struct cli *cli, const char *order, json_t **ret_letters)
{
	struct buf target;

	cli_target(&target, "/v1/dead", NULL);
	cli_query(&target, "order", order);
	return cli_list(cli, &target, "dead", 0, ret_letters);
}

static int run_list(const struct arguments *arguments)
{
	struct cli cli;
	json_t *letters;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	code = ask_list(&cli, arguments_value(arguments, "order"), &letters);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json_list("dead", letters);
	else if (code == COMMAND_DONE) {
		print_letters(letters);
		json_decref(letters);
	}
	cli_end(&cli);
	return code;
}

static void put_line(const char *name, const char *text)
{
	printf("%-8s ", name);
	terminal_put(stdout, str_of(text[0] ? text : "-"));
	putchar('\n');
}

/* Line by line: what else steers a terminal is shown as '?'. */
static void put_payload(struct str rest)
{
	while (rest.at) {
		struct str line = str_cut(rest, '\n', &rest);
		terminal_put(stdout, line);
		putchar('\n');
	}
}

static void print_letter(const json_t *letter)
{
	const json_t *payload = json_object_get(letter, "payload");
	char time[32], place[300];

	put_line("letter", cli_member(letter, "id"));
	put_line("at", cli_time(cli_member(letter, "at"), time));
	put_line("order", cli_member(letter, "order"));
	put_line("state", cli_member(letter, "state"));
	put_line("record", place_of(letter, place));
	put_line("code", cli_member(letter, "code"));
	put_line("detail", cli_member(letter, "detail"));
	putchar('\n');
	put_payload(str_n(json_string_value(payload), json_string_length(payload)));
}

static int run_show(const struct arguments *arguments)
{
	struct cli cli;
	struct buf target;
	json_t *letter;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	cli_target(&target, "/v1/dead/", arguments->operands[0], NULL);
	code = cli_ask(&cli, "GET", &target, NULL, &letter);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json(letter);
	else if (code == COMMAND_DONE) {
		print_letter(letter);
		json_decref(letter);
	}
	cli_end(&cli);
	return code;
}

/* --- settling: each of the API's answers with the letter's id in front --- */

static void print_settled(const json_t *settled)
{
	static const struct cli_column columns[] = {{"LETTER", false}, {"DROPPED", true}, {"APPLIED", true}, {"REPEATED", true},
		{"REFUSED AGAIN", false}, {"CODE", false}, {"DETAIL", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *one;

	json_array_foreach(settled, i, one)
	{
		const json_t *refused = json_array_get(json_object_get(one, "refused"), 0);
		cli_table_text(table, cli_member(one, "id"));
		cli_table_int(table, cli_int(one, "dropped"));
		cli_table_int(table, cli_int(one, "applied"));
		cli_table_int(table, cli_int(one, "repeated"));
		cli_table_text(table, cli_member(refused, "id"));
		cli_table_text(table, cli_member(refused, "code"));
		cli_table_text(table, cli_member(refused, "detail"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

/* One letter; what became of it goes to the end of `settled`. */
static int settle(struct cli *cli, const char *id, bool drop, json_t *settled)
{
	struct buf target;
	json_t *answer = NULL;

	cli_target(&target, "/v1/dead/", id, drop ? "" : "/retry", NULL);
	int code = cli_ask(cli, drop ? "DELETE" : "POST", &target, NULL, &answer);
	if (code != COMMAND_DONE)
		return code;
	bool refused = json_array_size(json_object_get(answer, "refused")) > 0;
	json_t *one = json_pack("{s:s}", "id", id);
	ASSERT(one);
	json_object_update(one, answer);
	json_array_append_new(settled, one);
	json_decref(answer);
	return refused && !drop ? COMMAND_FAILED : COMMAND_DONE;
}

static int give_settled(struct cli *cli, json_t *settled, int code)
{
	if (cli->json)
		cli_print_json_list("dead", json_incref(settled));
	else if (json_array_size(settled))
		print_settled(settled);
	json_decref(settled);
	cli_end(cli);
	return code;
}

/* Every operand, also after one that was refused. */
static int settle_operands(const struct arguments *arguments, bool drop)
{
	struct cli cli;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	cli.timeout_s = SETTLE_S;
	json_t *settled = json_array();
	ASSERT(settled);
	for (int i = 0; i < arguments->operands_n; i++)
		if (settle(&cli, arguments->operands[i], drop, settled) != COMMAND_DONE)
			code = COMMAND_FAILED;
	return give_settled(&cli, settled, code);
}

/* The first letter of each order, oldest first: the others follow it. A letter of no order stands alone. */
static int settle_all(struct cli *cli, const json_t *letters, json_t *settled)
{
	json_t *orders = json_object();
	int code = COMMAND_DONE;
	size_t i;
	json_t *letter;

	ASSERT(orders);
	json_array_foreach(letters, i, letter)
	{
		const char *order = cli_member(letter, "order");
		if (order[0] && json_object_get(orders, order))
			continue;
		if (order[0])
			json_object_set_new(orders, order, json_true());
		if (settle(cli, cli_member(letter, "id"), false, settled) != COMMAND_DONE)
			code = COMMAND_FAILED;
	}
	json_decref(orders);
	return code;
}

static int retry_all(const struct arguments *arguments)
{
	struct cli cli;
	json_t *letters;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	cli.timeout_s = SETTLE_S;
	code = ask_list(&cli, NULL, &letters);
	if (code != COMMAND_DONE) {
		cli_end(&cli);
		return code;
	}
	json_t *settled = json_array();
	ASSERT(settled);
	code = settle_all(&cli, letters, settled);
	json_decref(letters);
	return give_settled(&cli, settled, code);
}

static int run_retry(const struct arguments *arguments)
{
	bool all = arguments_has(arguments, "all");

	if (all && arguments->operands_n > 0)
		return command_misused(&command_dead, &dead_retry, "either --all or letters");
	if (!all && arguments->operands_n == 0)
		return command_misused(&command_dead, &dead_retry, "ID is missing; --all tries every one");
	return all ? retry_all(arguments) : settle_operands(arguments, false);
}

static int run_drop(const struct arguments *arguments)
{
	return settle_operands(arguments, true);
}

static const struct command_line dead_list = {
	.name = "list",
	.summary = "letters, the oldest first",
	.options = list_options,
	.run = run_list,
	.help = "A refused event says why. A parked one waits behind an earlier one of its order.\n"
		"RECORD is the topic, the partition and the offset where the event lies.",
};
static const struct command_line dead_show = {
	.name = "show",
	.summary = "one letter, and what is in it",
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.options = json_options,
	.run = run_show,
	.help = "Digits that could be a number's are shown as stars, unless the key has the scope\n"
		"reveal; who looked is in the audit trail then.",
};
static const struct command_line dead_retry = {
	.name = "retry",
	.summary = "try them again, once the reason is gone",
	.operands = "ID...|--all",
	.operands_max = -1,
	.options = retry_options,
	.run = run_retry,
	.help = "An order's first letter, then those that are parked behind it, in order, until one\n"
		"is refused again: it stays, and what is behind it, and the exit is 1.",
};
static const struct command_line dead_drop = {
	.name = "drop",
	.summary = "never mind these, and go on with what is parked behind",
	.operands = "ID...",
	.operands_min = 1,
	.operands_max = -1,
	.options = json_options,
	.run = run_drop,
};
static const struct command_line *const dead_subs[] = {
	&dead_list,
	&dead_show,
	&dead_retry,
	&dead_drop,
	NULL,
};

const struct command_line command_dead = {
	.name = "dead",
	.summary = "dead letters: order events that could not be used",
	.subs = dead_subs,
	.help = "A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key, with\n"
		"the scope admin.",
};
