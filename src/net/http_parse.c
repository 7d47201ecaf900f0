#include "net/http_parse.h"

#include "base/check.h"

static int refuse(struct http_parse *parse, int status)
{
	parse->status = status;
	return HPE_USER;
}

/* llhttp gives a part in as many pieces as it was fed in; pieces that don't join are folded lines. */
static int extend(struct http_parse *parse, struct http_span *span, const char *at, size_t len)
{
	size_t offset = (size_t)(at - parse->head);

	if (span->len == 0)
		span->at = (uint16_t)offset;
	else if ((size_t)span->at + span->len != offset)
		return refuse(parse, 400);
	span->len = (uint16_t)(span->len + len);
	return 0;
}

static int on_method(llhttp_t *llhttp, const char *at, size_t len)
{
	struct http_parse *parse = llhttp->data;

	return extend(parse, &parse->method_text, at, len);
}

static int on_url(llhttp_t *llhttp, const char *at, size_t len)
{
	struct http_parse *parse = llhttp->data;

	if (parse->target.len + len > HTTP_TARGET_MAX)
		return refuse(parse, 414);
	return extend(parse, &parse->target, at, len);
}

static int on_version(llhttp_t *llhttp, const char *at, size_t len)
{
	struct http_parse *parse = llhttp->data;

	return extend(parse, &parse->version, at, len);
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t len)
{
	struct http_parse *parse = llhttp->data;

	if (!parse->in_field) {
		if (parse->fields_n == HTTP_HEADERS_MAX)
			return refuse(parse, 431);
		parse->fields[parse->fields_n++] = (struct http_field){0};
		parse->in_field = true;
	}
	return extend(parse, &parse->fields[parse->fields_n - 1].name, at, len);
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t len)
{
	struct http_parse *parse = llhttp->data;

	if (!parse->in_field)
		return refuse(parse, 400);
	return extend(parse, &parse->fields[parse->fields_n - 1].value, at, len);
}

static int on_header_value_complete(llhttp_t *llhttp)
{
	struct http_parse *parse = llhttp->data;

	if (!parse->in_field)
		return refuse(parse, 400);
	parse->in_field = false;
	return 0;
}

static int on_headers_complete(llhttp_t *llhttp)
{
	(void)llhttp;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_method = on_method,
	.on_url = on_url,
	.on_version = on_version,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
};

