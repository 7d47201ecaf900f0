/* Telnyx: Call Control (developers.telnyx.com, "Voice API commands and events").
 *
 *   {"data":{"id":"...","event_type":"call.initiated","occurred_at":"...","payload":{"call_control_id":"v3:...",
 *     "call_session_id":"...","client_state":null,"direction":"incoming","from":"+1...","to":"+1...","state":"parked"}}}
 *
 * A call is named by call_session_id, which its legs have in common; commands go to a leg by call_control_id. What we
 * left with a leg comes back in its client_state, in base64:
 *
 *   "bauta say"          the caller's: answered to be told something
 *   "bauta ask 6 A"      the caller's: answered to be asked for six digits; what the network attested, or '-'
 *   "bauta sent"         the caller's: transferred
 *   "bauta leg v3:..."   the leg that we had dialled, for the caller's leg v3:...
 *
 * Only call.initiated has `direction`, so the others are told apart by what we left with them; events of legs that
 * have another's state, or none, are no business of ours. */
#include "provider/control.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/inventory_dialects.h"
#include "provider/inventory_read.h"
#include "provider/inventory_write.h"
#include "provider/webhook_json.h"
#include "wire/base64.h"
#include "wire/json_out.h"
#include "wire/time_text.h"

/* As for TeXML: what is known to be taken. */
#define RING_MIN_S 5
#define RING_MAX_S 120
#define CALL_MIN_S 60
#define CALL_MAX_S 14400
#define KEY_MS 10000 /* for the first key, and between two */
#define STATE_MAX (CONTROL_ID_MAX + 16)

/* Nobody pressed a key: digits that are no PIN, so that tries are counted. */
static const struct str no_key = {"*", 1};

/* --- what was left with a leg --- */

enum left { LEFT_NOTHING, LEFT_FOREIGN, LEFT_SAY, LEFT_ASK, LEFT_SENT, LEFT_LEG };

struct state {
	enum left left;
	uint8_t pin_digits;      /* ASK */
	char attestation;        /* ASK */
	struct str caller_leg;   /* LEG */
};

static bool id_ok(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return text.len >= 1 && text.len <= CONTROL_ID_MAX;
}

/* It stands in a path: a dot alone is a way to another call. */
static bool leg_ok(struct str text)
{
	return id_ok(text) && !str_equal(text, STR(".")) && !str_equal(text, STR(".."));
}

static bool skip(struct str *text, const char *word)
{
	if (!str_starts(*text, str_of(word)))
		return false;
	*text = str_n(text->at + strlen(word), text->len - strlen(word));
	return true;
}

static bool read_ask(struct str rest, struct state *state)
{
	struct str letter, digits = str_cut(rest, ' ', &letter);
	uint64_t n;

	if (!str_u64(digits, &n) || n < 1 || n > UINT8_MAX || letter.len != 1)
		return false;
	state->pin_digits = (uint8_t)n;
	state->attestation = letter.at[0] >= 'A' && letter.at[0] <= 'C' ? letter.at[0] : 0;
	return true;
}

/* The caller's leg lives in the arena. */
static struct state read_state(struct str coded, struct arena *arena)
{
	struct state state = {.left = coded.len ? LEFT_FOREIGN : LEFT_NOTHING};
	char bytes[STATE_MAX];
	size_t len;

	if (!coded.len || !base64_read(coded, bytes, sizeof bytes, &len))
		return state;
	struct str text = str_n(bytes, len);
	if (!skip(&text, "bauta "))
		return state;
	if (str_equal(text, STR("say")))
		state.left = LEFT_SAY;
	else if (str_equal(text, STR("sent")))
		state.left = LEFT_SENT;
	else if (skip(&text, "ask ") && read_ask(text, &state))
		state.left = LEFT_ASK;
	else if (skip(&text, "leg ") && leg_ok(text)) {
		state.caller_leg = arena_str(arena, text);
		state.left = state.caller_leg.at ? LEFT_LEG : LEFT_FOREIGN;
	}
	return state;
}

