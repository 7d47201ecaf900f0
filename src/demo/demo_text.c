#include "demo/demo_text.h"

#include <string.h>

#include "demo/demo_app.h"
#include "demo/demo_clock.h"
#include "demo/demo_wire.h"

#define WAIT_MS 15000
#define LOOK_MS 20 /* between two looks while we wait */

static void draw_text(const struct demo *demo, const struct demo_exchange *exchange, const struct demo_phone *from,
	const char *drawn)
{
	char number[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];

	demo_screen_arrow(&demo->screen, &(struct demo_arrow){LANE_PHONES, LANE_PROVIDER, COLOUR_NONE, -1, false},
		"%s (%s) texts %s: \"%s\"", from->owner, number_mask(from->number, number),
		number_text(exchange->question.to, to), drawn);
	demo_screen_arrow(&demo->screen, &(struct demo_arrow){LANE_PROVIDER, LANE_BAUTA, COLOUR_NONE, -1, false},
		"POST /hooks/%s/%s/sms, signed: who gets it?", exchange->account->provider->name, exchange->account->name);
}

static void draw_answer(const struct demo *demo, const struct demo_exchange *exchange, const char *writer)
{
	const struct demo_arrow told = {LANE_BAUTA, LANE_PROVIDER, COLOUR_GREEN, exchange->ms, false};
	const struct demo_arrow brought = {LANE_PROVIDER, LANE_PHONES, COLOUR_GREEN, -1, false};
	const struct sim_text *text = &exchange->text;
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];

	if (!text->goes) {
		demo_screen_arrow(&demo->screen,
			&(struct demo_arrow){LANE_BAUTA, LANE_PROVIDER, COLOUR_YELLOW, exchange->ms, false}, "told: nothing");
		demo_screen_arrow(&demo->screen,
			&(struct demo_arrow){LANE_PROVIDER, LANE_PHONES, COLOUR_YELLOW, -1, true}, "nobody gets %s's text", writer);
		return;
	}
	const struct demo_phone *reader = demo_cast_owner(text->to);
	demo_screen_arrow(&demo->screen, &told, "told: to %s, from %s", number_mask(text->to, to),
		number_text(text->shown, shown));
	demo_screen_arrow(&demo->screen, &brought, "%s reads, from %s: \"%s\"", reader ? reader->owner : "SOMEBODY ELSE",
		number_is(text->shown) ? shown : "THE VN THAT WAS TEXTED", text->body);
}

/* Brings it and reads the answer. False: there is nothing to judge (told). After true the answer is the caller's to be done. */
static bool bring(struct demo *demo, const struct account *account, const struct demo_try *attempt,
	const struct demo_text *text, struct demo_exchange *exchange)
{
	const struct provider_sim *sim = account->provider->sim;

	demo_wire_begin(demo, account, attempt, exchange);
	exchange->question.text = text->body;
	draw_text(demo, exchange, attempt->from, text->drawn);
	if (!demo_wire_put(demo, exchange, sim->text) || !demo_wire_send(demo, exchange))
		return false;
	demo_tally_answered(&demo->tally, exchange->ms, demo_wire_deadline_s(account) * 1e3);
	if (sim->read_text(account, exchange->answer.status, buf_text(&exchange->answer.body), &exchange->text) == ERR_OK) {
		draw_answer(demo, exchange, attempt->from->owner);
		return true;
	}
	int status = exchange->answer.status;
	client_answer_done(&exchange->answer);
	return demo_expect(demo, false, "%s would not understand the answer (status %d)", account->provider->name, status);
}

/* Counts. `reader` NULL: nobody may get it. */
static bool judge(struct demo *demo, const struct demo_exchange *exchange, const struct demo_phone *reader,
	struct number shows)
{
	const struct sim_text *text = &exchange->text;
	bool right = reader && number_equal(text->to, reader->number), shown = number_equal(text->shown, shows);
	bool clean = demo_leaks_answer(&demo->leaks, buf_text(&exchange->answer.body), text->goes ? text->to : NUMBER_NONE,
		"an answer to a text");

