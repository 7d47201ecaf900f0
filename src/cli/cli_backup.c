#include "cli/cli.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli_data.h"

static const struct argument_option options[] = {CLI_DATA_OPTIONS, CLI_JSON_OPTION, {0}};

static int backup(struct store *store, const char *path)
{
	char error[256] = "";
	struct store_reader *reader = store->ops->reader_open(store);

	if (!reader)
		return command_failed("the database can't be opened for reading");
	enum err err = store->ops->backup(reader, path, error);
	store->ops->reader_close(reader);
	if (err)
		return command_failed("%s", error[0] ? error : err_title(err));
	return COMMAND_DONE;
}

static void tell(const struct arguments *arguments, const struct cli_data *data, const char *path)
{
	struct stat is = {0};

	if (stat(path, &is) != 0)
		is.st_size = 0;
	if (arguments_has(arguments, "json")) {
		json_t *object = json_pack("{s:s, s:I, s:s}", "file", path, "bytes", (json_int_t)is.st_size,
			"key_file", data->datadir.key);
		cli_print_json(object ? object : json_object());
		return;
	}
	printf("%s: %lld bytes\n", path, (long long)is.st_size);
	printf("The keys are not in it. Keep %s too, in another place:\n"
	       "without it no number in this copy can be read, by you or by anybody.\n",
		data->datadir.key);
}

static int run(const struct arguments *arguments)
{
	const char *path = arguments->operands[0];
	struct cli_data data;

	if (strcmp(path, "-") == 0)
		return command_misused(NULL, &command_backup, "a copy needs a file of its own");
	if (access(path, F_OK) == 0)
		return command_failed("%s is there already, and is left as it is", path);
	int code = cli_data_open(arguments, &data);
	if (code != COMMAND_DONE)
		return code;
	code = backup(data.store, path);
	if (code == COMMAND_DONE)
		tell(arguments, &data, path);
	cli_data_close(&data);
	return code;
}

const struct command_line command_backup = {
	.name = "backup",
	.summary = "a consistent copy of the database, also while serving",
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.options = options,
	.run = run,
	.help = "FILE must not be there. The encryption keys are not part of it: keep the key file\n"
		"apart. To restore, stop the server and put FILE in the place of bauta.db, without\n"
		"bauta.db-wal and bauta.db-shm beside it, and the key file where it was.",
};
