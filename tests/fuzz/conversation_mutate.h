/* conversation_mutate: changes a conversation (conversation_script.h) as one: whole requests come, go and change places, bodies
 * change their framing, headers are added, cuts move. Now and then libFuzzer's own changes, which know bytes alone. */
#ifndef TESTS_FUZZ_CONVERSATION_MUTATE_H
#define TESTS_FUZZ_CONVERSATION_MUTATE_H

#include "base/buf.h"
#include "base/hash.h"
#include "conversation_read.h"
#include "conversation_script.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#define PARTS_MAX 64

/* The bytes without cuts, divided into requests; what is behind the last one that is understood is a part too. */
struct parts {
	struct str text;
	struct str at[PARTS_MAX];
	struct spoken_request requests[PARTS_MAX];
	int n, sure;
};

static inline const char *pick(struct random *random, const char *const *words, size_t n)
{
	return words[random_below(random, (uint32_t)n)];
}
#define PICK(random, words) pick(random, words, sizeof words / sizeof *words)

static inline void divide(struct parts *parts)
{
	struct spoken_text from = {parts->text, 0, malloc(parts->text.len + 1)};

	parts->n = 0;
	while (from.at < from.text.len && parts->n < PARTS_MAX - 1) {
		size_t at = from.at;
		if (spoken_next(&from, &parts->requests[parts->n]) != SPOKEN_TAKEN || from.at == at) {
			from.at = at;
			break;
		}
		parts->at[parts->n++] = str_n(from.text.at + at, from.at - at);
	}
	parts->sure = parts->n;
	if (from.at < from.text.len)
		parts->at[parts->n++] = str_n(from.text.at + from.at, from.text.len - from.at);
	free(from.body);
}

static inline void put_chunks(struct random *random, struct buf *buf, struct str body)
{
	static const char *const extensions[] = {"", "", "", ";a", ";a=\"b\"", " ", "\t"};
	static const char *const ends[] = {"0\r\n\r\n", "0\r\n\r\n", "000\r\nX-Sum: 1\r\n\r\n", "0;x\r\n\r\n", "0\r\nContent-Length: 3\r\n\r\n"};

	while (body.len) {
		size_t n = 1 + random_below(random, (uint32_t)body.len);
		buf_fmt(buf, random_below(random, 2) ? "%zx" : "0%zX", n);
		buf_lit(buf, PICK(random, extensions));
		buf_lit(buf, "\r\n");
		buf_str(buf, str_n(body.at, n));
		buf_lit(buf, "\r\n");
		body = str_n(body.at + n, body.len - n);
	}
	buf_lit(buf, PICK(random, ends));
}

