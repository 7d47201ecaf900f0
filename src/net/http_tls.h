/* http_tls: TLS 1.2 and 1.3 between the socket's bytes and ours, through memory; no socket in here.
 *
 * Ownership: a session keeps the certificates it began with. Threads: the context may be reloaded by any
 * thread while workers open sessions; a session belongs to its worker.
 */
#ifndef NET_HTTP_TLS_H
#define NET_HTTP_TLS_H

#include "base/err.h"
#include "base/str.h"

struct http_tls_context;
struct http_tls;

/* PEM files. ERR_BAD_REQUEST with a sentence if they can't be used. */
MUST_CHECK enum err http_tls_context_new(const char *certificate, const char *key,
	struct http_tls_context **ret_context, char ret_error[256]);
void http_tls_context_free(struct http_tls_context *context);

/* From the same files again; on failure nothing changes. */
MUST_CHECK enum err http_tls_context_reload(struct http_tls_context *context, char ret_error[256]);

/* A server's session; NULL without memory. */
struct http_tls *http_tls_new(struct http_tls_context *context);
void http_tls_free(struct http_tls *tls);

/* Bytes from the peer; false without memory. */
bool http_tls_feed(struct http_tls *tls, struct str bytes);

enum http_tls_read { HTTP_TLS_BYTES, HTTP_TLS_WAIT, HTTP_TLS_END, HTTP_TLS_BROKEN };

/* Plain bytes of what was fed, at most `size`; call until it is no longer BYTES. */
enum http_tls_read http_tls_read(struct http_tls *tls, char *ret_plain, size_t size, size_t *ret_len);

/* Seals bytes for the peer; false if the session can't. */
bool http_tls_write(struct http_tls *tls, struct str bytes);

/* Our end of the session: the peer is told. */
void http_tls_end(struct http_tls *tls);

/* What has to be sent to the peer; stays until taken. */
struct str http_tls_output(struct http_tls *tls);
void http_tls_output_taken(struct http_tls *tls);

bool http_tls_is_ready(const struct http_tls *tls); /* the handshake is over */

#endif
