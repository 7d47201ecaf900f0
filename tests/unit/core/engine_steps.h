/* engine_steps: random changes, each done by the engine and held against what engine_model.h says must come of it. */
#ifndef UNIT_CORE_ENGINE_STEPS_H
#define UNIT_CORE_ENGINE_STEPS_H

#include "engine_run.h"

/* --- changes: the engine does it, the model says what must come of it --- */

static bool limited(struct run *run, enum err err)
{
	bool is = err == ERR_LIMIT_REACHED || err == ERR_SESSION_FULL || err == ERR_ROLES_FULL;

	if (is)
		CHECK(run, run->model.tight);
	return is;
}

static void step_open(struct run *run)
{
	struct model *model = &run->model;
	struct party parties[SESSION_PARTIES_MAX];
	struct msession want = {
		.pool = (int)below(run, (uint32_t)model->pools_n), .order = (int)below(run, ORDERS)};
	struct msession *there = model_find(model, want.pool, want.order);
	uint32_t wished = chance(run, 8) ? 1 + below(run, model->vns_n) : 0, slot;
	bool new;
	uint64_t ended;
	char text[8];
	struct str ref;

	want.parties_n = chance(run, 75) ? 2 : 1 + (int)below(run, chance(run, 80) ? 4 : SESSION_PARTIES_MAX);
	for (int i = 0; i < want.parties_n; i++)
		random_party(run, i, &want.parties[i]);
	if (there && there->asked_n && chance(run, 50)) {
		want.parties_n = there->asked_n;
		memcpy(want.parties, there->asked, sizeof want.parties);
	}
	for (int i = 0; i < want.parties_n; i++)
		party_text(&want.parties[i], &parties[i]);
	if (wished)
		parties[0].vn = vn_number_of((int)wished - 1);
	ref_text(want.order, text, &ref);
	enum err err = engine_session_open(run->world.engine,
		&(struct session_open){.pool = (uint16_t)want.pool,
			.ref = ref,
			.parties = parties,
			.parties_n = want.parties_n,
			.ttl_s = chance(run, 50) ? 0 : 1 + below(run, 500)},
		&slot, &new, &ended);
	if (there) {
		bool same = same_parties(want.parties, want.parties_n, there->asked, there->asked_n) ||
			    same_parties(want.parties, want.parties_n, there->parties, there->parties_n);
		CHECK(run, err == (there->closed ? ERR_SESSION_CLOSED : same ? ERR_OK : ERR_SESSION_EXISTS));
		CHECK(run, err != ERR_SESSION_CLOSED || ended == there->id);
		CHECK(run, err || (!new &&slot == slot_of(run, there)));
		return;
	}
	if (model->ended[want.pool][want.order] > model_now(model)) {
		CHECK(run, err == ERR_SESSION_CLOSED);
		return;
	}
	if (model->policies[want.pool].numbers == POOL_ONE && want.parties_n > 2) {
		CHECK(run, err == ERR_TOO_MANY_PARTIES);
		return;
	}
	if (number_twice(want.parties, want.parties_n)) {
		CHECK(run, err == ERR_SAME_NUMBER_TWICE);
		return;
	}
	if (wished && want.parties_n == 1) {
		CHECK(run, err == ERR_BAD_REQUEST);
		return;
	}
	if (limited(run, err))
		return;
	if (wished && (err == ERR_NOT_FOUND || err == ERR_NUMBER_IN_USE)) {
		CHECK(run, (err == ERR_NOT_FOUND) == (model->vns[wished].pool != want.pool));
		return;
	}
	if (err == ERR_POOL_EXHAUSTED) {
		run->exhausted++;
		CHECK(run, wished || !can_bind(model, &want));
		return;
	}
	CHECK(run, err == ERR_OK && new);
	run->opened++;
	struct msession *session = model_new(model);
	*session = want;
	session->id = engine_session_id(run->world.engine, slot);
	memcpy(session->asked, want.parties, sizeof want.parties);
	session->asked_n = want.parties_n;
	struct msession nothing = {0};
	const struct session_row *row = row_of(run, session);
	session->expires = row->expires_at;
	adopt(model, session, &nothing, row, wished);
	CHECK(run, session->state == (session->parties_n < 2 ? SESSION_WAITING : SESSION_LIVE));
	CHECK(run, !wished || session->parties[0].vn == wished);
}

