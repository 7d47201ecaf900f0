#!/usr/bin/env python3
"""Dead letters by the command line, two people at once, and erasing a person whose number lies in them."""
import contextlib
import json
import os
import sqlite3
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafka_orders as orders
from bauta import Server, Tap, run
from kafka import Kafka, Record
from openapi_check import Document
from town import COURIER, CUSTOMER, SECOND, VNS, make_pool, parties

tap = Tap()
document = Document()
broken = []
NUMBERS = (CUSTOMER, COURIER, SECOND)
MANY = 50001  # a page looks at 50,000 letters


def observe(method, path, body, answer):
    broken.extend("%s %s -> %d: %s" % (method, path, answer.status, error) for error in document.check(method, path, answer))


def event(ref, version, type, pool=orders.POOL, **numbers):
    return Record(ref, json.dumps({"id": "%s/%d" % (ref, version), "type": "order." + type, "order": ref, "version": version,
                                   "pool": pool, "parties": parties(**numbers)}))


class Cli:
    def __init__(self, server, key):
        self.server, self.key = server, key

    def __call__(self, *arguments):
        return run(*arguments, environment={"BAUTA_URL": self.server.url, "BAUTA_KEY": self.key, "BAUTA_API_KEY_FILE": ""})

    def json(self, *arguments):
        status, out, errors = self(*arguments, "--json")
        return status, json.loads(out) if out else errors


def said(name, done, status, *wanted):
    missing = [text for text in wanted if text not in done[1]]
    shown = [number for number in NUMBERS if number[1:] in done[1] + done[2]]
    tap.ok(name, done[0] == status and not missing and not shown, *done, missing, shown)


def letters(api, **query):
    return api.get("/v1/dead", {"page_size": 1000, **query}).json["dead"]


def gauge(server):
    return orders.metrics(server)["bauta_dead_letters"]


def test_hands(kafka, server, api, cli, eyes):
    kafka.produce("orders", [
        event("A-1", 1, "placed", pool="bandung", customer=CUSTOMER), event("A-1", 2, "assigned", pool="bandung", courier=COURIER),
        event("A-2", 1, "placed", pool="bandung", customer=CUSTOMER), event("A-2", 2, "assigned", pool="medan", courier=COURIER),
        event("A-2", 3, "completed", pool="bandung"), event("A-3", 1, "placed", customer="12"),
        event("A-3", 2, "placed", customer=SECOND), Record("A-4", "{\n  broken: +62 812-3456-7210\n}")])
    tap.ok("every record is applied or put aside", kafka.applied(orders.GROUP, "orders"))
    said("dead list is a table", cli("dead", "list"), 0, "LETTER", "A-1", "A-4", "refused", "parked", "bad_number", "orders/0/")
    said("of one order", cli("dead", "list", "--order", "A-3"), 0, "A-3", "parties[0].number")
    status, found = cli.json("dead", "list")
    tap.same("dead list --json has all of them", (status, found["dead"]), (0, letters(api)))
    first = {row["order"]: row["id"] for row in reversed(found["dead"])}

    said("dead show has the payload, masked", cli("dead", "show", first["A-4"]), 0, "A-4", "  broken: +** ***-****-****")
    status, found = cli.json("dead", "show", first["A-1"])
    tap.ok("as JSON too", status == 0 and "*" in found["payload"] and CUSTOMER[1:] not in found["payload"], found)
    status, found = eyes.json("dead", "show", first["A-1"])
    tap.ok("whole for a key that may see it", status == 0 and json.loads(found["payload"])["parties"][0]["number"] == CUSTOMER, found)
    row = api.get("/v1/audit").json["audit"][0]
    tap.same("who looked is written down", [row["action"], row["target"], row["detail"]], ["dead.reveal", first["A-1"], "A-1"])

    done = cli("dead", "retry", first["A-1"])
    said("what is refused again is told, and the exit is 1", done, 1, "REFUSED AGAIN", first["A-1"], "not_found")
    tap.same("and stays", len(letters(api, order="A-1")), 2)
    parked = letters(api, order="A-1")[1]["id"]
    status, out, errors = cli("dead", "retry", parked)
    tap.ok("a parked one waits for the first", status == 1 and not out and "an earlier event" in errors, status, out, errors)

    make_pool(api, "bandung", VNS[100:120])
    said("once the reason is gone it is applied", cli("dead", "retry", first["A-1"]), 0, "2")
    tap.same("and what was behind it", letters(api, order="A-1"), [])
    status, found = cli.json("dead", "retry", "--all")
    results = {one["id"]: one for one in found["dead"]}
    tap.same("retry --all tries the first of every order, and says 1 where one is refused", (status, set(results)),
             (1, {first["A-2"], first["A-3"], first["A-4"]}), found)
    refused = results[first["A-2"]]
    tap.same("one behind that is refused stops there", [refused["applied"], [one["code"] for one in refused["refused"]]],
             [1, ["not_found"]])
    tap.same("what was applied is gone", [row["state"] for row in letters(api, order="A-2")], ["refused", "parked"])
    late = refused["refused"][0]["id"]
    told = [json.loads(record.value) for record in kafka.read("bauta.dead", lambda all: any(late.encode() in r.value for r in all), 20)]
    tap.same("one that was parked and is refused now is told", [(one["order"], one["code"]) for one in told if one["id"] == late],
             [("A-2", "not_found")])
    tap.ok("and no letter twice, though some were refused again", len({one["id"] for one in told}) == len(told), told)

    status, found = cli.json("dead", "drop", refused["refused"][0]["id"], first["A-4"])
    tap.same("dead drop goes on with what is behind", (status, [[one["dropped"], one["applied"]] for one in found["dead"]]),
             (0, [[1, 1], [1, 0]]))
    said("and without --json", cli("dead", "drop", first["A-3"]), 0, "DROPPED", "1")
    tap.same("nothing is left", (letters(api), gauge(server)), ([], 0))


