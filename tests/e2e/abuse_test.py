#!/usr/bin/env python3
"""Who may not ring, and how often: blocks, bounds of sessions, verdicts on callers, and who tries one number after the other;
with Twilio's signed questions, through a stop and a kill, and no real number where none belongs."""
import http.server
import json
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run  # noqa: E402
from events_check import Events  # noqa: E402
from leak import Canary  # noqa: E402
from openapi_check import Document  # noqa: E402
from providers import ACCOUNTS, Twilio  # noqa: E402
from town import PEOPLE, VNS, make_pool, parties, until, vns_of  # noqa: E402

CUSTOMER, COURIER, OTHER, STRANGER = PEOPLE[:4]
FURTHER = PEOPLE[4]  # the customer's second number
REASON = "threats, twice"

WEBHOOK = """
webhooks:
  - { name: app, url: "%s", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", allow_private: true,
      types: ["abuse.*"] }
"""

tap = Tap()
events = Events()
document = Document()
broken = []


def observe(method, path, body, answer):
    broken.extend("%s %s -> %d: %s" % (method, path, answer.status, error) for error in document.check(method, path, answer))


def masked(number):
    """As the API shows people of the calling codes +44 and +1."""
    return number[:2 if number.startswith("+1") else 3] + "*" * 7 + number[-3:]


def order(api, pool, ref, **people):
    made = api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": parties(**people)})
    assert made.status == 201, made
    return made.json


def reason_of(api, call):
    """Of the kept row of a call: it is written behind the answer."""
    def rows():
        return [row for row in api.get("/v1/calls", {"page_size": 1000}).json["calls"] if row["provider_call_id"] == call.id]
    found = until(rows, bool)
    return found[0]["reason"] if found else "no such call"


def connects(call, rings):
    return (call.action, call.rings) == ("connect", rings)


def block(api, status=201, **body):
    made = api.post("/v1/blocks", body)
    assert made.status == status, made
    return made.json


def audited(api, action):
    return [row for row in api.get("/v1/audit?page_size=1000").json["audit"] if row["action"] == action]


class Pair:
    """An order of two and their calls."""

    def __init__(self, api, twilio, pool, ref, customer=CUSTOMER, courier=COURIER):
        self.twilio, self.customer, self.courier = twilio, customer, courier
        self.session = order(api, pool, ref, customer=customer, courier=courier)
        self.vn = vns_of(self.session)

    def calls(self, **how):
        """The customer rings the courier."""
        return self.twilio.voice(self.customer, self.vn["courier"], **how)

    def calls_back(self, **how):
        return self.twilio.voice(self.courier, self.vn["customer"], **how)

    def through(self):
        return connects(self.calls(), self.courier), connects(self.calls_back(), self.customer)


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


# --- blocks ---

def test_blocks(api, twilio, revealing):
    pair = Pair(api, twilio, "jakarta", "B-1")
    stranger = twilio.voice(STRANGER, pair.vn["courier"])
    tap.same("before, both get through", pair.through(), (True, True))

    made = block(api, pool="jakarta", number=CUSTOMER, direction="from", reason=REASON)
    tap.same("a block is shown masked", [made[k] for k in ("number", "with", "direction", "until")],
             [masked(CUSTOMER), None, "from", None])
    call = pair.calls()
    tap.same("from: its calls are refused, and those to it go on", (call.action, pair.through()), ("reject", (False, True)))
    tap.same("byte for byte as a stranger is", call.seen(), stranger.seen())
    tap.same("we are told why", reason_of(api, call), "blocked")
    other = Pair(api, twilio, "jakarta", "B-2", customer=OTHER)
    tap.same("nobody else is meant", other.through(), (True, True))

    again = api.post("/v1/blocks", {"pool": "jakarta", "number": CUSTOMER, "direction": "to"})
    tap.same("the same number again changes it", (again.status, again.json["id"], again.json["direction"]), (200, made["id"], "to"))
    tap.same("to: calls to it are refused", pair.through(), (True, False))
    block(api, 200, pool="jakarta", number=CUSTOMER)
    tap.same("both", pair.through(), (False, False))
    tap.same("away", api.delete("/v1/blocks/" + made["id"]).status, 204)
    tap.same("both get through again", pair.through(), (True, True))
    tap.same("twice is once too often", api.delete("/v1/blocks/" + made["id"]).code, "not_found")

    point = block(api, pool="jakarta", number=COURIER, **{"with": CUSTOMER}, direction="from", reason=REASON)
    tap.same("point to point", (pair.through(), other.through()), ((True, False), (True, True)))
    listed = api.get("/v1/blocks?pool=jakarta").json["blocks"]
    tap.same("the list masks numbers", [(row["id"], row["number"], row["with"]) for row in listed],
             [(point["id"], masked(COURIER), masked(CUSTOMER))])
    seen = revealing.get("/v1/blocks").json["blocks"]
    tap.same("a key with reveal reads them", [(row["number"], row["with"], row["reason"]) for row in seen],
             [(COURIER, CUSTOMER, REASON)])
    tap.same("which is written down", len(audited(api, "block.reveal")), 1)
    api.delete("/v1/blocks/" + point["id"])
    tap.same("so is who blocked whom, by id", [len(audited(api, "block." + what)) for what in ("add", "set", "remove")], [2, 2, 2])


