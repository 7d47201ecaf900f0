#include "serve/errand.h"

#include <stdlib.h>

#include "crypto/digest.h"

bool errand_ends_a_call(const struct control_out *out)
{
	return out->verb == CONTROL_REJECT || out->verb == CONTROL_HANG_UP;
}

void errand_free(struct errand *errand)
{
	secret_wipe(errand, sizeof *errand);
	free(errand);
}

enum err errand_build(struct errand *errand)
{
	return errand->account->provider->control->command(errand->account, &errand->out, &errand->request);
}

static void keep_question(struct errand *errand, const struct question *question)
{
	struct str digits = question->digits;

	errand->question = *question;
	if (digits.len > ERRAND_DIGITS_MAX)
		digits.len = ERRAND_DIGITS_MAX;
	if (digits.len)
		memcpy(errand->digits, digits.at, digits.len);
	errand->question.digits = str_n(errand->digits, digits.len);
}

struct errand *errand_new(const struct account *account, const struct commanding *command)
{
	struct errand *errand = calloc(1, sizeof *errand);

	if (!errand)
		return NULL;
	errand->account = account;
	errand->answered = command->answered;
	errand->out = *command->out;
	if (!str_copy(errand->leg, sizeof errand->leg, command->out->leg) ||
		!str_copy(errand->event, sizeof errand->event, command->out->event) ||
		!str_copy(errand->call_id, sizeof errand->call_id, command->call_id)) {
		free(errand);
		return NULL;
	}
	errand->out.leg = str_of(errand->leg);
	errand->out.event = str_of(errand->event);
	if (command->question)
		keep_question(errand, command->question);
	if (errand_build(errand) != ERR_OK) {
		errand_free(errand);
		return NULL;
	}
	return errand;
}
