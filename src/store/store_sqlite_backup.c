/* A copy by VACUUM INTO: consistent, while the server goes on, and without what was deleted or erased. */
#include "base/folder.h"
#include "store/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static enum err vacuum_into(sqlite3 *db, const char *path, char ret_error[256])
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &st, NULL);
	if (code == SQLITE_OK) {
		sqlite_bind_str(st, 1, str_of(path));
		code = sqlite3_step(st);
	}
	enum err err = sqlite_err(code);
	if (err != ERR_OK)
		sqlite_explain(db, err, "backup", ret_error);
	sqlite3_finalize(st);
	return err == ERR_STORE_REFUSED ? ERR_STORE_FAILED : err;
}

static bool sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool good = fsync(fd) == 0;
	close(fd);
	return good && folder_sync_of(path);
}

enum err sqlite_backup(struct store_reader *reader, const char *path, char ret_error[256])
{
	const struct store_sqlite *store = store_sqlite_of(reader->store);
	sqlite3 *db;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(ret_error, 256, "backup %.150s: %s", path, strerror(errno));
		return ERR_STORE_FAILED;
	}
	close(fd);
	enum err err = sqlite_connect(store->path, SQLITE_OPEN_READONLY, &db, ret_error);
	if (err == ERR_OK) {
		err = vacuum_into(db, path, ret_error);
		sqlite3_close(db);
	}
	if (err == ERR_OK && !sync_file(path)) {
		snprintf(ret_error, 256, "backup %.150s: %s", path, strerror(errno));
		err = ERR_STORE_FAILED;
	}
	if (err != ERR_OK)
		unlink(path);
	return err;
}
