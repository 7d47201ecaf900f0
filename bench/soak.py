#!/usr/bin/env python3
"""soak.py [MINUTES]: a town's steady traffic for so long, and whether anything of the server grows: build/soak.json, build/soak.svg,
a table on stdout. Exit 1 if something grows, an answer was wrong, or the data are not whole at the end.

What is kept is kept for a minute, so that soon as many rows go as come: what is judged begins after ten minutes, in shorter runs after a
sixth of them, but not before WARM_LEAST_S. Rows that are kept for longer whatever is configured are left out: orders by the hour; and the
audit chain, which must have a row for each session that was forgotten and for each stranger who was suspected.
"""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from bench_server import BUILD
from flat import judge
from receiver import Receiver
from soak_svg import svg
from traffic_town import Town

SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
# Small, for tables are in memory once each of their places was used.
LIVE_MAX, CALLS_MAX = 10000, 20000
SETTINGS = {"tombstone_s": 60, "outbox_keep_s": 60}
POLICY = {"grace_s": 20, "cooldown_s": 30, "keep_s": 60, "ttl_s": 3600}
RATES = {"calls": 250, "strangers": 25, "orders": 25, "sessions": 25, "life_s": 60}
WEBHOOK = """webhooks:
  - { name: soak, url: "http://127.0.0.1:%d/", secret: %s, allow_private: true, types: [ "session.*" ] }
"""
WARM_LEAST_S = 150                              # a life, its grace and cool-down, a minute's keep
KEPT = {"audit", "pool_hour"}                   # not for a minute
# What must be flat: by how much of its median it may grow from the warm-up to the end, and by how much at any rate.
LIMITS = {"rss_bytes": (0.02, 2 << 20), "descriptors": (0, 4), "threads": (0, 0), "wal_bytes": (0.05, 1 << 20),
          "database_bytes": (0.05, 1 << 20)}
ROWS_LIMIT = (0.05, 200)


def process_figures(pid):
    with open("/proc/%d/status" % pid) as file:
        status = dict(line.rstrip("\n").split(":", 1) for line in file)
    return {"rss_bytes": int(status["VmRSS"].split()[0]) * 1024, "threads": int(status["Threads"]),
            "descriptors": len(os.listdir("/proc/%d/fd" % pid))}


def rows_of(path):
    database = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=30)
    try:
        names = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        return {name: database.execute("SELECT count(*) FROM " + name).fetchone()[0] for name in sorted(names)}
    finally:
        database.close()


class Soak:
    def __init__(self, town, receiver):
        self.town, self.receiver = town, receiver
        self.samples, self.lines = [], []
        self.database = os.path.join(town.data, "bauta.db")

    def sample(self):
        row = {"at_s": time.monotonic() - self.began, "cpu_s": self.town.cpu_s(), "webhooks": self.receiver.taken,
               **process_figures(self.town.pid)}
        row["database_bytes"] = os.path.getsize(self.database)
        row["wal_bytes"] = os.path.getsize(self.database + "-wal")
        row["rows"] = rows_of(self.database)
        self.samples.append(row)
        print("%5.0f s: %.1f MiB, %d descriptors, rows: %s" % (row["at_s"], row["rss_bytes"] / (1 << 20), row["descriptors"], ", ".join(
            "%s %d" % one for one in row["rows"].items() if one[1] > 10)), flush=True)

    def run(self, seconds, every_s):
        self.began = time.monotonic()
        traffic = self.town.traffic(seconds=seconds, every_s=every_s, **RATES)
        reader = threading.Thread(target=lambda: self.lines.extend(json.loads(line) for line in traffic.stdout))
        errors = []
        listener = threading.Thread(target=lambda: errors.append(traffic.stderr.read()))
        reader.start(), listener.start()
        while traffic.poll() is None:
            self.sample()
            try:
                traffic.wait(timeout=max(0.1, len(self.samples) * every_s - (time.monotonic() - self.began)))
            except subprocess.TimeoutExpired:
                pass
        reader.join(), listener.join()
        if traffic.returncode != 0:
            raise RuntimeError("traffic failed:\n" + errors[0])
        self.sample()
        self.counters = {name: self.town.counter("bauta_%s_total" % name)
                         for name in ("calls_dropped", "reports_unknown", "store_failures", "outbox_lost")}
        self.suspected = self.town.counter("bauta_suspected_total")

    def judged(self, warm_s):
        after = [row for row in self.samples[:-1] if row["at_s"] >= warm_s] # in the last one the town is gone
        judged = {name: judge([(row["at_s"], row[name]) for row in after], *limit) for name, limit in LIMITS.items()}
        for table in self.samples[-1]["rows"]:
            if table not in KEPT:
                judged["rows." + table] = judge([(row["at_s"], row["rows"][table]) for row in after], *ROWS_LIMIT)
        return judged


