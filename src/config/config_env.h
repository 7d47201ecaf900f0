/* config_env: settings from the environment and from --set.
 *
 * BAUTA_LIMITS_SESSIONS is limits.sessions, BAUTA_ACCOUNTS_0_AUTH_TOKEN is auth_token of the first
 * account; a list of addresses is separated by commas. A BAUTA_ variable that names no setting is an
 * error, but for the ones that others read: BAUTA_URL, BAUTA_KEY and BAUTA_API_KEY_FILE (the client),
 * BAUTA_ALLOW_CORE (core_dump.h), BAUTA_SEED and BAUTA_TEST_* (tests).
 */
#ifndef CONFIG_ENV_H
#define CONFIG_ENV_H

#include "config/config_settings.h"

/* `environment` as environ; may be NULL. */
void config_env_read(struct settings *settings, char *const *environment);

/* Each "a.b=c"; NULL ends; may be NULL. */
void config_env_sets(struct settings *settings, const char *const *sets);

#endif
