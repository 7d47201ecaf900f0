#include <stdio.h>

#include "provider/inventory_read.h"
#include "provider/inventory_twilio.h"
#include "provider/provider.h"

#define TAG_MAX 255

bool twilio_query_ok(struct str query)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%=&+";

	for (size_t i = 0; i < query.len; i++)
		if (!query.at[i] || !strchr(good, query.at[i]))
			return false;
	return query.len >= 1 && query.len <= INVENTORY_CURSOR_MAX;
}

/* --- errors --- */

/* Codes that say more than the status (twilio.com/docs/api/errors; from memory but 20429). */
static void sort_code(int64_t code, struct inventory_result *result)
{
	switch (code) {
	case 20429:
		result->outcome = INVENTORY_AGAIN;
		return;
	case 20003:
	case 20005:
		result->outcome = INVENTORY_NO_ACCESS;
		return;
	case 20404:
	case 21422: /* not available */
	case 21452: /* none in that area */
		result->outcome = INVENTORY_GONE;
		return;
	case 21631: /* an address is wanted */
	case 21649: /* a bundle is */
		result->outcome = INVENTORY_WANTS_PAPERS;
		return;
	default:
		return;
	}
}

/* {"code":20429,"message":"...","status":429}; newer ones {"code":...,"title":"...","detail":"..."} (RFC 9457). */
static void read_error(const struct json_at *root, struct inventory_result *result)
{
	struct json_at code_at = json_at_field(root, "code");
	struct str message = inventory_text(root, "message"), title = inventory_text(root, "title"), code = inventory_text(root, "code");
	char digits[24];
	int64_t number;

	if (json_at_integer(&code_at, &number)) {
		snprintf(digits, sizeof digits, "%lld", (long long)number);
		code = str_of(digits);
		if (result->outcome != INVENTORY_AGAIN)
			sort_code(number, result);
	}
	inventory_say(result, code, message.at ? message : title);
}

/* False: it says no, or can't be read; the result is whole. */
static bool open_answer(int status, struct str body, struct json *ret_json, struct inventory_result *ret_result)
{
	struct json json;

	inventory_by_status(status, ret_result);
	if (!inventory_json(body, &json, ret_result))
		return false;
	if (ret_result->outcome == INVENTORY_DONE) {
		*ret_json = json;
		return true;
	}
	struct json_at root = json_at_root(&json);
	read_error(&root, ret_result);
	json_done(&json);
	return false;
}

/* --- numbers that we own --- */

enum row {
	ROW_READ,
	ROW_LEFT_OUT, /* a number that is none for us */
	ROW_WRONG,
	ROW_NO_MEMORY,
};

/* An application or a trunk wins over the number's own URL, where one is set. */
static bool is_hidden(const struct json_at *row)
{
	return inventory_text(row, "voice_application_sid").len || inventory_text(row, "trunk_sid").len;
}

static enum row read_number(const struct json_at *row, struct arena *arena, struct inventory_number *ret_number)
{
	struct str text = inventory_text(row, "phone_number"), status = inventory_text(row, "status");
	struct json_at can = json_at_field(row, "capabilities"), hook = json_at_field(row, "voice_url");
	struct inventory_number number = {
		.id = inventory_text(row, "sid"),
		.voice = inventory_flag(&can, "voice"),
		.sms = inventory_flag(&can, "sms"),
		/* Where it isn't told, it is: only some answers have it. */
		.active = !status.len || str_equal(status, STR("in-use")),
		.hook_told = json_at_there(&hook),
		.hook = inventory_text(row, "voice_url"),
		.hook_hidden = is_hidden(row),
		.tag = inventory_text(row, "friendly_name"),
		.month_micros = INVENTORY_NO_PRICE,
	};

	if (!text.at || !number.id.at)
		return ROW_WRONG;
	if (number_parse(text, &number.number) != ERR_OK || !inventory_id_ok(number.id))
		return ROW_LEFT_OUT; /* short codes, SIP names */
	if (number.hook.len > INVENTORY_URL_MAX)
		number.hook.len = INVENTORY_URL_MAX;
	if (number.tag.len > TAG_MAX)
		number.tag = STR_NONE;
	number.id = arena_str(arena, number.id);
	number.hook = arena_str(arena, number.hook);
	number.tag = arena_str(arena, number.tag);
	if (!number.id.at || !number.hook.at || !number.tag.at)
		return ROW_NO_MEMORY;
	*ret_number = number;
	return ROW_READ;
}

/* "/2010-04-01/Accounts/AC.../IncomingPhoneNumbers.json?PageSize=50&Page=1&PageToken=..." -> what is behind '?'. */
static bool take_next(const struct json_at *root, char next[INVENTORY_CURSOR_MAX + 1])
{
	struct json_at uri = json_at_field(root, "next_page_uri");
	struct str query;

	next[0] = '\0';
	if (!json_at_there(&uri) || json_at_null(&uri))
		return true;
	str_cut(inventory_text(root, "next_page_uri"), '?', &query);
	return query.at && twilio_query_ok(query) && str_copy(next, INVENTORY_CURSOR_MAX + 1, query);
}

