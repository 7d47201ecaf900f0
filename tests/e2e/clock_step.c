/* For clock_step_test.py, by LD_PRELOAD: the file that $CLOCK_STEP names holds two 64-bit integers, by how many milliseconds
 * the wall clock and the clock since boot are to be ahead of what they are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *ahead_ms;
static int (*real)(clockid_t id, struct timespec *at);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CLOCK_STEP");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 2 * sizeof *ahead_ms, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		abort();
	close(fd);
	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	ahead_ms = map;
}

int clock_gettime(clockid_t id, struct timespec *at)
{
	if (!real) /* before begin() */
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	int failed = real(id, at);
	int64_t ms = !ahead_ms ? 0 : id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE ? ahead_ms[0]
			       : id == CLOCK_BOOTTIME ? ahead_ms[1] : 0;
	int64_t ns = at->tv_nsec + ms % 1000 * 1000000;

	at->tv_sec += ms / 1000 + (ns >= 1000000000) - (ns < 0);
	at->tv_nsec = ns + (ns < 0 ? 1000000000 : ns >= 1000000000 ? -1000000000 : 0);
	return failed;
}

time_t time(time_t *ret_time)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	if (ret_time)
		*ret_time = at.tv_sec;
	return at.tv_sec;
}

int gettimeofday(struct timeval *restrict ret_at, void *restrict zone)
{
	struct timespec at;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &at);
	*ret_at = (struct timeval){at.tv_sec, at.tv_nsec / 1000};
	return 0;
}
