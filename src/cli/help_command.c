#include "cli/commands.h"

static int run(const struct arguments *arguments)
{
	if (arguments->operands_n == 0) {
		commands_help(stdout);
		return COMMAND_DONE;
	}
	const struct command_line *line = command_find(commands, arguments->operands[0]);
	if (!line)
		return command_misused(NULL, &command_help, "there is no command %.60s", arguments->operands[0]);
	if (arguments->operands_n == 1) {
		command_help_text(stdout, NULL, line);
		return COMMAND_DONE;
	}
	const struct command_line *sub = line->subs ? command_find(line->subs, arguments->operands[1]) : NULL;
	if (!sub)
		return command_misused(NULL, &command_help, "%s has no command %.60s", line->name,
				arguments->operands[1]);
	command_help_text(stdout, line, sub);
	return COMMAND_DONE;
}

const struct command_line command_help = {
	.name = "help",
	.summary = "what there is, and how each command is used",
	.operands = "[COMMAND [COMMAND]]",
	.operands_max = 2,
	.run = run,
};
