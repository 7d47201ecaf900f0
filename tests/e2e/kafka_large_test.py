#!/usr/bin/env python3
"""Records that are larger than anything has room for, and numbers where ids should be, through a real broker: the server goes on, also
after a start, each of them is a dead letter, and no number is told."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import Server, Tap
from kafka import Kafka, Record
from town import COURIER, CUSTOMER, VNS

MIB = 1 << 20
LIMITS = "message.max.bytes=12000000\nreplica.fetch.max.bytes=12000000\n"
tap = Tap()


def event(ref, version, type, **numbers):
    return json.dumps({"id": "%s/%d" % (ref, version), "type": "order." + type, "order": ref, "version": version,
                       "pool": orders.POOL, "parties": orders.parties(**numbers)})


def large(ref, size):
    head, tail = '{"order":"%s","x":"' % ref, '"}'
    return head + "a" * (size - len(head) - len(tail)) + tail


def letters(api, **query):
    return api.get("/v1/dead", {"page_size": 1000, **query}).json["dead"]


with Kafka(LIMITS) as kafka:
    orders.topics(kafka, 1)
    with Server(config=orders.config(kafka, "one")) as server:
        api = server.client()
        orders.pool(api, VNS[:100])
        eyes = server.client(server.make_key("eyes", "sessions,reveal,admin"))
        sizes = {"at": MIB, "over": MIB + 1, "nine": 9 * MIB}
        for name, size in sizes.items():
            kafka.produce("orders", [Record(name, large(name, size))])
        kafka.produce("orders", [Record(name, event(name, 2, "placed", customer=CUSTOMER)) for name in sizes])
        kafka.produce("orders", [Record("k" * 9 * MIB, "{"), Record("good", event("good", 1, "placed", customer=CUSTOMER))])
        tap.ok("every record is applied or put aside", kafka.applied(orders.GROUP, "orders"), server.stderr()[-400:])
        tap.same("the large ones are refused, later ones of their orders parked behind them",
                 sorted((row["order"] or "", row["state"], row["code"]) for row in letters(api)),
                 sorted([("", "refused", "bad_request")] + [(name, "refused", "too_large") for name in sizes] +
                        [(name, "parked", None) for name in sizes]))
        for name, size in sizes.items():
            letter = letters(api, order=name)[0]["id"]
            shown = [client.get("/v1/dead/" + letter) for client in (api, eyes)]
            tap.same("%s: can be shown, up to 1 MiB of it" % name,
                     [(answer.status, len(answer.json["payload"])) for answer in shown], [(200, min(size, MIB))] * 2)
            answer = api.post("/v1/dead/%s/retry" % letter)
            tap.same("%s: is as wrong when it is tried again" % name, [row["code"] for row in answer.json["refused"]], ["too_large"])
        server.stop()
        server.start()
        api = server.client()
        tap.same("all of it is there after a start", len(letters(api)), 7)

        kafka.produce("orders", [Record(CUSTOMER, "{"), Record(CUSTOMER, "{"), Record("tel:" + COURIER, "{")])
        tap.ok("numbers for keys are put aside", kafka.applied(orders.GROUP, "orders"), server.stderr()[-400:])
        rows = letters(api, order=CUSTOMER)
        tap.same("found by the id, each behind the other", [row["state"] for row in rows], ["refused", "parked"])
        tap.ok("and by what stands for it", rows and letters(api, order=rows[0]["order"]) == rows, rows)
        refused = {row["id"] for row in letters(api) if row["state"] == "refused"}
        out = kafka.read("bauta.dead", lambda found: len(found) >= len(refused))
        tap.same("all that were refused are told", {json.loads(record.value)["id"] for record in out}, refused)
        told = json.dumps(letters(api)) + "".join(str((record.key, record.value, record.headers)) for record in out) + server.stderr()
        tap.ok("no number is told", CUSTOMER[1:] not in told and COURIER[1:] not in told)
        tap.ok("it ends in good order", server.stop() == 0)
tap.done()
