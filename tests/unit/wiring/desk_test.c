/* The desk against a provider that answers as it likes: what is asked again and what isn't, when, and how a stop ends it all. */
#include "unit/test.h"

#include <sched.h>
#include <stdlib.h>

#include "base/steady.h"
#include "http/far_end.h"
#include "supply/desk.h"

#define MANY 6000 /* requests a minute */

static struct far_end far_end;
static struct account account;
static struct inventory inventory;
static struct desk *desk;
static const char *first_answer; /* of the first request: status and headers; the others get 200 */
static size_t body_len;

/* --- the provider --- */

static int number_of(struct far_link *link)
{
	return far_count(link->end, &link->end->requests); /* one question at a time: this one's */
}

static void answer_first(struct far_link *link)
{
	char head[256];

	snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\n{}", number_of(link) == 1 ? first_answer : "200 OK");
	far_say(link, head);
}

static void always(struct far_link *link)
{
	char head[256];

	snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\n{}", first_answer);
	far_say(link, head);
}

static void cut_first(struct far_link *link)
{
	far_say(link, number_of(link) == 1 ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a"
					   : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
	link->close = true;
}

static void tell_head(struct far_link *link)
{
	static char text[1024];

	assert_true(str_copy(text, sizeof text, link->head));
	far_reply(link, 200, "", text);
}

static void tell_much(struct far_link *link)
{
	static char piece[4096];
	char head[128];

	memset(piece, 'x', sizeof piece);
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body_len);
	far_say(link, head);
	for (size_t left = body_len; left && !link->close;) {
		size_t n = left < sizeof piece ? left : sizeof piece;
		far_say_n(link, piece, n);
		left -= n;
	}
}

/* --- asking --- */

static void begin(void (*handle)(struct far_link *link), const char *answer, uint32_t requests_a_minute)
{
	far_end_start(&far_end, handle, NULL);
	first_answer = answer;
	snprintf(account.api_url, sizeof account.api_url, "http://127.0.0.1:%d", far_end.port);
	inventory = (struct inventory){.provider = "test", .requests_a_minute = requests_a_minute};
	desk = desk_new(&(struct desk_options){.account = &account, .inventory = &inventory, .user_agent = "bauta/test", .seed = 1,
		.wait_first_ms = 1});
	assert_non_null(desk);
}

static int end(void **state)
{
	(void)state;
	desk_free(desk);
	desk = NULL;
	far_end_stop(&far_end);
	return 0;
}

static struct inventory_request request_to(int port)
{
	struct inventory_request request = {.method = INVENTORY_POST, .content_type = "application/json", .accept = "application/json",
		.user = "user", .password = "a-secret", .body = "{}"};

	snprintf(request.url, sizeof request.url, "http://127.0.0.1:%d/numbers", port);
	return request;
}

static enum err ask(enum desk_kind kind, struct desk_answer *ret_answer)
{
	struct inventory_request request = request_to(far_end.port);
	const char *why;

	return desk_ask(desk, &request, kind, ret_answer, &why);
}

static int requests(void)
{
	return far_count(&far_end, &far_end.requests);
}

static void expect(enum desk_kind kind, int status, int asked, bool unsure)
{
	struct desk_answer answer;

	assert_int_equal(ask(kind, &answer), ERR_OK);
	assert_int_equal(answer.status, status);
	assert_int_equal(answer.unsure, unsure);
	assert_int_equal(requests(), asked);
	assert_int_equal(desk_counts(desk).asked, asked);
	assert_int_equal(desk_counts(desk).tried_again, asked - 1);
}

/* --- what is asked again --- */

static void what_is_refused_is_not_asked_again(void **state)
{
	static const char *const answers[] = {"404 X", "401 X", "400 X", "302 X\r\nLocation: http://127.0.0.1:1/"};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		begin(always, answers[i], MANY);
		expect(i % 2 ? DESK_SAFE : DESK_SPENDS, atoi(answers[i]), 1, false);
		end(NULL);
	}
}

