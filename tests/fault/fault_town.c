#include "fault/fault.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "phone/phone.h"
#include "provider/telnyx_signature.h"
#include "serve/writer_queue.h"

#define PUBLIC_URL "https://vn.example.com"
#define REST_MS 7000 /* longer than the writer rests after a failure */
#define IDS 16

char town_key[128], town_reveals[128];

static struct config *config;
static struct {
	char name[24], id[64];
} ids[IDS];
static int ids_n;

static const char settings[] =
	"listen: 127.0.0.1:8080\n"
	"public_url: " PUBLIC_URL "\n"
	"data: data\n"
	"log_level: error\n"
	"deadline_ms: 10000\n"
	"outbox_keep_s: 86400\n"
	"limits: { sessions: 100, routes: 400, pairs: 800, tombstones: 400, numbers: 400, pools: 40, connections: 10, workers: 1,\n"
	"  calls: 200, call_queue: 64, queue: 64, messages: 100, outbox: 1000 }\n"
	"accounts:\n"
	"  - { name: main, provider: twilio, country: ID, account_sid: AC1, auth_token: 12345 }\n"
	"  - { name: main, provider: exotel, country: ID, secret_path: 0123456789abcdef }\n"
	"  - { name: main, provider: plivo, auth_id: MA1, auth_token: token }\n"
	"  - { name: main, provider: sinch, country: ID, application_key: k, application_secret: c2VjcmV0 }\n"
	"  - { name: main, provider: vonage, country: ID, signature_secret: s1, api_key: k1, api_secret: s2 }\n"
	"  - { name: main, provider: telnyx, country: ID, public_key: PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=, api_key: k }\n"
	"  - { name: main, provider: bandwidth, country: ID, user: u, password: p }\n"
	"  - { name: main, provider: infobip, country: ID, api_id: i, api_key: k, audio_url: 'https://files.example.com/x.mp3' }\n"
	"  - { name: main, provider: messagebird, country: ID, signing_key: s }\n"
	"webhooks:\n"
	"  - { name: app, url: 'http://127.0.0.1:9/', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, allow_private: true }\n"
	"  - { name: gone, url: 'http://127.0.0.1:9/', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, allow_private: true }\n";

/* --- requests --- */

void town_ask(enum http_method method, const char *target, const char *content_type, const char *body, const char *key,
	const char *idempotency_key)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	struct http_request *request = door_request(method, target, body && !content_type ? "application/json" : content_type,
		body ? str_of(body) : STR_NONE, &arena);
	door_header(request, "Authorization", key);
	if (idempotency_key)
		door_header(request, "Idempotency-Key", idempotency_key);
	door_put(request);
	door_turn();
	arena_done(&arena);
}

void town_make(enum http_method method, const char *target, const char *body, int status)
{
	fault_hold();
	town_ask(method, town_target(target), NULL, body, town_key, NULL);
	fault_go_on();
	if (door.reply.status != status)
		fprintf(stderr, "%s: %d %s\n", target, door.reply.status, door.reply.body);
	ASSERT(door.reply.status == status);
}

/* --- ids --- */

static void remember(const char *name, const char *id)
{
	ASSERT(ids_n < IDS && id && strlen(id) < sizeof ids[0].id);
	snprintf(ids[ids_n].name, sizeof ids[0].name, "{%s}", name);
	snprintf(ids[ids_n++].id, sizeof ids[0].id, "%s", id);
}

/* The `id` of the answer, or of the first row of the list in it. */
static void remember_answer(const char *name, const char *list)
{
	json_t *root = json_loads(door.reply.body, 0, NULL);
	json_t *at = list ? json_array_get(json_object_get(root, list), 0) : root;

	remember(name, json_string_value(json_object_get(at, "id")));
	json_decref(root);
}

const char *town_target(const char *target)
{
	static char texts[4][512];
	static int next;
	char *text = texts[next++ % 4];
	const char *open = strchr(target, '{');

	for (int i = 0; open && i < ids_n; i++) {
		size_t len = strlen(ids[i].name);
		if (strncmp(open, ids[i].name, len) == 0) {
			snprintf(text, sizeof texts[0], "%.*s%s%s", (int)(open - target), target, ids[i].id, open + len);
			return text;
		}
	}
	return target;
}

/* --- whom it knows --- */

