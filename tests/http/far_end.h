/* far_end: the server that our HTTP client talks to in its tests: bare sockets and threads, one for each connection, on a
 * free loopback port. It reads requests and gives each to the test's handler, which says what it likes: far_say()
 * writes bytes as they are, far_hold() waits until the client has gone, far_gate() until the test opens the gate.
 *
 * Nobody sleeps: who waits waits for a condition. A far end is static, and stopped before it is started again, also by
 * the test after one that failed. Include after cmocka.h. Limits: FAR_LINKS connections in one far end's life,
 * requests of FAR_ROOM bytes.
 */
#ifndef TESTS_FAR_END_H
#define TESTS_FAR_END_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/str.h"

#define FAR_LINKS 128
#define FAR_ROOM (128 * 1024)

struct far_end;

/* A connection; what it says of a request lives during its handler. */
struct far_link {
	struct far_end *end;
	pthread_t thread;
	int fd;
	SSL *ssl;
	char *room;      /* head and body */
	size_t len;
	struct str head; /* with its empty line */
	struct str body;
	bool close;      /* the handler: end after this request */
};

struct far_end {
	void (*handle)(struct far_link *link);
	void *context;
	SSL_CTX *tls; /* NULL: plain */
	int listener, port;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool running, stopping, gate_open;
	int accepted, requests, busy, busy_max;
	struct far_link links[FAR_LINKS];
};

static inline void far_say_n(struct far_link *link, const char *at, size_t len)
{
	while (len) {
		ssize_t n = link->ssl ? SSL_write(link->ssl, at, (int)len) : send(link->fd, at, len, MSG_NOSIGNAL);
		if (n <= 0) {
			link->close = true;
			return;
		}
		at += n;
		len -= (size_t)n;
	}
}

static inline void far_say(struct far_link *link, const char *text)
{
	far_say_n(link, text, strlen(text));
}

/* A whole answer; `lines` are headers, each with its CRLF. */
static inline void far_reply(struct far_link *link, int status, const char *lines, const char *body)
{
	char head[1024];

	snprintf(head, sizeof head, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n", status, lines, strlen(body));
	far_say(link, head);
	far_say(link, body);
}

/* True: the client has gone, or the test is over; false: `ms` went by. */
static inline bool far_gone(struct far_link *link, int ms)
{
	struct pollfd waiting = {.fd = link->fd, .events = POLLIN};
	char byte;

	if (poll(&waiting, 1, ms) == 0)
		return false;
	return recv(link->fd, &byte, 1, MSG_PEEK) <= 0 || link->ssl;
}

static inline void far_hold(struct far_link *link)
{
	while (!far_gone(link, -1))
		;
	link->close = true;
}

static inline void far_gate(struct far_link *link)
{
	struct far_end *end = link->end;

	pthread_mutex_lock(&end->lock);
	while (!end->gate_open && !end->stopping)
		pthread_cond_wait(&end->changed, &end->lock);
	pthread_mutex_unlock(&end->lock);
}

static inline void far_open_gate(struct far_end *end, bool open)
{
	pthread_mutex_lock(&end->lock);
	end->gate_open = open;
	pthread_cond_broadcast(&end->changed);
	pthread_mutex_unlock(&end->lock);
}

static inline int far_count(struct far_end *end, const int *counter)
{
	pthread_mutex_lock(&end->lock);
	int count = *counter;
	pthread_mutex_unlock(&end->lock);
	return count;
}

/* The value of a header of the request; STR_NONE. */
static inline struct str far_header(const struct far_link *link, const char *name)
{
	struct str rest = link->head, line, value;

	while (rest.len) {
		line = str_cut(rest, '\n', &rest);
		if (str_equal_nocase(str_cut(line, ':', &value), str_of(name)) && value.at)
			return str_trim(value);
	}
	return STR_NONE;
}

/* Does the request's line begin so: "GET /x "? */
static inline bool far_asks(const struct far_link *link, const char *beginning)
{
	return str_starts(link->head, str_of(beginning));
}

static inline bool far_read_more(struct far_link *link)
{
	size_t room = FAR_ROOM - link->len;
	ssize_t n = link->ssl ? SSL_read(link->ssl, link->room + link->len, (int)room)
			      : recv(link->fd, link->room + link->len, room, 0);

	ASSERT(room > 0);
	if (n > 0)
		link->len += (size_t)n;
	return n > 0;
}

static inline bool far_read_request(struct far_link *link)
{
	const char *end;
	uint64_t body_len = 0;

	while (!(end = memmem(link->room, link->len, "\r\n\r\n", 4)))
		if (!far_read_more(link))
			return false;
	link->head = str_n(link->room, (size_t)(end - link->room) + 4);
	struct str said = far_header(link, "content-length");
	if (said.at)
		ASSERT(str_u64(said, &body_len));
	while (link->len < link->head.len + body_len)
		if (!far_read_more(link))
			return false;
	link->body = str_n(link->room + link->head.len, body_len);
	return true;
}

static inline void far_count_busy(struct far_end *end, int change)
{
	pthread_mutex_lock(&end->lock);
	end->requests += change > 0;
	end->busy += change;
	if (end->busy > end->busy_max)
		end->busy_max = end->busy;
	pthread_cond_broadcast(&end->changed);
	pthread_mutex_unlock(&end->lock);
}

static inline void *far_link_run(void *data)
{
	struct far_link *link = data;
	struct far_end *end = link->end;
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE); /* of this thread alone: the client must do without */
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	link->ssl = end->tls ? SSL_new(end->tls) : NULL;
	if (link->ssl)
		SSL_set_fd(link->ssl, link->fd);
	link->close = link->ssl && SSL_accept(link->ssl) != 1;
	while (!link->close && far_read_request(link)) {
		size_t taken = link->head.len + link->body.len;
		far_count_busy(end, 1);
		end->handle(link);
		far_count_busy(end, -1);
		link->len -= taken;
		memmove(link->room, link->room + taken, link->len);
	}
	SSL_free(link->ssl);
	shutdown(link->fd, SHUT_RDWR); /* closed at the end, so that its number is nobody else's meanwhile */
	return NULL;
}

