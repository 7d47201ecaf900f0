#include "net/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include "net/address.h"

static bool scheme_of(struct str text, bool *ret_tls)
{
	bool tls = text.len >= 8 && str_equal_nocase(str_n(text.at, 8), STR("https://"));

	*ret_tls = tls;
	return tls || (text.len >= 7 && str_equal_nocase(str_n(text.at, 7), STR("http://")));
}

static bool visible(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return true;
}

/* The host in the one spelling that is compared. */
static bool host_take(struct http_url *url, const char *text)
{
	struct str host = str_of(text);

	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		host = str_n(host.at + 1, host.len - 2);
	if (host.len && host.at[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || !str_copy(url->host, sizeof url->host, host))
		return false;
	for (char *c = url->host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20;
	return true;
}

/* libcurl takes it apart, so that what is judged is what will be asked. */
static bool take_apart(const char *text, struct http_url *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *port = NULL;
	bool good = parts && curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK &&
		    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK && host_take(url, host) &&
		    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
		    str_copy(url->port, sizeof url->port, str_of(port)) &&
		    strcmp(url->port, "0") != 0; /* nobody listens there */

	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
	return good;
}

enum err http_url_read(const char *text, struct http_url *ret_url, const char **ret_why)
{
	struct http_url url = {0};
	struct str whole = str_of(text);
	const char *why = NULL;

	if (!scheme_of(whole, &url.tls))
		why = "must begin with http:// or https://";
	else if (whole.len > HTTP_URL_MAX)
		why = "is longer than 8192 bytes";
	else if (!visible(whole))
		why = "has a space, a control character or a letter that is not ASCII in it";
	else if (!take_apart(text, &url))
		why = "has no host or port that can be read";
	if (why) {
		if (ret_why)
			*ret_why = why;
		return ERR_BAD_REQUEST;
	}
	*ret_url = url;
	return ERR_OK;
}

static bool is_here(struct str host)
{
	static const struct str name = {"localhost", 9}, below = {".localhost", 10};

	return str_equal(host, name) ||
	       (host.len > below.len && str_equal(str_n(host.at + host.len - below.len, below.len), below));
}

bool http_url_is_private(const struct http_url *url)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, url->host, &in.sin_addr) == 1)
		return !address_public((const struct sockaddr *)&in);
	if (inet_pton(AF_INET6, url->host, &in6.sin6_addr) == 1)
		return !address_public((const struct sockaddr *)&in6);
	return is_here(str_of(url->host));
}
