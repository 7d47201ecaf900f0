/* engine: every change of pools, VNs and sessions, decided by rule, in memory, one at a time.
 *
 * A pure state machine: time, seed and keys are arguments; it opens nothing and prints nothing. The
 * same seed and the same calls give the same VNs.
 *
 *   engine_begin(now)  ->  any number of changes  ->  engine_records() are stored
 *       stored:   engine_commit()    publishes to the board; only then may anybody be answered
 *       refused:  engine_rollback()  everything is as it was at begin
 *
 * A change that returns an error has done nothing (S8: it may be asked again). Pictures (engine_row...)
 * show uncommitted changes of the open batch: give them out after commit only.
 *
 * Memory: reserved at start from `limits`; ERR_LIMIT_REACHED where one is met. Texts and rows that the
 * engine gives live until the batch ends. Threads: one, the writer; the board is for everybody.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "base/arena.h"
#include "core/board.h"
#include "core/decide.h"
#include "core/limits.h"
#include "core/notice.h"
#include "core/record.h"

#define ENGINE_NONE UINT32_MAX

struct engine;

struct engine_options {
	struct limits limits;
	uint64_t seed;          /* of choices and PINs; secret and fresh per start in a server */
	uint64_t text_key[2];   /* of refs' and requests' hashes; the same at every start */
	uint32_t tombstone_s;   /* 0: 30 days */
	int64_t now_ms;
	size_t batch_bytes;     /* rows and pictures of one batch; 0: 256 MB */
	notice_tell *tell;      /* writes what the outside is told, in RECORD_OUTBOX; NULL: nothing is told */
	void *tell_context;
};

struct engine *engine_new(const struct engine_options *options);
void engine_free(struct engine *engine);
struct board *engine_board(struct engine *engine);
size_t engine_bytes(const struct engine *engine); /* board included */

/* --- start: what the store holds, before the first change (an empty batch may set the time). ERR_STORE_REFUSED: breaks an
 * invariant. --- */

MUST_CHECK enum err engine_load_pool(struct engine *engine, const struct pool_row *row);
MUST_CHECK enum err engine_load_vn(struct engine *engine, const struct vn_row *row);
/* Open: all of it; ended: the pairs that still cool. `*ret_error` is a sentence on ERR_STORE_REFUSED. */
MUST_CHECK enum err engine_load_session(struct engine *engine, const struct session_row *row, const char **ret_error);
/* This row is loaded a little later: what that will look at in large tables, a random place in memory each, is brought
 * meanwhile. For any row, also a wrong one; changes nothing. */
void engine_load_soon(const struct engine *engine, const struct session_row *row);
MUST_CHECK enum err engine_load_tombstone(struct engine *engine, const struct tombstone_row *row);
/* After the last row: publishes. */
MUST_CHECK enum err engine_load_done(struct engine *engine);

/* --- batch --- */

void engine_begin(struct engine *engine, int64_t now_ms);
/* Begins the next change: records made from here on carry its number (struct record.change). The mark is for
 * engine_undo(), which takes back all that was done since: several calls as one change. */
uint32_t engine_mark(struct engine *engine);
void engine_undo(struct engine *engine, uint32_t mark);
/* The same place, within the change that is under way. */
uint32_t engine_here(const struct engine *engine);
/* A record of the writer's own (audit, idempotency, call) that belongs to the open batch; the row must live
 * until the batch ends. ERR_LIMIT_REACHED: the batch is full. */
MUST_CHECK enum err engine_note(struct engine *engine, const struct record *record);
const struct record *engine_records(struct engine *engine, size_t *ret_n);
void engine_commit(struct engine *engine);
void engine_rollback(struct engine *engine);

/* Zeroed room in the open batch for such a row; NULL: the batch is full. */
void *engine_room(struct engine *engine, size_t size);

/* Ascending, unique for ever: ms since the epoch << 16 | counter. */
uint64_t engine_next_id(struct engine *engine);
/* At start: ids up to this one were given. */
void engine_id_seen(struct engine *engine, uint64_t id);

/* Is anybody told what happens? */
bool engine_tells(const struct engine *engine);
/* A row of the outbox of the writer's own; gets its id and time here. As engine_note. */
MUST_CHECK enum err engine_outbox(struct engine *engine, const struct outbox_row *row);

