/* raw_webhook: a webhook from a request as a file shows it: request line, headers, an empty line,
 * body; lines end in \n. The text must outlive it. */
#ifndef TESTS_RAW_WEBHOOK_H
#define TESTS_RAW_WEBHOOK_H

#include "base/check.h"
#include "provider/provider.h"

#define RAW_PUBLIC_URL "https://vn.example.com"

struct raw_webhook {
	struct webhook webhook;
	struct str headers;
	char url[8192];
};

static inline struct str raw_header(const void *context, const char *name)
{
	struct str lines = *(const struct str *)context, value;

	while (lines.len) {
		struct str line = str_cut(lines, '\n', &lines);
		if (str_equal_nocase(str_cut(line, ':', &value), str_of(name)))
			return str_trim(value);
	}
	return STR_NONE;
}

/* `rest` of the path is what follows its third slash behind the first: /hooks/{provider}/{account}/. */
static inline void raw_webhook_read(struct raw_webhook *raw, struct str text)
{
	struct webhook *webhook = &raw->webhook;
	struct buf url;
	const char *end = memmem(text.at, text.len, "\n\n", 2);

	ASSERT(end);
	struct str head = str_n(text.at, (size_t)(end + 1 - text.at)), version;
	struct str body = str_n(end + 2, text.len - head.len - 1);
	if (body.len && body.at[body.len - 1] == '\n')
		body.len--;
	*raw = (struct raw_webhook){0};
	struct str line = str_cut(head, '\n', &raw->headers);
	struct str method = str_cut(line, ' ', &line);
	struct str target = str_cut(line, ' ', &version);
	webhook->post = str_equal(method, STR("POST"));
	webhook->path = str_cut(target, '?', &webhook->query);
	webhook->rest = webhook->path;
	for (int i = 0; i < 4; i++)
		str_cut(webhook->rest, '/', &webhook->rest);
	buf_fixed(&url, raw->url, sizeof raw->url);
	buf_lit(&url, RAW_PUBLIC_URL);
	buf_str(&url, target);
	ASSERT(buf_ok(&url));
	webhook->url = buf_text(&url);
	webhook->body = body;
	webhook->peer = "203.0.113.7";
	webhook->header = raw_header;
	webhook->header_context = &raw->headers;
	webhook->content_type = raw_header(&raw->headers, "Content-Type");
}

#endif
