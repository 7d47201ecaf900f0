/* record: one thing that a change writes. The engine and the writer make records, a store keeps them.
 *
 * A batch is an array of records; `change` tells which of them belong together and get one verdict.
 * Real numbers are in clear here and nowhere on disk: the store seals them (crypto/vault.h).
 * Texts and arrays are the maker's and live until the batch is over.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/blocks.h"
#include "core/call.h"
#include "core/message.h"
#include "core/pool.h"
#include "core/session.h"
#include "core/supply.h"

enum record_kind {
	RECORD_POOL,        /* put by id */
	RECORD_VN,          /* put by id */
	RECORD_SESSION,     /* put by id: the whole session */
	RECORD_SESSION_ALIKE, /* the same, whole too, of one that was put before: its parties, views and past pairs are as that put
	                       * said, in this batch or stored, so a store may leave those as they are */
	RECORD_SESSION_TOLD,  /* the end of its grace was told: announce is false from now on */
	RECORD_SESSION_ERASE, /* an ended session's real numbers: all of it, or one person's */
	RECORD_TOMBSTONE,   /* add */
	RECORD_CALL,        /* put by id: a call that is asked about again (digits) is written again */
	RECORD_CALL_STATUS, /* status and seconds of a call by id */
	RECORD_IDEMPOTENCY, /* add */
	RECORD_AUDIT,       /* append; the store gives id and chains the hash */
	RECORD_TIME,        /* highest wall time seen, so that no start goes behind it */
	RECORD_OUTBOX,      /* add: an event for the outside; its id is above that of every earlier one */
	RECORD_SINK,        /* put by name: how far a receiver of the outbox is */
	RECORD_SINK_DROP,   /* by name, with its retries */
	RECORD_RETRY,       /* put by sink and event: to be sent again later; of no effect without that sink */
	RECORD_RETRY_DROP,  /* by sink and event */
	RECORD_OFFSET,      /* put by group, topic and partition: how far a consumed topic was applied */
	RECORD_DEAD,        /* put by id, the whole of it: an order event that was refused, or waits behind one */
	RECORD_DEAD_DROP,   /* by id */
	RECORD_SUPPLY,      /* put by pool: how its stock looks after itself */
	RECORD_PURCHASE,    /* put by id, the whole of it: a number that is, was or was to be bought */
	RECORD_HOUR,        /* put by pool and hour: orders placed */
	RECORD_BLOCK,       /* put by id, the whole of it: who may not ring whom */
	RECORD_BLOCK_DROP,  /* by id */
	RECORD_MESSAGE,     /* add: the whole of it */
	RECORD_MESSAGE_CHANGE, /* by id: what became of it; of no effect without it */
	RECORD_MESSAGE_POLICY, /* put by pool */
};

/* An event for the outside: in the same transaction as its effect, later sent to every sink. No real number. */
struct outbox_row {
	uint64_t id;        /* ascending, as session ids; "evt_..." outside */
	int64_t at_ms;
	struct str type;    /* "session.live", ... */
	struct str tenant;
	struct str pool;    /* empty: none */
	uint64_t session;   /* 0: none */
	struct str key;     /* order of events with one key is kept: the order's id; else a VN's or a pool's name */
	struct str data;    /* a JSON object */
};

/* How far a sink is: every event up to the cursor was delivered, given up, or is among its retries. */
struct sink_row {
	struct str name;      /* 1..64 bytes: "kafka", "orders_db", "webhook:NAME" */
	uint64_t cursor;
	uint32_t disabled_at; /* epoch seconds: it wants no more (410); 0 */
};

struct retry_row {
	struct str sink;
	uint64_t event;
	struct str key;     /* the event's */
	uint32_t attempt;   /* how often it was tried; 0: never, it waits behind an earlier one of its key */
	int64_t due_ms;
};

/* How far a topic's partition was applied here. Kept whatever it says: the writer checks order and generation. */
struct offset_row {
	struct str group, topic;
	int32_t partition;
	int64_t next;       /* offset of the next record */
	int32_t generation; /* of the group, when that was written */
};

enum dead_state { DEAD_REFUSED, DEAD_PARKED };

/* A consumed record that was refused for good, or is parked behind such a one of its order. The payload is in
 * clear here and sealed in the store. */
struct dead_row {
	uint64_t id;          /* ascending, as session ids */
	int64_t at_ms;
	enum dead_state state;
	struct str tenant;
	struct str topic;
	int32_t partition;
	int64_t offset;
	struct str order;     /* empty: could not be told */
	struct str code;      /* err_slug(); "" while parked */
	struct str detail;    /* field and sentence; never a value of the record */
	struct str ce_id, ce_type, ce_time; /* headers of a CloudEvent in binary mode; empty: none */
	struct str payload;   /* 0..1 MiB (VAULT_TEXT_MAX) */
};