void http_parse_init(struct http_parse *parse)
{
	memset(parse, 0, offsetof(struct http_parse, fields));
	llhttp_init(&parse->llhttp, HTTP_REQUEST, &settings);
	parse->llhttp.data = parse;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Walks the head once by its parts; what stands between them must be what the grammar says. */
struct walk {
	const char *head;
	size_t at, len;
};

static bool walk_lit(struct walk *walk, const char *text, size_t len)
{
	if (walk->len - walk->at < len || memcmp(walk->head + walk->at, text, len) != 0)
		return false;
	walk->at += len;
	return true;
}

static bool walk_span(struct walk *walk, struct http_span span)
{
	if (span.len == 0 || walk->at != span.at || walk->len - walk->at < span.len)
		return false;
	walk->at += span.len;
	return true;
}

static void walk_blanks(struct walk *walk)
{
	while (walk->at < walk->len && is_blank(walk->head[walk->at]))
		walk->at++;
}

static bool walk_field(struct walk *walk, struct http_field *field)
{
	if (!walk_span(walk, field->name) || !walk_lit(walk, ":", 1))
		return false;
	walk_blanks(walk);
	if (field->value.len == 0) {
		field->value.at = (uint16_t)walk->at;
	} else {
		size_t end = (size_t)field->value.at + field->value.len;
		if (field->value.at > walk->at || end < walk->at || end > walk->len)
			return false;
		field->value.at = (uint16_t)walk->at;
		walk->at = end;
		while (end > field->value.at && is_blank(walk->head[end - 1]))
			end--;
		field->value.len = (uint16_t)(end - field->value.at);
	}
	walk_blanks(walk);
	return walk_lit(walk, "\r\n", 2);
}

static bool is_laid_out(struct http_parse *parse)
{
	struct walk walk = {parse->head, 0, parse->head_len};

	while (walk.at < parse->method_text.at)
		if (!walk_lit(&walk, "\r\n", 2))
			return false;
	if (!walk_span(&walk, parse->method_text) || !walk_lit(&walk, " ", 1) ||
		!walk_span(&walk, parse->target) || !walk_lit(&walk, " HTTP/", 6) ||
		!walk_span(&walk, parse->version) || !walk_lit(&walk, "\r\n", 2))
		return false;
	for (int i = 0; i < parse->fields_n; i++)
		if (!walk_field(&walk, &parse->fields[i]))
			return false;
	return walk_lit(&walk, "\r\n", 2) && walk.at == walk.len;
}

static bool read_version(struct http_parse *parse)
{
	struct str version = http_span_of(parse->head, parse->version);

	parse->http10 = str_equal(version, STR("1.0"));
	parse->keep_alive = parse->http10 ? parse->llhttp.flags & F_CONNECTION_KEEP_ALIVE
					  : !(parse->llhttp.flags & F_CONNECTION_CLOSE);
	if (parse->llhttp.flags & F_CONNECTION_CLOSE)
		parse->keep_alive = false;
	return parse->http10 || str_equal(version, STR("1.1"));
}

static void read_method(struct http_parse *parse)
{
	static const uint8_t methods[] = {
		[HTTP_GET] = HTTP_METHOD_GET + 1,
		[HTTP_HEAD] = HTTP_METHOD_HEAD + 1,
		[HTTP_POST] = HTTP_METHOD_POST + 1,
		[HTTP_PUT] = HTTP_METHOD_PUT + 1,
		[HTTP_PATCH] = HTTP_METHOD_PATCH + 1,
		[HTTP_DELETE] = HTTP_METHOD_DELETE + 1,
		[HTTP_OPTIONS] = HTTP_METHOD_OPTIONS + 1,
	};
	uint8_t method = parse->llhttp.method;

	parse->method = method < sizeof methods && methods[method] ? methods[method] - 1 : HTTP_METHOD_OTHER;
}

/* reg-name, IPv4 or bracketed IPv6 with an optional port: no byte that could start another part. */
static bool is_host(struct str host)
{
	for (size_t i = 0; i < host.len; i++) {
		unsigned char c = (unsigned char)host.at[i];
		if (c <= ' ' || c >= 0x7f || strchr("/?#@\\\"<>^`{|},", c))
			return false;
	}
	return true;
}

static struct http_span span_from(const struct http_parse *parse, const char *at, size_t len)
{
	return (struct http_span){(uint16_t)(at - parse->head), (uint16_t)len};
}

/* `*` for OPTIONS, a path, or an absolute http URL, whose host then counts (RFC 9112, 3.2). */
static bool read_target(struct http_parse *parse)
{
	struct str target = http_span_of(parse->head, parse->target);
	struct str rest = target;

	if (memchr(target.at, '#', target.len))
		return false;
	if (str_equal(target, STR("*"))) {
		parse->path = parse->target;
		return parse->method == HTTP_METHOD_OPTIONS;
	}
	if (target.at[0] != '/') {
		size_t scheme = 7;
		if (target.len > 8 && str_equal_nocase(str_n(target.at, 8), STR("https://")))
			scheme = 8;
		else if (target.len <= 7 || !str_equal_nocase(str_n(target.at, 7), STR("http://")))
			return false;
		rest = str_n(target.at + scheme, target.len - scheme);
		size_t host = 0;
		while (host < rest.len && rest.at[host] != '/' && rest.at[host] != '?')
			host++;
		if (host == 0 || !is_host(str_n(rest.at, host)))
			return false;
		parse->host = span_from(parse, rest.at, host);
		rest = str_n(rest.at + host, rest.len - host);
	}
	const char *mark = rest.len ? memchr(rest.at, '?', rest.len) : NULL;
	size_t path = mark ? (size_t)(mark - rest.at) : rest.len;
	parse->path = span_from(parse, rest.at, path);
	if (mark)
		parse->query = span_from(parse, mark + 1, rest.len - path - 1);
	return true;
}

struct seen {
	int hosts, lengths, codings;
};

static bool read_length(struct http_parse *parse, struct str value)
{
	return str_u64(value, &parse->content_length) && parse->content_length <= INT64_MAX;
}

/* RFC 9112 lets a tab stand beside a value. Where a request ends must not hang on it: who takes the tab for a part of the
 * value (nginx does) sees another length or coding, or none. */
static bool has_tab(const struct http_parse *parse, const struct http_field *field)
{
	const char *at = parse->head + field->name.at + field->name.len;

	while (*at != '\r' && *at != '\t')
		at++;
	return *at == '\t';
}

/* 0 or the status to refuse with. */
static int read_field(struct http_parse *parse, const struct http_field *field, struct seen *seen)
{
	struct str name = http_span_of(parse->head, field->name);
	struct str value = http_span_of(parse->head, field->value);

	switch (name.len) {
	case 4:
		if (!str_equal_nocase(name, STR("host")))
			return 0;
		if (seen->hosts++ || !is_host(value))
			return 400;
		if (parse->host.len == 0)
			parse->host = field->value;
		return 0;
	case 6:
		if (!str_equal_nocase(name, STR("expect")) || parse->http10)
			return 0;
		parse->expects_continue = str_equal_nocase(value, STR("100-continue"));
		return parse->expects_continue ? 0 : 417;
	case 14:
		if (!str_equal_nocase(name, STR("content-length")))
			return 0;
		return seen->lengths++ || has_tab(parse, field) || !read_length(parse, value) ? 400 : 0;
	case 17:
		if (!str_equal_nocase(name, STR("transfer-encoding")))
			return 0;
		parse->chunked = true;
		return seen->codings++ || parse->http10 || has_tab(parse, field) || !str_equal_nocase(value, STR("chunked"))
			? 400 : 0;
	}
	return 0;
}

/* 0 or the status to refuse with. */
static int read_head(struct http_parse *parse)
{
	struct seen seen = {0};
	int refusal = 0;

	if (!is_laid_out(parse) || !read_version(parse))
		return 400;
	read_method(parse);
	if (!read_target(parse))
		return 400;
	for (int i = 0; i < parse->fields_n; i++) {
		int status = read_field(parse, &parse->fields[i], &seen);
		if (status == 400)
			return 400;
		if (status)
			refusal = status;
	}
	if ((seen.lengths && seen.codings) || (!parse->http10 && seen.hosts != 1))
		return 400;
	return refusal;
}

enum http_parsed http_parse_feed(struct http_parse *parse, const char *head, size_t from, size_t to)
{
	ASSERT(from <= to && parse->status == 0);
	if (to > HTTP_HEAD_MAX)
		to = HTTP_HEAD_MAX;
	parse->head = head;
	llhttp_errno_t errno_ = llhttp_execute(&parse->llhttp, head + from, to - from);
	if (errno_ == HPE_OK) {
		if (to < HTTP_HEAD_MAX)
			return HTTP_PARSED_MORE;
		parse->status = 431;
		return HTTP_PARSED_BAD;
	}
	if (errno_ == HPE_PAUSED) {
		parse->head_len = (uint16_t)(llhttp_get_error_pos(&parse->llhttp) - head);
		parse->status = read_head(parse);
	} else if (parse->status == 0) {
		parse->status = 400;
	}
	return parse->status ? HTTP_PARSED_BAD : HTTP_PARSED_HEAD;
}
