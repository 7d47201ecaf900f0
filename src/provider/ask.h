/* ask: what most dialects do alike to fill a struct ask. */
#ifndef PROVIDER_ASK_H
#define PROVIDER_ASK_H

#include "provider/provider.h"

/* A number as the provider writes it, or one of its words for "withheld". Neither: no caller, which decide()
 * takes for a withheld one. */
void ask_set_caller(struct ask *ask, const struct dialplan *plan, struct str text);

void ask_set_called(struct ask *ask, const struct dialplan *plan, struct str text);

/* The same where a provider writes international digits, with '+' or without. */
void ask_set_caller_digits(struct ask *ask, struct str text);
void ask_set_called_digits(struct ask *ask, struct str text);

/* A provider's call id: 1..CALL_PROVIDER_ID_MAX printable ASCII characters. */
bool call_id_ok(struct str text);

#endif
