#!/usr/bin/env python3
"""kill -9 under load, again and again: what was acknowledged is there afterwards, whole, and nothing is there twice.

Every client keeps what the server acknowledged. A request whose answer was lost is sent again after the restart: it may
have been done or not, and either way it ends done, once.
"""
import http.client
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run
from pairs import pairs_twice, stock_sums
from town import PEOPLE, VNS, make_pool, parties, seeded, vns_of

ROUNDS, CLIENTS, LEAST, MOST = 10, 6, 60, 400
GONE = (http.client.HTTPException, OSError)

tap = Tap()
random = seeded(tap)


class Order:
    """One session as its client knows it."""

    def __init__(self, ref, customer, courier):
        self.ref, self.customer, self.courier = ref, customer, courier
        self.id = None
        self.state = "none"   # none, live, closing, ended
        self.routes = []      # (caller, dialled, rings, shows): must connect
        self.dead = []        # (caller, dialled): must not

    def learn(self, session):
        """The routes of a session with two parties."""
        self.id = session["id"]
        vn = vns_of(session)
        seen = {(view["viewer"], view["target"]): view["vn"] for view in session.get("views", [])}
        number = {"customer": self.customer, "courier": self.courier}
        routes = []
        for viewer, target in (("customer", "courier"), ("courier", "customer")):
            routes.append((number[viewer], seen.get((viewer, target), vn[target]), number[target],
                           seen.get((target, viewer), vn[viewer])))
        self.dead = [pair for pair in self.dead + [route[:2] for route in self.routes] if pair not in {r[:2] for r in routes}]
        self.routes = routes

    def end(self):
        self.state = "ended"
        self.dead += [route[:2] for route in self.routes]
        self.routes = []


class Worker:
    """A client: its orders, and the request whose answer it waits for."""

    def __init__(self, number, crash):
        self.number, self.crash = number, crash
        self.random = type(random)(random.random())
        self.people = PEOPLE[number::CLIENTS]
        self.orders, self.opened, self.events = [], [], []
        self.doing = None     # a function of an api: what was sent last, to be sent again
        self.wrong = []

    def expect(self, good, *what):
        if not good:
            self.wrong.append(what)

    def open(self, api):
        order = Order("%d-%d" % (self.number, len(self.orders)), *self.random.sample(self.people, 2))
        body = {"pool": "crash", "ref": order.ref, "parties": parties(customer=order.customer, courier=order.courier)}
        headers = {"Idempotency-Key": "key-" + order.ref}
        self.orders.append(order)

        def send(api):
            answer = api.post("/v1/sessions", body, headers=headers)
            if answer.code in ("pool_exhausted", "overloaded"):
                order.state = "ended"
                return
            self.expect(answer.status == 201, "open", order.ref, answer)
            order.learn(answer.json)
            order.state = "live"
            self.opened.append((body, headers, answer.json))
        return send

    def open_by_event(self, api):
        order = Order("%d-%d" % (self.number, len(self.orders)), *self.random.sample(self.people, 2))
        event = {"id": "evt-" + order.ref, "type": "order.assigned", "order": order.ref, "version": 1, "pool": "crash",
                 "parties": parties(customer=order.customer, courier=order.courier)}
        self.orders.append(order)

        def send(api):
            answer = api.post("/v1/events", event)
            self.expect(answer.status == 200 and answer.json["applied"] + answer.json["repeated"] == 1, "event", event, answer)
            self.events.append(event)
            listed = api.get("/v1/sessions", {"pool": "crash", "ref": order.ref}).json["sessions"]
            self.expect(len(listed) == 1, "listed", order.ref, listed)
            if listed[0]["state"] == "live":
                order.learn(listed[0])
                order.state = "live"
            else:
                order.id, order.state = listed[0]["id"], "ended"
        return send

    def replace(self, api):
        order = self.any("live")
        fresh = self.random.choice([who for who in self.people if who not in (order.customer, order.courier)])

        def send(api):
            answer = api.put("/v1/sessions/%s/parties/courier" % order.id, {"number": fresh})
            if answer.code in ("pool_exhausted", "overloaded"):
                return
            self.expect(answer.status == 200, "replace", order.ref, answer)
            order.courier = fresh
            order.learn(answer.json)
        return send

    def close(self, api):
        order = self.any("live")
        grace = self.random.choice([0, 0, 3600])

        def send(api):
            answer = api.post("/v1/sessions/%s/close" % order.id, {"grace_s": grace},
                              headers={"Idempotency-Key": "close-" + order.ref})
            self.expect(answer.status == 200, "close", order.ref, answer)
            if grace:
                order.state = "closing"
            else:
                order.end()
        return send

    def any(self, state):
        return self.random.choice([order for order in self.orders if order.state == state])

    def run(self, server):
        api = server.client()
        try:
            while True:
                live = sum(order.state == "live" for order in self.orders)
                what = self.random.choices([self.open, self.open_by_event, self.replace, self.close],
                                           [4, 3, 2, 2] if live < 60 else [1, 1, 3, 6])[0] if live > 3 else self.open
                self.doing = what(api)
                self.doing(api)
                self.doing = None
                self.crash.count()
        except GONE:
            return
        except Exception as error:
            self.wrong.append((repr(error),))
            self.crash.count(ROUNDS * MOST)
        finally:
            api.close()

    def again(self, api):
        if self.doing:
            self.doing(api)
            self.doing = None


