#include "demo/demo.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/commands.h"
#include "crypto/digest.h"
#include "demo/demo_app.h"
#include "demo/demo_pool.h"
#include "demo/demo_story.h"
#include "demo/demo_summary.h"

#define ERRORS_MAX 4096
#define REFUSAL_MAX 4096

bool demo_expect(struct demo *demo, bool good, const char *format, ...)
{
	char sentence[CLIENT_SENTENCE_SIZE];
	va_list list;

	if (good)
		return true;
	demo->tally.wrong++;
	va_start(list, format);
	vsnprintf(sentence, sizeof sentence, format, list);
	va_end(list);
	demo_screen_verdict(&demo->screen, false, "%s", sentence);
	return false;
}

bool demo_connect(struct demo *demo)
{
	char error[CLIENT_SENTENCE_SIZE];

	client_free(demo->client);
	demo->client = NULL;
	return demo_expect(demo,
		client_new_at(demo->server.url, demo->server.key, &demo->client, error) == ERR_OK, "%s",
		error);
}

/* --- beginning --- */

static void show_log(const struct demo *demo)
{
	FILE *log = fopen(demo->folder.log, "re");
	char line[1024];

	while (log && fgets(line, sizeof line, log)) {
		fputs("  ", stderr);
		terminal_put(stderr, str_trim(str_of(line)));
		fputc('\n', stderr);
	}
	if (log)
		fclose(log);
}

static bool write_config(const struct demo *demo, const char *listen, char ret_error[512])
{
	char text[1024];
	struct buf more;

	buf_fixed(&more, text, sizeof text);
	if (demo->feed)
		demo_feed_config(demo->feed, &more);
	return demo_folder_config(&demo->folder, listen, demo_stock_url(demo->stock), buf_text(&more), ret_error);
}

/* Local numbers of Jakarta, more than the story buys. */
static bool open_market(struct demo *demo, char ret_error[512])
{
	const struct number first = {622150001230};

	demo->stock = demo_stock_new(demo->folder.token, "ID", first, 12, ret_error);
	return demo->stock != NULL;
}

static bool start_server(struct demo *demo)
{
	char error[512], ending[64];

	if (!demo_folder_make(&demo->folder, error) || !open_market(demo, error) || !write_config(demo, "127.0.0.1:0", error)) {
		command_failed("%s", error);
		return false;
	}
	demo->server.config = demo->folder.config;
	demo->server.log = demo->folder.log;
	if (!demo_server_start(&demo->server, "127.0.0.1:0")) {
		if (!demo->stop.told)
			command_failed("the server did not start (%s); it says:",
				demo_server_ending(&demo->server, ending));
		show_log(demo);
		return false;
	}
	/* From now on it is to be found where it is: a provider knows one address. */
	if (write_config(demo, demo->server.url + sizeof "http://" - 1, error))
		return true;
	command_failed("%s", error);
	return false;
}

static const struct account *find_account(const struct config *config, const char *provider)
{
	for (int i = 0; i < config->accounts_n; i++)
		if (strcmp(config->accounts[i].provider->name, provider) == 0)
			return &config->accounts[i];
	return NULL;
}

static bool read_config(struct demo *demo)
{
	const struct config_sources sources = {.file = demo->folder.config};
	struct buf errors;

	buf_init(&errors, ERRORS_MAX);
	enum err err = config_read(&sources, &demo->config, &errors);
	if (err)
		command_failed("%.*s", (int)errors.len, errors.at ? errors.at : "");
	buf_done(&errors);
	if (err)
		return false;
	demo->twilio = find_account(demo->config, "twilio");
	demo->exotel = find_account(demo->config, "exotel");
	ASSERT(demo->twilio && demo->exotel);
	return true;
}

static bool begin(struct demo *demo)
{
	demo_screen_banner(&demo->screen);
	if (!start_server(demo) || !read_config(demo) || !demo_connect(demo))
		return false;
	demo_screen_line(&demo->screen, COLOUR_NONE,
		"bauta serve, process %d, answers at %s; its data is in %s", (int)demo->server.pid,
		demo->server.url, demo->folder.path);
	return true;
}

