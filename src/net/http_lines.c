#include "net/http_lines.h"

#include "base/buf.h"
#include "crypto/digest.h"

/* RFC 9110 section 5.6.2. */
static bool is_token(struct str text)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c && strchr(marks, c));
		if (!good)
			return false;
	}
	return text.len > 0;
}

/* Nothing that could end the line. */
static bool is_value(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)text.at[i] < ' ' && text.at[i] != '\t') || text.at[i] == 0x7f)
			return false;
	return true;
}

/* What says where a request ends and to whom it goes is ours to say. */
static bool is_ours(struct str name)
{
	static const char *const names[] = {
		"content-length", "transfer-encoding", "host", "connection", "expect", "te", "trailer", "upgrade"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_equal_nocase(name, str_of(names[i])))
			return true;
	return false;
}

static enum err add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (!longer)
		return ERR_OVERLOADED;
	*list = longer;
	return ERR_OK;
}

static enum err add_header(struct curl_slist **list, const struct http_header *header)
{
	struct str value = str_trim(header->value);
	struct buf line;

	if (!is_token(header->name) || !is_value(header->value) || is_ours(header->name))
		return ERR_BAD_REQUEST;
	if (header->name.len + value.len > HTTP_ASK_HEADER_MAX)
		return ERR_BAD_REQUEST;
	buf_init(&line, HTTP_ASK_HEADER_MAX + 4);
	buf_str(&line, header->name);
	if (value.len) {
		buf_lit(&line, ": ");
		buf_str(&line, value);
	} else {
		buf_char(&line, ';'); /* libcurl's way to say an empty value */
	}
	buf_char(&line, '\0');
	enum err err = buf_ok(&line) ? add_line(list, line.at) : ERR_OVERLOADED;
	if (line.at)
		secret_wipe(line.at, line.len);
	buf_done(&line);
	return err;
}

static enum err add_all(struct curl_slist **list, const struct http_ask *ask)
{
	bool typed = false;
	enum err err = add_line(list, "Expect:"); /* a second for 100-continue is a second lost */

	if (ask->headers_n < 0 || ask->headers_n > HTTP_HEADERS_MAX)
		return ERR_BAD_REQUEST;
	for (int i = 0; err == ERR_OK && i < ask->headers_n; i++) {
		typed = typed || str_equal_nocase(ask->headers[i].name, STR("content-type"));
		err = add_header(list, &ask->headers[i]);
	}
	if (err == ERR_OK && !typed)
		err = add_line(list, "Content-Type:"); /* none is better than libcurl's guess */
	return err;
}

enum err http_lines_of(const struct http_ask *ask, struct curl_slist **ret_lines)
{
	struct curl_slist *list = NULL;
	enum err err = add_all(&list, ask);

	if (err != ERR_OK) {
		http_lines_free(list);
		return err;
	}
	*ret_lines = list;
	return ERR_OK;
}

void http_lines_free(struct curl_slist *lines)
{
	for (struct curl_slist *line = lines; line; line = line->next)
		secret_wipe(line->data, strlen(line->data));
	curl_slist_free_all(lines);
}

bool http_lines_user_ok(const struct http_ask *ask)
{
	return !ask->user ||
	       (is_value(str_of(ask->user)) && !strchr(ask->user, ':') && is_value(str_of(ask->password)));
}
