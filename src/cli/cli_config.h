/* cli_config: the server's configuration, for clients that need a part of it (an account's secrets, the mapping). */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/arguments.h"
#include "config/config.h"

#define CLI_CONFIG_OPTION(what) {.name = "config", .letter = 'c', .value = "FILE", .help = what, .file = true}

/* What -c FILE and the environment come to. NULL: told. */
struct config *cli_config(const struct arguments *arguments);

#endif