struct pool_row {
	uint32_t id; /* 1.. in the order of creation; index + 1 */
	char tenant[TENANT_NAME_MAX + 1];
	char name[POOL_NAME_MAX + 1];
	uint32_t created_at;
	enum pool_level level; /* kept, so that after a start nothing is told twice and nobody waits for pool.recovered */
	struct pool_policy policy;
};

struct vn_row {
	uint32_t id; /* 1.. in the order of creation, below 2^24 */
	uint32_t pool_id;
	struct number number;
	char provider[16];
	char account[32];
	bool reserved, disabled;
	enum vn_out out;     /* why it is disabled; VN_OUT_NOT unless it is */
	uint32_t out_at;     /* epoch seconds: since when; 0 */
	uint16_t out_times;  /* how often its health took it out: each time it stays out longer */
	uint32_t free_since; /* epoch seconds: when the last session left it; creation if never lent */
	uint32_t added_at;
	struct place place;
};

/* Without one a pool has supply_policy_default(). */
struct supply_row {
	uint32_t pool_id;
	struct supply_policy policy;
};

/* One number that is bought for a pool. Kept for a year; open ones for ever. */
struct purchase_row {
	uint64_t id;             /* ascending, as session ids */
	uint32_t pool_id;
	char provider[16];
	char account[32];
	enum purchase_state state;
	struct number number;    /* the offer that was chosen */
	int64_t at_ms;           /* of the intent */
	int64_t asked_ms;        /* when the provider was asked; 0: not yet */
	int64_t done_ms;         /* when it joined or failed; 0 */
	int64_t month_micros;    /* price a month; -1: not told */
	char currency[4];
	char order[64];          /* the provider's, while PENDING */
	char code[32];           /* what it said when it said no: fit to be shown */
	char why[160];
	uint16_t looks;          /* how often it was looked for since */
};

/* What came in an hour. Kept for five weeks. */
struct hour_row {
	uint32_t pool_id;
	uint32_t hour;   /* since the epoch */
	uint32_t orders; /* placed */
};

/* Numbers and reason are in clear here and sealed in the store. */
#define BLOCK_REASON_MAX 200
struct block_row {
	uint64_t id;          /* ascending, as session ids; "blk_..." outside */
	uint32_t pool_id;
	struct number number, with; /* blocks.h */
	enum block_direction direction;
	uint32_t created_at, until; /* epoch seconds; until 0: for ever */
	struct str reason;    /* what somebody wrote, up to BLOCK_REASON_MAX bytes; may be empty */
};

struct tombstone_row {
	uint64_t hash;    /* keyed, of pool id and ref */
	uint64_t session; /* 0: none was ever there */
	uint32_t until;   /* epoch seconds */
};

struct session_erase {
	uint64_t session;
	bool all;
	struct person person; /* unless all */
};

struct idempotency_row {
	uint64_t id;             /* ascending, as session ids */
	uint8_t key_hash[16];    /* keyed hash of tenant and Idempotency-Key */
	uint8_t body_hash[16];   /* keyed hash of method, path and body */
	uint32_t until;
	int status;
	uint64_t session;        /* answer is this session as it is now: where the answer held real numbers */
	struct str answer;       /* the body that was given; empty with `session` */
};

struct audit_row {
	uint64_t id;             /* the store gives it: 1.. without gaps */
	int64_t at_ms;
	struct str tenant;
	struct str key;          /* id of the API key; "cli", "config" */
	struct str action;       /* "session.reveal", "number.erase", "pool.set", "key.create", ... */
	struct str target;       /* ids, names, masked numbers; never a real number */
	struct str detail;
	uint8_t hash[32];        /* HMAC(audit key, previous hash || fields); the store makes and checks it */
};

struct record {
	enum record_kind kind;
	uint32_t change; /* 0.. ascending within a batch */
	union {
		const struct pool_row *pool;
		const struct vn_row *vn;
		const struct session_row *session;
		uint64_t session_id; /* RECORD_SESSION_TOLD */
		const struct session_erase *erase;
		const struct tombstone_row *tombstone;
		const struct call *call;
		const struct idempotency_row *idempotency;
		const struct audit_row *audit;
		int64_t time_ms;
		const struct outbox_row *outbox;
		const struct sink_row *sink;   /* RECORD_SINK_DROP too */
		const struct retry_row *retry; /* RECORD_RETRY_DROP too */
		const struct offset_row *offset;
		const struct dead_row *dead;   /* RECORD_DEAD_DROP too: by id alone */
		const struct supply_row *supply;
		const struct purchase_row *purchase;
		const struct hour_row *hour;
		const struct block_row *block; /* RECORD_BLOCK_DROP too: by id alone */
		const struct message_row *message;
		const struct message_change *message_change;
		const struct message_policy_row *message_policy;
	};
};

#endif
