#include "api/event_lines.h"

#include "base/check.h"
#include "api/parties.h"

enum err event_lines_fill(const struct event_sender *sender, const struct event *said, struct arena *arena,
	struct order_event *ret_event, struct problem *problem)
{
	struct order_event event = {.type = said->type,
		.version = said->version,
		.ttl_s = said->ttl_s,
		.parties_n = said->parties_n};
	struct pool_brief pool;

	enum err err = pools_find_said(sender->server->pools, sender->tenant, said->pool, &pool, problem);
	if (err == ERR_OK)
		err = parties_fill(said->parties, said->parties_n, &pool, sender->vault, arena,
			&event.parties, problem);
	if (err)
		return err;
	event.pool = pool.index;
	event.order = arena_str(arena, said->order);
	if (!event.order.at)
		return ERR_OVERLOADED;
	*ret_event = event;
	return ERR_OK;
}

enum err event_lines_add(struct event_lines *lines, const struct event_sender *sender,
	const struct json_at *at, const struct event_around *around, uint32_t line, struct arena *arena,
	bool *ret_ignored, struct problem *problem)
{
	struct event said;
	struct event_line *added = &lines->at[lines->n];

	ASSERT(lines->n < EVENT_LINES_MAX);
	*added = (struct event_line){.line = line};
	enum err err = event_read_any(
		sender->server->config->mapping, at, around, arena, &said, ret_ignored, problem);
	if (err == ERR_OK && *ret_ignored)
		return ERR_OK;
	if (err == ERR_OK)
		err = event_lines_fill(sender, &said, arena, &added->event, problem);
	if (err == ERR_OK)
		lines->n++;
	return err;
}

void event_lines_run(struct event_lines *lines, struct engine *engine)
{
	uint32_t slot;

	for (int i = 0; i < lines->n; i++)
		lines->at[i].err = engine_event(engine, &lines->at[i].event, &lines->at[i].effect, &slot);
}

void event_lines_count(const struct event_lines *lines, struct event_tally *tally)
{
	static const struct problem nothing;

	for (int i = 0; i < lines->n; i++) {
		const struct event_line *line = &lines->at[i];
		if (line->err)
			event_tally_refuse(tally, line->line, line->err, &nothing);
		else if (line->effect == EVENT_APPLIED)
			tally->applied++;
		else
			tally->repeated++;
	}
}
