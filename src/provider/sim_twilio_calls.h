/* sim_twilio_calls: what Twilio's side does for each call, once it is known whose it is and what it asks for. For
 * sim_inventory_twilio.c. Each writes its answer, or changes nothing and says why not. */
#ifndef PROVIDER_SIM_TWILIO_CALLS_H
#define PROVIDER_SIM_TWILIO_CALLS_H

#include "provider/sim_inventory_twilio.h"
#include "provider/sim_twilio_params.h"

#define SIM_TWILIO_PARTS 7 /* "", "2010-04-01", "Accounts", sid, resource, country or sid, type */

struct sim_twilio_call {
	struct sim_inventory_twilio *sim;
	const struct sim_twilio_ask *ask;
	struct arena *arena;
	struct buf *out;
	struct str path, query, parts[SIM_TWILIO_PARTS];
	int parts_n;
	struct form form;                 /* of the query, or of a POST's body */
	struct sim_twilio_number *number; /* that the path names */
};

extern const struct sim_twilio_fault sim_twilio_not_found;

/* NULL: *ret_status is set and call->out holds the answer. */
const struct sim_twilio_fault *sim_twilio_list(struct sim_twilio_call *call, int *ret_status);
const struct sim_twilio_fault *sim_twilio_search(struct sim_twilio_call *call, int *ret_status);
const struct sim_twilio_fault *sim_twilio_buy(struct sim_twilio_call *call, int *ret_status);
const struct sim_twilio_fault *sim_twilio_one(struct sim_twilio_call *call, int *ret_status);
const struct sim_twilio_fault *sim_twilio_set(struct sim_twilio_call *call, int *ret_status);
const struct sim_twilio_fault *sim_twilio_release(struct sim_twilio_call *call, int *ret_status);

/* The number on offer again, as if it had never been anybody's. */
struct sim_twilio_number sim_twilio_fresh(const struct sim_twilio_number *number);

#endif
