#include "demo/demo_phone.h"

#include <string.h>
#include <time.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "demo/demo_app.h"
#include "demo/demo_wire.h"

/* --- drawing --- */

static void draw_dial(const struct demo *demo, const struct demo_try *attempt)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];

	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_PHONES, LANE_PROVIDER, COLOUR_NONE, -1, false},
		"%s (%s) dials; screen: %s", attempt->from->owner,
		attempt->withheld ? "number withheld" : number_mask(attempt->from->number, from),
		number_text(attempt->to, to));
}

static void draw_question(const struct demo *demo, const struct demo_exchange *exchange, const char *signature)
{
	const struct account *account = exchange->account;

	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_PROVIDER, LANE_BAUTA, COLOUR_NONE, -1, false},
		"%s /hooks/%s/%s/%s, %s", exchange->request.post ? "POST" : "GET", account->provider->name,
		account->name,
		exchange->question.status ? (demo_wire_exotel(account) ? ".../passthru" : "status")
		: demo_wire_exotel(account)      ? ".../connect"
					  : "voice",
		signature);
}

static void draw_connect(
	const struct demo *demo, const struct demo_exchange *exchange, const struct demo_phone *callee)
{
	const struct sim_outcome *outcome = &exchange->outcome;
	char rings[NUMBER_TEXT_SIZE], shows[NUMBER_TEXT_SIZE];

	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_BAUTA, LANE_PROVIDER, COLOUR_GREEN, exchange->ms, false},
		"told: ring %s, show %s", number_mask(outcome->rings, rings),
		number_text(outcome->shows, shows));
	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_PROVIDER, LANE_PHONES, COLOUR_GREEN, -1, false},
		"%s's phone rings; screen: %s", callee ? callee->owner : "SOMEBODY ELSE",
		number_is(outcome->shows) ? shows : "THE CALLER'S OWN NUMBER");
}

static void draw_refusal(const struct demo *demo, const struct demo_exchange *exchange, const char *caller)
{
	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_BAUTA, LANE_PROVIDER, COLOUR_YELLOW, exchange->ms, false},
		"told: %s", demo_wire_exotel(exchange->account) ? "no number to dial" : "<Reject/>");
	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_PROVIDER, LANE_PHONES, COLOUR_YELLOW, -1, true},
		"%s hears a refusal; no phone rings", caller);
}

/* --- calls --- */

static const char *signature_words(const struct account *account)
{
	return demo_wire_exotel(account) ? "secret path" : "signed: who is it for?";
}

/* Dials, asks, reads. False: there is nothing to judge (told). After true the answer is the caller's to be
 * done. */
static bool place(struct demo *demo, const struct account *account, const struct demo_try *attempt,
	struct demo_exchange *exchange)
{
	demo_wire_begin(demo, account, attempt, exchange);
	draw_dial(demo, attempt);
	if (!demo_wire_put(demo, exchange, account->provider->sim->ask))
		return false;
	draw_question(demo, exchange, signature_words(account));
	if (!demo_wire_send(demo, exchange))
		return false;
	demo_tally_answered(&demo->tally, exchange->ms, demo_wire_deadline_s(account) * 1e3);
	enum err err = account->provider->sim->read(
		account, exchange->answer.status, buf_text(&exchange->answer.body), &exchange->outcome);
	if (!err)
		return true;
	int status = exchange->answer.status;
	client_answer_done(&exchange->answer);
	return demo_expect(demo, false, "%s would not understand the answer (status %d)",
		account->provider->name, status);
}

/* Counts. `callee` NULL: nobody's phone may ring. */
static bool judge(struct demo *demo, const struct demo_exchange *exchange, const struct demo_phone *callee,
	struct number shows)
{
	const struct sim_outcome *outcome = &exchange->outcome;
	bool rings = number_is(outcome->rings);
	bool right = callee && number_equal(outcome->rings, callee->number);
	bool clean = demo_leaks_answer(&demo->leaks, buf_text(&exchange->answer.body),
		rings ? outcome->rings : NUMBER_NONE, "an answer to a provider");

	demo->tally.connected += rings;
	demo->tally.refused += !rings;
	demo->tally.wrong_person += rings && !right;
	demo->tally.lost += callee && !rings;
	demo->tally.shown_wrong += rings && !number_equal(outcome->shows, shows);
	bool good = demo_expect(demo, callee || !rings, "a phone rings that should not");
	good = demo_expect(demo, !callee || rings, "%s's phone should ring", callee ? callee->owner : "") &&
	       good;
	good = demo_expect(demo, !rings || !callee || right, "the wrong phone rings") && good;
	good = demo_expect(
		       demo, !rings || number_equal(outcome->shows, shows), "it shows the wrong number") &&
	       good;
	return demo_expect(demo, clean, "a number is in the answer that is not the one to dial") && good;
}

