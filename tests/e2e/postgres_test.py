#!/usr/bin/env python3
"""The PostgreSQL that other tests stand on: it does what tests/e2e/postgres.py says."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Tap
from postgres import Failed, Postgres

tap = Tap()
with Postgres() as postgres:
    postgres.query("CREATE TABLE contact(ref text, vn text); INSERT INTO contact VALUES ('a|b,\n', 'x'), (NULL, '')")
    tap.same("rows are lists; NULL is told from nothing", postgres.rows("SELECT * FROM contact"), [["a|b,\n", "x"], [None, ""]])
    tap.same("a query is unaligned text", postgres.query("SELECT 1, 2 UNION SELECT 3, 4 ORDER BY 1"), "1|2\n3|4")
    tap.same("a table without rows", (postgres.rows("SELECT 1 WHERE false"), postgres.query("SELECT 1 WHERE false")), ([], ""))
    try:
        postgres.query("SELECT * FROM nobody")
        tap.ok("what the server refuses is told", False)
    except Failed as error:
        tap.ok("what the server refuses is told", 'relation "nobody" does not exist' in str(error), error)
    done = postgres.run("psql", "-X", "-At", "-d", postgres.url, "-c", "SELECT 7", connect=False)
    tap.same("its address is good for anybody", done.strip(), "7")
    postgres.end()
    postgres.start()
    tap.same("data is there after a stop", postgres.query("SELECT count(*) FROM contact"), "2")
    postgres.kill()
    postgres.start()
    tap.same("and after a crash", postgres.query("SELECT count(*) FROM contact"), "2")
tap.ok("its folder is gone", not os.path.exists(postgres.folder))
tap.done()
