#include "out/retries.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "core/index.h"

#define NONE UINT32_MAX

struct entry {
	uint64_t event;      /* 0: the place is free */
	uint64_t key;
	int64_t due_ms;
	uint32_t attempt;
	uint32_t next;       /* of the key, later; of the free ones; NONE */
	uint32_t last;       /* of a first one: the last of its key */
	bool first;          /* the oldest of its key */
	bool dirty;          /* to be stored */
	bool stored;         /* a row of it is or will be in the store */
	void *out;           /* its row while it is out; NULL */
	char *key_text;
	size_t key_len;
};

struct retries {
	struct entry *entries;
	uint32_t max, n, fresh, free_entry;
	struct index *by_key, *by_event;
	int64_t next_ms;     /* no entry is due before */
	uint32_t scan;       /* where the search for due ones goes on */
	uint64_t *drops, *drops_taken;
	size_t drops_n, drops_size;
	struct retry_row *puts;
	size_t puts_size;
	uint32_t *dirty;     /* entries that were changed; some may be free again */
	size_t dirty_n, dirty_size;
};

static uint64_t hash_of_key(const void *context, uint32_t i)
{
	return ((const struct retries *)context)->entries[i].key;
}

static uint64_t hash_of_event(const void *context, uint32_t i)
{
	return hash_mix(((const struct retries *)context)->entries[i].event);
}

struct retries *retries_new(uint32_t max)
{
	struct retries *retries = calloc(1, sizeof *retries);

	if (!retries)
		return NULL;
	retries->max = max;
	retries->free_entry = NONE;
	retries->next_ms = INT64_MAX;
	retries->entries = malloc(max * sizeof *retries->entries); /* those below `fresh` were written */
	retries->by_key = index_new(max, hash_of_key, retries);
	retries->by_event = index_new(max, hash_of_event, retries);
	if (retries->entries && retries->by_key && retries->by_event)
		return retries;
	retries_free(retries);
	return NULL;
}

void retries_free(struct retries *retries)
{
	if (!retries)
		return;
	for (uint32_t i = 0; i < retries->fresh; i++) {
		free(retries->entries[i].out);
		free(retries->entries[i].key_text);
	}
	index_free(retries->by_key);
	index_free(retries->by_event);
	free(retries->entries);
	free(retries->drops);
	free(retries->drops_taken);
	free(retries->puts);
	free(retries->dirty);
	free(retries);
}

struct search {
	const struct retries *retries;
	uint64_t value;
};

static bool has_key(const void *context, uint32_t i)
{
	const struct search *search = context;

	return search->retries->entries[i].key == search->value;
}

static bool has_event(const void *context, uint32_t i)
{
	const struct search *search = context;

	return search->retries->entries[i].event == search->value;
}

/* The oldest of a key; NONE. */
static uint32_t first_of(const struct retries *retries, uint64_t key)
{
	struct search search = {retries, key};

	return index_find(retries->by_key, key, has_key, &search);
}

static uint32_t entry_of(const struct retries *retries, uint64_t event)
{
	struct search search = {retries, event};
	uint32_t i = index_find(retries->by_event, hash_mix(event), has_event, &search);

	ASSERT(i != INDEX_NONE);
	return i;
}

static void may_be_due(struct retries *retries, const struct entry *entry)
{
	if (entry->first && !entry->out && entry->due_ms < retries->next_ms)
		retries->next_ms = entry->due_ms;
}

/* Room for one more of either list, so that a change can't fail halfway. */
static bool lists_room(struct retries *retries)
{
	if (retries->dirty_n == retries->dirty_size) {
		size_t size = retries->dirty_size * 2 + 64;
		uint32_t *dirty = realloc(retries->dirty, size * sizeof *dirty);
		if (!dirty)
			return false;
		retries->dirty = dirty;
		retries->dirty_size = size;
	}
	if (retries->drops_size < retries->drops_n + retries->n + 1) {
		size_t size = (retries->drops_n + retries->n + 1) * 2 + 64;
		uint64_t *drops = realloc(retries->drops, size * sizeof *drops);
		if (!drops)
			return false;
		retries->drops = drops;
		retries->drops_size = size;
	}
	return true;
}

static uint32_t entry_take(struct retries *retries)
{
	uint32_t i = retries->free_entry;

	if (i == NONE)
		return retries->fresh++;
	retries->free_entry = retries->entries[i].next;
	return i;
}

static enum err add(struct retries *retries, const struct retry_row *row, uint64_t key, bool stored)
{
	char *text = retries->n < retries->max && lists_room(retries) ? malloc(row->key.len + 1) : NULL;

