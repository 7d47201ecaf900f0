/* inventory_exotel: ExoPhones (developer.exotel.com, "ExoPhones API"). Forms out, JSON back.
 *
 * A number's VoiceUrl isn't our webhook but a flow of Exotel's app builder, which people make in the
 * dashboard; its Connect applet asks us. The account's flow_url names it, and every number is pointed at that
 * one flow.
 *
 * The list can't be filtered by number and doesn't say where numbers point; `one` does. */
#include "provider/inventory_dialects.h"
#include "provider/inventory_exotel.h"
#include "provider/inventory_read.h"
#include "provider/inventory_write.h"

#define FIRST_PAGE "Page=0&PageSize=50"

/* "api.in.exotel.com", as Exotel's pages write it with or without the '@' that ends the credentials. */
static const char *host_of(const struct account *account)
{
	return account->subdomain + (account->subdomain[0] == '@');
}

static bool host_ok(const char *host)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

	return strspn(host, good) == strlen(host);
}

static enum err begin(struct inventory_writer *writer, const struct account *account,
	enum inventory_method method, struct inventory_request *request, const char **ret_why)
{
	const char *host = host_of(account);

	*ret_why = !account->sid[0]       ? "account_sid is missing"
		   : !account->api_key[0] ? "api_key is missing"
		   : !account->secret[0]  ? "api_token is missing"
		   : !host_ok(host)       ? "subdomain is to be a host, such as api.in.exotel.com"
					  : NULL;
	if (*ret_why)
		return ERR_BAD_REQUEST;
	inventory_begin(writer, &inventory_exotel, account, method, request);
	if (!account->api_url[0] && host[0]) {
		buf_reset(&writer->url);
		buf_lit(&writer->url, "https://");
		buf_lit(&writer->url, host);
	}
	inventory_basic(writer, account->api_key, account->secret);
	inventory_path(writer, "/v2_beta/Accounts/");
	inventory_segment(writer, account->sid);
	return ERR_OK;
}

/* The number of a request: E/IncomingPhoneNumbers/{sid}. */
static enum err begin_number(struct inventory_writer *writer, const struct account *account,
	enum inventory_method method, const struct inventory_number *number,
	struct inventory_request *request, const char **ret_why)
{
	char id[INVENTORY_ID_MAX + 1];
	enum err err = begin(writer, account, method, request, ret_why);

	if (err)
		return err;
	if (!inventory_id_ok(number->id) || !str_copy(id, sizeof id, number->id)) {
		*ret_why = "the number's id is none of Exotel's";
		return ERR_BAD_REQUEST;
	}
	inventory_path(writer, "/IncomingPhoneNumbers/");
	inventory_segment(writer, id);
	return ERR_OK;
}

static enum err list(const struct account *account, const char *cursor, struct inventory_request *ret_request,
	const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	if (cursor[0] && !exotel_query_ok(str_of(cursor))) {
		*ret_why = "the cursor is none of Exotel's";
		return ERR_BAD_REQUEST;
	}
	inventory_path(&writer, "/IncomingPhoneNumbers?");
	inventory_path(&writer, cursor[0] ? cursor : FIRST_PAGE);
	return inventory_end(&writer);
}

static enum err find(const struct account *account, struct number number,
	struct inventory_request *ret_request, const char **ret_why)
{
	(void)number;
	return list(account, "", ret_request, ret_why);
}

static enum err one(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_GET, number, ret_request, ret_why);

	return err ? err : inventory_end(&writer);
}

static const char *type_of(const struct inventory_want *want)
{
	static const char *const types[][2] = {
		{"", "Landline"}, {"local", "Landline"}, {"mobile", "Mobile"}, {"tollfree", "TollFree"}};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(want->type, types[i][0]) == 0)
			return types[i][1];
	return NULL;
}

static enum err search(const struct account *account, const struct inventory_want *want,
	struct inventory_request *ret_request, const char **ret_why)
{
	const char *type = type_of(want);
	struct inventory_writer writer;
	char country[3];
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	*ret_why = !type            ? "Exotel has local, mobile and tollfree"
		   : !want->country ? "country is missing"
				    : NULL;
	if (*ret_why)
		return ERR_BAD_REQUEST;
	inventory_path(&writer, "/AvailablePhoneNumbers/");
	inventory_segment(&writer, inventory_country(want->country, country));
	inventory_path(&writer, "/");
	inventory_path(&writer, type);
	inventory_query(&writer, "IncomingSMS", want->sms ? "true" : NULL);
	inventory_query(&writer, "InRegion", want->region[0] ? want->region : NULL);
	inventory_query(&writer, "Contains", want->area[0] ? want->area : NULL);
	return inventory_end(&writer);
}

static bool flow_missing(const struct account *account, const char **ret_why)
{
	if (!account->application[0])
		*ret_why = "flow_url is missing: the flow that asks Bauta";
	return !account->application[0];
}

static enum err buy(const struct account *account, const struct inventory_offer *offer,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	enum err err = begin(&writer, account, INVENTORY_POST, ret_request, ret_why);

	(void)hook;
	if (err)
		return err;
	if (flow_missing(account, ret_why))
		return ERR_BAD_REQUEST;
	inventory_path(&writer, "/IncomingPhoneNumbers");
	inventory_field(&writer, "PhoneNumber", number_text(offer->number, text));
	inventory_field(&writer, "VoiceUrl", account->application);
	return inventory_end(&writer);
}

static enum err point(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_PUT, number, ret_request, ret_why);

	(void)hook;
	if (err)
		return err;
	if (flow_missing(account, ret_why))
		return ERR_BAD_REQUEST;
	inventory_field(&writer, "VoiceUrl", account->application);
	return inventory_end(&writer);
}

static enum err release(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_DELETE, number, ret_request, ret_why);

	return err ? err : inventory_end(&writer);
}

const struct inventory inventory_exotel = {
	.provider = "exotel",
	.api_url = "https://api.exotel.com",
	.requests_a_minute = 40, /* 50 are allowed, for all who use the account */
	.by_application = true,
	.list = list,
	.find = find,
	.read_list = exotel_read_list,
	.one = one,
	.search = search,
	.read_search = exotel_read_search,
	.buy = buy,
	.read_buy = exotel_read_buy,
	.point = point,
	.release = release,
	.read_done = exotel_read_done,
};
