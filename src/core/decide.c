#include "core/decide.h"

#include "base/check.h"

#define NO_POOL 0xffff

struct lookup {
	struct route route;
	uint64_t session;
};

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

void decide_refuse(struct decision *decision, enum reason reason)
{
	struct decision refused;

	memset(&refused, 0, sizeof refused);
	refused.action = refused.refusal = decision->refusal;
	refused.reason = reason;
	refused.pool = decision->pool;
	refused.vn = decision->vn;
	refused.account = decision->account;
	refused.calls_at_once = decision->calls_at_once;
	refused.attempts_per_minute = decision->attempts_per_minute;
	memcpy(decision, &refused, sizeof refused);
}

/* How long a call of that session may last; 0: it has talked as long as it may. */
static uint32_t call_s(const struct board *board, const struct board_plan *plan, uint32_t slot)
{
	if (!plan->minutes_per_session)
		return plan->max_call_s;
	uint32_t most = plan->minutes_per_session * 60u, talked = board_talked_s(board, slot);
	uint32_t left = talked < most ? most - talked : 0;
	return left < plan->max_call_s ? left : plan->max_call_s;
}

/* S10: a call that began in time may outlast its session, so max_call_s is the plan's. */
static void to_connect(const struct board *board, const struct board_plan *plan, const struct lookup *lookup,
		uint32_t max_call_s, struct decision *ret_decision)
{
	const struct route *route = &lookup->route;
	struct board_vn show;
	bool known = board_vn(board, route->show, &show);

	ASSERT(known && number_is(route->callee));
	ret_decision->action = ACTION_CONNECT;
	ret_decision->reason = REASON_NONE;
	ret_decision->callee = route->callee;
	ret_decision->show = show.number;
	ret_decision->session = lookup->session;
	ret_decision->slot = route->session;
	ret_decision->from_role_index = route->from_role_index;
	ret_decision->to_role_index = route->to_role_index;
	ret_decision->ring_s = plan->ring_s;
	ret_decision->max_call_s = max_call_s;
}

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

static bool is_attested(const struct board_plan *plan, char attestation)
{
	switch (plan->require_attestation) {
	case POOL_ATTESTATION_NONE:
		return true;
	case POOL_ATTESTATION_A:
		return attestation == 'A';
	case POOL_ATTESTATION_B:
		return attestation == 'A' || attestation == 'B';
	}
	return false;
}

/* Whoever calls by a PIN or from a further number of theirs is told by the route back: its callee is the number by
 * which that party is rung, and blocked. NUMBER_NONE: the other may not ring back. */
static struct number owner_of(const struct board *board, const struct lookup *lookup)
{
	struct route_key back = {ROUTE_CALLER, lookup->route.callee.e164, lookup->route.show};
	struct lookup there;

	if (!route_find(board_routes_read(board), &back, board_session_ids_read(board), &there.route, &there.session) ||
			there.session != lookup->session)
		return NUMBER_NONE;
	return there.route.callee;
}

static bool is_blocked(const struct board *board, uint16_t pool, const struct question *question,
	const struct lookup *lookup)
{
	const struct blocks *blocks = board_list(board, BOARD_BLOCKED), *suspects = board_list(board, BOARD_SUSPECTED);
	struct number caller = question->withheld ? NUMBER_NONE : question->caller, callee = NUMBER_NONE;
	uint32_t now_s = (uint32_t)(question->now_ms / 1000);

	if (lookup)
		callee = lookup->route.callee;
	if (blocks_bar(blocks, pool, caller, callee, now_s) || blocks_bar(suspects, pool, caller, NUMBER_NONE, now_s))
		return true;
	struct number owner = lookup && blocks_any(blocks, pool) ? owner_of(board, lookup) : NUMBER_NONE;
	return number_is(owner) && !number_equal(owner, caller) && blocks_bar(blocks, pool, owner, callee, now_s);
}

/* Of a plan that is bounded: why a caller with a route is refused all the same; REASON_NONE: how long it may talk. */
static enum reason bound_of(const struct board *board, const struct board_plan *plan, uint16_t pool,
		const struct question *question, const struct lookup *lookup, uint32_t *ret_max_call_s)
{
	if (!question->text && !is_attested(plan, question->attestation))
		return REASON_NOT_ATTESTED;
	if (is_blocked(board, pool, question, lookup))
		return REASON_BLOCKED;
	*ret_max_call_s = call_s(board, plan, lookup->route.session);
	return *ret_max_call_s || question->text ? REASON_NONE : REASON_MINUTES_USED;
}

/* Nobody is asked for digits or sent on who is blocked, or not vouched for. */
static void to_stranger(const struct board *board, const struct board_plan *plan, const struct question *question,
		const struct board_vn *vn, enum reason reason, struct decision *ret_decision)
{
	bool served = plan->bounded && (plan->unknown_caller == POOL_UNKNOWN_PIN ||
				plan->unknown_caller == POOL_UNKNOWN_FORWARD);

	if (plan->bounded && is_blocked(board, vn->pool, question, NULL))
		decide_refuse(ret_decision, REASON_BLOCKED);
	else if (served && !question->text && !is_attested(plan, question->attestation))
		decide_refuse(ret_decision, REASON_NOT_ATTESTED);
	else
		to_policy(plan, question, vn, reason, ret_decision);
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
	ret_decision->calls_at_once = plan.calls_at_once;
	ret_decision->attempts_per_minute = plan.attempts_per_minute;
	ret_decision->refusal = plan.unknown_caller == POOL_UNKNOWN_ANNOUNCE ? ACTION_ANNOUNCE : ACTION_REJECT;
	enum reason reason = look_up_caller(board, question, vn.id, &lookup);
	if (reason != REASON_NONE && !look_up_pin(board, &plan, question, vn.id, &lookup)) {
		to_stranger(board, &plan, question, &vn, reason, ret_decision);
		return;
	}
	uint32_t max_call_s = plan.max_call_s;
	reason = plan.bounded ? bound_of(board, &plan, vn.pool, question, &lookup, &max_call_s) : REASON_NONE;
	if (reason == REASON_NONE)
		to_connect(board, &plan, &lookup, max_call_s, ret_decision);
	else
		decide_refuse(ret_decision, reason);
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
