/* The HTTP client and names: what a name leads to counts, not how it looks, and a resolver that hangs holds nobody up.
 *
 * The resolver is the test's own: getaddrinfo() of this program is what libcurl gets.
 */
#include "unit/net/http_client_bench.h"

#include <netdb.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hangs;
static int asked, hanging;
static const char *leads_to[4]; /* addresses of any name, NULL ends */

static struct addrinfo *one(const char *text, const char *service)
{
	struct {
		struct addrinfo info;
		struct sockaddr_storage address;
	} *made = calloc(1, sizeof *made);
	struct sockaddr_in *in = (struct sockaddr_in *)&made->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&made->address;
	uint16_t port = htons((uint16_t)(service ? atoi(service) : 0));

	made->info = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
	made->info.ai_addr = (struct sockaddr *)&made->address;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		made->info.ai_addrlen = sizeof *in;
	} else {
		ASSERT(inet_pton(AF_INET6, text, &in6->sin6_addr) == 1);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		made->info.ai_addrlen = sizeof *in6;
	}
	made->info.ai_family = made->address.ss_family;
	return &made->info;
}

int getaddrinfo(
	const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret_list)
{
	struct addrinfo **end = ret_list;

	(void)name;
	(void)hints;
	pthread_mutex_lock(&lock);
	asked++;
	hanging++;
	pthread_cond_broadcast(&changed);
	while (hangs)
		pthread_cond_wait(&changed, &lock);
	*ret_list = NULL;
	for (int i = 0; leads_to[i]; i++) {
		*end = one(leads_to[i], service);
		end = &(*end)->ai_next;
	}
	hanging--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return *ret_list ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;
		free(list);
		list = next;
	}
}

static void lead_to(const char *a, const char *b)
{
	pthread_mutex_lock(&lock);
	leads_to[0] = a;
	leads_to[1] = a ? b : NULL;
	pthread_mutex_unlock(&lock);
}

static void ok(struct far_link *link)
{
	far_reply(link, 200, "", "ok");
}

static void a_name_that_leads_to_a_private_address_is_refused(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0",
		"100.100.100.200", "::1", "::ffff:127.0.0.1", "fd00:ec2::254", "fe80::1", "64:ff9b::7f00:1",
		"2002:7f00:1::"};

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		begin(ok);
		lead_to(addresses[i], "127.0.0.1");
		struct http_ask ask = ask_for("/");
		ask.url = url_to("public.example", "/");
		ask.allow_private = false;
		struct result result = ask_now(&ask);
		if (result.failure != HTTP_NOT_PUBLIC)
			fail_msg("%s: %d", addresses[i], result.failure);
		assert_int_equal(far_end.accepted, 0);
		finish();
	}
}

static void the_same_name_is_reached_where_that_is_allowed(void **state)
{
	struct result result;

	(void)state;
	begin(ok);
	lead_to("127.0.0.1", NULL);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("public.example", "/");
	for (int i = 0; i < 4; i++) { /* what is kept of the name and the connection does not help */
		ask.allow_private = i % 2 == 0;
		result = ask_now(&ask);
		if (ask.allow_private)
			expect_answer(&result, 200, "ok");
		else
			assert_int_equal(result.failure, HTTP_NOT_PUBLIC);
	}
	assert_int_equal(far_end.requests, 2);
	finish();
}

static void a_name_that_nobody_knows_is_not_resolved(void **state)
{
	(void)state;
	begin(ok);
	lead_to(NULL, NULL);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("unknown.example", "/");
	assert_int_equal(ask_now(&ask).failure, HTTP_NOT_RESOLVED);
	finish();
}

static void let_hang(bool hang)
{
	pthread_mutex_lock(&lock);
	hangs = hang;
	pthread_cond_broadcast(&changed);
	while (!hang && hanging > 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void wait_for_question(int n)
{
	for (bool there = false; !there; http_client_turn(client, 1)) {
		pthread_mutex_lock(&lock);
		there = asked >= n;
		pthread_mutex_unlock(&lock);
	}
}

/* Would the end of the request wait for the resolver, this test would never end. */
static void a_resolver_that_hangs_holds_up_its_own_request_alone(void **state)
{
	struct result slow, quick;

	(void)state;
	begin(ok);
	lead_to("127.0.0.1", NULL);
	let_hang(true);
	asked = 0;
	struct http_ask ask = ask_for("/");
	ask.url = url_to("slow.example", "/");
	ask.timeout_ms = 50;
	send_to(client, &ask, &slow);
	ask = ask_for("/");
	send_to(client, &ask, &quick);
	wait_result(client, &quick);
	expect_answer(&quick, 200, "ok");
	wait_result(client, &slow);
	assert_int_equal(slow.failure, HTTP_TIMED_OUT);
	let_hang(false);
	finish();
}

static void a_resolver_that_hangs_does_not_hold_up_the_end(void **state)
{
	struct result slow;

	(void)state;
	begin(ok);
	let_hang(true);
	asked = 0;
	struct http_ask ask = ask_for("/");
	ask.url = url_to("slow.example", "/");
	send_to(client, &ask, &slow);
	wait_for_question(1);
	finish();
	assert_int_equal(slow.answers, 0);
	let_hang(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_leads_to_a_private_address_is_refused),
		cmocka_unit_test(the_same_name_is_reached_where_that_is_allowed),
		cmocka_unit_test(a_name_that_nobody_knows_is_not_resolved),
		cmocka_unit_test(a_resolver_that_hangs_holds_up_its_own_request_alone),
		cmocka_unit_test(a_resolver_that_hangs_does_not_hold_up_the_end),
	};

	forget_proxies();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
