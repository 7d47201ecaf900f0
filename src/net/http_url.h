/* http_url: what a client must know of a URL before it asks: is it one that can be asked, and whose is it?
 *
 * Visible ASCII only (an international name is written as xn--...), at most HTTP_URL_MAX bytes, http or https, with a
 * host. Pure. Threads: any.
 */
#ifndef NET_HTTP_URL_H
#define NET_HTTP_URL_H

#include "base/err.h"
#include "base/str.h"

#define HTTP_URL_MAX 8192
#define HTTP_URL_HOST_MAX 255

struct http_url {
	bool tls;
	char host[HTTP_URL_HOST_MAX + 1]; /* small letters, no dot at its end, IPv6 without brackets, IPv4 as four numbers */
	char port[6];
};

/* ERR_BAD_REQUEST: it can't be asked; *ret_why then has a sentence's end for people, without anything of the URL:
 * "must begin with http:// or https://". `ret_why` may be NULL. */
MUST_CHECK enum err http_url_read(const char *text, struct http_url *ret_url, const char **ret_why);

/* Is its host, as it is written, an address that is not public, or this machine's own name? A name that
 * leads to such an address is not seen here. */
bool http_url_is_private(const struct http_url *url);

#endif
