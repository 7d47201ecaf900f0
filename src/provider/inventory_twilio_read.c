/* Answers of Twilio: our numbers, numbers on offer, purchases, errors (codes: twilio.com/docs/api/errors). */
#include "provider/inventory_twilio_read.h"

#include <stdio.h>
#include <stdlib.h>

#include "provider/inventory_read.h"
#include "provider/provider.h"

#define HOOK_MAX 4095
#define TAG_MAX 255

struct code {
	int64_t code;
	enum inventory_outcome outcome;
};

/* What the codes say beyond their status, mostly 400. Last: in force. */
static const struct code codes[] = {
	{10002, INVENTORY_NO_MONEY},     /* not with a trial account */
	{20003, INVENTORY_NO_ACCESS},    /* permission denied */
	{20005, INVENTORY_NO_MONEY},     /* account not active: out of funds, or the trial not begun */
	{20006, INVENTORY_NO_ACCESS},    /* access denied */
	{20403, INVENTORY_NO_ACCESS},    /* suspended or closed */
	{20404, INVENTORY_GONE},
	{20429, INVENTORY_AGAIN},        /* too many requests; none was processed */
	{21421, INVENTORY_GONE},         /* "Phone Number is invalid" of one that was on offer */
	{21422, INVENTORY_GONE},         /* not available */
	{21452, INVENTORY_GONE},         /* none in that area; not in the dictionary that we could read */
	{21613, INVENTORY_WANTS_PAPERS}, /* requires an address */
	{21615, INVENTORY_WANTS_PAPERS}, /* a local one */
	{21628, INVENTORY_WANTS_PAPERS}, /* the address can't be validated */
	{21631, INVENTORY_WANTS_PAPERS}, /* AddressSid wanted */
	{21649, INVENTORY_WANTS_PAPERS}, /* BundleSid wanted */
	{21650, INVENTORY_WANTS_PAPERS}, /* a verified identity wanted */
};

/* The number behind `code`, which older answers give as a text. */
static bool code_of(const struct json_at *root, struct str *ret_text, char text[24], int64_t *ret_code)
{
	struct json_at at = json_at_field(root, "code");
	uint64_t code;

	if (json_at_integer(&at, ret_code)) {
		snprintf(text, 24, "%lld", (long long)*ret_code);
		*ret_text = str_of(text);
		return true;
	}
	*ret_text = inventory_text(root, "code");
	if (!str_u64(*ret_text, &code) || code > INT32_MAX)
		return false;
	*ret_code = (int64_t)code;
	return true;
}

