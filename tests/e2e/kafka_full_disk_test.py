#!/usr/bin/env python3
"""The disk is full while order events flow: consuming waits, says so, passes nothing over, and goes on by itself; the same
with a limit of the configuration that is reached, until sessions end."""
import os
import resource
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import Server, Tap
from kafka import Kafka
from town import seeded, until

ORDERS = 400
tap = Tap()
random = seeded(tap)


def waits(server):
    return orders.metrics(server)["bauta_kafka_waits"]


with Kafka() as kafka:
    orders.topics(kafka)
    with Server(config=orders.config(kafka, "one")) as server:
        api = server.client()
        orders.pool(api)
        reveal = server.client(server.make_key("eyes", "sessions,reveal"))
        events = orders.stream(random, ["A-%d" % i for i in range(ORDERS)])
        half = len(events) // 2
        kafka.produce("orders", orders.records(events[:half]))
        tap.ok("half of the events are applied", kafka.applied(orders.GROUP, "orders"))
        before = orders.stored(server)

        unlimited = resource.RLIM_INFINITY
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, unlimited))
        kafka.produce("orders", orders.records(events[half:]))
        tap.same("disk full: the metrics say that events wait", until(lambda: waits(server), lambda is_so: is_so == 1), 1)
        counted = until(lambda: orders.metrics(server)["bauta_kafka_retries_total"], lambda n: n >= 5)
        tap.ok("they are tried again, not in a mad rush", 5 <= counted < 200, counted)
        tap.same("none of them counts as applied", orders.stored(server), before)
        tap.ok("and the log says why", "order events wait" in server.stderr() and "store_failed" in server.stderr())
        tap.same("calls and reads go on", api.get("/v1/pools").status, 200)

        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
        tap.ok("once there is room every record is applied", kafka.applied(orders.GROUP, "orders"))
        tap.same("nobody waits any more", until(lambda: waits(server), lambda is_so: is_so == 0), 0)
        tap.same("each record counts once", orders.stored(server), len(events))
        listed = orders.sessions(reveal)
        wrong = orders.wrong_sessions(orders.Model().apply(events), listed)
        tap.ok("sessions are those of the model", listed and not wrong, len(wrong), *wrong[:5])
        tap.ok("it ends in good order", server.stop() == 0)

    # A limit of ours instead of the disk's. The pool must be there before the events are.
    with tempfile.TemporaryDirectory(prefix="bauta-test-") as data:
        with Server(data=data) as server:
            orders.pool(server.client())
        few = orders.config(kafka, "two", more="limits: { sessions: 20 }\n").replace("group: ", "group: small-")
        with Server(config=few, data=data) as server:
            tap.same("limit reached: the metrics say that events wait", until(lambda: waits(server), lambda is_so: is_so == 1), 1)
            tap.ok("and the log says why", until(lambda: "limit_reached" in server.stderr(), bool))
            tap.same("the sessions are as many as there may be",
                     until(lambda: orders.metrics(server)["bauta_sessions"], lambda n: n == 20), 20)
            tap.same("nothing was passed over", orders.metrics(server)["bauta_dead_letters"], 0)
            tap.ok("it ends in good order meanwhile", server.stop() == 0)
tap.done()
