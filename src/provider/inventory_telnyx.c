/* telnyx: the REST API v2 (developers.telnyx.com; team-telnyx/openapi). JSON both ways, a bearer key, pages counted from 1.
 *
 * A number points to a connection: the TeXML application (or Call Control application, account.call_control) whose id is
 * account.application. Its texts belong to a messaging profile, account.message_application. A purchase is an order that may
 * take its time; the ids in it are not the number's, which only the list tells. */
#include <stdio.h>

#include "provider/inventory_dialects.h"
#include "provider/inventory_pages.h"
#include "provider/inventory_telnyx.h"
#include "provider/inventory_write.h"
#include "wire/json_out.h"

#define PAGE_SIZE 250 /* the largest that is taken */
#define FIND_SIZE 20

static const char no_profile[] = "messaging_profile_id is not set";

static enum err refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return ERR_BAD_REQUEST;
}

static enum err begin(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	struct inventory_request *request, const char **ret_why)
{
	if (!account->api_key[0])
		return refuse("api_key is not set", ret_why);
	inventory_begin(writer, &inventory_telnyx, account, method, request);
	request->bearer = account->api_key;
	return ERR_OK;
}

static enum err finish(struct inventory_writer *writer, const char **ret_why)
{
	enum err err = inventory_end(writer);

	return err == ERR_BAD_REQUEST ? refuse("api_url is no URL", ret_why) : err;
}

/* A request about one thing of ours: PATH/ID. */
static enum err begin_one(struct inventory_writer *writer, const struct account *account, enum inventory_method method,
	const char *path, struct str id, struct inventory_request *request, const char **ret_why)
{
	char text[INVENTORY_ID_MAX + 1];

	if (!telnyx_id_ok(id) || !str_copy(text, sizeof text, id))
		return refuse("the id is none of Telnyx's", ret_why);
	enum err err = begin(writer, account, method, request, ret_why);
	if (err)
		return err;
	inventory_path(writer, path);
	inventory_segment(writer, text);
	return ERR_OK;
}

static enum err list(
	const struct account *account, const char *cursor, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	uint64_t page;

	if (!inventory_page_index(cursor, &page))
		return refuse("the cursor is no page", ret_why);
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);
	if (err)
		return err;
	inventory_path(&writer, "/phone_numbers");
	inventory_query_u64(&writer, "page[number]", page);
	inventory_query_u64(&writer, "page[size]", PAGE_SIZE);
	return finish(&writer, ret_why);
}

/* The filter takes parts of numbers, digits alone. */
static enum err find(
	const struct account *account, struct number number, struct inventory_request *ret_request, const char **ret_why)
{
	char digits[NUMBER_TEXT_SIZE];
	struct inventory_writer writer;
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);

	if (err)
		return err;
	inventory_path(&writer, "/phone_numbers");
	inventory_query_u64(&writer, "page[number]", 1);
	inventory_query_u64(&writer, "page[size]", FIND_SIZE);
	inventory_query(&writer, "filter[phone_number]", inventory_digits(number, digits));
	return finish(&writer, ret_why);
}

static const char *type_of(const char *type)
{
	static const char *const types[][2] = {{"", "local"}, {"local", "local"}, {"mobile", "mobile"},
		{"national", "national"}, {"tollfree", "toll_free"}};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i][0], type) == 0)
			return types[i][1];
	return NULL;
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
		return refuse("Telnyx has no numbers of this type", ret_why);
	enum err err = begin(&writer, account, INVENTORY_GET, ret_request, ret_why);
	if (err)
		return err;
	inventory_path(&writer, "/available_phone_numbers");
	inventory_query(&writer, "filter[country_code]", inventory_country(want->country, country));
	inventory_query(&writer, "filter[phone_number_type]", type);
	inventory_query(&writer, "filter[features][]", "voice");
	inventory_query(&writer, "filter[features][]", want->sms ? "sms" : NULL);
	inventory_query(&writer, "filter[national_destination_code]", want->area[0] ? want->area : NULL);
	inventory_query(&writer, "filter[administrative_area]", want->region[0] ? want->region : NULL);
	inventory_query_u64(&writer, "filter[limit]", (uint64_t)want->n);
	inventory_query(&writer, "filter[best_effort]", "false");
	inventory_query(&writer, "filter[exclude_held_numbers]", "true");
	return finish(&writer, ret_why);
}