/* Puts the party into the model's session; its VN stays with the role. Returns its index. */
static int put_in_model(struct msession *session, const struct mparty *party)
{
	int i = 0;

	while (i < session->parties_n && session->parties[i].role != party->role)
		i++;
	uint32_t vn = i < session->parties_n ? session->parties[i].vn : 0;
	session->parties[i] = *party;
	session->parties[i].vn = vn;
	session->parties_n = i == session->parties_n ? i + 1 : session->parties_n;
	return i;
}

static int role_in_model(const struct msession *session, int role)
{
	for (int i = 0; i < session->parties_n; i++)
		if (session->parties[i].role == role)
			return i;
	return -1;
}

static void drop_views_of(struct msession *session, int viewer)
{
	int n = 0;

	for (int v = 0; v < session->views_n; v++)
		if (session->views[v].viewer != viewer)
			session->views[n++] = session->views[v];
	session->views_n = n;
}

static void step_put(struct run *run)
{
	struct model *model = &run->model;
	struct msession *session = random_session(run);
	struct mparty mine;
	struct party party;

	if (!session)
		return;
	random_party(run, (int)below(run, chance(run, 80) ? 3 : SESSION_PARTIES_MAX), &mine);
	struct msession next = *session;
	int there = role_in_model(session, mine.role);
	mine.version = there >= 0 ? session->parties[there].version : 0;
	party_text(&mine, &party);
	enum err err = engine_party_put(run->world.engine, slot_of(run, session), &party);
	if (session->closed) {
		CHECK(run, err == ERR_SESSION_CLOSED);
		return;
	}
	if (there >= 0 && same_party(&mine, &session->parties[there])) {
		CHECK(run, err == ERR_OK);
		return;
	}
	if (there < 0 && session->parties_n == SESSION_PARTIES_MAX) {
		CHECK(run, err == ERR_TOO_MANY_PARTIES);
		return;
	}
	int i = put_in_model(&next, &mine);
	drop_views_of(&next, i);
	if (model->policies[next.pool].numbers == POOL_ONE && next.parties_n > 2) {
		CHECK(run, err == ERR_TOO_MANY_PARTIES);
		return;
	}
	if (number_twice(next.parties, next.parties_n)) {
		CHECK(run, err == ERR_SAME_NUMBER_TWICE);
		return;
	}
	if (limited(run, err))
		return;
	struct msession old = *session;
	*session = next;
	if (err == ERR_POOL_EXHAUSTED) {
		run->exhausted++;
		CHECK(run, session->state == SESSION_WAITING ? !can_bind(model, session)
							     : !must_take_in(model, session, i));
		*session = old;
		return;
	}
	CHECK(run, err == ERR_OK);
	adopt(model, session, &old, row_of(run, session), 0);
	CHECK(run, session->state == (session->parties_n < 2 ? SESSION_WAITING : SESSION_LIVE));
	for (int k = 0; k < old.parties_n; k++)
		for (int v = 0; v < old.parties_n; v++)
			if (old.state == SESSION_LIVE && k != i && v != i && v != k)
				CHECK(run, seen_vn(&old, k, v) ==
						   seen_vn(session, k,
							   v)); /* others go on dialling what they know */
	for (int k = 0; k < old.parties_n; k++)
		if (old.state == SESSION_LIVE && k != i && i < old.parties_n)
			CHECK(run, seen_vn(&old, k, i) == seen_vn(session, k, i));
}

