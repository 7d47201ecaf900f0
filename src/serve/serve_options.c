#include "serve/serve_options.h"

#include <stdio.h>
#include <unistd.h>

#define ERRORS_MAX 65536

struct config *serve_options_config(const struct arguments *arguments)
{
	const char *sets[ARGUMENTS_MAX + 2];
	int sets_n = arguments_all(arguments, "set", sets, ARGUMENTS_MAX + 1);
	struct config *config = NULL;
	struct buf errors;

	if (arguments_has(arguments, "accept-clock"))
		sets[sets_n++] = "accept_clock=true";
	sets[sets_n] = NULL;
	struct config_sources sources = {
		.file = arguments->operands_n ? arguments->operands[0] : arguments_value(arguments, "config"),
		.sets = sets,
		.environment = environ,
		.listen = arguments_value(arguments, "listen"),
		.data = arguments_value(arguments, "data"),
	};
	buf_init(&errors, ERRORS_MAX);
	if (config_read(&sources, &config, &errors) != ERR_OK) {
		fprintf(stderr, "%.*s%s", (int)errors.len, errors.at ? errors.at : "",
				errors.len && errors.at[errors.len - 1] == '\n' ? "" : "\n");
		config = NULL;
	}
	buf_done(&errors);
	return config;
}
