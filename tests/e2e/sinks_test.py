#!/usr/bin/env python3
"""Webhooks from outside: events come signed and in order, failures are tried again, 410 disables, a replay sends again,
and a killed server loses nothing."""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run  # noqa: E402
from events_check import Events  # noqa: E402
from openapi_check import Document  # noqa: E402
from town import COURIER, CUSTOMER, SECOND, STRANGER, VNS, make_pool, parties, until  # noqa: E402

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
WAIT_S = 60
POOL = "jakarta"
REAL = [number[-8:].encode() for number in (CUSTOMER, COURIER, SECOND, STRANGER)]

tap = Tap()
document = Document()
events = Events()
broken = []


def observe(method, path, body, answer):
    broken.extend("%s %s -> %d: %s" % (method, path, answer.status, error) for error in document.check(method, path, answer))


def signature(secret, headers, body):
    signed = b"%s.%s.%s" % (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body)
    key = base64.b64decode(secret[len("whsec_"):])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Got:
    """One request to a receiver, and what it was answered."""

    def __init__(self, headers, body, status):
        self.headers, self.body, self.status = headers, body, status
        self.event = json.loads(body)
        self.id, self.type, self.subject = self.event["id"], self.event["type"], self.event.get("subject")


class Receiver:
    """An endpoint that notes what comes. `answer(event)`: a status, or (status, headers); `hold()` lets requests wait."""

    def __init__(self, *secrets):
        self.secrets = secrets
        self.answer = lambda event: 204
        self.got, self.wrong, self.waiting = [], [], 0
        self.came = threading.Condition()
        self.open = threading.Event()
        self.open.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.take(self)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/hook" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        with self.came:
            self.waiting += 1
            self.came.notify_all()
        self.open.wait()
        status = self.answer(json.loads(body))
        status, more = status if isinstance(status, tuple) else (status, {})
        self.note({name.lower(): value for name, value in request.headers.items()}, body, status)
        try:
            request.send_response(status)
            for name, value in {"Content-Length": "0", **more}.items():
                request.send_header(name, value)
            request.end_headers()
        except OSError:
            pass  # the server was killed meanwhile

    def note(self, headers, body, status):
        with self.came:
            self.wrong += events.wrong_webhook(headers, body)
            wanted = [signature(secret, headers, body) for secret in self.secrets]
            if headers.get("webhook-signature", "").split() != wanted:
                self.wrong.append("the signature is %r" % headers.get("webhook-signature"))
            if abs(int(headers["webhook-timestamp"]) - time.time()) > 300:
                self.wrong.append("signed at another time: " + headers["webhook-timestamp"])
            if any(number in body for number in REAL):
                self.wrong.append("a real number in " + headers["webhook-id"])
            self.waiting -= 1
            self.got.append(Got(headers, body, status))
            self.came.notify_all()

    def hold(self):
        self.open.clear()

    def release(self):
        self.open.set()

    def until(self, good, wait_s=WAIT_S):
        """Waits until `good(all that came)`; all that came."""
        with self.came:
            self.came.wait_for(lambda: good(self.got), wait_s)
            return list(self.got)

    def until_waiting(self, good):
        """Waits until `good(how many requests wait)`."""
        with self.came:
            return self.came.wait_for(lambda: good(self.waiting), WAIT_S)

    def done(self, type, subject):
        """Waits for an event that was answered well; None: it did not come."""
        def found(got):
            return [one for one in got if (one.type, one.subject) == (type, subject) and one.status < 300]
        return next(iter(found(self.until(found))), None)

    def stop(self):
        self.release()
        self.server.shutdown()
        self.server.server_close()


def types_of(receiver, subject):
    return [got.type for got in receiver.got if got.subject == subject and got.status < 300]


def tell(api, order, version, type, **numbers):
    answer = api.post("/v1/events", {"id": "%s/%d" % (order, version), "type": "order." + type, "order": order,
                                     "version": version, "pool": POOL, "parties": parties(**numbers)})
    assert answer.status == 200 and answer.json["applied"] == 1, answer


