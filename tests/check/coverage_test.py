#!/usr/bin/env python3
"""What `make coverage` holds to 100 % is there (tests/coverage.txt): each function that it names, every dialect's check of a request, every
file of signatures. And an ASSERT, whose conditions aren't counted, stands on lines of its own. Nothing is run: that takes minutes."""
import os
import re
import sys

sys.dont_write_bytecode = True
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools"))
import coverage  # noqa: E402

VERIFY = re.compile(r"\.verify = (\w+),")


def source_of(path):
    return coverage.blanked(coverage.source_of(path))


def defines(source, function):
    return re.search(r"^[a-z][^;{}]*\b%s\([^;{}]*\)\s*\{" % function, source, re.M) is not None


def files_of(layer):
    return sorted("src/%s/%s" % (layer, name) for name in os.listdir(os.path.join(ROOT, "src", layer)) if name.endswith(".c"))


def not_there(named):
    for path, function in sorted(named):
        if not os.path.exists(os.path.join(ROOT, path)):
            yield "%s is not there" % path
        elif function != "*" and not defines(source_of(path), function):
            yield "%s has no %s()" % (path, function)


def not_named(named):
    """Dialects' checks of a request, wherever they are, and what is signed."""
    for path in files_of("provider"):
        if path.endswith("_signature.c") and (path, "*") not in named:
            yield "%s is not named as a whole" % path
        for function in VERIFY.findall(source_of(path)):
            if not any(name in (function, "*") and defines(source_of(where), function) for where, name in named
                       if where == path or not defines(source_of(path), function)):
                yield "%s: %s() is not named" % (path, function)


def beside_asserts():
    for layer in coverage.LAYERS:
        for path in files_of(layer) if "," not in layer else ():
            yield from ("%s:%d: something stands before an ASSERT" % (path, line) for line in coverage.beside_asserts(source_of(path)))


def tell(number, wrong, what):
    for sentence in wrong:
        print("# " + sentence)
    print("%sok %d - %s" % ("not " if wrong else "", number, what))
    return not wrong


def main():
    named = set(coverage.whole())
    planted = {("src/core/decide.c", "decides"), ("src/core/decided.c", "*")}
    seen = len(list(not_there(planted))) == 2 and len(list(not_named(set()))) > 20
    seen = seen and list(coverage.beside_asserts("	x();\n	if (y) ASSERT(z);\n")) == [2]
    print("1..4")
    good = [tell(1, [] if seen else ["it does not"], "the check sees what is planted"),
            tell(2, list(not_there(named)), "what tests/coverage.txt names is there"),
            tell(3, list(not_named(named)), "every check of a request is named in it"),
            tell(4, list(beside_asserts()), "an ASSERT stands on lines of its own")]
    return 0 if all(good) else 1


sys.exit(main())
