/* pool: a named stock of VNs with one policy. What DESIGN.md ("Words") and API.md say of pools. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include "core/number.h"

#define POOL_NAME_MAX 64
#define TENANT_NAME_MAX 64
#define POOL_COUNTRIES_MAX 64
#define POOL_CALLS_AT_ONCE_MAX 100
#define POOL_MINUTES_MAX 60000
#define POOL_ATTEMPTS_MAX 1000
#define POOL_SCAN_VNS_MAX 50

enum pool_mode { POOL_SHARED, POOL_EXCLUSIVE };
enum pool_numbers { POOL_EACH, POOL_ONE };
enum pool_ttl_from { POOL_TTL_OPEN, POOL_TTL_LAST_CALL };
enum pool_stick { POOL_STICK_AVOID, POOL_STICK_PREFER };
enum pool_geo { POOL_GEO_ANY, POOL_GEO_COUNTRY, POOL_GEO_AREA };
/* The least that a caller's number must be vouched for (STIR): A the caller may use it, B the caller is known. */
enum pool_attestation { POOL_ATTESTATION_NONE, POOL_ATTESTATION_A, POOL_ATTESTATION_B };
enum pool_unknown { POOL_UNKNOWN_REJECT, POOL_UNKNOWN_PIN, POOL_UNKNOWN_ANNOUNCE, POOL_UNKNOWN_FORWARD };

/* Words of the API for each value, in the order of the enums; NULL ends a list. */
extern const char *const pool_mode_words[];
extern const char *const pool_numbers_words[];
extern const char *const pool_ttl_from_words[];
extern const char *const pool_stick_words[];
extern const char *const pool_geo_words[];
extern const char *const pool_unknown_words[];
extern const char *const pool_attestation_words[];

/* Times are whole seconds. */
struct pool_policy {
	uint16_t country;
	uint16_t countries[POOL_COUNTRIES_MAX]; /* where parties may be */
	uint8_t countries_n;                    /* 0: only `country` */
	enum pool_mode mode;
	enum pool_numbers numbers;
	uint32_t ttl_s;
	enum pool_ttl_from ttl_from;
	uint32_t grace_s;
	uint32_t cooldown_s;
	uint32_t rest_s;
	uint32_t per_vn_max;
	enum pool_stick stick;
	uint32_t stick_s;
	enum pool_geo geo;
	bool geo_strict;
	enum pool_unknown unknown_caller;
	struct number forward_to; /* where POOL_UNKNOWN_FORWARD sends strangers */
	uint32_t ring_s;
	uint32_t max_call_s;
	uint32_t keep_s;
	uint32_t low_water; /* 0: none */
	uint32_t high_water;
	uint32_t calls_at_once;       /* of one session; 0: no bound */
	uint32_t minutes_per_session; /* talked in all; 0: no bound */
	enum pool_attestation require_attestation;
	uint32_t attempts_per_minute; /* of one caller at one VN, and of a stranger; 0: no bound */
	uint32_t scan_vns;            /* that a stranger tries within an hour until it is suspected; 0: nobody is */
};

/* The defaults of API.md, for `country`. */
struct pool_policy pool_policy_default(uint16_t country);

/* ERR_OK, or ERR_BAD_REQUEST with *ret_field (static storage) naming the setting that is out of range. */
MUST_CHECK enum err pool_policy_check(const struct pool_policy *policy, const char **ret_field);

/* Each VN counts once, in this order of precedence: disabled, reserved, lent, cooling, free. (S12) */
struct pool_stock {
	uint32_t total, free, lent, cooling, reserved, disabled;
};

struct pool_sessions {
	uint32_t waiting, live, closing;
};

/* What was last told of a pool's room. Stored as these numbers. */
enum pool_level { POOL_LEVEL_OK, POOL_LEVEL_LOW, POOL_LEVEL_EXHAUSTED };

#endif
