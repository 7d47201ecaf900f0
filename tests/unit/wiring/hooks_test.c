/* Webhooks over the wire: a whole server on a loopback port, asked as Twilio asks. */
#include "unit/test.h"

#include <arpa/inet.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "provider/provider.h"
#include "serve/serve.h"

#define PUBLIC_URL "https://vn.example.com"
#define CUSTOMER 6281234567210
#define COURIER 6281298765877
#define STRANGER 6281211112222
#define VN_FIRST 622150000000
#define ANSWER_SIZE 8192

static const char yaml[] =
	"listen: 127.0.0.1:0\n"
	"public_url: " PUBLIC_URL "\n"
	"store: memory\n"
	"limits: { sessions: 100, workers: 1 }\n"
	"accounts:\n"
	"  - { name: main, provider: twilio, country: ID, account_sid: AC1, auth_token: a-token-of-ours }\n"
	"  - { name: other, provider: twilio, country: ID, account_sid: AC2, auth_token: another-token }\n";

struct fixture {
	char folder[64], file[96];
	struct config *config;
	struct serve *serve;
	struct number vn[2]; /* that stand for customer and courier */
	uint32_t pin;        /* the customer's */
	uint8_t pin_digits;
};

static struct fixture fixture;

/* --- one session, made in the writer --- */

struct making {
	struct command command;
	enum pool_unknown unknown;
	enum err err;
	sem_t done;
};

static struct party party_of(const char *role, uint64_t e164)
{
	struct vault_use *use = vault_use_new(fixture.serve->server.vault);
	struct party party = {.numbers_n = 1, .may_call = true, .numbers = {{e164}}};

	snprintf(party.role, sizeof party.role, "%s", role);
	vault_person(use, party.numbers[0], &party.persons[0]);
	vault_use_free(use);
	return party;
}

static enum err make_session(struct engine *engine, uint16_t pool)
{
	struct party parties[2] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	struct session_open open = {.pool = pool, .ref = STR("A-1"), .parties = parties, .parties_n = 2};
	struct arena arena;
	uint32_t slot;
	uint64_t ended;
	bool is_new;
	enum err err = engine_session_open(engine, &open, &slot, &is_new, &ended);

	if (err)
		return err;
	arena_init(&arena, 1 << 20);
	struct session_row *row = engine_session_row(engine, slot, &arena);
	fixture.vn[0] = row->parties[0].vn;
	fixture.vn[1] = row->parties[1].vn;
	fixture.pin = row->parties[0].pin;
	fixture.pin_digits = row->parties[0].pin_digits;
	arena_done(&arena);
	return ERR_OK;
}

static enum err run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct pool_policy policy = pool_policy_default(country_parse(STR("ID")));
	struct vn_add add = {.account = fixture.config->accounts[0].index};
	uint16_t tenant, pool;
	enum err err;

	(void)now_ms;
	policy.unknown_caller = ((struct making *)command)->unknown;
	if ((err = engine_tenant(engine, STR("main"), &tenant)) ||
			(err = engine_pool_create(engine, tenant, STR("jakarta"), &policy, &pool)))
		return err;
	for (uint64_t i = 0; i < 4; i++) {
		add.number.e164 = VN_FIRST + i;
		if ((err = engine_vn_add(engine, pool, &add)))
			return err;
	}
	return make_session(engine, pool);
}

static void finish(struct command *command, enum err err)
{
	struct making *making = (struct making *)command;

	making->err = err;
	sem_post(&making->done);
}

static void make(enum pool_unknown unknown)
{
	struct making making = {.command = {.change = true, .run = run, .finish = finish}, .unknown = unknown};

	sem_init(&making.done, 0, 0);
	assert_int_equal(writer_submit(fixture.serve->server.writer, &making.command), ERR_OK);
	sem_wait(&making.done);
	assert_int_equal(making.err, ERR_OK);
}

