/* report: the words for a call's fate that Twilio chose and that Exotel and others took over. */
#ifndef PROVIDER_REPORT_H
#define PROVIDER_REPORT_H

#include "provider/provider.h"

/* queued, initiated, ringing, in-progress, answered, completed, busy, no-answer, failed, canceled;
 * case is ignored. False: another word. */
bool report_word(struct str word, enum call_status *ret_status);

/* Whole seconds; 0 for anything else. */
uint32_t report_seconds(struct str text);

#endif
