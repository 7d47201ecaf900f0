#include "cli/cli.h"

#include "cli/duration.h"

static const char *const directions[] = {"both", "from", "to", NULL};

static const struct argument_option add_options[] = {
	{.name = "pool", .value = "NAME", .help = "the pool (not needed where there is one)"},
	{.name = "with", .value = "NUMBER", .help = "only between these two; without: everybody in the pool"},
	{.name = "direction", .value = "WORD", .help = "calls that are refused, as the first number sees it",
		.words = directions},
	{.name = "for", .value = "DUR", .help = "how long, such as 7d; without: until it is removed"},
	{.name = "reason", .value = "TEXT", .help = "why, for people; no phone number in it"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option list_options[] = {
	{.name = "pool", .value = "NAME", .help = "of this pool only"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option json_options[] = {CLI_JSON_OPTION, {0}};

static const struct command_line block_add;

/* False: no text that JSON can hold. */
static bool set_text(json_t *body, const char *name, const char *text)
{
	return !text || json_object_set_new(body, name, json_string(text)) == 0;
}

/* NULL: what was written is not UTF-8. */
static json_t *body_of(const struct arguments *arguments, uint32_t ttl_s)
{
	static const char *const options[] = {"pool", "with", "direction", "reason"};
	json_t *body = json_object();
	bool good = body && set_text(body, "number", arguments->operands[0]);

	for (size_t i = 0; good && i < sizeof options / sizeof *options; i++)
		good = set_text(body, options[i], arguments_value(arguments, options[i]));
	if (good && ttl_s)
		good = json_object_set_new(body, "ttl_s", json_integer(ttl_s)) == 0;
	if (good)
		return body;
	json_decref(body);
	return NULL;
}

static int run_add(const struct arguments *arguments)
{
	const char *lasts = arguments_value(arguments, "for");
	uint32_t ttl_s = 0;
	struct cli cli;
	struct buf target;
	json_t *answer;

	if (lasts && (duration_parse(str_of(lasts), &ttl_s) != ERR_OK || ttl_s == 0))
		return command_misused(&command_block, &block_add, "--for: this is not a duration such as 7d");
	json_t *body = body_of(arguments, ttl_s);
	if (!body)
		return command_failed("what is to be sent is not UTF-8");
	int code = cli_begin(arguments, &cli);
	if (code != COMMAND_DONE) {
		json_decref(body);
		return code;
	}
	cli_target(&target, "/v1/blocks", NULL);
	code = cli_ask(&cli, "POST", &target, body, &answer);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json(answer);
	else if (code == COMMAND_DONE) {
		terminal_put(stdout, str_of(cli_member(answer, "id")));
		putchar('\n');
		json_decref(answer);
	}
	cli_end(&cli);
	return code;
}

static void print_blocks(const json_t *blocks)
{
	static const struct cli_column columns[] = {{"BLOCK", false}, {"POOL", false}, {"NUMBER", false},
		{"WITH", false},
		{"CALLS", false}, {"UNTIL", false}, {"REASON", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *block;

	json_array_foreach(blocks, i, block)
	{
		char time[32];
		const char *with = cli_member(block, "with"), *until = cli_member(block, "until");
		cli_table_text(table, cli_member(block, "id"));
		cli_table_text(table, cli_member(block, "pool"));
		cli_table_text(table, cli_member(block, "number"));
		cli_table_text(table, with[0] ? with : "everybody");
		cli_table_text(table, cli_member(block, "direction"));
		cli_table_text(table, until[0] ? cli_time(until, time) : "removed");
		cli_table_text(table, cli_member(block, "reason"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

static int run_list(const struct arguments *arguments)
{
	const char *pool = arguments_value(arguments, "pool");
	json_t *all = NULL;
	struct cli cli;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	struct buf target;
	cli_target(&target, "/v1/blocks", NULL);
	if (pool)
		cli_query(&target, "pool", pool);
	code = cli_list(&cli, &target, "blocks", 0, &all);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json_list("blocks", all);
	else if (code == COMMAND_DONE) {
		print_blocks(all);
		json_decref(all);
	}
	cli_end(&cli);
	return code;
}

static int run_remove(const struct arguments *arguments)
{
	struct cli cli;
	struct buf target;
	json_t *answer = NULL;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	cli_target(&target, "/v1/blocks/", arguments->operands[0], NULL);
	code = cli_ask(&cli, "DELETE", &target, NULL, &answer);
	json_decref(answer);
	if (code == COMMAND_DONE && !cli.json) {
		terminal_put(stdout, str_of(arguments->operands[0]));
		puts(": removed");
	}
	cli_end(&cli);
	return code;
}

static const struct command_line block_add = {
	.name = "add",
	.summary = "calls of a person, or between two, are refused",
	.operands = "NUMBER",
	.operands_min = 1,
	.operands_max = 1,
	.options = add_options,
	.run = run_add,
	.help = "  bauta block add +6281234567210 --pool jakarta --for 30d --reason \"threats\"\n"
		"  bauta block add +6281234567210 --with +6281298765877 --direction from\n\n"
		"from: calls of NUMBER are refused; to: calls to NUMBER are; both (the default): either.\n"
		"The same NUMBER and --with again changes the block that is there. Prints its id.",
};
static const struct command_line block_list = {
	.name = "list",
	.summary = "who is blocked",
	.options = list_options,
	.run = run_list,
	.help = "Numbers are masked unless the key has the scope reveal.",
};
static const struct command_line block_remove = {
	.name = "remove",
	.summary = "take a block away",
	.operands = "BLOCK",
	.operands_min = 1,
	.operands_max = 1,
	.options = json_options,
	.run = run_remove,
	.help = "  bauta block remove blk_01JD5XK8Q70003",
};
static const struct command_line *const block_subs[] = {&block_add, &block_list, &block_remove, NULL};

const struct command_line command_block = {
	.name = "block",
	.summary = "who may not ring whom",
	.subs = block_subs,
	.help = "A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key, with the\n"
		"scope sessions.",
};
