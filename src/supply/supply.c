#include "supply/supply.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

struct supply {
	struct supply_options options;
	struct book *book;
	struct agent *agents[SUPPLY_AGENTS_MAX];
	int agents_n;
};

struct supply *supply_new(const struct supply_options *options)
{
	struct supply *supply = calloc(1, sizeof *supply);

	if (!supply)
		return NULL;
	supply->options = *options;
	supply->book = book_new();
	if (!supply->book) {
		free(supply);
		return NULL;
	}
	return supply;
}

void supply_free(struct supply *supply)
{
	if (!supply)
		return;
	for (int i = 0; i < supply->agents_n; i++)
		agent_free(supply->agents[i]);
	book_free(supply->book);
	free(supply);
}

struct book *supply_book(struct supply *supply)
{
	return supply->book;
}

static struct agent *make(const struct supply *supply, const struct ledger *ledger, const struct account *account, const char *url)
{
	char base[INVENTORY_URL_MAX + 1];
	bool known = url && account_hook_base(account, url, base, sizeof base);
	struct agent_options options = {
		.account = account,
		.book = supply->book,
		.ledger = ledger,
		.hook_base = known ? base : NULL,
		.user_agent = "bauta/" BAUTA_VERSION,
		.seed = hash_two(supply->options.seed, account->index, 0),
		.now_ms = supply->options.now_ms,
		.clock_context = supply->options.clock_context,
	};

	return agent_new(&options);
}

enum err supply_open(struct supply *supply, const struct ledger *ledger, const char *public_url, const char *own_url)
{
	const struct config *config = supply->options.config;

	for (int i = 0; i < config->accounts_n && supply->agents_n < SUPPLY_AGENTS_MAX; i++) {
		const struct account *account = &config->accounts[i];
		if (!inventory_find(str_of(account->provider->name)))
			continue;
		const char *url = public_url ? public_url : account->api_url[0] ? own_url : NULL;
		struct agent *agent = make(supply, ledger, account, url);
		if (!agent)
			return ERR_LIMIT_REACHED;
		supply->agents[supply->agents_n++] = agent;
	}
	return ERR_OK;
}

enum err supply_start(struct supply *supply, struct writer *writer)
{
	enum err err = ERR_OK;

	for (int i = 0; !err && i < supply->agents_n; i++)
		err = agent_start(supply->agents[i], writer);
	return err;
}

void supply_wake(struct supply *supply)
{
	for (int i = 0; i < supply->agents_n; i++)
		agent_wake(supply->agents[i]);
}

void supply_stop(struct supply *supply)
{
	for (int i = 0; i < supply->agents_n; i++)
		agent_stopping(supply->agents[i]);
	for (int i = 0; i < supply->agents_n; i++)
		agent_stop(supply->agents[i]);
}

int supply_agents(const struct supply *supply)
{
	return supply->agents_n;
}

struct agent *supply_agent(const struct supply *supply, int i)
{
	ASSERT(i >= 0 && i < supply->agents_n);
	return supply->agents[i];
}

struct agent *supply_find(const struct supply *supply, struct str tenant, struct str provider, struct str name)
{
	for (int i = 0; i < supply->agents_n; i++) {
		const struct account *account = agent_account(supply->agents[i]);
		if (str_equal(str_of(account->tenant), tenant) && str_equal(str_of(account->provider->name), provider) &&
			str_equal(str_of(account->name), name))
			return supply->agents[i];
	}
	return NULL;
}