static void step_drop(struct run *run)
{
	struct msession *session = random_session(run);
	char role[3] = {'r', (char)('0' + below(run, 4)), 0};

	if (!session)
		return;
	struct msession old = *session;
	int i = role_in_model(session, role[1] - '0');
	enum err err = engine_party_drop(run->world.engine, slot_of(run, session), str_of(role));
	if (session->closed) {
		CHECK(run, err == ERR_SESSION_CLOSED);
		return;
	}
	if (i < 0) {
		CHECK(run, err == ERR_NOT_FOUND);
		return;
	}
	if (limited(run, err))
		return;
	CHECK(run, err == ERR_OK);
	if (session->parties[i].version > session->floor)
		session->floor = session->parties[i].version;
	memmove(&session->parties[i], &session->parties[i + 1],
		(size_t)(SESSION_PARTIES_MAX - i - 1) * sizeof session->parties[0]);
	session->parties_n--;
	session->views_n = 0;
	adopt(&run->model, session, &old, row_of(run, session), 0);
	bool bound = old.state == SESSION_LIVE && session->parties_n >= 2;
	CHECK(run, session->state == (bound ? SESSION_LIVE : SESSION_WAITING));
}

static void step_close(struct run *run)
{
	struct model *model = &run->model;
	struct msession *session = random_session(run);
	int64_t grace = chance(run, 50) ? -1 : (int64_t)below(run, 60);

	if (!session)
		return;
	enum err err = engine_session_close(run->world.engine, slot_of(run, session), grace);
	if (limited(run, err))
		return;
	CHECK(run, err == ERR_OK);
	if (!session->closed) {
		model_close(model, session, model_now(model),
			grace < 0 ? policy_of(model, session)->grace_s : (uint32_t)grace);
	} else if (grace >= 0 && model_now(model) + grace < session->grace) {
		session->grace = model_now(model) + (uint32_t)grace;
		if (session->grace <= model_now(model))
			model_gone(model, session);
	}
}

static void step_expire(struct run *run)
{
	struct model *model = &run->model;
	struct msession *session = random_session(run);
	uint32_t at = model_now(model) - 5 + below(run, 400);

	if (!session)
		return;
	enum err err = engine_session_expire_at(run->world.engine, slot_of(run, session), at);
	if (session->closed) {
		CHECK(run, err == ERR_SESSION_CLOSED);
		return;
	}
	if (limited(run, err))
		return;
	CHECK(run, err == ERR_OK);
	session->expires = at;
	if (at <= model_now(model))
		model_close(model, session, model_now(model), policy_of(model, session)->grace_s);
}

static void end_now(struct model *model, struct msession *session)
{
	if (!session->closed) {
		model_close(model, session, model_now(model), 0);
		return;
	}
	session->grace = model_now(model);
	model_gone(model, session);
}

static void step_forget(struct run *run)
{
	struct msession *session = random_session(run);

	if (!session)
		return;
	enum err err = engine_session_forget(run->world.engine, slot_of(run, session));
	if (limited(run, err))
		return;
	CHECK(run, err == ERR_OK);
	end_now(&run->model, session);
}

static void step_erase(struct run *run)
{
	struct model *model = &run->model;
	int who = (int)below(run, PEOPLE);
	uint32_t n, expected = 0;

	enum err err = engine_erase(run->world.engine, number_of(who), &n);
	if (limited(run, err))
		return;
	CHECK(run, err == ERR_OK);
	for (int s = 0; s < model->sessions_n; s++) {
		struct msession *session = &model->sessions[s];
		bool has = false;
		for (int i = 0; session->id && i < session->parties_n; i++)
			for (int k = 0; k < session->parties[i].n; k++)
				has |= session->parties[i].who[k] == who;
		if (has)
			end_now(model, session);
		expected += has;
	}
	CHECK(run, n == expected);
}

/* Which of the event's parties are news to the session. -1: it contradicts one of its own version. */
static int news(const struct msession *session, const struct mparty *parties, int n, struct mparty *ret_news)
{
	int news_n = 0;

	for (int i = 0; i < n; i++) {
		int there = session ? role_in_model(session, parties[i].role) : -1;
		const struct mparty *known = there < 0 ? NULL : &session->parties[there];
		if (known && known->version == parties[i].version) {
			if (known->by_event && !same_party(known, &parties[i]))
				return -1;
			continue;
		}
		bool late = session && !known && parties[i].version <= session->floor;
		if (!late && (!known || known->version < parties[i].version))
			ret_news[news_n++] = parties[i];
	}
	return news_n;
}

