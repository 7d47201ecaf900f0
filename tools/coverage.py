#!/usr/bin/env python3
"""What was reached of src/, from the counters that programs of VARIANT=cov left in build/cov (`make coverage`): lines and branches by
folder, and by file in core. `coverage.py PART` shows the branches that nobody took in files whose path has PART in it.

Both ways of a condition count, but for those of ASSERT, whose other way ends the program, and of what the compiler made itself.
"""
import collections
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OBJECTS = os.path.join(ROOT, "build", "cov", "obj")


def counters():
    for folder, _, names in os.walk(OBJECTS):
        for name in sorted(names):
            if name.endswith(".gcda"):
                yield os.path.join(folder, name)


def read():
    """{path: {line: (count, [branch counts])}}; what several objects have of a header is added up."""
    files = collections.defaultdict(dict)
    for path in counters():
        out = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", path], cwd=ROOT, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for document in out.splitlines():
            for file in json.loads(document)["files"]:
                if not file["file"].startswith("src/"):
                    continue
                lines = files[file["file"]]
                for line in file["lines"]:
                    taken = [branch["count"] for branch in line["branches"] if not branch["throw"]]
                    count, old = lines.get(line["line_number"], (0, []))
                    both = [a + b for a, b in zip(old, taken)] if len(old) == len(taken) else max(old, taken, key=sum)
                    lines[line["line_number"]] = (count + line["count"], both)
    return files


class Tally:
    def __init__(self):
        self.lines = self.reached = self.branches = self.taken = 0

    def add(self, other):
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def row(self, name):
        return "%-34s %6d lines %6.1f %%   %6d branches %6.1f %%" % (
            name, self.lines, 100 * self.reached / max(self.lines, 1), self.branches, 100 * self.taken / max(self.branches, 1))


def tally(path, lines, show):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        source = [""] + f.read().splitlines()
    sums = Tally()
    for number, (count, taken) in sorted(lines.items()):
        sums.lines += 1
        sums.reached += count > 0
        if "ASSERT(" in source[number]:
            continue
        sums.branches += len(taken)
        sums.taken += sum(n > 0 for n in taken)
        if show and (count == 0 or 0 in taken):
            print("%s:%d: %s: %s" % (path, number, "never" if count == 0 else "%d of %d" % (sum(n > 0 for n in taken), len(taken)),
                                     source[number].strip()))
    return sums


def main():
    show = sys.argv[1] if len(sys.argv) > 1 else None
    folders, core, whole = collections.defaultdict(Tally), [], Tally()
    for path, lines in sorted(read().items()):
        sums = tally(path, lines, show and show in path)
        folders[os.path.dirname(path)].add(sums)
        whole.add(sums)
        if path.startswith("src/core/"):
            core.append(sums.row(path))
    print("\n".join(core + [""] + [sums.row(folder) for folder, sums in sorted(folders.items())] + [whole.row("all")]))


if __name__ == "__main__":
    main()
