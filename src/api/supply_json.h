/* supply_json: how a pool's stock looks after itself, as the API takes and shows it: the members `supply` and `forecast` of a pool. */
#ifndef SUPPLY_JSON_H
#define SUPPLY_JSON_H

#include "supply/book.h"
#include "wire/json.h"
#include "wire/json_out.h"

/* What a request sets; the rest is left as it is. */
struct supply_change {
	bool given;                  /* there is such a member at all */
	uint32_t set;                /* bits by the place of a setting in the table */
	struct supply_policy value;
};

/* `at`: the member `supply`, which may be absent. ERR_BAD_REQUEST. */
MUST_CHECK enum err supply_json_read(const struct json_at *at, struct supply_change *ret_change, struct problem *problem);
/* ERR_BAD_REQUEST with the field: the policy would not hold together. */
MUST_CHECK enum err supply_json_apply(const struct supply_change *change, struct supply_policy *policy, struct problem *problem);

void supply_json_put(struct json_out *json, const char *name, const struct supply_policy *policy);
void supply_json_put_want(struct json_out *json, const char *name, const struct book_want *want);

/* "provider/name" -> account. False: it isn't that. */
bool supply_account_parse(struct str text, struct supply_account *ret_account);

#endif
