#include "cli/commands.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/versions.h"

const struct command_line *const commands[] = {
	&command_serve,
	&command_demo,
	&command_check,
	&command_doctor,
	&command_key,
	&command_pool,
	&command_number,
	&command_account,
	&command_session,
	&command_ingest,
	&command_call,
	&command_block,
	&command_message,
	&command_dead,
	&command_sink,
	&command_backup,
	&command_verify,
	&command_vault,
	&command_plan,
	&command_completion,
	&command_help,
	NULL,
};

const struct command_line *command_find(const struct command_line *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

static void put_usage(FILE *out, const struct command_line *parent, const struct command_line *line)
{
	fprintf(out, "bauta %s%s%s", parent ? parent->name : "", parent ? " " : "", line->name);
	if (line->subs) {
		fputs(" COMMAND", out);
	} else {
		if (line->options && line->options->name)
			fputs(" [OPTIONS]", out);
		if (line->operands)
			fprintf(out, " %s", line->operands);
	}
	fputc('\n', out);
}

static void put_options(FILE *out, const struct argument_option *options)
{
	if (!options || !options->name)
		return;
	fputs("\nOptions:\n", out);
	for (; options->name; options++) {
		char left[80], letter[8] = "    ";

		if (options->letter)
			snprintf(letter, sizeof letter, "-%c, ", options->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, options->name, options->value ? " " : "",
				options->value ? options->value : "");
		fprintf(out, "  %-28s  %s", left, options->help);
		for (int i = 0; options->words && options->words[i]; i++)
			fprintf(out, "%s%s", i ? ", " : ": ", options->words[i]);
		fputc('\n', out);
	}
}

static void put_list(FILE *out, const struct command_line *const *list)
{
	for (; *list; list++)
		fprintf(out, "  %-12s  %s\n", (*list)->name, (*list)->summary);
}

void command_help_text(FILE *out, const struct command_line *parent, const struct command_line *line)
{
	put_usage(out, parent, line);
	fprintf(out, "\n%s\n", line->summary);
	if (line->help)
		fprintf(out, "\n%s\n", line->help);
	if (line->subs) {
		fputs("\nCommands:\n", out);
		put_list(out, line->subs);
		fprintf(out, "\n`bauta help %s COMMAND` tells more of each.\n", line->name);
		return;
	}
	put_options(out, line->options);
}

void commands_help(FILE *out)
{
	fputs("bauta: two people ring each other, and neither sees the other's number.\n\nCommands:\n", out);
	put_list(out, commands);
	fputs("\n`bauta help COMMAND` tells more of each, `bauta -V` the versions.\n", out);
}

int command_misused(const struct command_line *parent, const struct command_line *line, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("bauta: ", stderr);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("\nusage: ", stderr);
	put_usage(stderr, parent, line);
	fprintf(stderr, "`bauta help %s%s%s` tells more.\n", parent ? parent->name : "", parent ? " " : "", line->name);
	return COMMAND_MISUSED;
}

int command_failed(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("bauta: ", stderr);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return COMMAND_FAILED;
}

static bool is_help(const char *text)
{
	return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

static int run_line(const struct command_line *parent, const struct command_line *line, int argc, char **argv)
{
	struct arguments arguments;
	char error[256];

	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i])) {
			command_help_text(stdout, parent, line);
			return COMMAND_DONE;
		}
	if (!arguments_read(line->options, argc, argv, &arguments, error))
		return command_misused(parent, line, "%s", error);
	if (arguments.operands_n < line->operands_min)
		return command_misused(parent, line, "%s is missing", line->operands);
	if (line->operands_max >= 0 && arguments.operands_n > line->operands_max)
		return command_misused(parent, line, "%.60s is more than it takes",
				arguments.operands[line->operands_max]);
	return line->run(&arguments);
}

static int run_subs(const struct command_line *line, int argc, char **argv)
{
	if (argc == 0)
		return command_misused(NULL, line, "%s wants a command", line->name);
	if (is_help(argv[0])) {
		command_help_text(stdout, NULL, line);
		return COMMAND_DONE;
	}
	const struct command_line *sub = command_find(line->subs, argv[0]);
	if (!sub)
		return command_misused(NULL, line, "%s has no command %.60s", line->name, argv[0]);
	return run_line(line, sub, argc - 1, argv + 1);
}

int commands_run(int argc, char **argv)
{
	if (argc < 2) {
		commands_help(stderr);
		return COMMAND_MISUSED;
	}
	if (is_help(argv[1])) {
		commands_help(stdout);
		return COMMAND_DONE;
	}
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0) {
		versions_print(stdout);
		return COMMAND_DONE;
	}
	const struct command_line *line = command_find(commands, argv[1]);
	if (!line) {
		fprintf(stderr, "bauta: there is no command %.60s; `bauta help` lists them\n", argv[1]);
		return COMMAND_MISUSED;
	}
	if (line->subs)
		return run_subs(line, argc - 2, argv + 2);
	return run_line(NULL, line, argc - 2, argv + 2);
}