static void put_state(struct json_out *json, const char *name, const char *word, struct str id)
{
	char text[STATE_MAX], coded[STATE_MAX * 4 / 3 + 8];
	struct buf plain, out;

	buf_fixed(&plain, text, sizeof text);
	buf_lit(&plain, "bauta ");
	buf_lit(&plain, word);
	buf_str(&plain, id);
	buf_fixed(&out, coded, sizeof coded);
	base64_put(&out, text, plain.len);
	if (!buf_ok(&plain) || !buf_ok(&out)) {
		json->buf->failed = true; /* a leg's name that is longer than any that was taken */
		return;
	}
	json_out_str(json, name, buf_text(&out));
}

/* --- events --- */

/* One event, while it is read. */
struct reading {
	const struct account *account;
	struct json_at payload;
	struct arena *arena;
	struct state state;
	struct control_event *event;
};

static struct str text_of(const struct reading *reading, const char *name)
{
	return webhook_json_text(&reading->payload, name, reading->arena);
}

static bool flag_of(const struct reading *reading, const char *name)
{
	struct json_at at = json_at_field(&reading->payload, name);
	struct problem problem = {0};
	bool flag = false;

	return json_at_bool(&at, &flag, &problem) == ERR_OK && flag;
}

/* What was attested counts only if it was found to be valid. */
static char attestation(const struct reading *reading)
{
	struct str letter = text_of(reading, "shaken_stir_attestation");

	if (!flag_of(reading, "shaken_stir_validated") || letter.len != 1)
		return 0;
	return letter.at[0] >= 'A' && letter.at[0] <= 'C' ? letter.at[0] : 0;
}

static void read_question(struct reading *reading)
{
	struct control_event *event = reading->event;

	event->kind = CONTROL_QUESTION;
	event->ask.call_id = reading->event->call_id;
	ask_set_caller(&event->ask, &reading->account->dialplan, text_of(reading, "from"));
	ask_set_called(&event->ask, &reading->account->dialplan, text_of(reading, "to"));
}

/* A leg that we had dialled is outgoing, one that has a state of ours was asked about before, and only a parked one
 * waits for us. */
static void read_initiated(struct reading *reading)
{
	struct str state = text_of(reading, "state");

	if (!str_equal(text_of(reading, "direction"), STR("incoming")) || reading->state.left != LEFT_NOTHING ||
		(state.len && !str_equal(state, STR("parked"))))
		return;
	read_question(reading);
	reading->event->ask.attestation = attestation(reading);
}

/* The key that ends them is not one of them. */
static struct str digits_of(const struct reading *reading)
{
	struct str digits = text_of(reading, "digits");

	if (digits.len && digits.at[digits.len - 1] == '#')
		digits.len--;
	return digits.len ? digits : no_key;
}

/* A caller who hung up is told by call.hangup too. */
static void read_gathered(struct reading *reading)
{
	struct str status = text_of(reading, "status");

	if (reading->state.left != LEFT_ASK || str_equal(status, STR("call_hangup")) ||
		str_starts(status, STR("cancelled")))
		return;
	read_question(reading);
	reading->event->answered = true;
	reading->event->ask.attestation = reading->state.attestation;
	reading->event->ask.question.digits = digits_of(reading);
}

static void next(struct reading *reading, enum control_verb verb)
{
	reading->event->kind = CONTROL_STEP;
	reading->event->next = verb;
	reading->event->pin_digits = reading->state.pin_digits;
	reading->event->attestation = reading->state.attestation;
}

static void report(struct reading *reading, enum call_status status)
{
	reading->event->kind = CONTROL_REPORT;
	reading->event->report = (struct report){.call_id = reading->event->call_id, .status = status};
}

