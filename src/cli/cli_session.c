#include "cli/cli.h"

#include "base/buf.h"
#include "core/ident.h"
#include "core/session.h"
#include "cli/cli_session.h"
#include "cli/duration.h"

#define LIST_DEFAULT 100

static const struct argument_option open_options[] = {
	{.name = "pool", .value = "NAME", .help = "the pool (needed where there are several)"},
	{.name = "ref", .value = "TEXT", .help = "the order's id"},
	{.name = "party",
		.value = "ROLE=NUMBER,..",
		.help = "a party; the first number is rung",
		.repeats = true},
	{.name = "vn", .value = "ROLE=VN", .help = "this very virtual number stands for it", .repeats = true},
	{.name = "no-calls",
		.value = "ROLE",
		.help = "this party can be rung and can't ring",
		.repeats = true},
	{.name = "ttl", .value = "DUR", .help = "how long it lives (the pool's)"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option find_options[] = {
	{.name = "pool", .value = "NAME", .help = "where the order is, if there are several pools"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option close_options[] = {
	{.name = "pool", .value = "NAME", .help = "where the order is, if there are several pools"},
	{.name = "grace", .value = "DUR", .help = "how long calls still connect (the pool's)"},
	CLI_JSON_OPTION,
	{0},
};

static const struct argument_option list_options[] = {
	{.name = "pool", .value = "NAME", .help = "only of this pool"},
	{.name = "ref", .value = "TEXT", .help = "only of this order"},
	{.name = "state", .value = "WORD", .help = "only these", .words = session_state_words},
	{.name = "max", .value = "N", .help = "at most so many, the newest (100; 0: all)"},
	CLI_JSON_OPTION,
	{0},
};

static const struct command_line session_open, session_show, session_close, session_list;

static void print_parties(const json_t *session)
{
	static const struct cli_column with_pin[] = {
		{"ROLE", false}, {"NUMBER", false}, {"VN", false}, {"PIN", false}, {NULL, false}};
	static const struct cli_column without[] = {
		{"ROLE", false}, {"NUMBER", false}, {"VN", false}, {NULL, false}};
	const json_t *parties = json_object_get(session, "parties");
	bool pins = json_object_get(json_array_get(parties, 0), "pin") != NULL;
	struct cli_table *table = cli_table_new(pins ? with_pin : without);
	size_t i;
	json_t *party;

	json_array_foreach(parties, i, party)
	{
		cli_table_text(table, cli_member(party, "role"));
		cli_table_text(table, cli_member(party, "number"));
		cli_table_text(table, cli_member(party, "vn"));
		if (pins)
			cli_table_text(table, cli_member(party, "pin"));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

static void put_line(const char *name, const char *text)
{
	printf("%-8s ", name);
	terminal_put(stdout, str_of(text[0] ? text : "-"));
	putchar('\n');
}

static void print_session(const json_t *session)
{
	char time[32];

	put_line("session", cli_member(session, "id"));
	put_line("pool", cli_member(session, "pool"));
	put_line("ref", cli_member(session, "ref"));
	put_line("state", cli_member(session, "state"));
	put_line("opened", cli_time(cli_member(session, "opened_at"), time));
	put_line("expires", cli_time(cli_member(session, "expires_at"), time));
	if (cli_member(session, "closed_at")[0])
		put_line("closed", cli_time(cli_member(session, "closed_at"), time));
	putchar('\n');
	print_parties(session);
}

static void give_session(const struct cli *cli, json_t *session)
{
	if (cli->json) {
		cli_print_json(session);
		return;
	}
	print_session(session);
	json_decref(session);
}

static int run_open(const struct arguments *arguments)
{
	struct cli cli;
	struct buf target;
	json_t *session, *body = session_body_read(arguments);

	if (!body)
		return COMMAND_FAILED;
	int code = session_body_options(&session_open, arguments, body);
	if (code == COMMAND_DONE)
		code = cli_begin(arguments, &cli);
	if (code != COMMAND_DONE) {
		json_decref(body);
		return code;
	}
	cli_target(&target, "/v1/sessions", NULL);
	code = cli_ask(&cli, "POST", &target, body, &session);
	if (code == COMMAND_DONE)
		give_session(&cli, session);
	cli_end(&cli);
	return code;
}

/* An operand is a session's id, or else an order's: then its newest session. */
static int find(struct cli *cli, const struct arguments *arguments, char ret_id[IDENT_TEXT_SIZE])
{
	const char *name = arguments->operands[0];
	struct buf target;
	uint64_t id;
	json_t *sessions;

	if (ident_parse("ses_", str_of(name), &id) == ERR_OK) {
		ident_text("ses_", id, ret_id);
		return COMMAND_DONE;
	}
	cli_target(&target, "/v1/sessions", NULL);
	cli_query(&target, "pool", arguments_value(arguments, "pool"));
	cli_query(&target, "ref", name);
	int code = cli_list(cli, &target, "sessions", 1, &sessions);
	if (code != COMMAND_DONE)
		return code;
	const char *text = cli_member(json_array_get(sessions, 0), "id");
	if (ident_parse("ses_", str_of(text), &id) == ERR_OK)
		ident_text("ses_", id, ret_id);
	else
		code = command_failed("there is no session and no order %.191s", name);
	json_decref(sessions);
	return code;
}

static int run_show(const struct arguments *arguments)
{
	struct cli cli;
	struct buf target;
	char id[IDENT_TEXT_SIZE];
	json_t *session;
	int code = cli_begin(arguments, &cli);

	if (code != COMMAND_DONE)
		return code;
	code = find(&cli, arguments, id);
	if (code == COMMAND_DONE) {
		cli_target(&target, "/v1/sessions/", id, NULL);
		code = cli_ask(&cli, "GET", &target, NULL, &session);
		if (code == COMMAND_DONE)
			give_session(&cli, session);
	}
	cli_end(&cli);
	return code;
}

static int run_close(const struct arguments *arguments)
{
	const char *grace = arguments_value(arguments, "grace");
	struct cli cli;
	struct buf target;
	char id[IDENT_TEXT_SIZE];
	uint32_t seconds;
	json_t *session;

	if (grace && duration_parse(str_of(grace), &seconds) != ERR_OK)
		return command_misused(
			&command_session, &session_close, "--grace: this is not a duration such as 10m or 0");
	int code = cli_begin(arguments, &cli);
	if (code != COMMAND_DONE)
		return code;
	code = find(&cli, arguments, id);
	if (code == COMMAND_DONE) {
		json_t *body = grace ? json_pack("{s:I}", "grace_s", (json_int_t)seconds) : json_object();
		cli_target(&target, "/v1/sessions/", id, "/close", NULL);
		code = cli_ask(&cli, "POST", &target, body, &session);
		if (code == COMMAND_DONE)
			give_session(&cli, session);
	}
	cli_end(&cli);
	return code;
}

static void print_sessions(const json_t *sessions)
{
	static const struct cli_column columns[] = {{"SESSION", false}, {"POOL", false}, {"REF", false},
		{"STATE", false}, {"PARTIES", false}, {"OPENED", false}, {"EXPIRES", false}, {NULL, false}};
	struct cli_table *table = cli_table_new(columns);
	size_t i, k;
	json_t *session, *party;

	json_array_foreach(sessions, i, session)
	{
		char roles[SESSION_PARTIES_MAX * (SESSION_ROLE_MAX + 2) + 1], time[32];
		struct buf text;
		const char *state = cli_member(session, "state");

		buf_fixed(&text, roles, sizeof roles);
		json_array_foreach(json_object_get(session, "parties"), k, party)
		{
			buf_lit(&text, k ? ", " : "");
			buf_lit(&text, cli_member(party, "role"));
		}
		cli_table_text(table, cli_member(session, "id"));
		cli_table_text(table, cli_member(session, "pool"));
		cli_table_text(table, cli_member(session, "ref"));
		cli_table_coloured(table, cli_state_colour(state), state);
		cli_table_add(table, buf_text(&text));
		cli_table_text(table, cli_time(cli_member(session, "opened_at"), time));
		cli_table_text(table, cli_time(cli_member(session, "expires_at"), time));
	}
	cli_table_print(table, stdout);
	cli_table_free(table);
}

static int run_list(const struct arguments *arguments)
{
	const char *max_text = arguments_value(arguments, "max");
	uint64_t max = LIST_DEFAULT;
	struct cli cli;
	struct buf target;
	json_t *sessions;

	if (max_text && (!str_u64(str_of(max_text), &max) || max > INT32_MAX))
		return command_misused(
			&command_session, &session_list, "--max: this is not a number of sessions");
	int code = cli_begin(arguments, &cli);
	if (code != COMMAND_DONE)
		return code;
	cli_target(&target, "/v1/sessions", NULL);
	cli_query(&target, "pool", arguments_value(arguments, "pool"));
	cli_query(&target, "ref", arguments_value(arguments, "ref"));
	cli_query(&target, "state", arguments_value(arguments, "state"));
	code = cli_list(&cli, &target, "sessions", (long)max, &sessions);
	if (code == COMMAND_DONE && cli.json)
		cli_print_json_list("sessions", sessions);
	else if (code == COMMAND_DONE) {
		print_sessions(sessions);
		json_decref(sessions);
	}
	cli_end(&cli);
	return code;
}

static const struct command_line session_open = {
	.name = "open",
	.summary = "mask an order: its parties get virtual numbers",
	.operands = "[FILE|-]",
	.operands_max = 1,
	.options = open_options,
	.run = run_open,
	.help = "  bauta session open --ref A-1001 --party customer=+6281234567210 \\\n"
		"        --party courier=+6281298765877\n\n"
		"FILE (- for standard input) is a JSON object as POST /v1/sessions takes it; options\n"
		"come on top. Other users see a command line: what is in a FILE they don't see.",
};
static const struct command_line session_show = {
	.name = "show",
	.summary = "one session, by its id or its order's",
	.operands = "ID|REF",
	.operands_min = 1,
	.operands_max = 1,
	.options = find_options,
	.run = run_show,
};
static const struct command_line session_close = {
	.name = "close",
	.summary = "the order is done",
	.operands = "ID|REF",
	.operands_min = 1,
	.operands_max = 1,
	.options = close_options,
	.run = run_close,
};
static const struct command_line session_list = {
	.name = "list",
	.summary = "sessions, the newest first",
	.options = list_options,
	.run = run_list,
};
static const struct command_line *const session_subs[] = {
	&session_open,
	&session_show,
	&session_list,
	&session_close,
	NULL,
};

const struct command_line command_session = {
	.name = "session",
	.summary = "sessions: masked orders",
	.subs = session_subs,
	.help = "A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key.",
};
