"""Orders for the tests with Kafka: events as a rough world delivers them, a plain model of what must come of them, and
comparisons of the model with the API, with the events out and with the orders database.

The rules of the model (docs/events.md): of each role the newest version wins, whenever it comes; a close is sticky.
"""
import json
import re

from events_check import Events, text
from kafka import Record
from pairs import vn_seen
from town import PEOPLE, VNS, make_pool

ENDS = ("order.completed", "order.cancelled")
POOL, GROUP = "jakarta", "bauta"
DIGITS = re.compile(rb"\d{8,15}")
KNOWN = {number[1:].encode() for number in PEOPLE}


def config(kafka, instance, postgres=None, more=""):
    """Text of bauta.yaml."""
    lines = 'kafka: { brokers: "%s", group: %s, instance: %s }\n' % (kafka.brokers, GROUP, instance)
    if postgres:
        lines += 'orders_db: { url: "%s" }\n' % postgres.url
    return lines + more


def topics(kafka, partitions=6):
    kafka.create(orders=partitions, **{"bauta.sessions": 4, "bauta.dead": 1})


def pool(api, vns=VNS[:1000], name=POOL):
    return make_pool(api, name, vns)


# --- events ---


def parties(**numbers):
    return [{"role": role, "number": number} for role, number in numbers.items()]


def life(random, ref, ends=0.6):
    """An order's events as its app would send them."""
    people = random.sample(PEOPLE, 6)
    events = [("order.placed", parties(customer=people[0])), ("order.assigned", parties(courier=people[1]))]
    for person in people[2:2 + random.choice([0, 0, 0, 1, 2])]:
        events.append(("order.reassigned", parties(courier=person)))
    if random.random() < 0.1:
        events.append(("order.assigned", parties(customer=people[4], courier=people[5])))
    if random.random() < ends:
        events.append((random.choice(ENDS), []))
    return [{"id": "%s/%d" % (ref, version), "type": type, "order": ref, "version": version, "pool": POOL,
             **({"parties": who} if who else {})} for version, (type, who) in enumerate(events, 1)]


def delivered(random, events):
    """The same events as they may arrive: some in another order, some twice, some late."""
    events = list(events)
    if random.random() < 0.3:
        random.shuffle(events)
    for event in list(events):
        if random.random() < 0.15:
            events.insert(random.randrange(events.index(event), len(events)) + 1, event)
    if random.random() < 0.1:
        events.append(random.choice(events))
    return events


def stream(random, refs, **how):
    """Events of many orders, mixed; those of one order in the order of delivery."""
    mixed = []
    for ref in refs:
        begin = random.random()
        at = sorted(begin + random.random() * 0.2 for _ in range(50))
        mixed += [(at[i], ref, event) for i, event in enumerate(delivered(random, life(random, ref, **how)))]
    return [event for _, _, event in sorted(mixed, key=lambda item: item[:2])]


def records(events):
    return [Record(event["order"], json.dumps(event)) for event in events]


# --- the model ---


class Model:
    """What must come of events, one by one in the order of their partition."""

    def __init__(self):
        self.orders = {}   # ref -> {"parties": {role: (version, number)}, "closed": bool, "session": bool}

    def apply(self, events):
        for event in events:
            self._apply(event)
        return self

    def _apply(self, event):
        order = self.orders.setdefault(event["order"], {"parties": {}, "closed": False, "session": False})
        if event["type"] in ENDS:
            order["closed"] = True
        elif not order["closed"]:
            order["session"] = True
            for party in event["parties"]:
                version, _ = order["parties"].get(party["role"], (0, None))
                if event["version"] > version:
                    order["parties"][party["role"]] = event["version"], party["number"]

    def wanted(self):
        """{ref: (state, {role: number})}; an order that was closed before it was placed has no session."""
        found = {}
        for ref, order in self.orders.items():
            bound = len(order["parties"]) > 1
            state = ("closing" if bound else "closed") if order["closed"] else ("live" if bound else "waiting")
            if order["session"]:
                found[ref] = state, {role: number for role, (_, number) in order["parties"].items()}
        return found


# --- comparing ---


def sessions(api, name=POOL):
    """Every session of the pool, ended ones too."""
    found, token = [], None
    while True:
        page = api.get("/v1/sessions", {"pool": name, "page_size": 1000, **({"page_token": token} if token else {})})
        assert page.status == 200, page
        found += page.json["sessions"]
        token = page.json["next_page_token"]
        if not token:
            return found


