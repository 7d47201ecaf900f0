#!/usr/bin/env python3
"""Phone numbers in the tree come from the ranges of tests/numbers.txt and from nowhere else."""
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# A whole number: not the beginning of one that a format or a longer text completes.
NUMBER = re.compile(r"(?<![\w+])(?:\+|%2[bB])(\d{8,15})(?![\w%{.*])")
# What these test is the form of numbers: too short, too long, premium, unassigned.
FORMS = {
    "tests/unit/core/decide_test.c",
    "tests/unit/core/dialplan_test.c",
    "tests/unit/core/number_test.c",
    "tests/unit/phone/phone_test.c",
}


def ranges():
    with open(os.path.join(ROOT, "tests", "numbers.txt"), encoding="utf-8") as f:
        return [m.groups() for m in map(re.compile(r"\+(\d+)-\+(\d+)  # ").match, f) if m]


def unlisted(text, listed):
    for digits in NUMBER.findall(text):
        if not any(len(a) == len(digits) and a <= digits <= b for a, b in listed):
            yield digits


def files():
    """What git tracks; in an archive without git, everything but what is built."""
    try:
        names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], check=True, capture_output=True).stdout
        return [name for name in names.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        return [os.path.relpath(os.path.join(folder, name), ROOT)
                for folder, _, found in os.walk(ROOT) if "/build" not in folder for name in found]


def main():
    listed = ranges()
    planted = list(unlisted("call +628119998877 now", listed))
    wrong = []
    for name in files():
        try:
            with open(os.path.join(ROOT, name), encoding="utf-8") as f:
                text = f.read()
        except (OSError, UnicodeDecodeError):
            continue
        if name not in FORMS and name != "tests/check/numbers_test.py":
            wrong += [f"{name}: +{digits}" for digits in unlisted(text, listed)]
    print("1..2")
    print(("ok" if planted else "not ok") + " 1 - the check sees a number that is not listed")
    for sentence in wrong:
        print("# " + sentence)
    print(("ok" if not wrong else "not ok") + " 2 - every number is of a range in tests/numbers.txt")
    return 0 if planted and not wrong else 1


sys.exit(main())
