#!/usr/bin/env python3
"""Every operation of api/openapi.json, asked with what its schemas allow and with what they don't. Whatever comes: the answer is a
documented one and fits its schema, never a 500; what the document forbids is not done; a key without `reveal` sees no real number.

SEED=n repeats a run as far as it depends on us (ids hold the time); FUZZ_S: seconds, 30."""
import json
import os
import re
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap  # noqa: E402
from leak import Canary  # noqa: E402
from openapi_check import Document  # noqa: E402
from providers import PUBLIC_URL, TWILIO_SID, TWILIO_TOKEN  # noqa: E402
from town import PEOPLE, VNS, make_pool, seeded  # noqa: E402

if os.environ.get("SEED"):
    os.environ["BAUTA_SEED"] = os.environ["SEED"]
FUZZ_S = float(os.environ.get("FUZZ_S", "30"))
# Nobody listens there: what goes out fails, and is told as failed.
CONFIG = """public_url: %s
accounts:
  - { name: main, provider: twilio, country: ID, api_url: "http://127.0.0.1:9", account_sid: %s, auth_token: "%s" }
webhooks:
  - { name: app, url: "http://127.0.0.1:9/", secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=, allow_private: true }
""" % (PUBLIC_URL, TWILIO_SID, TWILIO_TOKEN)
ADD_VNS = "addNumbers"
SCOPES = "sessions,numbers,calls,route,admin"
WHO = PEOPLE[:3] + PEOPLE[1000:1003] + PEOPLE[2000:2004]
POOLS = ["town"] * 8 + ["lone", "nowhere"]
REFS = ["order-%d" % i for i in range(40)]
ROLES = ["customer", "courier", "desk"]
# What the app names itself it is told again; a real number there is the app's own doing.
NAMES_OF_OURS = {"ref", "order", "name", "role", "account", "tag", "region", "area", "id", "call_id", "to_role", "from_role", "accounts"}
ODD = ["", " ", "\0", "a\0b", "\u202e\u0645\u0631\u062d\u0628\u0627", "\U0001f4de" * 5, "e\u0301", "\ufeff", "\ufffd", "\ud800", "%00", "../..", "'\"<>&;--", "\r\nX: y",
       "null", "-0", "1e999", "x" * 300, "\u00e9" * 200, "x" * 5000, "\u0663\u0664\u0665", "a/b", "*", "+", "+0", "\x7f\x01"]
NUMBERS = [0, -1, 1, 2 ** 31, 2 ** 32, 2 ** 53 + 1, 2 ** 63 - 1, 2 ** 63, 2 ** 64, -2 ** 63 - 1, 10 ** 40, 0.5, 1.0, -0.0, 1e308, 1e-320]

tap = Tap()
document = Document()
random = seeded(tap)


class Twice(dict):
    """An object whose first name is written twice."""


class Raw(str):
    """Written as it is."""


def text_of(value):
    if isinstance(value, Raw):
        return value
    if isinstance(value, dict):
        pairs = ["%s:%s" % (json.dumps(name), text_of(one)) for name, one in value.items()]
        return "{%s}" % ",".join(pairs + (pairs[:1] if isinstance(value, Twice) else []))
    if isinstance(value, list):
        return "[%s]" % ",".join(text_of(one) for one in value)
    return json.dumps(value, ensure_ascii=random.random() < 0.5)


def once(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def fits_of(text, schema):
    """Does the document allow it?"""
    try:
        return not document.wrong(schema, json.loads(text, object_pairs_hook=once))
    except (ValueError, RecursionError):
        return False


def a_time():
    return random.choice(["2020-01-01T00:00:00Z", "2099-12-31T23:59:59.999Z", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
        time.time() + random.choice([-90000, -5, 5, 90000])))])


