#include "serve/commander.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/check.h"
#include "core/message.h"
#include "base/steady.h"
#include "log.h"
#include "net/http_client.h"
#include "serve/errand.h"
#include "supply/inventory_send.h"

#define STACK_SIZE ((size_t)512 << 10)
#define LOOK_MS 10000 /* so often though nobody woke us */
#define WAIT_MS 200   /* before the second try; then twice as long each time */
#define NO_ROOM_MS 50 /* the HTTP client has none */

struct commander {
	struct commander_options options;
	struct http_client *client;
	pthread_t thread;
	bool running;
	atomic_bool stopping;
	pthread_mutex_t lock;
	struct errand *given, **given_end; /* under the lock */
	uint32_t taken;                    /* under the lock: room that is in use */
	struct errand *errands;            /* the thread's */
	int out_n;
	uint16_t *out_of; /* of each account, in their order */
	_Atomic uint64_t done, gone, failed, no_room, tries;
};

/* --- made and freed --- */

struct commander *commander_new(const struct commander_options *options)
{
	const struct http_client_options client = {.connections_max = COMMANDER_OUT_MAX,
		.user_agent = "bauta/" BAUTA_VERSION};
	struct commander *commander = calloc(1, sizeof *commander);

	if (!commander)
		return NULL;
	commander->options = *options;
	commander->given_end = &commander->given;
	commander->client = http_client_new(&client);
	commander->out_of = calloc((size_t)options->accounts_n + 1, sizeof *commander->out_of);
	if (!commander->client || !commander->out_of || pthread_mutex_init(&commander->lock, NULL) != 0) {
		http_client_free(commander->client);
		free(commander->out_of);
		free(commander);
		return NULL;
	}
	return commander;
}

static void errands_free(struct errand *errand)
{
	while (errand) {
		struct errand *next = errand->next;
		errand_free(errand);
		errand = next;
	}
}

void commander_free(struct commander *commander)
{
	if (!commander)
		return;
	http_client_free(commander->client);
	errands_free(commander->given);
	errands_free(commander->errands);
	pthread_mutex_destroy(&commander->lock);
	free(commander->out_of);
	free(commander);
}

/* --- from any thread --- */

static bool take_room(struct commander *commander, const struct control_out *out)
{
	uint32_t max = commander->options.max;

	if (errand_ends_a_call(out))
		max += (max + 3) / 4;
	pthread_mutex_lock(&commander->lock);
	bool has = commander->taken < max;
	commander->taken += has;
	pthread_mutex_unlock(&commander->lock);
	if (!has)
		atomic_fetch_add(&commander->no_room, 1);
	return has;
}

static void give_room_back(struct commander *commander)
{
	pthread_mutex_lock(&commander->lock);
	commander->taken--;
	pthread_mutex_unlock(&commander->lock);
}

struct errand *commander_take(struct commander *commander, const struct account *account, const struct commanding *command)
{
	ptrdiff_t place = account - commander->options.accounts;

	ASSERT(place >= 0 && place < commander->options.accounts_n);
	if (!take_room(commander, command->out))
		return NULL;
	struct errand *errand = errand_new(account, command);
	if (!errand) {
		give_room_back(commander);
		return NULL;
	}
	errand->commander = commander;
	errand->place = (int)place;
	return errand;
}

void commander_send(struct commander *commander, struct errand *errand)
{
	errand->due_ms = steady_ms();
	errand->end_ms = errand->due_ms + COMMANDER_DEADLINE_MS;
	errand->next = NULL;
	pthread_mutex_lock(&commander->lock);
	*commander->given_end = errand;
	commander->given_end = &errand->next;
	pthread_mutex_unlock(&commander->lock);
	http_client_wake(commander->client);
}

void commander_drop(struct commander *commander, struct errand *errand)
{
	errand_free(errand);
	give_room_back(commander);
}

struct commander_counts commander_counts(const struct commander *commander)
{
	struct commander *counted = (struct commander *)commander;

