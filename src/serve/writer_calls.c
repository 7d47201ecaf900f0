#include "serve/writer_calls.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "serve/labels.h"
#include "serve/recent.h"
#include "wire/notice_json.h"

#define KEY_TEXT_SIZE (16 + 32 + 10 + CALL_PROVIDER_ID_MAX + 4)

struct writer_calls {
	struct recent *known;
	struct labels roles;  /* that calls had */
	uint64_t hash_key[2][2];
};

#define NOTICE_MAX 4096

/* What is remembered of a call. */
struct known {
	uint64_t id;
	int64_t at_ms;
	uint64_t session;
	uint64_t pool : 17;   /* id; 0 none */
	uint64_t status : 4;  /* enum call_status */
	uint64_t vn : 24;     /* ids, 0 none; as everything here as it was when the call was asked about */
	uint64_t shown : 24;
	uint64_t from_role : 16, to_role : 16; /* in `roles`; a place in the session may be somebody else's next */
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

/* Roles and VNs are told of connected calls alone. */
static struct known known_of(struct writer_calls *calls, const struct engine *engine, const struct call *call)
{
	bool connects = call->action == ACTION_CONNECT;

	return (struct known){
		.id = call->id,
		.at_ms = call->at_ms,
		.session = call->session,
		.pool = call->pool_id,
		.status = call->status,
		.vn = connects ? engine_vn_by_number(engine, call->vn) : 0,
		.shown = connects ? engine_vn_by_number(engine, call->shown) : 0,
		.from_role = connects ? labels_index(&calls->roles, call->from_role) : LABEL_NONE,
		.to_role = connects ? labels_index(&calls->roles, call->to_role) : LABEL_NONE,
	};
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
	struct buf key;

	buf_fixed(&key, text, sizeof text);
	buf_lit(&key, provider);
	buf_char(&key, '/');
	buf_lit(&key, account);
	buf_char(&key, '/');
	buf_lit(&key, call_id);
	return key_of_text(calls, text, (int)key.len);
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

enum err writer_calls_load(struct writer_calls *calls, const struct engine *engine, const struct call *row)
{
	struct known known = known_of(calls, engine, row);

	if (!row->provider_call_id[0])
		return ERR_OK;
	struct recent_key key = key_of_call(calls, row);
	enum err err = remember(calls, &key, &known);
	recent_commit(calls->known);
	return err;
}

static bool stands_for(const struct session_row *row, struct number vn, int party)
{
	bool stands = row->parties[party].vn.e164 == vn.e164;

	for (int i = 0; i < row->views_n; i++)
		stands |= row->views[i].target == party && row->views[i].vn.e164 == vn.e164;
	return stands;
}

void writer_calls_role(const struct session_row *row, struct number vn, int place, char role[33])
{
	int party = place < row->parties_n && stands_for(row, vn, place) ? place : 0;

	while (party < row->parties_n && !stands_for(row, vn, party))
		party++;
	if (party < row->parties_n)
		memcpy(role, row->parties[party].role, sizeof row->parties[party].role);
}

/* Who left, or all of them if the session ended, since the question was answered: no role is kept rather than a wrong one. */
static enum err fill_roles(const struct engine *engine, const struct call_note *note, struct call *call, struct arena *arena)
{
	uint32_t slot = call->action == ACTION_CONNECT ? engine_session_find(engine, call->session) : ENGINE_NONE;

	if (slot == ENGINE_NONE)
		return ERR_OK;
	const struct session_row *row = engine_session_row(engine, slot, arena);
	if (!row)
		return ERR_LIMIT_REACHED;
	writer_calls_role(row, call->shown, note->from_role_index, call->from_role);
	writer_calls_role(row, call->vn, note->to_role_index, call->to_role);
	return ERR_OK;
}

static void fill_reason(const struct engine *engine, const struct call_note *note, struct call *call)
{
	if (call->reason != REASON_UNKNOWN_CALLER)
		return;
	if ((note->caller && engine_cools(engine, note->caller, note->vn)) ||
			(note->caller_old && engine_cools(engine, note->caller_old, note->vn)))
		call->reason = REASON_NOT_ACTIVE;
}

/* --- what the outside is told of calls --- */

/* Events of one call keep their order by its order's id, else by its VN, else they stand alone. */
static struct str key_of_notice(const struct call *call, struct str ref, struct arena *arena)
{
	char vn[NUMBER_TEXT_SIZE], id[CALL_ID_TEXT_SIZE];

