/* task: one API request on its way through the threads: made by a worker, run in the writer, the reader or
 * one after the other, answered once, freed by itself.
 *
 *   worker  task_new() -> fill args -> task_change() | task_query() | task_read()
 *   writer  run():  ERR_OK and an answer in task->out, or task_then_read()
 *   reader  read(): ERR_OK and an answer in task->out, or task_then_change()
 *   any     the answer is given after the batch of the last change is stored; an error is told as a problem
 *
 * Idempotency-Keys are looked after here: a task that is a change and carries a key is looked up before its
 * first run, and kept with its effect by the run that ends it. Audit rows of a run belong to its batch.
 *
 * Memory: `arena` lives as long as the task; jansson's documents don't come along: copy.
 * Threads: one at a time, handed on through the queues.
 */
#ifndef TASK_H
#define TASK_H

#include "api/api.h"
#include "api/session_json.h"

#define TASK_ARENA_MAX (16u << 20)
#define TASK_ANSWER_MAX (8u << 20)
#define TASK_KEEP_S 86400u /* Idempotency-Keys are remembered for a day */

struct task;

enum task_next { TASK_ANSWER, TASK_READ, TASK_CHANGE };

struct task {
	struct command command;
	struct reading reading;
	struct server *server;
	struct http_handle handle;
	struct asker asker;
	struct arena arena;
	void *args; /* the handler's own, in the arena */

	enum err (*run)(struct task *task, struct engine *engine, int64_t now_ms);
	enum err (*read)(struct task *task, struct store_reader *reader);
	/* In the writer, once the batch of the next change is stored; then it is NULL again. NULL: nothing. */
	void (*stored)(struct task *task);
	/* Before the task is freed, for what args hold on the heap. NULL: nothing. */
	void (*done)(struct task *task);
	/* A step failed after one that is stored and stays: gives the answer that tells so, or the error back. NULL: the error
	 * is answered. */
	enum err (*failed)(struct task *task, enum err err);
	enum task_next next;

	int status;             /* of the answer; 204: none is written */
	struct buf out;         /* the answer */
	bool replayed;          /* it was kept with an Idempotency-Key */
	char location[96];      /* "": none */
	uint64_t shown_session; /* the answer is this session and held real numbers: it is not kept */
	struct problem problem;

	bool keyed; /* an Idempotency-Key came along */
	struct idempotency_row kept;
};

/* A task with zeroed args of `size` bytes. NULL without memory. */
struct task *task_new(struct api *api, size_t size);
void task_free(struct task *task);

/* Sends it off. An error (ERR_OVERLOADED) frees it: the handler returns that error. */
MUST_CHECK enum err task_change(
	struct task *task, enum err (*run)(struct task *task, struct engine *engine, int64_t now_ms));
MUST_CHECK enum err task_query(
	struct task *task, enum err (*run)(struct task *task, struct engine *engine, int64_t now_ms));
MUST_CHECK enum err task_read(
	struct task *task, enum err (*read)(struct task *task, struct store_reader *reader));

/* In run and read: the answer is not ready, go on there. */
enum err task_then_read(struct task *task, enum err (*read)(struct task *task, struct store_reader *reader));
enum err task_then_change(
	struct task *task, enum err (*run)(struct task *task, struct engine *engine, int64_t now_ms));

/* May this key see real numbers? */
bool task_reveals(const struct task *task);

/* In a change. Texts are copied. ERR_LIMIT_REACHED. */
MUST_CHECK enum err task_audit(struct task *task, struct engine *engine, int64_t now_ms, const char *action,
	struct str target, struct str detail);

/* In a change: the answer is this session; with real numbers, audited, if the key may see them. */
MUST_CHECK enum err task_show_session(
	struct task *task, struct engine *engine, int64_t now_ms, const struct session_row *row);

/* In the reader: as above for a kept session (goes on to the writer for the audit row). ERR_NOT_FOUND: none,
 * or another tenant's. */
MUST_CHECK enum err task_read_session(
	struct task *task, struct store_reader *reader, uint64_t id, struct session_row **ret_row);
enum err task_show_kept(struct task *task, const struct session_row *row, int64_t now_ms);

/* The time for a reading. */
int64_t task_now_ms(const struct task *task);

#endif
