/* conversation_read: which requests are in a connection's bytes: read plainly, all bytes at once, line by line, with nothing
 * of src/net. What http.h says is refused is refused here; where it leaves a choice (methods and hosts that we don't use) the
 * reading says that it is unsure and ends.
 *
 * Memory: a body is copied into `body`, as long as the whole text. */
#ifndef TESTS_FUZZ_CONVERSATION_READ_H
#define TESTS_FUZZ_CONVERSATION_READ_H

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define SPOKEN_HEAD_MAX (16 * 1024)
#define SPOKEN_TARGET_MAX (8 * 1024)
#define SPOKEN_BODY_MAX (64 * 1024)
#define SPOKEN_SMALL_MAX 16 /* of /small */

enum spoken {
	SPOKEN_TAKEN,
	SPOKEN_REFUSED,
	SPOKEN_CUT,    /* the text ends before the request does: no answer */
	SPOKEN_UNSURE, /* taken, refused or cut */
};

struct spoken_request {
	char method[16];
	struct str target, host, path, query;
	bool sound;           /* its head is as it should be */
	bool waits;           /* ... and a body follows it */
	bool http10, close, expects, streamed, chunked;
	bool early;           /* /stream?r with a body: refused by its handler, and the end */
	size_t at, head_end, end;
	size_t body_len;
};

struct spoken_text {
	struct str text;
	size_t at;
	char *body; /* of the request that was read last */
};

static inline bool spoken_is(struct str s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

static inline bool spoken_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool spoken_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!s.at[i] || !(spoken_alnum(s.at[i]) || strchr("!#$%&'*+-.^_`|~", s.at[i])))
			return false;
	return s.len > 0;
}

static inline bool spoken_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

static inline struct str spoken_trim(struct str s)
{
	while (s.len && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = str_n(s.at + 1, s.len - 1);
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Host names that everybody writes are taken, what begins another part of a URL is refused. */
static inline enum spoken spoken_host(struct str s)
{
	enum spoken verdict = SPOKEN_TAKEN;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] && (spoken_alnum(s.at[i]) || strchr(".-:[]", s.at[i])))
			continue;
		if (!s.at[i] || strchr("/?#@ \\", s.at[i]))
			return SPOKEN_REFUSED;
		verdict = SPOKEN_UNSURE;
	}
	return verdict;
}

static inline enum spoken spoken_target(struct spoken_request *request)
{
	struct str target = request->target;

	if (target.len == 0 || target.len > SPOKEN_TARGET_MAX)
		return SPOKEN_REFUSED;
	for (size_t i = 0; i < target.len; i++)
		if (target.at[i] <= ' ' || target.at[i] >= 0x7f || target.at[i] == '#')
			return SPOKEN_REFUSED;
	request->path = str_cut(target, '?', &request->query);
	if (spoken_is(target, "*"))
		return strcmp(request->method, "OPTIONS") == 0 ? SPOKEN_TAKEN : SPOKEN_REFUSED;
	if (target.at[0] == '/')
		return SPOKEN_TAKEN;
	size_t scheme = target.len > 7 && strncasecmp(target.at, "http://", 7) == 0    ? 7
			: target.len > 8 && strncasecmp(target.at, "https://", 8) == 0 ? 8 : 0;
	if (!scheme)
		return SPOKEN_REFUSED;
	size_t len = 0;
	while (scheme + len < target.len && !strchr("/?", target.at[scheme + len]))
		len++;
	request->host = str_n(target.at + scheme, len);
	request->path = str_cut(str_n(target.at + scheme + len, target.len - scheme - len), '?', &request->query);
	if (!request->path.len)
		request->path = STR("/");
	return len && spoken_host(request->host) == SPOKEN_TAKEN ? SPOKEN_TAKEN : SPOKEN_UNSURE;
}

static inline enum spoken spoken_method(struct spoken_request *request, struct str method)
{
	static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_equal(method, str_of(known[i]))) {
			memcpy(request->method, method.at, method.len);
			return SPOKEN_TAKEN;
		}
	for (size_t i = 0; i < method.len; i++)
		if ((method.at[i] < 'A' || method.at[i] > 'Z') && method.at[i] != '-')
			return SPOKEN_REFUSED;
	return method.len ? SPOKEN_UNSURE : SPOKEN_REFUSED;
}

/* Two verdicts on parts of one head. */
static inline enum spoken spoken_both(enum spoken a, enum spoken b)
{
	if (a == SPOKEN_REFUSED || b == SPOKEN_REFUSED)
		return SPOKEN_REFUSED;
	return a == SPOKEN_UNSURE ? a : b;
}

