/* inventory_plivo: Number, PhoneNumber and Application of Plivo's v1 API (plivo-python, plivo-go, plivo.com/docs/numbers).
 * JSON both ways, every path with a slash at its end. A number points to an application; the application has our URL. */
#include <stdio.h>

#include "provider/inventory_dialects.h"
#include "provider/inventory_plivo_read.h"
#include "provider/inventory_read.h"
#include "provider/inventory_write.h"
#include "wire/json_out.h"

#define PAGE 20 /* Plivo's most */

static const char no_account[] = "the account has no auth_id", no_token[] = "the account has no auth_token";
static const char no_application[] = "the account has no app_id to point numbers to";

/* Begins A/..., A being the account. */
static enum err begin(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	const char *path, struct inventory_request *request, const char **ret_why)
{
	if (!account->sid[0] || !account->secret[0]) {
		*ret_why = account->sid[0] ? no_token : no_account;
		return ERR_BAD_REQUEST;
	}
	inventory_begin(writer, &inventory_plivo, account, method, request);
	inventory_basic(writer, account->sid, account->secret);
	inventory_path(writer, "/Account/");
	inventory_segment(writer, account->sid);
	inventory_path(writer, path);
	return ERR_OK;
}

/* Begins a request about one number: `path` is "/Number/" or "/PhoneNumber/". */
static enum err begin_number(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	const char *path, struct number number, struct inventory_request *request, const char **ret_why)
{
	char digits[NUMBER_TEXT_SIZE];
	enum err err = begin(writer, account, method, path, request, ret_why);

	if (err)
		return err;
	if (!number_is(number)) {
		*ret_why = "there is no number";
		return ERR_BAD_REQUEST;
	}
	inventory_segment(writer, inventory_digits(number, digits));
	inventory_path(writer, "/");
	return ERR_OK;
}

static enum err end(struct inventory_writer *writer, const char **ret_why)
{
	enum err err = inventory_end(writer);

	if (err)
		*ret_why = err == ERR_TOO_LARGE ? "the request is too long" : "the account's api_url is no http or https URL";
	return err;
}

/* The cursor is the query of a meta.next: never a path or a host. */
static enum err list(const struct account *account, const char *cursor, struct inventory_request *ret_request,
	const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, "/Number/", ret_request, ret_why);

	if (err)
		return err;
	if (cursor[0]) {
		inventory_path(&writer, "?");
		inventory_path(&writer, cursor);
	} else {
		inventory_query_u64(&writer, "limit", PAGE);
		inventory_query_u64(&writer, "offset", 0);
	}
	return end(&writer, ret_why);
}

/* A list of those that begin so, which is empty where it isn't ours; the number by itself would be 404. */
static enum err find(const struct account *account, struct number number, struct inventory_request *ret_request,
	const char **ret_why)
{
	char digits[NUMBER_TEXT_SIZE];
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, "/Number/", ret_request, ret_why);

	if (err)
		return err;
	inventory_query(&writer, "number_startswith", inventory_digits(number, digits));
	inventory_query_u64(&writer, "limit", PAGE);
	return end(&writer, ret_why);
}

