#include "supply/agent_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/steady.h"
#include "log.h"

#define STACK_SIZE ((size_t)512 << 10)
#define LOOK_MS 10000      /* the book is asked so often though nobody woke us */
#define FIRST_SYNC_MS 2000 /* after the start */
#define NO_ROOM_MS 50

const char *const sync_state_words[] = {"never", "asked", "running", "done", "failed", NULL};

static char *join(const char *base, const char *end)
{
	char *text = NULL;

	return base && asprintf(&text, "%s%s", base, end) >= 0 ? text : NULL;
}

static bool make_urls(struct agent *agent)
{
	static const char *const ends[AGENT_URLS] = {"voice", "status", "sms", "sms/status", "control"};
	const struct provider *provider = agent->options.account->provider;
	char **urls = agent->urls;

	if (!agent->options.hook_base)
		return true;
	for (int i = 0; i < AGENT_URLS; i++)
		if (!(urls[i] = join(agent->options.hook_base, ends[i])))
			return false;
	agent->hook = (struct inventory_hook){.voice_url = urls[0], .status_url = urls[1],
		.text_url = provider->messaging ? urls[2] : NULL,
		.text_status_url = provider->messaging ? urls[3] : NULL,
		.control_url = provider->control ? urls[4] : NULL};
	return true;
}

struct inventory_hook agent_hook(const struct agent *agent, bool texts)
{
	struct inventory_hook hook = agent->hook;

	if (!texts)
		hook.text_url = hook.text_status_url = NULL;
	return hook;
}

bool agent_pool_texts(const struct agent *agent, uint16_t pool)
{
	return ledger_policy(agent->options.ledger, pool).on;
}

struct agent *agent_new(const struct agent_options *options)
{
	const struct account *account = options->account;
	struct agent *agent = calloc(1, sizeof *agent);
	pthread_condattr_t monotonic;

	if (!agent)
		return NULL;
	agent->options = *options;
	agent->inventory = inventory_find(str_of(account->provider->name));
	ASSERT(agent->inventory);
	ASSERT(str_copy(agent->self.provider, sizeof agent->self.provider, str_of(account->provider->name)));
	ASSERT(str_copy(agent->self.name, sizeof agent->self.name, str_of(account->name)));
	arena_init(&agent->arena, AGENT_ARENA_MAX);
	pthread_mutex_init(&agent->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&agent->came, &monotonic);
	pthread_condattr_destroy(&monotonic);
	agent->desk = desk_new(&(struct desk_options){.account = account, .inventory = agent->inventory,
		.user_agent = options->user_agent, .seed = options->seed});
	if (!agent->desk || !make_urls(agent)) {
		agent_free(agent);
		return NULL;
	}
	agent->options.hook_base = NULL; /* the caller's */
	return agent;
}

void agent_free(struct agent *agent)
{
	if (!agent)
		return;
	ASSERT(!agent->running);
	desk_free(agent->desk);
	arena_done(&agent->arena);
	free(agent->report.lines);
	for (int i = 0; i < AGENT_URLS; i++)
		free(agent->urls[i]);
	pthread_mutex_destroy(&agent->lock);
	pthread_cond_destroy(&agent->came);
	free(agent);
}

const struct account *agent_account(const struct agent *agent)
{
	return agent->options.account;
}

int64_t agent_now_ms(const struct agent *agent)
{
	return agent->options.now_ms(agent->options.clock_context);
}

/* --- asked by others --- */

static void wake(struct agent *agent)
{
	agent->woken = true;
	pthread_cond_signal(&agent->came);
}

void agent_wake(struct agent *agent)
{
	pthread_mutex_lock(&agent->lock);
	wake(agent);
	pthread_mutex_unlock(&agent->lock);
}

/* Orders that nobody has begun become one, which does what any of them wanted done. */
uint64_t agent_sync(struct agent *agent, const struct sync_order *order)
{
	pthread_mutex_lock(&agent->lock);
	bool waits = agent->asked != agent->begun;
	uint64_t number = ++agent->asked;
	agent->order = (struct sync_order){
		.dry_run = order->dry_run && (!waits || agent->order.dry_run),
		.believe = (order->believe && !order->dry_run) || (waits && agent->order.believe),
	};
	wake(agent);
	pthread_mutex_unlock(&agent->lock);
	return number;
}

void agent_status(struct agent *agent, struct agent_status *ret_status)
{
	struct desk_counts counts = desk_counts(agent->desk);

	pthread_mutex_lock(&agent->lock);
	*ret_status = (struct agent_status){
		.provider = agent->self.provider,
		.name = agent->self.name,
		.asked = agent->asked,
		.sync = agent->report,
		.next_sync_ms = agent->next_sync_ms,
		.buying_error_ms = agent->buying_error_ms,
		.requests = counts.asked,
		.tried_again = counts.tried_again,
		.failures = counts.failed,
	};
	memcpy(ret_status->buying_error, agent->buying_error, sizeof ret_status->buying_error);
	pthread_mutex_unlock(&agent->lock);
	ret_status->sync.lines = NULL;
	ret_status->sync.lines_n = 0;
}

enum err agent_report(struct agent *agent, struct arena *arena, struct sync_report *ret_report)
{
	pthread_mutex_lock(&agent->lock);
	struct sync_report report = agent->report;
	size_t size = (size_t)report.lines_n * sizeof *report.lines;
	struct sync_line *lines = arena_alloc(arena, size + 1);
	if (lines && size)
		memcpy(lines, report.lines, size);
	pthread_mutex_unlock(&agent->lock);
	report.lines = lines;
	if (!lines)
		return ERR_LIMIT_REACHED;
	*ret_report = report;
	return ERR_OK;
}

