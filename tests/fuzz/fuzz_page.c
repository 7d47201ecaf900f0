/* page: what a query of the API holds: any bytes as a page's token, an RFC 3339 time, an HTTP date, a Retry-After, an id. What is
 * taken and written again is read as the same. */
#include "api/page.h"
#include "base/buf.h"
#include "base/check.h"
#include "core/call.h"
#include "wire/http_date.h"
#include "wire/retry_after.h"
#include "wire/time_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void token(struct str text)
{
	char again[PAGE_TOKEN_SIZE];
	uint64_t id = 5;

	if (page_token_parse(text, &id) == ERR_OK)
		ASSERT(str_equal_nocase(text, str_of(page_token(id, again))));
	else
		ASSERT(id == 5);
}

static void call_id(struct str text)
{
	char again[CALL_ID_TEXT_SIZE];
	uint64_t id = 5;

	if (call_id_parse(text, &id) == ERR_OK)
		ASSERT(str_equal_nocase(text, str_of(call_id_text(id, again))));
	else
		ASSERT(id == 5);
}

static void time(struct str text)
{
	int64_t time_ms = 5, again_ms = 6;
	char room[64];
	struct buf out;

	if (time_text_parse(text, &time_ms) != ERR_OK) {
		ASSERT(time_ms == 5);
		return;
	}
	buf_fixed(&out, room, sizeof room);
	time_text_put(&out, time_ms);
	/* An offset may lead out of the years that are written. */
	if (buf_ok(&out))
		ASSERT(time_text_parse(buf_text(&out), &again_ms) == ERR_OK && again_ms == time_ms);
}

static void date(struct str text)
{
	int64_t time_ms = 5, wait_s = 5;

	if (!http_date_read(text, 1800000000000, &time_ms))
		ASSERT(time_ms == 5);
	else
		ASSERT(time_ms % 1000 == 0);
	if (retry_after_read(text, 1800000000000, &wait_s))
		ASSERT(wait_s >= 0 && wait_s <= RETRY_AFTER_MAX_S);
	else
		ASSERT(wait_s == 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);

	token(text);
	call_id(text);
	time(text);
	date(text);
	return 0;
}
