/* Texts: from phones, by Twilio (which takes them on in the webhook's answer) and by Bandwidth (whose webhook is answered with nothing,
 * and whose API is asked: sim_sender.c), and from the app. Each text says which one it is, so that what goes on can be told by its
 * words. */
#include "sim/sim_texts.h"

#include "provider/authorization.h"

void texts_new(void)
{
	sim->texts = calloc(1, sizeof *sim->texts);
	ASSERT(sim->texts);
}

void texts_free(void)
{
	free(sim->texts);
}

/* What was out and not settled is handed out again. */
void texts_restarted(void)
{
	for (int i = 0; sim->texts && i < OUT_MAX; i++) {
		struct out *out = &sim->texts->outs[i];
		sim->texts->texts[out->n % TEXTS].unsure |= out->used && out->answered;
		*out = (struct out){0};
	}
}

void texts_forgotten(struct number number)
{
	for (uint32_t i = 0; i < TEXTS; i++)
		sim->texts->texts[i].dropped |= number_equal(sim->texts->texts[i].to, number);
}

/* --- what is written --- */

static struct text *text_new(void)
{
	static const char *const ends[][2] = {
		{"I am at the gate", "I am at the gate"},
		{"at 10:30, order 123456", "at 10:30, order 123456"},
		{"ring me: +62 812-3456-7210 please", "ring me: *** please"},
		{"STOP", "STOP"},
		{"mine is 081298765877", "mine is ***"},
		{"<b>\"&amp;\\\\ %2B", "<b>\"&amp;\\\\ %2B"},
	};
	uint32_t n = ++sim->texts->texts_n, which = chance_below(&sim->random, 6);
	struct text *text = &sim->texts->texts[n % TEXTS];

	*text = (struct text){.n = n};
	snprintf(text->words, sizeof text->words, "t-%u: %s", n, ends[which][0]);
	snprintf(text->body, sizeof text->body, "t-%u: %s", n, ends[which][1]);
	return text;
}

struct text *text_of(const char *body, size_t len)
{
	char words[BODY_MAX] = "";
	unsigned n = 0;

	if (len < sizeof words)
		memcpy(words, body, len);
	if (sscanf(words, "t-%u:", &n) != 1 || sim->texts->texts[n % TEXTS].n != n)
		violation("S2", "", "a text goes on that nobody wrote: %.*s", (int)len, body);
	struct text *text = &sim->texts->texts[n % TEXTS];
	if (strcmp(text->body, words) != 0)
		violation("S4", "", "text %u goes on as %s", n, words);
	return text;
}

/* --- from a phone --- */

struct writing {
	int account;
	struct number from, to;
	bool withheld, forged;
};

/* Bandwidth's: what it brings is the password of the account. */
static void ask_bandwidth(const struct account *account, const struct sim_question *question, struct sim_request *request)
{
	char authorization[AUTHORIZATION_MAX], from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE], words[2 * BODY_MAX];
	size_t n = 0;

	for (const char *c = question->text; *c; c++) {
		if (*c == '"' || *c == '\\')
			words[n++] = '\\';
		words[n++] = *c;
	}
	words[n] = '\0';
	number_text(question->to, to);
	*request = (struct sim_request){.post = true, .content_type = "application/json; charset=utf-8", .headers_n = 1};
	snprintf(request->target, sizeof request->target, "/hooks/bandwidth/%s/sms", account->name);
	snprintf(request->body, sizeof request->body,
		"[{\"type\":\"message-received\",\"to\":\"%s\",\"message\":{\"id\":\"%s\",\"direction\":\"in\",\"to\":[\"%s\"],\"from\":\"%s\","
		"\"text\":\"%s\"}}]", to, question->call_id, to,
		number_is(question->from) ? number_text(question->from, from) : "Anonymous", words);
	authorization_basic(account->api_key, account->secret, authorization);
	snprintf(request->header_name[0], sizeof request->header_name[0], "Authorization");
	snprintf(request->header_value[0], sizeof request->header_value[0], "%s", authorization);
}

static bool is_ours(const struct writing *writing)
{
	for (int i = 0; i < sim->vns_n; i++)
		if (number_equal(sim->vns[i].number, writing->to) && sim->vns[i].account == writing->account)
			return true;
	return false;
}

/* Twilio reads what goes on out of our answer. */
static void judge_answer(const struct account *account, const struct sim_reply *reply, struct number callee, struct number show)
{
	struct sim_text went;

	if (account->provider->sim->read_text(account, reply->status, str_n(reply->body, reply->len), &went) != ERR_OK)
		violation("L1", "", "%s would not understand %d %s", account->provider->name, reply->status, reply->body);
	if (went.goes != number_is(callee))
		violation(went.goes ? "S2" : "S7", "", "a text %s", went.goes ? "goes on that nobody binds" : "that a committed session binds is refused");
	if (!went.goes) {
		text_check("the answer to a text", reply->body, reply->len);
		return;
	}
	text_of(went.body, strlen(went.body));
	if (!number_equal(went.to, callee))
		violation("S2", "", "a text goes to the wrong person");
	if (!number_equal(went.shown, show))
		violation("S5", "", "a text comes from the wrong number");
	sim->totals.texts_sent++;
}

