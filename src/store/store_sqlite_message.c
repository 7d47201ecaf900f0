/* Messages. What a text says, and to whom it goes, is sealed in a row of its own (message_box), which goes as soon as
 * the message is on its way or given up, or when the pool's keep_bodies_s is over: what is left in `message` names
 * nobody.
 *
 *   box   "+6281234567210 +6281234567211\nI am at the gate" (to, from) while it waits; "\nI am at the gate" while the text
 *         is kept */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "store/row.h"

const char sqlite_message_tables[] =
	"CREATE TABLE message(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, pool_id INTEGER NOT NULL,"
	" session INTEGER NOT NULL, provider TEXT NOT NULL, account TEXT NOT NULL, ref TEXT NOT NULL,"
	" provider_id TEXT NOT NULL, from_app INTEGER NOT NULL, vn INTEGER NOT NULL, shown INTEGER NOT NULL,"
	" from_role TEXT NOT NULL, to_role TEXT NOT NULL, state INTEGER NOT NULL, why INTEGER NOT NULL,"
	" code TEXT NOT NULL,"
	/* size: media << 16 | segments */
	" size INTEGER NOT NULL, redacted INTEGER NOT NULL, tries INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
	" done_ms INTEGER NOT NULL);"
	"CREATE TABLE message_box(id INTEGER PRIMARY KEY, session INTEGER NOT NULL, keep_until INTEGER NOT NULL,"
	" box BLOB NOT NULL);"
	"CREATE TABLE message_policy(pool_id INTEGER PRIMARY KEY, lets INTEGER NOT NULL, redact INTEGER NOT NULL,"
	" keep_bodies_s INTEGER NOT NULL);";

/* --- boxes --- */

static struct str place_of(uint64_t id, char place[32])
{
	int len = snprintf(place, 32, "message:%llu", (unsigned long long)id);
	return str_n(place, (size_t)len);
}

void sqlite_message_seal(struct vault_use *use, uint64_t id, struct str text, struct buf *out)
{
	char place[32];
	vault_seal_text(use, text, place_of(id, place), out);
}

enum err sqlite_message_unseal(struct vault_use *use, uint64_t id, struct str box, struct buf *out)
{
	char place[32];
	return vault_open_text(use, box, place_of(id, place), out);
}

enum err sqlite_message_open(struct vault_use *use, struct str box, struct buf *out, struct message_row *row)
{
	struct number to = NUMBER_NONE, from = NUMBER_NONE;
	struct str body, writer;
	enum err err = sqlite_message_unseal(use, row->id, box, out);
	if (err != ERR_OK)
		return err;
	struct str reader = str_cut(str_cut(buf_text(out), '\n', &body), ' ', &writer);
	if (!body.at || (reader.len && number_parse(reader, &to) != ERR_OK) ||
		(writer.len && number_parse(writer, &from) != ERR_OK))
		return ERR_STORE_REFUSED;
	row->to = to;
	row->from = from;
	row->body = body;
	return ERR_OK;
}

/* Into the store's blob. */
static bool seal(struct store_sqlite *store, uint64_t id, struct number to, struct number from, struct str body)
{
	char number[NUMBER_TEXT_SIZE];
	struct buf text;
	buf_init(&text, 2 * (NUMBER_TEXT_SIZE + 1) + MESSAGE_BODY_MAX);
	buf_lit(&text, number_text(to, number));
	if (number_is(from)) {
		buf_char(&text, ' ');
		buf_lit(&text, number_text(from, number));
	}
	buf_char(&text, '\n');
	buf_str(&text, body);
	buf_reset(&store->blob);
	if (buf_ok(&text))
		sqlite_message_seal(store->use, id, buf_text(&text), &store->blob);
	bool sealed = buf_ok(&text) && buf_ok(&store->blob);
	secret_wipe(text.at, text.size);
	secret_wipe(number, sizeof number);
	buf_done(&text);
	return sealed;
}

