#include "traffic.h"

#include "base/check.h"
#include "base/steady.h"

#define S_NS 1000000000ull
#define RETRY_NS S_NS       /* Retry-After: 1 */
#define DRAIN_NS (300 * S_NS)
#define TURN 16             /* of one kind at a time */
#define VERIFY_RATE 2000    /* a second */
#define FORGET_EACH 10      /* each so manieth session is forgotten, the others are closed */

static uint64_t dice(struct traffic *traffic)
{
	traffic->dice = traffic->dice * 6364136223846793005u + 1442695040888963407u;
	return traffic->dice >> 33;
}

/* --- sending --- */

static bool is_call(const struct order *order)
{
	return order->step == STEP_GRACE || order->step == STEP_GONE;
}

static void send_link(struct traffic *traffic, struct link *link, uint64_t due_ns)
{
	link->asked.due_ns = due_ns;
	links_send(traffic->links, link);
	uint64_t late_ns = link->asked.sent_ns > due_ns ? link->asked.sent_ns - due_ns : 0;
	if (traffic->counting && late_ns > traffic->late_max_ns)
		traffic->late_max_ns = late_ns;
}

/* The order that is about to be called. */
static struct order *asked_of(struct traffic *traffic, struct link *link, uint32_t slot)
{
	link->asked.order = slot;
	traffic->town.orders[slot].calls++;
	return &traffic->town.orders[slot];
}

static void send_step(struct traffic *traffic, struct link *link, struct order *order)
{
	link->asked.order = town_slot(&traffic->town, order);
	if (is_call(order)) {
		order->calls++;
		ask_call(&traffic->asker, link, order, (enum side)(order->serial & 1));
		if (order->step == STEP_GONE)
			link->asked.kind = KIND_STRANGER;
	} else {
		ask_step(&traffic->asker, link, order);
	}
	send_link(traffic, link, order->due_ns);
}

static void next_step(struct traffic *traffic, struct order *order, enum step step, uint64_t now_ns)
{
	order->step = step;
	order->due_ns = now_ns;
	order->tries = 0;
	line_put(is_call(order) ? &traffic->town.calls : &traffic->town.ready, town_slot(&traffic->town, order));
}

static enum class class_of(const struct order *order)
{
	if (is_call(order))
		return CLASS_HOOKS;
	return order->step == STEP_PLACE || order->step == STEP_OPEN ? CLASS_CREATORS : CLASS_APPS;
}

/* From the first of a line, until one is not due or finds no connection; at most TURN. How many were sent. */
static int send_line(struct traffic *traffic, struct line *line, uint64_t now_ns)
{
	int n = 0;
	for (uint32_t slot; n < TURN && (slot = line_first(line)) != TOWN_NONE; n++) {
		struct order *order = &traffic->town.orders[slot];
		struct link *link = order->due_ns <= now_ns ? links_take(traffic->links, class_of(order)) : NULL;
		if (!link)
			break;
		line_drop(line);
		send_step(traffic, link, order);
	}
	return n;
}

static void begin_last_steps(struct traffic *traffic, struct order *order, uint64_t now_ns)
{
	next_step(traffic, order, order->by_events ? STEP_COMPLETE : order->serial / 2 % FORGET_EACH == 0 ? STEP_FORGET : STEP_CLOSE, now_ns);
}

static void end_lives(struct traffic *traffic, uint64_t now_ns)
{
	struct town *town = &traffic->town;
	uint32_t slot;

	while ((slot = line_first(&town->lives)) != TOWN_NONE && town->orders[slot].end_ns <= now_ns) {
		struct order *order = &town->orders[slot];
		line_drop(&town->lives);
		town_leave(town, order);
		if (order->calls == 0)
			begin_last_steps(traffic, order, now_ns);
	}
}

