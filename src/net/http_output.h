/* http_output: bytes to a peer. They are corked in the worker's buffer and written in one go when the
 * connection is settled; what the socket does not take is copied and left to libuv.
 *
 * Errors (the peer is gone, no memory) set connection->broken; nothing else is to be done about them.
 * Threads: the worker's.
 */
#ifndef NET_HTTP_OUTPUT_H
#define NET_HTTP_OUTPUT_H

#include "net/http_connection.h"

void http_output_put(struct http_connection *connection, struct str bytes);

/* Room for `len` bytes to be written by the caller and then taken; NULL past HTTP_BUFFER_SIZE. */
char *http_output_room(struct http_connection *connection, size_t len);
void http_output_took(struct http_connection *connection, size_t len);

/* Writes what is corked for this connection. */
void http_output_flush(struct http_connection *connection);

/* Writes what TLS wants to say. */
void http_output_flush_tls(struct http_connection *connection);

#endif
