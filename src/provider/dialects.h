/* dialects: the tables behind providers[], one per file. Add yours here and in provider.c. */
#ifndef PROVIDER_DIALECTS_H
#define PROVIDER_DIALECTS_H

#include "provider/provider.h"

extern const struct provider provider_twilio;
extern const struct provider provider_exotel;
extern const struct provider provider_bandwidth;
extern const struct provider provider_sinch;
extern const struct provider provider_infobip;
extern const struct provider provider_8x8;
extern const struct provider provider_plivo;
extern const struct provider provider_huawei;
extern const struct provider provider_messagebird;
extern const struct provider provider_alibaba;
extern const struct provider provider_signalwire;
extern const struct provider provider_generic;
extern const struct provider provider_telnyx;
extern const struct provider provider_vonage;

extern const struct provider_sim sim_twilio;
extern const struct provider_sim sim_exotel;
extern const struct provider_sim sim_telnyx;
extern const struct provider_sim sim_vonage;
extern const struct provider_sim sim_bandwidth;
extern const struct provider_sim sim_sinch;
extern const struct provider_sim sim_infobip;
extern const struct provider_sim sim_8x8;
extern const struct provider_sim sim_plivo;
extern const struct provider_sim sim_huawei;
extern const struct provider_sim sim_messagebird;
extern const struct provider_sim sim_alibaba;
extern const struct provider_sim sim_signalwire;

#endif
