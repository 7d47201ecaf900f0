#include "serve/writer_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "base/steady.h"

#define AWAKE 0 /* beside enum writer_wait: what the writer sleeps for */

/* A slot is free for position p when turn == 2 * lap(p), and holds item p when turn is one more (D. Vyukov's bounded
 * queue; turns begin at 0 so that fresh pages are right as they are). */
struct slot {
	_Atomic uint64_t turn;
	struct writer_item item;
};

struct writer_queue {
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct command *first, **last;
	uint32_t command_max;
	_Atomic uint32_t commands_n;
	_Atomic bool stopped;
	_Atomic int sleeps; /* AWAKE or enum writer_wait */

	struct slot *slots;
	uint64_t size; /* a power of two */
	_Alignas(64) _Atomic uint64_t tail; /* next position to be taken by a sender */
	_Alignas(64) _Atomic uint64_t head; /* oldest position not dropped; only the writer changes it */
};

struct writer_queue *writer_queue_new(uint32_t command_max, uint32_t call_max)
{
	struct writer_queue *queue = aligned_alloc(64, sizeof *queue);
	pthread_condattr_t monotonic;

	ASSERT(command_max > 0 && call_max > 0 && call_max <= 1u << 30);
	if (!queue)
		return NULL;
	memset(queue, 0, sizeof *queue);
	queue->command_max = command_max;
	queue->last = &queue->first;
	for (queue->size = 2; queue->size < call_max;)
		queue->size *= 2;
	queue->slots = memory_map(queue->size * sizeof *queue->slots);
	if (!queue->slots) {
		free(queue);
		return NULL;
	}
	pthread_mutex_init(&queue->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->came, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return queue;
}

void writer_queue_free(struct writer_queue *queue)
{
	if (!queue)
		return;
	ASSERT(!queue->first);
	pthread_mutex_destroy(&queue->lock);
	pthread_cond_destroy(&queue->came);
	memory_unmap(queue->slots, queue->size * sizeof *queue->slots);
	free(queue);
}

enum err writer_queue_command(struct writer_queue *queue, struct command *command)
{
	enum err err = ERR_OVERLOADED;

	pthread_mutex_lock(&queue->lock);
	if (!atomic_load(&queue->stopped) && atomic_load(&queue->commands_n) < queue->command_max) {
		command->next = NULL;
		*queue->last = command;
		queue->last = &command->next;
		atomic_fetch_add(&queue->commands_n, 1);
		if (atomic_load(&queue->sleeps) != AWAKE)
			pthread_cond_signal(&queue->came);
		err = ERR_OK;
	}
	pthread_mutex_unlock(&queue->lock);
	return err;
}

bool writer_queue_full(const struct writer_queue *queue)
{
	return atomic_load(&queue->stopped) || atomic_load(&queue->commands_n) >= queue->command_max;
}

static uint64_t turn_of(const struct writer_queue *queue, uint64_t position)
{
	return position / queue->size * 2;
}

/* The slot of a position that is now ours to fill; NULL: the ring is full. */
static struct slot *claim(struct writer_queue *queue, uint64_t *ret_position)
{
	uint64_t position = atomic_load_explicit(&queue->tail, memory_order_relaxed);

	for (;;) {
		struct slot *slot = &queue->slots[position & (queue->size - 1)];
		uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
		uint64_t unused = turn_of(queue, position);
		if (turn == unused) {
			if (atomic_compare_exchange_weak_explicit(&queue->tail, &position, position + 1,
					    memory_order_relaxed, memory_order_relaxed)) {
				*ret_position = position;
				return slot;
			}
		} else if (turn < unused) {
			return NULL;
		} else {
			position = atomic_load_explicit(&queue->tail, memory_order_relaxed);
		}
	}
}

static void publish(struct writer_queue *queue, struct slot *slot, uint64_t position)
{
	atomic_store_explicit(&slot->turn, turn_of(queue, position) + 1, memory_order_release);
	/* Pairs with the one in writer_queue_wait: either the writer sees the item or we see that it sleeps. */
	atomic_thread_fence(memory_order_seq_cst);
	int sleeps = atomic_load_explicit(&queue->sleeps, memory_order_relaxed);
	if (sleeps == WAIT_ANY || (sleeps == WAIT_MANY && writer_queue_items(queue) > queue->size / 2)) {
		pthread_mutex_lock(&queue->lock);
		pthread_cond_signal(&queue->came);
		pthread_mutex_unlock(&queue->lock);
	}
}

bool writer_queue_note(struct writer_queue *queue, const struct call_note *note)
{
	uint64_t position;
	struct slot *slot = atomic_load(&queue->stopped) ? NULL : claim(queue, &position);

	if (!slot)
		return false;
	slot->item.is_report = false;
	slot->item.note = *note;
	publish(queue, slot, position);
	return true;
}

bool writer_queue_report(struct writer_queue *queue, const struct call_report *report)
{
	uint64_t position;
	struct slot *slot = atomic_load(&queue->stopped) ? NULL : claim(queue, &position);

	if (!slot)
		return false;
	slot->item.is_report = true;
	slot->item.report = *report;
	publish(queue, slot, position);
	return true;
}

struct command *writer_queue_take(struct writer_queue *queue, uint32_t max)
{
	uint32_t n = 0;