def sink(api, name="webhook:app"):
    return next(row for row in api.get("/v1/sinks").json["sinks"] if row["name"] == name)


def test_life(api, app, few):
    tell(api, "A-1", 1, "placed", customer=CUSTOMER)
    tell(api, "A-1", 2, "assigned", courier=COURIER)
    tell(api, "A-1", 3, "reassigned", courier=SECOND)
    api.post("/v1/events", {"id": "A-1/4", "type": "order.completed", "order": "A-1", "version": 4, "pool": POOL})
    tap.ok("an order's last event comes when its grace is over", app.done("session.ended", "A-1"))
    tap.same("each step of it came, in order", types_of(app, "A-1"),
             ["session.waiting", "session.live", "session.changed", "session.closed", "session.ended"])
    vn = api.get("/v1/sessions?ref=A-1").json["sessions"][0]["parties"][0]["vn"] or VNS[0]
    answer = api.post("/v1/route", {"from": STRANGER, "to": vn})
    tap.same("a stranger is turned away", answer.json["action"], "reject", answer)
    app.until(lambda got: any(one.type == "call.refused" for one in got))
    refused = [one for one in app.got if one.type == "call.refused"]
    tap.same("and that is told", [one.event["data"]["reason"] for one in refused], ["unknown_caller"])
    few.until(lambda got: got)
    tap.same("who wants calls alone gets calls alone", [one.id for one in few.got], [one.id for one in refused])
    ids = [one.id for one in app.got]
    tap.same("nothing comes twice while nothing fails", len(ids), len(set(ids)))


def test_order(api, app):
    names = ["B-%d" % i for i in range(40)]
    first = len(app.got)
    for version, type, numbers in ((1, "placed", {"customer": CUSTOMER}), (2, "assigned", {"courier": COURIER}),
                                   (3, "reassigned", {"courier": SECOND})):
        for name in names:
            tell(api, name, version, type, **numbers)
    app.until(lambda got: sum(one.type == "session.changed" for one in got[first:]) >= len(names))
    wanted = ["session.waiting", "session.live", "session.changed"]
    tap.same("events of one order keep their order among many", [name for name in names if types_of(app, name) != wanted], [])


def test_failures(api, app):
    failed = set()

    def once(event):
        if event.get("subject") != "C-1" or event["id"] in failed:
            return 204
        failed.add(event["id"])
        return 500
    app.answer = once
    tell(api, "C-1", 1, "placed", customer=CUSTOMER)
    app.until(lambda got: any(one.status == 500 for one in got))
    row = until(lambda: sink(api), lambda row: row["last_error"])
    tap.ok("a failure is told", row["state"] == "failing" and "500" in row["last_error"] and row["failed"] == 1, row)
    tell(api, "C-1", 2, "assigned", courier=COURIER)
    tell(api, "C-2", 1, "placed", customer=CUSTOMER)
    tap.ok("another order does not wait", app.done("session.waiting", "C-2") and types_of(app, "C-1") == [])
    tap.ok("the failed one comes again", app.done("session.waiting", "C-1"))
    app.answer = lambda event: 204
    tap.ok("and what waited behind it", app.done("session.live", "C-1"))
    tries = [one for one in app.got if one.subject == "C-1" and one.type == "session.waiting"]
    tap.same("under the same id", (len(tries), len({one.id for one in tries})), (2, 1))
    gap = int(tries[1].headers["webhook-timestamp"]) - int(tries[0].headers["webhook-timestamp"])
    tap.ok("after about five seconds", 4 <= gap <= 30, gap)
    row = until(lambda: sink(api), lambda row: row["state"] == "ok" and not row["retries"])
    tap.ok("then all is well again", row["state"] == "ok" and row["last_error"] is None and row["last_error_at"] is None and
           row["retries"] == 0, row)

    asked = []

    def busy(event):
        asked.append(event["id"])
        return (503, {"Retry-After": "2"}) if len(asked) == 1 else 204
    app.answer = busy
    tell(api, "C-3", 1, "placed", customer=CUSTOMER)
    app.until(lambda got: got[-1].status == 503)
    tell(api, "C-4", 1, "placed", customer=CUSTOMER)
    tap.ok("a receiver that asks for a rest gets it", app.done("session.waiting", "C-4") and app.done("session.waiting", "C-3"))
    times = [int(one.headers["webhook-timestamp"]) for one in app.got if one.subject in ("C-3", "C-4")]
    tap.ok("from events of other orders, too", min(times[1:]) - times[0] >= 1, times)
    app.answer = lambda event: 204


