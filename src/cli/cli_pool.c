#include "cli/cli.h"

#include <stdlib.h>

#include "base/check.h"
#include "core/pool.h"
#include "core/supply.h"
#include "cli/duration.h"

/* What kind of text an option's value is, and what it becomes in the API's JSON. */
enum setting_kind { SETTING_WORD, SETTING_COUNT, SETTING_SPAN, SETTING_SWITCH, SETTING_ON, SETTING_LIST, SETTING_FRACTION };

/* One setting of a pool: the API's member ("supply.X": a member of supply), the option of the same order in settings_options[]. */
static const struct setting {
	const char *option, *member;
	enum setting_kind kind;
} settings[] = {
	{"country", "country", SETTING_WORD},
	{"countries", "countries", SETTING_LIST},
	{"mode", "mode", SETTING_WORD},
	{"numbers", "numbers", SETTING_WORD},
	{"ttl", "ttl_s", SETTING_SPAN},
	{"ttl-from", "ttl_from", SETTING_WORD},
	{"grace", "grace_s", SETTING_SPAN},
	{"cooldown", "cooldown_s", SETTING_SPAN},
	{"rest", "rest_s", SETTING_SPAN},
	{"per-vn-max", "per_vn_max", SETTING_COUNT},
	{"stick", "stick", SETTING_WORD},
	{"stick-for", "stick_s", SETTING_SPAN},
	{"geo", "geo", SETTING_WORD},
	{"geo-strict", "geo_strict", SETTING_SWITCH},
	{"unknown-caller", "unknown_caller", SETTING_WORD},
	{"forward-to", "forward_to", SETTING_WORD},
	{"ring", "ring_s", SETTING_SPAN},
	{"max-call", "max_call_s", SETTING_SPAN},
	{"keep", "keep_s", SETTING_SPAN},
	{"low-water", "low_water", SETTING_COUNT},
	{"high-water", "high_water", SETTING_COUNT},
	{"calls-at-once", "calls_at_once", SETTING_COUNT},
	{"minutes", "minutes_per_session", SETTING_COUNT},
	{"attestation", "require_attestation", SETTING_WORD},
	{"attempts", "attempts_per_minute", SETTING_COUNT},
	{"scan-vns", "scan_vns", SETTING_COUNT},
	{"messages", "messages", SETTING_ON},
	{"redact", "redact", SETTING_ON},
	{"keep-bodies", "keep_bodies_s", SETTING_SPAN},
	{"buy", "supply.buy", SETTING_ON},
	{"join", "supply.join", SETTING_ON},
	{"replace", "supply.replace", SETTING_ON},
	{"by", "supply.by", SETTING_WORD},
	{"stockout", "supply.stockout", SETTING_FRACTION},
	{"accounts", "supply.accounts", SETTING_LIST},
	{"type", "supply.type", SETTING_WORD},
	{"area", "supply.area", SETTING_WORD},
	{"region", "supply.region", SETTING_WORD},
	{"tag", "supply.tag", SETTING_WORD},
	{"sms", "supply.sms", SETTING_ON},
	{"total-max", "supply.total_max", SETTING_COUNT},
	{"day-max", "supply.day_max", SETTING_COUNT},
	{"month-max", "supply.month_max", SETTING_FRACTION},
	{"currency", "supply.currency", SETTING_WORD},
};

#define SETTINGS ((int)(sizeof settings / sizeof *settings))

static const char *const switch_words[] = {"yes", "no", NULL};
static const char *const on_words[] = {"on", "off", NULL};
static const char *const type_words[] = {"local", "mobile", "national", "tollfree", NULL};

