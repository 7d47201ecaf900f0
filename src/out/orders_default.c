#include "out/orders_default.h"

const char orders_default_statement[] =
	"INSERT INTO bauta_contact (tenant, pool, ref, viewer, role, vn, state, session, rev, opened_at, expires_at, closed_at,\n"
	"\tgrace_until, event, event_id, changed_at)\n"
	"VALUES (:tenant, :pool, :ref, :viewer, :role, :vn, :state, :session, :rev, :opened_at, :expires_at, :closed_at,\n"
	"\t:grace_until, :event, :event_id, :changed_at)\n"
	"ON CONFLICT (tenant, pool, ref, viewer, role) DO UPDATE SET vn = EXCLUDED.vn, state = EXCLUDED.state,\n"
	"\tsession = EXCLUDED.session, rev = EXCLUDED.rev, opened_at = EXCLUDED.opened_at, expires_at = EXCLUDED.expires_at,\n"
	"\tclosed_at = EXCLUDED.closed_at, grace_until = EXCLUDED.grace_until, event = EXCLUDED.event,\n"
	"\tevent_id = EXCLUDED.event_id, changed_at = EXCLUDED.changed_at\n"
	"WHERE bauta_contact.event_id < EXCLUDED.event_id\n";
