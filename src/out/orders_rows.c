#include "out/orders_rows.h"

#include <stdlib.h>

#include "wire/cloud_event.h"
#include "wire/json.h"

#define TEXTS_MAX (16u << 20)
#define VN_TEXT_MAX (NUMBER_TEXT_SIZE - 1)
#define WORD_MAX 32
#define MEMBERS_MAX (2 * SESSION_PARTIES_MAX)

/* Somebody who is or was in the session. */
struct member {
	struct str role, vn; /* .at NULL: none */
	bool left;
};

struct view {
	struct str viewer, target, vn;
};

struct picture {
	struct orders_row common; /* what all rows say */
	struct member members[MEMBERS_MAX];
	struct view views[SESSION_VIEWS_MAX];
	int members_n, views_n;
};

void orders_rows_init(struct orders_rows *rows, bool by_viewer)
{
	*rows = (struct orders_rows){.by_viewer = by_viewer};
	arena_init(&rows->texts, TEXTS_MAX);
}

void orders_rows_done(struct orders_rows *rows)
{
	free(rows->at);
	arena_done(&rows->texts);
	*rows = (struct orders_rows){0};
}

void orders_rows_reset(struct orders_rows *rows)
{
	rows->n = 0;
	arena_reset(&rows->texts);
}

/* --- reading --- */

/* A text that is to be there; the document's. */
static enum err need_text(const struct json_at *object, const char *name, size_t max, struct str *ret_text,
	struct problem *problem)
{
	struct json_at at = json_at_field(object, name);

	if (!json_at_there(&at))
		return json_at_problem(&at, ERR_BAD_REQUEST, "this field is needed", problem);
	return json_at_text(&at, 1, max, ret_text, problem);
}

/* A text, or null, or nothing. */
static enum err may_text(const struct json_at *object, const char *name, size_t max, struct str *ret_text,
	struct problem *problem)
{
	struct json_at at = json_at_field(object, name);

	*ret_text = STR_NONE;
	return json_at_null(&at) ? ERR_OK : json_at_text(&at, 1, max, ret_text, problem);
}

static enum err read_texts(const struct json_at *root, struct picture *picture, struct problem *problem)
{
	static const struct {
		const char *name;
		enum orders_param param;
		size_t max;
	} needed[] = {
		{"tenant", ORDERS_TENANT, TENANT_NAME_MAX},
		{"pool", ORDERS_POOL, POOL_NAME_MAX},
		{"session", ORDERS_SESSION, WORD_MAX},
		{"ref", ORDERS_REF, SESSION_REF_MAX},
		{"state", ORDERS_STATE, WORD_MAX},
	}, times[] = {
		{"opened_at", ORDERS_OPENED_AT, WORD_MAX},
		{"expires_at", ORDERS_EXPIRES_AT, WORD_MAX},
		{"closed_at", ORDERS_CLOSED_AT, WORD_MAX},
		{"grace_until", ORDERS_GRACE_UNTIL, WORD_MAX},
	};
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < sizeof needed / sizeof *needed; i++)
		err = need_text(root, needed[i].name, needed[i].max, &picture->common.at[needed[i].param], problem);
	for (size_t i = 0; err == ERR_OK && i < sizeof times / sizeof *times; i++)
		err = may_text(root, times[i].name, times[i].max, &picture->common.at[times[i].param], problem);
	return err;
}

static enum err read_parties(const struct json_at *root, struct picture *picture, struct problem *problem)
{
	struct json_at parties = json_at_field(root, "parties");
	int n = 0;

	if (!json_at_there(&parties))
		return json_at_problem(&parties, ERR_BAD_REQUEST, "this field is needed", problem);
	enum err err = json_at_count(&parties, 0, SESSION_PARTIES_MAX, &n, problem);
	for (int i = 0; err == ERR_OK && i < n; i++) {
		struct json_at at = json_at_item(&parties, i);
		struct member *member = &picture->members[picture->members_n++];
		err = need_text(&at, "role", SESSION_ROLE_MAX, &member->role, problem);
		if (err == ERR_OK)
			err = may_text(&at, "vn", VN_TEXT_MAX, &member->vn, problem);
	}
	return err;
}

static enum err read_views(const struct json_at *root, struct picture *picture, struct problem *problem)
{
	struct json_at views = json_at_field(root, "views");

	enum err err = json_at_count(&views, 0, SESSION_VIEWS_MAX, &picture->views_n, problem);
	for (int i = 0; err == ERR_OK && i < picture->views_n; i++) {
		struct json_at at = json_at_item(&views, i);
		struct view *view = &picture->views[i];
		err = need_text(&at, "viewer", SESSION_ROLE_MAX, &view->viewer, problem);
		if (err == ERR_OK)
			err = need_text(&at, "target", SESSION_ROLE_MAX, &view->target, problem);
		if (err == ERR_OK)
			err = may_text(&at, "vn", VN_TEXT_MAX, &view->vn, problem);
	}
	return err;
}

static bool is_member(const struct picture *picture, struct str role)
{
	for (int i = 0; i < picture->members_n; i++)
		if (str_equal(picture->members[i].role, role))
			return true;
	return false;
}

static enum err read_left(const struct json_at *root, struct picture *picture, struct problem *problem)
{
	struct json_at left = json_at_field(root, "left");
	int n = 0;

