#include "db/orders_fault.h"

#include "base/buf.h"

#define SQLSTATE_LEN 5

static bool is_one_of(const char *sqlstate, const char *const *beginnings)
{
	for (int i = 0; beginnings[i]; i++)
		if (strncmp(sqlstate, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

enum orders_said orders_fault_said(const struct orders_fault *fault, enum orders_step step)
{
	static const char *const down[] = {"08", "25006", "25P03", "25P04", "28", "3D", "40", "53", "55006", "55P03", "57",
		"58", "F0", "XX001", "XX002", NULL};
	static const char *const wrong[] = {
		"0A", "0L", "0P", "25", "26", "2B", "2D", "34", "3B", "3F", "42", "55", NULL};

	/* libpq's own errors have no SQLSTATE: the connection broke. */
	if (!fault->sqlstate || is_one_of(fault->sqlstate, down))
		return ORDERS_DOWN;
	if (step == ORDERS_PREPARE || is_one_of(fault->sqlstate, wrong))
		return ORDERS_WRONG;
	return step == ORDERS_BEGIN ? ORDERS_DOWN : ORDERS_ROW;
}

struct meaning {
	const char *sqlstate, *words;
};

static const struct meaning meanings[] = {
	{"08006", "the connection was lost"},
	{"21000", "the statement touches a row twice"},
	{"22001", "a value is too long for its column"},
	{"22003", "a number is out of range"},
	{"22007", "a value is no time"},
	{"22008", "a time is out of range"},
	{"22021", "a value is not in the database's encoding"},
	{"22P02", "a value is not of its column's type"},
	{"22P05", "a value is not in the database's encoding"},
	{"23502", "a column that needs a value gets none"},
	{"23503", "a foreign key points nowhere"},
	{"23505", "a unique key is taken"},
	{"23514", "a check refuses it"},
	{"23P01", "an exclusion constraint refuses it"},
	{"25006", "the server is read-only"},
	{"28000", "the server doesn't let us in"},
	{"28P01", "the password is wrong"},
	{"3D000", "there is no such database"},
	{"40001", "other transactions got in the way"},
	{"40P01", "a deadlock"},
	{"42501", "a privilege is missing"},
	{"42601", "the statement's syntax is wrong"},
	{"42703", "there is no such column"},
	{"42883", "there is no such function or operator"},
	{"42P01", "there is no such table"},
	{"44000", "a view's check refuses it"},
	{"53100", "the server's disk is full"},
	{"53200", "the server has no memory"},
	{"53300", "the server has too many connections"},
	{"55P03", "a lock was not to be had"},
	{"57014", "it took too long"},
	{"57P01", "the server is shutting down"},
	{"57P02", "the server crashed"},
	{"57P03", "the server is starting or stopping"},
	{"P0001", "a trigger or function refuses it"},
	{NULL, NULL},
};

static const char *meaning_of(const char *sqlstate)
{
	for (int i = 0; meanings[i].sqlstate; i++)
		if (strcmp(meanings[i].sqlstate, sqlstate) == 0)
			return meanings[i].words;
	return NULL;
}

/* May the server's own message be told? */
static bool message_is_safe(const struct orders_fault *fault, enum orders_step step)
{
	static const char *const prepared[] = {"0A", "26", "3F", "42", NULL};
	static const char *const always[] = {"25", "28", "3D", "40", "42501", "53", "55", "57", NULL};

	if (!fault->sqlstate || !fault->message || fault->deeper)
		return false;
	return is_one_of(fault->sqlstate, always) ||
	       (step == ORDERS_PREPARE && is_one_of(fault->sqlstate, prepared));
}

/* As much as there is room for, control characters as spaces. */
static void put_text(struct buf *out, const char *text)
{
	for (; *text && out->len < out->max; text++)
		buf_char(out, (uint8_t)*text < ' ' || *text == 0x7f ? ' ' : *text);
}

static void put_name(struct buf *out, const char *what, const char *name)
{
	if (!name)
		return;
	put_text(out, what);
	put_text(out, name);
}

/* A character of UTF-8 that was cut goes whole. */
static void end_text(struct buf *out)
{
	size_t len = out->len, tail = 0;

	if (len == out->max) {
		while (tail < len && tail < 3 && ((uint8_t)out->at[len - 1 - tail] & 0xc0) == 0x80)
			tail++;
		if (tail < len && (uint8_t)out->at[len - 1 - tail] >= 0xc0)
			len -= tail + 1;
	}
	out->at[len] = '\0';
}

void orders_fault_why(const struct orders_fault *fault, enum orders_step step, char why[ORDERS_WHY_SIZE])
{
	const char *sqlstate = fault->sqlstate ? fault->sqlstate : "08006";
	const char *meaning = meaning_of(sqlstate);
	struct buf out;

	buf_fixed(&out, why, ORDERS_WHY_SIZE - 1);
	put_text(&out, sqlstate);
	if (message_is_safe(fault, step))
		put_name(&out, ": ", fault->message);
	else if (meaning)
		put_name(&out, ": ", meaning);
	if (fault->position > 0)
		buf_fmt(&out, ", at character %d of the statement", fault->position);
	put_name(&out, ", constraint ", fault->constraint);
	put_name(&out, ", table ", fault->table);
	put_name(&out, ", column ", fault->column);
	if (fault->deeper)
		put_text(&out, ", in a function or trigger");
	end_text(&out);
}

/* The SQLSTATE that the text ends with; false: none. */
static bool ends_with_sqlstate(const char *message, char sqlstate[SQLSTATE_LEN + 1])
{
	struct str text = str_trim(str_of(message));

	if (text.len < SQLSTATE_LEN + 2 || text.at[text.len - SQLSTATE_LEN - 1] != ' ')
		return false;
	memcpy(sqlstate, text.at + text.len - SQLSTATE_LEN, SQLSTATE_LEN);
	sqlstate[SQLSTATE_LEN] = '\0';
	return strspn(sqlstate, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == SQLSTATE_LEN && meaning_of(sqlstate);
}

void orders_fault_connect(const char *message, char why[ORDERS_WHY_SIZE])
{
	static const struct {
		const char *part, *words;
	} known[] = {
		{"could not translate host name", "the host's name is not known"},
		{"Connection refused", "the connection was refused"},
		{"No such file or directory", "no server at this socket"},
		{"Permission denied", "the socket must not be opened"},
		{"No route to host", "no way to the host"},
		{"Network is unreachable", "no way to the host"},
		{"timed out", "the host doesn't answer"},
		{"timeout expired", "the host doesn't answer"},
		{"no password supplied", "the server wants a password"},
		{"session is read-only", "the server is read-only"},
		{"session is not read-only", "the server is not read-only"},
		{"server is in hot standby mode", "the server is a standby"},
		{"server is not in hot standby mode", "the server is no standby"},
		{"certificate", "TLS: the certificate is not right"},
		{"SSL", "TLS could not be set up"},
		{"closed the connection", "the server closed the connection"},
	};
	char sqlstate[SQLSTATE_LEN + 1];
	const char *words = "it can't be reached";

	if (message && ends_with_sqlstate(message, sqlstate)) {
		snprintf(why, ORDERS_WHY_SIZE, "no connection: %s: %s", sqlstate, meaning_of(sqlstate));
		return;
	}
	for (size_t i = 0; message && i < sizeof known / sizeof *known; i++) {
		if (strstr(message, known[i].part)) {
			words = known[i].words;
			break;
		}
	}
	snprintf(why, ORDERS_WHY_SIZE, "no connection: %s", words);
}
