/* inventory_twilio: IncomingPhoneNumbers and AvailablePhoneNumbers of Twilio's 2010-04-01 API (twilio-oai,
 * twilio_api_v2010.json; the error codes are those of twilio.com/docs/api/errors). Forms in, JSON out. A number
 * points to a URL of ours by itself; an application or a trunk that is set there wins over it. */
#include <stdio.h>

#include "provider/inventory_dialects.h"
#include "provider/inventory_read.h"
#include "provider/inventory_twilio_read.h"
#include "provider/inventory_write.h"

#define LIST_PAGE 500 /* of 1,000 at most: a number with long URLs is some KiB, and a page is to be read whole */

static const char no_sid[] = "the account has no account_sid", no_token[] = "the account has no auth_token";

/* Begins P/..., P being the account. */
static enum err begin(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	const char *path, struct inventory_request *request, const char **ret_why)
{
	if (!account->sid[0] || !account->secret[0]) {
		*ret_why = account->sid[0] ? no_token : no_sid;
		return ERR_BAD_REQUEST;
	}
	inventory_begin(writer, &inventory_twilio, account, method, request);
	inventory_basic(writer, account->sid, account->secret);
	inventory_path(writer, "/2010-04-01/Accounts/");
	inventory_segment(writer, account->sid);
	inventory_path(writer, path);
	return ERR_OK;
}

static enum err end(struct inventory_writer *writer, const char **ret_why)
{
	enum err err = inventory_end(writer);

	if (err)
		*ret_why = err == ERR_TOO_LARGE ? "the request is too long" : "the account's api_url is no http or https URL";
	return err;
}

/* The cursor is the query of a next_page_uri: never a path or a host. */
static enum err list(const struct account *account, const char *cursor, struct inventory_request *ret_request,
	const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, "/IncomingPhoneNumbers.json", ret_request, ret_why);

	if (err)
		return err;
	if (cursor[0]) {
		inventory_path(&writer, "?");
		inventory_path(&writer, cursor);
	} else {
		inventory_query_u64(&writer, "PageSize", LIST_PAGE);
	}
	return end(&writer, ret_why);
}

/* Twilio also gives numbers that hold this one's digits: whoever asks looks at each. */
static enum err find(const struct account *account, struct number number, struct inventory_request *ret_request,
	const char **ret_why)
{
	char text[NUMBER_TEXT_SIZE];
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, "/IncomingPhoneNumbers.json", ret_request, ret_why);

	if (err)
		return err;
	inventory_query(&writer, "PhoneNumber", number_text(number, text));
	return end(&writer, ret_why);
}

/* --- numbers to be had --- */

static const char *type_path(const char *type)
{
	static const char *const paths[][2] = {{"", "/Local.json"}, {"local", "/Local.json"}, {"mobile", "/Mobile.json"},
		{"national", "/National.json"}, {"tollfree", "/TollFree.json"}};

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (strcmp(paths[i][0], type) == 0)
			return paths[i][1];
	return NULL;
}

/* AreaCode is for three digits in the US and Canada. Elsewhere, the number's beginning where the account's country
 * says what it is, else those digits anywhere (two at least): the caller sifts. */
static void put_area(struct inventory_writer *writer, const struct account *account, const struct inventory_want *want)
{
	static const uint16_t us = 'U' << 8 | 'S', ca = 'C' << 8 | 'A';
	bool nanp = want->country == us || want->country == ca;
	unsigned calling = nanp ? 1 : want->country == account->dialplan.country ? account->dialplan.calling_code : 0;
	char text[32];

	if (!want->area[0])
		return;
	if (nanp && strlen(want->area) == 3) {
		inventory_query(writer, "AreaCode", want->area);
	} else if (calling) {
		snprintf(text, sizeof text, "+%u%s", calling, want->area);
		inventory_query(writer, "Contains", text);
	} else if (want->area[1]) {
		inventory_query(writer, "Contains", want->area);
	}
}

static enum err search(const struct account *account, const struct inventory_want *want,
	struct inventory_request *ret_request, const char **ret_why)
{
	const char *type = type_path(want->type);
	struct inventory_writer writer;
	char country[3];

