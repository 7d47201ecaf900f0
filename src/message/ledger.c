#include "message/ledger_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "crypto/digest.h"

#define KNOWN_BATCH_MAX 8192 /* changes of one batch */
#define KEY_TEXT_SIZE (16 + 32 + MESSAGE_REF_MAX + 4)

struct ledger *ledger_new(uint32_t waiting_max, uint32_t known_max, uint32_t pools_max, uint64_t seed)
{
	struct ledger *ledger = calloc(1, sizeof *ledger);

	if (!ledger)
		return NULL;
	ledger->random.state = seed;
	for (int i = 0; i < 4; i++)
		ledger->hash_key[i / 2][i % 2] = random_next(&ledger->random);
	ledger->waiting_max = waiting_max;
	ledger->pools_max = pools_max;
	ledger->waiting = calloc(waiting_max, sizeof(struct waiting *));
	ledger->chains = calloc(waiting_max, sizeof(struct waiting *));
	ledger->policies = calloc(pools_max, sizeof *ledger->policies);
	ledger->policies_now = calloc(pools_max, sizeof *ledger->policies_now);
	ledger->known = recent_new(known_max, KNOWN_BATCH_MAX, random_next(&ledger->random));
	if (ledger->waiting && ledger->chains && ledger->policies && ledger->policies_now && ledger->known)
		return ledger;
	ledger_free(ledger);
	return NULL;
}

void ledger_waiting_free(struct waiting *waiting)
{
	if (!waiting)
		return;
	secret_wipe(waiting, sizeof *waiting + waiting->row.body.len);
	free(waiting);
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	ledger_undo(ledger, 0);
	for (uint32_t i = 0; ledger->waiting && i < ledger->waiting_n; i++)
		ledger_waiting_free(ledger->waiting[i]);
	free(ledger->waiting);
	free(ledger->chains);
	free(ledger->policies);
	free(ledger->policies_now);
	free(ledger->entries);
	if (ledger->known)
		recent_free(ledger->known);
	free(ledger);
}

/* --- what is known --- */

/* Names and not the account's index: an index is good for one run only. 128 bits, so that two are never taken for
 * one. */
struct recent_key ledger_key(const struct ledger *ledger, const char *provider, const char *account, const char *ref)
{
	char text[KEY_TEXT_SIZE];
	size_t len = (size_t)snprintf(text, sizeof text, "%s/%s/%s", provider, account, ref);

	ASSERT(len < sizeof text);
	return (struct recent_key){{hash_bytes(ledger->hash_key[0], text, len),
		hash_bytes(ledger->hash_key[1], text, len)}};
}

bool ledger_find(const struct ledger *ledger, const struct recent_key *key, struct known *ret_known)
{
	const struct recent_value *value = recent_find(ledger->known, key);

	if (value)
		memcpy(ret_known, value, sizeof *ret_known);
	return value != NULL;
}

enum err ledger_remember(struct ledger *ledger, const struct recent_key *key, const struct known *known)
{
	struct recent_value value = {{0}};

	memcpy(&value, known, sizeof *known);
	return recent_put(ledger->known, key, &value);
}

/* --- what waits --- */

