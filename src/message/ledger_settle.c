/* What becomes of messages: handed out, settled, reported. */
#include "message/ledger_state.h"

#include <stdio.h>

#include "base/check.h"

#define WAIT_FIRST_MS 1000
#define WAIT_MAX_MS 300000
#define GONE_MAX 256 /* texts that one take gives up: a batch has limits, and the writer has others to serve */

/* A change of a message that is stored; in the batch. */
static struct message_change *change_of(struct engine *engine, uint64_t id, enum message_state state, int64_t now_ms)
{
	struct message_change *change = engine_room(engine, sizeof *change);

	if (change)
		*change = (struct message_change){
			.id = id, .state = state, .done_ms = state == MESSAGE_QUEUED ? 0 : now_ms};
	return change;
}

static enum err note(struct engine *engine, const struct message_change *change)
{
	return engine_note(engine, &(struct record){.kind = RECORD_MESSAGE_CHANGE, .message_change = change});
}

/* What is kept of a text that goes; in the batch. */
static enum err keep(const struct ledger *ledger, struct engine *engine, const struct message_row *row, int64_t now_ms,
	struct message_change *change)
{
	struct message_policy policy = {0};

	if (row->pool_id)
		policy = ledger_policy(ledger, (uint16_t)(row->pool_id - 1));
	change->settles = true;
	if (!policy.keep_bodies_s || !row->body.len)
		return ERR_OK;
	char *body = engine_room(engine, row->body.len);
	if (!body)
		return ERR_LIMIT_REACHED;
	memcpy(body, row->body.at, row->body.len);
	change->body = str_n(body, row->body.len);
	change->keep_until = (uint32_t)(now_ms / 1000) + policy.keep_bodies_s;
	return ERR_OK;
}

struct end {
	enum message_state state;
	enum message_why why;
	const char *code, *provider_id;
	bool tried; /* the provider was asked once more */
};

/* A text that waits does so no more. */
static enum err finish(struct ledger *ledger, struct engine *engine, uint32_t place, const struct end *end,
	int64_t now_ms)
{
	struct waiting *waiting = ledger->waiting[place];
	const struct message_row *row = &waiting->row;
	struct message_change *change = change_of(engine, row->id, end->state, now_ms);
	struct known known;
	struct recent_key key = ledger_key(ledger, row->provider, row->account, row->ref);

	if (!change)
		return ERR_LIMIT_REACHED;
	change->why = end->why;
	change->tries = (uint16_t)(row->tries + end->tried);
	change->shown = row->shown;
	snprintf(change->code, sizeof change->code, "%s", end->code);
	snprintf(change->provider_id, sizeof change->provider_id, "%s", end->provider_id);
	enum err err = keep(ledger, engine, row, now_ms, change);
	if (!err)
		err = note(engine, change);
	struct ledger_entry *entry = err ? NULL : ledger_entry_new(ledger, LEDGER_GONE);
	if (!entry)
		return err ? err : ERR_LIMIT_REACHED;
	entry->waiting = waiting;
	entry->place = place;
	if (!ledger_find(ledger, &key, &known) || known.id != row->id)
		known = ledger_known_of(ledger, engine, row);
	known.state = end->state;
	ledger_drop(ledger, place);
	ledger->batch.states[end->state]++;
	ledger->batch.whys[end->why] += end->why != MESSAGE_WHY_NONE;
	err = ledger_remember(ledger, &key, &known);
	return err ? err : ledger_tell(ledger, engine, &known, end->state, end->why, end->code);
}

/* --- reports --- */