/* --- names -> indices (kept for good; not part of a batch) --- */

MUST_CHECK enum err engine_tenant(struct engine *engine, struct str name, uint16_t *ret_tenant);
MUST_CHECK enum err engine_account(struct engine *engine, struct str provider, struct str name, uint16_t *ret_account);
/* Provider and name of an account. */
void engine_account_name(const struct engine *engine, uint16_t account, const char **ret_provider, const char **ret_name);

/* --- pools --- */

/* ERR_POOL_EXISTS; ERR_BAD_REQUEST is for pool_policy_check() before. */
MUST_CHECK enum err engine_pool_create(struct engine *engine, uint16_t tenant, struct str name,
	const struct pool_policy *policy, uint16_t *ret_pool);
/* ERR_BAD_REQUEST: neither mode nor numbers (each/one) can change while sessions are open. */
MUST_CHECK enum err engine_pool_set(struct engine *engine, uint16_t pool, const struct pool_policy *policy);
/* An empty name: the only pool of the tenant, if it has just one. ERR_NOT_FOUND. */
MUST_CHECK enum err engine_pool_find(const struct engine *engine, uint16_t tenant, struct str name, uint16_t *ret_pool);
uint16_t engine_pools(const struct engine *engine); /* how many; indices 0..n-1 */
const struct pool_row *engine_pool(const struct engine *engine, uint16_t pool);
uint16_t engine_pool_tenant(const struct engine *engine, uint16_t pool);
void engine_pool_count(const struct engine *engine, uint16_t pool, struct pool_stock *ret_stock,
	struct pool_sessions *ret_sessions);

/* O(1). */
struct pool_demand engine_pool_demand(const struct engine *engine, uint16_t pool);

/* Sessions that were ever made there since the start: orders, one by one. */
uint64_t engine_pool_opened(const struct engine *engine, uint16_t pool);

/* --- VNs --- */

enum vn_state { VN_FREE, VN_LENT, VN_COOLING, VN_RESERVED, VN_DISABLED };
extern const char *const vn_state_words[]; /* NULL ends */

struct vn_add {
	struct number number;
	uint16_t account;
	bool reserved;
	struct place place;
};
/* ERR_NUMBER_IN_USE: it is a VN already (also of another tenant). Whether it is a party's number is a walk
 * over all sessions, so ask engine_vn_in_use() before, once for a whole list. */
MUST_CHECK enum err engine_vn_add(struct engine *engine, uint16_t pool, const struct vn_add *add);
/* For a long list: numbers of `adds` that are parties' numbers now; sets in_use[i]. O(sessions). ERR_LIMIT_REACHED: no
 * memory. */
MUST_CHECK enum err engine_vn_in_use(const struct engine *engine, const struct vn_add *adds, int n, bool *in_use);
/* -1 leaves a flag. ERR_NOT_FOUND: not a VN of this tenant. */
MUST_CHECK enum err engine_vn_set(struct engine *engine, uint16_t tenant, struct number number, int disabled, int reserved,
	uint32_t *ret_vn);
/* Takes a VN out of lending for that reason, or (VN_OUT_NOT) lets it in again. Its sessions go on to their end. ERR_OK also when
 * it is so already; ERR_FORBIDDEN: somebody disabled it by hand, and only a hand (engine_vn_set) changes that. */
MUST_CHECK enum err engine_vn_out(struct engine *engine, uint32_t vn, enum vn_out out);
/* Moves live sessions off a VN that is out, to others of its account: all or nothing for each of them, told as session.changed; a
 * session for which nothing is free keeps it, and one in its grace keeps it to its end. Old pairs cool. Each session is a change of its
 * own. Begin with {.vn = id}; a call tries `max` sessions of the VN at most, and looks at 65,536 in all. False: it is through, or the
 * VN is out no more. True: more is to be looked at, in the next batch. */
