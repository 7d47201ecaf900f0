#include "cli/arguments.h"

#include <string.h>

#include "base/check.h"

static const struct argument_option *find_long(const struct argument_option *options, const char *name, size_t len)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == len && memcmp(options->name, name, len) == 0)
			return options;
	return NULL;
}

static const struct argument_option *find_letter(const struct argument_option *options, char letter)
{
	for (; options && options->name; options++)
		if (options->letter && options->letter == letter)
			return options;
	return NULL;
}

/* One argument that begins with '-': which option, and the value that is part of it, if any. */
static const struct argument_option *split(const struct argument_option *options, const char *text,
		const char **ret_value)
{
	*ret_value = NULL;
	if (text[1] != '-') {
		const struct argument_option *option = find_letter(options, text[1]);
		if (text[2])
			*ret_value = text + 2;
		return option;
	}
	const char *equals = strchr(text, '=');
	if (equals)
		*ret_value = equals + 1;
	return find_long(options, text + 2, equals ? (size_t)(equals - text - 2) : strlen(text + 2));
}

static bool add(struct arguments *arguments, const struct argument_option *option, const char *value,
		char ret_error[256])
{
	if (arguments->given_n == ARGUMENTS_MAX) {
		snprintf(ret_error, 256, "more than %d options", ARGUMENTS_MAX);
		return false;
	}
	arguments->given[arguments->given_n] = option;
	arguments->values[arguments->given_n++] = value;
	return true;
}

/* Reads the option at argv[*at]; leaves *at at its last argument. */
static bool read_option(const struct argument_option *options, int argc, char **argv, int *at,
		struct arguments *arguments, char ret_error[256])
{
	const char *value;
	const struct argument_option *option = split(options, argv[*at], &value);

	if (!option) {
		snprintf(ret_error, 256, "there is no option %.60s", argv[*at]);
		return false;
	}
	if (!option->value) {
		if (value) {
			snprintf(ret_error, 256, "--%s takes no value", option->name);
			return false;
		}
		return add(arguments, option, "", ret_error);
	}
	if (!value) {
		if (*at + 1 == argc) {
			snprintf(ret_error, 256, "--%s wants %s", option->name, option->value);
			return false;
		}
		value = argv[++*at];
	}
	return add(arguments, option, value, ret_error);
}

bool arguments_read(const struct argument_option *options, int argc, char **argv, struct arguments *ret_arguments,
		char ret_error[256])
{
	struct arguments *arguments = ret_arguments;
	bool only_operands = false;

	memset(arguments, 0, sizeof *arguments);
	arguments->operands = argv;
	for (int i = 0; i < argc; i++) {
		char *text = argv[i];
		if (!only_operands && strcmp(text, "--") == 0) {
			only_operands = true;
		} else if (only_operands || text[0] != '-' || !text[1]) {
			/* Never ahead of i, so nothing unread is written over. */
			argv[arguments->operands_n++] = text;
		} else if (!read_option(options, argc, argv, &i, arguments, ret_error)) {
			return false;
		}
	}
	return true;
}

const char *arguments_value(const struct arguments *arguments, const char *name)
{
	for (int i = arguments->given_n; i-- > 0;)
		if (strcmp(arguments->given[i]->name, name) == 0)
			return arguments->values[i];
	return NULL;
}

int arguments_all(const struct arguments *arguments, const char *name, const char **values, int max)
{
	int n = 0;

	ASSERT(max > 0);
	for (int i = 0; i < arguments->given_n && n < max - 1; i++)
		if (strcmp(arguments->given[i]->name, name) == 0)
			values[n++] = arguments->values[i];
	values[n] = NULL;
	return n;
}
