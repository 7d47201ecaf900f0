#include "core/ongoing.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

#define NONE UINT32_MAX
/* Places looked at by each call that begins: what is over in sessions that nobody rings any more makes room. */
#define LOOK 4
#define LOOK_FULL 256

struct going {
	struct ongoing_call call; /* session 0: the place is free */
	uint32_t next_session;    /* of the same chain; next free one */
	uint32_t next_key;
};

struct ongoing {
	struct going *going;
	uint32_t *sessions, *keys; /* chains, as many as places */
	uint32_t max, count, free, look;
	uint64_t seed;
};

struct ongoing *ongoing_new(uint32_t max, uint64_t seed)
{
	struct ongoing *ongoing = calloc(1, sizeof *ongoing);

	ASSERT(max > 0 && max < NONE);
	if (!ongoing)
		return NULL;
	ongoing->going = calloc(max, sizeof *ongoing->going);
	ongoing->sessions = calloc(max, sizeof *ongoing->sessions);
	ongoing->keys = calloc(max, sizeof *ongoing->keys);
	ongoing->max = max;
	ongoing->seed = hash_mix(seed);
	if (!ongoing->going || !ongoing->sessions || !ongoing->keys) {
		ongoing_free(ongoing);
		return NULL;
	}
	for (uint32_t i = 0; i < max; i++) {
		ongoing->sessions[i] = ongoing->keys[i] = NONE;
		ongoing->going[i].next_session = i + 1 == max ? NONE : i + 1;
	}
	return ongoing;
}

void ongoing_free(struct ongoing *ongoing)
{
	if (!ongoing)
		return;
	free(ongoing->going);
	free(ongoing->sessions);
	free(ongoing->keys);
	free(ongoing);
}

static uint32_t *session_chain(const struct ongoing *ongoing, uint64_t session)
{
	return &ongoing->sessions[hash_reduce(hash_mix(session ^ ongoing->seed), ongoing->max)];
}

static uint32_t *key_chain(const struct ongoing *ongoing, uint64_t key)
{
	return &ongoing->keys[hash_reduce(hash_mix(key ^ ongoing->seed), ongoing->max)];
}

static void take_out(struct ongoing *ongoing, uint32_t i)
{
	struct going *going = &ongoing->going[i];
	uint32_t *link = session_chain(ongoing, going->call.session);

	while (*link != i)
		link = &ongoing->going[*link].next_session;
	*link = going->next_session;
	link = key_chain(ongoing, going->call.key);
	while (*link != i)
		link = &ongoing->going[*link].next_key;
	*link = going->next_key;
	*going = (struct going){.next_session = ongoing->free};
	ongoing->free = i;
	ongoing->count--;
}

static void put_in(struct ongoing *ongoing, const struct ongoing_call *call)
{
	uint32_t i = ongoing->free;
	uint32_t *session = session_chain(ongoing, call->session), *key = key_chain(ongoing, call->key);

	ongoing->free = ongoing->going[i].next_session;
	ongoing->going[i] = (struct going){*call, *session, *key};
	*session = *key = i;
	ongoing->count++;
}

static void look_on(struct ongoing *ongoing, uint32_t n, int64_t now_ms)
{
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = ongoing->look++ % ongoing->max;
		if (ongoing->going[i].call.session && ongoing->going[i].call.until_ms <= now_ms)
			take_out(ongoing, i);
	}
}

/* How many others of the session go on; what is over goes. */
static uint32_t others(struct ongoing *ongoing, const struct ongoing_call *call, int64_t now_ms, bool *ret_known)
{
	uint32_t n = 0, next;

	*ret_known = false;
	for (uint32_t i = *session_chain(ongoing, call->session); i != NONE; i = next) {
		const struct ongoing_call *other = &ongoing->going[i].call;
		next = ongoing->going[i].next_session;
		if (other->session != call->session)
			continue;
		if (other->until_ms <= now_ms)
			take_out(ongoing, i);
		else if (other->key == call->key)
			*ret_known = true;
		else
			n++;
	}
	return n;
}

bool ongoing_begin(struct ongoing *ongoing, const struct ongoing_call *call, uint32_t at_once, int64_t now_ms)
{
	bool known;

	ASSERT(call->session);
	look_on(ongoing, ongoing->count == ongoing->max ? LOOK_FULL : LOOK, now_ms);
	uint32_t n = others(ongoing, call, now_ms, &known);
	if (known)
		return true;
	if (n >= at_once || ongoing->count == ongoing->max)
		return false;
	put_in(ongoing, call);
	return true;
}

void ongoing_end(struct ongoing *ongoing, uint64_t key)
{
	uint32_t i = *key_chain(ongoing, key);

	while (i != NONE && ongoing->going[i].call.key != key)
		i = ongoing->going[i].next_key;
	if (i != NONE)
		take_out(ongoing, i);
}

uint32_t ongoing_count(const struct ongoing *ongoing)
{
	return ongoing->count;
}
