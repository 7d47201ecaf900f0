/* Answers of Plivo: {"objects":[...],"meta":{"next":...}}, one number by itself, purchases, {"error":...}. */
#include "provider/inventory_plivo_read.h"

#include <stdio.h>

#include "provider/inventory_read.h"

#define TAG_MAX 255

/* A text, or the "message" or "error" of an object: which of them Plivo sends is not described. It has no codes. */
static void read_error(struct str body, struct inventory_result *result)
{
	struct json json;

	if (!inventory_json(body, &json, result))
		return;
	struct json_at root = json_at_root(&json), error = json_at_field(&root, "error");
	struct str why = inventory_text(&root, "error");
	if (!why.len)
		why = inventory_text(&error, "message");
	if (!why.len)
		why = inventory_text(&error, "error");
	if (!why.len)
		why = inventory_text(&root, "message");
	inventory_say(result, STR_NONE, why);
	json_done(&json);
}

/* True: 2xx, and there is a document to be read. */
static bool read_root(int status, struct str body, struct json *ret_json, struct inventory_result *ret_result)
{
	inventory_by_status(status, ret_result);
	if (ret_result->outcome != INVENTORY_DONE) {
		read_error(body, ret_result);
		return false;
	}
	return inventory_json(body, ret_json, ret_result);
}

/* "18135401302", or the same as a JSON number; NUMBER_NONE: no number. */
static struct number read_digits(const struct json_at *object, const char *name)
{
	struct json_at at = json_at_field(object, name);
	struct str text = inventory_text(object, name);
	struct number number = NUMBER_NONE;
	char digits[24];
	int64_t whole;

	if (json_at_integer(&at, &whole)) {
		snprintf(digits, sizeof digits, "%lld", (long long)whole);
		text = str_of(digits);
	}
	return number_parse_digits(text, &number) == ERR_OK ? number : NUMBER_NONE;
}

/* "0.80000", or 0.8 as a JSON number. */
static int64_t read_price(const struct json_at *object, const char *name)
{
	struct json_at at = json_at_field(object, name);
	int64_t whole;
	double fraction;
	char text[32];

	if (json_at_integer(&at, &whole))
		snprintf(text, sizeof text, "%lld", (long long)whole);
	else if (json_at_fraction(&at, &fraction) && fraction >= 0 && fraction <= 1e9)
		snprintf(text, sizeof text, "%.6f", fraction);
	else
		return inventory_price(inventory_text(object, name));
	return inventory_price(str_of(text));
}

/* --- our numbers --- */

/* The last part of "/v1/Account/MA.../Application/29986316244302815/", or an id by itself; STR_NONE: none. */
static struct str application_id(struct str path)
{
	while (path.len && path.at[path.len - 1] == '/')
		path.len--;
	for (size_t i = path.len; i > 0; i--)
		if (path.at[i - 1] == '/')
			return str_n(path.at + i, path.len - i);
	return path;
}

/* Absent or null counts as active: the list names what is rented. */
static bool is_active(const struct json_at *at)
{
	struct json_at active = json_at_field(at, "active");

	return !json_at_there(&active) || json_at_null(&active) || inventory_flag(at, "active");
}

/* False: no memory. *ret_number is none: a number that can't be read. */
static bool read_number(const struct json_at *at, struct arena *arena, struct inventory_number *ret_number)
{
	struct inventory_number number = {.number = read_digits(at, "number"), .hook_told = true};
	struct str application = application_id(inventory_text(at, "application"));
	char text[NUMBER_TEXT_SIZE];

	*ret_number = number;
	if (!number_is(number.number))
		return true;
	number.voice = inventory_flag(at, "voice_enabled");
	number.sms = inventory_flag(at, "sms_enabled");
	number.active = is_active(at);
	number.month_micros = read_price(at, "monthly_rental_rate");
	if (!inventory_keep(arena, str_of(number_text(number.number, text) + 1), INVENTORY_ID_MAX, &number.id) ||
		!inventory_keep(arena, application, INVENTORY_ID_MAX, &number.hook) ||
		!inventory_keep(arena, inventory_text(at, "alias"), TAG_MAX, &number.tag))
		return false;
	*ret_number = number;
	return true;
}

