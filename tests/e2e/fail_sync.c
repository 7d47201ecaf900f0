/* For store_fault_test.py, by LD_PRELOAD: fsync() and fdatasync() fail with EIO as long as the file that
 * $FAIL_SYNC names is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int sync_or_fail(const char *name, int fd)
{
	const char *path = getenv("FAIL_SYNC");
	int (*real)(int);

	if (path && access(path, F_OK) == 0) {
		errno = EIO;
		return -1;
	}
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
