#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/check.h"
#include "core/number.h"
#include "crypto/digest.h"
#include "wire/base64.h"
#include "wire/form.h"

#define TARGET_MAX 2000

int cli_begin(const struct arguments *arguments, struct cli *ret_cli)
{
	char error[CLIENT_SENTENCE_SIZE];
	struct cli cli = {.json = arguments_has(arguments, "json")};

	if (client_new(&cli.client, error) != ERR_OK)
		return command_failed("%s", error);
	*ret_cli = cli;
	return COMMAND_DONE;
}

void cli_end(struct cli *cli)
{
	client_free(cli->client);
	cli->client = NULL;
}

void cli_target(struct buf *target, const char *path, ...)
{
	va_list parts;
	bool encode = true;

	buf_init(target, TARGET_MAX);
	buf_lit(target, path);
	va_start(parts, path);
	for (const char *part; (part = va_arg(parts, const char *)) != NULL; encode = !encode) {
		if (encode)
			form_encode(target, str_of(part));
		else
			buf_lit(target, part);
	}
	va_end(parts);
}

void cli_query(struct buf *target, const char *name, const char *value)
{
	if (!value)
		return;
	buf_char(target, target->len && memchr(target->at, '?', target->len) ? '&' : '?');
	buf_lit(target, name);
	buf_char(target, '=');
	form_encode(target, str_of(value));
}

int cli_refused(const struct cli *cli, const struct client_answer *answer)
{
	char sentence[CLIENT_SENTENCE_SIZE];

	if (cli->json && json_is_object(answer->json)) {
		json_dumpf(answer->json, stderr, JSON_COMPACT);
		fputc('\n', stderr);
		return COMMAND_FAILED;
	}
	client_sentence(cli->client, answer, sentence);
	return command_failed("%s", sentence);
}

/* A key for one run of the program: asking it again is another request. */
static void idempotency_header(char line[64])
{
	uint8_t random[16];
	struct buf text;

	secret_random(random, sizeof random);
	buf_fixed(&text, line, 63);
	buf_lit(&text, "Idempotency-Key: ");
	hex_put(&text, random, sizeof random);
	line[text.len] = '\0';
}

static int ask(struct cli *cli, const char *method, struct buf *target, const char *body,
	struct client_answer *ret_answer)
{
	char error[CLIENT_SENTENCE_SIZE], line[64];
	const char *headers[] = {line, NULL};

	buf_char(target, '\0');
	if (!buf_ok(target))
		return command_failed("a name is too long");
	idempotency_header(line);
	struct client_request request = {
		.method = method,
		.target = target->at,
		.body = str_of(body),
		.content_type = body ? "application/json" : NULL,
		.headers = strcmp(method, "POST") == 0 ? headers : NULL,
		.timeout_s = cli->timeout_s,
	};
	if (client_ask(cli->client, &request, ret_answer, error) != ERR_OK)
		return command_failed("%s", error);
	return COMMAND_DONE;
}

int cli_ask(struct cli *cli, const char *method, struct buf *target, json_t *body, json_t **ret_answer)
{
	struct client_answer answer;
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	int code;

	ASSERT(!body || text);
	code = ask(cli, method, target, text, &answer);
	if (code == COMMAND_DONE) {
		if (!client_answer_good(&answer) || (answer.status != 204 && !answer.json))
			code = cli_refused(cli, &answer);
		else if (ret_answer)
			*ret_answer = json_incref(answer.json);
		client_answer_done(&answer);
	}
	free(text);
	json_decref(body);
	buf_done(target);
	return code;
}

/* One page into `array`. `*token` becomes the next page's, NULL at the end. */
static int list_page(
	struct cli *cli, const struct buf *target, const char *member, long max, char **token, json_t *array)
{
	struct buf page;
	json_t *answer = NULL;
	size_t left = max ? (size_t)max - json_array_size(array) : 1000;
	char size[24];