/* Of the caller's leg it follows our own command, or a callee who answered before. */
static void read_answered(struct reading *reading)
{
	if (reading->state.left == LEFT_SAY)
		next(reading, CONTROL_SAY);
	else if (reading->state.left == LEFT_ASK)
		next(reading, CONTROL_GATHER);
	else if (reading->state.left == LEFT_LEG) {
		report(reading, CALL_ANSWERED);
		reading->event->leg_answered = true;
	}
}

/* The reasons of a network's hang-up that Telnyx has no word of its own for: SIP's status (RFC 3261), or Q.850's
 * cause. */
static enum call_status by_code(struct str text)
{
	static const struct {
		uint16_t code;
		enum call_status status;
	} codes[] = {
		{200, CALL_COMPLETED}, {486, CALL_BUSY}, {600, CALL_BUSY}, {603, CALL_BUSY},
		{408, CALL_NO_ANSWER}, {480, CALL_NO_ANSWER}, {487, CALL_CANCELED},
		{16, CALL_COMPLETED}, {17, CALL_BUSY}, {18, CALL_NO_ANSWER}, {19, CALL_NO_ANSWER}, {20, CALL_NO_ANSWER},
		{21, CALL_BUSY},
	};
	uint64_t code;

	if (str_u64(text, &code))
		for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
			if (codes[i].code == code)
				return codes[i].status;
	return CALL_FAILED;
}

static enum call_status ending(const struct reading *reading)
{
	static const struct {
		const char *word;
		enum call_status status;
	} words[] = {
		{"normal_clearing", CALL_COMPLETED},
		{"time_limit", CALL_COMPLETED},
		{"user_busy", CALL_BUSY},
		{"call_rejected", CALL_BUSY},
		{"no_answer", CALL_NO_ANSWER},
		{"timeout", CALL_NO_ANSWER},
		{"originator_cancel", CALL_CANCELED},
		{"not_found", CALL_FAILED},
	};
	struct str cause = text_of(reading, "hangup_cause");

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_equal(cause, str_of(words[i].word)))
			return words[i].status;
	return by_code(text_of(reading, "sip_hangup_cause"));
}

static void read_leg_ended(struct reading *reading)
{
	struct control_event *event = reading->event;
	enum call_status status = ending(reading);

	report(reading, status);
	event->leg_ended = true;
	if (time_text_parse(text_of(reading, "start_time"), &event->began_ms) != ERR_OK)
		event->began_ms = 0;
	/* Telnyx leaves the caller's leg up where the transfer came to nothing. */
	if (status == CALL_BUSY || status == CALL_NO_ANSWER || status == CALL_FAILED)
		event->caller_leg = reading->state.caller_leg;
}

/* Once a call is transferred its fate is the dialled leg's; but who hangs up while that rings may have left before
 * there was one. */
static void read_hangup(struct reading *reading)
{
	enum left left = reading->state.left;
	bool canceled = str_equal(text_of(reading, "hangup_cause"), STR("originator_cancel"));

	if (left == LEFT_LEG)
		read_leg_ended(reading);
	else if (left == LEFT_NOTHING || left == LEFT_ASK || (left == LEFT_SENT && canceled))
		report(reading, CALL_CANCELED);
}

/* A leg that goes out and isn't ours has no state: it must not be taken for a caller's. */
static bool is_others(const struct reading *reading)
{
	return reading->state.left != LEFT_LEG && str_equal(text_of(reading, "direction"), STR("outgoing"));
}

static void read_event(struct reading *reading, struct str type)
{
	if (reading->state.left == LEFT_FOREIGN || is_others(reading))
		return;
	if (str_equal(type, STR("call.initiated")))
		read_initiated(reading);
	else if (str_equal(type, STR("call.answered")))
		read_answered(reading);
	else if (str_equal(type, STR("call.bridged")) && reading->state.left == LEFT_LEG)
		report(reading, CALL_ANSWERED);
	else if (str_equal(type, STR("call.speak.ended")) && reading->state.left == LEFT_SAY)
		next(reading, CONTROL_HANG_UP);
	else if (str_equal(type, STR("call.gather.ended")))
		read_gathered(reading);
	else if (str_equal(type, STR("call.hangup")))
		read_hangup(reading);
}

