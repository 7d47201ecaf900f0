#include "serve/hooks.h"

#include <stdlib.h>

#include "serve/asking.h"
#include "base/check.h"
#include "provider/control.h"
#include "provider/messaging.h"
#include "serve/hook_control.h"
#include "serve/hook_messages.h"

#define PREFIX "/hooks/"
#define REFUSAL_MAX 4096
#define ANSWER_MAX 8192

/* One account and what is always the same for it. */
struct hook_account {
	const struct account *account;
	struct str base;          /* struct answer.hook_base */
	char *base_text;
	char *refusal;
	size_t refusal_len;
	struct provider_reply refusal_reply;
};

struct hooks {
	struct hook_account *accounts; /* by provider, then name */
	int accounts_n;
};

/* --- start --- */

static int account_compare(struct str provider, struct str name, const struct account *account)
{
	int order = str_compare(provider, str_of(account->provider->name));

	return order ? order : str_compare(name, str_of(account->name));
}

static int by_name(const void *a, const void *b)
{
	const struct account *left = ((const struct hook_account *)a)->account;

	return account_compare(str_of(left->provider->name), str_of(left->name),
			((const struct hook_account *)b)->account);
}

static bool make_base(struct hook_account *made, const char *public_url)
{
	const struct account *account = made->account;
	const char *secret = account->secret_path;
	int len = asprintf(&made->base_text, "%s" PREFIX "%s/%s/%s%s", public_url, account->provider->name,
			account->name, secret, secret[0] ? "/" : "");

	if (len < 0) {
		made->base_text = NULL;
		return false;
	}
	made->base = str_n(made->base_text, (size_t)len);
	return true;
}

static bool make_refusal(struct hook_account *made)
{
	struct decision refused = {.action = ACTION_REJECT, .reason = REASON_LATE, .pool = 0xffff};
	struct answer answer = {.decision = &refused, .hook_base = made->base};
	char text[REFUSAL_MAX];
	struct buf buf;

	buf_fixed(&buf, text, sizeof text);
	made->refusal_reply = made->account->provider->render(made->account, &answer, &buf);
	ASSERT(buf_ok(&buf));
	made->refusal = malloc(buf.len + 1);
	if (!made->refusal)
		return false;
	memcpy(made->refusal, text, buf.len);
	made->refusal_len = buf.len;
	return true;
}

struct hooks *hooks_new(const struct config *config, const char *public_url)
{
	struct hooks *hooks = calloc(1, sizeof *hooks);

	if (!hooks)
		return NULL;
	hooks->accounts = calloc((size_t)config->accounts_n + 1, sizeof *hooks->accounts);
	for (int i = 0; hooks->accounts && i < config->accounts_n; i++) {
		struct hook_account *made = &hooks->accounts[hooks->accounts_n++];
		made->account = &config->accounts[i];
		if (!make_base(made, public_url) || !make_refusal(made)) {
			hooks_free(hooks);
			return NULL;
		}
	}
	if (!hooks->accounts) {
		hooks_free(hooks);
		return NULL;
	}
	qsort(hooks->accounts, (size_t)hooks->accounts_n, sizeof *hooks->accounts, by_name);
	return hooks;
}

void hooks_free(struct hooks *hooks)
{
	if (!hooks)
		return;
	for (int i = 0; i < hooks->accounts_n; i++) {
		free(hooks->accounts[i].base_text);
		free(hooks->accounts[i].refusal);
	}
	free(hooks->accounts);
	free(hooks);
}

/* --- a request --- */

