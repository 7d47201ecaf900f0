/* A whole server without sockets (tests/door): what a request costs its worker behind the HTTP parser, and the writer. */
#include "budget/budget.h"
#include "door/door.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/steady.h"
#include "feed/feed_event.h"
#include "provider/provider.h"

#define POSTS 256
#define QUESTIONS 256
#define QUEUE 64
#define WARM 32 /* done before, of each */
#define VNS 40
#define PEOPLE 1000
#define PUBLIC_URL "https://vn.example.com"

static char authorization[128];

/* A worker's part, then the writer's. `wanted`: the hundreds of the answer; 0: it waits. */
typedef void work_fn(struct http_request *request);
typedef void write_fn(void);

static void api_post(const char *target, const char *body, work_fn *work, write_fn *write_out, int wanted)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	struct http_request *request = door_request(HTTP_METHOD_POST, target, "application/json", str_of(body), &arena);
	door_header(request, "Authorization", authorization);
	door.now_ms += 5;
	work(request);
	write_out();
	ASSERT(door.reply.status / 100 == wanted);
	arena_done(&arena);
}

/* As the HTTP reader does: the plan when the head is there, the rest when the body is. */
static void handle(struct http_request *request)
{
	struct http_plan plan = door.handler->plan(door.handler->context, request);

	ASSERT(!plan.stream && request->body.len <= plan.body_max);
	door.handler->on_request(door.handler->context, request);
}

/* --- sessions --- */

MEASURED static void budget_post_session_worker(struct http_request *request)
{
	handle(request);
}

MEASURED static void budget_post_session_writer(void)
{
	door_turn();
}

static struct number customer_of(uint32_t order)
{
	return (struct number){6281234567000u + order % PEOPLE};
}

static void post_session(uint32_t order, work_fn *work, write_fn *write_out, int wanted)
{
	char body[512], customer[NUMBER_TEXT_SIZE], courier[NUMBER_TEXT_SIZE];

	number_text(customer_of(order), customer);
	number_text((struct number){6281298765000u + hash_reduce(hash_mix(order), PEOPLE)}, courier);
	snprintf(body, sizeof body,
		"{\"ref\":\"order-%06u\",\"parties\":[{\"role\":\"customer\",\"number\":\"%s\"},{\"role\":\"courier\",\"number\":\"%s\"}]}",
		order, customer, courier);
	api_post("/v1/sessions", body, work, write_out, wanted);
}

static void count_posts(void)
{
	for (uint32_t i = 0; i < WARM; i++)
		post_session(i, handle, door_turn, 2);
	for (uint32_t i = 0; i < POSTS; i++)
		post_session(WARM + i, budget_post_session_worker, budget_post_session_writer, 2);
	budget_done("post_session_worker", POSTS);
	budget_done("post_session_writer", POSTS);
}

/* --- order events --- */

MEASURED static void budget_event_reader(const struct event_sender *sender, struct str payload, struct str key,
	struct arena *arena, struct feed_event *ret_event)
{
	const struct event_around around = {.id = STR("e-1"), .type = STR("order.placed")};

	ASSERT(feed_event_read(sender, payload, &around, key, arena, ret_event) == ERR_OK);
}

/* The part of the consumer's thread; what follows in the writer is a session. */
static void count_events(void)
{
	struct vault_use *use = vault_use_new(door.serve->server.vault);
	const struct event_sender sender = {.server = &door.serve->server, .tenant = 0, .vault = use};

	for (uint32_t i = 0; i < POSTS; i++) {
		char payload[512], key[32], customer[NUMBER_TEXT_SIZE];
		struct feed_event event;
		struct arena arena;
		number_text(customer_of(i), customer);
		int key_len = snprintf(key, sizeof key, "order-%06u", i);
		int len = snprintf(payload, sizeof payload,
			"{\"type\":\"order.placed\",\"order\":\"%s\",\"version\":1,\"pool\":\"jakarta\",\"parties\":["
			"{\"role\":\"customer\",\"number\":\"%s\"},{\"role\":\"courier\",\"number\":\"+6281298765%03u\"}]}",
			key, customer, i % PEOPLE);
		arena_init(&arena, 1 << 20);
		budget_event_reader(&sender, str_n(payload, (size_t)len), str_n(key, (size_t)key_len), &arena, &event);
		ASSERT(event.err == ERR_OK && !event.ignored);
		arena_done(&arena);
	}
	vault_use_free(use);
	budget_done("event_reader", POSTS);
}

