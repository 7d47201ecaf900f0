#include "out/sink_orders.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "out/orders_batch.h"
#include "out/orders_default.h"

struct sink_orders {
	struct sink sink; /* first */
	struct orders_db *db;
	struct sql_named statement;
	struct orders_batch batch;
	int wake_fd;
	bool stopping;
};

static struct sink_orders *orders_of(const struct sink *sink)
{
	return (struct sink_orders *)sink;
}

static bool is_wanted(const struct sink *sink, const struct outbox_row *row)
{
	(void)sink;
	return str_starts(row->type, STR("session."));
}

static void begin(struct sink *sink, const struct outbox_row *row)
{
	char why[PROBLEM_FIELD_MAX + PROBLEM_DETAIL_MAX + 32];
	struct problem problem = {0};

	enum err err = orders_batch_add(&orders_of(sink)->batch, row, &problem);
	if (err == ERR_OK)
		return;
	snprintf(why, sizeof why, "the event can't be read: %s%s%s", problem.field, problem.field[0] ? ": " : "",
		problem_detail(&problem, err));
	if (err == ERR_INTERNAL)
		sink_done(sink, row, SENT_DOWN, problem_detail(&problem, err));
	else
		sink_done(sink, row, SENT_NEVER, why);
}

static enum orders_said put(
	void *context, const struct orders_row *rows, int n, int *ret_row, char why[ORDERS_WHY_SIZE])
{
	struct sink_orders *orders = context;

	return orders_db_put(orders->db, rows, n, ret_row, why);
}

/* What can't be finished before a stop is dropped without an answer. */
static void answer(void *context, const struct outbox_row *row, enum sent sent, const char *why)
{
	struct sink_orders *orders = context;

	if (!orders->stopping || sent == SENT_DONE)
		sink_done(&orders->sink, row, sent, why);
}

static void run(struct sink_orders *orders)
{
	orders_batch_run(&orders->batch, &(struct orders_batch_ends){put, answer, orders});
}

/* Until somebody wakes us. */
static void doze(const struct sink_orders *orders, int timeout_ms)
{
	struct pollfd fd = {orders->wake_fd, POLLIN, 0};
	eventfd_t times;

	if (poll(&fd, 1, timeout_ms) > 0)
		eventfd_read(orders->wake_fd, &times);
}

static void turn(struct sink *sink, int timeout_ms)
{
	struct sink_orders *orders = orders_of(sink);

	if (orders->batch.n > 0)
		run(orders);
	else
		doze(orders, timeout_ms);
}

static void wake(struct sink *sink)
{
	eventfd_write(orders_of(sink)->wake_fd, 1);
}

static void stop(struct sink *sink, int grace_ms)
{
	struct sink_orders *orders = orders_of(sink);

	orders->stopping = true;
	if (orders->batch.n > 0 && grace_ms > 0) {
		orders_db_until(orders->db, grace_ms);
		run(orders);
	}
	orders_batch_reset(&orders->batch);
}

static void free_sink(struct sink *sink)
{
	struct sink_orders *orders = orders_of(sink);

	if (!sink)
		return;
	orders_db_free(orders->db);
	orders_batch_done(&orders->batch);
	sql_named_done(&orders->statement);
	if (orders->wake_fd >= 0)
		close(orders->wake_fd);
	free(orders);
}

static const struct sink_ops ops = {
	.kind = "orders_db",
	.window = ORDERS_BATCH_MAX,
	.send = begin,
	.turn = turn,
	.wake = wake,
	.stop = stop,
	.free = free_sink,
};

static struct orders_db *open_db(const struct sink_orders_options *options, struct sql_named *statement)
{
	struct str text = str_of(options->upsert ? options->upsert : orders_default_statement);
	char error[SQL_NAMED_ERROR_SIZE];

	enum err err = sql_named_read(text, orders_param_words, statement, error);
	ASSERT(err != ERR_BAD_REQUEST);
	if (err)
		return NULL;
	return orders_db_new(&(struct orders_db_options){
		.url = options->url,
		.text = text,
		.statement = statement,
		.connect_s = options->connect_s,
		.statement_ms = options->statement_ms,
		.stop_fd = options->stop_fd,
	});
}

struct sink *sink_orders_new(const struct sink_orders_options *options)
{
	struct sink_orders *orders = calloc(1, sizeof *orders);

	if (!orders)
		return NULL;
	orders->sink = (struct sink){.ops = &ops, .name = "orders_db", .wants = is_wanted};
	orders->db = open_db(options, &orders->statement);
	orders_batch_init(&orders->batch, sql_named_uses(&orders->statement, ORDERS_VIEWER));
	orders->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!orders->db || orders->wake_fd < 0) {
		free_sink(&orders->sink);
		return NULL;
	}
	return &orders->sink;
}

enum orders_said sink_orders_check(struct sink *sink, char why[ORDERS_WHY_SIZE])
{
	return orders_db_check(orders_of(sink)->db, why);
}