enum err ledger_report(struct ledger *ledger, struct engine *engine, const struct message_report *report,
	int64_t now_ms)
{
	struct recent_key key = ledger_key(ledger, report->provider, report->account, report->ref);
	enum message_why why = report->state == MESSAGE_FAILED ? MESSAGE_WHY_PROVIDER : MESSAGE_WHY_NONE;
	struct known known;

	if (!ledger_find(ledger, &key, &known)) {
		ledger->batch.reports_unknown++;
		return ERR_NOT_FOUND;
	}
	if (!message_state_may((enum message_state)known.state, report->state))
		return ERR_OK; /* late or repeated */
	uint32_t place = ledger_place(ledger, known.id);
	if (place < ledger->waiting_n && ledger->waiting[place]->row.id == known.id) {
		/* It has it, though we don't know that yet. */
		const struct end end = {report->state, why, report->code, "", false};
		return finish(ledger, engine, place, &end, now_ms);
	}
	struct message_change *change = change_of(engine, known.id, report->state, now_ms);
	if (!change || !ledger_entry_new(ledger, LEDGER_KNOWN))
		return ERR_LIMIT_REACHED;
	change->why = why;
	snprintf(change->code, sizeof change->code, "%s", report->code);
	known.state = report->state;
	enum err err = note(engine, change);
	if (!err)
		err = ledger_remember(ledger, &key, &known);
	ledger->batch.states[report->state]++;
	ledger->batch.whys[why] += why != MESSAGE_WHY_NONE;
	return err ? err : ledger_tell(ledger, engine, &known, report->state, why, report->code);
}

/* --- the sender --- */

/* Blocked or suspected since it was taken in? A block names a party by its first number. The app's own texts are its own affair. */
static bool is_barred(struct engine *engine, const struct message_row *message, struct number first, int64_t now_ms)
{
	const struct board *board = engine_board(engine);
	uint16_t pool = (uint16_t)(message->pool_id - 1);
	uint32_t now_s = (uint32_t)(now_ms / 1000);

	return !message->from_app &&
	       (blocks_bar(board_list(board, BOARD_BLOCKED), pool, message->from, message->to, now_s) ||
		       blocks_bar(board_list(board, BOARD_BLOCKED), pool, first, message->to, now_s) ||
		       blocks_bar(board_list(board, BOARD_SUSPECTED), pool, message->from, NUMBER_NONE, now_s));
}

static bool has_number(const struct party *party, struct number number)
{
	for (int i = 0; i < party->numbers_n; i++)
		if (number_equal(party->numbers[i], number))
			return number_is(number);
	return false;
}

/* Why it may not go any more; NONE: it is still for the person whom it was meant for, and of the person who wrote it: an
 * answer to the VN that it is from has to reach that one. Which VN it is may be another by now: *ret_shown. `row`: its
 * session; NULL: it is open no more. */
static enum message_why why_not(struct engine *engine, const struct message_row *message, const struct session_row *row,
	int64_t now_ms, struct number *ret_shown)
{
	uint32_t vn_id;

	if (!row)
		return MESSAGE_WHY_NOT_ACTIVE;
	enum session_state state = session_state_at(row, now_ms);
	int to = session_party_of(row, str_of(message->to_role));
	int from = session_party_of(row, str_of(message->from_role));
	if ((state != SESSION_LIVE && state != SESSION_CLOSING) || to < 0 || from < 0 ||
		!number_equal(row->parties[to].numbers[0], message->to) ||
		!has_number(&row->parties[from], message->from))
		return MESSAGE_WHY_NOT_ACTIVE;
	if (is_barred(engine, message, row->parties[from].numbers[0], now_ms))
		return MESSAGE_WHY_BLOCKED;
	*ret_shown = session_vn_seen(row, to, from, &vn_id);
	return number_is(*ret_shown) ? MESSAGE_WHY_NONE : MESSAGE_WHY_NOT_ACTIVE;
}

static void hand_out(const struct message_row *row, struct ledger_item *item)
{
	*item = (struct ledger_item){.id = row->id, .to = row->to, .shown = row->shown, .tries = row->tries,
		.body_len = row->body.len};
	memcpy(item->provider, row->provider, sizeof item->provider);
	memcpy(item->account, row->account, sizeof item->account);
	memcpy(item->ref, row->ref, sizeof item->ref);
	ASSERT(row->body.len <= sizeof item->body);
	memcpy(item->body, row->body.at, row->body.len);
}

static bool is_out(const struct ledger_take *take, uint64_t id)
{
	for (int i = 0; i < take->out_n; i++)
		if (take->out[i] == id)
			return true;
	return false;
}

