#!/usr/bin/env python3
"""kill -9 at random moments while order events flow, twenty times: nothing is lost, nothing is done or told twice."""
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import ROOT, Server, Tap, run
from kafka import Kafka
from pairs import pairs_twice
from postgres import Postgres
from town import seeded, until

KILLS, ORDERS, BATCH = 20, 4000, 40
tap = Tap()
random = seeded(tap)


class Flow:
    """Sends events in a thread of its own, in small batches; the last tenth when the server has been killed, so that it is always killed
    with more to come."""

    def __init__(self, kafka, events):
        self.kafka, self.events, self.sent = kafka, events, 0
        self.moved, self.killed = threading.Condition(), threading.Event()
        self.early = len(events) * 9 // 10
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        for at in range(0, len(self.events), BATCH):
            if at + BATCH > self.early:
                self.killed.wait(60)
            self.kafka.produce("orders", orders.records(self.events[at:at + BATCH]))
            with self.moved:
                self.sent = at + BATCH
                self.moved.notify()

    def wait(self, count):
        with self.moved:
            self.moved.wait_for(lambda: self.sent >= count, timeout=60)


with Kafka() as kafka, Postgres() as postgres:
    orders.topics(kafka)
    with open(os.path.join(ROOT, "packaging", "orders_db.sql")) as file:
        postgres.query(file.read())
    with Server(config=orders.config(kafka, "one", postgres)) as server:
        key = server.key
        orders.pool(server.client())
        reveal = server.make_key("eyes", "sessions,reveal")
        events = orders.stream(random, ["A-%d" % i for i in range(ORDERS)])
        tap.note("%d events of %d orders" % (len(events), ORDERS))
        share = len(events) // KILLS
        statuses, progress, left = [], [], []
        for turn in range(KILLS):
            own = events[turn * share:(turn + 1) * share if turn < KILLS - 1 else None]
            kafka.produce("orders", orders.records(own[:BATCH]))
            until(lambda: orders.stored(server), lambda count: count > 0)   # it has its partitions again
            flow = Flow(kafka, own[BATCH:])
            flow.wait(random.randrange(flow.early - BATCH))
            progress.append(orders.stored(server))
            statuses.append(server.kill())
            left.append(len(flow.events) - flow.sent)
            flow.killed.set()
            flow.thread.join()
            server.start()
        tap.same("it was us who ended the server each time", statuses, [-9] * KILLS)
        tap.ok("it was in the middle of it", min(progress) > 0 and min(left) > 0, progress, left)
        tap.ok("every record is applied in the end", kafka.applied(orders.GROUP, "orders"))

        listed = orders.sessions(server.client(reveal))
        wrong = orders.wrong_sessions(orders.Model().apply(events), listed)
        tap.ok("sessions are those of the model", listed and not wrong, len(wrong), *wrong[:5])
        twice = pairs_twice(server.client(reveal), orders.POOL)
        tap.ok("no pair twice", not twice, *twice[:5])
        told = orders.Told(kafka)
        missing = until(lambda: told.take().missing(listed), lambda missing: not missing)
        tap.ok("the events out say the same of every session", not missing, len(missing), *missing[:5])
        tap.ok("no change has two events, and those that came again have the same id", not told.wrong, *told.wrong[:5])
        tap.note("%d events out, %d of them again" % (len(told.seen), told.repeated))
        wrong = until(lambda: orders.wrong_rows(orders.contact_rows(postgres), listed), lambda wrong: not wrong)
        tap.ok("the orders database says the same", not wrong, len(wrong), *wrong[:5])
        tap.same("no dead letters", server.client(key).get("/v1/dead").json["dead"], [])
        tap.ok("it ends in good order", server.stop() == 0)
        status, out, errors = run("verify", "--data", server.data)
        tap.ok("verify finds nothing wrong", status == 0, out, errors)
tap.done()
