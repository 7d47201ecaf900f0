/* serve_options: the options by which `serve` and `check` are told their configuration. */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include "cli/arguments.h"
#include "config/config.h"

#define SERVE_OPTION_CONFIG {.name = "config", .letter = 'c', .value = "FILE", .file = true, \
	.help = "read this bauta.yaml"}
#define SERVE_OPTION_SET {.name = "set", .value = "KEY=VALUE", .repeats = true, \
	.help = "set one value of the configuration, such as limits.sessions=10000"}

/* The configuration that options, environment and file (an operand, where the command takes one) come to; errors go to standard error, one a line. NULL. */
struct config *serve_options_config(const struct arguments *arguments);

#endif