	pthread_mutex_lock(&counted->lock);
	uint32_t waiting = counted->taken;
	pthread_mutex_unlock(&counted->lock);
	return (struct commander_counts){
		.done = atomic_load(&counted->done),
		.gone = atomic_load(&counted->gone),
		.failed = atomic_load(&counted->failed),
		.no_room = atomic_load(&counted->no_room),
		.tries = atomic_load(&counted->tries),
		.waiting = waiting,
	};
}

/* --- what came of a command --- */

static void tell_failed(struct errand *errand)
{
	const struct commander_options *options = &errand->commander->options;

	if (options->failed)
		options->failed(options->context, errand->account, str_of(errand->call_id));
}

static void end(struct errand *errand, _Atomic uint64_t *count)
{
	atomic_fetch_add(count, 1);
	errand->state = ERRAND_ENDED;
	if (errand->tells && count == &errand->commander->done)
		tell_failed(errand);
}

/* What is to reach somebody leaves time for what ends the call instead. */
static int64_t deadline_of(const struct errand *errand)
{
	return errand_ends_a_call(&errand->out) ? errand->end_ms : errand->end_ms - COMMANDER_END_MS;
}

/* `surely`: the provider said no. Else the call may have ended, or the command may have been done: then its legs tell
 * more than we know, and it has failed only if the command that ends it is taken. */
static void fail(struct errand *errand, const char *code, bool surely)
{
	log_warn("a command for a call failed", "account", errand->account->name, "command",
		control_verb_words[errand->out.verb], "code",
		message_code_ok(str_of(code)) ? code : "");
	if (errand_ends_a_call(&errand->out)) {
		end(errand, &errand->commander->failed);
		return;
	}
	atomic_fetch_add(&errand->commander->failed, 1);
	if (surely)
		tell_failed(errand);
	errand->tells = !surely;
	errand->out = control_instead(&errand->out, errand->answered);
	errand->state = errand_build(errand) == ERR_OK ? ERRAND_WAITS : ERRAND_ENDED;
	errand->tries = 0;
	errand->due_ms = steady_ms();
}

static void again(struct errand *errand, const char *code, int64_t retry_after_s)
{
	int64_t wait_ms = (int64_t)WAIT_MS << (errand->tries < 10 ? errand->tries - 1 : 9);

	if (retry_after_s > wait_ms / 1000)
		wait_ms = retry_after_s < COMMANDER_DEADLINE_MS ? retry_after_s * 1000 : COMMANDER_DEADLINE_MS;
	errand->due_ms = steady_ms() + wait_ms;
	errand->state = ERRAND_WAITS;
	if (errand->due_ms >= deadline_of(errand) || atomic_load(&errand->commander->stopping))
		fail(errand, code, false);
}

static void on_answer(void *context, const struct http_answered *answered)
{
	struct errand *errand = context;
	const struct control *control = errand->account->provider->control;
	char code[32];

	errand->commander->out_n--;
	errand->commander->out_of[errand->place]--;
	if (answered->failure == HTTP_NOT_PUBLIC || answered->failure == HTTP_BAD_ASK) {
		fail(errand, "bad_url", true);
		return;
	}
	if (answered->failure != HTTP_ANSWERED) {
		again(errand, "no_answer", -1);
		return;
	}
	switch (control->read(answered->status, answered->body, code)) {
	case CONTROL_DONE:
		end(errand, &errand->commander->done);
		return;
	case CONTROL_GONE:
		end(errand, &errand->commander->gone);
		return;
	case CONTROL_AGAIN:
		again(errand, code, answered->retry_after_s);
		return;
	case CONTROL_NOT_NOW:
		if (errand_ends_a_call(&errand->out))
			end(errand, &errand->commander->gone);
		else
			fail(errand, code, false);
		return;
	case CONTROL_REFUSED:
		fail(errand, code, true);
		return;
	}
}

/* --- the loop --- */

static void take(struct commander *commander)
{
	struct errand **last = &commander->errands;

	while (*last)
		last = &(*last)->next;
	pthread_mutex_lock(&commander->lock);
	*last = commander->given;
	commander->given = NULL;
	commander->given_end = &commander->given;
	pthread_mutex_unlock(&commander->lock);
}

