/* POST /v1/route: where does this call go? The same question that providers' webhooks ask, from any door that
 * has a key with the scope `route`. Answered in the worker; kept as a call of provider `generic`. */

#include "api/api.h"

#include "base/steady.h"
#include "serve/asking.h"

#define TEXT_MAX 64
#define ANSWER_MAX 1024

/* What can't be read as a number is nobody's: refused as any stranger is. */
static enum err read_question(struct api *api, struct asking *asking)
{
	static const char *const fields[] = {"!from", "!to", "digits", "call_id", "attestation", NULL};
	struct json_at from_at = json_at_field(&api->body, "from"), to_at = json_at_field(&api->body, "to");
	struct json_at digits_at = json_at_field(&api->body, "digits"),
		       call_at = json_at_field(&api->body, "call_id"),
		       verdict_at = json_at_field(&api->body, "attestation");
	static const char *const verdicts[] = {"A", "B", "C", NULL};
	int verdict = 0;
	struct question *question = &asking->question;
	struct str from = STR_NONE, to = STR_NONE;

	enum err err = json_at_fields(&api->body, fields, &api->problem);
	if (err == ERR_OK && !json_at_null(&from_at))
		err = json_at_text(&from_at, 0, TEXT_MAX, &from, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&to_at, 1, TEXT_MAX, &to, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&digits_at, 0, 20, &question->digits, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&call_at, 1, CALL_PROVIDER_ID_MAX, &asking->call_id, &api->problem);
	if (err == ERR_OK && json_at_there(&verdict_at))
		err = json_at_word(&verdict_at, verdicts, &verdict, &api->problem);
	if (err)
		return err;
	if (json_at_there(&verdict_at))
		question->attestation = verdicts[verdict][0];
	question->withheld = caller_is_withheld(from);
	if (!question->withheld && number_parse_digits(from, &question->caller) != ERR_OK)
		question->caller = NUMBER_NONE;
	if (number_parse_digits(to, &question->called) != ERR_OK)
		question->called = NUMBER_NONE;
	return ERR_OK;
}

static void put_answer(struct buf *out, const struct decision *decision)
{
	struct json_out json = json_out_to(out);
	char text[NUMBER_TEXT_SIZE], id[SESSION_ID_TEXT_SIZE];

	json_out_object(&json, NULL);
	json_out_lit(&json, "action", action_words[decision->action]);
	if (decision->reason != REASON_NONE)
		json_out_lit(&json, "reason", reason_words[decision->reason]);
	if (decision->action == ACTION_CONNECT || decision->action == ACTION_FORWARD) {
		json_out_lit(&json, "to", number_text(decision->callee, text));
		json_out_lit(&json, "caller_id", number_text(decision->show, text));
		json_out_lit_or_null(
			&json, "session", decision->session ? session_id_text(decision->session, id) : "");
		json_out_u64(&json, "ring_s", decision->ring_s);
		json_out_u64(&json, "max_s", decision->max_call_s);
	}
	if (decision->action == ACTION_DIGITS) {
		json_out_u64(&json, "digits", decision->pin_digits);
		json_out_bool(&json, "again", decision->wrong_pin);
	}
	json_out_end(&json);
}

enum err api_route_ask(struct api *api)
{
	struct asking asking = {
		.question = {.account = DECIDE_ANY_ACCOUNT, .tenant = api->asker.tenant_index},
		.provider = "generic",
		.account = "api",
		.account_index = DECIDE_ANY_ACCOUNT,
	};
	struct decision decision;
	char text[ANSWER_MAX];
	struct buf out;

	enum err err = read_question(api, &asking);
	if (err)
		return err;
	asking_decide(api->server, &asking, &decision);
	asking_note(
		api->server, api->request->worker, &asking, &decision, steady_ns() - api->request->began_ns);
	buf_fixed(&out, text, sizeof text);
	put_answer(&out, &decision);
	api_answer(api, 200, buf_text(&out));
	return ERR_OK;
}
