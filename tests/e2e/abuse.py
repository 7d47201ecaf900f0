"""What the tests of blocks and of abuse share: orders of two and their calls, and looking for numbers where none belongs."""
import os

from bauta import run
from leak import Canary
from town import PEOPLE, parties, until, vns_of


def masked(number):
    """As the API shows people of the calling codes +44 and +1."""
    return number[:2 if number.startswith("+1") else 3] + "*" * 7 + number[-3:]


def order(api, pool, ref, **people):
    made = api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": parties(**people)})
    assert made.status == 201, made
    return made.json


def reason_of(api, call):
    """Of the kept row of a call: it is written behind the answer."""
    def rows():
        return [row for row in api.get("/v1/calls", {"page_size": 1000}).json["calls"] if row["provider_call_id"] == call.id]
    found = until(rows, bool)
    return found[0]["reason"] if found else "no such call"


def connects(call, rings):
    return (call.action, call.rings) == ("connect", rings)


def block(api, status=201, **body):
    made = api.post("/v1/blocks", body)
    assert made.status == status, made
    return made.json


def audited(api, action):
    return [row for row in api.get("/v1/audit?page_size=1000").json["audit"] if row["action"] == action]


class Pair:
    """An order of two and their calls."""

    def __init__(self, api, twilio, pool, ref, customer=PEOPLE[0], courier=PEOPLE[1]):
        self.twilio, self.customer, self.courier = twilio, customer, courier
        self.session = order(api, pool, ref, customer=customer, courier=courier)
        self.vn = vns_of(self.session)

    def calls(self, **how):
        """The customer rings the courier."""
        return self.twilio.voice(self.customer, self.vn["courier"], **how)

    def calls_back(self, **how):
        return self.twilio.voice(self.courier, self.vn["customer"], **how)

    def through(self):
        return connects(self.calls(), self.courier), connects(self.calls_back(), self.customer)


def broken_answers(document):
    """An observer for clients, and what it found wrong with answers."""
    broken = []

    def observe(method, path, body, answer):
        broken.extend("%s %s -> %d: %s" % (method, path, answer.status, error)
                      for error in document.check(method, path, answer))
    return observe, broken


def leaks(server, api, numbers, paths, **more):
    """Where a number is in what the server keeps and tells: [(where, ...)]; and {file: bytes} of what it keeps."""
    canary = Canary(numbers)
    made = run("backup", os.path.join(server.folder, "backup.db"), "--data", server.data)
    assert made[0] == 0, made
    places = {}
    for root, _, files in os.walk(server.folder):
        for name in set(files) - {"bauta.key", "bauta.yaml"}:
            with open(os.path.join(root, name), "rb") as file:
                places[name] = file.read()
    for where, data in [*places.items(), ("metrics", api.get("/metrics").body), *more.items(),
                        ("standard output", "\n".join(server.lines)), *((path, api.get(path).body) for path in paths)]:
        canary.look(where, data)
    assert canary.bytes > 50000, canary.bytes
    return canary.found, places


def verified(server):
    """Stops the server: what a full check of its data says."""
    server.stop()
    return run("verify", "--data", server.data)