/* Twilio's own shape (code, message) or RFC 9457's (code, detail, title). Nothing but the status, if neither. */
static void read_error(struct str body, struct inventory_result *result)
{
	struct json json;
	struct str code_text;
	char text[24];
	int64_t code = 0;

	if (!inventory_json(body, &json, result))
		return;
	struct json_at root = json_at_root(&json);
	struct str why = inventory_text(&root, "message");
	if (!why.len)
		why = inventory_text(&root, "detail");
	if (!why.len)
		why = inventory_text(&root, "title");
	if (code_of(&root, &code_text, text, &code) && result->outcome != INVENTORY_AGAIN)
		for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
			if (codes[i].code == code)
				result->outcome = codes[i].outcome;
	inventory_say(result, code_text, why);
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

/* --- our numbers --- */

/* Is it text, with something in it? Twilio writes "not set" as null or "". */
static bool is_set(const struct json_at *object, const char *name)
{
	return inventory_text(object, name).len != 0;
}

/* A number of another account can't be shown by calls of ours. */
static bool is_ours(const struct account *account, const struct json_at *at)
{
	struct str owner = inventory_text(at, "account_sid");

	return !owner.len || str_equal(owner, str_of(account->sid));
}

/* One of the list. False: not the shape of a number, or no memory; *ret_number is none: one that can't be read. */
static bool read_number(const struct account *account, const struct json_at *at, struct arena *arena,
	struct inventory_number *ret_number)
{
	struct str sid = inventory_text(at, "sid"), status = inventory_text(at, "status");
	struct json_at abilities = json_at_field(at, "capabilities");
	struct inventory_number number = {.month_micros = INVENTORY_NO_PRICE, .hook_told = true};

	if (!json_at_is_object(at) || !inventory_id_ok(sid))
		return false;
	*ret_number = number;
	if (number_parse(inventory_text(at, "phone_number"), &number.number))
		return true;
	number.voice = inventory_flag(&abilities, "voice");
	number.sms = inventory_flag(&abilities, "sms");
	number.active = (!status.len || str_equal(status, STR("in-use"))) && is_ours(account, at);
	number.hook_hidden = is_set(at, "voice_application_sid") || is_set(at, "trunk_sid") ||
			     str_equal(inventory_text(at, "voice_receive_mode"), STR("fax"));
	number.text_hook_told = number.sms;
	number.text_hook_hidden = is_set(at, "sms_application_sid");
	if (!inventory_keep(arena, sid, INVENTORY_ID_MAX, &number.id) ||
		!inventory_keep(arena, inventory_text(at, "voice_url"), HOOK_MAX, &number.hook) ||
		!inventory_keep(arena, inventory_text(at, "sms_url"), HOOK_MAX, &number.text_hook) ||
		!inventory_keep(arena, inventory_text(at, "friendly_name"), TAG_MAX, &number.tag))
		return false;
	*ret_number = number;
	return true;
}

/* NULL: all is well; else what is wrong. */
static const char *read_page(const struct account *account, const struct json_at *root, struct arena *arena,
	struct inventory_page *ret_page)
{
	struct json_at items = json_at_field(root, "incoming_phone_numbers");
	struct json_at next = json_at_field(root, "next_page_uri");
	struct inventory_page page = {0};
	struct problem problem = {0};
	int n = 0;

	if (!json_at_is_array(&items))
		return "the answer has no incoming_phone_numbers";
	if (json_at_count(&items, 0, INVENTORY_PAGE_NUMBERS, &n, &problem))
		return "the page has too many numbers";
	page.numbers = arena_alloc(arena, (size_t)(n ? n : 1) * sizeof *page.numbers);
	if (!page.numbers)
		return "the page needs too much memory";
	for (int i = 0; i < n; i++) {
		struct json_at item = json_at_item(&items, i);
		if (!read_number(account, &item, arena, &page.numbers[page.n]))
			return "one of incoming_phone_numbers is no number with a sid, or needs too much memory";
		page.n += number_is(page.numbers[page.n].number);
	}
	if (!inventory_next(&next, page.next))
		return "next_page_uri is no address of a page";
	*ret_page = page;
	return NULL;
}

void inventory_twilio_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result)
{
	struct json json;

	if (!read_root(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_page(account, &root, arena, ret_page);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	json_done(&json);
}

/* --- numbers to be had --- */

/* Something that isn't said to be free of an address is taken to want one. */
static struct inventory_offer read_offer(const struct json_at *at)
{
	struct inventory_offer offer = {.month_micros = INVENTORY_NO_PRICE, .setup_micros = INVENTORY_NO_PRICE};
	struct json_at abilities = json_at_field(at, "capabilities");

	if (!inventory_flag(&abilities, "voice") || number_parse(inventory_text(at, "phone_number"), &offer.number))
		return offer; /* .number: none, or of no use */
	offer.country = country_parse(inventory_text(at, "iso_country"));
	offer.wants_papers = !str_equal(inventory_text(at, "address_requirements"), STR("none"));
	return offer;
}

static const char *read_offers(const struct json_at *root, struct arena *arena, struct inventory_offers *ret_offers)
{
	struct json_at items = json_at_field(root, "available_phone_numbers");
	struct inventory_offers offers = {0};
	struct problem problem = {0};
	int n = 0;

	if (!json_at_is_array(&items))
		return "the answer has no available_phone_numbers";
	if (json_at_count(&items, 0, INVENTORY_PAGE_NUMBERS, &n, &problem))
		return "the answer has too many numbers";
	offers.offers = arena_alloc(arena, INVENTORY_OFFERS_MAX * sizeof *offers.offers);
	if (!offers.offers)
		return "the answer needs too much memory";
	for (int i = 0; i < n && offers.n < INVENTORY_OFFERS_MAX; i++) {
		struct json_at item = json_at_item(&items, i);
		if (!json_at_is_object(&item))
			return "one of available_phone_numbers is no number";
		offers.offers[offers.n] = read_offer(&item);
		offers.n += number_is(offers.offers[offers.n].number);
	}
	*ret_offers = offers;
	return NULL;
}

void inventory_twilio_read_search(const struct account *account, int status, struct str body, struct arena *arena,
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

void inventory_twilio_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result)
{
	struct inventory_bought bought = {0};
	struct json json;

	(void)account, (void)arena;
	if (!read_root(status, body, &json, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	struct str sid = inventory_text(&root, "sid");
	if (number_parse(inventory_text(&root, "phone_number"), &bought.number))
		bought.number = NUMBER_NONE;
	if (inventory_id_ok(sid))
		str_copy(bought.id, sizeof bought.id, sid);
	if (json_at_is_object(&root))
		*ret_bought = bought;
	else
		inventory_unreadable(ret_result, "the answer to a purchase is no object");
	json_done(&json);
}

/* A status of 2xx is all that is asked for: 204 has no body. */
void inventory_twilio_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result)
{
	(void)account, (void)arena;
	inventory_by_status(status, ret_result);
	if (ret_result->outcome != INVENTORY_DONE)
		read_error(body, ret_result);
}
