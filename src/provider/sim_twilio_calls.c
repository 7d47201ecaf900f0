#include "provider/sim_twilio_calls.h"

#include <stdio.h>

#include "base/check.h"
#include "provider/sim_twilio_put.h"

#define LIST_PAGE 50 /* Twilio's, unless PageSize says otherwise */

const struct sim_twilio_fault sim_twilio_not_found = {404, 20404, "The requested resource was not found"};
static const struct sim_twilio_fault no_wish = {400, 20001, "Either PhoneNumber or AreaCode is needed"};
static const struct sim_twilio_fault not_on_offer = {400, 21422, "PhoneNumber is not available"};
static const struct sim_twilio_fault none_in_area = {400, 21452, "No phone numbers found in area code"};
static const struct sim_twilio_fault no_address = {400, 21631, "Phone Number Requires an Address"};
static const struct sim_twilio_fault too_many = {
	400, 10002, "Trial accounts do not support the feature you tried to use"};
static const struct sim_twilio_fault not_here = {400, 21451, "AreaCode is for the US and Canada"};

/* --- list and search --- */

static bool is_listed(const struct form *form, const struct sim_twilio_number *number)
{
	struct str part = form_value(form, "PhoneNumber"), name = form_value(form, "FriendlyName");

	if (!number->serial || (name.at && !str_equal(name, str_of(number->friendly_name))))
		return false;
	return !part.at || sim_twilio_matches(number->number, part);
}

/* The number bought first after `serial` that is asked for; NULL. */
static const struct sim_twilio_number *next_of(const struct sim_twilio_call *call, uint32_t serial)
{
	const struct sim_twilio_number *next = NULL;

	for (int i = 0; i < call->sim->n; i++) {
		const struct sim_twilio_number *number = &call->sim->numbers[i];
		if (number->serial > serial && (!next || number->serial < next->serial) && is_listed(&call->form, number))
			next = number;
	}
	return next;
}

/* "PA" and the serial of the page's last number: what was bought or released meanwhile moves nothing. */
static uint32_t serial_of(struct str token)
{
	uint32_t serial = 0;

	for (size_t i = 2; i < token.len; i++) {
		char c = token.at[i];
		serial = serial << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return serial;
}

/* The path with what was asked, of another page. */
static void put_uri(struct sim_twilio_call *call, struct json_out *json, const char *name, uint64_t size, uint64_t page, uint32_t last)
{
	static const char *const kept[] = {"PhoneNumber", "FriendlyName"};
	char text[2048], token[SIM_TWILIO_SID_SIZE];
	struct buf uri;

	buf_fixed(&uri, text, sizeof text);
	buf_str(&uri, call->path);
	buf_fmt(&uri, "?PageSize=%llu&Page=%llu", (unsigned long long)size, (unsigned long long)page);
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		struct str value = form_value(&call->form, kept[i]);
		if (!value.at)
			continue;
		buf_fmt(&uri, "&%s=", kept[i]);
		form_encode(&uri, value);
	}
	if (last)
		buf_fmt(&uri, "&PageToken=%s", sim_twilio_sid("PA", last, token));
	ASSERT(buf_ok(&uri)); /* the path is one of ours, the values are short */
	json_out_str(json, name, buf_text(&uri));
}

const struct sim_twilio_fault *sim_twilio_list(struct sim_twilio_call *call, int *ret_status)
{
	const struct sim_twilio_fault *fault = sim_twilio_params_check(&call->form, sim_twilio_list_params);
	uint64_t size = sim_twilio_count(&call->form, "PageSize", LIST_PAGE), page = sim_twilio_count(&call->form, "Page", 0);
	struct str token = form_value(&call->form, "PageToken");
	struct json_out json = json_out_to(call->out);
	uint64_t n = 0;

	if (fault)
		return fault;
	uint32_t last = serial_of(token);
	const struct sim_twilio_number *number = next_of(call, last);
	/* Without a token the pages before are passed over. */
	for (uint64_t skipped = 0; !token.at && number && skipped < size * page; skipped++)
		number = next_of(call, number->serial);
	json_out_object(&json, NULL);
	json_out_array(&json, "incoming_phone_numbers");
	for (; number && n < size; n++, number = next_of(call, last)) {
		sim_twilio_put_owned(&json, call->sim, number);
		last = number->serial;
	}
	json_out_end(&json);
	json_out_u64(&json, "page", page);
	json_out_u64(&json, "page_size", size);
	json_out_u64(&json, "start", size * page);
	json_out_u64(&json, "end", size * page + (n ? n - 1 : 0));
	put_uri(call, &json, "uri", size, page, 0);
	put_uri(call, &json, "first_page_uri", size, 0, 0);
	if (number)
		put_uri(call, &json, "next_page_uri", size, page + 1, last);
	else
		json_out_null(&json, "next_page_uri");
	if (page)
		put_uri(call, &json, "previous_page_uri", size, page - 1, 0);
	else
		json_out_null(&json, "previous_page_uri");
	json_out_end(&json);
	*ret_status = 200;
	return NULL;
}