struct vn_replace {
	uint32_t vn;
	uint32_t slot;         /* where it goes on */
	uint32_t moved, kept;  /* sessions, so far */
	uint8_t tries;         /* of that slot: without room it is kept in the end */
};
bool engine_replace(struct engine *engine, struct vn_replace *replace, uint32_t max);
/* How often its health took it out is forgotten. ERR_LIMIT_REACHED: the batch is full. */
MUST_CHECK enum err engine_vn_forgive(struct engine *engine, uint32_t vn);
struct vn_view {
	const struct vn_row *row;
	enum vn_state state;
	uint32_t sessions;
};
MUST_CHECK enum err engine_vn(const struct engine *engine, uint32_t vn, struct vn_view *ret_view);
/* 0: not a VN. */
uint32_t engine_vn_by_number(const struct engine *engine, struct number number);
/* The next VN of the pool (any state if state < 0) with id > after; 0 when there is none. */
uint32_t engine_vn_next(const struct engine *engine, uint16_t pool, int state, uint32_t after);
/* VNs of the pool that are out for their health. O(1). */
uint32_t engine_pool_sick(const struct engine *engine, uint16_t pool);
/* VNs of the pool that can be lent (neither disabled nor reserved), of that account. O(accounts and places of the pool). */
uint32_t engine_pool_lendable(const struct engine *engine, uint16_t pool, const char *provider, const char *account);

/* --- sessions --- */

struct session_open {
	uint16_t pool;
	struct str ref;
	struct party *parties;  /* role, numbers, persons, place, may_call, vn; the rest is ignored */
	int parties_n;
	uint32_t ttl_s;         /* 0: the pool's */
	uint32_t expires_at;    /* 0: by ttl_s */
};
/* A new session (`*ret_new` true), or the one that is there with the same parties. LIVE with two parties
 * or more, WAITING with one. ERR_POOL_EXHAUSTED: nothing is kept. ERR_SESSION_EXISTS, ERR_SESSION_CLOSED
 * (*ret_ended: its id, 0 if it never had one), ERR_BAD_REQUEST (expires_at has passed; a role twice; a VN
 * wished for a session of one), ERR_NOT_FOUND (a wished VN is not of this pool), ERR_NUMBER_IS_VIRTUAL, ERR_SAME_NUMBER_TWICE,
 * ERR_TOO_MANY_PARTIES, ERR_NUMBER_IN_USE (a wanted VN), ERR_LIMIT_REACHED, ERR_ROLES_FULL. */
MUST_CHECK enum err engine_session_open(struct engine *engine, const struct session_open *open, uint32_t *ret_slot,
	bool *ret_new, uint64_t *ret_ended);

/* Slots of open sessions (waiting, live, closing). ENGINE_NONE: not open. */
uint32_t engine_session_find(const struct engine *engine, uint64_t id);
uint32_t engine_session_by_ref(const struct engine *engine, uint16_t pool, struct str ref);
/* Of an order that ended (tombstone): true, and its last session's id or 0. */
bool engine_session_ended(const struct engine *engine, uint16_t pool, struct str ref, uint64_t *ret_id);
uint16_t engine_session_pool(const struct engine *engine, uint32_t slot);
uint64_t engine_session_id(const struct engine *engine, uint32_t slot);
/* A picture; NULL when the arena is full. */
struct session_row *engine_session_row(const struct engine *engine, uint32_t slot, struct arena *arena);

/* Adds or replaces by role, all or nothing. ERR_SESSION_CLOSED in grace. ERR_SESSION_FULL: too many replaced parties cool or
 * too many views; ERR_ROLES_FULL. */
MUST_CHECK enum err engine_party_put(struct engine *engine, uint32_t slot, const struct party *party);
/* ERR_NOT_FOUND. With one party left the session waits. */
MUST_CHECK enum err engine_party_drop(struct engine *engine, uint32_t slot, struct str role);
/* Extends or shortens; a time that has passed closes. */
MUST_CHECK enum err engine_session_expire_at(struct engine *engine, uint32_t slot, uint32_t expires_at);
/* grace_s < 0: the pool's. A second close can only shorten the grace; its answer is never an error. */
MUST_CHECK enum err engine_session_close(struct engine *engine, uint32_t slot, int64_t grace_s);
/* Closes without grace, wipes the numbers. */
MUST_CHECK enum err engine_session_forget(struct engine *engine, uint32_t slot);
/* Closes without grace every open session with that number and wipes it there; *ret_n: how many. O(sessions). */
MUST_CHECK enum err engine_erase(struct engine *engine, struct number number, uint32_t *ret_n);
/* The same in one tenant's pools only. */
MUST_CHECK enum err engine_erase_of(struct engine *engine, uint16_t tenant, struct number number, uint32_t *ret_n);
/* An ended session's row: record that the store blanks it. person NULL: all. */
MUST_CHECK enum err engine_erase_ended(struct engine *engine, uint64_t session, const struct person *person);

