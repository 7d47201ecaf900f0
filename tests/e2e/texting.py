"""The providers' side of messages, as their documentation tells it: texts and reports, signed; what they read out of our answers; and
their REST APIs, all six on one loopback port.

    with Api() as api, tempfile.TemporaryDirectory() as folder:
        twilio, signalwire, plivo, vonage, telnyx, bandwidth = sides(folder)
        ... config: accounts(sides, api.url()) ...
        answer = twilio.text(client, CUSTOMER, vn, "I am at the gate")
        twilio.read(answer)            # [Text(to, sender, body, status_url)], or [] for nothing
        api.next()                     # blocks: the next text that somebody's API was asked to send

Nothing of the server's code is used to make or read anything here.
"""
import base64
import collections
import hashlib
import hmac
import http.server
import itertools
import json
import os
import queue
import subprocess
import threading
import time
import urllib.parse
import xml.etree.ElementTree

from providers import FORM, PUBLIC_URL, TWILIO_SID, TWILIO_TOKEN, twilio_signature

WAIT_S = 60
ids = itertools.count(1)
Text = collections.namedtuple("Text", "provider to sender body status_url ref")


def basic(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


def plain(number):
    return number.lstrip("+")


class Side:
    """One provider. `answers`: a text goes on in the answer; else by its API."""
    answers = False
    base = ""   # of its API, what api_url ends in

    def path(self, hook):
        return "/hooks/%s/main/%s" % (self.name, hook)

    def status_target(self, text):
        return text.status_url[len(PUBLIC_URL):]

    def nothing(self, answer):
        return answer.status == 200 and answer.body == b""


class Twilio(Side):
    name, answers = "twilio", True
    account = 'account_sid: %s, auth_token: "%s"' % (TWILIO_SID, TWILIO_TOKEN)
    user, password, api_path = TWILIO_SID, TWILIO_TOKEN, "/2010-04-01/Accounts/%s/Messages.json" % TWILIO_SID

    def send(self, client, target, fields, key=None):
        signature = self.sign(key, PUBLIC_URL + target, fields)
        return client.request("POST", target, urllib.parse.urlencode(fields), headers=signature, content_type=FORM)

    def sign(self, key, url, fields):
        return {"X-Twilio-Signature": twilio_signature(key or TWILIO_TOKEN, url, fields)}

    def text(self, client, sender, to, body, id=None, media=0, key=None, more=()):
        id = id or "SM%032x" % next(ids)
        fields = [("MessageSid", id), ("SmsSid", id), ("AccountSid", TWILIO_SID), ("From", sender), ("To", to), ("Body", body),
                  ("NumMedia", str(media)), ("NumSegments", "1"), ("ApiVersion", "2010-04-01")] + list(more)
        return self.send(client, self.path("sms"), fields, key)

    def report(self, client, text, state, code=None):
        fields = [("MessageSid", "SM%032x" % next(ids)), ("MessageStatus", state), ("To", text.to), ("From", text.sender)]
        return self.send(client, self.status_target(text), fields + ([("ErrorCode", code)] if code else []))

    def nothing(self, answer):
        return answer.status == 200 and list(xml.etree.ElementTree.fromstring(answer.body)) == []

    def read(self, answer):
        if answer.status != 200:
            return []
        return [Text(self.name, one.get("to"), one.get("from"), one.text, one.get("action"), None)
                for one in xml.etree.ElementTree.fromstring(answer.body)]

    def asked(self, headers, body):
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        if headers.get("Authorization") != basic(self.user, self.password):
            return None
        return Text(self.name, form["To"], form["From"], form["Body"], form.get("StatusCallback"), None)

    def took(self):
        return 201, {"sid": "SM%032x" % next(ids), "status": "queued"}

    def refused(self, code):
        return 400, {"code": int(code), "message": "Attempt to send to +15005550009 failed", "status": 400}


class SignalWire(Twilio):
    name = "signalwire"
    account = "project: p-1, space: example.signalwire.com, signing_key: PSK12345, api_token: PT12345"
    user, password, api_path = "p-1", "PT12345", "/api/laml/2010-04-01/Accounts/p-1/Messages.json"

    def sign(self, key, url, fields):
        return {"X-SignalWire-Signature": twilio_signature(key or "PSK12345", url, fields)}


class Plivo(Side):
    name, answers, base = "plivo", True, "/v1"
    account = "auth_id: MA12345, auth_token: plivo-token"
    api_path = "/v1/Account/MA12345/Message/"

    def send(self, client, target, fields, key=None):
        url, _, query = (PUBLIC_URL + target).partition("?")
        nonce = "%d" % next(ids)
        base = url + "?" + (query + "." if query else "") + "".join(name + value for name, value in sorted(fields)) + "." + nonce
        signature = base64.b64encode(hmac.new((key or "plivo-token").encode(), base.encode(), hashlib.sha256).digest()).decode()
        return client.request("POST", target, urllib.parse.urlencode(fields), content_type=FORM,
                              headers={"X-Plivo-Signature-V3": signature, "X-Plivo-Signature-V3-Nonce": nonce})

    def text(self, client, sender, to, body, id=None, media=0, key=None):
        fields = [("From", plain(sender)), ("To", plain(to)), ("Text", body), ("Type", "mms" if media else "sms"),
                  ("MessageUUID", id or "%032x" % next(ids))]
        return self.send(client, self.path("sms"), fields + [("MediaCount", str(media))] * (media > 0), key)

    def report(self, client, text, state, code=None):
        fields = [("MessageUUID", "%032x" % next(ids)), ("Status", state), ("To", plain(text.to)), ("From", plain(text.sender))]
        return self.send(client, self.status_target(text), fields + ([("ErrorCode", code)] if code else []))

    nothing = Twilio.nothing

    def read(self, answer):
        if answer.status != 200:
            return []
        return [Text(self.name, "+" + one.get("dst"), "+" + one.get("src"), one.text, one.get("callbackUrl"), None)
                for one in xml.etree.ElementTree.fromstring(answer.body)]

    def asked(self, headers, body):
        if headers.get("Authorization") != basic("MA12345", "plivo-token"):
            return None
        asked = json.loads(body)
        return Text(self.name, "+" + asked["dst"], "+" + asked["src"], asked["text"], asked.get("url"), None)

    def took(self):
        return 202, {"message": "message(s) queued", "message_uuid": ["%032x" % next(ids)], "api_id": "a"}

    def refused(self, code):
        return 400, {"api_id": "a", "error": "dst is invalid"}


class Vonage(Side):
    name = "vonage"
    account = "api_key: key, api_secret: secret, signature_secret: qwertyuiopasdfghjklzxcvbnm123456"
    api_path = "/v1/messages"

    def token(self, payload, key=None):
        made = {"iat": int(time.time()), "jti": "%d" % next(ids), "iss": "Vonage",
                "payload_hash": hashlib.sha256(payload.encode()).hexdigest()}
        def part(document):
            return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
        text = part({"typ": "JWT", "alg": "HS256"}) + "." + part(made)
        mac = hmac.new((key or "qwertyuiopasdfghjklzxcvbnm123456").encode(), text.encode(), hashlib.sha256).digest()
        return text + "." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def send(self, client, target, document, key=None):
        body = json.dumps(document)
        return client.request("POST", target, body, content_type="application/json",
                              headers={"Authorization": "Bearer " + self.token(body, key)})

    def text(self, client, sender, to, body, id=None, media=0, key=None):
        made = {"channel": "mms" if media else "sms", "message_uuid": id or "%032x" % next(ids), "from": plain(sender), "to": plain(to),
                "timestamp": "2026-11-28T10:00:00Z", "message_type": "image" if media else "text"}
        return self.send(client, self.path("sms"), dict(made, **({} if media else {"text": body})), key)

    def report(self, client, text, state, code=None):
        made = {"channel": "sms", "message_uuid": "%032x" % next(ids), "to": plain(text.to), "from": plain(text.sender),
                "timestamp": "2026-11-28T10:00:01Z", "status": "rejected" if state == "failed" else state, "client_ref": text.ref}
        if code:
            made["error"] = {"type": "https://developer.vonage.com/api-errors/sms#" + code, "title": code}
        return self.send(client, self.status_target(text), made)

    def asked(self, headers, body):
        if headers.get("Authorization") != basic("key", "secret"):
            return None
        asked = json.loads(body)
        assert asked["channel"] == "sms" and asked["message_type"] == "text", asked
        return Text(self.name, "+" + asked["to"], "+" + asked["from"], asked["text"], asked.get("webhook_url"), asked["client_ref"])

    def took(self):
        return 202, {"message_uuid": "%032x" % next(ids)}

    def refused(self, code):
        return 422, {"type": "https://developer.vonage.com/api-errors/messages#" + code, "title": "Invalid sender", "detail": "",
                     "instance": "i"}


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE, timeout=60).stdout


