#!/usr/bin/env python3
"""A record that can't be used is put aside: its order waits behind it, others go on; it is tried again or dropped."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import Server, Tap
from events_check import Events
from kafka import Kafka, Record
from town import COURIER, CUSTOMER, SECOND, VNS, make_pool, parties, seeded

tap = Tap()
random = seeded(tap)


def event(ref, version, type, pool=orders.POOL, **numbers):
    return Record(ref, json.dumps({"id": "%s/%d" % (ref, version), "type": "order." + type, "order": ref, "version": version,
                                   "pool": pool, "parties": parties(**numbers)}))


def dead(api, **query):
    return [(row["order"], row["state"], row["code"]) for row in api.get("/v1/dead", query).json["dead"]]


def state(api, ref, pool=orders.POOL):
    found = api.get("/v1/sessions", {"pool": pool, "ref": ref}).json["sessions"]
    return found[0]["state"] if found else None


with Kafka() as kafka:
    orders.topics(kafka, 2)
    with Server(config=orders.config(kafka, "one")) as server:
        api = server.client()
        reveal = server.client(server.make_key("eyes", "sessions,reveal,admin"))
        orders.pool(api, VNS[:100])
        poison = [
            event("nopool", 1, "placed", pool="bandung", customer=CUSTOMER),
            event("nopool", 2, "assigned", pool="bandung", courier=COURIER),
            event("nopool", 3, "completed", pool="bandung"),
            event("badnumber", 1, "placed", customer="12"),
            event("badnumber", 2, "assigned", customer=CUSTOMER, courier=SECOND),
            Record("nojson", '{"order": "nojson", "type'),
            Record("tombstone", None),
            Record(None, b"\x00\xff", [], 1),
        ]
        events = orders.stream(random, ["A-%d" % i for i in range(300)])
        mixed = orders.records(events)
        for record in poison:   # before all others of its partition: they would wait if anything did
            mixed.insert(poison.index(record), record)
        kafka.produce("orders", mixed)
        tap.ok("every record is applied or put aside", kafka.applied(orders.GROUP, "orders"))
        wrong = orders.wrong_sessions(orders.Model().apply(events), orders.sessions(reveal))
        tap.ok("other orders go on", not wrong, *wrong[:5])
        wanted = [("nopool", "refused", "not_found"), ("nopool", "parked", None), ("nopool", "parked", None),
                  ("badnumber", "refused", "bad_number"), ("badnumber", "parked", None), ("nojson", "refused", "bad_request"),
                  ("tombstone", "refused", "bad_request"), (None, "refused", "bad_request")]
        tap.same("what can't be used is refused, later events of its order are parked", sorted(dead(api), key=str),
                 sorted(wanted, key=str))
        tap.same("the metrics count them", orders.metrics(server)["bauta_dead_letters"], 8)

        told = kafka.read("bauta.dead", lambda all: len(all) >= 5)
        checker = Events()
        wrong = [sentence for record in told for sentence in checker.wrong_record(record)]
        tap.ok("the dead-letter topic tells of those that were refused", len(told) == 5 and not wrong, len(told), *wrong[:5])
        tap.ok("and nothing of what is in them", not any(CUSTOMER[1:].encode() in record.value for record in told))
        places = {data["order"]: (data["partition"], data["offset"]) for data in (json.loads(record.value) for record in told)}
        lies = {text: (record.partition, record.offset) for record in kafka.consume("orders")
                for text in [record.key and record.key.decode()] if text in places and text not in ("nopool", "badnumber")}
        tap.ok("it says where they lie", all(places[name] == lies[name] for name in lies) and lies, places, lies)

        row = api.get("/v1/dead", {"order": "badnumber"}).json["dead"][0]
        answer = api.post("/v1/dead/%s/retry" % row["id"])
        tap.same("what is still wrong stays", (answer.status, answer.json.get("applied"), answer.json["refused"][0]["code"]),
                 (200, 0, "bad_number"), answer)
        behind = api.get("/v1/dead", {"order": "nopool"}).json["dead"]
        answer = api.post("/v1/dead/%s/retry" % behind[1]["id"])
        tap.same("a parked one is not tried before the one that it waits for", answer.status, 400, answer)

        server.kill()
        server.start()
        api, reveal = server.client(), server.client(reveal.key)
        kafka.produce("orders", [event("badnumber", 3, "reassigned", courier=COURIER),
                                 event("B-1", 1, "placed", customer=CUSTOMER)])
        kafka.applied(orders.GROUP, "orders")
        tap.same("after a crash later events are parked still", dead(api, order="badnumber"),
                 [("badnumber", "refused", "bad_number"), ("badnumber", "parked", None), ("badnumber", "parked", None)])
        tap.same("and others go on", state(api, "B-1"), "waiting")

        make_pool(api, "bandung", VNS[100:120])
        answer = api.post("/v1/dead/%s/retry" % behind[0]["id"])
        tap.same("once the reason is gone it is applied, and what waited behind it", (answer.status, answer.json),
                 (200, {"dropped": 0, "applied": 3, "repeated": 0, "refused": []}))
        tap.same("in order", state(api, "nopool", "bandung"), "closing")
        answer = api.delete("/v1/dead/" + row["id"])
        tap.same("one is dropped, and what waited behind it is applied", (answer.status, answer.json),
                 (200, {"dropped": 1, "applied": 2, "repeated": 0, "refused": []}))
        found = [one for one in orders.sessions(reveal) if one["ref"] == "badnumber"]
        tap.same("in order, too", [(one["state"], {party["role"]: party["number"] for party in one["parties"]}) for one in found],
                 [("live", {"customer": CUSTOMER, "courier": COURIER})])
        kafka.produce("orders", [event("second", 1, "placed", customer="12"), event("second", 2, "assigned", courier="13")])
        kafka.applied(orders.GROUP, "orders")
        first = api.get("/v1/dead", {"order": "second"}).json["dead"][0]
        api.delete("/v1/dead/" + first["id"])


        def of_second(told):
            return [record for record in told if json.loads(record.value)["order"] == "second"]
        told = of_second(kafka.read("bauta.dead", lambda all: len(of_second(all)) >= 2))
        tap.same("one that was parked and is refused in its turn is told, too", len(told), 2)
        for left in api.get("/v1/dead").json["dead"]:
            api.delete("/v1/dead/" + left["id"])
        tap.same("nothing is left", (dead(api), orders.metrics(server)["bauta_dead_letters"]), ([], 0))
        kafka.produce("orders", [event("nojson", 1, "placed", customer=CUSTOMER)])
        kafka.applied(orders.GROUP, "orders")
        tap.same("an order is itself again once nothing bars it", state(api, "nojson"), "waiting")
        tap.ok("no number in the log", CUSTOMER[1:] not in server.stderr() and SECOND[1:] not in server.stderr())
        tap.ok("it ends in good order", server.stop() == 0)
tap.done()