def together(*jobs):
    """Runs each in a thread of its own."""
    barrier = threading.Barrier(len(jobs))
    results = [None] * len(jobs)

    def work(i, job):
        barrier.wait()
        results[i] = job()
    threads = [threading.Thread(target=work, args=job) for job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_at_once(kafka, server, api):
    kafka.produce("orders", [event("B-%d" % i, version, "placed", customer="12" if version == 1 else CUSTOMER)
                             for i in range(30) for version in (1, 2, 3)])
    kafka.applied(orders.GROUP, "orders")
    before = gauge(server)
    firsts = {}
    for row in letters(api):
        firsts.setdefault(row["order"], row["id"])
    clients = [server.client(observe=observe) for _ in range(6)]
    dropped, odd = 0, []
    for id in firsts.values():
        answers = together(*[lambda client=client: client.delete("/v1/dead/" + id) for client in clients[:4]],
                           *[lambda client=client: client.post("/v1/dead/%s/retry" % id) for client in clients[4:]])
        odd += [answer for answer in answers if not answer or answer.status not in (200, 404)]
        dropped += sum(answer.json["dropped"] for answer in answers if answer and answer.status == 200)
    tap.same("six who drop and try the same letter at once", odd, [])
    tap.same("each is dropped once", (before, dropped), (90, 30))
    tap.same("and counted off once, as those behind them", (letters(api), gauge(server)), ([], 0))


def test_erase(kafka, server, api, other):
    forms = ["+6281234567210", "081234567210", "0062 812-3456-7210", "(0812) 3456 7210", "\u0660\u0668\u0661\u0662\u0663\u0664\u0665"
             "\u0666\u0667\u0662\u0661\u0660"]
    records = [Record("C-%d" % i, json.dumps({"order": "C-%d" % i, "tel": form}, ensure_ascii=i % 2 == 0))
               for i, form in enumerate(forms)]
    records += [event("C-9", 1, "placed", customer="12"), event("C-9", 2, "assigned", customer=CUSTOMER),
                event("C-9", 3, "assigned", courier=COURIER), Record("C-10", json.dumps({"tel": SECOND}))]
    records += [Record("D-%d" % i, "{") for i in range(450)]
    kafka.produce("orders", records)
    kafka.applied(orders.GROUP, "orders")
    api.post("/v1/sessions", {"pool": orders.POOL, "ref": "S-1", "parties": parties(customer=CUSTOMER)})
    before = gauge(server)
    tap.same("another tenant's erasing touches none", other.post("/v1/numbers/erase", {"number": CUSTOMER}).json["dead"], 0)
    head = {"Idempotency-Key": "erase-1"}
    answer = api.post("/v1/numbers/erase", {"number": CUSTOMER}, headers=head)
    tap.ok("letters with the number go, however it was written", answer.status == 200 and answer.json["dead"] == len(forms) + 1 and
           answer.json["sessions"] >= 1, answer)
    tap.same("asked again with its key it is the same answer", api.post("/v1/numbers/erase", {"number": CUSTOMER}, headers=head).json,
             answer.json)
    left = letters(api)
    tap.same("the others stay", (sorted(row["order"] for row in left if row["order"][0] == "C"), len(left), gauge(server)),
             (["C-10", "C-9", "C-9"], 453, before - len(forms) - 1))
    row = next(row for row in api.get("/v1/audit").json["audit"] if row["action"] == "number.erase")
    tap.ok("the audit row counts them and is masked", "dead %d" % (len(forms) + 1) in row["detail"] and
           row["target"] == "+62*******210", row)
    tap.same("nothing is left to erase", api.post("/v1/numbers/erase", {"number": CUSTOMER}).json,
             {"sessions": 0, "rows": 0, "dead": 0, "blocks": 0})
    kafka.produce("orders", [event("C-1", 1, "placed", customer=SECOND)])
    kafka.applied(orders.GROUP, "orders")
    tap.same("an order whose letters went is itself again", letters(api, order="C-1"), [])
    server.kill()
    server.start()
    again = server.client(api.key, observe)
    tap.same("after a crash too", (letters(again), gauge(server)), (left, 453))


def test_many_between(kafka, server, api):
    """Letters of other orders, more than a page of the store looks at, lie between an order's first and what is behind it."""
    api = server.client(api.key, observe)
    kafka.produce("orders", [event("E-1", 1, "placed", pool="medan", customer=CUSTOMER)])
    kafka.applied(orders.GROUP, "orders")
    kafka.produce("orders", [event("E-1", 2, "assigned", pool="medan", courier=COURIER)])
    kafka.applied(orders.GROUP, "orders")
    first, behind = [row["id"] for row in letters(api, order="E-1")]
    server.stop()
    with contextlib.closing(sqlite3.connect(os.path.join(server.data, "bauta.db"))) as db, db:
        (begin,), (end,) = db.execute("SELECT id FROM dead WHERE order_id = 'E-1' ORDER BY id").fetchall()
        tap.ok("there is room for them", end - begin > MANY, begin, end)
        db.executemany("INSERT INTO dead VALUES(?, 0, 0, 'main', 'orders', 0, 0, 'F-1', '', '', '', '', '', x'')",
                       [(begin + 1 + i,) for i in range(MANY)])
    server.start()
    api = server.client(api.key, observe)
    make_pool(api, "medan", VNS[120:140])
    answer = api.post("/v1/dead/%s/retry" % first)
    tap.ok("what is behind one that is tried again goes on, however many lie between", answer.json.get("applied") == 2, answer)
    tap.same("and nothing of that order is left", api.get("/v1/dead/" + behind).status, 404)


def main():
    with Kafka() as kafka:
        orders.topics(kafka, 1)
        with Server(config=orders.config(kafka, "one")) as server:
            api = server.client(observe=observe)
            orders.pool(api, VNS[:100])
            other = server.client(server.make_key("theirs", "admin", tenant="other"), observe)
            eyes = Cli(server, server.make_key("eyes", "admin,reveal"))
            test_hands(kafka, server, api, Cli(server, server.key), eyes)
            test_two_at_once(kafka, server, api)
            test_erase(kafka, server, api, other)
            test_many_between(kafka, server, api)
            tap.same("every answer is as documented", sorted(set(broken))[:20], [])
            tap.ok("no number in the log", not any(number[1:] in server.stderr() for number in NUMBERS))
            tap.same("it ends in good order", server.stop(), 0, server.stderr()[-4000:])
    tap.done()


main()