static inline void *far_end_run(void *data)
{
	struct far_end *end = data;

	for (;;) {
		int fd = accept4(end->listener, NULL, NULL, SOCK_CLOEXEC);
		pthread_mutex_lock(&end->lock);
		bool stopping = end->stopping;
		if (!stopping && fd >= 0) {
			ASSERT(end->accepted < FAR_LINKS);
			struct far_link *link = &end->links[end->accepted++];
			*link = (struct far_link){.end = end, .fd = fd, .room = malloc(FAR_ROOM)};
			ASSERT(link->room && pthread_create(&link->thread, NULL, far_link_run, link) == 0);
		} else if (fd >= 0) {
			close(fd);
		}
		pthread_mutex_unlock(&end->lock);
		if (stopping)
			return NULL;
	}
}

static inline void far_end_start(struct far_end *end, void (*handle)(struct far_link *link), SSL_CTX *tls)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof here;

	ASSERT(!end->running); /* its threads would go on in what is made anew: stop it first */
	*end = (struct far_end){.handle = handle, .tls = tls, .running = true};
	pthread_mutex_init(&end->lock, NULL);
	pthread_cond_init(&end->changed, NULL);
	end->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT(bind(end->listener, (struct sockaddr *)&here, sizeof here) == 0);
	ASSERT(listen(end->listener, 64) == 0);
	ASSERT(getsockname(end->listener, (struct sockaddr *)&here, &len) == 0);
	end->port = ntohs(here.sin_port);
	ASSERT(pthread_create(&end->thread, NULL, far_end_run, end) == 0);
}

/* Who still talks is cut off. Nothing if it doesn't run. */
static inline void far_end_stop(struct far_end *end)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)end->port)};

	if (!end->running)
		return;
	end->running = false;
	pthread_mutex_lock(&end->lock);
	end->stopping = true;
	for (int i = 0; i < end->accepted; i++)
		shutdown(end->links[i].fd, SHUT_RDWR);
	pthread_cond_broadcast(&end->changed);
	pthread_mutex_unlock(&end->lock);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* so that accept() returns */
	connect(fd, (struct sockaddr *)&here, sizeof here);
	pthread_join(end->thread, NULL);
	close(fd);
	for (int i = 0; i < end->accepted; i++) {
		pthread_join(end->links[i].thread, NULL);
		close(end->links[i].fd);
		free(end->links[i].room);
	}
	close(end->listener);
	SSL_CTX_free(end->tls);
	pthread_mutex_destroy(&end->lock);
	pthread_cond_destroy(&end->changed);
}

/* A context with a self-signed certificate for localhost (the name alone), written to `path` too. */
static inline SSL_CTX *far_tls(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	X509_NAME *name = X509_get_subject_name(cert);
	FILE *file = fopen(path, "w");

	ASSERT(key && cert && context && file);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_set_version(cert, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
	ASSERT(names && X509_add_ext(cert, names, -1));
	X509_EXTENSION_free(names);
	ASSERT(X509_sign(cert, key, EVP_sha256()) > 0);
	ASSERT(PEM_write_X509(file, cert));
	fclose(file);
	ASSERT(SSL_CTX_use_certificate(context, cert) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1);
	X509_free(cert);
	EVP_PKEY_free(key);
	return context;
}

#endif
