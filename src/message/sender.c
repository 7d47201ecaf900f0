#include "message/sender.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/steady.h"
#include "crypto/digest.h"
#include "log.h"
#include "net/http_client.h"
#include "provider/messaging.h"
#include "serve/visit.h"

#define STACK_SIZE ((size_t)512 << 10)
#define LOOK_MS 10000 /* so often though nobody woke us */
#define NO_ROOM_MS 100

/* A text that is out, or answered and not settled. */
struct slot {
	struct sender *sender;
	bool used, answered;
	const struct account *account;
	struct ledger_outcome outcome;
};

struct sender {
	struct sender_options options;
	const char *public_url, *own_url;
	struct http_client *client;
	struct writer *writer;
	pthread_t thread;
	bool running;
	atomic_bool stopping, woken;
	struct slot slots[SENDER_OUT_MAX];
	int used_n, answered_n;
	struct ledger_item items[SENDER_OUT_MAX];
	int64_t look_ms; /* on the program's clock: when the ledger is asked next */
};

struct sender *sender_new(const struct sender_options *options)
{
	struct sender *sender = calloc(1, sizeof *sender);
	const struct http_client_options client = {.connections_max = SENDER_OUT_MAX,
		.user_agent = "bauta/" BAUTA_VERSION};

	if (!sender)
		return NULL;
	sender->options = *options;
	sender->client = http_client_new(&client);
	if (!sender->client) {
		free(sender);
		return NULL;
	}
	return sender;
}

void sender_free(struct sender *sender)
{
	if (!sender)
		return;
	http_client_free(sender->client);
	secret_wipe(sender->items, sizeof sender->items);
	free(sender);
}

void sender_wake(struct sender *sender)
{
	atomic_store(&sender->woken, true);
	http_client_wake(sender->client);
}

static int64_t now_ms(const struct sender *sender)
{
	return sender->options.now_ms(sender->options.clock_context);
}

/* --- send --- */

static void answer(struct slot *slot, enum message_state state, const char *code)
{
	slot->outcome.state = state;
	snprintf(slot->outcome.code, sizeof slot->outcome.code, "%s", message_code_ok(str_of(code)) ? code : "");
	slot->answered = true;
	slot->sender->answered_n++;
}

static void read_answer(struct slot *slot, const struct http_answered *answered)
{
	struct messaging_sent sent;

	messaging_read_sent(slot->account->provider->messaging, answered->status, answered->body, &sent);
	snprintf(slot->outcome.provider_id, sizeof slot->outcome.provider_id, "%s", sent.id);
	if (answered->retry_after_s > slot->outcome.retry_after_s)
		slot->outcome.retry_after_s = answered->retry_after_s;
	char status[16];
	snprintf(status, sizeof status, "%d", answered->status);
	const char *code = sent.result.code[0] ? sent.result.code : status;
	switch (sent.result.outcome) {
	case INVENTORY_DONE:
	case INVENTORY_PENDING:
	case INVENTORY_UNREADABLE: /* it took it, and says so in words that we don't know */
		answer(slot, MESSAGE_SENT, "");
		return;
	case INVENTORY_NO_ACCESS:
	case INVENTORY_NO_MONEY: /* the account's fault and not the text's: somebody may mend it within the text's life */
		log_warn("a provider takes no texts from an account: check its keys, rights and balance", "provider",
			slot->account->provider->name, "account", slot->account->name, "status", status, "code",
			message_code_ok(str_of(sent.result.code)) ? sent.result.code : "");
		answer(slot, MESSAGE_QUEUED, code);
		return;
	case INVENTORY_AGAIN:
		answer(slot, MESSAGE_QUEUED, code);
		return;
	default:
		answer(slot, MESSAGE_FAILED, code);
		return;
	}
}

static void on_answer(void *context, const struct http_answered *answered)
{
	struct slot *slot = context;

	switch (answered->failure) {
	case HTTP_ANSWERED:
		read_answer(slot, answered);
		return;
	case HTTP_NOT_PUBLIC:
	case HTTP_BAD_ASK:
		answer(slot, MESSAGE_FAILED, "bad_url"); /* so it will be the next time */
		return;
	default:
		answer(slot, MESSAGE_QUEUED, "no_answer");
		return;
	}
}

