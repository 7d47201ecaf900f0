#!/usr/bin/env python3
"""`orders_db` at the start: a statement that is wrong is refused with the database's words; a database that is down is not; a
statement of one's own is run for every change, and its being down delays nothing else."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap
from postgres import Postgres
from town import COURIER, CUSTOMER, VNS, make_pool, parties, until

UPSERT = ("INSERT INTO mine(ref, role, vn, state) VALUES (:ref, :role, :vn, :state)"
          " ON CONFLICT (ref, role) DO UPDATE SET vn = excluded.vn, state = excluded.state")
tap = Tap()


def config(postgres, upsert=None):
    return "orders_db:\n  url: \"%s\"\n" % postgres.url + ("  upsert: \"%s\"\n" % upsert if upsert else "")


def refused(name, text, *words):
    try:
        with Server(config=text):
            tap.ok(name, False, "it started")
    except RuntimeError as error:
        tap.ok(name, all(word in str(error) for word in words), error)


def rows(postgres):
    return sorted(postgres.rows("SELECT ref, role, vn, state FROM mine"))


with Postgres() as postgres:
    refused("the default table is missing: said", config(postgres), "orders_db.upsert", 'relation "bauta_contact" does not exist')
    postgres.query("CREATE TABLE mine(ref text, role text, vn text, state text, PRIMARY KEY (ref, role))")
    refused("a column that is not there", config(postgres, "INSERT INTO mine(ref, rolle) VALUES (:ref, :role)"), "rolle",
            "at character 23")
    refused("no SQL", config(postgres, "INSERT INTOO mine(ref) VALUES (:ref)"), "syntax error", "at character 8")
    refused("a parameter that is not there", config(postgres, "INSERT INTO mine(ref) VALUES (:reff)"), "bauta.yaml:3", ":reff",
            "did you mean :ref?")

    with Server(config=config(postgres, UPSERT)) as server:
        api = server.client()
        make_pool(api, "jakarta", VNS[:20])
        made = api.post("/v1/sessions", {"pool": "jakarta", "ref": "A-1", "parties": parties(customer=CUSTOMER, courier=COURIER)})
        vn = {party["role"]: party["vn"] for party in made.json["parties"]}
        wanted = [["A-1", role, vn[role], "live"] for role in ("courier", "customer")]
        tap.same("a row for each party", until(lambda: [list(row) for row in rows(postgres)], lambda got: got == wanted), wanted)
        postgres.kill()
        closed = api.post("/v1/sessions/%s/close" % made.json["id"])
        tap.same("database down: the API goes on", closed.status, 200)
        sink = until(lambda: api.get("/v1/sinks").json["sinks"][0], lambda sink: sink["state"] == "failing")
        tap.ok("and it is seen to be down", sink["state"] == "failing" and sink["last_error"], sink)
        postgres.start()
        wanted = [["A-1", role, vn[role], "closing"] for role in ("courier", "customer")]
        tap.same("what waited is written once it is back",
                 until(lambda: [list(row) for row in rows(postgres)], lambda got: got == wanted), wanted)
        tap.ok("the password and the people are in no log", not any(
            word in server.stderr() for word in (CUSTOMER[1:], COURIER[1:])), server.stderr())
        tap.same("it ends in good order", server.stop(), 0)

with Server(config="orders_db:\n  url: \"postgres://nobody@127.0.0.1:9/nothing\"\n") as server:
    tap.ok("a database that is down at the start delays nothing",
           server.client().get("/v1/pools").status == 200 and "can't be asked now" in server.stderr(), server.stderr())
tap.done()