def show(result):
    print("%-24s %14s %14s %14s %12s %12s" % ("", "median", "min", "max", "growth", "limit"))
    for name, row in result["flat"].items():
        print("%-24s %14d %14d %14d %12.0f %12.0f  %s" % (name, row["median"], row["min"], row["max"], row["growth"], row["limit"],
                                                          "flat" if row["flat"] else "GROWS"))
    for name, row in result["traffic"]["kinds"].items():
        print("%-18s %9d  p50 %8.3f  p99 %8.3f  p99.9 %8.3f  max %8.3f ms" % (name, row["n"], row["p50_ms"], row["p99_ms"],
                                                                          row["p999_ms"], row["max_ms"]))
    for why in result["wrong"]:
        print("WRONG: " + why)


def main(minutes):
    seconds = minutes * 60
    if seconds < 2 * WARM_LEAST_S:
        print("soak.py: in less than %.0f minutes nothing comes to rest" % (2 * WARM_LEAST_S / 60), file=sys.stderr)
        return 2
    receiver = Receiver()
    with Town(sessions=LIVE_MAX, calls=CALLS_MAX, settings=SETTINGS, policy=POLICY, more=WEBHOOK % (receiver.port, SECRET)) as town:
        town.make_pools()
        soak = Soak(town, receiver)
        soak.run(seconds, max(5, min(60, seconds / 30)))
        town.end()
        done = subprocess.run([os.path.join(BUILD, "bauta"), "verify", "--data", town.data], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    whole = soak.lines[-1]
    flat = soak.judged(max(WARM_LEAST_S, min(600, seconds / 6)))
    last = soak.samples[-1]["rows"]
    forgets = whole["kinds"].get("forget", {"n": 0})["n"]
    audited = last["audit"] - soak.samples[0]["rows"]["audit"]
    wrong = ["%s grows by %.0f" % (name, row["growth"]) for name, row in flat.items() if not row["flat"]]
    wrong += ["%s: %d" % counter for counter in soak.counters.items() if counter[1]]
    if abs(audited - forgets - soak.suspected) > RATES["sessions"]:
        wrong.append("%d rows of the audit chain: %d sessions were forgotten, %d strangers suspected" % (audited, forgets, soak.suspected))
    if done.returncode != 0:
        wrong.append("verify: " + done.stdout)
    result = {"minutes": minutes, "rates": RATES, "settings": SETTINGS, "policy": POLICY, "flat": flat, "counters": soak.counters,
              "audited": audited, "webhooks": soak.samples[-1]["webhooks"], "cpu_s": soak.samples[-1]["cpu_s"], "wrong": wrong,
              "traffic": whole, "intervals": soak.lines[:-1], "samples": soak.samples}
    with open(os.path.join(BUILD, "soak.json"), "w") as file:
        json.dump(result, file, indent=1)
    with open(os.path.join(BUILD, "soak.svg"), "w") as file:
        file.write(svg(result))
    show(result)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
