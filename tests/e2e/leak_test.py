#!/usr/bin/env python3
"""The leak scan: one order's whole life, with errors; then no real number may be found in logs, metrics, answers, database, WAL,
backup or tables. Before that the canary proves that it finds every shape of a number. Allowed: the dial instruction to a
provider, and answers to a key with `reveal`."""
import base64
import json
import os
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run
from leak import Canary, shapes
from providers import ACCOUNTS, Exotel, Twilio
from town import EXOPHONES, VNS, make_pool, parties, until, vns_of

# Real numbers of this suite, all of one range, and all to be found nowhere.
PEOPLE = ["+4477009007%02d" % i for i in range(40)]
CUSTOMER, COURIER, SECOND, STRANGER, DESK, LATER, ERASED, BAD = PEOPLE[:8]

tap = Tap()


def written(number):
    """Every way that the canary must know, planted among other bytes."""
    digits, home = number[1:], "0" + number[3:]
    yield "with +", "x%sx" % number
    yield "without +", "x%sx" % digits
    yield "national", '{"n":"%s"}' % home
    yield "national, no prefix", "n=%s;" % home[1:]
    yield "00 in front", "00" + digits
    yield "spaces", "+%s %s %s" % (digits[:2], digits[2:6], digits[6:])
    yield "dashes", "%s-%s-%s" % (home[:5], home[5:8], home[8:])
    yield "brackets", "+44 (0) %s %s" % (home[1:5], home[5:])
    yield "dots", ".".join((digits[2:6], digits[6:9], digits[9:]))
    yield "a space a digit", " ".join(digits)
    yield "URL-escaped", "From=%s&x=1" % urllib.parse.quote(number, safe="")
    yield "URL-escaped spaces", "%2B44%20" + digits[2:6] + "%20" + digits[6:]
    yield "hex of the text", number.encode().hex()
    yield "HEX of the text", number.encode().hex().upper()
    yield "hex number", "0x%x" % int(digits)
    yield "HEX number", "%016X" % int(digits) if len("%x" % int(digits)) == 16 else "0x%X" % int(digits)
    for skip in range(3):
        for text in (number, digits):
            coded = base64.b64encode(b"k" * skip + text.encode() + b"tail").decode()
            yield "base64 of %s behind %d bytes" % (text[:1], skip), coded
            yield "base64url of %s behind %d bytes" % (text[:1], skip), coded.replace("+", "-").replace("/", "_")
    yield "8 bytes, little endian", b"\x01" + int(digits).to_bytes(8, "little") + b"\x01"
    yield "8 bytes, big endian", b"\x01" + int(digits).to_bytes(8, "big") + b"\x01"
    yield "SQLite's six bytes", b"\x01" + int(digits).to_bytes(6, "big") + b"\x01"
    yield "packed", b"\x01" + bytes.fromhex(digits) + b"\x01"
    yield "packed, reversed", b"\x01" + bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, 12, 2)) + b"\x01"
    yield "packed, reversed, odd", b"\x91" + bytes(int(a + b, 16) for a, b in zip((digits + "f")[1::2], digits[::2])) + b"\x01"
    yield "UTF-16", "x" + number + "x"


def test_canary():
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        for name, text in written(CUSTOMER):
            path = os.path.join(folder, "planted")
            data = text.encode("utf-16-le" if name == "UTF-16" else "utf-8") if isinstance(text, str) else text
            with open(path, "wb") as file:
                # Line ends: a random letter or digit beside a text would make another word of it.
                file.write(os.urandom(3000) + b"\n" + data + b"\n" + os.urandom(3000))
            canary = Canary([CUSTOMER])
            with open(path, "rb") as file:
                canary.look(path, file.read())
            if not canary.found:
                missed.append((name, text))
    tap.ok("the canary finds each of %d shapes of a number in a file" % len(list(written(CUSTOMER))), not missed, *missed)
    clean = Canary(PEOPLE)
    noise = os.urandom(1 << 20) + json.dumps({"vn": VNS, "masked": "+44*******700", "time": "2026-11-22T10:00:00Z"}).encode()
    clean.look("noise", noise)
    clean.look("base 64 noise", base64.b64encode(os.urandom(1 << 20)))
    clean.look("hex noise", os.urandom(1 << 20).hex())
    tap.ok("and nothing where there is nothing", not clean.found, clean.found[:3])
    tap.ok("it knows %d shapes" % len(shapes(CUSTOMER)), len(shapes(CUSTOMER)) > 20)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def look_at_folder(canary, where, folder):
    for root, _, names in os.walk(folder):
        for name in names:
            canary.look("%s %s" % (where, name), read(os.path.join(root, name)))


