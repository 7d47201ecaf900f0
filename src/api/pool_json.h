/* pool_json: a pool's settings as the API takes and shows them (API.md, POST /v1/pools). */
#ifndef POOL_JSON_H
#define POOL_JSON_H

#include "api/message_json.h"
#include "api/supply_json.h"
#include "core/engine.h"
#include "wire/json.h"
#include "wire/json_out.h"

#define POOL_JSON_SETTINGS_MAX 32

/* What a request sets; the rest is left as it is. */
struct pool_change {
	bool set[POOL_JSON_SETTINGS_MAX];
	uint32_t value[POOL_JSON_SETTINGS_MAX];
	uint16_t country; /* 0: not given */
	bool countries_given;
	uint16_t countries[POOL_COUNTRIES_MAX];
	uint8_t countries_n;
	bool forward_given;
	struct number forward_to; /* none: taken away */
};

/* `named`: the body is that of POST and has `name` and `country`. `country`: of national numbers, where the
 * body names none. Its member `supply` is supply_json_read()'s; those of messages
 * are message_policy_json_read()'s. ERR_BAD_REQUEST, ERR_BAD_NUMBER, ERR_DESTINATION_NOT_ALLOWED. */
MUST_CHECK enum err pool_json_read(const struct json_at *at, bool named, uint16_t country,
	struct pool_change *ret_change, struct problem *problem);

/* ERR_BAD_REQUEST with the field: the policy would not hold together. */
MUST_CHECK enum err pool_json_apply(
	const struct pool_change *change, struct pool_policy *policy, struct problem *problem);

/* What stands beside the engine. */
struct pool_json_supply {
	const struct supply_policy *policy;
	struct book_want want;
	struct message_policy messages;
};
/* Settings, stock, open sessions, supply. forward_to is masked unless `reveal`. */
void pool_json_put(struct json_out *json, const struct engine *engine, uint16_t pool, bool reveal, const struct pool_json_supply *supply);

#endif
