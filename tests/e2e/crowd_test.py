#!/usr/bin/env python3
"""Two hundred clients open, replace and close sessions on small pools at once, their own and each other's: no pair twice, stock
adds up at every moment, nobody is connected wrongly, and at the end every virtual number is back."""
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap
from pairs import pairs_twice, stock_sums, vns_held
from town import PEOPLE, VNS, make_pool, parties, seeded, until, vns_of

CLIENTS, STAGES, STEPS = 200, 3, 16
POOLS = {"shared": (VNS[:14], {"mode": "shared", "per_vn_max": 1000}),
         "lone": (VNS[100:160], {"mode": "exclusive", "rest_s": 0}),
         "one": (VNS[200:208], {"mode": "shared", "numbers": "one", "per_vn_max": 1000})}
CROWD = PEOPLE[:60]
COMMON = ["common-%d" % i for i in range(12)]
# What several clients of one session may do to each other.
ALLOWED = {"open": {"pool_exhausted", "session_exists", "session_closed"},
           "replace": {"pool_exhausted", "session_closed", "same_number_twice"}, "close": {"session_closed"}}

tap = Tap()
random = seeded(tap)


class Client:
    def __init__(self, server, number, barrier):
        self.api, self.number, self.barrier = server.client(), number, barrier
        self.random = type(random)(random.random())
        self.own = []         # (id, pool, customer, courier)
        self.done, self.exhausted, self.wrong = 0, 0, []
        self.opened_n = 0

    def took(self, what, answer):
        self.done += 1
        if answer.status < 300:
            return True
        if answer.code == "pool_exhausted":
            self.exhausted += 1
        if answer.code not in ALLOWED[what]:
            self.wrong.append((what, answer))
        return False

    def check(self, id, session, customer, courier):
        """What was acknowledged a moment ago connects now; the session is this client's alone."""
        vn = vns_of(session)
        seen = {(view["viewer"], view["target"]): view["vn"] for view in session.get("views", [])}
        dialled = seen.get(("customer", "courier"), vn["courier"])
        got = self.api.post("/v1/route", {"from": customer, "to": dialled}).json
        if (got["action"], got.get("to"), got.get("session")) != ("connect", courier, id):
            self.wrong.append(("route", session, got))

    def open(self):
        pool, common = self.random.choice(list(POOLS)), self.random.random() < 0.2
        ref = self.random.choice(COMMON) if common else "%d-%d" % (self.number, self.opened_n)
        self.opened_n += 1
        customer, courier = self.random.sample(CROWD, 2)
        answer = self.api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": parties(customer=customer, courier=courier)})
        if self.took("open", answer) and not common:
            self.own.append((answer.json["id"], pool, customer, courier))
            self.check(answer.json["id"], answer.json, customer, courier)

    def replace(self):
        i = self.random.randrange(len(self.own))
        id, pool, customer, courier = self.own[i]
        fresh = self.random.choice([who for who in CROWD if who not in (customer, courier)])
        answer = self.api.put("/v1/sessions/%s/parties/courier" % id, {"number": fresh})
        if self.took("replace", answer):
            self.own[i] = id, pool, customer, fresh
            self.check(id, answer.json, customer, fresh)

    def close(self):
        id = self.own.pop(self.random.randrange(len(self.own)))[0]
        self.took("close", self.api.post("/v1/sessions/%s/close" % id, {"grace_s": 0}))

    def meddle(self):
        """With a session that others work on too."""
        found = self.api.get("/v1/sessions", {"pool": self.random.choice(list(POOLS)), "ref": self.random.choice(COMMON)})
        for session in found.json["sessions"]:
            if self.random.random() < 0.7:
                self.took("replace", self.api.put("/v1/sessions/%s/parties/courier" % session["id"], {
                    "number": self.random.choice(CROWD)}))
            else:
                self.took("close", self.api.post("/v1/sessions/%s/close" % session["id"], {"grace_s": 0}))

    def step(self):
        what = self.random.choices([self.open, self.replace, self.close, self.meddle], [4, 3, 3, 1])[0]
        (what if self.own or what == self.meddle else self.open)()

    def run(self):
        try:
            for _ in range(STAGES):
                for _ in range(STEPS):
                    self.step()
                self.barrier.wait()   # all stand still
                self.barrier.wait()   # it was looked at
            while self.own:
                self.close()
        except threading.BrokenBarrierError:
            pass
        except Exception as error:
            self.wrong.append((repr(error),))
            self.barrier.abort()
        finally:
            self.api.close()


