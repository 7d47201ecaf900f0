/* http_mailbox: replies and their pieces on their way from any thread to one worker.
 *
 * Any thread puts, the worker takes everything at once, in the order in which it was put (of one thread).
 * Memory: one heap block a message. Threads: put from any; take and done by one.
 */
#ifndef NET_HTTP_MAILBOX_H
#define NET_HTTP_MAILBOX_H

#include <stdatomic.h>

#include "net/http.h"

enum http_message_kind { HTTP_MESSAGE_REPLY, HTTP_MESSAGE_BEGIN, HTTP_MESSAGE_CHUNK, HTTP_MESSAGE_END,
	HTTP_MESSAGE_RESUME };

struct http_message {
	struct http_message *next;
	struct http_handle handle;
	enum http_message_kind kind;
	struct http_reply reply; /* its texts lie behind; of a chunk only `body` */
};

/* All zero: empty. */
struct http_mailbox {
	_Atomic(struct http_message *) newest;
};

/* A message with copies of everything in `reply`; NULL without memory. */
struct http_message *http_message_new(enum http_message_kind kind, struct http_handle handle,
	const struct http_reply *reply);
void http_message_free(struct http_message *message);

/* The mailbox owns it then. */
void http_mailbox_put(struct http_mailbox *mailbox, struct http_message *message);
bool http_mailbox_is_empty(const struct http_mailbox *mailbox);

/* All of them, oldest first, linked by `next`; the caller frees each. */
struct http_message *http_mailbox_take(struct http_mailbox *mailbox);

#endif