static inline void put_request(struct random *random, struct buf *buf, struct str body)
{
	static const char *const methods[] = {"GET", "POST", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS"};
	static const char *const targets[] = {"/a", "/later", "/long", "/close", "/none", "/small", "/stream", "/stream?p", "/stream?l",
		"/stream?r", "/stream?pl", "http://h/x?y", "/?", "/later?x=y"};
	static const char *const headers[] = {"", "", "Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n",
		"X: y\r\n", "Content-Type: application/x-ndjson\r\n"};
	bool http10 = random_below(random, 6) == 0;

	buf_fmt(buf, "%s %s HTTP/1.%d\r\n", PICK(random, methods), PICK(random, targets), !http10);
	if (!http10 || random_below(random, 2))
		buf_lit(buf, "Host: h\r\n");
	buf_lit(buf, PICK(random, headers));
	if (body.len && !http10 && random_below(random, 2)) {
		buf_lit(buf, "Transfer-Encoding: chunked\r\n\r\n");
		put_chunks(random, buf, body);
		return;
	}
	if (body.len)
		buf_fmt(buf, "Content-Length: %zu\r\n", body.len);
	buf_lit(buf, "\r\n");
	buf_str(buf, body);
}

/* A header more, somewhere in the head. */
static inline void put_header(struct random *random, struct buf *buf, struct str part)
{
	static const char *const headers[] = {"Host: h\r\n", "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Content-Length:\t5\r\n",
		"Content-Length: +5\r\n", "Content-Length: 5, 5\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: Chunked\r\n",
		"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding : chunked\r\n",
		"Connection: close\r\n", "Connection: keep-alive\r\n", "Connection: x, Close ,y\r\n", "Connection: upgrade\r\nUpgrade: h2c\r\n",
		"Expect: 100-continue\r\n", "Expect: else\r\n", "X: y\n", "X: y\r", " folded\r\n", ": empty\r\n", "X:\r\n", "X:\t y \t\r\n",
		"X\xff: y\r\n", "\r\n", "Proxy-Connection: close\r\n"};
	const char *end = memmem(part.at, part.len, "\r\n", 2);
	size_t at = end ? (size_t)(end - part.at) + 2 : 0;

	while (end && random_below(random, 2)) {
		end = memmem(part.at + at, part.len - at, "\r\n", 2);
		if (!end || (size_t)(end - part.at) == at)
			break;
		at = (size_t)(end - part.at) + 2;
	}
	buf_str(buf, str_n(part.at, at));
	buf_lit(buf, PICK(random, headers));
	buf_str(buf, str_n(part.at + at, part.len - at));
}

/* What some servers forgive, somewhere. */
static inline void put_hostile(struct random *random, struct buf *buf, struct str part)
{
	static const char *const pieces[] = {"\n", "\r", "\r\n", " ", "\t", "\v", "\x7f", "\x80", ",", ";", ":", "#", "0", "-", "0x",
		"\xfe\x20", "\xfe\x80", "\xfe\xff", "\r\n\r\n", "0\r\n\r\n", "GET /a HTTP/1.1\r\n"};
	size_t at = part.len ? random_below(random, (uint32_t)part.len) : 0;

	buf_str(buf, str_n(part.at, at));
	buf_lit(buf, PICK(random, pieces));
	size_t skip = random_below(random, 3) == 0 && at < part.len;
	buf_str(buf, str_n(part.at + at + skip, part.len - at - skip));
}

/* Chunks become one body with its length, or the other way round. */
static inline void put_reframed(struct random *random, struct buf *buf, struct str text, const struct spoken_request *request)
{
	struct str head = str_n(text.at + request->at, request->head_end - request->at - 2);
	struct spoken_text from = {str_n(text.at, request->end), request->at, malloc(text.len + 1)};
	struct spoken_request again;

	spoken_next(&from, &again);
	struct str body = str_n(from.body, again.body_len);
	while (head.len) {
		const char *end = memmem(head.at, head.len, "\r\n", 2);
		struct str line = str_n(head.at, (size_t)(end - head.at) + 2);
		if (strncasecmp(line.at, "content-l", 9) != 0 && strncasecmp(line.at, "transfer-", 9) != 0)
			buf_str(buf, line);
		head = str_n(head.at + line.len, head.len - line.len);
	}
	if (request->chunked || request->http10) {
		buf_fmt(buf, "Content-Length: %zu\r\n\r\n", body.len);
		buf_str(buf, body);
	} else {
		buf_lit(buf, "Transfer-Encoding: chunked\r\n\r\n");
		put_chunks(random, buf, body);
	}
	free(from.body);
}

static inline void put_changed(struct random *random, struct buf *buf, const struct parts *parts, int which)
{
	static const char *const bodies[] = {"", "hello", "{\"a\":1}\n{\"b\":2}\n", "0\r\n\r\n", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
		"seventeen bytes!!", "a=b&c=d"};
	struct str part = parts->at[which];

	switch (random_below(random, 9)) {
	case 0:
		break;
	case 1:
		buf_str(buf, part);
		buf_str(buf, part);
		break;
	case 2:
	case 3:
		put_request(random, buf, str_of(PICK(random, bodies)));
		buf_str(buf, part);
		break;
	case 4:
		buf_str(buf, part);
		put_request(random, buf, str_of(PICK(random, bodies)));
		break;
	case 5:
		buf_str(buf, parts->at[random_below(random, (uint32_t)parts->n)]);
		break;
	case 6:
		put_header(random, buf, part);
		break;
	case 7:
		put_hostile(random, buf, part);
		break;
	default:
		if (which < parts->sure)
			put_reframed(random, buf, parts->text, &parts->requests[which]);
		else
			buf_str(buf, str_n(part.at, random_below(random, (uint32_t)part.len + 1)));
	}
}

/* The bytes with some cuts, by chance: none, a few anywhere, or at every turn. */
static inline size_t with_cuts(struct random *random, struct str bytes, uint8_t *data, size_t max_size)
{
	static const uint32_t odds[] = {0, 0, 200, 60, 20, 4};
	uint32_t odd = odds[random_below(random, sizeof odds / sizeof *odds)];
	size_t size = 0;

	for (size_t i = 0; i < bytes.len && size + 2 < max_size; i++) {
		bool behind_head = i >= 4 && memcmp(bytes.at + i - 4, "\r\n\r\n", 4) == 0;
		if (odd && (random_below(random, odd) == 0 || (behind_head && random_below(random, 2))))
			data[size++] = SCRIPT_CUT;
		data[size++] = (uint8_t)bytes.at[i];
	}
	return size;
}

static inline size_t conversation_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static struct parts parts;
	struct random random = {seed};
	struct buf buf;
	size_t len = 0;

	if (random_below(&random, 4) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	char *bytes = malloc(size + 1);
	for (size_t i = 0; i < size; i++)
		if (data[i] != SCRIPT_CUT)
			bytes[len++] = (char)data[i];
	parts.text = str_n(bytes, len);
	buf_init(&buf, 1 << 20);
	divide(&parts);
	int which = parts.n ? (int)random_below(&random, (uint32_t)parts.n) : 0;
	if (!parts.n)
		put_request(&random, &buf, STR("hello"));
	for (int i = 0; i < parts.n; i++) {
		if (i == which)
			put_changed(&random, &buf, &parts, i);
		else
			buf_str(&buf, parts.at[i]);
	}
	size_t now = with_cuts(&random, buf_text(&buf), data, max_size);
	buf_done(&buf);
	free(bytes);
	return now ? now : LLVMFuzzerMutate(data, size, max_size);
}

#endif
