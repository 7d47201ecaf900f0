/* messaging: any bytes as what a provider of texts says. First byte: bits 0 to 2 whose dialect, bits 3 and 4 what it
 * is: a text, a report, an answer to a text of ours; bits 5 to 7 the answer's status. What holds of every result is
 * asserted here; a text that was read is answered, and sent on. */
#include "base/check.h"
#include "core/redact.h"
#include "provider/messaging.h"

#define SIDES 6
#define HOOK_BASE STR("https://vn.example.com/hooks/x/main/")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[SIDES] = {"twilio", "signalwire", "plivo", "vonage", "telnyx", "bandwidth"};

static struct str header(const void *context, const char *name)
{
	(void)context, (void)name;
	return STR_NONE;
}

static bool is_printable(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return text.len >= 1 && text.len <= MESSAGE_REF_MAX;
}

/* The same bytes clean, as they would go on. */
static void go_on(const struct messaging *messaging, const struct account *account, const struct messaging_in *in)
{
	static struct messaging_request request;
	static char clean[65536], body[65536];
	size_t chars;
	struct buf answer;
	int n;

	if (in->body.len > sizeof clean)
		return;
	size_t len = message_clean(in->body, clean, &chars);
	if (chars > MESSAGE_CHARS_MAX)
		return;
	len = redact(str_n(clean, len), body, &n);
	const struct messaging_out out = {.to = {14155550199}, .shown = {15005550010}, .body = str_n(body, len),
		.ref = in->id,
		.hook_base = HOOK_BASE};
	buf_init(&answer, 65536);
	if (messaging->answers)
		messaging->render(account, &out, &answer);
	else
		messaging->render(account, NULL, &answer);
	ASSERT(buf_ok(&answer));
	buf_done(&answer);
	ASSERT(messaging->send(account, &out, &request) == ERR_OK);
	ASSERT(strlen(request.body) == request.body_len);
}

static void read_webhook(const struct messaging *messaging, const struct account *account, struct str bytes,
	bool report)
{
	struct str body, query = str_cut(bytes, '\n', &body);
	struct webhook webhook = {.post = true, .query = query, .body = body, .header = header, .peer = "203.0.113.7",
		.content_type = STR("application/x-www-form-urlencoded")};
	struct messaging_in in;
	struct arena arena;

	arena_init(&arena, 4 << 20);
	enum err err = report ? messaging->parse_status(account, &webhook, &arena, &in)
		: messaging->parse(account, &webhook, &arena, &in);
	if (err == ERR_OK && in.kind == MESSAGING_TEXT) {
		ASSERT(is_printable(in.id));
		ASSERT(in.called_is_number == number_is(in.question.called));
		ASSERT(!in.question.withheld || !number_is(in.question.caller));
		go_on(messaging, account, &in);
	} else if (err == ERR_OK && in.kind == MESSAGING_REPORT) {
		ASSERT(is_printable(in.ref));
		ASSERT(in.state == MESSAGE_SENT || in.state == MESSAGE_DELIVERED || in.state == MESSAGE_FAILED);
		ASSERT(in.state == MESSAGE_FAILED || !in.code.len);
	}
	arena_done(&arena);
}

static void read_sent(const struct messaging *messaging, int status, struct str bytes)
{
	struct messaging_sent sent;

	messaging_read_sent(messaging, status, bytes, &sent);
	ASSERT(!sent.id[0] || is_printable(str_of(sent.id)));
	ASSERT(!sent.id[0] || sent.result.outcome == INVENTORY_DONE);
	ASSERT(strlen(sent.result.code) < sizeof sent.result.code);
	ASSERT((status < 300) == (sent.result.outcome == INVENTORY_DONE ||
		sent.result.outcome == INVENTORY_UNREADABLE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 202, 400, 401, 404, 422, 429, 503};
	struct account account = {.name = "main", .sid = "A1", .secret = "s", .subdomain = "example", .api_key = "k",
		.api_user = "u",
		.api_password = "p", .message_application = "m", .dialplan = {'I' << 8 | 'D', 62, "0", "00", 1u << 10}};

	if (size == 0 || size > 65536)
		return 0;
	const struct messaging *messaging = provider_find(str_of(names[data[0] % 8 % SIDES]))->messaging;
	struct str bytes = str_n((const char *)data + 1, size - 1);
	int what = data[0] >> 3 & 3;
	if (what < 2)
		read_webhook(messaging, &account, bytes, what == 1);
	else
		read_sent(messaging, statuses[data[0] >> 5], bytes);
	return 0;
}