static const struct account *account_of(const struct sender *sender, const struct ledger_item *item)
{
	const struct config *config = sender->options.config;

	for (int i = 0; i < config->accounts_n; i++)
		if (strcmp(config->accounts[i].name, item->account) == 0 &&
			strcmp(config->accounts[i].provider->name, item->provider) == 0)
			return &config->accounts[i];
	return NULL;
}

static struct str hook_base(const struct sender *sender, const struct account *account, char room[1024])
{
	const char *url = sender->public_url ? sender->public_url : account->api_url[0] ? sender->own_url : NULL;
	int len = url ? snprintf(room, 1024, "%s/hooks/%s/%s/", url, account->provider->name, account->name) : 0;

	return len > 0 && len < 1024 ? str_n(room, (size_t)len) : STR_NONE;
}

/* It is out; or it was answered already: it can't be, or not now. */
static void ask(struct slot *slot, const struct ledger_item *item, struct messaging_request *request)
{
	struct sender *sender = slot->sender;
	const struct account *account = slot->account;
	char base[1024], bearer[ACCOUNT_SECRET_MAX + 16];
	struct http_header headers[3];
	int n = 0;
	const struct messaging_out out = {.to = item->to, .shown = item->shown,
		.body = str_n(item->body, item->body_len),
		.ref = str_of(item->ref), .hook_base = hook_base(sender, account, base)};

	if (account->provider->messaging->lacks(account) ||
		account->provider->messaging->send(account, &out, request) != ERR_OK) {
		answer(slot, MESSAGE_FAILED, "no_sender");
		return;
	}
	headers[n++] = (struct http_header){STR("Accept"), STR("application/json")};
	headers[n++] = (struct http_header){STR("Content-Type"), str_of(request->content_type)};
	if (request->bearer) {
		snprintf(bearer, sizeof bearer, "Bearer %s", request->bearer);
		headers[n++] = (struct http_header){STR("Authorization"), str_of(bearer)};
	}
	const struct http_ask ask = {
		.method = HTTP_METHOD_POST,
		.url = request->url,
		.headers = headers,
		.headers_n = n,
		.body = str_n(request->body, request->body_len),
		.timeout_ms = SENDER_TIMEOUT_MS,
		.body_max = SENDER_ANSWER_MAX,
		.once = true,
		.allow_private = account->api_url[0] != '\0',
		.user = request->user,
		.password = request->password,
	};
	enum err err = http_client_send(sender->client, &ask, on_answer, slot);
	secret_wipe(bearer, sizeof bearer);
	if (err == ERR_BAD_REQUEST)
		answer(slot, MESSAGE_FAILED, "bad_url");
	else if (err)
		answer(slot, MESSAGE_QUEUED, "overloaded");
}

static void send_one(struct sender *sender, const struct ledger_item *item)
{
	struct messaging_request *request = malloc(sizeof *request);
	struct slot *slot = sender->slots;

	while (slot->used)
		slot++;
	*slot = (struct slot){.sender = sender, .used = true, .account = account_of(sender, item),
		.outcome = {.id = item->id, .retry_after_s = -1}};
	sender->used_n++;
	if (!request) {
		answer(slot, MESSAGE_QUEUED, "no_memory");
		return;
	}
	if (slot->account && slot->account->provider->messaging)
		ask(slot, item, request);
	else
		answer(slot, MESSAGE_FAILED, "no_account");
	secret_wipe(request, sizeof *request);
	free(request);
}

/* --- take and settle, in the writer --- */

struct taking {
	struct sender *sender;
	struct ledger_take take;
};

static enum err run_take(void *context, struct engine *engine, int64_t at_ms)
{
	struct taking *taking = context;

	return ledger_take(taking->sender->options.ledger, engine, at_ms, &taking->take);
}

static enum err run_settle(void *context, struct engine *engine, int64_t at_ms)
{
	struct sender *sender = context;
	enum err err = ERR_OK;

	for (int i = 0; i < SENDER_OUT_MAX && !err; i++)
		if (sender->slots[i].used && sender->slots[i].answered)
			err = ledger_settle(sender->options.ledger, engine, &sender->slots[i].outcome, at_ms);
	return err;
}