static int set_up(void **state)
{
	struct config_sources sources = {.file = fixture.file, .data = fixture.folder};
	char error[SERVE_ERROR_SIZE] = "";
	struct buf errors;

	(void)state;
	fixture = (struct fixture){.folder = "/tmp/bauta-hooks-XXXXXX"};
	assert_non_null(mkdtemp(fixture.folder));
	snprintf(fixture.file, sizeof fixture.file, "%s/bauta.yaml", fixture.folder);
	FILE *file = fopen(fixture.file, "w");
	assert_non_null(file);
	fputs(yaml, file);
	fclose(file);
	buf_init(&errors, 4096);
	assert_int_equal(config_read(&sources, &fixture.config, &errors), ERR_OK);
	buf_done(&errors);
	assert_int_equal(serve_open(fixture.config, &fixture.serve, error), ERR_OK);
	assert_int_equal(serve_start(fixture.serve, error), ERR_OK);
	return 0;
}

static int tear_down(void **state)
{
	char path[128];

	(void)state;
	serve_drain(fixture.serve, 1000);
	serve_close(fixture.serve);
	config_free(fixture.config);
	static const char *const files[] = {"bauta.key", "bauta.lock", "bauta.yaml"};
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", fixture.folder, files[i]);
		unlink(path);
	}
	rmdir(fixture.folder);
	return 0;
}

/* --- a client --- */

struct answer_text {
	int status;
	char head[ANSWER_SIZE], body[ANSWER_SIZE]; /* head without Date */
};

static void exchange(const char *request, size_t len, char *text, size_t size)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t got = 0;
	ssize_t n;

	at.sin_port = htons((uint16_t)http_server_port(fixture.serve->server.http));
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(write(fd, request, len), (ssize_t)len);
	while ((n = read(fd, text + got, size - 1 - got)) > 0)
		got += (size_t)n;
	text[got] = '\0';
	close(fd);
}

static void split(const char *text, struct answer_text *answer)
{
	const char *end = strstr(text, "\r\n\r\n");

	memset(answer, 0, sizeof *answer); /* answers are compared as bytes */
	assert_non_null(end);
	assert_int_equal(sscanf(text, "HTTP/1.1 %d", &answer->status), 1);
	snprintf(answer->body, sizeof answer->body, "%s", end + 4);
	snprintf(answer->head, sizeof answer->head, "%.*s", (int)(end - text), text);
	char *date = strstr(answer->head, "Date: ");
	if (date)
		memset(date, '-', strcspn(date, "\r"));
}

static void send_request(const struct sim_request *request, const char *target, struct answer_text *answer)
{
	static char text[16384], got[16384];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	buf_fmt(&out, "%s %s HTTP/1.1\r\nHost: vn.example.com\r\nConnection: close\r\n", request->post ? "POST" : "GET",
			target);
	for (int i = 0; i < request->headers_n; i++)
		buf_fmt(&out, "%s: %s\r\n", request->header_name[i], request->header_value[i]);
	if (request->post)
		buf_fmt(&out, "Content-Type: %s\r\nContent-Length: %zu\r\n", request->content_type,
				strlen(request->body));
	buf_fmt(&out, "\r\n%s", request->body);
	assert_true(buf_ok(&out));
	exchange(out.at, out.len, got, sizeof got);
	split(got, answer);
}

static const struct account *account_main(void)
{
	return &fixture.config->accounts[0];
}

static void make_request(const struct sim_question *question, struct sim_request *request)
{
	const struct provider_sim *sim = account_main()->provider->sim;

	assert_int_equal((question->status ? sim->tell : sim->ask)(account_main(), question, request), ERR_OK);
}

static void ask_raw(uint64_t from, struct number to, const char *call_id, const char *digits, struct answer_text *answer)
{
	struct sim_question question = {
		.from = {from}, .to = to, .call_id = call_id, .digits = digits, .public_url = PUBLIC_URL};
	struct sim_request request;

	make_request(&question, &request);
	send_request(&request, request.target, answer);
}

static struct sim_outcome ask(uint64_t from, struct number to, const char *call_id, const char *digits)
{
	struct answer_text answer;
	struct sim_outcome outcome;