	if (!text)
		return ERR_LIMIT_REACHED;
	if (row->key.len)
		memcpy(text, row->key.at, row->key.len);
	uint32_t i = entry_take(retries), first = first_of(retries, key);
	struct entry *entry = &retries->entries[i];
	*entry = (struct entry){.event = row->event, .key = key, .due_ms = row->due_ms, .attempt = row->attempt, .next = NONE,
		.last = i, .first = first == NONE, .stored = stored, .key_text = text, .key_len = row->key.len};
	if (first == NONE) {
		index_add(retries->by_key, key, i);
	} else {
		ASSERT(retries->entries[retries->entries[first].last].event < row->event);
		retries->entries[retries->entries[first].last].next = i;
		retries->entries[first].last = i;
	}
	index_add(retries->by_event, hash_mix(row->event), i);
	retries->n++;
	may_be_due(retries, entry);
	return ERR_OK;
}

enum err retries_load(struct retries *retries, const struct retry_row *row, uint64_t key)
{
	return add(retries, row, key, true);
}

/* lists_room() was asked for when the entry was added; an entry is in the list once. */
static void soil(struct retries *retries, struct entry *entry)
{
	if (entry->dirty)
		return;
	entry->dirty = true;
	ASSERT(lists_room(retries));
	retries->dirty[retries->dirty_n++] = (uint32_t)(entry - retries->entries);
}

enum err retries_put(struct retries *retries, const struct retry_row *row, uint64_t key)
{
	enum err err = add(retries, row, key, false);

	if (!err)
		soil(retries, &retries->entries[entry_of(retries, row->event)]);
	return err;
}

bool retries_has(const struct retries *retries, uint64_t key)
{
	return retries->n > 0 && first_of(retries, key) != NONE;
}

bool retries_passed(const struct retries *retries, uint64_t key, uint64_t event)
{
	uint32_t first = retries->n > 0 ? first_of(retries, key) : INDEX_NONE;

	return first != INDEX_NONE && retries->entries[retries->entries[first].last].event >= event;
}

uint32_t retries_n(const struct retries *retries)
{
	return retries->n;
}

uint32_t retries_room(const struct retries *retries)
{
	return retries->max - retries->n;
}

uint64_t retries_oldest(const struct retries *retries)
{
	uint64_t oldest = 0;

	for (uint32_t i = 0; i < retries->fresh && retries->n > 0; i++) {
		const struct entry *entry = &retries->entries[i];
		if (entry->event && (!oldest || entry->event < oldest))
			oldest = entry->event;
	}
	return oldest;
}

uint64_t retries_due(struct retries *retries, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;

	if (now_ms < retries->next_ms)
		return 0;
	for (uint32_t n = 0; n < retries->fresh; n++) {
		if (++retries->scan >= retries->fresh)
			retries->scan = 0;
		const struct entry *entry = &retries->entries[retries->scan];
		if (!entry->event || !entry->first || entry->out)
			continue;
		if (entry->due_ms <= now_ms)
			return entry->event;
		if (entry->due_ms < next_ms)
			next_ms = entry->due_ms;
	}
	retries->next_ms = next_ms;
	return 0;
}

int64_t retries_next_ms(const struct retries *retries)
{
	return retries->next_ms;
}

void retries_out(struct retries *retries, uint64_t event, void *row)
{
	struct entry *entry = &retries->entries[entry_of(retries, event)];

	ASSERT(entry->first && !entry->out);
	entry->out = row;
}

struct retry_row retries_in(struct retries *retries, uint64_t event)
{
	struct entry *entry = &retries->entries[entry_of(retries, event)];

	ASSERT(entry->out);
	free(entry->out);
	entry->out = NULL;
	may_be_due(retries, entry);
	return (struct retry_row){.event = event, .key = str_n(entry->key_text, entry->key_len), .attempt = entry->attempt,
		.due_ms = entry->due_ms};
}

void retries_again(struct retries *retries, const struct retry_row *row)
{
	struct entry *entry = &retries->entries[entry_of(retries, row->event)];

	entry->attempt = row->attempt;
	entry->due_ms = row->due_ms;
	soil(retries, entry);
	may_be_due(retries, entry);
}

/* Off its key's list, which the caller mends. */
static void forget(struct retries *retries, uint32_t i)
{
	struct entry *entry = &retries->entries[i];

	index_remove(retries->by_event, hash_mix(entry->event), i);
	if (entry->stored)
		retries->drops[retries->drops_n++] = entry->event; /* room: lists_room() counts every entry */
	free(entry->key_text);
	*entry = (struct entry){.next = retries->free_entry, .dirty = entry->dirty};
	retries->free_entry = i;
	retries->n--;
}