class Telnyx(Side):
    name, base, api_path = "telnyx", "/v2", "/v2/messages"

    def __init__(self, folder):
        self.folder, self.key = folder, os.path.join(folder, "telnyx.pem")
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.other = os.path.join(folder, "other.pem")
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.other)
        public = base64.b64encode(openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-32:]).decode()
        self.account = 'public_key: "%s", api_key: KEY12345' % public

    def send(self, client, target, document, key=None):
        body, at, path = json.dumps(document), str(int(time.time())), os.path.join(self.folder, "text")
        with open(path, "wb") as file:
            file.write(("%s|%s" % (at, body)).encode())
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.other if key else self.key, "-in", path)
        return client.request("POST", target, body, content_type="application/json", headers={
            "telnyx-timestamp": at, "telnyx-signature-ed25519": base64.b64encode(signature).decode()})

    def event(self, type, payload):
        return {"data": {"record_type": "event", "event_type": type, "id": "%032x" % next(ids), "payload": payload},
                "meta": {"attempt": 1}}

    def text(self, client, sender, to, body, id=None, media=0, key=None):
        payload = {"id": id or "%032x" % next(ids), "direction": "inbound", "type": "MMS" if media else "SMS", "text": body,
                   "from": {"phone_number": sender, "carrier": "", "line_type": ""}, "media": [{"url": "https://a.example/1"}] * media,
                   "to": [{"phone_number": to, "status": "webhook_delivered"}]}
        return self.send(client, self.path("sms"), self.event("message.received", payload), key)

    def report(self, client, text, state, code=None):
        payload = {"id": "%032x" % next(ids), "direction": "outbound", "text": text.body, "from": {"phone_number": text.sender},
                   "to": [{"phone_number": text.to, "status": "delivery_failed" if state == "failed" else state}],
                   "errors": [{"code": code, "title": "no"}] if code else []}
        return self.send(client, self.status_target(text), self.event("message.finalized", payload))

    def asked(self, headers, body):
        if headers.get("Authorization") != "Bearer KEY12345":
            return None
        asked = json.loads(body)
        return Text(self.name, asked["to"], asked["from"], asked["text"], asked.get("webhook_url"), None)

    def took(self):
        return 200, {"data": {"id": "%032x" % next(ids), "record_type": "message", "to": [{"status": "queued"}]}}

    def refused(self, code):
        return 422, {"errors": [{"code": code, "title": "Invalid 'to' address"}]}


