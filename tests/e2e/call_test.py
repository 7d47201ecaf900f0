#!/usr/bin/env python3
"""The whole story over real HTTP: orders, calls both ways through Twilio and Exotel, and everybody who must not get through."""
import os
import socket
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap
from providers import ACCOUNTS, FORM, PUBLIC_URL, TWILIO_SID, TWILIO_TOKEN, Exotel, Twilio, twilio_signature
from town import (COURIER, CUSTOMER, EXOPHONES, INDIAN, INDIAN_COURIER, OTHER_STRANGER, PEOPLE, SECOND, STRANGER, VNS, make_pool,
                  parties, until, vns_of)

NEW_TOKEN = "67890"
CONFIG = ACCOUNTS + """
  - { name: turning, provider: twilio, country: ID, account_sid: %s, auth_token: "%s", auth_token_2: "%s" }
  - { name: walled, provider: exotel, country: IN, account_sid: acme, api_key: key, api_token: token, subdomain: api,
      secret_path: a1b2c3d4e5f60718, allow: [203.0.113.0/24] }
  - { name: local, provider: exotel, country: IN, account_sid: acme, api_key: key, api_token: token, subdomain: api,
      secret_path: 0718a1b2c3d4e5f6, allow: [203.0.113.0/24, 127.0.0.0/8] }
""" % (TWILIO_SID, TWILIO_TOKEN, NEW_TOKEN)

WITHHELD = ["", "anonymous", "Anonymous", "RESTRICTED", "unavailable", "unknown", "private", "blocked", "withheld", "+266696687",
            "266696687", "+86282452253", "+8656696", "+2562533", "+7378742833", "+464", "anonymous@anonymous.invalid"]

tap = Tap()


def connects(name, call, rings, shows):
    tap.same(name, (call.action, call.rings, call.shows), ("connect", rings, shows), call)


def alike(name, calls):
    """One refusal, byte for byte, and it rings nobody."""
    first = calls[0].seen()
    different = [call for call in calls if call.seen() != first]
    tap.ok(name, not different and calls[0].answer.status == 200 and calls[0].action == "reject", calls[0], *different)


def calls_of(api, **query):
    return api.get("/v1/calls", {"page_size": 1000, **query}).json["calls"]


def call_of(api, call, good=lambda row: True):
    """The kept row of a provider's call: it is written behind the answer."""
    def ask():
        return [row for row in calls_of(api) if row["provider_call_id"] == call.id]
    rows = until(ask, lambda rows: rows and good(rows[0]))
    return rows[0] if len(rows) == 1 else {"rows": rows}


def open_order(api, pool, ref, **more):
    made = api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": parties(**more)})
    tap.same("order %s is live" % ref, (made.status, made.json.get("state")), (201, "live"), made)
    return made.json, vns_of(made.json)


def test_both_ways(api, twilio):
    placed = api.post("/v1/events", {"id": "e1", "type": "order.placed", "order": "A-1", "version": 1, "pool": "jakarta",
                                     "parties": parties(customer=CUSTOMER)})
    tap.same("an order is placed", placed.json["applied"], 1, placed)
    waiting = api.get("/v1/sessions", {"pool": "jakarta", "ref": "A-1"}).json["sessions"][0]
    tap.same("it waits, without numbers", (waiting["state"], vns_of(waiting)), ("waiting", {"customer": None}))
    api.post("/v1/events", {"id": "e2", "type": "order.assigned", "order": "A-1", "version": 2, "pool": "jakarta",
                            "parties": parties(courier=COURIER)})
    session = api.get("/v1/sessions/" + waiting["id"]).json
    vn = vns_of(session)
    tap.same("the courier comes and it is live", session["state"], "live")
    contact = api.get("/v1/orders/A-1/contact", {"pool": "jakarta", "as": "customer"}).json["contacts"]
    tap.same("the customer's app shows the courier's virtual number", contact, [{"role": "courier", "vn": vn["courier"]}])

    for method in ("POST", "GET"):
        call = twilio.voice(CUSTOMER, vn["courier"], method=method)
        connects("%s: the customer calls, the courier's phone rings and shows the customer's virtual number" % method, call, COURIER,
                 vn["customer"])
        call = twilio.voice(COURIER, vn["customer"], method=method)
        connects("%s: the courier calls back" % method, call, CUSTOMER, vn["courier"])
    tap.same("ring and call times are the pool's", (call.ring_s, call.max_s), (30, 3600))
    tap.ok("reports are wanted under the public address",
           call.status_url == PUBLIC_URL + "/hooks/twilio/main/status", call.status_url)
    tap.same("the answer is TwiML", call.answer.headers["content-type"].split(";")[0], "text/xml")
    return session, vn


