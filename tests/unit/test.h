/* test: what unit tests share: cmocka in its order, seeds that can be repeated, expected deaths. */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

/* The same on every run unless BAUTA_SEED says otherwise; printed, so that a failure can be repeated. */
static inline uint64_t test_seed(void)
{
	const char *text = getenv("BAUTA_SEED");
	uint64_t seed = 20261122;

	if (text)
		str_u64(str_of(text), &seed);
	printf("# BAUTA_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

/* Runs `body` in a child and tells whether an ASSERT ended it. */
static inline bool test_dies(void (*body)(void *data), void *data)
{
	int status = 0;

	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		body(data);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
