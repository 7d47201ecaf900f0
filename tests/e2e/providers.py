"""The providers' side of the webhooks, as their documentation tells it: Twilio's requests, signed, and Exotel's.

    twilio = Twilio(server)
    call = twilio.voice(CUSTOMER, vn)      # where does this call go?
    call.action, call.rings, call.shows    # "connect", "+62...", "+62..."
    twilio.ended(call, seconds=61)         # what became of it

Each is a client of its own, over the real port. Nothing of the server's code is used to make or read anything here.
"""
import base64
import hashlib
import hmac
import itertools
import json
import urllib.parse
import xml.etree.ElementTree

PUBLIC_URL = "https://vn.example.com"
TWILIO_SID = "AC00000000000000000000000000000000"
TWILIO_TOKEN = "12345"
EXOTEL_SECRET = "9f2c5a7e1b3d4c6f"

ACCOUNTS = """
public_url: %s
accounts:
  - { name: main, provider: twilio, country: ID, account_sid: %s, auth_token: "%s" }
  - { name: india, provider: exotel, country: IN, account_sid: acme, api_key: key, api_token: token, subdomain: api,
      secret_path: %s }
""" % (PUBLIC_URL, TWILIO_SID, TWILIO_TOKEN, EXOTEL_SECRET)

FORM = "application/x-www-form-urlencoded"
calls = itertools.count(1)


def twilio_signature(token, url, fields):
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Call:
    """What a provider read out of an answer."""

    def __init__(self, id, answer):
        self.id, self.answer = id, answer
        self.action = self.rings = self.shows = self.status_url = None
        self.ring_s = self.max_s = self.digits = None

    def __repr__(self):
        return "%s rings %s shows %s: %r" % (self.action, self.rings, self.shows, self.answer)

    def seen(self):
        """All that the provider sees, but the date."""
        headers = sorted((name, value) for name, value in self.answer.headers.items() if name != "date")
        return self.answer.status, headers, self.answer.body


def read_twiml(call):
    if call.answer.status != 200:
        return call
    verb = list(xml.etree.ElementTree.fromstring(call.answer.body))[0]
    call.action = {"Dial": "connect", "Reject": "reject", "Gather": "digits", "Say": "announce"}[verb.tag]
    if verb.tag == "Dial":
        number = verb.find("Number")
        call.rings, call.shows = number.text, verb.get("callerId")
        call.ring_s, call.max_s = int(verb.get("timeout")), int(verb.get("timeLimit"))
        call.status_url = number.get("statusCallback")
    if verb.tag == "Gather":
        call.digits = int(verb.get("numDigits"))
    return call


class Twilio:
    def __init__(self, server, account="main", token=TWILIO_TOKEN, observe=None):
        self.client = server.anonymous()
        self.client.observe = observe
        self.account, self.token = account, token

    def close(self):
        self.client.close()

    def send(self, hook, fields, method="POST", token=None, signature=None, headers=None):
        """A request as Twilio makes it. `signature`: that one instead of the right one; "" for none at all."""
        path = "/hooks/twilio/%s/%s" % (self.account, hook)
        form = urllib.parse.urlencode(fields)
        if method == "GET":
            path, form = path + "?" + form, None
        if signature is None:
            signature = twilio_signature(token or self.token, PUBLIC_URL + path, [] if method == "GET" else fields)
        sent = dict(headers or {})
        if signature:
            sent["X-Twilio-Signature"] = signature
        return self.client.request(method, path, form, headers=sent, content_type=FORM if form else None)

    def voice_fields(self, caller, to, id, digits=None, verdict=None):
        fields = [("AccountSid", TWILIO_SID), ("ApiVersion", "2010-04-01"), ("CallSid", id), ("CallStatus", "ringing"),
                  ("Called", to), ("Caller", caller), ("Direction", "inbound"), ("From", caller), ("To", to)]
        fields += [("StirVerstat", "TN-Validation-Passed-" + verdict)] if verdict else []
        return fields + ([("Digits", digits)] if digits is not None else [])

    def voice(self, caller, to, id=None, digits=None, verdict=None, **how):
        id = id or "CA%032x" % next(calls)
        return read_twiml(Call(id, self.send("voice", self.voice_fields(caller, to, id, digits, verdict), **how)))

    def progress(self, call, status, seconds=None):
        """The dialled leg's own report."""
        fields = [("AccountSid", TWILIO_SID), ("CallSid", "CA%032x" % next(calls)), ("ParentCallSid", call.id),
                  ("CallStatus", status), ("From", call.shows or ""), ("To", call.rings or "")]
        return self.send("status", fields + ([("CallDuration", str(seconds))] if seconds is not None else []))

    def ended(self, call, status="completed", seconds=0):
        """The end of the <Dial>: its action."""
        return self.send("status", [("AccountSid", TWILIO_SID), ("CallSid", call.id), ("CallStatus", "in-progress"),
                                    ("DialCallSid", "CA%032x" % next(calls)), ("DialCallStatus", status),
                                    ("DialCallDuration", str(seconds))])


class Exotel:
    """Indian numbers come and go as Exotel writes them: 0XXXXXXXXXX."""

    def __init__(self, server, account="india", secret=EXOTEL_SECRET, observe=None):
        self.client = server.anonymous()
        self.client.observe = observe
        self.account, self.secret = account, secret

    def close(self):
        self.client.close()

    @staticmethod
    def national(number):
        return "0" + number[3:] if number.startswith("+91") else number

    def get(self, hook, fields, secret=None):
        path = "/hooks/exotel/%s/%s/%s" % (self.account, self.secret if secret is None else secret, hook)
        return self.client.get(path, fields, headers={"Exotel-Version": "1.0"})

    def connect(self, caller, to, id=None, digits=None, secret=None):
        id = id or "%032x" % next(calls)
        fields = [("CallSid", id), ("CallFrom", self.national(caller)), ("CallTo", self.national(to)), ("Direction", "incoming"),
                  ("Created", "Mon, 01 Jan 2024 10:00:00"), ("DialCallDuration", "0"), ("StartTime", "2024-01-01 10:00:00"),
                  ("EndTime", "1970-01-01 05:30:00"), ("CallType", "call-attempt"), ("DialWhomNumber", ""), ("CustomField", "")]
        if digits is not None:
            fields.append(("digits", '"%s"' % digits))
        call = Call(id, self.get("connect", fields, secret))
        if call.answer.status == 200:
            said = json.loads(call.answer.body)
            numbers = said["destination"]["numbers"]
            call.action = "connect" if numbers else "reject"
            call.rings = numbers[0] if numbers else None
            call.shows = said.get("outgoing_phone_number")
            call.ring_s, call.max_s = said.get("max_ringing_duration"), said.get("max_conversation_duration")
            call.status_url = said.get("dial_passthru_event_url")
        return call

    def passthru(self, call, status="completed", seconds=0):
        return self.get("passthru", [("CallSid", call.id), ("CallType", "completed" if seconds else "incomplete"),
                                     ("DialCallStatus", status), ("DialCallDuration", str(seconds))])