def a_number(name, inside):
    """A person's, or one of ours; in the forms that people write."""
    ours = inside == "NumberNew" or name in ("vn",) or (name == "to" and random.random() < 0.9)
    number = random.choice(VNS[:60]) if ours or random.random() < 0.03 else random.choice(WHO)
    return number if ours or random.random() < 0.9 else random.choice([number[:3] + " " + number[3:], number[:6] + "-" + number[6:]])


class Maker:
    """Values by schema. `seen`: ids that answers told, by their prefix."""

    def __init__(self):
        self.seen = {"ses": [], "blk": [], "ddl": [], "token": []}

    def text(self, schema, name, inside):
        known = {"pool": POOLS, "ref": REFS, "order": REFS, "role": ROLES, "from_role": ROLES, "to_role": ROLES, "as": ROLES,
                 "country": ["ID", "GB", "US"], "provider": ["twilio", "generic", "exotel", "nobody"], "account": ["main"],
                 "countries": ["ID", "GB", "US"], "accounts": ["twilio/main"], "currency": ["USD"], "digits": ["", "12", "123456"],
                 "area": ["21"], "session": self.seen["ses"][-20:], "page_token": self.seen["token"][-5:], "specversion": ["1.0"]}
        if schema.get("format") == "date-time":
            return a_time()
        if "enum" in schema:
            return random.choice(schema["enum"])
        if name in ("number", "numbers", "with", "from", "to", "vn", "forward_to"):
            return a_number(name, inside)
        if name == "name" and inside == "PoolNew":
            return "pool-%d" % random.randrange(60)
        if known.get(name) and random.random() < 0.95:
            return random.choice(known[name])
        if name in ("reason", "body") and random.random() < 0.5:
            return "ring %s now" % random.choice(WHO)
        return "a%d" % random.randrange(1000)

    def value(self, schema, name=None, inside=None):
        inside = schema["$ref"].split("/")[-1] if "$ref" in schema else inside
        schema = document.resolve(schema)
        if "anyOf" in schema or "oneOf" in schema:
            return self.value(random.choice(schema.get("anyOf") or schema.get("oneOf")), name, inside)
        if "const" in schema:
            return schema["const"]
        kind = schema.get("type", "string")
        if isinstance(kind, list):
            kind = random.choice(kind)
        if kind == "object":
            chance = random.choice([0.1, 0.4, 0.9])
            made = {}
            for one, rule in schema.get("properties", {}).items():
                if one in schema.get("required", ()) or one == "pool" or random.random() < chance * (0.1 if one == "vn" else 1):
                    made[one] = self.value(rule, one, inside)
            if "maxProperties" in schema:
                made = dict(list(made.items())[:schema["maxProperties"]])
            return made
        if kind == "array":
            n = random.randint(schema.get("minItems", 0), min(schema.get("maxItems", 4), 4))
            if name == "parties" and random.random() < 0.8:
                roles, who = random.sample(ROLES, 2), random.sample(WHO, 2)
                return [{"role": role, "number": number} for role, number in zip(roles, who)]
            return [self.value(schema["items"], name, inside) for _ in range(n)]
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", 0), schema.get("maximum", 10 ** 6)
            n = random.choice([low, high, min(high, max(low, random.randrange(1, 100)))])
            return n if kind == "integer" else random.uniform(low, high)
        return {"boolean": lambda: random.random() < 0.5, "null": lambda: None}.get(kind, lambda: self.text(schema, name, inside))()

    def wrong(self, schema, name=None):
        """A value beside what the schema allows, or just at its edge."""
        schema = document.resolve(schema)
        choices = [lambda: random.choice(ODD), lambda: random.choice(NUMBERS), lambda: random.choice([None, True, [], {}, [[]], {"a": 1}]),
                   lambda: Raw("[" * (n := random.choice([5, 30, 60, 5000])) + "]" * n),
                   lambda: Raw('{"a":' * (n := random.choice([5, 30, 60, 5000])) + "1" + "}" * n),
                   lambda: Raw(random.choice(["01", "+1", "1.", ".5", "0x1", "NaN", "Infinity", "1e400", "1e5", "1.0", "-0", "9" * 400, "tru",
                                              '"\\ud800"', '"\\x"', '"\t"', "'a'", "", "//", '"\\u0000"']))]
        if name not in NAMES_OF_OURS:
            choices.append(lambda: random.choice(WHO))
            choices.append(lambda: random.choice(WHO) + random.choice(["x", " ", "0", "\0"]))
        for word, sign in (("minimum", -1), ("maximum", 1)):
            if word in schema:
                choices += [lambda word=word, sign=sign: schema[word] + sign, lambda word=word: schema[word]] * 3
        for word, more in (("minLength", -1), ("maxLength", 1)):
            if word in schema:
                choices += [lambda word=word, more=more: "x" * max(0, schema[word] + random.choice([0, more]))] * 2
        if "maxItems" in schema and schema["maxItems"] <= 64:
            choices += [lambda: [self.value(schema["items"], name) for _ in range(schema["maxItems"] + random.choice([0, 1]))]] * 3
        return random.choice(choices)()

    def mutated(self, value, schema, name=None):
        """The value with one thing in it changed."""
        schema = document.resolve(schema)
        if "anyOf" in schema:
            fitting = [one for one in schema["anyOf"] if isinstance(value, list) == (document.resolve(one).get("type") == "array")]
            return self.mutated(value, random.choice(fitting or schema["anyOf"]), name)
        if isinstance(value, dict) and random.random() < 0.85:
            rules, value = schema.get("properties", {}), dict(value)
            how = random.random()
            if how < 0.1 and value:
                del value[random.choice(list(value))]
            elif how < 0.2:
                value[random.choice(["colour", "", "Number", "__proto__", random.choice(WHO), "a\0", "\u00e9", "ttl_s", "number"])] = random.choice([1, "a", None])
            elif how < 0.3 and value:
                return Twice(value)
            elif rules:
                one = random.choice(list(rules))
                if one in value and random.random() < 0.5:
                    value[one] = self.mutated(value[one], rules[one], one)
                else:
                    value[one] = self.wrong(rules[one], one)
            return value
        if isinstance(value, list) and value and random.random() < 0.8:
            value, i = list(value), random.randrange(len(value))
            if random.random() < 0.3:
                return value + value
            value[i] = self.mutated(value[i], schema.get("items", {}), name)
            return value
        return self.wrong(schema, name)

    def harvest(self, answer):
        text = answer.body[:20000].decode("utf-8", "replace")
        for id in re.findall(r'"((?:ses|blk|ddl)_[0-9A-Z]+)"', text):
            if id not in self.seen[id[:3]][-200:]:
                self.seen[id[:3]].append(id)
        self.seen["token"] += re.findall(r'"next_page_token":"([^"]+)"', text)

    def parameter(self, name, path, schema):
        """As a text, not escaped yet."""
        if random.random() < 0.08:
            return random.choice(ODD[2:] + [str(number) for number in NUMBERS] + ["", random.choice(WHO)])
        if name == "id":
            kind = "blk" if "/blocks" in path else "ddl" if "/dead" in path else "ses"
            if self.seen[kind] and random.random() < 0.95:
                return random.choice(self.seen[kind][-10:])
            return kind + "_" + "".join(random.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(14))
        if name == "number":
            return random.choice(VNS[:60])
        if path == "/v1/pools/{name}" and random.random() < 0.9:
            return random.choice(["lone", "pool-%d" % random.randrange(60)])    # so that what goes on in the town goes on
        if name == "name":
            return random.choice(["webhook:app", "webhook:app", "kafka"] if "/sinks" in path else ["main"] if "/accounts" in path else POOLS + ["pool-1"])
        if name == "page_size":
            return str(random.choice([1, 2, 3, 10, 10, 10, 100, 1000]))
        made = self.value(schema, name)
        return {True: "true", False: "false"}.get(made, str(made)) if isinstance(made, bool) else str(made)