	demo->tally.texts += text->goes;
	demo->tally.texts_refused += !text->goes;
	demo->tally.wrong_person += text->goes && !right;
	demo->tally.lost += reader && !text->goes;
	demo->tally.shown_wrong += text->goes && !shown;
	bool good = demo_expect(demo, reader || !text->goes, "a text goes on that should not");
	good = demo_expect(demo, !reader || text->goes, "%s should get the text", reader ? reader->owner : "") && good;
	good = demo_expect(demo, !text->goes || !reader || right, "the wrong person gets the text") && good;
	good = demo_expect(demo, !text->goes || shown, "it comes from the wrong number") && good;
	return demo_expect(demo, clean, "a number is in the answer that is not the one to text") && good;
}

/* --- what was noted --- */

static const char *member(const json_t *text, const char *name)
{
	const char *value = json_string_value(json_object_get(text, name));

	return value ? value : "";
}

/* Texts are noted behind the answer; a moment later all of the story so far can be read, the newest first. NULL: they can't (told),
 * or we were told to stop. */
static json_t *wait_noted(struct demo *demo, double *ret_ms)
{
	size_t texts = (size_t)(demo->tally.texts + demo->tally.texts_refused);
	double began = demo_clock_ms();

	while (demo_clock_ms() - began < WAIT_MS && !demo->stop.told) {
		json_t *answer = demo_app_ask(demo, "GET", "/v1/messages?page_size=1000", NULL, 200, ret_ms);
		if (!answer || json_array_size(json_object_get(answer, "messages")) >= texts)
			return answer;
		json_decref(answer);
		demo_stop_pause(&demo->stop, LOOK_MS);
	}
	demo_expect(demo, demo->stop.told, "the text was not noted");
	return NULL;
}

static bool noted_as_sent(struct demo *demo)
{
	double ms;
	json_t *answer = wait_noted(demo, &ms);
	const json_t *text = json_array_get(json_object_get(answer, "messages"), 0);

	if (!answer)
		return false;
	demo_screen_arrow(&demo->screen, &(struct demo_arrow){LANE_BAUTA, LANE_APP, COLOUR_BLUE, ms, false},
		"/v1/messages: %s to %s, %s, %d blanked; what it said is not kept", member(text, "from_role"),
		member(text, "to_role"), member(text, "state"), (int)json_integer_value(json_object_get(text, "redacted")));
	bool good = demo_expect(demo, strcmp(member(text, "state"), "sent") == 0, "expected: sent");
	json_decref(answer);
	return good;
}

static bool noted_as_refused(struct demo *demo, const char *reason)
{
	double ms;
	json_t *answer = wait_noted(demo, &ms);
	const json_t *text = json_array_get(json_object_get(answer, "messages"), 0);

	if (!answer)
		return false;
	bool good = strcmp(member(text, "state"), "refused") == 0 && strcmp(member(text, "reason"), reason) == 0;
	demo_screen_verdict(&demo->screen, good, "who writes can't tell; only we see why: %s", member(text, "reason"));
	demo->tally.wrong += !good;
	json_decref(answer);
	return good;
}

/* --- texts --- */

bool demo_text_arrives(struct demo *demo, const struct account *account, const struct demo_order *order, int i,
	const struct demo_text *text)
{
	const struct demo_party *writer = &order->parties[i], *reader = &order->parties[1 - i];
	const struct demo_try attempt = {.from = writer->phone, .to = reader->vn};
	struct demo_exchange exchange;

	if (!bring(demo, account, &attempt, text, &exchange))
		return false;
	bool good = judge(demo, &exchange, reader->phone, writer->vn);
	good = demo_expect(demo, !exchange.text.goes || strcmp(exchange.text.body, text->arrives) == 0,
		"it should say: %s", text->arrives) && good;
	client_answer_done(&exchange.answer);
	return good && noted_as_sent(demo);
}

bool demo_text_refused(struct demo *demo, const struct account *account, const struct demo_try *attempt, const char *body)
{
	const struct demo_text text = {body, body, ""};
	struct demo_exchange exchange;

	if (!bring(demo, account, attempt, &text, &exchange))
		return false;
	bool good = judge(demo, &exchange, NULL, NUMBER_NONE);
	client_answer_done(&exchange.answer);
	return good && noted_as_refused(demo, attempt->reason);
}
