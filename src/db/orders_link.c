#include "db/orders_link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

void orders_link_close(struct orders_link *link)
{
	PQfinish(link->conn);
	link->conn = NULL;
}

static void give_up(struct orders_link *link, const char *words, char why[ORDERS_WHY_SIZE])
{
	snprintf(why, ORDERS_WHY_SIZE, "%s", words);
	orders_link_close(link);
}

/* Waits for `events` of the socket; false: closed, and why. */
static bool wait_for(struct orders_link *link, short events, char why[ORDERS_WHY_SIZE])
{
	for (;;) {
		/* A descriptor below 0 is passed over. */
		struct pollfd fds[] = {{PQsocket(link->conn), events, 0}, {link->stop_fd, POLLIN, 0}};
		int64_t until = link->until_ms < link->last_ms ? link->until_ms : link->last_ms;
		int64_t rest = until - steady_ms();
		int n = poll(fds, 2, rest <= 0 ? 0 : rest < INT_MAX ? (int)rest : INT_MAX);

		if (n > 0 && fds[1].revents) {
			give_up(link, "stopped while waiting for the server", why);
			return false;
		}
		if (n > 0)
			return true;
		if (n == 0 && rest <= 0) {
			give_up(link, "the server doesn't answer in time", why);
			return false;
		}
		if (n < 0 && errno != EINTR) {
			give_up(link, "waiting for the server failed", why);
			return false;
		}
	}
}

/* What the server remarks is not for us; libpq would print it on standard error. */
static void unheard(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

static enum orders_said failed(struct orders_link *link, char why[ORDERS_WHY_SIZE])
{
	orders_fault_connect(PQerrorMessage(link->conn), why);
	orders_link_close(link);
	return ORDERS_DOWN;
}

static bool url_is_readable(const char *url)
{
	char *error = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &error);
	bool readable = options != NULL;

	PQconninfoFree(options);
	PQfreemem(error); /* it quotes the URL */
	return readable;
}

/* What stands before "dbname" gives way to what the URL says, what stands behind it doesn't. */
static PGconn *start(const char *url)
{
	const char *const names[] = {"application_name", "keepalives", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "gssencmode", "dbname", "client_encoding", NULL};
	const char *const values[] = {"bauta", "1", "30", "10", "3", "30000", "disable", url, "UTF8", NULL};

	return PQconnectStartParams(names, values, 1);
}

enum orders_said orders_link_open(
	struct orders_link *link, const char *url, int64_t timeout_ms, char why[ORDERS_WHY_SIZE])
{
	if (!url_is_readable(url)) {
		snprintf(why, ORDERS_WHY_SIZE, "the URL is not one of PostgreSQL (postgres://user@host/database)");
		return ORDERS_WRONG;
	}
	link->lost = false;
	link->until_ms = steady_ms() + timeout_ms;
	link->conn = start(url);
	if (!link->conn || PQstatus(link->conn) == CONNECTION_BAD)
		return failed(link, why);
	PQsetErrorVerbosity(link->conn, PQERRORS_SQLSTATE);
	PQsetNoticeReceiver(link->conn, unheard, NULL);
	/* As if PQconnectPoll() had asked for it (libpq, "Asynchronous connection"). */
	for (PostgresPollingStatusType ask = PGRES_POLLING_WRITING; ask != PGRES_POLLING_OK;) {
		if (!wait_for(link, ask == PGRES_POLLING_READING ? POLLIN : POLLOUT, why))
			return ORDERS_DOWN;
		ask = PQconnectPoll(link->conn);
		if (ask == PGRES_POLLING_FAILED)
			return failed(link, why);
	}
	if (PQsetnonblocking(link->conn, 1) != 0 || !PQenterPipelineMode(link->conn))
		return failed(link, why);
	return ORDERS_OK;
}

static bool lost(struct orders_link *link, char why[ORDERS_WHY_SIZE])
{
	give_up(link, "the connection was lost", why);
	link->lost = true;
	return false;
}

bool orders_link_ready(struct orders_link *link, char why[ORDERS_WHY_SIZE])
{
	for (;;) {
		int unsent = PQflush(link->conn);
		/* What the server said before it went is still to be read. */
		if (unsent < 0 && !PQconsumeInput(link->conn) && PQisBusy(link->conn))
			return lost(link, why);
		if (!PQisBusy(link->conn))
			return true;
		if (!wait_for(link, unsent > 0 ? POLLIN | POLLOUT : POLLIN, why))
			return false;
		if (!PQconsumeInput(link->conn) && PQisBusy(link->conn))
			return lost(link, why);
	}
}
