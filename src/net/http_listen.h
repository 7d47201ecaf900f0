/* http_listen: listening sockets of the workers, all on one address and port. */
#ifndef NET_HTTP_LISTEN_H
#define NET_HTTP_LISTEN_H

#include "base/err.h"

/* Opens `n` non-blocking sockets that listen on `address` ("127.0.0.1:8080", "[::1]:0", ":8080") with
 * SO_REUSEPORT. A port that somebody else has is an error, also if he shares it. ERR_BAD_REQUEST with a
 * sentence; nothing is left open then. */
MUST_CHECK enum err http_listen_open(const char *address, int n, int *ret_fds, int *ret_port, char ret_error[256]);

#endif