static inline enum spoken spoken_request_line(struct spoken_request *request, struct str line)
{
	struct str rest, version;
	struct str method = str_cut(line, ' ', &rest);

	request->target = str_cut(rest, ' ', &version);
	request->http10 = str_equal(version, STR("HTTP/1.0"));
	if (!request->http10 && !str_equal(version, STR("HTTP/1.1")))
		return SPOKEN_REFUSED;
	enum spoken verdict = spoken_method(request, method);
	return spoken_both(verdict, spoken_target(request));
}

struct spoken_fields {
	int n, hosts, lengths, codings;
	uint64_t length;
	bool close, keep;
};

static inline void spoken_connection(struct spoken_fields *fields, struct str value)
{
	while (value.len) {
		struct str word = spoken_trim(str_cut(value, ',', &value));
		fields->close |= spoken_is(word, "close");
		fields->keep |= spoken_is(word, "keep-alive");
	}
}

static inline enum spoken spoken_length(struct spoken_fields *fields, struct str value)
{
	if (fields->lengths++ || !spoken_digits(value))
		return SPOKEN_REFUSED;
	for (size_t i = 0; i < value.len; i++) {
		uint64_t digit = (uint64_t)(value.at[i] - '0');
		if (fields->length > ((uint64_t)INT64_MAX - digit) / 10)
			return SPOKEN_REFUSED;
		fields->length = fields->length * 10 + digit;
	}
	return SPOKEN_TAKEN;
}

static inline enum spoken spoken_field(
	struct spoken_request *request, struct spoken_fields *fields, struct str line)
{
	struct str rest, name = str_cut(line, ':', &rest), value = spoken_trim(rest);

	if (!memchr(line.at, ':', line.len) || !spoken_token(name) || ++fields->n > 100)
		return SPOKEN_REFUSED;
	for (size_t i = 0; i < value.len; i++)
		if ((value.at[i] >= 0 && value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] == 0x7f)
			return SPOKEN_REFUSED;
	bool tab = memchr(rest.at, '\t', rest.len) != NULL;
	if (spoken_is(name, "content-length"))
		return tab ? SPOKEN_REFUSED : spoken_length(fields, value);
	if (spoken_is(name, "transfer-encoding"))
		return fields->codings++ || tab || request->http10 || !spoken_is(value, "chunked") ? SPOKEN_REFUSED
													: SPOKEN_TAKEN;
	if (spoken_is(name, "host")) {
		if (!request->host.at)
			request->host = value;
		return fields->hosts++ ? SPOKEN_REFUSED : spoken_host(value);
	}
	if (spoken_is(name, "expect") && !request->http10) {
		request->expects = true;
		return spoken_is(value, "100-continue") ? SPOKEN_TAKEN : SPOKEN_REFUSED;
	}
	/* llhttp takes the second for the first, which only ends a connection earlier. */
	if (spoken_is(name, "connection") || spoken_is(name, "proxy-connection"))
		spoken_connection(fields, value);
	return SPOKEN_TAKEN;
}

/* `head` is all lines, each with its CRLF, without the empty one. */
static inline enum spoken spoken_head(struct spoken_request *request, struct spoken_fields *fields, struct str head)
{
	enum spoken verdict = SPOKEN_TAKEN;

	for (bool first = true; head.len; first = false) {
		const char *end = memmem(head.at, head.len, "\r\n", 2);
		struct str line = str_n(head.at, (size_t)(end - head.at));
		if (memchr(line.at, '\r', line.len) || memchr(line.at, '\n', line.len) || memchr(line.at, '\0', line.len))
			return SPOKEN_REFUSED;
		verdict = spoken_both(verdict, first ? spoken_request_line(request, line)
						     : spoken_field(request, fields, line));
		head = str_n(end + 2, head.len - line.len - 2);
	}
	if (fields->hosts > 1 || (!request->http10 && fields->hosts != 1) || (fields->lengths && fields->codings))
		return SPOKEN_REFUSED;
	request->chunked = fields->codings > 0;
	request->close = fields->close || (request->http10 && !fields->keep);
	return verdict;
}

/* --- bodies --- */

static inline size_t spoken_body_max(const struct spoken_request *request)
{
	if (request->streamed)
		return SIZE_MAX;
	return spoken_is(request->path, "/small") ? SPOKEN_SMALL_MAX : SPOKEN_BODY_MAX;
}

/* The next byte must be that. */
static inline enum spoken spoken_byte(struct spoken_text *from, char c)
{
	if (from->at == from->text.len)
		return SPOKEN_CUT;
	return from->text.at[from->at++] == c ? SPOKEN_TAKEN : SPOKEN_REFUSED;
}

static inline enum spoken spoken_crlf(struct spoken_text *from)
{
	enum spoken verdict = spoken_byte(from, '\r');

	return verdict == SPOKEN_TAKEN ? spoken_byte(from, '\n') : verdict;
}

