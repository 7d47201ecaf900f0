/* The head parser and the chunk decoder as functions of bytes: what they read, what they refuse, and that
 * it makes no difference where the bytes were cut. Every input ends at an unreadable page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/http_chunks.h"
#include "net/http_parse.h"

#define HOST "Host: a\r\n"

static char *pages;
static size_t pages_len;

/* A copy whose last byte is the last readable one. */
static const char *at_edge(struct str s)
{
	char *to = pages + pages_len - s.len;

	assert_true(s.len <= pages_len);
	if (s.len)
		memcpy(to, s.at, s.len);
	return to;
}

static int map_pages(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)state;
	pages_len = 32 * 1024;
	pages = mmap(NULL, pages_len + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return pages == MAP_FAILED || mprotect(pages + pages_len, page, PROT_NONE) != 0;
}

static int unmap_pages(void **state)
{
	(void)state;
	return munmap(pages, pages_len + (size_t)sysconf(_SC_PAGESIZE));
}

/* ---- heads ---- */

static enum http_parsed parse_cut(struct http_parse *parse, struct str text, size_t cut)
{
	http_parse_init(parse);
	enum http_parsed parsed = HTTP_PARSED_MORE;
	if (cut)
		parsed = http_parse_feed(parse, at_edge(str_n(text.at, cut)), 0, cut);
	if (parsed == HTTP_PARSED_MORE)
		parsed = http_parse_feed(parse, at_edge(text), cut, text.len);
	return parsed;
}

static enum http_parsed parse_bytewise(struct http_parse *parse, struct str text)
{
	enum http_parsed parsed = HTTP_PARSED_MORE;

	http_parse_init(parse);
	for (size_t i = 0; i < text.len && parsed == HTTP_PARSED_MORE; i++)
		parsed = http_parse_feed(parse, at_edge(str_n(text.at, i + 1)), i, i + 1);
	return parsed;
}

static void assert_same_span(struct http_span a, struct http_span b)
{
	assert_int_equal(a.len, b.len);
	if (a.len)
		assert_int_equal(a.at, b.at);
}

static void assert_same(const struct http_parse *a, const struct http_parse *b)
{
	assert_int_equal(a->method, b->method);
	assert_same_span(a->target, b->target);
	assert_same_span(a->path, b->path);
	assert_same_span(a->query, b->query);
	assert_same_span(a->host, b->host);
	assert_int_equal(a->head_len, b->head_len);
	assert_int_equal(a->http10, b->http10);
	assert_int_equal(a->keep_alive, b->keep_alive);
	assert_int_equal(a->chunked, b->chunked);
	assert_int_equal(a->expects_continue, b->expects_continue);
	assert_int_equal(a->content_length, b->content_length);
	assert_int_equal(a->fields_n, b->fields_n);
	for (int i = 0; i < a->fields_n; i++) {
		assert_same_span(a->fields[i].name, b->fields[i].name);
		assert_same_span(a->fields[i].value, b->fields[i].value);
	}
}

/* Parses whole, cut in two at every byte, and byte by byte; all must agree. 0, or the refusal's status. */
static int parse_all_ways(struct http_parse *ret_parse, struct str text)
{
	static struct http_parse whole, other;
	enum http_parsed parsed = parse_cut(&whole, text, 0);

	for (size_t cut = 1; cut <= text.len; cut++) {
		bool last = cut == text.len;
		enum http_parsed again = last ? parse_bytewise(&other, text) : parse_cut(&other, text, cut);
		assert_int_equal(again, parsed);
		assert_int_equal(other.status, whole.status);
		if (parsed == HTTP_PARSED_HEAD)
			assert_same(&whole, &other);
	}
	assert_int_not_equal(parsed, HTTP_PARSED_MORE);
	*ret_parse = whole;
	return whole.status;
}

static int status_of(struct str text)
{
	static struct http_parse parse;

	return parse_all_ways(&parse, text);
}

#define assert_refused(status, literal) assert_int_equal(status_of(STR(literal)), status)
#define assert_taken(literal) assert_int_equal(status_of(STR(literal)), 0)

static void assert_text(struct str text, struct http_span span, const char *expected)
{
	struct str got = http_span_of(text.at, span);

	assert_int_equal(got.len, strlen(expected));
	assert_memory_equal(got.at, expected, got.len);
}

