#include "api/pool_json.h"

#include "phone/phone.h"
#include "wire/notice_json.h"

#define NUMBER_TEXT_LONG 64

/* Whole numbers, and words (an enum's place in a list). In the order in which they are shown. */
static const struct setting {
	const char *name;
	size_t offset;            /* of a uint32_t or an enum in struct pool_policy */
	const char *const *words; /* NULL: a whole number */
} settings[] = {
	{"mode", offsetof(struct pool_policy, mode), pool_mode_words},
	{"numbers", offsetof(struct pool_policy, numbers), pool_numbers_words},
	{"ttl_s", offsetof(struct pool_policy, ttl_s), NULL},
	{"ttl_from", offsetof(struct pool_policy, ttl_from), pool_ttl_from_words},
	{"grace_s", offsetof(struct pool_policy, grace_s), NULL},
	{"cooldown_s", offsetof(struct pool_policy, cooldown_s), NULL},
	{"rest_s", offsetof(struct pool_policy, rest_s), NULL},
	{"per_vn_max", offsetof(struct pool_policy, per_vn_max), NULL},
	{"stick", offsetof(struct pool_policy, stick), pool_stick_words},
	{"stick_s", offsetof(struct pool_policy, stick_s), NULL},
	{"geo", offsetof(struct pool_policy, geo), pool_geo_words},
	{"unknown_caller", offsetof(struct pool_policy, unknown_caller), pool_unknown_words},
	{"ring_s", offsetof(struct pool_policy, ring_s), NULL},
	{"max_call_s", offsetof(struct pool_policy, max_call_s), NULL},
	{"keep_s", offsetof(struct pool_policy, keep_s), NULL},
	{"low_water", offsetof(struct pool_policy, low_water), NULL},
	{"high_water", offsetof(struct pool_policy, high_water), NULL},
	{"calls_at_once", offsetof(struct pool_policy, calls_at_once), NULL},
	{"minutes_per_session", offsetof(struct pool_policy, minutes_per_session), NULL},
	{"require_attestation", offsetof(struct pool_policy, require_attestation), pool_attestation_words},
	{"attempts_per_minute", offsetof(struct pool_policy, attempts_per_minute), NULL},
	{"scan_vns", offsetof(struct pool_policy, scan_vns), NULL},
};

#define SETTINGS_N ((int)(sizeof settings / sizeof *settings))
#define GEO_STRICT SETTINGS_N /* a boolean, behind the others in struct pool_change */

_Static_assert(sizeof(enum pool_mode) == sizeof(uint32_t), "an enum is read and written as a uint32_t");
_Static_assert(GEO_STRICT < POOL_JSON_SETTINGS_MAX, "every setting has its place");

static const char *const fields[] = {"!name", "!country", "countries", "mode", "numbers", "ttl_s", "ttl_from",
	"grace_s", "cooldown_s", "rest_s", "per_vn_max", "stick", "stick_s", "geo", "geo_strict",
	"unknown_caller", "forward_to", "ring_s", "max_call_s", "keep_s", "low_water", "high_water",
	"calls_at_once", "minutes_per_session", "require_attestation", "attempts_per_minute", "scan_vns",
	"messages", "redact", "keep_bodies_s", "supply", NULL};
static const char *const fields_of_patch[] = {"country", "countries", "mode", "numbers", "ttl_s", "ttl_from",
	"grace_s", "cooldown_s", "rest_s", "per_vn_max", "stick", "stick_s", "geo", "geo_strict",
	"unknown_caller", "forward_to", "ring_s", "max_call_s", "keep_s", "low_water", "high_water",
	"calls_at_once", "minutes_per_session", "require_attestation", "attempts_per_minute", "scan_vns",
	"messages", "redact", "keep_bodies_s", "supply", NULL};

static enum err read_country(const struct json_at *at, uint16_t *ret_country, struct problem *problem)
{
	struct str text = STR_NONE;
	enum err err = json_at_text(at, 0, 16, &text, problem);

	if (err || !json_at_there(at))
		return err;
	uint16_t country = country_parse(text);
	if (!country || !phone_country_known(country))
		return json_at_problem(
			at, ERR_BAD_REQUEST, "this is to be a country's two letters (ISO 3166)", problem);
	*ret_country = country;
	return ERR_OK;
}

static enum err read_countries(const struct json_at *at, struct pool_change *change, struct problem *problem)
{
	int n = 0;
	enum err err = json_at_count(at, 1, POOL_COUNTRIES_MAX, &n, problem);

	for (int i = 0; err == ERR_OK && i < n; i++) {
		struct json_at item = json_at_item(at, i);
		err = read_country(&item, &change->countries[i], problem);
	}
	change->countries_given = json_at_there(at);
	change->countries_n = (uint8_t)n;
	return err;
}

static enum err read_settings(const struct json_at *at, struct pool_change *change, struct problem *problem)
{
	struct json_at strict = json_at_field(at, "geo_strict");
	bool geo_strict = false;
	enum err err = ERR_OK;

