/* traffic NAME=VALUE...: a load generator for a whole town: orders told by events and opened by the API, calls of their parties,
 * reports of calls, strangers. An open loop: what is asked falls due at its rate whether the server answers or not, and a
 * latency counts from then on, so that nothing is left out that had to wait. Every answer is judged (ask.h); a wrong one ends the run.
 *
 *   port= key in BAUTA_KEY, the accounts' secret in BAUTA_ACCOUNT_SECRET
 *   accounts=twilio:main,exotel:connect   pools have the names of their providers
 *   calls= strangers= orders= sessions=   a second; orders are told by events, sessions are opened by the API
 *   life_s=60      from live to closed
 *   prefill=       orders that live when the clock starts; default: as many as live at these rates
 *   warm_s=0 seconds=10 every_s=0 (a line of figures each)
 *   hooks= apps= creators=                connections: for providers, for steps of orders, for the first step of new ones
 *   slots=         orders at once; first= serial number of the first; wall_ms=800
 *   verify=0       so many of the orders that live at the end are called once more
 *
 * What the API refuses with `overloaded` is asked again after a second, as it says, until it is through. Prints JSON, a line each:
 * figures of intervals, then of the whole. SIGTERM, SIGINT: the time is over. Exit 1: a wrong answer; what was asked and answered is on standard error.
 */
#include <signal.h>
#include <stdlib.h>

#include "traffic.h"

static _Atomic bool over;

static void on_signal(int signal)
{
	(void)signal;
	over = true;
}

static const char *word(int argc, char **argv, const char *name, const char *fallback)
{
	size_t len = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	return fallback;
}

static double count(int argc, char **argv, const char *name, double fallback)
{
	const char *text = word(argc, argv, name, NULL);
	char *end;
	double value = text ? strtod(text, &end) : fallback;

	if (text && (end == text || *end || value < 0)) {
		fprintf(stderr, "traffic: %s= is no number\n", name);
		exit(2);
	}
	return value;
}

static void read_accounts(struct asker *asker, const char *words)
{
	const char *secret = getenv("BAUTA_ACCOUNT_SECRET");
	char text[256], *rest = text, *one;

	snprintf(text, sizeof text, "%s", words);
	while ((one = strsep(&rest, ",")) != NULL) {
		if (asker->pools == POOLS_MAX || !secret || !ask_account(&asker->accounts[asker->pools], one, secret)) {
			fprintf(stderr, "traffic: accounts= are up to %d of PROVIDER:NAME, their secret is in BAUTA_ACCOUNT_SECRET\n", POOLS_MAX);
			exit(2);
		}
		asker->pools++;
	}
}

int main(int argc, char **argv)
{
	static struct traffic traffic;
	struct asker *asker = &traffic.asker;
	int connections[] = {(int)count(argc, argv, "hooks", 64), (int)count(argc, argv, "apps", 32), (int)count(argc, argv, "creators", 32)};

	asker->port = (int)count(argc, argv, "port", 8080);
	asker->key = getenv("BAUTA_KEY") ? getenv("BAUTA_KEY") : "";
	read_accounts(asker, word(argc, argv, "accounts", "twilio:main,exotel:connect"));
	asker->nobodys = (struct number){622150009999};
	traffic.calls.rate = count(argc, argv, "calls", 100);
	traffic.strangers.rate = count(argc, argv, "strangers", 10);
	traffic.orders.rate = count(argc, argv, "orders", 10);
	traffic.sessions.rate = count(argc, argv, "sessions", 10);
	traffic.life_s = count(argc, argv, "life_s", 60);
	traffic.wall_ms = (uint32_t)count(argc, argv, "wall_ms", 800);
	traffic.every_ns = (uint64_t)(count(argc, argv, "every_s", 0) * 1e9);
	traffic.prefill = (uint32_t)count(argc, argv, "prefill", (traffic.orders.rate + traffic.sessions.rate) * traffic.life_s);
	uint32_t first = (uint32_t)count(argc, argv, "first", 0);
	asker->first_call = (uint64_t)first << 32;
	uint32_t verify = (uint32_t)count(argc, argv, "verify", 0);
	town_init(&traffic.town, (uint32_t)count(argc, argv, "slots", traffic.prefill * 2 + 10000), first);
	traffic.links = links_new(asker->port, connections, CLASS__COUNT);
	traffic.over = &over;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	traffic_prefill(&traffic);
	traffic_run(&traffic, count(argc, argv, "warm_s", 0), count(argc, argv, "seconds", 10));
	traffic_finish(&traffic);
	if (verify > 0)
		traffic_verify(&traffic, verify);
	traffic_print(&traffic, true);
	links_free(traffic.links);
	town_done(&traffic.town);
	return 0;
}