class Auditor(threading.Thread):
    """Asks for the stock all the time."""

    def __init__(self, api):
        super().__init__()
        self.api, self.looks, self.wrong = api, 0, []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            for pool in self.api.get("/v1/pools").json["pools"]:
                self.looks += 1
                if not stock_sums(pool["stock"]):
                    self.wrong.append(pool)


def look(stage, api):
    for pool in POOLS:
        twice, held = pairs_twice(api, pool), vns_held(api, pool)
        stock = api.get("/v1/pools/" + pool).json["stock"]
        tap.ok("stage %d: no pair twice in pool %s" % (stage, pool), not twice, *twice[:5])
        tap.ok("stage %d: as many are lent in pool %s as its sessions hold, the others are free" % (stage, pool),
               stock_sums(stock) and stock["lent"] == len(held) and stock["free"] == stock["total"] - len(held), stock, len(held))
        if pool == "lone":
            several = {vn: ids for vn, ids in held.items() if len(ids) > 1}
            tap.ok("stage %d: an exclusive number serves one session" % stage, not several, several)


def finish(api):
    for pool in POOLS:
        for ref in COMMON:
            for session in api.get("/v1/sessions", {"pool": pool, "ref": ref}).json["sessions"]:
                api.post("/v1/sessions/%s/close" % session["id"], {"grace_s": 0})
        def ask(pool=pool):
            return api.get("/v1/pools/" + pool).json
        got = until(ask, lambda got: got["stock"]["free"] == got["stock"]["total"])
        tap.ok("every number of pool %s is back" % pool, got["stock"]["free"] == got["stock"]["total"] == len(POOLS[pool][0]) and
               got["sessions"] == {"waiting": 0, "live": 0, "closing": 0}, got)


with Server() as server:
    api = server.client(server.make_key("eyes", "sessions,numbers,reveal"))
    owner = server.client()
    for name, (vns, policy) in POOLS.items():
        make_pool(owner, name, vns, cooldown_s=0, grace_s=0, **policy)
    barrier = threading.Barrier(CLIENTS + 1, timeout=120)
    clients = [Client(server, number, barrier) for number in range(CLIENTS)]
    threads = [threading.Thread(target=client.run) for client in clients]
    auditor = Auditor(server.client())
    auditor.start()
    for thread in threads:
        thread.start()
    try:
        for stage in range(1, STAGES + 1):
            barrier.wait()
            look(stage, api)
            barrier.wait()
    except threading.BrokenBarrierError:
        tap.ok("all clients reach the end of each stage", False)
    for thread in threads:
        thread.join()
    auditor.over.set()
    auditor.join()
    wrong = [what for client in clients for what in client.wrong]
    tap.ok("no client was told anything that it should not be", not wrong, *wrong[:8])
    exhausted = sum(client.exhausted for client in clients)
    tap.ok("the pools were small", exhausted > 0, exhausted)
    tap.ok("stock added up at each of %d looks" % auditor.looks, auditor.looks > 10 and not auditor.wrong, *auditor.wrong[:3])
    tap.note("%d changes, %d of them found nothing free" % (sum(client.done for client in clients), exhausted))
    finish(owner)
    metrics = owner.get("/metrics").body.decode()
    tap.ok("no answer was a 500", 'status="500"' not in metrics, metrics)
    tap.ok("it ends in good order", server.stop() == 0)
tap.done()
