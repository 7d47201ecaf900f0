#include <string.h>

#include "cli/commands.h"

/* Two dialects of one walk over commands[]: each row is known by its path, "pool/create", or "" for the top.
 */

/* In single quotes; `also` are bytes that want a backslash before them. */
static void put_quoted(const char *text, const char *also)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", stdout);
			continue;
		}
		if (strchr(also, *text))
			putchar('\\');
		putchar(*text);
	}
}

static void put_path(const struct command_line *parent, const struct command_line *line)
{
	if (parent)
		printf("%s/", parent->name);
	fputs(line->name, stdout);
}

/* Every row that can be run. */
static void each_leaf(void (*visit)(const struct command_line *parent, const struct command_line *line))
{
	for (const struct command_line *const *line = commands; *line; line++) {
		if (!(*line)->subs)
			visit(NULL, *line);
		for (const struct command_line *const *sub = (*line)->subs; sub && *sub; sub++)
			visit(*line, *sub);
	}
}

/* '/serve'|'/pool'|'pool/create'...: what a word makes of the path before it. */
static void put_steps(const char *quote)
{
	const char *before = "";

	for (const struct command_line *const *line = commands; *line; line++) {
		printf("%s%s/%s%s", before, quote, (*line)->name, quote);
		before = "|";
		for (const struct command_line *const *sub = (*line)->subs; sub && *sub; sub++)
			printf("|%s%s/%s%s", quote, (*line)->name, (*sub)->name, quote);
	}
}

static bool takes_file(const struct command_line *line)
{
	return line->operands && strstr(line->operands, "FILE");
}

/* --- bash --- */

static void bash_words(const char *const *words)
{
	for (; *words; words++)
		printf("%s%s", *words, words[1] ? " " : "");
}

static void bash_names(const struct command_line *const *list)
{
	for (; *list; list++)
		printf("%s%s", (*list)->name, list[1] ? " " : "");
}

/* What may stand behind an option that wants a value. */
static void bash_values(const struct command_line *parent, const struct command_line *line)
{
	for (const struct argument_option *option = line->options; option && option->name; option++) {
		if (!option->value)
			continue;
		fputs("\t'", stdout);
		put_path(parent, line);
		printf(":--%s'", option->name);
		if (option->letter) {
			fputs("|'", stdout);
			put_path(parent, line);
			printf(":-%c'", option->letter);
		}
		if (option->words) {
			fputs(") COMPREPLY=($(compgen -W '", stdout);
			bash_words(option->words);
			puts("' -- \"$cur\")); return ;;");
		} else if (option->file) {
			puts(") _bauta_files; return ;;");
		} else {
			puts(") return ;;");
		}
	}
}

static void bash_options(const struct command_line *parent, const struct command_line *line)
{
	fputs("\t'", stdout);
	put_path(parent, line);
	fputs("') options='", stdout);
	for (const struct argument_option *option = line->options; option && option->name; option++) {
		printf("--%s ", option->name);
		if (option->letter)
			printf("-%c ", option->letter);
	}
	fputs("--help'", stdout);
	if (takes_file(line))
		fputs(" files=yes", stdout);
	if (line == &command_help) {
		fputs(" words='", stdout);
		bash_names(commands);
		putchar('\'');
	}
	if (line == &command_completion)
		fputs(" words='bash zsh'", stdout);
	puts(" ;;");
}

static void put_bash(void)
{
	puts("# bash completion of bauta: source <(bauta completion bash)\n"
	     "_bauta_files()\n"
	     "{\n"
	     "\tcompopt -o filenames 2>/dev/null\n"
	     "\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	     "}\n"
	     "\n"
	     "_bauta()\n"
	     "{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} row= words= options= "
	     "files= i\n"
	     "\tCOMPREPLY=()\n"
	     "\tif [[ $cur == = ]]; then\n"
	     "\t\tcur=\n"
	     "\telif [[ $prev == = ]]; then\n"
	     "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	     "\tfi\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tcase \"$row/${COMP_WORDS[i]}\" in");
	fputs("\t\t", stdout);
	put_steps("'");
	puts(")\n"
	     "\t\t\trow=${row:+$row/}${COMP_WORDS[i]} ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\tcase \"$row:$prev\" in");
	each_leaf(bash_values);
	fputs("\tesac\n"
	      "\tcase \"$row\" in\n"
	      "\t'') words='",
		stdout);
	bash_names(commands);
	puts("' options='-V --version --help' ;;");
	for (const struct command_line *const *line = commands; *line; line++)
		if ((*line)->subs) {
			printf("\t'%s') words='", (*line)->name);
			bash_names((*line)->subs);
			puts("' options=--help ;;");
		}
	each_leaf(bash_options);
	puts("\tesac\n"
	     "\tif [[ $cur == -* || -z $words$files ]]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	     "\telif [[ -n $files ]]; then\n"
	     "\t\t_bauta_files\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\tfi\n"
	     "}\n"
	     "complete -F _bauta bauta");
}

