#include <stdio.h>

#include "provider/inventory_exotel.h"
#include "provider/inventory_read.h"
#include "provider/provider.h"

#define TAG_MAX 255

bool exotel_query_ok(struct str query)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%=&+";

	for (size_t i = 0; i < query.len; i++)
		if (!query.at[i] || !strchr(good, query.at[i]))
			return false;
	return query.len >= 1 && query.len <= INVENTORY_CURSOR_MAX;
}

/* {"RestException":{"Status":429,"Message":"...","Code":"RATE_LIMIT_EXCEEDED"}}. Said with 2xx it is a no all
 * the same. */
static bool is_refusal(const struct json_at *root, struct inventory_result *result)
{
	struct json_at said = json_at_field(root, "RestException"), code_at = json_at_field(&said, "Code"),
		       status_at = json_at_field(&said, "Status");
	struct str code = inventory_text(&said, "Code");
	int64_t status = 0, number = 0;
	char digits[24];
	int http = result->status;

	if (!json_at_is_object(&said))
		return false;
	if (result->outcome == INVENTORY_DONE) {
		bool told = json_at_integer(&status_at, &status) && status >= 400 && status <= 599;
		inventory_by_status(told ? (int)status : 400, result);
		result->status = http;
	}
	if (json_at_integer(&code_at, &number)) {
		snprintf(digits, sizeof digits, "%lld", (long long)number);
		code = str_of(digits);
	}
	inventory_say(result, code, inventory_text(&said, "Message"));
	return true;
}

/* The document of an answer that says yes. False: there is none, the result says why. */
static bool open_answer(
	int status, struct str body, struct json *ret_json, struct inventory_result *ret_result)
{
	struct json json;

	inventory_by_status(status, ret_result);
	if (!inventory_json(body, &json, ret_result))
		return false;
	struct json_at root = json_at_root(&json);
	if (is_refusal(&root, ret_result) || ret_result->outcome != INVENTORY_DONE) {
		json_done(&json);
		return false;
	}
	*ret_json = json;
	return true;
}

/* "http://my.exotel.com/{sid}/exoml/start_voice/{flow}" and "https://my.exotel.com/exoml/start/{flow}" are
 * one flow: the host and the last part tell. False: not a flow's URL. */
static bool flow_of(struct str url, struct str *ret_host, struct str *ret_flow)
{
	struct str rest;

	if (str_starts(url, STR("https://")))
		rest = str_n(url.at + 8, url.len - 8);
	else if (str_starts(url, STR("http://")))
		rest = str_n(url.at + 7, url.len - 7);
	else
		return false;
	*ret_host = str_cut(rest, '/', &rest);
	if (!rest.len || !memmem(rest.at, rest.len, "exoml/start", 11) ||
		memmem(rest.at, rest.len, "start_sms", 9))
		return false;
	size_t at = rest.len;
	while (at && rest.at[at - 1] != '/')
		at--;
	*ret_flow = str_n(rest.at + at, rest.len - at);
	return ret_flow->len != 0;
}

static bool same_flow(struct str a, struct str b)
{
	struct str host_a, flow_a, host_b, flow_b;

	return flow_of(a, &host_a, &flow_a) && flow_of(b, &host_b, &flow_b) &&
	       str_equal_nocase(host_a, host_b) && str_equal(flow_a, flow_b);
}

enum row {
	ROW_READ,
	ROW_LEFT_OUT, /* a number that is none for us */
	ROW_WRONG,    /* not a number's shape */
	ROW_NO_MEMORY,
};

static bool copy_texts(const struct account *account, struct arena *arena, struct inventory_number *number)
{
	if (same_flow(number->hook, str_of(account->application)))
		number->hook = str_of(account->application);
	if (number->hook.len > INVENTORY_URL_MAX)
		number->hook.len = INVENTORY_URL_MAX;
	if (number->tag.len > TAG_MAX)
		number->tag = STR_NONE;
	number->id = arena_str(arena, number->id);
	number->hook = arena_str(arena, number->hook);
	number->tag = arena_str(arena, number->tag);
	return number->id.at && number->hook.at && number->tag.at;
}

static enum row read_number(const struct account *account, const struct json_at *row, struct arena *arena,
	struct inventory_number *ret_number)
{
	struct str text = inventory_text(row, "phone_number");
	struct json_at can = json_at_field(row, "capabilities"), hook = json_at_field(row, "voice_url");
	struct inventory_number number = {.id = inventory_text(row, "sid"),
		.country = country_parse(inventory_text(row, "country")),
		.voice = inventory_flag(&can, "voice"),
		.sms = inventory_flag(&can, "sms"),
		.active = true,
		.hook_told = json_at_there(&hook),
		.hook = inventory_text(row, "voice_url"),
		.tag = inventory_text(row, "friendly_name"),
		.month_micros = inventory_price(inventory_text(row, "rental_price"))};

	if (!text.at || !number.id.at)
		return ROW_WRONG;
	if (dialplan_number(&account->dialplan, text, &number.number) || !inventory_id_ok(number.id))
		return ROW_LEFT_OUT;
	inventory_currency(inventory_text(row, "currency"), number.currency);
	if (!copy_texts(account, arena, &number))
		return ROW_NO_MEMORY;
	*ret_number = number;
	return ROW_READ;
}

/* The next page's query: what follows '?' in next_page_uri, whose host and scheme (there http, and another
 * host) are nobody's business; where there is no such field, the page after a full one. False: it can't be
 * told. */
