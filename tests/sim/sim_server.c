/* The real server without sockets and threads. What the linker puts in their place is at the end (Makefile, SIM_WRAPS). */
#include "sim/sim.h"

#include <ftw.h>
#include <unistd.h>

#include "api/pools.h"
#include "base/steady.h"
#include "crypto/digest.h"
#include "net/http_client.h"
#include "out/outbox.h"
#include "serve/hooks.h"
#include "serve/reader.h"
#include "serve/writer_queue.h"

#define TURNS_MAX 10000

static char *reply_body;
static size_t reply_len;
static int reply_status;
static uint64_t reply_to; /* which request's */
static uint64_t requests;

/* --- starts --- */

static void write_config(const char *path)
{
	FILE *file = fopen(path, "we");

	ASSERT(file);
	fprintf(file,
		"listen: 127.0.0.1:8080\n"
		"public_url: https://vn.example.com\n"
		"data: data\n"
		"store: memory\n"
		"log_level: error\n"
		"deadline_ms: 10000\n"
		"outbox_keep_s: 60\n"
		"limits: { sessions: %d, connections: 10, workers: 1, outbox: 1000000, numbers: 400, pools: 10, pairs: 3000, calls: 5000, idempotency: 1000, "
		"blocks: 1000, queue: 1000, call_queue: 1000, accounts: 10, tenants: 10, roles: 10 }\n"
		"accounts:\n"
		"  - { name: main, provider: twilio, country: ID, account_sid: AC1, auth_token: 12345 }\n"
		"  - { name: india, provider: exotel, country: IN, secret_path: 0123456789abcdef }\n"
		"  - { name: eu, provider: sinch, country: GB, application_key: k, application_secret: c2VjcmV0 }\n"
		"  - { name: us, provider: bandwidth, country: US, user: bauta, password: s3cret, account_id: '9900012', api_user: api, "
		"api_password: word, message_application_id: app-1 }\n"
		"webhooks:\n"
		"  - { name: app, url: 'http://127.0.0.1:9/', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, allow_private: true }\n",
		sim->faults.tight ? 30 : 600);
	ASSERT(fclose(file) == 0);
}

static void read_config(void)
{
	char path[160];
	struct buf errors;

	snprintf(path, sizeof path, "%s/bauta.yaml", sim->folder);
	write_config(path);
	const struct config_sources sources = {.file = path};
	buf_init(&errors, 4096);
	if (config_read(&sources, &sim->config, &errors) != ERR_OK) {
		printf("%.*s\n", (int)errors.len, errors.at);
		exit(2);
	}
	buf_done(&errors);
}

static void start(void)
{
	char error[SERVE_ERROR_SIZE];

	sim->dead = false;
	if (serve_open(sim->config, &sim->serve, error) != ERR_OK)
		violation("S7", "", "it does not start: %s", error);
	if (sim->serve->first_key[0])
		snprintf(sim->key, sizeof sim->key, "Bearer %s", sim->serve->first_key);
}

/* Of each pool's own account. */
static void add_numbers(int pool, uint64_t first, int n, const char *provider, const char *account)
{
	char body[8192], target[64];
	int len = snprintf(body, sizeof body, "{\"numbers\":[");

	for (int i = 0; i < n; i++) {
		struct number number = {first + (uint64_t)i};
		char text[NUMBER_TEXT_SIZE];
		len += snprintf(body + len, sizeof body - (size_t)len, "%s{\"number\":\"%s\",\"provider\":\"%s\",\"account\":\"%s\"}",
			i ? "," : "", number_text(number, text), provider, account);
		sim->vns[sim->vns_n++] = (struct sim_vn){number, pool, pool};
	}
	snprintf(body + len, sizeof body - (size_t)len, "]}");
	snprintf(target, sizeof target, "/v1/pools/%s/numbers", pool_name(pool));
	struct sim_reply reply = server_api("POST", target, body);
	ASSERT(reply.status == 200);
}

