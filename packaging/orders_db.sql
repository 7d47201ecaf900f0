-- The table that Bauta writes into the app's own PostgreSQL: who of an order dials which virtual number for whom.
--
--   psql -v ON_ERROR_STOP=1 -f orders_db.sql "postgres://..."
--
-- Bauta runs one statement for every change of a session (`orders_db.upsert`), at least once and in order for each
-- order. Without that setting it runs the one at the end of this file, which wants this table. Any other table will do with
-- a statement of your own; let it bear being run again, also late: compare :event_id (it sorts as events came about, with
-- COLLATE "C").

CREATE TABLE IF NOT EXISTS bauta_contact (
	tenant      text NOT NULL,
	pool        text NOT NULL,
	ref         text NOT NULL,
	viewer      text NOT NULL,
	role        text NOT NULL,
	vn          text,
	state       text NOT NULL,
	session     text NOT NULL,
	rev         bigint NOT NULL,
	opened_at   timestamptz,
	expires_at  timestamptz,
	closed_at   timestamptz,
	grace_until timestamptz,
	event       text NOT NULL,
	event_id    text COLLATE "C" NOT NULL,
	changed_at  timestamptz NOT NULL,
	PRIMARY KEY (tenant, pool, ref, viewer, role)
);

-- What an app asks: SELECT role, vn FROM bauta_contact WHERE ref = 'A-1001' AND viewer = 'customer' AND vn IS NOT NULL
CREATE INDEX IF NOT EXISTS bauta_contact_ref ON bauta_contact (ref, viewer);

COMMENT ON TABLE bauta_contact IS 'Written by Bauta: what the app of a party (viewer) shows for dialling another (role)';
COMMENT ON COLUMN bauta_contact.ref IS 'The order''s id';
COMMENT ON COLUMN bauta_contact.viewer IS 'Role of the party that dials';
COMMENT ON COLUMN bauta_contact.role IS 'Role of the party that is reached';
COMMENT ON COLUMN bauta_contact.vn IS 'The virtual number to show; NULL: nobody can be reached (waiting, left, over)';
COMMENT ON COLUMN bauta_contact.state IS 'Of the session: waiting, live, closing (vn still works until grace_until), cooling, closed; "left" if viewer or role left it';
COMMENT ON COLUMN bauta_contact.rev IS 'Counts the changes of the session';
COMMENT ON COLUMN bauta_contact.event IS 'Type of the event that wrote the row: session.live, ...';
COMMENT ON COLUMN bauta_contact.event_id IS 'That event; later ones sort behind it';

-- A role for Bauta that can do this and nothing else, and one for the app:
--
--   CREATE ROLE bauta LOGIN PASSWORD '...';
--   GRANT SELECT, INSERT, UPDATE ON bauta_contact TO bauta;
--   GRANT SELECT ON bauta_contact TO app;

-- Rows stay when a session is over, with vn NULL. Let a job take them out, long after any event could come again:
--
--   DELETE FROM bauta_contact WHERE vn IS NULL AND state IN ('cooling', 'closed', 'left')
--   AND changed_at < now() - interval '30 days';

-- The statement (src/out/orders_default.c). An event that comes again changes nothing, and an older one neither.
--
-- >>>
-- INSERT INTO bauta_contact (tenant, pool, ref, viewer, role, vn, state, session, rev, opened_at, expires_at, closed_at,
-- 	grace_until, event, event_id, changed_at)
-- VALUES (:tenant, :pool, :ref, :viewer, :role, :vn, :state, :session, :rev, :opened_at, :expires_at, :closed_at,
-- 	:grace_until, :event, :event_id, :changed_at)
-- ON CONFLICT (tenant, pool, ref, viewer, role) DO UPDATE SET vn = EXCLUDED.vn, state = EXCLUDED.state,
-- 	session = EXCLUDED.session, rev = EXCLUDED.rev, opened_at = EXCLUDED.opened_at, expires_at = EXCLUDED.expires_at,
-- 	closed_at = EXCLUDED.closed_at, grace_until = EXCLUDED.grace_until, event = EXCLUDED.event,
-- 	event_id = EXCLUDED.event_id, changed_at = EXCLUDED.changed_at
-- WHERE bauta_contact.event_id < EXCLUDED.event_id
-- <<<
