/* reconcile: what a provider's list of the numbers that we own there means for the stock: a plan, to be shown or carried
 * out. Pure.
 *
 *   in the list, not in the stock     a purchase under way claims it, or the first pool whose rule fits; else it is only told
 *   in the stock, not in the list     it is disabled: its sessions go on to their end, it is lent no more
 *   was disabled for that, is back    it is enabled
 *   points elsewhere                  is pointed to us (manage_webhooks, or what was bought for us) or told; only numbers of the
 *                                     stock, never a stranger's. One that joins is pointed first; also where the list doesn't say
 *   its texts do, and its pool has    the same
 *
 * A list that lacks many numbers at once is more likely wrong than true: beyond RECONCILE_GONE_MAX, or half of the account's
 * VNs where that is more, nothing is disabled and the plan says so (`doubtful`), unless it is told to believe it.
 */
#ifndef SUPPLY_RECONCILE_H
#define SUPPLY_RECONCILE_H

#include "core/supply.h"
#include "provider/inventory.h"

#define RECONCILE_GONE_MAX 10
#define RECONCILE_FRESH_S 600 /* a VN that was added so lately need not be in a list yet */

/* A VN of the account as the engine has it. */
struct reconcile_vn {
	struct number number;
	uint32_t id;
	uint16_t pool;
	enum vn_out out;
	uint32_t added_at;
};

struct reconcile_pool {
	uint16_t pool;                      /* index */
	uint16_t country;
	bool texts;                         /* its numbers take texts */
	struct supply_policy policy;
};

/* A purchase of this account that is not over, or was given up and may come true. */
struct reconcile_claim {
	struct number number;
	uint64_t purchase;
	uint16_t pool;
};

struct reconcile_ask {
	const char *provider, *account;
	bool manage_webhooks;
	bool believe;                       /* however much is gone */
	const char *target;                 /* where a number has to point; "": not known, nothing is said of it */
	const char *text_target;            /* the same for texts (inventory_text_target) */
	uint32_t now_s;
	const struct inventory_number *listed;
	int listed_n;
	const uint16_t *countries;          /* of each listed one; 0: unknown */
	struct reconcile_vn *vns;           /* is sorted */
	int vns_n;
	const struct reconcile_pool *pools; /* the account's tenant's, ascending by `pool` */
	int pools_n;
	const struct reconcile_claim *claims;
	int claims_n;
};

enum step_kind {
	STEP_JOIN,       /* into `pool` */
	STEP_VANISH,     /* VN `vn` is disabled */
	STEP_RETURN,     /* VN `vn` is enabled again */
	STEP_POINT,      /* its webhook is set */
	STEP_ELSEWHERE,  /* its webhook is another's, and nobody said that we may set it */
	STEP_UNCLAIMED,  /* no pool's rule fits it */
	STEP_UNUSABLE,   /* not active, or without voice */
};
extern const char *const step_kind_words[]; /* "join", "vanish", "return", "point", "elsewhere", "unclaimed", "unusable" */

struct step {
	enum step_kind kind;
	struct number number;
	uint32_t vn;                             /* 0: not in the stock */
	uint16_t pool;                           /* JOIN, VANISH, RETURN, and of a VN's POINT, ELSEWHERE */
	uint64_t purchase;                       /* JOIN: that claimed it; 0 */
	bool calls, texts;                       /* POINT, ELSEWHERE: what does not come to us */
	const struct inventory_number *listed;   /* NULL: VANISH */
};

struct reconcile_plan {
	struct step *steps; /* joins, then vanished, returned, pointed, told; by number within each */
	int n;
	int same;           /* listed, in the stock, nothing to do */
	int gone;           /* what lacks in the list, also where `doubtful` keeps it from being a step */
	bool doubtful;
};

/* Has that one of `pools` (as above) texts? */
bool reconcile_texts(const struct reconcile_pool *pools, int pools_n, uint16_t pool);

/* Steps live in the arena. ERR_TOO_LARGE: no room. */
MUST_CHECK enum err reconcile(const struct reconcile_ask *ask, struct arena *arena, struct reconcile_plan *ret_plan);

#endif
