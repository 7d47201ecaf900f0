#include "serve/serve.h"

#include "serve/writer_abuse.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "feed/feed.h"
#include "log.h"
#include "message/ledger.h"
#include "message/sender.h"
#include "out/outbox.h"
#include "supply/supply.h"
#include "serve/commander.h"
#include "serve/control_memory.h"
#include "serve/hook_control.h"
#include "serve/hooks.h"
#include "api/pools.h"

#define BATCH_MAX 512
#define READINGS_MAX 1024
#define ATTEMPTS_MAX 65536
#define PACE_MAX 1048576 /* callers, virtual numbers and pairs of them that ring in a minute: 8 MiB */
#define ADMIN_CONNECTIONS 64
#define OUTBOX_GRACE_MS 5000

static enum err fail(char ret_error[SERVE_ERROR_SIZE], enum err err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum err fail(char ret_error[SERVE_ERROR_SIZE], enum err err, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(ret_error, SERVE_ERROR_SIZE, format, list);
	va_end(list);
	return err;
}

static enum err no_memory(char ret_error[SERVE_ERROR_SIZE])
{
	return fail(ret_error, ERR_INTERNAL,
			"not enough memory for the configured limits (`bauta check` adds them up)");
}

static uint64_t secret_seed(void)
{
	uint64_t seed;

	secret_random(&seed, sizeof seed);
	return seed;
}

/* --- parts, in the order of serve_open --- */

static enum err open_folder(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	char error[256];
	enum err err = datadir_of(serve->config->data, serve->config->key_file, &serve->datadir, error);

	if (!err)
		err = datadir_make(&serve->datadir, error);
	if (!err)
		err = datadir_lock(&serve->datadir, &serve->lock, error);
	return err ? fail(ret_error, err, "%s", error) : ERR_OK;
}

static enum err open_vault(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	const char *path = serve->datadir.key;
	char error[256];
	enum err err = vault_read(path, &server->vault, error);

	if (err == ERR_NOT_FOUND) {
		if (datadir_has_database(&serve->datadir))
			return fail(ret_error, ERR_STORE_REFUSED,
					"there is a database, but not the key file %s that it was made with", path);
		err = vault_create(path, &server->vault, error);
		if (!err)
			fprintf(stderr, "bauta: made the key file %s: keep a copy of it in another place; "
					"without it the numbers in the database are lost\n", path);
	}
	if (err)
		return fail(ret_error, err, "%s", error);
	server->reader_vault = vault_use_new(server->vault);
	if (!server->reader_vault)
		return no_memory(ret_error);
	for (uint32_t i = 0; i < serve->config->limits.workers; i++) {
		server->worker_vault[i] = vault_use_new(server->vault);
		if (!server->worker_vault[i])
			return no_memory(ret_error);
	}
	return ERR_OK;
}

static void store_tells(void *context, const char *sentence)
{
	(void)context;
	log_info(sentence);
}

static enum err open_store(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	char error[256] = "";

	if (strcmp(serve->config->store, "memory") == 0) {
		server->store = store_memory_new(server->vault);
		if (!server->store)
			return no_memory(ret_error);
	} else {
		enum err err = store_sqlite_open(serve->datadir.database, server->vault, &server->store, error);
		if (err)
			return fail(ret_error, err, "%s", error[0] ? error : err_title(err));
	}
	server->store->tell = store_tells;
	server->store->outbox_max = serve->config->limits.outbox;
	server->store->outbox_keep_s = serve->config->outbox_keep_s;
	return ERR_OK;
}

/* Before the engine: it is told there what the store has of sinks. */
static enum err open_outbox(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	char error[256];

	if (!outbox_wanted(serve->config))
		return ERR_OK;
	enum err err = outbox_new(serve->config, server->store, server->now_ms, server->clock_context, &server->outbox, error);
	return err ? fail(ret_error, err, "%s", error) : ERR_OK;
}

static enum err make_supply(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	const struct supply_options options = {.config = serve->config, .seed = secret_seed(), .now_ms = server->now_ms,
		.clock_context = server->clock_context};

	server->supply = supply_new(&options);
	return server->supply ? ERR_OK : no_memory(ret_error);
}

/* Dead letters outlive a configuration without Kafka. */
static enum err make_feed_state(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	const struct config_kafka *kafka = &serve->config->kafka;
	struct feed_state *state = calloc(1, sizeof *state);

	serve->server.feed_state = state;
	if (!state)
		return no_memory(ret_error);
	state->tenant = kafka->tenant ? kafka->tenant : "main";
	state->group = kafka->group ? kafka->group : "";
	state->topic = kafka->orders_topic ? kafka->orders_topic : "";
	state->deads = dead_orders_new(kafka->dead_max, secret_seed());
	return state->deads ? ERR_OK : no_memory(ret_error);
}

static enum err open_feed(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	char error[256];

	const char *topic = serve->config->kafka.orders_topic;
	if (!serve->config->kafka.brokers || !topic || !topic[0])
		return ERR_OK;
	enum err err = feed_new(server, server->feed_state, &server->feed, error);
	return err ? fail(ret_error, err, "kafka: %s", error) : ERR_OK;
}

static enum err register_accounts(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct engine *engine = serve->server.engine;
	uint16_t tenant;
	enum err err = engine_tenant(engine, STR("main"), &tenant);

	for (int i = 0; !err && i < serve->config->accounts_n; i++) {
		struct account *account = &serve->config->accounts[i];
		err = engine_account(engine, str_of(account->provider->name), str_of(account->name), &account->index);
		if (!err && account->tenant[0])
			err = engine_tenant(engine, str_of(account->tenant), &tenant);
	}
	if (!err)
		err = engine_tenant(engine, str_of(serve->server.feed_state->tenant), &serve->server.kafka_tenant);
	return err ? fail(ret_error, err, "accounts: %s", err_title(err)) : ERR_OK;
}

static enum err make_engine(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	const struct limits *limits = &serve->config->limits.engine;
	struct engine_options options = {
		.limits = *limits,
		.seed = secret_seed(),
		.tombstone_s = serve->config->tombstone_s,
		.now_ms = clock_now_ms(server->clock),
		.tell = server->outbox ? outbox_tell : NULL,
	};

	vault_text_key(server->vault, options.text_key);
	server->engine = engine_new(&options);
	server->idempotency = idempotency_new(limits->idempotency, secret_seed());
	serve->calls = writer_calls_new(limits->calls, secret_seed());
	serve->health = writer_health_new(supply_book(server->supply));
	server->ongoing = ongoing_calls_new(limits->calls, secret_seed());
	server->ledger = ledger_new(serve->config->limits.messages, limits->calls, limits->pools, secret_seed());
	if (!server->ledger || !server->engine || !server->idempotency || !serve->calls || !serve->health || !server->ongoing)
		return no_memory(ret_error);
	server->board = engine_board(server->engine);
	server->abuse = writer_abuse_new(engine_board(server->engine), options.text_key, secret_seed());
	if (!server->abuse)
		return no_memory(ret_error);
	enum err err = register_accounts(serve, ret_error);
	if (!err)
		err = serve_load(serve, ret_error);
	if (err)
		return err;
	server->pools = pools_new(secret_seed());
	if (!server->pools || pools_load(server->pools, server->engine) != ERR_OK)
		return no_memory(ret_error);
	return ERR_OK;
}

static void answered(void *context)
{
	http_wake(((struct serve *)context)->server.http);
}

static void told(void *context)
{
	outbox_wake(((struct serve *)context)->server.outbox);
}

static void wanted(void *context)
{
	supply_wake(((struct serve *)context)->server.supply);
}

static void must_stop(void *context)
{
	struct serve *serve = context;

	atomic_store(&serve->must_stop, true);
	pthread_kill(serve->main_thread, SIGUSR1);
}

static enum err make_threads(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	const struct config_limits *limits = &serve->config->limits;
	struct writer_options options = {
		.engine = server->engine,
		.store = server->store,
		.idempotency = server->idempotency,
		.calls = serve->calls,
		.book = supply_book(server->supply),
		.health = serve->health,
		.abuse = server->abuse,
		.ledger = server->ledger,
		.queue_max = limits->queue,
		.call_queue_max = limits->call_queue,
		.batch_max = BATCH_MAX,
		.now_ms = server->now_ms,
		.clock_context = server->clock_context,
		.answered = answered,
		.told = server->outbox ? told : NULL,
		.wanted = wanted,
		.keys_changed = serve_keys_changed,
		.must_stop = must_stop,
		.context = serve,
	};

	server->writer = writer_new(&options);
	server->reader = reader_new(server->store, READINGS_MAX, answered, serve);
	server->metrics = metrics_new((int)limits->workers);
	const struct sender_options sending = {.config = serve->config, .ledger = server->ledger,
		.now_ms = server->now_ms,
		.clock_context = server->clock_context};
	server->sender = sender_new(&sending);
	const struct commander_options commanding = {.max = limits->commands,
		.accounts = serve->config->accounts, .accounts_n = serve->config->accounts_n, .holds = hook_control_holds,
		.failed = hook_control_failed, .context = server};
	server->commander = commander_new(&commanding);
	server->attempts = attempts_new(ATTEMPTS_MAX, secret_seed());
	server->pace = pace_new(PACE_MAX, secret_seed());
	server->control = control_memory_new(secret_seed());
	serve->lock_made = pthread_mutex_init(&server->attempts_lock, NULL) == 0;
	if (!server->sender || !server->commander || !server->control || !server->writer || !server->reader || !server->metrics || !server->attempts || !server->pace ||
		!serve->lock_made)
		return no_memory(ret_error);
	return ERR_OK;
}

/* "127.0.0.1:0" and a port -> "http://127.0.0.1:8080". */
static void fill_url(struct serve *serve)
{
	const char *listen = serve->config->listen, *colon = strrchr(listen, ':');
	int host_len = colon ? (int)(colon - listen) : (int)strlen(listen);

	snprintf(serve->url, sizeof serve->url, "%s://%.*s:%d", serve->config->tls_certificate ? "https" : "http",
			host_len, listen, http_server_port(serve->server.http));
}

static enum err listen_admin(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct http_options options = {
		.listen = serve->config->admin_listen,
		.workers = 1,
		.connections_max = ADMIN_CONNECTIONS,
	};
	char error[256];

	serve->admin_handler = serve_admin_handler;
	serve->admin_handler.context = serve;
	enum err err = http_server_new(&options, &serve->admin_handler, &serve->admin, error);
	return err ? fail(ret_error, err, "%s", error) : ERR_OK;
}

static enum err listen_all(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	const struct config *config = serve->config;
	struct http_options options = {
		.listen = config->listen,
		.workers = (int)config->limits.workers,
		.connections_max = config->limits.connections,
		.certificate = config->tls_certificate,
		.key = config->tls_key,
	};
	char error[256];

	serve->handler = serve_handler;
	serve->handler.context = serve;
	enum err err = http_server_new(&options, &serve->handler, &server->http, error);
	if (err)
		return fail(ret_error, err, "%s", error);
	fill_url(serve);
	server->public_url = strdup(config->public_url ? config->public_url : serve->url);
	server->hooks = server->public_url ? hooks_new(config, server->public_url) : NULL;
	if (!server->hooks)
		return no_memory(ret_error);
	return config->admin_listen ? listen_admin(serve, ret_error) : ERR_OK;
}

static enum err open_parts(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	enum err err = ERR_OK;

	server->clock = clock_new(&clock_system);
	server->keyring = keyring_new();
	if (!server->clock || !server->keyring)
		return no_memory(ret_error);
	server->now_ms = clock_now_ms;
	server->clock_context = server->clock;
	if ((err = open_folder(serve, ret_error)) || (err = open_vault(serve, ret_error)) ||
			(err = open_store(serve, ret_error)) || (err = open_outbox(serve, ret_error)) ||
			(err = make_feed_state(serve, ret_error)) || (err = make_supply(serve, ret_error)) ||
			(err = make_engine(serve, ret_error)) ||
			(err = make_threads(serve, ret_error)) || (err = open_feed(serve, ret_error)))
		return err;
	/* A port that is taken must not cost the first key: it is shown once. */
	if ((err = listen_all(serve, ret_error)))
		return err;
	if (supply_open(server->supply, server->ledger, serve->config->public_url, serve->url) != ERR_OK)
		return no_memory(ret_error);
	return serve_keys_open(serve, ret_error);
}

enum err serve_open(struct config *config, struct serve **ret_serve, char ret_error[SERVE_ERROR_SIZE])
{
	if (config->limits.workers > SERVER_WORKERS_MAX)
		return fail(ret_error, ERR_BAD_REQUEST, "limits.workers: at most %d", SERVER_WORKERS_MAX);
	struct serve *serve = calloc(1, sizeof *serve);
	if (!serve)
		return no_memory(ret_error);
	serve->config = config;
	serve->server.config = config;
	serve->lock = -1;
	serve->main_thread = pthread_self();
	enum err err = open_parts(serve, ret_error);
	if (err) {
		serve_close(serve);
		return err;
	}
	*ret_serve = serve;
	return ERR_OK;
}

/* Is there an account whose calls want commands? */
static bool commands_calls(const struct config *config)
{
	for (int i = 0; i < config->accounts_n; i++) {
		const struct control *control = config->accounts[i].provider->control;
		if (control && !control->lacks(&config->accounts[i]))
			return true;
	}
	return false;
}

enum err serve_start(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct server *server = &serve->server;
	enum err err;

	if ((err = writer_start(server->writer)) || (err = reader_start(server->reader)))
		return fail(ret_error, err, "can't start: %s", err_title(err));
	/* Before anything is asked: who is to hear of it is written down first. */
	if (server->outbox && (err = outbox_start(server->outbox, server->writer)))
		return fail(ret_error, err, "can't start sending events: %s", err_title(err));
	if ((err = http_server_start(server->http)))
		return fail(ret_error, err, "can't start: %s", err_title(err));
	if (serve->admin && (err = http_server_start(serve->admin)))
		return fail(ret_error, err, "can't start on admin_listen: %s", err_title(err));
	if ((err = supply_start(server->supply, server->writer)))
		return fail(ret_error, err, "can't start looking after numbers: %s", err_title(err));
	if ((err = sender_start(server->sender, server->writer, serve->config->public_url, serve->url)))
		return fail(ret_error, err, "can't start sending texts: %s", err_title(err));
	if (commands_calls(serve->config) && (err = commander_start(server->commander)))
		return fail(ret_error, err, "can't start commanding calls: %s", err_title(err));
	if (server->feed && (err = feed_start(server->feed)))
		return fail(ret_error, err, "can't start consuming events: %s", err_title(err));
	return ERR_OK;
}

/* While the writer still runs: both store how far they are. */
static void stop_events(struct server *server)
{
	if (server->feed)
		feed_stop(server->feed);
	if (server->supply)
		supply_stop(server->supply);
	if (server->commander)
		commander_stop(server->commander);
	if (server->sender)
		sender_stop(server->sender);
	if (server->outbox)
		outbox_stop(server->outbox, OUTBOX_GRACE_MS);
}

void serve_drain(struct serve *serve, uint32_t grace_ms)
{
	atomic_store(&serve->server.draining, true);
	http_server_stop(serve->server.http, grace_ms);
	if (serve->admin)
		http_server_stop(serve->admin, 100);
	stop_events(&serve->server);
	reader_stop(serve->server.reader);
	writer_stop(serve->server.writer);
}

void serve_close(struct serve *serve)
{
	if (!serve)
		return;
	struct server *server = &serve->server;
	stop_events(server);
	if (server->reader)
		reader_stop(server->reader);
	if (server->writer)
		writer_stop(server->writer);
	http_server_free(serve->admin);
	http_server_free(server->http);
	reader_free(server->reader);
	writer_free(server->writer);
	feed_free(server->feed);
	supply_free(server->supply);
	sender_free(server->sender);
	commander_free(server->commander);
	control_memory_free(server->control);
	outbox_free(server->outbox);
	if (server->feed_state)
		dead_orders_free(server->feed_state->deads);
	free(server->feed_state);
	hooks_free(server->hooks);
	free(server->public_url);
	pools_free(server->pools);
	if (serve->lock_made)
		pthread_mutex_destroy(&server->attempts_lock);
	attempts_free(server->attempts);
	pace_free(server->pace);
	ongoing_calls_free(server->ongoing);
	writer_abuse_free(server->abuse);
	metrics_free(server->metrics);
	writer_calls_free(serve->calls);
	writer_health_free(serve->health);
	ledger_free(server->ledger);
	idempotency_free(server->idempotency);
	engine_free(server->engine);
	if (server->store)
		server->store->ops->close(server->store);
	for (int i = 0; i < SERVER_WORKERS_MAX; i++)
		vault_use_free(server->worker_vault[i]);
	vault_use_free(server->reader_vault);
	vault_free(server->vault);
	keyring_free(server->keyring);
	clock_free(server->clock);
	if (serve->lock >= 0)
		close(serve->lock);
	free(serve);
}
