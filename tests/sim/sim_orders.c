/* Orders: what happens to each is decided when it is placed; its events come by HTTP or from the topic, late, twice, out of order.
 * What was acknowledged must be there (S7), however it came (S8); what is over stays over (S9). */
#include "sim/sim.h"

#define RETRY_MS 2000
#define FULL_MS 300000

enum { ROLE_CUSTOMER, ROLE_COURIER };
static const char *const roles[SIM_ROLES] = {"customer", "courier"};
static const char *const pools[SIM_POOLS] = {"jakarta", "bengaluru", "london", "newyork"};

struct sim_event {
	enum event_type type;
	int role;             /* -1: none */
	int person;
	uint32_t version;
	int64_t ms;           /* when it is to come */
	bool said;            /* its answer says that it is stored */
	uint8_t unknown;      /* copies that were sent and not answered */
};

struct sim_order {
	uint32_t n;           /* which one in this place */
	int pool;
	char ref[16];
	bool by_topic;
	bool by_app;          /* as sessions, parties and a close, one after the other: whatever came last counts */
	char id[32];          /* by_app: the session's, as text */
	struct sim_event events[SIM_EVENTS];
	int events_n;
	int64_t first_ms;     /* the server's time when the first was stored, once it was said to be; 0: none was */
	bool over;            /* an event that ends it was, or one of its people was forgotten */
	bool forgets, unsure; /* one of its people is being forgotten; may have been: nothing is expected of it */
};

const char *pool_name(int pool)
{
	return pools[pool];
}

struct number person_number(int kind, int person)
{
	return (struct number){(kind == ROLE_CUSTOMER ? 6281234567000u : 6281298765000u) + (uint64_t)person};
}

void text_check(const char *what, const char *text, size_t len)
{
	/* Every person's number has one of these in it, however it is written. */
	if (memmem(text, len, "8123456", 7) || memmem(text, len, "8129876", 7))
		violation("S4", "", "a real number is in %s: %.*s", what, (int)(len < 400 ? len : 400), text);
}

int64_t orders_due_ms(void)
{
	return due_ms();
}

/* --- placing --- */

static uint32_t seconds(uint32_t from, uint32_t to)
{
	return from + chance_below(&sim->random, to - from);
}

static void plan(struct sim_order *order, enum event_type type, int role, int person, int64_t *at_ms, uint32_t after_s)
{
	int event = order->events_n++;

	ASSERT(event < SIM_EVENTS);
	*at_ms += (int64_t)after_s * 1000;
	order->events[event] =
		(struct sim_event){.type = type, .role = role, .person = person, .version = (uint32_t)event + 1};
	int64_t ms = *at_ms + chance_below(&sim->random, 3000);
	order->events[event].ms = ms;
	if (order->by_app) { /* the next one when this has its answer */
		if (event == 0)
			due_put((struct due){ms, order->n, event});
		return;
	}
	if (chance_one_in(&sim->random, sim->faults.late))
		ms += (int64_t)seconds(60, 20 * 3600) * 1000;
	due_put((struct due){ms, order->n, event});
	while (chance_one_in(&sim->random, sim->faults.repeats))
		due_put((struct due){ms + (int64_t)seconds(0, 12 * 3600) * 1000, order->n, event});
}

static int somebody(void)
{
	/* A few order all the time: those are who runs out of VNs. */
	return chance_one_in(&sim->random, 4) ? (int)chance_below(&sim->random, 10) : (int)chance_below(&sim->random, SIM_PEOPLE);
}

