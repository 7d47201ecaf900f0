/* Webhooks of every dialect that has another side of its own here: a question about a call, a report, a text. */
#include "fault/fault.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "provider/messaging.h"
#include "provider/provider.h"
#include "provider/sim.h"
#include "provider/twilio_signature.h"

#define PUBLIC_URL "https://vn.example.com"
#define VERBS 6

enum verb { VOICE, STRANGER, DIGITS, STATUS, TEXT, TEXT_STATUS };
static const char *const verb_words[VERBS] = {"voice", "voice of a stranger", "digits", "status", "text", "report of a text"};
static char names[OPERATIONS_MAX][48];

static const struct account *account_of(const struct operation *operation)
{
	return &door.serve->config->accounts[operation->account];
}

static enum verb verb_of(const struct operation *operation)
{
	for (int i = 0; i < VERBS; i++)
		if (strcmp(strchr(operation->name, ' ') + 1, verb_words[i]) == 0)
			return (enum verb)i;
	ASSERT(!"a verb");
	return VOICE;
}

/* The customer's picture of the account's session. */
static struct number vn_of_customer(int account, struct number *ret_customer)
{
	char ref[64];
	struct arena arena;
	uint32_t vn;

	arena_init(&arena, 1 << 16);
	snprintf(ref, sizeof ref, "order-%s", account ? door.serve->config->accounts[account].provider->name : "live");
	uint32_t slot = ENGINE_NONE;
	for (uint16_t pool = 0; slot == ENGINE_NONE && pool < engine_pools(door.serve->server.engine); pool++)
		slot = engine_session_by_ref(door.serve->server.engine, pool, str_of(ref));
	ASSERT(slot != ENGINE_NONE);
	const struct session_row *row = engine_session_row(door.serve->server.engine, slot, &arena);
	*ret_customer = row->parties[0].numbers[0];
	struct number seen = session_vn_seen(row, 0, 1, &vn);
	arena_done(&arena);
	return seen;
}

static struct sim_request text_report;

/* Of the text that is sent before it, where its answer said; Twilio's, whose other side tells of calls alone. */
static bool make_text_status(const struct account *account, struct sim_request *ret_request)
{
	struct sim_text text;
	char url[2048 + 64], signature[TWILIO_SIGNATURE_SIZE];
	struct arena arena;
	struct form form;

	if (strcmp(account->provider->name, "twilio") != 0)
		return false;
	if (account->provider->sim->read_text(account, door.reply.status, str_n(door.reply.body, door.reply.body_len), &text) != ERR_OK)
		text.status_url[0] = '\0'; /* there is no text yet: can it be made at all? */
	*ret_request = (struct sim_request){.post = true, .content_type = "application/x-www-form-urlencoded",
		.body = "MessageSid=SM2&MessageStatus=delivered"};
	snprintf(ret_request->target, sizeof ret_request->target, "%s", sim_target(str_of(text.status_url)).at);
	snprintf(url, sizeof url, PUBLIC_URL "%s", ret_request->target);
	arena_init(&arena, 1 << 16);
	enum err err = form_parse(str_of(ret_request->body), &arena, &form);
	ASSERT(!err);
	twilio_sign(str_of(account->secret), str_of(url), &form, signature);
	sim_set_header(ret_request, "X-Twilio-Signature", signature);
	arena_done(&arena);
	return true;
}

static bool make(const struct operation *operation, enum verb verb, struct sim_request *ret_request)
{
	const struct account *account = account_of(operation);
	const struct provider_sim *sim = account->provider->sim;
	struct sim_question question = {.call_id = "CA00000000000000000000000000000001", .public_url = PUBLIC_URL, .now_ms = door.now_ms};

	question.to = vn_of_customer(operation->account, &question.from);
	if (verb == STRANGER || verb == DIGITS)
		question.from = (struct number){6281234567999u};
	question.digits = verb == DIGITS ? "1234" : NULL;
	question.status = verb == STATUS ? "completed" : NULL;
	question.seconds = verb == STATUS ? 61 : 0;
	question.text = verb == TEXT ? "I am at the door" : NULL;
	enum err err = ERR_NOT_FOUND;
	if (verb == TEXT_STATUS)
		return make_text_status(account, ret_request);
	if (verb == TEXT)
		err = sim->text ? sim->text(account, &question, ret_request) : ERR_NOT_FOUND;
	else if (verb == STATUS)
		err = sim->tell ? sim->tell(account, &question, ret_request) : ERR_NOT_FOUND;
	else
		err = sim->ask(account, &question, ret_request);
	return err == ERR_OK;
}

static void send(const struct operation *operation, enum verb verb)
{
	static struct sim_request asked;
	struct arena arena;

	fault_hold();
	bool made = make(operation, verb, &asked);
	ASSERT(made);
	if (verb == TEXT_STATUS)
		asked = text_report;
	arena_init(&arena, 1 << 20);
	struct http_request *request = door_request(asked.post ? HTTP_METHOD_POST : HTTP_METHOD_GET, asked.target,
		asked.content_type[0] ? asked.content_type : NULL, str_of(asked.body), &arena);
	for (int i = 0; i < asked.headers_n; i++)
		door_header(request, asked.header_name[i], asked.header_value[i]);
	fault_go_on();
	door_put(request);
	door_turn();
	arena_done(&arena);
}

static void act(const struct operation *operation)
{
	send(operation, verb_of(operation));
}

/* There is a call, or a text, to report of. */
static void prepare(const struct operation *operation)
{
	enum verb verb = verb_of(operation);

	if (verb != STATUS && verb != TEXT_STATUS)
		return;
	fault_hold();
	send(operation, verb == STATUS ? VOICE : TEXT);
	(void)make_text_status(account_of(operation), &text_report);
	door_turn();
	fault_go_on();
}

void hook_operations(void)
{
	const struct config *config = door.serve->config;

	for (int i = 0; i < config->accounts_n; i++) {
		if (!config->accounts[i].provider->sim)
			continue;
		for (int verb = 0; verb < VERBS; verb++) {
			struct operation operation = {.name = names[operations_n], .answer = ANSWER_HOOK, .account = i,
				.prepare = prepare, .act = act,
				.notes = verb == TEXT && config->accounts[i].provider->messaging && config->accounts[i].provider->messaging->answers,
				.closed = strcmp(config->accounts[i].provider->name, "telnyx") == 0, .reveals = verb == VOICE || verb == TEXT};
			struct sim_request request;
			snprintf(names[operations_n], sizeof names[0], "%s %s", config->accounts[i].provider->name, verb_words[verb]);
			if (make(&operation, (enum verb)verb, &request))
				operation_add(operation);
		}
	}
}
