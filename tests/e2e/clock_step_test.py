#!/usr/bin/env python3
"""The wall clock steps, both ways, under the real program and between its starts. No session ends and no pair is lent again before
that much time has really passed; nothing goes back in time; a start far ahead is refused."""
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run
from town import COURIER, CUSTOMER, OTHER_STRANGER, PEOPLE, SECOND, STRANGER, VNS, make_pool, parties, until, vns_of

HOUR, DAY = 3600, 86400
GRACE, COOLDOWN, TTL = 60, 2 * HOUR, DAY
tap = Tap()


class Clocks:
    """By how many seconds the wall clock and the clock since boot are ahead, in a file that the program has mapped."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "clock-step")
        with open(self.path, "wb") as file:
            file.write(bytes(16))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 16)
        self.wall_s = self.boot_s = 0

    def write(self):
        self.map[:] = struct.pack("qq", self.wall_s * 1000, self.boot_s * 1000)

    def step(self, wall_s):
        """The wall clock is set, from then on that far from what it should be."""
        self.wall_s = wall_s + self.boot_s
        self.write()

    def passes(self, seconds):
        self.wall_s += seconds
        self.boot_s += seconds
        self.write()


def jumps(server):
    for line in server.anonymous().get("/metrics").body.decode().splitlines():
        if line.startswith("bauta_clock_jumps_total "):
            return float(line.split()[1])
    return 0


class Story:
    """One live order, one whose pairs cool, and what must stay true of both."""

    def __init__(self, server, clocks):
        self.server, self.clocks, self.turn = server, clocks, 0
        api = server.client()
        make_pool(api, "clocks", VNS[:2], provider="generic", numbers="one", grace_s=GRACE, cooldown_s=COOLDOWN, ttl_s=TTL)
        self.live = self.open(COURIER, CUSTOMER).json
        self.latest = self.live["expires_at"]
        self.closed = self.open(SECOND, STRANGER).json
        self.vn = vns_of(self.closed)["customer"]
        self.close(self.closed)
        clocks.passes(2 * GRACE)

    def open(self, courier, customer, vn=None):
        self.turn += 1
        wanted = parties(customer=customer, courier=courier)
        if vn:
            wanted[0]["vn"] = vn
        return self.server.client().post("/v1/sessions", {"pool": "clocks", "ref": "C-%d" % self.turn, "parties": wanted})

    def close(self, session):
        return self.server.client().post("/v1/sessions/%s/close" % session.get("id"))

    def routes(self):
        vn = vns_of(self.live)
        answer = self.server.client().post("/v1/route", {"from": CUSTOMER, "to": vn["courier"]}).json
        return answer["action"], answer.get("to"), answer.get("caller_id")

    def lends(self):
        """Tries to lend the very pair that cools; the answer."""
        return self.open(OTHER_STRANGER, STRANGER, self.vn)

    def holds(self, when):
        api = self.server.client()
        vn = vns_of(self.live)
        tap.same("%s: the live order routes" % when, self.routes(), ("connect", COURIER, vn["customer"]))
        now = api.get("/v1/sessions/" + self.live["id"]).json
        tap.same("%s: it is live and ends when it should" % when, (now["state"], now["expires_at"]), ("live", self.live["expires_at"]))
        barred = self.lends()
        tap.same("%s: what cools is not lent" % when, (barred.status, barred.code), (409, "number_in_use"), barred)
        made = self.open(PEOPLE[2 * self.turn], PEOPLE[2 * self.turn + 1])
        tap.ok("%s: a new order is made, and no earlier than those before it" % when, made.status == 201 and
               made.json["expires_at"] >= self.latest, made, self.latest)
        self.latest = made.json.get("expires_at", self.latest)
        self.close(made.json)


def bytes_of(folder):
    found = {}
    for name in ("bauta.db", "bauta.key"):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            found[name] = file.read(), os.stat(path).st_mtime_ns
    return found


def test_steps(server, clocks):
    story = Story(server, clocks)
    story.holds("no step")
    for name, wall_s in (("six hours back", -6 * HOUR), ("thirty days ahead", 30 * DAY), ("right again", 0)):
        before = jumps(server)
        clocks.step(wall_s)
        tap.ok("%s: the step is seen" % name, until(lambda: jumps(server), lambda now: now > before) > before)
        story.holds(name)
    for name, wall_s in (("a start two days back", -2 * DAY), ("a start five hundred days back", -500 * DAY), ("a start after that", 0)):
        tap.same("%s: it ended in good order" % name, server.stop(), 0)
        clocks.step(wall_s)
        server.start()
        story.holds(name)
    return story


def test_time_passes(server, clocks, story):
    """Both clocks go on: now it ends, and not before."""
    clocks.passes(COOLDOWN - 5 * GRACE)
    barred = story.lends()
    tap.same("minutes before the cool-down's end the pair is not lent", barred.code, "number_in_use", barred)
    clocks.passes(5 * GRACE)
    lent = until(story.lends, lambda answer: answer.status == 201)
    tap.same("after it the pair is lent", (lent.status, vns_of(lent.json).get("customer") if lent.status == 201 else None),
             (201, story.vn), lent)
    clocks.passes(TTL - COOLDOWN - 10 * GRACE)
    tap.same("minutes before its end the order routes", story.routes()[0], "connect")
    clocks.passes(10 * GRACE)
    ended = until(story.routes, lambda routes: routes[0] != "connect")
    tap.ok("after it nobody is connected", ended[0] != "connect", ended)


def test_far_ahead(server, clocks):
    server.stop()
    clocks.step(8 * DAY)
    before = bytes_of(server.data)
    status, out, errors = run("serve", "--listen", "127.0.0.1:0", "--data", server.data, cwd="/", environment=server.environment)
    tap.ok("a start eight days ahead is refused: one clear sentence, exit 1", status == 1 and "8 days ahead" in errors and
           "--accept-clock" in errors and errors.count("\n") == 1 and "ready" not in out, status, out, errors)
    tap.ok("and changes nothing, neither bytes nor times of files", bytes_of(server.data) == before)
    server.arguments = ["--accept-clock"]
    server.start()
    tap.same("with --accept-clock it starts", server.client().get("/v1/sessions").status, 200)
    tap.same("and ends in good order", server.stop(), 0)
    status, out, errors = run("verify", "--data", server.data, cwd="/")
    tap.ok("verify finds nothing wrong", status == 0, out, errors)


scratch = tempfile.mkdtemp(prefix="bauta-clock-")
try:
    library = os.path.join(scratch, "clock_step.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_step.c")
    if subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]).returncode != 0:
        tap.skip("steps of the clock", "no compiler")
    else:
        hands = Clocks(scratch)
        with Server(environment={"LD_PRELOAD": library, "CLOCK_STEP": hands.path}) as one:
            told = test_steps(one, hands)
            test_time_passes(one, hands, told)
            test_far_ahead(one, hands)
finally:
    shutil.rmtree(scratch, ignore_errors=True)
tap.done()
