#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli_config.h"
#include "cli/ingest_map.h"

#define PIECE_LINES 1000
#define PIECE_BYTES (1u << 20)
#define LINE_BYTES 65536 /* the server's limit */
#define TIMEOUT_S 120
#define TRIES 6 /* of a piece that the server has no room for; 1, 2, 4, 8, 16 s between, or as it says */
#define BAR_COLUMNS 30

static const struct argument_option ingest_options[] = {
	{.name = "map", .help = "the events have a foreign shape: read them by the configuration's mapping"},
	CLI_CONFIG_OPTION("the configuration with the mapping"),
	{.name = "dry-run", .help = "print the mapped events, whole numbers too, and send nothing"},
	{.name = "json", .help = "JSON instead of sentences, for programs"},
	{0},
};

/* Lines on their way: one request's. `lines[i]` is the place in the file of the i-th line of the piece. */
struct ingest {
	struct cli cli;
	const char *path;
	struct ingest_map *map; /* NULL: lines go as they are */
	bool dry;               /* what would be sent goes to standard output */
	struct buf piece;
	long long lines[PIECE_LINES];
	int lines_n;
	long long applied, repeated, ignored, mapped;
	json_t *refused; /* {line, code, detail}, lines of the file */
	bool bar;
	off_t size, read; /* bytes; size 0: not known */
	long long line;
};

/* "  [######------]  52 %  104,000 lines", in its place on the terminal's last line. */
static void draw_bar(const struct ingest *ingest, bool end)
{
	if (!ingest->bar)
		return;
	if (end) {
		fputs("\r\033[K", stderr);
		return;
	}
	fputs("\r\033[K  ", stderr);
	if (ingest->size > 0) {
		int full = (int)(ingest->read * BAR_COLUMNS / ingest->size);
		full = full > BAR_COLUMNS ? BAR_COLUMNS : full;
		fputc('[', stderr);
		for (int i = 0; i < BAR_COLUMNS; i++)
			fputc(i < full ? '#' : '-', stderr);
		fprintf(stderr, "]  %d %%  ", (int)(ingest->read * 100 / ingest->size));
	}
	fprintf(stderr, "%lld lines, %zu refused", ingest->line, json_array_size(ingest->refused));
	fflush(stderr);
}

/* A dry run is for people who make a mapping: what became of each line is told as it comes. */
static void tell_line(const struct ingest *ingest, long long line, const char *code, const char *detail)
{
	if (ingest->dry && !ingest->cli.json)
		fprintf(stderr, "line %lld: %s%s%s\n", line, code, detail[0] ? ": " : "", detail);
}

static void refuse_line(struct ingest *ingest, long long line, const char *code, const char *detail)
{
	tell_line(ingest, line, code, detail);
	json_t *row = json_pack("{s:I, s:s, s:s}", "line", (json_int_t)line, "code", code, "detail", detail);

	if (row)
		json_array_append_new(ingest->refused, row);
}

/* The server counts the lines of a piece from 1. */
static void take_counts(struct ingest *ingest, const json_t *answer)
{
	size_t i;
	json_t *row;

	ingest->applied += cli_int(answer, "applied");
	ingest->repeated += cli_int(answer, "repeated");
	ingest->ignored += cli_int(answer, "ignored"); /* by the server's own mapping */
	json_array_foreach(json_object_get(answer, "refused"), i, row)
	{
		long long line = cli_int(row, "line");
		if (line >= 1 && line <= ingest->lines_n)
			line = ingest->lines[line - 1];
		refuse_line(ingest, line, cli_member(row, "code"), cli_member(row, "detail"));
	}
}

static bool is_passing(const struct client_answer *answer)
{
	return answer->status == 503 || answer->status == 429;
}

/* Asks with the piece until it is taken. Sending it again after a cut is harmless: events are counted once.
 */
