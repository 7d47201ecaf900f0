/* datadir: what lies where in a data folder, for everybody who touches one: serve, key, backup, verify, demo.
 *
 *   DATA/            0700
 *     bauta.db       the database (and bauta.db-wal, bauta.db-shm while it is open)
 *     bauta.key      encryption keys (crypto/vault.h), unless the configuration names another file
 *     bauta.lock     held by the server, so that a folder never has two; the other commands don't take it
 *
 * Errors: ERR_STORE_REFUSED with one sentence in ret_error.
 */
#ifndef DATADIR_H
#define DATADIR_H

#include <stdbool.h>

#include "base/err.h"

#define DATADIR_DEFAULT "./bauta-data"
#define DATADIR_PATH_SIZE 1024

struct datadir {
	char folder[DATADIR_PATH_SIZE];
	char database[DATADIR_PATH_SIZE];
	char key[DATADIR_PATH_SIZE];
	char lock[DATADIR_PATH_SIZE];
};

/* Names only, nothing is touched. `folder` NULL: DATADIR_DEFAULT; `key_file` NULL: bauta.key in the folder.
 * Refused: a path that is too long or empty. */
MUST_CHECK enum err datadir_of(
	const char *folder, const char *key_file, struct datadir *ret_datadir, char ret_error[256]);

/* Makes the folder, 0700, and what is missing above it, 0755. One that is there is taken as it is, if it is
 * a folder that we may write to. */
MUST_CHECK enum err datadir_make(const struct datadir *datadir, char ret_error[256]);

/* True when there is a database in it. */
bool datadir_has_database(const struct datadir *datadir);

/* Takes the lock until *ret_lock is closed or the process ends, however it ends. Refused at once when another
 * process holds it; never waits. */
MUST_CHECK enum err datadir_lock(const struct datadir *datadir, int *ret_lock, char ret_error[256]);

#endif