static void apply_news(
	struct run *run, struct msession *session, const struct msession *old, int changed, int last)
{
	struct model *model = &run->model;

	adopt(model, session, old, row_of(run, session), 0);
	if (session->parties_n < 2) {
		CHECK(run, session->state == SESSION_WAITING);
		return;
	}
	if (session->state == SESSION_LIVE)
		return;
	run->waited++;
	if (model->tight)
		return;
	CHECK(run, changed > 0 || old->state == SESSION_WAITING);
	if (old->state == SESSION_LIVE && changed == 1) {
		struct msession would = *session;
		for (int i = 0; i < old->parties_n; i++)
			would.parties[i].vn = old->parties[i].vn;
		memcpy(would.views, old->views, sizeof would.views);
		would.views_n = old->views_n;
		drop_views_of(&would, last);
		struct msession keep = *session;
		*session = would; /* in its place, so that its own VNs count as its own */
		CHECK(run, !must_take_in(model, session, last));
		*session = keep;
	} else if (old->state == SESSION_WAITING && changed > 0) {
		CHECK(run, !can_bind(model, session));
	}
}

static void step_event(struct run *run)
{
	struct model *model = &run->model;
	int pool = (int)below(run, (uint32_t)model->pools_n), order = (int)below(run, ORDERS), n = 0;
	struct msession *session = model_find(model, pool, order);
	struct mparty mine[SESSION_PARTIES_MAX], fresh[SESSION_PARTIES_MAX];
	struct party parties[SESSION_PARTIES_MAX];
	enum event_effect effect;
	uint32_t slot;
	char text[8];
	bool end = chance(run, 15);
	/* Late and repeated ones too. */
	uint64_t version = chance(run, 60) ? ++run->version : run->version - below(run, 30);

	for (int role = 0; role < 3 && !end; role++) {
		if (!chance(run, 60))
			continue;
		random_party(run, role, &mine[n]);
		int there = session ? role_in_model(session, role) : -1;
		if (there >= 0 && chance(run, 30))
			mine[n] = session->parties[there];
		mine[n].version = version;
		mine[n].by_event = true;
		party_text(&mine[n], &parties[n]);
		n++;
	}
	struct order_event event = {.type = end ? EVENT_COMPLETED : EVENT_ASSIGNED,
		.pool = (uint16_t)pool,
		.version = version,
		.parties = parties,
		.parties_n = n};
	ref_text(order, text, &event.order);
	enum err err = engine_event(run->world.engine, &event, &effect, &slot);
	if (limited(run, err))
		return;
	bool over = session ? session->closed : model->ended[pool][order] > model_now(model);
	if (over) {
		CHECK(run, err == ERR_OK && effect == EVENT_REPEATED);
		return;
	}
	if (end) {
		CHECK(run, err == ERR_OK && effect == EVENT_APPLIED);
		if (session)
			model_close(model, session, model_now(model), policy_of(model, session)->grace_s);
		model->ended[pool][order] = model_now(model) + model->tombstone_s;
		return;
	}
	int fresh_n = news(session, mine, n, fresh);
	if (fresh_n < 0) {
		CHECK(run, err == ERR_TOO_OLD);
		return;
	}
	if (session && fresh_n == 0) {
		CHECK(run, err == ERR_OK && effect == EVENT_REPEATED);
		return;
	}
	struct msession old = {0}, next = {.pool = pool, .order = order};
	if (session)
		next = old = *session;
	int changed = 0, last = -1;
	for (int i = 0; i < fresh_n; i++) {
		int there = role_in_model(&next, fresh[i].role);
		bool same = there >= 0 && same_party(&next.parties[there], &fresh[i]);
		int at = put_in_model(&next, &fresh[i]);
		if (same)
			continue;
		changed++;
		last = at;
	}
	bool one = model->policies[pool].numbers == POOL_ONE;
	if (changed && one && next.parties_n > 2) {
		CHECK(run, err == ERR_TOO_MANY_PARTIES);
		return;
	}
	if (changed && number_twice(next.parties, next.parties_n)) {
		CHECK(run, err == ERR_SAME_NUMBER_TWICE);
		return;
	}
	CHECK(run, err == ERR_OK && effect == EVENT_APPLIED);
	if (!session) {
		session = model_new(model);
		next.id = engine_session_id(run->world.engine, slot);
		next.expires = engine_session_row(run->world.engine, slot, &run->world.arena)->expires_at;
		old.state = SESSION_WAITING;
	}
	*session = next;
	apply_news(run, session, &old, session->parties_n >= 2 && old.parties_n == 0 ? 1 : changed, last);
}

