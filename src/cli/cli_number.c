#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>

#include "base/check.h"
#include "core/engine.h"
#include "cli/cli_supply.h"
#include "cli/number_list.h"

#define BATCH_ROWS 5000 /* of at most some 150 bytes: below the 1 MiB that a list may have */
#define LINE_MAX_BYTES 65536

static const struct argument_option import_options[] = {
	{.name = "pool", .value = "NAME", .help = "the pool that they join"},
	{.name = "provider", .value = "NAME", .help = "provider of the lines that name none"},
	{.name = "account", .value = "NAME", .help = "account of the lines that name none"},
	{.name = "reserved", .help = "lent only where a party asks for that very number"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option list_options[] = {
	{.name = "pool", .value = "NAME", .help = "the pool"},
	{.name = "state", .value = "WORD", .help = "only these", .words = vn_state_words},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option json_options[] = {CLI_JSON_OPTION, {0}};

static const struct command_line number_import, number_list, number_disable;

/* An import under way: rows wait in `rows` until there are enough for a request. */
struct import {
	struct cli cli;
	const char *pool, *path;
	struct number_list list;
	json_t *rows;
	json_t *skipped; /* the server's {number, code}, and of lines that can't be read {line, code, detail}
			  */
	long long added;
};

static int send_rows(struct import *import)
{
	struct buf target;
	json_t *answer = NULL;

	if (json_array_size(import->rows) == 0)
		return COMMAND_DONE;
	cli_target(&target, "/v1/pools/", import->pool, "/numbers", NULL);
	json_t *body = json_pack("{s:O}", "numbers", import->rows);
	ASSERT(body);
	int code = cli_ask(&import->cli, "POST", &target, body, &answer);
	if (code == COMMAND_DONE) {
		import->added += cli_int(answer, "added");
		json_array_extend(import->skipped, json_object_get(answer, "skipped"));
	}
	json_decref(answer);
	json_array_clear(import->rows);
	return code;
}

static int import_line(struct import *import, struct str line, long long line_number)
{
	json_t *row;
	const char *why = "the line is too long";
	enum err err = ERR_BAD_REQUEST;

	if (line.len <= LINE_MAX_BYTES)
		err = number_list_read(&import->list, line, &row, &why);
	if (err) {
		json_t *skipped = json_pack("{s:I, s:s, s:s}", "line", (json_int_t)line_number, "code",
			err_slug(err), "detail", why);
		json_array_append_new(import->skipped, skipped);
		return COMMAND_DONE;
	}
	if (row)
		json_array_append_new(import->rows, row);
	return json_array_size(import->rows) >= BATCH_ROWS ? send_rows(import) : COMMAND_DONE;
}

static int import_file(struct import *import, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int code = COMMAND_DONE;

	for (long long n = 1; code == COMMAND_DONE && (len = getline(&line, &size, file)) >= 0; n++)
		code = import_line(import, str_n(line, (size_t)len), n);
	if (code == COMMAND_DONE && ferror(file))
		code = command_failed("%s: %s", import->path, strerror(errno));
	if (code == COMMAND_DONE)
		code = send_rows(import);
	free(line);
	return code;
}

static void print_import(const struct import *import)
{
	size_t i;
	json_t *skipped;

	json_array_foreach(import->skipped, i, skipped)
	{
		fputs(json_object_get(skipped, "line") ? "line " : "", stdout);
		terminal_put(stdout,
			str_of(cli_member(skipped, json_object_get(skipped, "line") ? "line" : "number")));
		fputs(": ", stdout);
		terminal_put(stdout, str_of(cli_member(skipped, "code")));
		const char *detail = cli_member(skipped, "detail");
		fputs(detail[0] ? ", " : "", stdout);
		terminal_put(stdout, str_of(detail));
		putchar('\n');
	}
	printf("%lld added, %zu skipped\n", import->added, json_array_size(import->skipped));
}

static int finish_import(struct import *import)
{
	bool skipped = json_array_size(import->skipped) > 0;

	if (import->cli.json) {
		json_t *all = json_pack(
			"{s:I, s:O}", "added", (json_int_t)import->added, "skipped", import->skipped);
		ASSERT(all);
		cli_print_json(all);
	} else {
		print_import(import);
	}
	return skipped ? COMMAND_FAILED : COMMAND_DONE;
}

static int run_import(const struct arguments *arguments)
{
	struct import import = {.pool = arguments_value(arguments, "pool"), .path = arguments->operands[0]};

	if (!import.pool)
		return command_misused(&command_number, &number_import, "--pool is missing");
	int code = cli_begin(arguments, &import.cli);
	if (code != COMMAND_DONE)
		return code;
	FILE *file = cli_open(import.path);
	if (!file) {
		cli_end(&import.cli);
		return COMMAND_FAILED;
	}
	number_list_init(&import.list);
	import.list.provider = arguments_value(arguments, "provider");
	import.list.account = arguments_value(arguments, "account");
	import.list.reserved = arguments_has(arguments, "reserved");
	import.rows = json_array();
	import.skipped = json_array();
	code = import_file(&import, file);
	if (code == COMMAND_DONE)
		code = finish_import(&import);
	else if (import.added)
		fprintf(stderr, "bauta: %lld had been added by then; importing the list again does no harm\n",
			import.added);
	json_decref(import.rows);
	json_decref(import.skipped);
	cli_close(file);
	cli_end(&import.cli);
	return code;
}

static void print_numbers(const json_t *numbers)
{
	static const struct cli_column columns[] = {{"NUMBER", false}, {"PROVIDER", false},
		{"ACCOUNT", false}, {"STATE", false}, {"SESSIONS", true}, {"FREE SINCE", false},
		{"OUT", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *number;

	json_array_foreach(numbers, i, number)
	{
		char since[32];
		const char *state = cli_member(number, "state");
		cli_table_text(table, cli_member(number, "number"));
		cli_table_text(table, cli_member(number, "provider"));
		cli_table_text(table, cli_member(number, "account"));
		cli_table_coloured(table, cli_state_colour(state), state);
		cli_table_int(table, cli_int(number, "sessions"));
		cli_table_text(table, cli_time(cli_member(number, "free_since"), since));
		cli_table_text(table, cli_member(json_object_get(number, "out"), "why"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

static int run_list(const struct arguments *arguments)
{
	const char *pool = arguments_value(arguments, "pool");
	struct cli cli;
	struct buf target;
	json_t *numbers;

	if (!pool)
		return command_misused(&command_number, &number_list, "--pool is missing");
	int code = cli_begin(arguments, &cli);
	if (code != COMMAND_DONE)
		return code;
	cli_target(&target, "/v1/pools/", pool, "/numbers", NULL);
	cli_query(&target, "state", arguments_value(arguments, "state"));
	code = cli_list(&cli, &target, "numbers", 0, &numbers);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json_list("numbers", numbers);
	else if (code == COMMAND_DONE) {
		print_numbers(numbers);
		json_decref(numbers);
	}
	cli_end(&cli);
	return code;
}

/* Every operand is patched, also after one that was refused. Takes `patch`. */
static int patch_numbers(const struct command_line *line, const struct arguments *arguments, json_t *patch)
{
	struct cli cli;
	int code = cli_begin(arguments, &cli), worst = code;
	json_t *answers = json_array();

	for (int i = 0; code == COMMAND_DONE && i < arguments->operands_n; i++) {
		char number[20];
		struct buf target;
		json_t *answer = NULL;

		if (!cli_number(arguments->operands[i], number)) {
			worst = command_misused(
				&command_number, line, "a number is +, country code and digits");
			break;
		}
		cli_target(&target, "/v1/numbers/", number, NULL);
		if (cli_ask(&cli, "PATCH", &target, json_incref(patch), &answer) != COMMAND_DONE)
			worst = COMMAND_FAILED;
		if (answer)
			json_array_append_new(answers, answer);
	}
	if (code == COMMAND_DONE) {
		if (cli.json)
			cli_print_json_list("numbers", json_incref(answers));
		else if (json_array_size(answers))
			print_numbers(answers);
		cli_end(&cli);
	}
	json_decref(answers);
	json_decref(patch);
	return worst;
}

static const struct command_line number_enable, number_reserve, number_release;

static int run_disable(const struct arguments *arguments)
{
	return patch_numbers(&number_disable, arguments, json_pack("{s:s}", "state", "disabled"));
}

static int run_enable(const struct arguments *arguments)
{
	return patch_numbers(&number_enable, arguments, json_pack("{s:s}", "state", "enabled"));
}

static int run_reserve(const struct arguments *arguments)
{
	return patch_numbers(&number_reserve, arguments, json_pack("{s:b}", "reserved", 1));
}

static int run_release(const struct arguments *arguments)
{
	return patch_numbers(&number_release, arguments, json_pack("{s:b}", "reserved", 0));
}

static const struct command_line number_import = {
	.name = "import",
	.summary = "add numbers to a pool",
	.operands = "FILE|-",
	.operands_min = 1,
	.operands_max = 1,
	.options = import_options,
	.run = run_import,
	.help = "FILE has a number a line, or CSV with number, provider, account, reserved (a\n"
		"heading may give another order), or JSON lines with these members. Lines that\n"
		"begin with # are passed over. What is skipped is listed, and makes the exit 1.",
};
static const struct command_line number_list = {
	.name = "list",
	.summary = "the numbers of a pool and what each does",
	.options = list_options,
	.run = run_list,
};
static const struct command_line number_disable = {
	.name = "disable",
	.summary = "lend these no more; their sessions go on to the end",
	.operands = "NUMBER...",
	.operands_min = 1,
	.operands_max = -1,
	.options = json_options,
	.run = run_disable,
};
static const struct command_line number_enable = {
	.name = "enable",
	.summary = "lend these again",
	.operands = "NUMBER...",
	.operands_min = 1,
	.operands_max = -1,
	.options = json_options,
	.run = run_enable,
};
static const struct command_line number_reserve = {
	.name = "reserve",
	.summary = "lend these only where they are asked for by name",
	.operands = "NUMBER...",
	.operands_min = 1,
	.operands_max = -1,
	.options = json_options,
	.run = run_reserve,
};
static const struct command_line number_release = {
	.name = "release",
	.summary = "end of that reservation",
	.operands = "NUMBER...",
	.operands_min = 1,
	.operands_max = -1,
	.options = json_options,
	.run = run_release,
};
static const struct command_line *const number_subs[] = {
	&number_import,
	&number_list,
	&number_disable,
	&number_enable,
	&number_reserve,
	&number_release,
	&number_sync,
	&number_surplus,
	&number_purchases,
	NULL,
};

const struct command_line command_number = {
	.name = "number",
	.summary = "the virtual numbers of a pool",
	.subs = number_subs,
	.help = "A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key.",
};
