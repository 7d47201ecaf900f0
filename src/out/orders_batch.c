#include "out/orders_batch.h"

#include "base/check.h"

void orders_batch_init(struct orders_batch *batch, bool by_viewer)
{
	batch->n = 0;
	orders_rows_init(&batch->rows, by_viewer);
}

void orders_batch_done(struct orders_batch *batch)
{
	orders_rows_done(&batch->rows);
}

void orders_batch_reset(struct orders_batch *batch)
{
	batch->n = 0;
	orders_rows_reset(&batch->rows);
}

enum err orders_batch_add(struct orders_batch *batch, const struct outbox_row *row, struct problem *problem)
{
	int first = batch->rows.n;

	ASSERT(batch->n < ORDERS_BATCH_MAX);
	enum err err = orders_rows_add(&batch->rows, row, batch->n, problem);
	if (err == ERR_OK)
		batch->entries[batch->n++] = (struct orders_batch_entry){.row = row, .first = first};
	return err;
}

/* The first row of an entry, or the end of all rows. */
static int first_row(const struct orders_batch *batch, int entry)
{
	return entry < batch->n ? batch->entries[entry].first : batch->rows.n;
}

/* Was an earlier event of its order refused? */
static bool waits(const struct orders_batch *batch, int entry)
{
	const struct outbox_row *row = batch->entries[entry].row;

	for (int i = 0; i < entry; i++) {
		const struct orders_batch_entry *earlier = &batch->entries[i];
		if (earlier->refused && str_equal(earlier->row->key, row->key) &&
			str_equal(earlier->row->tenant, row->tenant))
			return true;
	}
	return false;
}

/* The end of what can be run together: at most `size` entries, none of which waits. */
static int chunk_end(const struct orders_batch *batch, int at, int size)
{
	int end = at;

	while (end < batch->n && end - at < size && !waits(batch, end))
		end++;
	return end;
}

static enum orders_said put_chunk(const struct orders_batch *batch, const struct orders_batch_ends *ends, int at,
	int end, int *ret_entry, char why[ORDERS_WHY_SIZE])
{
	int from = first_row(batch, at), n = first_row(batch, end) - from, row = -1;

	if (n == 0)
		return ORDERS_OK;
	enum orders_said said = ends->put(ends->context, batch->rows.at + from, n, &row, why);
	*ret_entry = row >= 0 ? batch->rows.at[from + row].event : -1;
	return said;
}

static void answer(const struct orders_batch *batch, const struct orders_batch_ends *ends, int at, int end,
	enum sent sent, const char *why)
{
	for (; at < end; at++)
		ends->answer(ends->context, batch->entries[at].row, sent, why);
}

static void refuse(struct orders_batch *batch, const struct orders_batch_ends *ends, int at, const char *why)
{
	batch->entries[at].refused = true;
	answer(batch, ends, at, at + 1, SENT_AGAIN, why);
}

void orders_batch_run(struct orders_batch *batch, const struct orders_batch_ends *ends)
{
	char why[ORDERS_WHY_SIZE];
	int at = 0, size = ORDERS_BATCH_MAX;

	while (at < batch->n) {
		int end = chunk_end(batch, at, size), refused = -1;
		if (end == at) {
			refuse(batch, ends, at++, "an earlier event of this order was refused");
			continue;
		}
		enum orders_said said = put_chunk(batch, ends, at, end, &refused, why);
		if (said == ORDERS_OK) {
			answer(batch, ends, at, end, SENT_DONE, NULL);
			size = (end - at) * 2;
			at = end;
		} else if (said != ORDERS_ROW) {
			answer(batch, ends, at, batch->n, SENT_DOWN, why);
			break;
		} else if (refused == at || end - at == 1) {
			refuse(batch, ends, at++, why);
			size = 1;
		} else {
			size = refused > at ? refused - at : (end - at) / 2;
		}
	}
	orders_batch_reset(batch);
}
