#!/usr/bin/env python3
"""10,000 orders from Kafka, with events twice, in another order and late: they end in exactly the right sessions, and the
events out and the rows in PostgreSQL say the same."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import ROOT, Server, Tap, run
from kafka import Kafka
from pairs import pairs_twice, stock_sums
from postgres import Postgres
from town import seeded, until

ORDERS = 10000
tap = Tap()
random = seeded(tap)

with Kafka() as kafka, Postgres() as postgres:
    orders.topics(kafka)
    with open(os.path.join(ROOT, "packaging", "orders_db.sql")) as file:
        postgres.query(file.read())
    with Server(config=orders.config(kafka, "one", postgres)) as server:
        api = server.client()
        orders.pool(api)
        reveal = server.client(server.make_key("eyes", "sessions,reveal"))
        events = orders.stream(random, ["A-%d" % i for i in range(ORDERS)])
        tap.note("%d events of %d orders" % (len(events), ORDERS))
        kafka.produce("orders", orders.records(events))
        tap.ok("every record is applied, and the broker is told so", kafka.applied(orders.GROUP, "orders"))
        tap.same("each record counts once", orders.stored(server), len(events))

        listed = orders.sessions(reveal)
        wrong = orders.wrong_sessions(orders.Model().apply(events), listed)
        tap.ok("sessions are those of the model", listed and not wrong, len(wrong), *wrong[:5])
        twice = pairs_twice(reveal, orders.POOL)
        tap.ok("no pair twice", not twice, *twice[:5])
        tap.ok("stock adds up", stock_sums(api.get("/v1/pools/" + orders.POOL).json["stock"]))

        told = orders.Told(kafka)
        missing = until(lambda: told.take().missing(listed), lambda missing: not missing)
        tap.ok("the events out say the same of every session", not missing, len(missing), *missing[:5])
        tap.ok("each of them is as documented, in order, told once", not told.wrong, *told.wrong[:5])
        tap.same("none came again", told.repeated, 0)
        tap.ok("all kinds of session's events came", {"session.waiting", "session.live", "session.changed", "session.closed"} <=
               told.checker.seen, told.checker.seen)
        wrong = until(lambda: orders.wrong_rows(orders.contact_rows(postgres), listed), lambda wrong: not wrong)
        tap.ok("the orders database says the same", not wrong, len(wrong), *wrong[:5])

        kafka.produce("orders", orders.records(random.sample(events, 2000)))
        kafka.applied(orders.GROUP, "orders")
        got = orders.metrics(server)['bauta_order_events_total{result="repeated"}']
        again = orders.sessions(reveal)
        same = sorted(again, key=str) == sorted(listed, key=str)
        tap.ok("events that come late once more change nothing", same and got >= 2000, got)
        tap.same("no dead letters", api.get("/v1/dead").json["dead"], [])
        tap.same("no number in log and metrics", orders.leaks(server), [])
        tap.same("no number in events and in the orders database", orders.leaks_out(kafka, postgres), [])
        tap.ok("it ends in good order", server.stop() == 0)
        status, out, errors = run("verify", "--data", server.data)
        tap.ok("verify finds nothing wrong", status == 0, out, errors)
tap.done()
