#include "store/unique.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

struct unique {
	uint64_t *tags; /* 0: empty */
	size_t size;    /* a power of two */
	size_t used;
	uint64_t seed;
};

#define FIRST_SIZE 4096
#define PAIRS_MAX (SESSION_PARTIES_MAX * (SESSION_PARTIES_MAX - 1) * SESSION_NUMBERS_MAX)

struct seen {
	uint64_t number;
	uint32_t vn_id;
};

/* Who may call whom by which VN; how many pairs. */
static int pairs_of(const struct session_row *row, struct seen pairs[PAIRS_MAX])
{
	int n = 0;
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *viewer = &row->parties[i];
		for (int j = 0; j < row->parties_n; j++) {
			uint32_t vn_id;
			session_vn_seen(row, i, j, &vn_id);
			if (i == j || !viewer->may_call || vn_id == 0)
				continue;
			for (int k = 0; k < viewer->numbers_n; k++)
				if (number_is(viewer->numbers[k]))
					pairs[n++] = (struct seen){viewer->numbers[k].e164, vn_id};
		}
	}
	return n;
}

static uint64_t *tags_new(size_t size)
{
	return memory_map(size * sizeof(uint64_t));
}

static void tags_free(struct unique *unique)
{
	memory_unmap(unique->tags, unique->size * sizeof *unique->tags);
}

struct unique *unique_new(uint64_t seed)
{
	struct unique *unique = calloc(1, sizeof *unique);
	if (!unique)
		return NULL;
	*unique = (struct unique){.tags = tags_new(FIRST_SIZE), .size = FIRST_SIZE, .seed = seed};
	if (unique->tags)
		return unique;
	free(unique);
	return NULL;
}

void unique_free(struct unique *unique)
{
	if (!unique)
		return;
	tags_free(unique);
	free(unique);
}

/* The slot of a tag, or the empty one where it belongs. */
static size_t slot_of(const struct unique *unique, uint64_t tag)
{
	size_t slot = tag & (unique->size - 1);
	while (unique->tags[slot] != 0 && unique->tags[slot] != tag)
		slot = (slot + 1) & (unique->size - 1);
	return slot;
}

static bool grow(struct unique *unique)
{
	struct unique twice = {.tags = tags_new(unique->size * 2), .size = unique->size * 2};
	if (!twice.tags)
		return false;
	for (size_t i = 0; i < unique->size; i++)
		if (unique->tags[i] != 0)
			twice.tags[slot_of(&twice, unique->tags[i])] = unique->tags[i];
	tags_free(unique);
	unique->tags = twice.tags;
	unique->size = twice.size;
	return true;
}

static uint64_t tag_of(const struct unique *unique, const struct seen *pair)
{
	uint64_t tag = hash_two(unique->seed, pair->number, pair->vn_id);
	return tag + (tag == 0);
}

void unique_soon(const struct unique *unique, const struct session_row *row)
{
	struct seen pairs[PAIRS_MAX];
	int n = pairs_of(row, pairs);
	for (int i = 0; i < n; i++)
		__builtin_prefetch(&unique->tags[tag_of(unique, &pairs[i]) & (unique->size - 1)], 1);
}

enum unique_said unique_add(struct unique *unique, const struct session_row *row)
{
	struct seen pairs[PAIRS_MAX];
	enum unique_said said = UNIQUE_NEW;
	int n = pairs_of(row, pairs);
	for (int i = 0; i < n; i++) {
		if (unique->used >= unique->size / 4 * 3 && !grow(unique))
			return UNIQUE_NO_MEMORY;
		uint64_t tag = tag_of(unique, &pairs[i]);
		size_t slot = slot_of(unique, tag);
		if (unique->tags[slot] == tag) {
			said = UNIQUE_HIT;
			continue;
		}
		unique->tags[slot] = tag;
		unique->used++;
	}
	return said;
}

bool unique_clash(const struct session_row *a, const struct session_row *b)
{
	struct seen of_a[PAIRS_MAX], of_b[PAIRS_MAX];
	int a_n = pairs_of(a, of_a), b_n = pairs_of(b, of_b);
	for (int i = 0; i < a_n; i++)
		for (int j = a->id == b->id ? i + 1 : 0; j < b_n; j++)
			if (of_a[i].number == of_b[j].number && of_a[i].vn_id == of_b[j].vn_id)
				return true;
	return false;
}