static enum err parse(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct control_event *ret_event)
{
	struct control_event event = {.kind = CONTROL_NOTHING};
	struct json json;
	enum err err = webhook_json(webhook, &json);

	if (err)
		return err;
	struct json_at root = json_at_root(&json), data = json_at_field(&root, "data");
	struct reading reading = {.account = account, .payload = json_at_field(&data, "payload"), .arena = arena,
		.event = &event};
	struct str type = webhook_json_text(&data, "event_type", arena);
	event.id = webhook_json_text(&data, "id", arena);
	event.leg = text_of(&reading, "call_control_id");
	event.call_id = text_of(&reading, "call_session_id");
	if (time_text_parse(webhook_json_text(&data, "occurred_at", arena), &event.at_ms) != ERR_OK)
		event.at_ms = 0;
	if (!type.len || !id_ok(event.id) || !json_at_is_object(&reading.payload))
		err = ERR_BAD_REQUEST;
	else if (str_starts(type, STR("call.")) && leg_ok(event.leg) && call_id_ok(event.call_id)) {
		reading.state = read_state(text_of(&reading, "client_state"), arena);
		read_event(&reading, type);
	} else if (str_equal(type, STR("call.initiated")))
		err = ERR_BAD_REQUEST;
	json_done(&json);
	if (!err)
		*ret_event = event;
	return err;
}

/* --- commands --- */

static const char *lacks(const struct account *account)
{
	return account->api_key[0] ? NULL : "api_key is missing";
}

static uint32_t within(uint32_t seconds, uint32_t least, uint32_t most)
{
	return seconds < least ? least : answer_seconds(seconds, most);
}

/* Telnyx does a command of one name once. The name is the event's that it answers, whatever the answer: so of two
 * answers to one delivery the first holds. What ends a call whose command failed is another. */
static void put_command_id(struct json_out *json, const struct control_out *out)
{
	char text[2 * 16], plain[2 * CONTROL_ID_MAX + 16];
	uint8_t hash[SHA256_SIZE];
	struct buf buf;

	buf_fixed(&buf, plain, sizeof plain);
	buf_str(&buf, out->leg);
	buf_char(&buf, ' ');
	buf_str(&buf, out->event);
	buf_lit(&buf, out->instead ? " instead" : " answer");
	if (!buf_ok(&buf)) {
		json->buf->failed = true;
		return;
	}
	sha256(plain, buf.len, hash);
	buf_fixed(&buf, text, sizeof text);
	hex_put(&buf, hash, 16);
	json_out_str(json, "command_id", buf_text(&buf));
}

static void put_transfer(struct json_out *json, const struct control_out *out)
{
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];

	ASSERT(number_is(out->to) && number_is(out->shown)); /* S5 */
	json_out_lit(json, "to", number_text(out->to, to));
	json_out_lit(json, "from", number_text(out->shown, shown));
	json_out_u64(json, "timeout_secs", within(out->ring_s, RING_MIN_S, RING_MAX_S));
	json_out_u64(json, "time_limit_secs", within(out->max_call_s, CALL_MIN_S, CALL_MAX_S));
	put_state(json, "client_state", "sent", STR_NONE);
	put_state(json, "target_leg_client_state", "leg ", out->leg);
}

static void put_asking(struct json_out *json, const struct control_out *out)
{
	char rest[24];

	ASSERT(out->pin_digits > 0);
	snprintf(rest, sizeof rest, "%u %c", (unsigned)out->pin_digits, out->attestation ? out->attestation : '-');
	put_state(json, "client_state", "ask ", str_of(rest));
}

static void put_speech(struct json_out *json, const char *text)
{
	json_out_lit(json, "payload", text);
	json_out_lit(json, "voice", "female");
	json_out_lit(json, "language", "en-US");
}

