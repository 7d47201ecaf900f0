/* http_client: HTTP requests to others, many at a time, through libcurl's multi interface.
 *
 * Whoever makes it drives it: http_client_turn() in a loop. Redirects are not followed; the environment's proxy
 * settings count unless `no_proxy`; HTTP and HTTPS only; certificates are checked. Unless a request allows it, no connection is made to an address that
 * is not public (loopback, private, link-local, unique local, multicast, unspecified, carrier NAT, IPv4-mapped ones
 * and the like: RFC 6890 and successors); that is asked of the resolved address when the socket is opened, so that no
 * name can get around it.
 *
 * Memory: request texts are copied; of an answer's body `body_max` bytes are kept, the rest is read and
 * thrown away up to 1 MiB, then the connection is closed. Threads: one, but http_client_wake.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/err.h"
#include "base/str.h"
#include "net/http.h"

struct http_client;

struct http_ask {
	enum http_method method;
	const char *url;
	const struct http_header *headers;
	int headers_n;
	struct str body;
	uint32_t timeout_ms;      /* for the whole; 0: 15000 */
	uint32_t connect_ms;      /* 0: 5000 */
	size_t body_max;          /* of the answer; 0: none of it is kept */
	bool allow_private;
	const char *user, *password; /* Basic; NULL: none */
	const char *ca;           /* file of certificates to trust beside the system's; NULL: none */
};

enum http_failure {
	HTTP_ANSWERED,
	HTTP_NOT_RESOLVED, HTTP_NOT_CONNECTED, HTTP_TLS_FAILED, HTTP_TIMED_OUT,
	HTTP_NOT_PUBLIC,          /* the address is private and that was not allowed */
	HTTP_BROKEN,              /* the connection ended in the middle, or what came is no HTTP */
	HTTP_BAD_ASK,             /* a URL or header that can't be sent */
};

struct http_answered {
	enum http_failure failure;
	int status;               /* if HTTP_ANSWERED */
	struct str body;          /* up to body_max; lives for the call */
	int64_t retry_after_s;    /* of the answer's Retry-After, as seconds from now; -1: none */
	const char *why;          /* for people, without values of the request; NULL when answered */
};

struct http_client_options {
	int connections_max;      /* at a time, all hosts */
	int per_host_max;
	const char *user_agent;   /* "bauta/0.1.0" */
};

struct http_client *http_client_new(const struct http_client_options *options); /* NULL: no memory */
/* Requests that are out are dropped without an answer. */
void http_client_free(struct http_client *client);

/* `answer` is called exactly once, in http_client_turn(). ERR_BAD_REQUEST: not an http(s) URL, bad header; ERR_OVERLOADED:
 * no memory. */
MUST_CHECK enum err http_client_send(struct http_client *client, const struct http_ask *ask,
	void (*answer)(void *context, const struct http_answered *answered), void *context);
int http_client_out(const struct http_client *client); /* requests that have no answer yet */

/* Works on what is out, waits up to timeout_ms. Returns soon after http_client_wake(). */
void http_client_turn(struct http_client *client, int timeout_ms);
void http_client_wake(struct http_client *client); /* any thread */

#endif
