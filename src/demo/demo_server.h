/* demo_server: the demo's child process: this very program as `bauta serve`, so that what is shown is what is
 * run.
 *
 * The child is in a process group of its own (Ctrl-C is ours to handle) and dies with us, however we die. Its
 * standard error goes to a file that is searched for numbers at the end. It sees no BAUTA_ variable. */
#ifndef DEMO_SERVER_H
#define DEMO_SERVER_H

#include <sys/types.h>

#include "demo/demo_stop.h"

struct demo_server {
	struct demo_stop *stop;
	const char *config; /* path of bauta.yaml */
	const char *log;    /* path of what it writes on standard error; appended */
	pid_t pid;          /* 0: none runs */
	int out;            /* our end of its standard output; -1 */
	int status;         /* how the last one ended, as of waitpid(2) */
	char url[300];      /* "http://127.0.0.1:39167" */
	char key[100];      /* the API key that its first start printed */
};

/* Waits for its `ready`. `listen` NULL: where the configuration says. False: it did not start (what it said
 * is in the log) or we were told to stop; then no child is left. */
bool demo_server_start(struct demo_server *server, const char *listen);

/* "exit status 1", "Aborted": of the last one. */
const char *demo_server_ending(const struct demo_server *server, char text[64]);

/* SIGKILL: nothing is written, nothing is said. */
void demo_server_kill(struct demo_server *server);

/* SIGTERM, then SIGKILL if it takes longer than 15 s. True: it ended in good order. Nothing when none runs.
 */
bool demo_server_end(struct demo_server *server);

/* True if it is running; reaps it otherwise. */
bool demo_server_runs(struct demo_server *server);

#endif