def test_disabled(api, app, cli):
    since = api.get("/v1/sessions?ref=C-4").json["sessions"][0]["opened_at"]
    app.answer = lambda event: 410
    tell(api, "D-1", 1, "placed", customer=CUSTOMER)
    row = until(lambda: sink(api), lambda row: row["state"] == "disabled")
    tap.ok("410 disables it", row["state"] == "disabled" and row["disabled_at"] and "410" in row["last_error"], row)
    app.answer = lambda event: 204
    before = len(app.got)
    tell(api, "D-1", 2, "assigned", courier=COURIER)
    row = until(lambda: sink(api), lambda now: now["cursor"] > row["cursor"])
    tap.ok("what happens then is passed over", row["passed_over"] >= 1 and len(app.got) == before, row)

    status, out, errors = cli("sink", "list")
    tap.ok("sink list shows it", status == 0 and not errors and "webhook:app" in out and "disabled" in out and
           "answered 410" in out and "webhook:few" in out, status, out, errors)
    status, out, errors = cli("sink", "enable", "webhook:app")
    tap.ok("sink enable says that it did", (status, out, errors) == (0, "webhook:app: enabled\n", ""), status, out, errors)
    row = until(lambda: sink(api), lambda row: row["state"] != "disabled")
    tap.ok("it is enabled", row["state"] != "disabled" and row["disabled_at"] is None, row)
    tell(api, "D-2", 1, "placed", customer=CUSTOMER)
    tap.ok("new events come again", app.done("session.waiting", "D-2"))
    row = until(lambda: sink(api), lambda row: row["state"] == "ok")
    tap.same("and it is well", (row["state"], row["last_error"]), ("ok", None))
    tap.same("those that it missed do not by themselves", types_of(app, "D-1"), [])

    once = [one.id for one in app.got if one.subject == "C-4" and one.status < 300]
    status, out, errors = cli("sink", "replay", "webhook:app", "--since", since)
    tap.ok("sink replay says where it begins", status == 0 and not errors and out.startswith("webhook:app: again from evt_"), status,
           out, errors)
    tap.ok("what it missed comes", app.done("session.waiting", "D-1") and app.done("session.live", "D-1"))
    app.until(lambda got: sum(one.subject == "D-2" and one.status < 300 for one in got) >= 2)
    again = [one.id for one in app.got if one.subject == "C-4" and one.status < 300]
    tap.same("and what it had, under the same ids", again, once * 2)
    status, out, errors = cli("sink", "replay", "webhook:app", "--since", "2999-01-01T00:00:00Z", "--json")
    tap.ok("a time behind which nothing is", status == 1 and not out and json.loads(errors)["field"] == "since", status, out, errors)
    status, out, errors = cli("sink", "list", "--json")
    tap.same("sink list --json gives the sinks", [row["name"] for row in json.loads(out)["sinks"]], ["webhook:app", "webhook:few"])
    rows = api.get("/v1/audit?page_size=1000").json["audit"]
    tap.same("who did that is written down", [(row["action"], row["target"]) for row in rows if row["action"].startswith("sink.")],
             [("sink.replay", "webhook:app"), ("sink.enable", "webhook:app")])


