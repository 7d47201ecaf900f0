#include "wire/sql_named.h"

#include <stdlib.h>

#include "base/buf.h"
#include "wire/similar.h"

#define NAME_SHOWN_MAX 40

struct reader {
	struct str text;
	size_t at;
	const char *const *words;
	struct buf out;
	struct sql_named *named;
	char *error;
	int brackets;   /* [ that are open */
	bool any;       /* something but white space, comments and semicolons was there */
	bool ended;     /* a semicolon came */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of an identifier, as PostgreSQL's scanner has it: every byte above ASCII is a letter. */
static bool is_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (uint8_t)c >= 0x80;
}

static bool is_part(char c)
{
	return is_start(c) || is_digit(c) || c == '$';
}

/* '\0' past the end: the text holds no NUL. */
static char byte_at(struct str text, size_t at)
{
	return at < text.len ? text.at[at] : '\0';
}

static int characters(const char *at, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((uint8_t)at[i] & 0xc0) != 0x80;
	return n;
}

/* Ends of what begins at `at`; 0: it doesn't end. */

static size_t line_end(struct str text, size_t at)
{
	while (at < text.len && text.at[at] != '\n' && text.at[at] != '\r')
		at++;
	return at;
}

static size_t comment_end(struct str text, size_t at)
{
	int depth = 0;

	while (at + 1 < text.len) {
		bool opens = text.at[at] == '/' && text.at[at + 1] == '*';
		bool closes = text.at[at] == '*' && text.at[at + 1] == '/';
		at += opens || closes ? 2 : 1;
		depth += opens - closes;
		if (closes && depth == 0)
			return at;
	}
	return 0;
}

static size_t quote_end(struct str text, size_t at, bool backslashes)
{
	char quote = text.at[at++];

	while (at < text.len) {
		if (backslashes && text.at[at] == '\\')
			at += 2;
		else if (text.at[at] != quote)
			at++;
		else if (byte_at(text, at + 1) == quote)
			at += 2;
		else
			return at + 1;
	}
	return 0;
}

/* A string goes on behind white space with a line's end in it, and keeps its kind (SQL-92): the quote where it does, else 0. */
static size_t string_goes_on(struct str text, size_t at)
{
	bool new_line = false;

	for (;;) {
		char c = byte_at(text, at);
		if (c == '-' && byte_at(text, at + 1) == '-') {
			at = line_end(text, at);
		} else if (is_space(c)) {
			new_line |= c == '\n' || c == '\r';
			at++;
		} else {
			return new_line && c == '\'' ? at : 0;
		}
	}
}

static size_t escape_string_end(struct str text, size_t at)
{
	size_t end = quote_end(text, at, true), next;

	while (end && (next = string_goes_on(text, end)))
		end = quote_end(text, next, true);
	return end;
}

/* The bytes of "$tag$"; 0: no such thing begins here. */
static size_t dollar_tag_len(struct str text, size_t at)
{
	size_t end = at + 1;

	if (is_start(byte_at(text, end)))
		while (is_start(byte_at(text, end)) || is_digit(byte_at(text, end)))
			end++;
	return byte_at(text, end) == '$' ? end + 1 - at : 0;
}

static size_t dollar_end(struct str text, size_t at, size_t tag_len)
{
	const char *hit = memmem(text.at + at + tag_len, text.len - at - tag_len, text.at + at, tag_len);

	return hit ? (size_t)(hit - text.at) + tag_len : 0;
}

static size_t word_end(struct str text, size_t at)
{
	while (is_part(byte_at(text, at)))
		at++;
	return at;
}

/* --- errors --- */

static bool fail(struct reader *reader, size_t at, const char *what)
{
	snprintf(reader->error, SQL_NAMED_ERROR_SIZE, "at character %d: %s",
		characters(reader->text.at, at) + 1, what);
	return false;
}

static bool fail_unknown(struct reader *reader, size_t at, struct str name)
{
	const char *meant = similar_word(reader->words, name);
	struct buf out;

	buf_fixed(&out, reader->error, SQL_NAMED_ERROR_SIZE - 1);
	buf_fmt(&out, "at character %d: there is no parameter :", characters(reader->text.at, at) + 1);
	for (size_t i = 0; i < name.len && i < NAME_SHOWN_MAX; i++)
		buf_char(&out, (uint8_t)name.at[i] < 0x80 ? name.at[i] : '?');
	if (meant)
		buf_fmt(&out, "; did you mean :%s?", meant);
	buf_lit(&out, meant ? " Known:" : "; known:");
	/* As many as there is room for, whole. */
	for (int i = 0; reader->words[i] && out.len + strlen(reader->words[i]) + 2 < out.max; i++)
		buf_fmt(&out, " %s", reader->words[i]);
	reader->error[out.len] = '\0';
	return false;
}

/* --- reading --- */

static bool take(struct reader *reader, size_t end)
{
	buf_put(&reader->out, reader->text.at + reader->at, end - reader->at);
	reader->at = end;
	return true;
}

static bool take_whole(struct reader *reader, size_t end, const char *what)
{
	return end ? take(reader, end) : fail(reader, reader->at, what);
}

static int word_of(const char *const *words, struct str name)
{
	for (int i = 0; words[i]; i++)
		if (str_equal(name, str_of(words[i])))
			return i;
	return -1;
}

static bool put_param(struct reader *reader, int word, size_t end)
{
	struct sql_named *named = reader->named;
	int i = 0;

	while (i < named->params_n && named->params[i] != word)
		i++;
	if (i == SQL_NAMED_MAX)
		return fail(reader, reader->at, "there are too many parameters");
	if (i == named->params_n)
		named->params[named->params_n++] = word;
	buf_fmt(&reader->out, "$%d", i + 1);
	reader->at = end;
	return true;
}

