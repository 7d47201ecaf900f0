/* message: any bytes are cleaned and redacted: what comes out is UTF-8, is no longer, and holds no number any more. */
#include <stdlib.h>

#include "base/check.h"
#include "core/message.h"
#include "core/redact.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct str text)
{
	for (size_t i = 0; i < text.len;) {
		uint32_t point;
		size_t n = utf8_next(text, i, &point);
		ASSERT(n > 0);
		i += n;
	}
}

static void check_numbers(struct str text)
{
	int digits = 0;

	for (size_t i = 0; i < text.len; i++) {
		digits = text.at[i] >= '0' && text.at[i] <= '9' ? digits + 1 : 0;
		ASSERT(digits < REDACT_DIGITS_MIN);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *clean = malloc(size + 1), *out = malloc(size + 1);
	size_t chars;
	int n;

	ASSERT(clean && out);
	size_t len = message_clean(str_n((const char *)data, size), clean, &chars);
	ASSERT(len <= size && chars <= len && message_segments(str_n(clean, len)) >= (len > 0));
	check_text(str_n(clean, len));
	size_t out_len = redact(str_n(clean, len), out, &n);
	ASSERT(out_len <= len);
	check_text(str_n(out, out_len));
	check_numbers(str_n(out, out_len));
	check_numbers(str_n(out, redact(str_n((const char *)data, size), out, &n)));
	free(clean);
	free(out);
	return 0;
}
