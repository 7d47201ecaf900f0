#!/usr/bin/env python3
"""Texts between masked people: in by the signed webhooks of six providers, on in the answer or by their REST APIs; the app's own; reports;
what is refused, and that nobody can tell why; what is stored, told and shown of all that."""
import http.server
import json
import os
import signal
import sqlite3
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run
from events_check import Events
from leak import Canary
from openapi_check import Document
from providers import PUBLIC_URL, Twilio
from texting import Api, accounts, sides
from town import COURIER, CUSTOMER, PEOPLE, SECOND, STRANGER, VNS, make_pool, parties, until, vns_of

SECRET = "the password is bergamot"
WEBHOOK = """webhooks:
  - { name: app, url: "http://127.0.0.1:%d/", secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=, allow_private: true }
"""
tap = Tap()
document = Document()


class Receiver:
    """What the outside is told: (headers, body) of each event."""

    def __init__(self):
        told = self.told = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.append(({name.lower(): value for name, value in self.headers.items()}, body.decode()))
                self.send_response(204)
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]


def open_session(api, pool, ref, **who):
    made = api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": parties(**(who or {"customer": CUSTOMER, "courier": COURIER}))})
    assert made.status in (200, 201), made
    return made.json


def rows(api, **query):
    return api.get("/v1/messages", {"page_size": 1000, **query}).json["messages"]


def row(api, good, **query):
    """The newest message, once it is as it should be."""
    got = until(lambda: rows(api, **query), lambda rows: rows and good(rows[0]))
    return got[0] if got else {}


def goes_on(name, side, api, answer, to, sender, body):
    """The text as it went on, by whatever way."""
    texts = side.read(answer) if side.answers else [api.next()]
    tap.same("%s: %s" % (side.name, name), [(text.to, text.sender, text.body) for text in texts], [(to, sender, body)], answer)
    if not side.answers:
        tap.ok("%s: and the webhook is answered with nothing" % side.name, side.nothing(answer), answer)
    return texts[0]


def test_side(client, api, rest, side, lot):
    vns = VNS[lot * 100:lot * 100 + 12]
    make_pool(api, side.name, vns, side.name, messages=True)
    session = open_session(api, side.name, "T-" + side.name)
    vn = vns_of(session)
    text = goes_on("the customer texts, the courier sees the customer's virtual number", side, rest,
                   side.text(client, CUSTOMER, vn["courier"], "I am at the <gate> & wait"), COURIER, vn["customer"],
                   "I am at the <gate> & wait")
    goes_on("the courier answers", side, rest, side.text(client, COURIER, vn["customer"], "2 min"), CUSTOMER, vn["courier"], "2 min")
    sent = row(api, lambda row: row["state"] == "sent" and row["from_role"] == "courier", session=session["id"])
    tap.same("%s: it is kept who texted whom, and not what" % side.name,
             {name: sent.get(name) for name in ("from_role", "to_role", "vn", "shown", "reason", "body")},
             {"from_role": "courier", "to_role": "customer", "vn": vn["customer"], "shown": vn["courier"], "reason": None, "body": None})
    refusals = [side.text(client, who, to, "hello") for who, to in (
        (STRANGER, vn["courier"]), ("anonymous", vn["courier"]), (CUSTOMER, VNS[9000]), (vn["customer"], vn["courier"]))]
    refusals += [side.text(client, CUSTOMER, vn["courier"], "", media=1), side.text(client, CUSTOMER, vn["courier"], "x" * 1601)]
    seen = {(answer.status, answer.body, str(sorted((k, v) for k, v in answer.headers.items() if k != "date"))) for answer in refusals}
    tap.ok("%s: strangers, withheld numbers, other people's numbers, pictures alone and books are answered alike: with nothing" % side.name,
           len(seen) == 1 and side.nothing(refusals[0]), *refusals)
    forged = side.text(client, CUSTOMER, vn["courier"], "hello", key="forged")
    tap.ok("%s: a forged one gets 403 and nothing else" % side.name, forged.status == 403 and forged.body == b"", forged)
    id = "again-%d" % lot
    first = side.text(client, CUSTOMER, vn["courier"], "once", id=id)
    again = side.text(client, CUSTOMER, vn["courier"], "once", id=id)
    if side.answers:
        tap.same("%s: one that comes again is answered again" % side.name, again.body, first.body)
    else:
        rest.next()
    count = until(lambda: len([r for r in rows(api, session=session["id"]) if r["state"] == "sent"]), lambda n: n >= 3)
    tap.same("%s: and is kept once" % side.name, count, 3, rows(api, session=session["id"]))
    test_reports(client, api, side, session, text)
    test_app(client, api, rest, side, session, vn)


