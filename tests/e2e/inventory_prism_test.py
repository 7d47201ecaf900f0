#!/usr/bin/env python3
"""Inventory clients against Prism, which serves the providers' own OpenAPI documents: it judges our requests by them (a request that
doesn't fit is 422, 400 or 404) and answers with their examples, which we have to understand.

The documents are not part of this tree: the folder with them is SPECS, else ../shared/specs. Prism is an npm package (tests/npm/prism).
"""
import json
import os
import queue
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import ROOT, Tap  # noqa: E402
from npm_packages import installed  # noqa: E402
from processes import free_port  # noqa: E402

SPECS = os.environ.get("SPECS", os.path.join(ROOT, "..", "shared", "specs"))
DRIVER = os.path.join(ROOT, "build", "e2e", "inventory_driver")
WAIT_S = 120
NUMBER, UK = "+15005550006", "+447700900000"

tap = Tap()


class Prism:
    """`prism mock` of one document on a free port; its own process, so that it ends by its pid."""

    def __init__(self, spec):
        self.port = free_port()
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [os.path.join(installed("prism"), "node_modules", ".bin", "prism"), "mock", "-h", "127.0.0.1", "-p", str(self.port),
             os.path.join(SPECS, spec)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self.read, daemon=True).start()
        while "listening" not in self.lines.get(timeout=WAIT_S):
            pass

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("Prism is listening no more")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        self.process.wait()

    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def said(self):
        """What it said since the last time: the violations that it saw are in there."""
        lines = []
        while not self.lines.empty():
            lines.append(self.lines.get())
        return lines


def ask(provider, prism, *arguments):
    prism.said()
    done = subprocess.run([DRIVER, provider, prism.url(), *arguments], stdout=subprocess.PIPE, text=True, timeout=WAIT_S, check=True)
    answer = json.loads(done.stdout)
    answer["violations"] = [line.strip() for line in prism.said() if "Violation: request" in line]
    return answer


def fits(provider, prism, *arguments, outcomes=("done",), **wanted):
    """The request is what the document wants, the answer is read, and `wanted` is in it."""
    name = "%s: %s" % (provider, " ".join(arguments))
    answer = ask(provider, prism, *arguments)
    good = not answer["failed"] and not answer["violations"] and answer.get("outcome") in outcomes
    for what, count in wanted.items():
        good = good and (len(answer[what]) if isinstance(answer[what], list) else bool(answer[what])) >= count
    tap.ok(name, good, json.dumps(answer, indent=1))
    return answer


def test_twilio(prism):
    numbers = fits("twilio", prism, "list", numbers=1)["numbers"]
    tap.ok("twilio: the list says where a number points", all(n["hook_told"] for n in numbers), numbers)
    fits("twilio", prism, "find", NUMBER, numbers=1)
    fits("twilio", prism, "search", "US", offers=1)
    fits("twilio", prism, "search", "GB", "mobile", offers=0)
    fits("twilio", prism, "buy", NUMBER, bought=1)
    fits("twilio", prism, "point", NUMBER, "PN" + "0" * 32)
    fits("twilio", prism, "point_texts", NUMBER, "PN" + "0" * 32)
    fits("twilio", prism, "release", NUMBER, "PN" + "0" * 32)


def test_telnyx(prism):
    fits("telnyx", prism, "list", numbers=1)
    fits("telnyx", prism, "list", "2", numbers=1)
    fits("telnyx", prism, "find", NUMBER)
    fits("telnyx", prism, "search", "US", offers=1)
    bought = fits("telnyx", prism, "buy", NUMBER, outcomes=("pending",))
    tap.ok("telnyx: a purchase is an order to ask about", bought["order"], bought)
    fits("telnyx", prism, "order", "12ade33a-21c0-473b-b055-b3c836e1c292", outcomes=("pending",))
    fits("telnyx", prism, "point", NUMBER, "1293384261075731499")
    fits("telnyx", prism, "release", NUMBER, "1293384261075731499")


def test_plivo(prism):
    fits("plivo", prism, "list", numbers=1)
    fits("plivo", prism, "find", NUMBER)
    fits("plivo", prism, "search", "US", offers=1)
    fits("plivo", prism, "buy", NUMBER, outcomes=("done", "pending"))
    fits("plivo", prism, "point", NUMBER, NUMBER[1:])
    fits("plivo", prism, "application")
    fits("plivo", prism, "application_texts")
    fits("plivo", prism, "release", NUMBER, NUMBER[1:])


def test_vonage(prism):
    fits("vonage", prism, "list", numbers=1)
    fits("vonage", prism, "find", UK)
    fits("vonage", prism, "search", "GB", "mobile", outcomes=("done", "unreadable"))
    fits("vonage", prism, "buy", UK)
    fits("vonage", prism, "point", UK, UK[1:])
    fits("vonage", prism, "release", UK, UK[1:])


def test_the_judge(prism):
    """That it judges at all: a request that doesn't fit is seen."""
    answer = ask("vonage", prism, "list")
    tap.ok("a request to another provider's document is refused", answer["violations"] or answer.get("outcome") != "done", answer)


def main():
    specs = {"twilio": "twilio_numbers.json", "telnyx": "telnyx_numbers.json", "plivo": "plivo_numbers.json", "vonage": "vonage_numbers.json"}
    missing = [spec for spec in specs.values() if not os.path.exists(os.path.join(SPECS, spec))]
    if missing:
        tap.skip("requests against the providers' documents", "no %s in %s; SPECS=FOLDER says where they are" % (missing[0], SPECS))
        tap.done()
    for provider, spec in specs.items():
        with Prism(spec) as prism:
            globals()["test_" + provider](prism)
            if provider == "twilio":
                test_the_judge(prism)
    tap.done()


if __name__ == "__main__":
    main()
