/* Files of the database in memory: "*.db", "*.db-wal", "*.db-journal"; all others are the default's. A fork has files of its own.
 * Of locks this alone counts: who closes a connection must know whether it is the last. */
#include "fault/fault.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

#define FILES 4
#define REGIONS 8

struct content {
	char path[256];
	unsigned char *bytes, *kept;
	size_t n, kept_n;
	bool there, kept_there;
	int readers; /* connections that hold a lock of it, as each does from its first look to its end */
	void *shm[REGIONS];
};

struct disk_file {
	sqlite3_file base;
	struct content *content;
	int lock;
};

static struct content contents[FILES];
static sqlite3_vfs *real;
static struct fault_count count;

static bool is_ours(const char *path)
{
	const char *db = path ? strstr(path, ".db") : NULL;

	return db && (!db[3] || !strcmp(db, ".db-wal") || !strcmp(db, ".db-journal"));
}

static struct content *content_of(const char *path)
{
	struct content *unused = NULL;

	for (int i = 0; i < FILES; i++) {
		if (strcmp(contents[i].path, path) == 0)
			return &contents[i];
		if (!contents[i].path[0] && !unused)
			unused = &contents[i];
	}
	ASSERT(unused && strlen(path) < sizeof unused->path);
	snprintf(unused->path, sizeof unused->path, "%s", path);
	return unused;
}

static struct content *of(sqlite3_file *file)
{
	return ((struct disk_file *)file)->content;
}

static void resize(struct content *content, size_t n)
{
	fault_hold();
	content->bytes = realloc(content->bytes, n + 1);
	fault_go_on();
	ASSERT(content->bytes);
	if (n > content->n)
		memset(content->bytes + content->n, 0, n - content->n);
	content->n = n;
}

static int disk_lock(sqlite3_file *file, int lock)
{
	struct disk_file *ours = (struct disk_file *)file;

	if (lock == SQLITE_LOCK_EXCLUSIVE && ours->content->readers > (ours->lock > SQLITE_LOCK_NONE))
		return SQLITE_BUSY;
	ours->content->readers += (lock > SQLITE_LOCK_NONE) - (ours->lock > SQLITE_LOCK_NONE);
	ours->lock = lock;
	return SQLITE_OK;
}

static int disk_close(sqlite3_file *file)
{
	return disk_lock(file, SQLITE_LOCK_NONE);
}

static int disk_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
	struct content *content = of(file);
	size_t from = (size_t)at, there = from < content->n ? content->n - from : 0;

	if (fault_fails(&count))
		return SQLITE_IOERR_READ;
	if (there > (size_t)n)
		there = (size_t)n;
	if (there)
		memcpy(bytes, content->bytes + from, there);
	memset((char *)bytes + there, 0, (size_t)n - there);
	return there == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	struct content *content = of(file);

	if (fault_fails(&count))
		return SQLITE_FULL;
	if ((size_t)at + (size_t)n > content->n)
		resize(content, (size_t)at + (size_t)n);
	memcpy(content->bytes + at, bytes, (size_t)n);
	return SQLITE_OK;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (fault_fails(&count))
		return SQLITE_IOERR_TRUNCATE;
	resize(of(file), (size_t)size);
	return SQLITE_OK;
}

static int disk_sync(sqlite3_file *file, int flags)
{
	(void)file, (void)flags;
	return fault_fails(&count) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)of(file)->n;
	return SQLITE_OK;
}

static int disk_reserved(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int disk_control(sqlite3_file *file, int op, void *argument)
{
	(void)file, (void)op, (void)argument;
	return SQLITE_NOTFOUND;
}

static int disk_sector(sqlite3_file *file)
{
	(void)file;
	return 4096;
}

static int disk_device(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int disk_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	struct content *content = of(file);

	ASSERT(page < REGIONS);
	if (!content->shm[page] && extend) {
		fault_hold();
		content->shm[page] = calloc(1, (size_t)size);
		fault_go_on();
		ASSERT(content->shm[page]);
	}
	*out = content->shm[page];
	return SQLITE_OK;
}

static int disk_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	(void)file, (void)offset, (void)n, (void)flags;
	return SQLITE_OK;
}

