#include "core/decide.h"

#include "base/check.h"

#define NO_POOL 0xffff

static void to_policy(const struct board_plan *plan, const struct question *question, const struct board_vn *vn,
		enum reason reason, struct decision *ret_decision)
{
	ret_decision->reason = reason;
	switch (plan->unknown_caller) {
	case POOL_UNKNOWN_PIN:
		ret_decision->action = ACTION_DIGITS;
		ret_decision->pin_digits = plan->pin_digits;
		ret_decision->wrong_pin = question->digits.len > 0;
		return;
	case POOL_UNKNOWN_ANNOUNCE:
		ret_decision->action = ACTION_ANNOUNCE;
		return;
	case POOL_UNKNOWN_FORWARD:
		if (!number_is(plan->forward_to))
			break;
		ret_decision->action = ACTION_FORWARD;
		ret_decision->callee = plan->forward_to;
		ret_decision->show = vn->number;
		ret_decision->ring_s = plan->ring_s;
		ret_decision->max_call_s = plan->max_call_s;
		return;
	case POOL_UNKNOWN_REJECT:
		break;
	}
	ret_decision->action = ACTION_REJECT;
}

/* S10: a call that began in time may outlast its session, so max_call_s is the plan's. */
static void to_connect(const struct board *board, const struct board_plan *plan, const struct route *route,
		uint64_t session, struct decision *ret_decision)
{
	struct board_vn show;
	bool known = board_vn(board, route->show, &show);

	ASSERT(known && number_is(route->callee));
	ret_decision->action = ACTION_CONNECT;
	ret_decision->reason = REASON_NONE;
	ret_decision->callee = route->callee;
	ret_decision->show = show.number;
	ret_decision->session = session;
	ret_decision->slot = route->session;
	ret_decision->from_role_index = route->from_role_index;
	ret_decision->to_role_index = route->to_role_index;
	ret_decision->ring_s = plan->ring_s;
	ret_decision->max_call_s = plan->max_call_s;
}

struct lookup {
	struct route route;
	uint64_t session;
};

/* NONE: a route that connects now; NOT_ACTIVE: one that ended; UNKNOWN_CALLER: none. */
static enum reason look_up(const struct board *board, const struct route_key *key, int64_t now_ms,
		struct lookup *ret_lookup)
{
	const uint64_t *ids = board_session_ids_read(board);

	if (!route_find(board_routes_read(board), key, ids, &ret_lookup->route, &ret_lookup->session))
		return REASON_UNKNOWN_CALLER;
	return now_ms < (int64_t)ret_lookup->route.end * 1000 ? REASON_NONE : REASON_NOT_ACTIVE;
}

static enum reason look_up_caller(const struct board *board, const struct question *question, uint32_t vn,
		struct lookup *ret_lookup)
{
	struct board_vn own;

	if (question->withheld || !number_is(question->caller))
		return REASON_WITHHELD_CALLER;
	if (board_vn_find(board, question->caller, &own))
		return REASON_UNKNOWN_CALLER;
	struct route_key key = {ROUTE_CALLER, question->caller.e164, vn};
	return look_up(board, &key, question->now_ms, ret_lookup);
}

/* A PIN as route_key.who: its digits after a 1. 0: not a PIN of that many digits. */
static uint64_t pin_parse(struct str digits, uint8_t pin_digits)
{
	uint64_t who = 1;

	if (digits.len && digits.at[digits.len - 1] == '#')
		digits.len--;
	if (digits.len != pin_digits)
		return 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return 0;
		who = who * 10 + (uint64_t)(digits.at[i] - '0');
	}
	return who;
}

static bool look_up_pin(const struct board *board, const struct board_plan *plan, const struct question *question,
		uint32_t vn, struct lookup *ret_lookup)
{
	if (plan->unknown_caller != POOL_UNKNOWN_PIN)
		return false;
	uint64_t who = pin_parse(question->digits, plan->pin_digits);
	if (who == 0)
		return false;
	struct route_key key = {ROUTE_PIN, who, vn};
	return look_up(board, &key, question->now_ms, ret_lookup) == REASON_NONE;
}

static bool is_askers(const struct question *question, const struct board_vn *vn, const struct board_plan *plan)
{
	return (question->account == DECIDE_ANY_ACCOUNT || question->account == vn->account) &&
			(question->tenant == DECIDE_ANY_TENANT || question->tenant == plan->tenant);
}

static bool find_vn(const struct board *board, const struct question *question, struct board_vn *ret_vn,
		struct board_plan *ret_plan)
{
	if (!board_vn_find(board, question->called, ret_vn))
		return false;
	board_plan(board, ret_vn->pool, ret_plan);
	return is_askers(question, ret_vn, ret_plan);
}

void decide(const struct board *board, const struct question *question, struct decision *ret_decision)
{
	struct board_vn vn;
	struct board_plan plan;
	struct lookup lookup;

	/* Padding too, so that decisions can be compared as bytes. */
	memset(ret_decision, 0, sizeof *ret_decision);
	if (!find_vn(board, question, &vn, &plan)) {
		ret_decision->action = ACTION_REJECT;
		ret_decision->reason = REASON_NOT_A_VN;
		ret_decision->pool = NO_POOL;
		return;
	}
	ret_decision->pool = vn.pool;
	ret_decision->vn = vn.id;
	ret_decision->account = vn.account;
	enum reason reason = look_up_caller(board, question, vn.id, &lookup);
	if (reason == REASON_NONE || look_up_pin(board, &plan, question, vn.id, &lookup))
		to_connect(board, &plan, &lookup.route, lookup.session, ret_decision);
	else
		to_policy(&plan, question, &vn, reason, ret_decision);
}

bool caller_is_withheld(struct str text)
{
	static const char *const spellings[] = {"", "anonymous", "restricted", "unavailable", "unknown", "private",
			"blocked", "withheld", "266696687", "86282452253", "8656696", "2562533", "7378742833", "464",
			"anonymous@anonymous.invalid"};

	text = str_trim(text);
	if (text.len && text.at[0] == '+')
		text = str_n(text.at + 1, text.len - 1);
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		if (str_equal_nocase(text, str_of(spellings[i])))
			return true;
	return false;
}
