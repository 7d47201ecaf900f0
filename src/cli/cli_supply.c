#include "cli/cli_supply.h"

#include <time.h>

#include "base/check.h"
#include "cli/cli.h"

#define POLL_MS 200
#define WAIT_MS 600000 /* for a sync: a million numbers at a slow provider's pace */

static const struct argument_option json_options[] = {CLI_JSON_OPTION, {0}};

static const struct argument_option sync_options[] = {
	{.name = "account", .value = "PROVIDER/NAME", .help = "this account alone (default: all of them, one after the other)"},
	{.name = "dry-run", .help = "only show what would be done"},
	{.name = "believe", .help = "disable what is gone, however much that is"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option pool_options[] = {
	{.name = "pool", .value = "NAME", .help = "the pool"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option purchases_options[] = {
	{.name = "pool", .value = "NAME", .help = "of this pool alone"},
	{.name = "open", .help = "only those that are under way"},
	CLI_JSON_OPTION,
	{0},
};

/* --- accounts --- */

static void print_accounts(const json_t *accounts)
{
	static const struct cli_column columns[] = {{"ACCOUNT", false}, {"EVERY", true}, {"LAST SYNC", false}, {"STATE", false},
		{"LISTED", true}, {"NEXT", false}, {"ERROR", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *account;

	json_array_foreach(accounts, i, account)
	{
		const json_t *sync = json_object_get(account, "last_sync");
		const char *error = cli_member(sync, "error");
		char name[80], time[32];
		snprintf(name, sizeof name, "%s/%s", cli_member(account, "provider"), cli_member(account, "name"));
		cli_table_text(table, name);
		cli_table_int(table, cli_int(account, "sync_s"));
		cli_table_text(table, cli_time(cli_member(sync, "at"), time));
		cli_table_coloured(table, cli_state_colour(cli_member(sync, "state")), cli_member(sync, "state"));
		cli_table_int(table, cli_int(sync, "listed"));
		cli_table_text(table, cli_time(cli_member(account, "next_sync_at"), time));
		cli_table_text(table, error[0] ? error : cli_member(account, "buying_error"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

/* A GET whose answer is one list, shown by `print`. */
static int show_list(const struct arguments *arguments, struct buf *target, const char *member, bool paged,
	void (*print)(const json_t *list))
{
	json_t *answer, *list;
	struct cli cli;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE) {
		buf_done(target);
		return code;
	}
	if (paged) {
		code = cli_list(&cli, target, member, 0, &list);
	} else {
		code = cli_ask(&cli, "GET", target, NULL, &answer);
		list = code == COMMAND_DONE ? json_incref(json_object_get(answer, member)) : NULL;
		if (code == COMMAND_DONE)
			json_decref(answer);
	}
	if (code == COMMAND_DONE && cli.json)
		cli_print_json_list(member, list);
	else if (code == COMMAND_DONE) {
		print(list);
		json_decref(list);
	}
	cli_end(&cli);
	return code;
}

static int run_accounts(const struct arguments *arguments)
{
	struct buf target;

	cli_target(&target, "/v1/accounts", NULL);
	return show_list(arguments, &target, "accounts", false, print_accounts);
}

/* --- sync --- */

/* As a diff: what comes, what goes, what changes, what is only told. */
static const char *sign_of(const char *step)
{
	if (strcmp(step, "join") == 0 || strcmp(step, "return") == 0)
		return "+";
	if (strcmp(step, "vanish") == 0)
		return "-";
	return strcmp(step, "point") == 0 ? "~" : "?";
}

static const char *sentence_of(const char *step, bool dry_run)
{
	static const struct {
		const char *step, *would, *did;
	} sentences[] = {
		{"join", "joins pool", "joined pool"},
		{"vanish", "is listed no more: would be disabled in pool", "is listed no more: disabled in pool"},
		{"return", "is listed again: would be enabled in pool", "is listed again: enabled in pool"},
		{"point", "points elsewhere: its webhook would be set", "pointed elsewhere: its webhook was set"},
		{"elsewhere", "points elsewhere (manage_webhooks is not set)", "points elsewhere (manage_webhooks is not set)"},
		{"unclaimed", "no pool takes it", "no pool takes it"},
		{"unusable", "is not active, or takes no calls", "is not active, or takes no calls"},
	};

	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
		if (strcmp(sentences[i].step, step) == 0)
			return dry_run ? sentences[i].would : sentences[i].did;
	return step;
}

static void print_report(const char *account, const json_t *report)
{
	const json_t *counts = json_object_get(report, "counts"), *steps = json_object_get(report, "steps");
	bool dry_run = json_is_true(json_object_get(report, "dry_run"));
	size_t i;
	json_t *step;

	printf("%s: %lld listed, %lld as they should be%s\n", account, cli_int(report, "listed"), cli_int(counts, "same"),
		dry_run ? "; nothing was changed (--dry-run)" : "");
	json_array_foreach(steps, i, step)
	{
		const char *kind = cli_member(step, "step"), *pool = cli_member(step, "pool"), *why = cli_member(step, "why");
		bool names_pool = pool[0] && strcmp(kind, "point") != 0 && strcmp(kind, "elsewhere") != 0;
		printf("%s ", sign_of(kind));
		terminal_put(stdout, str_of(cli_member(step, "number")));
		printf("  %s%s", sentence_of(kind, dry_run), names_pool ? " " : "");
		terminal_put(stdout, str_of(names_pool ? pool : ""));
		if (json_is_true(json_object_get(step, "failed")))
			fputs(": failed", stdout);
		fputs(why[0] ? ": " : "", stdout);
		terminal_put(stdout, str_of(why));
		putchar('\n');
	}
	if (cli_int(report, "steps_more") > 0)
		printf("  and %lld more\n", cli_int(report, "steps_more"));
	if (json_is_true(json_object_get(report, "doubtful")))
		printf("! %lld numbers are gone from the list: that is so many that none was disabled; --believe does it\n",
			cli_int(counts, "gone"));
}

static void rest(void)
{
	const struct timespec time = {.tv_nsec = POLL_MS * 1000000L};

	nanosleep(&time, NULL);
}

/* Until that sync, or a later one, is over. */
static int await_report(struct cli *cli, const char *account, long long number, json_t **ret_report)
{
	json_t *report = NULL;
	struct buf target;

	for (int waited = 0; waited < WAIT_MS; waited += POLL_MS) {
		cli_target(&target, "/v1/accounts/", NULL);
		buf_lit(&target, account);
		buf_lit(&target, "/sync");
		int code = cli_ask(cli, "GET", &target, NULL, &report);
		if (code != COMMAND_DONE)
			return code;
		const char *state = cli_member(report, "state");
		if (cli_int(report, "sync") >= number && (strcmp(state, "done") == 0 || strcmp(state, "failed") == 0)) {
			*ret_report = report;
			return COMMAND_DONE;
		}
		json_decref(report);
		rest();
	}
	return command_failed("%s: the sync is not over after %d minutes", account, WAIT_MS / 60000);
}

static int sync_account(struct cli *cli, const char *account, const struct arguments *arguments, json_t *reports)
{
	json_t *answer, *report = NULL, *body = json_pack("{s:b, s:b}", "dry_run", arguments_has(arguments, "dry-run"), "believe",
					 arguments_has(arguments, "believe"));
	struct buf target;

	ASSERT(body);
	cli_target(&target, "/v1/accounts/", NULL);
	buf_lit(&target, account);
	buf_lit(&target, "/sync");
	int code = cli_ask(cli, "POST", &target, body, &answer);
	if (code != COMMAND_DONE)
		return code;
	long long number = cli_int(answer, "sync");
	json_decref(answer);
	code = await_report(cli, account, number, &report);
	if (code != COMMAND_DONE)
		return code;
	bool failed = strcmp(cli_member(report, "state"), "failed") == 0;
	if (failed)
		code = command_failed("%s: %s", account, cli_member(report, "error"));
	else if (!cli->json)
		print_report(account, report);
	if (!failed && (cli_int(json_object_get(report, "counts"), "failed") > 0 || json_is_true(json_object_get(report, "doubtful"))))
		code = COMMAND_FAILED;
	json_object_set_new(report, "account", json_string(account));
	json_array_append_new(reports, report);
	return code;
}

static int sync_all(struct cli *cli, const struct arguments *arguments, json_t *reports)
{
	int worst = COMMAND_DONE;
	json_t *answer, *account;
	struct buf target;
	size_t i;

	cli_target(&target, "/v1/accounts", NULL);
	int code = cli_ask(cli, "GET", &target, NULL, &answer);
	if (code != COMMAND_DONE)
		return code;
	json_array_foreach(json_object_get(answer, "accounts"), i, account)
	{
		char name[80];
		snprintf(name, sizeof name, "%s/%s", cli_member(account, "provider"), cli_member(account, "name"));
		if (sync_account(cli, name, arguments, reports) != COMMAND_DONE)
			worst = COMMAND_FAILED;
	}
	if (json_array_size(json_object_get(answer, "accounts")) == 0)
		worst = command_failed("the server has no account whose numbers can be fetched");
	json_decref(answer);
	return worst;
}

/* It goes into a path as it is. */
static bool account_ok(const char *text)
{
	const char *slash = strchr(text, '/');
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/";

	return slash && slash > text && slash[1] && !strchr(slash + 1, '/') && strlen(text) < 80 && text[strspn(text, good)] == '\0';
}

static int run_sync(const struct arguments *arguments)
{
	const char *account = arguments_value(arguments, "account");
	struct cli cli;

	if (account && !account_ok(account))
		return command_misused(&command_number, &number_sync, "--account is written as twilio/main");
	int code = cli_begin(arguments, &cli);
	if (code != COMMAND_DONE)
		return code;
	json_t *reports = json_array();
	ASSERT(reports);
	code = account ? sync_account(&cli, account, arguments, reports) : sync_all(&cli, arguments, reports);
	if (cli.json)
		cli_print_json_list("reports", reports);
	else
		json_decref(reports);
	cli_end(&cli);
	return code;
}

/* --- surplus --- */

static void print_surplus(const json_t *answer)
{
	static const struct cli_column columns[] = {
		{"NUMBER", false}, {"PROVIDER", false}, {"ACCOUNT", false}, {"FREE SINCE", false}, {NULL, false}};
	const json_t *numbers = json_object_get(answer, "numbers");
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *number;

	json_array_foreach(numbers, i, number)
	{
		char since[32];
		cli_table_text(table, cli_member(number, "number"));
		cli_table_text(table, cli_member(number, "provider"));
		cli_table_text(table, cli_member(number, "account"));
		cli_table_text(table, cli_time(cli_member(number, "free_since"), since));
	}
	if (json_array_size(numbers))
		cli_table_print(table, stdout);
	cli_table_free(table);
	printf("%s%lld more than are needed, %zu of them free for long enough to be given back\n", json_array_size(numbers) ? "\n" : "",
		cli_int(answer, "surplus"), json_array_size(numbers));
}

static int run_surplus(const struct arguments *arguments)
{
	const char *pool = arguments_value(arguments, "pool");
	struct cli cli;
	struct buf target;
	json_t *answer;

	if (!pool)
		return command_misused(&command_number, &number_surplus, "--pool is missing");
	int code = cli_begin(arguments, &cli);
	if (code != COMMAND_DONE)
		return code;
	cli_target(&target, "/v1/pools/", pool, "/surplus", NULL);
	code = cli_ask(&cli, "GET", &target, NULL, &answer);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json(answer);
	else if (code == COMMAND_DONE) {
		print_surplus(answer);
		json_decref(answer);
	}
	cli_end(&cli);
	return code;
}

/* --- purchases --- */

static void print_purchases(const json_t *purchases)
{
	static const struct cli_column columns[] = {{"AT", false}, {"POOL", false}, {"ACCOUNT", false}, {"NUMBER", false},
		{"STATE", false}, {"PRICE", true}, {"WHY", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	size_t i;
	json_t *purchase;

	json_array_foreach(purchases, i, purchase)
	{
		char account[80], time[32], price[40] = "";
		const json_t *amount = json_object_get(purchase, "month_price");
		snprintf(account, sizeof account, "%s/%s", cli_member(purchase, "provider"), cli_member(purchase, "account"));
		if (json_is_number(amount))
			snprintf(price, sizeof price, "%.2f %s", json_number_value(amount), cli_member(purchase, "currency"));
		cli_table_text(table, cli_time(cli_member(purchase, "at"), time));
		cli_table_text(table, cli_member(purchase, "pool"));
		cli_table_text(table, account);
		cli_table_text(table, cli_member(purchase, "number"));
		cli_table_coloured(table, cli_state_colour(cli_member(purchase, "state")), cli_member(purchase, "state"));
		cli_table_text(table, price);
		cli_table_text(table, cli_member(purchase, "why"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

static int run_purchases(const struct arguments *arguments)
{
	struct buf target;

	cli_target(&target, "/v1/purchases", NULL);
	cli_query(&target, "pool", arguments_value(arguments, "pool"));
	if (arguments_has(arguments, "open"))
		cli_query(&target, "open", "true");
	return show_list(arguments, &target, "purchases", true, print_purchases);
}

const struct command_line number_sync = {
	.name = "sync",
	.summary = "fetch what we own at the providers, and set the stock right",
	.options = sync_options,
	.run = run_sync,
	.help = "Shown as a diff: + joins a pool or is back, - is listed no more and is disabled,\n"
		"~ its webhook is set, ? only told. Exit 1 where anything failed, or where so much\n"
		"is gone from a list that it was not believed.",
};
const struct command_line number_surplus = {
	.name = "surplus",
	.summary = "numbers that a pool doesn't need; nothing is given back by itself",
	.options = pool_options,
	.run = run_surplus,
	.help = "Judged by the busiest hour that is to be expected in the week to come, so it wants a\n"
		"week of the past; pools that go by low_water and high_water by what is spare.",
};
const struct command_line number_purchases = {
	.name = "purchases",
	.summary = "numbers that were bought, or are being bought",
	.options = purchases_options,
	.run = run_purchases,
};

static const struct command_line account_list = {
	.name = "list",
	.summary = "accounts whose numbers can be fetched, and how each is",
	.options = json_options,
	.run = run_accounts,
};
static const struct command_line *const account_subs[] = {&account_list, NULL};

const struct command_line command_account = {
	.name = "account",
	.summary = "accounts at providers",
	.subs = account_subs,
	.help = "A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key.",
};
