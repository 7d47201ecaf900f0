/* What we own at the provider, page by page: the whole list or an error, never a part of it. */
#include "supply/agent_state.h"

#include <stdlib.h>

#include "phone/phone.h"

void agent_list_done(struct agent_list *list)
{
	free(list->numbers);
	free(list->countries);
	*list = (struct agent_list){0};
}

static enum err fail(char error[200], enum err err, const char *sentence)
{
	snprintf(error, 200, "%s", sentence);
	return err;
}

/* One page, by a request that is built. */
static enum err read_page(struct agent *agent, const struct inventory_request *request, struct inventory_page *ret_page,
	struct inventory_result *ret_result)
{
	struct desk_answer answer;
	enum err err = agent_ask(agent, request, DESK_SAFE, &answer, ret_result);

	if (err == ERR_OK)
		agent->inventory->read_list(agent->options.account, answer.status, answer.body, &agent->arena, ret_page, ret_result);
	return err == ERR_OVERLOADED ? err : ERR_OK;
}

/* Where a number belongs: as the provider says, else as its digits do. */
static uint16_t country_of(const struct inventory_number *number)
{
	char text[NUMBER_TEXT_SIZE];
	struct phone phone;

	if (number->country)
		return number->country;
	return phone_parse_vn(str_of(number_text(number->number, text)), 0, &phone) == ERR_OK ? phone.place.country : 0;
}

static bool add(struct agent_list *list, const struct inventory_page *page)
{
	if (list->n + page->n > list->size) {
		int size = (list->n + page->n) * 2;
		struct inventory_number *numbers = realloc(list->numbers, (size_t)size * sizeof *numbers);
		if (numbers)
			list->numbers = numbers;
		uint16_t *countries = realloc(list->countries, (size_t)size * sizeof *countries);
		if (countries)
			list->countries = countries;
		if (!numbers || !countries)
			return false;
		list->size = size;
	}
	for (int i = 0; i < page->n; i++) {
		list->countries[list->n] = country_of(&page->numbers[i]);
		list->numbers[list->n++] = page->numbers[i];
	}
	return true;
}

/* The pages of a list that were read. */
struct reading {
	uint64_t firsts[INVENTORY_PAGES_MAX]; /* the number that each began with */
	int n;
	char cursor[INVENTORY_CURSOR_MAX + 1]; /* of the page to be read next */
};

enum goes_on { LIST_ENDS, LIST_GOES_ON, LIST_REPEATS };

/* A page that was there before, or that leads to itself, means that another one is missing: the list is no list. A page of which
 * all is left out (short codes, numbers that are gone) is not the end. */
static enum goes_on go_on(struct reading *reading, const struct inventory_page *page)
{
	uint64_t first = page->n ? page->numbers[0].number.e164 : 0;

	for (int i = 0; page->n && i < reading->n; i++)
		if (reading->firsts[i] == first)
			return LIST_REPEATS;
	if (!page->next[0])
		return LIST_ENDS;
	if (strcmp(page->next, reading->cursor) == 0)
		return LIST_REPEATS;
	if (page->n)
		reading->firsts[reading->n++] = first;
	memcpy(reading->cursor, page->next, sizeof reading->cursor);
	return LIST_GOES_ON;
}

static const char repeats[] = "the list gives a page twice, so another may be missing";
static const char too_long[] = "the list has more pages than are read";

static enum err list_pages(struct agent *agent, struct agent_list *list, char error[200])
{
	struct reading reading = {.n = 0};
	struct inventory_result result;
	struct inventory_request request;

	for (int pages = 0; pages < INVENTORY_PAGES_MAX; pages++) {
		struct inventory_page page = {.asked = reading.cursor};
		const char *why = "the request doesn't fit";
		if (agent->inventory->list(agent->options.account, reading.cursor, &request, &why) != ERR_OK)
			return fail(error, ERR_BAD_REQUEST, why);
		if (read_page(agent, &request, &page, &result) != ERR_OK)
			return fail(error, ERR_OVERLOADED, "the server is stopping");
		if (result.outcome != INVENTORY_DONE) {
			agent_say(&result, error, 200);
			return ERR_NOT_FOUND;
		}
		enum goes_on goes_on = go_on(&reading, &page);
		if (goes_on == LIST_REPEATS)
			return fail(error, ERR_NOT_FOUND, repeats);
		if (!add(list, &page))
			return fail(error, ERR_LIMIT_REACHED, "there is no memory for the list");
		if (goes_on == LIST_ENDS)
			return ERR_OK;
	}
	return fail(error, ERR_TOO_LARGE, too_long);
}

enum err agent_list_all(struct agent *agent, struct agent_list *ret_list, char error[200])
{
	struct agent_list list = {0};
	enum err err = list_pages(agent, &list, error);

	if (err)
		agent_list_done(&list);
	else
		*ret_list = list;
	return err;
}

static enum err find_in(const struct inventory_page *page, struct number number, struct inventory_number *ret_number)
{
	for (int i = 0; i < page->n; i++)
		if (number_equal(page->numbers[i].number, number)) {
			*ret_number = page->numbers[i];
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

/* Providers that can't be asked for one number give the list's first page: all of it is looked through before "no". */
enum err agent_list_one(struct agent *agent, struct number number, struct inventory_number *ret_number, char error[200])
{
	const struct inventory *inventory = agent->inventory;
	struct reading reading = {.n = 0};

	for (int pages = 0; pages < INVENTORY_PAGES_MAX; pages++) {
		struct inventory_page page = {.asked = reading.cursor};
		struct inventory_result result;
		struct inventory_request request;
		const char *why = "the request doesn't fit";
		enum err err = pages == 0 ? inventory->find(agent->options.account, number, &request, &why)
					  : inventory->list(agent->options.account, reading.cursor, &request, &why);
		if (err)
			return fail(error, ERR_BAD_REQUEST, why);
		if (read_page(agent, &request, &page, &result) != ERR_OK)
			return fail(error, ERR_OVERLOADED, "the server is stopping");
		if (result.outcome == INVENTORY_GONE)
			return ERR_NOT_FOUND;
		if (result.outcome != INVENTORY_DONE) {
			agent_say(&result, error, 200);
			return ERR_STORE_FAILED;
		}
		if (find_in(&page, number, ret_number) == ERR_OK)
			return ERR_OK;
		enum goes_on goes_on = go_on(&reading, &page);
		if (goes_on == LIST_REPEATS)
			return fail(error, ERR_STORE_FAILED, repeats);
		if (goes_on == LIST_ENDS)
			return ERR_NOT_FOUND;
	}
	return fail(error, ERR_STORE_FAILED, too_long);
}