static const char *const people[] = {"6281234567", "6281298765", "6281211112222", NULL};

static bool holds(const char *text, size_t len, const char *digits)
{
	return memmem(text, len, digits, strlen(digits)) != NULL;
}

/* Parties of the town: +6281234567xxx, +6281298765xxx; masked ones show the last three digits alone. */
bool town_tells_number(const char *text, size_t len)
{
	for (int i = 0; people[i]; i++)
		if (holds(text, len, people[i] + 2)) /* also in its national form */
			return true;
	return false;
}

/* --- what is there --- */

struct note {
	struct command command;
	struct record record;
	bool *stored;
};

static enum err run_note(struct command *command, struct engine *engine, int64_t now_ms)
{
	(void)now_ms;
	return engine_note(engine, &((struct note *)command)->record);
}

static void finish_note(struct command *command, enum err err)
{
	*((struct note *)command)->stored = err == ERR_OK;
}

void town_note(const struct record *record)
{
	bool stored = false;
	struct note note = {.command = {.change = true, .run = run_note, .finish = finish_note}, .record = *record, .stored = &stored};

	fault_hold();
	enum err err = writer_submit(door.serve->server.writer, &note.command);
	ASSERT(!err);
	door_turn();
	fault_go_on();
	ASSERT(stored);
}

static void make_pools(void)
{
	char body[1024], target[64];

	town_make(HTTP_METHOD_POST, "/v1/pools", "{\"name\":\"jakarta\",\"country\":\"ID\",\"messages\":true}", 201);
	for (int i = 0; i < config->accounts_n; i++) {
		const char *provider = config->accounts[i].provider->name;
		bool one = config->accounts[i].provider->shows_dialled_only;
		snprintf(body, sizeof body, "{\"name\":\"%s\",\"country\":\"ID\",\"messages\":true,\"unknown_caller\":\"%s\"%s}", provider,
			one ? "reject" : "pin", one ? ",\"numbers\":\"one\"" : "");
		town_make(HTTP_METHOD_POST, "/v1/pools", body, 201);
		snprintf(target, sizeof target, "/v1/pools/%s/numbers", i ? provider : "jakarta");
		int len = snprintf(body, sizeof body, "{\"numbers\":[");
		for (int k = 0; k < 8; k++)
			len += snprintf(body + len, sizeof body - (size_t)len,
				"%s{\"number\":\"+62215000%d%03d\",\"provider\":\"%s\",\"account\":\"main\"}", k ? "," : "", i, k, provider);
		snprintf(body + len, sizeof body - (size_t)len, "]}");
		town_make(HTTP_METHOD_POST, target, body, 200);
	}
	town_make(HTTP_METHOD_POST, "/v1/pools/twilio/numbers",
		"{\"numbers\":[{\"number\":\"+622150009900\",\"provider\":\"twilio\",\"account\":\"main\"},"
		"{\"number\":\"+622150009901\",\"provider\":\"twilio\",\"account\":\"main\"},"
		"{\"number\":\"+622150009902\",\"provider\":\"twilio\",\"account\":\"main\"}]}", 200);
}

static void make_session(const char *name, const char *pool, int customer, int courier)
{
	char body[512];

	snprintf(body, sizeof body,
		"{\"pool\":\"%s\",\"ref\":\"order-%s\",\"parties\":[{\"role\":\"customer\",\"number\":\"+6281234567%03d\"},"
		"{\"role\":\"courier\",\"number\":\"+6281298765%03d\"}]}", pool, name, customer, courier);
	town_make(HTTP_METHOD_POST, "/v1/sessions", body, 201);
	remember_answer(name, NULL);
}

static void make_keys(void)
{
	struct store *store = door.serve->server.store;
	struct key_row row = {.name = "reveals", .tenant = "main",
		.scopes = KEY_SESSIONS | KEY_NUMBERS | KEY_CALLS | KEY_ROUTE | KEY_REVEAL | KEY_ADMIN};
	struct audit_row audit = {.at_ms = door.now_ms, .tenant = STR("main"), .key = STR("test"), .action = STR("key.create"),
		.target = STR("reveals"), .detail = STR("")};
	char text[100];

	snprintf(town_key, sizeof town_key, "Bearer %s", door.serve->first_key);
	keyring_make(&row, door.now_ms, text);
	enum err err = store->ops->key_put(store, &row, &audit);
	ASSERT(!err);
	serve_keys_changed(door.serve);
	snprintf(town_reveals, sizeof town_reveals, "Bearer %s", text);
}

