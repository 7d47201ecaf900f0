#include "net/http_deadline.h"

#include <stddef.h>

static void take_out(struct http_deadlines *deadlines, struct http_deadline *deadline)
{
	enum http_wait wait = deadline->wait;

	if (wait == HTTP_WAIT_NONE)
		return;
	*(deadline->prev ? &deadline->prev->next : &deadlines->first[wait]) = deadline->next;
	*(deadline->next ? &deadline->next->prev : &deadlines->last[wait]) = deadline->prev;
	deadline->prev = deadline->next = NULL;
}

void http_deadline_set(struct http_deadlines *deadlines, struct http_deadline *deadline, enum http_wait wait,
	uint64_t now_ms)
{
	take_out(deadlines, deadline);
	deadline->wait = wait;
	if (wait == HTTP_WAIT_NONE)
		return;
	deadline->at_ms = now_ms + deadlines->length_ms[wait];
	deadline->prev = deadlines->last[wait];
	*(deadline->prev ? &deadline->prev->next : &deadlines->first[wait]) = deadline;
	deadlines->last[wait] = deadline;
}

struct http_deadline *http_deadline_due(
	struct http_deadlines *deadlines, uint64_t now_ms, enum http_wait *ret_wait)
{
	for (int wait = HTTP_WAIT_NONE + 1; wait < HTTP_WAIT__COUNT; wait++) {
		struct http_deadline *deadline = deadlines->first[wait];
		if (!deadline || deadline->at_ms > now_ms)
			continue;
		take_out(deadlines, deadline);
		deadline->wait = HTTP_WAIT_NONE;
		*ret_wait = (enum http_wait)wait;
		return deadline;
	}
	return NULL;
}

uint64_t http_deadline_next(const struct http_deadlines *deadlines)
{
	uint64_t next = UINT64_MAX;

	for (int wait = HTTP_WAIT_NONE + 1; wait < HTTP_WAIT__COUNT; wait++)
		if (deadlines->first[wait] && deadlines->first[wait]->at_ms < next)
			next = deadlines->first[wait]->at_ms;
	return next;
}

struct http_deadline *http_deadline_oldest(const struct http_deadlines *deadlines, enum http_wait wait)
{
	return deadlines->first[wait];
}
