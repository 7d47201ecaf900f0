/* For store_fault_test.py, by LD_PRELOAD: while the file that $FAIL_SYNC names is there, fsync() and fdatasync() fail with EIO;
 * so do writes at a place of a file with $FAIL_WRITE, and reads with $FAIL_READ: these are SQLite's alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(const char *variable)
{
	const char *path = getenv(variable);

	if (!path || access(path, F_OK) != 0)
		return 0;
	errno = EIO;
	return 1;
}

static int sync_or_fail(const char *name, int fd)
{
	int (*real)(int);

	if (fails("FAIL_SYNC"))
		return -1;
	*(void **)&real = dlsym(RTLD_NEXT, name);
	return real(fd);
}

int fsync(int fd)
{
	return sync_or_fail("fsync", fd);
}

int fdatasync(int fd)
{
	return sync_or_fail("fdatasync", fd);
}

static ssize_t write_or_fail(const char *name, int fd, const void *bytes, size_t len, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t);

	if (fails("FAIL_WRITE"))
		return -1;
	*(void **)&real = dlsym(RTLD_NEXT, name);
	return real(fd, bytes, len, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return write_or_fail("pwrite", fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return write_or_fail("pwrite64", fd, bytes, len, at);
}

static ssize_t read_or_fail(const char *name, int fd, void *bytes, size_t len, off64_t at)
{
	ssize_t (*real)(int, void *, size_t, off64_t);

	if (fails("FAIL_READ"))
		return -1;
	*(void **)&real = dlsym(RTLD_NEXT, name);
	return real(fd, bytes, len, at);
}

ssize_t pread(int fd, void *bytes, size_t len, off_t at)
{
	return read_or_fail("pread", fd, bytes, len, at);
}

ssize_t pread64(int fd, void *bytes, size_t len, off64_t at)
{
	return read_or_fail("pread64", fd, bytes, len, at);
}
