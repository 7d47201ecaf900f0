/* Phones and the providers between them and us: somebody dials a number that they saw, now or earlier; strangers, hidden callers,
 * forged requests, requests that come again and again; reports of how calls ended. Each through the provider's own dialect,
 * signed, and judged by what our answer would make it do. */
#include "sim/sim.h"

#include "base/steady.h"
#include "provider/provider.h"

#define BYTES 4096

struct dialling {
	int account;
	struct number from, to;
	bool withheld, forged;
	const char *digits; /* NULL: none */
};

/* What is said to somebody who reaches nobody. All that are told the same are told it in the same bytes (S3). */
enum told { TOLD_NO, TOLD_ASK, TOLD_ASK_AGAIN, TOLD__N };
static char told[SIM_POOLS][TOLD__N][BYTES]; /* the first of each */
static uint32_t call_n;

/* Who typed a wrong PIN of late: somebody who did so too often is not asked any more. */
static struct tried {
	struct number caller, vn; /* vn: of callers who withhold their number */
	int64_t ms;
} tried[64];
static uint32_t tried_n;
#define TRIED_MS (4 * 3600000ll) /* an hour, and the jumps of the server's clock */

void calls_forge(struct sim_request *request)
{
	char *secret = strstr(request->target, "0123456789abcdef");

	if (!secret) {
		ASSERT(request->headers_n > 0);
		char *value = request->header_value[0];
		secret = value + strlen(value) / 2;
	}
	*secret = *secret == 'x' ? 'y' : 'x';
}

struct sim_reply calls_put(const struct sim_request *request)
{
	struct sim_header headers[4];
	int n = 0;

	for (int i = 0; i < request->headers_n; i++)
		headers[n++] = (struct sim_header){request->header_name[i], request->header_value[i]};
	if (request->content_type[0])
		headers[n++] = (struct sim_header){"Content-Type", request->content_type};
	return server_ask(request->post ? "POST" : "GET", request->target, headers, n,
		request->post ? str_of(request->body) : STR_NONE);
}

static struct sim_reply put(const struct account *account, const struct sim_question *question, bool report, bool forged)
{
	static struct sim_request request;

	memset(&request, 0, sizeof request);
	enum err err = (report ? account->provider->sim->tell : account->provider->sim->ask)(account, question, &request);
	ASSERT(err == ERR_OK);
	if (forged)
		calls_forge(&request);
	return calls_put(&request);
}

static bool is_ours(const struct dialling *attempt)
{
	for (int i = 0; i < sim->vns_n; i++)
		if (number_equal(sim->vns[i].number, attempt->to) && sim->vns[i].account == attempt->account)
			return true;
	return false;
}

/* Who would ring, by what is committed; false: nobody. */
static bool expected(const struct dialling *attempt, struct number *ret_callee, struct number *ret_show)
{
	int64_t now_ms = clock_now_ms(sim->serve->server.clock);
	int pool = model_pool(attempt->to);
	struct number owner;

	if (!is_ours(attempt) || attempt->forged)
		return false;
	if (!attempt->withheld && model_route(attempt->from, attempt->to, now_ms, ret_callee, ret_show))
		return !blocks_bar_call(pool, attempt->from, *ret_callee);
	/* Neither whose PIN it is may be barred, nor who types it. */
	return attempt->digits && model_pin(attempt->digits, attempt->to, now_ms, &owner, ret_callee, ret_show) &&
	       !blocks_bar_call(pool, owner, *ret_callee) &&
	       !blocks_bar_call(pool, attempt->withheld ? NUMBER_NONE : attempt->from, *ret_callee);
}

/* --- PINs --- */

static bool is_same_caller(const struct tried *one, const struct dialling *attempt)
{
	return attempt->withheld ? number_equal(one->vn, attempt->to) && !number_is(one->caller)
				 : number_equal(one->caller, attempt->from);
}

static bool has_tried(const struct dialling *attempt)
{
	for (uint32_t i = 0; i < 64 && i < tried_n; i++)
		if (is_same_caller(&tried[i], attempt) && sim->now_ms - tried[i].ms < TRIED_MS)
			return true;
	return false;
}

static void note_wrong(const struct dialling *attempt)
{
	if (!has_tried(attempt))
		tried[tried_n++ % 64] = (struct tried){attempt->withheld ? NUMBER_NONE : attempt->from, attempt->to, sim->now_ms};
}

/* --- what we say --- */