/* --- blocks --- */

/* Who may not ring whom: a new one, or another direction, end and reason for the one of that pool, number and `with`
 * (which keeps its id and beginning). Expired ones go by themselves. `put`: id and created_at are set here.
 * ERR_LIMIT_REACHED: limits.blocks are there, or the batch is full. */
MUST_CHECK enum err engine_block_put(struct engine *engine, struct block_row *put, bool *ret_new);
/* ERR_NOT_FOUND: none of that id in this tenant's pools. *ret_row: what it was, without its reason. */
MUST_CHECK enum err engine_block_drop(struct engine *engine, uint16_t tenant, uint64_t id, struct block_row *ret_row);
/* Drops blocks of the tenant's pools that name that number, `max` at most. *ret_n: how many; `max`: ask again. */
MUST_CHECK enum err engine_block_erase(struct engine *engine, uint16_t tenant, struct number number, uint32_t max,
	uint32_t *ret_n);
MUST_CHECK enum err engine_load_block(struct engine *engine, const struct block_row *row);
#define BLOCK_ID_TEXT_SIZE 20
char *block_id_text(uint64_t id, char text[BLOCK_ID_TEXT_SIZE]);
MUST_CHECK enum err block_id_parse(struct str text, uint64_t *ret_id);

/* --- order events --- */

enum event_type { EVENT_PLACED, EVENT_ASSIGNED, EVENT_REASSIGNED, EVENT_COMPLETED, EVENT_CANCELLED };
extern const char *const event_type_words[]; /* "order.placed", ...; NULL ends */

struct order_event {
	enum event_type type;
	uint16_t pool;
	struct str order;
	uint64_t version;       /* > 0: `version`, else `time` in ms */
	struct party *parties;  /* as session_open */
	int parties_n;
	uint32_t ttl_s;         /* 0: the pool's; only when it makes the session */
};
enum event_effect { EVENT_APPLIED, EVENT_REPEATED };
/* ERR_TOO_OLD: the same version with other content. ERR_SESSION_CLOSED is not told: a late event on an
 * ended order is EVENT_REPEATED (S9). Nothing free: applied, the session waits. ERR_LIMIT_REACHED: what all have together is
 * full, later it may go; ERR_SESSION_FULL, ERR_ROLES_FULL: it is this event that asks for too much. */
MUST_CHECK enum err engine_event(struct engine *engine, const struct order_event *event, enum event_effect *ret_effect,
	uint32_t *ret_slot);

/* --- time and calls --- */

/* Expiry, end of grace, waiting sessions: at most `max` sessions. True: more is due. */
bool engine_tick(struct engine *engine, uint32_t max);

/* Does the pair cool: had this person (person_short) a session with that VN that has ended? */
bool engine_cools(const struct engine *engine, uint64_t person, uint32_t vn);

/* A connect decision was given: where ttl_from is last_call its session's time begins anew. */
void engine_called(struct engine *engine, uint64_t session);

/* A call of that session ended after so many seconds; published with the batch. ERR_LIMIT_REACHED: it is full. */
MUST_CHECK enum err engine_talked(struct engine *engine, uint64_t session, uint32_t seconds);
/* At start, behind the sessions: what a session that is open has talked. */
void engine_load_talked(struct engine *engine, uint64_t session, uint64_t seconds);
/* Of the open sessions in pools that bound it, the lowest id; 0: there is none. */
uint64_t engine_talks_from(const struct engine *engine);

struct engine_counts {
	uint32_t sessions, sessions_max, routes, routes_max, pairs, pairs_max, tombstones, tombstones_max, vns, pools,
		blocks, blocks_max;
};
struct engine_counts engine_counts(const struct engine *engine);

/* Walks everything and compares with the counters and tables kept on the side: S1, S12, links. NULL or a
 * sentence of what is wrong (static storage). For tests and the simulator: O(everything). */
const char *engine_audit(const struct engine *engine);

#endif
