#include "demo/demo_app.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "demo/demo_clock.h"

#define WAIT_MS 15000
#define LOOK_MS 20 /* between two looks while we wait */

/* --- asking --- */

static bool ask_text(struct demo *demo, const struct client_request *request, int wanted,
	struct client_answer *ret_answer, double *ret_ms)
{
	char error[CLIENT_SENTENCE_SIZE];
	double began = demo_clock_ms();

	if (!demo_expect(demo, client_ask(demo->client, request, ret_answer, error) == ERR_OK, "%s", error))
		return false;
	*ret_ms = demo_clock_ms() - began;
	demo_expect(demo,
		demo_leaks_answer(&demo->leaks, buf_text(&ret_answer->body), NUMBER_NONE, request->target),
		"a real number is in the answer to %s", request->target);
	if (ret_answer->status == wanted)
		return true;
	client_sentence(demo->client, ret_answer, error);
	client_answer_done(ret_answer);
	return demo_expect(demo, false, "%s: %s", request->target, error);
}

static json_t *ask(struct demo *demo, const char *method, const char *target, const char *body,
	const char *type, int wanted, double *ret_ms)
{
	const struct client_request request = {
		.method = method, .target = target, .body = str_of(body), .content_type = body ? type : NULL};
	struct client_answer answer;
	double ms;

	if (!ask_text(demo, &request, wanted, &answer, ret_ms ? ret_ms : &ms))
		return NULL;
	json_t *json = json_incref(answer.json);
	client_answer_done(&answer);
	demo_expect(demo, json != NULL, "%s: the answer is not JSON", target);
	return json;
}

json_t *demo_app_ask(
	struct demo *demo, const char *method, const char *target, json_t *body, int wanted, double *ret_ms)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	ASSERT(text || !body);
	json_decref(body);
	json_t *answer = ask(demo, method, target, text, "application/json", wanted, ret_ms);
	free(text);
	return answer;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int count_of(const json_t *object, const char *name)
{
	return (int)json_integer_value(json_object_get(object, name));
}

/* --- events --- */

static json_t *event_json(const struct demo_order *order, const struct demo_event *event)
{
	char id[100], number[NUMBER_TEXT_SIZE];
	json_t *json;

	snprintf(id, sizeof id, "evt-%s-%d", order->ref, order->version);
	json = json_pack("{s:s, s:s, s:s, s:i, s:s}", "id", id, "type", event->type, "order", order->ref,
		"version", order->version, "pool", order->pool);
	ASSERT(json);
	if (event->party >= 0) {
		const struct demo_party *party = &order->parties[event->party];
		json_object_set_new(json, "parties",
			json_pack("[{s:s, s:s}]", "role", party->role, "number",
				number_text(party->phone->number, number)));
	}
	return json;
}

/* The event as a line, `times` over. The caller's to free. */
static char *event_lines(const struct demo_order *order, const struct demo_event *event, int times)
{
	json_t *json = event_json(order, event);
	char *line = json_dumps(json, JSON_COMPACT);
	struct buf lines;

	ASSERT(line);
	buf_init(&lines, 1 << 20);
	for (int i = 0; i < times; i++) {
		buf_lit(&lines, line);
		buf_char(&lines, '\n');
	}
	buf_char(&lines, '\0');
	ASSERT(buf_ok(&lines));
	free(line);
	json_decref(json);
	return lines.at;
}

static void draw_event(
	const struct demo *demo, const struct demo_order *order, const struct demo_event *event, int times)
{
	struct demo_arrow arrow = {LANE_APP, LANE_BAUTA, COLOUR_BLUE, -1, false};
	char number[NUMBER_TEXT_SIZE], with[80] = "", often[40] = "";

	if (event->party >= 0)
		snprintf(with, sizeof with, ", %s %s", order->parties[event->party].role,
			number_mask(order->parties[event->party].phone->number, number));
	if (times > 1)
		snprintf(often, sizeof often, ", %d times over", times);
	demo_screen_arrow(&demo->screen, &arrow, "%s %s%s%s", event->type, order->ref, with, often);
}

/* What became of events. */
struct outcome {
	int applied, repeated, refused;
};

static bool send_by_http(struct demo *demo, const char *lines, struct outcome *ret_outcome, double *ret_ms)
{
	json_t *answer = ask(demo, "POST", "/v1/events", lines, "application/x-ndjson", 200, ret_ms);

	if (!answer)
		return false;
	*ret_outcome = (struct outcome){count_of(answer, "applied"), count_of(answer, "repeated"),
		(int)json_array_size(json_object_get(answer, "refused"))};
	json_decref(answer);
	return true;
}