void orders_place(void)
{
	struct sim_order *order = &sim->orders[sim->orders_n % SIM_ORDERS];
	int64_t at_ms = sim->now_ms;
	int courier = (int)chance_below(&sim->random, SIM_PEOPLE / 5);

	memset(order, 0, sizeof *order);
	order->n = sim->orders_n++;
	order->pool = (int)chance_below(&sim->random, SIM_POOLS);
	order->by_topic = chance_one_in(&sim->random, 2);
	order->by_app = !order->by_topic && chance_one_in(&sim->random, 3);
	snprintf(order->ref, sizeof order->ref, "A-%u", order->n);
	plan(order, EVENT_PLACED, ROLE_CUSTOMER, somebody(), &at_ms, 0);
	plan(order, EVENT_ASSIGNED, ROLE_COURIER, courier, &at_ms, seconds(20, 600));
	for (int i = 0; i < 3 && chance_one_in(&sim->random, 6); i++)
		plan(order, EVENT_REASSIGNED, ROLE_COURIER, (courier + i + 1) % SIM_PEOPLE, &at_ms, seconds(60, 900));
	if (chance_one_in(&sim->random, 30)) /* the customer's other phone */
		plan(order, EVENT_ASSIGNED, ROLE_CUSTOMER, somebody(), &at_ms, seconds(10, 100));
	if (!chance_one_in(&sim->random, 25)) /* else nobody ends it: it expires */
		plan(order, chance_one_in(&sim->random, 10) ? EVENT_CANCELLED : EVENT_COMPLETED, -1, 0, &at_ms, seconds(600, 3600));
	sim->totals.orders++;
}

/* --- sending --- */

static struct sim_order *order_of(uint32_t n)
{
	struct sim_order *order = &sim->orders[n % SIM_ORDERS];

	return order->n == n && order->events_n ? order : NULL;
}

static void write_event(const struct sim_order *order, int at, char text[400])
{
	const struct sim_event *event = &order->events[at];
	char number[NUMBER_TEXT_SIZE], parties[120] = "";

	if (event->role >= 0)
		snprintf(parties, sizeof parties, ",\"parties\":[{\"role\":\"%s\",\"number\":\"%s\"}]", roles[event->role],
			number_text(person_number(event->role, event->person), number));
	snprintf(text, 400, "{\"id\":\"e-%s-%u\",\"type\":\"%s\",\"order\":\"%s\",\"version\":%u,\"pool\":\"%s\"%s}", order->ref,
		event->version, event_type_words[event->type], order->ref, event->version, pools[order->pool], parties);
}

/* One copy has its answer. */
static void said(struct sim_order *order, int at)
{
	struct sim_event *event = &order->events[at];

	trace(order->ref, "%s %u is stored", event_type_words[event->type], event->version);
	event->said = true;
	event->unknown = 0;
	if (!order->first_ms) {
		/* A crash may have come between commit and answer, and the clock have jumped at the start that followed. */
		const struct session_row *row = model_open(order->pool, order->ref);
		order->first_ms = row ? (int64_t)row->opened_at * 1000 : clock_now_ms(sim->serve->server.clock);
	}
	order->over |= event->type >= EVENT_COMPLETED;
}

static bool is_count(const char *body, const char *name, int count)
{
	char text[40];

	snprintf(text, sizeof text, "\"%s\":%d", name, count);
	return strstr(body, text) != NULL;
}

static bool is_of_the_moment(const char *body)
{
	return strstr(body, "limit_reached") || strstr(body, "overloaded") || strstr(body, "store_failed");
}

static void send_by_http(struct sim_order *order, int at)
{
	char text[400];

	write_event(order, at, text);
	struct sim_reply reply = server_api("POST", "/v1/events", text);
	if (reply.status == 200 && (is_count(reply.body, "applied", 1) || is_count(reply.body, "repeated", 1))) {
		said(order, at);
		return;
	}
	if (reply.status && reply.status != 503 && !is_of_the_moment(reply.body))
		violation("S8", order->ref, "event %s is refused: %d %.300s", text, reply.status, reply.body);
	trace(order->ref, "%s %u: %d", event_type_words[order->events[at].type], order->events[at].version, reply.status);
	if (reply.status == 0)
		order->events[at].unknown = 1;
	/* Where there is no room it is asked again later, as anybody would. */
	due_put((struct due){sim->now_ms + (reply.status && strstr(reply.body, "limit_reached") ? FULL_MS : RETRY_MS), order->n, at});
}

