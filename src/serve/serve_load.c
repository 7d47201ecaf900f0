#include "serve/serve.h"

#include "feed/feed_batch.h"
#include "message/ledger.h"
#include "out/outbox.h"
#include "supply/supply.h"

struct loading {
	struct serve *serve;
	char *error; /* SERVE_ERROR_SIZE; "" as long as nothing of ours went wrong */
};

static enum err refuse(struct loading *loading, enum err err, const char *what, uint64_t id, const char *why)
{
	snprintf(loading->error, SERVE_ERROR_SIZE, "%s %llu: %s", what, (unsigned long long)id, why);
	return err;
}

static const char *why_of(enum err err)
{
	return err == ERR_LIMIT_REACHED || err == ERR_ROLES_FULL ? "more than the configuration's limits allow" : err_title(err);
}

static enum err load_time(void *context, int64_t time_ms)
{
	struct loading *loading = context;
	struct serve *serve = loading->serve;
	char error[256];

	if (time_ms == 0)
		return ERR_OK; /* a new database */
	enum err err = clock_raise(serve->server.clock, time_ms, serve->config->accept_clock, error);

	if (err) {
		snprintf(loading->error, SERVE_ERROR_SIZE, "%s", error);
		return err;
	}
	/* The engine was made before that was known; by its own time ended sessions would seem open. */
	engine_begin(serve->server.engine, clock_now_ms(serve->server.clock));
	engine_commit(serve->server.engine);
	return ERR_OK;
}

static enum err load_pool(void *context, const struct pool_row *row)
{
	struct loading *loading = context;
	enum err err = engine_load_pool(loading->serve->server.engine, row);

	return err ? refuse(loading, err, "pool", row->id, why_of(err)) : ERR_OK;
}

static enum err load_vn(void *context, const struct vn_row *row)
{
	struct loading *loading = context;
	enum err err = engine_load_vn(loading->serve->server.engine, row);

	return err ? refuse(loading, err, "virtual number in row", row->id, why_of(err)) : ERR_OK;
}

static enum err load_session(void *context, const struct session_row *row)
{
	struct loading *loading = context;
	const char *why = NULL;
	char id[SESSION_ID_TEXT_SIZE];
	enum err err = engine_load_session(loading->serve->server.engine, row, &why);

	if (err)
		snprintf(loading->error, SERVE_ERROR_SIZE, "session %s: %s", session_id_text(row->id, id),
				err == ERR_STORE_REFUSED && why ? why : why_of(err));
	return err;
}

static void load_session_soon(void *context, const struct session_row *row)
{
	struct loading *loading = context;

	engine_load_soon(loading->serve->server.engine, row);
}

static enum err load_tombstone(void *context, const struct tombstone_row *row)
{
	struct loading *loading = context;
	enum err err = engine_load_tombstone(loading->serve->server.engine, row);

	return err ? refuse(loading, err, "end of session", row->session, why_of(err)) : ERR_OK;
}

static enum err load_idempotency(void *context, const struct idempotency_row *row)
{
	struct loading *loading = context;
	struct serve *serve = loading->serve;
	struct idempotency_use use = {.row = row->id, .until = row->until};

	memcpy(use.body_hash, row->body_hash, sizeof use.body_hash);
	enum err err = idempotency_note(serve->server.idempotency, row->key_hash, &use);
	idempotency_commit(serve->server.idempotency, (uint32_t)(clock_now_ms(serve->server.clock) / 1000));
	return err;
}

static enum err load_call(void *context, const struct call *row)
{
	struct loading *loading = context;
	struct serve *serve = loading->serve;
	const struct engine *engine = serve->server.engine;

	if (row->pool_id >= 1 && row->pool_id <= engine_pools(engine))
		ongoing_calls_load(serve->server.ongoing, row,
			&engine_pool(engine, (uint16_t)(row->pool_id - 1))->policy, clock_now_ms(serve->server.clock));
	return writer_calls_load(serve->calls, serve->server.engine, row);
}

static enum err load_sink(void *context, const struct sink_row *row)
{
	struct outbox *outbox = ((struct loading *)context)->serve->server.outbox;

	return outbox ? outbox_load_sink(outbox, row) : ERR_OK;
}

static enum err load_retry(void *context, const struct retry_row *row)
{
	struct loading *loading = context;
	struct outbox *outbox = loading->serve->server.outbox;
	enum err err = outbox ? outbox_load_retry(outbox, row) : ERR_OK;

	return err ? refuse(loading, err, "retry of event", row->event, why_of(err)) : ERR_OK;
}

/* Of other groups and topics nothing is needed now; they stay for when the configuration is again as it was. */
static enum err load_offset(void *context, const struct offset_row *row)
{
	struct loading *loading = context;
	struct feed_state *state = loading->serve->server.feed_state;

