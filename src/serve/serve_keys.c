#include "serve/serve.h"

#include <stdlib.h>

#include "log.h"

#define FIRST_SCOPES (KEY_SESSIONS | KEY_NUMBERS | KEY_CALLS | KEY_ROUTE | KEY_ADMIN)

struct key_list {
	struct engine *engine;
	struct key_row *rows;
	uint16_t *tenants;
	int n, max;
	bool failed; /* memory, or more tenants than the limit */
};

static bool list_room(struct key_list *list)
{
	if (list->n < list->max)
		return true;
	int max = list->max ? list->max * 2 : 64;
	struct key_row *rows = realloc(list->rows, (size_t)max * sizeof *rows);
	if (rows)
		list->rows = rows;
	uint16_t *tenants = realloc(list->tenants, (size_t)max * sizeof *tenants);
	if (tenants)
		list->tenants = tenants;
	if (!rows || !tenants)
		return false;
	list->max = max;
	return true;
}

static void list_add(void *context, const struct key_row *row)
{
	struct key_list *list = context;
	uint16_t tenant;

	if (list->failed || !list_room(list) || engine_tenant(list->engine, str_of(row->tenant), &tenant) != ERR_OK) {
		list->failed = true;
		return;
	}
	list->rows[list->n] = *row;
	list->tenants[list->n++] = tenant;
}

/* On error the keyring is as it was. */
static enum err read_keys(struct serve *serve, int *ret_n)
{
	struct store *store = serve->server.store;
	struct key_list list = {.engine = serve->server.engine};
	enum err err = store->ops->keys(store, list_add, &list);

	if (!err && list.failed)
		err = ERR_LIMIT_REACHED;
	if (!err)
		err = keyring_replace(serve->server.keyring, list.rows, list.tenants, list.n);
	if (!err)
		*ret_n = list.n;
	free(list.rows);
	free(list.tenants);
	return err;
}

static enum err make_first(struct serve *serve)
{
	struct store *store = serve->server.store;
	int64_t now_ms = clock_now_ms(serve->server.clock);
	struct key_row row = {.name = "first", .tenant = "main", .scopes = FIRST_SCOPES};
	char text[100];

	keyring_make(&row, now_ms, text);
	struct audit_row audit = {
		.at_ms = now_ms,
		.tenant = str_of(row.tenant),
		.key = STR("serve"),
		.action = STR("key.create"),
		.target = str_of(row.id),
		.detail = STR("first start"),
	};
	enum err err = store->ops->key_put(store, &row, &audit);
	if (!err)
		memcpy(serve->first_key, text, sizeof serve->first_key);
	return err;
}

enum err serve_keys_open(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	int n = 0;
	enum err err = read_keys(serve, &n);

	if (!err && n == 0) {
		err = make_first(serve);
		if (!err)
			err = read_keys(serve, &n);
	}
	if (err)
		snprintf(ret_error, SERVE_ERROR_SIZE, "the API keys can't be read: %s", err_title(err));
	return err;
}

bool serve_keys_changed(void *context)
{
	struct serve *serve = context;
	char number[LOG_NUMBER_SIZE];
	int n = 0;
	enum err err = read_keys(serve, &n);

	if (err)
		log_error("api keys not read again, the old ones stay in force", "reason", err_slug(err));
	else
		log_info("api keys read again", "keys_n", log_number((uint64_t)n, number));
	return !err;
}

struct keys_command {
	struct command command;
	struct serve *serve;
};

static enum err run(struct command *command, struct engine *engine, int64_t now_ms)
{
	(void)engine, (void)now_ms;
	serve_keys_changed(((struct keys_command *)command)->serve);
	return ERR_OK;
}

static void finish(struct command *command, enum err err)
{
	(void)err;
	free(command);
}

void serve_keys_ask(struct serve *serve)
{
	struct keys_command *ask = calloc(1, sizeof *ask);

	if (!ask)
		return;
	ask->command.run = run;
	ask->command.finish = finish;
	ask->serve = serve;
	if (writer_submit(serve->server.writer, &ask->command) != ERR_OK)
		free(ask);
}