static void disk_shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static void forget_shm(struct content *content)
{
	for (int i = 0; i < REGIONS; i++) {
		free(content->shm[i]);
		content->shm[i] = NULL;
	}
}

static int disk_shm_unmap(sqlite3_file *file, int gone)
{
	if (gone)
		forget_shm(of(file));
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_size,
	.xLock = disk_lock,
	.xUnlock = disk_lock,
	.xCheckReservedLock = disk_reserved,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector,
	.xDeviceCharacteristics = disk_device,
	.xShmMap = disk_shm_map,
	.xShmLock = disk_shm_lock,
	.xShmBarrier = disk_shm_barrier,
	.xShmUnmap = disk_shm_unmap,
};

/* What was made on the real disk, which is a new database without rows. */
static void fill(struct content *content)
{
	FILE *file = fopen(content->path, "rbe");
	unsigned char bytes[4096];
	size_t n;

	while (file && (n = fread(bytes, 1, sizeof bytes, file)) > 0) {
		size_t at = content->n;
		resize(content, at + n);
		memcpy(content->bytes + at, bytes, n);
	}
	if (file)
		fclose(file);
	content->there = true;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct disk_file *ours = (struct disk_file *)file;

	(void)vfs;
	if (!is_ours(name))
		return real->xOpen(real, name, file, flags, ret_flags);
	ours->base.pMethods = NULL;
	ours->lock = SQLITE_LOCK_NONE;
	if (fault_fails(&count))
		return SQLITE_CANTOPEN;
	ours->content = content_of(name);
	if (!ours->content->there) {
		fault_hold();
		fill(ours->content);
		fault_go_on();
	}
	ours->base.pMethods = &methods;
	if (ret_flags)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	if (!is_ours(name))
		return real->xDelete(real, name, sync);
	if (fault_fails(&count))
		return SQLITE_IOERR_DELETE;
	struct content *content = content_of(name);
	if (content->there)
		resize(content, 0);
	content->there = false;
	return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
	(void)vfs;
	if (!is_ours(name))
		return real->xAccess(real, name, flags, ret_there);
	struct content *content = content_of(name);
	*ret_there = content->there && (content->n > 0 || flags != SQLITE_ACCESS_EXISTS);
	return SQLITE_OK;
}

void fault_disk_install(void)
{
	static sqlite3_vfs vfs;

	real = sqlite3_vfs_find(NULL);
	vfs = *real;
	vfs.zName = "fault";
	if (vfs.szOsFile < (int)sizeof(struct disk_file))
		vfs.szOsFile = (int)sizeof(struct disk_file);
	vfs.xOpen = disk_open;
	vfs.xDelete = disk_delete;
	vfs.xAccess = disk_access;
	int code = sqlite3_vfs_register(&vfs, 1);
	ASSERT(code == SQLITE_OK);
}

void fault_disk_keep(void)
{
	for (int i = 0; i < FILES; i++) {
		struct content *content = &contents[i];
		content->kept = realloc(content->kept, content->n + 1);
		ASSERT(content->kept);
		if (content->n)
			memcpy(content->kept, content->bytes, content->n);
		content->kept_n = content->n;
		content->kept_there = content->there;
	}
}

void fault_disk_back(void)
{
	for (int i = 0; i < FILES; i++) {
		struct content *content = &contents[i];
		resize(content, content->kept_n);
		if (content->n)
			memcpy(content->bytes, content->kept, content->n);
		content->there = content->kept_there;
		forget_shm(content);
	}
}

const struct fault_kind fault_disk = {"act on the disk", &count, NULL};