static bool take_next(const struct json_at *root, int rows, char next[INVENTORY_CURSOR_MAX + 1])
{
	struct json_at uri = json_at_field(root, "next_page_uri"), page_at = json_at_field(root, "page"),
		       size_at = json_at_field(root, "page_size");
	int64_t page, size;

	next[0] = '\0';
	if (json_at_null(&uri))
		return true;
	if (json_at_there(&uri)) {
		struct str query;
		str_cut(inventory_text(root, "next_page_uri"), '?', &query);
		query = str_cut(query, '#', &query);
		return exotel_query_ok(query) && str_copy(next, INVENTORY_CURSOR_MAX + 1, query);
	}
	if (!json_at_integer(&page_at, &page) || !json_at_integer(&size_at, &size))
		return rows == 0;
	if (page < 0 || page >= INT32_MAX || size < 1 || size > INT32_MAX)
		return false;
	if (rows >= size)
		snprintf(next, INVENTORY_CURSOR_MAX + 1, "Page=%lld&PageSize=%lld", (long long)page + 1,
			(long long)size);
	return true;
}

/* Reads `n` rows of an array, or the one that `rows` itself is (n < 0). NULL or what is wrong. */
static const char *read_rows(const struct account *account, const struct json_at *rows, int n,
	struct arena *arena, struct inventory_page *page)
{
	int count = n < 0 ? 1 : n, left_out = 0;

	page->numbers = count ? arena_alloc(arena, (size_t)count * sizeof *page->numbers) : NULL;
	if (count && !page->numbers)
		return "no memory for the list of numbers";
	for (int i = 0; i < count; i++) {
		struct json_at item = n < 0 ? *rows : json_at_item(rows, i);
		switch (read_number(account, &item, arena, &page->numbers[page->n])) {
		case ROW_READ:
			page->n++;
			break;
		case ROW_LEFT_OUT:
			left_out++;
			break;
		case ROW_WRONG:
			return "a number of the list has no phone_number or no sid";
		case ROW_NO_MEMORY:
			return "no memory for the list of numbers";
		}
	}
	return left_out && !page->n ? "no number of the list is one" : NULL;
}

void exotel_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result)
{
	struct inventory_page page = {0};
	struct problem problem = {0};
	struct json json;
	int n = -1;

	if (!open_answer(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json), rows = json_at_field(&root, "incoming_phone_numbers");
	const char *wrong = NULL;
	if (!json_at_there(&rows))
		rows = root; /* a number by itself */
	else if (!json_at_is_array(&rows) || json_at_count(&rows, 0, INVENTORY_PAGE_NUMBERS, &n, &problem))
		wrong = "the list of numbers is none, or too long";
	else if (!take_next(&root, n, page.next))
		wrong = "the list doesn't say where it goes on";
	wrong = wrong ? wrong : read_rows(account, &rows, n, arena, &page);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	else
		*ret_page = page;
	json_done(&json);
}

static bool read_offer(
	const struct account *account, const struct json_at *row, struct inventory_offer *ret_offer)
{
	struct inventory_offer offer = {.country = country_parse(inventory_text(row, "country")),
		.month_micros = inventory_price(inventory_text(row, "rental_price")),
		.setup_micros = INVENTORY_NO_PRICE};
	struct str text = inventory_text(row, "phone_number");

	if (!text.at || dialplan_number(&account->dialplan, text, &offer.number))
		return false;
	inventory_currency(inventory_text(row, "currency"), offer.currency);
	*ret_offer = offer;
	return true;
}

static bool is_deaf(const struct json_at *row)
{
	struct json_at can = json_at_field(row, "capabilities");

	return json_at_is_object(&can) && !inventory_flag(&can, "voice");
}

void exotel_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result)
{
	struct inventory_offers found = {
		.offers = arena_alloc(arena, INVENTORY_OFFERS_MAX * sizeof *found.offers)};
	struct problem problem = {0};
	struct json json;
	int n = 0, wrong = 0;

	if (!open_answer(status, body, &json, ret_result))
		return;
	struct json_at rows = json_at_root(&json);
	bool is_list = json_at_is_array(&rows) && !json_at_count(&rows, 0, INT32_MAX, &n, &problem);
	for (int i = 0; is_list && found.offers && i < n && found.n < INVENTORY_OFFERS_MAX; i++) {
		struct json_at row = json_at_item(&rows, i);
		if (is_deaf(&row))
			continue;
		if (read_offer(account, &row, &found.offers[found.n]))
			found.n++;
		else
			wrong++;
	}
	if (!is_list)
		inventory_unreadable(ret_result, "the offers are no array");
	else if (!found.offers)
		inventory_unreadable(ret_result, "no memory for the offers");
	else if (wrong && !found.n)
		inventory_unreadable(ret_result, "no offer is a number");
	else
		*ret_offers = found;
	json_done(&json);
}

void exotel_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result)
{
	struct inventory_bought bought = {0};
	struct json json;

	(void)arena;
	if (!open_answer(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	struct str text = inventory_text(&root, "phone_number"), id = inventory_text(&root, "sid");
	if (!json_at_is_object(&root)) {
		inventory_unreadable(ret_result, "the answer to a purchase is no object");
	} else {
		if (!text.at || dialplan_number(&account->dialplan, text, &bought.number))
			bought.number = NUMBER_NONE;
		if (inventory_id_ok(id) && !str_copy(bought.id, sizeof bought.id, id))
			bought.id[0] = '\0';
		*ret_bought = bought;
	}
	json_done(&json);
}

/* What a yes says beside its status isn't looked at: pages differ on it. */
void exotel_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result)
{
	struct problem problem = {0};
	struct json json;

	(void)account, (void)arena;
	inventory_by_status(status, ret_result);
	if (json_read(body, INVENTORY_ANSWER_MAX, &json, &problem))
		return;
	struct json_at root = json_at_root(&json);
	is_refusal(&root, ret_result);
	json_done(&json);
}
