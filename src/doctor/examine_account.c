/* What we own at the provider, a bounded part of it, by the requests that the supply makes. */
#include <stdio.h>

#include "base/steady.h"
#include "doctor/examine.h"

struct examining {
	const struct examine_options *options;
	struct exchange *exchange;
	struct arena *arena;
	struct account_facts *facts;
	struct clock_look *clock;
	int64_t end_ms; /* steady */
	int pages, ones;
	struct number firsts[EXAMINE_PAGES];
};

/* False: it failed, and the facts say how. */
static bool ask(struct examining *work, const struct inventory_request *request, struct inventory_page *page)
{
	const struct account *account = work->options->account;
	struct exchange *exchange = work->exchange;
	struct account_facts *facts = work->facts;
	const struct inventory_sending sending = {.account = account, .request = request,
		.timeout_ms = EXAMINE_TIMEOUT_MS};

	exchange_inventory(exchange, &sending);
	if (work->clock->date_ms < 0)
		*work->clock = exchange->clock;
	facts->failure = exchange->failure;
	facts->failure_why = exchange->why;
	if (exchange->failure != HTTP_ANSWERED)
		return false;
	facts->inventory->read_list(account, exchange->status, buf_text(&exchange->body), work->arena, page,
		&facts->result);
	return facts->result.outcome == INVENTORY_DONE;
}

/* Where the list doesn't say where it points. A fault here leaves that unknown. */
static void look_closer(struct examining *work, struct inventory_number *number)
{
	const struct inventory *inventory = work->facts->inventory;
	struct account_facts kept = *work->facts;
	struct inventory_request request;
	struct inventory_page page = {0};
	const char *why;

	if (number->hook_told || !inventory->one || work->ones == EXAMINE_ONES || steady_ms() > work->end_ms)
		return;
	work->ones++;
	bool told = inventory->one(work->options->account, number, &request, &why) == ERR_OK &&
		    ask(work, &request, &page) && page.n == 1;
	if (told && number_equal(page.numbers[0].number, number->number))
		*number = page.numbers[0];
	*work->facts = kept;
}

static void count(struct examining *work, struct inventory_number *number)
{
	struct account_facts *facts = work->facts;

	if (!number->voice || !number->active)
		return;
	facts->numbers++;
	look_closer(work, number);
	if (!number->hook_told || !facts->target[0])
		return;
	if (!inventory_points_elsewhere(number, facts->target)) {
		facts->right++;
		return;
	}
	if (facts->elsewhere < FINDING_NUMBERS_MAX)
		facts->elsewhere_numbers[facts->elsewhere] = number->number;
	facts->elsewhere++;
}

/* A provider that gives the same page for ever gives nothing new. */
static bool is_old(const struct examining *work, const struct inventory_page *page)
{
	for (int i = 0; i < work->pages; i++)
		if (number_equal(work->firsts[i], page->numbers[0].number))
			return true;
	return false;
}

static void read_pages(struct examining *work)
{
	struct account_facts *facts = work->facts;
	struct inventory_page page = {.next = ""};
	struct inventory_request request;
	char cursor[INVENTORY_CURSOR_MAX + 1];

	for (; work->pages < EXAMINE_PAGES && steady_ms() <= work->end_ms; work->pages++) {
		const char *why = "the request doesn't fit";
		memcpy(cursor, page.next, sizeof cursor);
		if (facts->inventory->list(work->options->account, cursor, &request, &why) != ERR_OK) {
			facts->cannot_ask = why;
			return;
		}
		page = (struct inventory_page){.asked = cursor};
		if (!ask(work, &request, &page) || page.n == 0 || is_old(work, &page))
			return;
		work->firsts[work->pages] = page.numbers[0].number;
		for (int i = 0; i < page.n; i++)
			count(work, &page.numbers[i]);
		if (!page.next[0])
			return;
	}
	facts->more = true;
}

void examine_account(const struct examine_options *options, struct exchange *exchange, struct arena *arena,
	struct account_facts *ret_facts, struct clock_look *ret_clock)
{
	const struct account *account = options->account;
	struct examining work = {.options = options, .exchange = exchange, .arena = arena, .facts = ret_facts,
		.clock = ret_clock,
		.end_ms = steady_ms() + EXAMINE_BUDGET_MS};
	char base[INVENTORY_URL_MAX + 1], voice[INVENTORY_URL_MAX + 8];
	/* As the supply does: a server that says nowhere where it is found takes calls of a test's provider only. */
	const char *url = options->public_url ? options->public_url : account->api_url[0] ? options->own_url : NULL;

	*ret_facts = (struct account_facts){.account = account, .target = ""};
	ret_facts->inventory = inventory_find(str_of(account->provider->name));
	*ret_clock = (struct clock_look){.date_ms = -1};
	if (!ret_facts->inventory)
		return;
	bool known = url && account_hook_base(account, url, base, sizeof base);
	snprintf(voice, sizeof voice, "%svoice", known ? base : "");
	const struct inventory_hook hook = {.voice_url = voice};
	const char *target = known ? inventory_target(ret_facts->inventory, account, &hook) : "";
	char *kept = arena_text(arena, str_of(target));
	if (kept)
		ret_facts->target = kept;
	read_pages(&work);
}
