/* arguments: a command's options and operands, read by its table of options.
 *
 * `-c FILE`, `-cFILE`, `--config FILE`, `--config=FILE`, flags without a value, `--` ends the options; options
 * and operands may be mixed. Memory: points into argv.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdbool.h>

#define ARGUMENTS_MAX 256 /* options given, and operands given */

struct argument_option {
	const char *name;               /* "config": --config; NULL ends a table */
	char letter;                    /* 'c': -c; 0: none */
	const char *value;              /* "FILE", as help shows it; NULL: a flag */
	const char *help;               /* one line, no full stop */
	const char *const *words;       /* what the value may be, for completion; NULL ends; NULL: free */
	bool file;                      /* the value is a path, for completion */
	bool repeats;                   /* may be given more than once; of others the last counts */
};

struct arguments {
	const struct argument_option *given[ARGUMENTS_MAX];
	const char *values[ARGUMENTS_MAX]; /* "" for flags */
	int given_n;
	char **operands; /* argv, permuted */
	int operands_n;
};

/* argv[0] is the first argument (not a command's name). False: a sentence in ret_error. */
bool arguments_read(const struct argument_option *options, int argc, char **argv, struct arguments *ret_arguments,
	char ret_error[256]);

/* The value last given of --name (in flags ""); NULL: not given. */
const char *arguments_value(const struct arguments *arguments, const char *name);
static inline bool arguments_has(const struct arguments *arguments, const char *name)
{
	return arguments_value(arguments, name) != 0;
}

/* Every value of --name in the order given, then NULL; at most max - 1 of them. Returns how many. */
int arguments_all(const struct arguments *arguments, const char *name, const char **values, int max);

#endif