static void expect_alike(const struct dialling *attempt, enum told what, const struct sim_reply *reply)
{
	char *first = told[attempt->account][what];

	ASSERT(reply->len < BYTES);
	if (!first[0])
		memcpy(first, reply->body, reply->len + 1);
	else if (strcmp(first, reply->body) != 0)
		violation("S3", "", "two refusals differ: %s and %s", first, reply->body);
	text_check("a refusal", reply->body, reply->len);
}

static void judge(const struct dialling *attempt, const struct account *account, const struct sim_reply *reply, bool reaches,
	struct number callee, struct number show)
{
	struct sim_outcome outcome = {0};

	if (attempt->forged) {
		if (reply->status != 403 || reply->len)
			violation("S3", "", "a forged request is answered %d %s", reply->status, reply->body);
		return;
	}
	enum err err = account->provider->sim->read(account, reply->status, str_n(reply->body, reply->len), &outcome);
	if (err)
		violation("L1", "", "%s would not understand %d %s", account->provider->name, reply->status, reply->body);
	bool rings = number_is(outcome.rings);
	sim->totals.connected += rings;
	sim->totals.refused += !rings;
	if (rings && !reaches)
		violation("S2", "", "%s: somebody is rung whom nothing binds", account->provider->name);
	if (!rings && reaches && !(attempt->digits && has_tried(attempt)))
		violation("S7", "", "%s: a call that a committed session binds is refused", account->provider->name);
	if (!rings) {
		bool asks = outcome.action == ACTION_DIGITS;
		if (asks && !(attempt->account == SIM_PIN_POOL && is_ours(attempt)))
			violation("S3", "", "%s: who rings no VN of the pool is asked for a PIN", account->provider->name);
		expect_alike(attempt, !asks ? TOLD_NO : attempt->digits ? TOLD_ASK_AGAIN : TOLD_ASK, reply);
		if (attempt->digits && !attempt->forged)
			note_wrong(attempt);
		return;
	}
	if (!number_equal(outcome.rings, callee))
		violation("S2", "", "%s: the wrong person is rung", account->provider->name);
	if (!number_equal(outcome.shows, show) || model_pool(outcome.shows) < 0)
		violation("S5", "", "%s: the wrong number is shown", account->provider->name);
}

static void place(const struct dialling *attempt)
{
	const struct account *account = &sim->config->accounts[attempt->account];
	struct number callee = NUMBER_NONE, show = NUMBER_NONE;
	char call_id[40];
	int times = 1;

	snprintf(call_id, sizeof call_id, "CA%032x", ++call_n);
	if (chance_one_in(&sim->random, sim->faults.storms))
		times += (int)chance_below(&sim->random, 6);
	const struct sim_question question = {.from = attempt->withheld ? NUMBER_NONE : attempt->from, .to = attempt->to,
		.call_id = call_id, .digits = attempt->digits, .public_url = "https://vn.example.com", .now_ms = clock_now_ms(sim->serve->server.clock)};
	bool reaches = false;
	for (int i = 0; i < times; i++) {
		reaches = expected(attempt, &callee, &show);
		struct sim_reply reply = put(account, &question, false, attempt->forged);
		sim->totals.calls++;
		/* A question changes nothing, so nothing can have crashed before its answer. */
		if (reply.status == 0)
			violation("L1", "", "%s has no answer", account->provider->name);
		judge(attempt, account, &reply, reaches, callee, show);
	}
	if (!reaches)
		return;
	struct sim_question report = question;
	report.digits = NULL;
	report.status = chance_one_in(&sim->random, 4) ? "no-answer" : "completed";
	report.seconds = chance_below(&sim->random, 600);
	put(account, &report, true, false);
	server_turn();
}

/* What somebody has seen in their app, and may dial long after. */
static struct seen {
	struct number person, vn;
	int account;
} seen[512];
static uint32_t seen_n;

