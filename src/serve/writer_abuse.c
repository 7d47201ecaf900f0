#include "serve/writer_abuse.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "core/scan.h"
#include "wire/json_out.h"

#define CALLERS_MAX 32768
#define DATA_MAX 512
#define TOKEN_SIZE 17
#define DAY_MS 86400000

/* Somebody who is refused until then. */
struct suspect {
	struct block_key key;
	uint32_t until;
};

/* Of the open batch. */
struct tried {
	struct tried *next;
	struct scan_was was;
};

struct found {
	struct found *next;
	struct suspect suspect;
};

struct writer_abuse {
	struct board *board;
	struct scan *scan;
	uint64_t text_key[2];
	struct suspect *suspects; /* a ring, by until: the first ends first */
	uint32_t first, n;
	struct tried *tried;
	struct found *found;
	_Atomic uint64_t count;
};

struct writer_abuse *writer_abuse_new(struct board *board, const uint64_t text_key[2], uint64_t seed)
{
	struct writer_abuse *abuse = calloc(1, sizeof *abuse);

	if (!abuse)
		return NULL;
	abuse->board = board;
	abuse->text_key[0] = text_key[0];
	abuse->text_key[1] = text_key[1];
	abuse->scan = scan_new(CALLERS_MAX, seed);
	abuse->suspects = calloc(SUSPECTS_MAX, sizeof *abuse->suspects);
	if (!abuse->scan || !abuse->suspects) {
		writer_abuse_free(abuse);
		return NULL;
	}
	return abuse;
}

void writer_abuse_free(struct writer_abuse *abuse)
{
	if (!abuse)
		return;
	scan_free(abuse->scan);
	free(abuse->suspects);
	free(abuse);
}

/* --- telling --- */

static struct str copy(struct arena *arena, const char *text)
{
	return arena_str(arena, str_of(text));
}

/* Who it is, for a day: tells whether two reports are of one caller, and nothing of the number. */
static void token_of(const struct writer_abuse *abuse, uint64_t caller, int64_t now_ms, char token[TOKEN_SIZE])
{
	const uint64_t parts[] = {0x6162757365u, (uint64_t)(now_ms / DAY_MS), caller};

	snprintf(token, TOKEN_SIZE, "%016llx", (unsigned long long)hash_bytes(abuse->text_key, parts, sizeof parts));
}

static enum err tell(struct engine *engine, const struct pool_row *pool, const char *token, uint32_t until,
	struct arena *arena)
{
	char room[DATA_MAX];
	struct buf data;

	if (!engine_tells(engine))
		return ERR_OK;
	buf_fixed(&data, room, sizeof room);
	struct json_out json = json_out_to(&data);
	json_out_object(&json, NULL);
	json_out_lit(&json, "tenant", pool->tenant);
	json_out_lit(&json, "pool", pool->name);
	json_out_lit(&json, "caller", token);
	json_out_u64(&json, "vns", pool->policy.scan_vns);
	json_out_time_s(&json, "until", until);
	json_out_end(&json);
	struct outbox_row row = {.type = STR("abuse.suspected"), .tenant = copy(arena, pool->tenant),
		.pool = copy(arena, pool->name), .key = copy(arena, pool->name),
		.data = buf_ok(&data) ? arena_str(arena, buf_text(&data)) : STR_NONE};
	bool whole = row.tenant.at && row.pool.at && row.key.at && row.data.at;
	return whole ? engine_outbox(engine, &row) : ERR_LIMIT_REACHED;
}

static enum err audit(struct engine *engine, const struct pool_row *pool, const char *token, int64_t now_ms,
	struct arena *arena)
{
	struct audit_row *row = arena_alloc(arena, sizeof *row);
	char detail[64 + POOL_NAME_MAX];

	if (!row)
		return ERR_LIMIT_REACHED;
	snprintf(detail, sizeof detail, "%s: %u virtual numbers tried", pool->name, (unsigned)pool->policy.scan_vns);
	*row = (struct audit_row){.at_ms = now_ms, .tenant = copy(arena, pool->tenant), .key = STR("calls"),
		.action = STR("abuse.suspect"), .target = copy(arena, token), .detail = copy(arena, detail)};
	if (!row->tenant.at || !row->target.at || !row->detail.at)
		return ERR_LIMIT_REACHED;
	return engine_note(engine, &(struct record){.kind = RECORD_AUDIT, .audit = row});
}