static bool may_be_over(const struct sim_order *order)
{
	const struct pool_policy *policy = &engine_pool(sim->serve->server.engine, (uint16_t)order->pool)->policy;

	return order->over || order->unsure ||
	       clock_now_ms(sim->serve->server.clock) >= order->first_ms + (int64_t)policy->ttl_s * 1000 - 1000;
}

static bool is_of_no_room(const char *body)
{
	return strstr(body, "limit_reached") || strstr(body, "pool_exhausted");
}

static struct sim_reply ask_by_app(const struct sim_order *order, const struct sim_event *event)
{
	char target[120], body[200], number[NUMBER_TEXT_SIZE];

	if (event->role >= 0)
		number_text(person_number(event->role, event->person), number);
	if (event->type == EVENT_PLACED) {
		snprintf(body, sizeof body, "{\"pool\":\"%s\",\"ref\":\"%s\",\"parties\":[{\"role\":\"%s\",\"number\":\"%s\"}]}",
			pools[order->pool], order->ref, roles[event->role], number);
		return server_api("POST", "/v1/sessions", body);
	}
	if (event->role < 0) {
		snprintf(target, sizeof target, "/v1/sessions/%s/close", order->id);
		return server_api("POST", target, NULL);
	}
	snprintf(target, sizeof target, "/v1/sessions/%s/parties/%s", order->id, roles[event->role]);
	snprintf(body, sizeof body, "{\"number\":\"%s\"}", number);
	return server_api("PUT", target, body);
}

static void send_by_app(struct sim_order *order, int at)
{
	struct sim_event *event = &order->events[at];
	const char *id;

	struct sim_reply reply = ask_by_app(order, event);
	bool closed = reply.status == 409 && strstr(reply.body, "session_closed");
	trace(order->ref, "the app's %s: %d", event_type_words[event->type], reply.status);
	if (closed && !may_be_over(order))
		violation("S7", order->ref, "it is closed and nobody ended it: %s", reply.body);
	if (event->type == EVENT_PLACED && reply.status / 100 == 2 && (id = strstr(reply.body, "\"id\":\"")))
		sscanf(id, "\"id\":\"%31[^\"]", order->id);
	if (reply.status == 200 || reply.status == 201 || closed) {
		said(order, at);
		order->over |= closed;
		if (at + 1 < order->events_n)
			due_put((struct due){event[1].ms > sim->now_ms ? event[1].ms : sim->now_ms, order->n, at + 1});
		return;
	}
	if (reply.status && reply.status != 503 && !strstr(reply.body, "pool_exhausted"))
		violation("S8", order->ref, "the app's %s is refused: %d %.300s", event_type_words[event->type], reply.status, reply.body);
	event->unknown = reply.status == 0;
	due_put((struct due){sim->now_ms + (reply.status && is_of_no_room(reply.body) ? FULL_MS : RETRY_MS), order->n, at});
}

static void send(struct due due)
{
	struct sim_order *order = order_of(due.order);
	char text[400], id[40];

	if (!order)
		return; /* of long ago */
	sim->totals.events++;
	if (order->by_app) {
		send_by_app(order, due.event);
		return;
	}
	if (!order->by_topic) {
		send_by_http(order, due.event);
		return;
	}
	write_event(order, due.event, text);
	snprintf(id, sizeof id, "%u %d", order->n, due.event);
	order->events[due.event].unknown++;
	topic_send(order->ref, text, id);
}

void orders_step(void)
{
	while (due_ms() <= sim->now_ms)
		send(due_take());
}

void orders_topic_said(const char *id)
{
	unsigned n;
	int at;

	if (sscanf(id, "%u %d", &n, &at) != 2)
		return;
	struct sim_order *order = order_of(n);
	if (!order)
		return;
	uint8_t unknown = order->events[at].unknown;
	said(order, at);
	order->events[at].unknown = unknown ? (uint8_t)(unknown - 1) : 0;
}

/* --- looking --- */

static bool is_settled(const struct sim_order *order)
{
	for (int i = 0; i < order->events_n; i++)
		if (order->events[i].unknown)
			return false;
	return true;
}