def test_refused_alike(api, twilio, session, vn):
    ended, ended_vn = open_order(api, "jakarta", "A-2", customer=PEOPLE[0], courier=PEOPLE[1])
    connects("it connects while it is live", twilio.voice(PEOPLE[0], ended_vn["courier"]), PEOPLE[1], ended_vn["customer"])
    closed = api.post("/v1/sessions/%s/close" % ended["id"], {"grace_s": 0})
    tap.same("an order ends without grace", closed.json["state"], "cooling", closed)
    refused = {
        "stranger": twilio.voice(STRANGER, vn["courier"]),
        "ended order": twilio.voice(PEOPLE[0], ended_vn["courier"]),
        "own virtual number calls": twilio.voice(vn["customer"], vn["courier"]),
        "a party calls its own number": twilio.voice(CUSTOMER, vn["customer"]),
        "not a number": twilio.voice("sip:alice@example.com", vn["courier"]),
        "a number that is none of ours": twilio.voice(CUSTOMER, STRANGER),
        "another account's number": twilio.voice(CUSTOMER, EXOPHONES[0]),
    }
    for word in WITHHELD:
        refused["withheld as %r" % word] = twilio.voice(word, vn["courier"])
    alike("whoever must not get through hears the same, byte for byte", list(refused.values()))
    wanted = {"stranger": "unknown_caller", "ended order": "not_active", "own virtual number calls": "unknown_caller",
              "withheld as ''": "withheld_caller", "withheld as 'RESTRICTED'": "withheld_caller"}
    reasons = {name: call_of(api, refused[name]).get("reason") for name in wanted}
    tap.same("we are told why", reasons, wanted)
    metrics = api.get("/metrics").body.decode()
    tap.ok("questions about numbers that aren't the account's are counted",
           'bauta_decisions_total{provider="twilio",action="reject",reason="not_a_vn"} 2\n' in metrics, metrics)
    row = call_of(api, refused["stranger"])
    tap.same("a refused call is kept so", [row.get(k) for k in ("decision", "status", "session", "vn", "shown")],
             ["reject", "refused", None, vn["courier"], None])


