#include "provider/signed_url.h"

static struct str str_between(const char *from, const char *to)
{
	return str_n(from, (size_t)(to - from));
}

/* RFC 3986 section 3.2: [userinfo@]host[:port], the host perhaps an IPv6 address in brackets. */
struct signed_url signed_url_cut(struct str text)
{
	const char *scheme_end = text.len ? memmem(text.at, text.len, "://", 3) : NULL, *at, *port = NULL;

	if (!scheme_end)
		return (struct signed_url){.before = text, .other_port = STR(":80")};
	const char *host = scheme_end + 3, *end = text.at + text.len;
	for (at = host; at < end && !memchr("/?#", *at, 3); at++) {
		if (*at == '@' || *at == ']')
			port = NULL;
		else if (*at == ':')
			port = at;
	}
	if (!port)
		port = at;
	struct str found = str_between(port, at);
	bool https = text.len >= 5 && str_equal_nocase(str_n(text.at, 5), STR("https"));
	return (struct signed_url){
		.before = str_between(text.at, port),
		.port = found,
		.other_port = found.len ? STR_NONE : https ? STR(":443") : STR(":80"),
		.after = str_between(at, end),
	};
}
