/* Fuzzes the HTTP connection layer with whole conversations: pipelined requests, bodies of both framings, 100-continue, streams
 * that pause, answers that come late, in pieces and in the wrong order, over a socket pair to a real worker's loop.
 *
 * What must be answered is said by conversation_read.h. Each conversation is held as its script is cut, in one piece, and some
 * byte by byte: each request reaches the handler once and is answered once, in order; a refusal closes; nothing is left over. */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conversation_handler.h"
#include "conversation_heard.h"
#include "conversation_mutate.h"
#include "conversation_read.h"
#include "conversation_script.h"
#include "net/http_connection.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* What the conversation should be. */
struct expected {
	struct spoken_request requests[REQUESTS_MAX + 1];
	uint64_t bodies[REQUESTS_MAX + 1];
	int n;             /* to be answered by the handler; requests[n] is where it ends */
	enum spoken end;
	bool closes;       /* the last of them */
	bool late_close;   /* ... when it is answered; the handler may see what is behind it */
};

static struct expected expected;

/* --- the peer --- */

static struct http_worker *worker(void)
{
	return &server->workers[0];
}

static bool hear(void)
{
	char bytes[16 * 1024];
	bool some = false;

	while (!run.ended) {
		ssize_t n = recv(run.fd, bytes, sizeof bytes, MSG_DONTWAIT);
		if (n < 0)
			ASSERT(errno == EAGAIN || errno == ECONNRESET);
		if (n < 0 && errno == EAGAIN)
			break;
		run.ended = n <= 0;
		some = true;
		buf_put(&run.heard, bytes, n > 0 ? (size_t)n : 0);
	}
	ASSERT(buf_ok(&run.heard));
	return some;
}

static bool server_has_unread(void)
{
	struct http_connection *connection = worker()->connections;
	int fd, n = 0;

	if (!connection || connection->gone || !connection->socket_reads || connection->ended)
		return false;
	ASSERT(uv_fileno((uv_handle_t *)&connection->tcp, &fd) == 0 && ioctl(fd, FIONREAD, &n) == 0);
	return n > 0;
}

/* The client that waits for leave to send a body gets it as soon as all before are answered. */
static void check_leave(void)
{
	struct heard heard;
	size_t len;

	while (run.heard.len > run.judged && run.judged_n <= expected.n) {
		bool head = strcmp(expected.requests[run.judged_n].method, "HEAD") == 0;
		struct str text = buf_text(&run.heard);
		if (!(len = heard_next(str_n(text.at + run.judged, text.len - run.judged), head, false, &heard)))
			break;
		run.judged += len;
		run.leave = heard.status == 100;
		run.judged_n += !run.leave;
	}
	if (run.judged_n > expected.n || (run.judged_n == expected.n && expected.end != SPOKEN_CUT))
		return;
	const struct spoken_request *request = &expected.requests[run.judged_n];
	/* While something is put off, an answer to HEAD may be there whole and have no end yet. */
	if (request->expects && request->waits && run.sent == request->head_end && !run.pending_n)
		ASSERT(run.leave);
}

static void turns(void)
{
	do {
		/* The second sees what the first has begun to wait for. */
		uv_run(&worker()->loop, UV_RUN_NOWAIT);
		uv_run(&worker()->loop, UV_RUN_NOWAIT);
	} while (hear() || worker()->yielded || !http_mailbox_is_empty(&worker()->mailbox) || server_has_unread());
	check_leave();
}

static void say(struct str bytes)
{
	int vain = 0;

	while (bytes.len && !run.ended) {
		ssize_t n = send(run.fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			bytes = str_n(bytes.at + n, bytes.len - (size_t)n);
			run.sent += (size_t)n;
			continue;
		}
		turns();
		if (run.pending_n)
			go_on();
		ASSERT(++vain < 10000);
	}
}

static void open_connection(void)
{
	int fds[2];

	ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	struct http_connection *connection = http_connection_new(worker());
	ASSERT(connection && uv_tcp_open(&connection->tcp, fds[1]) == 0);
	http_connection_open(connection);
	run.fd = fds[0];
}

/* Sends the text in pieces of `each` bytes, or as the script is cut (0). */
static void hold(const struct script *script, size_t each)
{
	size_t at = 0, cut = 0;

	buf_reset(&run.heard);
	run.ended = false;
	run.sent = run.judged = 0;
	run.judged_n = 0;
	run.leave = false;
	run.seen_n = run.done_n = run.pending_n = run.streams_n = 0;
	open_connection();
	while (at < script->len) {
		size_t end = each && each < script->len - at ? at + each : script->len;
		if (!each && cut < script->cuts_n)
			end = script->cuts[cut++];
		say(str_n(script->text + at, end - at));
		at = end;
		turns();
		if (run.pending_n && !each) {
			go_on();
			turns();
		}
	}
	shutdown(run.fd, SHUT_WR);
	run.sent = SIZE_MAX;
	turns();
	while (run.pending_n) {
		go_on();
		turns();
	}
	ASSERT(run.ended && !worker()->connections && !worker()->ghosts);
	for (int i = 0; i < run.streams_n; i++)
		ASSERT(run.streams[i].over);
	close(run.fd);
}

