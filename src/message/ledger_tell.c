/* What the outside is told of messages: roles, VNs and what became of them; never what they say, never a real
 * number. */
#include "message/ledger_state.h"

#include "wire/notice_json.h"

#define NOTICE_MAX 2048

struct known ledger_known_of(struct ledger *ledger, const struct engine *engine, const struct message_row *row)
{
	return (struct known){
		.id = row->id,
		.session = row->session,
		.pool = row->pool_id,
		.state = row->state,
		.from_app = row->from_app,
		.vn = number_is(row->vn) ? engine_vn_by_number(engine, row->vn) : 0,
		.shown = number_is(row->shown) ? engine_vn_by_number(engine, row->shown) : 0,
		.from_role = labels_index(&ledger->roles, row->from_role),
		.to_role = labels_index(&ledger->roles, row->to_role),
	};
}

static struct number vn_of(const struct engine *engine, uint32_t id)
{
	struct vn_view vn;

	return id && engine_vn(engine, id, &vn) == ERR_OK ? vn.row->number : NUMBER_NONE;
}

static struct str in_batch(struct engine *engine, struct str text)
{
	char *at = engine_room(engine, text.len + 1);

	if (!at)
		return STR_NONE;
	memcpy(at, text.at, text.len);
	return str_n(at, text.len);
}

/* As of calls: the order's id, else the VN's, else its own. */
static struct str key_of(const struct message_row *message, struct str ref,
	char room[NUMBER_TEXT_SIZE + MESSAGE_ID_TEXT_SIZE])
{
	struct number vn = number_is(message->vn) ? message->vn : message->shown;

	if (ref.len)
		return ref;
	return str_of(number_is(vn) ? number_text(vn, room) : message_id_text(message->id, room));
}

static enum err tell(struct engine *engine, const struct message_row *message, struct str ref)
{
	const struct pool_row *pool = engine_pool(engine, (uint16_t)(message->pool_id - 1));
	char space[NOTICE_MAX], room[NUMBER_TEXT_SIZE + MESSAGE_ID_TEXT_SIZE], type[32];
	struct buf text;

	snprintf(type, sizeof type, "message.%s", message_state_words[message->state]);
	buf_fixed(&text, space, sizeof space);
	notice_json_message(&text, message, str_of(pool->tenant), str_of(pool->name), ref);
	struct outbox_row row = {
		.type = in_batch(engine, str_of(type)),
		.tenant = str_of(pool->tenant),
		.pool = str_of(pool->name),
		.session = message->session,
		.key = in_batch(engine, key_of(message, ref, room)),
		.data = buf_ok(&text) ? in_batch(engine, buf_text(&text)) : STR_NONE,
	};
	return row.type.at && row.key.at && row.data.at ? engine_outbox(engine, &row) : ERR_LIMIT_REACHED;
}

enum err ledger_tell(const struct ledger *ledger, struct engine *engine, const struct known *known,
	enum message_state state, enum message_why why, const char *code)
{
	struct message_row message = {.id = known->id, .at_ms = (int64_t)(known->id >> 16), .session = known->session,
		.pool_id = (uint32_t)known->pool, .vn = vn_of(engine, known->vn), .shown = vn_of(engine, known->shown),
		.from_app = known->from_app, .state = state, .why = why};
	struct arena arena;

	if (!engine_tells(engine) || !known->pool || state == MESSAGE_QUEUED || state == MESSAGE_REFUSED)
		return ERR_OK;
	snprintf(message.from_role, sizeof message.from_role, "%s", labels_text(&ledger->roles, known->from_role));
	snprintf(message.to_role, sizeof message.to_role, "%s", labels_text(&ledger->roles, known->to_role));
	snprintf(message.code, sizeof message.code, "%s", code);
	arena_init(&arena, LEDGER_ARENA_MAX);
	uint32_t slot = engine_session_find(engine, known->session);
	const struct session_row *session = slot == ENGINE_NONE ? NULL : engine_session_row(engine, slot, &arena);
	/* Without memory for a session that is there its order would be told as none, under another key. */
	enum err err = slot != ENGINE_NONE && !session ? ERR_LIMIT_REACHED
						       : tell(engine, &message, session ? session->ref : STR_NONE);
	arena_wipe(&arena);
	arena_done(&arena);
	return err;
}
