#!/usr/bin/env python3
"""Two instances in one group: they share the partitions; one is killed, its partitions move, and move back when it returns.
No record is applied by both."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import Server, Tap
from kafka import Kafka
from kafka_batch import partition_of
from town import VNS, seeded, until

ORDERS, PARTITIONS = 600, 6
tap = Tap()
random = seeded(tap)


def partitions(server):
    return orders.metrics(server)["bauta_kafka_partitions"]


def refs(server, key):
    return {session["ref"] for session in orders.sessions(server.client(key))}


with Kafka() as kafka:
    orders.topics(kafka, PARTITIONS)
    with Server(config=orders.config(kafka, "left")) as left, Server(config=orders.config(kafka, "right")) as right:
        key = {left: left.make_key("eyes", "sessions,reveal"), right: right.make_key("eyes", "sessions,reveal")}
        orders.pool(left.client(), VNS[:200])
        orders.pool(right.client(), VNS[200:400])
        halves = until(lambda: (partitions(left), partitions(right)), lambda halves: sum(halves) == PARTITIONS and min(halves) > 0)
        tap.same("they share the partitions", halves, (PARTITIONS / 2, PARTITIONS / 2))

        first = orders.stream(random, ["A-%d" % i for i in range(ORDERS)])
        kafka.produce("orders", orders.records(first))
        tap.ok("every record is applied", kafka.applied(orders.GROUP, "orders"))
        tap.same("each by one of them", orders.stored(left) + orders.stored(right), len(first))
        here, there = refs(left, key[left]), refs(right, key[right])
        tap.ok("no order is in both", here and there and not here & there, *list(here & there)[:5])
        split = {partition_of(ref, PARTITIONS) for ref in here} & {partition_of(ref, PARTITIONS) for ref in there}
        tap.ok("each partition's orders are in one place", not split, split)
        both = orders.sessions(left.client(key[left])) + orders.sessions(right.client(key[right]))
        wrong = orders.wrong_sessions(orders.Model().apply(first), both)
        tap.ok("together they have the sessions of the model", not wrong, len(wrong), *wrong[:5])
        marks = {mark for _, mark in kafka.committed(orders.GROUP, "orders").values()}
        tap.same("their commits tell the stores apart", len(marks), 2, marks)

        left.kill()
        dead = [id for id, instance, _ in kafka.members(orders.GROUP)[1] if instance == "left"]
        tap.same("the group still counts on the dead one", len(dead), 1)
        kafka.leave(orders.GROUP, dead[0])
        all_there = until(lambda: partitions(right), lambda n: n == PARTITIONS)
        tap.same("its partitions move", all_there, PARTITIONS)
        before = orders.stored(right)
        second = orders.stream(random, ["B-%d" % i for i in range(ORDERS)])
        kafka.produce("orders", orders.records(second))
        tap.ok("the other one goes on", kafka.applied(orders.GROUP, "orders"))
        tap.same("with what is new, and nothing again", orders.stored(right) - before, len(second))
        now = refs(right, key[right])
        wanted = {ref for ref in orders.Model().apply(second).wanted()}
        tap.ok("all new orders are its, and none of the dead one's", now == there | wanted, *list(now ^ (there | wanted))[:5])

        before = orders.stored(right)
        left.start()
        third = orders.stream(random, ["C-%d" % i for i in range(ORDERS * 3)])
        kafka.produce("orders", orders.records(third))
        tap.ok("the first comes back while events flow", kafka.applied(orders.GROUP, "orders"))
        halves = until(lambda: (partitions(left), partitions(right)), lambda halves: sum(halves) == PARTITIONS and min(halves) > 0)
        tap.ok("they share the partitions again", min(halves) > 0, halves)
        tap.same("each record was applied once, by one of them", orders.stored(left) + orders.stored(right) - before, len(third))
        strays = {ref for ref in refs(left, key[left]) if ref.startswith("B-")}
        tap.ok("what the other one did meanwhile is not done again", not strays, *list(strays)[:5])

        fourth = orders.stream(random, ["D-%d" % i for i in range(ORDERS)])
        kafka.produce("orders", orders.records(fourth))
        kafka.applied(orders.GROUP, "orders")
        both = orders.sessions(left.client(key[left])) + orders.sessions(right.client(key[right]))
        both = [session for session in both if session["ref"].startswith("D-")]
        wrong = orders.wrong_sessions(orders.Model().apply(fourth), both)
        tap.ok("and orders go on as at first", not wrong, len(wrong), *wrong[:5])
        tap.same("both end in good order", (left.stop(), right.stop()), (0, 0))
tap.done()