static void make_pools(void)
{
	static const char *const bodies[SIM_POOLS] = {
		"{\"name\":\"jakarta\",\"country\":\"ID\",\"mode\":\"shared\",\"keep_s\":86400,\"messages\":true,\"redact\":true}",
		"{\"name\":\"bengaluru\",\"country\":\"IN\",\"countries\":[\"IN\",\"ID\"],\"mode\":\"exclusive\",\"keep_s\":86400}",
		"{\"name\":\"london\",\"country\":\"GB\",\"countries\":[\"GB\",\"ID\"],\"mode\":\"shared\",\"numbers\":\"one\",\"ttl_s\":3600,"
		"\"grace_s\":120,\"cooldown_s\":7200,\"keep_s\":86400}",
		"{\"name\":\"newyork\",\"country\":\"US\",\"countries\":[\"US\",\"ID\"],\"mode\":\"shared\",\"unknown_caller\":\"pin\",\"ttl_s\":7200,"
		"\"cooldown_s\":3600,\"keep_s\":86400,\"messages\":true,\"redact\":true,\"keep_bodies_s\":600}",
	};
	bool scarce = sim->faults.scarce;

	for (int i = 0; i < SIM_POOLS; i++) {
		struct sim_reply reply = server_api("POST", "/v1/pools", bodies[i]);
		ASSERT(reply.status == 201);
	}
	add_numbers(0, 622150000000u, scarce ? 6 : 40, "twilio", "main");
	add_numbers(1, 918047112200u, scarce ? 8 : 90, "exotel", "india");
	add_numbers(2, 442079460000u, scarce ? 4 : 30, "sinch", "eu");
	add_numbers(3, 12125550100u, scarce ? 6 : 30, "bandwidth", "us");
}

void server_open(void)
{
	snprintf(sim->folder, sizeof sim->folder, "/tmp/bauta-sim-XXXXXX");
	ASSERT(mkdtemp(sim->folder));
	read_config();
	bool healed = sim->healed;
	sim->healed = true; /* until there is a town */
	start();
	make_pools();
	sim->healed = healed;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about, (void)type, (void)walk;
	return remove(path);
}

void server_close(void)
{
	serve_close(sim->serve);
	sim_store_free(sim->store);
	vault_free(sim->vault);
	config_free(sim->config);
	nftw(sim->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(reply_body);
	reply_body = NULL;
}

void server_crash(void)
{
	sim->dead = true;
	serve_close(sim->serve);
	if (chance_one_in(&sim->random, sim->healed ? 0 : sim->faults.clock_steps)) {
		sim->wall_off_ms = (int64_t)chance_below(&sim->random, 7200000) - 3600000;
		trace("", "the wall clock is %+.1f s off", (double)sim->wall_off_ms / 1000);
	}
	trace("", "a start");
	sim->behind_ms = sim->now_ms; /* one turn from now on */
	start();
	model_restarted();
	topic_restarted();
	sink_restarted();
	texts_restarted();
}

/* --- requests --- */

static void take_reply(uint64_t request, const struct http_reply *reply)
{
	if (sim->dead || request != requests)
		return;
	free(reply_body);
	reply_body = malloc(reply->body.len + 1);
	ASSERT(reply_body);
	memcpy(reply_body, reply->body.at ? reply->body.at : "", reply->body.len);
	reply_body[reply->body.len] = '\0';
	reply_len = reply->body.len;
	reply_status = reply->status;
	reply_to = request;
}

static struct str split(struct str target, struct str *ret_query)
{
	struct str path = str_cut(target, '?', ret_query);

	if (!ret_query->at)
		*ret_query = STR("");
	return path;
}

static void put(struct http_request *request)
{
	const struct http_plan usual = {.body_max = 65536};
	struct http_plan plan = sim->handler->plan ? sim->handler->plan(sim->handler_context, request) : usual;

	if (plan.stream)
		sim->handler->on_stream(sim->handler_context, request, true, false);
	else
		sim->handler->on_request(sim->handler_context, request);
}

void server_turn(void)
{
	for (int i = 0; i < TURNS_MAX && !sim->dead; i++)
		if (!writer_turn(sim->serve->server.writer))
			break;
	if (sim->dead)
		server_crash();
}

struct sim_reply server_ask(const char *method, const char *target, const struct sim_header *headers, int headers_n,
	struct str body)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
	static struct http_request request;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	memset(&request, 0, offsetof(struct http_request, headers));
	request = (struct http_request){.began_ns = steady_ns(), .target = str_of(target), .body = body, .host = STR("vn.example.com"), .arena = &arena,
		.peer = "192.0.2.1", .handle = {.request = ++requests}, .headers_n = headers_n};
	for (int i = 0; i < 6; i++)
		if (strcmp(method, methods[i]) == 0)
			request.method = (enum http_method)i;
	for (int i = 0; i < headers_n; i++)
		request.headers[i] = (struct http_header){str_of(headers[i].name), str_of(headers[i].value)};
	request.path = split(request.target, &request.query);
	reply_status = 0;
	put(&request);
	for (int i = 0; i < TURNS_MAX && reply_status == 0 && !sim->dead; i++)
		writer_turn(sim->serve->server.writer);
	arena_done(&arena);
	if (sim->dead)
		server_crash();
	else if (reply_status == 0)
		violation("L1", "", "%s %s is never answered", method, target);
	return (struct sim_reply){reply_status, reply_body, reply_len};
}

