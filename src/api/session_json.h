/* session_json: a session as the API shows it (API.md, "A session").
 *
 * Real numbers are masked unless `reveal`; whoever passes true has noted it for the audit (S4).
 */
#ifndef SESSION_JSON_H
#define SESSION_JSON_H

#include "core/session.h"
#include "api/pools.h"
#include "wire/json_out.h"

struct session_shown {
	const struct session_row *row;
	const struct pool_brief *pool;
	int64_t now_ms;
	bool reveal;
};

/* `name` as in json_out.h. */
void session_json_put(struct json_out *json, const char *name, const struct session_shown *shown);

/* What the app of party `viewer` shows: {ref, state, contacts: [{role, vn}]}, with its PIN where the pool
 * asks for one. `viewer` < 0: no contacts (the order has ended). */
void session_json_contact(struct json_out *json, const struct session_shown *shown, int viewer);

/* A PIN with all its digits. */
char *session_json_pin(const struct party *party, char text[12]);

#endif