def test_reports(client, api, side, session, text):
    def states():
        return sorted(r["state"] for r in rows(api, session=session["id"]))
    before = states()
    told = side.report(client, text, "delivered")
    tap.ok("%s: a report is taken" % side.name, told.status == 200, told)
    after = until(states, lambda now: "delivered" in now)
    tap.same("%s: and kept" % side.name, (after.count("delivered"), after.count("sent")), (1, before.count("sent") - 1))
    side.report(client, text, "failed", "30003")
    side.report(client, text, "sent")
    tap.same("%s: what is over stays over" % side.name, states(), after)


def test_app(client, api, rest, side, session, vn):
    made = api.post("/v1/sessions/%s/messages" % session["id"], {"to_role": "customer", "body": "Your courier is near"})
    tap.ok("%s: the app sends one: 202, and it waits" % side.name, made.status == 202 and made.json["state"] == "queued", made)
    tap.same("%s: the answer is as the API's document says" % side.name,
             document.check("POST", "/v1/sessions/%s/messages" % session["id"], made), [])
    text = rest.next()
    tap.same("%s: from the courier's virtual number, by the API" % side.name, (text.provider, text.to, text.sender, text.body),
             (side.name, CUSTOMER, vn["courier"], "Your courier is near"))
    sent = row(api, lambda row: row["id"] == made.json["id"] and row["state"] == "sent", session=session["id"])
    tap.ok("%s: then it is sent, with the provider's id" % side.name, sent.get("state") == "sent" and sent.get("provider_id"), sent)
    side.report(client, text._replace(ref=made.json["id"]), "failed", "30003")
    lost = row(api, lambda row: row["state"] == "failed", session=session["id"])
    tap.same("%s: the phone never had it" % side.name, (lost.get("id"), lost.get("reason"), lost.get("code")),
             (made.json["id"], "provider", "30003"))
    rest.plan.append((401, {}, ()))
    made = api.post("/v1/sessions/%s/messages" % session["id"], {"to_role": "courier", "from_role": "customer", "body": "Wait"})
    tap.same("%s: what is wrong with the account loses no text" % side.name, [rest.next().body for _ in range(2)], ["Wait"] * 2)
    sent = row(api, lambda row: row["id"] == made.json["id"] and row["state"] == "sent", session=session["id"])
    tap.same("%s: it is sent once somebody has put it right" % side.name, (sent.get("state"), sent.get("tries")), ("sent", 2))
    rest.plan.append(side.refused("21610") + ((),))
    made = api.post("/v1/sessions/%s/messages" % session["id"], {"to_role": "courier", "from_role": "customer", "body": "Hurry"})
    rest.next()
    lost = row(api, lambda row: row["id"] == made.json["id"] and row["state"] == "failed", session=session["id"])
    tap.same("%s: it would not take it" % side.name, (lost.get("state"), lost.get("reason"), lost.get("code")),
             ("failed", "provider", "21610" if side.name != "plivo" else "400"))


def test_pictures(client, api, rest, twilio, bandwidth):
    for side in (twilio, bandwidth):
        session = open_session(api, side.name, "M-" + side.name)
        vn = vns_of(session)
        goes_on("the words of a picture go on, the picture doesn't", side, rest,
                side.text(client, CUSTOMER, vn["courier"], "my door", media=2), COURIER, vn["customer"], "my door")
        sent = row(api, lambda row: row["state"] == "sent", session=session["id"])
        tap.same("%s: and it is kept that there was one" % side.name, sent.get("media"), 2)


