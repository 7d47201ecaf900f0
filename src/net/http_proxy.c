#include "net/http_proxy.h"

#include <stdlib.h>

/* The first of these that is set and not empty; NULL: none is. */
static const char *variable(const char *const *names)
{
	for (; *names; names++) {
		const char *value = getenv(*names);
		if (value && value[0])
			return value;
	}
	return NULL;
}

static bool keep(char **ret_copy, const char *const *names)
{
	const char *value = variable(names);

	*ret_copy = value ? strdup(value) : NULL;
	return !value || *ret_copy;
}

enum err http_proxies_read(struct http_proxies *ret_proxies)
{
	struct http_proxies read = {0};

	if (keep(&read.http, (const char *const[]){"http_proxy", "all_proxy", "ALL_PROXY", NULL}) &&
		keep(&read.https,
			(const char *const[]){"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL}) &&
		keep(&read.none, (const char *const[]){"no_proxy", "NO_PROXY", NULL})) {
		*ret_proxies = read;
		return ERR_OK;
	}
	http_proxies_done(&read);
	return ERR_OVERLOADED;
}

void http_proxies_done(struct http_proxies *proxies)
{
	free(proxies->http);
	free(proxies->https);
	free(proxies->none);
	*proxies = (struct http_proxies){0};
}

/* Is the host that name, or one below it? */
static bool is_below(struct str host, struct str name)
{
	if (host.len <= name.len)
		return str_equal_nocase(host, name);
	return host.at[host.len - name.len - 1] == '.' &&
	       str_equal_nocase(str_n(host.at + host.len - name.len, name.len), name);
}

static bool is_excepted(struct str names, struct str host)
{
	while (names.len) {
		size_t len = 0;
		while (len < names.len && names.at[len] != ',' && names.at[len] != ' ')
			len++;
		struct str name = str_n(names.at, len);
		names = str_n(names.at + len, names.len - len);
		if (names.len)
			names = str_n(names.at + 1, names.len - 1);
		if (str_equal(name, STR("*")))
			return true;
		if (name.len && name.at[0] == '.')
			name = str_n(name.at + 1, name.len - 1);
		if (name.len && is_below(host, name))
			return true;
	}
	return false;
}

const char *http_proxy_of(const struct http_proxies *proxies, const struct http_url *url)
{
	const char *proxy = url->tls ? proxies->https : proxies->http;

	if (!proxy || is_excepted(str_of(proxies->none), str_of(url->host)))
		return NULL;
	return proxy;
}