	ask_raw(from, to, call_id, digits, &answer);
	assert_int_equal(answer.status, 200);
	assert_int_equal(account_main()->provider->sim->read(account_main(), answer.status, str_of(answer.body), &outcome),
			ERR_OK);
	return outcome;
}

/* The calls that were kept, after all that was noted is stored. */
static int kept_calls(struct arena *arena, struct call **ret_calls)
{
	struct store *store = fixture.serve->server.store;
	struct calls_filter filter = {.tenant = STR("main"), .page_size = 100};
	uint64_t next;
	int n = 0;

	writer_stop(fixture.serve->server.writer);
	struct store_reader *reader = store->ops->reader_open(store);
	assert_int_equal(store->ops->read_calls(reader, &filter, arena, ret_calls, &n, &next), ERR_OK);
	store->ops->reader_close(reader);
	return n;
}

/* --- tests --- */

static void each_party_reaches_the_other_and_shows_its_own_vn(void **state)
{
	(void)state;
	make(POOL_UNKNOWN_REJECT);
	struct sim_outcome outcome = ask(CUSTOMER, fixture.vn[1], "CA1", NULL);
	assert_int_equal(outcome.action, ACTION_CONNECT);
	assert_int_equal(outcome.rings.e164, COURIER);
	assert_int_equal(outcome.shows.e164, fixture.vn[0].e164);
	outcome = ask(COURIER, fixture.vn[0], "CA2", NULL);
	assert_int_equal(outcome.rings.e164, CUSTOMER);
	assert_int_equal(outcome.shows.e164, fixture.vn[1].e164);
}

static void strangers_of_all_kinds_get_the_same_bytes(void **state)
{
	struct answer_text first, other;

	(void)state;
	make(POOL_UNKNOWN_REJECT);
	ask_raw(STRANGER, fixture.vn[0], "CA1", NULL, &first);
	assert_int_equal(first.status, 200);
	ask_raw(0, fixture.vn[0], "CA2", NULL, &other);
	assert_memory_equal(&first, &other, sizeof first);
	ask_raw(fixture.vn[1].e164, fixture.vn[0], "CA3", NULL, &other);
	assert_memory_equal(&first, &other, sizeof first);
	ask_raw(CUSTOMER, (struct number){VN_FIRST + 999}, "CA4", NULL, &other);
	assert_memory_equal(&first, &other, sizeof first);
}

static void what_is_not_signed_by_the_account_gets_nothing_whatever_it_names(void **state)
{
	struct sim_question question = {.from = {CUSTOMER}, .call_id = "CA1", .public_url = PUBLIC_URL};
	struct answer_text first, other;
	struct sim_request request;
	static const char *const targets[] = {"/hooks/twilio/main/voice?x=1", "/hooks/twilio/other/voice",
		"/hooks/twilio/nobody/voice", "/hooks/exotel/main/connect", "/hooks/nobody/main/voice",
		"/hooks/twilio/main/", "/hooks/twilio/main", "/hooks/twilio", "/hooks/", "/hooks/twilio/main/elsewhere"};

	(void)state;
	make(POOL_UNKNOWN_REJECT);
	question.to = fixture.vn[1];
	make_request(&question, &request);
	send_request(&request, "/hooks/twilio/main/voice?y=1", &first);
	assert_int_equal(first.status, 403);
	assert_string_equal(first.body, "");
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		send_request(&request, targets[i], &other);
		assert_memory_equal(&first, &other, sizeof first);
	}
	request.headers_n = 0;
	send_request(&request, request.target, &other);
	assert_memory_equal(&first, &other, sizeof first);
}

static void an_answer_after_the_deadline_is_a_refusal(void **state)
{
	struct answer_text stranger, late;
	struct call *calls;
	struct arena arena;

	(void)state;
	make(POOL_UNKNOWN_REJECT);
	ask_raw(STRANGER, fixture.vn[1], "CA1", NULL, &stranger);
	fixture.config->deadline_ms = 0;
	ask_raw(CUSTOMER, fixture.vn[1], "CA2", NULL, &late);
	assert_memory_equal(&stranger, &late, sizeof late);
	arena_init(&arena, 1 << 20);
	assert_int_equal(kept_calls(&arena, &calls), 2);
	assert_int_equal(calls[0].reason, REASON_LATE);
	assert_int_equal(calls[0].session, 0);
	arena_done(&arena);
}