def test_signatures(api, server, twilio, vn):
    def refused(name, answer):
        body_headers = {"content-type", "transfer-encoding"} & set(answer.headers)
        tap.ok(name, answer.status == 403 and answer.body == b"" and not body_headers, answer, answer.headers)

    refused("a wrong token", twilio.voice(CUSTOMER, vn["courier"], token="54321").answer)
    refused("no signature", twilio.voice(CUSTOMER, vn["courier"], signature="").answer)
    refused("nonsense for a signature", twilio.voice(CUSTOMER, vn["courier"], signature="!!!").answer)
    fields = twilio.voice_fields(CUSTOMER, vn["courier"], "CA%032x" % 1)
    url = PUBLIC_URL + "/hooks/twilio/main/voice"
    right = twilio_signature(TWILIO_TOKEN, url, fields)
    refused("one field changed", twilio.send("voice", fields[:-1] + [("To", vn["customer"])], signature=right))
    refused("one field more", twilio.send("voice", fields + [("Digits", "1")], signature=right))
    refused("another path", twilio.send("status", fields, signature=right))
    refused("another address", twilio.send("voice", fields, signature=twilio_signature(
        TWILIO_TOKEN, "https://evil.example.com/hooks/twilio/main/voice", fields)))
    refused("a GET with another query", twilio.client.get("/hooks/twilio/main/voice?" + urllib.parse.urlencode(fields) + "&x=1", headers={
        "X-Twilio-Signature": twilio_signature(TWILIO_TOKEN, url + "?" + urllib.parse.urlencode(fields), [])}))
    refused("an account that isn't there", Twilio(server, "nobody").voice(CUSTOMER, vn["courier"]).answer)
    refused("a provider that isn't there", server.anonymous().post("/hooks/nobody/main/voice", ""))
    refused("forged reports", twilio.send("status", fields, token="54321"))
    connects("Host and X-Forwarded headers decide nothing", twilio.voice(CUSTOMER, vn["courier"], headers={
        "Host": "evil.example.com", "X-Forwarded-Host": "evil.example.com"}), COURIER, vn["customer"])

    turning = Twilio(server, "turning")
    _, vn = open_order(api, "turning", "T-1", customer=CUSTOMER, courier=COURIER)
    connects("while tokens rotate the old one holds", turning.voice(CUSTOMER, vn["courier"]), COURIER, vn["customer"])
    connects("and so does the new one", turning.voice(CUSTOMER, vn["courier"], token=NEW_TOKEN), COURIER, vn["customer"])
    refused("and no third", turning.voice(CUSTOMER, vn["courier"], token="54321").answer)
    alike("one account's numbers are nothing to the other", [twilio.voice(CUSTOMER, vn["courier"]), twilio.voice(STRANGER, VNS[0])])


def test_replaced(api, twilio, session, vn):
    answer = api.post("/v1/events", {"id": "e3", "type": "order.reassigned", "order": "A-1", "version": 3, "pool": "jakarta",
                                     "parties": parties(courier=SECOND)})
    tap.same("the courier is replaced", answer.json["applied"], 1, answer)
    after = vns_of(api.get("/v1/sessions/" + session["id"]).json)
    tap.same("the customer dials the same number", after["courier"], vn["courier"])
    connects("and reaches the second courier", twilio.voice(CUSTOMER, after["courier"]), SECOND, after["customer"])
    seen = api.get("/v1/orders/A-1/contact", {"pool": "jakarta", "as": "courier"}).json["contacts"][0]["vn"]
    connects("who calls back", twilio.voice(SECOND, seen), CUSTOMER, after["courier"])
    alike("the first one is out", [twilio.voice(COURIER, vn["customer"]), twilio.voice(STRANGER, vn["customer"])])
    for _ in range(5):
        again = api.post("/v1/events", {"id": "e2", "type": "order.assigned", "order": "A-1", "version": 2, "pool": "jakarta",
                                        "parties": parties(courier=COURIER)})
    tap.same("an old event, five times, changes nothing", (again.json["applied"], again.json["repeated"]), (0, 1), again)
    connects("so it is still the second courier", twilio.voice(CUSTOMER, after["courier"]), SECOND, after["customer"])
    put = api.put("/v1/sessions/%s/parties/courier" % session["id"], {"number": COURIER})
    tap.same("the first one may come back", put.status, 200, put)
    connects("and is reached", twilio.voice(CUSTOMER, vns_of(put.json)["courier"]), COURIER, vns_of(put.json)["customer"])


