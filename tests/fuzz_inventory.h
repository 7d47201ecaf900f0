/* fuzz_inventory: any bytes as an answer of an inventory client. First byte: bits 0 and 1 which reader, bits 2 to 4 which
 * status. What holds of every result is asserted here; what was read is asked about again. */
#ifndef TESTS_FUZZ_INVENTORY_H
#define TESTS_FUZZ_INVENTORY_H

#include "base/check.h"
#include "provider/inventory.h"
#include "provider/provider.h"

static inline bool fuzz_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text >= 0x7f)
			return false;
	return true;
}

/* A sentence or code never shows what could be a phone number. */
static inline bool fuzz_shows_number(const char *text)
{
	for (int run = 0; *text; text++) {
		run = *text >= '0' && *text <= '9' ? run + 1 : 0;
		if (run >= 8)
			return true;
	}
	return false;
}

static inline void fuzz_result(const struct inventory_result *result, int status)
{
	ASSERT(result->status == status);
	ASSERT(result->outcome >= INVENTORY_DONE && result->outcome <= INVENTORY_UNREADABLE);
	ASSERT(status < 300 || (result->outcome != INVENTORY_DONE && result->outcome != INVENTORY_PENDING &&
				       result->outcome != INVENTORY_UNREADABLE));
	ASSERT(memchr(result->code, '\0', sizeof result->code) && fuzz_printable(result->code));
	ASSERT(memchr(result->why, '\0', sizeof result->why) && fuzz_printable(result->why));
	ASSERT(!fuzz_shows_number(result->why) && !fuzz_shows_number(result->code));
	ASSERT(result->outcome != INVENTORY_UNREADABLE || result->why[0]);
}

static inline void fuzz_price(int64_t micros)
{
	ASSERT(micros == INVENTORY_NO_PRICE || (micros >= 0 && micros <= 1000000000LL * 1000000 + 999999));
}

/* The next request stays on the host and on the path that it should. */
static inline void fuzz_request(const struct inventory *inventory, const struct inventory_request *request)
{
	ASSERT(strncmp(request->url, inventory->api_url, strlen(inventory->api_url)) == 0);
	ASSERT(request->url[strlen(inventory->api_url)] == '/');
	ASSERT(!strstr(request->url, "/.") && fuzz_printable(request->url) && !strchr(request->url, ' '));
	ASSERT(fuzz_printable(request->body));
}

static inline void fuzz_page(
	const struct inventory *inventory, const struct account *account, const struct inventory_page *page)
{
	const struct inventory_hook hook = {.voice_url = "https://vn.example.com/hooks/x/main/voice",
		.text_url = "https://vn.example.com/hooks/x/main/sms"};
	struct inventory_request request;
	const char *why = NULL;

	ASSERT(page->n >= 0 && page->n <= INVENTORY_PAGE_NUMBERS);
	ASSERT(memchr(page->next, '\0', sizeof page->next));
	if (page->next[0] && inventory->list(account, page->next, &request, &why) == ERR_OK)
		fuzz_request(inventory, &request);
	for (int i = 0; i < page->n; i++) {
		const struct inventory_number *number = &page->numbers[i];
		ASSERT(number_is(number->number) && number->id.len >= 1 && number->id.len <= INVENTORY_ID_MAX);
		ASSERT(number->hook.at && number->hook.len <= INVENTORY_URL_MAX && number->tag.at);
		ASSERT(!number->text_hook_told || (number->text_hook.at && number->text_hook.len <= INVENTORY_URL_MAX));
		for (int k = 0; k < i; k++)
			ASSERT(!number_equal(page->numbers[k].number, number->number));
		fuzz_price(number->month_micros);
		if (inventory->point(account, number, &hook, &request, &why) == ERR_OK)
			fuzz_request(inventory, &request);
		if (inventory->point_texts && inventory->point_texts(account, number, &hook, &request, &why) == ERR_OK)
			fuzz_request(inventory, &request);
		if (inventory->release(account, number, &request, &why) == ERR_OK)
			fuzz_request(inventory, &request);
	}
}

static inline void fuzz_offers(
	const struct inventory *inventory, const struct account *account, const struct inventory_offers *offers)
{
	const struct inventory_hook hook = {.voice_url = "https://vn.example.com/hooks/x/main/voice",
		.text_url = "https://vn.example.com/hooks/x/main/sms"};
	struct inventory_request request;
	const char *why = NULL;

	ASSERT(offers->n >= 0 && offers->n <= INVENTORY_OFFERS_MAX);
	for (int i = 0; i < offers->n; i++) {
		const struct inventory_offer *offer = &offers->offers[i];
		ASSERT(number_is(offer->number));
		ASSERT(strlen(offer->currency) == 0 || strlen(offer->currency) == 3);
		fuzz_price(offer->month_micros);
		fuzz_price(offer->setup_micros);
		if (inventory->buy(account, offer, &hook, &request, &why) == ERR_OK)
			fuzz_request(inventory, &request);
	}
}

static inline void fuzz_bought(const struct inventory *inventory, const struct account *account,
	const struct inventory_bought *bought, enum inventory_outcome outcome)
{
	struct inventory_request request;
	const char *why = NULL;

	ASSERT(memchr(bought->id, '\0', sizeof bought->id) && memchr(bought->order, '\0', sizeof bought->order));
	ASSERT(outcome == INVENTORY_PENDING || !bought->order[0]);
	if (bought->order[0] && inventory->order) {
		ASSERT(inventory->order(account, bought->order, &request, &why) == ERR_OK);
		fuzz_request(inventory, &request);
	}
}

static inline void fuzz_answer(
	const struct inventory *inventory, const struct account *account, const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 201, 204, 401, 420, 422, 429, 500};
	struct inventory_offers offers = {0};
	struct inventory_bought bought = {0};
	struct inventory_page page = {0};
	struct inventory_result result;
	struct arena arena;

	if (size == 0 || size > 1 << 20)
		return;
	int status = statuses[data[0] >> 2 & 7];
	struct str body = str_n((const char *)data + 1, size - 1);
	memset(&result, 0xaa, sizeof result);
	arena_init(&arena, 4 << 20);
	switch (data[0] & 3) {
	case 0:
		inventory->read_list(account, status, body, &arena, &page, &result);
		break;
	case 1:
		inventory->read_search(account, status, body, &arena, &offers, &result);
		break;
	case 2:
		inventory->read_buy(account, status, body, &arena, &bought, &result);
		break;
	default:
		inventory->read_done(account, status, body, &arena, &result);
		break;
	}
	fuzz_result(&result, status);
	ASSERT(result.outcome == INVENTORY_DONE || (!page.numbers && page.n == 0 && !offers.offers && offers.n == 0));
	fuzz_page(inventory, account, &page);
	fuzz_offers(inventory, account, &offers);
	fuzz_bought(inventory, account, &bought, result.outcome);
	arena_done(&arena);
}

#endif