static int add_box(struct store_sqlite *store, const struct message_row *row)
{
	sqlite3_stmt *st = store->st[ST_MESSAGE_BOX_ADD];
	if (!seal(store, row->id, row->to, row->from, row->body))
		return SQLITE_NOMEM;
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_u64(st, 2, row->session);
	sqlite_bind_u64(st, 3, row->keep_until);
	sqlite_bind_blob(st, 4, store->blob.at, store->blob.len);
	return sqlite_run(st);
}

static int settle_box(struct store_sqlite *store, const struct message_change *change)
{
	sqlite3_stmt *st = store->st[change->keep_until ? ST_MESSAGE_BOX_KEEP : ST_MESSAGE_BOX_DROP];
	sqlite_bind_u64(st, 1, change->id);
	if (!change->keep_until)
		return sqlite_run(st);
	if (!seal(store, change->id, NUMBER_NONE, NUMBER_NONE, change->body))
		return SQLITE_NOMEM;
	sqlite_bind_u64(st, 2, change->keep_until);
	sqlite_bind_blob(st, 3, store->blob.at, store->blob.len);
	return sqlite_run(st);
}

int store_sqlite_forget_texts(struct store_sqlite *store, uint64_t session)
{
	sqlite_bind_u64(store->st[ST_MESSAGE_BOX_FORGET], 1, session);
	return sqlite_run(store->st[ST_MESSAGE_BOX_FORGET]);
}

/* --- records --- */

static int add_message(struct store_sqlite *store, const struct message_row *row)
{
	sqlite3_stmt *st = store->st[ST_MESSAGE_ADD];
	const uint64_t first[] = {row->id, (uint64_t)row->at_ms, row->pool_id, row->session};
	const char *const texts[] = {row->provider, row->account, row->ref, row->provider_id};
	for (int i = 0; i < 4; i++) {
		sqlite_bind_u64(st, 1 + i, first[i]);
		sqlite_bind_str(st, 5 + i, str_of(texts[i]));
	}
	sqlite_bind_u64(st, 9, row->from_app);
	sqlite_bind_u64(st, 10, row->vn.e164);
	sqlite_bind_u64(st, 11, row->shown.e164);
	sqlite_bind_str(st, 12, str_of(row->from_role));
	sqlite_bind_str(st, 13, str_of(row->to_role));
	sqlite_bind_u64(st, 14, row->state);
	sqlite_bind_u64(st, 15, row->why);
	sqlite_bind_str(st, 16, str_of(row->code));
	sqlite_bind_u64(st, 17, (uint64_t)row->media << 16 | row->segments);
	sqlite_bind_u64(st, 18, row->redacted);
	sqlite_bind_u64(st, 19, row->tries);
	sqlite3_bind_int64(st, 20, row->due_ms);
	sqlite3_bind_int64(st, 21, row->done_ms);
	int code = sqlite_run(st);
	bool keeps = row->state == MESSAGE_QUEUED || (row->keep_until && row->body.len);
	return sqlite_err(code) == ERR_OK && keeps ? add_box(store, row) : code;
}

static int change_message(struct store_sqlite *store, const struct message_change *change)
{
	sqlite3_stmt *st = store->st[ST_MESSAGE_CHANGE];
	sqlite_bind_u64(st, 1, change->id);
	sqlite_bind_u64(st, 2, change->state);
	sqlite_bind_u64(st, 3, change->why);
	sqlite_bind_str(st, 4, str_of(change->code));
	sqlite_bind_u64(st, 5, change->tries);
	sqlite3_bind_int64(st, 6, change->due_ms);
	sqlite3_bind_int64(st, 7, change->done_ms);
	sqlite_bind_str(st, 8, str_of(change->provider_id));
	sqlite_bind_u64(st, 9, change->shown.e164);
	int code = sqlite_run(st);
	return sqlite_err(code) == ERR_OK && change->settles ? settle_box(store, change) : code;
}