/* The server's counters of consumed events; they begin anew with each start of it. */
static bool ask_outcome(struct demo *demo, struct outcome *ret_outcome)
{
	static const char *const results[] = {"applied", "repeated", "refused"};
	const struct client_request request = {.method = "GET", .target = "/metrics"};
	int *const counts[] = {&ret_outcome->applied, &ret_outcome->repeated, &ret_outcome->refused};
	struct client_answer answer;
	char name[80];
	double ms;

	if (!ask_text(demo, &request, 200, &answer, &ms))
		return false;
	buf_char(&answer.body, '\0');
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "\nbauta_order_events_total{result=\"%s\"} ", results[i]);
		const char *at = buf_ok(&answer.body) ? strstr(answer.body.at, name) : NULL;
		*counts[i] = at ? atoi(at + strlen(name)) : 0;
	}
	client_answer_done(&answer);
	return true;
}

/* Through the broker; then the server is asked until it has applied them. */
static bool send_by_broker(struct demo *demo, struct str order, struct str line, int times, struct outcome *ret_outcome,
	double *ret_ms)
{
	struct outcome before, after;
	double began = demo_clock_ms();

	if (!ask_outcome(demo, &before))
		return false;
	if (!demo_expect(demo, demo_feed_send(demo->feed, order, line, times), "the broker did not take the event"))
		return false;
	do {
		if (!demo_stop_pause(&demo->stop, LOOK_MS) || !ask_outcome(demo, &after))
			return false;
		*ret_outcome = (struct outcome){after.applied - before.applied, after.repeated - before.repeated,
			after.refused - before.refused};
	} while (ret_outcome->applied + ret_outcome->repeated + ret_outcome->refused < times &&
		 demo_clock_ms() - began < WAIT_MS);
	*ret_ms = demo_clock_ms() - began;
	return true;
}

bool demo_app_event(struct demo *demo, struct demo_order *order, const struct demo_event *event)
{
	int times = event->times ? event->times : 1;
	struct outcome outcome;
	double ms;

	order->version++;
	char *lines = event_lines(order, event, times);
	draw_event(demo, order, event, times);
	struct str rest, line = str_cut(str_of(lines), '\n', &rest);
	bool sent = demo->feed ? send_by_broker(demo, str_of(order->ref), line, times, &outcome, &ms)
			       : send_by_http(demo, lines, &outcome, &ms);
	free(lines);
	if (!sent)
		return false;
	demo_screen_arrow(&demo->screen, &(struct demo_arrow){LANE_BAUTA, LANE_APP, COLOUR_BLUE, ms, false},
		"stored: applied %d, repeated %d", outcome.applied, outcome.repeated);
	return demo_expect(demo, outcome.applied == 1 && outcome.repeated == times - 1 && outcome.refused == 0,
		"expected: applied 1, repeated %d, refused 0; refused were %d", times - 1, outcome.refused);
}

/* --- orders --- */

/* {"ref", "state", "contacts"} as the app of party `as` gets it. */
static json_t *ask_contact(struct demo *demo, const struct demo_order *order, int as, double *ret_ms)
{
	char target[200];

	snprintf(target, sizeof target, "/v1/orders/%s/contact?pool=%s&as=%s", order->ref, order->pool,
		order->parties[as].role);
	return demo_app_ask(demo, "GET", target, NULL, 200, ret_ms);
}

/* The VN of the party that isn't `as`; none if there is not exactly one contact. */
static struct number contact_vn(const json_t *answer, const char *role)
{
	const json_t *contacts = json_object_get(answer, "contacts"), *contact = json_array_get(contacts, 0);
	struct number vn = NUMBER_NONE;

	if (json_array_size(contacts) != 1 || strcmp(text_of(contact, "role"), role) != 0 ||
		number_parse(str_of(text_of(contact, "vn")), &vn) != ERR_OK)
		return NUMBER_NONE;
	return vn;
}

static struct number ask_vn(struct demo *demo, const struct demo_order *order, int of, double *ret_ms)
{
	json_t *answer = ask_contact(demo, order, 1 - of, ret_ms);
	struct number vn = contact_vn(answer, order->parties[of].role);

	json_decref(answer);
	return vn;
}

bool demo_app_contacts(struct demo *demo, struct demo_order *order)
{
	bool good = true;

	for (int of = 1; of >= 0; of--) {
		struct demo_party *party = &order->parties[of];
		const struct demo_phone *phone = order->parties[1 - of].phone;
		char text[NUMBER_TEXT_SIZE];
		double ms = 0;

		party->vn = ask_vn(demo, order, of, &ms);
		demo_screen_arrow(&demo->screen,
			&(struct demo_arrow){LANE_BAUTA, LANE_APP, COLOUR_BLUE, ms, false},
			"%s's app: \"ring your %s at %s\"", phone->owner, party->role,
			number_text(party->vn, text));
		good = demo_expect(demo, number_is(party->vn), "the app has nobody to show") && good;
	}
	order->live = good;
	return good;
}