static bool type_known(const char *type)
{
	static const char *const types[] = {"", "local", "mobile", "national", "tollfree"};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

static enum err search(const struct account *account, const struct inventory_want *want,
	struct inventory_request *ret_request, const char **ret_why)
{
	bool type = type_known(want->type);
	struct inventory_writer writer;
	char country[3];

	if (!want->country || !type) {
		*ret_why = type ? "Plivo wants a country to search in" : "Plivo has local, mobile, national and tollfree numbers";
		return ERR_BAD_REQUEST;
	}
	enum err err = begin(&writer, account, INVENTORY_GET, "/PhoneNumber/", ret_request, ret_why);
	if (err)
		return err;
	inventory_query(&writer, "country_iso", inventory_country(want->country, country));
	inventory_query(&writer, "type", want->type[0] ? want->type : "local");
	inventory_query(&writer, "pattern", want->area[0] ? want->area : NULL);
	inventory_query(&writer, "region", want->region[0] ? want->region : NULL);
	inventory_query(&writer, "services", want->sms ? "voice,sms" : "voice");
	inventory_query_u64(&writer, "limit", want->n < PAGE ? (uint64_t)want->n : PAGE);
	return end(&writer, ret_why);
}

/* {"app_id":"..."}: without it Plivo takes the account's default application, whatever that is. */
static enum err put_application(struct inventory_writer *writer, const struct account *account, const char **ret_why)
{
	struct json_out json = json_out_to(&writer->body);

	if (!account->application[0]) {
		*ret_why = no_application;
		return ERR_BAD_REQUEST;
	}
	inventory_body(writer, "application/json");
	json_out_object(&json, NULL);
	json_out_lit(&json, "app_id", account->application);
	json_out_end(&json);
	return ERR_OK;
}

static enum err buy(const struct account *account, const struct inventory_offer *offer, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err =
		begin_number(&writer, account, INVENTORY_POST, "/PhoneNumber/", offer->number, ret_request, ret_why);

	(void)hook;
	if (!err)
		err = put_application(&writer, account, ret_why);
	return err ? err : end(&writer, ret_why);
}

static enum err point(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_POST, "/Number/", number->number, ret_request, ret_why);

	(void)hook;
	if (!err)
		err = put_application(&writer, account, ret_why);
	return err ? err : end(&writer, ret_why);
}

/* Begins a change of the account's application: what isn't told stays as it is. */
static enum err begin_application(struct inventory_writer *writer, const struct account *account,
	struct inventory_request *request, const char **ret_why)
{
	enum err err = begin(writer, account, INVENTORY_POST, "/Application/", request, ret_why);

	if (err)
		return err;
	if (!inventory_id_ok(str_of(account->application))) {
		*ret_why = account->application[0] ? "the account's app_id is no id" : no_application;
		return ERR_BAD_REQUEST;
	}
	inventory_segment(writer, account->application);
	inventory_path(writer, "/");
	inventory_body(writer, "application/json");
	return ERR_OK;
}

/* A URL of an application, which is POSTed to. */
struct told {
	const char *url_name, *method_name, *url; /* url NULL: is left as it is */
};

static enum err tell_application(const struct account *account, const struct told *told, int n,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_application(&writer, account, ret_request, ret_why);

	if (err)
		return err;
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	for (int i = 0; i < n; i++) {
		if (!told[i].url)
			continue;
		json_out_lit(&json, told[i].url_name, told[i].url);
		json_out_lit(&json, told[i].method_name, "POST");
	}
	json_out_end(&json);
	return end(&writer, ret_why);
}

static enum err application_texts(const struct account *account, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	const struct told told = {"message_url", "message_method", hook->text_url};

	return tell_application(account, &told, 1, ret_request, ret_why);
}

static enum err application(const struct account *account, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	const struct told told[] = {{"answer_url", "answer_method", hook->voice_url}, {"hangup_url", "hangup_method", hook->status_url}};

	return tell_application(account, told, 2, ret_request, ret_why);
}

static enum err release(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err = begin_number(&writer, account, INVENTORY_DELETE, "/Number/", number->number, ret_request, ret_why);

	return err ? err : end(&writer, ret_why);
}

const struct inventory inventory_plivo = {
	.provider = "plivo",
	.api_url = "https://api.plivo.com/v1",
	.requests_a_minute = 600, /* of 300 in 5 s that Plivo allows for all that the account does */
	.by_application = true,
	.order_is_slow = true,
	.list = list,
	.find = find,
	.read_list = inventory_plivo_read_list,
	.search = search,
	.read_search = inventory_plivo_read_search,
	.buy = buy,
	.read_buy = inventory_plivo_read_buy,
	.point = point,
	.application = application,
	.application_texts = application_texts,
	.release = release,
	.read_done = inventory_plivo_read_done,
};
