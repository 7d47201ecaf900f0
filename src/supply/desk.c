#include "supply/desk.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/steady.h"
#include "supply/inventory_send.h"

#define BURST 5 /* questions that may go at once after a rest */
#define MINUTE_MS 60000

struct desk {
	struct desk_options options;
	struct http_client *client;
	struct random random;
	atomic_bool stopped;
	int64_t free_ms; /* on the steady clock: the pace allows the next question then, less BURST of them */
	char *body;
	/* of the question that is out */
	bool answered;
	enum http_failure failure;
	const char *why;
	struct desk_answer answer;

	_Atomic uint64_t asked, tried_again, failed, paced_ms;
};

struct desk *desk_new(const struct desk_options *options)
{
	struct desk *desk = calloc(1, sizeof *desk);
	const struct http_client_options client = {.connections_max = 1, .user_agent = options->user_agent};

	ASSERT(options->inventory->requests_a_minute > 0);
	if (!desk)
		return NULL;
	desk->options = *options;
	if (!desk->options.wait_first_ms)
		desk->options.wait_first_ms = DESK_WAIT_FIRST_MS;
	desk->random.state = options->seed;
	desk->client = http_client_new(&client);
	if (!desk->client) {
		free(desk);
		return NULL;
	}
	return desk;
}

void desk_free(struct desk *desk)
{
	if (!desk)
		return;
	http_client_free(desk->client);
	free(desk->body);
	free(desk);
}

void desk_stop(struct desk *desk)
{
	atomic_store(&desk->stopped, true);
	http_client_wake(desk->client);
}

struct desk_counts desk_counts(const struct desk *desk)
{
	return (struct desk_counts){.asked = atomic_load(&desk->asked), .tried_again = atomic_load(&desk->tried_again),
		.failed = atomic_load(&desk->failed), .paced_ms = atomic_load(&desk->paced_ms)};
}

/* --- waiting --- */

/* False: stopped. */
static bool rest(struct desk *desk, int64_t ms)
{
	int64_t end = steady_ms() + ms;

	while (!atomic_load(&desk->stopped)) {
		int64_t left = end - steady_ms();
		if (left <= 0)
			return true;
		http_client_turn(desk->client, (int)(left < MINUTE_MS ? left : MINUTE_MS));
	}
	return false;
}

/* A bucket that holds BURST questions and fills at the account's rate. */
static bool keep_pace(struct desk *desk)
{
	int64_t each = MINUTE_MS / desk->options.inventory->requests_a_minute + 1, now = steady_ms();

	if (desk->free_ms < now - each * (BURST - 1))
		desk->free_ms = now - each * (BURST - 1);
	int64_t wait = desk->free_ms - now;
	desk->free_ms += each;
	if (wait <= 0)
		return !atomic_load(&desk->stopped);
	atomic_fetch_add(&desk->paced_ms, (uint64_t)wait);
	return rest(desk, wait);
}

/* Full jitter above half: two servers that failed together don't come back together. */
static int64_t wait_before(struct desk *desk, int tries, int64_t retry_after_s)
{
	int64_t ms = (int64_t)desk->options.wait_first_ms << tries;

	if (ms > DESK_WAIT_MAX_MS)
		ms = DESK_WAIT_MAX_MS;
	ms = ms / 2 + random_below(&desk->random, (uint32_t)(ms / 2 + 1));
	if (retry_after_s > 0 && retry_after_s * 1000 > ms)
		ms = retry_after_s * 1000;
	return ms < DESK_WAIT_MAX_MS ? ms : DESK_WAIT_MAX_MS;
}

/* --- one question --- */

