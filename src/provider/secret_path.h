/* secret_path: for providers that don't sign: the path holds a secret, {secret}/{hook}. */
#ifndef PROVIDER_SECRET_PATH_H
#define PROVIDER_SECRET_PATH_H

#include "provider/provider.h"

/* The hook's name: what stands behind the last '/' of webhook.rest. */
struct str secret_path_hook(const struct webhook *webhook);

/* What stands before it is the account's secret, and the request comes from where the account allows it. Constant time;
 * false where the account has no secret. */
bool secret_path_opens(const struct account *account, const struct webhook *webhook);

#endif
