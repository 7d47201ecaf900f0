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
};

static char refusal[SIM_POOLS][BYTES]; /* the first of each account: all are alike (S3) */
static uint32_t call_n;

/* One character of what proves who asks: the secret in the path, or a header of the signature. */
static void forge(struct sim_request *request)
{
	char *secret = strstr(request->target, "0123456789abcdef");

	if (!secret) {
		ASSERT(request->headers_n > 0);
		char *value = request->header_value[0];
		secret = value + strlen(value) / 2;
	}
	*secret = *secret == 'x' ? 'y' : 'x';
}

static struct sim_reply put(const struct account *account, const struct sim_question *question, bool report, bool forged)
{
	static struct sim_request request;
	struct sim_header headers[4];
	int n = 0;

	memset(&request, 0, sizeof request);
	enum err err = (report ? account->provider->sim->tell : account->provider->sim->ask)(account, question, &request);
	ASSERT(err == ERR_OK);
	for (int i = 0; i < request.headers_n; i++)
		headers[n++] = (struct sim_header){request.header_name[i], request.header_value[i]};
	if (request.content_type[0])
		headers[n++] = (struct sim_header){"Content-Type", request.content_type};
	if (forged)
		forge(&request);
	return server_ask(request.post ? "POST" : "GET", request.target, headers, n, request.post ? str_of(request.body) : STR_NONE);
}

/* Who would ring, by what is committed; false: nobody. */
static bool expected(const struct dialling *attempt, struct number *ret_callee, struct number *ret_show)
{
	bool ours = false;

	for (int i = 0; i < sim->vns_n; i++)
		ours |= number_equal(sim->vns[i].number, attempt->to) && sim->vns[i].account == attempt->account;
	return ours && !attempt->withheld && !attempt->forged &&
	       model_route(attempt->from, attempt->to, clock_now_ms(sim->serve->server.clock), ret_callee, ret_show);
}

static void expect_alike(const struct dialling *attempt, const struct sim_reply *reply)
{
	char *first = refusal[attempt->account];

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
	if (!rings && reaches)
		violation("S7", "", "%s: a call that a committed session binds is refused", account->provider->name);
	if (!rings) {
		expect_alike(attempt, reply);
		return;
	}
	if (!number_equal(outcome.rings, callee))
		violation("S2", "", "%s: the wrong person is rung", account->provider->name);
	if (!number_equal(outcome.shows, show) || !model_is_known(outcome.shows))
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
		.call_id = call_id, .public_url = "https://vn.example.com", .now_ms = clock_now_ms(sim->serve->server.clock)};
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
			if (i != j)
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

void calls_step(void)
{
	struct dialling attempt = {0};

	if (chance_one_in(&sim->random, 8))
		close_again();

	if (!chance_one_in(&sim->random, 3) || !seen_n)
		look_into_app();
	uint32_t n = seen_n < 512 ? seen_n : 512;
	if (!n)
		return;
	/* Mostly what was seen a moment ago. */
	uint32_t back = chance_one_in(&sim->random, 3) ? chance_below(&sim->random, n) : chance_below(&sim->random, n < 8 ? n : 8);
	const struct seen *from = &seen[(seen_n - 1 - back) % 512];
	attempt = (struct dialling){.account = from->account, .from = from->person, .to = from->vn};
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
	memset(refusal, 0, sizeof refusal);
	seen_n = 0;
}
