#include "net/tls_look.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <time.h>

#include "net/http_proxy.h"

#define TIMEOUT_MS 15000
#define CONNECT_MS 5000

/* The first refusal stays. */
#define SET(option, value) \
	do { \
		if (code == CURLE_OK) \
			code = curl_easy_setopt(easy, option, value); \
	} while (0)

/* Once the handshake is over, which an untrusted certificate does not see. */
static void look_at_session(const SSL *ssl, int where, int result)
{
	struct tls_seen *seen = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tm expires;

	(void)result;
	if (!(where & SSL_CB_HANDSHAKE_DONE))
		return;
	snprintf(seen->version, sizeof seen->version, "%s", SSL_get_version(ssl));
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	if (certificate && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &expires) == 1)
		seen->expires_s = timegm(&expires);
}

static CURLcode watch(CURL *easy, void *context, void *seen)
{
	(void)easy;
	SSL_CTX_set_app_data((SSL_CTX *)context, seen);
	SSL_CTX_set_info_callback(context, look_at_session);
	return CURLE_OK;
}

static CURLcode set_all(CURL *easy, const struct tls_look_ask *ask, const char *proxy, struct tls_seen *seen)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_URL, ask->url);
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_PROXY, proxy ? proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_CTX_FUNCTION, watch);
	SET(CURLOPT_SSL_CTX_DATA, seen);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)(ask->timeout_ms ? ask->timeout_ms : TIMEOUT_MS));
	if (ask->ca) {
		SET(CURLOPT_CAINFO, ask->ca);
		SET(CURLOPT_CAPATH, X509_get_default_cert_dir());
	}
	return code;
}

static const char *why_untrusted(long verify_error)
{
	switch (verify_error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "the certificate has expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "the certificate is not valid yet";
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return "the certificate is signed by itself";
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return "the certificate is of an authority that this system doesn't know";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "a certificate in between is missing, or its authority is not known to this system";
	case X509_V_ERR_CERT_REVOKED:
		return "the certificate was revoked";
	default:
		return "the certificate is not trusted";
	}
}

static void judge_tls(CURL *easy, CURLcode code, struct tls_seen *seen)
{
	long verify_error = 0;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify_error);
	seen->failure = HTTP_TLS_FAILED;
	if (code == CURLE_SSL_CACERT_BADFILE) {
		seen->why = "the file of certificates to trust can't be read";
	} else if (code != CURLE_PEER_FAILED_VERIFICATION) {
		seen->why = "TLS 1.2 or 1.3 could not be agreed upon";
	} else if (seen->version[0]) { /* the handshake was done: the chain is trusted */
		seen->other_name = true;
		seen->why = "the certificate is for another name";
	} else {
		seen->verify_error = (int)verify_error;
		seen->why = why_untrusted(verify_error);
	}
}

static void judge(CURL *easy, CURLcode code, struct tls_seen *seen)
{
	switch (code) {
	case CURLE_OK:
		seen->failure = HTTP_ANSWERED;
		return;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		seen->failure = HTTP_NOT_RESOLVED;
		seen->why = "the host's name is not known";
		return;
	case CURLE_COULDNT_CONNECT:
		seen->failure = HTTP_NOT_CONNECTED;
		seen->why = "no connection could be made";
		return;
	case CURLE_OPERATION_TIMEDOUT:
		seen->failure = HTTP_TIMED_OUT;
		seen->why = "no connection was made in time";
		return;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		judge_tls(easy, code, seen);
		return;
	default:
		seen->failure = HTTP_BROKEN;
		seen->why = "the connection ended too early";
	}
}

void tls_look(const struct tls_look_ask *ask, struct tls_seen *ret_seen)
{
	struct tls_seen seen = {.failure = HTTP_BAD_ASK, .why = "this is no https URL"};
	struct http_proxies proxies;
	struct http_url url;

	if (http_url_read(ask->url, &url, NULL) != ERR_OK || !url.tls) {
		*ret_seen = seen;
		return;
	}
	CURL *easy = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : curl_easy_init();
	if (!easy || http_proxies_read(&proxies) != ERR_OK) {
		seen.failure = HTTP_BROKEN;
		seen.why = "there was no memory for it";
	} else {
		seen = (struct tls_seen){0};
		CURLcode code = set_all(easy, ask, http_proxy_of(&proxies, &url), &seen);
		judge(easy, code == CURLE_OK ? curl_easy_perform(easy) : code, &seen);
		http_proxies_done(&proxies);
	}
	curl_easy_cleanup(easy);
	*ret_seen = seen;
}
