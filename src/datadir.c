#include "datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err refuse(char ret_error[256], const char *path, const char *why)
{
	/* A path may be longer than the sentence: its beginning is shown. */
	snprintf(ret_error, 256, "%.150s: %.100s", path, why);
	return ERR_STORE_REFUSED;
}

static bool join(char path[DATADIR_PATH_SIZE], const char *folder, const char *name)
{
	int len = snprintf(path, DATADIR_PATH_SIZE, "%s/%s", folder, name);

	return len > 0 && len < DATADIR_PATH_SIZE;
}

enum err datadir_of(
	const char *folder, const char *key_file, struct datadir *ret_datadir, char ret_error[256])
{
	struct datadir datadir;

	if (!folder)
		folder = DATADIR_DEFAULT;
	if (folder[0] == '\0')
		return refuse(ret_error, "data folder", "its name is empty");

	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		len--;
	if (len >= sizeof datadir.folder)
		return refuse(ret_error, folder, "the name is too long");
	memcpy(datadir.folder, folder, len);
	datadir.folder[len] = '\0';

	bool fits = join(datadir.database, datadir.folder, "bauta.db") &&
		    join(datadir.lock, datadir.folder, "bauta.lock") &&
		    join(datadir.key, datadir.folder, "bauta.key");
	if (fits && key_file)
		fits = key_file[0] != '\0' &&
		       snprintf(datadir.key, sizeof datadir.key, "%s", key_file) < (int)sizeof datadir.key;
	if (!fits)
		return refuse(ret_error, key_file ? key_file : folder, "the name is too long or empty");
	*ret_datadir = datadir;
	return ERR_OK;
}

/* The folders above the last part of the path. One that can't be made shows when the last one is made. */
static void make_parents(const char *folder)
{
	char path[DATADIR_PATH_SIZE];

	snprintf(path, sizeof path, "%s", folder);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return;
		*slash = '/';
	}
}

enum err datadir_make(const struct datadir *datadir, char ret_error[256])
{
	struct stat is;

	make_parents(datadir->folder);
	if (mkdir(datadir->folder, 0700) != 0 && errno != EEXIST)
		return refuse(ret_error, datadir->folder, strerror(errno));
	if (stat(datadir->folder, &is) != 0)
		return refuse(ret_error, datadir->folder, strerror(errno));
	if (!S_ISDIR(is.st_mode))
		return refuse(ret_error, datadir->folder, "this is not a folder");
	if (access(datadir->folder, R_OK | W_OK | X_OK) != 0)
		return refuse(ret_error, datadir->folder, strerror(errno));
	return ERR_OK;
}

bool datadir_has_database(const struct datadir *datadir)
{
	return access(datadir->database, F_OK) == 0;
}

enum err datadir_lock(const struct datadir *datadir, int *ret_lock, char ret_error[256])
{
	int lock = open(datadir->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (lock < 0)
		return refuse(ret_error, datadir->lock, strerror(errno));
	if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
		int why = errno;
		close(lock);
		return refuse(ret_error, datadir->folder,
			why == EWOULDBLOCK ? "another bauta serves this folder" : strerror(why));
	}
	*ret_lock = lock;
	return ERR_OK;
}