class Bandwidth(Side):
    name, base, api_path = "bandwidth", "/api", "/api/v2/users/55555555/messages"
    account = ("account_id: '55555555', user: bauta, password: s3cret, api_user: u, api_password: p,"
               " message_application_id: 7fc9698a-b04a-468b-9e8f-91238c0d0086")

    def send(self, client, target, document, key=None):
        return client.request("POST", target, json.dumps(document), content_type="application/json",
                              headers={"Authorization": basic("bauta", key or "s3cret")})

    def text(self, client, sender, to, body, id=None, media=0, key=None):
        message = {"id": id or "%032x" % next(ids), "owner": to, "applicationId": "a", "segmentCount": 1, "direction": "in", "to": [to],
                   "from": sender, "text": body, **({"media": ["https://a.example/1"] * media} if media else {})}
        return self.send(client, self.path("sms"), [{"time": "2026-11-28T10:00:00Z", "type": "message-received", "to": to,
                                                     "description": "Incoming message received", "message": message}], key)

    def status_target(self, text):
        return self.path("sms/status")

    def report(self, client, text, state, code=None):
        message = {"id": "%032x" % next(ids), "owner": text.sender, "direction": "out", "to": [text.to], "from": text.sender,
                   "text": "", "tag": text.ref}
        return self.send(client, self.status_target(text), [{"type": "message-" + state, "to": text.to, "message": message,
                                                             **({"errorCode": int(code)} if code else {})}])

    def asked(self, headers, body):
        if headers.get("Authorization") != basic("u", "p"):
            return None
        asked = json.loads(body)
        assert asked["applicationId"] == "7fc9698a-b04a-468b-9e8f-91238c0d0086", asked
        return Text(self.name, asked["to"][0], asked["from"], asked["text"], None, asked["tag"])

    def took(self):
        return 202, {"id": "%032x" % next(ids)}

    def refused(self, code):
        return 400, {"type": code, "description": "Your request could not be accepted"}


