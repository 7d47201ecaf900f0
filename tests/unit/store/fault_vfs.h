/* fault_vfs: an SQLite file system that fails the n-th write or sync from now on; everything else is the default's. Whoever wants to
 * know of each write, truncation and sync sets fault_watch (power_cut.h). */
#ifndef UNIT_FAULT_VFS_H
#define UNIT_FAULT_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Calls left until one fails; below 0: none does. */
static int fault_writes = -1, fault_syncs = -1;
static int fault_write_code = SQLITE_FULL;

struct fault_file {
	sqlite3_file base;
	sqlite3_file *real;
	const char *path; /* SQLite's, as long as the file is open; NULL: a temporary one */
};

enum fault_act { FAULT_OPEN, FAULT_READ, FAULT_WRITE, FAULT_TRUNCATE, FAULT_SYNC };
/* Before it is done; true: it fails. `at` is the size of a truncation. NULL: nobody watches. */
static bool (*fault_watch)(const char *path, enum fault_act act, const void *bytes, size_t n, size_t at);

static bool fault_seen(sqlite3_file *file, enum fault_act act, const void *bytes, size_t n, size_t at)
{
	const char *path = ((struct fault_file *)file)->path;

	return fault_watch && path && fault_watch(path, act, bytes, n, at);
}

static sqlite3_vfs *fault_real_vfs;

static sqlite3_file *fault_real(sqlite3_file *file)
{
	return ((struct fault_file *)file)->real;
}

static int fault_due(int *left)
{
	if (*left < 0)
		return 0;
	if (*left > 0) {
		(*left)--;
		return 0;
	}
	return 1; /* and so do all that follow */
}

static int fault_close(sqlite3_file *file)
{
	int code = fault_real(file)->pMethods->xClose(fault_real(file));
	free(fault_real(file));
	return code;
}

static int fault_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
	if (fault_seen(file, FAULT_READ, NULL, (size_t)n, (size_t)at))
		return SQLITE_IOERR_READ;
	return fault_real(file)->pMethods->xRead(fault_real(file), bytes, n, at);
}

static int fault_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	if (fault_due(&fault_writes))
		return fault_write_code;
	if (fault_seen(file, FAULT_WRITE, bytes, (size_t)n, (size_t)at))
		return SQLITE_IOERR_WRITE;
	return fault_real(file)->pMethods->xWrite(fault_real(file), bytes, n, at);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (fault_seen(file, FAULT_TRUNCATE, NULL, 0, (size_t)size))
		return SQLITE_IOERR_TRUNCATE;
	return fault_real(file)->pMethods->xTruncate(fault_real(file), size);
}

static int fault_sync(sqlite3_file *file, int flags)
{
	if (fault_due(&fault_syncs))
		return SQLITE_IOERR_FSYNC;
	if (fault_seen(file, FAULT_SYNC, NULL, 0, 0))
		return SQLITE_IOERR_FSYNC;
	if (fault_watch)
		return SQLITE_OK; /* the watcher has a disk of its own; ours may take its time */
	return fault_real(file)->pMethods->xSync(fault_real(file), flags);
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return fault_real(file)->pMethods->xFileSize(fault_real(file), size);
}

static int fault_lock(sqlite3_file *file, int lock)
{
	return fault_real(file)->pMethods->xLock(fault_real(file), lock);
}

static int fault_unlock(sqlite3_file *file, int lock)
{
	return fault_real(file)->pMethods->xUnlock(fault_real(file), lock);
}

static int fault_reserved(sqlite3_file *file, int *out)
{
	return fault_real(file)->pMethods->xCheckReservedLock(fault_real(file), out);
}

static int fault_control(sqlite3_file *file, int op, void *argument)
{
	return fault_real(file)->pMethods->xFileControl(fault_real(file), op, argument);
}

static int fault_sector(sqlite3_file *file)
{
	return fault_real(file)->pMethods->xSectorSize(fault_real(file));
}

static int fault_device(sqlite3_file *file)
{
	return fault_real(file)->pMethods->xDeviceCharacteristics(fault_real(file));
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return fault_real(file)->pMethods->xShmMap(fault_real(file), page, size, extend, out);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return fault_real(file)->pMethods->xShmLock(fault_real(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
	fault_real(file)->pMethods->xShmBarrier(fault_real(file));
}

static int fault_shm_unmap(sqlite3_file *file, int drop)
{
	return fault_real(file)->pMethods->xShmUnmap(fault_real(file), drop);
}

static const sqlite3_io_methods fault_methods = {
	.iVersion = 2,
	.xClose = fault_close,
	.xRead = fault_read,
	.xWrite = fault_write,
	.xTruncate = fault_truncate,
	.xSync = fault_sync,
	.xFileSize = fault_size,
	.xLock = fault_lock,
	.xUnlock = fault_unlock,
	.xCheckReservedLock = fault_reserved,
	.xFileControl = fault_control,
	.xSectorSize = fault_sector,
	.xDeviceCharacteristics = fault_device,
	.xShmMap = fault_shm_map,
	.xShmLock = fault_shm_lock,
	.xShmBarrier = fault_shm_barrier,
	.xShmUnmap = fault_shm_unmap,
};

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct fault_file *fault = (struct fault_file *)file;
	(void)vfs;
	fault->base.pMethods = NULL;
	fault->path = name;
	fault->real = calloc(1, (size_t)fault_real_vfs->szOsFile);
	if (!fault->real)
		return SQLITE_NOMEM;
	int code = fault_real_vfs->xOpen(fault_real_vfs, name, fault->real, flags, ret_flags);
	if (code == SQLITE_OK) {
		fault->base.pMethods = &fault_methods;
		fault_seen(file, FAULT_OPEN, NULL, 0, 0);
	} else {
		free(fault->real);
	}
	return code;
}

/* Becomes the default of the process. */
static inline void fault_vfs_install(void)
{
	static sqlite3_vfs vfs;
	fault_real_vfs = sqlite3_vfs_find(NULL);
	vfs = *fault_real_vfs;
	vfs.zName = "fault";
	vfs.szOsFile = sizeof(struct fault_file);
	vfs.xOpen = fault_open;
	sqlite3_vfs_register(&vfs, 1);
}

#endif
