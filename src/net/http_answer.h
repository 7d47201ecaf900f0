/* http_answer: replies of one connection, in the order of its requests whatever order they come in.
 * The first exchange of a connection writes to the output; later ones hold their bytes until it is done.
 * Threads: the worker's.
 */
#ifndef NET_HTTP_ANSWER_H
#define NET_HTTP_ANSWER_H

#include "net/http_connection.h"

/* The whole reply. The exchange must not be used afterwards, unless its handler is running. */
void http_answer_give(struct http_exchange *exchange, const struct http_reply *reply);

/* Our own refusal; the connection closes with it. `status` 0: the error's. */
void http_answer_refuse(struct http_exchange *exchange, enum err err, int status);

/* A reply in pieces. */
void http_answer_begin(struct http_exchange *exchange, const struct http_reply *head);
void http_answer_chunk(struct http_exchange *exchange, struct str bytes);
void http_answer_end(struct http_exchange *exchange);

/* Says 100 Continue as soon as it is this exchange's turn. */
void http_answer_continue(struct http_exchange *exchange);

/* Everything that other threads have sent since. */
void http_answer_mail(struct http_worker *worker);

#endif
