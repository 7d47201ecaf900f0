#include "wire/sql_named.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static int word_index(struct str name, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (str_equal(name, str_of(words[i])))
			return i;
	return -1;
}

/* How much of what stands between quotes at `i`, with them. */
static size_t quoted(struct str text, size_t i)
{
	const char *end = memchr(text.at + i + 1, text.at[i], text.len - i - 1);

	return end ? (size_t)(end - text.at) + 1 - i : text.len - i;
}

static int param_of(struct sql_named *named, int word)
{
	for (int i = 0; i < named->params_n; i++)
		if (named->params[i] == word)
			return i + 1;
	if (named->params_n == SQL_NAMED_MAX)
		return 0;
	named->params[named->params_n++] = word;
	return named->params_n;
}

enum err sql_named_read(
	struct str text, const char *const *words, struct sql_named *ret_named, char ret_error[256])
{
	struct sql_named named = {0};
	struct buf out;

	buf_init(&out, SQL_NAMED_TEXT_MAX + 1024);
	for (size_t i = 0; i < text.len;) {
		size_t len = text.at[i] == '\'' || text.at[i] == '"' ? quoted(text, i) : 1;
		if (text.at[i] == ':' && i + 1 < text.len && text.at[i + 1] == ':') {
			len = 2;
		} else if (text.at[i] == ':' && i + 1 < text.len && in_name(text.at[i + 1])) {
			while (i + len < text.len && in_name(text.at[i + len]))
				len++;
			int word = word_index(str_n(text.at + i + 1, len - 1), words);
			if (word < 0) {
				snprintf(ret_error, 256, "no parameter has the name at position %zu", i + 1);
				buf_done(&out);
				return ERR_BAD_REQUEST;
			}
			buf_fmt(&out, "$%d", param_of(&named, word));
			i += len;
			continue;
		}
		buf_put(&out, text.at + i, len);
		i += len;
	}
	buf_char(&out, '\0');
	if (text.len == 0 || text.len > SQL_NAMED_TEXT_MAX || !buf_ok(&out)) {
		snprintf(ret_error, 256, "the statement is empty or too long");
		buf_done(&out);
		return ERR_BAD_REQUEST;
	}
	named.text = out.at;
	*ret_named = named;
	return ERR_OK;
}

void sql_named_done(struct sql_named *named)
{
	free(named->text);
	*named = (struct sql_named){0};
}