class Crash:
    """Kills the server once enough was acknowledged."""

    def __init__(self):
        self.done = 0
        self.changed = threading.Condition()

    def count(self, n=1):
        with self.changed:
            self.done += n
            self.changed.notify()

    def round(self, server, workers):
        goal = self.done + random.randrange(LEAST, MOST)
        threads = [threading.Thread(target=worker.run, args=(server,)) for worker in workers]
        for thread in threads:
            thread.start()
        with self.changed:
            self.changed.wait_for(lambda: self.done >= goal, timeout=60)
        status = server.kill()
        for thread in threads:
            thread.join()
        return status


def wrong_routes(api, workers):
    wrong = []
    for worker in workers:
        for order in worker.orders:
            for caller, dialled, rings, shows in order.routes:
                got = api.post("/v1/route", {"from": caller, "to": dialled}).json
                if (got["action"], got.get("to"), got.get("caller_id"), got.get("session")) != ("connect", rings, shows, order.id):
                    wrong.append((order.ref, caller, dialled, rings, shows, got))
            for caller, dialled in order.dead[-4:]:
                got = api.post("/v1/route", {"from": caller, "to": dialled}).json
                if got["action"] != "reject":
                    wrong.append((order.ref, "ended", caller, dialled, got))
    return wrong


def not_replayed(api, workers):
    wrong = []
    for worker in workers:
        for body, headers, first in worker.opened[-20:]:
            answer = api.post("/v1/sessions", body, headers=headers)
            if answer.status != 201 or answer.json["id"] != first["id"] or vns_of(answer.json) != vns_of(first):
                wrong.append((body["ref"], first, answer))
            other = api.post("/v1/sessions", {**body, "ref": "other"}, headers=headers)
            if other.code != "idempotency_mismatch":
                wrong.append((body["ref"], "another body", other))
        for event in worker.events[-20:]:
            answer = api.post("/v1/events", event)
            if (answer.json.get("applied"), answer.json.get("repeated")) != (0, 1):
                wrong.append((event, answer))
    return wrong


with Server() as server:
    key = server.key
    reveal = server.make_key("eyes", "sessions,reveal")
    make_pool(server.client(), "crash", VNS[:200], per_vn_max=1000)
    crash = Crash()
    workers = [Worker(i, crash) for i in range(CLIENTS)]
    for turn in range(1, ROUNDS + 1):
        status = crash.round(server, workers)
        if status != -9:
            tap.same("kill %d: it was us who ended the server" % turn, status, -9, server.stderr()[-3000:])
            break
        server.start()
        api = server.client(key)
        for worker in workers:
            worker.again(api)
        wrong = wrong_routes(api, workers)
        live = sum(bool(order.routes) for worker in workers for order in worker.orders)
        tap.ok("kill %d: every acknowledged session routes both ways, every ended one doesn't" % turn, live and not wrong,
               "%d live" % live, *wrong[:5])
        wrong = not_replayed(api, workers)
        tap.ok("kill %d: idempotency keys and events are remembered" % turn, not wrong, *wrong[:5])
        twice = pairs_twice(server.client(reveal), "crash")
        tap.ok("kill %d: no pair twice" % turn, not twice, *twice[:5])
        wrong = [what for worker in workers for what in worker.wrong]
        if not tap.ok("kill %d: no client saw anything that it should not" % turn, not wrong, *wrong[:5]):
            break
    stock = api.get("/v1/pools/crash").json["stock"]
    tap.ok("stock adds up", stock_sums(stock), stock)
    tap.note("%d changes acknowledged" % crash.done)
    status, out, errors = run("verify", "--data", server.data)
    tap.ok("verify finds nothing wrong", status == 0, out, errors)
    tap.ok("it ends in good order", server.stop() == 0)
tap.done()
