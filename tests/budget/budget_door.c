/* A whole server, its sockets, clock and chance taken by the linker as in the simulator: what a request costs its worker
 * behind the HTTP parser, and the writer. */
#include "budget/budget.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/steady.h"
#include "provider/provider.h"
#include "serve/serve.h"

#define POSTS 256
#define QUESTIONS 256
#define QUEUE 64
#define WARM 32 /* done before, of each */
#define VNS 40
#define PEOPLE 1000
#define TURNS_MAX 100
#define PUBLIC_URL "https://vn.example.com"

static struct serve *serve;
static const struct http_handler *handler;
static void *handler_context;
static char authorization[128];
static int64_t now_ms = BUDGET_START_MS;
static int status; /* of the last reply; 0: none yet */

/* --- one request --- */

static struct http_request *request_of(const char *target, const char *content_type, const char *body, struct arena *arena)
{
	static struct http_request request;

	memset(&request, 0, offsetof(struct http_request, headers));
	request = (struct http_request){.method = HTTP_METHOD_POST, .target = str_of(target), .body = str_of(body),
		.host = STR("vn.example.com"), .peer = "192.0.2.1", .began_ns = steady_ns(), .arena = arena};
	request.path = str_cut(request.target, '?', &request.query);
	if (!request.query.at)
		request.query = STR("");
	request.headers[request.headers_n++] = (struct http_header){STR("Content-Type"), str_of(content_type)};
	status = 0;
	return &request;
}

static void turn(void)
{
	for (int i = 0; i < TURNS_MAX && writer_turn(serve->server.writer); i++)
		;
}

/* A worker's part, then the writer's. */
typedef void work_fn(struct http_request *request);
typedef void write_fn(void);

static void api_post(const char *target, const char *body, work_fn *work, write_fn *write_out, int wanted)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	struct http_request *request = request_of(target, "application/json", body, &arena);
	request->headers[request->headers_n++] = (struct http_header){STR("Authorization"), str_of(authorization)};
	now_ms += 5;
	work(request);
	write_out();
	ASSERT(status / 100 == wanted);
	arena_done(&arena);
}

static void handle(struct http_request *request)
{
	handler->on_request(handler_context, request);
}

/* --- sessions --- */

MEASURED static void budget_post_session_worker(struct http_request *request)
{
	handle(request);
}

MEASURED static void budget_post_session_writer(void)
{
	turn();
}

static struct number customer_of(uint32_t order)
{
	return (struct number){6281234567000u + order % PEOPLE};
}

static void put_session(uint32_t order, char *body, size_t size)
{
	char customer[NUMBER_TEXT_SIZE], courier[NUMBER_TEXT_SIZE];

	number_text(customer_of(order), customer);
	number_text((struct number){6281298765000u + hash_reduce(hash_mix(order), PEOPLE)}, courier);
	snprintf(body, size,
		"{\"ref\":\"order-%06u\",\"parties\":[{\"role\":\"customer\",\"number\":\"%s\"},{\"role\":\"courier\",\"number\":\"%s\"}]}",
		order, customer, courier);
}

static void post_session(uint32_t order, work_fn *work, write_fn *write_out)
{
	char body[512];

	put_session(order, body, sizeof body);
	api_post("/v1/sessions", body, work, write_out, 2);
}

static void count_posts(void)
{
	for (uint32_t i = 0; i < WARM; i++)
		post_session(i, handle, turn);
	for (uint32_t i = 0; i < POSTS; i++)
		post_session(WARM + i, budget_post_session_worker, budget_post_session_writer);
	budget_done("post_session_worker", POSTS);
	budget_done("post_session_writer", POSTS);
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
	char body[512];

	for (uint32_t i = 0; i < QUEUE; i++) {
		put_session(order++, body, sizeof body);
		api_post("/v1/sessions", body, handle, leave, 0);
	}
	for (uint32_t i = 0; i < POSTS; i++) {
		put_session(order + i, body, sizeof body);
		api_post("/v1/sessions", body, budget_post_session_refused, leave, 5);
	}
	turn();
	budget_done("post_session_refused", POSTS);
}

/* --- questions --- */

MEASURED static void budget_twilio_worker(struct http_request *request)
{
	handle(request);
}

MEASURED static void budget_twilio_writer(void)
{
	turn();
}

/* Twilio asks on behalf of the order's customer, who dials the courier. */
static void fill_question(uint32_t order, struct sim_request *ret_request)
{
	const struct account *account = &serve->config->accounts[0];
	char ref[32], call_id[40];
	struct arena arena;
	uint32_t vn;

	arena_init(&arena, 1 << 16);
	snprintf(ref, sizeof ref, "order-%06u", order);
	uint32_t slot = engine_session_by_ref(serve->server.engine, 0, str_of(ref));
	ASSERT(slot != ENGINE_NONE);
	const struct session_row *row = engine_session_row(serve->server.engine, slot, &arena);
	snprintf(call_id, sizeof call_id, "CA%032u", order);
	struct sim_question question = {.from = customer_of(order), .call_id = call_id, .public_url = PUBLIC_URL, .now_ms = now_ms};
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
	struct http_request *request = request_of(asked.target, asked.content_type, asked.body, &arena);
	for (int i = 0; i < asked.headers_n; i++)
		request->headers[request->headers_n++] =
			(struct http_header){str_of(asked.header_name[i]), str_of(asked.header_value[i])};
	now_ms += 5;
	work(request);
	write_out();
	ASSERT(status == 200);
	arena_done(&arena);
}

