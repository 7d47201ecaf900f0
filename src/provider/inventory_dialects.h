/* inventory_dialects: the tables behind inventories[], one per file. Add yours here and in inventory.c. */
#ifndef PROVIDER_INVENTORY_DIALECTS_H
#define PROVIDER_INVENTORY_DIALECTS_H

#include "provider/inventory.h"

extern const struct inventory inventory_bandwidth;
extern const struct inventory inventory_exotel;
extern const struct inventory inventory_plivo;
extern const struct inventory inventory_telnyx;
extern const struct inventory inventory_twilio;
extern const struct inventory inventory_vonage;

#endif
