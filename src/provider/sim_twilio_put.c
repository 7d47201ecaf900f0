#include "provider/sim_twilio_put.h"

#include <stdio.h>
#include <time.h>

#include "base/check.h"

char *sim_twilio_sid(const char *kind, uint32_t serial, char text[SIM_TWILIO_SID_SIZE])
{
	snprintf(text, SIM_TWILIO_SID_SIZE, "%s%032x", kind, serial);
	return text;
}

/* RFC 2822, in GMT: "Thu, 30 Jul 2015 23:19:04 +0000". */
static void put_date(struct json_out *json, const char *name, int64_t time_ms)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(time_ms / 1000);
	char text[64];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm)) {
		json_out_null(json, name);
		return;
	}
	snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	json_out_lit(json, name, text);
}

static void put_capabilities(struct json_out *json, const struct sim_twilio_number *number)
{
	json_out_object(json, "capabilities");
	json_out_bool(json, "voice", true);
	json_out_bool(json, "sms", number->sms);
	json_out_bool(json, "mms", false);
	json_out_bool(json, "fax", false);
	json_out_end(json);
}

static void put_needs(struct json_out *json, const struct sim_twilio_number *number)
{
	json_out_lit(json, "address_requirements", number->wants_address ? "any" : "none");
	json_out_bool(json, "beta", false);
}

static void put_voice(struct json_out *json, const struct sim_twilio_number *number)
{
	json_out_lit(json, "voice_application_sid", number->application);
	json_out_lit_or_null(json, "trunk_sid", number->trunk);
	json_out_lit_or_null(json, "voice_url", number->voice_url);
	json_out_lit(json, "voice_method", number->voice_by_get ? "GET" : "POST");
	json_out_null(json, "voice_fallback_url");
	json_out_lit(json, "voice_fallback_method", "POST");
	json_out_bool(json, "voice_caller_id_lookup", false);
	json_out_lit(json, "voice_receive_mode", number->fax ? "fax" : "voice");
	json_out_lit(json, "status_callback", number->status_callback);
	json_out_lit(json, "status_callback_method", number->status_by_get ? "GET" : "POST");
}

static void put_texts(struct json_out *json, const struct sim_twilio_number *number)
{
	json_out_lit(json, "sms_application_sid", number->sms_application);
	json_out_lit(json, "sms_url", number->sms_url);
	json_out_lit(json, "sms_method", number->sms_by_get ? "GET" : "POST");
}

void sim_twilio_put_owned(struct json_out *json, const struct sim_inventory_twilio *sim, const struct sim_twilio_number *number)
{
	char sid[SIM_TWILIO_SID_SIZE], text[NUMBER_TEXT_SIZE], uri[768];

	ASSERT(number->serial);
	sim_twilio_sid("PN", number->serial, sid);
	snprintf(uri, sizeof uri, "/2010-04-01/Accounts/%s/IncomingPhoneNumbers/%s.json", sim->account_sid, sid);
	json_out_object(json, NULL);
	json_out_lit(json, "sid", sid);
	json_out_lit(json, "account_sid", sim->account_sid);
	json_out_lit(json, "phone_number", number_text(number->number, text));
	json_out_lit(json, "friendly_name", number->friendly_name);
	put_needs(json, number);
	put_capabilities(json, number);
	put_voice(json, number);
	put_texts(json, number);
	json_out_lit_or_null(json, "address_sid", number->address);
	json_out_lit_or_null(json, "bundle_sid", number->bundle);
	json_out_null(json, "identity_sid");
	json_out_lit(json, "origin", "twilio");
	json_out_lit(json, "status", "in-use");
	json_out_lit(json, "type", number->type);
	json_out_lit(json, "api_version", "2010-04-01");
	put_date(json, "date_created", number->bought_ms);
	put_date(json, "date_updated", number->changed_ms);
	json_out_lit(json, "uri", uri);
	json_out_end(json);
}

void sim_twilio_put_offer(struct json_out *json, const struct sim_twilio_number *number)
{
	char text[NUMBER_TEXT_SIZE], country[3] = {(char)(number->country >> 8), (char)(number->country & 0xff), '\0'};

	number_text(number->number, text);
	json_out_object(json, NULL);
	json_out_lit(json, "friendly_name", text);
	json_out_lit(json, "phone_number", text);
	json_out_null(json, "lata");
	json_out_null(json, "locality");
	json_out_null(json, "rate_center");
	json_out_null(json, "latitude");
	json_out_null(json, "longitude");
	json_out_lit_or_null(json, "region", number->region);
	json_out_null(json, "postal_code");
	json_out_lit(json, "iso_country", country);
	put_needs(json, number);
	put_capabilities(json, number);
	json_out_end(json);
}

void sim_twilio_put_fault(struct buf *out, const struct sim_twilio_fault *fault)
{
	struct json_out json = json_out_to(out);
	char more[64];

	snprintf(more, sizeof more, "https://www.twilio.com/docs/errors/%d", fault->code);
	json_out_object(&json, NULL);
	json_out_i64(&json, "code", fault->code);
	json_out_lit(&json, "message", fault->message);
	json_out_lit(&json, "more_info", more);
	json_out_i64(&json, "status", fault->status);
	json_out_end(&json);
}