	if (!str_equal(row->group, str_of(state->group)) || !str_equal(row->topic, str_of(state->topic)))
		return ERR_OK;
	enum err err = position_set(&state->positions, row->partition, row->next);
	return err ? refuse(loading, err, "position of partition", (uint64_t)row->partition, why_of(err)) : ERR_OK;
}

static enum err load_dead(void *context, const struct dead_row *row)
{
	struct loading *loading = context;
	enum err err = dead_orders_add(loading->serve->server.feed_state->deads, row->tenant, row->order);

	return err ? refuse(loading, err, "dead letter", row->id, "more than kafka.dead_max allows") : ERR_OK;
}

/* Rows of supply name pools by number: pools are there by now. */
static bool has_pool(const struct loading *loading, uint32_t pool_id)
{
	return pool_id >= 1 && pool_id <= engine_pools(loading->serve->server.engine);
}

static enum err load_supply(void *context, const struct supply_row *row)
{
	struct loading *loading = context;
	enum err err = has_pool(loading, row->pool_id) ? book_load_supply(supply_book(loading->serve->server.supply), row)
						       : ERR_STORE_REFUSED;

	return err ? refuse(loading, err, "supply of pool", row->pool_id, why_of(err)) : ERR_OK;
}

static enum err load_purchase(void *context, const struct purchase_row *row)
{
	struct loading *loading = context;
	enum err err = has_pool(loading, row->pool_id) ? book_load_purchase(supply_book(loading->serve->server.supply), row)
						       : ERR_STORE_REFUSED;

	return err ? refuse(loading, err, "purchase", row->id, why_of(err)) : ERR_OK;
}

static enum err load_message_policy(void *context, const struct message_policy_row *row)
{
	struct loading *loading = context;
	enum err err = has_pool(loading, row->pool_id) ? ledger_load_policy(loading->serve->server.ledger, row)
		: ERR_STORE_REFUSED;

	return err ? refuse(loading, err, "messages of pool", row->pool_id, why_of(err)) : ERR_OK;
}

static enum err load_message(void *context, const struct message_row *row)
{
	struct loading *loading = context;
	struct server *server = &loading->serve->server;
	enum err err = ledger_load(server->ledger, server->engine, row);

	return err ? refuse(loading, err, "message", row->id, why_of(err)) : ERR_OK;
}

static enum err load_hour(void *context, const struct hour_row *row)
{
	struct loading *loading = context;
	enum err err = has_pool(loading, row->pool_id) ? book_load_hour(supply_book(loading->serve->server.supply), row)
						       : ERR_STORE_REFUSED;

	return err ? refuse(loading, err, "orders an hour of pool", row->pool_id, why_of(err)) : ERR_OK;
}

static enum err load_block(void *context, const struct block_row *row)
{
	struct loading *loading = context;
	enum err err = engine_load_block(loading->serve->server.engine, row);

	return err ? refuse(loading, err, "block", row->id, why_of(err)) : ERR_OK;
}

static uint64_t talked_from(void *context)
{
	return engine_talks_from(((struct loading *)context)->serve->server.engine);
}

static enum err load_talked(void *context, uint64_t session, uint64_t seconds)
{
	engine_load_talked(((struct loading *)context)->serve->server.engine, session, seconds);
	return ERR_OK;
}

static enum err load_last_id(void *context, uint64_t id)
{
	struct server *server = &((struct loading *)context)->serve->server;

	engine_id_seen(server->engine, id);
	if (server->outbox)
		outbox_load_last(server->outbox, id);
	return ERR_OK;
}

enum err serve_load(struct serve *serve, char ret_error[SERVE_ERROR_SIZE])
{
	struct store *store = serve->server.store;
	struct loading loading = {serve, ret_error};
	char error[256] = "";
	const struct store_visitor visitor = {
		.context = &loading,
		.time = load_time,
		.pool = load_pool,
		.vn = load_vn,
		.session = load_session,
		.session_soon = load_session_soon,
		.tombstone = load_tombstone,
		.idempotency = load_idempotency,
		.call = load_call,
		.sink = load_sink,
		.retry = load_retry,
		.offset = load_offset,
		.dead = load_dead,
		.supply = load_supply,
		.purchase = load_purchase,
		.hour = load_hour,
		.block = load_block,
		.talked_from = talked_from,
		.talked = load_talked,
		.message_policy = load_message_policy,
		.message = load_message,
		.last_id = load_last_id,
	};

	ret_error[0] = '\0';
	enum err err = store->ops->load(store, clock_now_ms(serve->server.clock), &visitor, error);
	if (!err)
		err = engine_load_done(serve->server.engine);
	if (err && !ret_error[0])
		snprintf(ret_error, SERVE_ERROR_SIZE, "%s", error[0] ? error : err_title(err));
	return err;
}