static int put_policy(struct store_sqlite *store, const struct message_policy_row *row)
{
	sqlite3_stmt *st = store->st[ST_MESSAGE_POLICY_PUT];
	sqlite_bind_u64(st, 1, row->pool_id);
	sqlite_bind_u64(st, 2, row->policy.on);
	sqlite_bind_u64(st, 3, row->policy.redact);
	sqlite_bind_u64(st, 4, row->policy.keep_bodies_s);
	return sqlite_run(st);
}

int store_sqlite_write_message(struct store_sqlite *store, const struct record *record)
{
	switch ((int)record->kind) {
	case RECORD_MESSAGE:
		return add_message(store, record->message);
	case RECORD_MESSAGE_CHANGE:
		return change_message(store, record->message_change);
	case RECORD_MESSAGE_POLICY:
		return put_policy(store, record->message_policy);
	}
	ASSERT(!"a record of messages");
	return SQLITE_MISUSE;
}

/* --- rows --- */

/* A text that doesn't fit was not written by us: it becomes "", which verify finds. */
static void get_text(sqlite3_stmt *st, int i, char *text, size_t size)
{
	if (!str_copy(text, size, sqlite_get_str(st, i)))
		text[0] = '\0';
}

void sqlite_get_message(sqlite3_stmt *st, struct message_row *ret_row)
{
	uint64_t size = (uint64_t)sqlite3_column_int64(st, 16);
	*ret_row = (struct message_row){
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.at_ms = sqlite3_column_int64(st, 1),
		.pool_id = (uint32_t)sqlite3_column_int64(st, 2),
		.session = (uint64_t)sqlite3_column_int64(st, 3),
		.from_app = sqlite3_column_int(st, 8) != 0,
		.vn = {(uint64_t)sqlite3_column_int64(st, 9)},
		.shown = {(uint64_t)sqlite3_column_int64(st, 10)},
		.state = (enum message_state)sqlite3_column_int(st, 13),
		.why = (enum message_why)sqlite3_column_int(st, 14),
		.segments = (uint16_t)size,
		.media = (uint16_t)(size >> 16),
		.redacted = (uint16_t)sqlite3_column_int(st, 17),
		.tries = (uint16_t)sqlite3_column_int(st, 18),
		.due_ms = sqlite3_column_int64(st, 19),
		.done_ms = sqlite3_column_int64(st, 20),
	};
	get_text(st, 4, ret_row->provider, sizeof ret_row->provider);
	get_text(st, 5, ret_row->account, sizeof ret_row->account);
	get_text(st, 6, ret_row->ref, sizeof ret_row->ref);
	get_text(st, 7, ret_row->provider_id, sizeof ret_row->provider_id);
	get_text(st, 11, ret_row->from_role, sizeof ret_row->from_role);
	get_text(st, 12, ret_row->to_role, sizeof ret_row->to_role);
	get_text(st, 15, ret_row->code, sizeof ret_row->code);
}

/* --- what a start reads --- */

static enum err load_policies(struct store_sqlite *store, const struct store_visitor *visitor)
{
	sqlite3_stmt *st = NULL;
	enum err err = ERR_OK;
	int code = sqlite3_prepare_v2(store->db, "SELECT * FROM message_policy ORDER BY pool_id", -1, &st, NULL);
	while (code == SQLITE_OK && err == ERR_OK && sqlite3_step(st) == SQLITE_ROW) {
		const struct message_policy_row row = {(uint32_t)sqlite3_column_int64(st, 0),
			{sqlite3_column_int(st, 1) != 0, sqlite3_column_int(st, 2) != 0,
			(uint32_t)sqlite3_column_int64(st, 3)}};
		err = visitor->message_policy(visitor->context, &row);
	}
	int end = sqlite3_finalize(st);
	return err != ERR_OK ? err : sqlite_err(code == SQLITE_OK ? end : code);
}

