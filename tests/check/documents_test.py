#!/usr/bin/env python3
"""Documents and the program agree: links lead somewhere, the manual pages are well formed and have every command, option
and setting."""
import os
import re
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BAUTA = os.environ.get("BAUTA", os.path.join(ROOT, "build", "bauta"))
count = failed = 0


def ok(name, wrong):
    global count, failed
    count += 1
    failed += bool(wrong)
    print("%s %d - %s" % ("not ok" if wrong else "ok", count, name))
    for line in wrong:
        print("# " + line)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def told(*words):
    return subprocess.run([BAUTA, *words], stdout=subprocess.PIPE, text=True, timeout=60).stdout


def documents():
    for folder in (".", "docs", "docs/providers"):
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            if name.endswith(".md"):
                yield os.path.join(folder, name)


def dead_links():
    for path in documents():
        for link in re.findall(r"\]\(([^)#\s]+)", read(path)):
            if "://" not in link and not os.path.exists(os.path.join(ROOT, os.path.dirname(path), link)):
                yield "%s: %s" % (path, link)


def commands(*above):
    """Every command with its help, sub-commands too."""
    block = told("help", *above).partition("\nCommands:\n")[2].partition("\n\n")[0]
    for name in re.findall(r"^  (\S+)", block, re.M):
        yield from [((*above, name), told("help", *above, name))] if above else [((name,), told("help", name)), *commands(name)]


def undocumented(page):
    page = page.replace("\\-", "-").replace("\\", "")
    for words, text in commands():
        if "\nCommands:\n" not in text and not re.search(r"\b%s\b" % words[-1], page):
            yield " ".join(words)
        for letter, option in re.findall(r"^  (?:-(.), |    )--([a-z-]+)", text, re.M):
            if not re.search(r"Fl -%s\b" % option, page) and not (letter and re.search(r"Fl %s\b" % letter, page)):
                yield "%s --%s" % (" ".join(words), option)


def unset(page):
    table = read("src/config/config_schema.c").partition("static const struct schema rows[] = {")[2].partition("\n};")[0]
    paths = re.findall(r'^\t(?:[A-Z_]+\("?|\{\.path = ")([a-z0-9_.*]+)', table, re.M)
    if len(paths) < 40:
        yield "the table of settings was not found"
    for path in paths:
        name = path.split(".")[-1]
        if name != "*" and not re.search(r"\b%s\b" % name, page):
            yield path


def providers_wrong():
    """The table of providers, and what the dialects have."""
    for row in re.findall(r"^\| \[[^]]+\]\((\S+)\.md\) \|(.*)\|$", read("docs/providers/README.md"), re.M):
        name, cells = row[0], [cell.strip() for cell in row[1].split(" | ")]
        texts = re.search(r"\.messaging = &messaging_(\w+)", read("src/provider/provider_%s.c" % name))
        wanted = "no"
        if texts:
            wanted = "in the answer" if ".answers = true" in read("src/provider/messaging_%s.c" % texts.group(1)) else "by REST"
        if cells[3] != wanted:
            yield "%s: text messages: %s, and is %s" % (name, cells[3], wanted)
        buys = os.path.exists(os.path.join(ROOT, "src/provider/inventory_%s.c" % name))
        if cells[5] != ("yes" if buys else "no"):
            yield "%s: numbers: %s" % (name, cells[5])
        if not os.path.isdir(os.path.join(ROOT, "tests/provider", name)):
            yield "%s: has no fixtures" % name
    listed = set(re.findall(r"^\| \[[^]]+\]\((\S+)\.md\)", read("docs/providers/README.md"), re.M))
    for file in sorted(os.listdir(os.path.join(ROOT, "src/provider"))):
        name = re.match(r"provider_(\w+)\.c$", file)
        if name and name.group(1) != "generic" and name.group(1) not in listed:
            yield "%s: is not in the table" % name.group(1)


def main():
    ok("links between documents lead somewhere", list(dead_links()))
    for page in ("man/bauta.1", "man/bauta.yaml.5"):
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        ok("%s is well formed" % page, lint.stdout.splitlines())
    ok("bauta(1) has every command and option", list(undocumented(read("man/bauta.1"))))
    ok("bauta.yaml(5) has every setting", list(unset(read("man/bauta.yaml.5"))))
    ok("the table of providers says what the dialects have", list(providers_wrong()))
    print("1..%d" % count)
    return 1 if failed else 0


sys.exit(main())
