#include "provider/inventory_write.h"

#include <string.h>

#include "wire/form.h"

void inventory_begin(struct inventory_writer *writer, const struct inventory *inventory, const struct account *account,
	enum inventory_method method, struct inventory_request *request)
{
	memset(request, 0, sizeof *request);
	request->method = method;
	request->accept = "application/json";
	*writer = (struct inventory_writer){.request = request};
	/* A byte is kept for the terminator. */
	buf_fixed(&writer->url, request->url, sizeof request->url - 1);
	buf_fixed(&writer->body, request->body, sizeof request->body - 1);
	buf_lit(&writer->url, account->api_url[0] ? account->api_url : inventory->api_url);
}

void inventory_basic(struct inventory_writer *writer, const char *user, const char *password)
{
	writer->request->user = user;
	writer->request->password = password;
}

void inventory_path(struct inventory_writer *writer, const char *text)
{
	buf_lit(&writer->url, text);
}

void inventory_segment(struct inventory_writer *writer, const char *text)
{
	form_encode(&writer->url, str_of(text));
}

/* Names are ours: letters and the brackets of "page[size]", which travel as they are. */
static void put_pair(struct buf *out, const char *name, const char *value)
{
	buf_lit(out, name);
	buf_char(out, '=');
	form_encode(out, str_of(value));
}

void inventory_query(struct inventory_writer *writer, const char *name, const char *value)
{
	if (!value)
		return;
	buf_char(&writer->url, writer->asked ? '&' : '?');
	writer->asked = true;
	put_pair(&writer->url, name, value);
}

void inventory_query_u64(struct inventory_writer *writer, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	inventory_query(writer, name, text);
}

void inventory_field(struct inventory_writer *writer, const char *name, const char *value)
{
	if (!value)
		return;
	inventory_body(writer, "application/x-www-form-urlencoded");
	if (writer->body.len)
		buf_char(&writer->body, '&');
	put_pair(&writer->body, name, value);
}

void inventory_body(struct inventory_writer *writer, const char *content_type)
{
	writer->request->content_type = content_type;
}

enum err inventory_end(struct inventory_writer *writer)
{
	struct inventory_request *request = writer->request;
	struct str url = buf_text(&writer->url);

	if (!buf_ok(&writer->url) || !buf_ok(&writer->body))
		return ERR_TOO_LARGE;
	request->url[writer->url.len] = '\0';
	request->body[writer->body.len] = '\0';
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.at[i] <= ' ' || (unsigned char)url.at[i] >= 0x7f)
			return ERR_BAD_REQUEST;
	return strncmp(request->url, "https://", 8) == 0 || strncmp(request->url, "http://", 7) == 0 ? ERR_OK
												     : ERR_BAD_REQUEST;
}

const char *inventory_digits(struct number number, char text[NUMBER_TEXT_SIZE])
{
	return number_text(number, text)[0] == '+' ? text + 1 : text;
}

const char *inventory_country(uint16_t country, char text[3])
{
	text[0] = (char)(country >> 8);
	text[1] = (char)(country & 0xff);
	text[2] = '\0';
	return text;
}
