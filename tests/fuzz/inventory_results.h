/* inventory_results: what holds of every answer that an inventory client has read, whatever the bytes were.
 * For fuzzers: the first byte of the input chooses reader and status, the rest is the body. */
#ifndef TESTS_FUZZ_INVENTORY_RESULTS_H
#define TESTS_FUZZ_INVENTORY_RESULTS_H

#include "base/check.h"
#include "provider/inventory.h"

static inline void check_shown(const char *text, size_t size)
{
	int run = 0;

	ASSERT(memchr(text, '\0', size));
	for (; *text; text++) {
		ASSERT(*text >= ' ' && *text < 0x7f);
		run = *text >= '0' && *text <= '9' ? run + 1 : 0;
		ASSERT(run < 8);
	}
}

static inline void check_result(const struct inventory_result *result, int status)
{
	ASSERT(result->status == status);
	ASSERT(result->outcome >= INVENTORY_DONE && result->outcome <= INVENTORY_UNREADABLE);
	check_shown(result->code, sizeof result->code);
	check_shown(result->why, sizeof result->why);
	if (status < 200 || status > 299)
		ASSERT(result->outcome != INVENTORY_DONE && result->outcome != INVENTORY_PENDING &&
			result->outcome != INVENTORY_UNREADABLE);
}

static inline void check_price(int64_t micros)
{
	ASSERT(micros >= INVENTORY_NO_PRICE && micros <= 1000000000000000 + 999999);
}

/* A page leads on and each number can be asked for again. */
static inline void check_page(
	const struct inventory *inventory, const struct account *account, const struct inventory_page *page)
{
	static struct inventory_request request;
	const char *why;

	ASSERT(page->n >= 0 && page->n <= INVENTORY_PAGE_NUMBERS);
	ASSERT(memchr(page->next, '\0', sizeof page->next));
	ASSERT(inventory->list(account, page->next, &request, &why) == ERR_OK);
	for (int i = 0; i < page->n; i++) {
		const struct inventory_number *number = &page->numbers[i];
		ASSERT(number_is(number->number));
		ASSERT(number->id.len >= 1 && number->id.len <= INVENTORY_ID_MAX);
		ASSERT(number->hook.len <= INVENTORY_URL_MAX && (number->hook_told || number->hook.len == 0));
		check_price(number->month_micros);
		ASSERT(strlen(number->currency) == 0 || strlen(number->currency) == 3);
		ASSERT(inventory->release(account, number, &request, &why) == ERR_OK);
	}
}

static inline void check_offers(const struct inventory_offers *offers)
{
	ASSERT(offers->n >= 0 && offers->n <= INVENTORY_OFFERS_MAX);
	for (int i = 0; i < offers->n; i++) {
		ASSERT(number_is(offers->offers[i].number));
		check_price(offers->offers[i].month_micros);
		check_price(offers->offers[i].setup_micros);
	}
}

static inline void check_bought(const struct inventory_bought *bought)
{
	ASSERT(memchr(bought->id, '\0', sizeof bought->id) &&
		memchr(bought->order, '\0', sizeof bought->order));
}

static inline void check_answer(
	const struct inventory *inventory, const struct account *account, const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 201, 204, 400, 401, 404, 429, 503};
	struct str body = str_n((const char *)data + 1, size - 1);
	int status = statuses[data[0] >> 2 & 7];
	struct inventory_bought bought = {0};
	struct inventory_offers offers = {0};
	struct inventory_page page = {0};
	struct inventory_result result;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	switch (data[0] & 3) {
	case 0:
		inventory->read_list(account, status, body, &arena, &page, &result);
		check_page(inventory, account, &page);
		break;
	case 1:
		inventory->read_search(account, status, body, &arena, &offers, &result);
		check_offers(&offers);
		break;
	case 2:
		inventory->read_buy(account, status, body, &arena, &bought, &result);
		check_bought(&bought);
		break;
	default:
		inventory->read_done(account, status, body, &arena, &result);
		break;
	}
	check_result(&result, status);
	if (result.outcome != INVENTORY_DONE && result.outcome != INVENTORY_PENDING)
		ASSERT(page.n == 0 && offers.n == 0 && !number_is(bought.number));
	arena_done(&arena);
}

#endif