def test_command(server, api):
    session = open_session(api, "twilio", "C-1")
    vn = vns_of(session)
    for provider in ("twilio", "signalwire", "plivo"):
        if provider != "twilio":
            vn = vns_of(open_session(api, provider, "C-1"))
        asked = ["message", "-c", server.config, "--provider", provider, "--from", CUSTOMER, "--to", vn["courier"], "--body", "I'm here"]
        status, out, err = run(*asked, environment={"BAUTA_URL": server.url})
        tap.ok("bauta message: %s takes it on, and no real number is shown" % provider,
               status == 0 and "I'm here" in out and vn["customer"] in out and COURIER[-6:] not in out, status, out, err)
        status, out, err = run(*asked, "--json", environment={"BAUTA_URL": server.url})
        tap.same("to whom and from which number", (status, json.loads(out)), (0, {"goes_on": True, "status": 200, "to": COURIER,
                                                                              "from": vn["customer"], "body": "I'm here"}))
    status, out, err = run("message", "-c", server.config, "--provider", "plivo", "--from", STRANGER, "--to", vn["courier"], "--body", "x",
                           environment={"BAUTA_URL": server.url})
    tap.ok("a stranger's goes nowhere", status == 0 and "nothing goes on" in out, status, out, err)
    status, out, err = run("message", "-c", server.config, "--provider", "vonage", "--from", STRANGER, "--to", vn["courier"], "--body", "x")
    tap.ok("only those that answer with the text can be played", status == 2 and "--provider" in err, status, out, err)


def test_policy(client, api, rest, twilio, vonage):
    make_pool(api, "off", VNS[1000:1004], "twilio")
    make_pool(api, "shy", VNS[1100:1104], "vonage", messages=True, redact=True, keep_bodies_s=3600)
    shown = api.get("/v1/pools/off").json
    tap.same("messages are off unless somebody says otherwise", [shown[name] for name in ("messages", "redact", "keep_bodies_s")],
             [False, False, 0])
    vn = vns_of(open_session(api, "off", "P-1"))
    answer = twilio.text(client, CUSTOMER, vn["courier"], "hello")
    tap.ok("then nothing goes on", twilio.nothing(answer), answer)
    tap.same("and it is kept why", row(api, lambda row: True, pool="off").get("reason"), "off")
    refused = api.post("/v1/sessions/%s/messages" % rows(api, pool="off")[0]["session"], {"to_role": "courier", "body": "x"})
    tap.ok("nor does the app's", refused.code == "bad_request" and "off" in refused.json["detail"], refused)
    api.patch("/v1/pools/off", {"messages": True})
    answer = twilio.text(client, CUSTOMER, vn["courier"], "hello")
    tap.same("until it is put on", [text.to for text in twilio.read(answer)], [COURIER])
    tap.ok("a month is the longest that a text is kept", api.patch("/v1/pools/off", {"keep_bodies_s": 30 * 86400 + 1}).status == 400)

    session = open_session(api, "shy", "P-2")
    vn = vns_of(session)
    vonage.text(client, CUSTOMER, vn["courier"], "order 12345 at 10:30, or ٠٨١٢٣٤٥٦٧٢١٠, +44 7700 900123!")
    tap.same("phone numbers inside are blanked, order ids and times are not", rest.next().body, "order 12345 at 10:30, or ***, ***!")
    made = api.post("/v1/sessions/%s/messages" % session["id"], {"to_role": "courier", "body": "call 0812-3456-7210"})
    tap.same("the app's too", (rest.next().body, made.json["redacted"]), ("call ***", 1))
    return session