def test_pins(api, twilio):
    session, vn = open_order(api, "pins", "P-1", customer=CUSTOMER, courier=COURIER)
    pins = {party["role"]: party["pin"] for party in session["parties"]}
    tap.ok("each party has a PIN of its own", len(set(pins.values())) == 2 and all(len(pin) == 8 for pin in pins.values()), pins)
    connects("who is known needs none", twilio.voice(CUSTOMER, vn["courier"]), COURIER, vn["customer"])
    asked = twilio.voice(STRANGER, vn["courier"])
    tap.same("a stranger is asked for eight digits", (asked.action, asked.digits), ("digits", 8), asked)
    tap.same("and so is who withholds", twilio.voice("anonymous", vn["courier"]).action, "digits")
    connects("the customer's PIN from another phone reaches the courier",
             twilio.voice(STRANGER, vn["courier"], id=asked.id, digits=pins["customer"]), COURIER, vn["customer"])
    connects("a PIN may end with #", twilio.voice(STRANGER, vn["customer"], digits=pins["courier"] + "#"), CUSTOMER, vn["courier"])
    row = call_of(api, asked, lambda row: row["status"] == "connecting")
    tap.same("one call, with what became of it", [row.get(k) for k in ("decision", "status", "from_role", "to_role")],
             ["connect", "connecting", "customer", "courier"], row)

    wrong = str((int(pins["customer"]) + 1) % 10**8).zfill(8)
    wrong = wrong if wrong not in pins.values() else str((int(wrong) + 1) % 10**8).zfill(8)
    thief = PEOPLE[10]
    first = twilio.voice(thief, vn["courier"])
    tries = [twilio.voice(thief, vn["courier"], id=first.id, digits=wrong).action for _ in range(3)]
    tap.same("three wrong PINs end a call", tries, ["digits", "digits", "reject"])
    tap.same("it stays ended, with the right one too", twilio.voice(thief, vn["courier"], id=first.id, digits=pins["customer"]).action,
             "reject")
    second = twilio.voice(thief, vn["courier"])
    tries = [twilio.voice(thief, vn["courier"], id=second.id, digits=wrong).action for _ in range(2)]
    tap.same("five in an hour end them all", [second.action] + tries, ["digits", "digits", "reject"])
    tap.same("the sixth is not even asked for", twilio.voice(thief, vn["courier"]).action, "reject")
    tap.same("nor looked at", twilio.voice(thief, vn["courier"], digits=pins["customer"]).action, "reject")
    tap.same("we are told why", call_of(api, first).get("reason"), "blocked")
    connects("nobody else is locked out",
             twilio.voice(PEOPLE[11], vn["courier"], digits=pins["customer"]), COURIER, vn["customer"])
    connects("least of all the customer's own phone", twilio.voice(CUSTOMER, vn["courier"]), COURIER, vn["customer"])
    api.post("/v1/sessions/%s/close" % session["id"], {"grace_s": 0})
    tap.same("after the end a PIN opens nothing", twilio.voice(OTHER_STRANGER, vn["courier"], digits=pins["customer"]).action, "digits")


def test_announce_and_forward(api, twilio):
    _, vn = open_order(api, "talking", "N-1", customer=CUSTOMER, courier=COURIER)
    announced = [twilio.voice(who, vn["courier"]) for who in (STRANGER, "anonymous", vn["customer"])]
    tap.same("strangers hear an announcement", [call.action for call in announced], ["announce"] * 3)
    tap.same("all the same one", {call.answer.body for call in announced}, {announced[0].answer.body})
    _, vn = open_order(api, "desk", "N-2", customer=CUSTOMER, courier=COURIER)
    for who in (STRANGER, "anonymous"):
        connects("the desk is called and shown what %s dialled" % who, twilio.voice(who, vn["courier"]), PEOPLE[20], vn["courier"])
    row = call_of(api, twilio.voice(STRANGER, vn["courier"]))
    tap.same("a forwarded call is kept so", [row.get(k) for k in ("decision", "status", "shown")],
             ["forward", "forwarded", vn["courier"]])