def wrong_sessions(model, listed):
    """`listed`: by a key that may see numbers."""
    got, wrong = {}, []
    for session in listed:
        if session["ref"] in got:
            wrong.append(("two sessions", session["ref"]))
        got[session["ref"]] = session["state"], {party["role"]: party["number"] for party in session["parties"]}
    wanted = model.wanted()
    for ref in wanted.keys() | got.keys():
        if got.get(ref) != wanted.get(ref):
            wrong.append((ref, "got", got.get(ref), "wanted", wanted.get(ref)))
    return wrong


class Told:
    """What bauta.sessions says, read as it comes, held to api/asyncapi.json and to what is promised."""

    def __init__(self, kafka):
        self.kafka, self.checker = kafka, Events()
        self.read = 0
        self.seen = {}     # ce_id -> (type, value)
        self.last = {}     # session -> its newest picture
        self.pictures = {} # (session, rev, type) -> ce_id
        self.repeated = 0
        self.wrong = []

    def take(self):
        found = self.kafka.read("bauta.sessions", lambda all: True)
        for record in found[self.read:]:
            self._take(record)
        self.read = len(found)
        return self

    def _take(self, record):
        headers = {name: text(value) for name, value in record.headers}
        id, type = headers.get("ce_id"), headers.get("ce_type")
        if id in self.seen:
            self.repeated += 1
            if self.seen[id] != (type, record.value):
                self.wrong.append(("another event with the same id", record))
            return
        self.seen[id] = type, record.value
        self.wrong += self.checker.wrong_record(record)
        if any(digits in KNOWN for digits in DIGITS.findall(record.value)):
            self.wrong.append(("a real number", record))
        if not type.startswith("session."):
            return
        data = json.loads(record.value)
        before = self.last.get(data["session"])
        if before and data["rev"] < before["rev"]:
            self.wrong.append(("out of order", before, data))
        if self.pictures.setdefault((data["session"], data["rev"], type), id) != id:
            self.wrong.append(("told twice", data))
        self.last[data["session"]] = data

    def missing(self, listed):
        """What the events don't say of these sessions (yet)."""
        wrong = []
        for session in listed:
            last = self.last.get(session["id"])
            got = last and (last["ref"], last["state"], {party["role"]: party["vn"] for party in last["parties"]},
                            last.get("views", []))
            over = session["state"] in ("cooling", "closed")
            wanted = (session["ref"], session["state"],
                      {party["role"]: None if over else party["vn"] for party in session["parties"]},
                      [] if over else session.get("views", []))
            if got != wanted:
                wrong.append((session["ref"], "got", got, "wanted", wanted))
        strange = self.last.keys() - {session["id"] for session in listed}
        return wrong + [("nobody's", self.last[id]) for id in strange]


def wrong_rows(rows, listed):
    """The table of packaging/orders_db.sql against the sessions: who dials which number for whom."""
    got = {(ref, viewer, role): (vn, state) for ref, viewer, role, vn, state in rows}
    wanted = {}
    for session in listed:
        over = session["state"] in ("cooling", "closed")
        for viewer in session["parties"]:
            for target in session["parties"]:
                if viewer is not target:
                    vn = None if over or target["vn"] is None else vn_seen(session, viewer, target)
                    wanted[session["ref"], viewer["role"], target["role"]] = vn, session["state"]
    return [(key, "got", got.get(key), "wanted", wanted.get(key)) for key in wanted.keys() | got.keys()
            if got.get(key) != wanted.get(key)]


def contact_rows(postgres):
    return postgres.rows("SELECT ref, viewer, role, vn, state FROM bauta_contact")


def metrics(server):
    """{"name{labels}": value} of the server's page."""
    page = server.anonymous().get("/metrics").body.decode()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in page.splitlines() if line and line[0] != "#"}


def stored(server):
    """How many consumed records had an effect that is stored, since the server's start."""
    return sum(value for name, value in metrics(server).items() if name.startswith("bauta_order_events_total"))


def leaks_out(kafka, postgres=None):
    """Numbers of people in what left the server: events, and rows of the orders database. Self-test: in what was sent to it they
    are found."""
    def in_topic(topic):
        said = b" ".join(part for record in kafka.consume(topic) for part in [record.key or b"", record.value or b"", repr(
            record.headers).encode()])
        return {digits for digits in DIGITS.findall(said) if digits in KNOWN}
    assert in_topic("orders"), "the scan finds nothing where there is something"
    found = in_topic("bauta.sessions") | in_topic("bauta.dead")
    if postgres:
        rows = repr(postgres.rows("SELECT * FROM bauta_contact")).encode()
        found |= {digits for digits in DIGITS.findall(rows) if digits in KNOWN}
    return sorted(found)


def leaks(server):
    """Numbers of people in what the server logs and measures."""
    said = server.stderr().encode() + server.anonymous().get("/metrics").body
    return [digits for digits in DIGITS.findall(said) if digits in KNOWN]
