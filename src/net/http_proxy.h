/* http_proxy: the environment's proxies, in the variables that curl and others know: http_proxy (small letters only: in
 * capitals it may be a CGI's header), https_proxy, all_proxy, no_proxy; of the last three in capitals too.
 *
 * We decide ourselves whether a proxy is asked and tell libcurl, so that there are no two opinions of it: behind a proxy the
 * proxy resolves names, and the addresses that we check are then its own.
 *
 * no_proxy: names, comma or space between them: "*" is all hosts, a name (with or without a dot before it) is that
 * name and all below it, an address is that address.
 *
 * Memory: texts are copied when read. Threads: read only once made.
 */
#ifndef NET_HTTP_PROXY_H
#define NET_HTTP_PROXY_H

#include "net/http_url.h"

struct http_proxies {
	char *http, *https, *none; /* NULL: not set */
};

/* ERR_OVERLOADED: no memory. */
MUST_CHECK enum err http_proxies_read(struct http_proxies *ret_proxies);
void http_proxies_done(struct http_proxies *proxies);

/* The proxy for that URL; NULL: it is asked directly. */
const char *http_proxy_of(const struct http_proxies *proxies, const struct http_url *url);

#endif
