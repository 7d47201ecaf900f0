/* tls_look: what a stranger sees who comes to an https URL: can TLS be agreed upon, is the certificate trusted and for
 * that name, until when does it hold? Connects, looks, and leaves: no request is sent.
 *
 * Proxies of the environment count as for http_client. Blocks for up to timeout_ms. Threads: any.
 */
#ifndef NET_TLS_LOOK_H
#define NET_TLS_LOOK_H

#include <stdint.h>

#include "net/http_client.h"

struct tls_look_ask {
	const char *url;
	const char *ca;      /* file of certificates to trust beside the system's; NULL: none */
	uint32_t timeout_ms; /* for the whole; 0: 15000 */
};

struct tls_seen {
	enum http_failure failure; /* HTTP_ANSWERED: agreed upon, trusted, for that name. HTTP_BAD_ASK: no https URL */
	bool other_name;           /* HTTP_TLS_FAILED: it is trusted, and for another name */
	int verify_error;          /* HTTP_TLS_FAILED: X509_V_ERR_... (x509_vfy.h); 0: something else is wrong */
	const char *why;           /* a sentence for people, static; NULL: nothing is wrong */
	int64_t expires_s;         /* since the epoch; 0: not known, as where it is not trusted */
	char version[16];          /* "TLSv1.3"; "": not known */
};

void tls_look(const struct tls_look_ask *ask, struct tls_seen *ret_seen);

#endif
