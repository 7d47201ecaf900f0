/* inventory_bandwidth: numbers of the US and Canada (Bandwidth/api-docs, "Numbers"). XML both ways.
 *
 * A number has no webhook: it takes its Location's (SIP peer's), which takes a Voice application's, and
 * people set that application's URL in the dashboard. So "where it points to" is a Location. The account
 * names its own by site_id (application) and location_id (location); a number that is there points to
 * `application`, any other to "SITE/LOCATION". Pointing moves the number to our Location.
 *
 * Texts come to the messaging application message_application, whose URLs can be changed by themselves.
 *
 * Orders are slow: the answer to a purchase is an order's id. */
#include "provider/inventory_bandwidth.h"

#include "provider/inventory_dialects.h"
#include "provider/inventory_read.h"
#include "provider/inventory_write.h"
#include "provider/xml.h"

#define PAGE_SIZE 500
#define NANP_FIRST 12000000000u
#define NANP_LAST 19999999999u

const char *bandwidth_digits(struct number number, char text[NUMBER_TEXT_SIZE])
{
	bool nanp = number.e164 >= NANP_FIRST && number.e164 <= NANP_LAST;

	text[0] = '\0';
	return nanp ? number_text(number, text) + 2 : text;
}

static enum err begin(struct inventory_writer *writer, const struct account *account,
	enum inventory_method method, struct inventory_request *request, const char **ret_why)
{
	*ret_why = !account->sid[0]                         ? "account_id is missing"
		   : !inventory_id_ok(str_of(account->sid)) ? "account_id is to be letters and digits"
		   : !account->api_user[0]                  ? "api_user is missing"
		   : !account->api_password[0]              ? "api_password is missing"
							    : NULL;
	if (*ret_why)
		return ERR_BAD_REQUEST;
	inventory_begin(writer, &inventory_bandwidth, account, method, request);
	inventory_basic(writer, account->api_user, account->api_password);
	request->accept = "application/xml";
	return ERR_OK;
}

static void put_account(struct inventory_writer *writer, const struct account *account, const char *path)
{
	inventory_path(writer, "/accounts/");
	inventory_segment(writer, account->sid);
	inventory_path(writer, path);
}

