/* tsan_threads: what makes librdkafka fit for the thread sanitizer: C11 threads in terms of POSIX threads, and
 * narrow suppressions.
 *
 * Debian's librdkafka calls glibc's C11 threads, which the sanitizer of clang 14 does not know: a thread that it did not
 * see begin crashes in its first memcpy, and a lock that it did not see orders nothing. A program's own functions come
 * before glibc's, so these stand in for them. glibc's mtx_t and cnd_t are as large as POSIX's types, its thrd_t is
 * pthread_t. Included once, by the test; without the sanitizer there is nothing here.
 */
#ifndef TSAN_THREADS_H
#define TSAN_THREADS_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t), "one holds the other");

/* librdkafka is not instrumented: the sanitizer can't see its counts of references, and takes the last one's free() for a
 * race. So what it does in free(), memcpy() and the like is left out; its locks count, and so does every access of ours,
 * in its callbacks too. The making of a lock that its own counts hand on is left out with it. */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
	return "called_from_lib:librdkafka.so.1\n"
	       "race:^mtx_\n"
	       "race:^cnd_\n";
}

struct tsan_begin {
	thrd_start_t run;
	void *argument;
};

static void *tsan_run(void *at)
{
	struct tsan_begin begin = *(struct tsan_begin *)at;

	free(at);
	return (void *)(intptr_t)begin.run(begin.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *argument)
{
	struct tsan_begin *begin = malloc(sizeof *begin);

	if (!begin)
		return thrd_nomem;
	*begin = (struct tsan_begin){run, argument};
	if (pthread_create(thread, NULL, tsan_run, begin) == 0)
		return thrd_success;
	free(begin);
	return thrd_error;
}

int thrd_join(thrd_t thread, int *ret_result)
{
	void *result = NULL;

	if (pthread_join(thread, &result) != 0)
		return thrd_error;
	if (ret_result)
		*ret_result = (int)(intptr_t)result;
	return thrd_success;
}

int mtx_init(mtx_t *mutex, int type)
{
	pthread_mutexattr_t kind;

	pthread_mutexattr_init(&kind);
	if (type & mtx_recursive)
		pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
	int err = pthread_mutex_init((pthread_mutex_t *)mutex, &kind);
	pthread_mutexattr_destroy(&kind);
	return err == 0 ? thrd_success : thrd_error;
}

int mtx_lock(mtx_t *mutex)
{
	return pthread_mutex_lock((pthread_mutex_t *)mutex) == 0 ? thrd_success : thrd_error;
}

int mtx_unlock(mtx_t *mutex)
{
	return pthread_mutex_unlock((pthread_mutex_t *)mutex) == 0 ? thrd_success : thrd_error;
}

void mtx_destroy(mtx_t *mutex)
{
	pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *condition)
{
	return pthread_cond_init((pthread_cond_t *)condition, NULL) == 0 ? thrd_success : thrd_error;
}

int cnd_signal(cnd_t *condition)
{
	return pthread_cond_signal((pthread_cond_t *)condition) == 0 ? thrd_success : thrd_error;
}

int cnd_broadcast(cnd_t *condition)
{
	return pthread_cond_broadcast((pthread_cond_t *)condition) == 0 ? thrd_success : thrd_error;
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
	return pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex) == 0 ? thrd_success : thrd_error;
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
	switch (pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until)) {
	case 0:
		return thrd_success;
	case ETIMEDOUT:
		return thrd_timedout;
	default:
		return thrd_error;
	}
}

void cnd_destroy(cnd_t *condition)
{
	pthread_cond_destroy((pthread_cond_t *)condition);
}

#endif
#endif

#endif
