/* answer: what goes into an answer comes out of it, whatever the bytes.
 *
 * Any text through our JSON and our XML, each read back by its reader; and every dialect's document for any decision, read by the
 * simulated provider, which must do what was decided. Bytes: 0 action, 1 to 8 callee, 9 to 16 VN to show, 17 bit 0: it is the VN that
 * was dialled, bits 4 and 5: the account's country, 18 seconds; the rest is the text, and the provider's call id. */
#include <stdio.h>

#include "base/check.h"
#include "core/utf8.h"
#include "provider/provider.h"
#include "provider/xml.h"
#include "wire/json.h"
#include "wire/json_out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 19

/* What JSON can hold of the text: one U+FFFD for each byte that is not UTF-8. */
static void put_valid(struct buf *out, struct str text)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t point;
		size_t n = utf8_next(text, at, &point);
		if (n)
			buf_put(out, text.at + at, n);
		else
			buf_lit(out, "\xef\xbf\xbd");
		at += n ? n : 1;
	}
}

static void through_json(struct str text)
{
	struct problem problem = {0};
	struct json json = {0};
	struct buf document, wanted;
	struct str back = STR_NONE;

	buf_init(&document, 1 << 20);
	buf_init(&wanted, 1 << 20);
	struct json_out out = json_out_to(&document);
	json_out_object(&out, NULL);
	json_out_str(&out, "text", text);
	json_out_u64(&out, "n", text.len);
	json_out_end(&out);
	put_valid(&wanted, text);
	enum err err = json_read(buf_text(&document), 1 << 20, &json, &problem);
	/* Our reader takes no NUL in a text; whoever writes one has read it elsewhere. */
	if (text.len && memchr(text.at, '\0', text.len)) {
		ASSERT(err == ERR_BAD_REQUEST);
	} else {
		ASSERT(err == ERR_OK);
		struct json_at root = json_at_root(&json), at = json_at_field(&root, "text");
		ASSERT(json_at_text(&at, 0, 1 << 20, &back, &problem) == ERR_OK);
		ASSERT(str_equal(back, buf_text(&wanted)));
		json_done(&json);
	}
	buf_done(&document);
	buf_done(&wanted);
}

static void through_xml(struct str text)
{
	struct xml_node *root;
	struct buf document, wanted;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buf_init(&document, 1 << 20);
	buf_init(&wanted, 1 << 20);
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.at[i] >= ' ' || text.at[i] == '\t' || text.at[i] == '\r' || text.at[i] == '\n')
			buf_char(&wanted, text.at[i]);
	buf_lit(&document, "<a");
	xml_put_attribute(&document, "b", text);
	xml_put_count(&document, "c", (uint32_t)text.len);
	buf_lit(&document, ">");
	xml_put(&document, text);
	buf_lit(&document, "</a>");
	ASSERT(xml_parse(buf_text(&document), &arena, &root) == ERR_OK);
	ASSERT(root->attributes_n == 2 && !root->child && !root->next);
	ASSERT(str_equal(xml_attribute(root, "b"), buf_text(&wanted)));
	ASSERT(str_equal(root->text, str_trim(buf_text(&wanted))));
	buf_done(&document);
	buf_done(&wanted);
	arena_done(&arena);
}

/* A number of 8 to 15 digits, each length as often as another. */
static struct number number_from(const uint8_t *bytes)
{
	uint64_t value, least = 10000000;

	memcpy(&value, bytes, sizeof value);
	for (uint64_t len = value % 8; len; len--)
		least *= 10;
	return (struct number){least + value / 8 % (least * 9)};
}

static const struct dialplan plans[] = {
	{'C' << 8 | 'N', 86, "0", "00", 1u << 10 | 1u << 11},
	{'I' << 8 | 'N', 91, "0", "00", 1u << 10},
	{'U' << 8 | 'S', 1, "1", "011", 1u << 10},
	{0},
};