static void begin_body(struct inventory_writer *writer)
{
	inventory_body(writer, "application/xml; charset=utf-8");
	buf_lit(&writer->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

static void put_element(struct inventory_writer *writer, const char *name, const char *text)
{
	buf_fmt(&writer->body, "<%s>", name);
	xml_put(&writer->body, str_of(text));
	buf_fmt(&writer->body, "</%s>", name);
}

/* The ten digits of a number that a request is about. */
static enum err take_digits(
	struct number number, char text[NUMBER_TEXT_SIZE], const char **ret_digits, const char **ret_why)
{
	*ret_digits = bandwidth_digits(number, text);
	if ((*ret_digits)[0])
		return ERR_OK;
	*ret_why = "Bandwidth's numbers are those of +1";
	return ERR_BAD_REQUEST;
}

static void put_page(struct inventory_writer *writer, const char *page)
{
	inventory_query(writer, "page", page);
	inventory_query_u64(writer, "size", PAGE_SIZE);
}

static enum err list(const struct account *account, const char *cursor, struct inventory_request *ret_request,
	const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	if (cursor[0] && !inventory_id_ok(str_of(cursor))) {
		*ret_why = "the cursor is none of Bandwidth's";
		return ERR_BAD_REQUEST;
	}
	inventory_path(&writer, "/tns");
	inventory_query(&writer, "accountId", account->sid);
	put_page(&writer, cursor[0] ? cursor : "1");
	return inventory_end(&writer);
}

static enum err find(const struct account *account, struct number number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	const char *digits;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (!err)
		err = take_digits(number, text, &digits, ret_why);
	if (err)
		return err;
	inventory_path(&writer, "/tns");
	inventory_query(&writer, "accountId", account->sid);
	inventory_query(&writer, "fullNumber", digits);
	put_page(&writer, "1");
	return inventory_end(&writer);
}

static enum err one(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	const char *digits;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (!err)
		err = take_digits(number->number, text, &digits, ret_why);
	if (err)
		return err;
	inventory_path(&writer, "/tns/");
	inventory_segment(&writer, digits);
	inventory_path(&writer, "/tndetails");
	return inventory_end(&writer);
}

static bool is_word(const char *text, const char *set, size_t len)
{
	return strlen(text) == len && strspn(text, set) == len;
}

/* "8**": any toll-free number, "83*": those of 833. */
static void put_toll_free(struct inventory_writer *writer, const char *area)
{
	char pattern[4] = "8**";

	if (strlen(area) >= 2 && area[0] == '8')
		pattern[1] = area[1];
	inventory_query(writer, "tollFreeWildCardPattern", pattern);
}

/* Of the area the longest beginning that can be asked for: 7, 6 or 3 digits; what is finer is the caller's to
 * sift. */
static void put_area(struct inventory_writer *writer, const char *area)
{
	size_t len = strlen(area), taken = len >= 7 ? 7 : len >= 6 ? 6 : 3;
	char text[8] = "";

	if (len < 3)
		return;
	memcpy(text, area, taken);
	inventory_query(writer, taken == 7 ? "npaNxxx" : taken == 6 ? "npaNxx" : "areaCode", text);
	if (taken > 3)
		inventory_query(writer, "LCA", "false"); /* else neighbours come too */
}

static const char *not_askable(const struct inventory_want *want, bool toll_free)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t area = strlen(want->area);

	if (want->country != ('U' << 8 | 'S') && want->country != ('C' << 8 | 'A'))
		return "Bandwidth sells numbers of US and CA";
	if (!toll_free && want->type[0] && strcmp(want->type, "local") != 0)
		return "Bandwidth has local and tollfree";
	if (strspn(want->area, "0123456789") != area)
		return "area is to be digits";
	if (want->region[0] && (toll_free || !is_word(want->region, capitals, 2)))
		return "region is to be a state, such as NC, and of local numbers";
	if (!toll_free && area < 3 && !want->region[0])
		return "area of three digits or more, or region, is needed";
	return NULL;
}

static enum err search(const struct account *account, const struct inventory_want *want,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	bool toll_free = strcmp(want->type, "tollfree") == 0;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	*ret_why = not_askable(want, toll_free);
	if (*ret_why)
		return ERR_BAD_REQUEST;
	put_account(&writer, account, "/availableNumbers");
	if (toll_free)
		put_toll_free(&writer, want->area);
	else
		put_area(&writer, want->area);
	inventory_query(&writer, "state", want->region[0] ? want->region : NULL);
	inventory_query_u64(&writer, "quantity",
		want->n < 1                      ? 1
		: want->n > INVENTORY_OFFERS_MAX ? INVENTORY_OFFERS_MAX
						 : (uint64_t)want->n);
	return inventory_end(&writer);
}

static enum err check_site(const struct account *account, const char **ret_why)
{
	*ret_why = !account->application[0]                         ? "site_id is missing"
		   : !inventory_id_ok(str_of(account->application)) ? "site_id is to be letters and digits"
		   : account->location[0] && !inventory_id_ok(str_of(account->location))
			   ? "location_id is to be letters and digits"
			   : NULL;
	return *ret_why ? ERR_BAD_REQUEST : ERR_OK;
}

static enum err buy(const struct account *account, const struct inventory_offer *offer,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	const char *digits;
	enum err err = begin(&writer, account, INVENTORY_POST, ret_request, ret_why);

	(void)hook;
	if (!err)
		err = check_site(account, ret_why);
	if (!err)
		err = take_digits(offer->number, text, &digits, ret_why);
	if (err)
		return err;
	put_account(&writer, account, "/orders");
	begin_body(&writer);
	buf_lit(&writer.body, "<Order>");
	put_element(&writer, "SiteId", account->application);
	if (account->location[0])
		put_element(&writer, "PeerId", account->location);
	buf_lit(&writer.body, "<PartialAllowed>false</PartialAllowed>"
			      "<ExistingTelephoneNumberOrderType><TelephoneNumberList>");
	put_element(&writer, "TelephoneNumber", digits);
	buf_lit(&writer.body, "</TelephoneNumberList></ExistingTelephoneNumberOrderType></Order>\n");
	return inventory_end(&writer);
}

static enum err order(const struct account *account, const char *id, struct inventory_request *ret_request,
	const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	if (!inventory_id_ok(str_of(id))) {
		*ret_why = "the order's id is none of Bandwidth's";
		return ERR_BAD_REQUEST;
	}
	put_account(&writer, account, "/orders/");
	inventory_segment(&writer, id);
	return inventory_end(&writer);
}

static enum err point(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	const char *digits;
	enum err err = begin(&writer, account, INVENTORY_POST, ret_request, ret_why);

	(void)hook;
	if (!err)
		err = check_site(account, ret_why);
	if (!err && !account->location[0]) {
		*ret_why = "location_id is missing: the Location that asks Bauta";
		err = ERR_BAD_REQUEST;
	}
	if (!err)
		err = take_digits(number->number, text, &digits, ret_why);
	if (err)
		return err;
	put_account(&writer, account, "/sites/");
	inventory_segment(&writer, account->application);
	inventory_path(&writer, "/sippeers/");
	inventory_segment(&writer, account->location);
	inventory_path(&writer, "/movetns");
	begin_body(&writer);
	buf_lit(&writer.body, "<SipPeerTelephoneNumbers>");
	put_element(&writer, "FullNumber", digits);
	buf_lit(&writer.body, "</SipPeerTelephoneNumbers>\n");
	return inventory_end(&writer);
}

/* A change of parts: name, credentials and all else stay as people set them. Which numbers' texts come there their Location
 * says. */
static enum err application_texts(const struct account *account, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	const char *id = account->message_application;
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_PATCH, ret_request, ret_why);

	if (err)
		return err;
	if (!inventory_id_ok(str_of(id))) {
		*ret_why = id[0] ? "message_application_id is no id" : "message_application_id is missing";
		return ERR_BAD_REQUEST;
	}
	put_account(&writer, account, "/applications/");
	inventory_segment(&writer, id);
	begin_body(&writer);
	buf_lit(&writer.body, "<Application>");
	put_element(&writer, "InboundCallbackUrl", hook->text_url);
	if (hook->text_status_url)
		put_element(&writer, "OutboundCallbackUrl", hook->text_status_url);
	buf_lit(&writer.body, "</Application>\n");
	return inventory_end(&writer);
}

