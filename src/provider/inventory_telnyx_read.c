#include <stdio.h>

#include "provider/inventory_pages.h"
#include "provider/inventory_read.h"
#include "provider/inventory_telnyx.h"
#include "provider/inventory_words.h"

bool telnyx_id_ok(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.at[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '-')
			return false;
	}
	return id.len >= 1 && id.len <= INVENTORY_ID_MAX;
}

/* developers.telnyx.com, "API error codes". The status is taken where the code says no more. */
static void take_code(struct str code, struct inventory_result *result)
{
	static const struct {
		const char *code;
		enum inventory_outcome outcome;
	} codes[] = {
		{"10005", INVENTORY_GONE},      /* Resource not found */
		{"10008", INVENTORY_AGAIN},     /* Request timeout */
		{"10009", INVENTORY_NO_ACCESS}, /* Authentication failed */
		{"10010", INVENTORY_NO_ACCESS}, /* Authorization failed */
		{"10011", INVENTORY_AGAIN},     /* Too many requests */
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (result->outcome == INVENTORY_REFUSED && str_equal(code, str_of(codes[i].code)))
			result->outcome = codes[i].outcome;
}

/* Why a purchase is refused is said in words alone. */
static void sort_refusal(struct str sentence, struct inventory_result *result)
{
	if (result->outcome != INVENTORY_REFUSED)
		return;
	if (inventory_words_money(sentence))
		result->outcome = INVENTORY_NO_MONEY;
	else if (inventory_words_papers(sentence))
		result->outcome = INVENTORY_WANTS_PAPERS;
	else if (inventory_words_gone(sentence))
		result->outcome = INVENTORY_GONE;
}

enum asked { ASKED_ELSE, ASKED_TO_BUY };

/* {"errors":[{"code":"10009","title":"Authentication failed","detail":"..."}]} */
static void read_errors(enum asked asked, const struct json *json, struct inventory_result *result)
{
	struct json_at root = json_at_root(json), errors = json_at_field(&root, "errors");
	struct json_at first = json_at_item(&errors, 0);
	struct str code = inventory_text(&first, "code"), detail = inventory_text(&first, "detail");

	if (!detail.len)
		detail = inventory_text(&first, "title");
	take_code(code, result);
	if (asked == ASKED_TO_BUY)
		sort_refusal(detail, result);
	inventory_say(result, code, detail);
}

/* True: a 2xx answer that is JSON, for the caller to read and give back. Else the result is whole. */
static bool begin(enum asked asked, int status, struct str body, struct json *json, struct inventory_result *result)
{
	inventory_by_status(status, result);
	if (!inventory_json(body, json, result))
		return false;
	if (result->outcome == INVENTORY_DONE)
		return true;
	read_errors(asked, json, result);
	json_done(json);
	return false;
}

/* The array in "data" and its length, at most `max`. */
static bool read_data(const struct json_at *root, int max, struct json_at *ret_data, int *ret_n)
{
	struct problem problem = {0};

	*ret_data = json_at_field(root, "data");
	return json_at_is_array(ret_data) && json_at_count(ret_data, 0, max, ret_n, &problem) == ERR_OK;
}

/* Text that may be null or absent: "" then. */
static bool keep_text(const struct json_at *object, const char *name, struct arena *arena, struct str *ret_text)
{
	struct json_at at = json_at_field(object, name);

	if (json_at_there(&at) && !json_at_null(&at) && !json_at_is_text(&at))
		return false;
	*ret_text = STR("");
	struct str text = inventory_text(object, name);
	if (text.len)
		*ret_text = arena_str(arena, text);
	return ret_text->at != NULL;
}

static bool keep_tag(const struct json_at *item, struct arena *arena, struct str *ret_tag)
{
	struct json_at tags = json_at_field(item, "tags"), first = json_at_item(&tags, 0);
	struct problem problem = {0};
	struct str tag = STR_NONE;

	if (!json_at_is_text(&first))
		return keep_text(item, "customer_reference", arena, ret_tag);
	if (json_at_text(&first, 0, INVENTORY_ANSWER_MAX, &tag, &problem) != ERR_OK)
		return false;
	*ret_tag = tag.len ? arena_str(arena, tag) : STR("");
	return ret_tag->at != NULL;
}

/* In the list, but not ours: never were, or no more. */
static bool status_gone(struct str status)
{
	static const char *const gone[] = {"purchase-failed", "port-failed", "deleted", "ported-out", NULL};

	for (int i = 0; gone[i]; i++)
		if (str_equal(status, str_of(gone[i])))
			return true;
	return false;
}

enum item { ITEM_TAKEN, ITEM_LEFT_OUT, ITEM_WRONG };

/* Whether there is voice the list doesn't say: all its numbers have it. SMS it has where a messaging profile is set. */
static enum item read_number(const struct json_at *item, struct arena *arena, struct inventory_number *ret_number)
{
	struct str id = inventory_text(item, "id"), number = inventory_text(item, "phone_number");
	struct str status = inventory_text(item, "status");
	struct inventory_number read = {
		.voice = true, .hook_told = true, .text_hook_told = true, .month_micros = INVENTORY_NO_PRICE};

	if (!telnyx_id_ok(id) || !number.at || !status.at)
		return ITEM_WRONG;
	if (number_parse(number, &read.number) != ERR_OK || status_gone(status))
		return ITEM_LEFT_OUT;
	read.country = country_parse(inventory_text(item, "country_iso_alpha2"));
	read.sms = inventory_text(item, "messaging_profile_id").len != 0;
	read.active = str_equal(status, STR("active"));
	read.id = arena_str(arena, id);
	if (!read.id.at || !keep_text(item, "connection_id", arena, &read.hook) ||
		!keep_text(item, "messaging_profile_id", arena, &read.text_hook) ||
		read.hook.len > INVENTORY_URL_MAX || read.text_hook.len > INVENTORY_URL_MAX || !keep_tag(item, arena, &read.tag))
		return ITEM_WRONG;
	*ret_number = read;
	return ITEM_TAKEN;
}

/* {"page_number":2,"page_size":25,"total_pages":3,"total_results":55} */
static bool read_next(const struct json_at *root, int items, char ret_next[INVENTORY_CURSOR_MAX + 1])
{
	struct json_at meta = json_at_field(root, "meta");
	struct json_at number = json_at_field(&meta, "page_number"), total = json_at_field(&meta, "total_pages");
	int64_t page, pages;

	if (!json_at_integer(&number, &page) || !json_at_integer(&total, &pages) || page < 1 || pages < 0)
		return false;
	if (!items && page < pages) /* an empty page before the last is not taken for the end */
		return false;
	ret_next[0] = '\0';
	if (page < pages)
		inventory_page_put((uint64_t)page + 1, ret_next);
	return true;
}

static const char *read_page(const struct json_at *root, struct arena *arena, struct inventory_page *page)
{
	struct json_at data;
	int n;

	if (!read_data(root, INVENTORY_PAGE_NUMBERS, &data, &n))
		return "the list of numbers is no list, or too long";
	if (!read_next(root, n, page->next))
		return "the list of numbers does not say which page it is";
	page->numbers = arena_alloc(arena, (size_t)(n ? n : 1) * sizeof *page->numbers);
	if (!page->numbers)
		return "the list of numbers is too large";
	for (int i = 0; i < n; i++) {
		struct json_at item = json_at_item(&data, i);
		enum item read = read_number(&item, arena, &page->numbers[page->n]);
		if (read == ITEM_WRONG)
			return "a number in the list is not as it should be";
		page->n += read == ITEM_TAKEN && !inventory_page_has(page, page->numbers[page->n].number);
	}
	return NULL;
}

void telnyx_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result)
{
	struct inventory_page page = {.asked = ret_page->asked};
	struct json json;

	(void)account;
	if (!begin(ASKED_ELSE, status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_page(&root, arena, &page);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	else
		*ret_page = page;
	json_done(&json);
}

static uint16_t country_of(const struct json_at *item)
{
	struct json_at regions = json_at_field(item, "region_information");

	for (int i = 0; i < 16; i++) {
		struct json_at region = json_at_item(&regions, i);
		if (str_equal(inventory_text(&region, "region_type"), STR("country_code")))
			return country_parse(inventory_text(&region, "region_name"));
	}
	return 0;
}

/* Best efforts are not what was looked for. Whether papers are wanted shows when the order is made. */
static enum item read_offer(const struct json_at *item, struct inventory_offer *ret_offer)
{
	struct json_at cost = json_at_field(item, "cost_information");
	struct str number = inventory_text(item, "phone_number");
	struct inventory_offer offer = {.country = country_of(item)};

	if (!number.at)
		return ITEM_WRONG;
	if (number_parse(number, &offer.number) != ERR_OK || inventory_flag(item, "best_effort"))
		return ITEM_LEFT_OUT;
	offer.month_micros = inventory_price(inventory_text(&cost, "monthly_cost"));
	offer.setup_micros = inventory_price(inventory_text(&cost, "upfront_cost"));
	inventory_currency(inventory_text(&cost, "currency"), offer.currency);
	*ret_offer = offer;
	return ITEM_TAKEN;
}

static const char *read_offers(const struct json_at *root, struct arena *arena, struct inventory_offers *offers)
{
	struct json_at data;
	int n;

	if (!read_data(root, INVENTORY_PAGE_NUMBERS, &data, &n))
		return "the list of offers is no list, or too long";
	offers->offers = arena_alloc(arena, INVENTORY_OFFERS_MAX * sizeof *offers->offers);
	if (!offers->offers)
		return "the list of offers is too large";
	for (int i = 0; i < n && offers->n < INVENTORY_OFFERS_MAX; i++) {
		struct json_at item = json_at_item(&data, i);
		enum item read = read_offer(&item, &offers->offers[offers->n]);
		if (read == ITEM_WRONG)
			return "an offer is not as it should be";
		offers->n += read == ITEM_TAKEN;
	}
	return NULL;
}

void telnyx_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result)
{
	struct inventory_offers offers = {0};
	struct json json;

	(void)account;
	if (!begin(ASKED_ELSE, status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_offers(&root, arena, &offers);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	else
		*ret_offers = offers;
	json_done(&json);
}

static bool says_false(const struct json_at *object, const char *name)
{
	struct json_at at = json_at_field(object, name);
	struct problem problem = {0};
	bool flag = true;

	return json_at_bool(&at, &flag, &problem) == ERR_OK && !flag;
}

/* An order waits for papers and is not refused: people complete or cancel it at Telnyx. */
static void wants_papers(struct str id, struct inventory_result *result)
{
	char why[sizeof result->why];

	snprintf(why, sizeof why, "order %.*s waits for documents (requirements_met is false)", (int)id.len, id.at);
	result->outcome = INVENTORY_WANTS_PAPERS;
	inventory_say(result, STR_NONE, str_of(why));
}

static void read_order(const struct json_at *order, struct inventory_bought *bought, struct inventory_result *result)
{
	struct json_at numbers = json_at_field(order, "phone_numbers"), first = json_at_item(&numbers, 0);
	struct str id = inventory_text(order, "id"), status = inventory_text(order, "status");

	if (!telnyx_id_ok(id)) {
		inventory_unreadable(result, "the order has no id");
		return;
	}
	if (number_parse(inventory_text(&first, "phone_number"), &bought->number) != ERR_OK)
		bought->number = NUMBER_NONE;
	if (str_equal(status, STR("success")))
		return;
	if (str_equal(status, STR("failure"))) {
		result->outcome = INVENTORY_GONE;
		inventory_say(result, STR_NONE, STR("the order failed"));
	} else if (!str_equal(status, STR("pending"))) {
		inventory_unreadable(result, "the order has a status that is not known");
	} else if (says_false(order, "requirements_met") || says_false(&first, "requirements_met")) {
		wants_papers(id, result);
	} else {
		result->outcome = INVENTORY_PENDING;
		str_copy(bought->order, sizeof bought->order, id);
	}
}

void telnyx_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result)
{
	struct inventory_bought bought = {0};
	struct json json;

	(void)account, (void)arena;
	if (!begin(ASKED_TO_BUY, status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json), order = json_at_field(&root, "data");
	read_order(&order, &bought, ret_result);
	if (ret_result->outcome == INVENTORY_DONE || ret_result->outcome == INVENTORY_PENDING)
		*ret_bought = bought;
	json_done(&json);
}

/* 200 with the number (or application) as it is now. Nothing at all is taken for a yes too, as everywhere in HTTP. */
void telnyx_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result)
{
	struct json json;

	(void)account, (void)arena;
	inventory_by_status(status, ret_result);
	if (ret_result->outcome == INVENTORY_DONE && str_trim(body).len == 0)
		return;
	if (!begin(ASKED_ELSE, status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json), data = json_at_field(&root, "data");
	if (!json_at_is_object(&data))
		inventory_unreadable(ret_result, "the answer has no data");
	json_done(&json);
}