	if (ref.len)
		return ref;
	return arena_str(arena, str_of(number_is(call->vn) ? number_text(call->vn, vn) : call_id_text(call->id, id)));
}

static enum err tell(struct engine *engine, const struct call *call, const char *type, struct str ref, struct arena *arena)
{
	const struct pool_row *pool = engine_pool(engine, (uint16_t)(call->pool_id - 1));
	char space[NOTICE_MAX];
	struct buf text;

	buf_fixed(&text, space, sizeof space);
	notice_json_call(&text, call, str_of(pool->tenant), str_of(pool->name), ref);
	struct outbox_row row = {
		.type = str_of(type),
		.tenant = str_of(pool->tenant),
		.pool = str_of(pool->name),
		.session = call->session,
		.key = key_of_notice(call, ref, arena),
		.data = buf_ok(&text) ? arena_str(arena, buf_text(&text)) : STR_NONE,
	};
	return row.data.at && row.key.at ? engine_outbox(engine, &row) : ERR_LIMIT_REACHED;
}

/* Somebody was turned away. */
static enum err tell_refused(struct engine *engine, const struct call *call, struct arena *arena)
{
	if (!engine_tells(engine) || call->status != CALL_REFUSED || !call->pool_id)
		return ERR_OK;
	return tell(engine, call, "call.refused", STR_NONE, arena);
}

static const char *type_of(enum call_status status)
{
	return status == CALL_ANSWERED ? "call.answered" : status > CALL_ANSWERED ? "call.ended" : NULL;
}

static struct number tell_vn(const struct engine *engine, uint32_t id)
{
	struct vn_view vn;

	return id && engine_vn(engine, id, &vn) == ERR_OK ? vn.row->number : NUMBER_NONE;
}

/* The order's id; of a session that is open no more it goes without. ERR_LIMIT_REACHED: no memory. */
static enum err find_ref(const struct engine *engine, uint64_t session, struct arena *arena, struct str *ret_ref)
{
	uint32_t slot = engine_session_find(engine, session);
	const struct session_row *row = slot == ENGINE_NONE ? NULL : engine_session_row(engine, slot, arena);

	if (slot != ENGINE_NONE && !row)
		return ERR_LIMIT_REACHED;
	*ret_ref = row ? row->ref : STR_NONE;
	return ERR_OK;
}

static enum err tell_report(const struct writer_calls *calls, struct engine *engine, const struct known *known, const struct call_report *report,
		struct arena *arena)
{
	const char *type = type_of(report->status);
	struct call call = {.id = known->id, .at_ms = known->at_ms, .pool_id = known->pool, .session = known->session,
		.vn = tell_vn(engine, known->vn), .shown = tell_vn(engine, known->shown), .action = ACTION_CONNECT,
		.status = report->status, .seconds = report->seconds};

	if (!engine_tells(engine) || !type || !known->pool)
		return ERR_OK;
	snprintf(call.from_role, sizeof call.from_role, "%s", labels_text(&calls->roles, known->from_role));
	snprintf(call.to_role, sizeof call.to_role, "%s", labels_text(&calls->roles, known->to_role));
	struct str ref;
	enum err err = find_ref(engine, known->session, arena, &ref);
	return err ? err : tell(engine, &call, type, ref, arena);
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
	fill_reason(engine, note, call);
	struct record record = {.kind = RECORD_CALL, .call = call};
	enum err err = fill_roles(engine, note, call, arena);
	if (!err)
		err = engine_note(engine, &record);
	if (!err)
		err = tell_refused(engine, call, arena);
	if (err)
		return err;
	if (call->action == ACTION_CONNECT)
		engine_called(engine, call->session);
	if (!call_id[0])
		return ERR_OK;
	struct known known = known_of(calls, engine, call);
	return remember(calls, &key, &known);
}

enum err writer_calls_report(struct writer_calls *calls, struct engine *engine, const struct call_report *report,
		struct arena *arena, struct call_came *ret_came)
{
	const char *provider, *account;
	struct known space;

	*ret_came = (struct call_came){0};
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
	if (!err && report->status > CALL_ANSWERED) /* once: nothing follows an end */
		err = engine_talked(engine, before->session, report->seconds);
	if (!err)
		err = tell_report(calls, engine, before, report, arena);
	if (err)
		return err;
	struct known known = *before;
	known.status = report->status;
	*ret_came = (struct call_came){known.shown, known.session, known.at_ms, report->status};
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