/* --- past saturation --- */

MEASURED static void budget_post_session_refused(struct http_request *request)
{
	handle(request);
}

static void leave(void)
{
}

/* The queue is filled, and one after the other finds no room; then it is emptied. */
static void count_refused(void)
{
	uint32_t order = WARM + POSTS;

	for (uint32_t i = 0; i < QUEUE; i++)
		post_session(order++, handle, leave, 0);
	for (uint32_t i = 0; i < POSTS; i++)
		post_session(order + i, budget_post_session_refused, leave, 5);
	door_turn();
	budget_done("post_session_refused", POSTS);
}

/* --- questions --- */

MEASURED static void budget_twilio_worker(struct http_request *request)
{
	handle(request);
}

MEASURED static void budget_twilio_writer(void)
{
	door_turn();
}

/* Twilio asks on behalf of the order's customer, who dials the courier. */
static void fill_question(uint32_t order, struct sim_request *ret_request)
{
	const struct account *account = &door.serve->config->accounts[0];
	char ref[32], call_id[40];
	struct arena arena;
	uint32_t vn;

	arena_init(&arena, 1 << 16);
	snprintf(ref, sizeof ref, "order-%06u", order);
	uint32_t slot = engine_session_by_ref(door.serve->server.engine, 0, str_of(ref));
	ASSERT(slot != ENGINE_NONE);
	const struct session_row *row = engine_session_row(door.serve->server.engine, slot, &arena);
	snprintf(call_id, sizeof call_id, "CA%032u", order);
	struct sim_question question = {.from = customer_of(order), .call_id = call_id, .public_url = PUBLIC_URL, .now_ms = door.now_ms};
	question.to = session_vn_seen(row, 0, 1, &vn);
	ASSERT(account->provider->sim->ask(account, &question, ret_request) == ERR_OK);
	arena_done(&arena);
}

static void put_question(uint32_t order, work_fn *work, write_fn *write_out)
{
	struct sim_request asked;
	struct arena arena;

	fill_question(order, &asked);
	arena_init(&arena, 1 << 20);
	struct http_request *request =
		door_request(HTTP_METHOD_POST, asked.target, asked.content_type, str_of(asked.body), &arena);
	for (int i = 0; i < asked.headers_n; i++)
		door_header(request, asked.header_name[i], asked.header_value[i]);
	door.now_ms += 5;
	work(request);
	write_out();
	ASSERT(door.reply.status == 200);
	arena_done(&arena);
}

static void count_questions(void)
{
	for (uint32_t i = 0; i < WARM; i++)
		put_question(i, handle, door_turn);
	for (uint32_t i = 0; i < QUESTIONS; i++)
		put_question(WARM + i, budget_twilio_worker, budget_twilio_writer);
	budget_done("twilio_worker", QUESTIONS);
	budget_done("twilio_writer", QUESTIONS);
}

/* --- start --- */

static const char settings[] =
	"listen: 127.0.0.1:8080\n"
	"public_url: " PUBLIC_URL "\n"
	"data: data\n"
	"log_level: error\n"
	"deadline_ms: 10000\n"
	"limits: { sessions: 1000, connections: 10, workers: 1, queue: 64 }\n" /* QUEUE */
	"accounts:\n"
	"  - { name: main, provider: twilio, country: ID, account_sid: AC1, auth_token: 12345 }\n";

static void make_pool(void)
{
	char body[8192];
	int len = snprintf(body, sizeof body, "{\"numbers\":[");

	api_post("/v1/pools", "{\"name\":\"jakarta\",\"country\":\"ID\"}", handle, door_turn, 2);
	for (uint32_t i = 0; i < VNS; i++)
		len += snprintf(body + len, sizeof body - (size_t)len,
			"%s{\"number\":\"+%llu\",\"provider\":\"twilio\",\"account\":\"main\"}", i ? "," : "",
			(unsigned long long)BUDGET_VN_FIRST + i);
	snprintf(body + len, sizeof body - (size_t)len, "]}");
	api_post("/v1/pools/jakarta/numbers", body, handle, door_turn, 2);
}

void budget_door(void)
{
	struct config *config = door_config(settings);

	json_object_seed(1);
	door_open(config);
	snprintf(authorization, sizeof authorization, "Bearer %s", door.serve->first_key);
	make_pool();
	count_posts();
	count_events();
	count_questions();
	count_refused();
	door_close();
	config_free(config);
}
