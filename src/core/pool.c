#include "core/pool.h"

const char *const pool_mode_words[] = {"shared", "exclusive", NULL};
const char *const pool_numbers_words[] = {"each", "one", NULL};
const char *const pool_ttl_from_words[] = {"open", "last_call", NULL};
const char *const pool_stick_words[] = {"avoid", "prefer", NULL};
const char *const pool_geo_words[] = {"any", "country", "area", NULL};
const char *const pool_unknown_words[] = {"reject", "pin", "announce", "forward", NULL};
const char *const pool_attestation_words[] = {"none", "A", "B", NULL};

#define DAY 86400u
#define YEAR (365 * DAY)

struct pool_policy pool_policy_default(uint16_t country)
{
	return (struct pool_policy){
		.country = country,
		.ttl_s = 14400,
		.grace_s = 600,
		.cooldown_s = 14400,
		.rest_s = 300,
		.per_vn_max = 100,
		.stick_s = DAY,
		.ring_s = 30,
		.max_call_s = 3600,
		.keep_s = 30 * DAY,
		.attempts_per_minute = 30,
		.scan_vns = 10,
	};
}

static bool is_country(uint16_t country)
{
	char text[2] = {(char)(country >> 8), (char)country};

	return country && country_parse(str_n(text, sizeof text)) == country;
}

static bool countries_ok(const struct pool_policy *policy)
{
	if (policy->countries_n > POOL_COUNTRIES_MAX)
		return false;
	for (int i = 0; i < policy->countries_n; i++)
		if (!is_country(policy->countries[i]))
			return false;
	return true;
}

static bool within(uint32_t value, uint32_t least, uint32_t most)
{
	return value >= least && value <= most;
}

enum err pool_policy_check(const struct pool_policy *policy, const char **ret_field)
{
	bool forwards = policy->unknown_caller == POOL_UNKNOWN_FORWARD;
	const struct {
		const char *field;
		bool ok;
	} rules[] = {
		{"country", is_country(policy->country)},
		{"countries", countries_ok(policy)},
		{"mode", within(policy->mode, POOL_SHARED, POOL_EXCLUSIVE)},
		{"numbers", within(policy->numbers, POOL_EACH, POOL_ONE)},
		{"ttl_s", within(policy->ttl_s, 1, YEAR)},
		{"ttl_from", within(policy->ttl_from, POOL_TTL_OPEN, POOL_TTL_LAST_CALL)},
		{"grace_s", within(policy->grace_s, 0, 7 * DAY)},
		{"cooldown_s", within(policy->cooldown_s, 0, YEAR)},
		{"rest_s", within(policy->rest_s, 0, YEAR)},
		{"per_vn_max", within(policy->per_vn_max, 1, 1000000)},
		{"stick", within(policy->stick, POOL_STICK_AVOID, POOL_STICK_PREFER)},
		{"stick_s", within(policy->stick_s, 0, YEAR)},
		{"geo", within(policy->geo, POOL_GEO_ANY, POOL_GEO_AREA)},
		{"unknown_caller", within(policy->unknown_caller, POOL_UNKNOWN_REJECT, POOL_UNKNOWN_FORWARD)},
		{"forward_to", !forwards || number_is(policy->forward_to)},
		{"ring_s", within(policy->ring_s, 5, 600)},
		{"max_call_s", within(policy->max_call_s, 1, DAY)},
		{"keep_s", within(policy->keep_s, 0, 10 * YEAR)},
		{"calls_at_once", within(policy->calls_at_once, 0, POOL_CALLS_AT_ONCE_MAX)},
		{"minutes_per_session", within(policy->minutes_per_session, 0, POOL_MINUTES_MAX)},
		{"require_attestation", within(policy->require_attestation, POOL_ATTESTATION_NONE, POOL_ATTESTATION_B)},
		{"attempts_per_minute", within(policy->attempts_per_minute, 0, POOL_ATTEMPTS_MAX)},
		{"scan_vns", policy->scan_vns == 0 || within(policy->scan_vns, 2, POOL_SCAN_VNS_MAX)},
		{"high_water", policy->high_water == 0 || policy->low_water <= policy->high_water},
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (!rules[i].ok) {
			*ret_field = rules[i].field;
			return ERR_BAD_REQUEST;
		}
	}
	return ERR_OK;
}