struct sim_reply server_api(const char *method, const char *target, const char *body)
{
	const struct sim_header headers[] = {{"Authorization", sim->key}, {"Content-Type", "application/json"}};
	struct sim_reply reply = server_ask(method, target, headers, body ? 2 : 1, body ? str_of(body) : STR_NONE);

	if (reply.status)
		text_check("an answer of the API", reply.body, reply.len);
	return reply;
}

/* --- in place of sockets, clocks and chance --- */

enum err __wrap_http_server_new(const struct http_options *options, const struct http_handler *handler,
	struct http_server **ret_server, char ret_error[256]);
enum err __wrap_http_server_new(const struct http_options *options, const struct http_handler *handler,
	struct http_server **ret_server, char ret_error[256])
{
	(void)options, (void)ret_error;
	sim->handler = handler;
	sim->handler_context = handler->context;
	*ret_server = (struct http_server *)sim;
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

/* Nobody sleeps there. */
void __wrap_http_client_wake(struct http_client *client);
void __wrap_http_client_wake(struct http_client *client)
{
	(void)client;
}

/* What a thread of its own reads, read at once. */
enum err __wrap_reader_submit(struct reader *reader, struct reading *reading);
enum err __wrap_reader_submit(struct reader *reader, struct reading *reading)
{
	struct store_reader *rows = sim->store->ops->reader_open(sim->store);

	(void)reader;
	ASSERT(rows);
	reading->run(reading, rows);
	sim->store->ops->reader_close(rows);
	return ERR_OK;
}

void __wrap_http_reply(struct http_request *request, const struct http_reply *reply);
void __wrap_http_reply(struct http_request *request, const struct http_reply *reply)
{
	take_reply(request->handle.request, reply);
}

void __wrap_http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply);
void __wrap_http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply)
{
	(void)server;
	take_reply(handle.request, reply);
}

void __wrap_writer_queue_wait(struct writer_queue *queue, enum writer_wait wait, int64_t timeout_ms);
void __wrap_writer_queue_wait(struct writer_queue *queue, enum writer_wait wait, int64_t timeout_ms)
{
	(void)queue, (void)wait, (void)timeout_ms;
}

void __wrap_secret_random(void *bytes, size_t len);
void __wrap_secret_random(void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(chance_next(&sim->random) >> 56);
}

struct store *__real_store_memory_new(const struct vault *vault);
struct store *__wrap_store_memory_new(const struct vault *vault);
struct store *__wrap_store_memory_new(const struct vault *vault)
{
	char path[160], error[256];

	(void)vault;
	if (sim->store)
		return sim->store;
	snprintf(path, sizeof path, "%s/data/bauta.key", sim->folder);
	enum err err = vault_read(path, &sim->vault, error);
	ASSERT(err == ERR_OK);
	sim->store = __real_store_memory_new(sim->vault);
	sim_store_take(sim->store);
	return sim->store;
}

static int64_t wall_ms(void *context)
{
	(void)context;
	return sim->now_ms + sim->wall_off_ms;
}

static int64_t steady_of_sim(void *context)
{
	(void)context;
	return sim->now_ms;
}

struct clock *__real_clock_new(const struct clock_source *source);
struct clock *__wrap_clock_new(const struct clock_source *source);
struct clock *__wrap_clock_new(const struct clock_source *source)
{
	static const struct clock_source ours = {.wall_ms = wall_ms, .steady_ms = steady_of_sim};

	(void)source;
	return __real_clock_new(&ours);
}
