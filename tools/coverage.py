#!/usr/bin/env python3
"""Which branches the unit tests took, from the counters that programs of VARIANT=cov left in build/cov (`make coverage`).

    coverage.py          the tables -> build/coverage.txt, their sums on standard output; 1 if a goal is missed
    coverage.py PART     the branches that nobody took in files whose path has PART in it

Goals: 90 % of each layer in LAYERS; every branch of every function that tests/coverage.txt names.

What is a branch: each of the two ways of a condition, so both ways of every part of `a && b || c`; each arm of a switch. Programs are
compiled without optimisation, so that the machine's jumps are those of the source. Not counted are

  - the conditions of an ASSERT, as SQLite does with its ALWAYS() and NEVER(): their other way ends the program, so no test of a
    right program can take it;
  - the arm "none of them" of a switch over an enum that has no `default`: -Wswitch, an error here, asks for a case for each value.
"""
import collections
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OBJECTS = os.path.join(ROOT, "build", "cov", "obj")
TABLES = os.path.join(ROOT, "build", "coverage.txt")
WHOLE = os.path.join(ROOT, "tests", "coverage.txt")
GOAL = 90.0
# The simulated other sides, which only `bauta call`, the demo and tests use, have no goal.
LAYERS = {"core": GOAL, "provider": GOAL, "provider, simulated sides": 0.0, "base": 0.0, "crypto": 0.0, "wire": 0.0}

Line = collections.namedtuple("Line", "count function taken")


def layer_of(path):
    folder, name = path.split("/")[1:3]
    return "provider, simulated sides" if folder == "provider" and name.startswith("sim") else folder


def source_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def counters():
    for folder, _, names in os.walk(OBJECTS):
        for name in sorted(names):
            if name.endswith(".gcda"):
                yield os.path.join(folder, name)


def added(a, b):
    taken = [x + y for x, y in zip(a.taken, b.taken)] if len(a.taken) == len(b.taken) else max(a.taken, b.taken, key=len)
    return Line(a.count + b.count, a.function or b.function, taken)


def read():
    """{path: {number: Line}}; what several objects have of a header is added up."""
    files = collections.defaultdict(dict)
    for path in counters():
        out = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", path], cwd=ROOT, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for document in out.splitlines():
            for file in json.loads(document)["files"]:
                if not file["file"].startswith("src/"):
                    continue
                for line in file["lines"]:
                    taken = [branch["count"] for branch in line["branches"] if not branch["throw"]]
                    new = Line(line["count"], line.get("function_name"), taken)
                    lines, number = files[file["file"]], line["line_number"]
                    lines[number] = added(lines[number], new) if number in lines else new
    return files


# --- what counts ---

def blanked(source):
    """The source with its comments and texts blanked: as long as before, line by line."""
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.S)
    return token.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), source)


def end_of(source, at):
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(source)):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(source[i], 0)
        if depth == 0:
            return i + 1
    return len(source)


def line_at(source, at):
    return source.count("\n", 0, at) + 1


def asserts(source):
    """(does it stand on lines of its own?, first line, last line) of each ASSERT of a blanked source."""
    for match in re.finditer(r"\bASSERT\(", source):
        before = source[source.rfind("\n", 0, match.start()) + 1:match.start()]
        yield not before.strip(), line_at(source, match.start()), line_at(source, end_of(source, match.end() - 1))


def beside_asserts(source):
    """Lines where something would go uncounted because an ASSERT follows it: tests/check/coverage_test.py."""
    return [first for alone, first, _ in asserts(source) if not alone and "#define" not in source.splitlines()[first - 1]]


def lines_of_asserts(source):
    return {number for alone, first, last in asserts(source) if alone for number in range(first, last + 1)}


