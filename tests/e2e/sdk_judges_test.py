#!/usr/bin/env python3
"""The official Node libraries of Twilio, Plivo, Vonage, Telnyx, Sinch and MessageBird as judges: what their validators
take and refuse, ours do, over generated requests; what we answer, their builders write too.

BAUTA_SEED=n chooses the requests, JUDGES_COUNT=n how many for each provider. The libraries are npm packages
(tests/npm/judges).
"""
import base64
import collections
import datetime
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import judge_requests as make  # noqa: E402
from bauta import ROOT, Tap  # noqa: E402
from npm_packages import installed, source  # noqa: E402

DRIVER = os.path.join(ROOT, "build", "e2e", "judge_driver")
PROVIDERS = ("twilio", "plivo", "vonage", "telnyx", "sinch", "messagebird")
NO_DIGITS = ("sinch", "messagebird")  # can't be asked for there
COUNT = int(os.environ.get("JUDGES_COUNT", "600"))
WAIT_S = 300
SHOWN = 3  # of differences of one kind that are printed
STRICTER, LENIENT = "we refuse, they take", "we take, they refuse"

tap = Tap()


# --- differences that are known, and why they are right; the table is at their end ---

def type_of(request):
    return "".join(value for name, value in request["headers"] if name == "Content-Type").split(";")[0].strip().lower()


def headers(request, name):
    return [value for given, value in request["headers"] if given == name]


def texts(request):
    """The query and the body, decoded."""
    body = request["body"].decode("utf-8", "replace")
    return urllib.parse.unquote_plus(request["target"].partition("?")[2] + "&" + body)


def orders_differ(request):
    """JavaScript sorts by UTF-16 units, we by bytes: characters beyond U+FFFF come before or after those from
    U+E000."""
    return any(c > "\uffff" for c in texts(request)) and any("\ue000" <= c <= "\uffff" for c in texts(request))


def body_unsigned(request):
    return bool(request["body"]) and request["post"] and type_of(request) != make.FORM


def encoded_badly(request):
    raw = request["target"] + "&" + request["body"].decode("utf-8", "replace")
    return re.search("%(?![0-9a-fA-F]{2})", raw) is not None or "\ufffd" in texts(request)


def spelled_otherwise(request):
    """Twilio's library also tries the query as JavaScript would write it."""
    return any(change.startswith("query ") for change in request["changes"])


def spaced(request):
    return any(", " in value for value in headers(request, "X-Plivo-Signature-V3"))


def token_of(request):
    """Head and claims of the JWT; empty ones where there is none."""
    try:
        token = "".join(headers(request, "Authorization") + headers(request, "MessageBird-Signature-JWT"))
        parts = token.split(" ")[-1].split(".")
        return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2]]
    except (IndexError, ValueError):
        return {}, {}


def payload_differs(request):
    """Vonage's documentation wants the hash compared; its library leaves that to the application."""
    payload = request["body"]
    if not request["post"]:
        query = urllib.parse.parse_qsl(request["target"].partition("?")[2], keep_blank_values=True)
        payload = ("{%s}" % ",".join(json.dumps(name, ensure_ascii=False) + ":" + json.dumps(value, ensure_ascii=False)
                                     for name, value in query)).encode()
    return token_of(request)[1].get("payload_hash") != hashlib.sha256(payload).hexdigest()


