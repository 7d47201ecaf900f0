#include "cli/cli_data.h"

#include <time.h>
#include <unistd.h>

#include "config/config.h"

#define ERRORS_MAX 4096

int64_t cli_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *cli_date(uint32_t epoch_s, char text[32])
{
	time_t when = epoch_s;
	struct tm parts;

	text[0] = '\0';
	if (epoch_s && gmtime_r(&when, &parts))
		strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
	return text;
}

/* The folder and key file of the configuration, which takes --data itself. */
static int find_folder(const struct arguments *arguments, struct datadir *ret_datadir)
{
	struct config_sources sources = {
		.file = arguments_value(arguments, "config"),
		.environment = environ,
		.data = arguments_value(arguments, "data"),
	};
	struct config *config;
	struct buf errors;
	char error[256];
	int code = COMMAND_DONE;

	buf_init(&errors, ERRORS_MAX);
	if (config_read(&sources, &config, &errors) != ERR_OK) {
		code = command_failed("%.*s", (int)errors.len, errors.at ? errors.at : "");
		buf_done(&errors);
		return code;
	}
	buf_done(&errors);
	if (datadir_of(config->data, config->key_file, ret_datadir, error) != ERR_OK)
		code = command_failed("%s", error);
	config_free(config);
	return code;
}

int cli_data_find(const struct arguments *arguments, struct cli_data *ret_data)
{
	struct cli_data data = {0};
	char error[256];
	int code = find_folder(arguments, &data.datadir);

	if (code != COMMAND_DONE)
		return code;
	if (!datadir_has_database(&data.datadir))
		return command_failed(
			"there is no %s: is that the data folder (--data, -c)? `bauta serve` makes a new one",
			data.datadir.database);
	switch (vault_read(data.datadir.key, &data.vault, error)) {
	case ERR_OK:
		*ret_data = data;
		return COMMAND_DONE;
	case ERR_NOT_FOUND:
		return command_failed(
			"there is no key file %s: without it the database can't be read", data.datadir.key);
	default:
		return command_failed("%s", error);
	}
}

int cli_data_open(const struct arguments *arguments, struct cli_data *ret_data)
{
	char error[256];
	int code = cli_data_find(arguments, ret_data);

	if (code != COMMAND_DONE)
		return code;
	if (store_sqlite_join(ret_data->datadir.database, ret_data->vault, &ret_data->store, error) !=
		ERR_OK) {
		ret_data->store = NULL;
		cli_data_close(ret_data);
		return command_failed("%s", error);
	}
	return COMMAND_DONE;
}

void cli_data_close(struct cli_data *data)
{
	if (data->store)
		data->store->ops->close(data->store);
	vault_free(data->vault);
	*data = (struct cli_data){0};
}