def escaped(text):
    return urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe="")


class Fuzz:
    def __init__(self, server, keys):
        self.server, self.maker, self.canary = server, Maker(), Canary(WHO)
        self.plain, self.reveal = server.client(keys[0]), server.client(keys[1])
        self.operations = sorted(document.operations())
        self.asked, self.good, self.faults, self.looked = 0, set(), [], set()
        self.sees = False       # numbers, where they may be shown

    def path(self, template, parameters):
        path = template
        for one in parameters:
            if one["in"] == "path":
                path = path.replace("{%s}" % one["name"], escaped(self.maker.parameter(one["name"], template, one["schema"])) or "%20")
        pairs = []
        for one in parameters:
            if one["in"] == "query" and random.random() < (0.9 if one.get("required") else 0.3):
                pairs += [(one["name"], self.maker.parameter(one["name"], template, one["schema"]))] * (2 if random.random() < 0.03 else 1)
        if random.random() < 0.02:
            pairs.append((random.choice(["page", "", "pool", random.choice(WHO)]), "1"))
        return path + ("?" + "&".join("%s=%s" % (escaped(name), escaped(value)) for name, value in pairs) if pairs else "")

    def body(self, operation):
        """(bytes, content type, may it be done?); None, None, True where the operation takes none."""
        content = operation.get("requestBody", {}).get("content")
        if not content:
            return (None, None, True) if random.random() < 0.97 else (b"{}", "application/json", True)
        kind = random.choice(list(content))
        schema = content[kind]["schema"]
        if kind == "application/x-ndjson":
            lines = [self.one(content["application/json"]["schema"])[0] for _ in range(random.randrange(4))]
            return "\n".join(lines).encode("utf-8", "surrogatepass"), kind, True
        text, fits = self.one(schema)
        if operation["operationId"] == ADD_VNS:
            for number in WHO:      # as a VN it would be shown with good reason
                text = text.replace(number[1:], VNS[0][1:])
        fits = fits or not text     # no body: where one is needed that is refused, and counted as no fault where it isn't
        data = text.encode("utf-8", "surrogatepass")
        if random.random() < 0.03:
            at = random.randrange(len(data) + 1)
            data, fits = random.choice([data[:at], data[:at] + bytes([random.randrange(256)]) + data[at + 1:], data + b"x", b"\xef\xbb\xbf" + data]), True
        if random.random() < 0.02:
            kind = random.choice(["text/xml", None, "application/json; charset=utf-8"])
        # In a batch of events each is refused by itself: 200.
        return data, kind, fits or operation["operationId"] == "sendEvents"

    def one(self, schema):
        value = self.maker.value(schema)
        if random.random() < 0.5:
            return text_of(value), True
        for _ in range(random.choice([1, 1, 1, 2, 3])):
            value = self.maker.mutated(value, schema)
        text = text_of(value)
        return text, fits_of(text, schema)

    def fault(self, what, method, path, data, answer):
        self.faults.append((what, method, path, data, answer))
        for line in ("request %d: %s" % (self.asked, what), "%s %s" % (method, path), repr(data)[:1500], repr(answer)[:1500]):
            tap.note(line)

    def blame(self, operation, parameters, method, path, data, answer):
        """A `field` is one that was sent, or one that the document has for this call."""
        field = answer.json.get("field")
        if field is None or field in ("?", "Idempotency-Key", "Content-Type") or operation["operationId"] == "sendEvents":
            return
        name = re.split(r"[.\[]", field)[0]
        try:
            sent = json.loads(data) if data else {}
        except (ValueError, RecursionError):
            return
        known = set(sent) if isinstance(sent, dict) else set()
        known |= {one["name"] for one in parameters} | set(urllib.parse.parse_qs(urllib.parse.urlsplit(path).query, True))
        for content in operation.get("requestBody", {}).get("content", {}).values():
            known |= set(document.resolve(content["schema"]).get("properties", ()))
        if name not in known:
            self.fault("the field %s is to blame, which nobody knows" % field, method, path, data, answer)

    def ask(self):
        method, template = random.choice(self.operations)
        item = document.paths[template]
        operation = item[method.lower()]
        parameters = [document.resolve(one) for one in item.get("parameters", []) + operation.get("parameters", [])]
        path = self.path(template, parameters)
        data, kind, may = self.body(operation)
        sent = {}
        if random.random() < 0.05:
            sent["Idempotency-Key"] = random.choice(["k%d" % random.randrange(30), "x" * 256, "a b", "~"])
        reveals = random.random() < 0.1
        self.asked += 1
        client = self.reveal if reveals else self.plain
        try:
            answer = client.request(method, path, data, headers=sent, content_type=kind)
        except OSError as error:
            client.close()
            self.fault("no answer: %r" % error, method, path, data, None)
            return
        self.maker.harvest(answer)
        if document.template(path.split("?")[0]) != template:
            return      # a name that made another path of it
        if answer.status < 300:
            self.good.add((method, template))
        elif str(answer.status) not in operation["responses"] and not (answer.status == 414 and len(path) > 8000):
            self.fault("%d %s is documented by `default` only" % (answer.status, answer.code), method, path, data, answer)
        for error in document.check(method, path, answer):
            self.fault(error, method, path, data, answer)
        if answer.status == 400:
            self.blame(operation, parameters, method, path, data, answer)
        if answer.status == 500:
            self.fault("500", method, path, data, answer)
        if not may and answer.status < 300:
            self.fault("what the document forbids is done", method, path, data, answer)
        if reveals and not self.sees and answer.status == 200:
            self.sees = not Canary(WHO).look("an answer to `reveal`", answer.body)
        if not reveals and not (template == "/v1/route" and answer.status == 200):
            before = len(self.canary.found)
            said = answer.body + "\n".join("%s: %s" % pair for pair in answer.headers.items()).encode()
            if said not in self.looked:     # problems are many and alike
                self.looked.add(said)
                self.canary.look("an answer", said)
            if len(self.canary.found) > before:
                self.fault("a real number is shown: %s" % (self.canary.found[before],), method, path, data, answer)