/* The number plans' rules are made ready when they are first asked for, which is no part of a request. */
static void warm(void)
{
	static const char *const texts[] = {"0812-9876-5885", "+6281234567215", "+628123", "+622150009990"};
	const uint16_t indonesia = 'I' << 8 | 'D';
	struct phone phone;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		(void)!phone_parse(str_of(texts[i]), indonesia, &phone);
		(void)!phone_parse_vn(str_of(texts[i]), indonesia, &phone);
	}
}

static void make_town(void)
{
	const struct sink_row gone = {.name = STR("webhook:gone"), .cursor = 1, .disabled_at = (uint32_t)(door.now_ms / 1000)};

	warm();
	make_keys();
	make_pools();
	make_session("live", "jakarta", 210, 877);
	make_session("other", "jakarta", 211, 878);
	make_session("ended", "jakarta", 212, 879);
	for (int i = 1; i < config->accounts_n; i++)
		make_session(config->accounts[i].provider->name, config->accounts[i].provider->name, 220 + i, 820 + i);
	town_make(HTTP_METHOD_POST, "/v1/sessions/{ended}/close", "{\"grace_s\":0}", 200);
	town_make(HTTP_METHOD_POST, "/v1/route", "{\"from\":\"+6281234567210\",\"to\":\"+622150000001\",\"call_id\":\"c1\"}", 200);
	town_make(HTTP_METHOD_POST, "/v1/sessions/{live}/messages",
		"{\"from_role\":\"customer\",\"to_role\":\"courier\",\"body\":\"I am at the door\"}", 202);
	town_make(HTTP_METHOD_POST, "/v1/blocks",
		"{\"pool\":\"jakarta\",\"number\":\"+6281234567299\",\"direction\":\"from\",\"reason\":\"spam\"}", 201);
	remember_answer("block", NULL);
	bool stored = feed_event_once("{\"id\":\"evt-1\",\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"pool\":\"later\","
		"\"parties\":[{\"role\":\"customer\",\"number\":\"+6281234567213\"}]}");
	stored = feed_event_once("{\"id\":\"evt-2\",\"type\":\"order.assigned\",\"order\":\"A-1\",\"version\":2,\"pool\":\"jakarta\","
		"\"parties\":[{\"role\":\"courier\",\"number\":\"+6281298765880\"}]}") && stored;
	ASSERT(stored);
	town_make(HTTP_METHOD_POST, "/v1/pools", "{\"name\":\"later\",\"country\":\"ID\"}", 201);
	town_make(HTTP_METHOD_GET, "/v1/dead", NULL, 200);
	remember_answer("dead", "dead");
	town_note(&(struct record){.kind = RECORD_SINK, .sink = &gone});
}

/* --- start, rest, crash --- */

static void open_again(void)
{
	door_open(config);
	door.rows = door.serve->server.store->ops->reader_open(door.serve->server.store);
	ASSERT(door.rows);
	fault_store_take();
	state_open();
}

void town_shut(void)
{
	state_close();
	door.serve->server.store->ops->reader_close(door.rows);
	door.rows = NULL;
	door_close();
}

void town_open(void)
{
	fault_hold();
	json_object_seed(1);
	config = door_config(settings);
	for (int i = 0; i < config->accounts_n; i++)
		if (strcmp(config->accounts[i].provider->name, "telnyx") == 0)
			snprintf(config->accounts[i].secret, sizeof config->accounts[i].secret, "%s", telnyx_sim_public_key);
	fault_disk_install();
	open_again();
	make_town();
	town_rest();
	town_crash(); /* what was loaded is as what was made */
	fault_go_on();
}

void town_crash(void)
{
	fault_hold();
	fault_disk_keep();
	/* What waits in its queues is forgotten by serve_close(). */
	town_shut();
	fault_disk_back();
	open_again();
	fault_go_on();
}

void town_rest(void)
{
	fault_hold();
	door_turn();
	door.now_ms += REST_MS;
	door_turn();
	fault_go_on();
}

/* One process, and forks of it, each of which has files of its own. */
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
	(void)fd, (void)operation;
	return 0;
}
