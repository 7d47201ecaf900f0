#include "base/buf.h"
#include "cli/commands.h"
#include "net/http_tls.h"
#include "serve/serve_options.h"

static const struct argument_option options[] = {
	SERVE_OPTION_CONFIG,
	SERVE_OPTION_SET,
	{0},
};

/* The secrets' files were read with the configuration; certificates are read by whoever listens. */
static int check_tls(const struct config *config)
{
	struct http_tls_context *context = NULL;
	char error[256] = "";

	if (!config->tls_certificate)
		return COMMAND_DONE;
	if (http_tls_context_new(config->tls_certificate, config->tls_key, &context, error) != ERR_OK)
		return command_failed("tls: %s", error);
	http_tls_context_free(context);
	return COMMAND_DONE;
}

static int run(const struct arguments *arguments)
{
	if (arguments->operands_n && arguments_has(arguments, "config"))
		return command_misused(NULL, &command_check, "name the file once");
	struct config *config = serve_options_config(arguments);
	struct buf text;

	if (!config)
		return COMMAND_FAILED;
	int code = check_tls(config);
	if (code == COMMAND_DONE) {
		buf_init(&text, 65536);
		config_memory(config, &text);
		fwrite(text.at, 1, text.len, stdout);
		buf_done(&text);
	}
	config_free(config);
	return code;
}

const struct command_line command_check = {
	.name = "check",
	.summary = "read the configuration and say what is wrong with it",
	.options = options,
	.help = "Reads what `bauta serve` would read: the file, the environment, --set. Errors are\n"
		"told with file and line. Without any, the memory that the limits add up to. The\n"
		"secrets' files and the certificate are read too. `check FILE` is `check -c FILE`.",
	.operands = "[FILE]",
	.operands_max = 1,
	.run = run,
};
