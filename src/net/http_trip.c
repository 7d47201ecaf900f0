#include "net/http_trip.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "net/address.h"
#include "net/http_lines.h"
#include "wire/http_date.h"
#include "wire/retry_after.h"

#define TIMEOUT_MS 15000
#define CONNECT_MS 5000
#define HEAD_MAX (64 * 1024)
#define PASSED_OVER_MAX (1024 * 1024)

static const char *const methods[] = {
	[HTTP_METHOD_GET] = "GET",
	[HTTP_METHOD_HEAD] = "HEAD",
	[HTTP_METHOD_POST] = "POST",
	[HTTP_METHOD_PUT] = "PUT",
	[HTTP_METHOD_PATCH] = "PATCH",
	[HTTP_METHOD_DELETE] = "DELETE",
	[HTTP_METHOD_OPTIONS] = "OPTIONS",
};

/* ---- what libcurl asks us on the way ---- */

/* The address is the one that connect() gets: whatever name or proxy setting led to it. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_trip *trip = context;

	(void)purpose;
	if (!trip->allow_private && !trip->proxied && !address_public(&address->addr)) {
		trip->refused = true;
		return CURL_SOCKET_BAD;
	}
	trip->opened = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int64_t wall_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static size_t take_head(char *bytes, size_t size, size_t n, void *context)
{
	struct http_trip *trip = context;
	struct str value, name, line = str_n(bytes, size * n);

	trip->head_len += line.len;
	if (trip->head_len > HEAD_MAX)
		return 0;
	if (str_starts(line, STR("HTTP/"))) /* another answer: what came before was 1xx */
		trip->retry_after_s = trip->date_ms = -1;
	name = str_cut(line, ':', &value);
	if (str_equal_nocase(name, STR("Retry-After")) &&
		!retry_after_read(value, wall_ms(), &trip->retry_after_s))
		trip->retry_after_s = -1;
	if (str_equal_nocase(name, STR("Date")) && !http_date_read(value, wall_ms(), &trip->date_ms))
		trip->date_ms = -1;
	return line.len;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
	struct http_trip *trip = context;
	size_t len = size * n, room = trip->body_max - trip->body.len;
	size_t kept = len < room ? len : room;

	if (kept)
		buf_put(&trip->body, bytes, kept);
	if (!buf_ok(&trip->body))
		return 0;
	trip->passed_over += len - kept;
	trip->cut = trip->passed_over > PASSED_OVER_MAX;
	return trip->cut ? 0 : len;
}

/* ---- libcurl's handle ---- */

/* The first refusal stays. */
#define SET(option, value) \
	do { \
		if (code == CURLE_OK) \
			code = curl_easy_setopt(easy, option, value); \
	} while (0)

static CURLcode set_request(CURL *easy, const struct http_ask *ask)
{
	static const char nothing[] = "";
	bool bodied = ask->body.len || ask->method == HTTP_METHOD_POST || ask->method == HTTP_METHOD_PUT ||
		      ask->method == HTTP_METHOD_PATCH;
	CURLcode code = CURLE_OK;

	SET(CURLOPT_URL, ask->url);
	if (bodied) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.len);
		SET(CURLOPT_COPYPOSTFIELDS, ask->body.len ? ask->body.at : nothing);
	} else if (ask->method == HTTP_METHOD_HEAD) {
		SET(CURLOPT_NOBODY, 1L);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_CUSTOMREQUEST, methods[ask->method]);
	SET(CURLOPT_FRESH_CONNECT, ask->once ? 1L : 0L);
	SET(CURLOPT_FORBID_REUSE, ask->once ? 1L : 0L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(ask->connect_ms ? ask->connect_ms : CONNECT_MS));
	if (ask->user) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, ask->user);
		SET(CURLOPT_PASSWORD, ask->password ? ask->password : nothing);
	}
	if (ask->ca) {
		SET(CURLOPT_CAINFO, ask->ca);
		SET(CURLOPT_CAPATH, X509_get_default_cert_dir());
	}
	return code;
}

static CURLcode set_rules(CURL *easy, struct http_trip *trip, const struct http_trip_means *means)
{
	const char *proxy = http_proxy_of(means->proxies, &trip->url);
	CURLcode code = CURLE_OK;

	trip->proxied = proxy != NULL;
	SET(CURLOPT_PROXY, proxy ? proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SHARE, means->pools[trip->allow_private]);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* the end of a trip does not wait for a resolver that hangs */
	SET(CURLOPT_USERAGENT, means->user_agent);
	return code;
}

static CURLcode set_ways(CURL *easy, struct http_trip *trip)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_PRIVATE, trip);
	SET(CURLOPT_HTTPHEADER, trip->headers);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, trip);
	SET(CURLOPT_HEADERFUNCTION, take_head);
	SET(CURLOPT_HEADERDATA, trip);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, trip);
	return code;
}