/* NULL: all is well; else what is wrong. */
static const char *read_page(const struct json_at *root, struct arena *arena, struct inventory_page *ret_page)
{
	struct json_at items = json_at_field(root, "objects"), meta = json_at_field(root, "meta");
	struct json_at next = json_at_field(&meta, "next");
	struct inventory_page page = {0};
	struct problem problem = {0};
	int n = 0;

	if (!json_at_is_array(&items))
		return "the answer has no objects";
	if (json_at_count(&items, 0, INVENTORY_PAGE_NUMBERS, &n, &problem))
		return "the page has too many numbers";
	page.numbers = arena_alloc(arena, (size_t)(n ? n : 1) * sizeof *page.numbers);
	if (!page.numbers)
		return "the page needs too much memory";
	for (int i = 0; i < n; i++) {
		struct json_at item = json_at_item(&items, i);
		if (!json_at_is_object(&item))
			return "one of objects is no number";
		if (!read_number(&item, arena, &page.numbers[page.n]))
			return "the page needs too much memory";
		page.n += number_is(page.numbers[page.n].number);
	}
	if (!inventory_next(&next, page.next))
		return "meta.next is no address of a page";
	*ret_page = page;
	return NULL;
}

void inventory_plivo_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result)
{
	struct json json;

	(void)account;
	if (!read_root(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_page(&root, arena, ret_page);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	json_done(&json);
}

/* --- numbers to be had --- */

/* `restriction` names the documents that are wanted; what is neither null nor absent is taken for some. */
static struct inventory_offer read_offer(const struct json_at *at)
{
	struct inventory_offer offer = {0};
	struct json_at restriction = json_at_field(at, "restriction");

	if (!inventory_flag(at, "voice_enabled"))
		return offer; /* .number: none */
	offer.number = read_digits(at, "number");
	offer.month_micros = read_price(at, "monthly_rental_rate");
	offer.setup_micros = read_price(at, "setup_rate");
	offer.wants_papers = json_at_there(&restriction) && !json_at_null(&restriction);
	return offer;
}

static const char *read_offers(const struct json_at *root, struct arena *arena, struct inventory_offers *ret_offers)
{
	struct json_at items = json_at_field(root, "objects");
	struct inventory_offers offers = {0};
	struct problem problem = {0};
	int n = 0;

	if (!json_at_is_array(&items))
		return "the answer has no objects";
	if (json_at_count(&items, 0, INVENTORY_PAGE_NUMBERS, &n, &problem))
		return "the answer has too many numbers";
	offers.offers = arena_alloc(arena, INVENTORY_OFFERS_MAX * sizeof *offers.offers);
	if (!offers.offers)
		return "the answer needs too much memory";
	for (int i = 0; i < n && offers.n < INVENTORY_OFFERS_MAX; i++) {
		struct json_at item = json_at_item(&items, i);
		if (!json_at_is_object(&item))
			return "one of objects is no number";
		offers.offers[offers.n] = read_offer(&item);
		offers.n += number_is(offers.offers[offers.n].number);
	}
	*ret_offers = offers;
	return NULL;
}

void inventory_plivo_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result)
{
	struct json json;

	(void)account;
	if (!read_root(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_offers(&root, arena, ret_offers);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	json_done(&json);
}

/* --- what changed something --- */

/* The number's own status, else the order's: "Success", "fulfilled", "pending". Where neither is told, the 2xx stands. */
static bool read_fate(struct str status, struct inventory_result *result)
{
	if (str_equal_nocase(status, STR("pending")))
		result->outcome = INVENTORY_PENDING;
	return status.len == 0 || result->outcome == INVENTORY_PENDING || str_equal_nocase(status, STR("success")) ||
	       str_equal_nocase(status, STR("fulfilled"));
}

void inventory_plivo_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result)
{
	struct inventory_bought bought = {0};
	char text[NUMBER_TEXT_SIZE];
	struct json json;

	(void)account, (void)arena;
	if (!read_root(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json), numbers = json_at_field(&root, "numbers"), one = json_at_item(&numbers, 0);
	struct str fate = inventory_text(&one, "status");
	bought.number = read_digits(&one, "number");
	if (number_is(bought.number))
		str_copy(bought.id, sizeof bought.id, str_of(number_text(bought.number, text) + 1));
	if (!json_at_is_object(&root))
		inventory_unreadable(ret_result, "the answer to a purchase is no object");
	else if (!read_fate(fate.len ? fate : inventory_text(&root, "status"), ret_result))
		inventory_unreadable(ret_result, "the purchase has a status that is not known");
	else
		*ret_bought = bought;
	json_done(&json);
}

/* A status of 2xx is all that is asked for: 204 has no body. */
void inventory_plivo_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result)
{
	(void)account, (void)arena;
	inventory_by_status(status, ret_result);
	if (ret_result->outcome != INVENTORY_DONE)
		read_error(body, ret_result);
}
