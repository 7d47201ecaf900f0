/* http_lines: a request's own header lines, checked, as libcurl takes them. Internal to http_client.
 *
 * A name is a token, a value has no control character but the tab: so neither can end its line and begin another.
 * Content-Length, Transfer-Encoding, Host and others that say where a request ends and to whom it goes are the client's
 * alone. Limits: HTTP_HEADERS_MAX lines of HTTP_ASK_HEADER_MAX bytes.
 */
#ifndef NET_HTTP_LINES_H
#define NET_HTTP_LINES_H

#include <curl/curl.h>

#include "net/http_client.h"

/* ERR_BAD_REQUEST, ERR_OVERLOADED (no memory). */
MUST_CHECK enum err http_lines_of(const struct http_ask *ask, struct curl_slist **ret_lines);
void http_lines_free(struct curl_slist *lines); /* wiped: they hold keys of APIs. NULL is ignored */

/* Basic: a name without ':' and a password, neither with control characters; or none. */
bool http_lines_user_ok(const struct http_ask *ask);

#endif
