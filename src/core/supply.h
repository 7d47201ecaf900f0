/* supply: how a pool's stock looks after itself: what joins it, what is bought for it, from whom, within what bounds; and
 * what became of each purchase. Policies and rows only; the rules are forecast.h (how many are needed) and supply/ (who asks
 * providers). */
#ifndef CORE_SUPPLY_H
#define CORE_SUPPLY_H

#include "core/number.h"

#define SUPPLY_ACCOUNTS_MAX 8
#define SUPPLY_TEXT_MAX 63

/* When is more wanted? WATER: below low_water, up to high_water. FORECAST: by rate, session length and lead time. */
enum supply_by { SUPPLY_BY_WATER, SUPPLY_BY_FORECAST };
extern const char *const supply_by_words[]; /* "water", "forecast"; NULL ends */

struct supply_account {
	char provider[16];
	char name[32];
};

struct supply_policy {
	bool buy;                  /* off unless somebody says so */
	bool join;                 /* numbers that turn up in these accounts join this pool, if the rules below fit */
	bool replace;              /* a VN that is taken out for its health is replaced in live sessions */
	enum supply_by by;
	uint32_t stockout_ppm;     /* the chance to run out before the next delivery that is put up with; 1000 = 0.1 % */
	struct supply_account accounts[SUPPLY_ACCOUNTS_MAX];
	uint8_t accounts_n;
	char type[16];             /* "local", "mobile", ...; "": local */
	char area[16];             /* digits that the national number begins with; "": any */
	char region[32];           /* the provider's own word; "" */
	char tag[SUPPLY_TEXT_MAX + 1]; /* join: the number's tag at the provider has to be this; "": any */
	bool sms;                  /* it has to take messages too */
	uint32_t total_max;        /* never more VNs than this in the pool by purchase, unhealthy ones too; 0: no bound */
	uint32_t day_max;          /* numbers bought in any 24 hours; 0: none at all */
	uint64_t month_micros;     /* money: the monthly price of what was bought in any 30 days, millionths; 0: no bound */
	char currency[4];          /* of month_micros; offers in another currency, or without a price, are not taken under such a bound */
};

/* buy off; join off; water; 0.1 %; 10 a day. */
struct supply_policy supply_policy_default(void);
/* ERR_BAD_REQUEST with *ret_field (static). */
MUST_CHECK enum err supply_policy_check(const struct supply_policy *policy, const char **ret_field);

/*   INTENT --asked--> PENDING --> BOUGHT --webhook set, in the pool--> JOINED
 *      |                 |
 *      +-----------------+--> FAILED: it is certain that it is not ours
 *
 * INTENT is stored before the provider is asked; whoever finds one after a crash looks at what is owned before anything else. */
enum purchase_state { PURCHASE_INTENT, PURCHASE_PENDING, PURCHASE_BOUGHT, PURCHASE_JOINED, PURCHASE_FAILED };
extern const char *const purchase_state_words[]; /* "intent", ...; NULL ends */

static inline bool purchase_is_open(enum purchase_state state)
{
	return state < PURCHASE_JOINED;
}

/* Why a VN is disabled. */
enum vn_out {
	VN_OUT_NOT,      /* it isn't */
	VN_OUT_HAND,     /* somebody said so */
	VN_OUT_VANISHED, /* the provider's list has it no more */
	VN_OUT_SICK,     /* its calls fail */
};
extern const char *const vn_out_words[]; /* "", "hand", "vanished", "unhealthy"; NULL ends */

#endif