static int send_piece(struct ingest *ingest)
{
	const struct client_request request = {
		.method = "POST",
		.target = "/v1/events",
		.body = buf_text(&ingest->piece),
		.content_type = "application/x-ndjson",
		.timeout_s = TIMEOUT_S,
	};
	struct client_answer answer;
	char error[CLIENT_SENTENCE_SIZE];
	int code = COMMAND_DONE;

	for (int try = 1;; try++) {
		if (client_ask(ingest->cli.client, &request, &answer, error) != ERR_OK) {
			draw_bar(ingest, true);
			return command_failed("%s", error);
		}
		if (!is_passing(&answer) || try == TRIES)
			break;
		unsigned wait_s = answer.retry_after_s ? (unsigned)answer.retry_after_s : 1u << (try - 1);
		client_answer_done(&answer);
		sleep(wait_s > 30 ? 30 : wait_s);
	}
	if (client_answer_good(&answer) && json_is_object(answer.json)) {
		take_counts(ingest, answer.json);
	} else {
		draw_bar(ingest, true);
		code = cli_refused(&ingest->cli, &answer);
	}
	client_answer_done(&answer);
	return code;
}

static int flush_piece(struct ingest *ingest)
{
	if (ingest->lines_n == 0)
		return COMMAND_DONE;
	int code = send_piece(ingest);
	buf_reset(&ingest->piece);
	ingest->lines_n = 0;
	if (code == COMMAND_DONE)
		draw_bar(ingest, false);
	return code;
}

/* The line in our shape. False: nothing of it is to be sent, and that is counted. */
static bool map_line(struct ingest *ingest, struct str *line)
{
	struct problem problem;
	char detail[PROBLEM_FIELD_MAX + PROBLEM_DETAIL_MAX + 4];

	enum err err = ingest_map_line(ingest->map, *line, line, &problem);
	if (err) {
		snprintf(detail, sizeof detail, "%s%s%s", problem.field, problem.field[0] ? ": " : "",
			problem_detail(&problem, err));
		refuse_line(ingest, ingest->line, err_slug(err), detail);
		return false;
	}
	if (line->len == 0) {
		ingest->ignored++;
		tell_line(ingest, ingest->line, "ignored", "");
		return false;
	}
	ingest->mapped++;
	return true;
}

static int add_line(struct ingest *ingest, struct str line)
{
	int code = COMMAND_DONE;

	line = str_trim(line);
	if (line.len == 0)
		return COMMAND_DONE;
	if (line.len > LINE_BYTES) {
		refuse_line(ingest, ingest->line, err_slug(ERR_TOO_LARGE), "The line has more than 64 KiB");
		return COMMAND_DONE;
	}
	if (ingest->map && !map_line(ingest, &line))
		return COMMAND_DONE;
	if (ingest->dry) {
		printf("%.*s\n", (int)line.len, line.at);
		return COMMAND_DONE;
	}
	if (ingest->lines_n == PIECE_LINES || ingest->piece.len + line.len + 1 > PIECE_BYTES)
		code = flush_piece(ingest);
	buf_str(&ingest->piece, line);
	buf_char(&ingest->piece, '\n');
	ASSERT(buf_ok(&ingest->piece));
	ingest->lines[ingest->lines_n++] = ingest->line;
	return code;
}

static int ingest_file(struct ingest *ingest, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int code = COMMAND_DONE;

	while (code == COMMAND_DONE && (len = getline(&line, &size, file)) >= 0) {
		ingest->line++;
		ingest->read += len;
		code = add_line(ingest, str_n(line, (size_t)len));
	}
	if (code == COMMAND_DONE && ferror(file))
		code = command_failed("%s: %s", ingest->path, strerror(errno));
	if (code == COMMAND_DONE)
		code = flush_piece(ingest);
	free(line);
	draw_bar(ingest, true);
	return code;
}

static void print_totals(const struct ingest *ingest)
{
	static const struct cli_column columns[] = {
		{"LINE", true}, {"CODE", false}, {"WHY", false}, {NULL, false}};
	size_t i;
	json_t *row;

	if (json_array_size(ingest->refused)) {
		struct cli_table *table = cli_table_new(columns);
		json_array_foreach(ingest->refused, i, row)
		{
			cli_table_text(table, cli_member(row, "line"));
			cli_table_coloured(table, COLOUR_RED, cli_member(row, "code"));
			cli_table_text(table, cli_member(row, "detail"));
		}
		cli_table_print(table, stdout);
		cli_table_free(table);
		putchar('\n');
	}
	printf("%lld applied, %lld repeated, %zu refused", ingest->applied, ingest->repeated,
		json_array_size(ingest->refused));
	if (ingest->ignored)
		printf(", %lld ignored", ingest->ignored);
	putchar('\n');
}

