#include "net/http_mailbox.h"

#include <stdlib.h>

#include "base/check.h"

static size_t texts_len(const struct http_reply *reply)
{
	size_t len = reply->body.len;

	if (reply->content_type)
		len += strlen(reply->content_type) + 1;
	for (int i = 0; i < reply->extra_n; i++)
		len += reply->extra[i].name.len + reply->extra[i].value.len;
	return len;
}

static struct str copied(struct str s, char **at)
{
	char *to = *at;

	if (s.len)
		memcpy(to, s.at, s.len);
	*at += s.len;
	return str_n(to, s.len);
}

struct http_message *http_message_new(
	enum http_message_kind kind, struct http_handle handle, const struct http_reply *reply)
{
	ASSERT(reply->extra_n >= 0 && (size_t)reply->extra_n <= sizeof reply->extra / sizeof reply->extra[0]);
	struct http_message *message = malloc(sizeof *message + texts_len(reply));

	if (!message)
		return NULL;
	*message = (struct http_message){.handle = handle, .kind = kind, .reply = *reply};
	char *at = (char *)(message + 1);
	if (reply->content_type)
		message->reply.content_type =
			copied(str_n(reply->content_type, strlen(reply->content_type) + 1), &at).at;
	for (int i = 0; i < reply->extra_n; i++) {
		message->reply.extra[i].name = copied(reply->extra[i].name, &at);
		message->reply.extra[i].value = copied(reply->extra[i].value, &at);
	}
	message->reply.body = copied(reply->body, &at);
	return message;
}

void http_message_free(struct http_message *message)
{
	free(message);
}

void http_mailbox_put(struct http_mailbox *mailbox, struct http_message *message)
{
	struct http_message *newest = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);

	do
		message->next = newest;
	while (!atomic_compare_exchange_weak_explicit(
		&mailbox->newest, &newest, message, memory_order_release, memory_order_relaxed));
}

bool http_mailbox_is_empty(const struct http_mailbox *mailbox)
{
	return atomic_load_explicit(&mailbox->newest, memory_order_relaxed) == NULL;
}

struct http_message *http_mailbox_take(struct http_mailbox *mailbox)
{
	struct http_message *message = atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire);
	struct http_message *oldest = NULL;

	while (message) {
		struct http_message *next = message->next;
		message->next = oldest;
		oldest = message;
		message = next;
	}
	return oldest;
}