static enum err buy(const struct account *account, const struct inventory_offer *offer, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	char text[NUMBER_TEXT_SIZE];
	struct inventory_writer writer;

	(void)hook;
	if (!account->application[0])
		return refuse("connection_id is not set", ret_why);
	enum err err = begin(&writer, account, INVENTORY_POST, ret_request, ret_why);
	if (err)
		return err;
	inventory_path(&writer, "/number_orders");
	inventory_body(&writer, "application/json");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	json_out_array(&json, "phone_numbers");
	json_out_object(&json, NULL);
	json_out_lit(&json, "phone_number", number_text(offer->number, text));
	json_out_end(&json);
	json_out_end(&json);
	json_out_lit(&json, "connection_id", account->application);
	json_out_lit(&json, "customer_reference", "bauta");
	json_out_end(&json);
	return finish(&writer, ret_why);
}

static enum err order(
	const struct account *account, const char *id, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err =
		begin_one(&writer, account, INVENTORY_GET, "/number_orders/", str_of(id), ret_request, ret_why);

	return err ? err : finish(&writer, ret_why);
}

/* {"NAME":"ID"} */
static void put_one(struct inventory_writer *writer, const char *name, const char *id)
{
	struct json_out json = json_out_to(&writer->body);

	inventory_body(writer, "application/json");
	json_out_object(&json, NULL);
	json_out_lit(&json, name, id);
	json_out_end(&json);
}

static enum err point(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;

	(void)hook;
	if (!account->application[0])
		return refuse("connection_id is not set", ret_why);
	enum err err =
		begin_one(&writer, account, INVENTORY_PATCH, "/phone_numbers/", number->id, ret_request, ret_why);
	if (err)
		return err;
	put_one(&writer, "connection_id", account->application);
	return finish(&writer, ret_why);
}

static enum err point_texts(const struct account *account, const struct inventory_number *number,
	const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;

	(void)hook;
	if (!account->message_application[0])
		return refuse(no_profile, ret_why);
	enum err err =
		begin_one(&writer, account, INVENTORY_PATCH, "/phone_numbers/", number->id, ret_request, ret_why);
	if (err)
		return err;
	inventory_path(&writer, "/messaging");
	put_one(&writer, "messaging_profile_id", account->message_application);
	return finish(&writer, ret_why);
}

/* A name is wanted with every change of an application, so it becomes ours. Its own reports of calls are left as they are: each
 * answer of ours says where to report, and of Call Control they are events like the others. */
static enum err application(const struct account *account, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	bool control = account->call_control;
	char name[sizeof "Bauta " + ACCOUNT_NAME_MAX];
	struct inventory_writer writer;

	if (!account->application[0])
		return refuse("connection_id is not set", ret_why);
	enum err err = begin_one(&writer, account, INVENTORY_PATCH,
		control ? "/call_control_applications/" : "/texml_applications/", str_of(account->application), ret_request,
		ret_why);
	if (err)
		return err;
	snprintf(name, sizeof name, "Bauta %s", account->name);
	inventory_body(&writer, "application/json");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	json_out_lit(&json, control ? "application_name" : "friendly_name", name);
	json_out_lit(&json, control ? "webhook_event_url" : "voice_url", control ? hook->control_url : hook->voice_url);
	json_out_lit(&json, control ? "webhook_api_version" : "voice_method", control ? "2" : "post");
	json_out_end(&json);
	return finish(&writer, ret_why);
}

/* Reports of texts come where each text says (messaging_telnyx.c). */
static enum err application_texts(const struct account *account, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;

	if (!account->message_application[0])
		return refuse(no_profile, ret_why);
	enum err err = begin_one(&writer, account, INVENTORY_PATCH, "/messaging_profiles/",
		str_of(account->message_application), ret_request, ret_why);
	if (err)
		return err;
	inventory_body(&writer, "application/json");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	json_out_lit(&json, "webhook_url", hook->text_url);
	json_out_lit(&json, "webhook_api_version", "2");
	json_out_end(&json);
	return finish(&writer, ret_why);
}

static enum err release(const struct account *account, const struct inventory_number *number,
	struct inventory_request *ret_request, const char **ret_why)
{
	struct inventory_writer writer;
	enum err err =
		begin_one(&writer, account, INVENTORY_DELETE, "/phone_numbers/", number->id, ret_request, ret_why);

	return err ? err : finish(&writer, ret_why);
}

const struct inventory inventory_telnyx = {
	.provider = "telnyx",
	.api_url = "https://api.telnyx.com/v2",
	.requests_a_minute = 60, /* its limits are not published; answers tell when they are passed */
	.by_application = true,
	.order_is_slow = true,
	.list = list,
	.find = find,
	.read_list = telnyx_read_list,
	.search = search,
	.read_search = telnyx_read_search,
	.buy = buy,
	.read_buy = telnyx_read_buy,
	.order = order,
	.point = point,
	.point_texts = point_texts,
	.application = application,
	.application_texts = application_texts,
	.release = release,
	.read_done = telnyx_read_done,
};
