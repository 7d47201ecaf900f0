#include "provider/inventory_pages.h"
#include "provider/inventory_read.h"
#include "provider/inventory_vonage.h"
#include "provider/inventory_words.h"

/* Why a purchase is refused is in the label alone: 420 is for all of it. */
static void sort_refusal(struct str code, struct str label, struct inventory_result *result)
{
	if (result->outcome != INVENTORY_REFUSED)
		return;
	if (inventory_words_papers(label))
		result->outcome = INVENTORY_WANTS_PAPERS;
	else if (inventory_words_money(label))
		result->outcome = INVENTORY_NO_MONEY;
	else if (result->status == 420 || str_equal(code, STR("420")))
		result->outcome = INVENTORY_GONE;
}

enum asked { ASKED_ELSE, ASKED_TO_BUY };

/* {"error-code":"420","error-code-label":"..."}, whatever the HTTP status; "200" is a yes. True: it is there. */
static bool read_code(enum asked asked, const struct json *json, struct inventory_result *result)
{
	struct json_at root = json_at_root(json);
	struct str code = inventory_text(&root, "error-code"), label = inventory_text(&root, "error-code-label");
	uint64_t said;

	if (!code.at)
		return false;
	/* Where the two differ, the worse one counts. */
	if (result->outcome == INVENTORY_DONE && !str_equal(code, STR("200"))) {
		int status = result->status;
		inventory_by_status(str_u64(code, &said) && said >= 400 && said < 600 ? (int)said : 420, result);
		result->status = status;
	}
	if (asked == ASKED_TO_BUY)
		sort_refusal(code, label, result);
	if (result->outcome != INVENTORY_DONE)
		inventory_say(result, code, label);
	return true;
}

/* True: a 2xx answer that is JSON and says no error, for the caller to read and give back; *ret_coded: it says that
 * all went well. Else the result is whole. */
static bool begin(enum asked asked, int status, struct str body, struct json *json, bool *ret_coded,
	struct inventory_result *result)
{
	inventory_by_status(status, result);
	if (!inventory_json(body, json, result))
		return false;
	*ret_coded = read_code(asked, json, result);
	if (result->outcome == INVENTORY_DONE)
		return true;
	json_done(json);
	return false;
}

enum item { ITEM_TAKEN, ITEM_LEFT_OUT, ITEM_WRONG };

/* An array of words; "SMS,VOICE" in one is taken too. */
static bool read_features(const struct json_at *item, bool *ret_voice, bool *ret_sms)
{
	struct json_at features = json_at_field(item, "features");
	struct problem problem = {0};
	struct str text = STR_NONE;
	int n = 0;

	*ret_voice = *ret_sms = false;
	if (!json_at_there(&features) || json_at_null(&features))
		return true;
	if (!json_at_is_array(&features) || json_at_count(&features, 0, 16, &n, &problem) != ERR_OK)
		return false;
	for (int i = 0; i < n; i++) {
		struct json_at word = json_at_item(&features, i);
		if (!json_at_is_text(&word) || json_at_text(&word, 0, 64, &text, &problem) != ERR_OK)
			return false;
		while (text.len) {
			struct str feature = str_trim(str_cut(text, ',', &text));
			*ret_voice |= str_equal_nocase(feature, STR("VOICE"));
			*ret_sms |= str_equal_nocase(feature, STR("SMS"));
		}
	}
	return true;
}

/* An application's id is where it points; a SIP address or telephone wins over that. */
static bool read_hook(const struct json_at *item, struct arena *arena, struct inventory_number *number)
{
	struct str type = inventory_text(item, "voiceCallbackType"), value = inventory_text(item, "voiceCallbackValue");
	struct str application = inventory_text(item, "app_id");

	number->hook_told = true;
	number->hook_hidden = type.len && !str_equal(type, STR("app"));
	number->hook = STR("");
	if (!application.len && str_equal(type, STR("app")))
		application = value;
	if (application.len && !number->hook_hidden)
		number->hook = arena_str(arena, application);
	return application.len <= INVENTORY_URL_MAX && number->hook.at;
}

static enum item read_number(const struct json_at *item, struct arena *arena, struct inventory_number *ret_number)
{
	struct str msisdn = inventory_text(item, "msisdn");
	struct inventory_number read = {
		.active = true, .tag = STR(""), .month_micros = INVENTORY_NO_PRICE};

	if (!msisdn.at)
		return ITEM_WRONG;
	if (number_parse_digits(msisdn, &read.number) != ERR_OK)
		return ITEM_LEFT_OUT; /* short codes are in the list too */
	read.country = country_parse(inventory_text(item, "country"));
	read.id = arena_str(arena, msisdn);
	if (!read.id.at || !read_features(item, &read.voice, &read.sms) || !read_hook(item, arena, &read))
		return ITEM_WRONG;
	*ret_number = read;
	return ITEM_TAKEN;
}