static enum err release(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	char text[NUMBER_TEXT_SIZE];
	const char *digits;
	enum err err = begin(&writer, account, INVENTORY_POST, ret_request, ret_why);

	if (!err)
		err = take_digits(number->number, text, &digits, ret_why);
	if (err)
		return err;
	put_account(&writer, account, "/disconnects");
	begin_body(&writer);
	buf_lit(&writer.body, "<DisconnectTelephoneNumberOrder><DisconnectTelephoneNumberOrderType>"
			      "<TelephoneNumberList>");
	put_element(&writer, "TelephoneNumber", digits);
	buf_lit(&writer.body, "</TelephoneNumberList></DisconnectTelephoneNumberOrderType>"
			      "</DisconnectTelephoneNumberOrder>\n");
	return inventory_end(&writer);
}

const struct inventory inventory_bandwidth = {
	.provider = "bandwidth",
	.api_url = "https://dashboard.bandwidth.com/api",
	.requests_a_minute = 60,
	.by_application = true,
	.order_is_slow = true,
	.list = list,
	.find = find,
	.read_list = bandwidth_read_list,
	.one = one,
	.search = search,
	.read_search = bandwidth_read_search,
	.buy = buy,
	.read_buy = bandwidth_read_buy,
	.order = order,
	.point = point,
	.application_texts = application_texts,
	.release = release,
	.read_done = bandwidth_read_done,
};
