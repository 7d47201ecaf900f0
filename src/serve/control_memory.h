/* control_memory: which events of calls were seen, so that a second delivery changes nothing, and when legs were
 * answered, so that an end tells how long was talked. The last CONTROL_MEMORY_MAX of each; a restart forgets them.
 * Threads: any. */
#ifndef CONTROL_MEMORY_H
#define CONTROL_MEMORY_H

#include "provider/control.h"

#define CONTROL_MEMORY_MAX 65536

struct control_memory;

struct control_memory *control_memory_new(uint64_t seed); /* NULL without memory */
void control_memory_free(struct control_memory *memory);

/* Is it seen for the first time? From now on it isn't. Of questions without digits a leg has one, whatever its events
 * are called. */
bool control_memory_first(struct control_memory *memory, const struct account *account,
	const struct control_event *event);
/* It could not be dealt with: it may come again. */
void control_memory_forget(struct control_memory *memory, const struct account *account,
	const struct control_event *event);

void control_memory_answered(struct control_memory *memory, const struct account *account, struct str call_id,
	int64_t at_ms);
/* 0: not known. */
int64_t control_memory_answered_ms(struct control_memory *memory, const struct account *account, struct str call_id);

#endif