static bool read_colon(struct reader *reader)
{
	struct str text = reader->text;
	size_t at = reader->at, end = word_end(text, at + 1);
	char next = byte_at(text, at + 1), before = at > 0 ? text.at[at - 1] : ' ';
	struct str name = str_n(text.at + at + 1, end - at - 1);

	if (next == ':' || next == '=')
		return take(reader, at + 2);
	bool touches = is_part(before) || before == ')' || before == ']' || before == '"' || before == '\'';
	if (!is_start(next) || (reader->brackets > 0 && touches))
		return take(reader, at + 1);
	int word = word_of(reader->words, name);
	if (word < 0)
		return reader->brackets > 0 ? take(reader, at + 1) : fail_unknown(reader, at, name);
	/* "a$1" would be a name. */
	if (is_part(before))
		return fail(reader, at, "a space is needed before the parameter");
	return put_param(reader, word, end);
}

static bool read_dollar(struct reader *reader)
{
	size_t tag_len = dollar_tag_len(reader->text, reader->at);

	if (is_digit(byte_at(reader->text, reader->at + 1)))
		return fail(reader, reader->at, "parameters have names here (:ref), not numbers ($1)");
	if (!tag_len)
		return take(reader, reader->at + 1);
	return take_whole(
		reader, dollar_end(reader->text, reader->at, tag_len), "this dollar quote doesn't end");
}

static bool read_word(struct reader *reader)
{
	size_t end = word_end(reader->text, reader->at);
	bool escapes = end - reader->at == 1 && (reader->text.at[reader->at] | 0x20) == 'e' &&
		       byte_at(reader->text, end) == '\'';

	if (!escapes)
		return take(reader, end);
	return take_whole(reader, escape_string_end(reader->text, end), "this string doesn't end");
}

static bool read_token(struct reader *reader, char c)
{
	if (c == ';') {
		reader->ended |= reader->any;
		return take(reader, reader->at + 1);
	}
	if (reader->ended)
		return fail(reader, reader->at, "only one statement is possible");
	reader->any = true;
	if (c == '\'')
		return take_whole(reader, quote_end(reader->text, reader->at, false), "this string doesn't end");
	if (c == '"')
		return take_whole(reader, quote_end(reader->text, reader->at, false), "this quoted name doesn't end");
	if (c == '$')
		return read_dollar(reader);
	if (c == ':')
		return read_colon(reader);
	if (is_start(c))
		return read_word(reader);
	if (c == '[')
		reader->brackets++;
	if (c == ']' && reader->brackets > 0)
		reader->brackets--;
	return take(reader, reader->at + 1);
}

static bool read_step(struct reader *reader)
{
	char c = reader->text.at[reader->at], next = byte_at(reader->text, reader->at + 1);

	if (is_space(c))
		return take(reader, reader->at + 1);
	if (c == '-' && next == '-')
		return take(reader, line_end(reader->text, reader->at));
	if (c == '/' && next == '*')
		return take_whole(reader, comment_end(reader->text, reader->at), "this comment doesn't end");
	return read_token(reader, c);
}

static bool read_all(struct reader *reader)
{
	const char *nul = reader->text.len ? memchr(reader->text.at, '\0', reader->text.len) : NULL;

	if (reader->text.len > SQL_NAMED_TEXT_MAX) {
		snprintf(reader->error, SQL_NAMED_ERROR_SIZE, "the statement is longer than %u bytes", SQL_NAMED_TEXT_MAX);
		return false;
	}
	if (nul)
		return fail(reader, (size_t)(nul - reader->text.at), "the statement holds a NUL");
	while (reader->at < reader->text.len)
		if (!read_step(reader))
			return false;
	if (!reader->any) {
		snprintf(reader->error, SQL_NAMED_ERROR_SIZE, "the statement is empty");
		return false;
	}
	return true;
}

enum err sql_named_read(struct str text, const char *const *words, struct sql_named *ret_named,
	char ret_error[SQL_NAMED_ERROR_SIZE])
{
	struct sql_named named = {0};
	struct reader reader = {.text = text, .words = words, .named = &named, .error = ret_error};

	/* "$32" is no longer than ":a" by more than a byte. */
	buf_init(&reader.out, 2 * SQL_NAMED_TEXT_MAX);
	if (!read_all(&reader)) {
		buf_done(&reader.out);
		return ERR_BAD_REQUEST;
	}
	buf_char(&reader.out, '\0');
	if (!buf_ok(&reader.out)) {
		buf_done(&reader.out);
		snprintf(ret_error, SQL_NAMED_ERROR_SIZE, "there is no memory for the statement");
		return ERR_INTERNAL;
	}
	named.text = reader.out.at;
	*ret_named = named;
	return ERR_OK;
}

void sql_named_done(struct sql_named *named)
{
	free(named->text);
	*named = (struct sql_named){0};
}

bool sql_named_uses(const struct sql_named *named, int word)
{
	for (int i = 0; i < named->params_n; i++)
		if (named->params[i] == word)
			return true;
	return false;
}

/* The texts differ only where one has ":name" and the other "$n". */
int sql_named_position(struct str text, const struct sql_named *named, int position)
{
	const char *made = named->text;
	size_t at = 0;
	int passed = 0; /* characters of `made` */

	while (at < text.len && *made) {
		const char *from = made;
		size_t was = at++;
		made++;
		if (*from != text.at[was]) {
			at = word_end(text, at);
			while (is_digit(*made))
				made++;
		}
		passed += characters(from, (size_t)(made - from));
		if (passed >= position)
			return characters(text.at, was) + 1;
	}
	return characters(text.at, text.len) + 1;
}
