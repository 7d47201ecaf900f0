#!/usr/bin/env python3
"""The broker, then PostgreSQL, go away in the middle and come back: calls and API go on, everything arrives in the end."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import ROOT, Server, Tap
from kafka import Kafka
from postgres import Postgres
from town import COURIER, parties, seeded, until, vns_of

ORDERS = 1000
tap = Tap()
random = seeded(tap)


def open_order(api, ref, customer):
    return api.post("/v1/sessions", {"pool": orders.POOL, "ref": ref, "parties": parties(customer=customer, courier=COURIER)})


with Kafka() as kafka, Postgres() as postgres:
    orders.topics(kafka)
    with open(os.path.join(ROOT, "packaging", "orders_db.sql")) as file:
        postgres.query(file.read())
    with Server(config=orders.config(kafka, "one", postgres)) as server:
        api = server.client()
        orders.pool(api)
        reveal = server.client(server.make_key("eyes", "sessions,reveal"))
        events = orders.stream(random, ["A-%d" % i for i in range(ORDERS)])
        parts = [events[:len(events) // 3], events[len(events) // 3:len(events) * 2 // 3], events[len(events) * 2 // 3:]]

        for name, down in (("stopped", kafka.end), ("killed", kafka.kill)):
            kafka.produce("orders", orders.records(parts.pop(0)))
            down()
            answer = open_order(api, "by API, " + name, "+6281234567%d" % (300 + len(parts)))
            tap.same("broker %s: sessions are opened by the API" % name, answer.status, 201, answer)
            vn = vns_of(answer.json)
            got = api.post("/v1/route", {"from": COURIER, "to": vn["customer"]}).json
            tap.same("broker %s: calls connect" % name, (got["action"], got.get("session")), ("connect", answer.json["id"]))
            gone = until(lambda: orders.metrics(server)["bauta_kafka_connected"], lambda connected: connected == 0)
            tap.same("broker %s: the metrics say so" % name, gone, 0)
            kafka.start()
            tap.ok("broker %s: every record is applied after it is back" % name, kafka.applied(orders.GROUP, "orders"))

        postgres.kill()
        kafka.produce("orders", orders.records(parts.pop(0)))
        tap.ok("PostgreSQL down: order events go on", kafka.applied(orders.GROUP, "orders"))
        listed = orders.sessions(reveal)
        wrong = orders.wrong_sessions(orders.Model().apply(events), [one for one in listed if one["ref"].startswith("A-")])
        tap.ok("sessions are those of the model", listed and not wrong, len(wrong), *wrong[:5])
        told = orders.Told(kafka)
        missing = until(lambda: told.take().missing(listed), lambda missing: not missing)
        tap.ok("the events out say the same of every session, those of the outages too", not missing, len(missing), *missing[:5])
        tap.ok("in order, and none with another id", not told.wrong, *told.wrong[:5])
        postgres.start()
        wrong = until(lambda: orders.wrong_rows(orders.contact_rows(postgres), listed), lambda wrong: not wrong, 90)
        tap.ok("the orders database says the same once it is back", not wrong, len(wrong), *wrong[:5])
        tap.same("each record counts once", orders.stored(server), len(events))
        tap.ok("it ends in good order", server.stop() == 0)
tap.done()
