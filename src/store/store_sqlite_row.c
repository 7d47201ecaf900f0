/* Rows to statements and back. The order of columns is that of the schema's. */
#include "store/store_sqlite.h"

#include "base/check.h"
#include "store/row.h"

enum { SESSION_EXPIRED = 1, SESSION_NEVER_LIVE = 2, SESSION_ANNOUNCE = 4 };

void sqlite_bind_str(sqlite3_stmt *st, int i, struct str text)
{
	sqlite3_bind_text(st, i, text.len ? text.at : "", (int)text.len, SQLITE_STATIC);
}

void sqlite_bind_blob(sqlite3_stmt *st, int i, const void *bytes, size_t len)
{
	sqlite3_bind_blob(st, i, len ? bytes : "", (int)len, SQLITE_STATIC);
}

void sqlite_bind_u64(sqlite3_stmt *st, int i, uint64_t value)
{
	sqlite3_bind_int64(st, i, (sqlite3_int64)value);
}

static uint64_t get(sqlite3_stmt *st, int i)
{
	return (uint64_t)sqlite3_column_int64(st, i);
}

static uint32_t get32(sqlite3_stmt *st, int i)
{
	return (uint32_t)sqlite3_column_int64(st, i);
}

struct str sqlite_get_str(sqlite3_stmt *st, int i)
{
	const char *at = sqlite3_column_blob(st, i);
	return str_n(at, at ? (size_t)sqlite3_column_bytes(st, i) : 0);
}

void sqlite_get_bytes(sqlite3_stmt *st, int i, void *ret_bytes, size_t len)
{
	struct str bytes = sqlite_get_str(st, i);
	memset(ret_bytes, 0, len);
	if (bytes.len == len)
		memcpy(ret_bytes, bytes.at, len);
}

/* A text that doesn't fit was not written by us: it becomes "", which verify finds. */
static void get_text(sqlite3_stmt *st, int i, char *text, size_t size)
{
	(void)str_copy(text, size, sqlite_get_str(st, i));
}

void sqlite_bind_pool(sqlite3_stmt *st, const struct pool_row *row)
{
	const struct pool_policy *policy = &row->policy;
	const uint64_t numbers[] = {policy->mode, policy->numbers, policy->ttl_s, policy->ttl_from, policy->grace_s,
		policy->cooldown_s, policy->rest_s, policy->per_vn_max, policy->stick, policy->stick_s,
		policy->geo, policy->geo_strict, policy->unknown_caller, policy->forward_to.e164,
		policy->ring_s, policy->max_call_s, policy->keep_s, policy->low_water, policy->high_water,
		row->level, policy->calls_at_once, policy->minutes_per_session, policy->require_attestation,
		policy->attempts_per_minute, policy->scan_vns};
	int i = 1;
	sqlite_bind_u64(st, i++, row->id);
	sqlite_bind_str(st, i++, str_of(row->tenant));
	sqlite_bind_str(st, i++, str_of(row->name));
	sqlite_bind_u64(st, i++, row->created_at);
	sqlite_bind_u64(st, i++, policy->country);
	sqlite_bind_blob(st, i++, policy->countries, policy->countries_n * sizeof policy->countries[0]);
	for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++)
		sqlite_bind_u64(st, i++, numbers[j]);
}