def main():
    with Server(CONFIG) as server:
        api = server.client()
        make_pool(api, "town", VNS[:40], messages=True, keep_bodies_s=3600)
        make_pool(api, "lone", VNS[40:50], mode="exclusive")
        fuzz = Fuzz(server, [server.make_key("fuzz", SCOPES), server.make_key("eyes", SCOPES + ",reveal")])
        end = time.monotonic() + FUZZ_S
        while time.monotonic() < end and len(fuzz.faults) < 20 and server.process.poll() is None:
            fuzz.ask()
        tap.note("%d requests; done at least once: %d of %d operations" % (fuzz.asked, len(fuzz.good), len(fuzz.operations)))
        never = sorted(set(fuzz.operations) - fuzz.good)
        tap.note("never done: %s" % (never,))
        tap.same("every answer is documented, fits its schema and shows no real number", [fault[0] for fault in fuzz.faults], [])
        tap.ok("most of what may be asked for was done", len(fuzz.good) >= 30, len(fuzz.good))
        tap.ok("where numbers may be shown they are seen", fuzz.sees)
        tap.ok("the server is up", server.process.poll() is None, server.stderr()[-4000:])
        tap.same("and ready", api.get("/readyz").status, 200)
        metrics = api.get("/metrics").body.decode()
        tap.ok("nothing was a 500", 'status="500"' not in metrics, metrics)
        fuzz.canary.found.clear()
        fuzz.canary.look("the metrics", metrics.encode())
        fuzz.canary.look("the log", server.stderr().encode())
        tap.same("no real number in log and metrics", fuzz.canary.found[:5], [])
        tap.same("it ends in good order", server.stop(), 0, server.stderr()[-2000:])
    tap.done()


if __name__ == "__main__":
    main()
