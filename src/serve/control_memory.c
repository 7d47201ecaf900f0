#include "serve/control_memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "serve/recent.h"

struct control_memory {
	pthread_mutex_t lock;
	struct recent *events; /* words[0]: 1 seen, 0 forgotten */
	struct recent *talks;  /* words[0]: when answered, ms */
	uint64_t key[2][2];
};

struct control_memory *control_memory_new(uint64_t seed)
{
	struct control_memory *memory = calloc(1, sizeof *memory);
	struct random random = {seed};

	if (!memory)
		return NULL;
	for (int i = 0; i < 4; i++)
		memory->key[i / 2][i % 2] = random_next(&random);
	memory->events = recent_new(CONTROL_MEMORY_MAX, 1, random_next(&random));
	memory->talks = recent_new(CONTROL_MEMORY_MAX, 1, random_next(&random));
	if (!memory->events || !memory->talks || pthread_mutex_init(&memory->lock, NULL) != 0) {
		recent_free(memory->events);
		recent_free(memory->talks);
		free(memory);
		return NULL;
	}
	return memory;
}

void control_memory_free(struct control_memory *memory)
{
	if (!memory)
		return;
	pthread_mutex_destroy(&memory->lock);
	recent_free(memory->events);
	recent_free(memory->talks);
	free(memory);
}

static struct recent_key key_of(const struct control_memory *memory, const struct account *account, const char *kind,
	struct str id)
{
	char text[PROVIDER_NAME_MAX + ACCOUNT_NAME_MAX + CONTROL_ID_MAX + 32];
	int len = snprintf(text, sizeof text, "%s/%s/%s/%.*s", account->provider->name, account->name, kind,
		(int)id.len, id.at ? id.at : "");
	size_t used = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;

	return (struct recent_key){{
		hash_bytes(memory->key[0], text, used),
		hash_bytes(memory->key[1], text, used),
	}};
}

static struct recent_key key_of_event(const struct control_memory *memory, const struct account *account,
	const struct control_event *event)
{
	bool begins = event->kind == CONTROL_QUESTION && !event->answered;

	return key_of(memory, account, begins ? "leg" : "event", begins ? event->leg : event->id);
}

static uint64_t get(const struct recent *recent, const struct recent_key *key)
{
	const struct recent_value *value = recent_find(recent, key);

	return value ? value->words[0] : 0;
}

/* A batch of one always has room. */
static void put(struct recent *recent, const struct recent_key *key, uint64_t word)
{
	const struct recent_value value = {{word}};

	(void)!recent_put(recent, key, &value);
	recent_commit(recent);
}

bool control_memory_first(struct control_memory *memory, const struct account *account,
	const struct control_event *event)
{
	struct recent_key key = key_of_event(memory, account, event);

	pthread_mutex_lock(&memory->lock);
	bool first = get(memory->events, &key) == 0;
	if (first)
		put(memory->events, &key, 1);
	pthread_mutex_unlock(&memory->lock);
	return first;
}

void control_memory_forget(struct control_memory *memory, const struct account *account,
	const struct control_event *event)
{
	struct recent_key key = key_of_event(memory, account, event);

	pthread_mutex_lock(&memory->lock);
	put(memory->events, &key, 0);
	pthread_mutex_unlock(&memory->lock);
}

void control_memory_answered(struct control_memory *memory, const struct account *account, struct str call_id,
	int64_t at_ms)
{
	struct recent_key key = key_of(memory, account, "talk", call_id);

	pthread_mutex_lock(&memory->lock);
	put(memory->talks, &key, (uint64_t)at_ms);
	pthread_mutex_unlock(&memory->lock);
}

int64_t control_memory_answered_ms(struct control_memory *memory, const struct account *account, struct str call_id)
{
	struct recent_key key = key_of(memory, account, "talk", call_id);

	pthread_mutex_lock(&memory->lock);
	uint64_t at_ms = get(memory->talks, &key);
	pthread_mutex_unlock(&memory->lock);
	return (int64_t)at_ms;
}
