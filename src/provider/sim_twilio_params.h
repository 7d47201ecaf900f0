/* sim_twilio_params: the parameters that Twilio's side takes, as strictly as they are described, and how it refuses.
 * For sim_inventory_twilio.c. */
#ifndef PROVIDER_SIM_TWILIO_PARAMS_H
#define PROVIDER_SIM_TWILIO_PARAMS_H

#include "core/number.h"
#include "wire/form.h"

/* An answer that says no. Static. */
struct sim_twilio_fault {
	int status, code;
	const char *message;
};

/* One that a call takes. Arrays end with a NULL name. */
struct sim_twilio_param {
	const char *name;
	bool (*holds)(struct str value);
	const struct sim_twilio_fault *fault; /* where it doesn't hold */
};

extern const struct sim_twilio_param sim_twilio_list_params[], sim_twilio_search_params[], sim_twilio_buy_params[],
	sim_twilio_set_params[];
extern const struct sim_twilio_fault sim_twilio_bad_parameter;

/* NULL: each is known, there once, and holds. */
const struct sim_twilio_fault *sim_twilio_params_check(const struct form *form, const struct sim_twilio_param *params);

/* A whole number that a parameter holds; `fallback` where it isn't given. */
uint64_t sim_twilio_count(const struct form *form, const char *name, uint64_t fallback);

/* Does the number match a Contains pattern: digits, letters as on a keypad, '*' one digit, '%' any, '+' at the beginning and '$'
 * at the end of the number? */
bool sim_twilio_matches(struct number number, struct str pattern);

#endif