static enum err set_all(struct http_trip *trip, const struct http_ask *ask, const struct http_trip_means *means)
{
	enum err err = http_lines_of(ask, &trip->headers);

	if (err != ERR_OK)
		return err;
	trip->easy = curl_easy_init();
	if (!trip->easy)
		return ERR_OVERLOADED;
	CURLcode code = set_request(trip->easy, ask);
	if (code == CURLE_OK)
		code = set_rules(trip->easy, trip, means);
	if (code == CURLE_OK)
		code = set_ways(trip->easy, trip);
	if (code == CURLE_OK)
		return ERR_OK;
	return code == CURLE_OUT_OF_MEMORY ? ERR_OVERLOADED : ERR_BAD_REQUEST;
}

static bool can_be_asked(const struct http_ask *ask, struct http_url *ret_url)
{
	return (unsigned)ask->method < HTTP_METHOD_OTHER && ask->url &&
	       http_url_read(ask->url, ret_url, NULL) == ERR_OK && http_lines_user_ok(ask);
}

enum err http_trip_new(
	const struct http_ask *ask, const struct http_trip_means *means, struct http_trip **ret_trip)
{
	struct http_url url;

	if (!can_be_asked(ask, &url))
		return ERR_BAD_REQUEST;
	struct http_trip *trip = calloc(1, sizeof *trip);
	if (!trip)
		return ERR_OVERLOADED;
	trip->url = url;
	trip->allow_private = ask->allow_private;
	trip->body_max = ask->body_max;
	trip->retry_after_s = trip->date_ms = -1;
	trip->deadline_ms = ask->timeout_ms ? ask->timeout_ms : TIMEOUT_MS; /* the client adds its clock */
	buf_init(&trip->body, ask->body_max);
	enum err err = set_all(trip, ask, means);
	if (err != ERR_OK) {
		http_trip_free(trip);
		return err;
	}
	*ret_trip = trip;
	return ERR_OK;
}

void http_trip_free(struct http_trip *trip)
{
	if (!trip)
		return;
	curl_easy_cleanup(trip->easy);
	http_lines_free(trip->headers);
	buf_done(&trip->body);
	free(trip);
}

/* ---- the end ---- */

static enum http_failure failure_of(const struct http_trip *trip, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return HTTP_ANSWERED;
	case CURLE_WRITE_ERROR:
		return trip->cut ? HTTP_ANSWERED : HTTP_BROKEN;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return HTTP_NOT_RESOLVED;
	case CURLE_COULDNT_CONNECT:
		return trip->refused && !trip->opened ? HTTP_NOT_PUBLIC : HTTP_NOT_CONNECTED;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMED_OUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return HTTP_TLS_FAILED;
	case CURLE_URL_MALFORMAT:
		return HTTP_BAD_ASK;
	default:
		return HTTP_BROKEN;
	}
}

static const char *why_of(enum http_failure failure, CURLcode code)
{
	static const char *const whys[] = {
		[HTTP_NOT_RESOLVED] = "the host's name is not known",
		[HTTP_NOT_CONNECTED] = "no connection could be made",
		[HTTP_TLS_FAILED] = "TLS could not be agreed upon",
		[HTTP_TIMED_OUT] = "no whole answer came in time",
		[HTTP_NOT_PUBLIC] = "the address is not public, and private ones are not allowed here",
		[HTTP_BROKEN] = "the connection ended too early, or what came is not HTTP",
		[HTTP_BAD_ASK] = "the URL or a header can't be sent",
	};

	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return "the certificate is not trusted or is for another name";
	if (code == CURLE_SSL_CACERT_BADFILE)
		return "the file of certificates to trust can't be read";
	return whys[failure];
}

void http_trip_judge(const struct http_trip *trip, CURLcode code, struct http_answered *ret_answered)
{
	struct http_answered answered = {.failure = failure_of(trip, code), .retry_after_s = -1, .date_ms = -1};
	long status = 0, tunnel = 0;

	curl_easy_getinfo(trip->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(trip->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
	if (answered.failure == HTTP_BROKEN && tunnel >= 300)
		answered.failure = HTTP_NOT_CONNECTED;
	if (answered.failure == HTTP_ANSWERED && (status < 200 || status > 999))
		answered.failure = HTTP_BROKEN;
	if (answered.failure == HTTP_ANSWERED) {
		answered.status = (int)status;
		answered.body = buf_text(&trip->body);
		answered.retry_after_s = trip->retry_after_s;
		answered.date_ms = trip->date_ms;
	} else {
		answered.why = why_of(answered.failure, code);
	}
	*ret_answered = answered;
}
