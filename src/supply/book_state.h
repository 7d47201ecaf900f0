/* book_state: the inside of the book, for book*.c. */
#ifndef SUPPLY_BOOK_STATE_H
#define SUPPLY_BOOK_STATE_H

#include "supply/book.h"

struct book_rest {
	int64_t until_ms;
	uint8_t fails; /* in a row */
};

struct book_pool {
	struct supply_policy policy;
	struct rate rate;
	uint64_t opened_seen;        /* of the engine's counter */
	uint32_t dirty_from;         /* the earliest hour that changed since the last record; 0: none */
	double in_use;               /* VNs (exclusive) or places (shared) in use, mean of the last hours */
	int64_t in_use_ms;           /* when that was last brought up to date; 0: never */
	struct forecast forecast;
	int64_t forecast_ms;         /* when it was made; 0: never */
	uint64_t forecast_opened;    /* orders that had come then */
	double lasts_s;              /* book_want.lasts_s */
	struct book_rest rests[SUPPLY_ACCOUNTS_MAX];
	bool filling;                /* BY_WATER: below low_water, and not yet at high_water again */
	uint32_t wanted;             /* how many could be bought when it was last looked at */
	/* sums over purchases, at book.summed_ms */
	uint32_t on_order, bought_day;
	uint32_t open_n;             /* purchases under way, however long */
	uint32_t open_by[SUPPLY_ACCOUNTS_MAX]; /* purchases under way, by the policy's accounts */
	uint64_t bought_month_micros;
	double lead_s;               /* how long purchases take; 0: not known */
};

enum entry_kind { BOOK_POLICY, BOOK_ADDED, BOOK_PUT };

/* What was changed in this batch, as it was. */
struct book_entry {
	enum entry_kind kind;
	uint16_t pool;
	union {
		struct supply_policy *policy;
		struct purchase_row *purchase; /* BOOK_PUT */
		uint64_t id;                   /* BOOK_ADDED */
	} was;
};

struct book {
	struct supply_policy usual;  /* of a pool of which nothing was said */
	struct book_pool **pools;    /* by index; NULL: nothing was ever said of it */
	uint32_t pools_n;
	struct purchase_row *purchases; /* ids ascending */
	uint32_t purchases_n, purchases_size;
	uint32_t open_n;
	struct book_counts counts;
	uint16_t outlook_next;       /* the pool whose lasts_s is made next */
	int64_t outlook_ms;          /* when one was made last; 0: never */
	struct book_entry *entries;
	uint32_t entries_n, entries_size;
	int64_t summed_ms;           /* when the pools' sums were made; 0: they are to be made anew */
	int64_t noted_ms;            /* when hours last became records */
	bool noting;                 /* in the open batch */
	int64_t looked_ms, timer_ms;
};

/* book.c */
struct book_pool *book_pool(struct book *book, uint16_t pool); /* made if need be; NULL: no memory */
const struct book_pool *book_pool_read(const struct book *book, uint16_t pool); /* NULL: nothing was said of it */
struct book_entry *book_entry_new(struct book *book, enum entry_kind kind); /* NULL: no memory */

/* book_want.c: the place of an account in the policy; -1: it isn't there. */
int book_account_of(const struct supply_policy *policy, const char *provider, const char *name);

/* book_purchases.c */
void book_sum(struct book *book, int64_t now_ms); /* the pools' sums, if they aren't fresh */
uint32_t purchase_place(const struct book *book, uint64_t id); /* the first with an id not below */
bool purchase_load(struct book *book, const struct purchase_row *row);
void purchases_purge(struct book *book, int64_t now_ms);
void purchase_undo(struct book *book, const struct book_entry *entry);

#endif