/* --- the judge --- */

static bool closes(const struct spoken_request *request)
{
	return request->close || request->early || str_equal(request->path, STR("/close")) ||
	       (request->http10 && str_starts(request->path, STR("/long")));
}

static void expect(const struct script *script)
{
	struct spoken_text from = {str_n(script->text, script->len), 0, malloc(script->len + 1)};

	expected.n = 0;
	expected.closes = expected.late_close = false;
	for (;;) {
		struct spoken_request *request = &expected.requests[expected.n];
		*request = (struct spoken_request){0};
		expected.end = spoken_next(&from, request);
		if (expected.end != SPOKEN_TAKEN)
			break;
		expected.bodies[expected.n++] = heard_hash(HEARD_HASH, str_n(from.body, request->body_len));
		ASSERT(expected.n < REQUESTS_MAX);
		expected.closes = closes(request);
		expected.late_close = expected.closes && !request->close && str_starts(request->path, STR("/long"));
		if (expected.closes) {
			expected.requests[expected.n] = (struct spoken_request){0};
			expected.end = SPOKEN_CUT;
			break;
		}
	}
	free(from.body);
}

static void check_answer(int i, const struct heard *heard)
{
	const struct spoken_request *request = &expected.requests[i];
	bool last = expected.closes && i == expected.n - 1;
	struct str body = STR("taken");
	struct saw saw;

	ASSERT(heard->close == last && heard->keep_alive == (request->http10 && !last));
	if (request->early) {
		ASSERT(heard->status == 403);
		return;
	}
	ASSERT(heard->status == (str_equal(request->path, STR("/none")) ? 204 : 200));
	write_saw(&saw, request->method, request->target, request->path, request->query, request->host, expected.bodies[i],
		request->body_len);
	ASSERT(str_equal(heard->saw, str_of(saw.text)) && str_equal(heard->saw, str_of(run.seen[i].text)));
	if (heard->status == 204 || strcmp(request->method, "HEAD") == 0)
		return;
	ASSERT(heard->body == (request->streamed ? heard_hash(HEARD_HASH, body) : expected.bodies[i]));
}

static bool is_refusal(const struct heard *heard)
{
	return heard->close && !heard->saw.at && heard->status >= 400 && heard->status < 500 && heard->status != 403;
}

/* Answers as one number, to compare those of which the reading is unsure. */
static uint64_t check_answers(void)
{
	struct str text = buf_text(&run.heard);
	uint64_t all = HEARD_HASH;
	int i = 0, leaves = 0, finals = 0;
	struct heard heard;

	while (text.len) {
		const struct spoken_request *request = &expected.requests[i < expected.n ? i : expected.n];
		bool unsure = expected.end == SPOKEN_UNSURE && i == expected.n;
		bool bodyless = unsure || (strcmp(request->method, "HEAD") == 0 && request->sound);
		size_t len = heard_next(text, bodyless, true, &heard);
		ASSERT(len);
		text = str_n(text.at + len, text.len - len);
		if (heard.status == 100) {
			ASSERT(unsure || (request->expects && ++leaves == 1));
			continue;
		}
		if (unsure)
			return heard_hash(all, heard.saw);
		leaves = 0;
		finals++;
		all = heard_hash(all, heard.saw);
		if (i < expected.n)
			check_answer(i++, &heard);
		else
			ASSERT(expected.end == SPOKEN_REFUSED && is_refusal(&heard) && text.len == 0);
	}
	ASSERT(i == expected.n && run.done_n == finals);
	ASSERT(finals == expected.n + (expected.end == SPOKEN_REFUSED) || expected.end == SPOKEN_UNSURE);
	int whole = expected.n - (expected.n && expected.requests[expected.n - 1].early);
	ASSERT(run.seen_n >= whole && (run.seen_n == whole || expected.late_close || expected.end == SPOKEN_UNSURE));
	return all;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* No deadline passes: time is not what is fuzzed. */
	const struct http_options options = {.listen = "127.0.0.1:0", .head_ms = 1 << 30, .body_ms = 1 << 30, .idle_ms = 1 << 30,
		.write_ms = 1 << 30};
	char error[256];

	(void)argc, (void)argv;
	ASSERT(http_server_new(&options, &handler, &server, error) == ERR_OK);
	buf_init(&run.heard, 64 << 20);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 8192)
		return -1;
	struct script script = script_read(data, size);
	expect(&script);
	hold(&script, 0);
	uint64_t cut = check_answers();
	hold(&script, SIZE_MAX);
	ASSERT(check_answers() == cut);
	if (script.len < 2048 && size % 8 == 0) {
		hold(&script, 1);
		ASSERT(check_answers() == cut);
	}
	script_done(&script);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return conversation_mutate(data, size, max_size, seed);
}