/* The engine's indices of accounts don't outlive it. */
static uint16_t account_in_engine(struct run *run, uint16_t account)
{
	const char name[2] = {(char)('a' + account), 0};
	uint16_t index;

	CHECK(run, engine_account(run->world.engine, str_of("exotel"), str_of(name), &index) == ERR_OK);
	return index;
}

static void step_stock(struct run *run)
{
	struct model *model = &run->model;
	uint32_t vn = 1 + below(run, model->vns_n), id;
	int disabled = (int)below(run, 3) - 1, reserved = (int)below(run, 3) - 1;

	if (disabled > 0 && chance(run, 60))
		disabled = 0;
	if (reserved > 0 && chance(run, 60))
		reserved = 0;
	if ((int)model->vns_n < run->vns_max && chance(run, 5)) {
		uint16_t account = model->vns[1 + below(run, model->vns_n)].account;
		struct vn_add add = {vn_number_of((int)model->vns_n), account_in_engine(run, account), false,
			place_of_person((int)below(run, PEOPLE))};
		uint16_t pool = (uint16_t)below(run, (uint32_t)model->pools_n);
		CHECK(run, engine_vn_add(run->world.engine, pool, &add) == ERR_OK);
		model->vns[++model->vns_n] =
			(struct mvn){.pool = pool, .account = account, .place = add.place};
		return;
	}
	CHECK(run, engine_vn_set(run->world.engine, run->world.tenant, vn_number_of((int)vn - 1), disabled,
			   reserved, &id) == ERR_OK);
	CHECK(run, id == vn);
	model->vns[vn].disabled = disabled < 0 ? model->vns[vn].disabled : disabled;
	model->vns[vn].reserved = reserved < 0 ? model->vns[vn].reserved : reserved;
}

/* Could a VN have been found for the session, which uses `vn` once, for one party? Where that is all too plain. */
static bool could_move(const struct model *model, const struct msession *session, uint32_t vn)
{
	static struct freedom freedom;
	int target = -1, uses = session->views_n;

	for (int i = 0; i < session->parties_n; i++) {
		uses += session->parties[i].vn == vn;
		target = session->parties[i].vn == vn ? i : target;
	}
	if (policy_of(model, session)->unknown_caller == POOL_UNKNOWN_PIN || model->tight)
		return false; /* the model knows no PINs */
	if (target < 0 || (uses != 1 && !(policy_of(model, session)->numbers == POOL_ONE && session->views_n == 0 && uses == 2)))
		return false;
	look_for_freedom(model, session, &freedom);
	for (uint32_t id = 1; id <= model->vns_n; id++)
		if (model->vns[id].account == model->vns[vn].account && !uses_vn(session, id) &&
			vn_suits(model, session, &freedom, target, id) &&
			(uses == 1 || vn_suits(model, session, &freedom, 1 - target, id)))
			return true;
	return false;
}

/* Who sees whom by which VN is as it was, but for those who used `vn`: nobody uses it any more, or all is as it was. */
static void check_moved(struct run *run, const struct msession *old, const struct msession *session, uint32_t vn)
{
	bool moved = uses_vn(old, vn) && !uses_vn(session, vn);

	CHECK(run, session->parties_n == old->parties_n && session->views_n == old->views_n);
	for (int i = 0; i < old->parties_n; i++)
		for (int j = 0; j < old->parties_n; j++) {
			uint32_t was = seen_vn(old, i, j), is = seen_vn(session, i, j);
			CHECK(run, i == j || (moved && was == vn ? is != vn : is == was));
		}
}