def test_block_of_a_party_with_two_numbers(api, twilio):
    rows = parties(customer=PEOPLE[10], courier=PEOPLE[11])
    rows[0]["numbers"] = [FURTHER]
    vn = vns_of(api.post("/v1/sessions", {"pool": "jakarta", "ref": "B-3", "parties": rows}).json)
    made = block(api, pool="jakarta", number=PEOPLE[10], direction="from")
    tap.same("whose first number is blocked can't ring from a further one",
             [twilio.voice(number, vn["courier"]).action for number in (PEOPLE[10], FURTHER)], ["reject", "reject"])
    api.delete("/v1/blocks/" + made["id"])
    tap.ok("until it is away", connects(twilio.voice(FURTHER, vn["courier"]), PEOPLE[11]))


def test_block_with_pin(api, twilio):
    session = order(api, "pins", "B-4", customer=PEOPLE[12], courier=PEOPLE[13])
    contact = api.get("/v1/orders/B-4/contact", {"pool": "pins", "as": "customer"}).json
    vn = vns_of(session)["courier"]
    tap.ok("by PIN from a withheld number", connects(twilio.voice("anonymous", vn, digits=contact["pin"]), PEOPLE[13]), contact)
    made = block(api, pool="pins", number=PEOPLE[12], direction="from")
    by_pin = twilio.voice("anonymous", vn, digits=contact["pin"])
    tap.same("a PIN is no way around a block", (by_pin.action, reason_of(api, by_pin)), ("reject", "blocked"))
    tap.same("who is blocked is asked for no PIN", twilio.voice(PEOPLE[12], vn).action, "reject")
    tap.same("others are", twilio.voice(STRANGER, vn).action, "digits")
    api.delete("/v1/blocks/" + made["id"])


def test_wrong_blocks(api):
    def code(**body):
        return api.post("/v1/blocks", {"pool": "jakarta", "number": OTHER, **body}).code
    tap.same("what is wrong with a block is told", [
        code(number=VNS[0]), code(number="12"), code(**{"with": OTHER}), code(direction="up"), code(pool="nowhere"),
        code(ttl_s=60, until="2099-01-01T00:00:00Z"), code(until="2001-01-01T00:00:00Z"), code(reason="x" * 201),
        code(reason="ask " + STRANGER), code(reason="ask 0 " + " ".join(STRANGER[3:])), code(number=None), code(scope="all")],
        ["number_is_virtual", "bad_number", "same_number_twice", "bad_request", "not_found"] + ["bad_request"] * 7)
    tap.same("nothing was made of it", api.get("/v1/blocks").json["blocks"], [])


def test_limit(config):
    with Server(config + "\nlimits: { blocks: 3 }\n") as server:
        api = server.client()
        make_pool(api, "jakarta", VNS[:10])
        first = [block(api, pool="jakarta", number=number) for number in PEOPLE[20:23]][0]
        fourth = api.post("/v1/blocks", {"pool": "jakarta", "number": PEOPLE[23]})
        tap.same("at the limit no further block is made", (fourth.status, fourth.code), (503, "limit_reached"))
        block(api, 200, pool="jakarta", number=PEOPLE[20], direction="to")
        api.delete("/v1/blocks/" + first["id"])
        block(api, pool="jakarta", number=PEOPLE[23])
        tap.ok("one that goes makes room", True)


def test_cli(server, api):
    environment = dict(os.environ, BAUTA_URL=server.url, BAUTA_KEY=server.key)
    def bauta(*arguments):
        return run(*arguments, environment=environment)
    added = bauta("block", "add", PEOPLE[30], "--pool", "jakarta", "--with", PEOPLE[31], "--direction", "from", "--for", "1h",
                  "--reason", REASON)
    id = added[1].strip()
    tap.ok("bauta block add prints the id", added[0] == 0 and id.startswith("blk_"), added)
    listed = bauta("block", "list", "--pool", "jakarta")
    tap.ok("bauta block list masks", listed[0] == 0 and all(
        word in listed[1] for word in (id, masked(PEOPLE[30]), masked(PEOPLE[31]), "from", REASON)), listed)
    tap.ok("bauta block remove", bauta("block", "remove", id)[0] == 0 and not api.get("/v1/blocks").json["blocks"])
    tap.same("wrong use", bauta("block", "add", PEOPLE[30], "--for", "soon")[0], 2)