static const struct argument_option settings_options[] = {
	{.name = "country", .value = "CC", .help = "country of the numbers, such as ID"},
	{.name = "countries", .value = "CC,..", .help = "where parties may be (default: that country)"},
	{.name = "mode", .value = "WORD", .help = "how a number is lent", .words = pool_mode_words},
	{.name = "numbers",
		.value = "WORD",
		.help = "a number for each party, or one for two",
		.words = pool_numbers_words},
	{.name = "ttl", .value = "DUR", .help = "how long an order lives (4h)"},
	{.name = "ttl-from", .value = "WORD", .help = "what that counts from", .words = pool_ttl_from_words},
	{.name = "grace", .value = "DUR", .help = "how long calls connect after the end (10m)"},
	{.name = "cooldown", .value = "DUR", .help = "how long a pair is kept from others then (4h)"},
	{.name = "rest", .value = "DUR", .help = "exclusive: how long a number rests (5m)"},
	{.name = "per-vn-max", .value = "N", .help = "shared: sessions on one number, about (100)"},
	{.name = "stick",
		.value = "WORD",
		.help = "meet fresh numbers, or keep one's own",
		.words = pool_stick_words},
	{.name = "stick-for", .value = "DUR", .help = "prefer: how long it is kept"},
	{.name = "geo", .value = "WORD", .help = "which numbers fit a party's", .words = pool_geo_words},
	{.name = "geo-strict",
		.value = "WORD",
		.help = "refuse rather than take another",
		.words = switch_words},
	{.name = "unknown-caller",
		.value = "WORD",
		.help = "what a stranger hears",
		.words = pool_unknown_words},
	{.name = "forward-to", .value = "NUMBER", .help = "forward: where strangers are sent"},
	{.name = "ring", .value = "DUR", .help = "how long a phone rings (30s)"},
	{.name = "max-call", .value = "DUR", .help = "how long a call may last (1h)"},
	{.name = "keep", .value = "DUR", .help = "how long ended sessions and calls are kept (30d)"},
	{.name = "low-water", .value = "N", .help = "free numbers below which there is an alarm"},
	{.name = "high-water", .value = "N", .help = "free numbers above which it ends"},
	{.name = "calls-at-once", .value = "N", .help = "calls of one session at a time (0: no bound)"},
	{.name = "minutes", .value = "N", .help = "that a session may talk in all (0: no bound)"},
	{.name = "attestation", .value = "WORD", .help = "least STIR verdict on a caller",
		.words = pool_attestation_words},
	{.name = "attempts", .value = "N", .help = "calls a minute of one caller to one number (30; 0: no bound)"},
	{.name = "scan-vns", .value = "N", .help = "numbers a stranger tries until it is suspected (10; 0: never)"},
	{.name = "messages", .value = "WORD", .help = "texts between parties go on (off)", .words = on_words},
	{.name = "redact", .value = "WORD", .help = "blank phone numbers inside texts (off)", .words = on_words},
	{.name = "keep-bodies", .value = "DUR", .help = "how long what texts say is kept (0)"},
	{.name = "buy", .value = "WORD", .help = "buy numbers before they run out", .words = on_words},
	{.name = "join", .value = "WORD", .help = "take in what turns up in the accounts", .words = on_words},
	{.name = "replace", .value = "WORD", .help = "replace a failing number in live sessions", .words = on_words},
	{.name = "by", .value = "WORD", .help = "what tells that more is wanted", .words = supply_by_words},
	{.name = "stockout", .value = "P", .help = "forecast: chance of running out, such as 0.1% (or 0.001)"},
	{.name = "accounts", .value = "P/N,..", .help = "whom to buy from, such as twilio/main"},
	{.name = "type", .value = "WORD", .help = "what kind of number", .words = type_words},
	{.name = "area", .value = "DIGITS", .help = "what it begins with behind the country code"},
	{.name = "region", .value = "WORD", .help = "the provider's own word for a region"},
	{.name = "tag", .value = "WORD", .help = "join: only what is so named at the provider"},
	{.name = "sms", .value = "WORD", .help = "it has to take messages too", .words = on_words},
	{.name = "total-max", .value = "N", .help = "never buy beyond so many (0: no bound)"},
	{.name = "day-max", .value = "N", .help = "numbers bought a day, at most (10)"},
	{.name = "month-max", .value = "AMOUNT", .help = "monthly price of what is bought in 30 days, at most"},
	{.name = "currency", .value = "CUR", .help = "of --month-max, such as USD"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option json_options[] = {CLI_JSON_OPTION, {0}};

static json_t *list_value(const char *text)
{
	json_t *list = json_array();
	struct str rest = str_of(text);

	while (rest.at) {
		struct str word = str_trim(str_cut(rest, ',', &rest));
		json_array_append_new(list, json_stringn(word.at, word.len));
	}
	return list;
}

/* "0.001" or "0.1%". */
static json_t *fraction_value(const char *text)
{
	char *end;
	double value = strtod(text, &end);
	bool percent = end != text && strcmp(end, "%") == 0;

	return end != text && (*end == '\0' || percent) && value >= 0 ? json_real(percent ? value / 100 : value) : NULL;
}

/* Into the member, or into that of `supply`. */
static void put_member(json_t *body, const char *member, json_t *value)
{
	const char *dot = strchr(member, '.');

	if (!dot) {
		json_object_set_new(body, member, value);
		return;
	}
	json_t *supply = json_object_get(body, "supply");
	if (!supply) {
		supply = json_object();
		json_object_set_new(body, "supply", supply);
	}
	json_object_set_new(supply, dot + 1, value);
}

/* NULL: not a value of that kind. */
static json_t *setting_value(enum setting_kind kind, const char *text)
{
	uint64_t count;
	uint32_t seconds;

	switch (kind) {
	case SETTING_WORD:
		return json_string(text);
	case SETTING_LIST:
		return list_value(text);
	case SETTING_COUNT:
		return str_u64(str_of(text), &count) && count <= UINT32_MAX ? json_integer((json_int_t)count)
									    : NULL;
	case SETTING_SPAN:
		return duration_parse(str_of(text), &seconds) == ERR_OK ? json_integer(seconds) : NULL;
	case SETTING_ON:
		return json_boolean(strcmp(text, "on") == 0);
	case SETTING_FRACTION:
		return fraction_value(text);
	case SETTING_SWITCH:
		return strcmp(text, "yes") == 0 ? json_true() : strcmp(text, "no") == 0 ? json_false() : NULL;
	}
	return NULL;
}

static bool is_word(const struct argument_option *option, const char *text)
{
	if (!option->words)
		return true;
	for (const char *const *word = option->words; *word; word++)
		if (strcmp(*word, text) == 0)
			return true;
	return false;
}

/* The settings that were given, into `body`. COMMAND_MISUSED: told. */
static int settings_read(const struct command_line *line, const struct arguments *arguments, json_t *body)
{
	for (int i = 0; i < SETTINGS; i++) {
		const char *text = arguments_value(arguments, settings[i].option);
		if (!text)
			continue;
		json_t *value =
			is_word(&settings_options[i], text) ? setting_value(settings[i].kind, text) : NULL;
		if (!value)
			return command_misused(&command_pool, line, "--%s: %.60s is not %s",
				settings[i].option, text,
				settings[i].kind == SETTING_SPAN ? "a duration such as 90d, 12h, 30m or 15s"
				: settings[i].kind == SETTING_COUNT ? "a number of things"
				: settings[i].kind == SETTING_FRACTION ? "a number such as 0.5, 20 or 0.1%"
								    : "one of its words");
		put_member(body, settings[i].member, value);
	}
	return COMMAND_DONE;
}

static void print_compact(struct cli_table *table, const json_t *value)
{
	char *words = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	cli_table_text(table, words && strcmp(words, "null") != 0 ? words : "");
	free(words);
}

static void print_supply(struct cli_table *table, const json_t *supply)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)supply, name, value)
	{
		char text[64];
		snprintf(text, sizeof text, "supply.%s", name);
		cli_table_text(table, text);
		if (json_is_string(value))
			cli_table_text(table, json_string_value(value));
		else if (json_is_boolean(value))
			cli_table_text(table, json_is_true(value) ? "on" : "off");
		else
			print_compact(table, value);
	}
}

