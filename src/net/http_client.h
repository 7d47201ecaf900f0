/* http_client: HTTP/1.1 requests to others, many at a time, through libcurl's multi interface.
 *
 * Whoever makes it drives it: http_client_turn() in a loop. Redirects are not followed; HTTP and HTTPS (TLS 1.2, 1.3) only;
 * certificates are checked. Unless a request allows it, no connection is made to an address that is not public
 * (net/address.h): that is asked of the resolved address when the socket is opened, so that no name can get around it.
 * Connections are kept and used again, but never between requests that allow private addresses and such that don't.
 *
 * The environment's proxies count (net/http_proxy.h). What is behind a proxy is the proxy's to allow: there only a host that
 * is written as a private address, or localhost, is refused here.
 *
 * Limits: HTTP_CLIENT_OUT_MAX requests out, of which `connections_max` at work, the others wait in their order (that counts
 * as their time); a head of 64 KiB; of an answer's body `body_max` bytes are kept, what follows is read and thrown away up to
 * 1 MiB, then the connection is closed. No encoding of a body is offered, so none is undone. Memory: request texts are
 * copied. Threads: one, but http_client_wake.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/err.h"
#include "base/str.h"
#include "net/http.h"

#define HTTP_CLIENT_OUT_MAX 1024
#define HTTP_ASK_HEADER_MAX 8192 /* name and value */

struct http_client;

struct http_ask {
	enum http_method method;
	const char *url;          /* net/http_url.h */
	const struct http_header *headers; /* not those that the client makes: Host, Content-Length, ... */
	int headers_n;            /* up to HTTP_HEADERS_MAX */
	struct str body;
	uint32_t timeout_ms;      /* for the whole; 0: 15000 */
	uint32_t connect_ms;      /* 0: 5000 */
	size_t body_max;          /* of the answer; 0: none of it is kept */
	bool once;                /* must not be sent twice: goes over a connection of its own. (Over a kept one that turns out to be
	                           * closed libcurl sends again by itself, and the first may have arrived.) */
	bool allow_private;       /* loopback, private networks, link-local, ... */
	const char *user, *password; /* Basic; NULL: none */
	const char *ca;           /* file of certificates to trust beside the system's; NULL: none */
};

enum http_failure {
	HTTP_ANSWERED,
	HTTP_NOT_RESOLVED, HTTP_NOT_CONNECTED, HTTP_TLS_FAILED, HTTP_TIMED_OUT,
	HTTP_NOT_PUBLIC,          /* the address is private and that was not allowed; nothing was connected */
	HTTP_BROKEN,              /* the connection ended in the middle, or what came is no HTTP */
	HTTP_BAD_ASK,             /* a URL or header that can't be sent */
};

struct http_answered {
	enum http_failure failure;
	int status;               /* if HTTP_ANSWERED */
	struct str body;          /* up to body_max; lives for the call */
	int64_t retry_after_s;    /* of the answer's Retry-After, as seconds from now; -1: none */
	int64_t date_ms;          /* of the answer's Date, since the epoch; -1: none */
	const char *why;          /* a sentence for people, without values of the request, static; NULL when answered */
};

struct http_client_options {
	int connections_max;      /* at work at a time, all hosts; as many may rest, of each kind. 0: 16 */
	int per_host_max;         /* at work at a time for one scheme, host and port; 0: connections_max */
	const char *user_agent;   /* "bauta/0.1.0"; NULL: none is told */
};

struct http_client *http_client_new(const struct http_client_options *options); /* NULL: no memory */
/* Requests that are out are dropped without an answer. */
void http_client_free(struct http_client *client);

/* `answer` is called exactly once, in http_client_turn(); it may send again, but not turn and not free. ERR_BAD_REQUEST: not
 * an http(s) URL, a bad header, user or method; ERR_OVERLOADED: HTTP_CLIENT_OUT_MAX are out, or no memory. */
MUST_CHECK enum err http_client_send(struct http_client *client, const struct http_ask *ask,
	void (*answer)(void *context, const struct http_answered *answered), void *context);
int http_client_out(const struct http_client *client); /* requests that have no answer yet */

/* Works on what is out; if there was nothing to answer, waits up to timeout_ms for something to happen. Returns soon after
 * http_client_wake(), also after one that came before. */
void http_client_turn(struct http_client *client, int timeout_ms);
void http_client_wake(struct http_client *client); /* any thread */

#endif
