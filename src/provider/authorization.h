/* authorization: requests that bring a secret of ours in their Authorization header instead of a signature.
 */
#ifndef PROVIDER_AUTHORIZATION_H
#define PROVIDER_AUTHORIZATION_H

#include "provider/provider.h"

#define AUTHORIZATION_MAX 700 /* "Basic " and the base64 of two secrets */

/* Is the header's value this one? Constant time; false where `expected` is empty. */
bool authorization_is(const struct webhook *webhook, struct str expected);

/* RFC 7617 Basic with this user and password. Constant time; false where one of them is empty. */
bool authorization_is_basic(const struct webhook *webhook, const char *user, const char *password);

/* "Basic dXNlcjpwYXNzd29yZA==", terminated. */
void authorization_basic(const char *user, const char *password, char text[AUTHORIZATION_MAX]);

#endif
