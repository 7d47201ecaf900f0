/* engine_state: what the engine's own files (engine*.c) share. Nobody else includes this.
 *
 * Everything about sessions goes through session_put() (engine_put.c): a change takes a picture of the
 * session (session_row), alters the picture and puts it back. The difference of the two pictures moves
 * pairs, VNs, timers, counters; the pictures in the journal undo it, and at commit tell which routes go
 * and which come. So there is one place that links a session to the rest, and one that unlinks it.
 */
#ifndef CORE_ENGINE_STATE_H
#define CORE_ENGINE_STATE_H

#include "base/hash.h"
#include "base/pile.h"
#include "core/busy.h"
#include "core/engine.h"
#include "core/habit.h"
#include "core/index.h"
#include "core/notice.h"
#include "core/pair.h"
#include "core/roles.h"
#include "core/tombstone.h"
#include "core/wheel.h"

#define NONE ENGINE_NONE

/* --- one session in memory: 64 bytes, and a body of 32-byte units (see engine_body.c) --- */

struct body {
	uint32_t at; /* handle; 0: none */
	uint8_t units;
	bool wide, olds, floor; /* which parts it has */
};

struct session {
	uint64_t fingerprint;
	struct body body;
	uint32_t ref; /* handle */
	uint32_t opened_at, expires_at, closed_at, grace_until, cool_until;
	uint32_t rev;
	uint32_t touched;              /* 1 + first journal entry of this batch that changed it; 0 */
	uint32_t wait_next, wait_prev; /* among the waiting ones of its pool */
	uint16_t pool;
	uint8_t ref_len;
	uint8_t state; /* enum session_state; SESSION_CLOSED: the slot is free */
	uint8_t parties_n, views_n, past_n;
	bool expired : 1, waits : 1, announce : 1;
};
_Static_assert(sizeof(struct session) == 64, "a cache line");

/* --- VNs and their shelves --- */

struct vn {
	struct vn_row row;
	uint16_t pool, account;
	uint32_t sessions;   /* open ones that use it */
	uint32_t rest_until; /* exclusive: COOLING until then; 0 */
	uint32_t shelf;      /* of its pool, NONE: not lendable */
	uint32_t place;      /* in shelf->vns */
	uint32_t next, prev; /* in the shelf's queue of free ones; NONE */
	bool queued;
};

/* VNs of one pool that are alike to the choice: of one account, and as the pool's `geo` asks of one
 * country and area. Exclusive pools take from the queue, shared ones probe `vns`. */
struct shelf {
	uint16_t account, country;
	uint32_t area;
	uint32_t *vns;
	uint32_t n, size;
	uint32_t head, tail; /* exclusive pools: by (free_since, id) */
};

struct pool {
	struct pool_row row;
	uint16_t tenant;
	struct shelf *shelves;
	uint32_t shelves_n, shelves_size;
	struct pool_stock stock;
	uint32_t sick;                 /* of those that are disabled: out for their health */
	struct pool_sessions sessions;
	uint32_t wait_head, wait_tail; /* slots, oldest first */
	uint32_t wait_cursor;          /* where the next retry goes on */
	uint32_t waiting_n;            /* in that list */
	uint64_t opened;               /* sessions made since the start */
	bool stock_came;               /* something was set free since the last retry */
	bool stirred;                  /* its counters changed since its level was looked at */
	uint32_t ran_out_s;            /* when somebody last found nothing; 0: never */
};

/* Who may not ring whom; what the store has besides is not needed here. */
struct block {
	uint64_t id; /* 0: the slot is free */
	struct number number, with;
	uint32_t created_at, until;
	uint32_t next_free;
	uint16_t pool;
	uint8_t direction;
};

/* --- the open batch --- */

enum entry_kind {
	ENTRY_SESSION,
	ENTRY_VN,
	ENTRY_VN_NEW,
	ENTRY_POOL,
	ENTRY_POOL_NEW,
	ENTRY_TOMBSTONE,
	ENTRY_TOLD,
	ENTRY_POOL_LEVEL,
	ENTRY_BLOCK,
	ENTRY_TALKED,
	ENTRY_NOTE
};

/* What of a VN is set by word. */
struct vn_flags {
	bool reserved, disabled;
	enum vn_out out;
	uint32_t out_at;
	uint16_t out_times;
};