	buf_init(&page, TARGET_MAX);
	buf_str(&page, buf_text(target));
	snprintf(size, sizeof size, "%zu", left < 1000 ? left : 1000);
	cli_query(&page, "page_size", size);
	cli_query(&page, "page_token", *token);
	int code = cli_ask(cli, "GET", &page, NULL, &answer);
	free(*token);
	*token = NULL;
	if (code == COMMAND_DONE) {
		const char *next = json_string_value(json_object_get(answer, "next_page_token"));
		json_array_extend(array, json_object_get(answer, member));
		*token = next && next[0] ? strdup(next) : NULL;
	}
	json_decref(answer);
	return code;
}

int cli_list(struct cli *cli, struct buf *target, const char *member, long max, json_t **ret_array)
{
	json_t *array = json_array();
	char *token = NULL;
	int code;

	ASSERT(array);
	do
		code = list_page(cli, target, member, max, &token, array);
	while (code == COMMAND_DONE && token && (!max || json_array_size(array) < (size_t)max));
	free(token);
	buf_done(target);
	if (code == COMMAND_DONE)
		*ret_array = array;
	else
		json_decref(array);
	return code;
}

void cli_print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}

void cli_print_json_list(const char *member, json_t *array)
{
	json_t *object = json_object();

	ASSERT(object);
	json_object_set_new(object, member, array);
	cli_print_json(object);
}

const char *cli_member(const json_t *object, const char *name)
{
	static _Thread_local char texts[8][24];
	static _Thread_local unsigned turn;
	const json_t *value = json_object_get(object, name);

	if (json_is_integer(value)) {
		char *text = texts[turn++ % 8];
		snprintf(text, sizeof texts[0], "%lld", (long long)json_integer_value(value));
		return text;
	}
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	return json_is_string(value) ? json_string_value(value) : "";
}

long long cli_int(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

const char *cli_time(const char *rfc3339, char text[32])
{
	snprintf(text, 32, "%.19s", rfc3339);
	if (strlen(text) > 10 && text[10] == 'T')
		text[10] = ' ';
	return text;
}

enum terminal_colour cli_state_colour(const char *state)
{
	static const struct {
		const char *state;
		enum terminal_colour colour;
	} colours[] = {
		{"waiting", COLOUR_YELLOW},
		{"live", COLOUR_GREEN},
		{"closing", COLOUR_BLUE},
		{"cooling", COLOUR_DIM},
		{"closed", COLOUR_DIM},
		{"free", COLOUR_GREEN},
		{"lent", COLOUR_BLUE},
		{"disabled", COLOUR_DIM},
		{"reserved", COLOUR_YELLOW},
		{"connect", COLOUR_GREEN},
		{"forward", COLOUR_YELLOW},
		{"digits", COLOUR_YELLOW},
		{"announce", COLOUR_YELLOW},
		{"reject", COLOUR_RED},
		{"refused", COLOUR_RED},
		{"parked", COLOUR_YELLOW},
		{"ok", COLOUR_GREEN},
		{"failing", COLOUR_YELLOW},
		{"full", COLOUR_RED},
		{"in force", COLOUR_GREEN},
		{"expired", COLOUR_DIM},
		{"revoked", COLOUR_RED},
	};

	for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
		if (strcmp(colours[i].state, state) == 0)
			return colours[i].colour;
	return COLOUR_NONE;
}

FILE *cli_open(const char *path)
{
	if (strcmp(path, "-") == 0)
		return stdin;
	FILE *file = fopen(path, "re");
	if (!file)
		command_failed("%s: %s", path, strerror(errno));
	return file;
}

void cli_close(FILE *file)
{
	if (file && file != stdin)
		fclose(file);
}

bool cli_number(const char *written, char text[20])
{
	struct number number;
	size_t len = 0;

	for (const char *at = written; *at; at++) {
		if (strchr(" .-()", *at) && at != written)
			continue;
		if (len == 19)
			return false;
		text[len++] = *at;
	}
	text[len] = '\0';
	return number_parse(str_n(text, len), &number) == ERR_OK;
}