	for (int i = 0; err == ERR_OK && i < SETTINGS_N; i++) {
		struct json_at field = json_at_field(at, settings[i].name);
		int word = 0;
		change->set[i] = json_at_there(&field);
		if (settings[i].words) {
			err = json_at_word(&field, settings[i].words, &word, problem);
			change->value[i] = (uint32_t)word;
		} else {
			err = json_at_u32(&field, 0, UINT32_MAX, &change->value[i], problem);
		}
	}
	if (err == ERR_OK)
		err = json_at_bool(&strict, &geo_strict, problem);
	change->set[GEO_STRICT] = json_at_there(&strict);
	change->value[GEO_STRICT] = geo_strict;
	return err;
}

static enum err read_forward(
	const struct json_at *at, uint16_t country, struct pool_change *change, struct problem *problem)
{
	struct str text = STR_NONE;
	struct phone phone;

	change->forward_given = json_at_there(at);
	if (!json_at_there(at) || json_at_null(at))
		return ERR_OK;
	enum err err = json_at_text(at, 1, NUMBER_TEXT_LONG, &text, problem);
	if (err)
		return err;
	err = phone_parse(text, country, &phone);
	if (err)
		return json_at_problem(at, err, NULL, problem);
	change->forward_to = phone.number;
	return ERR_OK;
}

enum err pool_json_read(const struct json_at *at, bool named, uint16_t country,
	struct pool_change *ret_change, struct problem *problem)
{
	struct json_at country_at = json_at_field(at, "country"),
		       countries_at = json_at_field(at, "countries");
	struct json_at forward_at = json_at_field(at, "forward_to");
	struct pool_change change = {0};

	enum err err = json_at_fields(at, named ? fields : fields_of_patch, problem);
	if (err == ERR_OK)
		err = read_country(&country_at, &change.country, problem);
	if (err == ERR_OK)
		err = read_countries(&countries_at, &change, problem);
	if (err == ERR_OK)
		err = read_settings(at, &change, problem);
	if (err == ERR_OK)
		err = read_forward(&forward_at, change.country ? change.country : country, &change, problem);
	if (err == ERR_OK)
		*ret_change = change;
	return err;
}

enum err pool_json_apply(
	const struct pool_change *change, struct pool_policy *policy, struct problem *problem)
{
	const char *field = NULL;

	for (int i = 0; i < SETTINGS_N; i++)
		if (change->set[i])
			memcpy((char *)policy + settings[i].offset, &change->value[i],
				sizeof change->value[i]);
	if (change->set[GEO_STRICT])
		policy->geo_strict = change->value[GEO_STRICT];
	if (change->country)
		policy->country = change->country;
	if (change->countries_given) {
		memcpy(policy->countries, change->countries, sizeof policy->countries);
		policy->countries_n = change->countries_n;
	}
	if (change->forward_given)
		policy->forward_to = change->forward_to;
	enum err err = pool_policy_check(policy, &field);
	return err ? problem_is(problem, err, field,
			     "this setting is out of range or doesn't go with the others")
		   : ERR_OK;
}

static void put_country(struct json_out *json, const char *name, uint16_t country)
{
	char text[2] = {(char)(country >> 8), (char)country};

	json_out_str(json, name, str_n(text, sizeof text));
}

static void put_settings(struct json_out *json, const struct pool_policy *policy, bool reveal)
{
	char text[NUMBER_TEXT_SIZE];

	put_country(json, "country", policy->country);
	json_out_array(json, "countries");
	for (int i = 0; i < policy->countries_n; i++)
		put_country(json, NULL, policy->countries[i]);
	if (policy->countries_n == 0)
		put_country(json, NULL, policy->country);
	json_out_end(json);
	for (int i = 0; i < SETTINGS_N; i++) {
		uint32_t value;
		memcpy(&value, (const char *)policy + settings[i].offset, sizeof value);
		if (settings[i].words)
			json_out_lit(json, settings[i].name, settings[i].words[value]);
		else
			json_out_u64(json, settings[i].name, value);
	}
	json_out_bool(json, "geo_strict", policy->geo_strict);
	json_out_lit_or_null(json, "forward_to",
		reveal ? number_text(policy->forward_to, text) : number_mask(policy->forward_to, text));
}

void pool_json_put(struct json_out *json, const struct engine *engine, uint16_t pool, bool reveal, const struct pool_json_supply *supply)
{
	const struct pool_row *row = engine_pool(engine, pool);
	struct pool_stock stock;
	struct pool_sessions sessions;

	engine_pool_count(engine, pool, &stock, &sessions);
	json_out_object(json, NULL);
	json_out_lit(json, "name", row->name);
	put_settings(json, &row->policy, reveal);
	message_policy_json_put(json, &supply->messages);
	json_out_time_s(json, "created_at", row->created_at);
	notice_json_stock(json, &stock, &sessions);
	struct pool_demand demand = engine_pool_demand(engine, pool);
	notice_json_demand(json, &demand);
	supply_json_put(json, "supply", supply->policy);
	supply_json_put_want(json, "forecast", &supply->want);
	json_out_end(json);
}