/* A VN is taken out for its health and replaced, some sessions a call; now and then only some of them. */
static void step_replace(struct run *run)
{
	struct model *model = &run->model;
	struct vn_replace replace = {.vn = 1 + below(run, model->vns_n)};
	uint32_t vn = replace.vn, each = 1 + below(run, 5), moved = 0, kept = 0;
	enum err err = engine_vn_out(run->world.engine, vn, VN_OUT_SICK);

	if (err == ERR_FORBIDDEN) {
		CHECK(run, model->vns[vn].disabled);
		return;
	}
	CHECK(run, err == ERR_OK);
	model->vns[vn].disabled = true;
	bool all = chance(run, 80);
	for (bool more = true; more && (all || chance(run, 60));)
		more = engine_replace(run->world.engine, &replace, each);
	for (int s = 0; s < model->sessions_n; s++) {
		struct msession *session = &model->sessions[s], old = *session;
		if (!session->id)
			continue;
		adopt(model, session, &old, row_of(run, session), 0);
		check_moved(run, &old, session, vn);
		moved += uses_vn(&old, vn) && !uses_vn(session, vn);
		CHECK(run, session->state == SESSION_LIVE || !uses_vn(&old, vn) || uses_vn(session, vn));
	}
	for (int s = 0; s < model->sessions_n; s++) {
		const struct msession *session = &model->sessions[s];
		if (!session->id || session->state != SESSION_LIVE || !uses_vn(session, vn))
			continue;
		kept++;
		CHECK(run, !all || !could_move(model, session, vn));
	}
	CHECK(run, replace.moved == moved && (!all || replace.kept == kept));
	run->replaced += moved;
	run->kept += kept;
	if (chance(run, 70)) {
		CHECK(run, engine_vn_out(run->world.engine, vn, VN_OUT_NOT) == ERR_OK);
		model->vns[vn].disabled = false;
	}
}

static void step_pool(struct run *run)
{
	static const uint32_t cooldowns[] = {0, 5, 100, 100, 600}, graces[] = {0, 30, 30, 200};
	struct model *model = &run->model;
	uint16_t pool = (uint16_t)below(run, (uint32_t)model->pools_n);
	struct pool_policy policy = model->policies[pool];

	/* Past pairs of PINs, which the model doesn't know, can prolong a later cool-down if it gets shorter.
	 */
	if (policy.unknown_caller != POOL_UNKNOWN_PIN)
		policy.cooldown_s = cooldowns[below(run, 5)];
	policy.grace_s = graces[below(run, 4)];
	policy.per_vn_max = policy.per_vn_max == 1000 ? 1000 : 1 + below(run, 6);
	policy.stick = chance(run, 50) ? POOL_STICK_AVOID : POOL_STICK_PREFER;
	policy.stick_s = 300;
	if (chance(run, 10))
		policy.geo = (enum pool_geo)below(run, 3);
	CHECK(run, engine_pool_set(run->world.engine, pool, &policy) == ERR_OK);
	model->policies[pool] = policy;
	policy.mode = policy.mode == POOL_SHARED ? POOL_EXCLUSIVE : POOL_SHARED;
	bool open = false;
	for (int i = 0; i < model->sessions_n; i++)
		open |= model->sessions[i].id && model->sessions[i].pool == pool;
	if (open)
		CHECK(run, engine_pool_set(run->world.engine, pool, &policy) == ERR_BAD_REQUEST);
}

static void change(struct run *run)
{
	static void (*const steps[])(struct run * run) = {step_open, step_open, step_open, step_open,
		step_open, step_open, step_event, step_event, step_event, step_event, step_put, step_put,
		step_drop, step_close, step_close, step_expire};
	uint32_t die = below(run, 1000);

	run->step++;
	if (die < 4)
		step_erase(run);
	else if (die < 12)
		step_forget(run);
	else if (die < 40)
		step_stock(run);
	else if (die < 42)
		step_pool(run);
	else if (die < 52)
		step_replace(run);
	else
		steps[below(run, sizeof steps / sizeof *steps)](run);
}

#endif