struct entry {
	enum entry_kind kind;
	uint32_t records_before;
	uint32_t id; /* slot, VN, pool */
	/* ENTRY_SESSION: pictures; before NULL: it was made; after NULL or ended: it went. */
	const struct session_row *before, *after;
	const struct session_row *last; /* of the first entry of a slot: the newest picture */
	struct session before_fixed;
	bool gone;                        /* the slot is free once this is committed */
	uint64_t hash;                    /* ENTRY_TOMBSTONE */
	const struct pool_policy *policy; /* ENTRY_POOL: as it was */
	struct vn_flags vn;   /* ENTRY_VN: as it was */
	struct left_vn *left; /* ENTRY_SESSION: VNs that it uses no more */
	int left_n;
	struct untold *untold; /* ENTRY_TOLD: the first that had not been told */
	enum pool_level level; /* ENTRY_POOL_LEVEL: as it was */
	const struct block *block_was, *block_now; /* ENTRY_BLOCK: NULL: none */
	uint32_t seconds;      /* ENTRY_TALKED */
};

/* A session whose grace ended while the program was down: told at the first ticks. Roles, no numbers. */
struct untold {
	struct untold *next;
	struct session_row row;
};

/* A VN that a session left, as it was before; and its row as it is stored then. */
struct left_vn {
	uint32_t id, free_since, rest_until;
	struct vn_row row;
};

#define SWEEP_ROUND_MS 60000 /* what has cooled is let go after no longer than that */
#define SWEEP_AT_LIMIT 4096 /* buckets and cells looked at when a table is full: what ran out makes room */
#define ENTRIES_MAX 32768
#define RECORDS_MAX 65536
#define ENTRY_RECORDS_MAX                                                                                    \
	(3 + SESSION_PARTIES_MAX + SESSION_VIEWS_MAX) /* of one entry: the session, its VNs, its notice */
#define STIRRED_MAX 64
#define BATCH_BYTES_MAX ((size_t)256 << 20)
#define BATCH_BYTES_KEPT ((size_t)2 << 20)

struct name_list {
	char (*names)[65];
	uint32_t n, max;
};

struct account_name {
	char provider[16];
	char name[32];
};

struct engine {
	struct limits limits;
	uint64_t text_key[2];
	uint32_t tombstone_s;
	struct random random;
	uint64_t choice_seed;
	int64_t now_ms;
	uint32_t now_s;
	uint32_t waiting_s; /* when waiting sessions were last tried for the time's sake */
	uint64_t last_id;

	struct board *board;
	struct pairs *pairs;
	struct busy *busy;      /* who holds how many of them */
	int64_t swept_ms;       /* the sweep of the pairs goes by time */
	struct wheel *wheel;    /* sessions */
	struct wheel *vn_wheel; /* VNs that rest */
	struct pile *bodies, *refs;
	struct index *by_id, *by_ref, *by_vn;
	struct tombstones *tombstones;
	struct habits *habits;

	struct block *blocks;
	uint32_t blocks_n;                  /* in use */
	uint32_t blocks_fresh, blocks_free; /* slots never used begin; freed ones */
	uint32_t blocks_look;               /* where the sweep goes on */
	uint32_t blocks_looked_s;
	struct index *blocks_by_id, *blocks_by_key;

	struct session *sessions;
	uint32_t sessions_n;      /* open */
	uint32_t fresh;           /* slots never used begin here */
	uint32_t free_slot;       /* freed slots, linked through wait_next; NONE */
	uint32_t tombstones_owed; /* open sessions that have not closed: each will leave one */
	uint32_t routes_planned;  /* of all open sessions, uncommitted ones too */
	struct vn *vns;           /* id - 1 */
	uint32_t vns_n;
	struct pool *pools;
	uint32_t pools_n;
	struct name_list tenants;
	struct roles *roles;
	struct account_name *accounts;
	uint32_t accounts_n;

	notice_tell *tell; /* NULL: nobody listens */
	void *tell_context;
	struct arena untold_arena;
	struct untold *untold_next, **untold_last;
	uint32_t stirred[STIRRED_MAX], stirred_n; /* pools; more than the maximum: any */
	uint32_t watched_s;

	bool loading;       /* VNs are read that lie on no shelf yet */
	bool open;          /* a batch is */
	struct arena arena; /* pictures and rows of the batch */
	struct entry *entries;
	uint32_t entries_n;
	struct record *records;
	uint32_t records_n;
	uint32_t change;
};

static inline struct vn *vn_at(struct engine *e, uint32_t id)
{
	return &e->vns[id - 1];
}