def test_abuse(client, api, rest, twilio, vonage):
    make_pool(api, "guarded", VNS[1200:1210], "twilio", messages=True, require_attestation="A", minutes_per_session=1)
    vn = vns_of(open_session(api, "guarded", "A-1"))
    answer = twilio.text(client, CUSTOMER, vn["courier"], "hello")
    tap.same("nobody vouches for texts, and none is needed", [(text.to, text.sender) for text in twilio.read(answer)],
             [(COURIER, vn["customer"])], answer)
    stranger = twilio.text(client, STRANGER, vn["courier"], "hello")
    for side, pool, lot in ((twilio, "guarded", None), (vonage, "walled", 1300)):
        if lot:
            make_pool(api, pool, VNS[lot:lot + 10], side.name, messages=True)
            vn = vns_of(open_session(api, pool, "A-1"))
            stranger = side.text(client, STRANGER, vn["courier"], "hello")
        api.post("/v1/blocks", {"pool": pool, "number": CUSTOMER, "with": COURIER, "direction": "from"})
        answer = side.text(client, CUSTOMER, vn["courier"], "hello again")
        tap.ok("%s: one who is blocked is answered as a stranger is" % side.name,
               (answer.status, answer.body) == (stranger.status, stranger.body) and side.nothing(answer), answer, stranger)
        got = row(api, lambda row: row["reason"] == "blocked", pool=pool)
        tap.same("%s: it is kept why, and it is not sent" % side.name, (got.get("state"), got.get("reason"), rest.none()),
                 ("refused", "blocked", True))
        goes_on("the other way texts go on", side, rest, side.text(client, COURIER, vn["customer"], "hello"), CUSTOMER, vn["courier"],
                "hello")
    make_pool(api, "calm", VNS[1400:1410], "twilio", messages=True, attempts_per_minute=2)
    vn = vns_of(open_session(api, "calm", "A-2"))
    # A minute may end in between: then there are some more, but no more than twice as many.
    went = [len(twilio.read(twilio.text(client, CUSTOMER, vn["courier"], "%d" % i))) for i in range(6)]
    tap.ok("who texts one number too often in a minute is refused", 0 in went and 2 <= sum(went) <= 4, went)
    tap.same("and it is kept why", row(api, lambda row: row["reason"] == "too_many", pool="calm").get("reason"), "too_many")
    # The other way, one text of an id: its provider tells it again and again, and it gets the answer that it had each time.
    again = [twilio.read(twilio.text(client, COURIER, vn["customer"], "once", id="SM" + "7" * 32)) for _ in range(6)]
    tap.same("a text that is told again is counted once", [len(texts) for texts in again], [1] * 6, again)
    answer = twilio.text(client, COURIER, vn["customer"], "hello")
    tap.same("the other one is not", [text.to for text in twilio.read(answer)], [CUSTOMER], answer)


def test_texts_shut_out_no_callers(server, api, client, twilio):
    """Ten times attempts_per_minute is what strangers may try at a virtual number."""
    for pool, lot, on in (("quiet", 1600, False), ("loud", 1620, True)):
        make_pool(api, pool, VNS[lot:lot + 10], "twilio", messages=on, unknown_caller="pin", attempts_per_minute=1)
        vn = vns_of(open_session(api, pool, "A-4"))
        for i in range(24):
            twilio.text(client, PEOPLE[300 + i], vn["courier"], "buy now")
        tap.same("%s: strangers' texts shut out nobody who rings" % pool,
                 Twilio(server).voice(PEOPLE[340], vn["courier"]).action, "digits")


def test_blocked_in_the_queue(client, api, rest, vonage):
    """Who is blocked while a text of theirs waits for its provider."""
    make_pool(api, "late", VNS[1500:1510], "vonage", messages=True)
    vn = vns_of(open_session(api, "late", "A-3"))
    rest.plan += [(503, {}, (("Retry-After", "2"),))]
    vonage.text(client, CUSTOMER, vn["courier"], "not wanted any more")
    rest.next()
    api.post("/v1/blocks", {"pool": "late", "number": CUSTOMER})
    lost = row(api, lambda row: row["state"] == "failed", pool="late")
    tap.same("it goes to nobody", (lost.get("state"), lost.get("reason"), rest.none()), ("failed", "blocked", True))


