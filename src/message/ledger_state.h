/* ledger_state: the inside of the ledger, for ledger*.c. */
#ifndef MESSAGE_LEDGER_STATE_H
#define MESSAGE_LEDGER_STATE_H

#include <stdatomic.h>

#include "base/hash.h"
#include "message/ledger.h"
#include "serve/labels.h"
#include "serve/recent.h"

/* A text that waits. */
struct waiting {
	struct message_row row; /* its body is behind it */
	struct waiting *next;   /* of its chain */
};

/* What is remembered of a message for its reports. */
struct known {
	uint64_t id;
	uint64_t session;
	uint64_t pool : 17;     /* id; 0 none */
	uint64_t state : 4;
	uint64_t vn : 24;       /* ids; 0 none */
	uint64_t from_app : 1;
	uint64_t shown : 24;
	uint64_t from_role : 16, to_role : 16; /* labels */
};
_Static_assert(sizeof(struct known) <= sizeof(struct recent_value), "what is known of a message fits a value");

enum entry_kind { LEDGER_ADDED, LEDGER_PUT, LEDGER_GONE, LEDGER_KNOWN, LEDGER_POLICY };

/* What was changed in this batch, as it was. */
struct ledger_entry {
	enum entry_kind kind;
	uint32_t recent_mark;   /* before it */
	union {
		struct waiting *waiting; /* ADDED, GONE: the ledger's */
		struct {
			struct waiting *at;
			uint16_t tries;
			int64_t due_ms;
			struct number shown;
		} put;
		struct {
			uint16_t pool;
			uint64_t was;
		} policy;
	};
	uint32_t place;         /* GONE: where it was */
};

struct ledger {
	struct waiting **waiting; /* ids ascending */
	struct waiting **chains;  /* the same by session, ids ascending, waiting_max of them: how many a session has is asked for each text */
	uint32_t waiting_n, waiting_max;
	struct recent *known;
	struct labels roles;    /* that messages had */
	uint64_t hash_key[2][2];
	struct random random;   /* of the jitter */
	uint64_t *policies;     /* by pool, packed: of the open batch */
	_Atomic uint64_t *policies_now;
	uint32_t pools_max;
	struct ledger_entry *entries;
	uint32_t entries_n, entries_size;
	struct ledger_counts batch; /* what the open batch adds */
	_Atomic uint32_t waiting_now;
	_Atomic uint64_t states[MESSAGE__STATES], whys[MESSAGE__WHYS], tries, repeated, reports_unknown;
};

/* ledger.c */
#define LEDGER_ARENA_MAX ((size_t)1 << 20) /* for pictures of sessions */

struct ledger_entry *ledger_entry_new(struct ledger *ledger, enum entry_kind kind); /* NULL: no memory */
uint32_t ledger_place(const struct ledger *ledger, uint64_t id); /* the first with an id not below */
void ledger_drop(struct ledger *ledger, uint32_t place); /* out of the list; noted as an entry that was made before */
struct waiting **ledger_chain(const struct ledger *ledger, uint64_t session); /* whoever waits of that session, and others */
void ledger_waiting_free(struct waiting *waiting);
struct recent_key ledger_key(const struct ledger *ledger, const char *provider, const char *account, const char *ref);
bool ledger_find(const struct ledger *ledger, const struct recent_key *key, struct known *ret_known);
MUST_CHECK enum err ledger_remember(struct ledger *ledger, const struct recent_key *key, const struct known *known);

/* ledger_tell.c: message.sent, message.delivered, message.failed. */
MUST_CHECK enum err ledger_tell(const struct ledger *ledger, struct engine *engine, const struct known *known, enum message_state state,
	enum message_why why, const char *code);
struct known ledger_known_of(struct ledger *ledger, const struct engine *engine, const struct message_row *row);

#endif