void retries_drop(struct retries *retries, uint64_t event)
{
	uint32_t i = entry_of(retries, event);
	struct entry *entry = &retries->entries[i];

	ASSERT(entry->first && !entry->out);
	index_remove(retries->by_key, entry->key, i);
	if (entry->next != NONE) {
		struct entry *next = &retries->entries[entry->next];
		next->first = true;
		next->last = entry->last;
		index_add(retries->by_key, next->key, entry->next);
		may_be_due(retries, next);
	}
	forget(retries, i);
}

uint32_t retries_drop_all(struct retries *retries)
{
	uint32_t had = retries->n;
	bool any = true;

	while (any) {
		any = false;
		for (uint32_t i = 0; i < retries->fresh; i++) {
			const struct entry *entry = &retries->entries[i];
			if (entry->event && entry->first && !entry->out) {
				retries_drop(retries, entry->event);
				any = true;
			}
		}
	}
	return had - retries->n;
}

/* The end of one key's list, from the first that is above. */
static void cut(struct retries *retries, uint32_t first, uint64_t after)
{
	uint32_t last = NONE, i = first;

	while (i != NONE && retries->entries[i].event <= after) {
		last = i;
		i = retries->entries[i].next;
	}
	if (i == NONE)
		return;
	if (last == NONE) {
		index_remove(retries->by_key, retries->entries[first].key, first);
	} else {
		retries->entries[last].next = NONE;
		retries->entries[first].last = last;
	}
	while (i != NONE) {
		uint32_t next = retries->entries[i].next;
		ASSERT(!retries->entries[i].out);
		forget(retries, i);
		i = next;
	}
}

void retries_drop_later(struct retries *retries, uint64_t after)
{
	for (uint32_t i = 0; i < retries->fresh; i++)
		if (retries->entries[i].event && retries->entries[i].first)
			cut(retries, i, after);
}

void retries_none_out(struct retries *retries)
{
	for (uint32_t i = 0; i < retries->fresh; i++) {
		free(retries->entries[i].out);
		retries->entries[i].out = NULL;
		if (retries->entries[i].event)
			may_be_due(retries, &retries->entries[i]);
	}
}

int retries_changes(const struct retries *retries)
{
	return (int)(retries->dirty_n + retries->drops_n);
}

static bool puts_room(struct retries *retries)
{
	if (retries->dirty_n <= retries->puts_size)
		return true;
	struct retry_row *puts = realloc(retries->puts, retries->dirty_n * sizeof *puts);
	if (!puts)
		return false;
	retries->puts = puts;
	retries->puts_size = retries->dirty_n;
	return true;
}

static int take_puts(struct retries *retries)
{
	int n = 0;

	for (size_t i = 0; i < retries->dirty_n; i++) {
		struct entry *entry = &retries->entries[retries->dirty[i]];
		entry->dirty = false;
		if (!entry->event)
			continue;
		entry->stored = true;
		retries->puts[n++] = (struct retry_row){.event = entry->event, .key = str_n(entry->key_text, entry->key_len),
			.attempt = entry->attempt, .due_ms = entry->due_ms};
	}
	retries->dirty_n = 0;
	return n;
}

bool retries_take(struct retries *retries, const struct retry_row **ret_puts, int *ret_puts_n, const uint64_t **ret_drops,
	int *ret_drops_n, bool *ret_more)
{
	size_t n = retries->drops_n < RETRIES_DROPS_MAX ? retries->drops_n : RETRIES_DROPS_MAX;
	uint64_t *drops = n ? malloc(n * sizeof *drops) : NULL;

	if ((n && !drops) || !puts_room(retries)) {
		free(drops);
		return false;
	}
	free(retries->drops_taken);
	retries->drops_taken = drops;
	if (n) {
		memcpy(drops, retries->drops, n * sizeof *drops);
		memmove(retries->drops, retries->drops + n, (retries->drops_n - n) * sizeof *drops);
	}
	retries->drops_n -= n;
	/* An event that was dropped may be there again: its row must not go after it was put. */
	*ret_more = retries->drops_n > 0;
	*ret_puts_n = *ret_more ? 0 : take_puts(retries);
	*ret_puts = retries->puts;
	*ret_drops = drops;
	*ret_drops_n = (int)n;
	return true;
}