def sides(folder):
    return [Twilio(), SignalWire(), Plivo(), Vonage(), Telnyx(folder), Bandwidth()]


def accounts(sides, api_url):
    return "public_url: %s\naccounts:\n" % PUBLIC_URL + "".join(
        "  - { name: main, provider: %s, country: ID, api_url: %s%s, %s }\n" % (side.name, api_url, side.base, side.account) for side in sides)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.fake.handle(self, body)


class Api:
    """The REST APIs. `plan` says what becomes of the next texts, in order: None: it is taken; (status, document, headers): that; "drop":
    no answer, and nothing done; "lost": taken, and no answer; "hold": taken once release() was called."""

    def __init__(self):
        self.texts, self.plan, self.wrong, self.lock = queue.Queue(), [], [], threading.Lock()
        self.held = threading.Event()
        self.sides = {}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.fake = self
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.held.set()
        self.server.shutdown()
        self.server.server_close()

    def knows(self, sides):
        self.sides = {side.api_path: side for side in sides}

    def url(self):
        return "http://127.0.0.1:%d" % self.server.server_address[1]

    def next(self):
        """The next text that was asked for, as soon as it comes."""
        return self.texts.get(timeout=WAIT_S)

    def none(self):
        return self.texts.empty()

    def release(self):
        self.held.set()

    def handle(self, handler, body):
        side = self.sides.get(handler.path)
        text = side.asked(handler.headers, body) if side else None
        if not text:
            self.wrong.append((handler.path, dict(handler.headers)))
            return self.answer(handler, 401, {})
        with self.lock:
            how = self.plan.pop(0) if self.plan else None
        self.texts.put(text)
        if how == "hold":
            self.held.wait(WAIT_S)
        if how in ("drop", "lost"):
            handler.close_connection = True
            return handler.connection.close()
        if isinstance(how, tuple):
            return self.answer(handler, *how)
        self.answer(handler, *side.took())

    @staticmethod
    def answer(handler, status, document, headers=()):
        body = json.dumps(document).encode()
        try:
            handler.send_response(status)
            for name, value in headers:
                handler.send_header(name, value)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            pass  # it is killed in a test