/* On standard error: the events are on standard output. */
static void give_dry_totals(const struct ingest *ingest)
{
	if (!ingest->cli.json) {
		fprintf(stderr, "%lld mapped, %lld ignored, %zu refused; nothing was sent\n", ingest->mapped,
			ingest->ignored, json_array_size(ingest->refused));
		return;
	}
	json_t *all = json_pack("{s:I, s:I, s:O}", "mapped", (json_int_t)ingest->mapped, "ignored",
		(json_int_t)ingest->ignored, "refused", ingest->refused);
	ASSERT(all);
	json_dumpf(all, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	json_decref(all);
}

/* What was done is told also when the rest could not be. */
static void give_totals(const struct ingest *ingest)
{
	if (ingest->dry) {
		give_dry_totals(ingest);
		return;
	}
	if (!ingest->cli.json) {
		print_totals(ingest);
		return;
	}
	json_t *all = json_pack("{s:I, s:I, s:O}", "applied", (json_int_t)ingest->applied, "repeated",
		(json_int_t)ingest->repeated, "refused", ingest->refused);
	ASSERT(all);
	if (ingest->ignored)
		json_object_set_new(all, "ignored", json_integer(ingest->ignored));
	cli_print_json(all);
}

/* Reads the file from its beginning to its end. */
static int ingest_all(struct ingest *ingest)
{
	struct stat is;
	FILE *file = cli_open(ingest->path);

	if (!file)
		return COMMAND_FAILED;
	buf_init(&ingest->piece, PIECE_BYTES + LINE_BYTES + 1);
	if (fstat(fileno(file), &is) == 0 && S_ISREG(is.st_mode))
		ingest->size = is.st_size;
	ingest->bar = !ingest->dry && !ingest->cli.json && terminal_colours(stderr);
	int code = ingest_file(ingest, file);
	if (ingest->dry && (fflush(stdout) != 0 || ferror(stdout)))
		code = command_failed("standard output: %s", strerror(errno));
	give_totals(ingest);
	if (code == COMMAND_DONE && json_array_size(ingest->refused))
		code = COMMAND_FAILED;
	buf_done(&ingest->piece);
	cli_close(file);
	return code;
}

static int run(const struct arguments *arguments)
{
	bool map = arguments_has(arguments, "map");
	struct ingest ingest = {.path = arguments->operands[0],
		.dry = arguments_has(arguments, "dry-run"),
		.cli.json = arguments_has(arguments, "json")};
	int code = COMMAND_DONE;

	if (!map && (ingest.dry || arguments_has(arguments, "config")))
		return command_misused(NULL, &command_ingest, "--dry-run and -c go with --map");
	ingest.refused = json_array();
	if (map && !(ingest.map = ingest_map_new(arguments)))
		code = COMMAND_FAILED;
	if (code == COMMAND_DONE && !ingest.dry)
		code = cli_begin(arguments, &ingest.cli);
	if (code == COMMAND_DONE)
		code = ingest_all(&ingest);
	json_decref(ingest.refused);
	ingest_map_free(ingest.map);
	if (ingest.cli.client)
		cli_end(&ingest.cli);
	return code;
}

const struct command_line command_ingest = {
	.name = "ingest",
	.summary = "order events from a file into the server",
	.operands = "FILE|-",
	.operands_min = 1,
	.operands_max = 1,
	.options = ingest_options,
	.run = run,
	.help = "FILE has an order event, a JSON object, a line (- is standard input). Events may be\n"
		"sent again: what was applied counts as repeated. Exit 1 when any was refused; the\n"
		"others are applied nevertheless.\n\n"
		"With --map the events may have a foreign shape: they are brought into ours here, by\n"
		"the `mapping` of the configuration. --dry-run shows what would be sent, on standard\n"
		"output with the numbers as they are, and says on standard error what became of the\n"
		"other lines; it needs no server.\n\n"
		"A client of the API: BAUTA_URL says where the server is, BAUTA_KEY is the key.",
};