def test_tenants(server, api):
    other = server.client(server.make_key("theirs", "admin", tenant="other"), observe)
    tap.same("another tenant sees no sink", other.get("/v1/sinks").json, {"sinks": []})
    tap.same("nor can give it an order", [other.post("/v1/sinks/webhook:app/" + path, body).status
                                          for path, body in (("enable", None), ("replay", {"since": "2026-11-22T10:00:00Z"}))],
             [404, 404])
    few = server.client(server.make_key("few", "sessions,numbers,calls,route,reveal"), observe)
    tap.same("without the scope admin nobody does", [few.get("/v1/sinks").status, few.post("/v1/sinks/webhook:app/enable").status],
             [403, 403])
    head = {"Idempotency-Key": "enable-1"}
    answers = [api.post("/v1/sinks/webhook:app/enable", headers=head) for _ in range(2)]
    tap.same("an Idempotency-Key is heeded", [(one.status, one.json, one.headers.get("idempotent-replayed")) for one in answers],
             [(200, {"name": "webhook:app"}, None), (200, {"name": "webhook:app"}, "true")])


def test_killed(server, api, app):
    """The server dies with requests out, with failures to be tried again, and with events that it did not look at yet."""
    failing = ["E-%d" % i for i in range(5)]
    app.answer = lambda event: 500 if event.get("subject") in failing else 204
    for name in failing:
        tell(api, name, 1, "placed", customer=CUSTOMER)
    app.until(lambda got: sum(one.status == 500 for one in got if one.subject in failing) >= len(failing))
    app.hold()
    names = ["F-%d" % i for i in range(60)]
    for name in names:
        tell(api, name, 1, "placed", customer=CUSTOMER)
        tell(api, name, 2, "assigned", courier=COURIER)
    tap.ok("requests are out", app.until_waiting(lambda n: n > 0))
    api.close()
    server.kill()
    app.answer = lambda event: 500  # to nobody
    app.release()
    app.until_waiting(lambda n: n == 0)
    app.answer = lambda event: 204
    before = len(app.got)
    server.start()
    for name in failing + names:
        if not app.done("session.waiting", name) or (name in names and not app.done("session.live", name)):
            tap.note("%s: %s" % (name, types_of(app, name)))
    lost = [name for name in failing if "session.waiting" not in types_of(app, name)] + \
        [name for name in names if not {"session.waiting", "session.live"} <= set(types_of(app, name))]
    tap.same("a killed server loses no event", lost, [])
    # Sent again it may be; but not out of order.
    after = {name: [one.type for one in app.got[before:] if one.subject == name] for name in names}
    tap.same("and keeps their order", [name for name, types in after.items() if "session.live" in types and
                                       "session.waiting" in types[types.index("session.live"):]][:5], [])
    again = server.client(api.key, observe)
    tell(again, "F-0", 3, "reassigned", courier=SECOND)
    tap.ok("and goes on", app.done("session.changed", "F-0"))
    row = until(lambda: sink(again), lambda row: row["state"] == "ok" and not row["retries"])
    tap.same("nothing waits", (row["state"], row["retries"], row["given_up"]), ("ok", 0, 0))
    return again


