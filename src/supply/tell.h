/* tell: what supply does, told: events for the outside (number.added, number.disabled, number.enabled, purchase.failed, ...) and audit
 * rows, in the change that does it. VNs, names and reasons only. In the writer. */
#ifndef SUPPLY_TELL_H
#define SUPPLY_TELL_H

#include "core/engine.h"

/* `type` is static. `why`: a word ("vanished", "bought", ...); copied. ERR_LIMIT_REACHED: the batch is full. */
MUST_CHECK enum err tell_number(struct engine *engine, const char *type, uint16_t pool, const char *provider, const char *account,
	struct number vn, const char *why);
MUST_CHECK enum err tell_purchase(struct engine *engine, const char *type, const struct purchase_row *purchase);

/* Who did it: "supply". `action` is static; target and detail are copied. */
MUST_CHECK enum err tell_audit(struct engine *engine, int64_t now_ms, uint16_t pool, const char *action, struct number vn,
	const char *detail);

#endif