/* At most TURN of them; how many were sent. */
static int send_tales(struct traffic *traffic)
{
	int n = 0;

	while (traffic->tales_n > 0 && n < TURN) {
		struct link *link = links_take(traffic->links, CLASS_HOOKS);
		if (!link)
			break;
		const struct tale *tale = &traffic->tales[traffic->tales_at];
		link->asked.order = TOWN_NONE;
		ask_status(&traffic->asker, link, tale);
		send_link(traffic, link, tale->due_ns);
		traffic->tales_at = (traffic->tales_at + 1) % TALES_MAX;
		traffic->tales_n--;
		n++;
	}
	return n;
}

/* --- streams --- */

static void send_question(struct traffic *traffic, struct link *link, bool strange, uint64_t due_ns)
{
	struct town *town = &traffic->town;
	uint64_t n = dice(traffic);
	struct order *order = asked_of(traffic, link, town->live[n / 2 % town->live_n]);

	if (strange)
		ask_stranger(&traffic->asker, link, order, (uint32_t)dice(traffic));
	else
		ask_call(&traffic->asker, link, order, n & 1);
	send_link(traffic, link, due_ns);
}

/* At most TURN of them; how many were sent. */
static int send_questions(struct traffic *traffic, struct stream *stream, bool strange, uint64_t now_ns)
{
	int n = 0;

	for (; stream_is_due(stream, now_ns) && n < TURN; stream_go_on(stream)) {
		if (traffic->town.live_n == 0) {
			stream->missed++;
			continue;
		}
		struct link *link = links_take(traffic->links, CLASS_HOOKS);
		if (!link)
			break;
		send_question(traffic, link, strange, (uint64_t)stream->due_ns);
		n++;
	}
	return n;
}

/* The providers' side. In turns, so that nobody has all connections. */
static void send_hooks(struct traffic *traffic, uint64_t now_ns)
{
	while (send_questions(traffic, &traffic->calls, false, now_ns) + send_questions(traffic, &traffic->strangers, true, now_ns) +
			send_line(traffic, &traffic->town.calls, now_ns) + send_tales(traffic) > 0)
		;
}

/* Of them, what is left to do when nothing more falls due. */
static void send_last(struct traffic *traffic, uint64_t now_ns)
{
	while (send_line(traffic, &traffic->town.calls, now_ns) + send_tales(traffic) > 0)
		;
}

static bool send_new(struct traffic *traffic, bool by_events, uint64_t due_ns)
{
	struct link *link = links_take(traffic->links, CLASS_CREATORS);
	struct order *order;

	if (!link)
		return false;
	order = town_begin(&traffic->town, by_events, (uint8_t)(traffic->town.serial / 2 % (uint32_t)traffic->asker.pools));
	if (!order)
		links_fail(NULL, "more orders at once than slots=");
	order->due_ns = due_ns;
	send_step(traffic, link, order);
	return true;
}

static void send_orders(struct traffic *traffic, struct stream *stream, bool by_events, uint64_t now_ns)
{
	uint64_t until = now_ns < traffic->stop_ns ? now_ns : traffic->stop_ns;

	while (stream_is_due(stream, until) && send_new(traffic, by_events, (uint64_t)stream->due_ns))
		stream_go_on(stream);
}

/* --- answers --- */

/* A call's end is told, once its question is answered. */
static void put_tale(struct traffic *traffic, const struct link *link, const struct order *order, uint64_t now_ns)
{
	struct tale *tale = &traffic->tales[(traffic->tales_at + traffic->tales_n) % TALES_MAX];

	if (traffic->tales_n == TALES_MAX)
		links_fail(NULL, "the server is too far behind with reports");
	*tale = (struct tale){.from = town_person(order, link->asked.side), .to = order->vn[!link->asked.side],
		.call = link->asked.call, .due_ns = now_ns, .pool = link->asked.pool};
	traffic->tales_n++;
}

