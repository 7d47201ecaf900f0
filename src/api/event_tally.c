#include "api/event_tally.h"

#include <stdlib.h>

#include "wire/json_out.h"

void event_tally_done(struct event_tally *tally)
{
	free(tally->refused);
	*tally = (struct event_tally){0};
}

static bool room(struct event_tally *tally)
{
	if (tally->refused_n == TALLY_REFUSED_MAX)
		return false;
	if (tally->refused_n < tally->refused_size)
		return true;
	int size = tally->refused_size ? tally->refused_size * 2 : 8;
	struct tally_refusal *refused = realloc(tally->refused, (size_t)size * sizeof *refused);
	if (!refused)
		return false;
	tally->refused = refused;
	tally->refused_size = size;
	return true;
}

void event_tally_refuse(struct event_tally *tally, uint32_t line, enum err err, const struct problem *problem)
{
	if (!room(tally)) {
		tally->refused_more++;
		return;
	}
	struct tally_refusal *refusal = &tally->refused[tally->refused_n++];
	*refusal = (struct tally_refusal){.line = line, .err = err};
	if (problem->field[0])
		snprintf(refusal->detail, sizeof refusal->detail, "%s: %s", problem->field,
			problem_detail(problem, err));
	else
		snprintf(refusal->detail, sizeof refusal->detail, "%s", problem_detail(problem, err));
}

static int by_line(const void *a, const void *b)
{
	uint32_t left = ((const struct tally_refusal *)a)->line,
		 right = ((const struct tally_refusal *)b)->line;

	return (left > right) - (left < right);
}

void event_tally_put(struct buf *out, struct event_tally *tally)
{
	struct json_out json = json_out_to(out);

	if (tally->refused_n)
		qsort(tally->refused, (size_t)tally->refused_n, sizeof *tally->refused, by_line);
	json_out_object(&json, NULL);
	json_out_u64(&json, "applied", tally->applied);
	json_out_u64(&json, "repeated", tally->repeated);
	if (tally->ignored)
		json_out_u64(&json, "ignored", tally->ignored);
	json_out_array(&json, "refused");
	for (int i = 0; i < tally->refused_n; i++) {
		json_out_object(&json, NULL);
		json_out_u64(&json, "line", tally->refused[i].line);
		json_out_lit(&json, "code", err_slug(tally->refused[i].err));
		json_out_lit(&json, "detail", tally->refused[i].detail);
		json_out_end(&json);
	}
	json_out_end(&json);
	if (tally->refused_more)
		json_out_u64(&json, "refused_more", tally->refused_more);
	json_out_end(&json);
}