void sqlite_get_pool(sqlite3_stmt *st, struct pool_row *ret_row)
{
	struct pool_policy *policy = &ret_row->policy;
	int i = 0;
	*ret_row = (struct pool_row){.id = get32(st, i++)};
	get_text(st, i++, ret_row->tenant, sizeof ret_row->tenant);
	get_text(st, i++, ret_row->name, sizeof ret_row->name);
	ret_row->created_at = get32(st, i++);
	policy->country = (uint16_t)get(st, i++);
	struct str countries = sqlite_get_str(st, i++);
	if (countries.len > 0 && countries.len <= sizeof policy->countries) {
		memcpy(policy->countries, countries.at, countries.len);
		policy->countries_n = (uint8_t)(countries.len / sizeof policy->countries[0]);
	}
	policy->mode = get32(st, i++);
	policy->numbers = get32(st, i++);
	policy->ttl_s = get32(st, i++);
	policy->ttl_from = get32(st, i++);
	policy->grace_s = get32(st, i++);
	policy->cooldown_s = get32(st, i++);
	policy->rest_s = get32(st, i++);
	policy->per_vn_max = get32(st, i++);
	policy->stick = get32(st, i++);
	policy->stick_s = get32(st, i++);
	policy->geo = get32(st, i++);
	policy->geo_strict = get(st, i++) != 0;
	policy->unknown_caller = get32(st, i++);
	policy->forward_to = (struct number){get(st, i++)};
	policy->ring_s = get32(st, i++);
	policy->max_call_s = get32(st, i++);
	policy->keep_s = get32(st, i++);
	policy->low_water = get32(st, i++);
	policy->high_water = get32(st, i++);
	ret_row->level = get32(st, i++);
	policy->calls_at_once = get32(st, i++);
	policy->minutes_per_session = get32(st, i++);
	policy->require_attestation = get32(st, i++);
	policy->attempts_per_minute = get32(st, i++);
	policy->scan_vns = get32(st, i++);
}

void sqlite_bind_vn(sqlite3_stmt *st, const struct vn_row *row)
{
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_u64(st, 2, row->pool_id);
	sqlite_bind_u64(st, 3, row->number.e164);
	sqlite_bind_str(st, 4, str_of(row->provider));
	sqlite_bind_str(st, 5, str_of(row->account));
	sqlite_bind_u64(st, 6, row->reserved);
	sqlite_bind_u64(st, 7, row->disabled);
	sqlite_bind_u64(st, 8, row->free_since);
	sqlite_bind_u64(st, 9, row->added_at);
	sqlite_bind_u64(st, 10, row->place.country);
	sqlite_bind_u64(st, 11, row->place.area);
	sqlite_bind_u64(st, 12, row->out);
	sqlite_bind_u64(st, 13, row->out_at);
	sqlite_bind_u64(st, 14, row->out_times);
}

void sqlite_get_vn(sqlite3_stmt *st, struct vn_row *ret_row)
{
	*ret_row = (struct vn_row){
		.id = get32(st, 0),
		.pool_id = get32(st, 1),
		.number = {get(st, 2)},
		.reserved = get(st, 5) != 0,
		.disabled = get(st, 6) != 0,
		.free_since = get32(st, 7),
		.added_at = get32(st, 8),
		.place = {.country = (uint16_t)get(st, 9), .area = get32(st, 10)},
		.out = (enum vn_out)get32(st, 11),
		.out_at = get32(st, 12),
		.out_times = (uint16_t)get(st, 13),
	};
	get_text(st, 3, ret_row->provider, sizeof ret_row->provider);
	get_text(st, 4, ret_row->account, sizeof ret_row->account);
}

void sqlite_bind_session_fields(sqlite3_stmt *st, const struct session_row *row)
{
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_u64(st, 2, row->pool_id);
	sqlite_bind_u64(st, 3, row->state);
	sqlite_bind_u64(st, 4, (row->expired ? SESSION_EXPIRED : 0) | (row->never_live ? SESSION_NEVER_LIVE : 0) |
			(row->announce ? SESSION_ANNOUNCE : 0));
	sqlite_bind_u64(st, 5, row->rev);
	sqlite_bind_u64(st, 6, row->opened_at);
	sqlite_bind_u64(st, 7, row->expires_at);
	sqlite_bind_u64(st, 8, row->closed_at);
	sqlite_bind_u64(st, 9, row->grace_until);
	sqlite_bind_u64(st, 10, row->cool_until);
	sqlite_bind_u64(st, 11, row_session_done_at(row));
	sqlite_bind_u64(st, 12, row->fingerprint);
	sqlite_bind_u64(st, 13, row->floor_version);
	sqlite_bind_str(st, 14, row->ref);
}

void sqlite_bind_session(sqlite3_stmt *st, const struct session_row *row, struct str blob)
{
	sqlite_bind_session_fields(st, row);
	sqlite_bind_blob(st, 15, blob.at, blob.len);
}

