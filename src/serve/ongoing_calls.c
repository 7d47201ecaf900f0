#include "serve/ongoing_calls.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

#define NAME_SIZE (16 + 32 + 10 + CALL_PROVIDER_ID_MAX + 4)
#define SLACK_S 60 /* between our answer and the first ring, and for reports that are late */

struct ongoing_calls {
	pthread_mutex_t lock;
	struct ongoing *ongoing;
	uint64_t key[2];
};

struct ongoing_calls *ongoing_calls_new(uint32_t max, uint64_t seed)
{
	struct ongoing_calls *calls = calloc(1, sizeof *calls);
	struct random random = {seed};

	if (!calls)
		return NULL;
	calls->key[0] = random_next(&random);
	calls->key[1] = random_next(&random);
	calls->ongoing = ongoing_new(max, random_next(&random));
	if (!calls->ongoing || pthread_mutex_init(&calls->lock, NULL) != 0) {
		ongoing_free(calls->ongoing);
		free(calls);
		return NULL;
	}
	return calls;
}

void ongoing_calls_free(struct ongoing_calls *calls)
{
	if (!calls)
		return;
	pthread_mutex_destroy(&calls->lock);
	ongoing_free(calls->ongoing);
	free(calls);
}

/* Too long a name is no name: 0. */
static uint64_t key_of(const struct ongoing_calls *calls, const struct call_name *name)
{
	bool generic = strcmp(name->provider, "generic") == 0;
	char text[NAME_SIZE];

	if (!name->call_id.len || name->call_id.len > CALL_PROVIDER_ID_MAX)
		return 0;
	int len = snprintf(text, sizeof text, "%s/%s/%u/%.*s", name->provider, name->account,
		generic ? (unsigned)name->pool_id : 0, (int)name->call_id.len, name->call_id.at);
	return hash_bytes(calls->key, text, (size_t)len);
}

bool ongoing_calls_begin(struct ongoing_calls *calls, const struct call_name *name, uint64_t session, uint32_t at_once,
	uint32_t lasts_s, int64_t now_ms)
{
	struct ongoing_call call = {key_of(calls, name), session, now_ms + ((int64_t)lasts_s + SLACK_S) * 1000};

	if (!call.key)
		return true;
	pthread_mutex_lock(&calls->lock);
	bool begins = ongoing_begin(calls->ongoing, &call, at_once, now_ms);
	pthread_mutex_unlock(&calls->lock);
	return begins;
}

void ongoing_calls_end(struct ongoing_calls *calls, const struct call_name *name)
{
	uint64_t key = key_of(calls, name);

	if (!key)
		return;
	pthread_mutex_lock(&calls->lock);
	ongoing_end(calls->ongoing, key);
	pthread_mutex_unlock(&calls->lock);
}

void ongoing_calls_load(struct ongoing_calls *calls, const struct call *call, const struct pool_policy *policy,
	int64_t now_ms)
{
	const struct call_name name = {call->provider, call->account, call->pool_id, str_of(call->provider_call_id)};
	int64_t lasts_s = policy->ring_s + (int64_t)policy->max_call_s - (now_ms - call->at_ms) / 1000;

	if (!policy->calls_at_once || !call->session || call->action != ACTION_CONNECT ||
		(call->status != CALL_CONNECTING && call->status != CALL_ANSWERED) || lasts_s + SLACK_S <= 0)
		return;
	/* As many as there were: they went on before the bound was asked about. */
	(void)ongoing_calls_begin(calls, &name, call->session, UINT32_MAX, lasts_s > 0 ? (uint32_t)lasts_s : 0, now_ms);
}
