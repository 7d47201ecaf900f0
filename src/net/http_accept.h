/* http_accept: a new connection from the listener, within the limit of the server.
 * Threads: the worker's.
 */
#ifndef NET_HTTP_ACCEPT_H
#define NET_HTTP_ACCEPT_H

#include "net/http_worker.h"

/* Takes the connection that waits at the worker's listener. Past connections_max the one of this worker
 * that has been idle longest gives way; if none is, or there is no memory, the new one is closed. */
void http_accept(struct http_worker *worker);

#endif
