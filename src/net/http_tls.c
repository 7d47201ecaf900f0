#include "net/http_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"

struct http_tls_context {
	pthread_mutex_t lock; /* of `ssl` */
	SSL_CTX *ssl;
	char *certificate, *key;
};

struct http_tls {
	SSL *ssl;
	BIO *in, *out; /* the SSL's */
};

static int choose_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_len,
	const unsigned char *offered, unsigned offered_len, void *context)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *name;

	(void)ssl;
	(void)context;
	if (SSL_select_next_proto(&name, ret_len, ours, sizeof ours - 1, offered, offered_len) !=
		OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret_name = name;
	return SSL_TLSEXT_ERR_OK;
}

static enum err said(char ret_error[256], const char *what, const char *file)
{
	unsigned long code = ERR_get_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	snprintf(ret_error, 256, "%s %s: %s", what, file, why ? why : "can't be used");
	ERR_clear_error();
	return ERR_BAD_REQUEST;
}

static enum err load(const char *certificate, const char *key, SSL_CTX **ret_ssl, char ret_error[256])
{
	enum err err = ERR_OK;
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

	ERR_clear_error();
	if (!ssl) {
		snprintf(ret_error, 256, "no memory for TLS");
		return ERR_INTERNAL;
	}
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(
		ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_id_context(ssl, (const unsigned char *)"bauta", 5);
	SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
	if (SSL_CTX_use_certificate_chain_file(ssl, certificate) != 1)
		err = said(ret_error, "certificate", certificate);
	else if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(ssl) != 1)
		err = said(ret_error, "private key", key);
	if (err) {
		SSL_CTX_free(ssl);
		return err;
	}
	*ret_ssl = ssl;
	return ERR_OK;
}

enum err http_tls_context_new(
	const char *certificate, const char *key, struct http_tls_context **ret_context, char ret_error[256])
{
	struct http_tls_context *context = calloc(1, sizeof *context);

	if (!context) {
		snprintf(ret_error, 256, "no memory for TLS");
		return ERR_INTERNAL;
	}
	pthread_mutex_init(&context->lock, NULL);
	context->certificate = strdup(certificate);
	context->key = strdup(key);
	enum err err = ERR_INTERNAL;
	if (context->certificate && context->key)
		err = load(certificate, key, &context->ssl, ret_error);
	if (err) {
		http_tls_context_free(context);
		return err;
	}
	*ret_context = context;
	return ERR_OK;
}

void http_tls_context_free(struct http_tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ssl);
	pthread_mutex_destroy(&context->lock);
	free(context->certificate);
	free(context->key);
	free(context);
}

enum err http_tls_context_reload(struct http_tls_context *context, char ret_error[256])
{
	SSL_CTX *ssl;
	enum err err = load(context->certificate, context->key, &ssl, ret_error);

	if (err)
		return err;
	pthread_mutex_lock(&context->lock);
	SSL_CTX *old = context->ssl;
	context->ssl = ssl;
	pthread_mutex_unlock(&context->lock);
	SSL_CTX_free(old);
	return ERR_OK;
}

struct http_tls *http_tls_new(struct http_tls_context *context)
{
	struct http_tls *tls = calloc(1, sizeof *tls);

	if (!tls)
		return NULL;
	pthread_mutex_lock(&context->lock);
	tls->ssl = SSL_new(context->ssl);
	pthread_mutex_unlock(&context->lock);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (!tls->ssl || !tls->in || !tls->out) {
		SSL_free(tls->ssl);
		BIO_free(tls->in);
		BIO_free(tls->out);
		free(tls);
		return NULL;
	}
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	SSL_set_accept_state(tls->ssl);
	return tls;
}

void http_tls_free(struct http_tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	free(tls);
}

bool http_tls_feed(struct http_tls *tls, struct str bytes)
{
	ASSERT(bytes.len <= INT32_MAX);
	return BIO_write(tls->in, bytes.at, (int)bytes.len) == (int)bytes.len;
}

enum http_tls_read http_tls_read(struct http_tls *tls, char *ret_plain, size_t size, size_t *ret_len)
{
	/* The error queue is the thread's: what another session left there would be taken for ours. */
	ERR_clear_error();
	int done = SSL_read_ex(tls->ssl, ret_plain, size, ret_len);
	if (done == 1)
		return HTTP_TLS_BYTES;
	switch (SSL_get_error(tls->ssl, done)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return HTTP_TLS_WAIT;
	case SSL_ERROR_ZERO_RETURN:
		return HTTP_TLS_END;
	default:
		ERR_clear_error();
		return HTTP_TLS_BROKEN;
	}
}

bool http_tls_write(struct http_tls *tls, struct str bytes)
{
	size_t written;

	ERR_clear_error();
	return SSL_write_ex(tls->ssl, bytes.at, bytes.len, &written) == 1 && written == bytes.len;
}

void http_tls_end(struct http_tls *tls)
{
	ERR_clear_error();
	if (SSL_is_init_finished(tls->ssl))
		SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

struct str http_tls_output(struct http_tls *tls)
{
	char *at;
	long len = BIO_get_mem_data(tls->out, &at);

	return len > 0 ? str_n(at, (size_t)len) : STR_NONE;
}

void http_tls_output_taken(struct http_tls *tls)
{
	(void)BIO_reset(tls->out);
}

bool http_tls_is_ready(const struct http_tls *tls)
{
	return SSL_is_init_finished(tls->ssl);
}
