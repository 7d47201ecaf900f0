/* commands: the program's subcommands. Each is one const command_line, defined in the file that runs it
 * (serve_command.c, cli_pool.c, ...) and listed once in commands[] (commands.c). Dispatch, help, usage errors and
 * shell completion all come from there.
 *
 *   const struct command_line command_pool = {
 *           .name = "pool", .summary = "pools of virtual numbers", .subs = pool_subs,
 *   };
 *   static const struct command_line *const pool_subs[] = {&pool_create, ..., NULL};
 *
 * Exit codes: 0 done, 1 failed, 2 wrong use.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdio.h>

#include "cli/arguments.h"

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_MISUSED = 2 };

struct command_line {
	const char *name;     /* "pool", or of a sub "create" */
	const char *summary;  /* one line for `bauta help`: lower case, no full stop */
	const char *operands; /* as usage shows them: "FILE", "[COMMAND]", "NAME..."; NULL: none */
	int operands_min, operands_max; /* -1: any number */
	const struct argument_option *options;   /* a NULL name ends; NULL: none */
	const char *help;     /* further paragraphs of `bauta help NAME`, lines of at most 79; NULL: none */
	const struct command_line *const *subs;  /* NULL ends; then `run` and the options above are not used */
	int (*run)(const struct arguments *arguments); /* an exit code; operands are counted already */
};

extern const struct command_line command_serve, command_demo, command_check, command_doctor, command_key, command_pool, command_number, command_account,
	command_session, command_ingest, command_call, command_message, command_dead, command_block, command_sink, command_backup,
	command_verify, command_vault,
	command_plan, command_completion, command_help;

/* In the order of help; NULL ends. */
extern const struct command_line *const commands[];

/* A row of a NULL-ended list; NULL: no such name. */
const struct command_line *command_find(const struct command_line *const *list, const char *name);

/* `bauta help`, and `bauta help NAME [SUB]` (`parent` NULL or the command whose sub it is). */
void commands_help(FILE *out);
void command_help_text(FILE *out, const struct command_line *parent, const struct command_line *line);

/* "bauta: SENTENCE", how the command is used, where help is; on standard error. Returns COMMAND_MISUSED. */
int command_misused(const struct command_line *parent, const struct command_line *line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "bauta: SENTENCE" on standard error. Returns COMMAND_FAILED. */
int command_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* main()'s: finds the row, reads arguments, runs. */
int commands_run(int argc, char **argv);

#endif