/* --- end --- */

/* Our last look is at what a stopped server leaves. */
static bool stop_server(struct demo *demo)
{
	bool good = demo_server_end(&demo->server);

	demo_expect(demo, good, "the server did not end in good order");
	return demo_expect(demo, demo_leaks_folder(&demo->leaks, demo->folder.path),
		       "a real number is in a file") &&
	       good;
}

static void end(struct demo *demo, bool keep)
{
	demo_server_end(&demo->server);
	demo_stock_free(demo->stock);
	demo_feed_free(demo->feed);
	client_free(demo->client);
	if (demo->config)
		config_free(demo->config);
	for (int i = 0; i < 2; i++)
		buf_done(&demo->refusals[i]);
	if (keep && demo->folder.path[0])
		demo_screen_line(&demo->screen, COLOUR_NONE, "kept: %s", demo->folder.path);
	else if (!demo_folder_remove(&demo->folder))
		command_failed("%s can't be removed", demo->folder.path);
	secret_wipe(demo, sizeof *demo);
	free(demo);
}

/* --- between --- */

/* False: not we ended it. */
static bool stay(struct demo *demo)
{
	char ending[64];

	demo_summary_try(demo, demo_story_open_order());
	while (!demo_stop_wait(&demo->stop))
		if (!demo_server_runs(&demo->server)) {
			demo_expect(demo, false, "the server has ended by itself (%s); it says:",
				demo_server_ending(&demo->server, ending));
			show_log(demo);
			return false;
		}
	fputc('\n', demo->screen.out);
	return true;
}

static bool tell(struct demo *demo, bool once)
{
	bool told = demo_story_tell(demo);

	if (demo->stop.told)
		return false;
	if (demo->server.pid && demo->client)
		demo_app_read_all(demo);
	demo_expect(demo, demo_leaks_folder(&demo->leaks, demo->folder.path), "a real number is in a file");
	if (demo->stock)
		demo_pool_look_at_market(demo);
	if (once)
		stop_server(demo);
	bool good = demo_summary_show(demo) && told;
	if (told && !once)
		good = stay(demo) && good;
	else if (!told)
		show_log(demo);
	return good;
}

/* `brokers` NULL: events go by HTTP. */
static bool reach_broker(struct demo *demo, const char *brokers)
{
	char error[256];

	demo->feed = brokers ? demo_feed_new(brokers, error) : NULL;
	if (brokers && !demo->feed)
		command_failed("%s: %s", brokers, error);
	return demo->feed || !brokers;
}

static int run(const struct arguments *arguments)
{
	struct demo *demo = calloc(1, sizeof *demo);

	ASSERT(demo);
	demo_stop_init(&demo->stop);
	demo->server = (struct demo_server){.stop = &demo->stop, .out = -1};
	demo_screen_init(&demo->screen, stdout);
	for (int i = 0; i < 2; i++)
		buf_init(&demo->refusals[i], REFUSAL_MAX);
	bool good = reach_broker(demo, arguments_value(arguments, "kafka")) && begin(demo) && tell(demo, arguments_has(arguments, "once"));
	end(demo, arguments_has(arguments, "keep"));
	return good ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct argument_option options[] = {
	{.name = "once", .help = "end after the story; exit 1 if any step of it went wrong"},
	{.name = "kafka", .value = "HOST:PORT", .help = "send the order events through this Kafka broker, in topics of this run's own"},
	{.name = "keep", .help = "leave the temporary folder there"},
	{0},
};

const struct command_line command_demo = {
	.name = "demo",
	.summary = "an order, phones, a phone company: the whole story on this machine",
	.help = "A real server on loopback and in a temporary folder, and this program as everybody\n"
		"around it: the order feed, the apps, people who dial, and Twilio and Exotel in their\n"
		"own dialects with their own signatures. Tells the story of one order and counts what\n"
		"came of it; then the server stays up for you to try, until Ctrl-C. The numbers are\n"
		"fictitious; nobody's phone rings.",
	.options = options,
	.run = run,
};
