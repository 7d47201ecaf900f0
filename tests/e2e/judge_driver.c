/* judge_driver: dialects by themselves, for tests that hold them to the providers' own libraries. A JSON object a line
 * is asked, one a line is answered:
 *
 *	{"op":"verify","provider","post","url","target","headers":[[name,value]],"body","secret","key","now_ms"}
 *	                                  -> {"accepts":bool}
 *	{"op":"ask" or "tell","provider","from","to","call_id","digits","status","seconds","url","secret","key","now_ms"}
 *	                                  -> {"post","target","headers","body"}: what the simulated provider sends
 *	{"op":"answer","provider","action","callee","show","ring_s","max_s","pin_digits","again","hooks","call_id"}
 *	                                  -> {"status","content_type","document"}
 *	{"op":"text","provider","to","shown","text","ref","hooks"}       -> the same, of a text that goes on
 *
 * `body` is base64. What is asked comes from the test alone: anything else is an ASSERT.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "provider/messaging.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/json_out.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static struct str text_of(const struct json_at *root, const char *name)
{
	struct json_at at = json_at_field(root, name);
	struct problem problem = {0};
	struct str text = STR_NONE;

	if (json_at_there(&at) && !json_at_null(&at))
		ASSERT(json_at_text(&at, 0, LINE_MAX_BYTES, &text, &problem) == ERR_OK);
	return text;
}

static int64_t count_of(const struct json_at *root, const char *name)
{
	struct json_at at = json_at_field(root, name);
	int64_t count = 0;

	if (json_at_there(&at))
		ASSERT(json_at_integer(&at, &count));
	return count;
}

static bool flag_of(const struct json_at *root, const char *name)
{
	struct json_at at = json_at_field(root, name);
	struct problem problem = {0};
	bool flag = false;

	if (json_at_there(&at))
		ASSERT(json_at_bool(&at, &flag, &problem) == ERR_OK);
	return flag;
}

static struct number number_of(const struct json_at *root, const char *name)
{
	struct str text = text_of(root, name);
	struct number number = NUMBER_NONE;

	if (text.len)
		ASSERT(number_parse(text, &number) == ERR_OK);
	return number;
}

static void read_account(const struct json_at *root, struct account *account)
{
	account->provider = provider_find(text_of(root, "provider"));
	ASSERT(account->provider && str_copy(account->name, sizeof account->name, STR("main")));
	ASSERT(str_copy(account->secret, sizeof account->secret, text_of(root, "secret")));
	ASSERT(str_copy(account->api_key, sizeof account->api_key, text_of(root, "key")));
}

/* `context` is the place of the headers' array. */
static struct str header(const void *context, const char *name)
{
	struct problem problem;
	int n;

	ASSERT(json_at_count(context, 0, 100, &n, &problem) == ERR_OK);
	for (int i = 0; i < n; i++) {
		struct json_at pair = json_at_item(context, i), given = json_at_item(&pair, 0), value = json_at_item(&pair, 1);
		struct str text;
		ASSERT(json_at_text(&given, 0, LINE_MAX_BYTES, &text, &problem) == ERR_OK);
		if (!str_equal_nocase(text, str_of(name)))
			continue;
		ASSERT(json_at_text(&value, 0, LINE_MAX_BYTES, &text, &problem) == ERR_OK);
		return str_trim(text);
	}
	return STR_NONE;
}

static void verify(const struct json_at *root, const struct account *account, struct json_out *out)
{
	struct json_at headers = json_at_field(root, "headers");
	struct str body = text_of(root, "body");
	char *bytes = malloc(body.len + 1);
	struct webhook webhook = {
		.post = flag_of(root, "post"),
		.url = text_of(root, "url"),
		.peer = "203.0.113.7",
		.now_ms = count_of(root, "now_ms"),
		.header = header,
		.header_context = &headers,
		.content_type = header(&headers, "Content-Type"),
	};

	ASSERT(bytes && base64_read(body, bytes, body.len, &webhook.body.len));
	webhook.body.at = bytes;
	webhook.path = str_cut(text_of(root, "target"), '?', &webhook.query);
	webhook.rest = webhook.path;
	for (int i = 0; i < 4; i++)
		str_cut(webhook.rest, '/', &webhook.rest);
	json_out_bool(out, "accepts", account->provider->verify(account, &webhook));
	free(bytes);
}