static bool in_area(const struct sim_twilio_number *number, struct str area)
{
	char pattern[6];

	snprintf(pattern, sizeof pattern, "+1%.3s", area.at);
	return sim_twilio_matches(number->number, str_of(pattern));
}

static bool is_nanp(uint16_t country)
{
	return country == ('U' << 8 | 'S') || country == ('C' << 8 | 'A');
}

/* "true" keeps those that have it, "false" those that don't; not given: all. */
static bool flag_fits(const struct form *form, const char *name, bool has)
{
	struct str value = form_value(form, name);

	return !value.at || str_equal(value, STR("true")) == has;
}

static bool is_found(const struct form *form, const struct sim_twilio_number *number)
{
	struct str area = form_value(form, "AreaCode"), pattern = form_value(form, "Contains");
	struct str region = form_value(form, "InRegion"), without = form_value(form, "ExcludeAllAddressRequired");

	return !number->serial && (!area.at || in_area(number, area)) &&
	       (!pattern.at || sim_twilio_matches(number->number, pattern)) &&
	       (!region.at || str_equal(region, str_of(number->region))) && flag_fits(form, "VoiceEnabled", true) &&
	       flag_fits(form, "SmsEnabled", number->sms) &&
	       !(number->wants_address && str_equal(without, STR("true")));
}