static uint64_t session_of(struct number person, struct number vn)
{
	struct question question = {.caller = person, .called = vn, .account = DECIDE_ANY_ACCOUNT, .tenant = DECIDE_ANY_TENANT,
		.now_ms = clock_now_ms(server()->clock)};
	struct decision decision;

	decide(server()->board, &question, &decision);
	return decision.session;
}

static void stored(struct text *text)
{
	text->since_ms = sim->now_ms;
	text->since_step = sim->step;
}

/* What its webhook says of it. */
static void judge_stored(struct text *text, const struct sim_reply *reply)
{
	if (reply->status && reply->status != 200 && reply->status != 503)
		violation("L1", "", "a text is answered %d %s", reply->status, reply->body);
	if (reply->status && reply->len)
		violation("S3", "", "there is something in the answer to a text: %s", reply->body);
	if (reply->status == 200 && number_is(text->to) && !text->since_ms)
		stored(text);
}

static void write_by(const struct writing *writing)
{
	const struct account *account = &sim->config->accounts[writing->account];
	bool answers = account->provider->messaging->answers;
	static struct sim_request request;
	struct text *text = text_new();
	char id[40];

	snprintf(id, sizeof id, "SM%032x", text->n);
	const struct sim_question question = {.from = writing->withheld ? NUMBER_NONE : writing->from, .to = writing->to, .call_id = id,
		.text = text->words, .public_url = "https://vn.example.com", .now_ms = clock_now_ms(server()->clock)};
	memset(&request, 0, sizeof request);
	if (account->provider->sim->text)
		ASSERT(account->provider->sim->text(account, &question, &request) == ERR_OK);
	else
		ask_bandwidth(account, &question, &request);
	if (writing->forged)
		calls_forge(&request);
	for (int times = 1 + (int)chance_one_in(&sim->random, 5); times > 0; times--) {
		struct number callee = NUMBER_NONE, show = NUMBER_NONE;
		bool reaches = is_ours(writing) && !writing->withheld && !writing->forged &&
			model_route(writing->from, writing->to, clock_now_ms(server()->clock), &callee, &show) &&
			!blocks_bar_call(model_pool(writing->to), writing->from, callee);
		if (!reaches)
			callee = show = NUMBER_NONE;
		if (!text->since_ms && reaches) {
			text->to = callee;
			text->from = writing->from;
			text->session = session_of(writing->from, writing->to);
		}
		struct sim_reply reply = calls_put(&request);
		sim->totals.texts++;
		if (writing->forged) {
			if (reply.status != 403 || reply.len)
				violation("S3", "", "a forged text is answered %d %s", reply.status, reply.body);
		} else if (answers) {
			judge_answer(account, &reply, callee, show);
			server_turn();
		} else {
			judge_stored(text, &reply);
		}
	}
}

/* --- from the app --- */

static void write_by_app(void)
{
	static const char *const roles[SIM_ROLES] = {"customer", "courier"};
	struct number people[SIM_ROLES];
	char ref[16], target[80], id[SESSION_ID_TEXT_SIZE], body[3 * BODY_MAX], words[2 * BODY_MAX];
	int pool, role = (int)chance_below(&sim->random, SIM_ROLES);
	size_t n = 0;

	const struct session_row *row = orders_pick(&pool, ref, people) ? model_open(pool, ref) : NULL;
	if (!row || (pool != 0 && pool != SIM_PIN_POOL))
		return;
	struct text *text = text_new();
	int to = session_party_of(row, str_of(roles[role]));
	bool may = row->state != SESSION_WAITING && row->parties_n == 2 && to >= 0;
	text->to = may ? row->parties[to].numbers[0] : NUMBER_NONE;
	text->from = may ? row->parties[1 - to].numbers[0] : NUMBER_NONE;
	text->session = row->id;
	text->from_app = true;
	for (const char *c = text->words; *c; c++) {
		if (*c == '"' || *c == '\\')
			words[n++] = '\\';
		words[n++] = *c;
	}
	words[n] = '\0';
	snprintf(target, sizeof target, "/v1/sessions/%s/messages", session_id_text(row->id, id));
	snprintf(body, sizeof body, "{\"to_role\":\"%s\",\"body\":\"%s\"}", roles[role], words);
	struct sim_reply reply = server_api("POST", target, body);
	sim->totals.texts++;
	if (reply.status == 202 && !may)
		violation("S2", ref, "the app's text is taken for nobody");
	if (reply.status == 202)
		stored(text);
	else if (reply.status)
		text->to = NUMBER_NONE;
}

void texts_step(void)
{
	struct writing writing = {0};

	if (chance_one_in(&sim->random, 4)) {
		write_by_app();
		return;
	}
	if (!calls_seen(&writing.from, &writing.to, &writing.account) || !sim->config->accounts[writing.account].provider->messaging)
		return;
	switch (chance_below(&sim->random, 12)) {
	case 0:
		writing.from = person_number(0, (int)chance_below(&sim->random, SIM_PEOPLE));
		break;
	case 1:
		writing.withheld = true;
		break;
	case 2:
		writing.forged = true;
		break;
	case 3: /* another account brings it */
		writing.account = SIM_PIN_POOL - writing.account;
		break;
	case 4:
		writing.to = sim->vns[chance_below(&sim->random, (uint32_t)sim->vns_n)].number;
		break;
	case 5:
		writing.from = writing.to;
		break;
	}
	write_by(&writing);
}