def lines_of_open_switches(source):
    """Of each switch over an enum that has no default."""
    numbers = set()
    for match in re.finditer(r"\bswitch \(", source):
        behind = end_of(source, match.end() - 1)
        start = source.index("{", behind)
        body = source[start:end_of(source, start)]
        labels = re.findall(r"\bcase ([^:]+):", body)
        if not re.search(r"\bdefault:", body) and all(re.fullmatch(r"[A-Z][A-Z0-9_]+", label) for label in labels):
            numbers.add(line_at(source, match.start()))
    return numbers


def counted(path, lines):
    """The same with the branches alone that count."""
    source = blanked(source_of(path))
    asserts, switches = lines_of_asserts(source), lines_of_open_switches(source)
    result = {}
    for number, line in sorted(lines.items()):
        taken = [] if number in asserts else list(line.taken)
        if number in switches and 0 in taken:
            taken.remove(0)
        result[number] = line._replace(taken=taken)
    return result


# --- tables ---

class Tally:
    def __init__(self, lines=()):
        self.lines = self.reached = self.branches = self.taken = 0
        for line in lines:
            self.lines += 1
            self.reached += line.count > 0
            self.branches += len(line.taken)
            self.taken += sum(n > 0 for n in line.taken)

    def add(self, other):
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def percent(self):
        return 100.0 * self.taken / self.branches if self.branches else 100.0

    def row(self, name, goal=0.0):
        wish = "   goal %3.0f %%%s" % (goal, "" if self.percent() >= goal else ": MISSED") if goal else ""
        return "%-44s %6d lines %5.1f %%  %6d branches %5.1f %%%s" % (
            name, self.lines, 100.0 * self.reached / max(self.lines, 1), self.branches, self.percent(), wish)


def missed(path, lines):
    source = [""] + source_of(path).splitlines()
    for number, line in sorted(lines.items()):
        if 0 in line.taken:
            yield "%s:%d: %d of %d: %s" % (path, number, sum(n > 0 for n in line.taken), len(line.taken), source[number].strip())


def whole():
    """(path, function) of tests/coverage.txt; function * is all of the file."""
    with open(WHOLE, encoding="utf-8") as f:
        for text in f:
            words = text.split("#")[0].split()
            for function in words[1:]:
                yield words[0], function


def report(files):
    """(lines of the tables, lines for standard output, are the goals met?)"""
    layers, table = {name: Tally() for name in LAYERS}, []
    for path, lines in sorted(files.items()):
        layer = layer_of(path)
        if layer not in LAYERS:
            continue
        sums = Tally(lines.values())
        layers[layer].add(sums)
        table.append(sums.row(path))
    sums_of_layers = [layers[name].row(name, LAYERS[name]) for name in LAYERS]
    good = all(layers[name].percent() >= LAYERS[name] for name in LAYERS)
    rows, left, total = [], [], Tally()
    for path, function in whole():
        lines = {n: line for n, line in files.get(path, {}).items() if function in ("*", line.function)}
        sums = Tally(lines.values())
        total.add(sums)
        rows.append(sums.row("%s %s" % (path, function), 100.0))
        left += missed(path, lines)
        good &= bool(lines) and sums.percent() == 100.0
    said = sums_of_layers + [total.row("tests/coverage.txt", 100.0)] + left
    gone = [text for path, lines in sorted(files.items()) if LAYERS.get(layer_of(path)) for text in missed(path, lines)]
    tables = ["# Layers", *sums_of_layers, "", "# What has to be whole", *rows, total.row("all of it", 100.0), "", "# Files", *table, "",
              "# Branches that no test took", *gone]
    return tables, said, good


def main():
    files = {path: counted(path, lines) for path, lines in read().items()}
    if len(sys.argv) > 1:
        for path, lines in sorted(files.items()):
            if sys.argv[1] in path:
                print("\n".join(missed(path, lines)))
        return 0
    tables, said, good = report(files)
    with open(TABLES, "w", encoding="utf-8") as f:
        f.write("\n".join(tables) + "\n")
    print("\n".join(said))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
