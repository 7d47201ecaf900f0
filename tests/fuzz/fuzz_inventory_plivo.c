/* Any bytes as an answer of Plivo's inventory. First byte: bits 0-1 the reader, bits 2-4 the status; the rest is the
 * body. A result holds what inventory.h promises, a failure leaves the output alone, and a next page is on our host. */
#include "base/check.h"
#include "provider/inventory.h"
#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIST_URL "https://api.plivo.com/v1/Account/MA0/Number/?"

static const struct account account = {.name = "main", .sid = "MA0", .secret = "token", .application = "1"};
static const struct inventory *plivo;
static struct inventory_request request;

static void check_result(const struct inventory_result *result, int status)
{
	int run = 0;

	ASSERT(result->status == status);
	ASSERT((result->outcome == INVENTORY_DONE || result->outcome == INVENTORY_PENDING ||
		       result->outcome == INVENTORY_UNREADABLE) == (status < 300));
	ASSERT(strnlen(result->code, sizeof result->code) < sizeof result->code);
	ASSERT(strnlen(result->why, sizeof result->why) < sizeof result->why);
	for (const char *at = result->why; *at; at++) {
		ASSERT(*at >= ' ' && *at < 0x7f);
		run = *at >= '0' && *at <= '9' ? run + 1 : 0;
		ASSERT(run < 8);
	}
}

static void check_page(const struct inventory_page *page)
{
	const char *why;

	ASSERT(page->n >= 0 && page->n <= INVENTORY_PAGE_NUMBERS);
	for (int i = 0; i < page->n; i++) {
		const struct inventory_number *number = &page->numbers[i];
		ASSERT(number_is(number->number) && number->id.len >= 1 && number->id.len <= INVENTORY_ID_MAX);
		ASSERT(number->hook_told && number->hook.len <= INVENTORY_ID_MAX);
		ASSERT(number->month_micros >= 0 || number->month_micros == INVENTORY_NO_PRICE);
		ASSERT(plivo->release(&account, number, &request, &why) == ERR_OK);
	}
	if (page->next[0] && plivo->list(&account, page->next, &request, &why) == ERR_OK)
		ASSERT(strncmp(request.url, LIST_URL, strlen(LIST_URL)) == 0);
}

static void check_offers(const struct inventory_offers *offers)
{
	ASSERT(offers->n >= 0 && offers->n <= INVENTORY_OFFERS_MAX);
	for (int i = 0; i < offers->n; i++)
		ASSERT(number_is(offers->offers[i].number));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 201, 204, 400, 401, 404, 429, 503};
	struct inventory_page page = {.n = -1};
	struct inventory_offers offers = {.n = -1};
	struct inventory_bought bought = {.id = "no id!"};
	struct inventory_result result;
	struct arena arena;

	plivo = inventory_find(STR("plivo"));
	if (size == 0 || size > 65536)
		return 0;
	struct str body = str_n((const char *)data + 1, size - 1);
	int status = statuses[data[0] >> 2 & 7];
	arena_init(&arena, 1 << 20);
	switch (data[0] & 3) {
	case 0:
		plivo->read_list(&account, status, body, &arena, &page, &result);
		break;
	case 1:
		plivo->read_search(&account, status, body, &arena, &offers, &result);
		break;
	case 2:
		plivo->read_buy(&account, status, body, &arena, &bought, &result);
		break;
	default:
		plivo->read_done(&account, status, body, &arena, &result);
	}
	check_result(&result, status);
	bool done = result.outcome == INVENTORY_DONE || result.outcome == INVENTORY_PENDING;
	ASSERT(result.outcome != INVENTORY_PENDING || (data[0] & 3) == 2);
	ASSERT((page.n != -1) == (done && (data[0] & 3) == 0));
	ASSERT((offers.n != -1) == (done && (data[0] & 3) == 1));
	ASSERT(strcmp(bought.id, "no id!") != 0 || !done || (data[0] & 3) != 2);
	if (page.n != -1)
		check_page(&page);
	if (offers.n != -1)
		check_offers(&offers);
	arena_done(&arena);
	return 0;
}