/* --- zsh --- */

static void zsh_list(const char *path, const struct command_line *const *list)
{
	printf("\t('%s')\n\t\trows=(", path);
	for (; *list; list++) {
		printf("\n\t\t\t'%s:", (*list)->name);
		put_quoted((*list)->summary, "");
		putchar('\'');
	}
	puts(")\n\t\t_describe command rows ;;");
}

/* '*--scope[help]:SCOPE:(a b)' as _arguments reads it. */
static void zsh_option(const struct argument_option *option, bool letter)
{
	printf(" \\\n\t\t\t'%s", option->repeats ? "*" : "");
	if (letter)
		printf("-%c[", option->letter);
	else
		printf("--%s%s[", option->name, option->value ? "=" : "");
	put_quoted(option->help, "[]:");
	putchar(']');
	if (option->value) {
		putchar(':');
		put_quoted(option->value, "[]:");
		putchar(':');
		if (option->words) {
			putchar('(');
			bash_words(option->words);
			putchar(')');
		} else {
			fputs(option->file ? "_files" : " ", stdout);
		}
	}
	putchar('\'');
}

static void zsh_leaf(const struct command_line *parent, const struct command_line *line)
{
	fputs("\t('", stdout);
	put_path(parent, line);
	fputs("')\n\t\t_arguments", stdout);
	for (const struct argument_option *option = line->options; option && option->name; option++) {
		zsh_option(option, false);
		if (option->letter)
			zsh_option(option, true);
	}
	fputs(" \\\n\t\t\t'--help[how it is used]'", stdout);
	if (takes_file(line))
		fputs(" \\\n\t\t\t'*:file:_files'", stdout);
	else if (line == &command_completion)
		fputs(" \\\n\t\t\t'*:shell:(bash zsh)'", stdout);
	else if (line == &command_help) {
		fputs(" \\\n\t\t\t'*:command:(", stdout);
		bash_names(commands);
		fputs(")'", stdout);
	} else {
		fputs(" \\\n\t\t\t'*: :()'", stdout);
	}
	puts(" ;;");
}

static void put_zsh(void)
{
	puts("#compdef bauta\n"
	     "# zsh completion of bauta: source <(bauta completion zsh), or this text as _bauta in a folder "
	     "of $fpath\n"
	     "_bauta() {\n"
	     "\tlocal row=\n"
	     "\tlocal -a rows\n"
	     "\tinteger i\n"
	     "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	     "\t\tcase \"$row/$words[i]\" in");
	fputs("\t\t(", stdout);
	put_steps("");
	puts(")\n"
	     "\t\t\trow=${row:+$row/}$words[i] ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\tcase $row in");
	zsh_list("", commands);
	for (const struct command_line *const *line = commands; *line; line++)
		if ((*line)->subs)
			zsh_list((*line)->name, (*line)->subs);
	each_leaf(zsh_leaf);
	puts("\tesac\n"
	     "}\n"
	     "if [[ $funcstack[1] == _bauta ]]; then\n"
	     "\t_bauta \"$@\"\n"
	     "else\n"
	     "\tcompdef _bauta bauta\n"
	     "fi");
}

static int run(const struct arguments *arguments)
{
	const char *shell = arguments->operands[0];

	if (strcmp(shell, "bash") == 0)
		put_bash();
	else if (strcmp(shell, "zsh") == 0)
		put_zsh();
	else
		return command_misused(NULL, &command_completion,
			"there is completion for bash and zsh, not for %.40s", shell);
	return COMMAND_DONE;
}

const struct command_line command_completion = {
	.name = "completion",
	.summary = "completion for a shell, to be sourced",
	.operands = "bash|zsh",
	.operands_min = 1,
	.operands_max = 1,
	.run = run,
	.help = "In ~/.bashrc:  source <(bauta completion bash)\n"
		"In ~/.zshrc:   source <(bauta completion zsh)",
};
