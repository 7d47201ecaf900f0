/* sim_twilio_put: the documents of Twilio's side. For sim_inventory_twilio.c. */
#ifndef PROVIDER_SIM_TWILIO_PUT_H
#define PROVIDER_SIM_TWILIO_PUT_H

#include "provider/sim_inventory_twilio.h"
#include "provider/sim_twilio_params.h"
#include "wire/json_out.h"

/* "PN0000...01". Returns `text`. */
char *sim_twilio_sid(const char *kind, uint32_t serial, char text[SIM_TWILIO_SID_SIZE]);

/* An item of incoming_phone_numbers, or (name NULL, at the root) the number alone. */
void sim_twilio_put_owned(struct json_out *json, const struct sim_inventory_twilio *sim, const struct sim_twilio_number *number);
/* An item of available_phone_numbers. */
void sim_twilio_put_offer(struct json_out *json, const struct sim_twilio_number *number);
void sim_twilio_put_fault(struct buf *out, const struct sim_twilio_fault *fault);

#endif