static void take(struct sender *sender)
{
	uint64_t out[SENDER_OUT_MAX];
	struct taking taking = {.sender = sender,
		.take = {.out = out, .items = sender->items, .max = SENDER_OUT_MAX - sender->used_n,
		.account_max = SENDER_ACCOUNT_MAX}};

	atomic_store(&sender->woken, false);
	if (ledger_counts(sender->options.ledger).waiting == 0) {
		sender->look_ms = now_ms(sender) + LOOK_MS; /* whoever adds one wakes us */
		return;
	}
	for (int i = 0; i < SENDER_OUT_MAX; i++)
		if (sender->slots[i].used)
			out[taking.take.out_n++] = sender->slots[i].outcome.id;
	enum err err = visit(sender->writer, VISIT_CHANGE, run_take, &taking);
	sender->look_ms = now_ms(sender) + (err ? NO_ROOM_MS : LOOK_MS);
	if (err) {
		log_warn("texts that wait can't be taken up now", "error", err_title(err));
		return;
	}
	if (taking.take.next_ms < sender->look_ms)
		sender->look_ms = taking.take.next_ms;
	for (int i = 0; i < taking.take.n; i++)
		send_one(sender, &sender->items[i]);
	secret_wipe(sender->items, sizeof sender->items[0] * (size_t)taking.take.n);
}

/* What can't be stored now is tried again: it was sent, and would be once more. */
static void settle(struct sender *sender)
{
	if (!sender->answered_n)
		return;
	enum err err = visit(sender->writer, VISIT_CHANGE, run_settle, sender);
	if (err) {
		log_warn("what became of texts can't be stored now", "error", err_title(err));
		http_client_turn(sender->client, NO_ROOM_MS);
		return;
	}
	for (int i = 0; i < SENDER_OUT_MAX; i++)
		if (sender->slots[i].used && sender->slots[i].answered)
			sender->slots[i].used = false, sender->used_n--;
	sender->answered_n = 0;
	sender->look_ms = 0; /* there is room again, and what was put off has its time */
}

/* --- the loop --- */

static bool takes_now(const struct sender *sender)
{
	return !atomic_load(&sender->stopping) && sender->used_n < SENDER_OUT_MAX &&
	       (atomic_load(&sender->woken) || now_ms(sender) >= sender->look_ms);
}

static void turn(struct sender *sender)
{
	int64_t left = sender->look_ms - now_ms(sender);

	if (sender->answered_n || (left <= 0 && sender->used_n < SENDER_OUT_MAX))
		left = 0;
	else if (left <= 0 || left > LOOK_MS)
		left = LOOK_MS;
	http_client_turn(sender->client, (int)left);
}

static void sender_loop_once(struct sender *sender)
{
	if (takes_now(sender))
		take(sender);
	turn(sender);
	settle(sender);
}

static void *sender_main(void *context)
{
	struct sender *sender = context;

	while (!atomic_load(&sender->stopping))
		sender_loop_once(sender);
	int64_t end_ms = steady_ms() + SENDER_STOP_MS;
	while (sender->used_n && steady_ms() < end_ms) {
		if (!sender->answered_n)
			http_client_turn(sender->client, NO_ROOM_MS);
		settle(sender);
	}
	if (sender->used_n)
		log_warn("texts are out without an answer: they are sent again at the next start");
	return NULL;
}

enum err sender_start(struct sender *sender, struct writer *writer, const char *public_url, const char *own_url)
{
	pthread_attr_t attributes;

	ASSERT(!sender->running);
	sender->writer = writer;
	sender->public_url = public_url;
	sender->own_url = own_url;
	if (pthread_attr_init(&attributes) != 0)
		return ERR_INTERNAL;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sender->running = pthread_create(&sender->thread, &attributes, sender_main, sender) == 0;
	pthread_attr_destroy(&attributes);
	return sender->running ? ERR_OK : ERR_INTERNAL;
}

void sender_stop(struct sender *sender)
{
	atomic_store(&sender->stopping, true);
	http_client_wake(sender->client);
	if (!sender->running)
		return;
	pthread_join(sender->thread, NULL);
	sender->running = false;
}
