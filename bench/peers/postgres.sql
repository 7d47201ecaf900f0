-- What a good engineer writes in an afternoon: one function opens a masked order, in one transaction.
-- Both people get a virtual number that neither of them has in use, the same order again gets the same numbers.
CREATE TABLE vn (id int PRIMARY KEY, number text NOT NULL);
CREATE TABLE session (
	id bigserial PRIMARY KEY,
	ref text NOT NULL UNIQUE,
	customer text NOT NULL,
	courier text NOT NULL,
	customer_vn int NOT NULL,
	courier_vn int NOT NULL,
	expires_at timestamptz NOT NULL
);
CREATE TABLE route (
	caller text NOT NULL,
	vn int NOT NULL,
	callee text NOT NULL,
	show int NOT NULL,
	session bigint NOT NULL,
	PRIMARY KEY (caller, vn)
);
INSERT INTO vn SELECT i, '+62215' || lpad(i::text, 7, '0') FROM generate_series(1, 2000) AS i;

-- A VN that `caller` doesn't dial yet: from a place that is the caller's own, the next free one.
CREATE FUNCTION free_vn(who text, other int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	start int := abs(hashtext(who)) % 2000;
	candidate int;
BEGIN
	FOR step IN 0..1999 LOOP
		candidate := 1 + (start + step) % 2000;
		IF candidate <> other AND NOT EXISTS (SELECT FROM route WHERE caller = who AND vn = candidate) THEN
			RETURN candidate;
		END IF;
	END LOOP;
	RAISE EXCEPTION 'no free virtual number';
END $$;

CREATE FUNCTION open_session(order_ref text, a text, b text, OUT a_vn int, OUT b_vn int) LANGUAGE plpgsql AS $$
DECLARE
	made bigint;
BEGIN
	SELECT customer_vn, courier_vn INTO a_vn, b_vn FROM session WHERE ref = order_ref;
	IF FOUND THEN
		RETURN;
	END IF;
	b_vn := free_vn(a, 0);
	a_vn := free_vn(b, b_vn);
	INSERT INTO session (ref, customer, courier, customer_vn, courier_vn, expires_at)
		VALUES (order_ref, a, b, a_vn, b_vn, now() + interval '4 hours') RETURNING id INTO made;
	INSERT INTO route VALUES (a, b_vn, b, a_vn, made), (b, a_vn, a, b_vn, made);
END $$;
