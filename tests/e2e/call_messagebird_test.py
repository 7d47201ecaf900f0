#!/usr/bin/env python3
"""Calls through MessageBird, Huawei Cloud and Alibaba Cloud over real HTTP. MessageBird shows the dialled number and no
other, so its numbers are only for pools in which both parties dial the same one. Nothing of the server's code makes or
reads anything here."""
import base64
import hashlib
import hmac
import itertools
import json
import os
import sys
import time
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run  # noqa: E402
from providers import PUBLIC_URL, Call  # noqa: E402
from town import COURIER, CUSTOMER, STRANGER, VNS, make_pool, parties, until, vns_of  # noqa: E402

KEY, APP_SECRET, PATH = "PSKsigning", "cfc8secret", "9f2c5d1e8a7b4c60"
CONFIG = """
public_url: %s
accounts:
  - { name: main, provider: messagebird, signing_key: %s }
  - { name: main, provider: huawei, country: CN, secret_path: %s, app_key: app1, app_secret: %s }
  - { name: main, provider: alibaba, country: ID, secret_path: %s }
""" % (PUBLIC_URL, KEY, PATH, APP_SECRET, PATH)
ids = itertools.count(1)
tap = Tap()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Messagebird:
    @staticmethod
    def token(target, body=b"", key=KEY, **claims):
        now = int(time.time())
        made = {"iss": "MessageBird", "nbf": now, "exp": now + 60, "jti": "%d" % next(ids),
                "url_hash": hashlib.sha256((PUBLIC_URL + target).encode()).hexdigest(), **claims}
        if body:
            made["payload_hash"] = hashlib.sha256(body).hexdigest()
        text = ".".join(b64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, made))
        return text + "." + b64url(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())

    def send(self, client, target, body=None, token=None, **how):
        sent = body.encode() if body else b""
        return client.request("POST" if body else "GET", target, body,
                              content_type="application/json" if body else None,
                              headers={"MessageBird-Signature-JWT": token or self.token(target, sent, **how)})

    @staticmethod
    def target(caller, to, id):
        return "/hooks/messagebird/main/voice?" + urllib.parse.urlencode(
            {"callID": id, "destination": to.lstrip("+"), "source": caller.lstrip("+")})

    def voice(self, client, caller, to, **how):
        id = "%032x" % next(ids)
        call = Call(id, self.send(client, self.target(caller, to, id), **how))
        if call.answer.status == 200:
            root = xml.etree.ElementTree.fromstring(call.answer.body)
            call.action = {"Transfer": "connect", "Say": "announce", "Hangup": "reject"}[root.tag]
            if call.action == "connect":
                call.rings, call.shows = "+" + root.get("destination"), to if root.get("mask") == "true" else caller
        return call


class Huawei:
    @staticmethod
    def header(secret=APP_SECRET, at=None):
        nonce, created = "%032x" % next(ids), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        mac = hmac.new(secret.encode(), (nonce + created).encode(), hashlib.sha256).digest()
        digest = base64.b64encode(mac).decode()
        return 'UsernameToken Username="app1", PasswordDigest="%s", Nonce="%s", Created="%s"' % (digest, nonce, created)

    def send(self, client, kind, info, hook="voice", path=PATH, **how):
        event = {"eventType": kind, "statusInfo": info}
        return client.request("POST", "/hooks/huawei/main/%s/%s" % (path, hook), event,
                              headers={"X-AKSK": self.header(**how)})

    def voice(self, client, caller, to, **how):
        id = "1200_%d_4294967295@callenabler.example.com" % next(ids)
        info = {"sessionId": id, "caller": caller, "called": to, "notifyMode": "Block"}
        call = Call(id, self.send(client, "callin", info, **how))
        if call.answer.status == 200:
            said = call.answer.json
            call.action = {"connect": "connect", "close": "reject"}[said["operation"]]
            if call.action == "connect":
                call.rings, call.shows = said["connectInfo"]["calleeNum"], said["connectInfo"]["displayCalleeNum"]
                call.max_s = 60 * said["connectInfo"]["maxDuration"]
        return call


def national(number):
    return "0" + number[3:] if number.startswith("+62") else number


def alibaba_voice(client, caller, to, path=PATH, post=False):
    id = "%032x" % next(ids)
    target = "/hooks/alibaba/main/%s/voice?" % path + urllib.parse.urlencode(
        {"caller": national(caller), "serviceNumber": national(to), "timestamp": "1704067200000", "uuid": id})
    call = Call(id, client.request("POST" if post else "GET", target))
    if call.answer.status == 200:
        said = call.answer.json
        call.action = {"success": "connect", "fail": "reject"}[said["result"]]
        if call.action == "connect":
            call.rings, call.shows = said["data"]["called"], said["data"]["showNumber"]
    return call


def call_of(api, call, good):
    def ask():
        rows = api.get("/v1/calls", {"page_size": 1000}).json["calls"]
        return [row for row in rows if row["provider_call_id"] == call.id]
    rows = until(ask, lambda rows: rows and good(rows[0]))
    return rows[0] if len(rows) == 1 else {"rows": rows}


def connects(name, call, rings, shows):
    tap.same(name, (call.action, call.rings, call.shows), ("connect", rings, shows), call)


def refused(name, answer):
    tap.ok(name + " gets 403 and nothing else", answer.status == 403 and answer.body == b"", answer)


