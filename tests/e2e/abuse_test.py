#!/usr/bin/env python3
"""Bounds of sessions, verdicts on callers, and who tries one number after the other: with Twilio's signed questions, through a
stop and a kill, and no real number where none belongs."""
import http.server
import json
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from abuse import Pair, audited, broken_answers, connects, leaks, reason_of, verified  # noqa: E402
from bauta import Server, Tap  # noqa: E402
from events_check import Events  # noqa: E402
from openapi_check import Document  # noqa: E402
from providers import ACCOUNTS, Twilio  # noqa: E402
from town import PEOPLE, VNS, make_pool, until  # noqa: E402

STRANGER = PEOPLE[3]
WEBHOOK = """
webhooks:
  - { name: app, url: "%s", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", allow_private: true,
      types: ["abuse.*"] }
"""

tap = Tap()
events = Events()
observe, broken = broken_answers(Document())


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

    def of(self, type):
        return [event for event in list(self.got) if event["type"] == type]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a server that was killed cuts its connections
            super().handle_error(request, client_address)


# --- bounds of sessions ---

def alike(name, call, stranger):
    tap.ok(name, call.action == "reject" and call.seen() == stranger.seen(), call, stranger)


def test_calls_at_once(server, api, twilio):
    make_pool(api, "one", VNS[100:120], calls_at_once=1)
    pair = Pair(api, twilio, "one", "O-1", customer=PEOPLE[50], courier=PEOPLE[51])
    stranger = twilio.voice(STRANGER, pair.vn["courier"])
    first = pair.calls()
    tap.ok("a first call gets through", connects(first, PEOPLE[51]))
    second = pair.calls_back()
    alike("a second one is refused as a stranger is", second, stranger)
    tap.same("we are told why", reason_of(api, second), "too_many_calls")
    tap.ok("the first one asked about again is the same call", connects(pair.calls(id=first.id), PEOPLE[51]))
    other = Pair(api, twilio, "one", "O-2", customer=PEOPLE[52], courier=PEOPLE[53])
    tap.ok("another session has its own", connects(other.calls(), PEOPLE[53]))
    reason_of(api, first)
    for how in ("stop", "kill"):
        getattr(server, how)()
        server.start()
        api, twilio = server.client(observe=observe), Twilio(server)
        pair.twilio = twilio
        tap.same("after a %s it still goes on" % how, pair.calls_back().action, "reject")
    twilio.progress(first, "in-progress")
    tap.same("answered, it goes on", pair.calls_back().action, "reject")
    twilio.ended(first, seconds=30)
    third = pair.calls_back()
    tap.ok("it ends, and there is room", connects(third, PEOPLE[50]))
    twilio.ended(third, "busy")
    tap.ok("also where nobody was reached", connects(pair.calls(), PEOPLE[51]))
    api.patch("/v1/pools/one", {"calls_at_once": 2})
    tap.ok("the pool's bound is changed at once", connects(pair.calls(), PEOPLE[51]))
    tap.same("a third", pair.calls().action, "reject")
    return api, twilio


def test_minutes(server, api, twilio):
    make_pool(api, "brief", VNS[120:140], minutes_per_session=3, attempts_per_minute=0)
    pair = Pair(api, twilio, "brief", "M-1", customer=PEOPLE[54], courier=PEOPLE[55])
    stranger = twilio.voice(STRANGER, pair.vn["courier"])
    call = pair.calls()
    tap.same("a call may last what the session has left", (call.action, call.max_s), ("connect", 180))
    twilio.ended(call, seconds=100)
    left = until(pair.calls, lambda call: call.max_s == 80)
    tap.same("what was talked is taken off", left.max_s, 80)
    until(lambda: [row for row in api.get("/v1/calls", {"session": pair.session["id"]}).json["calls"] if row["seconds"]], bool)
    for how in ("stop", "kill"):
        getattr(server, how)()
        server.start()
        api, twilio = server.client(observe=observe), Twilio(server)
        pair.twilio = twilio
        tap.same("after a %s as much is left" % how, pair.calls_back().max_s, 80)
    twilio.ended(pair.calls(), seconds=81)
    last = until(pair.calls, lambda call: call.action != "connect")
    alike("with nothing left it is refused as a stranger is", last, stranger)
    tap.same("we are told why", reason_of(api, last), "minutes_used")
    tap.ok("another session has its own",
           connects(Pair(api, twilio, "brief", "M-2", customer=PEOPLE[56], courier=PEOPLE[57]).calls(), PEOPLE[57]))
    return api, twilio