/* Of another country, or one that may be a number at home: what can't be one can't be written as one. */
static bool may_be(const struct dialplan *plan, struct number number)
{
	char text[NUMBER_TEXT_SIZE], code[8];
	size_t len = strlen(number_text(number, text)), code_len = (size_t)snprintf(code, sizeof code, "+%u", plan->calling_code);

	return strncmp(text, code, code_len) != 0 ||
	       ((plan->lengths >> (len - code_len) & 1) && text[code_len] != '0' && text[code_len] != '1');
}

static bool rings(enum action action)
{
	return action == ACTION_CONNECT || action == ACTION_FORWARD;
}

/* Written without a "+" it is another one at home: Alibaba's dialect refuses it. */
static bool is_ambiguous(const struct dialplan *plan, struct number number)
{
	char text[NUMBER_TEXT_SIZE];
	struct number read;

	return dialplan_number(plan, str_of(number_text(number, text) + 1), &read) == ERR_OK && !number_equal(read, number);
}

/* Why a dialect may refuse what was to be connected. */
static bool may_refuse(const struct account *account, const struct answer *answer)
{
	const struct decision *decision = answer->decision;

	if (account->provider->shows_dialled_only && !number_equal(decision->show, answer->called))
		return true;
	return account->provider == provider_find(STR("alibaba")) &&
	       (is_ambiguous(&account->dialplan, decision->callee) || is_ambiguous(&account->dialplan, decision->show));
}

static void through_dialect(const struct provider *provider, const struct dialplan *plan, const struct answer *answer)
{
	const struct decision *decision = answer->decision;
	struct account account = {.provider = provider,
		.name = "main",
		.sid = "AC1",
		.secret = "5c1a0fd34b97",
		.api_key = "k1",
		.audio_url = "https://vn.example.com/refused.wav",
		.dialplan = *plan};
	struct sim_outcome outcome;
	struct buf out;

	buf_init(&out, 1 << 16);
	struct provider_reply reply = provider->render(&account, answer, &out);
	ASSERT(buf_ok(&out) && reply.status == 200);
	ASSERT(provider->sim->read(&account, reply.status, buf_text(&out), &outcome) == ERR_OK);
	bool shown = outcome.shows_dialled ? number_equal(decision->show, answer->called)
					   : number_equal(decision->show, outcome.shows);
	if (rings(outcome.action))
		ASSERT(rings(decision->action) && number_equal(outcome.rings, decision->callee) && shown);
	else
		ASSERT(!rings(decision->action) || may_refuse(&account, answer));
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD || size > 16384)
		return 0;
	struct str text = str_n((const char *)data + HEAD, size - HEAD);
	struct decision decision = {.action = data[0] % ACTION__COUNT,
		.callee = number_from(data + 1),
		.show = number_from(data + 9),
		.ring_s = 5 + data[18] % 100,
		.max_call_s = 60 + data[18] * 60u,
		.pin_digits = 4,
		.refusal = data[17] & 2 ? ACTION_ANNOUNCE : ACTION_REJECT};
	struct answer answer = {.decision = &decision,
		.hook_base = STR("https://vn.example.com/hooks/x/main/"),
		.call_id = str_n(text.at, text.len < CALL_PROVIDER_ID_MAX ? text.len : CALL_PROVIDER_ID_MAX),
		.called = data[17] & 1 ? decision.show : number_from(data + 8),
		.pin_again = data[17] & 4};

	const struct dialplan *plan = &plans[data[17] >> 4 & 3];
	if (!may_be(plan, decision.callee) || !may_be(plan, decision.show))
		return 0;
	if (decision.action == ACTION_REJECT || decision.action == ACTION_ANNOUNCE)
		decision.reason = REASON_UNKNOWN_CALLER;
	through_json(text);
	through_xml(text);
	for (int i = 0; providers[i]; i++)
		if (providers[i]->sim && providers[i]->render)
			through_dialect(providers[i], plan, &answer);
	return 0;
}
