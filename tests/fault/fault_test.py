#!/usr/bin/env python3
"""Each allocation, act on the disk and call of the store made to fail in turn (tests/fault/fault.h): every FAULT_STRIDE-th of each
operation here, beginning with another one for each, and every FAULT_STRIDE_ASAN-th with sanitizers, which see what leaks. Stride 1, all
of them: `make faults`."""
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAMS = [("", "build/fault", os.environ.get("FAULT_STRIDE", "4")),
            (" (sanitizers)", "build/asan/fault", os.environ.get("FAULT_STRIDE_ASAN", "40"))]


def main():
    tests, failed = 0, False
    for word, program, stride in PROGRAMS:
        path = os.path.join(ROOT, program)
        if not os.path.exists(path):
            continue
        done = subprocess.run([path], env={**os.environ, "FAULT_STRIDE": stride}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, errors="replace")
        planned = None
        for line in done.stdout.splitlines():
            test = re.match(r"(not )?ok \d+ - (.*)", line)
            if test:
                tests += 1
                print("%sok %d - %s%s" % (test[1] or "", tests, test[2], word))
            elif line.startswith("1.."):
                planned = line
            else:
                print(line)
        if done.returncode or not planned:
            failed = True
            print("# %s ends with %d" % (program, done.returncode))
    print("1..%d" % tests)
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