/* It is about to be changed: as it was. False: no memory. */
static bool keep_row(struct ledger *ledger, struct waiting *waiting)
{
	struct ledger_entry *entry = ledger_entry_new(ledger, LEDGER_PUT);

	if (!entry)
		return false;
	entry->put.at = waiting;
	entry->put.tries = waiting->row.tries;
	entry->put.due_ms = waiting->row.due_ms;
	entry->put.shown = waiting->row.shown;
	return true;
}

/* Another VN stands for who it is from. */
static enum err show_other(struct ledger *ledger, struct waiting *waiting, struct number shown)
{
	if (!keep_row(ledger, waiting))
		return ERR_LIMIT_REACHED;
	waiting->row.shown = shown;
	return ERR_OK;
}

/* How many texts of each account are out. */
struct busy {
	const struct message_row *of[LEDGER_OUT_MAX]; /* one of each account */
	int out[LEDGER_OUT_MAX];
	int n;
};

/* The account's counter. */
static int *busy_of(struct busy *busy, const struct message_row *row)
{
	int i = 0;

	while (i < busy->n &&
		(strcmp(busy->of[i]->account, row->account) != 0 || strcmp(busy->of[i]->provider, row->provider) != 0))
		i++;
	if (i == busy->n) {
		ASSERT(busy->n < LEDGER_OUT_MAX);
		busy->of[busy->n] = row;
		busy->out[busy->n++] = 0;
	}
	return &busy->out[i];
}

static void count_out(const struct ledger *ledger, const struct ledger_take *take, struct busy *busy)
{
	for (int i = 0; i < take->out_n; i++) {
		uint32_t place = ledger_place(ledger, take->out[i]);
		if (place < ledger->waiting_n && ledger->waiting[place]->row.id == take->out[i])
			++*busy_of(busy, &ledger->waiting[place]->row);
	}
}

/* One that is due. *ret_gone: it waits no more. */
static enum err take_one(struct ledger *ledger, struct engine *engine, uint32_t place, int64_t now_ms,
	struct arena *arena, struct ledger_take *take, bool *ret_gone)
{
	struct waiting *waiting = ledger->waiting[place];
	struct number shown = NUMBER_NONE;
	enum err err = ERR_OK;

	arena_reset(arena);
	uint32_t slot = number_is(waiting->row.to) ? engine_session_find(engine, waiting->row.session) : ENGINE_NONE;
	const struct session_row *row = slot == ENGINE_NONE ? NULL : engine_session_row(engine, slot, arena);
	if (slot != ENGINE_NONE && !row) /* it waits for memory */
		return ERR_LIMIT_REACHED;
	enum message_why why = why_not(engine, &waiting->row, row, now_ms, &shown);
	if (!why && waiting->row.at_ms + MESSAGE_LIFE_S * 1000ll <= now_ms)
		why = MESSAGE_WHY_EXPIRED;
	*ret_gone = why != MESSAGE_WHY_NONE;
	if (*ret_gone)
		return finish(ledger, engine, place, &(struct end){MESSAGE_FAILED, why, "", "", false}, now_ms);
	if (!number_equal(shown, waiting->row.shown))
		err = show_other(ledger, waiting, shown);
	if (!err)
		hand_out(&waiting->row, &take->items[take->n++]);
	return err;
}

/* Has its account room? Only accounts that have something out are remembered. */
static bool has_room(struct busy *busy, const struct ledger_take *take, const struct message_row *row)
{
	for (int i = 0; i < busy->n; i++)
		if (strcmp(busy->of[i]->account, row->account) == 0 &&
			strcmp(busy->of[i]->provider, row->provider) == 0)
			return busy->out[i] < take->account_max;
	return true;
}

/* Does an earlier one of the same party, to the same, wait? */
static bool is_behind(const struct ledger *ledger, const struct message_row *row)
{
	const struct waiting *waiting = *ledger_chain(ledger, row->session);

	for (; waiting && waiting->row.id < row->id; waiting = waiting->next)
		if (waiting->row.session == row->session && strcmp(waiting->row.from_role, row->from_role) == 0 &&
			strcmp(waiting->row.to_role, row->to_role) == 0)
			return true;
	return false;
}

