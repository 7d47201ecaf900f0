/* cli_supply: `bauta number sync`, `surplus`, `purchases` and `bauta account list`: what concerns providers' accounts. */
#ifndef CLI_SUPPLY_H
#define CLI_SUPPLY_H

#include "cli/commands.h"

extern const struct command_line number_sync, number_surplus, number_purchases;

#endif
