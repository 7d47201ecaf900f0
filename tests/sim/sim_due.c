/* Copies of events that are to come, the next one first: a heap. */
#include "sim/sim.h"

#define HEAP 20000

static struct due heap[HEAP];
static int heap_n;

static void swap(int a, int b)
{
	struct due due = heap[a];

	heap[a] = heap[b];
	heap[b] = due;
}

void due_put(struct due due)
{
	int at = heap_n++;

	ASSERT(heap_n <= HEAP);
	heap[at] = due;
	for (; at > 0 && heap[at].ms < heap[(at - 1) / 2].ms; at = (at - 1) / 2)
		swap(at, (at - 1) / 2);
}

struct due due_take(void)
{
	struct due due = heap[0];

	heap[0] = heap[--heap_n];
	for (int at = 0, child; (child = 2 * at + 1) < heap_n; at = child) {
		if (child + 1 < heap_n && heap[child + 1].ms < heap[child].ms)
			child++;
		if (heap[at].ms <= heap[child].ms)
			break;
		swap(at, child);
	}
	return due;
}

int64_t due_ms(void)
{
	return heap_n ? heap[0].ms : INT64_MAX;
}

void due_none(void)
{
	heap_n = 0;
}