/* As the paths spell it: "Local". NULL: another word. */
static const char *type_of(struct str path_word)
{
	static const char *const words[][2] = {
		{"Local.json", "local"}, {"Mobile.json", "mobile"}, {"National.json", "national"}, {"TollFree.json", "tollfree"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_equal(path_word, str_of(words[i][0])))
			return words[i][1];
	return NULL;
}

const struct sim_twilio_fault *sim_twilio_search(struct sim_twilio_call *call, int *ret_status)
{
	const struct sim_twilio_fault *fault = sim_twilio_params_check(&call->form, sim_twilio_search_params);
	uint64_t size = sim_twilio_count(&call->form, "PageSize", LIST_PAGE), n = 0;
	uint64_t skip = size * sim_twilio_count(&call->form, "Page", 0);
	uint16_t country = country_parse(call->parts[5]);
	const char *type = type_of(call->parts[6]);
	struct json_out json = json_out_to(call->out);
	bool sold = false;

	for (int i = 0; i < call->sim->n; i++)
		sold = sold || call->sim->numbers[i].country == country;
	if (!country || !type || !sold)
		return &sim_twilio_not_found;
	if (fault)
		return fault;
	if (form_value(&call->form, "AreaCode").at && !is_nanp(country))
		return &not_here;
	json_out_object(&json, NULL);
	json_out_array(&json, "available_phone_numbers");
	for (int i = 0; i < call->sim->n && n < size; i++) {
		const struct sim_twilio_number *number = &call->sim->numbers[i];
		if (number->country != country || strcmp(number->type, type) != 0 || !is_found(&call->form, number))
			continue;
		if (skip) {
			skip--;
			continue;
		}
		sim_twilio_put_offer(&json, number);
		n++;
	}
	json_out_end(&json);
	json_out_str(&json, "uri", call->path);
	json_out_end(&json);
	*ret_status = 200;
	return NULL;
}

/* --- buy, one, set, release --- */

/* A parameter over a text of ours; one that isn't given leaves it alone. */
static void take(const struct form *form, const char *name, char *text, size_t size)
{
	struct str value = form_value(form, name);

	if (value.at)
		ASSERT(str_copy(text, size, value)); /* the parameters have been looked at */
}

static void take_flag(const struct form *form, const char *name, struct str word, bool *flag)
{
	struct str value = form_value(form, name);

	if (value.at)
		*flag = str_equal(value, word);
}

/* Setting one of application and trunk takes the other away. */
static void take_settings(const struct form *form, struct sim_twilio_number *number)
{
	take(form, "FriendlyName", number->friendly_name, sizeof number->friendly_name);
	take(form, "VoiceUrl", number->voice_url, sizeof number->voice_url);
	take(form, "SmsUrl", number->sms_url, sizeof number->sms_url);
	take_flag(form, "SmsMethod", STR("GET"), &number->sms_by_get);
	take(form, "SmsApplicationSid", number->sms_application, sizeof number->sms_application);
	take(form, "StatusCallback", number->status_callback, sizeof number->status_callback);
	take_flag(form, "VoiceMethod", STR("GET"), &number->voice_by_get);
	take_flag(form, "StatusCallbackMethod", STR("GET"), &number->status_by_get);
	take_flag(form, "VoiceReceiveMode", STR("fax"), &number->fax);
	take(form, "AddressSid", number->address, sizeof number->address);
	take(form, "BundleSid", number->bundle, sizeof number->bundle);
	take(form, "VoiceApplicationSid", number->application, sizeof number->application);
	if (form_value(form, "VoiceApplicationSid").len)
		number->trunk[0] = '\0';
	take(form, "TrunkSid", number->trunk, sizeof number->trunk);
	if (number->trunk[0])
		number->application[0] = '\0';
}

static const struct sim_twilio_fault *choose(struct sim_twilio_call *call, struct sim_twilio_number **ret_number)
{
	struct str text = form_value(&call->form, "PhoneNumber"), area = form_value(&call->form, "AreaCode");
	struct sim_inventory_twilio *sim = call->sim;
	struct sim_twilio_number *found = NULL;
	struct number number;

	if (!text.at == !area.at)
		return &no_wish;
	if (text.at) {
		if (number_parse(text, &number) == ERR_OK)
			found = sim_inventory_twilio_find(sim, number);
		if (!found || found->serial)
			return &not_on_offer;
	}
	for (int i = 0; i < sim->n && !found; i++)
		if (!sim->numbers[i].serial && is_nanp(sim->numbers[i].country) && in_area(&sim->numbers[i], area))
			found = &sim->numbers[i];
	*ret_number = found;
	return found ? NULL : &none_in_area;
}

static void put_number(struct sim_twilio_call *call, const struct sim_twilio_number *number)
{
	struct json_out json = json_out_to(call->out);

	sim_twilio_put_owned(&json, call->sim, number);
}

const struct sim_twilio_fault *sim_twilio_buy(struct sim_twilio_call *call, int *ret_status)
{
	const struct sim_twilio_fault *fault = sim_twilio_params_check(&call->form, sim_twilio_buy_params);
	struct sim_inventory_twilio *sim = call->sim;
	struct sim_twilio_number *number = NULL;

	if (!fault)
		fault = choose(call, &number);
	if (fault)
		return fault;
	if (number->wants_address && !form_value(&call->form, "AddressSid").len && !form_value(&call->form, "BundleSid").len)
		return &no_address;
	if (sim->owned >= sim->owned_max)
		return &too_many;
	number->serial = ++sim->serial;
	number->bought_ms = number->changed_ms = call->ask->now_ms;
	number_text(number->number, number->friendly_name);
	take_settings(&call->form, number);
	sim->owned++;
	put_number(call, number);
	*ret_status = 201;
	return NULL;
}

const struct sim_twilio_fault *sim_twilio_one(struct sim_twilio_call *call, int *ret_status)
{
	if (call->form.n)
		return &sim_twilio_bad_parameter;
	put_number(call, call->number);
	*ret_status = 200;
	return NULL;
}

const struct sim_twilio_fault *sim_twilio_set(struct sim_twilio_call *call, int *ret_status)
{
	const struct sim_twilio_fault *fault = sim_twilio_params_check(&call->form, sim_twilio_set_params);

	if (fault)
		return fault;
	take_settings(&call->form, call->number);
	call->number->changed_ms = call->ask->now_ms;
	put_number(call, call->number);
	*ret_status = 200;
	return NULL;
}

const struct sim_twilio_fault *sim_twilio_release(struct sim_twilio_call *call, int *ret_status)
{
	if (call->form.n)
		return &sim_twilio_bad_parameter;
	*call->number = sim_twilio_fresh(call->number);
	call->sim->owned--;
	*ret_status = 204;
	return NULL;
}