def test_states(client, api, twilio):
    vn = {}
    session = open_session(api, "twilio", "S-1")
    vn = vns_of(session)
    api.post("/v1/sessions/%s/close" % session["id"], {"grace_s": 600})
    answer = twilio.text(client, CUSTOMER, vn["courier"], "my bag is in your car")
    tap.same("in the grace texts go on", [text.to for text in twilio.read(answer)], [COURIER], answer)
    api.post("/v1/sessions/%s/close" % session["id"], {"grace_s": 0})
    answer = until(lambda: twilio.text(client, CUSTOMER, vn["courier"], "still there?"), twilio.nothing)
    tap.ok("then they don't", twilio.nothing(answer), answer)
    tap.same("and we know that they once did", row(api, lambda row: row["reason"] == "not_active", pool="twilio").get("reason"), "not_active")
    tap.same("nor the app's", api.post("/v1/sessions/%s/messages" % session["id"], {"to_role": "courier", "body": "x"}).code,
             "session_closed")
    waiting = open_session(api, "twilio", "S-2", customer=CUSTOMER)
    told = api.post("/v1/sessions/%s/messages" % waiting["id"], {"to_role": "customer", "body": "x"})
    tap.ok("a session that waits has no numbers to text from", told.code == "bad_request", told)
    three = open_session(api, "twilio", "S-3", customer=CUSTOMER, courier=COURIER, shop=SECOND)
    path = "/v1/sessions/%s/messages" % three["id"]
    tap.same("with three parties it has to be said from whom", api.post(path, {"to_role": "shop", "body": "x"}).json.get("field"), "from_role")
    tap.same("nobody texts himself", api.post(path, {"to_role": "shop", "from_role": "shop", "body": "x"}).code, "bad_request")
    tap.same("roles have to be there", api.post(path, {"to_role": "nobody", "from_role": "shop", "body": "x"}).json.get("field"), "to_role")
    tap.same("an empty text is none", api.post(path, {"to_role": "shop", "from_role": "courier", "body": " \n "}).code, "bad_request")
    tap.same("a book is none", api.post(path, {"to_role": "shop", "from_role": "courier", "body": "é" * 1601}).code, "too_large")
    tap.same("a stranger's session isn't there", api.post("/v1/sessions/ses_00000000000001/messages",
                                                          {"to_role": "a", "body": "x"}).code, "not_found")
    opted = twilio.text(client, CUSTOMER, vns_of(three)["courier"], "STOP", more=[("OptOutType", "STOP")])
    tap.ok("a STOP that Twilio has dealt with goes to nobody", twilio.nothing(opted), opted)


def test_retries(api, rest, plivo):
    session = open_session(api, "plivo", "R-1")
    path = "/v1/sessions/%s/messages" % session["id"]
    rest.plan += [(429, {"error": "slow down"}, ()), (503, {}, (("Retry-After", "1"),)), "drop"]
    made = api.post(path, {"to_role": "courier", "body": "again and again"})
    texts = [rest.next() for _ in range(4)]
    tap.same("429, 503 and no answer are tried again", {text.body for text in texts}, {"again and again"})
    sent = row(api, lambda row: row["state"] == "sent", session=session["id"])
    tap.same("until it is taken", (sent.get("id"), sent.get("state"), sent.get("tries")), (made.json["id"], "sent", 4))
    key = {"Idempotency-Key": "text-1"}
    first = api.post(path, {"to_role": "courier", "body": "only once"}, headers=key)
    again = api.post(path, {"to_role": "courier", "body": "only once"}, headers=key)
    tap.ok("the same Idempotency-Key sends no second one", first.status == again.status == 202 and first.json["id"] == again.json["id"])
    rest.next()
    tap.ok("and no other comes", rest.none())