static void look_into_app(void)
{
	struct number people[SIM_ROLES];
	char ref[16], target[120];
	int pool;

	if (!orders_pick(&pool, ref, people))
		return;
	const struct session_row *row = model_open(pool, ref);
	if (!row)
		return;
	bool closes = row->closed_at != 0;
	for (int i = 0; i < row->parties_n && row->state != SESSION_WAITING; i++)
		for (int j = 0; j < row->parties_n; j++)
			if (i != j && number_is(row->parties[i].numbers[0]))
				seen[seen_n++ % 512] = (struct seen){row->parties[i].numbers[0], vn_seen(row, i, j), pool};
	if (row->parties_n != 2 || row->state == SESSION_WAITING || closes)
		return;
	/* The app shows just that. */
	char vn[NUMBER_TEXT_SIZE];
	number_text(vn_seen(row, 0, 1), vn);
	snprintf(target, sizeof target, "/v1/orders/%s/contact?pool=%s&as=%s", ref, pool_name(pool), row->parties[0].role);
	struct sim_reply reply = server_api("GET", target, NULL);
	row = model_open(pool, ref); /* which the clock may have closed */
	if (reply.status && row && !row->closed_at && (reply.status != 200 || !strstr(reply.body, vn)))
		violation("S8", ref, "the app is not shown %s: %d %s", vn, reply.status, reply.body);
}

/* The app closes what is closed: that may only shorten its grace. */
static void close_again(void)
{
	struct number people[SIM_ROLES];
	char ref[16], target[120], id[SESSION_ID_TEXT_SIZE];
	int pool;

	const struct session_row *row = orders_pick(&pool, ref, people) ? model_open(pool, ref) : NULL;
	if (!row || !row->closed_at)
		return;
	snprintf(target, sizeof target, "/v1/sessions/%s/close", session_id_text(row->id, id));
	struct sim_reply reply = server_api("POST", target, chance_one_in(&sim->random, 2) ? NULL : "{\"grace_s\":900}");
	if (reply.status && reply.status != 200 && reply.status != 503)
		violation("S8", ref, "a second close: %d %s", reply.status, reply.body);
}

bool calls_seen(struct number *ret_person, struct number *ret_vn, int *ret_account)
{
	uint32_t n = seen_n < 512 ? seen_n : 512;

	if (!n)
		return false;
	uint32_t back = chance_one_in(&sim->random, 3) ? chance_below(&sim->random, n) : chance_below(&sim->random, n < 8 ? n : 8);
	const struct seen *from = &seen[(seen_n - 1 - back) % 512];
	*ret_person = from->person;
	*ret_vn = from->vn;
	*ret_account = from->account;
	return true;
}

/* Somebody rings from another phone, or withholds their number, and types what their app says: or what somebody else's says, or
 * what nobody's does. */
static void place_by_pin(struct dialling attempt)
{
	static const char *const nobodys[] = {"00000000", "1234", "99999999#", "*"};
	char digits[12];

	if (attempt.account != SIM_PIN_POOL || !chance_one_in(&sim->random, 3))
		return;
	attempt.withheld |= chance_one_in(&sim->random, 4);
	if (!chance_one_in(&sim->random, 4))
		attempt.from = person_number(0, (int)chance_below(&sim->random, SIM_PEOPLE));
	if (chance_one_in(&sim->random, 4)) /* it is another VN's */
		attempt.to = sim->vns[sim->vns_n - 1 - (int)chance_below(&sim->random, 4)].number;
	if (!model_some_pin(attempt.to, digits) || chance_one_in(&sim->random, 5))
		snprintf(digits, sizeof digits, "%s", nobodys[chance_below(&sim->random, 4)]);
	else if (chance_one_in(&sim->random, 4)) /* nearly right */
		digits[chance_below(&sim->random, 8)] = '5';
	attempt.digits = digits;
	sim->totals.pins++;
	place(&attempt);
}

void calls_step(void)
{
	struct dialling attempt = {0};

	if (chance_one_in(&sim->random, 8))
		close_again();
	if (!chance_one_in(&sim->random, 3) || !seen_n)
		look_into_app();
	if (!calls_seen(&attempt.from, &attempt.to, &attempt.account))
		return;
	place_by_pin(attempt);
	switch (chance_below(&sim->random, 12)) {
	case 0: /* a stranger */
		attempt.from = person_number(0, (int)chance_below(&sim->random, SIM_PEOPLE));
		break;
	case 1:
		attempt.withheld = true;
		break;
	case 2:
		attempt.forged = true;
		break;
	case 3: /* another account asks of it */
		attempt.account = (attempt.account + 1) % SIM_POOLS;
		break;
	case 4: /* no VN in use, or none at all */
		attempt.to = sim->vns[chance_below(&sim->random, (uint32_t)sim->vns_n)].number;
		break;
	case 5: /* the VN itself calls */
		attempt.from = attempt.to;
		break;
	}
	place(&attempt);
}

void calls_new(void)
{
	memset(told, 0, sizeof told);
	seen_n = tried_n = 0;
}
