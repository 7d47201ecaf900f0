#include "provider/control.h"

#include "base/check.h"

const char *const control_verb_words[] = {"transfer", "reject", "hang_up", "answer_to_say", "answer_to_gather", "say",
	"gather", NULL};

_Static_assert(sizeof control_verb_words / sizeof *control_verb_words == CONTROL_VERBS + 1, "a word for each verb");

bool control_hook(const struct provider *provider, const struct webhook *webhook)
{
	return provider->control && webhook->post && str_equal(webhook->rest, STR("control"));
}

static enum control_verb verb_of(enum action action, bool answered)
{
	switch (action) {
	case ACTION_CONNECT:
	case ACTION_FORWARD:
		return CONTROL_TRANSFER;
	case ACTION_ANNOUNCE:
		return answered ? CONTROL_SAY : CONTROL_ANSWER_TO_SAY;
	case ACTION_DIGITS:
		return answered ? CONTROL_GATHER : CONTROL_ANSWER_TO_GATHER;
	case ACTION_REJECT:
		break;
	}
	return answered ? CONTROL_HANG_UP : CONTROL_REJECT;
}

struct control_out control_out_of(const struct control_event *event, const struct decision *decision)
{
	struct control_out out = {
		.verb = verb_of(decision->action, event->answered),
		.leg = event->leg,
		.event = event->id,
		.pin_digits = decision->pin_digits,
		.pin_again = decision->wrong_pin,
		.attestation = event->ask.attestation,
	};

	ASSERT(event->kind == CONTROL_QUESTION);
	if (out.verb != CONTROL_TRANSFER)
		return out;
	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	out.to = decision->callee;
	out.shown = decision->show;
	out.ring_s = decision->ring_s;
	out.max_call_s = decision->max_call_s;
	return out;
}

struct control_out control_instead(const struct control_out *out, bool answered)
{
	return (struct control_out){
		.verb = answered ? CONTROL_HANG_UP : CONTROL_REJECT,
		.leg = out->leg,
		.event = out->event,
		.instead = true,
	};
}
