#!/usr/bin/env python3
"""Calls through Telnyx and Vonage over real HTTP: signed by keys of this test's own, and by nobody else's. Nothing of the server's
code makes or reads anything here."""
import base64
import hashlib
import hmac
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run
from providers import FORM, PUBLIC_URL, Call, read_twiml
from town import COURIER, CUSTOMER, STRANGER, VNS, make_pool, parties, until, vns_of

SECRET, SECOND_SECRET = "qwertyuiopasdfghjklzxcvbnm123456", "zxcvbnm0987654321"
ids = itertools.count(1)
tap = Tap()


def openssl(*arguments, stdin=b""):
    return subprocess.run(["openssl", *arguments], input=stdin, check=True, stdout=subprocess.PIPE, timeout=60).stdout


class Telnyx:
    def __init__(self, folder, name):
        self.folder, self.key = folder, os.path.join(folder, name)
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        der = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")
        self.public = base64.b64encode(der[-32:]).decode()

    def sign(self, text):
        path = os.path.join(self.folder, "message")
        with open(path, "wb") as file:
            file.write(text.encode())
        return base64.b64encode(openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", path)).decode()

    def send(self, client, hook, fields, at=None, **changed):
        form = urllib.parse.urlencode(fields)
        timestamp = str(int(time.time()) if at is None else at)
        headers = {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": self.sign("%s|%s" % (timestamp, form)), **changed}
        return client.request("POST", "/hooks/telnyx/main/" + hook, form, headers=headers, content_type=FORM)

    def voice(self, client, caller, to, digits=None, **how):
        id = "v3:%056d" % next(ids)
        fields = [("AccountSid", "a"), ("CallSid", id), ("ConnectionId", "1"), ("From", caller), ("To", to), ("CallStatus", "ringing")]
        return read_twiml(Call(id, self.send(client, "voice", fields + ([("Digits", digits)] if digits else []), **how)))


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Vonage:
    def __init__(self, secret=SECRET):
        self.secret = secret

    def token(self, payload, **claims):
        made = {"iat": int(time.time()), "jti": "%d" % next(ids), "iss": "Vonage",
                "payload_hash": hashlib.sha256(payload.encode()).hexdigest(), **claims}
        text = ".".join(b64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, made))
        return text + "." + b64url(hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest())

    def send(self, client, target, document, token=None, **claims):
        body = json.dumps(document)
        return client.request("POST", "/hooks/vonage/main/" + target, body, content_type="application/json",
                              headers={"Authorization": "Bearer " + (token or self.token(body, **claims))})

    @staticmethod
    def read(call):
        if call.answer.status != 200:
            return call
        actions = json.loads(call.answer.body)
        call.action = {"connect": "connect", "talk": "announce"}[actions[0]["action"]] if actions else "reject"
        if len(actions) == 2:
            call.action, call.digits = "digits", actions[1]["dtmf"]["maxDigits"]
        if call.action == "connect":
            call.rings, call.shows = "+" + actions[0]["endpoint"][0]["number"], "+" + actions[0]["from"]
            call.status_url = actions[0]["eventUrl"][0]
        return call

    def voice(self, client, caller, to, digits=None, id=None, **how):
        id = id or "%032x" % next(ids)
        asked = {"from": caller.lstrip("+"), "to": to.lstrip("+"), "uuid": id, "conversation_uuid": "CON-1"}
        if digits is not None:
            asked["dtmf"] = {"digits": digits, "timed_out": not digits}
        return self.read(Call(id, self.send(client, "voice", asked, **how)))

    def by_get(self, client, caller, to, signed=None):
        id = "%032x" % next(ids)
        asked = {"to": to.lstrip("+"), "from": caller.lstrip("+"), "uuid": id, "conversation_uuid": "CON-1"}
        token = self.token(json.dumps(signed or asked, separators=(",", ":")))
        return self.read(Call(id, client.get("/hooks/vonage/main/voice", asked, headers={"Authorization": "Bearer " + token})))


def call_of(api, call, good):
    def ask():
        return [row for row in api.get("/v1/calls", {"page_size": 1000}).json["calls"] if row["provider_call_id"] == call.id]
    rows = until(ask, lambda rows: rows and good(rows[0]))
    return rows[0] if len(rows) == 1 else {"rows": rows}


def connects(name, call, rings, shows):
    tap.same(name, (call.action, call.rings, call.shows), ("connect", rings, shows), call)


def refused(name, answer):
    tap.ok(name + " gets 403 and nothing else", answer.status == 403 and answer.body == b"", answer)


def test_telnyx(api, client, telnyx, other):
    vn = vns_of(api.post("/v1/sessions", {"pool": "telnyx", "ref": "T-1", "parties": parties(customer=CUSTOMER, courier=COURIER)}).json)
    call = telnyx.voice(client, CUSTOMER, vn["courier"])
    connects("Telnyx: the customer calls, the courier's phone shows the customer's virtual number", call, COURIER, vn["customer"])
    connects("Telnyx: the courier calls back", telnyx.voice(client, COURIER, vn["customer"]), CUSTOMER, vn["courier"])
    strangers = [telnyx.voice(client, who, to) for who, to in ((STRANGER, vn["courier"]), ("anonymous", vn["courier"]),
                                                             (CUSTOMER, VNS[9000]), (vn["customer"], vn["courier"]))]
    tap.ok("Telnyx: every refusal is the same", len({str(one.seen()) for one in strangers}) == 1 and strangers[0].action == "reject",
           *strangers)
    fields = [("CallSid", "v3:1"), ("From", CUSTOMER), ("To", vn["courier"])]
    refused("Telnyx: another key", other.send(client, "voice", fields))
    refused("Telnyx: an old signature", telnyx.send(client, "voice", fields, at=int(time.time()) - 400))
    refused("Telnyx: another time than was signed", telnyx.send(client, "voice", fields, **{"telnyx-timestamp": str(int(time.time()) + 1)}))
    refused("Telnyx: no signature", telnyx.send(client, "voice", fields, **{"telnyx-signature-ed25519": ""}))
    refused("Telnyx: GET", client.get("/hooks/telnyx/main/voice", fields))
    telnyx.send(client, "status", [("CallSid", call.id), ("CallStatus", "completed"), ("CallDuration", "99")])
    telnyx.send(client, "status", [("CallSid", "v3:leg"), ("ParentCallSid", call.id), ("CallStatus", "in-progress")])
    row = call_of(api, call, lambda row: row["status"] == "answered")
    tap.same("Telnyx: the call's own reports tell nothing, its leg's do", row.get("status"), "answered", row)
    telnyx.send(client, "status", [("CallSid", call.id), ("DialCallStatus", "completed"), ("DialCallDuration", "73")])
    row = call_of(api, call, lambda row: row["status"] == "completed")
    tap.same("Telnyx: the end is kept", (row.get("status"), row.get("seconds")), ("completed", 73), row)


def test_vonage(api, client, vonage):
    vn = vns_of(api.post("/v1/sessions", {"pool": "vonage", "ref": "V-1", "parties": parties(customer=CUSTOMER, courier=COURIER)}).json)
    call = vonage.voice(client, CUSTOMER, vn["courier"])
    connects("Vonage: the customer calls, the courier's phone shows the customer's virtual number", call, COURIER, vn["customer"])
    connects("Vonage: the courier calls back", vonage.voice(client, COURIER, vn["customer"]), CUSTOMER, vn["courier"])
    connects("Vonage: by GET", vonage.by_get(client, CUSTOMER, vn["courier"]), COURIER, vn["customer"])
    connects("Vonage: with the second secret", Vonage(SECOND_SECRET).voice(client, CUSTOMER, vn["courier"]), COURIER, vn["customer"])
    strangers = [vonage.voice(client, who, to) for who, to in ((STRANGER, vn["courier"]), ("anonymous", vn["courier"]),
                                                              (CUSTOMER, VNS[9000]), (vn["customer"], vn["courier"]))]
    tap.ok("Vonage: every refusal is the same", len({str(one.seen()) for one in strangers}) == 1 and strangers[0].action == "reject",
           *strangers)
    asked = {"from": CUSTOMER[1:], "to": vn["courier"][1:], "uuid": "1"}
    refused("Vonage: another secret", Vonage("other").send(client, "voice", asked))
    refused("Vonage: an old token", vonage.send(client, "voice", asked, iat=int(time.time()) - 400))
    refused("Vonage: another body than was signed", vonage.send(client, "voice", asked, token=vonage.token(json.dumps({"from": "x"}))))
    refused("Vonage: another query than was signed", vonage.by_get(client, CUSTOMER, vn["courier"], signed=asked).answer)
    refused("Vonage: no token", client.post("/hooks/vonage/main/voice", asked))
    vn = vns_of(api.post("/v1/sessions", {"pool": "pins", "ref": "V-2", "parties": parties(customer=CUSTOMER, courier=COURIER)}).json)
    asks = vonage.voice(client, STRANGER, vn["courier"])
    tap.ok("Vonage: a stranger is asked for a PIN", asks.action == "digits" and asks.digits >= 6, asks)
    silent = [vonage.voice(client, STRANGER, vn["courier"], digits="", id=asks.id).action for _ in range(4)]
    tap.ok("Vonage: who types nothing is not asked for ever", silent[0] == "digits" and silent[-1] == "reject", silent)
    tap.same("Vonage: reports are wanted under the public address", call.status_url,
             PUBLIC_URL + "/hooks/vonage/main/status?call=" + call.id)
    target = call.status_url.partition("/main/")[2]
    event = {"uuid": "leg", "direction": "outbound", "conversation_uuid": "CON-1"}
    vonage.send(client, "status", {"uuid": call.id, "direction": "inbound", "status": "completed", "duration": "99"})
    vonage.send(client, target, {"uuid": call.id, "direction": "inbound", "status": "completed", "duration": "99"})
    told = vonage.send(client, target, {**event, "status": "answered"})
    tap.same("Vonage: events are taken", told.status, 200, told)
    row = call_of(api, call, lambda row: row["status"] == "answered")
    tap.same("Vonage: the caller's leg tells nothing, the dialled one does", row.get("status"), "answered", row)
    vonage.send(client, target, {**event, "status": "completed", "duration": "73"})
    row = call_of(api, call, lambda row: row["status"] == "completed")
    tap.same("Vonage: the end is kept", (row.get("status"), row.get("seconds")), ("completed", 73), row)
    refused("Vonage: a forged event", Vonage("other").send(client, target, {**event, "status": "failed"}))


def test_command(server):
    environment = {"BAUTA_URL": server.url}
    status, out, err = run("call", "--provider", "vonage", "--from", STRANGER, "--to", VNS[100], "-c", server.config,
                           environment=environment)
    tap.ok("bauta call asks as Vonage would", status == 0 and "reject" in out, status, out, err)
    status, out, err = run("call", "--provider", "telnyx", "--from", STRANGER, "--to", VNS[0], "-c", server.config,
                           environment=environment)
    tap.ok("and says that only Telnyx signs as Telnyx", status == 1 and "only telnyx itself can sign" in err, status, out, err)


with tempfile.TemporaryDirectory() as folder:
    telnyx, other = Telnyx(folder, "key.pem"), Telnyx(folder, "other.pem")
    CONFIG = """
public_url: %s
accounts:
  - { name: main, provider: telnyx, country: US, public_key: "%s" }
  - { name: main, provider: vonage, signature_secret: %s, signature_secret_2: %s }
""" % (PUBLIC_URL, telnyx.public, SECRET, SECOND_SECRET)
    with Server(config=CONFIG) as server:
        api, client = server.client(), server.anonymous()
        make_pool(api, "telnyx", VNS[:4], "telnyx")
        make_pool(api, "vonage", VNS[100:104], "vonage")
        make_pool(api, "pins", VNS[200:204], "vonage", unknown_caller="pin")
        test_telnyx(api, client, telnyx, other)
        test_vonage(api, client, Vonage())
        test_command(server)
        tap.ok("it ends in good order", server.stop() == 0)
tap.done()