uint32_t ledger_place(const struct ledger *ledger, uint64_t id)
{
	uint32_t low = 0, high = ledger->waiting_n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (ledger->waiting[middle]->row.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct waiting **ledger_chain(const struct ledger *ledger, uint64_t session)
{
	return &ledger->chains[hash_reduce(hash_mix(session ^ ledger->hash_key[0][0]), ledger->waiting_max)];
}

void ledger_drop(struct ledger *ledger, uint32_t place)
{
	struct waiting *waiting = ledger->waiting[place], **link = ledger_chain(ledger, waiting->row.session);

	while (*link != waiting)
		link = &(*link)->next;
	*link = waiting->next;
	ledger->waiting_n--;
	memmove(ledger->waiting + place, ledger->waiting + place + 1,
		(ledger->waiting_n - place) * sizeof *ledger->waiting);
}

static void insert(struct ledger *ledger, uint32_t place, struct waiting *waiting)
{
	struct waiting **link = ledger_chain(ledger, waiting->row.session);

	while (*link && (*link)->row.id < waiting->row.id)
		link = &(*link)->next;
	waiting->next = *link;
	*link = waiting;
	memmove(ledger->waiting + place + 1, ledger->waiting + place,
		(ledger->waiting_n - place) * sizeof *ledger->waiting);
	ledger->waiting[place] = waiting;
	ledger->waiting_n++;
}

/* --- start --- */

static uint64_t packed(const struct message_policy *policy)
{
	return (uint64_t)policy->keep_bodies_s << 2 | (uint64_t)policy->redact << 1 | policy->on;
}

static struct message_policy unpacked(uint64_t value)
{
	return (struct message_policy){value & 1, value >> 1 & 1, (uint32_t)(value >> 2)};
}

enum err ledger_load_policy(struct ledger *ledger, const struct message_policy_row *row)
{
	const char *field;

	if (row->pool_id == 0 || row->pool_id > ledger->pools_max ||
		message_policy_check(&row->policy, &field) != ERR_OK)
		return ERR_STORE_REFUSED;
	ledger->policies[row->pool_id - 1] = packed(&row->policy);
	atomic_store(&ledger->policies_now[row->pool_id - 1], packed(&row->policy));
	return ERR_OK;
}

static struct waiting *copy_of(const struct message_row *row)
{
	struct waiting *waiting = malloc(sizeof *waiting + row->body.len);

	if (!waiting)
		return NULL;
	*waiting = (struct waiting){.row = *row};
	if (row->body.len)
		memcpy(waiting + 1, row->body.at, row->body.len);
	waiting->row.body = str_n((const char *)(waiting + 1), row->body.len);
	return waiting;
}

enum err ledger_load(struct ledger *ledger, const struct engine *engine, const struct message_row *row)
{
	struct recent_key key = ledger_key(ledger, row->provider, row->account, row->ref);
	struct known known = ledger_known_of(ledger, engine, row);
	enum err err = row->ref[0] ? ledger_remember(ledger, &key, &known) : ERR_OK;

	recent_commit(ledger->known);
	if (err || row->state != MESSAGE_QUEUED)
		return err;
	if (ledger->waiting_n == ledger->waiting_max)
		return ERR_LIMIT_REACHED;
	if (ledger->waiting_n && ledger->waiting[ledger->waiting_n - 1]->row.id >= row->id)
		return ERR_STORE_REFUSED;
	struct waiting *waiting = copy_of(row);
	if (!waiting)
		return ERR_LIMIT_REACHED;
	insert(ledger, ledger->waiting_n, waiting);
	atomic_store(&ledger->waiting_now, ledger->waiting_n);
	return ERR_OK;
}

/* --- batch --- */

struct ledger_entry *ledger_entry_new(struct ledger *ledger, enum entry_kind kind)
{
	if (ledger->entries_n == ledger->entries_size) {
		uint32_t size = ledger->entries_size ? ledger->entries_size * 2 : 64;
		struct ledger_entry *entries = realloc(ledger->entries, size * sizeof *entries);
		if (!entries)
			return NULL;
		ledger->entries = entries;
		ledger->entries_size = size;
	}
	struct ledger_entry *entry = &ledger->entries[ledger->entries_n++];
	*entry = (struct ledger_entry){.kind = kind, .recent_mark = recent_mark(ledger->known)};
	return entry;
}

uint32_t ledger_mark(const struct ledger *ledger)
{
	return ledger->entries_n;
}

static void take_back(struct ledger *ledger, const struct ledger_entry *entry)
{
	switch (entry->kind) {
	case LEDGER_ADDED:
		ledger_drop(ledger, ledger_place(ledger, entry->waiting->row.id));
		ledger_waiting_free(entry->waiting);
		break;
	case LEDGER_PUT:
		entry->put.at->row.tries = entry->put.tries;
		entry->put.at->row.due_ms = entry->put.due_ms;
		entry->put.at->row.shown = entry->put.shown;
		break;
	case LEDGER_GONE:
		insert(ledger, entry->place, entry->waiting);
		break;
	case LEDGER_POLICY:
		ledger->policies[entry->policy.pool] = entry->policy.was;
		break;
	case LEDGER_KNOWN:
		break;
	}
	recent_undo(ledger->known, entry->recent_mark);
}

/* What counts is counted at the commit; a change that was undone alone is seldom, and then counts. */
void ledger_undo(struct ledger *ledger, uint32_t mark)
{
	while (ledger->entries_n > mark)
		take_back(ledger, &ledger->entries[--ledger->entries_n]);
	if (mark == 0)
		ledger->batch = (struct ledger_counts){0};
}

/* Most batches have no text in them, and these are dear. */
static void tell_count(_Atomic uint64_t *count, uint64_t more)
{
	if (more)
		atomic_fetch_add(count, more);
}

void ledger_commit(struct ledger *ledger)
{
	for (uint32_t i = 0; i < ledger->entries_n; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];
		if (entry->kind == LEDGER_GONE)
			ledger_waiting_free(entry->waiting);
		else if (entry->kind == LEDGER_POLICY)
			atomic_store(&ledger->policies_now[entry->policy.pool], ledger->policies[entry->policy.pool]);
	}
	ledger->entries_n = 0;
	recent_commit(ledger->known);
	for (int i = 0; i < MESSAGE__STATES; i++)
		tell_count(&ledger->states[i], ledger->batch.states[i]);
	for (int i = 0; i < MESSAGE__WHYS; i++)
		tell_count(&ledger->whys[i], ledger->batch.whys[i]);
	tell_count(&ledger->tries, ledger->batch.tries);
	tell_count(&ledger->repeated, ledger->batch.repeated);
	tell_count(&ledger->reports_unknown, ledger->batch.reports_unknown);
	atomic_store(&ledger->waiting_now, ledger->waiting_n);
	ledger->batch = (struct ledger_counts){0};
}

struct ledger_counts ledger_counts(const struct ledger *ledger)
{
	struct ledger_counts counts = {
		.waiting = atomic_load(&ledger->waiting_now),
		.tries = atomic_load(&ledger->tries),
		.repeated = atomic_load(&ledger->repeated),
		.reports_unknown = atomic_load(&ledger->reports_unknown),
	};

	for (int i = 0; i < MESSAGE__STATES; i++)
		counts.states[i] = atomic_load(&ledger->states[i]);
	for (int i = 0; i < MESSAGE__WHYS; i++)
		counts.whys[i] = atomic_load(&ledger->whys[i]);
	return counts;
}

/* --- policies --- */

struct message_policy ledger_policy(const struct ledger *ledger, uint16_t pool)
{
	return unpacked(ledger->policies[pool]);
}

struct message_policy ledger_policy_now(const struct ledger *ledger, uint16_t pool)
{
	uint64_t value = pool < ledger->pools_max ? atomic_load(&ledger->policies_now[pool]) : 0;

	return unpacked(value);
}

enum err ledger_policy_set(struct ledger *ledger, struct engine *engine, uint16_t pool,
	const struct message_policy *policy)
{
	struct ledger_entry *entry = ledger_entry_new(ledger, LEDGER_POLICY);
	struct message_policy_row *row = entry ? engine_room(engine, sizeof *row) : NULL;

	if (entry) {
		entry->policy.pool = pool;
		entry->policy.was = ledger->policies[pool];
	}
	if (!row)
		return ERR_LIMIT_REACHED; /* whoever undoes the change undoes the entry */
	*row = (struct message_policy_row){engine_pool(engine, pool)->id, *policy};
	ledger->policies[pool] = packed(policy);
	return engine_note(engine, &(struct record){.kind = RECORD_MESSAGE_POLICY, .message_policy = row});
}

/* --- messages that come --- */

static uint32_t of_session(const struct ledger *ledger, uint64_t session)
{
	uint32_t n = 0;

	for (const struct waiting *waiting = *ledger_chain(ledger, session); waiting; waiting = waiting->next)
		n += waiting->row.session == session;
	return n;
}

static enum err add_waiting(struct ledger *ledger, const struct message_row *row)
{
	if (ledger->waiting_n == ledger->waiting_max || of_session(ledger, row->session) >= LEDGER_SESSION_MAX)
		return ERR_LIMIT_REACHED;
	struct waiting *waiting = copy_of(row);
	struct ledger_entry *entry = waiting ? ledger_entry_new(ledger, LEDGER_ADDED) : NULL;
	if (!entry) {
		ledger_waiting_free(waiting);
		return ERR_LIMIT_REACHED;
	}
	entry->waiting = waiting;
	insert(ledger, ledger_place(ledger, row->id), waiting);
	return ERR_OK;
}

/* A copy that lives as long as the batch. */
static struct message_row *row_in_batch(struct engine *engine, const struct message_row *from)
{
	struct message_row *row = engine_room(engine, sizeof *row + from->body.len);

	if (!row)
		return NULL;
	*row = *from;
	if (from->body.len)
		memcpy(row + 1, from->body.at, from->body.len);
	row->body = str_n((const char *)(row + 1), from->body.len);
	return row;
}

enum err ledger_add(struct ledger *ledger, struct engine *engine, const struct message_row *from, uint64_t *ret_id)
{
	struct message_row *row = row_in_batch(engine, from);
	struct known known;

	if (!row)
		return ERR_LIMIT_REACHED;
	*ret_id = 0;
	row->id = engine_next_id(engine);
	if (!row->ref[0])
		message_id_text(row->id, row->ref);
	struct recent_key key = ledger_key(ledger, row->provider, row->account, row->ref);
	if (ledger_find(ledger, &key, &known)) {
		ledger->batch.repeated++;
		return ERR_OK;
	}
	enum err err = ledger_entry_new(ledger, LEDGER_KNOWN) ? ERR_OK : ERR_LIMIT_REACHED;
	if (!err && row->state == MESSAGE_QUEUED)
		err = add_waiting(ledger, row);
	if (!err)
		err = engine_note(engine, &(struct record){.kind = RECORD_MESSAGE, .message = row});
	known = ledger_known_of(ledger, engine, row);
	if (!err)
		err = ledger_remember(ledger, &key, &known);
	if (!err && row->state == MESSAGE_SENT)
		err = ledger_tell(ledger, engine, &known, MESSAGE_SENT, MESSAGE_WHY_NONE, "");
	if (err)
		return err;
	ledger->batch.states[row->state]++;
	if (row->why)
		ledger->batch.whys[row->why]++;
	*ret_id = row->id;
	return ERR_OK;
}
