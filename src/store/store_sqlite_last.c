/* Which put of a session in a batch is its last: an open table, as much of it as the batch needs, so that a small one after a
 * large one clears no more than it would have alone. */
#include "store/store_sqlite.h"

#include <stdlib.h>

#include "base/hash.h"

bool store_sqlite_note_lasts(struct store_sqlite *store, const struct record *records, size_t n)
{
	size_t want = 64;
	while (want < n * 2)
		want *= 2;
	if (want > store->ids_room) {
		free(store->ids);
		free(store->lasts);
		store->ids = malloc(want * sizeof *store->ids);
		store->lasts = malloc(want * sizeof *store->lasts);
		store->ids_room = store->ids && store->lasts ? want : 0;
		if (store->ids_room == 0)
			return false;
	}
	store->ids_size = want;
	memset(store->ids, 0, store->ids_size * sizeof *store->ids);
	for (size_t i = 0; i < n; i++) {
		bool alike = records[i].kind == RECORD_SESSION_ALIKE;
		if (!alike && records[i].kind != RECORD_SESSION)
			continue;
		uint64_t id = records[i].session->id;
		size_t slot = hash_mix(id) & (store->ids_size - 1);
		while (store->ids[slot] != 0 && store->ids[slot] != id)
			slot = (slot + 1) & (store->ids_size - 1);
		bool whole = !alike || (store->ids[slot] == id && store->lasts[slot].whole);
		store->ids[slot] = id;
		store->lasts[slot] = (struct last_put){i, whole};
	}
	return true;
}

const struct last_put *store_sqlite_last(const struct store_sqlite *store, uint64_t id)
{
	size_t slot = hash_mix(id) & (store->ids_size - 1);
	while (store->ids[slot] != id)
		slot = (slot + 1) & (store->ids_size - 1);
	return &store->lasts[slot];
}