static void send_one(struct commander *commander, struct errand *errand)
{
	const struct inventory_sending sending = {.account = errand->account, .request = &errand->request,
		.timeout_ms = COMMANDER_TIMEOUT_MS, .answer_max = COMMANDER_ANSWER_MAX};
	enum err err = inventory_send(commander->client, &sending, on_answer, errand);

	if (err == ERR_OVERLOADED) {
		errand->due_ms = steady_ms() + NO_ROOM_MS;
	} else if (err) {
		fail(errand, "bad_url", true);
	} else {
		errand->state = ERRAND_OUT;
		errand->tries++;
		commander->out_n++;
		commander->out_of[errand->place]++;
		atomic_fetch_add(&commander->tries, 1);
	}
}

static bool may_send(const struct commander *commander, const struct errand *errand)
{
	return commander->out_n < COMMANDER_OUT_MAX &&
	       commander->out_of[errand->place] < COMMANDER_ACCOUNT_MAX;
}

/* Who was to be rung may be another by now, or the call nobody's. */
static bool still_holds(const struct errand *errand)
{
	const struct commander_options *options = &errand->commander->options;

	return errand->out.verb != CONTROL_TRANSFER || !options->holds ||
	       options->holds(options->context, &errand->question, &errand->out);
}

static void look_at(struct commander *commander, struct errand *errand, int64_t now_ms)
{
	if (now_ms >= deadline_of(errand))
		fail(errand, "too_late", errand->tries == 0);
	else if (errand->due_ms > now_ms || !may_send(commander, errand))
		return;
	else if (!still_holds(errand))
		fail(errand, "changed", errand->tries == 0);
	else
		send_one(commander, errand);
}

static void send_due(struct commander *commander)
{
	int64_t now_ms = steady_ms();

	for (struct errand *errand = commander->errands; errand; errand = errand->next)
		if (errand->state == ERRAND_WAITS)
			look_at(commander, errand, now_ms);
}

static int64_t min_ms(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void turn(struct commander *commander)
{
	int64_t next_ms = steady_ms() + LOOK_MS;

	for (const struct errand *errand = commander->errands; errand; errand = errand->next) {
		if (errand->state == ERRAND_ENDED)
			next_ms = 0;
		else if (errand->state == ERRAND_WAITS)
			next_ms = min_ms(next_ms, may_send(commander, errand) ? min_ms(errand->due_ms, deadline_of(errand))
				: deadline_of(errand));
	}
	int64_t left_ms = next_ms - steady_ms();
	http_client_turn(commander->client, left_ms < 0 ? 0 : (int)left_ms);
}

static void sweep(struct commander *commander)
{
	for (struct errand **at = &commander->errands; *at;) {
		struct errand *errand = *at;
		if (errand->state != ERRAND_ENDED) {
			at = &errand->next;
			continue;
		}
		*at = errand->next;
		errand_free(errand);
		give_room_back(commander);
	}
}

static void commander_loop_once(struct commander *commander)
{
	take(commander);
	send_due(commander);
	turn(commander);
	sweep(commander);
}

static void *commander_main(void *context)
{
	struct commander *commander = context;

	while (!atomic_load(&commander->stopping))
		commander_loop_once(commander);
	int64_t end_ms = steady_ms() + COMMANDER_STOP_MS;
	take(commander);
	while (commander->errands && steady_ms() < end_ms) {
		send_due(commander);
		http_client_turn(commander->client, NO_ROOM_MS);
		sweep(commander);
	}
	if (commander->errands)
		log_warn("commands for calls are left undone: their callers give up");
	return NULL;
}

enum err commander_start(struct commander *commander)
{
	pthread_attr_t attributes;

	ASSERT(!commander->running);
	if (pthread_attr_init(&attributes) != 0)
		return ERR_INTERNAL;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	commander->running = pthread_create(&commander->thread, &attributes, commander_main, commander) == 0;
	pthread_attr_destroy(&attributes);
	return commander->running ? ERR_OK : ERR_INTERNAL;
}

void commander_stop(struct commander *commander)
{
	atomic_store(&commander->stopping, true);
	http_client_wake(commander->client);
	if (!commander->running)
		return;
	pthread_join(commander->thread, NULL);
	commander->running = false;
}
