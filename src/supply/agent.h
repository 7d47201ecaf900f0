/* agent: looks after the numbers of one provider account, in a thread of its own. Loop of named steps (agent_loop_once):
 *
 *   wait     until something is asked for, wanted or due
 *   sync     lists what we own there and reconciles (reconcile.h), every sync_s or when asked
 *   settle   purchases under way: is it ours? does it point to us? then it joins its pool
 *   buy      what the book says that this account is to buy now
 *
 * It decides nothing of what is bought: the book does, in the writer. A purchase is an intent that is stored first; asked once; and
 * on any doubt what we own is looked at before it is given up. So it may be killed at any point: nothing is bought twice, and
 * nothing that was bought is forgotten.
 *
 * Threads: new, start, stop, free by the owner; the rest from any.
 */
#ifndef SUPPLY_AGENT_H
#define SUPPLY_AGENT_H

#include "message/ledger.h"
#include "provider/provider.h"
#include "serve/writer.h"
#include "supply/book.h"
#include "supply/reconcile.h"

#define AGENT_LINES_MAX 1000 /* steps of a report that are told one by one */

struct agent;

struct agent_options {
	const struct account *account; /* outlives it; its provider has an inventory */
	struct book *book;             /* asked in the writer alone; so is the ledger */
	const struct ledger *ledger;   /* which pools have texts */
	const char *hook_base;         /* where its webhooks are, with a slash at the end; copied. NULL: not known: nothing is pointed or
	                                * bought, for such a number could take no call */
	const char *user_agent;
	uint64_t seed;
	int64_t (*now_ms)(void *context); /* the program's clock */
	void *clock_context;
};

struct agent *agent_new(const struct agent_options *options); /* NULL: no memory */
void agent_free(struct agent *agent);
MUST_CHECK enum err agent_start(struct agent *agent, struct writer *writer);
void agent_wake(struct agent *agent); /* a pool wants something */
void agent_stopping(struct agent *agent); /* what is out is given up */
void agent_stop(struct agent *agent); /* joins. Before the writer stops. */

const struct account *agent_account(const struct agent *agent);

/* --- sync, asked for --- */

enum sync_state { SYNC_NEVER, SYNC_ASKED, SYNC_RUNNING, SYNC_DONE, SYNC_FAILED };
extern const char *const sync_state_words[]; /* "never", "asked", "running", "done", "failed" */

struct sync_order {
	bool dry_run; /* only shows what it would do */
	bool believe; /* however much is gone */
};
/* The number of that sync: its report is the one with this number, or a later one. */
uint64_t agent_sync(struct agent *agent, const struct sync_order *order);

struct sync_line {
	enum step_kind kind;
	struct number number;
	uint16_t pool;      /* as struct step; UINT16_MAX: none */
	bool failed;        /* it was to be done, and could not be */
	char why[96];       /* "" or a sentence: why it failed, where it points */
};

struct sync_report {
	uint64_t number;
	enum sync_state state;
	struct sync_order order;
	int64_t at_ms, took_ms;
	int listed, same, gone;
	int counts[STEP_UNUSABLE + 1]; /* by step_kind */
	int failed;         /* of them */
	bool doubtful;
	char error[200];    /* SYNC_FAILED: a sentence */
	struct sync_line *lines; /* of AGENT_LINES_MAX at most */
	int lines_n;
};

struct agent_status {
	const char *provider, *name;
	uint64_t asked;          /* number of the last sync that was asked for */
	struct sync_report sync; /* the last one that began, lines left out */
	int64_t next_sync_ms;    /* 0: only when asked */
	char buying_error[200];  /* why the last purchase failed; "": it didn't */
	int64_t buying_error_ms;
	uint64_t requests, tried_again, failures;
};
void agent_status(struct agent *agent, struct agent_status *ret_status);
/* The whole of the last report, lines in the arena. ERR_LIMIT_REACHED: no room. */
MUST_CHECK enum err agent_report(struct agent *agent, struct arena *arena, struct sync_report *ret_report);

#endif