static enum err suspect(struct writer_abuse *abuse, struct engine *engine, const struct call_note *note, uint16_t pool,
	int64_t now_ms, struct arena *arena)
{
	const struct pool_row *row = engine_pool(engine, pool);
	struct found *found = arena_alloc(arena, sizeof *found);
	uint32_t until = (uint32_t)(now_ms / 1000) + SCAN_SPAN_S;
	char token[TOKEN_SIZE];

	if (!found)
		return ERR_LIMIT_REACHED;
	token_of(abuse, note->caller, now_ms, token);
	enum err err = tell(engine, row, token, until, arena);
	if (!err)
		err = audit(engine, row, token, now_ms, arena);
	if (err)
		return err;
	*found = (struct found){abuse->found, {{pool, note->stranger, NUMBER_NONE}, until}};
	abuse->found = found;
	return ERR_OK;
}

/* Had the caller that VN a while ago? Then it tries nothing, it remembers. */
static bool knew(const struct engine *engine, const struct call_note *note)
{
	return engine_cools(engine, note->caller, note->vn) ||
	       (note->caller_old && engine_cools(engine, note->caller_old, note->vn));
}

enum err writer_abuse_note(struct writer_abuse *abuse, struct engine *engine, const struct call_note *note,
	int64_t now_ms, struct arena *arena)
{
	uint16_t pool = (uint16_t)(note->call.pool_id - 1);

	if (!number_is(note->stranger) || !note->caller || !note->call.pool_id)
		return ERR_OK;
	uint32_t vns_max = engine_pool(engine, pool)->policy.scan_vns;
	if (!vns_max || knew(engine, note))
		return ERR_OK;
	struct tried *tried = arena_alloc(arena, sizeof *tried);
	if (!tried)
		return ERR_LIMIT_REACHED;
	struct scan_try try = {pool, note->caller, note->vn, (uint32_t)(now_ms / 1000), vns_max};
	bool found = scan_note(abuse->scan, &try, &tried->was);
	enum err err = found ? suspect(abuse, engine, note, pool, now_ms, arena) : ERR_OK;
	if (err) {
		scan_undo(abuse->scan, &tried->was);
		return err;
	}
	tried->next = abuse->tried;
	abuse->tried = tried;
	return ERR_OK;
}

/* --- who is suspected --- */

/* The oldest; what was put again since, or erased, stays as it is. */
static void let_go(struct writer_abuse *abuse)
{
	struct suspect *suspect = &abuse->suspects[abuse->first];
	enum block_direction direction;
	uint32_t until;

	if (blocks_find(board_list(abuse->board, BOARD_SUSPECTED), &suspect->key, &direction, &until) &&
		until == suspect->until)
		(void)board_list_drop(abuse->board, BOARD_SUSPECTED, &suspect->key);
	*suspect = (struct suspect){0};
	abuse->first = (abuse->first + 1) % SUSPECTS_MAX;
	abuse->n--;
}

static void publish(struct writer_abuse *abuse, const struct suspect *suspect)
{
	if (abuse->n == SUSPECTS_MAX)
		let_go(abuse);
	/* No more are in the table than in the ring. */
	ASSERT(board_list_put(abuse->board, BOARD_SUSPECTED, &suspect->key, BLOCK_FROM, suspect->until) == ERR_OK);
	abuse->suspects[(abuse->first + abuse->n++) % SUSPECTS_MAX] = *suspect;
	atomic_fetch_add_explicit(&abuse->count, 1, memory_order_relaxed);
}

void writer_abuse_commit(struct writer_abuse *abuse, int64_t now_ms)
{
	while (abuse->n && abuse->suspects[abuse->first].until <= now_ms / 1000)
		let_go(abuse);
	for (struct found *found = abuse->found; found; found = found->next)
		publish(abuse, &found->suspect);
	abuse->found = NULL;
	abuse->tried = NULL;
}

void writer_abuse_undo(struct writer_abuse *abuse)
{
	for (struct tried *tried = abuse->tried; tried; tried = tried->next)
		scan_undo(abuse->scan, &tried->was);
	abuse->found = NULL;
	abuse->tried = NULL;
}

uint64_t writer_abuse_count(const struct writer_abuse *abuse)
{
	return atomic_load_explicit(&abuse->count, memory_order_relaxed);
}
