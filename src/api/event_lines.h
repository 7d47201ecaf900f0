/* event_lines: order events on their way to the engine, up to EVENT_LINES_MAX together and in order: read in
 * a worker (texts, numbers, pool), applied in the writer, counted afterwards. Each event stands for itself:
 * one that is refused changes nothing and stops none of the others.
 *
 * Memory: events and their texts in the caller's arena.
 */
#ifndef EVENT_LINES_H
#define EVENT_LINES_H

#include "api/api.h"
#include "api/event_tally.h"
#include "wire/event_map.h"

#define EVENT_LINES_MAX 64

struct event_line {
	uint32_t line;
	struct order_event event;
	enum err err;
	enum event_effect effect;
};

struct event_lines {
	struct event_line at[EVENT_LINES_MAX];
	int n;
};

/* Who sends them. */
struct event_sender {
	struct server *server;
	uint16_t tenant; /* index */
	struct vault_use *vault;
};

/* What an event says -> what the engine takes: pool found, numbers read and keyed. In the arena. */
MUST_CHECK enum err event_lines_fill(const struct event_sender *sender, const struct event *said, struct arena *arena,
	struct order_event *ret_event, struct problem *problem);

/* One event of a document, of any shape (event_map.h), added to the lines; there is room. `*ret_ignored`: it is one to
 * pass over, and was not added. An error says why it is refused. */
MUST_CHECK enum err event_lines_add(struct event_lines *lines, const struct event_sender *sender,
	const struct json_at *at, const struct event_around *around, uint32_t line, struct arena *arena,
	bool *ret_ignored, struct problem *problem);

/* Writer, in a change. */
void event_lines_run(struct event_lines *lines, struct engine *engine);

/* After the batch was stored. */
void event_lines_count(const struct event_lines *lines, struct event_tally *tally);

#endif