static void print_forecast(const json_t *forecast)
{
	const char *held = cli_member(forecast, "held_back_by");
	const json_t *days = json_object_get(forecast, "days_left");

	printf("supply    %lld wanted, %lld there, %lld on order, %lld to buy", cli_int(forecast, "wanted"), cli_int(forecast, "have"),
		cli_int(forecast, "on_order"), cli_int(forecast, "to_buy"));
	if (held[0] && strcmp(held, "enough") != 0)
		printf(" (held back by %s)", held);
	if (json_is_number(days))
		printf("; it lasts %.1f days", json_number_value(days));
	putchar('\n');
}

static void print_pool(const json_t *pool)
{
	const json_t *stock = json_object_get(pool, "stock"), *sessions = json_object_get(pool, "sessions"),
		     *demand = json_object_get(pool, "demand"), *supply = json_object_get(pool, "supply"),
		     *forecast = json_object_get(pool, "forecast");
	static const struct cli_column columns[] = {{"SETTING", false}, {"VALUE", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)pool, name, value)
	{
		char span[DURATION_TEXT_SIZE];
		size_t len = strlen(name);

		if (value == stock || value == sessions || value == demand || value == supply || value == forecast)
			continue;
		cli_table_text(table, name);
		if (json_is_array(value)) {
			print_compact(table, value);
		} else if (json_is_integer(value) && len > 2 && strcmp(name + len - 2, "_s") == 0) {
			cli_table_text(table, duration_text((uint64_t)json_integer_value(value), span));
		} else {
			cli_table_text(table, cli_member(pool, name));
		}
	}
	print_supply(table, supply);
	cli_table_print(table, stdout);
	cli_table_free(table);
	printf("\nstock     %lld in all: %lld free, %lld lent, %lld cooling, %lld reserved, %lld disabled\n",
		cli_int(stock, "total"), cli_int(stock, "free"), cli_int(stock, "lent"),
		cli_int(stock, "cooling"), cli_int(stock, "reserved"), cli_int(stock, "disabled"));
	if (sessions)
		printf("sessions  %lld waiting, %lld live, %lld closing\n", cli_int(sessions, "waiting"),
			cli_int(sessions, "live"), cli_int(sessions, "closing"));
	if (demand)
		printf("demand    %lld coming, %lld waiting for numbers; the busiest party holds %lld; room to spare: %lld\n",
			cli_int(demand, "coming"), cli_int(demand, "waiting"), cli_int(demand, "busiest_pairs"),
			cli_int(demand, "spare"));
	if (forecast)
		print_forecast(forecast);
}

