#include "core_dump.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/check.h"

/* The leak sanitizer looks into its own process as a debugger would. */
#if defined(__SANITIZE_ADDRESS__)
#define LOOKED_INTO 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LOOKED_INTO 1
#endif
#endif
#ifndef LOOKED_INTO
#define LOOKED_INTO 0
#endif

void core_dump_forbid(void)
{
	const char *allow = getenv("BAUTA_ALLOW_CORE");
	struct rlimit limit;

	if (LOOKED_INTO || (allow && strcmp(allow, "1") == 0))
		return;
	/* The first holds also where cores go through a pipe, which no limit stops. */
	ASSERT(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	ASSERT(getrlimit(RLIMIT_CORE, &limit) == 0);
	limit.rlim_cur = 0;
	ASSERT(setrlimit(RLIMIT_CORE, &limit) == 0);
}
