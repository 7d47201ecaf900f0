#include "net/http_exchange.h"

#include <stdlib.h>

#include "base/check.h"

#define FREE_MAX 1024
#define CONTENT_FIRST 4096

struct http_exchange *http_exchange_take(struct http_exchanges *exchanges)
{
	struct http_exchange *exchange = exchanges->free;

	if (exchange) {
		exchanges->free = exchange->next;
		exchanges->free_n--;
	} else {
		exchange = malloc(sizeof *exchange);
		if (!exchange)
			return NULL;
		arena_init(&exchange->arena, HTTP_ARENA_MAX);
	}
	struct arena arena = exchange->arena;
	memset(exchange, 0, offsetof(struct http_exchange, arena));
	exchange->arena = arena;
	exchange->bytes = exchange->room;
	http_parse_init(&exchange->parse);
	return exchange;
}

static bool content_is_own(const struct http_exchange *exchange)
{
	return exchange->content && exchange->content != exchange->bytes + exchange->head_len;
}

static void let_go(struct http_exchange *exchange)
{
	if (content_is_own(exchange))
		free(exchange->content);
	if (exchange->bytes != exchange->room)
		free(exchange->bytes);
	buf_done(&exchange->held);
}

void http_exchange_give(struct http_exchanges *exchanges, struct http_exchange *exchange)
{
	let_go(exchange);
	if (exchanges->free_n == FREE_MAX) {
		arena_done(&exchange->arena);
		free(exchange);
		return;
	}
	arena_reset(&exchange->arena);
	exchange->next = exchanges->free;
	exchanges->free = exchange;
	exchanges->free_n++;
}

void http_exchanges_done(struct http_exchanges *exchanges)
{
	struct http_exchange *exchange = exchanges->free;

	while (exchange) {
		struct http_exchange *next = exchange->next;
		arena_done(&exchange->arena);
		free(exchange);
		exchange = next;
	}
	*exchanges = (struct http_exchanges){0};
}

bool http_exchange_keep_head(struct http_exchange *exchange, struct str bytes)
{
	size_t len = exchange->head_len + bytes.len;

	ASSERT(len <= HTTP_HEAD_MAX);
	if (len > sizeof exchange->room && exchange->bytes == exchange->room) {
		char *heap = malloc(HTTP_HEAD_MAX);
		if (!heap)
			return false;
		memcpy(heap, exchange->room, exchange->head_len);
		exchange->bytes = heap;
	}
	memcpy(exchange->bytes + exchange->head_len, bytes.at, bytes.len);
	exchange->head_len = len;
	return true;
}

void http_exchange_fill(struct http_exchange *exchange)
{
	const struct http_parse *parse = &exchange->parse;
	struct http_request *request = &exchange->request;
	const char *head = exchange->bytes;

	request->method = parse->method;
	request->target = http_span_of(head, parse->target);
	request->path = parse->path.len ? http_span_of(head, parse->path) : STR("/");
	request->query = http_span_of(head, parse->query);
	request->host = http_span_of(head, parse->host);
	request->headers_n = parse->fields_n;
	for (int i = 0; i < parse->fields_n; i++) {
		request->headers[i].name = http_span_of(head, parse->fields[i].name);
		request->headers[i].value = http_span_of(head, parse->fields[i].value);
	}
	request->body = STR_NONE;
	request->arena = &exchange->arena;
	request->stream = NULL;
}

bool http_exchange_expect_body(struct http_exchange *exchange, size_t len)
{
	if (exchange->bytes == exchange->room && len <= sizeof exchange->room - exchange->head_len) {
		exchange->content = exchange->bytes + exchange->head_len;
		exchange->content_size = sizeof exchange->room - exchange->head_len;
		return true;
	}
	exchange->content = malloc(len);
	exchange->content_size = len;
	return exchange->content != NULL;
}

static bool grow(struct http_exchange *exchange, size_t len)
{
	size_t size = exchange->content_size * 2 > CONTENT_FIRST ? exchange->content_size * 2 : CONTENT_FIRST;

	if (size < len)
		size = len;
	char *content = realloc(content_is_own(exchange) ? exchange->content : NULL, size);
	if (!content)
		return false;
	if (exchange->content_len && !content_is_own(exchange))
		memcpy(content, exchange->content, exchange->content_len);
	exchange->content = content;
	exchange->content_size = size;
	return true;
}

enum err http_exchange_keep_body(struct http_exchange *exchange, struct str bytes)
{
	if (bytes.len == 0)
		return ERR_OK;
	if (bytes.len > exchange->body_max - exchange->content_len)
		return ERR_TOO_LARGE;
	size_t len = exchange->content_len + bytes.len;
	if (len > exchange->content_size && !grow(exchange, len))
		return ERR_INTERNAL;
	memcpy(exchange->content + exchange->content_len, bytes.at, bytes.len);
	exchange->content_len = len;
	return ERR_OK;
}