/* NULL or what is wrong. */
static const char *read_rows(const struct json_at *rows, int n, struct arena *arena, struct inventory_page *page)
{
	page->numbers = n ? arena_alloc(arena, (size_t)n * sizeof *page->numbers) : NULL;
	if (n && !page->numbers)
		return "no memory for the list of numbers";
	for (int i = 0; i < n; i++) {
		struct json_at item = json_at_item(rows, i);
		enum row row = read_number(&item, arena, &page->numbers[page->n]);
		if (row == ROW_WRONG)
			return "a number of the list has no phone_number or no sid";
		if (row == ROW_NO_MEMORY)
			return "no memory for the list of numbers";
		page->n += row == ROW_READ;
	}
	return n && !page->n ? "no number of the list is one" : NULL;
}

/* A list, or one number by itself. */
static const char *read_page(const struct json_at *root, struct arena *arena, struct inventory_page *page)
{
	struct json_at rows = json_at_field(root, "incoming_phone_numbers");
	struct problem problem = {0};
	int n = 0;

	if (!json_at_there(&rows) && inventory_text(root, "phone_number").at) {
		page->numbers = arena_alloc(arena, sizeof *page->numbers);
		if (!page->numbers)
			return "no memory for the number";
		page->n = read_number(root, arena, page->numbers) == ROW_READ;
		return page->n ? NULL : "the number is none";
	}
	if (!json_at_is_array(&rows) || json_at_count(&rows, 0, INVENTORY_PAGE_NUMBERS, &n, &problem) != ERR_OK)
		return "the list has no incoming_phone_numbers, or too many on a page";
	if (!take_next(root, page->next))
		return "next_page_uri is no page's";
	return read_rows(&rows, n, arena, page);
}

void twilio_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result)
{
	struct inventory_page page = {.asked = ret_page->asked};
	struct json json;

	(void)account;
	*ret_page = page;
	if (!open_answer(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_page(&root, arena, &page);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	else
		*ret_page = page;
	json_done(&json);
}

/* --- numbers on offer --- */

static bool read_offer(const struct json_at *row, struct inventory_offer *ret_offer)
{
	struct str papers = inventory_text(row, "address_requirements");
	struct json_at can = json_at_field(row, "capabilities");
	struct inventory_offer offer = {
		.country = country_parse(inventory_text(row, "iso_country")),
		.month_micros = INVENTORY_NO_PRICE,
		.setup_micros = INVENTORY_NO_PRICE,
		/* Anything that isn't plainly "none" wants something. */
		.wants_papers = papers.at && !str_equal(papers, STR("none")),
	};

	if (number_parse(inventory_text(row, "phone_number"), &offer.number) != ERR_OK || !inventory_flag(&can, "voice"))
		return false;
	*ret_offer = offer;
	return true;
}

void twilio_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result)
{
	struct inventory_offers offers = {0};
	struct problem problem = {0};
	struct json json;
	int n = 0;

	(void)account;
	*ret_offers = offers;
	if (!open_answer(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json), rows = json_at_field(&root, "available_phone_numbers");
	if (!json_at_is_array(&rows) || json_at_count(&rows, 0, INVENTORY_PAGE_NUMBERS, &n, &problem) != ERR_OK) {
		inventory_unreadable(ret_result, "the answer has no available_phone_numbers, or too many");
		n = -1;
	}
	n = n > INVENTORY_OFFERS_MAX ? INVENTORY_OFFERS_MAX : n;
	offers.offers = n > 0 ? arena_alloc(arena, (size_t)n * sizeof *offers.offers) : NULL;
	if (n > 0 && !offers.offers)
		inventory_unreadable(ret_result, "no memory for the offers");
	for (int i = 0; offers.offers && i < n; i++) {
		struct json_at item = json_at_item(&rows, i);
		offers.n += read_offer(&item, &offers.offers[offers.n]);
	}
	if (ret_result->outcome == INVENTORY_DONE)
		*ret_offers = offers;
	json_done(&json);
}

/* --- what was done --- */

void twilio_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result)
{
	struct inventory_bought bought = {0};
	struct json json;

	(void)account;
	(void)arena;
	*ret_bought = bought;
	if (!open_answer(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	struct str id = inventory_text(&root, "sid");
	if (!inventory_id_ok(id) || number_parse(inventory_text(&root, "phone_number"), &bought.number) != ERR_OK)
		inventory_unreadable(ret_result, "the purchase's answer names no number");
	else if (str_copy(bought.id, sizeof bought.id, id))
		*ret_bought = bought;
	json_done(&json);
}

/* A release has no body. */
void twilio_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result)
{
	struct json json;

	(void)account;
	(void)arena;
	if (status == 204) {
		inventory_by_status(status, ret_result);
		return;
	}
	if (open_answer(status, body, &json, ret_result))
		json_done(&json);
}