/* engine.c */
struct entry *entry_new(struct engine *e, enum entry_kind kind); /* NULL: the batch is full */
void record_add(struct engine *e, const struct record *record);  /* room was asked for by entry_new */
void *batch_alloc(struct engine *e, size_t size);
uint64_t ref_hash(const struct engine *e, uint16_t pool, struct str ref);
uint64_t id_hash(uint64_t id);

/* engine_body.c: pictures <-> sessions. Both NULL/false without room. */
struct session_row *picture(const struct engine *e, uint32_t slot, struct arena *arena);
struct session_row *picture_new(struct engine *e); /* room for the most parties, views and past */
/* The same of a session, with room for `past_more` further past pairs. */
struct session_row *picture_of(struct engine *e, uint32_t slot, int past_more);
/* ERR_LIMIT_REACHED, ERR_ROLES_FULL: nothing was taken. */
enum err body_write(struct engine *e, const struct session_row *row, struct body *ret_body);
bool body_uses(const struct engine *e, uint32_t slot, uint32_t vn); /* without a picture; past pairs aside */
void body_give(struct engine *e, const struct body *body, int parties_n);

/* engine_put.c */
enum put_how { PUT_STORED, PUT_DERIVED }; /* DERIVED: follows from times that are stored already */
/* slot NONE: a new session. ERR_LIMIT_REACHED: nothing was done. A row that is over leaves its slot. */
enum err session_put(
	struct engine *e, uint32_t slot, struct session_row *row, enum put_how how, uint32_t *ret_slot);
/* At start: links an open session and publishes it. */
enum err session_load(struct engine *e, struct session_row *row);
void keep_habits(struct engine *e, const struct session_row *row); /* where the pool's stick is prefer */
void session_put_undo(struct engine *e, const struct entry *entry);
void session_unlock_slot(struct engine *e, struct entry *entry); /* at commit: gives back what went */
bool row_over(const struct session_row *row, uint32_t now_s);    /* closed, and the grace is over */
bool slot_open(const struct engine *e, uint32_t slot);           /* a session is in it, also in this batch */

/* engine_pairs.c: what a picture holds of (person, VN) pairs. */
struct person pin_person(const struct party *party); /* a PIN is a person who may dial */
typedef void pair_visit(void *context, const struct person *person, uint32_t vn);
void pairs_of(const struct session_row *row, pair_visit *each, void *context);
void stands_of(const struct session_row *row, pair_visit *each, void *context);
/* Is there room for what the picture holds? What it shares with the session as it is now is there already. */
bool pairs_have_room(struct engine *e, const struct session_row *row);
/* Every change of the set goes through here, and every sweep: busy keeps count. `was`: as it is now. */
enum err pair_put(struct engine *e, uint64_t person, uint32_t vn, struct pair was, struct pair pair);
void pairs_let_go(struct engine *e, uint32_t buckets);
/* One side of a change: a picture (NULL: nothing there) and whether it holds its slot. A session whose
 * grace ended a moment ago holds its slot until a tick takes it out. */
struct side {
	const struct session_row *row;
	bool open;
};
void pairs_move(struct engine *e, const struct side *from, const struct side *to);
int vns_of(const struct session_row *row, uint32_t *vns, int max); /* distinct ids */
#define SESSION_VNS_MAX (SESSION_PARTIES_MAX + SESSION_VIEWS_MAX)

/* engine_routes.c */
uint32_t routes_needed(const struct session_row *row);
void routes_publish(struct engine *e); /* at commit: what the batch changed */
void routes_publish_new(struct engine *e, uint32_t slot, const struct session_row *row);
void routes_soon(const struct engine *e, const struct session_row *row); /* will be published new */
/* The routes of a picture, one by one. */
typedef void route_visit(void *context, const struct route_key *key, const struct route *route);
void routes_each(const struct engine *e, const struct session_row *row, uint32_t slot, route_visit *each,
	void *context);

/* engine_stock.c: VNs, shelves, counters. */
enum vn_state vn_state_of(const struct vn *vn);
void vn_count(struct engine *e, const struct vn *vn, int by); /* in or out of its pool's counters */
bool vn_shelve(struct engine *e, uint32_t id); /* onto the shelf that fits, if it is lendable */
void vn_unshelve(struct engine *e, uint32_t id);
void vn_take(struct engine *e, uint32_t id); /* one session more */
void vn_give(struct engine *e, uint32_t id); /* one less, as an undo */
void vn_leave(
	struct engine *e, uint32_t id, uint32_t since); /* one less at a time: the last one gone, it rests */
void vn_come_back(struct engine *e, const struct left_vn *left); /* undoes vn_leave */
void vn_rest(struct engine *e, uint32_t id,
	uint32_t since);                        /* free since then; exclusive: rests if that is not over */
