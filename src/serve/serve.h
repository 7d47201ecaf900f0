/* serve: everything that one running bauta holds, from configuration to answering and back. For serve*.c.
 *
 *   serve_command.c  `bauta serve`: the main thread: signals, clock, watchdog
 *   serve.c          makes the parts in order, and takes them apart in the other
 *   serve_load.c     what the store holds -> engine, calls, Idempotency-Keys
 *   serve_keys.c     API keys: the first one, and all of them again when they changed
 *   serve_http.c     which request is whose
 */
#ifndef SERVE_H
#define SERVE_H

#include "serve/clock.h"
#include "datadir.h"
#include "serve/server.h"
#include "store/store.h"
#include "serve/writer_calls.h"
#include "serve/writer_health.h"

#define SERVE_ERROR_SIZE 512

struct serve {
	struct config *config;      /* the caller's */
	struct datadir datadir;
	int lock;                   /* -1: not taken */
	struct server server;
	struct http_server *admin;  /* NULL: none */
	struct http_handler handler, admin_handler;
	struct writer_calls *calls;
	struct writer_health *health;
	bool lock_made;             /* server.attempts_lock */
	char url[300];              /* where it answers: "http://127.0.0.1:8080" */
	char first_key[100];        /* "" unless this start made one */
	pthread_t main_thread;      /* SIGUSR1 goes there when the store failed for good */
	_Atomic bool must_stop;
};

/* Everything but answering: opened, loaded, listening. On error nothing is left and ret_error is one sentence. The
 * calling thread is the one that gets SIGUSR1; it has blocked it. */
MUST_CHECK enum err serve_open(struct config *config, struct serve **ret_serve, char ret_error[SERVE_ERROR_SIZE]);

/* Threads begin; when it returns the server answers. */
MUST_CHECK enum err serve_start(struct serve *serve, char ret_error[SERVE_ERROR_SIZE]);

/* readyz says 503; what is in flight is answered, for `grace_ms` at most; connections close. */
void serve_drain(struct serve *serve, uint32_t grace_ms);

/* Stops what runs, closes, frees. NULL is ignored. */
void serve_close(struct serve *serve);

/* --- serve_load.c --- */
MUST_CHECK enum err serve_load(struct serve *serve, char ret_error[SERVE_ERROR_SIZE]);

/* --- serve_keys.c --- */

/* All keys of the store into the keyring; makes the first one where there is none. Before the writer runs. */
MUST_CHECK enum err serve_keys_open(struct serve *serve, char ret_error[SERVE_ERROR_SIZE]);
/* In the writer's thread (it is the store's and the engine's). */
bool serve_keys_changed(void *serve); /* false: they could not be read, the old ones stay in force */
/* Any thread: asks the writer for the above. */
void serve_keys_ask(struct serve *serve);

/* --- serve_http.c: handlers; their context is to be a struct serve --- */
extern const struct http_handler serve_handler, serve_admin_handler;

#endif
