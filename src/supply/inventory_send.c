#include "supply/inventory_send.h"

#include <stdio.h>

static enum http_method method_of(enum inventory_method method)
{
	static const enum http_method methods[] = {
		[INVENTORY_GET] = HTTP_METHOD_GET,
		[INVENTORY_POST] = HTTP_METHOD_POST,
		[INVENTORY_PUT] = HTTP_METHOD_PUT,
		[INVENTORY_PATCH] = HTTP_METHOD_PATCH,
		[INVENTORY_DELETE] = HTTP_METHOD_DELETE,
	};

	return methods[method];
}

enum err inventory_send(struct http_client *client, const struct inventory_sending *sending,
	void (*answer)(void *context, const struct http_answered *answered), void *context)
{
	const struct inventory_request *request = sending->request;
	struct http_header headers[3];
	char bearer[ACCOUNT_SECRET_MAX + 16];
	int n = 0;

	if (request->accept)
		headers[n++] = (struct http_header){STR("Accept"), str_of(request->accept)};
	if (request->content_type)
		headers[n++] = (struct http_header){STR("Content-Type"), str_of(request->content_type)};
	if (request->bearer) {
		snprintf(bearer, sizeof bearer, "Bearer %s", request->bearer);
		headers[n++] = (struct http_header){STR("Authorization"), str_of(bearer)};
	}
	const struct http_ask ask = {
		.method = method_of(request->method),
		.url = request->url,
		.headers = headers,
		.headers_n = n,
		.body = str_of(request->body),
		.timeout_ms = sending->timeout_ms,
		.body_max = sending->answer_max ? sending->answer_max : INVENTORY_ANSWER_MAX + 1,
		.once = sending->once,
		.allow_private = sending->account->api_url[0] != '\0',
		.user = request->user,
		.password = request->password,
	};
	enum err err = http_client_send(client, &ask, answer, context);
	explicit_bzero(bearer, sizeof bearer);
	return err;
}