static void on_answer(void *context, const struct http_answered *answered)
{
	struct desk *desk = context;

	desk->answered = true;
	desk->failure = answered->failure;
	desk->why = answered->why;
	desk->answer = (struct desk_answer){.status = answered->status, .retry_after_s = answered->retry_after_s};
	if (answered->failure != HTTP_ANSWERED || answered->body.len == 0)
		return;
	desk->body = malloc(answered->body.len);
	if (!desk->body) {
		desk->failure = HTTP_BROKEN;
		desk->why = "there was no memory for the answer";
		return;
	}
	memcpy(desk->body, answered->body.at, answered->body.len);
	desk->answer.body = str_n(desk->body, answered->body.len);
}

static enum err send(struct desk *desk, const struct inventory_request *request, enum desk_kind kind)
{
	const struct inventory_sending sending = {
		.account = desk->options.account,
		.request = request,
		.timeout_ms = DESK_TIMEOUT_MS,
		.once = kind == DESK_SPENDS,
	};

	return inventory_send(desk->client, &sending, on_answer, desk);
}

/* False: stopped. */
static bool ask_once(struct desk *desk, const struct inventory_request *request, enum desk_kind kind)
{
	free(desk->body);
	desk->body = NULL;
	desk->answered = false;
	atomic_fetch_add(&desk->asked, 1);
	if (send(desk, request, kind) != ERR_OK) {
		desk->answered = true;
		desk->failure = HTTP_BAD_ASK;
		desk->why = "the request could not be sent";
		desk->answer = (struct desk_answer){.retry_after_s = -1};
	}
	while (!desk->answered && !atomic_load(&desk->stopped))
		http_client_turn(desk->client, MINUTE_MS);
	return desk->answered;
}

/* --- what came of it --- */

/* Did it surely not reach the provider, or did it say that it did nothing? */
static bool surely_not_done(const struct desk *desk)
{
	switch (desk->failure) {
	case HTTP_ANSWERED:
		return desk->answer.status == 429;
	case HTTP_NOT_RESOLVED:
	case HTTP_NOT_CONNECTED:
	case HTTP_TLS_FAILED:
	case HTTP_NOT_PUBLIC:
	case HTTP_BAD_ASK:
		return true;
	case HTTP_TIMED_OUT:
	case HTTP_BROKEN:
		break;
	}
	return false;
}

static bool failed_for_now(const struct desk *desk)
{
	int status = desk->answer.status;

	if (desk->failure == HTTP_BAD_ASK || desk->failure == HTTP_NOT_PUBLIC)
		return false; /* so it will be the next time */
	return desk->failure != HTTP_ANSWERED || status == 408 || status == 425 || status == 429 || status >= 500;
}

/* `out`: the question may have arrived. */
static enum err stopped(bool out, struct desk_answer *ret_answer, const char **ret_why)
{
	*ret_answer = (struct desk_answer){.unsure = out, .retry_after_s = -1};
	*ret_why = "the server is stopping";
	return ERR_OVERLOADED;
}

enum err desk_ask(struct desk *desk, const struct inventory_request *request, enum desk_kind kind,
	struct desk_answer *ret_answer, const char **ret_why)
{
	for (int tries = 0;; tries++) {
		if (!keep_pace(desk))
			return stopped(false, ret_answer, ret_why);
		if (!ask_once(desk, request, kind))
			return stopped(kind == DESK_SPENDS, ret_answer, ret_why);
		bool again = failed_for_now(desk) && (kind == DESK_SAFE || surely_not_done(desk));
		if (!again || tries + 1 == DESK_TRIES)
			break;
		atomic_fetch_add(&desk->tried_again, 1);
		if (!rest(desk, wait_before(desk, tries, desk->answer.retry_after_s)))
			return stopped(false, ret_answer, ret_why);
	}
	desk->answer.unsure = kind == DESK_SPENDS && failed_for_now(desk) && !surely_not_done(desk);
	*ret_answer = desk->answer;
	if (desk->failure == HTTP_ANSWERED)
		return ERR_OK;
	atomic_fetch_add(&desk->failed, 1);
	*ret_why = desk->why;
	return ERR_NOT_FOUND;
}