static void called(struct traffic *traffic, const struct link *link, const struct answer_text *answer, struct order *order)
{
	if (link->asked.kind == KIND_CALL) {
		ask_call_judge(&traffic->asker, link, answer, order);
		put_tale(traffic, link, order, answer->at_ns);
	} else {
		ask_refused_judge(&traffic->asker, link, answer);
	}
	order->calls--;
	if (is_call(order))
		town_end(&traffic->town, order);
	else if (order->ending && order->calls == 0)
		begin_last_steps(traffic, order, answer->at_ns);
}

static void refused(struct traffic *traffic, struct order *order, uint64_t now_ns)
{
	struct town *town = &traffic->town;

	traffic->overloaded++;
	if (++order->tries > town->tries_max)
		town->tries_max = order->tries;
	order->due_ns = now_ns + RETRY_NS;
	line_put(&town->refused, town_slot(town, order));
}

static void stepped(struct traffic *traffic, struct order *order, uint64_t now_ns)
{
	switch (order->step) {
	case STEP_PLACE:
	case STEP_ASSIGN:
	case STEP_LOOK_CUSTOMER:
		next_step(traffic, order, order->step + 1, now_ns);
		return;
	case STEP_LOOK_COURIER:
	case STEP_OPEN:
		order->tries = 0;
		town_live(&traffic->town, order, now_ns + (uint64_t)(traffic->life_s * 1e9));
		return;
	case STEP_COMPLETE:
		next_step(traffic, order, STEP_GRACE, now_ns);
		return;
	default:
		next_step(traffic, order, STEP_GONE, now_ns);
	}
}

static void on_answer(void *context, struct link *link, const struct answer_text *answer)
{
	struct traffic *traffic = context;
	struct order *order = link->asked.order == TOWN_NONE ? NULL : &traffic->town.orders[link->asked.order];
	enum kind kind = (enum kind)link->asked.kind;

	if (kind == KIND_STATUS) {
		ask_status_judge(&traffic->asker, link, answer);
	} else if (kind == KIND_CALL || kind == KIND_STRANGER) {
		called(traffic, link, answer, order);
	} else if (ask_step_judge(link, answer, order)) {
		stepped(traffic, order, answer->at_ns);
	} else {
		refused(traffic, order, answer->at_ns);
		kind = KIND_OVERLOADED;
	}
	if (traffic->counting && link->asked.due_ns >= traffic->count_from_ns)
		figures_add(&traffic->figures, kind, link->asked.pool, link->asked.due_ns, link->asked.sent_ns, answer->at_ns);
}

/* --- the run --- */

/* Until an answer comes or something is due. What is due and finds no connection waits for an answer. */
static void wait(struct traffic *traffic, uint64_t wake_ns)
{
	uint64_t now_ns = steady_ns();

	if (wake_ns <= now_ns)
		wake_ns = links_busy(traffic->links) > 0 ? now_ns + S_NS / 1000 : now_ns;
	links_wait(traffic->links, wake_ns > now_ns ? wake_ns - now_ns : 0, on_answer, traffic);
}

/* The apps' side. */
static void send_steps(struct traffic *traffic, uint64_t now_ns)
{
	while (send_line(traffic, &traffic->town.ready, now_ns) + send_line(traffic, &traffic->town.refused, now_ns) > 0)
		;
}

static bool at_rest(const struct traffic *traffic)
{
	const struct town *town = &traffic->town;

	return town->ready.n == 0 && town->calls.n == 0 && town->refused.n == 0 && traffic->tales_n == 0 && links_busy(traffic->links) == 0;
}

void traffic_prefill(struct traffic *traffic)
{
	struct town *town = &traffic->town;
	double both = traffic->orders.rate + traffic->sessions.rate;
	uint32_t begun = 0, by_events = both > 0 ? (uint32_t)(traffic->orders.rate / both * 1000) : 500;

	while (town->live_n < traffic->prefill) {
		while (begun < traffic->prefill && send_new(traffic, begun * 7919u % 1000 < by_events, steady_ns()))
			begun++;
		send_last(traffic, steady_ns());
		send_steps(traffic, steady_ns());
		links_wait(traffic->links, S_NS / 100, on_answer, traffic);
	}
	traffic->begin_ns = steady_ns();
	for (uint32_t i = 0; i < town->lives.n; i++)
		town->orders[town->lives.slots[(town->lives.at + i) % town->lives.size]].end_ns =
			traffic->begin_ns + (uint64_t)(traffic->life_s * 1e9 * (i + 1) / town->lives.n);
}

