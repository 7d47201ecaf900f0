/* Pointing one number to us: its calls, its texts. */
#include "supply/agent_state.h"

#include "base/check.h"

typedef enum err point_one(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why);

static enum err ask(struct agent *agent, point_one *build, const struct inventory_number *number,
	struct inventory_result *ret_result)
{
	struct inventory_request request;
	struct desk_answer answer;
	const char *why = "the request doesn't fit";

	if (build(agent->options.account, number, &agent->hook, &request, &why) != ERR_OK) {
		*ret_result = (struct inventory_result){.outcome = INVENTORY_REFUSED, .retry_after_s = -1};
		snprintf(ret_result->why, sizeof ret_result->why, "%s", why);
		return ERR_OK;
	}
	enum err err = agent_ask(agent, &request, DESK_SAFE, &answer, ret_result);
	if (err == ERR_OK)
		agent->inventory->read_done(agent->options.account, answer.status, answer.body, &agent->arena, ret_result);
	return err == ERR_OVERLOADED ? err : ERR_OK;
}

enum err agent_point(struct agent *agent, const struct inventory_number *number, bool calls, bool texts,
	struct inventory_result *ret_result)
{
	ASSERT(calls || texts);
	if (calls) {
		enum err err = ask(agent, agent->inventory->point, number, ret_result);
		if (err || ret_result->outcome != INVENTORY_DONE || !texts)
			return err;
	}
	return ask(agent, agent->inventory->point_texts, number, ret_result);
}
