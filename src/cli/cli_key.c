#include "cli/cli.h"

#include <stdlib.h>

#include "base/check.h"
#include "cli/cli_data.h"
#include "cli/duration.h"
#include "serve/keyring.h"

#define TENANT_DEFAULT "main"

static const struct argument_option create_options[] = {
	{.name = "name", .value = "TEXT", .help = "what it is for"},
	{.name = "scope",
		.value = "SCOPE,..",
		.help = "sessions, numbers, calls, route, reveal, admin",
		.repeats = true},
	{.name = "expires", .value = "DUR", .help = "when it ends, such as 90d (never)"},
	{.name = "tenant", .value = "NAME", .help = "whose it is (main)"},
	CLI_DATA_OPTIONS,
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option data_options[] = {CLI_DATA_OPTIONS, CLI_JSON_OPTION, {0}};

static const struct command_line key_create, key_list, key_revoke;

/* All rows, by the store's own order. */
struct rows {
	struct key_row *at;
	size_t n, max;
};

static void add_row(void *context, const struct key_row *row)
{
	struct rows *rows = context;

	if (rows->n == rows->max) {
		rows->max = rows->max ? rows->max * 2 : 16;
		rows->at = reallocarray(rows->at, rows->max, sizeof *rows->at);
		ASSERT(rows->at);
	}
	rows->at[rows->n++] = *row;
}

static int read_rows(struct store *store, struct rows *rows)
{
	enum err err = store->ops->keys(store, add_row, rows);

	return err ? command_failed("the keys can't be read: %s", err_title(err)) : COMMAND_DONE;
}

static int put_row(struct store *store, const struct key_row *row, const char *action)
{
	char scopes[64];

	keyring_scopes_text(row->scopes, scopes);
	const struct audit_row audit = {
		.at_ms = cli_now_ms(),
		.tenant = str_of(row->tenant),
		.key = STR("cli"),
		.action = str_of(action),
		.target = str_of(row->id),
		.detail = str_of(scopes),
	};
	enum err err = store->ops->key_put(store, row, &audit);

	return err ? command_failed("the key is not stored: %s", err_title(err)) : COMMAND_DONE;
}

static const char *state_of(const struct key_row *row)
{
	if (row->revoked_at)
		return "revoked";
	return row->expires_at && (int64_t)row->expires_at * 1000 <= cli_now_ms() ? "expired" : "in force";
}

static json_t *date_json(uint32_t epoch_s)
{
	char text[32];

	return epoch_s ? json_string(cli_date(epoch_s, text)) : json_null();
}

/* As lists show it: without any secret. */
static json_t *row_json(const struct key_row *row)
{
	char text[64];
	struct str rest;
	json_t *scopes = json_array();

	keyring_scopes_text(row->scopes, text);
	for (rest = str_of(text); rest.at && rest.len;) {
		struct str word = str_cut(rest, ',', &rest);
		json_array_append_new(scopes, json_stringn(word.at, word.len));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "id", row->id, "name", row->name,
		"tenant", row->tenant, "scopes", scopes, "state", state_of(row), "created_at",
		date_json(row->created_at), "expires_at", date_json(row->expires_at), "revoked_at",
		date_json(row->revoked_at));
}

/* Bits of every --scope, each a list. False: told. */
static bool read_scopes(const struct arguments *arguments, unsigned *ret_scopes)
{
	const char *values[ARGUMENTS_MAX + 1];
	int n = arguments_all(arguments, "scope", values, ARGUMENTS_MAX + 1);

	*ret_scopes = 0;
	for (int i = 0; i < n; i++) {
		unsigned scopes;
		struct str bad;
		if (!keyring_scopes(str_of(values[i]), &scopes, &bad)) {
			command_misused(&command_key, &key_create, "--scope: there is no scope %.*s",
				bad.len > 40 ? 40 : (int)bad.len, bad.at);
			return false;
		}
		*ret_scopes |= scopes;
	}
	if (*ret_scopes == 0)
		command_misused(&command_key, &key_create, "--scope is missing");
	return *ret_scopes != 0;
}

/* What the options say; id, secret and creation come later. */
static int read_key(const struct arguments *arguments, struct key_row *row)
{
	const char *name = arguments_value(arguments, "name"), *tenant = arguments_value(arguments, "tenant");
	const char *expires = arguments_value(arguments, "expires");
	uint32_t seconds;

	if (!name || !name[0])
		return command_misused(&command_key, &key_create, "--name is missing");
	if (!str_copy(row->name, sizeof row->name, str_of(name)))
		return command_misused(&command_key, &key_create, "--name: at most 64 bytes");
	if (!str_copy(row->tenant, sizeof row->tenant, str_of(tenant ? tenant : TENANT_DEFAULT)) ||
		!row->tenant[0])
		return command_misused(&command_key, &key_create, "--tenant: 1 to 64 bytes");
	if (!read_scopes(arguments, &row->scopes))
		return COMMAND_MISUSED;
	if (!expires)
		return COMMAND_DONE;
	int64_t now_s = cli_now_ms() / 1000;
	if (duration_parse(str_of(expires), &seconds) != ERR_OK || seconds == 0 ||
		now_s + seconds > UINT32_MAX)
		return command_misused(
			&command_key, &key_create, "--expires: this is not a duration such as 90d or 12h");
	row->expires_at = (uint32_t)(now_s + seconds);
	return COMMAND_DONE;
}

static void give_key(const struct arguments *arguments, const struct key_row *row, const char *text)
{
	char scopes[64], expires[32];

	if (arguments_has(arguments, "json")) {
		json_t *object = row_json(row);
		ASSERT(object);
		json_object_set_new(object, "key", json_string(text));
		cli_print_json(object);
		return;
	}
	keyring_scopes_text(row->scopes, scopes);
	cli_date(row->expires_at, expires);
	puts(text);
	fflush(stdout);
	fprintf(stderr, "key %s, scopes %s, expires %s. It is shown this once and can't be shown again.\n",
		row->id, scopes, expires[0] ? expires : "never");
}

static int run_create(const struct arguments *arguments)
{
	struct key_row row = {0};
	struct cli_data data;
	char text[100];
	int code = read_key(arguments, &row);

	if (code == COMMAND_DONE)
		code = cli_data_open(arguments, &data);
	if (code != COMMAND_DONE)
		return code;
	keyring_make(&row, cli_now_ms(), text);
	code = put_row(data.store, &row, "key.create");
	if (code == COMMAND_DONE)
		give_key(arguments, &row, text);
	cli_data_close(&data);
	return code;
}

static void print_rows(const struct rows *rows)
{
	static const struct cli_column columns[] = {{"KEY", false}, {"NAME", false}, {"TENANT", false},
		{"SCOPES", false}, {"STATE", false}, {"CREATED", false}, {"EXPIRES", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);

	for (size_t i = 0; i < rows->n; i++) {
		const struct key_row *row = &rows->at[i];
		char scopes[64], date[32], time[32];
		keyring_scopes_text(row->scopes, scopes);
		cli_table_text(table, row->id);
		cli_table_text(table, row->name);
		cli_table_text(table, row->tenant);
		cli_table_text(table, scopes);
		cli_table_coloured(table, cli_state_colour(state_of(row)), state_of(row));
		cli_table_text(table, cli_time(cli_date(row->created_at, date), time));
		cli_table_text(table, cli_time(cli_date(row->expires_at, date), time));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

static int run_list(const struct arguments *arguments)
{
	struct rows rows = {0};
	struct cli_data data;
	int code = cli_data_open(arguments, &data);

	if (code != COMMAND_DONE)
		return code;
	code = read_rows(data.store, &rows);
	if (code == COMMAND_DONE && arguments_has(arguments, "json")) {
		json_t *array = json_array();
		for (size_t i = 0; i < rows.n; i++)
			json_array_append_new(array, row_json(&rows.at[i]));
		cli_print_json_list("keys", array);
	} else if (code == COMMAND_DONE) {
		print_rows(&rows);
	}
	free(rows.at);
	cli_data_close(&data);
	return code;
}

/* "bauta_<id>_..." or the id alone. */
static struct str id_of(const char *text)
{
	struct str rest = str_of(text);

	if (!str_starts(rest, STR("bauta_")))
		return rest;
	rest = str_n(rest.at + 6, rest.len - 6);
	return str_cut(rest, '_', &rest);
}

static int revoke(struct store *store, const char *text, struct key_row *ret_row)
{
	struct rows rows = {0};
	struct str id = id_of(text);
	int code = read_rows(store, &rows);
	struct key_row *row = NULL;

	for (size_t i = 0; code == COMMAND_DONE && i < rows.n; i++)
		if (str_equal(str_of(rows.at[i].id), id))
			row = &rows.at[i];
	if (code == COMMAND_DONE && !row)
		code = command_failed("there is no such key; `bauta key list` shows their ids");
	if (row && !row->revoked_at) {
		row->revoked_at = (uint32_t)(cli_now_ms() / 1000);
		code = put_row(store, row, "key.revoke");
	}
	if (row)
		*ret_row = *row;
	free(rows.at);
	return code;
}

static int run_revoke(const struct arguments *arguments)
{
	struct cli_data data;
	struct key_row row;
	int code = cli_data_open(arguments, &data);

	if (code != COMMAND_DONE)
		return code;
	code = revoke(data.store, arguments->operands[0], &row);
	if (code == COMMAND_DONE && arguments_has(arguments, "json"))
		cli_print_json(row_json(&row));
	else if (code == COMMAND_DONE)
		printf("key %s is revoked\n", row.id);
	cli_data_close(&data);
	return code;
}

static const struct command_line key_create = {
	.name = "create",
	.summary = "a new key, shown once on standard output",
	.options = create_options,
	.run = run_create,
};
static const struct command_line key_list = {
	.name = "list",
	.summary = "all keys, without their secrets",
	.options = data_options,
	.run = run_list,
};
static const struct command_line key_revoke = {
	.name = "revoke",
	.summary = "end a key now",
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.options = data_options,
	.run = run_revoke,
};
static const struct command_line *const key_subs[] = {&key_create, &key_list, &key_revoke, NULL};

const struct command_line command_key = {
	.name = "key",
	.summary = "API keys, straight on the data folder",
	.subs = key_subs,
	.help = "Works while the server runs (it notices within a second) and while it doesn't.",
};
