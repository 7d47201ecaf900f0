#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/steady.h"

#define EVENTS 256

struct links {
	int port, epoll, busy;
	int all_n;
	struct link *all;
	struct {
		struct link *first, *last; /* free ones */
	} class[LINK_CLASSES_MAX];
};

_Noreturn void links_fail(const struct link *link, const char *why)
{
	fprintf(stderr, "traffic: %s\n", why);
	if (link)
		fprintf(stderr, "--- asked:\n%.*s\n--- answered:\n%.*s\n", (int)link->out_len, link->out, (int)link->in_len, link->in);
	exit(1);
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- connections --- */

static void watch(struct links *links, struct link *link, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = link};

	if (epoll_ctl(links->epoll, how, link->fd, &event) < 0)
		die("epoll_ctl");
}

static void open_link(struct links *links, struct link *link)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)links->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link->fd < 0 || connect(link->fd, (struct sockaddr *)&to, sizeof to) < 0)
		die("connect");
	setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(link->fd, F_SETFL, O_NONBLOCK);
	link->requests = 0;
	watch(links, link, EPOLL_CTL_ADD, EPOLLIN);
}

static void open_again(struct links *links, struct link *link)
{
	close(link->fd);
	open_link(links, link);
}

static void set_free(struct links *links, struct link *link)
{
	link->next_free = NULL;
	if (links->class[link->class].last)
		links->class[link->class].last->next_free = link;
	else
		links->class[link->class].first = link;
	links->class[link->class].last = link;
}

struct links *links_new(int port, const int connections[], int classes)
{
	struct links *links = calloc(1, sizeof *links);

	ASSERT(links && classes <= LINK_CLASSES_MAX);
	links->port = port;
	links->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < classes; i++)
		links->all_n += connections[i];
	links->all = calloc((size_t)links->all_n, sizeof *links->all);
	ASSERT(links->epoll >= 0 && links->all);
	struct link *link = links->all;
	for (int class = 0; class < classes; class++) {
		for (int i = 0; i < connections[class]; i++, link++) {
			link->class = class;
			open_link(links, link);
			set_free(links, link);
		}
	}
	return links;
}

void links_free(struct links *links)
{
	for (int i = 0; i < links->all_n; i++)
		close(links->all[i].fd);
	close(links->epoll);
	free(links->all);
	free(links);
}

struct link *links_take(struct links *links, int class)
{
	struct link *link = links->class[class].first;

	if (!link)
		return NULL;
	links->class[class].first = link->next_free;
	if (!link->next_free)
		links->class[class].last = NULL;
	return link;
}

void links_give_back(struct links *links, struct link *link)
{
	set_free(links, link);
}

int links_busy(const struct links *links)
{
	return links->busy;
}

/* --- requests and answers --- */

static void send_more(struct links *links, struct link *link)
{
	ssize_t n = send(link->fd, link->out + link->out_at, link->out_len - link->out_at, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		links_fail(link, "the server closed a connection that asks");
	link->out_at += n > 0 ? (size_t)n : 0;
	if (link->out_at < link->out_len)
		watch(links, link, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

void links_send(struct links *links, struct link *link)
{
	if (link->requests++ >= LINK_REQUESTS)
		open_again(links, link);
	link->busy = true;
	links->busy++;
	link->out_at = link->in_len = 0;
	link->asked.sent_ns = steady_ns();
	send_more(links, link);
}

/* The end of the head, behind its empty line; and what the head says of the body. */
static const char *head_end(const struct link *link, int *ret_status, size_t *ret_body)
{
	static const char name[] = "\r\ncontent-length:";
	const char *in = link->in, *end = memmem(in, link->in_len, "\r\n\r\n", 4);

	if (!end)
		return NULL;
	*ret_status = atoi(in + 9);
	*ret_body = 0;
	for (const char *at = in; at && at < end; at = memchr(at + 1, '\r', (size_t)(end - at)))
		if (strncasecmp(at, name, sizeof name - 1) == 0)
			*ret_body = strtoul(at + sizeof name - 1, NULL, 10);
	return end + 4;
}

static bool whole(const struct link *link, struct answer_text *answer)
{
	size_t body_len;
	const char *body = head_end(link, &answer->status, &body_len);

	if (!body && link->in_len == LINK_ANSWER_MAX)
		links_fail(link, "an answer is too long");
	if (!body)
		return false;
	size_t head_len = (size_t)(body - link->in);
	if (head_len < 20 || memcmp(link->in, "HTTP/1.1 ", 9) != 0 || head_len + body_len > LINK_ANSWER_MAX ||
		link->in_len > head_len + body_len)
		links_fail(link, "this is no answer");
	answer->head = str_n(link->in, head_len);
	answer->body = str_n(body, body_len);
	return link->in_len == head_len + body_len;
}

static void on_event(struct links *links, struct link *link, uint32_t events, links_answered *answered, void *context)
{
	struct answer_text answer;

	if (events & EPOLLOUT) {
		watch(links, link, EPOLL_CTL_MOD, EPOLLIN);
		send_more(links, link);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	ssize_t n = recv(link->fd, link->in + link->in_len, LINK_ANSWER_MAX - link->in_len, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (!link->busy && n <= 0) {
		open_again(links, link);
		return;
	}
	if (n <= 0 || !link->busy)
		links_fail(link, n <= 0 ? "the server closed a connection before its answer" : "an answer to nothing");
	link->in_len += (size_t)n;
	link->in[link->in_len] = '\0';
	if (!whole(link, &answer))
		return;
	answer.at_ns = steady_ns();
	link->busy = false;
	links->busy--;
	answered(context, link, &answer);
	set_free(links, link);
}

void links_wait(struct links *links, uint64_t wait_ns, links_answered *answered, void *context)
{
	struct epoll_event events[EVENTS];
	struct timespec wait = {(time_t)(wait_ns / 1000000000u), (long)(wait_ns % 1000000000u)};
	int n = epoll_pwait2(links->epoll, events, EVENTS, &wait, NULL);

	if (n < 0 && errno != EINTR)
		die("epoll_pwait2");
	for (int i = 0; i < n; i++)
		on_event(links, events[i].data.ptr, events[i].events, answered, context);
}