static void a_whole_head_is_split_into_its_parts(void **state)
{
	static struct http_parse parse;
	struct str text =
		STR("POST /v1/calls?a=b&c HTTP/1.1\r\nHost: vn.example.com:8080\r\nContent-Length: 12\r\n"
		    "X-Empty:\r\nX-Spaces: \t two words \t\r\nx-last:1\r\n\r\nbody follows");

	(void)state;
	assert_int_equal(parse_all_ways(&parse, text), 0);
	assert_int_equal(parse.method, HTTP_METHOD_POST);
	assert_text(text, parse.target, "/v1/calls?a=b&c");
	assert_text(text, parse.path, "/v1/calls");
	assert_text(text, parse.query, "a=b&c");
	assert_text(text, parse.host, "vn.example.com:8080");
	assert_int_equal(parse.fields_n, 5);
	assert_text(text, parse.fields[2].name, "X-Empty");
	assert_text(text, parse.fields[2].value, "");
	assert_text(text, parse.fields[3].value, "two words");
	assert_text(text, parse.fields[4].name, "x-last");
	assert_text(text, parse.fields[4].value, "1");
	assert_int_equal(parse.content_length, 12);
	assert_int_equal(parse.head_len, text.len - 12);
	assert_true(parse.keep_alive);
	assert_false(parse.http10);
}

static void methods_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum http_method method;
	} rows[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", HTTP_METHOD_GET},
		{"HEAD / HTTP/1.1\r\n" HOST "\r\n", HTTP_METHOD_HEAD},
		{"PUT / HTTP/1.1\r\n" HOST "\r\n", HTTP_METHOD_PUT},
		{"PATCH / HTTP/1.1\r\n" HOST "\r\n", HTTP_METHOD_PATCH},
		{"DELETE / HTTP/1.1\r\n" HOST "\r\n", HTTP_METHOD_DELETE},
		{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", HTTP_METHOD_OPTIONS},
		{"PROPFIND / HTTP/1.1\r\n" HOST "\r\n", HTTP_METHOD_OTHER},
	};
	static struct http_parse parse;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(parse_all_ways(&parse, str_of(rows[i].text)), 0);
		assert_int_equal(parse.method, rows[i].method);
	}
	assert_refused(400, "BREW / HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "get / HTTP/1.1\r\n" HOST "\r\n");
}

