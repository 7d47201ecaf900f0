#!/usr/bin/env python3
"""A town's traffic at the rated load, at ten times that, and with creations far beyond what the server can take: build/load.json and
a table on stdout. Exit 1 if an answer was wrong or late, or something was lost. LOAD_SECONDS: how long each takes (20)."""
import json
import os
import sys
import threading

from bench_server import BUILD
from traffic_town import POOLS, Town

SECONDS = float(os.environ.get("LOAD_SECONDS", "20"))
RATED = {"calls": 1000, "strangers": 100, "orders": 50, "sessions": 50, "life_s": 30}
TEN = {"calls": 10000, "strangers": 1000, "orders": 200, "sessions": 200, "life_s": 20, "hooks": 512, "apps": 64, "creators": 64}
CALLING = {"calls": 1000, "strangers": 100, "orders": 0, "sessions": 0, "prefill": 2000, "life_s": 3600, "hooks": 512}
FLOOD = {"calls": 0, "strangers": 0, "orders": 5000, "sessions": 25000, "prefill": 0, "life_s": 3600, "creators": 1000, "apps": 500,
         "slots": 200000, "first": 1000000, "verify": 5000}
BUSY_MS = 500       # a generator that sends so late lacks processors
QUEUE = 256         # limits.queue: small, so that it fills before the connections are all in it
POLICY = {"grace_s": 20, "cooldown_s": 30}


def kept_deadline(town):
    """Of the server's own account of its questions: how many it answered, how many after its deadline."""
    return {"questions": town.counter("bauta_decision_seconds_count"),
            "late": town.counter('bauta_decision_deadline_slack_seconds_bucket{le="0"}')}


def counted(town, figures):
    lost = {name: town.counter("bauta_%s_total" % name) for name in ("calls_dropped", "reports_unknown", "store_failures")}
    return {**figures, **kept_deadline(town), "lost": lost, "server_cpu_s": town.cpu_s()}


def steady(rates):
    with Town(policy=POLICY) as town:
        town.make_pools()
        return counted(town, town.run_traffic(seconds=SECONDS, warm_s=3, verify=5000, **rates))


def living(town):
    return sum(json.loads(town.ask("/v1/pools/" + name))["sessions"]["live"] for name, _ in POOLS)


def flooded(calling, flood, queue=QUEUE, seconds=5, **more):
    """Calls as ever from one generator, while another one opens orders as fast as it can: (figures of the calls, of the flood).
    Not one order of both is to be missing in the end."""
    with Town(sessions=flood["slots"], settings={"limits.queue": queue}, policy=POLICY, **more) as town:
        town.make_pools()
        caller = town.traffic(seconds=3600, every_s=1, verify=1000, **calling)
        lines = [caller.stdout.readline()]
        reader = threading.Thread(target=lambda: lines.extend(caller.stdout))
        reader.start()
        try:
            of_flood = town.run_traffic(seconds=seconds, **flood)
        finally:
            caller.terminate()
            reader.join()
            caller.wait()
        if caller.returncode != 0:
            raise RuntimeError("traffic failed:\n" + caller.stderr.read())
        of_calls = counted(town, json.loads(lines[-1]))
        of_calls["lost"]["orders"] = of_calls["live"] + of_flood["live"] - living(town)
        return of_calls, of_flood


def deadline_missed(run, row):
    """By how many ms; 0: not. A generator that had no processor when something was due has itself to blame for that part."""
    spent = row["sent_max_ms"] if run["sent_late_max_ms"] > BUSY_MS else row["max_ms"]
    return max(0, spent - row["deadline_ms"]) if "deadline_ms" in row else 0


def wrong_of(name, run):
    wrong = ["%s: %d answers after the server's deadline" % (name, run["late"])] if run["late"] else []
    wrong += ["%s: %s %d" % (name, what, n) for what, n in run["lost"].items() if n]
    wrong += ["%s: %s was %.1f ms beyond the provider's deadline" % (name, kind, deadline_missed(run, row))
              for kind, row in run["kinds"].items() if deadline_missed(run, row)]
    return wrong


def show(name, run):
    print("%s: %.0f s, %d orders live at the end; CPU: server %.1f s, generator %.1f s" % (
        name, run["at_s"], run["live"], run.get("server_cpu_s", 0), run["generator_cpu_s"]))
    for kind, row in run["kinds"].items():
        print("  %-18s %9d  p50 %8.2f  p99 %8.2f  p99.9 %8.2f  max %8.2f ms; from sending p99 %7.2f  max %7.2f%s" % (
            kind, row["n"], row["p50_ms"], row["p99_ms"], row["p999_ms"], row["max_ms"], row["sent_p99_ms"], row["sent_max_ms"],
            "; slack %.0f of %d" % (row["slack_ms"], row["deadline_ms"]) if "slack_ms" in row else ""))
    if run["sent_late_max_ms"] > BUSY_MS:
        print("  the generator was up to %.0f ms late: the machine was too busy for more than what is counted from sending" %
              run["sent_late_max_ms"])


def main():
    runs = {"rated": steady(RATED), "ten_times": steady(TEN)}
    runs["calls_beside_flood"], flood = flooded(CALLING, FLOOD)
    wrong = [line for name, run in runs.items() for line in wrong_of(name, run)]
    if flood["overloaded"] == 0:
        wrong.append("the flood was not refused: it is no flood")
    runs["flood"] = flood
    with open(os.path.join(BUILD, "load.json"), "w") as file:
        json.dump({"rates": {"rated": RATED, "ten_times": TEN, "calls_beside_flood": CALLING, "flood": FLOOD}, "wrong": wrong, **runs},
                  file, indent=1)
    for name, run in runs.items():
        show(name, run)
    print("  %d refused with `overloaded`, all %d opened later, after %d tries at most" % (
        flood["overloaded"], flood["opened"], flood["tries_max"] + 1))
    for line in wrong:
        print("WRONG: " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
