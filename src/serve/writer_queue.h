/* writer_queue: what waits for the writer: commands in a list, notes of calls in a ring. Both bounded; full means
 * refuse.
 *
 * Commands wake a sleeping writer at once. Notes wake it only where it sleeps for want of any work: a writer that
 * lingers to gather notes is left alone until half the ring is full.
 *
 * Cost: a command is a short lock; a note is a compare-and-swap and a copy, no lock. Memory: the ring is reserved
 * at the start. Threads: writer_queue_command, writer_queue_note and the depths from any; the rest from the writer.
 */
#ifndef WRITER_QUEUE_H
#define WRITER_QUEUE_H

#include "serve/writer.h"

struct writer_queue;

/* One of the two, in the order of their coming. */
struct writer_item {
	bool is_report;
	union {
		struct call_note note;
		struct call_report report;
	};
};

/* call_max is rounded up to a power of two. NULL without memory. */
struct writer_queue *writer_queue_new(uint32_t command_max, uint32_t call_max);
void writer_queue_free(struct writer_queue *queue);

/* ERR_OVERLOADED: full or stopped. */
MUST_CHECK enum err writer_queue_command(struct writer_queue *queue, struct command *command);
bool writer_queue_full(const struct writer_queue *queue); /* or stopped, without the lock */
/* Copied. False: full or stopped. */
bool writer_queue_note(struct writer_queue *queue, const struct call_note *note);
bool writer_queue_report(struct writer_queue *queue, const struct call_report *report);

/* Up to `max` commands, oldest first, linked by next; NULL when none waits. */
struct command *writer_queue_take(struct writer_queue *queue, uint32_t max);

/* The i-th item that waits; NULL when there are not so many. It stays until it is dropped. */
const struct writer_item *writer_queue_peek(const struct writer_queue *queue, uint32_t i);
void writer_queue_drop(struct writer_queue *queue, uint32_t n);

/* Sleeps until a command waits, the queue is stopped, half the ring is full (WAIT_MANY) or a note waits (WAIT_ANY);
 * `timeout_ms` at most. */
enum writer_wait { WAIT_COMMANDS = 1, WAIT_MANY, WAIT_ANY };
void writer_queue_wait(struct writer_queue *queue, enum writer_wait wait, int64_t timeout_ms);

/* From now on everything is refused; wakes the writer. Any thread. */
void writer_queue_stop(struct writer_queue *queue);
bool writer_queue_stopped(const struct writer_queue *queue);

uint32_t writer_queue_commands(const struct writer_queue *queue);
uint32_t writer_queue_items(const struct writer_queue *queue);

#endif
