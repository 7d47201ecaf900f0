/* http_reading: a peer's bytes to requests for the handler. Threads: the worker's. */
#ifndef NET_HTTP_READING_H
#define NET_HTTP_READING_H

#include "net/http_connection.h"

/* Whether further bytes may be taken now. */
bool http_reading_can(const struct http_connection *connection);

/* Takes bytes as far as it can; keeps what is left for http_reading_go_on. */
void http_reading_take(struct http_connection *connection, struct str bytes);
void http_reading_go_on(struct http_connection *connection);

/* The request that is being read will not become whole: its handler is told if it knows of it. */
void http_reading_cancel(struct http_connection *connection);

/* The peer was too slow with it: 408. */
void http_reading_timed_out(struct http_connection *connection);

#endif