bool demo_phone_connects(struct demo *demo, const struct account *account, const struct demo_order *order,
	int i, char *ret_call_id)
{
	const struct demo_party *caller = &order->parties[i], *callee = &order->parties[1 - i];
	const struct demo_try attempt = {.from = caller->phone, .to = callee->vn};
	struct demo_exchange exchange;

	if (!place(demo, account, &attempt, &exchange))
		return false;
	if (number_is(exchange.outcome.rings))
		draw_connect(demo, &exchange, demo_cast_owner(exchange.outcome.rings));
	else
		draw_refusal(demo, &exchange, caller->phone->owner);
	bool good = judge(demo, &exchange, callee->phone, caller->vn);
	if (good)
		demo_screen_verdict(&demo->screen, true, "%s and %s talk; neither has the other's number",
			caller->phone->owner, callee->phone->owner);
	client_answer_done(&exchange.answer);
	if (ret_call_id)
		memcpy(ret_call_id, exchange.call_id, DEMO_CALL_ID_SIZE);
	return good;
}

/* Why a call was refused is ours alone: at one provider all refusals are the same bytes. */
static bool is_alike(struct demo *demo, const struct demo_exchange *exchange)
{
	struct str text = buf_text(&exchange->answer.body);
	struct buf *before = &demo->refusals[demo_wire_exotel(exchange->account)];

	if (before->len == 0)
		buf_str(before, text);
	return str_equal(buf_text(before), text);
}

bool demo_phone_refused(struct demo *demo, const struct account *account, const struct demo_try *attempt)
{
	struct demo_exchange exchange;

	if (!place(demo, account, attempt, &exchange))
		return false;
	if (number_is(exchange.outcome.rings))
		draw_connect(demo, &exchange, demo_cast_owner(exchange.outcome.rings));
	else
		draw_refusal(demo, &exchange, attempt->from->owner);
	bool good = judge(demo, &exchange, NULL, NUMBER_NONE);
	good = demo_expect(demo, is_alike(demo, &exchange), "this refusal can be told from the others") &&
	       good;
	client_answer_done(&exchange.answer);
	return good && demo_app_call_refused(demo, exchange.call_id, attempt->reason);
}

bool demo_phone_forged(struct demo *demo, const struct account *account, const struct demo_try *attempt)
{
	struct account liar = *account; /* knows everything but the secret */
	struct demo_exchange exchange;

	memset(liar.secret, 'f', strlen(liar.secret));
	memset(liar.secret_path, 'f', strlen(liar.secret_path));
	demo_wire_begin(demo, &liar, attempt, &exchange);
	bool sent = demo_wire_put(demo, &exchange, account->provider->sim->ask);
	if (sent) {
		draw_question(demo, &exchange, demo_wire_exotel(account) ? "a guessed path" : "a forged signature");
		sent = demo_wire_send(demo, &exchange);
	}
	secret_wipe(&liar, sizeof liar);
	if (!sent)
		return false;
	struct str body = buf_text(&exchange.answer.body);
	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_BAUTA, LANE_PROVIDER, COLOUR_RED, exchange.ms, true},
		"%d, %zu bytes", exchange.answer.status, body.len);
	bool clean = demo_leaks_answer(&demo->leaks, body, NUMBER_NONE, "an answer to a forger");
	bool good = demo_expect(
		demo, exchange.answer.status == 403 && body.len == 0 && clean, "expected: 403, no word");
	if (good)
		demo_screen_verdict(&demo->screen, true, "refused before it was looked into");
	client_answer_done(&exchange.answer);
	return good;
}

bool demo_phone_ended(struct demo *demo, const struct account *account, const struct demo_try *call,
	const char *call_id, unsigned seconds)
{
	struct demo_exchange exchange;

	demo_wire_begin(demo, account, call, &exchange);
	exchange.question.call_id = call_id;
	exchange.question.status = "completed";
	exchange.question.seconds = seconds;
	if (!demo_wire_put(demo, &exchange, account->provider->sim->tell))
		return false;
	draw_question(demo, &exchange, "the call has ended");
	if (!demo_wire_send(demo, &exchange))
		return false;
	demo_screen_arrow(&demo->screen,
		&(struct demo_arrow){LANE_BAUTA, LANE_PROVIDER, COLOUR_NONE, exchange.ms, false}, "%d",
		exchange.answer.status);
	bool clean = demo_leaks_answer(
		&demo->leaks, buf_text(&exchange.answer.body), NUMBER_NONE, "an answer to a report");
	bool good = demo_expect(demo, exchange.answer.status == 200 && clean, "expected: 200");
	client_answer_done(&exchange.answer);
	return good;
}