struct vn_flags vn_flags_of(const struct vn *vn);
void vn_flags_set(struct vn *vn, const struct vn_flags *flags); /* off its shelf and out of the counters meanwhile */
void vn_requeue(struct engine *e, uint32_t id); /* into or out of the queue, as its state asks */
/* Lays all VNs of the pool, ALL_POOLS: of every one, on shelves anew, the longest rested first. False: no
 * memory. */
#define ALL_POOLS -1
bool vns_reshelve(struct engine *e, int pool);

/* engine_choose.c */
struct choice {
	struct pool *pool;
	struct session_row *row;
	const struct session_row *old; /* the session as it was: its own pairs are no obstacle; may be NULL */
	uint64_t salt;
};
/* Gives every party of the row its VN; ERR_POOL_EXHAUSTED, ERR_NUMBER_IN_USE (a wanted one). */
enum err choose_all(struct engine *e, struct choice *choice);
/* One for party `target`, to be seen by the parties of the bit set `viewers`, of the session's account. */
enum err choose_one(struct engine *e, struct choice *choice, int target, uint32_t viewers, uint32_t *ret_vn);
/* The same without an alarm when there is none: 0. With `target` among the viewers, of two: it stands for both of them. */
uint32_t choose_other(struct engine *e, struct choice *choice, int target, uint32_t viewers);
bool pair_is_free(struct engine *e, const struct choice *choice, const struct person *person, uint32_t vn);
bool party_may_dial(struct engine *e, const struct choice *choice, const struct party *party, uint32_t vn);

/* engine_party.c */
#define PAST_MORE (SESSION_PAST_MAX + 1) /* room of a picture whose parties change */
enum err parties_check(const struct engine *e, const struct pool *pool, const struct party *parties, int n);
/* WAITING -> LIVE. On error the picture is of no more use. */
enum err row_bind(struct engine *e, struct session_row *row, const struct session_row *old);
void row_unbind(struct session_row *row);
/* Adds or replaces parties, with VNs: all or nothing. */
enum err row_parties_put(struct engine *e, struct session_row *row, const struct party *parties, int n,
	const struct session_row *old);
/* The same, giving up every VN: the session waits. */
enum err row_parties_wait(struct engine *e, struct session_row *row, const struct party *parties, int n,
	const struct session_row *old);
uint64_t party_fingerprint(const struct engine *e, const struct party *party);
/* After any change of parties or VNs: what was held before and isn't now cools. ERR_LIMIT_REACHED: too much of it. */
enum err row_settle_past(struct engine *e, struct session_row *row, const struct session_row *old);

/* engine_session.c */
struct session_row *row_new(
	struct engine *e, uint16_t pool, struct str ref, uint32_t ttl_s, uint32_t expires_at);

/* engine_close.c */
/* Ends the picture at a time: grace, cool-down and tombstone begin. ERR_LIMIT_REACHED: the batch is full. */
enum err row_close(struct engine *e, struct session_row *row, uint32_t at, uint32_t grace_s, bool expired);
bool tombstone_room(struct engine *e); /* for one more that no session owes yet */
enum err tombstone_add(struct engine *e, uint16_t pool, struct str ref, uint64_t session, uint32_t at);

/* engine_notice.c */
/* The outbox's row for a change of a session; *ret_row is NULL where nobody listens. ERR_LIMIT_REACHED: no room. */
enum err session_notice(struct engine *e, const struct session_row *before, const struct session_row *after, bool gone,
	struct outbox_row **ret_row);
enum err untold_add(struct engine *e, const struct session_row *row);
uint32_t untold_tell(struct engine *e, uint32_t max); /* how many were told; max also when the batch is full */
void pool_stir(struct engine *e, uint32_t index);
void pool_ran_out(struct engine *e, const struct pool *pool); /* stays, whatever is undone */
bool pools_watch(struct engine *e); /* false: the batch is full */

/* engine_block.c */
bool blocks_table_new(struct engine *e);
void blocks_table_free(struct engine *e);
void block_undo(struct engine *e, const struct entry *entry);
void block_publish(struct engine *e, const struct entry *entry);
void blocks_expire(struct engine *e); /* some that are over, in every batch; the rest in later ones */

/* engine_waiting.c */
void wait_add(struct engine *e, uint32_t slot);
void wait_remove(struct engine *e, uint32_t slot);
uint32_t waiting_retry(struct engine *e, uint32_t max); /* how many were tried */

#endif
