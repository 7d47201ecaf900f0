#!/usr/bin/env python3
"""Includes point down only (ARCHITECTURE.md, Layers): base < core < crypto, phone, wire < provider <
bus, db, net, store < the wiring in src/*.c and its folders; edges never include each other; base and core use libc alone."""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BELOW = {
    "base": set(),
    "core": {"base"},
    "crypto": {"base", "core"},
    "phone": {"base", "core"},
    "wire": {"base", "core", "crypto"},
    "provider": {"base", "core", "crypto", "wire"},
    "net": {"base", "core", "crypto", "wire"},
    "store": {"base", "core", "crypto"},
    "bus": {"base", "core"},
    "db": {"base", "core", "wire"},
}
LIBC = set("""assert ctype errno fcntl float inttypes limits math pthread sched signal stdalign stdarg stdatomic
stdbool stddef stdint stdio stdlib stdnoreturn string time unistd sys/mman sys/types""".split())
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def wrong_in(layer, name, text):
    for kind, path in INCLUDE.findall(text):
        if kind == "<":
            if layer in ("base", "core") and path.removesuffix(".h") not in LIBC:
                yield f"{name} includes <{path}>: {layer} uses libc alone"
            continue
        target = path.split("/")[0] if "/" in path else "wiring"
        if target != layer and target not in BELOW[layer]:
            yield f'{name} includes "{path}": {layer} may not know {target}'


def scan():
    for layer in BELOW:
        folder = os.path.join(ROOT, "src", layer)
        for file in sorted(os.listdir(folder)):
            if file.endswith((".c", ".h", ".cc")):
                with open(os.path.join(folder, file), encoding="utf-8") as f:
                    yield from wrong_in(layer, f"src/{layer}/{file}", f.read())


def main():
    planted = list(wrong_in("core", "planted", '#include "store/store.h"\n#include <sqlite3.h>\n'))
    found = list(scan())
    print("1..2")
    print(("ok" if len(planted) == 2 else "not ok") + " 1 - the check sees an include that points up")
    for sentence in found:
        print("# " + sentence)
    print(("ok" if not found else "not ok") + " 2 - includes point down only")
    return 1 if found or len(planted) != 2 else 0


sys.exit(main())