void sqlite_get_session(sqlite3_stmt *st, struct session_row *ret_row, struct str *ret_blob)
{
	uint64_t flags = get(st, 3);
	*ret_row = (struct session_row){
		.id = get(st, 0),
		.pool_id = get32(st, 1),
		.state = (enum session_state)get32(st, 2),
		.expired = flags & SESSION_EXPIRED,
		.never_live = flags & SESSION_NEVER_LIVE,
		.announce = flags & SESSION_ANNOUNCE,
		.rev = get32(st, 4),
		.opened_at = get32(st, 5),
		.expires_at = get32(st, 6),
		.closed_at = get32(st, 7),
		.grace_until = get32(st, 8),
		.cool_until = get32(st, 9),
		.fingerprint = get(st, 11),
		.floor_version = get(st, 12),
		.ref = sqlite_get_str(st, 13),
	};
	*ret_blob = sqlite_get_str(st, 14);
}

void sqlite_bind_call(sqlite3_stmt *st, const struct call *call)
{
	sqlite_bind_u64(st, 1, call->id);
	sqlite_bind_u64(st, 2, (uint64_t)call->at_ms);
	sqlite_bind_u64(st, 3, call->pool_id);
	sqlite_bind_u64(st, 4, call->session);
	sqlite_bind_str(st, 5, str_of(call->provider));
	sqlite_bind_str(st, 6, str_of(call->account));
	sqlite_bind_str(st, 7, str_of(call->provider_call_id));
	sqlite_bind_u64(st, 8, call->vn.e164);
	sqlite_bind_u64(st, 9, call->shown.e164);
	sqlite_bind_str(st, 10, str_of(call->from_role));
	sqlite_bind_str(st, 11, str_of(call->to_role));
	sqlite_bind_u64(st, 12, call->action);
	sqlite_bind_u64(st, 13, call->reason);
	sqlite_bind_u64(st, 14, call->status);
	sqlite_bind_u64(st, 15, call->seconds);
	sqlite_bind_u64(st, 16, call->answer_us);
}

void sqlite_get_call(sqlite3_stmt *st, struct call *ret_call)
{
	*ret_call = (struct call){
		.id = get(st, 0),
		.at_ms = sqlite3_column_int64(st, 1),
		.pool_id = get32(st, 2),
		.session = get(st, 3),
		.vn = {get(st, 7)},
		.shown = {get(st, 8)},
		.action = (enum action)get32(st, 11),
		.reason = (enum reason)get32(st, 12),
		.status = (enum call_status)get32(st, 13),
		.seconds = get32(st, 14),
		.answer_us = get32(st, 15),
	};
	get_text(st, 4, ret_call->provider, sizeof ret_call->provider);
	get_text(st, 5, ret_call->account, sizeof ret_call->account);
	get_text(st, 6, ret_call->provider_call_id, sizeof ret_call->provider_call_id);
	get_text(st, 9, ret_call->from_role, sizeof ret_call->from_role);
	get_text(st, 10, ret_call->to_role, sizeof ret_call->to_role);
}

void sqlite_bind_audit(sqlite3_stmt *st, const struct audit_row *row)
{
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_u64(st, 2, (uint64_t)row->at_ms);
	sqlite_bind_str(st, 3, row->tenant);
	sqlite_bind_str(st, 4, row->key);
	sqlite_bind_str(st, 5, row->action);
	sqlite_bind_str(st, 6, row->target);
	sqlite_bind_str(st, 7, row->detail);
	sqlite_bind_blob(st, 8, row->hash, sizeof row->hash);
}

void sqlite_get_audit(sqlite3_stmt *st, struct audit_row *ret_row)
{
	*ret_row = (struct audit_row){
		.id = get(st, 0),
		.at_ms = sqlite3_column_int64(st, 1),
		.tenant = sqlite_get_str(st, 2),
		.key = sqlite_get_str(st, 3),
		.action = sqlite_get_str(st, 4),
		.target = sqlite_get_str(st, 5),
		.detail = sqlite_get_str(st, 6),
	};
	sqlite_get_bytes(st, 7, ret_row->hash, sizeof ret_row->hash);
}