/* The newest event of a role that was said to be stored; NULL. */
static const struct sim_event *newest(const struct sim_order *order, int role)
{
	const struct sim_event *found = NULL;

	for (int i = 0; i < order->events_n; i++) {
		const struct sim_event *event = &order->events[i];
		if (event->said && event->role == role && (!found || event->version > found->version))
			found = event;
	}
	return found;
}

static void expect_parties(const struct sim_order *order, const struct session_row *row)
{
	int n = 0;

	for (int role = 0; role < SIM_ROLES; role++) {
		const struct sim_event *event = newest(order, role);
		int party = session_party_of(row, str_of(roles[role]));
		n += event != NULL;
		if (!event != (party < 0))
			violation("S8", order->ref, "there %s a %s", party < 0 ? "is not" : "is", roles[role]);
		if (event && !number_equal(row->parties[party].numbers[0], person_number(role, event->person)))
			violation("S8", order->ref, "the %s is not the one of its newest event", roles[role]);
	}
	if (row->parties_n != n)
		violation("S8", order->ref, "%d parties, not %d", row->parties_n, n);
}

static void check(const struct sim_order *order)
{
	const struct session_row *row = model_open(order->pool, order->ref);
	int64_t now_ms = clock_now_ms(sim->serve->server.clock);

	if (!order->first_ms || !is_settled(order) || order->unsure)
		return;
	if (order->over) {
		if (row && !row->closed_at)
			violation("S9", order->ref, "it was ended and is open");
		return;
	}
	const struct pool_policy *policy = &engine_pool(sim->serve->server.engine, (uint16_t)order->pool)->policy;
	if (now_ms >= order->first_ms + (int64_t)policy->ttl_s * 1000 - 1000)
		return;
	if (!row)
		violation("S7", order->ref, "what was acknowledged is not there");
	if (row->closed_at)
		violation("S7", order->ref, "it is closed and nobody ended it");
	expect_parties(order, row);
}

void orders_check(void)
{
	uint32_t n = sim->orders_n < 64 ? sim->orders_n : 64;

	if (!n)
		return;
	struct sim_order *order = order_of(sim->orders_n - 1 - chance_below(&sim->random, n));
	if (order)
		check(order);
}

void orders_check_all(void)
{
	for (uint32_t i = 0; i < SIM_ORDERS && i < sim->orders_n; i++)
		check(&sim->orders[i]);
}

static bool is_party(const struct session_row *row, struct number number)
{
	for (int i = 0; i < row->parties_n; i++)
		if (number_equal(row->parties[i].numbers[0], number))
			return true;
	return false;
}

void orders_forget(struct number number)
{
	for (uint32_t i = 0; i < SIM_ORDERS && i < sim->orders_n; i++) {
		struct sim_order *order = &sim->orders[i];
		const struct session_row *row = model_open(order->pool, order->ref);
		order->forgets = row && is_party(row, number);
	}
}

void orders_forgotten(bool certain)
{
	for (uint32_t i = 0; i < SIM_ORDERS && i < sim->orders_n; i++) {
		struct sim_order *order = &sim->orders[i];
		order->over |= order->forgets && certain;
		order->unsure |= order->forgets && !certain;
	}
}

bool orders_pick(int *ret_pool, char ref[16], struct number people[SIM_ROLES])
{
	uint32_t n = sim->orders_n < 64 ? sim->orders_n : 64;
	struct sim_order *order = n ? order_of(sim->orders_n - 1 - chance_below(&sim->random, n)) : NULL;

	if (!order)
		return false;
	*ret_pool = order->pool;
	memcpy(ref, order->ref, sizeof order->ref);
	for (int role = 0; role < SIM_ROLES; role++) {
		const struct sim_event *event = newest(order, role);
		people[role] = event ? person_number(role, event->person) : NUMBER_NONE;
	}
	return true;
}

void orders_new(void)
{
	due_none();
	sim->orders = calloc(SIM_ORDERS, sizeof *sim->orders);
	ASSERT(sim->orders);
}

void orders_free(void)
{
	free(sim->orders);
}