def test_erase_and_restart(server, twilio, api):
    pair = Pair(api, twilio, "jakarta", "B-5", customer=PEOPLE[40], courier=PEOPLE[41])
    block(api, pool="jakarta", number=PEOPLE[40], direction="from", reason=REASON)
    block(api, pool="jakarta", number=PEOPLE[42], **{"with": PEOPLE[43]})
    block(api, pool="jakarta", number=PEOPLE[44], **{"with": PEOPLE[42]})
    for how in ("stop", "kill"):
        getattr(server, how)()
        server.start()
        api, twilio = server.client(observe=observe), Twilio(server)
        pair.twilio = twilio
        tap.same("after a %s it is as before" % how, (pair.through(), len(api.get("/v1/blocks").json["blocks"])), ((False, True), 3))
    gone = api.post("/v1/numbers/erase", {"number": PEOPLE[42]}).json
    tap.same("who is erased is in no block any more", (gone["blocks"], len(api.get("/v1/blocks").json["blocks"])), (2, 1))
    return api, twilio


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


def test_premium(api):
    """Every pool refuses those, whatever its countries (tests/unit/phone has the ranges)."""
    refused = api.post("/v1/pools", {"name": "wrong", "country": "ID", "calls_at_once": 101})
    tap.same("a bound out of range is told", (refused.code, refused.json.get("field")), ("bad_request", "calls_at_once"))
    tap.same("one VN is no scan", api.patch("/v1/pools/jakarta", {"scan_vns": 1}).json.get("field"), "scan_vns")


# --- attempts ---

def test_pace(api, twilio):
    make_pool(api, "slow", VNS[160:180], attempts_per_minute=3, scan_vns=0)
    pair = Pair(api, twilio, "slow", "P-1", customer=PEOPLE[60], courier=PEOPLE[61])
    # A minute may end in between: then there are some more, but no more than twice as many.
    actions = [pair.calls().action for _ in range(8)]
    tap.ok("who rings one number too often in a minute is refused", actions[:3] == ["connect"] * 3 and
           actions.count("connect") <= 6 and actions[-1] == "reject", actions)
    tap.ok("the other one is not", connects(pair.calls_back(), PEOPLE[60]))
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
    canary = Canary(PEOPLE[:90])
    backup = os.path.join(server.folder, "backup.db")
    made = run("backup", backup, "--data", server.data)
    assert made[0] == 0, made
    places = [(path, open(os.path.join(root, path), "rb").read()) for root, _, files in os.walk(server.folder) for path in files
              if path not in ("bauta.key", "bauta.yaml")]
    for where, data in places:
        canary.look(where, data)
    canary.look("metrics", api.get("/metrics").body)
    canary.look("standard output", "\n".join(server.lines))
    canary.look("events", json.dumps(app.got))
    for path in ("/v1/blocks", "/v1/audit?page_size=1000", "/v1/calls?page_size=1000"):
        canary.look(path, api.get(path).body)
    tap.ok("no real number in database, WAL, backup, logs, metrics, answers", not canary.found and canary.bytes > 50000,
           *canary.found)
    tap.ok("nor what was written of a person", not [where for where, data in places if REASON.encode() in data])
    server.stop()
    checked = run("verify", "--data", server.data)
    tap.ok("bauta verify finds nothing", checked[0] == 0, checked)


def main():
    app = App()
    with Server(ACCOUNTS + WEBHOOK % app.url) as server:
        api, twilio = server.client(observe=observe), Twilio(server)
        revealing = server.client(server.make_key("support", "sessions,reveal"), observe=observe)
        make_pool(api, "jakarta", VNS[:40])
        make_pool(api, "pins", VNS[40:60], unknown_caller="pin")
        test_blocks(api, twilio, revealing)
        test_block_of_a_party_with_two_numbers(api, twilio)
        test_block_with_pin(api, twilio)
        test_wrong_blocks(api)
        test_cli(server, api)
        api, twilio = test_erase_and_restart(server, twilio, api)
        api, twilio = test_calls_at_once(server, api, twilio)
        api, twilio = test_minutes(server, api, twilio)
        test_attestation(api, twilio)
        test_premium(api)
        test_pace(api, twilio)
        test_scan(server, api, twilio, app)
        test_leaks(server, api, app)
    app.stop()
    test_limit(ACCOUNTS)
    tap.ok("answers are as the document says", not broken, *broken[:10])
    tap.done()


if __name__ == "__main__":
    main()