static void count_questions(void)
{
	for (uint32_t i = 0; i < WARM; i++)
		put_question(i, handle, turn);
	for (uint32_t i = 0; i < QUESTIONS; i++)
		put_question(WARM + i, budget_twilio_worker, budget_twilio_writer);
	budget_done("twilio_worker", QUESTIONS);
	budget_done("twilio_writer", QUESTIONS);
}

/* --- start --- */

static struct config *read_config(void)
{
	const struct config_sources sources = {.file = "bauta.yaml"};
	struct config *config;
	struct buf errors;
	FILE *file = fopen(sources.file, "we");

	ASSERT(file);
	fprintf(file,
		"listen: 127.0.0.1:8080\n"
		"public_url: " PUBLIC_URL "\n"
		"data: data\n"
		"log_level: error\n"
		"deadline_ms: 10000\n"
		"limits: { sessions: 1000, connections: 10, workers: 1, queue: %d }\n"
		"accounts:\n"
		"  - { name: main, provider: twilio, country: ID, account_sid: AC1, auth_token: 12345 }\n",
		QUEUE);
	ASSERT(fclose(file) == 0);
	buf_init(&errors, 4096);
	if (config_read(&sources, &config, &errors) != ERR_OK)
		fprintf(stderr, "%.*s\n", (int)errors.len, errors.at);
	ASSERT(errors.len == 0);
	buf_done(&errors);
	return config;
}

static void make_pool(void)
{
	char body[8192];
	int len = snprintf(body, sizeof body, "{\"numbers\":[");

	api_post("/v1/pools", "{\"name\":\"jakarta\",\"country\":\"ID\"}", handle, turn, 2);
	for (uint32_t i = 0; i < VNS; i++)
		len += snprintf(body + len, sizeof body - (size_t)len,
			"%s{\"number\":\"+%llu\",\"provider\":\"twilio\",\"account\":\"main\"}", i ? "," : "",
			(unsigned long long)BUDGET_VN_FIRST + i);
	snprintf(body + len, sizeof body - (size_t)len, "]}");
	api_post("/v1/pools/jakarta/numbers", body, handle, turn, 2);
}

void budget_door(void)
{
	struct config *config = read_config();
	char error[SERVE_ERROR_SIZE];

	json_object_seed(1);
	if (serve_open(config, &serve, error) != ERR_OK)
		fprintf(stderr, "%s\n", error);
	ASSERT(serve);
	snprintf(authorization, sizeof authorization, "Bearer %s", serve->first_key);
	make_pool();
	count_posts();
	count_questions();
	count_refused();
	serve_close(serve);
	config_free(config);
}

/* --- in place of sockets, the clock and chance --- */

enum err __wrap_http_server_new(const struct http_options *options, const struct http_handler *taken,
	struct http_server **ret_server, char ret_error[256]);
enum err __wrap_http_server_new(const struct http_options *options, const struct http_handler *taken,
	struct http_server **ret_server, char ret_error[256])
{
	(void)options, (void)ret_error;
	handler = taken;
	handler_context = taken->context;
	*ret_server = (struct http_server *)&serve;
	return ERR_OK;
}

int __wrap_http_server_port(const struct http_server *server);
int __wrap_http_server_port(const struct http_server *server)
{
	(void)server;
	return 8080;
}

void __wrap_http_server_free(struct http_server *server);
void __wrap_http_server_free(struct http_server *server)
{
	(void)server;
}

void __wrap_http_wake(struct http_server *server);
void __wrap_http_wake(struct http_server *server)
{
	(void)server;
}

void __wrap_http_reply(struct http_request *request, const struct http_reply *reply);
void __wrap_http_reply(struct http_request *request, const struct http_reply *reply)
{
	(void)request;
	status = reply->status;
}

void __wrap_http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply);
void __wrap_http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply)
{
	(void)server, (void)handle;
	status = reply->status;
}

void __wrap_writer_queue_wait(void *queue, int wait, int64_t timeout_ms);
void __wrap_writer_queue_wait(void *queue, int wait, int64_t timeout_ms)
{
	(void)queue, (void)wait, (void)timeout_ms;
}

void __wrap_secret_random(void *bytes, size_t len);
void __wrap_secret_random(void *bytes, size_t len)
{
	static struct random random = {1};

	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)random_below(&random, 256);
}

static int64_t time_ms(void *context)
{
	(void)context;
	return now_ms;
}

struct clock *__real_clock_new(const struct clock_source *source);
struct clock *__wrap_clock_new(const struct clock_source *source);
struct clock *__wrap_clock_new(const struct clock_source *source)
{
	static const struct clock_source ours = {.wall_ms = time_ms, .steady_ms = time_ms};

	(void)source;
	return __real_clock_new(&ours);
}
