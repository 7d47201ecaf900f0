#!/usr/bin/env python3
"""Spin tries every order of steps of the route table's writer and reader (route.pml); then faults are planted in the model, one at a
time, and each must be found."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "route.pml")
FAULTS = {
    1: "an entry that lies further on is not counted where it passed",
    2: "a drop uncounts an entry that didn't pass",
    3: "a session's routes are there before its slot has its id",
    4: "a slot loses its id before the session's routes are gone",
    5: "a reader doesn't mind that the writer is in the bucket",
    6: "a reader doesn't look at the counter again",
}


def check(folder, fault, ops):
    """(errors, states, the assertion that failed) of the whole search."""
    subprocess.run(["spin", "-DFAULT=%d" % fault, "-DOPS=%d" % ops, "-a", MODEL], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cc", "-O2", "-w", "-DSAFETY", "-o", "pan", "pan.c"], cwd=folder, check=True)
    said = subprocess.run(["./pan", "-m100000"], cwd=folder, stdout=subprocess.PIPE, text=True, check=False).stdout
    errors, states = re.search(r"errors: (\d+)", said), re.search(r"(\d+) states, stored", said)
    whole = "max search depth too small" not in said and "Search not completed" not in said
    failed = re.search(r"assertion violated (.*) \(at", said)
    if not errors or not states or (not whole and errors.group(1) == "0"):
        raise RuntimeError(said)
    return int(errors.group(1)), int(states.group(1)), failed.group(1) if failed else ""


def main():
    print("1..%d" % (1 + len(FAULTS)))
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="bauta-model-") as folder:
        errors, states, failed = check(folder, 0, 5)
        wrong += errors > 0
        print("%s 1 - a reader finds what was so at one time while it looked: %d states" % ("not ok" if errors else "ok", states))
        if errors:
            print("# " + failed)
        for n, (fault, name) in enumerate(FAULTS.items(), 2):
            errors, _, failed = check(folder, fault, 5)
            wrong += errors == 0
            print("%s %d - planted: %s" % ("ok" if errors else "not ok", n, name))
            print("# found by %s" % failed)
    return 1 if wrong else 0


if not shutil.which("spin"):
    print("1..0 # SKIP no spin here")
    sys.exit(0)
sys.exit(main())
