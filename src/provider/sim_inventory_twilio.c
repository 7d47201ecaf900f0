#include "provider/sim_inventory_twilio.h"

#include <stdio.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "provider/sim_twilio_calls.h"
#include "provider/sim_twilio_put.h"
#include "wire/base64.h"

#define CREDENTIALS_MAX 600

static const struct sim_twilio_fault no_method = {405, 20004, "Method not allowed"};
static const struct sim_twilio_fault no_access = {401, 20003, "Authenticate"};
static const struct sim_twilio_fault busy = {429, 20429, "Too Many Requests"};
static const struct sim_twilio_fault no_form = {400, 20001, "The parameters are no form"};
static const struct sim_twilio_fault too_long = {414, 20001, "The request is too long"};

/* --- the table --- */

void sim_inventory_twilio_init(struct sim_inventory_twilio *sim, const char *account_sid, const char *auth_token,
	struct sim_twilio_number *numbers, int max, int owned_max)
{
	ASSERT(account_sid[0] && auth_token[0] && strlen(account_sid) + strlen(auth_token) + 1 <= CREDENTIALS_MAX);
	*sim = (struct sim_inventory_twilio){.account_sid = account_sid,
		.auth_token = auth_token,
		.numbers = numbers,
		.max = max,
		.owned_max = owned_max};
}

static bool type_known(const char *type)
{
	return strcmp(type, "local") == 0 || strcmp(type, "mobile") == 0 || strcmp(type, "national") == 0 ||
	       strcmp(type, "tollfree") == 0;
}

struct sim_twilio_number *sim_inventory_twilio_find(struct sim_inventory_twilio *sim, struct number number)
{
	for (int i = 0; i < sim->n; i++)
		if (number_equal(sim->numbers[i].number, number))
			return &sim->numbers[i];
	return NULL;
}

struct sim_twilio_number sim_twilio_fresh(const struct sim_twilio_number *number)
{
	struct sim_twilio_number one = {.number = number->number,
		.country = number->country,
		.sms = number->sms,
		.wants_address = number->wants_address};

	memcpy(one.type, number->type, sizeof one.type);
	memcpy(one.region, number->region, sizeof one.region);
	return one;
}

enum err sim_inventory_twilio_offer(struct sim_inventory_twilio *sim, const struct sim_twilio_number *number)
{
	if (!number_is(number->number) || !number->country || !type_known(number->type))
		return ERR_BAD_REQUEST;
	if (sim_inventory_twilio_find(sim, number->number))
		return ERR_NUMBER_IN_USE;
	if (sim->n == sim->max)
		return ERR_LIMIT_REACHED;
	sim->numbers[sim->n++] = sim_twilio_fresh(number);
	return ERR_OK;
}

static struct sim_twilio_number *owned_by_sid(struct sim_inventory_twilio *sim, struct str sid)
{
	char text[SIM_TWILIO_SID_SIZE];

	for (int i = 0; i < sim->n; i++)
		if (sim->numbers[i].serial &&
			str_equal_nocase(sid, str_of(sim_twilio_sid("PN", sim->numbers[i].serial, text))))
			return &sim->numbers[i];
	return NULL;
}

/* --- what is asked --- */

/* "Basic " and base64 of sid:token. */
static bool is_ours(const struct sim_inventory_twilio *sim, struct str authorization)
{
	static const struct str basic = {"Basic ", 6};
	char expected[CREDENTIALS_MAX + 1], told[CREDENTIALS_MAX + 1];
	size_t len;

	if (authorization.len < basic.len || !str_equal_nocase(str_n(authorization.at, basic.len), basic))
		return false;
	if (!base64_read(str_n(authorization.at + basic.len, authorization.len - basic.len), told, CREDENTIALS_MAX, &len))
		return false;
	snprintf(expected, sizeof expected, "%s:%s", sim->account_sid, sim->auth_token);
	return secret_equal(str_of(expected), str_n(told, len));
}

