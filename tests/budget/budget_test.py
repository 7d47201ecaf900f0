#!/usr/bin/env python3
"""Instructions of decisions, creations and what is around them, counted by callgrind and compared with tests/budget/budgets.txt.

budget_test.py          compares
budget_test.py --write  writes the table: `make budgets`
budget_test.py --keep FILE  keeps callgrind's profile there, for callgrind_annotate
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DRIVER = os.environ.get("BUDGET", os.path.join(HERE, "..", "..", "build", "budget"))
TABLE = os.path.join(HERE, "budgets.txt")
MARGIN = 1.15  # of the limit over what was measured
SLACK = 0.60   # of the limit: what needs less has become cheaper, and its budget is lowered
HEAD = """# Instructions an operation, by callgrind: tests/budget/budget_test.py compares, `make budgets` writes this anew.
# What each one is: docs/performance.md, "Budgets".
# operation              measured    limit
"""
# What processors differ in is taken away, so that libc and OpenSSL choose the same code on each of them.
SAME_CODE = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-BMI2,-ERMS,-FSRM,-RTM,-AVX_Fast_Unaligned_Load,-SSSE3",
    "OPENSSL_ia32cap": "~0x1000000000000000:0",  # no AVX; nothing of CPUID's leaf 7 (AVX2, BMI, SHA)
    "LC_ALL": "C",
    "TZ": "UTC",
}


def count(profile):
    """Runs the driver once -> {operation: (instructions of all, how often)}."""
    with tempfile.TemporaryDirectory(prefix="bauta-budget-") as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + profile, "--compress-strings=no", "--compress-pos=no",
             os.path.abspath(DRIVER)],
            cwd=folder, env={"PATH": os.environ["PATH"], "HOME": folder, **SAME_CODE}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError("the driver ends with %d: %s" % (done.returncode, done.stderr[-3000:]))
    times = {name: int(n) for name, n in (line.split() for line in done.stdout.splitlines())}
    with open(profile, encoding="utf-8", errors="replace") as f:
        spent = inclusive(f)
    return {name: (spent.get(name, 0), n) for name, n in times.items()}


def inclusive(lines):
    """Of each budget_NAME(), with all it calls: `cfn=budget_NAME`, `calls=...`, then a line and the cost of those calls."""
    spent, called, cost_next = {}, None, False
    for line in lines:
        if line.startswith("cfn="):
            found = re.fullmatch(r"cfn=budget_(\w+)\n", line)
            called = found and found.group(1)
        elif line.startswith("calls="):
            cost_next = True
        elif cost_next:
            if called:
                spent[called] = spent.get(called, 0) + int(line.split()[1])
            cost_next = False
    return spent


def read_table():
    with open(TABLE, encoding="utf-8") as f:
        rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
    return {name: int(limit) for name, _, limit in rows}


def write_table(each):
    with open(TABLE, "w", encoding="utf-8") as f:
        f.write(HEAD)
        for name, instructions in each.items():
            f.write("%-22s %10d %8d\n" % (name, instructions, round(instructions * MARGIN)))


def verdict(instructions, limit):
    """None, or what is wrong."""
    if limit is None:
        return "it has no budget: `make budgets`"
    if instructions == 0:
        return "callgrind saw no such function"
    if instructions > limit:
        return "over its budget of %d: make it cheaper, or say in the commit why it must cost that (`make budgets`)" % limit
    if instructions < limit * SLACK:
        return "under %d %% of its budget of %d: lower the budget (`make budgets`)" % (SLACK * 100, limit)
    return None


def compare(each):
    limits = read_table()
    checks = [("the comparison sees what is over, what is far under, what is new",
               [verdict(n, limit) is None for n, limit in ((100, 115), (116, 115), (68, 115), (100, None), (0, 115))] ==
               [True, False, False, False, False], None)]
    for name, instructions in each.items():
        wrong = verdict(instructions, limits.get(name))
        checks.append(("%s: %d instructions" % (name, instructions), not wrong, wrong))
    gone = sorted(set(limits) - set(each))
    checks.append(("every budget is of an operation", not gone, ", ".join(gone)))
    print("1..%d" % len(checks))
    for n, (name, good, wrong) in enumerate(checks, 1):
        print("%s %d - %s" % ("ok" if good else "not ok", n, name))
        if wrong:
            print("# " + wrong)
    for name, instructions in each.items():
        if limits.get(name):
            print("# %-22s %8d of %8d (%d %%)" % (name, instructions, limits[name], 100 * instructions / limits[name]))
    return 0 if all(good for _, good, _ in checks) else 1


def main():
    keep = sys.argv[sys.argv.index("--keep") + 1] if "--keep" in sys.argv else None
    with tempfile.TemporaryDirectory(prefix="bauta-budget-") as folder:
        counted = count(os.path.abspath(keep) if keep else os.path.join(folder, "callgrind.out"))
    each = {name: round(spent / n) for name, (spent, n) in counted.items()}
    if "--write" in sys.argv:
        write_table(each)
        return 0
    return compare(each)


if __name__ == "__main__":
    sys.exit(main())