static void put_gather(struct json_out *json, const struct control_out *out)
{
	put_asking(json, out);
	put_speech(json, out->pin_again ? "That code is not right. Please try again, then press the hash key."
					: "Please enter your code, then press the hash key.");
	json_out_u64(json, "minimum_digits", 1);
	json_out_u64(json, "maximum_digits", out->pin_digits);
	json_out_u64(json, "maximum_tries", 1);
	json_out_u64(json, "timeout_millis", KEY_MS);
	json_out_u64(json, "inter_digit_timeout_millis", KEY_MS);
	json_out_lit(json, "terminating_digit", "#");
	json_out_lit(json, "valid_digits", "0123456789");
}

static void put_members(struct json_out *json, const struct control_out *out)
{
	switch (out->verb) {
	case CONTROL_TRANSFER:
		put_transfer(json, out);
		break;
	case CONTROL_REJECT:
		json_out_lit(json, "cause", "CALL_REJECTED");
		break;
	case CONTROL_HANG_UP:
		break;
	case CONTROL_ANSWER_TO_SAY:
		put_state(json, "client_state", "say", STR_NONE);
		break;
	case CONTROL_ANSWER_TO_GATHER:
		put_asking(json, out);
		break;
	case CONTROL_SAY:
		put_speech(json, "This number cannot be reached from your phone.");
		put_state(json, "client_state", "say", STR_NONE);
		break;
	case CONTROL_GATHER:
		put_gather(json, out);
		break;
	}
	put_command_id(json, out);
}

static enum err command(const struct account *account, const struct control_out *out,
	struct inventory_request *ret_request)
{
	static const char *const actions[CONTROL_VERBS] = {
		[CONTROL_TRANSFER] = "transfer", [CONTROL_REJECT] = "reject", [CONTROL_HANG_UP] = "hangup",
		[CONTROL_ANSWER_TO_SAY] = "answer", [CONTROL_ANSWER_TO_GATHER] = "answer", [CONTROL_SAY] = "speak",
		[CONTROL_GATHER] = "gather_using_speak"};
	char leg[CONTROL_ID_MAX + 1];
	struct inventory_writer writer;

	if (lacks(account) || !leg_ok(out->leg) || !str_copy(leg, sizeof leg, out->leg))
		return ERR_BAD_REQUEST;
	inventory_begin(&writer, &inventory_telnyx, account, INVENTORY_POST, ret_request);
	ret_request->bearer = account->api_key;
	inventory_path(&writer, "/calls/");
	inventory_segment(&writer, leg);
	inventory_path(&writer, "/actions/");
	inventory_path(&writer, actions[out->verb]);
	inventory_body(&writer, "application/json");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	put_members(&json, out);
	json_out_end(&json);
	return inventory_end(&writer);
}

static enum control_outcome read(int status, struct str body, char ret_code[32])
{
	struct inventory_result result;
	struct json json;

	inventory_by_status(status, &result);
	if (result.outcome != INVENTORY_DONE && inventory_json(body, &json, &result)) {
		struct json_at root = json_at_root(&json), errors = json_at_field(&root, "errors");
		struct json_at first = json_at_item(&errors, 0);
		inventory_say(&result, inventory_text(&first, "code"), STR_NONE);
		json_done(&json);
	}
	if (result.code[0])
		snprintf(ret_code, 32, "%s", result.code);
	else
		snprintf(ret_code, 32, "%d", status);
	if (result.outcome == INVENTORY_DONE)
		return CONTROL_DONE;
	if (result.outcome == INVENTORY_AGAIN)
		return CONTROL_AGAIN;
	if (status == 422)
		return CONTROL_NOT_NOW;
	return result.outcome == INVENTORY_GONE ? CONTROL_GONE : CONTROL_REFUSED;
}

const struct control control_telnyx = {
	.parse = parse,
	.lacks = lacks,
	.command = command,
	.read = read,
};