def story(api, twilio, exotel):
    """An order from its first event to its end, with everything that can be asked, and everything that can go wrong."""
    def event(n, kind, **more):
        return api.post("/v1/events", {"id": "evt-%d" % n, "type": kind, "order": "L-1", "version": n, "pool": "leaks", **more},
                        headers={"Idempotency-Key": "evt-%d" % n})

    event(1, "order.placed", parties=parties(customer=CUSTOMER))
    event(2, "order.assigned", parties=parties(courier=COURIER))
    session = api.get("/v1/sessions", {"pool": "leaks", "ref": "L-1"}).json["sessions"][0]
    vn = vns_of(session)
    call = twilio.voice(CUSTOMER, vn["courier"])
    tap.same("the story's call connects", (call.action, call.rings), ("connect", COURIER))
    twilio.progress(call, "answered")
    twilio.ended(call, "completed", 12)
    twilio.voice(COURIER, vn["customer"], method="GET")
    twilio.voice(STRANGER, vn["courier"])
    twilio.voice(CUSTOMER, vn["courier"], token="forged")
    twilio.voice("not" + STRANGER, vn["courier"])
    event(3, "order.reassigned", parties=parties(courier=SECOND))
    event(3, "order.reassigned", parties=parties(courier=LATER))
    twilio.voice(SECOND, vn["customer"])
    api.put("/v1/sessions/%s/parties/desk" % session["id"], {"number": DESK, "numbers": [LATER], "may_call": False})
    api.get("/v1/orders/L-1/contact", {"pool": "leaks", "as": "customer"})
    api.request("HEAD", "/v1/sessions/" + session["id"])

    made = [api.post("/v1/sessions", {"pool": "leaks", "ref": "L-2", "parties": parties(customer=ERASED, courier=COURIER)},
                     headers={"Idempotency-Key": "L-2"}) for _ in range(2)]
    tap.same("a second order is made once", {answer.status for answer in made}, {201})
    api.post("/v1/numbers/erase", {"number": ERASED})
    exo = api.post("/v1/sessions", {"pool": "india", "ref": "L-3", "parties": parties(customer=CUSTOMER, courier=COURIER)}).json
    exotel.connect(CUSTOMER, vns_of(exo)["courier"])
    exotel.connect(STRANGER, vns_of(exo)["courier"], secret="f" * 16)

    wrong = [
        ("/v1/sessions", {"pool": "leaks", "ref": "w", "parties": parties(a=CUSTOMER, b=CUSTOMER)}),
        ("/v1/sessions", {"pool": "leaks", "ref": "w", "parties": parties(a=CUSTOMER, b=BAD + "99999")}),
        ("/v1/sessions", {"pool": "leaks", "ref": "w", "parties": parties(a=CUSTOMER, b="tel:" + BAD)}),
        ("/v1/sessions", {"pool": "leaks", "ref": "L-1", "parties": parties(customer=STRANGER, courier=COURIER)}),
        ("/v1/sessions", {"pool": "leaks", "ref": "L-9", "parties": parties(a=CUSTOMER, b=COURIER), CUSTOMER: 1}),
        ("/v1/sessions", {"pool": CUSTOMER, "ref": "w", "parties": parties(a=CUSTOMER, b=COURIER)}),
        ("/v1/pools/leaks/numbers", {"numbers": [{"number": CUSTOMER, "provider": "twilio", "account": "main"}]}),
        ("/v1/events", {"type": "order.placed", "order": "w", "pool": "leaks", "version": 1, "parties": parties(a=BAD + "1234567")}),
        ("/v1/events", {"type": CUSTOMER, "order": "w", "pool": "leaks", "version": 1}),
        ("/v1/route", {"from": CUSTOMER, "to": STRANGER, "and": DESK}),
        ("/v1/numbers/erase", {"number": BAD + "123456"}),
    ]
    unanswered = [(path, answer) for path, body in wrong for answer in [api.post(path, body)] if answer.status >= 500]
    tap.ok("mistakes are answered", not unanswered, *unanswered)
    api.post("/v1/events", "\n".join(json.dumps({"type": "order.placed", "order": "n", "version": 1, "pool": "leaks", "parties": [
        {"role": role, "number": number}]}) for role, number in (("a", CUSTOMER), ("b", BAD + "12345"), ("c d", COURIER))) +
        "\n{broken %s\n" % CUSTOMER, content_type="application/x-ndjson")
    api.post("/v1/sessions", '{"pool":"leaks","parties":[{"number":"%s"' % CUSTOMER)
    for path in ("/v1/numbers/" + CUSTOMER, "/v1/sessions/" + CUSTOMER, "/" + CUSTOMER, "/v1/pools/" + CUSTOMER,
                 "/v1/calls?session=" + urllib.parse.quote(CUSTOMER), "/v1/calls?%s=1" % CUSTOMER,
                 "/hooks/twilio/%s/voice" % CUSTOMER, "/hooks/%s/a/voice" % CUSTOMER):
        api.get(path)
    api.patch("/v1/numbers/" + urllib.parse.quote(CUSTOMER), {"state": "disabled"})
    api.get("/v1/sessions", headers={"Authorization": "Bearer " + CUSTOMER})
    event(4, "order.completed")
    api.delete("/v1/sessions/" + exo["id"])
    return session, call