def test_replaced(api, rest, plivo):
    """Who was replaced while a text waited: it goes to nobody."""
    session = open_session(api, "plivo", "W-1")
    rest.plan += [(503, {}, (("Retry-After", "1"),))]
    made = api.post("/v1/sessions/%s/messages" % session["id"], {"to_role": "courier", "body": "for one alone"})
    rest.next()
    api.put("/v1/sessions/%s/parties/courier" % session["id"], {"number": SECOND})
    lost = row(api, lambda row: row["id"] == made.json["id"] and row["state"] == "failed", session=session["id"])
    tap.same("a text that waits for somebody who was replaced goes to nobody", (lost.get("state"), lost.get("reason")),
             ("failed", "not_active"))
    tap.ok("neither to the old nor to the new one", rest.none())


def stored(server):
    found = []
    for name in ("bauta.db", "bauta.db-wal"):
        path = os.path.join(server.data, name)
        if os.path.exists(path):
            with open(path, "rb") as file:
                found.append((name, file.read()))
    return found


def test_crash(server, rest, plivo):
    """Killed between queue and answer: nothing is lost."""
    api = server.client()
    sessions = [api.post("/v1/sessions", {"pool": "plivo", "ref": "K-%d" % i, "parties": parties(
        customer=PEOPLE[400 + 2 * i], courier=PEOPLE[401 + 2 * i])}).json["id"] for i in range(10)]
    rest.plan += ["hold"] * 8
    made = [api.post("/v1/sessions/%s/messages" % sessions[i % 10], {"to_role": "courier", "body": "kept %d, %s" % (i, SECRET)}).json["id"]
            for i in range(20)]
    for _ in range(8):
        rest.next()
    server.kill()
    tap.ok("what waits is sealed in the store", not [name for name, data in stored(server) if SECRET.encode() in data])
    rest.plan.clear()
    server.start()
    texts = [rest.next() for _ in range(10)]
    rest.release()
    texts += [rest.next() for _ in range(10)]
    tap.same("after kill -9 every text that was taken in is sent", sorted({text.body for text in texts}),
             sorted("kept %d, %s" % (i, SECRET) for i in range(20)))
    api = server.client()
    sent = until(lambda: [r for id in sessions for r in rows(api, session=id) if r["state"] == "sent"], lambda rows: len(rows) == 20)
    tap.same("each is one message", sorted(r["id"] for r in sent), sorted(made))


def test_reveal(server, api, session):
    plain = rows(api, session=session["id"])
    tap.ok("texts are kept where the pool says so, and shown to nobody without the scope", plain and not [r for r in plain if "body" in r])
    seer = server.client(server.make_key("seer", "sessions,calls,reveal"))
    shown = [r.get("body") for r in rows(seer, session=session["id"])]
    tap.same("with it they are shown", shown, ["call ***", "order 12345 at 10:30, or ***, ***!"])
    audit = server.client(server.make_key("auditor", "admin")).get("/v1/audit", {"page_size": 1000}).json
    tap.ok("and who looked is written down", [one for one in list(audit.values())[0] if one["action"] == "message.reveal"])
    api.delete("/v1/sessions/%s" % session["id"])
    tap.same("what a forgotten session's people said is forgotten too", [r.get("body") for r in rows(seer, session=session["id"])],
             [None, None])


def test_limits(rest, all_sides):
    with Server(config=accounts(all_sides, rest.url()) + "limits: { messages: 3 }\n") as server:
        api, client = server.client(), server.anonymous()
        plivo, telnyx = all_sides[2], all_sides[4]
        make_pool(api, "plivo", VNS[200:204], "plivo", messages=True)
        make_pool(api, "telnyx", VNS[400:404], "telnyx", messages=True)
        session, other = open_session(api, "plivo", "L-1"), open_session(api, "telnyx", "L-2")
        rest.plan += [(503, {}, (("Retry-After", "600"),))]
        path = "/v1/sessions/%s/messages" % session["id"]
        for _ in range(3):
            tap.same("as many texts wait as there may be", api.post(path, {"to_role": "courier", "body": "x"}).status, 202)
        full = api.post(path, {"to_role": "courier", "body": "x"})
        tap.ok("one more: limit_reached", full.status == 503 and full.code == "limit_reached", full)
        answer = telnyx.text(client, CUSTOMER, vns_of(other)["courier"], "x")
        tap.ok("a provider is asked to bring it again", answer.status == 503 and answer.body == b"", answer)
        metrics = server.anonymous().get("/metrics").body.decode()
        tap.ok("and /metrics tells how many wait", "bauta_messages_waiting 3" in metrics, metrics[-2000:])
        rest.next()
        tap.ok("the others wait behind the first", rest.none())