static void simulate(const struct json_at *root, const struct account *account, bool tells, struct json_out *out)
{
	const struct provider_sim *sim = account->provider->sim;
	struct sim_request request;
	struct buf body;
	char room[4 * sizeof request.body];
	struct str digits = text_of(root, "digits"), status = text_of(root, "status");
	struct sim_question question = {
		.from = number_of(root, "from"),
		.to = number_of(root, "to"),
		.call_id = text_of(root, "call_id").at, /* jansson's texts end in NUL */
		.digits = digits.at,
		.status = status.at,
		.seconds = (uint32_t)count_of(root, "seconds"),
		.public_url = text_of(root, "url").at,
		.now_ms = count_of(root, "now_ms"),
	};

	ASSERT((tells ? sim->tell : sim->ask)(account, &question, &request) == ERR_OK);
	buf_fixed(&body, room, sizeof room);
	base64_put(&body, request.body, strlen(request.body));
	ASSERT(buf_ok(&body));
	json_out_bool(out, "post", request.post);
	json_out_lit(out, "target", request.target);
	json_out_str(out, "body", buf_text(&body));
	json_out_array(out, "headers");
	for (int i = -1; i < request.headers_n; i++) {
		if (i < 0 && !request.content_type[0])
			continue;
		json_out_array(out, NULL);
		json_out_lit(out, NULL, i < 0 ? "Content-Type" : request.header_name[i]);
		json_out_lit(out, NULL, i < 0 ? request.content_type : request.header_value[i]);
		json_out_end(out);
	}
	json_out_end(out);
}

static void put_reply(struct json_out *out, struct provider_reply reply, const struct buf *document)
{
	ASSERT(buf_ok(document));
	json_out_i64(out, "status", reply.status);
	json_out_lit(out, "content_type", reply.content_type);
	json_out_str(out, "document", buf_text(document));
}

static void answer(const struct json_at *root, const struct account *account, struct json_out *out)
{
	struct json_at action_at = json_at_field(root, "action");
	struct problem problem;
	struct buf document;
	int action = 0;

	ASSERT(json_at_word(&action_at, action_words, &action, &problem) == ERR_OK);
	struct decision decision = {
		.action = (enum action)action,
		.callee = number_of(root, "callee"),
		.show = number_of(root, "show"),
		.ring_s = (uint32_t)count_of(root, "ring_s"),
		.max_call_s = (uint32_t)count_of(root, "max_s"),
		.pin_digits = (uint8_t)count_of(root, "pin_digits"),
	};
	struct answer asked = {.decision = &decision,
		.hook_base = text_of(root, "hooks"),
		.call_id = text_of(root, "call_id"),
		.pin_again = flag_of(root, "again")};
	buf_init(&document, LINE_MAX_BYTES);
	put_reply(out, account->provider->render(account, &asked, &document), &document);
	buf_done(&document);
}

static void answer_text(const struct json_at *root, const struct account *account, struct json_out *out)
{
	const struct messaging_out text = {.to = number_of(root, "to"), .shown = number_of(root, "shown"),
		.body = text_of(root, "text"), .ref = text_of(root, "ref"), .hook_base = text_of(root, "hooks")};
	struct buf document;

	buf_init(&document, LINE_MAX_BYTES);
	put_reply(out, account->provider->messaging->render(account, number_is(text.to) ? &text : NULL, &document), &document);
	buf_done(&document);
}

static void take(struct str line, struct json_out *out)
{
	struct account account = {0};
	struct problem problem = {0};
	struct json json;

	ASSERT(json_read(line, LINE_MAX_BYTES, &json, &problem) == ERR_OK);
	struct json_at root = json_at_root(&json);
	struct str op = text_of(&root, "op");
	read_account(&root, &account);
	json_out_object(out, NULL);
	if (str_equal(op, STR("verify")))
		verify(&root, &account, out);
	else if (str_equal(op, STR("answer")))
		answer(&root, &account, out);
	else if (str_equal(op, STR("text")))
		answer_text(&root, &account, out);
	else
		simulate(&root, &account, str_equal(op, STR("tell")), out);
	json_out_end(out);
	json_done(&json);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		struct buf out;
		buf_init(&out, LINE_MAX_BYTES);
		struct json_out json = json_out_to(&out);
		take(str_n(line, (size_t)len), &json);
		ASSERT(buf_ok(&out));
		printf("%.*s\n", (int)out.len, out.at);
		buf_done(&out);
	}
	free(line);
	return 0;
}