static void a_pin_opens_and_wrong_ones_close(void **state)
{
	char pin[16], wrong[16];

	(void)state;
	make(POOL_UNKNOWN_PIN);
	snprintf(pin, sizeof pin, "%0*u", fixture.pin_digits, fixture.pin);
	snprintf(wrong, sizeof wrong, "%0*u", fixture.pin_digits, fixture.pin ^ 1);
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA1", NULL).action, ACTION_DIGITS);
	struct sim_outcome outcome = ask(STRANGER, fixture.vn[1], "CA1", pin);
	assert_int_equal(outcome.action, ACTION_CONNECT);
	assert_int_equal(outcome.rings.e164, COURIER);
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA2", wrong).action, ACTION_DIGITS);
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA2", wrong).action, ACTION_DIGITS);
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA2", wrong).action, ACTION_REJECT);
	/* The right one comes too late for this call, and for this caller after two more. */
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA2", pin).action, ACTION_REJECT);
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA3", wrong).action, ACTION_DIGITS);
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA3", wrong).action, ACTION_REJECT);
	assert_int_equal(ask(STRANGER, fixture.vn[1], "CA4", NULL).action, ACTION_REJECT);
	/* Who is known by number needs none. */
	assert_int_equal(ask(CUSTOMER, fixture.vn[1], "CA5", wrong).action, ACTION_CONNECT);
}

static void a_call_is_kept_with_what_became_of_it(void **state)
{
	struct sim_question report = {.from = {CUSTOMER}, .call_id = "CA1", .status = "completed", .seconds = 42,
		.public_url = PUBLIC_URL};
	struct answer_text answer;
	struct sim_request request;
	struct call *calls;
	struct arena arena;

	(void)state;
	make(POOL_UNKNOWN_REJECT);
	report.to = fixture.vn[1];
	ask(CUSTOMER, fixture.vn[1], "CA1", NULL);
	make_request(&report, &request);
	send_request(&request, request.target, &answer);
	assert_int_equal(answer.status, 200);
	arena_init(&arena, 1 << 20);
	assert_int_equal(kept_calls(&arena, &calls), 1);
	assert_int_equal(calls[0].status, CALL_COMPLETED);
	assert_int_equal(calls[0].seconds, 42);
	assert_string_equal(calls[0].from_role, "customer");
	assert_string_equal(calls[0].to_role, "courier");
	assert_int_equal(calls[0].shown.e164, fixture.vn[0].e164);
	arena_done(&arena);
}

static void metrics_tell_decisions_and_no_real_number(void **state)
{
	struct buf page;

	(void)state;
	make(POOL_UNKNOWN_REJECT);
	ask(CUSTOMER, fixture.vn[1], "CA1", NULL);
	ask(STRANGER, fixture.vn[1], "CA2", NULL);
	buf_init(&page, 1 << 20);
	metrics_page(&fixture.serve->server, &page);
	assert_true(buf_ok(&page));
	buf_char(&page, '\0');
	assert_non_null(strstr(page.at, "bauta_decisions_total{provider=\"twilio\",action=\"connect\",reason=\"\"} 1\n"));
	assert_non_null(strstr(page.at,
			"bauta_decisions_total{provider=\"twilio\",action=\"reject\",reason=\"unknown_caller\"} 1\n"));
	assert_null(strstr(page.at, "81234567210"));
	assert_null(strstr(page.at, "81211112222"));
	buf_done(&page);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_party_reaches_the_other_and_shows_its_own_vn),
		TEST(strangers_of_all_kinds_get_the_same_bytes),
		TEST(what_is_not_signed_by_the_account_gets_nothing_whatever_it_names),
		TEST(an_answer_after_the_deadline_is_a_refusal),
		TEST(a_pin_opens_and_wrong_ones_close),
		TEST(a_call_is_kept_with_what_became_of_it),
		TEST(metrics_tell_decisions_and_no_real_number),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
