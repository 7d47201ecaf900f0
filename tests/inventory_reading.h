/* inventory_reading: what tests of inventory clients do alike: requests are compared whole, answers are read from the end of a
 * page. */
#ifndef TESTS_INVENTORY_READING_H
#define TESTS_INVENTORY_READING_H

#include "unit/test.h"

#include "page_end.h"
#include "provider/inventory.h"
#include "provider/provider.h"

#define READING_MEMORY (16 << 20)

/* The whole of a request. A body: with its content type. */
static inline void expect_request(const struct inventory_request *request, enum inventory_method method, const char *url,
	const char *content_type, const char *body)
{
	assert_int_equal(request->method, method);
	assert_string_equal(request->url, url);
	assert_string_equal(request->accept, "application/json");
	if (content_type)
		assert_string_equal(request->content_type, content_type);
	else
		assert_null(request->content_type);
	assert_string_equal(request->body, body);
}

/* One answer and what came of it; reading_done() gives the memory back. */
struct reading {
	struct arena arena;
	struct inventory_page page;
	struct inventory_offers offers;
	struct inventory_bought bought;
	struct inventory_result result;
};

enum reading_kind { READ_LIST, READ_SEARCH, READ_BUY, READ_DONE };

static inline void reading_take(struct reading *reading, const struct inventory *inventory, const struct account *account,
	enum reading_kind kind, int status, struct str body, const char *asked)
{
	struct page_end copy = page_end_copy(body);

	*reading = (struct reading){.page.asked = asked};
	arena_init(&reading->arena, READING_MEMORY);
	if (kind == READ_LIST)
		inventory->read_list(account, status, copy.text, &reading->arena, &reading->page, &reading->result);
	else if (kind == READ_SEARCH)
		inventory->read_search(
			account, status, copy.text, &reading->arena, &reading->offers, &reading->result);
	else if (kind == READ_BUY)
		inventory->read_buy(account, status, copy.text, &reading->arena, &reading->bought, &reading->result);
	else
		inventory->read_done(account, status, copy.text, &reading->arena, &reading->result);
	page_end_free(&copy); /* nothing of the answer is looked at any more */
}

static inline void reading_done(struct reading *reading)
{
	arena_done(&reading->arena);
}

/* An answer of which only the outcome matters, and that it leaves nothing behind. */
static inline void expect_outcome(const struct inventory *inventory, const struct account *account, enum reading_kind kind,
	int status, const char *body, enum inventory_outcome outcome, const char *code)
{
	struct reading reading;

	reading_take(&reading, inventory, account, kind, status, str_of(body), NULL);
	if (reading.result.outcome != outcome)
		print_message("# %d %.60s: %s (%s)\n", status, body, inventory_outcome_words[reading.result.outcome],
			reading.result.why);
	assert_int_equal(reading.result.outcome, outcome);
	assert_int_equal(reading.result.status, status);
	assert_string_equal(reading.result.code, code);
	if (outcome != INVENTORY_DONE && outcome != INVENTORY_PENDING) {
		assert_null(reading.page.numbers);
		assert_int_equal(reading.page.n + reading.offers.n, 0);
		assert_null(reading.offers.offers);
		assert_false(number_is(reading.bought.number));
		assert_string_equal(reading.bought.order, "");
	}
	reading_done(&reading);
}

/* Every beginning of a good answer, as a connection that breaks leaves it. */
static inline void expect_cut_is_unreadable(const struct inventory *inventory, const struct account *account,
	enum reading_kind kind, const char *body)
{
	for (size_t len = 0; len < strlen(body); len++) {
		struct reading reading;
		reading_take(&reading, inventory, account, kind, 200, str_n(body, len), NULL);
		if (len || kind != READ_DONE)
			assert_int_equal(reading.result.outcome, INVENTORY_UNREADABLE);
		assert_null(reading.page.numbers);
		assert_null(reading.offers.offers);
		reading_done(&reading);
	}
}

#endif
