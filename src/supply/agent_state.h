/* agent_state: the inside of an agent, for agent*.c. */
#ifndef SUPPLY_AGENT_STATE_H
#define SUPPLY_AGENT_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "supply/agent.h"
#include "supply/desk.h"
#include "serve/visit.h"

#define AGENT_ARENA_MAX ((size_t)256 << 20) /* a list of a million numbers with its texts */

#define AGENT_URLS 5

struct agent {
	struct agent_options options;
	const struct inventory *inventory;
	struct supply_account self;     /* as policies name it */
	char *urls[AGENT_URLS];         /* NULL: not known */
	struct inventory_hook hook;     /* of a number whose pool has texts */
	struct desk *desk;
	struct writer *writer;
	pthread_t thread;
	bool running;
	atomic_bool stopping;
	struct arena arena;             /* of the step that is done */

	pthread_mutex_t lock;           /* what follows, up to the next empty line */
	pthread_cond_t came;
	bool woken;
	uint64_t asked;                 /* syncs that were asked for, or came due */
	uint64_t begun;                 /* the last of them that was begun */
	struct sync_order order;        /* of the last one */
	struct sync_report report;      /* its lines are on the heap */
	int64_t next_sync_ms;
	char buying_error[200];
	int64_t buying_error_ms;

	/* the thread's own */
	int64_t settle_ms;              /* when open purchases are looked at next; 0: there are none */
	int64_t settle_each_ms;
	bool application_set, texts_set;/* since the start */
	uint32_t one_cursor;            /* where looking at numbers one by one goes on */
};

/* Shared by the steps. */
int64_t agent_now_ms(const struct agent *agent);
/* Where a number has to point. */
struct inventory_hook agent_hook(const struct agent *agent, bool texts);
/* Has the pool texts? Asked in the writer. */
bool agent_pool_texts(const struct agent *agent, uint16_t pool);
/* Points calls or texts of that number to us. ERR_OVERLOADED: stopping. */
MUST_CHECK enum err agent_point(struct agent *agent, const struct inventory_number *number, bool calls, bool texts,
	struct inventory_result *ret_result);
/* visit(), and once more for as long as the writer has no room; ERR_OVERLOADED only at a stop. */
MUST_CHECK enum err agent_visit(struct agent *agent, enum visit_kind kind,
	enum err (*run)(void *context, struct engine *engine, int64_t now_ms), void *context);
/* Asks and reads the answer with one of the inventory's readers; what went wrong on the way is put as a result too:
 * INVENTORY_AGAIN (its `why` is the connection's). ERR_OVERLOADED: stopping. */
enum err agent_ask(struct agent *agent, const struct inventory_request *request, enum desk_kind kind,
	struct desk_answer *ret_answer, struct inventory_result *ret_result);
/* "the provider said: 429 RATE_LIMIT: Too many requests" -> text. */
void agent_say(const struct inventory_result *result, char *text, size_t size);
void agent_buying_failed(struct agent *agent, const char *sentence);

/* agent_list.c: all that we own there, or an error with a sentence. */
struct agent_list {
	struct inventory_number *numbers; /* on the heap; texts in the agent's arena */
	uint16_t *countries;
	int n, size;
};
MUST_CHECK enum err agent_list_all(struct agent *agent, struct agent_list *ret_list, char error[200]);
/* Is that number ours there? ERR_NOT_FOUND: surely not. */
MUST_CHECK enum err agent_list_one(struct agent *agent, struct number number, struct inventory_number *ret_number, char error[200]);
void agent_list_done(struct agent_list *list);

/* agent_view.c: what the writer knows of the account. Done with also after an error. */
struct agent_view {
	struct reconcile_vn *vns;
	int vns_n;
	struct reconcile_pool *pools;
	int pools_n;
	struct reconcile_claim *claims;
	int claims_n;
};
MUST_CHECK enum err agent_view_take(struct agent *agent, struct agent_view *ret_view);
void agent_view_done(struct agent_view *view);

/* agent_sync.c, agent_settle.c, agent_buy.c: the steps. */
void agent_sync_run(struct agent *agent, uint64_t number, const struct sync_order *order);
void agent_settle(struct agent *agent);
/* Looks at open purchases soon (at once, or after a purchase). */
void agent_settle_soon(struct agent *agent, int64_t after_ms);
void agent_buy(struct agent *agent);

/* agent_stock.c: what an agent changes in the stock. */
struct agent_join {
	struct number number;
	uint16_t pool;
	uint64_t purchase; /* 0: none */
	struct place place;
	enum err err;      /* of each: ERR_NUMBER_IN_USE, ...; ERR_FORBIDDEN: the pool is another tenant's; set by the call */
};
const char *agent_join_why(enum err err);
/* All of them in one change; `err` of each tells what was not taken. */
MUST_CHECK enum err agent_stock_join(struct agent *agent, struct agent_join *joins, int n, const char *why);
MUST_CHECK enum err agent_stock_out(struct agent *agent, const uint32_t *vns, int n, enum vn_out out);

#endif
