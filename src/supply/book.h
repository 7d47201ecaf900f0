/* book: what the server knows of the supply of each pool: its policy, how many orders came, what was bought for it, and whether
 * more is wanted now. It stands beside the engine: changes are made within a batch, noted in it as records, and undone with it.
 *
 * Whether and what to buy is decided here, in the writer, one at a time, against policy, budget and what is on order; an account's
 * agent (agent.h) only carries it out. So two accounts, or an order and the timer, never buy for the same want twice.
 *
 * Memory: 5 KB a pool, 0.6 KB a purchase (open ones, and those of the last 31 days). Limit: BOOK_PURCHASES_MAX; at the limit
 * nothing is bought. Threads: the writer's alone, once it runs.
 */
#ifndef SUPPLY_BOOK_H
#define SUPPLY_BOOK_H

#include "core/engine.h"
#include "core/forecast.h"

#define BOOK_PURCHASES_MAX 100000
#define BOOK_OPEN_MAX 1000 /* purchases under way at a time, of all pools */

struct book;

struct book *book_new(void); /* NULL: no memory */
void book_free(struct book *book);

/* --- start: what the store has; pools first --- */
MUST_CHECK enum err book_load_supply(struct book *book, const struct supply_row *row);
MUST_CHECK enum err book_load_purchase(struct book *book, const struct purchase_row *row);
MUST_CHECK enum err book_load_hour(struct book *book, const struct hour_row *row);

/* --- batch: what was done since a mark is taken back; 0: all of the batch --- */
uint32_t book_mark(const struct book *book);
void book_undo(struct book *book, uint32_t mark);
void book_commit(struct book *book);

/* --- policies --- */
const struct supply_policy *book_policy(const struct book *book, uint16_t pool); /* until the next change */
/* ERR_LIMIT_REACHED: the batch is full. supply_policy_check() before. */
MUST_CHECK enum err book_policy_set(struct book *book, struct engine *engine, uint16_t pool, const struct supply_policy *policy);

/* --- purchases --- */

/* Why nothing (more) is bought now. */
enum book_hold {
	BOOK_HOLD_NOT,
	BOOK_HOLD_ENOUGH,   /* nothing is wanted */
	BOOK_HOLD_OFF,      /* buy is off */
	BOOK_HOLD_TOTAL,    /* total_max */
	BOOK_HOLD_DAY,      /* day_max */
	BOOK_HOLD_MONEY,    /* month_max */
	BOOK_HOLD_OPEN,     /* BOOK_OPEN_MAX or BOOK_PURCHASES_MAX */
	BOOK_HOLD_ACCOUNTS, /* every account rests: it failed a moment ago */
};
extern const char *const book_hold_words[]; /* "", "enough", "off", "total_max", "day_max", "month_max", "too_many_open", "accounts_failing" */

struct book_want {
	uint32_t wanted;    /* VNs that the pool should be able to lend; BY_WATER: as many as make up high_water */
	uint32_t have;      /* that it can lend: neither disabled nor reserved */
	uint32_t on_order;
	uint32_t buy;       /* may be bought now */
	enum forecast_why why;
	enum book_hold hold;
	double orders_per_hour;
	double lead_s;
	double lasts_s;     /* how long what it has lasts if nothing is bought, as last looked at; below 0: a week or more; NAN: not looked at yet */
	uint32_t bought_day;       /* numbers, in the last 24 hours */
	uint64_t bought_month_micros;
};
struct book_want book_want(struct book *book, const struct engine *engine, uint16_t pool, int64_t now_ms);

/* Brings its lasts_s up to date: a few hundred microseconds. (Looks do it for all pools in turn, each every five minutes.) */
void book_outlook(struct book *book, const struct engine *engine, uint16_t pool, int64_t now_ms);

/* VNs more than the pool needs, by the busiest hour that is to be expected in the week to come (BY_WATER: what is spare above
 * high_water). Nothing is given back by itself: this is for people to decide. */
uint32_t book_surplus(struct book *book, const struct engine *engine, uint16_t pool, int64_t now_ms);

/* Which account buys next for the pool: of those that don't rest, the one with the fewest VNs there. -1: none. An index into the
 * policy's accounts. */
int book_buyer(struct book *book, const struct engine *engine, uint16_t pool, int64_t now_ms);
/* After a failure: this account buys nothing for the pool until then; twice as long each time in a row, from a minute to
 * six hours, at least `least_ms`, a day at most. A success forgets it. Not part of a batch. */
void book_rest(struct book *book, uint16_t pool, const struct supply_account *account, int64_t now_ms, int64_t least_ms);
void book_rested(struct book *book, uint16_t pool, const struct supply_account *account);

struct book_offer {
	uint16_t pool;
	struct supply_account account;
	struct number number;
	int64_t month_micros;   /* -1: not told */
	char currency[4];
};
/* The intent, stored before anybody is asked. ERR_NOT_FOUND: not wanted any more, or out of budget. ERR_NUMBER_IN_USE: it is a VN, or
 * on order. ERR_LIMIT_REACHED. */
MUST_CHECK enum err book_intend(struct book *book, struct engine *engine, const struct book_offer *offer, int64_t now_ms,
	uint64_t *ret_id);
/* NULL: there is none (any more). Until the next change. */
const struct purchase_row *book_purchase(const struct book *book, uint64_t id);
/* The row as it is now to be, by its id. */
MUST_CHECK enum err book_purchase_put(struct book *book, struct engine *engine, const struct purchase_row *row);
/* Open purchases of an account with an id above `after`; fills up to `max`, returns how many. */
int book_open(const struct book *book, const struct supply_account *account, uint64_t after, struct purchase_row *rows, int max);

/* Given up because no list showed the number, or because its order waits for documents: it may turn up all the same. */
#define PURCHASE_LOST "lost" /* its code */
bool purchase_is_lost(const struct purchase_row *row);
/* As book_open(): those of the last 31 days. */
int book_lost(const struct book *book, const struct supply_account *account, uint64_t after, struct purchase_row *rows, int max);

/* Purchases that came to each state since the start, by purchase_state. */
struct book_counts {
	uint64_t states[PURCHASE_FAILED + 1];
};
struct book_counts book_counts(const struct book *book);

/* --- time --- */

/* In each batch, before it is stored: hours that changed become records, once a minute; `last`: at once, for it is the last batch. */
void book_note(struct book *book, struct engine *engine, int64_t now_ms, bool last);
/* After each batch: counts what came. True: a pool wants something that it didn't before: wake the agents. */
bool book_look(struct book *book, const struct engine *engine, int64_t now_ms);

#endif
