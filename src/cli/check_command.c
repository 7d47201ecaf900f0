#include "base/buf.h"
#include "cli/commands.h"
#include "serve_options.h"

static const struct argument_option options[] = {
	SERVE_OPTION_CONFIG,
	SERVE_OPTION_SET,
	{0},
};

static int run(const struct arguments *arguments)
{
	struct config *config = serve_options_config(arguments);
	struct buf text;

	if (!config)
		return COMMAND_FAILED;
	buf_init(&text, 65536);
	config_memory(config, &text);
	fwrite(text.at, 1, text.len, stdout);
	buf_done(&text);
	config_free(config);
	return COMMAND_DONE;
}

const struct command_line command_check = {
	.name = "check",
	.summary = "read the configuration and say what is wrong with it",
	.options = options,
	.help = "Reads what `bauta serve` would read: the file, the environment, --set. Errors are\n"
		"told with file and line. Without any, the memory that the limits add up to.",
	.run = run,
};
