#include "serve/writer_calls.h"

#include <stdlib.h>

#include "base/hash.h"
#include "serve/recent.h"

#define KEY_TEXT_SIZE (16 + 32 + 10 + CALL_PROVIDER_ID_MAX + 4)

struct writer_calls {
	struct recent *known;
	uint64_t hash_key[2][2];
};

/* What is remembered of a call. */
struct known {
	uint64_t id;
	int64_t at_ms;
	uint32_t status; /* enum call_status */
	uint32_t seconds;
};

_Static_assert(sizeof(struct known) <= sizeof(struct recent_value), "what is known of a call fits a value");

struct writer_calls *writer_calls_new(uint32_t max, uint64_t seed)
{
	struct writer_calls *calls = calloc(1, sizeof *calls);
	struct random random = {seed};

	if (!calls)
		return NULL;
	for (int i = 0; i < 4; i++)
		calls->hash_key[i / 2][i % 2] = random_next(&random);
	calls->known = recent_new(max, WRITER_CALLS_BATCH_MAX, random_next(&random));
	if (!calls->known) {
		free(calls);
		return NULL;
	}
	return calls;
}

void writer_calls_free(struct writer_calls *calls)
{
	if (!calls)
		return;
	recent_free(calls->known);
	free(calls);
}

static struct recent_key key_of_text(const struct writer_calls *calls, const char *text, int len)
{
	return (struct recent_key){{
		hash_bytes(calls->hash_key[0], text, (size_t)len),
		hash_bytes(calls->hash_key[1], text, (size_t)len),
	}};
}

/* Names and not the account's index: an index is good for one run only. 128 bits, so that two calls are never
 * taken for one. */
static struct recent_key key_of(const struct writer_calls *calls, const char *provider, const char *account,
		const char *call_id)
{
	char text[KEY_TEXT_SIZE];

	return key_of_text(calls, text, snprintf(text, sizeof text, "%s/%s/%s", provider, account, call_id));
}

/* Who asks by POST /v1/route chooses the ids, and tenants don't know each other's: there the pool belongs to it. */
static struct recent_key key_of_call(const struct writer_calls *calls, const struct call *call)
{
	char text[KEY_TEXT_SIZE];

	if (strcmp(call->provider, "generic") != 0)
		return key_of(calls, call->provider, call->account, call->provider_call_id);
	return key_of_text(calls, text, snprintf(text, sizeof text, "%s/%s/%u/%s", call->provider, call->account,
			(unsigned)call->pool_id, call->provider_call_id));
}

static const struct known *find(const struct writer_calls *calls, const struct recent_key *key, struct known *space)
{
	const struct recent_value *value = recent_find(calls->known, key);

	if (!value)
		return NULL;
	memcpy(space, value, sizeof *space);
	return space;
}

static enum err remember(struct writer_calls *calls, const struct recent_key *key, const struct known *known)
{
	struct recent_value value = {{0}};

	memcpy(&value, known, sizeof *known);
	return recent_put(calls->known, key, &value);
}

enum err writer_calls_load(struct writer_calls *calls, const struct call *row)
{
	struct known known = {row->id, row->at_ms, row->status, row->seconds};

	if (!row->provider_call_id[0])
		return ERR_OK;
	struct recent_key key = key_of_call(calls, row);
	enum err err = remember(calls, &key, &known);
	recent_commit(calls->known);
	return err;
}

static void fill_role(const struct engine *engine, uint32_t slot, uint8_t party, char role[33])
{
	const char *text = engine_session_role(engine, slot, party);

	if (text)
		snprintf(role, 33, "%s", text);
}

/* What only the engine knows. The session may have ended since the question was answered: then no role is kept. */
static void fill(const struct engine *engine, const struct call_note *note, struct call *call)
{
	uint32_t slot = call->action == ACTION_CONNECT ? engine_session_find(engine, call->session) : ENGINE_NONE;

	if (slot != ENGINE_NONE) {
		fill_role(engine, slot, note->from_role_index, call->from_role);
		fill_role(engine, slot, note->to_role_index, call->to_role);
	}
	if ((note->caller && engine_cools(engine, note->caller, note->vn)) ||
			(note->caller_old && engine_cools(engine, note->caller_old, note->vn)))
		call->reason = REASON_NOT_ACTIVE;
}

enum err writer_calls_note(struct writer_calls *calls, struct engine *engine, const struct call_note *note,
		struct arena *arena)
{
	const char *call_id = note->call.provider_call_id;
	struct recent_key key = key_of_call(calls, &note->call);
	struct known space;
	const struct known *before = call_id[0] ? find(calls, &key, &space) : NULL;

	if (before && !call_status_may((enum call_status)before->status, note->call.status))
		return ERR_OK; /* the provider asks again what was answered */
	struct call *call = arena_alloc(arena, sizeof *call);
	if (!call)
		return ERR_LIMIT_REACHED;
	*call = note->call;
	call->id = before ? before->id : engine_next_id(engine);
	if (before)
		call->at_ms = before->at_ms;
	fill(engine, note, call);
	struct record record = {.kind = RECORD_CALL, .call = call};
	enum err err = engine_note(engine, &record);
	if (err)
		return err;
	if (call->action == ACTION_CONNECT)
		engine_called(engine, call->session);
	if (!call_id[0])
		return ERR_OK;
	struct known known = {call->id, call->at_ms, call->status, 0};
	return remember(calls, &key, &known);
}

enum err writer_calls_report(struct writer_calls *calls, struct engine *engine, const struct call_report *report,
		struct arena *arena)
{
	const char *provider, *account;
	struct known space;

	engine_account_name(engine, report->account, &provider, &account);
	struct recent_key key = key_of(calls, provider, account, report->provider_call_id);
	const struct known *before = find(calls, &key, &space);
	if (!before)
		return ERR_NOT_FOUND;
	if (!call_status_may((enum call_status)before->status, report->status))
		return ERR_OK; /* late or repeated */
	struct call *call = arena_alloc(arena, sizeof *call);
	if (!call)
		return ERR_LIMIT_REACHED;
	*call = (struct call){.id = before->id, .status = report->status, .seconds = report->seconds};
	struct record record = {.kind = RECORD_CALL_STATUS, .call = call};
	enum err err = engine_note(engine, &record);
	if (err)
		return err;
	struct known known = {before->id, before->at_ms, report->status, report->seconds};
	return remember(calls, &key, &known);
}

uint32_t writer_calls_mark(const struct writer_calls *calls)
{
	return recent_mark(calls->known);
}

void writer_calls_undo(struct writer_calls *calls, uint32_t mark)
{
	recent_undo(calls->known, mark);
}

void writer_calls_commit(struct writer_calls *calls)
{
	recent_commit(calls->known);
}

uint32_t writer_calls_count(const struct writer_calls *calls)
{
	return recent_count(calls->known);
}
