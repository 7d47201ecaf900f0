#include "fault/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef FAULT_SANITIZED
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *at, size_t size);
void *REAL(memalign)(size_t alignment, size_t size);

#define FRAMES 24
#ifdef FAULT_SANITIZED
#define EARLY __attribute__((no_sanitize("address", "undefined"))) /* called before a sanitizer has its tables */
#else
#define EARLY
#endif

static struct fault_count count;
static int held;
static void *frames[FRAMES];
static int frames_n;

void fault_hold(void)
{
	held++;
}

void fault_go_on(void)
{
	held--;
}

/* libphonenumber takes it for granted that ICU makes what it asks for: an assertion of its own ends the process. That can't be
 * mended here, and need not be tried: nothing is begun when a number is read. */
static void end_if_must(void)
{
	Dl_info about;

	for (int i = 0; i < frames_n && !getenv("FAULT_ICU"); i++)
		if (dladdr(frames[i], &about) && about.dli_fname && strstr(about.dli_fname, "libicu"))
			_exit(FAULT_ENDS);
}

EARLY static bool fails(void)
{
	if (!count.armed || held || !fault_fails(&count)) /* not armed: sanitizers may not be ready for the call */
		return false;
	if (count.failed == 1) {
		held++;
		frames_n = backtrace(frames, FRAMES);
		end_if_must();
		held--;
	}
	errno = ENOMEM;
	return true;
}

EARLY void *malloc(size_t size)
{
	return fails() ? NULL : REAL(malloc)(size);
}

EARLY void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : REAL(calloc)(n, size);
}

EARLY void *realloc(void *at, size_t size)
{
	return fails() ? NULL : REAL(realloc)(at, size);
}

EARLY void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : REAL(memalign)(alignment, size);
}

EARLY void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : REAL(memalign)(alignment, size);
}

EARLY int posix_memalign(void **ret_at, size_t alignment, size_t size)
{
	void *at = fails() ? NULL : REAL(memalign)(alignment, size);

	if (!at)
		return ENOMEM;
	*ret_at = at;
	return 0;
}

static void where(void)
{
	backtrace_symbols_fd(frames, frames_n, STDERR_FILENO);
}

/* Its first call allocates. */
__attribute__((constructor)) static void look_once(void)
{
	(void)backtrace(frames, FRAMES);
}

const struct fault_kind fault_memory = {"allocation", &count, where};