static void print_pools(const json_t *pools)
{
	static const struct cli_column columns[] = {{"POOL", false}, {"COUNTRY", false}, {"MODE", false},
		{"NUMBERS", true}, {"FREE", true}, {"LENT", true}, {"COOLING", true}, {"RESERVED", true},
		{"DISABLED", true}, {"WAITING", true}, {"LIVE", true}, {"CLOSING", true}, {"COMING", true}, {"SPARE", true},
		{NULL, false}};
	static const char *const stocks[] = {"total", "free", "lent", "cooling", "reserved", "disabled"};
	static const char *const states[] = {"waiting", "live", "closing"};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *pool;

	json_array_foreach(pools, i, pool)
	{
		cli_table_text(table, cli_member(pool, "name"));
		cli_table_text(table, cli_member(pool, "country"));
		cli_table_text(table, cli_member(pool, "mode"));
		for (size_t k = 0; k < sizeof stocks / sizeof *stocks; k++)
			cli_table_int(table, cli_int(json_object_get(pool, "stock"), stocks[k]));
		for (size_t k = 0; k < sizeof states / sizeof *states; k++)
			cli_table_int(table, cli_int(json_object_get(pool, "sessions"), states[k]));
		cli_table_int(table, cli_int(json_object_get(pool, "demand"), "coming"));
		cli_table_int(table, cli_int(json_object_get(pool, "demand"), "spare"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

/* Asks and shows the one pool that comes back. Takes body and target. */
static int ask_pool(const struct arguments *arguments, const char *method, struct buf *target, json_t *body)
{
	struct cli cli;
	json_t *pool = NULL;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE) {
		json_decref(body);
		buf_done(target);
		return code;
	}
	code = cli_ask(&cli, method, target, body, &pool);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json(pool);
	else if (code == COMMAND_DONE) {
		print_pool(pool);
		json_decref(pool);
	}
	cli_end(&cli);
	return code;
}

static const struct command_line pool_create, pool_set;

static int create(const struct arguments *arguments)
{
	json_t *body = json_pack("{s:s}", "name", arguments->operands[0]);
	struct buf target;

	if (!body)
		return command_failed("the pool's name is not UTF-8");
	int code = settings_read(&pool_create, arguments, body);
	if (code == COMMAND_DONE && !json_object_get(body, "country"))
		code = command_misused(&command_pool, &pool_create, "--country is missing");
	if (code != COMMAND_DONE) {
		json_decref(body);
		return code;
	}
	cli_target(&target, "/v1/pools", NULL);
	return ask_pool(arguments, "POST", &target, body);
}

static int set(const struct arguments *arguments)
{
	json_t *body = json_object();
	struct buf target;
	int code = settings_read(&pool_set, arguments, body);

	if (code == COMMAND_DONE && json_object_size(body) == 0)
		code = command_misused(&command_pool, &pool_set, "no setting is given");
	if (code != COMMAND_DONE) {
		json_decref(body);
		return code;
	}
	cli_target(&target, "/v1/pools/", arguments->operands[0], NULL);
	return ask_pool(arguments, "PATCH", &target, body);
}

static int show(const struct arguments *arguments)
{
	struct buf target;

	cli_target(&target, "/v1/pools/", arguments->operands[0], NULL);
	return ask_pool(arguments, "GET", &target, NULL);
}

static int list(const struct arguments *arguments)
{
	struct cli cli;
	struct buf target;
	json_t *pools;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	cli_target(&target, "/v1/pools", NULL);
	code = cli_list(&cli, &target, "pools", 0, &pools);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json_list("pools", pools);
	else if (code == COMMAND_DONE) {
		print_pools(pools);
		json_decref(pools);
	}
	cli_end(&cli);
	return code;
}

static const struct command_line pool_create = {
	.name = "create",
	.summary = "a new pool",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.options = settings_options,
	.run = create,
};
static const struct command_line pool_list = {
	.name = "list",
	.summary = "all pools: stock, sessions, demand",
	.options = json_options,
	.run = list,
};
static const struct command_line pool_show = {
	.name = "show",
	.summary = "one pool: settings, stock, sessions, demand",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.options = json_options,
	.run = show,
};
static const struct command_line pool_set = {
	.name = "set",
	.summary = "change a pool's settings",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.options = settings_options,
	.run = set,
};
static const struct command_line *const pool_subs[] = {&pool_create, &pool_list, &pool_show, &pool_set, NULL};

const struct command_line command_pool = {
	.name = "pool",
	.summary = "pools of virtual numbers",
	.subs = pool_subs,
	.help = "A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key.",
};
