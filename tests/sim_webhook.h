/* sim_webhook: a simulated provider's request as the webhook that the server would make of it, and
 * what every dialect's tests do with one. The request must outlive it. */
#ifndef TESTS_SIM_WEBHOOK_H
#define TESTS_SIM_WEBHOOK_H

#include <stdio.h>

#include "base/check.h"
#include "provider/provider.h"

struct sim_webhook {
	struct webhook webhook;
	const struct sim_request *request;
	char url[4096];
};

static inline struct str sim_header(const void *context, const char *name)
{
	const struct sim_request *request = context;

	for (int i = 0; i < request->headers_n; i++)
		if (str_equal_nocase(str_of(request->header_name[i]), str_of(name)))
			return str_of(request->header_value[i]);
	return STR_NONE;
}

static inline void sim_webhook_read(
	struct sim_webhook *sim, const struct sim_request *request, const char *public_url)
{
	struct webhook *webhook = &sim->webhook;

	*sim = (struct sim_webhook){.request = request};
	webhook->post = request->post;
	int len = snprintf(sim->url, sizeof sim->url, "%s%s", public_url, request->target);
	ASSERT(len > 0 && (size_t)len < sizeof sim->url);
	webhook->url = str_of(sim->url);
	webhook->path = str_cut(str_of(request->target), '?', &webhook->query);
	webhook->rest = webhook->path;
	for (int i = 0; i < 4; i++)
		str_cut(webhook->rest, '/', &webhook->rest);
	webhook->content_type = str_of(request->content_type);
	webhook->body = str_of(request->body);
	webhook->peer = "203.0.113.7";
	webhook->header = sim_header;
	webhook->header_context = request;
}

#endif
