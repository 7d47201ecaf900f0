/* store_place: a folder, a key and a SQLite store in it, for each test of its own. */
#ifndef UNIT_STORE_PLACE_H
#define UNIT_STORE_PLACE_H

#include "unit/store/store_fixture.h"

#include "fault_vfs.h"

static struct folder folder;
static struct vault *vault;
static struct vault_use *use;

static inline int set_up(void **state)
{
	(void)state;
	folder_make(&folder);
	vault = vault_of(fixture_keys, 1);
	use = vault_use_new(vault);
	fault_writes = fault_syncs = -1;
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	fault_writes = fault_syncs = -1;
	vault_use_free(use);
	vault_free(vault);
	folder_drop(&folder);
	return 0;
}

static inline struct store *open_store(void)
{
	struct store *store = NULL;
	char error[256] = "";
	enum err err = store_sqlite_open(folder.db, vault, &store, error);
	if (err != ERR_OK)
		print_message("# open: %s\n", error);
	assert_int_equal(err, ERR_OK);
	return store;
}

#endif
