#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "crypto/digest.h"
#include "log.h"
#include "notify.h"
#include "serve/serve.h"
#include "serve/serve_options.h"

#define DRAIN_MS 10000
#define DRAIN_FAILED_MS 1000 /* the store is gone: only refusals are left to be sent */

static const struct argument_option options[] = {
	SERVE_OPTION_CONFIG,
	{.name = "data", .value = "DIR", .file = true, .help = "where the database and the key file are; ./bauta-data"},
	{.name = "listen", .value = "ADDR:PORT", .help = "where to answer; 127.0.0.1:8080"},
	SERVE_OPTION_SET,
	{.name = "accept-clock", .help = "start though the clock is far ahead of the last time that was stored"},
	{0},
};

/* What the main thread waits for. Blocked before any other thread is made, so that none of them gets one. */
static void block_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGTERM);
	sigaddset(ret_set, SIGINT);
	sigaddset(ret_set, SIGHUP);
	sigaddset(ret_set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, ret_set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk: calls go on */
}

static void set_up_log(const struct config *config)
{
	struct log_options log = {.fd = STDERR_FILENO, .level = LOG_INFO, .format = LOG_LOGFMT};

	if (!log_level_parse(config->log_level, &log.level) || !log_format_parse(config->log_format, &log.format))
		log.level = LOG_INFO; /* the schema lets no other word through */
	log_init(&log);
}

static void reload(struct serve *serve, const struct notify *notify)
{
	char error[256];

	notify_reloading(notify);
	if (http_server_reload(serve->server.http, error) != ERR_OK)
		log_error("certificates not read again, the old ones stay", "reason", error);
	else
		log_info("certificates and api keys are read again");
	serve_keys_ask(serve);
	notify_ready(notify);
}

static void look_at_clock(struct serve *serve)
{
	char text[LOG_NUMBER_SIZE];
	int64_t jump_ms;

	if (!clock_look(serve->server.clock, &jump_ms))
		return;
	log_warn("the wall clock jumped; times here go on as they were", "direction",
			jump_ms < 0 ? "backward" : "forward", "jump_ms",
			log_number((uint64_t)(jump_ms < 0 ? -jump_ms : jump_ms), text));
}

/* Fed only as long as the writer goes round. */
static void feed_watchdog(struct serve *serve, const struct notify *notify, uint64_t *rounds)
{
	uint64_t now = writer_counts(serve->server.writer).rounds;

	if (now == *rounds)
		return;
	*rounds = now;
	notify_alive(notify);
}

/* Once a second, or as often as the service manager needs a sign of life. */
static struct timespec pace(const struct notify *notify)
{
	uint64_t us = 1000000;

	if (notify->watchdog_us && notify->watchdog_us / 3 < us)
		us = notify->watchdog_us / 3;
	return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
}

static void main_loop(struct serve *serve, const struct notify *notify, const sigset_t *signals)
{
	const struct timespec each = pace(notify);
	uint64_t rounds = 0;

	for (;;) {
		int got = sigtimedwait(signals, NULL, &each);
		if (got == SIGTERM || got == SIGINT || atomic_load(&serve->must_stop))
			return;
		if (got == SIGHUP)
			reload(serve, notify);
		look_at_clock(serve);
		feed_watchdog(serve, notify, &rounds);
	}
}

/* A disk that lost a write can't be asked again: what it says it has and what it has may differ. Nothing is
 * closed in good order, for that would write. */
_Noreturn static void end_failed(struct serve *serve)
{
	log_error("the store failed to make changes durable; ending, nothing that was acknowledged is lost");
	fputs("bauta: the disk did not keep what it was told to keep (fsync failed); look at it before the next start\n",
			stderr);
	http_server_stop(serve->server.http, DRAIN_FAILED_MS);
	_exit(COMMAND_FAILED);
}

/* At once: it is stored already, and whatever comes between must not cost it. */
static void tell_first_key(struct serve *serve)
{
	if (!serve->first_key[0])
		return;
	printf("api key (shown once): %s\n", serve->first_key);
	fflush(stdout);
	secret_wipe(serve->first_key, sizeof serve->first_key);
}

static void tell_ready(const struct serve *serve, const struct notify *notify)
{
	printf("ready %s\n", serve->url);
	fflush(stdout);
	log_info("ready", "url", serve->url, "store", serve->server.store->ops->name);
	notify_ready(notify);
}

/* Whoever asks twice doesn't want to wait. The other signals stay blocked: they would end the process too. */
static void let_end_at_once(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int serve_until_told(struct serve *serve, const sigset_t *signals)
{
	char error[SERVE_ERROR_SIZE];
	struct notify notify;

	if (serve_start(serve, error) != ERR_OK)
		return command_failed("%s", error);
	notify_open(&notify);
	tell_ready(serve, &notify);
	main_loop(serve, &notify, signals);
	if (atomic_load(&serve->must_stop))
		end_failed(serve);
	notify_stopping(&notify);
	log_info("stopping");
	let_end_at_once();
	serve_drain(serve, DRAIN_MS);
	if (atomic_load(&serve->must_stop))
		end_failed(serve);
	notify_close(&notify);
	return COMMAND_DONE;
}

static int run(const struct arguments *arguments)
{
	struct config *config = serve_options_config(arguments);
	char error[SERVE_ERROR_SIZE];
	struct serve *serve;
	sigset_t signals;

	if (!config)
		return COMMAND_FAILED;
	set_up_log(config);
	block_signals(&signals);
	int code = COMMAND_FAILED;
	if (serve_open(config, &serve, error) != ERR_OK) {
		command_failed("%s", error);
	} else {
		tell_first_key(serve);
		code = serve_until_told(serve, &signals);
		serve_close(serve);
	}
	config_free(config);
	return code;
}

const struct command_line command_serve = {
	.name = "serve",
	.summary = "the server",
	.help = "Works with no file at all: data in ./bauta-data, answering on 127.0.0.1:8080. The\n"
		"first start makes the key file, without which the numbers in the database are\n"
		"lost, and prints the first API key, once. Prints `ready http://...` when it\n"
		"answers. SIGTERM ends it in good order, SIGHUP reads certificates and API keys\n"
		"again.",
	.options = options,
	.run = run,
};
