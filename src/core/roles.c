#include "core/roles.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"
#include "core/index.h"
#include "core/session.h"

#define NONE UINT32_MAX

struct role {
	char name[SESSION_ROLE_MAX + 1];
	uint32_t uses; /* 0: the place is free */
	uint32_t next; /* free place */
};

struct roles {
	struct role *at;
	struct index *index;
	uint32_t max, fresh, free_place, uses;
	uint64_t key[2];
};

static uint64_t name_hash(const struct roles *roles, struct str name)
{
	return hash_bytes(roles->key, name.at, name.len);
}

static uint64_t hash_of(const void *context, uint32_t i)
{
	const struct roles *roles = context;

	return name_hash(roles, str_of(roles->at[i].name));
}

struct roles *roles_new(uint32_t max, const uint64_t key[2])
{
	struct roles *roles = calloc(1, sizeof *roles);

	ASSERT(max > 0 && max <= UINT16_MAX);
	if (!roles)
		return NULL;
	roles->max = max;
	roles->free_place = NONE;
	roles->key[0] = key[0];
	roles->key[1] = key[1];
	roles->at = memory_map(max * sizeof *roles->at);
	roles->index = index_new(max, hash_of, roles);
	if (roles->at && roles->index)
		return roles;
	roles_free(roles);
	return NULL;
}

void roles_free(struct roles *roles)
{
	if (!roles)
		return;
	index_free(roles->index);
	memory_unmap(roles->at, roles->max * sizeof *roles->at);
	free(roles);
}

struct search {
	const struct roles *roles;
	struct str name;
};

static bool is(const void *context, uint32_t i)
{
	const struct search *search = context;

	return str_equal(str_of(search->roles->at[i].name), search->name);
}

enum err roles_take(struct roles *roles, struct str name, uint16_t *ret_index)
{
	uint64_t hash = name_hash(roles, name);
	uint32_t i = index_find(roles->index, hash, is, &(struct search){roles, name});

	if (i == INDEX_NONE) {
		bool again = roles->free_place != NONE;
		if (name.len > SESSION_ROLE_MAX)
			return ERR_BAD_REQUEST;
		if (!again && roles->fresh == roles->max)
			return ERR_ROLES_FULL;
		i = again ? roles->free_place : roles->fresh++;
		if (again)
			roles->free_place = roles->at[i].next;
		ASSERT(str_copy(roles->at[i].name, sizeof roles->at[i].name, name));
		index_add(roles->index, hash, i);
	}
	roles->at[i].uses++;
	roles->uses++;
	*ret_index = (uint16_t)i;
	return ERR_OK;
}

void roles_give(struct roles *roles, uint16_t index)
{
	struct role *role = &roles->at[index];

	ASSERT(index < roles->fresh && role->uses > 0);
	roles->uses--;
	if (--role->uses > 0)
		return;
	index_remove(roles->index, hash_of(roles, index), index);
	role->next = roles->free_place;
	roles->free_place = index;
}

const char *roles_name(const struct roles *roles, uint16_t index)
{
	ASSERT(index < roles->fresh && roles->at[index].uses > 0);
	return roles->at[index].name;
}

uint32_t roles_uses(const struct roles *roles)
{
	return roles->uses;
}
