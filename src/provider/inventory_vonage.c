/* vonage: the Numbers API (Nexmo/api-specification, definitions/numbers.yml). Forms in, JSON out, pages counted from 1,
 * numbers without '+'. A number is named by its country and itself; it points to an application, account.application.
 *
 * Key and secret go into the Authorization header, as the SDKs of today do: in a query they would end in logs.
 * The application's own URLs are set by another API on another host, which takes applications only whole: by hand. */
#include <stdio.h>

#include "provider/inventory_dialects.h"
#include "provider/inventory_pages.h"
#include "provider/inventory_vonage.h"
#include "provider/inventory_write.h"

#define FIND_SIZE 10

static enum err refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return ERR_BAD_REQUEST;
}

static enum err begin(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	const char *path, struct inventory_request *request, const char **ret_why)
{
	if (!account->api_key[0])
		return refuse("api_key is not set", ret_why);
	if (!account->api_password[0])
		return refuse("api_secret is not set", ret_why);
	inventory_begin(writer, &inventory_vonage, account, method, request);
	inventory_basic(writer, account->api_key, account->api_password);
	inventory_path(writer, path);
	return ERR_OK;
}

static enum err finish(struct inventory_writer *writer, const char **ret_why)
{
	enum err err = inventory_end(writer);

	return err == ERR_BAD_REQUEST ? refuse("api_url is no URL", ret_why) : err;
}

static enum err list(
	const struct account *account, const char *cursor, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	uint64_t index;

	if (!inventory_page_index(cursor, &index))
		return refuse("the cursor is no page", ret_why);
	enum err err = begin(&writer, account, INVENTORY_GET, "/account/numbers", ret_request, ret_why);
	if (err)
		return err;
	inventory_query_u64(&writer, "index", index);
	inventory_query_u64(&writer, "size", VONAGE_PAGE_SIZE);
	return finish(&writer, ret_why);
}

static enum err find(
	const struct account *account, struct number number, struct inventory_request *ret_request, const char **ret_why)
{
	char digits[NUMBER_TEXT_SIZE];
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, "/account/numbers", ret_request, ret_why);

	if (err)
		return err;
	inventory_query(&writer, "pattern", inventory_digits(number, digits));
	inventory_query(&writer, "search_pattern", "0");
	inventory_query_u64(&writer, "index", 1);
	inventory_query_u64(&writer, "size", FIND_SIZE);
	return finish(&writer, ret_why);
}

static const char *type_of(const char *type)
{
	static const char *const types[][2] = {{"", "landline"}, {"local", "landline"}, {"mobile", "mobile-lvn"},
		{"tollfree", "landline-toll-free"}};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i][0], type) == 0)
			return types[i][1];
	return NULL;
}

/* Patterns are compared with the whole international number. Where the country's calling code is known, what is looked for
 * begins it; else it is in it somewhere, and the caller sifts. */
static void put_area(
	struct inventory_writer *writer, const struct account *account, const struct inventory_want *want)
{
	char pattern[32];
	bool known = account->dialplan.country == want->country && account->dialplan.calling_code;

	if (!want->area[0])
		return;
	if (known)
		snprintf(pattern, sizeof pattern, "%u%s", (unsigned)account->dialplan.calling_code, want->area);
	else
		snprintf(pattern, sizeof pattern, "%s", want->area);
	inventory_query(writer, "pattern", pattern);
	inventory_query(writer, "search_pattern", known ? "0" : "1");
}

static enum err search(const struct account *account, const struct inventory_want *want,
	struct inventory_request *ret_request, const char **ret_why)
{
	const char *type = type_of(want->type);
	struct inventory_writer writer;
	char country[3];

	if (!want->country)
		return refuse("a country is needed", ret_why);
	if (!type)
		return refuse("Vonage has no numbers of this type", ret_why);
	if (want->region[0])
		return refuse("Vonage does not look for numbers by region", ret_why);
	enum err err = begin(&writer, account, INVENTORY_GET, "/number/search", ret_request, ret_why);
	if (err)
		return err;
	inventory_query(&writer, "country", inventory_country(want->country, country));
	inventory_query(&writer, "type", type);
	inventory_query(&writer, "features", want->sms ? "SMS,VOICE" : "VOICE");
	put_area(&writer, account, want);
	inventory_query_u64(&writer, "index", 1);
	inventory_query_u64(&writer, "size", (uint64_t)want->n);
	return finish(&writer, ret_why);
}

/* The POSTs: country and number say which one. */
static enum err begin_one(struct inventory_writer *writer, const struct account *account, const char *path,
	uint16_t country, struct number number, struct inventory_request *request, const char **ret_why)
{
	char digits[NUMBER_TEXT_SIZE], letters[3];

	if (!country)
		return refuse("the number's country is not known", ret_why);
	enum err err = begin(writer, account, INVENTORY_POST, path, request, ret_why);
	if (err)
		return err;
	inventory_field(writer, "country", inventory_country(country, letters));
	inventory_field(writer, "msisdn", inventory_digits(number, digits));
	return ERR_OK;
}

/* Where it points to is said afterwards, by point(). */
static enum err buy(const struct account *account, const struct inventory_offer *offer, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;

	(void)hook;
	if (!account->application[0])
		return refuse("application_id is not set", ret_why);
	enum err err = begin_one(
		&writer, account, "/number/buy", offer->country, offer->number, ret_request, ret_why);
	return err ? err : finish(&writer, ret_why);
}

/* A SIP or telephone target wins over the application, until the old way of naming one overwrites it. */
static enum err point(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;

	(void)hook;
	if (!account->application[0])
		return refuse("application_id is not set", ret_why);
	enum err err = begin_one(
		&writer, account, "/number/update", number->country, number->number, ret_request, ret_why);
	if (err)
		return err;
	inventory_field(&writer, "app_id", account->application);
	if (number->hook_hidden) {
		inventory_field(&writer, "voiceCallbackType", "app");
		inventory_field(&writer, "voiceCallbackValue", account->application);
	}
	return finish(&writer, ret_why);
}

static enum err release(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_one(
		&writer, account, "/number/cancel", number->country, number->number, ret_request, ret_why);

	return err ? err : finish(&writer, ret_why);
}

const struct inventory inventory_vonage = {
	.provider = "vonage",
	.api_url = "https://rest.nexmo.com",
	.requests_a_minute = 60, /* one a second: what is known of its limits is not confirmed */
	.by_application = true,
	.list = list,
	.find = find,
	.read_list = vonage_read_list,
	.search = search,
	.read_search = vonage_read_search,
	.buy = buy,
	.read_buy = vonage_read_buy,
	.point = point,
	.release = release,
	.read_done = vonage_read_done,
};
