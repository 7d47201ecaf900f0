/* Alibaba Cloud's side: its question as a URL, numbers as at home; our JSON read strictly, its default included:
 * without showNumber the number that was dialled is shown, which an answer can't know: none of ours is named. */
#include <jansson.h>
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/sim.h"
#include "wire/form.h"

#define NATIONAL_SIZE 24
#define LONG_AGO_MS 1700000000000

/* In China a mobile number has no 0 before it. */
static enum err put_number(struct buf *target, const char *name, const struct dialplan *plan, struct number number)
{
	char text[NATIONAL_SIZE] = "";
	enum err err = number_is(number) ? dialplan_national(plan, number, text, sizeof text) : ERR_OK;
	bool mobile = plan->calling_code == 86 && strlen(text) == 12 && text[0] == '0' && text[1] == '1';

	if (!err)
		sim_put_field(target, name, mobile ? text + 1 : text);
	return err;
}

static enum err ask(const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	struct sim_request request = {0};
	char room[sizeof request.target], timestamp[24];
	struct buf target;

	buf_fixed(&target, room, sizeof room);
	buf_lit(&target, "/hooks/alibaba/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s/voice?", account->secret_path);
	enum err err = put_number(&target, "caller", &account->dialplan, question->from);
	if (!err)
		err = put_number(&target, "serviceNumber", &account->dialplan, question->to);
	if (err)
		return err;
	snprintf(timestamp, sizeof timestamp, "%lld", (long long)(question->now_ms ? question->now_ms : LONG_AGO_MS));
	sim_put_field(&target, "timestamp", timestamp);
	sim_put_field(&target, "uuid", question->call_id ? question->call_id : "00000000-0000-0000-0000-000000000000");
	if (question->digits)
		sim_put_field(&target, "dtmf", question->digits);
	err = sim_take_text(request.target, sizeof request.target, &target);
	if (!err)
		*ret_request = request;
	return err;
}

/* Nothing is reported. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	(void)account, (void)question, (void)ret_request;
	return ERR_BAD_REQUEST;
}

static bool read_number(const struct dialplan *plan, const json_t *value, struct number *ret_number)
{
	struct str text = str_of(json_string_value(value));

	if (!text.len || text.at[0] == '+')
		return false;
	return dialplan_number(plan, text, ret_number) == ERR_OK || number_parse_digits(text, ret_number) == ERR_OK;
}

static bool read_document(const struct dialplan *plan, const json_t *document, struct sim_outcome *outcome)
{
	const char *result = json_string_value(json_object_get(document, "result"));
	const json_t *data = json_object_get(document, "data"), *show = json_object_get(data, "showNumber");

	if (!result || !json_is_string(json_object_get(document, "msg")) || !json_is_object(data))
		return false;
	outcome->action = ACTION_REJECT;
	if (strcmp(result, "fail") == 0)
		return true;
	outcome->action = ACTION_CONNECT;
	return strcmp(result, "success") == 0 && read_number(plan, json_object_get(data, "called"), &outcome->rings) &&
	       (!show || read_number(plan, show, &outcome->shows));
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};

	if (status != 200)
		return ERR_BAD_REQUEST;
	json_t *document = json_loadb(body.at ? body.at : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	bool understood = read_document(&account->dialplan, document, &outcome);
	json_decref(document);
	if (!understood)
		return ERR_BAD_REQUEST;
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_alibaba = {.ask = ask, .tell = tell, .read = read_answer};
