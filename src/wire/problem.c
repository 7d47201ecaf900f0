#include "wire/problem.h"

#include "wire/json_out.h"

static void cut_copy(char *dst, size_t size, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len > size - 1)
		len = size - 1;
	if (len)
		memcpy(dst, text, len);
	dst[len] = '\0';
}

enum err problem_is(struct problem *problem, enum err err, const char *field, const char *detail)
{
	problem->line = 0;
	cut_copy(problem->field, sizeof problem->field, field);
	cut_copy(problem->detail, sizeof problem->detail, detail);
	return err;
}

const char *problem_detail(const struct problem *problem, enum err err)
{
	return problem->detail[0] ? problem->detail : err_title(err);
}

void problem_put(struct buf *out, enum err err, const struct problem *problem)
{
	struct json_out json = json_out_to(out);
	char type[64] = "urn:bauta:error:";

	snprintf(type, sizeof type, "urn:bauta:error:%s", err_slug(err));
	json_out_object(&json, NULL);
	json_out_lit(&json, "type", type);
	json_out_lit(&json, "title", err_title(err));
	json_out_u64(&json, "status", (uint64_t)err_http_status(err));
	json_out_lit(&json, "detail", problem_detail(problem, err));
	json_out_lit(&json, "code", err_slug(err));
	if (problem->field[0])
		json_out_lit(&json, "field", problem->field);
	if (problem->line)
		json_out_u64(&json, "line", problem->line);
	json_out_end(&json);
}
