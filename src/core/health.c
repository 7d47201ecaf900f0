#include "core/health.h"

#include <math.h>

#include "base/hash.h"

#define HALF_LIFE_S (3 * 86400)
#define MARGIN 1.645 /* standard deviations: 95 % */
#define LATELY (HEALTH_RECENT / 4)
#define OUTAGE_LEAST 8 /* orders of others */
#define SHARE_MOST 0.45
#define OUT_FIRST_S 3600
#define OUT_MAX_S (7 * 86400)

enum health_outcome health_of_call(enum call_status status, int64_t asked_ms, int64_t now_ms)
{
	switch (status) {
	case CALL_ANSWERED:
	case CALL_COMPLETED:
		return HEALTH_CAME_THROUGH;
	case CALL_FAILED:
		return HEALTH_FAILED;
	case CALL_BUSY:
		return now_ms - asked_ms <= HEALTH_AT_ONCE_MS ? HEALTH_FAILED : HEALTH_SAYS_NOTHING;
	default:
		return HEALTH_SAYS_NOTHING;
	}
}

static struct health_order *order_of(struct health_vn *health, uint64_t session)
{
	uint32_t who = (uint32_t)(hash_mix(session) >> 34);

	who = who ? who : 1;
	for (int i = 0; i < HEALTH_ORDERS; i++)
		if (health->orders[i].who == who)
			return &health->orders[i];
	struct health_order *order = &health->orders[health->next];
	*order = (struct health_order){.who = who};
	health->next = (uint16_t)((health->next + 1) % HEALTH_ORDERS);
	return order;
}

/* False: this order said the same before. */
static bool is_news(struct health_vn *health, uint64_t session, bool failed)
{
	struct health_order *order = order_of(health, session);
	bool known = failed ? order->failed : order->through;

	order->failed |= failed;
	order->through |= !failed;
	return !known;
}

/* What the share of failures may well be, by `failed` of `n`. */
static double upper(uint32_t failed, uint32_t n)
{
	double share = (failed + 0.5) / (n + 1.0);

	return share + MARGIN * sqrt(share * (1 - share) / (n + 1.0));
}

struct share {
	uint32_t n, failed;
};

/* Of the others, among the pool's last `last` orders. */
static struct share others_of(const struct health_pool *pool, uint32_t vn, uint32_t now_s, uint32_t last)
{
	struct share share = {0, 0};

	for (uint32_t back = 1; back <= last && back <= HEALTH_RECENT; back++) {
		const struct health_recent *recent = &pool->recent[(pool->count - back) % HEALTH_RECENT];
		if (recent->vn == 0 || recent->vn == vn || now_s > recent->at + HEALTH_KEEP_S)
			continue;
		share.n++;
		share.failed += recent->failed;
	}
	return share;
}

static bool is_outage(struct share share)
{
	return share.n >= OUTAGE_LEAST && share.failed >= HEALTH_SHARE_OUTAGE * share.n;
}

double health_others(const struct health_pool *pool, uint32_t vn, uint32_t now_s)
{
	struct share whole = others_of(pool, vn, now_s, HEALTH_RECENT), lately = others_of(pool, vn, now_s, LATELY);

	if (whole.n < HEALTH_OTHERS_LEAST || is_outage(whole) || is_outage(lately))
		return -1;
	double share = upper(whole.failed, whole.n);
	/* Of few orders the margin alone is wide: failures have to be there for them to count. */
	if (lately.failed > 1)
		share = fmax(share, upper(lately.failed, lately.n));
	return fmin(fmax(share, HEALTH_SHARE_LEAST), SHARE_MOST);
}

int health_failed(const struct health_vn *health, int *ret_n)
{
	int failed = 0;

	*ret_n = 0;
	for (int i = 0; i < HEALTH_ORDERS; i++) {
		*ret_n += health->orders[i].who != 0;
		failed += health->orders[i].failed && !health->orders[i].through;
	}
	return failed;
}

static void fade(struct health_vn *health, uint32_t now_s)
{
	if (health->at && now_s > health->at)
		health->score *= exp2f(-(float)(now_s - health->at) / HALF_LIFE_S);
	if (now_s > health->at)
		health->at = now_s;
}

static void move_score(const struct health_pool *pool, struct health_vn *health, double others, bool failed)
{
	double by = failed ? log(HEALTH_SHARE_SICK / others) : log((1 - HEALTH_SHARE_SICK) / (1 - others));
	bool was_high = health->score >= HEALTH_SCORE / 2;

	health->score = fmaxf(0, health->score + (float)by);
	if (!was_high && health->score >= HEALTH_SCORE / 2)
		health->since = pool->count;
}

/* Since it is under suspicion the others have come through. */
static bool others_do_well(const struct health_pool *pool, const struct health_vn *health, uint32_t vn, uint32_t now_s)
{
	struct share share = others_of(pool, vn, now_s, pool->count - health->since);

	return share.n >= HEALTH_MEANWHILE_LEAST && share.failed <= HEALTH_SHARE_OUTAGE * share.n;
}

static void count_well(struct health_vn *health, bool failed)
{
	health->well = failed ? 0 : (uint16_t)(health->well + (health->well < UINT16_MAX));
}

bool health_note(struct health_pool *pool, struct health_vn *health, uint32_t vn, uint64_t session, enum health_outcome outcome,
	uint32_t now_s)
{
	bool failed = outcome == HEALTH_FAILED;

	if (outcome == HEALTH_SAYS_NOTHING || !is_news(health, session, failed))
		return false;
	double others = health_others(pool, vn, now_s);
	pool->recent[pool->count++ % HEALTH_RECENT] = (struct health_recent){vn, failed, now_s};
	fade(health, now_s);
	count_well(health, failed);
	if (others < 0) {
		/* Nothing to compare with, or the provider itself fails: what it does meanwhile is not held against it. */
		health->score = 0;
		return false;
	}
	move_score(pool, health, others, failed);
	return failed && health->score >= HEALTH_SCORE && others_do_well(pool, health, vn, now_s);
}

bool health_note_out(struct health_vn *health, uint64_t session, enum health_outcome outcome, uint32_t now_s)
{
	if (outcome == HEALTH_SAYS_NOTHING || !is_news(health, session, outcome == HEALTH_FAILED))
		return false;
	health->at = now_s;
	count_well(health, outcome == HEALTH_FAILED);
	return health->well >= HEALTH_WELL;
}

bool health_cured(const struct health_vn *health)
{
	return health->well >= HEALTH_CURED;
}

void health_leave(struct health_pool *pool, struct health_vn *health, uint32_t vn)
{
	for (int i = 0; i < HEALTH_RECENT; i++)
		if (pool->recent[i].vn == vn)
			pool->recent[i] = (struct health_recent){0};
	health->well = 0;
	health->score = 0;
}

void health_enter(struct health_vn *health, uint32_t now_s)
{
	*health = (struct health_vn){.score = (float)HEALTH_SCORE * 0.49f, .at = now_s};
}

bool health_may_leave(uint32_t out, uint32_t total)
{
	uint32_t most = total / 5;

	if (most == 0 && total >= 3)
		most = 1;
	return out < most;
}

uint32_t health_out_s(uint16_t times)
{
	uint32_t out_s = OUT_FIRST_S;

	while (times-- > 1 && out_s < OUT_MAX_S)
		out_s *= 2;
	return out_s < OUT_MAX_S ? out_s : OUT_MAX_S;
}
