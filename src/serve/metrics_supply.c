/* What pools want, what was bought, and how we get on with the accounts that numbers come from. */
#include "serve/metrics_state.h"

#include <math.h>

#include "serve/server.h"
#include "supply/supply.h"

#define DAY_S 86400.0

struct pool_column {
	const char *name, *help;
	double (*value)(const struct book_want *want);
};

static double wanted(const struct book_want *want)
{
	return want->wanted;
}

static double on_order(const struct book_want *want)
{
	return want->on_order;
}

static double held_back(const struct book_want *want)
{
	return want->hold > BOOK_HOLD_OFF;
}

static double orders_per_hour(const struct book_want *want)
{
	return want->orders_per_hour;
}

static double days_left(const struct book_want *want)
{
	return want->lasts_s < 0 ? INFINITY : want->lasts_s / DAY_S;
}

static double bought_day(const struct book_want *want)
{
	return want->bought_day;
}

static const struct pool_column pool_columns[] = {
	{"bauta_pool_wanted", "Virtual numbers that a pool should be able to lend.", wanted},
	{"bauta_pool_on_order", "Virtual numbers of a pool that are being bought.", on_order},
	{"bauta_pool_held_back", "1: more are wanted than budget, limits or accounts allow to buy.", held_back},
	{"bauta_pool_orders_per_hour", "Orders that come, by the last hours.", orders_per_hour},
	{"bauta_pool_days_left", "How long a pool's numbers last if none is bought; +Inf: a week or more.", days_left},
	{"bauta_pool_bought_day", "Virtual numbers that were bought in the last 24 hours, or are being bought.", bought_day},
};

/* Prometheus knows NaN: not looked at yet. */
static void put_value(struct buf *out, double value)
{
	if (isnan(value))
		buf_lit(out, "NaN");
	else if (isinf(value))
		buf_lit(out, "+Inf");
	else
		buf_fmt(out, "%.9g", value);
	buf_char(out, '\n');
}

static void put_pools(struct buf *out, const struct writer_pool_counts *pools, int n)
{
	for (size_t c = 0; c < sizeof pool_columns / sizeof *pool_columns; c++) {
		metrics_head(out, pool_columns[c].name, "gauge", pool_columns[c].help);
		for (int i = 0; i < n; i++) {
			buf_fmt(out, "%s{tenant=", pool_columns[c].name);
			metrics_label(out, pools[i].tenant);
			buf_lit(out, ",pool=");
			metrics_label(out, pools[i].name);
			buf_lit(out, "} ");
			put_value(out, pool_columns[c].value(&pools[i].want));
		}
	}
}

struct account_column {
	const char *name, *type, *help;
	double (*value)(const struct agent_status *status, int64_t now_ms);
};

static double requests(const struct agent_status *status, int64_t now_ms)
{
	(void)now_ms;
	return (double)status->requests;
}

static double tried_again(const struct agent_status *status, int64_t now_ms)
{
	(void)now_ms;
	return (double)status->tried_again;
}

static double failures(const struct agent_status *status, int64_t now_ms)
{
	(void)now_ms;
	return (double)status->failures;
}

static double sync_up(const struct agent_status *status, int64_t now_ms)
{
	(void)now_ms;
	return status->sync.state != SYNC_FAILED && !status->sync.doubtful;
}

static double sync_age(const struct agent_status *status, int64_t now_ms)
{
	return status->sync.state == SYNC_NEVER ? NAN : (double)(now_ms - status->sync.at_ms) / 1000;
}

static double buying_up(const struct agent_status *status, int64_t now_ms)
{
	(void)now_ms;
	return !status->buying_error[0];
}

static const struct account_column account_columns[] = {
	{"bauta_account_requests_total", "counter", "Requests to an account's inventory API.", requests},
	{"bauta_account_retries_total", "counter", "Requests that were sent again.", tried_again},
	{"bauta_account_failures_total", "counter", "Requests that were given up.", failures},
	{"bauta_account_sync_up", "gauge", "1: the last sync was whole, or there was none yet.", sync_up},
	{"bauta_account_sync_age_seconds", "gauge", "How long ago the last sync began.", sync_age},
	{"bauta_account_buying_up", "gauge", "1: the last purchase went well, or there was none.", buying_up},
};

static void put_accounts(struct buf *out, const struct supply *supply, int64_t now_ms)
{
	for (size_t c = 0; c < sizeof account_columns / sizeof *account_columns; c++) {
		if (supply_agents(supply))
			metrics_head(out, account_columns[c].name, account_columns[c].type, account_columns[c].help);
		for (int i = 0; i < supply_agents(supply); i++) {
			struct agent_status status;
			agent_status(supply_agent(supply, i), &status);
			buf_fmt(out, "%s{provider=\"%s\",account=", account_columns[c].name, status.provider);
			metrics_label(out, status.name);
			buf_lit(out, "} ");
			put_value(out, account_columns[c].value(&status, now_ms));
		}
	}
}

void metrics_supply(struct server *server, const struct writer_pool_counts *pools, int n, struct buf *out)
{
	struct book_counts counts = writer_purchases(server->writer);

	put_pools(out, pools, n);
	metrics_head(out, "bauta_purchases_total", "counter", "Purchases of virtual numbers, by the states that they came to.");
	for (int i = 0; purchase_state_words[i]; i++)
		buf_fmt(out, "bauta_purchases_total{state=\"%s\"} %llu\n", purchase_state_words[i],
			(unsigned long long)counts.states[i]);
	put_accounts(out, server->supply, clock_now_ms(server->clock));
}