def test_down(server, api, app):
    """A receiver that is not there, and a server that is told to stop meanwhile."""
    app.answer = lambda event: (429, {"Retry-After": "3600"})
    tell(api, "G-1", 1, "placed", customer=CUSTOMER)
    app.until(lambda got: got[-1].status == 429)
    tell(api, "G-1", 2, "assigned", courier=COURIER)
    api.close()
    tap.same("it stops though a receiver rests", server.stop(), 0)
    app.answer = lambda event: 204
    server.start()
    tap.ok("the rest comes after the start", app.done("session.waiting", "G-1") and app.done("session.live", "G-1"))


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_replay(server, api, app):
    """A replay while events from before its time still wait, and a stop while a receiver doesn't answer."""
    app.answer = lambda event: 500
    names = ["R-%d" % i for i in range(5)]
    for name in names:
        tell(api, name, 1, "placed", customer=CUSTOMER)
    until(lambda: sink(api), lambda row: row["retries"] >= len(names))
    delivered, since = sink(api)["delivered"], now()
    until(now, lambda time: time > since)
    tell(api, "R-NEW", 1, "placed", customer=CUSTOMER)
    app.until(lambda got: any(one.subject == "R-NEW" for one in got))
    app.answer = lambda event: 204
    tap.same("from a time on everything is sent again", api.post("/v1/sinks/webhook:app/replay", {"since": since}).status, 200)
    tap.same("and what failed before that time is not forgotten",
             [name for name in names + ["R-NEW"] if not app.done("session.waiting", name)], [])
    tap.ok("what was delivered still counts", sink(api)["delivered"] > delivered)
    app.hold()
    tell(api, "R-OUT", 1, "placed", customer=CUSTOMER)
    app.until_waiting(lambda waiting: waiting > 0)
    tap.same("a replay is ordered while an answer is out", api.post("/v1/sinks/webhook:app/replay", {"since": since}).status, 200)
    api.close()
    tap.same("a stop doesn't wait for that answer", server.stop(), 0)
    app.release()
    before = len(app.got)
    server.start()
    app.until(lambda got: {"R-NEW", "R-OUT"} <= {one.subject for one in got[before:]})
    tap.ok("the order holds after the start", {"R-NEW", "R-OUT"} <= {one.subject for one in app.got[before:]},
           [one.subject for one in app.got[before:]])
    return server.client(api.key, observe)


def test_new(app):
    """A receiver that is new, and a server that is killed at once: what happened in between is sent after the next start."""
    config = '''
webhooks:
  - { name: app, url: "%s", secret: "%s", allow_private: true }
''' % (app.url, SECRET)
    with Server(config=config) as server:
        app.hold()
        api = server.client()
        make_pool(api, POOL, VNS[:10])
        tell(api, "N-1", 1, "placed", customer=CUSTOMER)
        api.close()
        server.kill()
        before = len(app.got)
        app.release()
        server.start()
        tap.ok("what a new receiver had not been told of comes after a kill",
               any(one.subject == "N-1" for one in app.until(lambda got: any(one.subject == "N-1" for one in got[before:]))[before:]))


def main():
    app, few = Receiver(SECRET), Receiver(NEW_SECRET, SECRET)
    config = """
webhooks:
  - { name: app, url: "%s", secret: "%s", allow_private: true, timeout_ms: 60000 }
  - { name: few, url: "%s", secret: "%s", secret_2: "%s", allow_private: true, types: [call.*] }
""" % (app.url, SECRET, few.url, NEW_SECRET, SECRET)
    with Server(config=config) as server:
        api = server.client(observe=observe)
        make_pool(api, POOL, VNS[:200], grace_s=1)

        def cli(*arguments):
            return run(*arguments, environment={"BAUTA_URL": server.url, "BAUTA_KEY": api.key, "BAUTA_API_KEY_FILE": ""})
        test_life(api, app, few)
        test_order(api, app)
        test_failures(api, app)
        test_disabled(api, app, cli)
        test_tenants(server, api)
        api = test_killed(server, api, app)
        api = test_replay(server, api, app)
        test_down(server, api, app)
        tap.same("every event is as documented, signed, of now, without a number", (app.wrong + few.wrong)[:10], [])
        tap.same("every answer is as documented", sorted(set(broken))[:20], [])
        tap.same("it ends in good order", server.stop(), 0, server.stderr()[-4000:])
        said = server.stderr()
        tap.ok("no secret and no number in the log", not any(text in said for text in (SECRET[6:], NEW_SECRET[6:], CUSTOMER[1:],
                                                                                       COURIER[1:], SECOND[1:])))
        tap.ok("nothing for a sanitizer to say", "Sanitizer" not in said and "runtime error" not in said, said[-4000:])
    test_new(app)
    app.stop()
    few.stop()
    tap.done()


main()
