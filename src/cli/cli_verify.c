#include "cli/cli.h"

#include "base/check.h"
#include "cli/cli_data.h"

static const struct argument_option options[] = {CLI_DATA_OPTIONS, CLI_JSON_OPTION, {0}};

struct findings {
	json_t *sentences;
	bool json;
};

static void add_finding(void *context, const char *sentence)
{
	struct findings *findings = context;

	json_array_append_new(findings->sentences, json_string(sentence));
	if (findings->json)
		return;
	terminal_put(stdout, str_of(sentence));
	putchar('\n');
}

static int verify(const struct cli_data *data, struct findings *findings)
{
	char error[256] = "";
	enum err err = store_sqlite_verify(
		data->datadir.database, data->vault, cli_now_ms(), add_finding, findings, error);
	size_t n = json_array_size(findings->sentences);

	if (err)
		return command_failed("%s", error[0] ? error : err_title(err));
	if (findings->json)
		cli_print_json(json_pack("{s:b, s:O}", "ok", n == 0, "findings", findings->sentences));
	else if (n == 0)
		printf("%s: nothing wrong\n", data->datadir.database);
	else
		printf("%s: %zu findings\n", data->datadir.database, n);
	return n == 0 ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(const struct arguments *arguments)
{
	struct cli_data data;
	int code = cli_data_find(arguments, &data);

	if (code != COMMAND_DONE)
		return code;
	struct findings findings = {.sentences = json_array(), .json = arguments_has(arguments, "json")};
	ASSERT(findings.sentences);
	code = verify(&data, &findings);
	json_decref(findings.sentences);
	cli_data_close(&data);
	return code;
}

const struct command_line command_verify = {
	.name = "verify",
	.summary = "a full check of a data folder, which it only reads",
	.options = options,
	.run = run,
	.help = "The database itself, that every stored number opens with the key file, that no two\n"
		"sessions share a pair, that stock and sessions agree, that the audit chain is whole.\n"
		"Exit 1 when anything is found. Works beside a running server.",
};
