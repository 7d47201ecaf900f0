/* conversation_heard: the answers in what a peer of the server has read, with their bodies checked against their framing.
 *
 * Memory: spans of the text that it was given. */
#ifndef TESTS_FUZZ_CONVERSATION_HEARD_H
#define TESTS_FUZZ_CONVERSATION_HEARD_H

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/str.h"

struct heard {
	int status;
	bool close, keep_alive;
	struct str saw;    /* X-Saw: what the handler saw */
	uint64_t body;     /* hash */
	size_t body_len;
};

static inline uint64_t heard_hash(uint64_t hash, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.at[i]) * 0x100000001b3u;
	return hash;
}

#define HEARD_HASH 0xcbf29ce484222325u

struct heard_frame {
	bool chunked, has_length;
	size_t length;
};

static inline void heard_field(struct heard *heard, struct heard_frame *frame, struct str line)
{
	struct str rest, name = str_cut(line, ':', &rest), value = str_trim(rest);
	uint64_t number = 0;

	ASSERT(memchr(line.at, ':', line.len));
	if (str_equal(name, STR("Content-Length"))) {
		ASSERT(!frame->has_length && str_u64(value, &number));
		frame->has_length = true;
		frame->length = number;
	} else if (str_equal(name, STR("Transfer-Encoding"))) {
		ASSERT(!frame->chunked && str_equal(value, STR("chunked")));
		frame->chunked = true;
	} else if (str_equal(name, STR("Connection"))) {
		heard->close = str_equal(value, STR("close"));
		heard->keep_alive = str_equal(value, STR("keep-alive"));
		ASSERT(heard->close || heard->keep_alive);
	} else if (str_equal(name, STR("X-Saw"))) {
		heard->saw = value;
	}
}

/* A chunk at `text`: its data; false if it is not whole. */
static inline bool heard_chunk(struct str text, struct str *ret_data, size_t *ret_len)
{
	const char *end = memmem(text.at, text.len, "\r\n", 2);
	char *stopped;

	if (!end)
		return false;
	size_t size = strtoul(text.at, &stopped, 16), line = (size_t)(end - text.at) + 2;
	ASSERT(stopped == end);
	if (text.len < line + size + 2)
		return false;
	ASSERT(memcmp(text.at + line + size, "\r\n", 2) == 0);
	*ret_data = str_n(text.at + line, size);
	*ret_len = line + size + 2;
	return true;
}

static inline bool heard_chunks(struct heard *heard, struct str text, size_t *ret_len)
{
	size_t at = 0, len;
	struct str data;

	do {
		if (!heard_chunk(str_n(text.at + at, text.len - at), &data, &len))
			return false;
		heard->body = heard_hash(heard->body, data);
		heard->body_len += data.len;
		at += len;
	} while (data.len);
	*ret_len = at;
	return true;
}

static inline bool heard_body(
	struct heard *heard, const struct heard_frame *frame, struct str text, bool ended, size_t *ret_len)
{
	if (frame->chunked)
		return heard_chunks(heard, text, ret_len);
	size_t len = frame->has_length ? frame->length : text.len;
	if (text.len < len || (!frame->has_length && !ended))
		return false;
	heard->body = heard_hash(HEARD_HASH, str_n(text.at, len));
	heard->body_len = *ret_len = len;
	return true;
}

/* The answer that `text` begins with; 0 if it is not whole yet, else its length. `head`: to HEAD. `ended`: no more comes. */
static inline size_t heard_next(struct str text, bool head, bool ended, struct heard *ret_heard)
{
	struct heard heard = {.body = HEARD_HASH};
	struct heard_frame frame = {0};
	const char *end = memmem(text.at, text.len, "\r\n\r\n", 4);
	size_t len = 0;

	if (!end)
		return 0;
	struct str lines = str_n(text.at, (size_t)(end - text.at) + 2);
	size_t before = lines.len + 2;
	for (bool first = true; lines.len; first = false) {
		const char *stop = memmem(lines.at, lines.len, "\r\n", 2);
		struct str line = str_n(lines.at, (size_t)(stop - lines.at));
		ASSERT(!memchr(line.at, '\r', line.len) && !memchr(line.at, '\n', line.len));
		if (first)
			ASSERT(str_starts(line, STR("HTTP/1.1 ")) && line.len > 12);
		else
			heard_field(&heard, &frame, line);
		lines = str_n(stop + 2, lines.len - line.len - 2);
	}
	heard.status = atoi(text.at + 9);
	ASSERT(heard.status >= 100 && heard.status < 600 && !(frame.chunked && frame.has_length));
	bool bodyless = head || heard.status < 200 || heard.status == 204 || heard.status == 304;
	if (!bodyless && !heard_body(&heard, &frame, str_n(text.at + before, text.len - before), ended, &len))
		return 0;
	*ret_heard = heard;
	return before + len;
}

#endif