def test_attestation(api, twilio):
    pool = make_pool(api, "vouched", VNS[140:160], require_attestation="A").json
    tap.same("the pool says so", pool["require_attestation"], "A")
    pair = Pair(api, twilio, "vouched", "V-1", customer=PEOPLE[58], courier=PEOPLE[59])
    stranger = twilio.voice(STRANGER, pair.vn["courier"], verdict="A")
    def verdicts():
        return [pair.calls(verdict=verdict).action for verdict in ("A", "B", "C", None)]
    tap.same("A", verdicts(), ["connect", "reject", "reject", "reject"])
    api.patch("/v1/pools/vouched", {"require_attestation": "B"})
    tap.same("B admits A and B", verdicts(), ["connect", "connect", "reject", "reject"])
    refused = pair.calls()
    alike("who isn't vouched for is refused as a stranger is", refused, stranger)
    tap.same("we are told why", reason_of(api, refused), "not_attested")
    asked = {"from": PEOPLE[58], "to": pair.vn["courier"]}
    tap.same("POST /v1/route takes a verdict too", [api.post("/v1/route", dict(asked, **more)).json["action"]
                                                    for more in ({"attestation": "B"}, {"attestation": "C"}, {})],
             ["connect", "reject", "reject"])
    api.patch("/v1/pools/vouched", {"unknown_caller": "pin"})
    tap.same("who isn't vouched for is asked for no PIN", [twilio.voice(STRANGER, pair.vn["courier"], verdict=verdict).action
                                                           for verdict in ("B", None)], ["digits", "reject"])
    api.patch("/v1/pools/vouched", {"require_attestation": "none"})
    tap.same("none", pair.calls().action, "connect")


def test_bounds_of_bounds(api):
    refused = api.post("/v1/pools", {"name": "wrong", "country": "ID", "calls_at_once": 101})
    tap.same("a bound out of range is told", (refused.code, refused.json.get("field")), ("bad_request", "calls_at_once"))
    tap.same("one VN is no scan", api.patch("/v1/pools/one", {"scan_vns": 1}).json.get("field"), "scan_vns")


# --- attempts ---

def test_pace(api, twilio):
    make_pool(api, "slow", VNS[160:180], attempts_per_minute=3, scan_vns=0)
    pair = Pair(api, twilio, "slow", "P-1", customer=PEOPLE[60], courier=PEOPLE[61])
    # A minute may end in between: then there are some more, but no more than twice as many.
    actions = [pair.calls().action for _ in range(8)]
    tap.ok("who rings one number too often in a minute is refused", actions[:3] == ["connect"] * 3 and
           actions.count("connect") <= 6 and actions[-1] == "reject", actions)
    tap.ok("the other one is not", connects(pair.calls_back(), PEOPLE[60]))
    again = [connects(pair.calls_back(id="CA" + "7" * 32), PEOPLE[60]) for _ in range(8)]
    tap.same("a call that is told again is counted once", again, [True] * 8)
    calls = [twilio.voice(PEOPLE[62], VNS[160 + i]) for i in range(8)]
    tap.same("a stranger is", reason_of(api, calls[-1]), "too_many_calls")
    tap.ok("byte for byte as before", len({repr(call.seen()) for call in calls}) == 1, *calls)
    strangers = [twilio.voice(person, VNS[170]) for person in PEOPLE[200:270]]
    tap.same("so are many of them at one number", reason_of(api, strangers[-1]), "too_many_calls")
    api.patch("/v1/pools/slow", {"attempts_per_minute": 0})
    tap.same("0: no bound", [pair.calls().action for _ in range(5)], ["connect"] * 5)


