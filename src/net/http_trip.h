/* http_trip: one request of http_client on its way there and back: libcurl's handle with everything set, what came so
 * far, and what to make of the end. Internal to http_client.
 */
#ifndef NET_HTTP_TRIP_H
#define NET_HTTP_TRIP_H

#include <curl/curl.h>

#include "base/buf.h"
#include "net/http_client.h"
#include "net/http_proxy.h"

struct http_trip {
	struct http_trip *next, *before; /* in the client's list */
	CURL *easy;
	struct curl_slist *headers;
	struct http_url url;
	int64_t deadline_ms; /* steady */
	bool allow_private, proxied;
	bool opened;         /* a socket was made */
	bool refused;        /* an address was not public */
	struct buf body;
	size_t body_max, passed_over, head_len;
	bool cut;            /* enough of the body was seen */
	int64_t retry_after_s, date_ms; /* -1: none */
	void (*answer)(void *context, const struct http_answered *answered);
	void *context;
};

/* What the client gives to each trip. */
struct http_trip_means {
	const struct http_proxies *proxies;
	const char *user_agent; /* NULL: none */
	CURLSH *pools[2];       /* of connections: where private addresses are not allowed, where they are */
};

/* Checks and copies all of it. ERR_BAD_REQUEST, ERR_OVERLOADED as http_client_send. */
MUST_CHECK enum err http_trip_new(
	const struct http_ask *ask, const struct http_trip_means *means, struct http_trip **ret_trip);
void http_trip_free(struct http_trip *trip); /* NULL is ignored */

/* What libcurl's verdict means. Texts live as long as the trip. */
void http_trip_judge(const struct http_trip *trip, CURLcode code, struct http_answered *ret_answered);

#endif