	if (atomic_load(&queue->commands_n) == 0)
		return NULL;
	pthread_mutex_lock(&queue->lock);
	struct command *list = queue->first, **cut = &queue->first;
	while (*cut && n < max) {
		cut = &(*cut)->next;
		n++;
	}
	queue->first = *cut;
	if (n > 0)
		*cut = NULL;
	if (!queue->first)
		queue->last = &queue->first;
	atomic_fetch_sub(&queue->commands_n, n);
	pthread_mutex_unlock(&queue->lock);
	return n ? list : NULL;
}

const struct writer_item *writer_queue_peek(const struct writer_queue *queue, uint32_t i)
{
	uint64_t position = atomic_load_explicit(&queue->head, memory_order_relaxed) + i;
	struct slot *slot = &queue->slots[position & (queue->size - 1)];

	if (i >= queue->size || atomic_load_explicit(&slot->turn, memory_order_acquire) != turn_of(queue, position) + 1)
		return NULL;
	return &slot->item;
}

void writer_queue_drop(struct writer_queue *queue, uint32_t n)
{
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);

	for (uint32_t i = 0; i < n; i++, head++) {
		struct slot *slot = &queue->slots[head & (queue->size - 1)];
		ASSERT(atomic_load_explicit(&slot->turn, memory_order_relaxed) == turn_of(queue, head) + 1);
		atomic_store_explicit(&slot->turn, turn_of(queue, head) + 2, memory_order_release);
	}
	atomic_store_explicit(&queue->head, head, memory_order_relaxed);
}

static bool has_work(const struct writer_queue *queue, enum writer_wait wait)
{
	if (atomic_load(&queue->commands_n) > 0 || atomic_load(&queue->stopped))
		return true;
	switch (wait) {
	case WAIT_ANY:
		return writer_queue_peek(queue, 0) != NULL;
	case WAIT_MANY:
		return writer_queue_items(queue) > queue->size / 2;
	case WAIT_COMMANDS:
		break;
	}
	return false;
}

void writer_queue_wait(struct writer_queue *queue, enum writer_wait wait, int64_t timeout_ms)
{
	struct timespec deadline = steady_in(timeout_ms);

	pthread_mutex_lock(&queue->lock);
	atomic_store(&queue->sleeps, (int)wait);
	atomic_thread_fence(memory_order_seq_cst);
	while (!has_work(queue, wait))
		if (pthread_cond_timedwait(&queue->came, &queue->lock, &deadline) != 0)
			break;
	atomic_store(&queue->sleeps, AWAKE);
	pthread_mutex_unlock(&queue->lock);
}

void writer_queue_stop(struct writer_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	atomic_store(&queue->stopped, true);
	pthread_cond_signal(&queue->came);
	pthread_mutex_unlock(&queue->lock);
}

bool writer_queue_stopped(const struct writer_queue *queue)
{
	return atomic_load(&queue->stopped);
}

uint32_t writer_queue_commands(const struct writer_queue *queue)
{
	return atomic_load_explicit(&queue->commands_n, memory_order_relaxed);
}

uint32_t writer_queue_items(const struct writer_queue *queue)
{
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

	return tail > head ? (uint32_t)(tail - head) : 0;
}
