/* load KIND NAME=VALUE...: a load generator of one thread: keep-alive connections, one request at a time on
 * each, the next one as soon as the answer is there (a closed loop). Prints one line of JSON.
 *
 *   load sessions  port= pool= [first=0] [pairs=FILE]   POST /v1/sessions; every ref and number is new
 *   load calls     port= provider= account= pairs=FILE  a provider's questions, signed as it signs them
 *
 * Both: connections= (64), seconds= (5), count= (0: as many as fit in `seconds`), warm_s= (0: not counted, at the
 * beginning). The API key is BAUTA_KEY of the environment, the account's token or secret path BAUTA_ACCOUNT_SECRET.
 * `sessions` writes to `pairs` for each session the lines "caller VN" that `calls` then asks about.
 *
 * Requests of `calls` are made before the clock starts, `prepare=` (200000) of them, each with a call id of its own
 * (`first=` makes those of several runs differ); when they are used up they are sent again, and `again` says how many.
 * With show=1 one request is sent and its whole answer is printed instead.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "provider/provider.h"

#define CONNECTIONS_MAX 4096
#define REQUEST_MAX 8192
#define ANSWER_MAX 16384
#define TEXT_MAX ((size_t)4 << 30)
#define BUCKETS 512 /* of latency: 16 to a doubling, from 1 us */
#define EVENTS 256

struct connection {
	int fd;
	uint64_t sent_ns;
	uint32_t number;         /* of the request that is under way */
	size_t out_at, out_len;
	size_t in_len;
	const char *out;         /* into load.text, or the connection's own */
	char own[REQUEST_MAX];
	char in[ANSWER_MAX];
};

