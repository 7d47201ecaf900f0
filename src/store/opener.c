#include "store/opener.h"

#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define HELPERS_MIN 2
#define HELPERS_MAX 4
#define PIECES 12
#define PIECE_MAX (256u << 20)
#define AHEAD 6 /* rows: a dozen cache lines each, which come while the rows before it are visited */

struct opener {
	struct opener_options options;
	pthread_mutex_t mutex;
	pthread_cond_t given_more, done_more;
	pthread_t helpers[HELPERS_MAX];
	int helpers_n;
	uint64_t given, taken, visited; /* counts of pieces: visited <= taken <= given <= visited + PIECES */
	bool stop;
	enum err err;
	struct opener_piece pieces[PIECES];
};

static uint64_t vn_number(const struct opener_options *options, uint32_t id)
{
	return id < options->vns_n ? options->vns[id] : 0;
}

enum err opener_open(const struct opener_options *options, struct vault_use *use, struct str blob, struct arena *arena,
	struct session_row *row)
{
	struct sealed sealed;
	enum err err = blob_decode(blob.at, blob.len, arena, row, &sealed);
	if (err != ERR_OK)
		return err;
	for (int i = 0; i < row->parties_n; i++)
		row->parties[i].vn.e164 = vn_number(options, row->parties[i].vn_id);
	for (int i = 0; i < row->views_n; i++)
		row->views[i].vn.e164 = vn_number(options, row->views[i].vn_id);
	return sealed_open(use, &sealed, row);
}

/* While keys rotate, rows that an older key made know people by other names than new requests do: in memory all go
 * by the key that seals, or one pair would be lent twice (S1, S6). Erased numbers and past pairs keep theirs, and are
 * found by the old one. */
static void rename_persons(struct vault_use *use, struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++)
			if (number_is(row->parties[i].numbers[j])) {
				struct party *party = &row->parties[i];
				vault_person(use, party->numbers[j], &party->persons[j]);
				party->persons_old[j] = vault_short_old(use, party->numbers[j]);
			}
}

static void open_piece(struct opener *opener, struct vault_use *use, struct opener_piece *piece)
{
	for (int i = 0; i < piece->n; i++) {
		struct session_row *row = &piece->rows[i];
		row->ref = str_n(piece->bytes.at + piece->texts[i].ref_at, piece->texts[i].ref_len);
		struct str blob = str_n(piece->bytes.at + piece->texts[i].blob_at, piece->texts[i].blob_len);
		piece->errs[i] = opener_open(&opener->options, use, blob, &piece->arena, row);
		if (piece->errs[i] == ERR_OK && vault_keys(opener->options.vault) > 1)
			rename_persons(use, row);
	}
}

static void *help(void *context)
{
	struct opener *opener = context;
	struct vault_use *use = vault_use_new(opener->options.vault);
	pthread_mutex_lock(&opener->mutex);
	while (!opener->stop) {
		if (opener->taken == opener->given) {
			pthread_cond_wait(&opener->given_more, &opener->mutex);
			continue;
		}
		struct opener_piece *piece = &opener->pieces[opener->taken++ % PIECES];
		pthread_mutex_unlock(&opener->mutex);
		open_piece(opener, use, piece);
		pthread_mutex_lock(&opener->mutex);
		piece->done = true;
		pthread_cond_signal(&opener->done_more);
	}
	pthread_mutex_unlock(&opener->mutex);
	vault_use_free(use);
	return NULL;
}

struct opener *opener_new(const struct opener_options *options)
{
	struct opener *opener = calloc(1, sizeof *opener);
	if (!opener)
		return NULL;
	opener->options = *options;
	pthread_mutex_init(&opener->mutex, NULL);
	pthread_cond_init(&opener->given_more, NULL);
	pthread_cond_init(&opener->done_more, NULL);
	for (int i = 0; i < PIECES; i++) {
		buf_init(&opener->pieces[i].bytes, PIECE_MAX);
		arena_init(&opener->pieces[i].arena, PIECE_MAX);
	}
	long want = sysconf(_SC_NPROCESSORS_ONLN);
	want = want < HELPERS_MIN ? HELPERS_MIN : want > HELPERS_MAX ? HELPERS_MAX : want;
	while (opener->helpers_n < want) {
		if (pthread_create(&opener->helpers[opener->helpers_n], NULL, help, opener) != 0)
			break;
		opener->helpers_n++;
	}
	if (opener->helpers_n > 0)
		return opener;
	opener_free(opener);
	return NULL;
}

void opener_free(struct opener *opener)
{
	if (!opener)
		return;
	pthread_mutex_lock(&opener->mutex);
	opener->stop = true;
	pthread_cond_broadcast(&opener->given_more);
	pthread_mutex_unlock(&opener->mutex);
	for (int i = 0; i < opener->helpers_n; i++)
		pthread_join(opener->helpers[i], NULL);
	for (int i = 0; i < PIECES; i++) {
		buf_done(&opener->pieces[i].bytes);
		arena_done(&opener->pieces[i].arena);
	}
	pthread_cond_destroy(&opener->given_more);
	pthread_cond_destroy(&opener->done_more);
	pthread_mutex_destroy(&opener->mutex);
	free(opener);
}

/* The oldest piece: waits until it is open, shows its rows. */
static void visit_oldest(struct opener *opener)
{
	struct opener_piece *piece = &opener->pieces[opener->visited % PIECES];
	pthread_mutex_lock(&opener->mutex);
	while (!piece->done)
		pthread_cond_wait(&opener->done_more, &opener->mutex);
	pthread_mutex_unlock(&opener->mutex);
	for (int i = 0; i < piece->n + AHEAD && opener->err == ERR_OK; i++) {
		if (i < piece->n && piece->errs[i] == ERR_OK)
			opener->options.soon(opener->options.context, &piece->rows[i]);
		if (i >= AHEAD)
			opener->err = opener->options.visit(
				opener->options.context, &piece->rows[i - AHEAD], piece->errs[i - AHEAD]);
	}
	opener->visited++;
}

struct opener_piece *opener_next(struct opener *opener)
{
	if (opener->given - opener->visited == PIECES)
		visit_oldest(opener);
	if (opener->err != ERR_OK)
		return NULL;
	struct opener_piece *piece = &opener->pieces[opener->given % PIECES];
	piece->n = 0;
	piece->done = false;
	buf_reset(&piece->bytes);
	arena_reset(&piece->arena);
	return piece;
}

bool opener_add(struct opener_piece *piece, const struct session_row *row, struct str blob)
{
	ASSERT(piece->n < OPENER_PIECE);
	int i = piece->n++;
	piece->rows[i] = *row;
	piece->texts[i].ref_at = piece->bytes.len;
	piece->texts[i].ref_len = row->ref.len;
	buf_str(&piece->bytes, row->ref);
	piece->texts[i].blob_at = piece->bytes.len;
	piece->texts[i].blob_len = blob.len;
	buf_str(&piece->bytes, blob);
	return buf_ok(&piece->bytes);
}

void opener_give(struct opener *opener, struct opener_piece *piece)
{
	ASSERT(piece == &opener->pieces[opener->given % PIECES]);
	pthread_mutex_lock(&opener->mutex);
	opener->given++;
	pthread_cond_signal(&opener->given_more);
	pthread_mutex_unlock(&opener->mutex);
}

enum err opener_end(struct opener *opener)
{
	while (opener->visited < opener->given)
		visit_oldest(opener);
	return opener->err;
}