static void what_failed_for_now_is_asked_again(void **state)
{
	static const char *const answers[] = {"503 X", "500 X", "429 X", "408 X", "425 X"};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		begin(answer_first, answers[i], MANY);
		expect(DESK_SAFE, 200, 2, false);
		end(NULL);
	}
	begin(cut_first, "", MANY);
	expect(DESK_SAFE, 200, 2, false);
}

static void but_not_for_ever(void **state)
{
	(void)state;
	begin(always, "503 X", MANY);
	expect(DESK_SAFE, 503, DESK_TRIES, false);
}

static void what_spends_is_asked_again_only_if_it_surely_was_not_done(void **state)
{
	struct desk_answer answer;

	(void)state;
	begin(answer_first, "429 X", MANY);
	expect(DESK_SPENDS, 200, 2, false);
	end(NULL);
	begin(answer_first, "503 X", MANY);
	expect(DESK_SPENDS, 503, 1, true);
	end(NULL);
	begin(cut_first, "", MANY);
	assert_int_equal(ask(DESK_SPENDS, &answer), ERR_NOT_FOUND);
	assert_true(answer.unsure);
	assert_int_equal(requests(), 1);
	assert_int_equal(desk_counts(desk).failed, 1);
}

static void where_nobody_listens_nothing_was_done(void **state)
{
	struct inventory_request request;
	struct desk_answer answer;
	const char *why = NULL;

	(void)state;
	begin(always, "200 X", MANY);
	request = request_to(far_end.port);
	far_end_stop(&far_end);
	assert_int_equal(desk_ask(desk, &request, DESK_SPENDS, &answer, &why), ERR_NOT_FOUND);
	assert_false(answer.unsure);
	assert_int_equal(desk_counts(desk).asked, DESK_TRIES);
	assert_non_null(why);
}

static void a_private_address_is_asked_nothing_unless_the_account_names_it(void **state)
{
	struct desk_answer answer;

	(void)state;
	begin(always, "200 X", MANY);
	account.api_url[0] = '\0';
	assert_int_equal(ask(DESK_SPENDS, &answer), ERR_NOT_FOUND);
	assert_false(answer.unsure);
	assert_int_equal(desk_counts(desk).tried_again, 0);
	assert_int_equal(far_count(&far_end, &far_end.accepted), 0);
}

/* --- what is sent and read --- */

static void credentials_go_into_a_header_and_nowhere_else(void **state)
{
	struct inventory_request request;
	struct desk_answer answer;
	const char *why;

	(void)state;
	begin(tell_head, "", MANY);
	assert_int_equal(ask(DESK_SAFE, &answer), ERR_OK);
	assert_true(str_starts(answer.body, STR("POST /numbers HTTP/1.1\r\n")));
	assert_non_null(memmem(answer.body.at, answer.body.len, "Authorization: Basic dXNlcjphLXNlY3JldA==", 41));
	request = request_to(far_end.port);
	request.user = request.password = NULL;
	request.bearer = "a-key";
	assert_int_equal(desk_ask(desk, &request, DESK_SAFE, &answer, &why), ERR_OK);
	assert_non_null(memmem(answer.body.at, answer.body.len, "Authorization: Bearer a-key\r\n", 29));
	assert_null(memmem(answer.body.at, answer.body.len, "Basic", 5));
}

static void of_an_endless_answer_no_more_is_kept_than_can_be_read(void **state)
{
	struct desk_answer answer;

	(void)state;
	begin(tell_much, "", MANY);
	body_len = 3 * (size_t)INVENTORY_ANSWER_MAX;
	assert_int_equal(ask(DESK_SAFE, &answer), ERR_OK);
	assert_int_equal(answer.body.len, INVENTORY_ANSWER_MAX + 1);
}

/* --- time --- */

static void it_waits_as_long_as_it_is_asked_to(void **state)
{
	struct desk_answer answer;
	int64_t began_ms;

	(void)state;
	begin(answer_first, "429 X\r\nRetry-After: 1", MANY);
	began_ms = steady_ms();
	assert_int_equal(ask(DESK_SAFE, &answer), ERR_OK);
	assert_true(steady_ms() - began_ms >= 1000);
	assert_int_equal(requests(), 2);
}

