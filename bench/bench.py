#!/usr/bin/env python3
"""bench.py [big]: side by side with nginx, PostgreSQL and Redis; what each figure means is in docs/performance.md.

Rounds in turn (A B A B ...), so that what disturbs the machine disturbs both. A figure is the median of its rounds,
with all of them beside it. For decisions the server under test is pinned to the first core and the load generator to
the last; where sessions are made durable everything shares all cores, for us as for the peers.
"""
import os
import shutil
import sys
import tempfile
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))  # behind ours
import report
from bench_server import SECRET, Bauta, load, program, show
from events import measure
from peers import BATCH, Nginx, Node, Postgres, Redis
from processes import rss_bytes
from report import entry, median

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
SESSIONS = int(os.environ.get("BENCH_SESSIONS", "1000000"))
BIG_SESSIONS = int(os.environ.get("BENCH_BIG_SESSIONS", "10000000"))
SERVER_CORE, LOAD_CORE = 0, os.cpu_count() - 1
CALLERS = 20000     # sessions whose routes are asked for; each has two
CONNECTIONS = 64
WARM_UP = 30000     # sessions made before creations are measured
EVENTS = int(os.environ.get("BENCH_EVENTS", "200000"))  # order events a round
PREPARED = 120000   # questions made beforehand for each second, so that no call id comes twice

# provider, account, name of the figure, goal
DIALECTS = (("exotel", "connect", "decision_http", 0.95), ("twilio", "main", "decision_http_signed", 0.75))


def say(text):
    print("bench: " + text, file=sys.stderr, flush=True)


# --- decisions over HTTP ---


def decision_round(server, provider, account, pairs, first, prepared):
    """Asks for SECONDS; what the load generator says and `cpu_us`, CPU time of all the server's threads a request."""
    before = server.cpu_s()
    run = load("calls", server.port, core=LOAD_CORE, provider=provider, account=account, pairs=pairs, first=first,
               prepare=prepared, seconds=SECONDS, connections=CONNECTIONS)
    time.sleep(0.2)  # what the writer still has queued belongs to this round
    run["cpu_us"] = (server.cpu_s() - before) * 1e6 / run["sent"]
    return run


def decision_figure(rounds, dropped, goal):
    ratios = [peer["cpu_us"] / ours["cpu_us"] for ours, peer in rounds]
    ours = median([run["cpu_us"] for run, _ in rounds])
    peer = median([run["cpu_us"] for _, run in rounds])
    ceiling = median([1e6 / run["generator_cpu_us"] for pair in rounds for run in pair])
    return entry(1e6 / ours, "decisions/s of CPU time, all threads", "nginx, constant answer: %.0f/s of CPU time"
                 % (1e6 / peer), ratios, goal, cpu_us=round(ours, 2), peer_cpu_us=round(peer, 2),
                 rate=round(median([run["rate"] for run, _ in rounds])),
                 peer_rate=round(median([run["rate"] for _, run in rounds])),
                 p99_us=median([run["p99_us"] for run, _ in rounds]),
                 peer_p99_us=median([run["p99_us"] for _, run in rounds]),
                 calls_dropped=int(dropped), generator_ceiling_per_s=round(ceiling))


