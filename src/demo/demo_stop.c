#include "demo/demo_stop.h"

#include <time.h>

void demo_stop_init(struct demo_stop *stop)
{
	sigset_t blocked;

	sigemptyset(&stop->taken);
	sigaddset(&stop->taken, SIGINT);
	sigaddset(&stop->taken, SIGTERM);
	sigaddset(&stop->taken, SIGHUP);
	blocked = stop->taken;
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &stop->before);
	signal(SIGCHLD, SIG_DFL); /* a parent that ignored it would take our child's end away */
	signal(SIGPIPE, SIG_IGN);
	stop->told = false;
}

bool demo_stop_pause(struct demo_stop *stop, int ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	if (!stop->told && sigtimedwait(&stop->taken, NULL, &time) > 0)
		stop->told = true;
	return !stop->told;
}

bool demo_stop_wait(struct demo_stop *stop)
{
	sigset_t any = stop->taken;
	int got;

	sigaddset(&any, SIGCHLD);
	do
		got = stop->told ? SIGINT : sigwaitinfo(&any, NULL);
	while (got < 0);
	stop->told = stop->told || got != SIGCHLD;
	return stop->told;
}