def open_session(api, pool, ref):
    both = parties(customer=CUSTOMER, courier=COURIER)
    return vns_of(api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": both}).json)


def refuses_all(name, voice, vn):
    strangers = [voice(who, to) for who, to in ((STRANGER, vn), ("anonymous", vn), (CUSTOMER, VNS[9000]), (vn, vn))]
    tap.ok(name + ": every refusal is the same", len({str(one.seen()) for one in strangers}) == 1 and
           strangers[0].action == "reject", *strangers)


def wrong(name, answer, field):
    tap.ok(name, answer.code == "bad_request" and answer.json.get("field") == field and
           "only themselves" in answer.json["detail"], answer)


def test_pools(api):
    """Where MessageBird's numbers may be."""
    bird = {"number": VNS[300], "provider": "messagebird"}
    api.post("/v1/pools", {"name": "each", "country": "ID"})
    answer = api.post("/v1/pools/each/numbers", {"numbers": [{"number": VNS[301]}, bird]})
    tap.ok("its numbers don't join a pool with a number for each party", answer.code == "bad_request" and
           answer.json["field"] == "numbers[1].provider" and "numbers one" in answer.json["detail"], answer)
    tap.same("nor does any other of that list", api.get("/v1/pools/each").json["stock"]["total"], 0)
    wrong("and their pool can't become one", api.patch("/v1/pools/bird", {"numbers": "each"}), "numbers")
    tap.same("all else of it can be set", api.patch("/v1/pools/bird", {"numbers": "one", "ring_s": 20}).status, 200)
    api.post("/v1/pools", {"name": "plain", "country": "ID", "numbers": "one"})
    api.post("/v1/pools/plain/numbers", {"numbers": [{"number": VNS[302]}]})
    tap.same("a pool without them can", api.patch("/v1/pools/plain", {"numbers": "each"}).status, 200)


def test_messagebird(api, client):
    bird = Messagebird()
    vn = open_session(api, "bird", "M-1")
    tap.same("MessageBird: both parties dial the same number", len(set(vn.values())), 1, vn)
    vn = vn["customer"]
    call = bird.voice(client, CUSTOMER, vn)
    connects("MessageBird: the customer calls", call, COURIER, vn)
    connects("MessageBird: the courier calls back", bird.voice(client, COURIER, vn), CUSTOMER, vn)
    refuses_all("MessageBird", lambda who, to: bird.voice(client, who, to), vn)
    target = bird.target(CUSTOMER, vn, "1")
    refused("MessageBird: another key", bird.send(client, target, key="other"))
    now = int(time.time())
    refused("MessageBird: an old token", bird.send(client, target, nbf=now - 120, exp=now - 60))
    refused("MessageBird: another URL than was signed", bird.send(client, target, token=bird.token(target + "x")))
    refused("MessageBird: no token", client.request("GET", target))
    leg = {"callID": call.id, "direction": "outgoing", "status": "hangup", "duration": 73}
    body = json.dumps({"items": [{"type": "legUpdated", "payload": leg}]})
    bird.send(client, "/hooks/messagebird/main/status", body)
    row = call_of(api, call, lambda row: row["status"] == "completed")
    tap.same("MessageBird: the end is kept", (row.get("status"), row.get("seconds")), ("completed", 73), row)


def test_huawei(api, client):
    huawei = Huawei()
    vn = open_session(api, "huawei", "H-1")
    call = huawei.voice(client, CUSTOMER, vn["courier"])
    connects("Huawei: the courier's phone shows the customer's virtual number", call, COURIER, vn["customer"])
    tap.same("Huawei: a call lasts as long as the pool says", call.max_s, 3600, call)
    refuses_all("Huawei", lambda who, to: huawei.voice(client, who, to), vn["courier"])
    info = {"sessionId": "1", "caller": CUSTOMER, "called": vn["courier"]}
    refused("Huawei: another path", huawei.send(client, "callin", info, path=PATH[:-1] + "1"))
    refused("Huawei: another secret", huawei.send(client, "callin", info, secret="other"))
    refused("Huawei: an old header", huawei.send(client, "callin", info, at=time.time() - 400))
    told = {"sessionId": call.id, "caller": CUSTOMER, "called": COURIER}
    huawei.send(client, "answer", told)
    row = call_of(api, call, lambda row: row["status"] == "answered")
    tap.same("Huawei: the answer is kept, told to either address", row.get("status"), "answered", row)
    huawei.send(client, "disconnect", {**told, "stateCode": 0}, hook="status")
    row = call_of(api, call, lambda row: row["status"] == "completed")
    tap.same("Huawei: the end too", row.get("status"), "completed", row)


def test_alibaba(api, client):
    vn = open_session(api, "alibaba", "A-1")
    for post in (False, True):
        call = alibaba_voice(client, CUSTOMER, vn["courier"], post=post)
        connects("Alibaba: the customer calls, by %s" % ("POST" if post else "GET"), call, national(COURIER),
                 national(vn["customer"]))
    refuses_all("Alibaba", lambda who, to: alibaba_voice(client, who, to), vn["courier"])
    refused("Alibaba: another path", alibaba_voice(client, CUSTOMER, vn["courier"], path=PATH[:-1] + "1").answer)


def test_command(server, vn):
    status, out, err = run("call", "--provider", "messagebird", "--from", CUSTOMER, "--to", vn, "-c", server.config,
                           environment={"BAUTA_URL": server.url})
    tap.ok("bauta call asks as MessageBird would, and knows what it shows", status == 0 and "sees " + vn in out,
           status, out, err)


def main():
    with Server(config=CONFIG) as server:
        api, client = server.client(), server.anonymous()
        make_pool(api, "bird", VNS[:2], "messagebird", numbers="one")
        make_pool(api, "huawei", VNS[100:104], "huawei")
        make_pool(api, "alibaba", VNS[200:204], "alibaba")
        test_pools(api)
        test_messagebird(api, client)
        test_huawei(api, client)
        test_alibaba(api, client)
        test_command(server, open_session(api, "bird", "M-1")["customer"])
        tap.ok("it ends in good order", server.stop() == 0)
    tap.done()


if __name__ == "__main__":
    main()
