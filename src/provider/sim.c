#include "provider/sim.h"

#include "base/check.h"
#include "wire/form.h"

void sim_put_field(struct buf *out, const char *name, const char *value)
{
	struct str text = buf_text(out);

	if (text.len && text.at[text.len - 1] != '?')
		buf_char(out, '&');
	form_encode(out, str_of(name));
	buf_char(out, '=');
	form_encode(out, str_of(value));
}

enum err sim_take_text(char *text, size_t size, const struct buf *from)
{
	text[0] = '\0';
	return buf_ok(from) && str_copy(text, size, buf_text(from)) ? ERR_OK : ERR_TOO_LARGE;
}

struct str sim_target(struct str url)
{
	const char *scheme = url.len ? memmem(url.at, url.len, "://", 3) : NULL;

	if (!scheme)
		return url;
	const char *host = scheme + 3, *end = url.at + url.len;
	const char *path = memchr(host, '/', (size_t)(end - host));
	return path ? str_n(path, (size_t)(end - path)) : STR("/");
}

void sim_set_header(struct sim_request *request, const char *name, const char *value)
{
	int i = request->headers_n++;

	ASSERT(i < 2);
	ASSERT(str_copy(request->header_name[i], sizeof request->header_name[i], str_of(name)));
	ASSERT(str_copy(request->header_value[i], sizeof request->header_value[i], str_of(value)));
}