/* "numbers", absent where there are none: {} or {"count":0}. *ret_count: how many there are on all pages. */
static const char *read_numbers(const struct json_at *root, struct json_at *ret_numbers, int *ret_n, int64_t *ret_count)
{
	static const char *const nothing[] = {NULL};
	struct json_at count = json_at_field(root, "count");
	struct problem problem = {0};

	*ret_n = 0;
	*ret_count = 0;
	*ret_numbers = json_at_field(root, "numbers");
	if (json_at_there(&count) && (!json_at_integer(&count, ret_count) || *ret_count < 0))
		return "the count is no number";
	if (json_at_is_array(ret_numbers) && json_at_there(&count))
		return json_at_count(ret_numbers, 0, INVENTORY_PAGE_NUMBERS, ret_n, &problem) == ERR_OK
			       ? NULL
			       : "the list is too long";
	if (json_at_there(ret_numbers))
		return "the list is no list, or has no count";
	return json_at_there(&count) || json_at_fields(root, nothing, &problem) == ERR_OK
		       ? NULL
		       : "the answer has neither numbers nor a count";
}

/* Pages are of VONAGE_PAGE_SIZE: more are to come while the count says so. One that is empty although the count says that
 * there is something on it is not taken for the end. */
static const char *read_page(const struct json_at *root, struct arena *arena, struct inventory_page *page)
{
	struct json_at numbers;
	uint64_t index;
	int64_t count;
	int n;

	if (!inventory_page_index(page->asked ? page->asked : "", &index))
		return "the page that was asked for is none";
	const char *wrong = read_numbers(root, &numbers, &n, &count);
	if (wrong)
		return wrong;
	if (n == 0 && count > (int64_t)(index - 1) * VONAGE_PAGE_SIZE)
		return "the page is empty, but the count says that there are numbers on it";
	if (n < VONAGE_PAGE_SIZE && count > (int64_t)index * VONAGE_PAGE_SIZE)
		return "the page is shorter than the count says";
	if (n && count > (int64_t)index * VONAGE_PAGE_SIZE)
		inventory_page_put(index + 1, page->next);
	page->numbers = arena_alloc(arena, (size_t)(n ? n : 1) * sizeof *page->numbers);
	if (!page->numbers)
		return "the list of numbers is too large";
	for (int i = 0; i < n; i++) {
		struct json_at item = json_at_item(&numbers, i);
		enum item read = read_number(&item, arena, &page->numbers[page->n]);
		if (read == ITEM_WRONG)
			return "a number in the list is not as it should be";
		page->n += read == ITEM_TAKEN && !inventory_page_has(page, page->numbers[page->n].number);
	}
	return NULL;
}

void vonage_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result)
{
	struct inventory_page page = {.asked = ret_page->asked};
	struct json json;
	bool coded;

	(void)account;
	if (!begin(ASKED_ELSE, status, body, &json, &coded, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_page(&root, arena, &page);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	else
		*ret_page = page;
	json_done(&json);
}

/* "cost" is euros a month. */
static enum item read_offer(const struct json_at *item, struct inventory_offer *ret_offer)
{
	struct str msisdn = inventory_text(item, "msisdn");
	struct inventory_offer offer = {.setup_micros = INVENTORY_NO_PRICE, .currency = "EUR"};
	bool voice, sms;

	if (!msisdn.at || !read_features(item, &voice, &sms))
		return ITEM_WRONG;
	offer.country = country_parse(inventory_text(item, "country"));
	offer.month_micros = inventory_price(inventory_text(item, "cost"));
	if (number_parse_digits(msisdn, &offer.number) != ERR_OK || !voice || !offer.country)
		return ITEM_LEFT_OUT;
	*ret_offer = offer;
	return ITEM_TAKEN;
}

static const char *read_offers(const struct json_at *root, struct arena *arena, struct inventory_offers *offers)
{
	struct json_at numbers;
	int64_t count;
	int n;

	const char *wrong = read_numbers(root, &numbers, &n, &count);
	if (wrong)
		return wrong;
	offers->offers = arena_alloc(arena, INVENTORY_OFFERS_MAX * sizeof *offers->offers);
	if (!offers->offers)
		return "the list of offers is too large";
	for (int i = 0; i < n && offers->n < INVENTORY_OFFERS_MAX; i++) {
		struct json_at item = json_at_item(&numbers, i);
		enum item read = read_offer(&item, &offers->offers[offers->n]);
		if (read == ITEM_WRONG)
			return "an offer is not as it should be";
		offers->n += read == ITEM_TAKEN;
	}
	return NULL;
}

void vonage_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result)
{
	struct inventory_offers offers = {0};
	struct json json;
	bool coded;

	(void)account;
	if (!begin(ASKED_ELSE, status, body, &json, &coded, ret_result))
		return;
	struct json_at root = json_at_root(&json);
	const char *wrong = read_offers(&root, arena, &offers);
	if (wrong)
		inventory_unreadable(ret_result, wrong);
	else
		*ret_offers = offers;
	json_done(&json);
}

static void read_yes(enum asked asked, int status, struct str body, struct inventory_result *result)
{
	struct json json;
	bool coded;

	if (!begin(asked, status, body, &json, &coded, result))
		return;
	if (!coded)
		inventory_unreadable(result, "the answer has no error-code");
	json_done(&json);
}

/* The answer never names the number. */
void vonage_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result)
{
	(void)account, (void)arena;
	read_yes(ASKED_TO_BUY, status, body, ret_result);
	if (ret_result->outcome == INVENTORY_DONE)
		*ret_bought = (struct inventory_bought){0};
}

void vonage_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result)
{
	(void)account, (void)arena;
	read_yes(ASKED_ELSE, status, body, ret_result);
}