bool demo_app_wait(struct demo *demo, const struct demo_order *order, const char *state, double *ret_s)
{
	double began = demo_clock_ms();
	bool there = false, asked = true;

	while (!there && asked && demo_clock_ms() - began < WAIT_MS &&
		demo_stop_pause(&demo->stop, LOOK_MS)) {
		json_t *answer = ask_contact(demo, order, 0, NULL);
		asked = answer != NULL;
		there = asked && strcmp(text_of(answer, "state"), state) == 0;
		json_decref(answer);
	}
	*ret_s = (demo_clock_ms() - began) / 1e3;
	if (demo->stop.told)
		return false;
	return demo_expect(demo, there, "%s is not %s after %.0f s", order->ref, state, *ret_s);
}

static bool order_kept(struct demo *demo, const struct demo_order *order)
{
	bool kept = true;
	double ms;

	for (int of = 0; of < 2; of++)
		if (!number_equal(ask_vn(demo, order, of, &ms), order->parties[of].vn))
			kept = false;
	return kept;
}

void demo_app_check_orders(struct demo *demo)
{
	for (int i = 0; i < demo->orders_n; i++) {
		if (!demo->orders[i]->live)
			continue;
		demo->tally.orders++;
		if (!demo_expect(demo, order_kept(demo, demo->orders[i]), "%s has lost its numbers",
			    demo->orders[i]->ref))
			demo->tally.lost++;
	}
}

/* --- calls --- */

static const json_t *find_call(const json_t *answer, const char *call_id)
{
	const json_t *calls = json_object_get(answer, "calls");

	for (size_t i = 0; i < json_array_size(calls); i++)
		if (strcmp(text_of(json_array_get(calls, i), "provider_call_id"), call_id) == 0)
			return json_array_get(calls, i);
	return NULL;
}

/* Calls are written behind the answer; a moment later they can be read. Gives the answer with `call_id` in it
 * and in `status`; NULL: none came (told), or we were told to stop. */
static json_t *wait_call(struct demo *demo, const char *call_id, const char *status, double *ret_ms)
{
	double began = demo_clock_ms();

	while (demo_clock_ms() - began < WAIT_MS && !demo->stop.told) {
		json_t *answer = demo_app_ask(demo, "GET", "/v1/calls?page_size=1000", NULL, 200, ret_ms);
		if (!answer || strcmp(text_of(find_call(answer, call_id), "status"), status) == 0)
			return answer;
		json_decref(answer);
		demo_stop_pause(&demo->stop, LOOK_MS);
	}
	demo_expect(demo, demo->stop.told, "the call was not noted as %s", status);
	return NULL;
}

bool demo_app_call_completed(struct demo *demo, const char *call_id, int seconds)
{
	double ms;
	json_t *answer = wait_call(demo, call_id, "completed", &ms);
	const json_t *call = find_call(answer, call_id);

	if (!answer)
		return false;
	demo_screen_arrow(&demo->screen, &(struct demo_arrow){LANE_BAUTA, LANE_APP, COLOUR_BLUE, ms, false},
		"/v1/calls: %s to %s, completed, %d s", text_of(call, "from_role"), text_of(call, "to_role"),
		count_of(call, "seconds"));
	bool good = demo_expect(demo, count_of(call, "seconds") == seconds, "expected: %d s", seconds);
	json_decref(answer);
	return good;
}

bool demo_app_call_refused(struct demo *demo, const char *call_id, const char *reason)
{
	double ms;
	json_t *answer = wait_call(demo, call_id, "refused", &ms);
	const json_t *call = find_call(answer, call_id);

	if (!answer)
		return false;
	bool good = strcmp(text_of(call, "reason"), reason) == 0;
	demo_screen_verdict(&demo->screen, good, "refused in the same words as any; only we see why: %s",
		text_of(call, "reason"));
	demo->tally.wrong += !good;
	json_decref(answer);
	return good;
}

/* --- the end --- */

static void count_late(struct demo *demo)
{
	json_t *answer = demo_app_ask(demo, "GET", "/v1/calls?page_size=1000", NULL, 200, NULL);
	const json_t *calls = json_object_get(answer, "calls");

	for (size_t i = 0; i < json_array_size(calls); i++)
		demo->tally.late += strcmp(text_of(json_array_get(calls, i), "reason"), "late") == 0;
	json_decref(answer);
}

void demo_app_read_all(struct demo *demo)
{
	static const char *const targets[] = {
		"/v1/pools", "/v1/sessions?page_size=1000", "/v1/audit", "/openapi.json", NULL};
	const struct client_request metrics = {.method = "GET", .target = "/metrics"};
	struct client_answer answer;
	double ms;

	count_late(demo);
	for (int i = 0; targets[i]; i++)
		json_decref(demo_app_ask(demo, "GET", targets[i], NULL, 200, NULL));
	if (ask_text(demo, &metrics, 200, &answer, &ms))
		client_answer_done(&answer);
}
