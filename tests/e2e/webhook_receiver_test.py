#!/usr/bin/env python3
"""The judge of our webhooks is one: it takes the published vector's scheme and nothing that is forged, old or changed."""
import base64
import hashlib
import hmac
import time
import urllib.error
import urllib.request

from bauta import Tap
from webhook_receiver import Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BODY = b'{"specversion":"1.0","id":"evt_1","data":{}}'


def sign(secret, ident, at, body):
    key = base64.b64decode(secret[len("whsec_"):])
    return "v1," + base64.b64encode(hmac.new(key, b"%s.%d." % (ident, at) + body, hashlib.sha256).digest()).decode()


def post(receiver, signature, at, body=BODY, path="/"):
    request = urllib.request.Request(receiver.url(path), body, {
        "Content-Type": "application/cloudevents+json", "webhook-id": "evt_1", "webhook-timestamp": str(at),
        "webhook-signature": signature})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            status, headers = answer.status, answer.headers
    except urllib.error.HTTPError as answer:
        status, headers = answer.code, answer.headers
    return status, headers.get("Retry-After"), receiver.next()


def main():
    tap = Tap()
    now = int(time.time())
    with Receiver(SECRET) as receiver:
        good = sign(SECRET, b"evt_1", now, BODY)
        status, _, told = post(receiver, good, now)
        tap.same("a signed event is taken", (status, told["good"], told["event"]["id"]), (204, True, "evt_1"))
        tap.same("its kind is told", told["content_type"], "application/cloudevents+json")
        status, _, told = post(receiver, sign(OTHER, b"evt_1", now, BODY) + " " + good, now)
        tap.same("one of two signatures is enough", (status, told["good"]), (204, True))
        for name, signature, at, body in (
                ("another's signature", sign(OTHER, b"evt_1", now, BODY), now, BODY),
                ("a changed body", good, now, BODY.replace(b"evt_1", b"evt_2")),
                ("a changed time", good, now + 1, BODY),
                ("another's id", sign(SECRET, b"evt_2", now, BODY), now, BODY),
                ("an old one", sign(SECRET, b"evt_1", now - 3600, BODY), now - 3600, BODY),
                ("no signature", "", now, BODY)):
            status, _, told = post(receiver, signature, at, body)
            tap.same(name + " is not", (status, told["good"]), (401, False))
        status, rest, _ = post(receiver, good, now, path="/503?retry_after=7")
        tap.same("it answers as it is told to", (status, rest), (503, "7"))
    tap.same("it ends when it is no longer needed", receiver.process.returncode, 0)
    tap.done()


if __name__ == "__main__":
    main()
