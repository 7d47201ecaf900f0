#include "db/orders_db.h"

const char *const orders_param_words[] = {"ref", "viewer", "role", "vn", "state", "session", "pool", "tenant", "event",
	"event_id", "rev", "opened_at", "expires_at", "closed_at", "grace_until", "changed_at", NULL};