static void it_keeps_the_pace(void **state)
{
	struct desk_answer answer;

	(void)state;
	begin(always, "200 X", 1200); /* one in 51 ms, five at once */
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(DESK_SAFE, &answer), ERR_OK);
	uint64_t before_ms = desk_counts(desk).paced_ms;
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(DESK_SAFE, &answer), ERR_OK);
	assert_true(desk_counts(desk).paced_ms > before_ms);
}

/* --- a stop --- */

/* When to stop: so many questions have come, and what `also` tells is so. */
struct moment {
	int n;
	bool (*also)(void);
};

static bool now(void)
{
	return true;
}

static bool it_waits_to_ask_again(void)
{
	return desk_counts(desk).tried_again == 1;
}

static bool it_keeps_back(void)
{
	return desk_counts(desk).paced_ms > 0;
}

static void *stop_then(void *context)
{
	const struct moment *moment = context;

	pthread_mutex_lock(&far_end.lock);
	while (far_end.requests < moment->n)
		pthread_cond_wait(&far_end.changed, &far_end.lock);
	pthread_mutex_unlock(&far_end.lock);
	while (!moment->also())
		sched_yield();
	desk_stop(desk);
	return NULL;
}

/* The last of `asks` questions is the one that is stopped. */
static void expect_stop(struct moment moment, enum desk_kind kind, int asks)
{
	struct desk_answer answer = {0};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, stop_then, &moment), 0);
	for (int i = 1; i < asks; i++)
		assert_int_equal(ask(DESK_SAFE, &answer), ERR_OK);
	assert_int_equal(ask(kind, &answer), ERR_OVERLOADED);
	assert_int_equal(answer.unsure, kind == DESK_SPENDS && moment.also == now); /* it was out */
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(ask(DESK_SAFE, &answer), ERR_OVERLOADED);
	assert_int_equal(requests(), moment.n);
}

static void a_stop_ends_a_question_that_nobody_answers(void **state)
{
	(void)state;
	begin(far_hold, "", MANY);
	expect_stop((struct moment){1, now}, DESK_SAFE, 1);
	end(NULL);
	begin(far_hold, "", MANY);
	expect_stop((struct moment){1, now}, DESK_SPENDS, 1);
}

static void a_stop_ends_a_wait(void **state)
{
	(void)state;
	begin(always, "503 X\r\nRetry-After: 3600", MANY);
	expect_stop((struct moment){1, it_waits_to_ask_again}, DESK_SAFE, 1);
	end(NULL);
	begin(always, "429 X\r\nRetry-After: 3600", MANY);
	expect_stop((struct moment){1, it_waits_to_ask_again}, DESK_SPENDS, 1);
}

static void a_stop_ends_keeping_the_pace(void **state)
{
	(void)state;
	begin(always, "200 X", 1); /* the sixth would wait for a minute */
	expect_stop((struct moment){5, it_keeps_back}, DESK_SPENDS, 6);
}

#define CASE(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_refused_is_not_asked_again),
		CASE(what_failed_for_now_is_asked_again),
		CASE(but_not_for_ever),
		CASE(what_spends_is_asked_again_only_if_it_surely_was_not_done),
		CASE(where_nobody_listens_nothing_was_done),
		CASE(a_private_address_is_asked_nothing_unless_the_account_names_it),
		CASE(credentials_go_into_a_header_and_nowhere_else),
		CASE(of_an_endless_answer_no_more_is_kept_than_can_be_read),
		CASE(it_waits_as_long_as_it_is_asked_to),
		CASE(it_keeps_the_pace),
		CASE(a_stop_ends_a_question_that_nobody_answers),
		CASE(a_stop_ends_a_wait),
		CASE(a_stop_ends_keeping_the_pace),
	};

	setenv("no_proxy", "*", 1);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