static bool read_form(struct sim_twilio_call *call)
{
	static const struct str form = {"application/x-www-form-urlencoded", 33};
	const struct sim_twilio_ask *ask = call->ask;
	struct str rest;

	if (!str_equal(ask->method, STR("POST")))
		return form_parse(call->query, call->arena, &call->form) == ERR_OK;
	if (call->query.len || !str_equal_nocase(str_trim(str_cut(ask->content_type, ';', &rest)), form))
		return false;
	return form_parse(ask->body, call->arena, &call->form) == ERR_OK;
}

/* The path's parts; the last takes what is left over, so that a longer path fits nothing. */
static void cut_path(struct sim_twilio_call *call)
{
	struct str rest = call->path;

	while (rest.at && call->parts_n < SIM_TWILIO_PARTS - 1)
		call->parts[call->parts_n++] = str_cut(rest, '/', &rest);
	if (rest.at)
		call->parts[call->parts_n++] = rest;
}

/* "PN....json" of ours; NULL. */
static struct sim_twilio_number *owned_at(struct sim_inventory_twilio *sim, struct str part)
{
	static const struct str json = {".json", 5};

	if (part.len <= json.len || !str_equal(str_n(part.at + part.len - json.len, json.len), json))
		return NULL;
	return owned_by_sid(sim, str_n(part.at, part.len - json.len));
}

static const struct sim_twilio_fault *answer_number(struct sim_twilio_call *call, int *ret_status)
{
	struct str method = call->ask->method;

	call->number = owned_at(call->sim, call->parts[5]);
	if (!call->number)
		return &sim_twilio_not_found;
	if (str_equal(method, STR("GET")))
		return sim_twilio_one(call, ret_status);
	if (str_equal(method, STR("POST")))
		return sim_twilio_set(call, ret_status);
	return str_equal(method, STR("DELETE")) ? sim_twilio_release(call, ret_status) : &no_method;
}

static const struct sim_twilio_fault *answer_path(struct sim_twilio_call *call, int *ret_status)
{
	bool get = str_equal(call->ask->method, STR("GET")), post = str_equal(call->ask->method, STR("POST"));
	struct str resource = call->parts[4];

	if (call->parts_n == 5 && str_equal(resource, STR("IncomingPhoneNumbers.json")))
		return get ? sim_twilio_list(call, ret_status) : post ? sim_twilio_buy(call, ret_status) : &no_method;
	if (call->parts_n == 6 && str_equal(resource, STR("IncomingPhoneNumbers")))
		return answer_number(call, ret_status);
	if (call->parts_n == 7 && str_equal(resource, STR("AvailablePhoneNumbers")))
		return get ? sim_twilio_search(call, ret_status) : &no_method;
	return &sim_twilio_not_found;
}

static const struct sim_twilio_fault *answer_call(struct sim_twilio_call *call, int *ret_status)
{
	const struct sim_twilio_ask *ask = call->ask;

	if (ask->target.len > SIM_TWILIO_REQUEST_MAX || ask->body.len > SIM_TWILIO_REQUEST_MAX)
		return &too_long;
	if (!is_ours(call->sim, ask->authorization))
		return &no_access;
	if (call->sim->busy) {
		call->sim->busy--;
		return &busy;
	}
	call->path = str_cut(ask->target, '?', &call->query);
	cut_path(call);
	if (call->parts_n < 5 || call->parts[0].len || !str_equal(call->parts[1], STR("2010-04-01")) ||
		!str_equal(call->parts[2], STR("Accounts")))
		return &sim_twilio_not_found;
	if (!str_equal(call->parts[3], str_of(call->sim->account_sid)))
		return &no_access;
	return read_form(call) ? answer_path(call, ret_status) : &no_form;
}

int sim_inventory_twilio_answer(struct sim_inventory_twilio *sim, const struct sim_twilio_ask *ask, struct buf *out)
{
	struct sim_twilio_call call = {.sim = sim, .ask = ask, .out = out};
	struct arena arena;
	int status = 500;

	buf_reset(out);
	arena_init(&arena, SIM_TWILIO_MEMORY_MAX);
	call.arena = &arena;
	const struct sim_twilio_fault *fault = answer_call(&call, &status);
	if (fault) {
		status = fault->status;
		sim_twilio_put_fault(out, fault);
	}
	arena_done(&arena);
	if (buf_ok(out))
		return status;
	buf_reset(out);
	return 500;
}