struct load {
	bool sessions, show;
	int port, connections_n, epoll;
	double seconds, warm_s;
	uint32_t count, first, prepare;
	const char *pool, *provider, *account, *pairs_path, *key;
	FILE *pairs_out;
	char *text;               /* prepared requests, one behind the other */
	size_t *starts;           /* prepare + 1 of them */
	struct connection *connections;
	uint32_t next, open;      /* next request; how many wait for an answer */
	uint64_t counted, errors, again;
	uint64_t begin_ns, count_from_ns, stop_ns, last_ns;
	double cpu_begin_s;
	uint64_t buckets[BUCKETS];
	char first_error[400];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static double cpu_s(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- latencies --- */

static int bucket_of(uint64_t ns)
{
	uint64_t us = ns / 1000 + 16;
	int top = 63 - __builtin_clzll(us);
	int bucket = (top - 4) * 16 + (int)(us >> (top - 4)) - 16;

	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double bucket_us(int bucket)
{
	return (double)((uint64_t)(bucket % 16 + 16) << (bucket / 16)) - 16;
}

static double latency_us(const struct load *load, double part)
{
	uint64_t wanted = (uint64_t)((double)load->counted * part), seen = 0;

	for (int i = 0; i < BUCKETS; i++) {
		seen += load->buckets[i];
		if (seen > wanted)
			return bucket_us(i + 1);
	}
	return 0;
}

/* --- requests --- */

static size_t session_request(const struct load *load, uint32_t i, char *room)
{
	char body[512];
	int body_len = snprintf(body, sizeof body,
			"{\"pool\":\"%s\",\"ref\":\"order-%010u\",\"parties\":[{\"role\":\"customer\",\"number\":\"+62812%08u\"},"
			"{\"role\":\"courier\",\"number\":\"+62813%08u\"}]}",
			load->pool, i, i % 100000000, i % 100000000);
	int len = snprintf(room, REQUEST_MAX,
			"POST /v1/sessions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			load->port, load->key, body_len, body);

	ASSERT(len > 0 && len < REQUEST_MAX);
	return (size_t)len;
}

static size_t call_request(const struct load *load, const struct sim_request *request, char *room)
{
	struct buf out;

	buf_fixed(&out, room, REQUEST_MAX);
	buf_fmt(&out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n",
			request->post ? "POST" : "GET", request->target, load->port);
	for (int i = 0; i < request->headers_n; i++)
		buf_fmt(&out, "%s: %s\r\n", request->header_name[i], request->header_value[i]);
	if (request->post)
		buf_fmt(&out, "Content-Type: %s\r\nContent-Length: %zu\r\n", request->content_type,
				strlen(request->body));
	buf_fmt(&out, "\r\n%s", request->post ? request->body : "");
	ASSERT(buf_ok(&out));
	return out.len;
}

struct pair {
	struct number caller, vn;
};

static struct pair *read_pairs(const struct load *load, uint32_t *ret_n)
{
	FILE *file = fopen(load->pairs_path, "r");
	char caller[32], vn[32];
	struct pair *pairs = NULL;
	uint32_t n = 0;

	if (!file)
		die(load->pairs_path);
	while (fscanf(file, "%31s %31s", caller, vn) == 2) {
		if (n % 4096 == 0)
			pairs = realloc(pairs, (n + 4096) * sizeof *pairs);
		ASSERT(pairs && number_parse(str_of(caller), &pairs[n].caller) == ERR_OK &&
				number_parse(str_of(vn), &pairs[n].vn) == ERR_OK);
		n++;
	}
	fclose(file);
	if (!n)
		die("no pairs");
	*ret_n = n;
	return pairs;
}

static struct account account_of(const struct load *load)
{
	struct account account = {.provider = provider_find(str_of(load->provider))};
	const char *secret = getenv("BAUTA_ACCOUNT_SECRET");

	if (!account.provider || !account.provider->sim || !secret) {
		fprintf(stderr, "load: no such provider, or no BAUTA_ACCOUNT_SECRET\n");
		exit(2);
	}
	snprintf(account.name, sizeof account.name, "%s", load->account);
	snprintf(account.sid, sizeof account.sid, "AC00000000000000000000000000000000");
	snprintf(account.secret, sizeof account.secret, "%s", secret);
	snprintf(account.secret_path, sizeof account.secret_path, "%s", secret);
	return account;
}

/* Pairs in an order of their own, so that neighbours in memory are not asked for one after the other. */
static void prepare(struct load *load)
{
	uint32_t pairs_n;
	struct pair *pairs = read_pairs(load, &pairs_n);
	struct account account = account_of(load);
	struct sim_request *request = malloc(sizeof *request);
	char url[64], call_id[40];
	size_t len = 0, room = (size_t)64 << 20;

	load->text = malloc(room);
	load->starts = malloc((load->prepare + 1) * sizeof *load->starts);
	ASSERT(request && load->text && load->starts);
	snprintf(url, sizeof url, "http://127.0.0.1:%d", load->port);
	for (uint32_t i = 0; i < load->prepare; i++) {
		const struct pair *pair = &pairs[(uint64_t)i * 2654435761u % pairs_n];
		struct sim_question question = {
			.from = pair->caller, .to = pair->vn, .call_id = call_id, .public_url = url};
		snprintf(call_id, sizeof call_id, "CA%032u", load->first + i);
		if (account.provider->sim->ask(&account, &question, request) != ERR_OK)
			die("a question can't be made");
		if (len + REQUEST_MAX > room) {
			room *= 2;
			ASSERT(room <= TEXT_MAX);
			load->text = realloc(load->text, room);
			ASSERT(load->text);
		}
		load->starts[i] = len;
		len += call_request(load, request, load->text + len);
	}
	load->starts[load->prepare] = len;
	free(request);
	free(pairs);
}

static void next_request(struct load *load, struct connection *connection)
{
	uint32_t i = load->next++;

	connection->number = load->first + i;
	connection->out_at = 0;
	if (load->sessions) {
		connection->out = connection->own;
		connection->out_len = session_request(load, connection->number, connection->own);
		return;
	}
	load->again += i >= load->prepare;
	i %= load->prepare;
	connection->out = load->text + load->starts[i];
	connection->out_len = load->starts[i + 1] - load->starts[i];
}

/* --- answers --- */

/* Bytes of the whole answer; 0: not all of it is there. */
static size_t answer_len(const struct connection *connection, int *ret_status)
{
	const char *in = connection->in, *end = memmem(in, connection->in_len, "\r\n\r\n", 4);
	static const char name[] = "\r\ncontent-length:";

	if (!end || connection->in_len < 12)
		return 0;
	*ret_status = atoi(in + 9);
	for (const char *at = in; at < end; at++) {
		at = memchr(at, '\r', (size_t)(end - at));
		if (!at)
			break;
		if (strncasecmp(at, name, sizeof name - 1) == 0) {
			size_t whole = (size_t)(end - in) + 4 + strtoul(at + sizeof name - 1, NULL, 10);
			if (whole > ANSWER_MAX)
				die("an answer is too long");
			return connection->in_len >= whole ? whole : 0;
		}
	}
	return *ret_status == 204 ? (size_t)(end - in) + 4 : 0;
}

/* "vn":"+62..." of both parties, in their order: each dials the other's. */
static void note_pairs(const struct load *load, const struct connection *connection, size_t len)
{
	const char *at = connection->in, *end = at + len, *vns[2];

	for (int i = 0; i < 2; i++) {
		at = memmem(at, (size_t)(end - at), "\"vn\":\"", 6);
		if (!at)
			return;
		vns[i] = at += 6;
	}
	fprintf(load->pairs_out, "+62812%08u %.*s\n", connection->number % 100000000, (int)strcspn(vns[1], "\""), vns[1]);
	fprintf(load->pairs_out, "+62813%08u %.*s\n", connection->number % 100000000, (int)strcspn(vns[0], "\""), vns[0]);
}

static void note_error(struct load *load, const struct connection *connection)
{
	if (!load->errors++)
		snprintf(load->first_error, sizeof load->first_error, "%.*s", (int)connection->in_len, connection->in);
}

static bool answered(struct load *load, struct connection *connection)
{
	int status = 0;
	size_t len = answer_len(connection, &status);

	if (!len)
		return false;
	uint64_t now = now_ns();
	if (load->show)
		fwrite(connection->in, 1, len, stdout);
	if (status / 100 != 2)
		note_error(load, connection);
	else if (load->pairs_out)
		note_pairs(load, connection, len);
	if (now >= load->count_from_ns && now <= load->stop_ns) {
		if (!load->cpu_begin_s) {
			load->cpu_begin_s = cpu_s();
			load->count_from_ns = now;
		}
		load->counted += status / 100 == 2;
		load->buckets[bucket_of(now - connection->sent_ns)]++;
		load->last_ns = now;
	}
	connection->in_len = 0;
	load->open--;
	return true;
}

/* --- connections --- */

static void watch(struct load *load, struct connection *connection, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = connection};

	if (epoll_ctl(load->epoll, how, connection->fd, &event) < 0)
		die("epoll_ctl");
}

static void send_more(struct load *load, struct connection *connection)
{
	ssize_t n = send(connection->fd, connection->out + connection->out_at, connection->out_len - connection->out_at,
			MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		die("send");
	connection->out_at += n > 0 ? (size_t)n : 0;
	if (connection->out_at < connection->out_len)
		watch(load, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

static void begin_request(struct load *load, struct connection *connection)
{
	if ((load->count && load->next >= load->count) || now_ns() >= load->stop_ns)
		return;
	next_request(load, connection);
	load->open++;
	connection->sent_ns = now_ns();
	send_more(load, connection);
}

static void on_event(struct load *load, struct connection *connection, uint32_t events)
{
	if (events & EPOLLOUT) {
		watch(load, connection, EPOLL_CTL_MOD, EPOLLIN);
		send_more(load, connection);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	ssize_t n = recv(connection->fd, connection->in + connection->in_len, ANSWER_MAX - connection->in_len, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		die("the server closed a connection");
	connection->in_len += n > 0 ? (size_t)n : 0;
	if (answered(load, connection))
		begin_request(load, connection);
}

static void connect_all(struct load *load)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	load->connections = calloc((size_t)load->connections_n, sizeof *load->connections);
	ASSERT(load->epoll >= 0 && load->connections);
	for (int i = 0; i < load->connections_n; i++) {
		struct connection *connection = &load->connections[i];
		connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&to, sizeof to) < 0)
			die("connect");
		setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		fcntl(connection->fd, F_SETFL, O_NONBLOCK);
		watch(load, connection, EPOLL_CTL_ADD, EPOLLIN);
	}
}

static void run(struct load *load)
{
	struct epoll_event events[EVENTS];

	load->begin_ns = now_ns();
	load->count_from_ns = load->begin_ns + (uint64_t)(load->warm_s * 1e9);
	load->stop_ns = load->count ? UINT64_MAX : load->count_from_ns + (uint64_t)(load->seconds * 1e9);
	for (int i = 0; i < load->connections_n; i++)
		begin_request(load, &load->connections[i]);
	while (load->open) {
		int n = epoll_wait(load->epoll, events, EVENTS, 10000);
		if (n == 0 || (n < 0 && errno != EINTR))
			die("no answer for 10 s");
		for (int i = 0; i < n; i++)
			on_event(load, events[i].data.ptr, events[i].events);
	}
}

static void report(const struct load *load)
{
	double seconds = (double)(load->last_ns - load->count_from_ns) / 1e9;
	double n = (double)(load->counted ? load->counted : 1);

	printf("{\"requests\":%llu,\"errors\":%llu,\"again\":%llu,\"sent\":%u,\"seconds\":%.3f,\"rate\":%.0f,"
	       "\"generator_cpu_us\":%.2f,\"p50_us\":%.0f,\"p99_us\":%.0f}\n",
			(unsigned long long)load->counted, (unsigned long long)load->errors, (unsigned long long)load->again,
			load->next, seconds, seconds > 0 ? (double)load->counted / seconds : 0,
			(cpu_s() - load->cpu_begin_s) * 1e6 / n, latency_us(load, 0.5), latency_us(load, 0.99));
	if (load->errors)
		fprintf(stderr, "load: the first error was: %s\n", load->first_error);
}

/* --- words --- */

static const char *word(int argc, char **argv, const char *name, const char *fallback)
{
	size_t len = strlen(name);

	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	return fallback;
}

static uint32_t count_word(int argc, char **argv, const char *name, const char *fallback)
{
	return (uint32_t)strtoul(word(argc, argv, name, fallback), NULL, 10);
}

int main(int argc, char **argv)
{
	static struct load load;

	if (argc < 2 || (strcmp(argv[1], "sessions") != 0 && strcmp(argv[1], "calls") != 0)) {
		fprintf(stderr, "usage: load sessions|calls NAME=VALUE... (see the top of load.c)\n");
		return 2;
	}
	load.sessions = strcmp(argv[1], "sessions") == 0;
	load.port = (int)count_word(argc, argv, "port", "8080");
	load.connections_n = (int)count_word(argc, argv, "connections", "64");
	load.seconds = strtod(word(argc, argv, "seconds", "5"), NULL);
	load.warm_s = strtod(word(argc, argv, "warm_s", "0"), NULL);
	load.count = count_word(argc, argv, "count", "0");
	load.first = count_word(argc, argv, "first", "0");
	load.prepare = count_word(argc, argv, "prepare", "200000");
	load.pool = word(argc, argv, "pool", "bench");
	load.provider = word(argc, argv, "provider", "twilio");
	load.account = word(argc, argv, "account", "main");
	load.pairs_path = word(argc, argv, "pairs", NULL);
	load.key = getenv("BAUTA_KEY") ? getenv("BAUTA_KEY") : "";
	load.show = count_word(argc, argv, "show", "0");
	if (load.show)
		load.connections_n = (int)(load.count = load.prepare = 1);
	ASSERT(load.connections_n > 0 && load.connections_n <= CONNECTIONS_MAX && load.prepare > 0);
	if (!load.sessions)
		prepare(&load);
	else if (load.pairs_path && !(load.pairs_out = fopen(load.pairs_path, "w")))
		die(load.pairs_path);
	connect_all(&load);
	run(&load);
	if (!load.show)
		report(&load);
	if (load.pairs_out && fclose(load.pairs_out) != 0)
		die(load.pairs_path);
	return load.errors != 0;
}
