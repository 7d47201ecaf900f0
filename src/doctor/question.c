#include "doctor/question.h"

#include <stdio.h>

#include "crypto/digest.h"
#include "provider/control.h"
#include "provider/telnyx_signature.h"

static struct str header_of(const void *context, const char *name)
{
	const struct sim_request *request = context;

	for (int i = 0; i < request->headers_n; i++)
		if (str_equal_nocase(str_of(request->header_name[i]), str_of(name)))
			return str_of(request->header_value[i]);
	return STR_NONE;
}

/* What the server makes of it. */
static struct webhook webhook_of(const struct sim_request *request, const struct question_ask *ask, struct str url)
{
	struct webhook webhook = {
		.post = request->post,
		.url = url,
		.content_type = str_of(request->content_type),
		.body = request->post ? str_of(request->body) : STR_NONE,
		.peer = "127.0.0.1",
		.now_ms = ask->now_ms,
		.header = header_of,
		.header_context = request,
	};

	webhook.path = str_cut(str_of(request->target), '?', &webhook.query);
	webhook.rest = webhook.path;
	for (int i = 0; i < 4; i++) /* "", hooks, provider, account */
		str_cut(webhook.rest, '/', &webhook.rest);
	return webhook;
}

bool question_holds(const struct question_ask *ask, const struct sim_request *request)
{
	struct account account = *ask->account;
	char url[4096];
	int len = snprintf(url, sizeof url, "%s%s", ask->public_url, request->target);

	if (len < 0 || (size_t)len >= sizeof url)
		return false;
	account.allow_n = 0;
	struct webhook webhook = webhook_of(request, ask, str_n(url, (size_t)len));
	bool asks = account.call_control ? control_hook(account.provider, &webhook)
					 : account.provider->hook(&account, &webhook) == HOOK_VOICE;
	bool holds = asks && account.provider->verify(&account, &webhook);
	secret_wipe(&account, sizeof account);
	return holds;
}

static enum err make(const struct question_ask *ask, const struct account *account, struct sim_request *ret_request)
{
	const struct sim_question question = {
		.from = QUESTION_CALLER,
		.to = ask->vn,
		.call_id = ask->call_id,
		.public_url = ask->public_url,
		.now_ms = ask->now_ms,
	};

	return account->provider->sim->ask(account, &question, ret_request);
}

enum err question_make(const struct question_ask *ask, struct sim_request *ret_request)
{
	struct sim_request request;
	enum err err = make(ask, ask->account, &request);

	if (err == ERR_OK && !question_holds(ask, &request))
		err = ERR_UNAUTHORIZED;
	if (err == ERR_OK)
		*ret_request = request;
	secret_wipe(&request, sizeof request);
	return err;
}

/* Still a letter of any alphabet that secrets are written in. */
static void spoil(char *secret)
{
	if (secret[0])
		secret[0] = secret[0] == 'A' ? 'B' : 'A';
}

/* Which secret a dialect signs with is its own affair: one after the other is changed until it counts. */
enum err question_forge(const struct question_ask *ask, struct sim_request *ret_request)
{
	enum err err = ERR_INTERNAL;

	for (int which = 0; which < 4 && err != ERR_OK; which++) {
		struct account account = *ask->account;
		struct sim_request request;
		if (which == 0)
			spoil(account.secret_path);
		else if (which == 1)
			spoil(account.secret);
		else if (which == 2)
			spoil(account.api_key);
		else /* the simulated one's, which signs with a private key that everybody has */
			snprintf(account.secret, sizeof account.secret, "%s", telnyx_sim_public_key);
		if (make(ask, &account, &request) == ERR_OK && !question_holds(ask, &request)) {
			*ret_request = request;
			err = ERR_OK;
		}
		secret_wipe(&account, sizeof account);
		secret_wipe(&request, sizeof request);
	}
	return err;
}
