#include "net/http_reply.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{301, "Moved Permanently"},
	{302, "Found"},
	{303, "See Other"},
	{304, "Not Modified"},
	{307, "Temporary Redirect"},
	{308, "Permanent Redirect"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Content"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{504, "Gateway Timeout"},
};

/* RFC 9110 lets a client ignore the reason; one that we don't know is empty. */
static struct str reason_of(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].status == status)
			return str_of(reasons[i].reason);
	return STR("");
}

void http_reply_date(int64_t epoch_s, char ret_date[HTTP_DATE_LEN + 1])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t time = (time_t)epoch_s;
	struct tm tm;

	gmtime_r(&time, &tm);
	char text[64];
	snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday,
		tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	memcpy(ret_date, text, HTTP_DATE_LEN);
	ret_date[HTTP_DATE_LEN] = '\0';
}

static bool is_one_line(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '\r' || s.at[i] == '\n' || s.at[i] == '\0')
			return false;
	return true;
}

bool http_reply_is_sound(const struct http_reply *reply)
{
	if (reply->status < 200 || reply->status > 599 || reply->extra_n < 0 ||
		reply->extra_n > (int)(sizeof reply->extra / sizeof reply->extra[0]))
		return false;
	if (reply->content_type && !is_one_line(str_of(reply->content_type)))
		return false;
	for (int i = 0; i < reply->extra_n; i++)
		if (reply->extra[i].name.len == 0 || !is_one_line(reply->extra[i].name) ||
			!is_one_line(reply->extra[i].value))
			return false;
	return true;
}

bool http_reply_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

size_t http_reply_head_size(const struct http_reply *reply)
{
	size_t size = 256; /* status line, date, length, connection */

	if (reply->content_type)
		size += strlen(reply->content_type) + sizeof "Content-Type: \r\n";
	for (int i = 0; i < reply->extra_n; i++)
		size += reply->extra[i].name.len + reply->extra[i].value.len + 4;
	return size;
}

static char *put(char *at, struct str s)
{
	if (s.len)
		memcpy(at, s.at, s.len);
	return at + s.len;
}

static char *put_number(char *at, uint64_t value)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	return put(at, str_n(digits + n, sizeof digits - n));
}

size_t http_reply_head(const struct http_reply *reply, const struct http_reply_form *form, char *ret_at)
{
	char *at = put(ret_at, STR("HTTP/1.1 "));

	if (reply->status == 200) {
		at = put(at, STR("200 OK"));
	} else {
		at = put_number(at, (uint64_t)reply->status);
		*at++ = ' ';
		at = put(at, reason_of(reply->status));
	}
	at = put(at, STR("\r\nDate: "));
	at = put(at, str_n(form->date, HTTP_DATE_LEN));
	if (reply->content_type) {
		at = put(at, STR("\r\nContent-Type: "));
		at = put(at, str_of(reply->content_type));
	}
	if (http_reply_has_body(reply->status)) {
		if (form->length == HTTP_LENGTH_BODY)
			at = put_number(put(at, STR("\r\nContent-Length: ")), reply->body.len);
		else if (form->length == HTTP_LENGTH_CHUNKED)
			at = put(at, STR("\r\nTransfer-Encoding: chunked"));
	}
	for (int i = 0; i < reply->extra_n; i++) {
		at = put(put(at, STR("\r\n")), reply->extra[i].name);
		at = put(put(at, STR(": ")), reply->extra[i].value);
	}
	if (form->close)
		at = put(at, STR("\r\nConnection: close"));
	else if (form->keep_alive)
		at = put(at, STR("\r\nConnection: keep-alive"));
	at = put(at, STR("\r\n\r\n"));
	return (size_t)(at - ret_at);
}

size_t http_reply_chunk_line(size_t len, char ret_at[HTTP_CHUNK_FRAME])
{
	ASSERT(len <= UINT32_MAX);
	int n = snprintf(ret_at, HTTP_CHUNK_FRAME, "%zx\r\n", len);
	return (size_t)n;
}

struct http_reply http_reply_problem(enum err err, int status, char array[256])
{
	struct buf body;

	if (status == 0)
		status = err_http_status(err);
	buf_fixed(&body, array, 256);
	buf_fmt(&body, "{\"type\":\"urn:bauta:error:%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\",\"code\":\"%s\"}",
		err_slug(err), err_title(err), status, err_title(err), err_slug(err));
	ASSERT(buf_ok(&body));
	return (struct http_reply){
		.status = status,
		.content_type = "application/problem+json",
		.body = buf_text(&body),
	};
}