def test_status(api, twilio):
    session, vn = open_order(api, "jakarta", "S-1", customer=PEOPLE[30], courier=PEOPLE[31])
    call = twilio.voice(PEOPLE[30], vn["courier"])
    row = call_of(api, call)
    tap.same("a call is kept without real numbers", [row.get(k) for k in (
        "session", "pool", "provider", "account", "vn", "shown", "from_role", "to_role", "decision", "reason", "status")],
        [session["id"], "jakarta", "twilio", "main", vn["courier"], vn["customer"], "customer", "courier", "connect", None, "connecting"])
    tap.same("a report is taken", twilio.progress(call, "in-progress").status, 200)
    tap.same("the call is answered", call_of(api, call, lambda row: row["status"] == "answered")["status"], "answered")
    closed = api.post("/v1/sessions/%s/close" % session["id"], {"grace_s": 0})
    tap.same("the order ends while they talk", closed.json["state"], "cooling")
    tap.same("the call goes on", call_of(api, call)["status"], "answered")
    tap.same("and is reported to its end", twilio.ended(call, "completed", 61).status, 200)
    row = call_of(api, call, lambda row: row["status"] == "completed")
    tap.same("with its seconds", (row["status"], row["seconds"], row["session"]), ("completed", 61, session["id"]))
    twilio.progress(call, "in-progress")
    busy = twilio.voice(PEOPLE[30], vn["courier"])
    tap.same("the next call is refused", busy.action, "reject")
    row = call_of(api, call, lambda row: row["status"] != "completed" or call_of(api, busy))
    tap.same("a late report starts nothing again", row["status"], "completed")
    listed = {row["provider_call_id"] for row in calls_of(api, session=session["id"])}
    tap.same("the order's calls are those that were its own", listed, {call.id})


def test_grace(api, twilio):
    session, vn = open_order(api, "jakarta", "G-1", customer=PEOPLE[40], courier=PEOPLE[41])
    closed = api.post("/v1/sessions/%s/close" % session["id"], {"grace_s": 4})
    tap.same("an order ends with grace", closed.json["state"], "closing")
    connects("within it they still reach each other", twilio.voice(PEOPLE[40], vn["courier"]), PEOPLE[41], vn["customer"])
    late = until(lambda: twilio.voice(PEOPLE[40], vn["courier"]), lambda call: call.action == "reject")
    alike("after it they don't", [late, twilio.voice(STRANGER, vn["courier"])])
    tap.same("it cools", api.get("/v1/sessions/" + session["id"]).json["state"], "cooling")
    same = api.post("/v1/sessions", {"pool": "jakarta", "ref": "G-1", "parties": parties(customer=PEOPLE[40], courier=PEOPLE[41])})
    tap.same("an ended order is not opened again", (same.status, same.code), (409, "session_closed"))

    made = api.post("/v1/sessions", {"pool": "jakarta", "ref": "G-2", "ttl_s": 1, "parties": parties(
        customer=PEOPLE[42], courier=PEOPLE[43])})
    vn = vns_of(made.json)
    state = until(lambda: api.get("/v1/sessions/" + made.json["id"]).json["state"], lambda state: state == "closing")
    tap.same("expiry is a close with the pool's grace", state, "closing")
    connects("in which they still reach each other", twilio.voice(PEOPLE[42], vn["courier"]), PEOPLE[43], vn["customer"])


def test_late(api, server, vn):
    """The server's own deadline is 800 ms: a question whose body takes longer is answered, with a refusal."""
    fields = [("CallSid", "CA%032x" % (1 << 64)), ("From", CUSTOMER), ("To", vn["courier"])]
    body = urllib.parse.urlencode(fields).encode()
    signature = twilio_signature(TWILIO_TOKEN, PUBLIC_URL + "/hooks/twilio/main/voice", fields)
    head = ("POST /hooks/twilio/main/voice HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
            "X-Twilio-Signature: %s\r\n\r\n" % (FORM, len(body), signature)).encode()
    with socket.create_connection((server.host, server.port)) as peer:
        peer.sendall(head + body[:-1])
        peer.settimeout(1)
        try:
            early = peer.recv(1)
        except TimeoutError:
            early = None
        peer.settimeout(60)
        peer.sendall(body[-1:])
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
    tap.ok("a question that comes too slowly is refused in time", early is None and answer.startswith(b"HTTP/1.1 200 ") and
           b"<Reject" in answer and b"Dial" not in answer, early, answer)
    rows = until(lambda: [row for row in calls_of(api) if row["provider_call_id"] == fields[0][1]], lambda rows: rows)
    tap.same("and kept as late", [row["reason"] for row in rows], ["late"])