def test_scan(server, api, twilio, app):
    make_pool(api, "watched", VNS[180:220], scan_vns=4, cooldown_s=3600, attempts_per_minute=0)
    victim, scanner = PEOPLE[63], PEOPLE[64]
    pair = Pair(api, twilio, "watched", "S-1", customer=scanner, courier=victim)
    old = [Pair(api, twilio, "watched", "S-old-%d" % i, customer=PEOPLE[65], courier=PEOPLE[66 + i]) for i in range(6)]
    for each in old:
        api.post("/v1/sessions/%s/close" % each.session["id"], {"grace_s": 0})
    used = {vn for each in [pair, *old] for vn in each.vn.values()}
    free = [vn for vn in VNS[180:220] if vn not in used]
    tap.ok("one that is known gets through", connects(pair.calls(), victim))
    remembering = [each.calls() for each in old]
    tap.same("who rings numbers of its old orders", {reason_of(api, call) for call in remembering}, {"not_active"})
    repeating = [twilio.voice(PEOPLE[80], free[0]) for _ in range(8)]
    tap.same("or one number again and again is no scanner", reason_of(api, repeating[-1]), "unknown_caller")

    tries = [twilio.voice(scanner, vn) for vn in free[:4]]
    reason_of(api, tries[-1])
    blocked = until(pair.calls, lambda call: call.action == "reject")
    alike("who tries one after the other is refused whatever it dials, as a stranger is", blocked, tries[0])
    tap.same("we are told why", reason_of(api, blocked), "blocked")
    tap.ok("it hears nothing of that", len({repr(call.seen()) for call in tries}) == 1, *tries)
    tap.ok("those whom it rang are not meant", connects(pair.calls_back(), scanner))
    for vn in free[4:12]:
        twilio.voice(scanner, vn)
    told = until(lambda: app.of("abuse.suspected"), bool)
    data = told[0]["data"]
    tap.same("it is told once", (len(told), data["pool"], data["vns"], len(data["caller"])), (1, "watched", 4, 16))
    rows = audited(api, "abuse.suspect")
    tap.same("and written down", [(row["target"], row["key"]) for row in rows], [(data["caller"], "calls")])
    tap.ok("and counted", b"bauta_suspected_total 1\n" in api.get("/metrics").body)
    second = [twilio.voice(PEOPLE[81], vn) for vn in free[:4]]
    reason_of(api, second[-1])
    tokens = [event["data"]["caller"] for event in until(lambda: app.of("abuse.suspected"), lambda got: len(got) == 2)]
    tap.ok("another caller has another token", len(set(tokens)) == 2, tokens)
    api.post("/v1/numbers/erase", {"number": scanner})
    tap.same("who is erased is suspected no more", reason_of(api, twilio.voice(scanner, free[0])), "unknown_caller")
    tap.ok("events are as their document says", not app.wrong, *app.wrong)


def test_leaks(server, api, app):
    found, _ = leaks(server, api, PEOPLE[:90], ("/v1/audit?page_size=1000", "/v1/calls?page_size=1000"), events=json.dumps(app.got))
    tap.ok("no real number in database, WAL, backup, logs, metrics, events, answers", not found, *found)
    checked = verified(server)
    tap.ok("bauta verify finds nothing", checked[0] == 0, checked)


def main():
    app = App()
    with Server(ACCOUNTS + WEBHOOK % app.url) as server:
        api, twilio = server.client(observe=observe), Twilio(server)
        api, twilio = test_calls_at_once(server, api, twilio)
        api, twilio = test_minutes(server, api, twilio)
        test_attestation(api, twilio)
        test_bounds_of_bounds(api)
        test_pace(api, twilio)
        test_scan(server, api, twilio, app)
        test_leaks(server, api, app)
    app.stop()
    tap.ok("answers are as the document says", not broken, *broken[:10])
    tap.done()


if __name__ == "__main__":
    main()