def old_token(request):
    made = token_of(request)[1].get("iat")
    return made is None or abs(request["now_ms"] // 1000 - made) > 300


def fraction_of_a_second(request):
    return any(isinstance(value, float) for value in token_of(request)[1].values())


def incomplete(request):
    claims = token_of(request)[1]
    return not claims.get("jti") or "exp" not in claims or "nbf" not in claims


def other_algorithm(request):
    return token_of(request)[0].get("alg") in ("HS384", "HS512")


def padded(request):
    return "=" in "".join(headers(request, "MessageBird-Signature-JWT"))


def critical(request):
    return "crit" in token_of(request)[0]


def old_timestamp(request):
    """Sinch's library doesn't look at the time."""
    try:
        text = "".join(headers(request, "x-timestamp")).upper().replace("Z", "+00:00")
        then = datetime.datetime.fromisoformat(text).timestamp()
    except ValueError:
        return True
    return abs(request["now_ms"] / 1000 - then) > 300


def basic(request):
    return "".join(headers(request, "Authorization")).lower().startswith("basic ")


def secret_is_not_base64(request):
    try:
        return base64.b64encode(base64.b64decode(request["secret"], validate=True)).decode() != request["secret"]
    except ValueError:
        return True


# Whose, which, why, and whether it is this one.
KNOWN = (
    (("twilio", "plivo"), STRICTER, "a body that the signature doesn't cover is not taken", body_unsigned),
    (("twilio", "plivo"), STRICTER, "an order of names or values that depends on the language", orders_differ),
    (("twilio", "plivo"), STRICTER, "a broken escape or bytes that are no UTF-8 are not guessed at", encoded_badly),
    (("twilio",), STRICTER, "another spelling of the query that was signed", spelled_otherwise),
    (("plivo",), LENIENT, "blanks between the signatures of a list, as proxies write them", spaced),
    (("vonage",), STRICTER, "a token for another body or query", payload_differs),
    (("vonage",), STRICTER, "a token that is older than five minutes, or doesn't say", old_token),
    (("vonage",), STRICTER, "a token with fractions of seconds", fraction_of_a_second),
    (("messagebird",), STRICTER, "a token in HS384 or HS512", other_algorithm),
    (("messagebird",), STRICTER, "a token without exp, nbf or jti, which the library for Go wants", incomplete),
    (("messagebird",), STRICTER, "base64url with padding (RFC 7515, 2)", padded),
    (("vonage",), STRICTER, "a token with critical extensions (RFC 7515, 4.1.11)", critical),
    (("telnyx",), STRICTER, "a GET, of whose query nothing is signed", lambda request: not request["post"]),
    (("plivo",), STRICTER, "a GET signed with V2, of whose query nothing is signed", lambda request: not request["post"] and request.get("v2")),
    (("sinch",), STRICTER, "a request that is older than five minutes, or doesn't say", old_timestamp),
    (("sinch",), STRICTER, "key and secret themselves instead of a signature", basic),
    (("sinch",), STRICTER, "a secret that is not quite base64", secret_is_not_base64),
)


def explained(request, direction):
    for providers, wanted, why, holds in KNOWN:
        if request["provider"] in providers and direction == wanted and holds(request):
            return why
    return None


# --- the two sides ---

class Judges:
    """The libraries, in a folder of their own: our scripts beside what npm installed."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bauta-judges-")
        os.symlink(os.path.join(installed("judges"), "node_modules"), os.path.join(self.folder, "node_modules"))
        for name in ("judge.js", "answers.js"):
            shutil.copy(os.path.join(source("judges"), name), self.folder)

    def close(self):
        shutil.rmtree(self.folder)

    def ask(self, lines):
        return ask(["node", "--preserve-symlinks", "judge.js"], lines, self.folder)

    def types(self):
        """What is wrong with answers.js by the types of the libraries; empty: nothing."""
        return subprocess.run(
            ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--allowJs", "--checkJs", "--strict",
             "--skipLibCheck", "--target", "es2022", "--module", "node16", "--moduleResolution", "node16",
             "answers.js"],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=WAIT_S).stdout


def ask(command, lines, cwd=None):
    asked = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run(command, input=asked, cwd=cwd, stdout=subprocess.PIPE, text=True, timeout=WAIT_S, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    if len(told) != len(lines):
        raise RuntimeError("%s answered %d of %d lines" % (command[0], len(told), len(lines)))
    return told


def ours(lines):
    return ask([DRIVER], lines)


def line_of(op, request):
    line = {name: value for name, value in request.items() if name not in ("base", "changes")}
    return dict(line, op=op, url=make.url_of(request), body=base64.b64encode(request["body"]).decode())


# --- requests ---

def signed_by_judges(dice, judges, provider, n):
    requests = [make.make(dice, provider) for _ in range(n)]
    for request, told in zip(requests, judges.ask([line_of("sign", request) for request in requests])):
        request["headers"] += told["headers"]
    return requests


def simulated(dice, provider, n):
    """What our simulated provider sends."""
    requests, asked = [], []
    for i in range(n):
        request = make.make(dice, provider)
        if provider == "telnyx":  # it has one key
            request["secret"] = make.ED25519[0][1]
        tells = dice.random() < .3
        number = "+1415555%04d" % dice.randrange(100, 200)
        asked.append({"op": "tell" if tells else "ask", "provider": provider, "secret": request["secret"],
                      "key": request["key"], "from": dice.choice((number, number, "")), "to": "+15005550006",
                      "call_id": "00000000-0000-4000-8000-%012d" % i, "url": request["base"],
                      "now_ms": request["now_ms"],
                      "status": dice.choice(("completed", "busy")) if tells else None, "seconds": dice.randrange(600),
                      "digits": None if tells or provider in NO_DIGITS else dice.choice((None, "123456"))})
        requests.append(request)
    for request, told in zip(requests, ours(asked)):
        request.update(told, body=base64.b64decode(told["body"]))
    return requests


def test_requests(dice, judges, provider):
    signed = signed_by_judges(dice, judges, provider, COUNT // 4)
    sent = simulated(dice, provider, COUNT // 10)
    requests = signed + sent
    while len(requests) < COUNT:
        requests.append(make.changed(dice, dice.choice(requests[:len(signed) + len(sent)])))
    theirs = judges.ask([line_of("verify", request) for request in requests])
    mine = ours([line_of("verify", request) for request in requests])
    known, strange, taken = collections.Counter(), [], 0
    for request, their, our in zip(requests, theirs, mine):
        taken += their["accepts"] and our["accepts"]
        if their["accepts"] == our["accepts"]:
            continue
        direction = STRICTER if their["accepts"] else LENIENT
        why = explained(request, direction)
        if why:
            known[direction + ": " + why] += 1
        else:
            strange.append("%s%s, after %s: %s %s %r %r" % (
                direction, " (%s)" % their["why"] if "why" in their else "", request["changes"] or "nothing",
                "POST" if request["post"] else "GET", make.url_of(request), request["headers"], request["body"][-300:]))
    for why, times in sorted(known.items()):
        tap.note("%s: %d times %s" % (provider, times, why))
    tap.ok("%s: of %d requests, %d good ones, both sides judge alike" % (provider, len(requests), taken), not strange,
           "%d judged otherwise" % len(strange), *strange[:SHOWN])
    refused = [requests[i] for i in range(len(signed), len(signed) + len(sent))
               if not (theirs[i]["accepts"] and mine[i]["accepts"])]
    tap.ok("%s: what we simulate is taken by both" % provider, not refused, *refused[:SHOWN])
    tap.ok("%s: there were good and bad ones" % provider, COUNT // 5 < taken < COUNT * 4 // 5, taken)


# --- answers ---

def tree_of_xml(text):
    def tree(node):
        return node.tag, sorted(node.attrib.items()), (node.text or "").strip(), [tree(child) for child in node]
    return tree(xml.etree.ElementTree.fromstring(text))


def tree_of(text):
    return tree_of_xml(text) if text.lstrip().startswith("<") else json.loads(text)


def decisions(dice, provider):
    for action in ("connect", "forward", "digits", "announce", "reject") * 8:
        base = dice.choice(("https://vn.example.com", "https://vn.example.com:8443/a&b"))
        yield {"op": "answer", "provider": provider, "action": action, "hooks": base + "/hooks/%s/main/" % provider,
               "callee": "+1415555%04d" % dice.randrange(100, 200), "show": "+1500555%04d" % dice.randrange(11),
               "ring_s": dice.randint(5, 60), "max_s": dice.randint(60, 7200),
               "pin_digits": dice.randint(4, 8), "again": dice.random() < .5,
               "call_id": dice.choice(("00000000-0000-4000-8000-000000000001", "v3:a-b_c~d", "a&b c+d/ü"))}


def test_answers(dice, judges, provider):
    asked = list(decisions(dice, provider))
    theirs = judges.ask(asked)
    if theirs[0]["document"] is None:
        tap.skip("%s: our answers are what its builder writes" % provider, "its library has no builder")
        return
    for action in ("connect", "forward", "digits", "announce", "reject"):
        wrong = []
        for decision, their, our in zip(asked, theirs, ours(asked)):
            if decision["action"] == action and tree_of(their["document"]) != tree_of(our["document"]):
                wrong.append("%s\n%s\n%s" % (decision, their["document"], our["document"]))
        tap.ok("%s: %s is what its builder writes" % (provider, action), not wrong, *wrong[:1])


def test_texts(dice, judges, provider):
    """A text that goes on in the answer; `to` empty: none does."""
    alphabet = "aZ09 <>&\"'\t\n;#éß€漢😀ا"
    asked = [{"op": "text", "provider": provider, "to": dice.choice(("", number)), "shown": "+1500555%04d" % dice.randrange(11),
              "text": "x%sx" % "".join(dice.choice(alphabet) for _ in range(dice.randrange(200))),
              "ref": "SM%032x" % dice.randrange(1 << 64),
              "hooks": dice.choice(("", "https://vn.example.com/hooks/%s/main/" % provider, "https://vn.example.com:8443/a&b/"))}
             for number in ("+1415555%04d" % i for i in range(100, 160))]
    wrong = ["%s\n%s\n%s" % (text, their["document"], our["document"]) for text, their, our in zip(asked, judges.ask(asked), ours(asked))
             if tree_of(their["document"]) != tree_of(our["document"])]
    tap.ok("%s: a text that goes on is what its builder writes" % provider, not wrong, *wrong[:1])


def main():
    try:
        judges = Judges()
    except (OSError, subprocess.CalledProcessError) as error:
        tap.skip("requests and answers before the providers' own libraries", "npm can't install them: %s" % error)
        tap.done()
    seed = int(os.environ.get("BAUTA_SEED") or random.SystemRandom().randrange(1 << 32))
    tap.note("BAUTA_SEED=%d JUDGES_COUNT=%d" % (seed, COUNT))
    try:
        wrong = judges.types()
        tap.ok("the answers that are expected fit the types of the libraries", not wrong, wrong)
        for provider in PROVIDERS:
            test_requests(random.Random("%d %s" % (seed, provider)), judges, provider)
            test_answers(random.Random("%d %s answers" % (seed, provider)), judges, provider)
        for provider in ("twilio", "plivo"):
            test_texts(random.Random("%d %s texts" % (seed, provider)), judges, provider)
    finally:
        judges.close()
    tap.done()


if __name__ == "__main__":
    main()