def test_events(api, receiver):
    """Told as documented, and in step with what is kept."""
    events = Events()
    wanted = {state: sum(1 for r in rows(api) if r["state"] == state) for state in ("delivered", "failed")}

    def count():
        return {state: len({headers["webhook-id"] for headers, body in receiver.told if '"type":"message.%s"' % state in body})
                for state in wanted}
    tap.same("an event for each text that arrived or was lost", until(count, lambda now: now == wanted), wanted)
    wrong = sum((events.wrong_webhook(headers, body) for headers, body in list(receiver.told)), [])
    tap.same("events are as documented", wrong[:5], [])
    tap.ok("of each kind", {"message.sent", "message.delivered", "message.failed"} <= events.seen, events.seen)


def test_leaks(server, seen, receiver):
    # What the webhooks carry is the providers'; what we keep, tell and count is looked at.
    canary = Canary([CUSTOMER, COURIER, SECOND])
    metrics = server.anonymous().get("/metrics").body.decode()
    answers = "\n".join(seen)
    server.stop(signal.SIGTERM)
    for name, data in stored(server) + [("log", server.stderr().encode()), ("metrics", metrics.encode()), ("answers", answers.encode()),
                                        ("events", "\n".join(body for _, body in receiver.told).encode())]:
        canary.look(name, data)
        for word in (SECRET, "I am at the", "Your courier is near", "12345 at 10:30", "again and again", "my bag"):
            tap.ok("%s doesn't hold %r" % (name, word), word.encode() not in data)
    tap.ok("nothing for a sanitizer to say", "Sanitizer" not in server.stderr(), server.stderr()[-4000:])
    tap.ok("no real number is in store, log, metrics, events or answers", not canary.found, *canary.found[:5])
    status, out, err = run("verify", "--data", server.data)
    tap.ok("bauta verify finds nothing wrong", status == 0, status, out, err)
    with sqlite3.connect(os.path.join(server.data, "bauta.db")) as db:
        tap.same("of the texts nothing is left", db.execute("SELECT count(*) FROM message_box").fetchone()[0], 0)


with tempfile.TemporaryDirectory() as folder, Api() as rest:
    all_sides = sides(folder)
    twilio, signalwire, plivo, vonage, telnyx, bandwidth = all_sides
    rest.knows(all_sides)
    receiver = Receiver()
    with Server(config=accounts(all_sides, rest.url()) + WEBHOOK % receiver.port) as server:
        seen = []
        api, client = server.client(observe=lambda method, path, request, answer: seen.append(str(answer.body))), server.anonymous()
        for lot, side in enumerate(all_sides):
            test_side(client, api, rest, side, lot)
        test_pictures(client, api, rest, twilio, bandwidth)
        test_command(server, api)
        shy = test_policy(client, api, rest, twilio, vonage)
        test_abuse(client, api, rest, twilio, vonage)
        test_blocked_in_the_queue(client, api, rest, vonage)
        test_texts_shut_out_no_callers(server, api, client, twilio)
        test_states(client, api, twilio)
        test_retries(api, rest, plivo)
        test_replaced(api, rest, plivo)
        test_reveal(server, api, shy)
        test_crash(server, rest, plivo)
        tap.same("nobody's REST API was asked in a way that it doesn't know", rest.wrong, [])
        test_events(server.client(), receiver)
        test_leaks(server, seen, receiver)
    test_limits(rest, all_sides)
tap.done()