def decisions(results):
    pairs, prepared = {}, int(PREPARED * SECONDS)
    with tempfile.TemporaryDirectory(prefix="bauta-bench-") as folder, \
            Bauta(sessions=2 * CALLERS, core=SERVER_CORE, calls=2000000) as bauta:
        answers = {}
        for provider, account, _, _ in DIALECTS:
            bauta.make_pool(provider, account)
            pairs[provider] = os.path.join(folder, provider)
            load("sessions", bauta.port, bauta.key, pool=provider, connections=256, count=CALLERS,
                 pairs=pairs[provider])
            answers["/hooks/%s/" % provider] = show(bauta.port, provider, account, pairs[provider])
        with Nginx(answers, SERVER_CORE) as nginx:
            rounds = {name: [] for _, _, name, _ in DIALECTS}
            dropped = {name: 0 for name in rounds}
            first = 1
            for i in range(ROUNDS):
                for provider, account, name, _ in DIALECTS:
                    peer = decision_round(nginx, provider, account, pairs[provider], first, prepared // 8)
                    before = bauta.counter("bauta_calls_dropped_total")
                    ours = decision_round(bauta, provider, account, pairs[provider], first, prepared)
                    dropped[name] += bauta.counter("bauta_calls_dropped_total") - before
                    first += prepared
                    rounds[name].append((ours, peer))
                    say("round %d %s: %.2f us of CPU, nginx %.2f" % (i + 1, name, ours["cpu_us"], peer["cpu_us"]))
    for _, _, name, goal in DIALECTS:
        results[name] = decision_figure(rounds[name], dropped[name], goal)


# --- new sessions ---


def create_ours(bauta, first):
    before = bauta.cpu_s()
    run = load("sessions", bauta.port, bauta.key, pool="twilio", connections=256, first=first, seconds=SECONDS)
    run["cpu_us"] = (bauta.cpu_s() - before) * 1e6 / run["sent"]
    return run


def creations(results):
    ours, postgres_8, postgres_50, postgres_batch, redis_50, redis_16 = [], [], [], [], [], []
    cpu = {"postgres": [], "redis": []}
    with Bauta(sessions=4000000, workers=1) as bauta, Postgres() as postgres, Redis() as redis:
        bauta.make_pool("twilio", "main", 20000)
        # The first sessions touch every page of tables that are reserved for millions: not what is asked here.
        first = WARM_UP
        load("sessions", bauta.port, bauta.key, pool="twilio", connections=256, count=WARM_UP)
        redis_count = int(20000 * SECONDS)
        for i in range(ROUNDS):
            run = create_ours(bauta, first)
            first += run["sent"]
            ours.append(run)
            before = postgres.cpu_s()
            postgres_8.append(postgres.create(8, max(1, round(SECONDS))))
            cpu["postgres"].append((postgres.cpu_s() - before) * 1e6 / (postgres_8[-1] * max(1, round(SECONDS))))
            postgres_50.append(postgres.create(50, max(1, round(SECONDS))))
            postgres_batch.append(postgres.create_batches(8, max(1, round(SECONDS))))
            before = redis.cpu_s()
            redis_50.append(redis.create(50, redis_count))
            cpu["redis"].append((redis.cpu_s() - before) * 1e6 / redis_count)
            redis_16.append(redis.create(50, redis_count, 16))
            say("round %d create: %.0f/s, PostgreSQL %.0f (8 clients) %.0f (50) %.0f (8, batches), Redis %.0f (50) %.0f (50, pipelined)" % (
                i + 1, run["rate"], postgres_8[-1], postgres_50[-1], postgres_batch[-1], redis_50[-1], redis_16[-1]))
    rates = [run["rate"] for run in ours]
    best = max((postgres_8, "8"), (postgres_50, "50"), key=lambda found: median(found[0]))
    common = {"cpu_us": round(median([run["cpu_us"] for run in ours]), 1),
              "p99_us": median([run["p99_us"] for run in ours]), "rates": [round(rate) for rate in rates],
              "errors": sum(run["errors"] for run in ours)}
    results["create_vs_postgres"] = entry(
        median(rates), "durable sessions/s over HTTP, 256 connections", "PostgreSQL function, %s clients: %.0f/s" %
        (best[1], median(best[0])), [a / b for a, b in zip(rates, best[0])], 10,
        peer_cpu_us=round(median(cpu["postgres"]), 1), peer_rates_8=[round(rate) for rate in postgres_8],
        peer_rates_50=[round(rate) for rate in postgres_50],
        peer_rates_batches=[round(rate) for rate in postgres_batch], batch=BATCH, **common)
    results["create_vs_redis"] = entry(
        median(rates), "durable sessions/s over HTTP, 256 connections", "Redis Lua, appendfsync always, 50 clients: "
        "%.0f/s" % median(redis_50), [a / b for a, b in zip(rates, redis_50)], 2,
        peer_cpu_us=round(median(cpu["redis"]), 1), peer_rates=[round(rate) for rate in redis_50],
        peer_rates_pipelined_16=[round(rate) for rate in redis_16], **common)


# --- what most people would write ---


def node_round(server, key, pairs, first, sessions):
    """New sessions, then signed questions of theirs: rates and CPU time of all that it takes (the database too)."""
    before = server.cpu_s()
    made = load("sessions", server.port, key, pool="twilio", connections=50, first=sessions, seconds=SECONDS, pairs=pairs)
    between = server.cpu_s()
    asked = load("calls", server.port, provider="twilio", account="main", pairs=pairs, first=first, connections=50,
                 prepare=int(PREPARED * SECONDS), seconds=SECONDS)
    time.sleep(0.2)  # what the writer still has queued
    return {"create": made["rate"], "create_us": (between - before) * 1e6 / made["sent"], "made": made["sent"],
            "decide": asked["rate"], "decide_us": (server.cpu_s() - between) * 1e6 / asked["sent"], "p99_us": asked["p99_us"],
            "errors": made["errors"] + asked["errors"]}


class Together:
    """Two processes that do one job."""

    def __init__(self, node, postgres):
        self.node, self.postgres, self.port = node, postgres, node.port

    def cpu_s(self):
        return self.node.cpu_s() + self.postgres.cpu_s()


def node(results):
    rounds, sessions = [], WARM_UP
    with tempfile.TemporaryDirectory(prefix="bauta-bench-") as folder, Bauta(sessions=2000000, calls=2000000) as bauta, \
            Postgres() as postgres, Node(postgres, SECRET) as peer:
        bauta.make_pool("twilio", "main")
        both = Together(peer, postgres)
        load("sessions", bauta.port, bauta.key, pool="twilio", connections=50, count=WARM_UP)
        for i in range(ROUNDS):
            first = 1 + i * int(PREPARED * SECONDS)
            theirs = node_round(both, "none", os.path.join(folder, "node"), first, sessions)
            ours = node_round(bauta, bauta.key, os.path.join(folder, "bauta"), first, sessions)
            sessions += max(ours["made"], theirs["made"])
            rounds.append((ours, theirs))
            say("round %d: sessions %.0f/s, Node %.0f; signed questions %.0f/s, Node %.0f; p99 %.0f us, Node %.0f" % (
                i + 1, ours["create"], theirs["create"], ours["decide"], theirs["decide"], ours["p99_us"], theirs["p99_us"]))
    for name, what, key in (("create_vs_node", "durable sessions/s over HTTP, 50 connections", "create"),
                            ("decide_vs_node", "signed decisions/s, the call recorded, 50 connections", "decide")):
        results[name] = entry(
            median([ours[key] for ours, _ in rounds]), what, "a Node service over PostgreSQL: %.0f/s" % median([
                theirs[key] for _, theirs in rounds]), [ours[key] / theirs[key] for ours, theirs in rounds], 1,
            cpu_us=round(median([ours[key + "_us"] for ours, _ in rounds]), 1),
            peer_cpu_us=round(median([theirs[key + "_us"] for _, theirs in rounds]), 1),
            p99_us=median([ours["p99_us"] for ours, _ in rounds]), peer_p99_us=median([theirs["p99_us"] for _, theirs in rounds]),
            errors=sum(ours["errors"] + theirs["errors"] for ours, theirs in rounds))


# --- order events ---


def order_events(results):
    throughput, latency = measure(ROUNDS, SECONDS, EVENTS, say)
    ours, peer = [ours for ours, _ in throughput], [peer for _, peer in throughput]
    results["events_per_s"] = entry(
        median([run["rate"] for run in ours]), "sessions/s bound from order events, Kafka broker on the same machine",
        "a consumer that only counts: %.0f/s" % median([run["rate"] for run in peer]),
        [a["rate"] / b["rate"] for a, b in throughput], 0.25, cpu_us=round(median([run["cpu_us"] for run in ours]), 1),
        peer_cpu_us=round(median([run["cpu_us"] for run in peer]), 2), rates=[round(run["rate"]) for run in ours],
        peer_rates=[round(run["rate"]) for run in peer], n_events=EVENTS)
    p99s = [run["p99_ms"] for run in latency]
    results["event_to_contact_p99_ms"] = entry(
        median(p99s), "ms, p99 from produce to visible in /v1/orders/{ref}/contact at 1,000 events/s", "goal",
        [p99 / 20 for p99 in p99s], 20, smaller_is_better=True, judge_value=True,
        p50_ms=median([run["p50_ms"] for run in latency]), max_ms=max(run["max_ms"] for run in latency),
        samples=sum(run["seen"] for run in latency), missed=sum(run["missed"] for run in latency))


# --- in process ---


def lookups(results):
    sessions = BIG_SESSIONS if SESSIONS >= 1000000 else SESSIONS
    runs = [program("route_bench", sessions, 500000)]
    found = runs[0]
    results["decision_dram"] = entry(
        found["with_id_ns"], "ns a lookup that waits for the last one, session id read too",
        "random DRAM read over as much memory: %.0f ns" % found["chase_ns"], [found["with_id_ratio"]], 1.6,
        smaller_is_better=True, route_only_ns=found["dependent_ns"], route_only_ratio=found["dependent_ratio"],
        n_sessions=sessions)


def under_writes(results):
    with tempfile.TemporaryDirectory(prefix="bauta-bench-") as folder:
        found = program("decide_bench", folder, SESSIONS, 20000, SECONDS)
    idle, busy = found["idle"], found["busy"]
    results["decision_p99_under_writes"] = entry(
        busy["p99_ns"], "ns, p99 of decide() while %.0f sessions/s are made" % found["created_per_s"],
        "idle: %.0f ns" % idle["p99_ns"], [b / a for a, b in zip(idle["p99_rounds_ns"], busy["p99_rounds_ns"])], 1.5,
        smaller_is_better=True, p50_ns=busy["p50_ns"], idle_p50_ns=idle["p50_ns"], p999_ns=busy["p999_ns"],
        idle_p999_ns=idle["p999_ns"], clock_ns=found["clock_ns"], n_sessions=found["sessions"])


# --- size and restart ---


def read_cold_s(path):
    """Seconds to read the file once, from the disk and not from memory."""
    drop(path)
    began = time.monotonic()
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
    return time.monotonic() - began


def drop(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def size_and_restart(results, sessions):
    folder = tempfile.mkdtemp(prefix="bauta-bench-")
    try:
        made = program("big", folder, sessions, 200000 if sessions > 1000000 else 20000)
        say("made %d sessions at %.0f/s" % (sessions, made["made_per_s"]))
        path = os.path.join(folder, "bauta.db")
        size, read_s, starts, rss = os.path.getsize(path), [], [], 0
        for _ in range(3):
            read_s.append(read_cold_s(path))
            drop(path)
            with Bauta(sessions=sessions, workers=os.cpu_count(), data=folder) as bauta:
                starts.append(bauta.started_s)
                bauta.ask("/livez")
                rss = rss_bytes(bauta.pid)
            say("restart with %d sessions: %.2f s, the file alone %.2f s" % (sessions, starts[-1], read_s[-1]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    big = sessions >= 10000000
    results["bytes_per_session"] = entry(
        rss / sessions, "bytes of resident memory, whole process", "goal at 10 M sessions", [rss / sessions / 320], 320,
        smaller_is_better=True, ratio_of_value=True, reserved_bytes=made["reserved_bytes_a_session"],
        file_bytes=round(size / sessions, 1), n_sessions=sessions)
    results["restart_10m_s"] = entry(
        median(starts), "s from exec to ready" + ("" if big else ", %d sessions only" % sessions),
        "reading the file once: %.2f s" % median(read_s), [a / b for a, b in zip(starts, read_s)],
        20, smaller_is_better=True, judge_value=True, starts_s=[round(s, 2) for s in starts], n_sessions=sessions,
        made_per_s=round(made["made_per_s"]))


def main():
    results = report.read()
    if sys.argv[1:] == ["big"]:
        parts = [lambda found: size_and_restart(found, BIG_SESSIONS)]
    elif sys.argv[1:]:
        parts = [{"decisions": decisions, "creations": creations, "events": order_events, "lookups": lookups,
                  "under_writes": under_writes, "node": node,
                  "size": lambda found: size_and_restart(found, SESSIONS)}[name] for name in sys.argv[1:]]
    else:
        parts = [decisions, creations, node, order_events, lookups, under_writes]
        if results.get("restart_10m_s", {}).get("n_sessions", 0) <= SESSIONS:
            parts.append(lambda found: size_and_restart(found, SESSIONS))
    for part in parts:
        part(results)
        report.write(results)
    report.show(results)


if __name__ == "__main__":
    main()
