#!/usr/bin/env python3
"""Each fault that `make plants` plants finds its text in the tree (tests/sim/plants.py), and docs/proof.md has its row: planting takes ten
minutes, so it is not part of every run, and would rot."""
import os
import sys

sys.dont_write_bytecode = True
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "sim"))
import plants  # noqa: E402


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def wrong(planted, proof):
    for name, file, old, new in planted:
        count = text_of(file).count(old)
        if count != 1:
            yield "%s: %s has its text %d times" % (name, file, count)
        if old == new:
            yield "%s: changes nothing" % name
        if "| %s | `%s` |" % (name, file) not in proof:
            yield "%s: docs/proof.md has no row of it" % name


def main():
    seen = len(list(wrong([("x", "Makefile", "no such text", "no such text")], ""))) == 3
    found = list(wrong(plants.PLANTS, text_of("docs/proof.md")))
    print("1..2")
    print(("ok" if seen else "not ok") + " 1 - the check sees a fault that can't be planted")
    for sentence in found:
        print("# " + sentence)
    print(("ok" if not found else "not ok") + " 2 - every fault can be planted, and is in docs/proof.md")
    return 0 if seen and not found else 1


sys.exit(main())
