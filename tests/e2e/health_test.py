#!/usr/bin/env python3
"""A number whose calls fail is taken out, told, replaced in live sessions, and lent again: by Twilio's own reports."""
import http.server
import json
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap  # noqa: E402
from events_check import Events  # noqa: E402
from openapi_check import Document  # noqa: E402
from providers import ACCOUNTS, Twilio  # noqa: E402
from town import PEOPLE, VNS, make_pool, parties, until, vns_of  # noqa: E402

STOCK = VNS[:12]
SICK = STOCK[3]
ORDERS = 30
WAIT_S = 60

tap = Tap()
document = Document()
events = Events()
broken = []


def observe(method, path, body, answer):
    broken.extend("%s %s -> %d: %s" % (method, path, answer.status, error) for error in document.check(method, path, answer))


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a server that was killed cuts its connections
            super().handle_error(request, client_address)


class App:
    """Where the app hears of events."""

    def __init__(self):
        self.got, self.wrong = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.wrong += events.wrong_webhook({name.lower(): value for name, value in self.headers.items()}, body)
                outer.got.append(json.loads(body))
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = Listener(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/hook" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, type, subject=None):
        return [event for event in list(self.got) if event["type"] == type and subject in (None, event.get("subject"))]

    def until(self, type, subject, count=1):
        return until(lambda: self.of(type, subject), lambda got: len(got) >= count, WAIT_S)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Town:
    """Orders with people of their own."""

    def __init__(self, server, api, pool, people=PEOPLE):
        self.api, self.pool, self.n = api, pool, 0
        self.twilio = Twilio(server)
        self.people = iter(people)

    def order(self, **vns):
        customer, courier = next(self.people), next(self.people)
        self.n += 1
        rows = [dict(party, **({"vn": vns[party["role"]]} if party["role"] in vns else {}))
                for party in parties(customer=customer, courier=courier)]
        made = self.api.post("/v1/sessions", {"pool": self.pool, "ref": "%s-%d" % (self.pool, self.n), "parties": rows})
        assert made.status == 201, made
        return made.json, customer, courier

    def call(self, order, status):
        """The courier calls; the customer's phone shows the courier's VN, and that is how it ends."""
        session, customer, courier = order
        call = self.twilio.voice(courier, vns_of(session)["customer"])
        assert (call.action, call.rings, call.shows) == ("connect", customer, vns_of(session)["courier"]), call
        assert self.twilio.ended(call, status, 60 if status == "completed" else 0).status == 200
        return call


def number(api, pool, vn):
    return next(row for row in api.get("/v1/pools/%s/numbers" % pool).json["numbers"] if row["number"] == vn)


def audit(api, action):
    return [row for row in api.get("/v1/audit?page_size=1000").json["audit"] if row["action"] == action]


def healthy(town, but, count=36):
    for i in range(count):
        vn = [vn for vn in STOCK if vn != but][i % (len(STOCK) - 1)]
        town.call(town.order(courier=vn), "completed")


def make_sick(town, vn, most=20):
    """Orders whose calls fail, until it is out; how many it took."""
    for n in range(1, most + 1):
        town.call(town.order(), "completed")  # of another, for it is the one with the fewest pairs
        order = town.order(courier=vn)
        call = town.call(order, "failed" if n % 2 else "busy")
        until(lambda: town.api.get("/v1/calls", {"page_size": 1000, "session": order[0]["id"]}).json["calls"],
              lambda rows: [row["status"] for row in rows if row["provider_call_id"] == call.id] in (["failed"], ["busy"]))
        if number(town.api, town.pool, vn)["out"]:
            return n
    return most + 1


def test_sick(server, api, app):
    tap.note("taken out, told, replaced")
    make_pool(api, "jakarta", STOCK, supply={"replace": True})
    town = Town(server, api, "jakarta")
    healthy(town, SICK)
    live = [town.order(courier=SICK) for _ in range(ORDERS)]
    others = [town.order() for _ in range(10)]
    town.call(live[0], "completed")
    for _ in range(15):
        town.call(live[1], "failed")
    tap.same("one order whose callee is dead costs no number", number(api, "jakarta", SICK)["out"], None)
    n = make_sick(town, SICK)
    tap.ok("a number whose calls fail is found within 14 orders", 5 <= n <= 14, n)
    row = number(api, "jakarta", SICK)
    tap.same("it is disabled, for its health", (row["state"], row["out"]["why"]), ("disabled", "unhealthy"), row)
    tap.ok("since now, for an hour at most", row["out"]["since"] < row["out"]["until"], row)
    tap.same("no other is", [r["number"] for r in api.get("/v1/pools/jakarta/numbers").json["numbers"] if r["out"]], [SICK])
    told = app.until("number.disabled", SICK)
    tap.same("the app is told", [event["data"]["why"] for event in told], ["unhealthy"], app.got[-5:])
    tap.ok("and the audit log", any(row["detail"].startswith("unhealthy: ") for row in audit(api, "number.disable")), audit(api, "number.disable"))
    row = until(lambda: number(api, "jakarta", SICK), lambda row: row["sessions"] == 0, WAIT_S)
    tap.same("its live sessions have other numbers", row["sessions"], 0, row)
    changed = app.until("session.changed", live[0][0]["ref"])
    tap.ok("which the app is told", changed and SICK not in json.dumps(changed[-1]["data"]["parties"]), changed)
    wrong = []
    for order in live:
        session = api.get("/v1/sessions/" + order[0]["id"]).json
        vns = vns_of(session)
        if vns["courier"] == SICK or vns["customer"] != vns_of(order[0])["customer"]:
            wrong.append(session)
        call = town.twilio.voice(order[1], vns["courier"])
        back = town.twilio.voice(order[2], vns["customer"])
        old = town.twilio.voice(order[1], SICK)
        if (call.rings, call.shows, back.rings, back.shows, old.action) != (
                order[2], vns["customer"], order[1], vns["courier"], "reject"):
            wrong.append((call, back, old))
    tap.same("everybody reaches whom they should, by the new numbers only", wrong, [])
    tap.ok("other sessions have the numbers that they had", all(
        SICK in vns_of(order[0]).values() or vns_of(api.get("/v1/sessions/" + order[0]["id"]).json) == vns_of(order[0]) for order in others))
    return town


def test_by_hand(town, api):
    tap.note("in again by hand")
    api.patch("/v1/numbers/" + SICK, {"state": "enabled"})
    row = number(api, "jakarta", SICK)
    tap.same("a hand lets it in at once", (row["out"], row["state"]), (None, "free"), row)
    tap.ok("and it is judged anew", 5 <= make_sick(town, SICK) <= 14)


def test_well_again(server, api, app):
    tap.note("in again by its own calls")
    make_pool(api, "bandung", VNS[100:112])
    town = Town(server, api, "bandung", PEOPLE[1000:])
    for i in range(36):
        town.call(town.order(courier=VNS[101 + i % 11]), "completed")
    live = [town.order(courier=VNS[100]) for _ in range(4)]
    make_sick(town, VNS[100])
    tap.same("without `replace` live sessions keep it", number(api, "bandung", VNS[100])["out"]["why"], "unhealthy")
    row = number(api, "bandung", VNS[100])
    tap.ok("all of them", row["sessions"] >= 4, row)
    for order in live[:3]:
        town.call(order, "completed")
    row = until(lambda: number(api, "bandung", VNS[100]), lambda row: row["out"] is None, WAIT_S)
    tap.same("three orders whose calls come through bring it back", row["out"], None, row)
    tap.ok("which is told", app.until("number.enabled", VNS[100]))
    return town


def test_killed(server, api):
    """While its live sessions are moved, some in each transaction."""
    tap.note("killed in the middle")
    sick = VNS[200]
    make_pool(api, "surabaya", VNS[200:212], supply={"replace": True}, per_vn_max=1000)
    town = Town(server, api, "surabaya", PEOPLE[1200:])
    for i in range(36):
        town.call(town.order(courier=VNS[201 + i % 11]), "completed")
    live = [town.order(courier=sick) for _ in range(300)]
    make_sick(town, sick)
    out = number(api, "surabaya", sick)["out"]
    row = until(lambda: number(api, "surabaya", sick), lambda row: row["sessions"] < 300, WAIT_S)
    server.kill()
    town.twilio.close()
    tap.note("%d sessions had it still" % row["sessions"])
    server.start()
    api = server.client(observe=observe)
    town.twilio, town.api = Twilio(server), api
    tap.same("after a kill it is out as before", number(api, "surabaya", sick)["out"], out)
    row = until(lambda: number(api, "surabaya", sick), lambda row: row["sessions"] == 0, WAIT_S)
    tap.same("and the rest is moved", row["sessions"], 0, row)
    wrong = []
    for order in live:
        vns = vns_of(api.get("/v1/sessions/" + order[0]["id"]).json)
        call, back = town.twilio.voice(order[1], vns["courier"]), town.twilio.voice(order[2], vns["customer"])
        if vns["courier"] == sick or (call.rings, call.shows, back.rings, back.shows) != (
                order[2], vns["customer"], order[1], vns["courier"]):
            wrong.append((order, vns, call, back))
    tap.same("everybody reaches whom they should", wrong[:3], [])
    town.twilio.close()


def main():
    app = App()
    config = ACCOUNTS + """
webhooks:
  - { name: app, url: "%s", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", allow_private: true }
""" % app.url
    with Server(config) as server:
        api = server.client(observe=observe)
        town = test_sick(server, api, app)
        test_by_hand(town, api)
        other = test_well_again(server, api, app)
        town.twilio.close()
        other.twilio.close()
        test_killed(server, api)
        tap.same("it ends in good order", server.stop(), 0, server.stderr()[-4000:])
        said = server.stderr()
        tap.ok("no number in the log", not any(person[1:] in said for person in PEOPLE))
        tap.ok("nothing for a sanitizer to say", "Sanitizer" not in said and "runtime error" not in said, said[-4000:])
    app.stop()
    tap.same("every answer was as documented", broken[:10], [])
    tap.same("every event too", app.wrong[:10], [])
    tap.done()


main()
