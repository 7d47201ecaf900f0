#include "provider/ask.h"

void ask_set_caller(struct ask *ask, const struct dialplan *plan, struct str text)
{
	struct number caller = NUMBER_NONE;

	text = str_trim(text);
	ask->question.withheld = caller_is_withheld(text);
	if (!ask->question.withheld && dialplan_number(plan, text, &caller))
		caller = NUMBER_NONE;
	ask->question.caller = caller;
}

void ask_set_called(struct ask *ask, const struct dialplan *plan, struct str text)
{
	struct number called = NUMBER_NONE;

	ask->called_is_number = dialplan_number(plan, text, &called) == ERR_OK;
	ask->question.called = called;
}

void ask_set_caller_digits(struct ask *ask, struct str text)
{
	struct number caller = NUMBER_NONE;

	text = str_trim(text);
	ask->question.withheld = caller_is_withheld(text);
	if (!ask->question.withheld && number_parse_digits(text, &caller))
		caller = NUMBER_NONE;
	ask->question.caller = caller;
}

void ask_set_called_digits(struct ask *ask, struct str text)
{
	struct number called = NUMBER_NONE;

	ask->called_is_number = number_parse_digits(str_trim(text), &called) == ERR_OK;
	ask->question.called = called;
}

bool call_id_ok(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return text.len >= 1 && text.len <= CALL_PROVIDER_ID_MAX;
}
