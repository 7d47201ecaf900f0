/* Fuzzes the head parser and the chunk decoder.
 *
 * The first byte says where the rest is cut; whole and cut must give the same. A head that is accepted
 * must, looked at byte by byte, have none of what http.h promises to refuse. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "net/http_chunks.h"
#include "net/http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_parsed parse(struct http_parse *parse, struct str text, size_t cut)
{
	http_parse_init(parse);
	enum http_parsed parsed = http_parse_feed(parse, text.at, 0, cut);
	return parsed == HTTP_PARSED_MORE ? http_parse_feed(parse, text.at, cut, text.len) : parsed;
}

static void check_head(const struct http_parse *parsed, struct str head)
{
	int hosts = 0, lengths = 0, codings = 0;

	ASSERT(head.len >= 4 && memcmp(head.at + head.len - 4, "\r\n\r\n", 4) == 0);
	ASSERT(!memchr(head.at, '\0', head.len));
	for (size_t i = 0; i < head.len; i++) {
		ASSERT(head.at[i] != '\r' || head.at[i + 1] == '\n');
		ASSERT(head.at[i] != '\n' || (i > 0 && head.at[i - 1] == '\r'));
	}
	ASSERT(parsed->target.len && parsed->target.len <= HTTP_TARGET_MAX);
	for (int i = 0; i < parsed->fields_n; i++) {
		struct str name = http_span_of(head.at, parsed->fields[i].name);
		ASSERT(name.len && name.at[-1] == '\n' && name.at[name.len] == ':');
		ASSERT(!memchr(name.at, ' ', name.len) && !memchr(name.at, '\t', name.len));
		struct str value = http_span_of(head.at, parsed->fields[i].value);
		ASSERT(!value.len ||
			(!memchr(value.at, '\r', value.len) && !memchr(value.at, '\n', value.len)));
		hosts += str_equal_nocase(name, STR("host"));
		lengths += str_equal_nocase(name, STR("content-length"));
		codings += str_equal_nocase(name, STR("transfer-encoding"));
	}
	ASSERT(hosts == 1 || (hosts == 0 && parsed->http10));
	ASSERT(lengths + codings <= 1 && parsed->chunked == (codings == 1));
	ASSERT(lengths || parsed->content_length == 0);
}

static void fuzz_head(struct str text, size_t cut)
{
	static struct http_parse whole, two;
	enum http_parsed parsed = parse(&whole, text, text.len);

	ASSERT(parse(&two, text, cut) == parsed && two.status == whole.status);
	if (parsed != HTTP_PARSED_HEAD)
		return;
	ASSERT(two.head_len == whole.head_len && two.fields_n == whole.fields_n &&
		whole.head_len <= text.len);
	ASSERT(two.content_length == whole.content_length && two.chunked == whole.chunked);
	check_head(&whole, str_n(text.at, whole.head_len));
}

static size_t decode(struct str text, size_t cut, struct http_chunks *ret_chunks)
{
	size_t used = 0, len = 0;
	struct str piece;

	*ret_chunks = http_chunks_start();
	while (used < text.len && ret_chunks->state < HTTP_CHUNKS_END) {
		size_t end = used < cut ? cut : text.len;
		size_t n = http_chunks_next(ret_chunks, str_n(text.at + used, end - used), &piece);
		ASSERT(n > 0 && n <= end - used && piece.len <= n);
		used += n;
		len += piece.len;
	}
	return len;
}

static void fuzz_chunks(struct str text, size_t cut)
{
	struct http_chunks whole, two;

	ASSERT(decode(text, text.len, &whole) == decode(text, cut, &two) && whole.state == two.state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	/* On the heap, so that the sanitizer sees a read past the end. */
	char *copy = malloc(size - 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	struct str text = str_n(copy, size - 1);
	fuzz_head(text, data[0] % text.len);
	fuzz_chunks(text, data[0] % text.len);
	free(copy);
	return 0;
}
