#!/usr/bin/env python3
"""A town's traffic for some seconds each (bench/traffic/): every answer is right; past saturation calls go on, while creations are
refused as documented and get through later; nothing is lost, and what the town took the server has back. No latency is judged
but by the server's own deadline: `make load` and `make soak` measure."""
import os
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "bench")]
import flat
import traffic
from bauta import Client, Tap
from soak import process_figures
from town import SECOND, until
from traffic_town import POOLS, Town

KINDS = {"event", "open", "look", "close", "forget"} | {"%s_%s" % (kind, pool) for kind in ("call", "status", "stranger") for pool, _ in POOLS}
STEADY = {"calls": 400, "strangers": 90, "orders": 20, "sessions": 40, "life_s": 2, "seconds": 5, "hooks": 24, "apps": 8, "creators": 8}
CALLING = {"calls": 200, "strangers": 20, "orders": 0, "sessions": 0, "prefill": 100, "life_s": 3600, "hooks": 64}
FLOOD = {"calls": 0, "strangers": 0, "orders": 500, "sessions": 2500, "prefill": 0, "life_s": 3600, "creators": 256, "apps": 64,
         "slots": 10000, "first": 1000000, "verify": 500}
tap = Tap()


def calls_kept(town):
    database = sqlite3.connect("file:%s?mode=ro" % os.path.join(town.data, "bauta.db"), uri=True, timeout=30)
    try:
        return database.execute("SELECT count(*) FROM call").fetchone()[0]
    finally:
        database.close()


def test_steady():
    with Town(sessions=5000, calls=20000, policy=traffic.POLICY, vns=400) as town:
        town.make_pools()
        town.counter("bauta_sessions")
        before = process_figures(town.pid)
        run = town.run_traffic(verify=200, **STEADY)
        tap.same("all kinds of traffic were answered, and rightly", set(run["kinds"]), KINDS)
        tap.ok("nothing was refused, no order and no call was missing", run["overloaded"] == run["missed"] == run["unsent"] == 0, run)
        after = until(lambda: process_figures(town.pid), lambda now: now["descriptors"] <= before["descriptors"])
        tap.ok("no descriptors and no threads are left over", after["descriptors"] <= before["descriptors"] and
               after["threads"] == before["threads"], before, after)
        tap.same("each question became a row", until(lambda: calls_kept(town), lambda n: n == run["questions"]), run["questions"])
        counted = traffic.counted(town, run)
        tap.ok("no call, no report was dropped, and none was late", not any(counted["lost"].values()) and counted["late"] == 0, counted)
        try:
            town.run_traffic(verify=200, **STEADY)
            said = ""
        except RuntimeError as error:
            said = str(error)
        tap.ok("a wrong answer is noticed: orders that had ended are opened again", "this is not the answer to that" in said, said)


def test_flood():
    calls, flood = traffic.flooded(CALLING, FLOOD, queue=16, seconds=1)
    tap.ok("creations were refused with `overloaded`", flood["overloaded"] > 0, flood)
    tap.same("all got through later", (flood["opened"], flood["waits"], flood["live"]), (flood["opened"], 0, flood["opened"]))
    tap.ok("calls went on meanwhile", min(calls["kinds"]["call_" + pool]["n"] for pool, _ in POOLS) > 50, calls)
    tap.same("none of them was late or lost, nor was an order", [calls["late"], *calls["lost"].values()], [0, 0, 0, 0, 0])


def test_noticed():
    """Somebody else changes the town's orders behind its back: it must say so, and what."""
    def change(town, method, path, body=None):
        api = Client("127.0.0.1", town.port, town.key)
        for pool, _ in POOLS:
            for session in api.get("/v1/sessions", {"pool": pool}).json["sessions"]:
                api.request(method, "/v1/sessions/%s%s" % (session["id"], path), body)

    refused, another = "a call of the order's was not connected", "a call rings somebody else"
    for what, change_of, wanted in (
            ("the courier is another", ("PUT", "/parties/courier", {"number": SECOND}), (another, refused)), # by who calls first
            ("a session is closed too early", ("POST", "/close", {"grace_s": 0}), (refused,))):
        with Town(sessions=5000, calls=20000, policy=traffic.POLICY, vns=400) as town:
            town.make_pools()
            running = town.traffic(orders=0, sessions=0, prefill=20, life_s=3600, calls=200, seconds=600, every_s=1)
            running.stdout.readline()
            change(town, *change_of)
            _, errors = running.communicate()
            tap.ok("it is noticed that " + what,
                   running.returncode == 1 and any(words in errors for words in wanted),
                   running.returncode, errors[:300])


def test_flat():
    """The judge of `make soak`."""
    saw = [(60 * i, 1000 + 100 * (i % 5)) for i in range(50)]
    tap.ok("what goes up and down again is flat", flat.judge(saw, 0.05, 10)["flat"], flat.judge(saw, 0.05, 10))
    leak = [(x, y + 0.04 * x) for x, y in saw]
    tap.ok("what also grows by a tenth is not", not flat.judge(leak, 0.05, 10)["flat"], flat.judge(leak, 0.05, 10))
    tap.ok("a single outlier is no growth", flat.judge(saw[:-1] + [(3000, 90000)], 0.05, 10)["flat"])


test_flat()
test_steady()
test_noticed()
test_flood()
tap.done()
