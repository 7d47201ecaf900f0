#include "cli/cli.h"

#include "base/check.h"
#include "cli/cli_data.h"

static const struct argument_option options[] = {CLI_DATA_OPTIONS, CLI_JSON_OPTION, {0}};

/* --- rotate --- */

static int note_rotation(struct store *store, int id)
{
	char target[16];
	snprintf(target, sizeof target, "key %d", id);
	const struct audit_row audit = {
		.at_ms = cli_now_ms(),
		.tenant = STR("main"),
		.key = STR("cli"),
		.action = STR("vault.rotate"),
		.target = str_of(target),
		.detail = STR(""),
	};
	const struct record record = {.kind = RECORD_AUDIT, .audit = &audit};
	enum store_verdict verdict;
	enum err err = store->ops->commit(store, &record, 1, &verdict);

	return err ? command_failed("key %d is in the key file, but the audit has no row of it: %s", id,
			     err_title(err))
		   : COMMAND_DONE;
}

static void tell_rotation(const struct arguments *arguments, const struct cli_data *data, int id)
{
	if (arguments_has(arguments, "json")) {
		json_t *object = json_pack("{s:i, s:s}", "key", id, "key_file", data->datadir.key);
		cli_print_json(object ? object : json_object());
		return;
	}
	printf("%s has key %d now. Keep a copy of the file in another place, then restart the server:\n"
	       "it takes the key up at its start. `bauta vault status` tells when the old line may go.\n",
		data->datadir.key, id);
}

static int run_rotate(const struct arguments *arguments)
{
	struct cli_data data;
	char error[256] = "";
	int id = 0;
	int code = cli_data_open(arguments, &data);

	if (code != COMMAND_DONE)
		return code;
	enum err err = vault_rotate(data.datadir.key, &id, error);
	if (err)
		code = command_failed("%s", error[0] ? error : err_title(err));
	else
		code = note_rotation(data.store, id);
	if (!err)
		tell_rotation(arguments, &data, id);
	cli_data_close(&data);
	return code;
}

/* --- status --- */

static const char *old_state(const struct store_rotation *rotation)
{
	if (!rotation->old_needed)
		return "not_needed";
	return rotation->begun ? "replaced" : "seals";
}

static const char *new_state(const struct store_rotation *rotation)
{
	return rotation->begun || !rotation->old_needed ? "seals" : "next_start";
}

static json_t *status_json(const struct store_rotation *rotation)
{
	char date[32];
	json_t *keys = json_array();

	if (rotation->old_key)
		json_array_append_new(keys, json_pack("{s:i, s:s, s:I, s:I, s:I}", "id", rotation->old_key, "state",
						    old_state(rotation), "sessions", (json_int_t)rotation->rows,
						    "dead_letters", (json_int_t)rotation->dead, "messages",
						    (json_int_t)rotation->messages));
	json_array_append_new(
		keys, json_pack("{s:i, s:s}", "id", rotation->key, "state", new_state(rotation)));
	return json_pack("{s:b, s:o, s:o}", "done", !rotation->old_needed, "keys", keys, "cools_until",
		rotation->cools_until ? json_string(cli_date(rotation->cools_until, date)) : json_null());
}

static void print_status(const struct store_rotation *rotation, const char *key_file)
{
	char date[32];
	int key = rotation->key, old = rotation->old_key;

	if (!old)
		printf("key %d seals; nothing is being rotated\n", key);
	else if (!rotation->old_needed)
		printf("key %d seals; key %d is no longer needed: remove its line from %s\n", key, old, key_file);
	else if (!rotation->begun)
		printf("key %d seals; key %d takes its place from the server's next start on\n", old, key);
	else if (rotation->rows)
		printf("key %d seals; %llu sessions are under key %d still, and are sealed anew while the server runs\n",
			key, (unsigned long long)rotation->rows, old);
	else if (rotation->dead)
		printf("key %d seals; %llu dead letters are under key %d still, and are sealed anew while the server runs\n",
			key, (unsigned long long)rotation->dead, old);
	else if (rotation->messages)
		printf("key %d seals; texts of %llu messages are under key %d still, and are sealed anew while the "
		       "server runs\n",
			key, (unsigned long long)rotation->messages, old);
	else if ((int64_t)rotation->cools_until * 1000 > cli_now_ms())
		printf("key %d seals; no session is under key %d, but pairs that only it knows cool until %s\n", key,
			old, cli_date(rotation->cools_until, date));
	else
		printf("key %d seals; no session is under key %d, and the server lets go of it within a minute or two\n",
			key, old);
}

static int run_status(const struct arguments *arguments)
{
	struct store_rotation rotation;
	struct cli_data data;
	char error[256] = "";
	int code = cli_data_find(arguments, &data);

	if (code != COMMAND_DONE)
		return code;
	enum err err = store_sqlite_rotation(data.datadir.database, data.vault, &rotation, error);
	if (err) {
		code = command_failed("%s", error[0] ? error : err_title(err));
	} else if (arguments_has(arguments, "json")) {
		json_t *object = status_json(&rotation);
		ASSERT(object);
		cli_print_json(object);
	} else {
		print_status(&rotation, data.datadir.key);
	}
	cli_data_close(&data);
	return code;
}

static const struct command_line vault_rotate_line = {
	.name = "rotate",
	.summary = "a new key into the key file, for the server's next start",
	.options = options,
	.run = run_rotate,
	.help = "The file is replaced as a whole and keeps its owner and mode. Refused while an earlier\n"
		"rotation isn't over: there are two keys at most.",
};
static const struct command_line vault_status_line = {
	.name = "status",
	.summary = "which key seals, and whether an older one is still needed",
	.options = options,
	.run = run_status,
	.help = "Counts the sessions, dead letters and messages that are still under the older key, which takes\n"
		"a while in a large database. Works beside a running server and without one, and only reads.",
};
static const struct command_line *const vault_subs[] = {&vault_rotate_line, &vault_status_line, NULL};

const struct command_line command_vault = {
	.name = "vault",
	.summary = "the encryption keys: rotate them, see how far that is",
	.subs = vault_subs,
	.help = "To rotate: `bauta vault rotate`, restart the server, wait until `bauta vault status` says\n"
		"that the old key is no longer needed, remove its line from the key file. The server\n"
		"refuses to start without a key that its database needs.",
};