static void begin_streams(struct traffic *traffic, double warm_s, double seconds)
{
	traffic->count_from_ns = traffic->begin_ns + (uint64_t)(warm_s * 1e9);
	traffic->stop_ns = traffic->count_from_ns + (uint64_t)(seconds * 1e9);
	traffic->calls.due_ns = traffic->strangers.due_ns = traffic->orders.due_ns = traffic->sessions.due_ns = (double)traffic->begin_ns;
	traffic->next_line_ns = traffic->every_ns ? traffic->count_from_ns + traffic->every_ns : UINT64_MAX;
}

void traffic_run(struct traffic *traffic, double warm_s, double seconds)
{
	struct town *town = &traffic->town;

	begin_streams(traffic, warm_s, seconds);
	for (;;) {
		uint64_t now_ns = steady_ns(), wake_ns = now_ns + S_NS / 10;
		if (*traffic->over && now_ns < traffic->stop_ns)
			traffic->stop_ns = now_ns;
		traffic->counting = now_ns >= traffic->count_from_ns;
		if (now_ns >= traffic->next_line_ns) {
			traffic_print(traffic, false);
			figures_next(&traffic->figures);
			traffic->next_line_ns += traffic->every_ns;
		}
		if (now_ns >= traffic->stop_ns && town->refused.n == 0)
			break;
		if (now_ns > traffic->stop_ns + DRAIN_NS)
			links_fail(NULL, "what was refused doesn't get through");
		if (now_ns < traffic->stop_ns)
			end_lives(traffic, now_ns);
		send_hooks(traffic, now_ns);
		send_steps(traffic, now_ns);
		send_orders(traffic, &traffic->orders, true, now_ns);
		send_orders(traffic, &traffic->sessions, false, now_ns);
		stream_wakes(&wake_ns, &traffic->calls);
		stream_wakes(&wake_ns, &traffic->strangers);
		if (now_ns < traffic->stop_ns) {
			stream_wakes(&wake_ns, &traffic->orders);
			stream_wakes(&wake_ns, &traffic->sessions);
		}
		wait(traffic, wake_ns);
	}
}

void traffic_finish(struct traffic *traffic)
{
	traffic->unsent = stream_left(&traffic->orders, traffic->stop_ns) + stream_left(&traffic->sessions, traffic->stop_ns);
	traffic->counting = false;
	figures_next(&traffic->figures);
	while (!at_rest(traffic)) {
		if (steady_ns() > traffic->stop_ns + 2 * DRAIN_NS)
			links_fail(NULL, "the server doesn't come to rest");
		send_last(traffic, steady_ns());
		send_steps(traffic, steady_ns());
		links_wait(traffic->links, S_NS / 100, on_answer, traffic);
	}
}

/* Every order `stride` of the living; each from the other side than the one before. */
void traffic_verify(struct traffic *traffic, uint32_t n)
{
	struct town *town = &traffic->town;
	struct stream stream = {.rate = VERIFY_RATE, .due_ns = (double)steady_ns()};
	uint32_t stride = n && town->live_n > n ? town->live_n / n : 1, at = 0;

	while (at < town->live_n || !at_rest(traffic)) {
		struct link *link;
		send_tales(traffic);
		while (at < town->live_n && stream_is_due(&stream, steady_ns()) && (link = links_take(traffic->links, CLASS_HOOKS))) {
			ask_call(&traffic->asker, link, asked_of(traffic, link, town->live[at]), at / stride & 1);
			send_link(traffic, link, steady_ns());
			stream_go_on(&stream);
			at += stride;
		}
		links_wait(traffic->links, S_NS / 1000, on_answer, traffic);
	}
}
