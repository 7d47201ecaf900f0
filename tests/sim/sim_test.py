#!/usr/bin/env python3
"""The simulator in CI: seeds that once found something, then new ones for SIM_SECONDS (120), which are told, so that they can be repeated."""
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import plants # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SIM = os.path.join(ROOT, "build", "sim")
SECONDS = int(os.environ.get("SIM_SECONDS", "120"))


def run(*arguments):
    done = subprocess.run([SIM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = done.stdout.strip().splitlines() or ["it says nothing"]
    return done.returncode == 0 and lines[-1].endswith(", 0 violations"), lines


def past_seeds():
    with open(os.path.join(ROOT, "tests", "sim", "seeds.txt"), encoding="utf-8") as f:
        return re.findall(r"^(\d+)\s+# (.*)$", f.read(), re.M)


def main():
    checks = []
    for seed, why in past_seeds():
        checks.append(("seed %s: %s" % (seed, why), *run(seed, 0)))
    first = int(time.time())
    good, lines = run(first, SECONDS)
    checks.append(("seeds from %d on: %s" % (first, lines[-1]), good, lines))
    again, twice = run(7, 0, 300), run(7, 0, 300)
    same = [re.sub(r"; [\d.]+ s of CPU", "", line) for line in again[1]] == [re.sub(r"; [\d.]+ s of CPU", "", line) for line in twice[1]]
    checks.append(("one seed is always the same", same, again[1] + twice[1]))
    lost = [name for name, file, old, _ in plants.PLANTS if old not in open(os.path.join(ROOT, file), encoding="utf-8").read()]
    checks.append(("each fault of plants.py has its place in the tree", not lost, lost))
    print("1..%d" % len(checks))
    for n, (name, good, lines) in enumerate(checks, 1):
        print("%s %d - %s" % ("ok" if good else "not ok", n, name))
        if not good:
            print("\n".join("# " + line for line in lines[-80:]))
    return 0 if all(good for _, good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