	if (!want->country || !type) {
		*ret_why = type ? "Twilio wants a country to search in" : "Twilio has local, mobile, national and tollfree numbers";
		return ERR_BAD_REQUEST;
	}
	enum err err = begin(&writer, account, INVENTORY_GET, "/AvailablePhoneNumbers/", ret_request, ret_why);
	if (err)
		return err;
	inventory_segment(&writer, inventory_country(want->country, country));
	inventory_path(&writer, type);
	put_area(&writer, account, want);
	inventory_query(&writer, "VoiceEnabled", "true");
	inventory_query(&writer, "SmsEnabled", want->sms ? "true" : NULL);
	inventory_query(&writer, "InRegion", want->region[0] ? want->region : NULL);
	inventory_query_u64(&writer, "PageSize", (uint64_t)want->n);
	return end(&writer, ret_why);
}

/* --- what changes something --- */

static void put_hook(struct inventory_writer *writer, const struct inventory_hook *hook)
{
	inventory_field(writer, "VoiceUrl", hook->voice_url);
	inventory_field(writer, "VoiceMethod", "POST");
	inventory_field(writer, "StatusCallback", hook->status_url);
	inventory_field(writer, "StatusCallbackMethod", hook->status_url ? "POST" : NULL);
}

static void put_text_hook(struct inventory_writer *writer, const struct inventory_hook *hook)
{
	inventory_field(writer, "SmsUrl", hook->text_url);
	inventory_field(writer, "SmsMethod", hook->text_url ? "POST" : NULL);
}

static enum err buy(const struct account *account, const struct inventory_offer *offer, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	char text[NUMBER_TEXT_SIZE];
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_POST, "/IncomingPhoneNumbers.json", ret_request, ret_why);

	if (err)
		return err;
	inventory_field(&writer, "PhoneNumber", number_text(offer->number, text));
	put_hook(&writer, hook);
	put_text_hook(&writer, hook);
	return end(&writer, ret_why);
}

/* Begins a request about one number of ours. */
static enum err begin_number(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	const struct inventory_number *number, struct inventory_request *request, const char **ret_why)
{
	char sid[INVENTORY_ID_MAX + 1];

	if (!inventory_id_ok(number->id) || !str_copy(sid, sizeof sid, number->id)) {
		*ret_why = "the number has no sid";
		return ERR_BAD_REQUEST;
	}
	enum err err = begin(writer, account, method, "/IncomingPhoneNumbers/", request, ret_why);
	if (err)
		return err;
	inventory_segment(writer, sid);
	inventory_path(writer, ".json");
	return ERR_OK;
}

/* What wins over the URL goes, where there is something. */
static enum err point(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_POST, number, ret_request, ret_why);

	if (err)
		return err;
	put_hook(&writer, hook);
	if (number->hook_hidden) {
		inventory_field(&writer, "VoiceApplicationSid", "");
		inventory_field(&writer, "TrunkSid", "");
		inventory_field(&writer, "VoiceReceiveMode", "voice");
	}
	return end(&writer, ret_why);
}

static enum err point_texts(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_POST, number, ret_request, ret_why);

	if (err)
		return err;
	put_text_hook(&writer, hook);
	inventory_field(&writer, "SmsApplicationSid", number->text_hook_hidden ? "" : NULL);
	return end(&writer, ret_why);
}

static enum err release(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_DELETE, number, ret_request, ret_why);

	return err ? err : end(&writer, ret_why);
}

const struct inventory inventory_twilio = {
	.provider = "twilio",
	.api_url = "https://api.twilio.com",
	.requests_a_minute = 300, /* Twilio counts what runs at once, not what comes in a minute: this is ours */
	.list = list,
	.find = find,
	.read_list = inventory_twilio_read_list,
	.search = search,
	.read_search = inventory_twilio_read_search,
	.buy = buy,
	.read_buy = inventory_twilio_read_buy,
	.point = point,
	.point_texts = point_texts,
	.release = release,
	.read_done = inventory_twilio_read_done,
};