/* One that waits is opened. */
static enum err give_message(struct store_sqlite *store, sqlite3_stmt *st, const struct store_visitor *visitor)
{
	struct message_row row;
	struct buf text;
	sqlite_get_message(st, &row);
	struct str box = sqlite_get_str(st, SQLITE_MESSAGE_BOX);
	buf_init(&text, box.len + 1);
	enum err err = ERR_OK;
	if (row.state == MESSAGE_QUEUED && box.len)
		err = sqlite_message_open(store->use, box, &text, &row);
	if (err == ERR_OK || err == ERR_STORE_REFUSED) /* a damaged one waits for nobody, and fails */
		err = visitor->message(visitor->context, &row);
	secret_wipe(text.at, text.size);
	buf_done(&text);
	return err;
}

enum err store_sqlite_load_messages(struct store_sqlite *store, int64_t from, const struct store_visitor *visitor)
{
	sqlite3_stmt *st = NULL;
	enum err err = visitor->message_policy ? load_policies(store, visitor) : ERR_OK;
	if (err != ERR_OK || !visitor->message)
		return err;
	int code = sqlite3_prepare_v2(store->db,
		"SELECT m.*, b.box FROM message AS m LEFT JOIN message_box AS b ON b.id = m.id"
		" WHERE m.state = 1 OR m.id >= ?1 ORDER BY m.id", -1, &st, NULL);
	if (code == SQLITE_OK)
		sqlite3_bind_int64(st, 1, from);
	while (code == SQLITE_OK && err == ERR_OK && sqlite3_step(st) == SQLITE_ROW)
		err = give_message(store, st, visitor);
	int end = sqlite3_finalize(st);
	return err != ERR_OK ? err : sqlite_err(code == SQLITE_OK ? end : code);
}

/* --- readers --- */

/* The text that is kept, in the arena. What can't be opened is told as if there were none. */
static enum err take_body(struct reader *reader, sqlite3_stmt *st, const struct messages_filter *filter,
	struct arena *arena, struct message_row *row)
{
	struct str box = sqlite_get_str(st, SQLITE_MESSAGE_BOX + 1);
	struct message_row opened = {.id = row->id};
	struct buf text;
	row->keep_until = (uint32_t)sqlite3_column_int64(st, SQLITE_MESSAGE_BOX);
	if ((int64_t)row->keep_until * 1000 <= filter->now_ms)
		row->keep_until = 0;
	if (!filter->bodies || !row->keep_until || !box.len)
		return ERR_OK;
	char *room = arena_alloc(arena, box.len + 1);
	if (!room)
		return ERR_LIMIT_REACHED;
	buf_fixed(&text, room, box.len + 1);
	if (sqlite_message_open(reader->use, box, &text, &opened) == ERR_OK)
		row->body = opened.body;
	return ERR_OK;
}

static enum err take(const struct page_walk *at, sqlite3_stmt *st, void *ret_row, bool *ret_taken)
{
	struct message_row *row = ret_row;

	sqlite_get_message(st, row);
	*ret_taken = pools_have(at->pools, row->pool_id) && row_message_matches(row, at->filter);
	return *ret_taken ? take_body(at->reader, st, at->filter, at->arena, row) : ERR_OK;
}

enum err sqlite_read_messages(struct store_reader *base, const struct messages_filter *filter, struct arena *arena,
	struct message_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	const struct page page = {Q_MESSAGES, sizeof **ret_rows, filter->page_size, filter->tenant, filter, take};
	void *rows;

	sqlite_bind_u64(reader_of(base)->q[Q_MESSAGES], 1, reader_from(filter->after));
	sqlite_bind_u64(reader_of(base)->q[Q_MESSAGES], 2, reader_lowest(filter->since_ms, filter->session));
	enum err err = reader_page(reader_of(base), &page, arena, &rows, ret_n, ret_next);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}
