/* cli_data: a data folder opened by a command, beside the server that may be serving it or without one. */
#ifndef CLI_DATA_H
#define CLI_DATA_H

#include "cli/commands.h"
#include "crypto/vault.h"
#include "datadir.h"
#include "store/store.h"

#define CLI_DATA_OPTIONS                                                                                     \
	{.name = "config",                                                                                   \
		.letter = 'c',                                                                               \
		.value = "FILE",                                                                             \
		.help = "the server's configuration: its data, its key_file",                                \
		.file = true},                                                                               \
	{                                                                                                    \
		.name = "data", .value = "DIR", .help = "the data folder (./bauta-data)", .file = true       \
	}

struct cli_data {
	struct datadir datadir;
	struct vault *vault;
	struct store *store; /* NULL until cli_data_open() */
};

/* Finds the folder (-c, environment, --data) and reads its key file. A folder without a database is refused:
 * a wrong --data must not make a new one. Exit code; what went wrong has been told. */
MUST_CHECK int cli_data_find(const struct arguments *arguments, struct cli_data *ret_data);

/* And opens the store. */
MUST_CHECK int cli_data_open(const struct arguments *arguments, struct cli_data *ret_data);

/* Takes a half-made one too. */
void cli_data_close(struct cli_data *data);

/* The wall clock. */
int64_t cli_now_ms(void);

/* RFC 3339 in UTC; "" for 0. */
const char *cli_date(uint32_t epoch_s, char text[32]);

#endif