enum err ledger_take(struct ledger *ledger, struct engine *engine, int64_t now_ms, struct ledger_take *take)
{
	struct busy busy = {.n = 0};
	struct arena arena;
	enum err err = ERR_OK;
	int gone_n = 0;

	ASSERT(take->out_n + take->max <= LEDGER_OUT_MAX && take->account_max > 0);
	take->n = 0;
	take->next_ms = INT64_MAX;
	arena_init(&arena, LEDGER_ARENA_MAX);
	count_out(ledger, take, &busy);
	for (uint32_t i = 0; i < ledger->waiting_n && take->n < take->max && !err;) {
		const struct message_row *row = &ledger->waiting[i]->row;
		bool due = row->due_ms <= now_ms, gone = false;
		int before = take->n;
		if (!due && row->due_ms < take->next_ms)
			take->next_ms = row->due_ms;
		if (due && !is_out(take, row->id) && has_room(&busy, take, row) && !is_behind(ledger, row))
			err = take_one(ledger, engine, i, now_ms, &arena, take, &gone);
		if (take->n > before)
			++*busy_of(&busy, row);
		i += !gone;
		gone_n += gone;
		if (gone_n == GONE_MAX) {
			take->next_ms = now_ms;
			break;
		}
	}
	arena_wipe(&arena);
	arena_done(&arena);
	return err;
}

/* Full jitter above half: what failed together doesn't come back together. */
static int64_t wait_ms(struct ledger *ledger, uint16_t tries, int64_t retry_after_s)
{
	int64_t ms = tries < 10 ? (int64_t)WAIT_FIRST_MS << tries : WAIT_MAX_MS;

	if (ms > WAIT_MAX_MS)
		ms = WAIT_MAX_MS;
	ms = ms / 2 + random_below(&ledger->random, (uint32_t)(ms / 2 + 1));
	if (retry_after_s > 0 && retry_after_s * 1000 > ms)
		ms = retry_after_s < MESSAGE_LIFE_S ? retry_after_s * 1000 : MESSAGE_LIFE_S * 1000ll;
	return ms;
}

static enum err put_off(struct ledger *ledger, struct engine *engine, struct waiting *waiting,
	const struct ledger_outcome *outcome, int64_t now_ms)
{
	struct message_change *change = change_of(engine, outcome->id, MESSAGE_QUEUED, now_ms);

	if (!change || !keep_row(ledger, waiting))
		return ERR_LIMIT_REACHED;
	int64_t wait = wait_ms(ledger, waiting->row.tries, outcome->retry_after_s);
	waiting->row.tries += waiting->row.tries < LEDGER_TRIES_MAX;
	waiting->row.due_ms = now_ms + wait;
	if (waiting->row.due_ms > waiting->row.at_ms + MESSAGE_LIFE_S * 1000ll)
		waiting->row.due_ms = waiting->row.at_ms + MESSAGE_LIFE_S * 1000ll; /* then it is given up, and those behind have their turn */
	change->tries = waiting->row.tries;
	change->due_ms = waiting->row.due_ms;
	snprintf(change->code, sizeof change->code, "%s", outcome->code);
	ledger->batch.tries++;
	return note(engine, change);
}

enum err ledger_settle(
	struct ledger *ledger, struct engine *engine, const struct ledger_outcome *outcome, int64_t now_ms)
{
	uint32_t place = ledger_place(ledger, outcome->id);

	if (place == ledger->waiting_n || ledger->waiting[place]->row.id != outcome->id)
		return ERR_OK; /* a report came first */
	struct waiting *waiting = ledger->waiting[place];
	enum err err;
	if (outcome->state == MESSAGE_QUEUED) {
		err = put_off(ledger, engine, waiting, outcome, now_ms);
	} else {
		const struct end end = {outcome->state,
			outcome->state == MESSAGE_FAILED ? MESSAGE_WHY_PROVIDER : MESSAGE_WHY_NONE, outcome->code,
			outcome->provider_id, true};
		ledger->batch.tries++;
		err = finish(ledger, engine, place, &end, now_ms);
	}
	return err;
}
