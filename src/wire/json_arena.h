/* json_arena: the memory of a document that jansson reads, from an arena that is thrown away whole.
 *
 * Between enter and leave all that jansson asks for in this thread comes from the arena, and what it gives back there is
 * kept. A document made so may be read, never changed or freed piece by piece: arena_done() is its end. Everywhere
 * else jansson has the heap, as ever.
 *
 * Threads: each has its own. No nesting.
 */
#ifndef WIRE_JSON_ARENA_H
#define WIRE_JSON_ARENA_H

#include "base/arena.h"

void json_arena_enter(struct arena *arena);
void json_arena_leave(void);

#endif