def test_exotel(api, server):
    exotel = Exotel(server)
    session, vn = open_order(api, "bengaluru", "X-1", customer=INDIAN, courier=INDIAN_COURIER)
    call = exotel.connect(INDIAN, vn["courier"])
    connects("Exotel: the customer calls, in national form", call, INDIAN_COURIER, vn["customer"])
    tap.ok("reports are wanted under the secret path", call.status_url.startswith(PUBLIC_URL + "/hooks/exotel/india/") and
           call.status_url.endswith("/passthru"), call.status_url)
    connects("Exotel: the courier calls back", exotel.connect(INDIAN_COURIER, vn["customer"]), INDIAN, vn["courier"])
    alike("Exotel: whoever must not get through hears the same", [exotel.connect(who, vn["courier"]) for who in (
        PEOPLE[0], "", "anonymous", INDIAN_COURIER, vn["customer"])] + [exotel.connect(INDIAN, VNS[0])])
    tap.same("Exotel reports an end", exotel.passthru(call, "completed", 42).status, 200)
    row = call_of(api, call, lambda row: row["status"] == "completed")
    tap.same("the call has its seconds", (row["status"], row["seconds"], row["account"]), ("completed", 42, "india"))
    for name, answer in (("a wrong secret", exotel.connect(INDIAN, vn["courier"], secret="0" * 16).answer),
                         ("no secret", exotel.client.get("/hooks/exotel/india/connect", {"CallSid": "1"})),
                         ("a report with a wrong secret", exotel.get("passthru", [("CallSid", call.id)], "0" * 16)),
                         ("an address that is not on the list", Exotel(server, "walled", "a1b2c3d4e5f60718").connect(
                             INDIAN, vn["courier"]).answer)):
        tap.ok("Exotel: %s gets 403 and nothing else" % name, answer.status == 403 and answer.body == b"", answer)
    _, vn = open_order(api, "local", "X-2", customer=INDIAN, courier=INDIAN_COURIER)
    connects("an address that is on the list is let in", Exotel(server, "local", "0718a1b2c3d4e5f6").connect(INDIAN, vn["courier"]),
             INDIAN_COURIER, vn["customer"])


def test_nothing_shown(api):
    rows = calls_of(api)
    text = api.get("/v1/calls", {"page_size": 1000}).body.decode()
    shown = [number for number in (CUSTOMER, COURIER, SECOND, STRANGER, INDIAN) + tuple(PEOPLE[:50]) if number[1:] in text]
    tap.ok("in all those calls no real number is kept", len(rows) > 50 and not shown, len(rows), shown)


with Server(config=CONFIG) as server:
    api = server.client()
    make_pool(api, "jakarta", VNS[:20])
    make_pool(api, "turning", VNS[100:104], account="turning")
    make_pool(api, "pins", VNS[200:204], unknown_caller="pin")
    make_pool(api, "talking", VNS[300:304], unknown_caller="announce")
    make_pool(api, "desk", VNS[400:404], unknown_caller="forward", forward_to=PEOPLE[20])
    make_pool(api, "bengaluru", EXOPHONES[:6], "exotel", "india", "IN")
    make_pool(api, "local", EXOPHONES[10:14], "exotel", "local", "IN")
    twilio = Twilio(server)
    session, vn = test_both_ways(api, twilio)
    test_refused_alike(api, twilio, session, vn)
    test_signatures(api, server, twilio, vn)
    test_late(api, server, vn)
    test_replaced(api, twilio, session, vn)
    test_pins(api, twilio)
    test_announce_and_forward(api, twilio)
    test_status(api, twilio)
    test_grace(api, twilio)
    test_exotel(api, server)
    test_nothing_shown(api)
    tap.ok("it ends in good order", server.stop() == 0)
tap.done()
