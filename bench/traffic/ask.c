#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "base/check.h"

static const char *const role_words[] = {[SIDE_CUSTOMER] = "customer", [SIDE_COURIER] = "courier"};

bool ask_account(struct account *account, const char *word, const char *secret)
{
	struct str name, provider = str_cut(str_of(word), ':', &name);

	*account = (struct account){.provider = provider_find(provider)};
	return account->provider && account->provider->sim && str_copy(account->name, sizeof account->name, name) &&
	       str_copy(account->sid, sizeof account->sid, STR("AC00000000000000000000000000000000")) &&
	       str_copy(account->secret, sizeof account->secret, str_of(secret)) &&
	       str_copy(account->secret_path, sizeof account->secret_path, str_of(secret));
}

/* --- the API's requests --- */

static void put_request(const struct asker *asker, struct link *link, const char *method, const char *target, const char *type,
	const struct buf *body)
{
	struct buf out;

	buf_fixed(&out, link->out, sizeof link->out);
	buf_fmt(&out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n", method, target, asker->port, asker->key);
	if (body->len)
		buf_fmt(&out, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body->len);
	buf_lit(&out, "\r\n");
	buf_str(&out, buf_text(body));
	ASSERT(buf_ok(&out) && buf_ok(body));
	link->out_len = out.len;
}

static void put_party(struct buf *body, const struct order *order, enum side side)
{
	char text[NUMBER_TEXT_SIZE];

	buf_fmt(body, "{\"role\":\"%s\",\"number\":\"%s\"}", role_words[side], number_text(town_person(order, side), text));
}

static void put_event(struct buf *body, const struct order *order, const char *pool)
{
	static const char *const types[] = {[STEP_PLACE] = "placed", [STEP_ASSIGN] = "assigned", [STEP_COMPLETE] = "completed"};
	int version = order->step == STEP_COMPLETE ? 3 : order->step + 1;

	buf_fmt(body, "{\"id\":\"evt-%u-%d\",\"type\":\"order.%s\",\"order\":\"T-%u\",\"version\":%d,\"pool\":\"%s\"", order->serial, version,
		types[order->step], order->serial, version, pool);
	if (order->step != STEP_COMPLETE) {
		buf_lit(body, ",\"parties\":[");
		put_party(body, order, order->step == STEP_PLACE ? SIDE_CUSTOMER : SIDE_COURIER);
		buf_lit(body, "]");
	}
	buf_lit(body, "}\n");
}

static void put_opening(struct buf *body, const struct order *order, const char *pool)
{
	buf_fmt(body, "{\"pool\":\"%s\",\"ref\":\"T-%u\",\"parties\":[", pool, order->serial);
	put_party(body, order, SIDE_CUSTOMER);
	buf_lit(body, ",");
	put_party(body, order, SIDE_COURIER);
	buf_lit(body, "]}");
}

void ask_step(const struct asker *asker, struct link *link, const struct order *order)
{
	const char *pool = asker->accounts[order->pool].provider->name;
	char room[1024], target[256] = "/v1/sessions";
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	switch (order->step) {
	case STEP_PLACE:
	case STEP_ASSIGN:
	case STEP_COMPLETE:
		put_event(&body, order, pool);
		link->asked.kind = KIND_EVENT;
		put_request(asker, link, "POST", "/v1/events", "application/x-ndjson", &body);
		return;
	case STEP_LOOK_CUSTOMER:
	case STEP_LOOK_COURIER:
		snprintf(target, sizeof target, "/v1/orders/T-%u/contact?pool=%s&as=%s", order->serial, pool,
			role_words[order->step - STEP_LOOK_CUSTOMER]);
		link->asked.kind = KIND_LOOK;
		put_request(asker, link, "GET", target, NULL, &body);
		return;
	case STEP_OPEN:
		put_opening(&body, order, pool);
		link->asked.kind = KIND_OPEN;
		break;
	case STEP_CLOSE:
		snprintf(target, sizeof target, "/v1/sessions/%s/close", order->id);
		buf_lit(&body, "{\"grace_s\":0}");
		link->asked.kind = KIND_CLOSE;
		break;
	case STEP_FORGET:
		snprintf(target, sizeof target, "/v1/sessions/%s", order->id);
		link->asked.kind = KIND_FORGET;
		put_request(asker, link, "DELETE", target, NULL, &body);
		return;
	default:
		ASSERT(!"a step of the API");
	}
	put_request(asker, link, "POST", target, "application/json", &body);
}

/* --- the providers' requests --- */

static void put_question(const struct asker *asker, struct link *link, uint8_t pool, struct sim_question *question, uint64_t call)
{
	static struct sim_request request;
	const struct account *account = &asker->accounts[pool];
	char url[64], call_id[40];
	struct buf out;

	snprintf(url, sizeof url, "http://127.0.0.1:%d", asker->port);
	snprintf(call_id, sizeof call_id, "CA%032llx", (unsigned long long)(asker->first_call + call));
	question->public_url = url;
	question->call_id = call_id;
	enum err err = question->status ? account->provider->sim->tell(account, question, &request)
					: account->provider->sim->ask(account, question, &request);
	if (err)
		links_fail(NULL, "a question can't be made");
	buf_fixed(&out, link->out, sizeof link->out);
	buf_fmt(&out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n",
		request.post ? "POST" : "GET", request.target, asker->port);
	for (int i = 0; i < request.headers_n; i++)
		buf_fmt(&out, "%s: %s\r\n", request.header_name[i], request.header_value[i]);
	if (request.post)
		buf_fmt(&out, "Content-Type: %s\r\nContent-Length: %zu\r\n", request.content_type, strlen(request.body));
	buf_fmt(&out, "\r\n%s", request.post ? request.body : "");
	ASSERT(buf_ok(&out));
	link->out_len = out.len;
	link->asked.pool = pool;
	link->asked.call = call;
}

void ask_call(struct asker *asker, struct link *link, const struct order *order, enum side side)
{
	struct sim_question question = {.from = town_person(order, side), .to = order->vn[!side]};

	link->asked.kind = KIND_CALL;
	link->asked.side = side;
	put_question(asker, link, order->pool, &question, asker->calls++);
}

void ask_status(const struct asker *asker, struct link *link, const struct tale *tale)
{
	struct sim_question question = {.from = tale->from, .to = tale->to, .status = "completed", .seconds = 61};

	link->asked.kind = KIND_STATUS;
	put_question(asker, link, tale->pool, &question, tale->call);
}

void ask_stranger(struct asker *asker, struct link *link, const struct order *order, uint32_t n)
{
	struct sim_question question = {.from = town_stranger(n / 3), .to = order->vn[n & 1]};

	if (n % 3 == 1)
		question = (struct sim_question){.from = town_person(order, SIDE_CUSTOMER), .to = asker->nobodys};
	if (n % 3 == 2)
		question.from = NUMBER_NONE;
	link->asked.kind = KIND_STRANGER;
	put_question(asker, link, order->pool, &question, asker->calls++);
}

/* --- judging --- */

static bool has(struct str text, const char *piece)
{
	return memmem(text.at, text.len, piece, strlen(piece)) != NULL;
}

/* The text behind `name`, up to a quote; NULL in .at: it is not there. Goes on behind it. */
static struct str value_of(struct str *rest, const char *name)
{
	const char *at = memmem(rest->at, rest->len, name, strlen(name)), *end = rest->at + rest->len;

	if (!at)
		return STR_NONE;
	at += strlen(name);
	*rest = str_n(at, (size_t)(end - at));
	const char *quote = memchr(at, '"', rest->len);
	return quote ? str_n(at, (size_t)(quote - at)) : STR_NONE;
}

static bool take_vn(struct str *rest, struct number *ret_vn)
{
	return number_parse(value_of(rest, "\"vn\":\""), ret_vn) == ERR_OK;
}

static bool tells_ref(struct str body, const struct order *order)
{
	char ref[40];

	snprintf(ref, sizeof ref, "\"ref\":\"T-%u\"", order->serial);
	return has(body, ref);
}

static bool opened(const struct answer_text *answer, struct order *order)
{
	struct str rest = answer->body;

	/* 200: it was refused as `overloaded` and asked again, and is there all the same. */
	return (answer->status == 201 || (answer->status == 200 && order->tries > 0)) && tells_ref(rest, order) &&
	       has(rest, "\"state\":\"live\"") && str_copy(order->id, sizeof order->id, value_of(&rest, "\"id\":\"")) &&
	       take_vn(&rest, &order->vn[SIDE_CUSTOMER]) && take_vn(&rest, &order->vn[SIDE_COURIER]) &&
	       !number_equal(order->vn[0], order->vn[1]);
}

static bool looked(const struct answer_text *answer, struct order *order)
{
	enum side as = order->step == STEP_LOOK_CUSTOMER ? SIDE_CUSTOMER : SIDE_COURIER;
	struct str rest = answer->body;
	struct str role;

	if (answer->status != 200 || !tells_ref(rest, order) || !has(rest, "\"state\":\"live\""))
		return false;
	role = value_of(&rest, "\"contacts\":[{\"role\":\"");
	return str_equal(role, str_of(role_words[!as])) && take_vn(&rest, &order->vn[!as]);
}

static bool right(const struct answer_text *answer, struct order *order)
{
	switch (order->step) {
	case STEP_PLACE:
	case STEP_ASSIGN:
	case STEP_COMPLETE:
		return answer->status == 200 &&
		       (str_equal(answer->body, STR("{\"applied\":1,\"repeated\":0,\"refused\":[]}")) ||
			       (order->tries > 0 && str_equal(answer->body, STR("{\"applied\":0,\"repeated\":1,\"refused\":[]}"))));
	case STEP_LOOK_CUSTOMER:
	case STEP_LOOK_COURIER:
		return looked(answer, order);
	case STEP_OPEN:
		return opened(answer, order);
	case STEP_CLOSE:
		return answer->status == 200 && tells_ref(answer->body, order) && has(answer->body, "\"state\":\"cooling\"");
	case STEP_FORGET:
		return answer->status == 204 && answer->body.len == 0;
	}
	return false;
}

bool ask_step_judge(const struct link *link, const struct answer_text *answer, struct order *order)
{
	if (answer->status == 503) {
		if (!has(answer->body, "\"code\":\"overloaded\"") || !has(answer->head, "\r\nRetry-After: 1\r\n") ||
			!has(answer->head, "application/problem+json"))
			links_fail(link, "a refusal is not as it is documented");
		return false;
	}
	if (!right(answer, order))
		links_fail(link, "this is not the answer to that");
	return true;
}

static bool sim_read(const struct asker *asker, const struct link *link, const struct answer_text *answer, struct sim_outcome *outcome)
{
	const struct account *account = &asker->accounts[link->asked.pool];

	return account->provider->sim->read(account, answer->status, answer->body, outcome) == ERR_OK;
}

void ask_call_judge(const struct asker *asker, const struct link *link, const struct answer_text *answer, const struct order *order)
{
	enum side side = link->asked.side;
	struct sim_outcome outcome;

	if (!sim_read(asker, link, answer, &outcome) || outcome.action != ACTION_CONNECT)
		links_fail(link, "a call of the order's was not connected");
	if (!number_equal(outcome.rings, town_person(order, !side)))
		links_fail(link, "a call rings somebody else");
	if (!number_equal(outcome.shows, order->vn[side]))
		links_fail(link, "a call shows another number than the caller's virtual one");
}

/* Status line, headers but the date, body. */
static void judge_same(struct same *same, const struct link *link, const struct answer_text *answer, const char *why)
{
	char text[sizeof same->text];
	struct buf out;
	struct str rest = answer->head;

	buf_fixed(&out, text, sizeof text);
	while (rest.at && rest.len) {
		struct str line = str_cut(rest, '\n', &rest);
		if (line.len < 5 || strncasecmp(line.at, "date:", 5) != 0)
			buf_str(&out, line);
	}
	buf_str(&out, answer->body);
	if (!buf_ok(&out))
		links_fail(link, "an answer is too long");
	if (same->len == 0) {
		memcpy(same->text, text, out.len);
		same->len = out.len;
	}
	if (out.len != same->len || memcmp(text, same->text, out.len) != 0)
		links_fail(link, why);
}

void ask_refused_judge(struct asker *asker, const struct link *link, const struct answer_text *answer)
{
	struct sim_outcome outcome;

	if (!sim_read(asker, link, answer, &outcome) || outcome.action != ACTION_REJECT)
		links_fail(link, "a call of nobody's was not refused");
	judge_same(&asker->refusal[link->asked.pool], link, answer, "a refusal tells itself from others");
}

void ask_status_judge(struct asker *asker, const struct link *link, const struct answer_text *answer)
{
	if (answer->status / 100 != 2)
		links_fail(link, "a report was not taken");
	judge_same(&asker->thanks[link->asked.pool], link, answer, "a report is answered otherwise than others");
}