	enum err err = json_at_count(&left, 0, SESSION_PARTIES_MAX, &n, problem);
	for (int i = 0; err == ERR_OK && i < n; i++) {
		struct json_at at = json_at_item(&left, i);
		struct str role = STR_NONE;
		err = json_at_text(&at, 1, SESSION_ROLE_MAX, &role, problem);
		if (err == ERR_OK && !is_member(picture, role))
			picture->members[picture->members_n++] = (struct member){.role = role, .left = true};
	}
	return err;
}

static enum err read_picture(const struct json_at *root, struct picture *picture, uint64_t *ret_rev, struct problem *problem)
{
	struct json_at rev = json_at_field(root, "rev");

	if (!json_at_is_object(root))
		return json_at_problem(root, ERR_BAD_REQUEST, "this is to be an object", problem);
	enum err err = read_texts(root, picture, problem);
	if (err == ERR_OK && !json_at_there(&rev))
		err = json_at_problem(&rev, ERR_BAD_REQUEST, "this field is needed", problem);
	if (err == ERR_OK)
		err = json_at_u64(&rev, 0, INT64_MAX, ret_rev, problem);
	if (err == ERR_OK)
		err = read_parties(root, picture, problem);
	if (err == ERR_OK)
		err = read_views(root, picture, problem);
	return err ? err : read_left(root, picture, problem);
}

/* --- keeping: texts out of the document into ours --- */

static bool keep(struct arena *texts, struct str *text)
{
	if (text->at)
		*text = arena_str(texts, *text);
	return text->at != NULL;
}

static bool keep_all(struct arena *texts, struct picture *picture)
{
	bool kept = true;

	for (int i = 0; i < ORDERS__COUNT; i++)
		kept &= !picture->common.at[i].at || keep(texts, &picture->common.at[i]);
	for (int i = 0; i < picture->members_n; i++) {
		struct member *member = &picture->members[i];
		kept &= keep(texts, &member->role) && (!member->vn.at || keep(texts, &member->vn));
	}
	for (int i = 0; i < picture->views_n; i++) {
		struct view *view = &picture->views[i];
		kept &= !view->vn.at || keep(texts, &view->vn);
	}
	return kept;
}

/* --- rows --- */

static bool reserve(struct orders_rows *rows, int n)
{
	if (rows->size - rows->n >= n)
		return true;
	int size = rows->size * 2 < rows->n + n ? rows->n + n : rows->size * 2;
	struct orders_row *at = realloc(rows->at, (size_t)size * sizeof *at);
	if (!at)
		return false;
	rows->at = at;
	rows->size = size;
	return true;
}

static struct str vn_seen(const struct picture *picture, const struct member *viewer, const struct member *member)
{
	for (int i = 0; i < picture->views_n; i++) {
		const struct view *view = &picture->views[i];
		if (str_equal(view->viewer, viewer->role) && str_equal(view->target, member->role))
			return view->vn;
	}
	return member->vn;
}

/* `viewer`: NULL: nobody in particular. */
static void put_row(struct orders_rows *rows, const struct picture *picture, const struct member *viewer,
	const struct member *member)
{
	struct orders_row *row = &rows->at[rows->n++];
	bool left = member->left || (viewer && viewer->left);

	*row = picture->common;
	row->at[ORDERS_ROLE] = member->role;
	if (viewer)
		row->at[ORDERS_VIEWER] = viewer->role;
	if (left)
		row->at[ORDERS_STATE] = STR("left");
	else
		row->at[ORDERS_VN] = viewer ? vn_seen(picture, viewer, member) : member->vn;
}

static void put_rows(struct orders_rows *rows, const struct picture *picture)
{
	for (int i = 0; i < picture->members_n; i++) {
		if (!rows->by_viewer)
			put_row(rows, picture, NULL, &picture->members[i]);
		for (int j = 0; rows->by_viewer && j < picture->members_n; j++)
			if (i != j)
				put_row(rows, picture, &picture->members[i], &picture->members[j]);
	}
}

/* What the event itself says, beside its data. `rev` is of 21 bytes. */
static void put_event(
	struct picture *picture, const struct cloud_event *event, uint64_t number, char rev[21], int index)
{
	snprintf(rev, 21, "%llu", (unsigned long long)number);
	picture->common.event = index;
	picture->common.at[ORDERS_REV] = str_of(rev);
	picture->common.at[ORDERS_EVENT] = event->type;
	picture->common.at[ORDERS_EVENT_ID] = str_of(event->id);
	picture->common.at[ORDERS_CHANGED_AT] = str_of(event->time);
}

enum err orders_rows_add(
	struct orders_rows *rows, const struct outbox_row *row, int event, struct problem *problem)
{
	struct picture picture = {0};
	struct cloud_event envelope;
	struct json json;
	uint64_t rev = 0;
	char rev_text[21];

	enum err err = json_read(row->data, ORDERS_EVENT_MAX, &json, problem);
	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	err = read_picture(&root, &picture, &rev, problem);
	if (err == ERR_OK) {
		cloud_event_of(row, &envelope);
		put_event(&picture, &envelope, rev, rev_text, event);
		if (!reserve(rows, ORDERS_EVENT_ROWS_MAX) || !keep_all(&rows->texts, &picture))
			err = problem_is(problem, ERR_INTERNAL, NULL, "there is no memory for the rows");
		else
			put_rows(rows, &picture);
	}
	json_done(&json);
	return err;
}
