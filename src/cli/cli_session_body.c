#include "cli/cli_session.h"

#include <errno.h>

#include "cli/cli.h"
#include "cli/duration.h"

#define FILE_MAX_BYTES 65536 /* what a request's body may have */

/* The party of that role in the body, made if need be. */
static json_t *body_party(json_t *body, struct str role)
{
	json_t *parties = json_object_get(body, "parties"), *party;
	size_t i;

	if (!parties) {
		parties = json_array();
		json_object_set_new(body, "parties", parties);
	}
	json_array_foreach(
		parties, i, party) if (str_equal(str_of(cli_member(party, "role")), role)) return party;
	party = json_pack("{s:s%}", "role", role.at, role.len);
	if (party)
		json_array_append_new(parties, party);
	return party;
}

/* "ROLE=VALUE"; false: not so. */
static bool split(const char *text, struct str *ret_role, struct str *ret_value)
{
	struct str role = str_cut(str_of(text), '=', ret_value);

	*ret_role = role;
	return role.len && ret_value->at && ret_value->len;
}

static bool add_party(json_t *body, const char *text)
{
	struct str role, rest;
	json_t *party;

	if (!split(text, &role, &rest) || !(party = body_party(body, role)))
		return false;
	struct str first = str_trim(str_cut(rest, ',', &rest));
	if (first.len == 0 || json_object_set_new(party, "number", json_stringn(first.at, first.len)) != 0)
		return false;
	if (!rest.at)
		return true;
	json_t *further = json_array();
	while (rest.at) {
		struct str next = str_trim(str_cut(rest, ',', &rest));
		json_array_append_new(further, json_stringn(next.at, next.len));
	}
	return json_object_set_new(party, "numbers", further) == 0;
}

static bool add_vn(json_t *body, const char *text)
{
	struct str role, vn;
	json_t *party;

	return split(text, &role, &vn) && (party = body_party(body, role)) &&
	       json_object_set_new(party, "vn", json_stringn(vn.at, vn.len)) == 0;
}

static bool add_silence(json_t *body, const char *role)
{
	json_t *party = role[0] ? body_party(body, str_of(role)) : NULL;

	return party && json_object_set_new(party, "may_call", json_false()) == 0;
}

static int each_option(const struct command_line *line, const struct arguments *arguments, const char *name,
	json_t *body, bool (*add)(json_t *body, const char *text))
{
	const char *values[ARGUMENTS_MAX + 1];
	int n = arguments_all(arguments, name, values, ARGUMENTS_MAX + 1);

	for (int i = 0; i < n; i++)
		if (!add(body, values[i]))
			return command_misused(&command_session, line, "--%s: this is not of its form", name);
	return COMMAND_DONE;
}

json_t *session_body_read(const struct arguments *arguments)
{
	char text[FILE_MAX_BYTES + 1];
	json_error_t error;

	if (arguments->operands_n == 0)
		return json_object();
	FILE *file = cli_open(arguments->operands[0]);
	if (!file)
		return NULL;
	size_t len = fread(text, 1, sizeof text, file);
	bool failed = ferror(file);
	cli_close(file);
	if (failed || len == sizeof text) {
		command_failed(
			"%s: %s", arguments->operands[0], failed ? strerror(errno) : "this is over 64 KiB");
		return NULL;
	}
	json_t *body = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(body)) {
		command_failed("%s:%d: %s", arguments->operands[0], body ? 1 : error.line,
			body ? "this is not a JSON object" : error.text);
		json_decref(body);
		return NULL;
	}
	return body;
}

int session_body_options(const struct command_line *line, const struct arguments *arguments, json_t *body)
{
	const char *pool = arguments_value(arguments, "pool"), *ref = arguments_value(arguments, "ref");
	const char *ttl = arguments_value(arguments, "ttl");
	uint32_t seconds;
	int code = COMMAND_DONE;

	if (pool)
		json_object_set_new(body, "pool", json_string(pool));
	if (ref)
		json_object_set_new(body, "ref", json_string(ref));
	if (ttl && duration_parse(str_of(ttl), &seconds) != ERR_OK)
		return command_misused(
			&command_session, line, "--ttl: this is not a duration such as 4h or 90m");
	if (ttl)
		json_object_set_new(body, "ttl_s", json_integer(seconds));
	code = each_option(line, arguments, "party", body, add_party);
	if (code == COMMAND_DONE)
		code = each_option(line, arguments, "vn", body, add_vn);
	if (code == COMMAND_DONE)
		code = each_option(line, arguments, "no-calls", body, add_silence);
	if (code == COMMAND_DONE && !json_object_get(body, "ref"))
		code = command_misused(&command_session, line, "--ref is missing");
	if (code == COMMAND_DONE && !json_object_get(body, "parties"))
		code = command_misused(&command_session, line, "--party is missing");
	return code;
}
