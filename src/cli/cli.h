/* cli: what the commands that are clients of the API share: asking, telling why not, printing JSON and
 * tables.
 *
 * Standard output has results only. With --json it is one JSON value, as the API gives it, and a refusal is
 * the problem document on standard error; without, a refusal is one sentence there.
 *
 * The functions that return int give an exit code (commands.h); what went wrong has been told by then.
 */
#ifndef CLI_H
#define CLI_H

#include "cli/cli_table.h"
#include "cli/client.h"
#include "cli/commands.h"

#define CLI_JSON_OPTION                                                                                      \
	{                                                                                                    \
		.name = "json", .help = "JSON instead of a table, for programs"                              \
	}

struct cli {
	struct client *client;
	bool json;
	int timeout_s; /* of each request; 0: 30 */
};

MUST_CHECK int cli_begin(const struct arguments *arguments, struct cli *ret_cli);
void cli_end(struct cli *cli);

/* A target is built from its parts: cli_target(&target, "/v1/pools/", name, "/numbers", NULL) percent-encodes
 * every second one. Max 2,000 bytes, then cli_ask() says so. */
void cli_target(struct buf *target, const char *path, ...) __attribute__((sentinel));
/* "?name=value" or "&name=value"; nothing when value is NULL. */
void cli_query(struct buf *target, const char *name, const char *value);

/* `body` may be NULL; it is taken. A POST goes with an Idempotency-Key of its own. ret_answer: the caller's
 * to json_decref(); may be NULL. `target` is freed. */
MUST_CHECK int cli_ask(
	struct cli *cli, const char *method, struct buf *target, json_t *body, json_t **ret_answer);

/* All pages of a list (an array `member` in each answer), at most `max` rows (0: all), as one array. */
MUST_CHECK int cli_list(
	struct cli *cli, struct buf *target, const char *member, long max, json_t **ret_array);

/* Tells what the answer says, on standard error. Returns COMMAND_FAILED. */
int cli_refused(const struct cli *cli, const struct client_answer *answer);

/* Prints and takes a value. */
void cli_print_json(json_t *value);
/* {"MEMBER": array} */
void cli_print_json_list(const char *member, json_t *array);

/* A member as text: strings as they are, integers in digits, null and missing "". Lives as long as `object`
 * or until the eighth further call. */
const char *cli_member(const json_t *object, const char *name);
long long cli_int(const json_t *object, const char *name);

/* "2026-11-22 10:00:00" from RFC 3339 text; "" from "". `text` has 32 bytes. */
const char *cli_time(const char *rfc3339, char text[32]);

/* Waiting yellow, live green, ended dim, ... */
enum terminal_colour cli_state_colour(const char *state);

/* Opens FILE, or gives standard input for "-". NULL: told already. */
FILE *cli_open(const char *path);
void cli_close(FILE *file);

/* Digits, spaces, dots, dashes, brackets as people write numbers -> canonical text. False: not international.
 */
bool cli_number(const char *written, char text[20]);

#endif