def ask_all(api, session):
    for path in ("/v1/pools", "/v1/pools/leaks", "/v1/pools/leaks/numbers", "/v1/sessions", "/v1/sessions/" + session["id"],
                 "/v1/calls", "/v1/audit", "/livez", "/readyz", "/metrics", "/openapi.json"):
        answer = api.get(path)
        assert answer.status == 200, (path, answer)


def look_at_tables(canary, server):
    environment = {"BAUTA_URL": server.url, "BAUTA_KEY": server.key}
    for line in ("pool list", "pool show leaks", "number list --pool leaks", "session list --pool leaks",
                 "session list --pool leaks --json", "call --from %s --to %s" % (STRANGER, VNS[0]), "key list --data " + server.data,
                 "key list --json --data " + server.data, "verify --data " + server.data):
        status, out, errors = run(*line.split(), environment=environment, cwd=server.folder)
        canary.look("bauta " + line, out + errors)


def test_story():
    canary = Canary(PEOPLE)
    answers = []

    def observe(method, path, body, answer):
        headers = "\n".join("%s: %s" % header for header in answer.headers.items())
        answers.append(("%s %s -> %d" % (method, path.split("?")[0][:40], answer.status), headers.encode() + b"\n\n" + answer.body))

    with Server(config=ACCOUNTS + "log_level: debug\n") as server:
        api = server.client(observe=observe)
        make_pool(api, "leaks", VNS[:30], unknown_caller="pin")
        make_pool(api, "india", EXOPHONES[:10], "exotel", "india", "IN")
        twilio, exotel = Twilio(server), Exotel(server)
        session, call = story(api, twilio, exotel)
        quiet = server.client()
        until(lambda: quiet.get("/v1/calls").json["calls"], lambda rows: any(row["seconds"] == 12 for row in rows))
        ask_all(api, session)

        eyes = server.client(server.make_key("eyes", "sessions,reveal"))
        seen = eyes.get("/v1/sessions/" + session["id"])
        tap.ok("a key with reveal sees them, so there is something to hide and the canary would tell",
               CUSTOMER in seen.body.decode() and not Canary(PEOPLE).look("reveal", seen.body), seen)
        audit = api.get("/v1/audit").json
        tap.ok("and is written down", "reveal" in json.dumps(audit), audit)

        tap.ok("%d answers to a key without reveal show nothing" % len(answers), len(answers) > 40 and
               all([canary.look(where, data) for where, data in answers]), *canary.found[:5])
        canary.found.clear()
        look_at_folder(canary, "while it runs:", server.data)
        names = os.listdir(server.data)
        tap.ok("nor do database, WAL and shared memory (%s)" % ", ".join(sorted(names)),
               "bauta.db-wal" in names and not canary.found, *canary.found[:5])
        canary.found.clear()
        backup = os.path.join(server.folder, "backup.db")
        status, _, errors = run("backup", backup, "--data", server.data)
        tap.ok("nor does a backup", status == 0 and canary.look("backup", read(backup)), errors, *canary.found[:5])
        look_at_tables(canary, server)
        tap.ok("nor does any table", not canary.found, *canary.found[:5])
        canary.found.clear()
        server.kill()
        look_at_folder(canary, "after kill -9:", server.data)
        server.start()
        tap.ok("nor what a crash leaves", not canary.found, *canary.found[:5])
        canary.found.clear()
        server.stop()
        look_at_folder(canary, "after its end:", server.data)
        tap.ok("nor what its end leaves", not canary.found, *canary.found[:5])
        canary.found.clear()
        log = server.stderr() + "\n".join(server.lines)
        tap.ok("nor does the log, everything switched on", len(log) > 100 and canary.look("log", log), *canary.found[:5])
        tap.note("%d numbers looked for in %d places, %d KiB" % (len(PEOPLE), canary.places, canary.bytes // 1024))


test_canary()
test_story()
tap.done()