static const struct hook_account *find_account(const struct hooks *hooks, struct str provider, struct str name)
{
	int low = 0, high = hooks->accounts_n;

	while (low < high) {
		int middle = low + (high - low) / 2;
		int order = account_compare(provider, name, hooks->accounts[middle].account);
		if (order == 0)
			return &hooks->accounts[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static struct str header_of(const void *context, const char *name)
{
	return http_header_of(context, name);
}

/* public_url + target, in the request's arena. */
static struct str url_of(const struct server *server, struct http_request *request)
{
	struct str base = str_of(server->public_url);
	char *text = arena_alloc(request->arena, base.len + request->target.len + 1);

	if (!text)
		return STR_NONE;
	memcpy(text, base.at, base.len);
	memcpy(text + base.len, request->target.at, request->target.len);
	return str_n(text, base.len + request->target.len);
}

static struct webhook webhook_of(const struct server *server, struct http_request *request, struct str rest,
		struct webhook_form *form)
{
	return (struct webhook){
		.post = request->method == HTTP_METHOD_POST,
		.url = url_of(server, request),
		.path = request->path,
		.query = request->query,
		.rest = rest,
		.content_type = http_header_of(request, "content-type"),
		.body = request->body,
		.peer = request->peer,
		.now_ms = server->now_ms(server->clock_context),
		.header = header_of,
		.header_context = request,
		.form = form,
	};
}

static void reply(struct http_request *request, int status, const char *content_type, struct str body)
{
	struct http_reply reply_text = {
		.status = status,
		.content_type = content_type,
		.body = body,
		.extra = {{STR("Cache-Control"), STR("no-store")}},
		.extra_n = 1,
	};

	http_reply(request, &reply_text);
}

/* `provider` is one of ours or NULL: what a stranger wrote must not become a label. */
static void refuse_stranger(struct server *server, struct http_request *request, const char *provider)
{
	metrics_hook_refused(server->metrics, request->worker, provider ? provider : "unknown");
	reply(request, 403, NULL, STR_NONE);
}

static void reply_refusal(const struct hook_account *known, struct http_request *request)
{
	reply(request, known->refusal_reply.status, known->refusal_reply.content_type,
			str_n(known->refusal, known->refusal_len));
}

static void reply_decision(const struct hook_account *known, struct http_request *request, const struct asking *asking,
		const struct decision *decision)
{
	struct answer answer = {
		.decision = decision,
		.hook_base = known->base,
		.call_id = asking->call_id,
		.called = asking->question.called,
		.pin_again = decision->wrong_pin,
	};
	char text[ANSWER_MAX];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	struct provider_reply rendered = known->account->provider->render(known->account, &answer, &out);
	if (buf_ok(&out))
		reply(request, rendered.status, rendered.content_type, buf_text(&out));
	else
		reply_refusal(known, request);
}

static void answer_voice(struct server *server, struct http_request *request, const struct hook_account *known,
		const struct webhook *webhook)
{
	const struct account *account = known->account;
	struct decision decision;
	struct ask ask = {0};

	if (account->provider->parse_voice(account, webhook, request->arena, &ask) != ERR_OK || request->arena->no_memory) {
		/* It is them, but in a shape that tells no call, or there is no memory to read it: refused, and nothing to keep. */
		metrics_hook_refused(server->metrics, request->worker, account->provider->name);
		reply_refusal(known, request);
		return;
	}
	struct asking asking = asking_of(account, &ask);
	uint64_t took_ns = asking_decide_by(server, &asking, request->began_ns, &decision);
	/* Before the reply: with it the request's texts are gone. */
	asking_note(server, request->worker, &asking, &decision, took_ns);
	if (decision.reason == REASON_LATE)
		reply_refusal(known, request);
	else
		reply_decision(known, request, &asking, &decision);
}

static void answer_status(struct server *server, struct http_request *request, const struct hook_account *known,
		const struct webhook *webhook)
{
	const struct account *account = known->account;
	struct call_report note = {.account = account->index};
	struct report report = {0};

	enum err err = account->provider->parse_status(account, webhook, request->arena, &report);
	if (err || request->arena->no_memory) {
		metrics_hook_refused(server->metrics, request->worker, account->provider->name);
		reply(request, err == ERR_OVERLOADED || request->arena->no_memory ? 503 : 400, NULL, STR_NONE);
		return;
	}
	note.status = report.status;
	note.seconds = report.seconds;
	if (!report.no_news && str_copy(note.provider_call_id, sizeof note.provider_call_id, report.call_id))
		asking_report(server, account, &note);
	char text[ANSWER_MAX];
	struct buf out;
	buf_fixed(&out, text, sizeof text);
	struct provider_reply rendered = account->provider->render_status(account, &report, &out);
	bool fits = buf_ok(&out);
	reply(request, fits ? rendered.status : 500, fits ? rendered.content_type : NULL,
			fits ? buf_text(&out) : STR_NONE);
}

/* /hooks/{provider}/{account}/{rest} */
static const struct hook_account *split(const struct server *server, struct str path, const char **ret_provider,
		struct str *ret_rest)
{
	struct str tail;

	*ret_provider = NULL;
	if (!str_starts(path, STR(PREFIX)))
		return NULL;
	path = str_n(path.at + sizeof PREFIX - 1, path.len - (sizeof PREFIX - 1));
	struct str name = str_cut(path, '/', &tail);
	const struct provider *provider = provider_find(name);
	if (!provider)
		return NULL;
	*ret_provider = provider->name;
	struct str account = str_cut(tail, '/', ret_rest);
	return find_account(server->hooks, name, account);
}

void hooks_request(struct server *server, struct http_request *request)
{
	const char *name;
	struct str rest = STR_NONE;
	const struct hook_account *known = split(server, request->path, &name, &rest);

	if (!known || (request->method != HTTP_METHOD_POST && request->method != HTTP_METHOD_GET)) {
		refuse_stranger(server, request, name);
		return;
	}
	const struct provider *provider = known->account->provider;
	struct webhook_form form = {.arena = request->arena};
	struct webhook webhook = webhook_of(server, request, rest, &form);
	enum hook hook = webhook.url.at ? provider->hook(known->account, &webhook) : HOOK_NONE;
	if (hook == HOOK_NONE && webhook.url.at)
		hook = messaging_hook(provider, &webhook);
	if (hook == HOOK_NONE && webhook.url.at && control_hook(provider, &webhook))
		hook = HOOK_CONTROL;
	if (hook == HOOK_NONE || !provider->verify(known->account, &webhook)) {
		/* Who can't be checked for want of memory is not let in, but is told to come again. */
		if (request->arena->no_memory)
			reply(request, 503, NULL, STR_NONE);
		else
			refuse_stranger(server, request, name);
		return;
	}
	if (hook == HOOK_VOICE)
		answer_voice(server, request, known, &webhook);
	else if (hook == HOOK_CONTROL)
		hook_control(server, request, known->account, &webhook);
	else if (hook == HOOK_SMS || hook == HOOK_SMS_STATUS)
		hook_message(server, request, known->account, known->base, &webhook, hook);
	else
		answer_status(server, request, known, &webhook);
}