static void keep_alive_follows_the_version(void **state)
{
	static struct http_parse parse;

	(void)state;
	parse_all_ways(&parse, STR("GET / HTTP/1.1\r\n" HOST "Connection: foo, close\r\n\r\n"));
	assert_false(parse.keep_alive);
	parse_all_ways(&parse, STR("GET / HTTP/1.0\r\n\r\n"));
	assert_true(parse.http10);
	assert_false(parse.keep_alive);
	parse_all_ways(&parse, STR("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
	assert_true(parse.keep_alive);
	parse_all_ways(&parse, STR("GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"));
	assert_true(parse.keep_alive);
}

static void an_absolute_target_names_the_host(void **state)
{
	static struct http_parse parse;
	struct str text = STR("GET http://b.example:81/x?y HTTP/1.1\r\n" HOST "\r\n");

	(void)state;
	assert_int_equal(parse_all_ways(&parse, text), 0);
	assert_text(text, parse.host, "b.example:81");
	assert_text(text, parse.path, "/x");
	assert_text(text, parse.query, "y");
	text = STR("GET HTTPS://b?q HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(parse_all_ways(&parse, text), 0);
	assert_text(text, parse.host, "b");
	assert_int_equal(parse.path.len, 0);
	assert_text(text, parse.query, "q");
}

static void bad_targets_are_refused(void **state)
{
	(void)state;
	assert_refused(400, "GET foo HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET * HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET http:///x HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET http://u@b/x HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET /a#b HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET /a\tb HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET /a\x80 HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET /\0 HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET  / HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET /  HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "GET / \r\n" HOST "\r\n");
	assert_refused(400, "GET /\r\n" HOST "\r\n");
}

static void other_versions_are_refused(void **state)
{
	(void)state;
	assert_refused(400, "GET / HTTP/0.9\r\n" HOST "\r\n");
	assert_refused(400, "GET / HTTP/1.2\r\n" HOST "\r\n");
	assert_refused(400, "GET / HTTP/2.0\r\n" HOST "\r\n");
	assert_refused(400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	assert_refused(400, "GET / http/1.1\r\n" HOST "\r\n");
	assert_refused(400, "SOURCE / ICE/1.0\r\n" HOST "\r\n");
	assert_refused(400, "OPTIONS / RTSP/1.0\r\n" HOST "\r\n");
	assert_refused(400, "GET / HTTP/1.1 \r\n" HOST "\r\n");
	assert_refused(400, "GET / HTTP/1.10\r\n" HOST "\r\n");
}

static void two_lengths_or_a_length_with_a_coding_are_refused(void **state)
{
	(void)state;
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n");
	assert_refused(
		400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
	assert_refused(
		400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n");
}

static void only_a_lone_chunked_coding_is_taken(void **state)
{
	static struct http_parse parse;

	(void)state;
	assert_int_equal(
		parse_all_ways(&parse, STR("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n")),
		0);
	assert_true(parse.chunked);
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST
			    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
}

static void a_tab_beside_a_length_or_a_coding_is_refused(void **state)
{
	(void)state;
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\tchunked\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\t\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \t chunked\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\t1\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\t\r\n\r\n");
	assert_taken("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:   chunked  \r\n\r\n");
	assert_taken("POST / HTTP/1.1\r\n" HOST "Content-Length:  1  \r\nX:\ta\t\r\n\r\n");
}

static void broken_header_lines_are_refused(void **state)
{
	(void)state;
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X\0: a\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "\rX: b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\n" HOST "\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X\t: a\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST " X: a\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n X: a\r\n" HOST "\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n: a\r\n" HOST "\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST ":\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\r\n folded\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X:\r\n folded\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X: a\r\n\tfolded\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n 2\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\n" HOST "X(y): a\r\n\r\n");
	assert_taken("GET / HTTP/1.1\r\n" HOST "X: \x80\xff\tz\r\n\r\n");
}

static void a_missing_second_or_broken_host_is_refused(void **state)
{
	(void)state;
	assert_refused(400, "GET / HTTP/1.1\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\nX: y\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
	assert_refused(400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n");
	assert_refused(400, "GET http://a/ HTTP/1.1\r\n\r\n");
	assert_taken("GET / HTTP/1.1\r\nHost:\r\n\r\n");
	assert_taken("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n");
	assert_taken("GET / HTTP/1.0\r\n\r\n");
}

static void only_100_continue_may_be_expected(void **state)
{
	static struct http_parse parse;

	(void)state;
	parse_all_ways(&parse, STR("POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n"));
	assert_true(parse.expects_continue);
	assert_refused(417, "POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n");
	assert_refused(400, "POST / HTTP/1.1\r\nExpect: tea\r\n\r\n");
	assert_int_equal(parse_all_ways(&parse, STR("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")), 0);
	assert_false(parse.expects_continue);
}

static void empty_lines_before_a_request_are_skipped(void **state)
{
	static struct http_parse parse;
	struct str text = STR("\r\n\r\nGET /x HTTP/1.1\r\n" HOST "\r\n");

	(void)state;
	assert_int_equal(parse_all_ways(&parse, text), 0);
	assert_text(text, parse.target, "/x");
	assert_refused(400, "\nGET / HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "\r\rGET / HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, " GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_refused(400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
}

/* Whole and byte by byte only: all cuts of 16 KiB would be slow. */
static int status_of_long(const struct buf *buf)
{
	static struct http_parse whole, slow;
	struct str text = buf_text(buf);

	assert_true(buf_ok(buf));
	enum http_parsed parsed = parse_cut(&whole, text, 0);
	assert_int_equal(parse_bytewise(&slow, text), parsed);
	assert_int_equal(slow.status, whole.status);
	assert_int_not_equal(parsed, HTTP_PARSED_MORE);
	return whole.status;
}

static void buf_repeat(struct buf *buf, char c, size_t n)
{
	while (n--)
		buf_char(buf, c);
}

static void targets_and_heads_have_a_largest_size(void **state)
{
	struct buf buf;

	(void)state;
	for (size_t over = 0; over <= 1; over++) {
		buf_init(&buf, 64 * 1024);
		buf_lit(&buf, "GET /");
		buf_repeat(&buf, 'a', HTTP_TARGET_MAX - 1 + over);
		buf_lit(&buf, " HTTP/1.1\r\n" HOST "\r\n");
		assert_int_equal(status_of_long(&buf), over ? 414 : 0);
		buf_reset(&buf);
		buf_lit(&buf, "GET / HTTP/1.1\r\n" HOST "X: ");
		buf_repeat(&buf, 'a', HTTP_HEAD_MAX - buf.len - 4 + over);
		buf_lit(&buf, "\r\n\r\n");
		assert_int_equal(status_of_long(&buf), over ? 431 : 0);
		buf_reset(&buf);
		buf_lit(&buf, "GET / HTTP/1.1\r\n" HOST);
		for (size_t i = 1; i < HTTP_HEADERS_MAX + over; i++)
			buf_lit(&buf, "X: y\r\n");
		buf_lit(&buf, "\r\n");
		assert_int_equal(status_of_long(&buf), over ? 431 : 0);
		buf_done(&buf);
	}
	buf_init(&buf, 64 * 1024);
	buf_lit(&buf, "GET /");
	buf_repeat(&buf, 'a', HTTP_TARGET_MAX);
	assert_int_equal(status_of_long(&buf), 414);
	buf_done(&buf);
}

/* ---- chunks ---- */

/* Decodes in steps of `step` bytes; the state at the end and what was decoded. */
static enum http_chunks_state decode(struct str text, size_t step, struct buf *ret_body, size_t *ret_used)
{
	struct http_chunks chunks = http_chunks_start();
	size_t used = 0;

	buf_reset(ret_body);
	while (used < text.len && chunks.state < HTTP_CHUNKS_END) {
		size_t len = text.len - used < step ? text.len - used : step;
		struct str piece;
		used += http_chunks_next(&chunks, str_n(at_edge(str_n(text.at + used, len)), len), &piece);
		buf_str(ret_body, piece);
	}
	*ret_used = used;
	return chunks.state;
}

static void assert_decodes(struct str text, enum http_chunks_state state, const char *body, size_t rest)
{
	struct buf whole, cut;
	size_t whole_used, cut_used;

	buf_init(&whole, 64 * 1024);
	buf_init(&cut, 64 * 1024);
	assert_int_equal(decode(text, text.len, &whole, &whole_used), state);
	for (size_t step = 1; step < text.len; step++) {
		assert_int_equal(decode(text, step, &cut, &cut_used), state);
		assert_int_equal(cut_used, whole_used);
		assert_true(str_equal(buf_text(&cut), buf_text(&whole)));
	}
	if (body) {
		assert_true(str_equal(buf_text(&whole), str_of(body)));
		assert_int_equal(text.len - whole_used, rest);
	}
	buf_done(&whole);
	buf_done(&cut);
}

static void chunks_are_joined(void **state)
{
	(void)state;
	assert_decodes(STR("5\r\nhello\r\n0\r\n\r\nGET"), HTTP_CHUNKS_END, "hello", 3);
	assert_decodes(STR("0\r\n\r\n"), HTTP_CHUNKS_END, "", 0);
	assert_decodes(STR("0A;x=\"y\"\r\n0123456789\r\n1\r\n!\r\n000\r\nTrailer: x\r\nB: c\r\n\r\n"),
		HTTP_CHUNKS_END, "0123456789!", 0);
	assert_decodes(STR("a\r\nshort"), HTTP_CHUNKS_DATA, "short", 0);
}

static void broken_chunks_are_refused(void **state)
{
	(void)state;
	assert_decodes(STR("\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("x\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("-1\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("0x1\r\na\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("1 \r\na\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR(" 1\r\na\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("1\na\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("1\r\nab\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("1\r\na\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("1\r\na\rX"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("1;a\nb\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("1;a\rb\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("000000001\r\na"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("0\r\nA: \0\r\n\r\n"), HTTP_CHUNKS_BAD, NULL, 0);
	assert_decodes(STR("0\r\n\rX"), HTTP_CHUNKS_BAD, NULL, 0);
}

static void extensions_and_trailers_have_a_largest_size(void **state)
{
	struct buf buf, body;
	size_t used;

	(void)state;
	buf_init(&buf, 64 * 1024);
	buf_init(&body, 64 * 1024);
	buf_lit(&buf, "1;");
	buf_repeat(&buf, 'x', 2000);
	assert_int_equal(decode(buf_text(&buf), buf.len, &body, &used), HTTP_CHUNKS_BAD);
	buf_reset(&buf);
	buf_lit(&buf, "0\r\n");
	for (int i = 0; i < 1000; i++)
		buf_lit(&buf, "A: bcdefghij\r\n");
	assert_int_equal(decode(buf_text(&buf), buf.len, &body, &used), HTTP_CHUNKS_BAD);
	buf_done(&buf);
	buf_done(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_head_is_split_into_its_parts),
		cmocka_unit_test(methods_are_told_apart),
		cmocka_unit_test(keep_alive_follows_the_version),
		cmocka_unit_test(an_absolute_target_names_the_host),
		cmocka_unit_test(bad_targets_are_refused),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(two_lengths_or_a_length_with_a_coding_are_refused),
		cmocka_unit_test(only_a_lone_chunked_coding_is_taken),
		cmocka_unit_test(a_tab_beside_a_length_or_a_coding_is_refused),
		cmocka_unit_test(broken_header_lines_are_refused),
		cmocka_unit_test(a_missing_second_or_broken_host_is_refused),
		cmocka_unit_test(only_100_continue_may_be_expected),
		cmocka_unit_test(empty_lines_before_a_request_are_skipped),
		cmocka_unit_test(targets_and_heads_have_a_largest_size),
		cmocka_unit_test(chunks_are_joined),
		cmocka_unit_test(broken_chunks_are_refused),
		cmocka_unit_test(extensions_and_trailers_have_a_largest_size),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, map_pages, unmap_pages);
}