/* Up to a CR; *room is what may still come. */
static inline enum spoken spoken_words(struct spoken_text *from, size_t *room)
{
	for (; from->at < from->text.len && from->text.at[from->at] != '\r'; from->at++) {
		char c = from->text.at[from->at];
		if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f || (*room)-- == 0)
			return SPOKEN_REFUSED;
	}
	return SPOKEN_TAKEN;
}

static inline enum spoken spoken_chunk_size(struct spoken_text *from, size_t *ret_size)
{
	static const char hex[] = "0123456789abcdef";
	size_t size = 0, digits = 0, room = 1024;

	for (; from->at < from->text.len; from->at++, digits++) {
		char c = from->text.at[from->at];
		const char *digit = c ? strchr(hex, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
		if (!digit)
			break;
		size = size * 16 + (size_t)(digit - hex);
	}
	if (digits > 8)
		return SPOKEN_REFUSED;
	if (from->at == from->text.len)
		return SPOKEN_CUT;
	if (digits == 0)
		return SPOKEN_REFUSED;
	if (from->text.at[from->at] == ';') {
		from->at++;
		if (spoken_words(from, &room) != SPOKEN_TAKEN)
			return SPOKEN_REFUSED;
	}
	*ret_size = size;
	return spoken_crlf(from);
}

static inline enum spoken spoken_trailers(struct spoken_text *from)
{
	size_t room = 8 * 1024;

	for (;;) {
		size_t at = from->at;
		if (spoken_words(from, &room) != SPOKEN_TAKEN)
			return SPOKEN_REFUSED;
		bool last = from->at == at;
		enum spoken verdict = spoken_crlf(from);
		if (verdict != SPOKEN_TAKEN || last)
			return verdict;
	}
}

/* `size` bytes of data. Who sends more than is wanted is refused when that much has come. */
static inline enum spoken spoken_data(struct spoken_text *from, struct spoken_request *request, size_t size)
{
	size_t here = from->text.len - from->at;
	size_t len = here < size ? here : size;

	if (len > spoken_body_max(request) - request->body_len)
		return SPOKEN_REFUSED;
	memcpy(from->body + request->body_len, from->text.at + from->at, len);
	request->body_len += len;
	from->at += len;
	if (len && request->streamed && str_starts(request->query, STR("r"))) {
		request->early = true;
		return SPOKEN_TAKEN;
	}
	return len < size ? SPOKEN_CUT : SPOKEN_TAKEN;
}

static inline enum spoken spoken_chunks(struct spoken_text *from, struct spoken_request *request)
{
	for (;;) {
		size_t size = 0;
		enum spoken verdict = spoken_chunk_size(from, &size);
		if (verdict != SPOKEN_TAKEN)
			return verdict;
		if (size == 0)
			return spoken_trailers(from);
		verdict = spoken_data(from, request, size);
		if (verdict != SPOKEN_TAKEN || request->early)
			return verdict;
		verdict = spoken_crlf(from);
		if (verdict != SPOKEN_TAKEN)
			return verdict;
	}
}

/* The next request, from `from->at` on, which moves behind it if it is taken. At a text's end: SPOKEN_CUT. */
static inline enum spoken spoken_next(struct spoken_text *from, struct spoken_request *ret_request)
{
	struct spoken_request request = {.at = from->at};
	struct spoken_fields fields = {0};
	struct str rest = str_n(from->text.at + from->at, from->text.len - from->at);
	size_t empty = 0;
	bool pairs = true;

	for (; empty < rest.len && (rest.at[empty] == '\r' || rest.at[empty] == '\n'); empty++)
		pairs &= rest.at[empty] == "\r\n"[empty % 2];
	pairs &= empty % 2 == 0;
	const char *end = empty < rest.len ? memmem(rest.at + empty, rest.len - empty, "\r\n\r\n", 4) : NULL;
	if (!end && rest.len < SPOKEN_HEAD_MAX)
		return empty == rest.len ? SPOKEN_CUT : SPOKEN_UNSURE;
	if (!end || end + 4 - rest.at > SPOKEN_HEAD_MAX)
		return SPOKEN_REFUSED;
	enum spoken verdict =
		pairs ? spoken_head(&request, &fields, str_n(rest.at + empty, (size_t)(end - rest.at) - empty + 2)) : SPOKEN_REFUSED;
	from->at += (size_t)(end - rest.at) + 4;
	request.head_end = from->at;
	request.sound = verdict == SPOKEN_TAKEN;
	request.waits = request.sound && (request.chunked || fields.length);
	request.streamed = str_starts(request.path, STR("/stream"));
	if (verdict == SPOKEN_TAKEN && request.chunked)
		verdict = spoken_chunks(from, &request);
	else if (verdict == SPOKEN_TAKEN && fields.length > spoken_body_max(&request))
		verdict = SPOKEN_REFUSED;
	else if (verdict == SPOKEN_TAKEN)
		verdict = spoken_data(from, &request, fields.length);
	request.end = from->at;
	*ret_request = request;
	return verdict;
}

#endif
