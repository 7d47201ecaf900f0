#include "cli/cli_config.h"

#include <unistd.h>

#include "cli/commands.h"

#define ERRORS_MAX 4096

struct config *cli_config(const struct arguments *arguments)
{
	struct config_sources sources = {
		.file = arguments_value(arguments, "config"), .environment = environ};
	struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, ERRORS_MAX);
	if (config_read(&sources, &config, &errors) != ERR_OK) {
		command_failed("%.*s", (int)errors.len, errors.at ? errors.at : "");
		config = NULL;
	}
	buf_done(&errors);
	return config;
}
