/* inventory_twilio: IncomingPhoneNumbers and AvailablePhoneNumbers of Twilio's REST API 2010-04-01 (twilio/twilio-oai,
 * twilio_api_v2010.json). Forms out, JSON back.
 *
 * A number's webhook is on the number: VoiceUrl. A TwiML application or a trunk wins over it, so both are sent empty. */
#include "provider/inventory_dialects.h"
#include "provider/inventory_read.h"
#include "provider/inventory_twilio.h"
#include "provider/inventory_write.h"

#define PAGE_SIZE 1000 /* the largest that is taken */
#define NANP_AREA_DIGITS 3

static enum err refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return ERR_BAD_REQUEST;
}

static enum err begin(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	struct inventory_request *request, const char **ret_why)
{
	if (!account->sid[0] || !account->secret[0])
		return refuse("account_sid or auth_token is missing", ret_why);
	inventory_begin(writer, &inventory_twilio, account, method, request);
	inventory_basic(writer, account->sid, account->secret);
	inventory_path(writer, "/2010-04-01/Accounts/");
	inventory_segment(writer, account->sid);
	return ERR_OK;
}

static enum err finish(struct inventory_writer *writer, const char **ret_why)
{
	enum err err = inventory_end(writer);

	return err == ERR_BAD_REQUEST ? refuse("api_url is no URL", ret_why) : err;
}

/* One of our numbers: IncomingPhoneNumbers/{Sid}.json */
static enum err begin_number(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	const struct inventory_number *number, struct inventory_request *request, const char **ret_why)
{
	char id[INVENTORY_ID_MAX + 1];
	enum err err;

	if (!inventory_id_ok(number->id) || !str_copy(id, sizeof id, number->id))
		return refuse("the number's id is none of Twilio's", ret_why);
	err = begin(writer, account, method, request, ret_why);
	if (err)
		return err;
	inventory_path(writer, "/IncomingPhoneNumbers/");
	inventory_segment(writer, id);
	inventory_path(writer, ".json");
	return ERR_OK;
}

/* The cursor is the query of next_page_uri, as it came. */
static enum err list(
	const struct account *account, const char *cursor, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	if (cursor[0] && !twilio_query_ok(str_of(cursor)))
		return refuse("the cursor is no page", ret_why);
	inventory_path(&writer, "/IncomingPhoneNumbers.json");
	if (cursor[0]) {
		inventory_path(&writer, "?");
		inventory_path(&writer, cursor);
	} else {
		inventory_query_u64(&writer, "PageSize", PAGE_SIZE);
	}
	return finish(&writer, ret_why);
}

static enum err find(
	const struct account *account, struct number number, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	inventory_path(&writer, "/IncomingPhoneNumbers.json");
	inventory_query(&writer, "PhoneNumber", number_text(number, text));
	return finish(&writer, ret_why);
}

static const char *path_of(const struct inventory_want *want)
{
	if (!want->type[0] || strcmp(want->type, "local") == 0)
		return "/Local.json";
	return strcmp(want->type, "mobile") == 0 ? "/Mobile.json" : NULL;
}

/* AreaCode is for the USA and Canada; elsewhere Contains finds the digits anywhere, and the caller sifts. */
static void put_area(struct inventory_writer *writer, const struct inventory_want *want)
{
	bool nanp = want->country == ('U' << 8 | 'S') || want->country == ('C' << 8 | 'A');

	if (nanp && strlen(want->area) == NANP_AREA_DIGITS)
		inventory_query(writer, "AreaCode", want->area);
	else if (want->area[0])
		inventory_query(writer, "Contains", want->area);
}

static enum err search(const struct account *account, const struct inventory_want *want, struct inventory_request *ret_request,
	const char **ret_why)
{
	const char *path = path_of(want);
	struct inventory_writer writer;
	char country[3];
	enum err err;

	if (!path)
		return refuse("Twilio is searched for local and mobile numbers", ret_why);
	if (!want->country)
		return refuse("country is missing", ret_why);
	err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);
	if (err)
		return err;
	inventory_path(&writer, "/AvailablePhoneNumbers/");
	inventory_segment(&writer, inventory_country(want->country, country));
	inventory_path(&writer, path);
	inventory_query(&writer, "VoiceEnabled", "true");
	if (want->sms)
		inventory_query(&writer, "SmsEnabled", "true");
	put_area(&writer, want);
	if (want->region[0])
		inventory_query(&writer, "InRegion", want->region);
	inventory_query_u64(&writer, "PageSize", (uint64_t)want->n);
	return finish(&writer, ret_why);
}

static enum err put_hook(struct inventory_writer *writer, const struct inventory_hook *hook, const char **ret_why)
{
	if (!hook || !hook->voice_url)
		return refuse("public_url is not set", ret_why);
	inventory_field(writer, "VoiceUrl", hook->voice_url);
	inventory_field(writer, "VoiceMethod", "POST");
	return ERR_OK;
}

static enum err buy(const struct account *account, const struct inventory_offer *offer, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	enum err err = begin(&writer, account, INVENTORY_POST, ret_request, ret_why);

	if (err)
		return err;
	inventory_path(&writer, "/IncomingPhoneNumbers.json");
	inventory_field(&writer, "PhoneNumber", number_text(offer->number, text));
	err = put_hook(&writer, hook, ret_why);
	return err ? err : finish(&writer, ret_why);
}

static enum err point(const struct account *account, const struct inventory_number *number, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_POST, number, ret_request, ret_why);

	if (!err)
		err = put_hook(&writer, hook, ret_why);
	if (err)
		return err;
	inventory_field(&writer, "VoiceApplicationSid", "");
	inventory_field(&writer, "TrunkSid", "");
	return finish(&writer, ret_why);
}

static enum err release(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_DELETE, number, ret_request, ret_why);

	return err ? err : finish(&writer, ret_why);
}

const struct inventory inventory_twilio = {
	.provider = "twilio",
	.api_url = "https://api.twilio.com",
	.requests_a_minute = 600, /* its limit is of requests at a time, and we have one */
	.list = list,
	.find = find,
	.read_list = twilio_read_list,
	.search = search,
	.read_search = twilio_read_search,
	.buy = buy,
	.read_buy = twilio_read_buy,
	.point = point,
	.release = release,
	.read_done = twilio_read_done,
};