void agent_buying_failed(struct agent *agent, const char *sentence)
{
	pthread_mutex_lock(&agent->lock);
	snprintf(agent->buying_error, sizeof agent->buying_error, "%s", sentence);
	agent->buying_error_ms = sentence[0] ? agent_now_ms(agent) : 0;
	pthread_mutex_unlock(&agent->lock);
	if (sentence[0])
		log_warn("buying a number failed", "provider", agent->self.provider, "account", agent->self.name, "why", sentence);
}

/* --- what the steps share --- */

enum err agent_visit(struct agent *agent, enum visit_kind kind,
	enum err (*run)(void *context, struct engine *engine, int64_t now_ms), void *context)
{
	for (;;) {
		enum err err = visit(agent->writer, kind, run, context);
		if (err != ERR_OVERLOADED || atomic_load(&agent->stopping))
			return err;
		pthread_mutex_lock(&agent->lock);
		struct timespec until = steady_in(NO_ROOM_MS);
		pthread_cond_timedwait(&agent->came, &agent->lock, &until);
		pthread_mutex_unlock(&agent->lock);
	}
}

enum err agent_ask(struct agent *agent, const struct inventory_request *request, enum desk_kind kind,
	struct desk_answer *ret_answer, struct inventory_result *ret_result)
{
	const char *why = "";
	enum err err = desk_ask(agent->desk, request, kind, ret_answer, &why);

	*ret_result = (struct inventory_result){.outcome = INVENTORY_AGAIN, .retry_after_s = -1};
	if (err == ERR_NOT_FOUND)
		snprintf(ret_result->why, sizeof ret_result->why, "%s", why);
	return err;
}

void agent_say(const struct inventory_result *result, char *text, size_t size)
{
	if (result->status == 0)
		snprintf(text, size, "no answer: %s", result->why);
	else
		snprintf(text, size, "it answered %d%s%s%s%s", result->status, result->code[0] ? ", " : "", result->code,
			result->why[0] ? ": " : "", result->why);
}

/* --- the loop --- */

/* ms until something is due; at most LOOK_MS. */
static int64_t due_in(const struct agent *agent, int64_t now_ms)
{
	int64_t next_ms = now_ms + LOOK_MS;

	if (agent->next_sync_ms && agent->next_sync_ms < next_ms)
		next_ms = agent->next_sync_ms;
	if (agent->settle_ms && agent->settle_ms < next_ms)
		next_ms = agent->settle_ms;
	return next_ms > now_ms ? next_ms - now_ms : 0;
}

static void wait(struct agent *agent)
{
	pthread_mutex_lock(&agent->lock);
	int64_t ms = due_in(agent, agent_now_ms(agent));
	struct timespec until = steady_in(ms);
	int waited = 0;
	while (ms > 0 && waited == 0 && !agent->woken && agent->asked == agent->begun && !atomic_load(&agent->stopping))
		waited = pthread_cond_timedwait(&agent->came, &agent->lock, &until);
	agent->woken = false;
	pthread_mutex_unlock(&agent->lock);
}

/* True: there is one to do. */
static bool take_order(struct agent *agent, uint64_t *ret_number, struct sync_order *ret_order)
{
	int64_t now_ms = agent_now_ms(agent);

	pthread_mutex_lock(&agent->lock);
	bool due = agent->next_sync_ms && agent->next_sync_ms <= now_ms;
	bool asked = agent->asked != agent->begun;
	if (due && !asked) {
		agent->asked++;
		agent->order = (struct sync_order){0};
	}
	if (due)
		agent->next_sync_ms = now_ms + (int64_t)agent->options.account->sync_s * 1000;
	agent->begun = agent->asked;
	*ret_number = agent->asked;
	*ret_order = agent->order;
	pthread_mutex_unlock(&agent->lock);
	return due || asked;
}

static void sync(struct agent *agent)
{
	struct sync_order order;
	uint64_t number;

	if (take_order(agent, &number, &order))
		agent_sync_run(agent, number, &order);
}

static void agent_loop_once(struct agent *agent)
{
	wait(agent);
	if (!atomic_load(&agent->stopping))
		sync(agent);
	if (!atomic_load(&agent->stopping) && agent->settle_ms && agent->settle_ms <= agent_now_ms(agent))
		agent_settle(agent);
	if (!atomic_load(&agent->stopping))
		agent_buy(agent);
	arena_reset(&agent->arena);
}

static void *agent_main(void *context)
{
	struct agent *agent = context;

	while (!atomic_load(&agent->stopping))
		agent_loop_once(agent);
	return NULL;
}

enum err agent_start(struct agent *agent, struct writer *writer)
{
	pthread_attr_t attributes;

	ASSERT(!agent->running);
	agent->writer = writer;
	agent_settle_soon(agent, 0); /* what a crash left open comes first */
	pthread_mutex_lock(&agent->lock); /* it may be asked how it is already */
	if (agent->options.account->sync_s)
		agent->next_sync_ms = agent_now_ms(agent) + FIRST_SYNC_MS;
	pthread_mutex_unlock(&agent->lock);
	if (pthread_attr_init(&attributes) != 0)
		return ERR_INTERNAL;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	agent->running = pthread_create(&agent->thread, &attributes, agent_main, agent) == 0;
	pthread_attr_destroy(&attributes);
	return agent->running ? ERR_OK : ERR_INTERNAL;
}

void agent_stopping(struct agent *agent)
{
	atomic_store(&agent->stopping, true);
	desk_stop(agent->desk);
	agent_wake(agent);
}

void agent_stop(struct agent *agent)
{
	agent_stopping(agent);
	if (!agent->running)
		return;
	pthread_join(agent->thread, NULL);
	agent->running = false;
}
