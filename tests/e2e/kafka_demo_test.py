#!/usr/bin/env python3
"""`bauta demo --once --kafka`: the same story, its order events through a broker, in topics of its own that are gone
afterwards; and without a broker one clear sentence."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Tap, run  # noqa: E402
from kafka import Kafka  # noqa: E402
from processes import free_port  # noqa: E402

tap = Tap()
with Kafka() as kafka:
    status, out, err = run("demo", "--once", "--kafka", kafka.brokers)
    tap.same("the story ends well", status, 0, err, *[line for line in out.splitlines() if "✗" in line])
    tap.ok("nobody was reached by mistake, nothing leaked, nothing was lost",
           all("%s  0 " % word in out for word in ("wrong person", "leaked      ", "lost        ")), out[-800:])
    left = [name for name in kafka.wire.topics() if name.startswith("bauta-demo-")]
    tap.same("its topics are removed", left, [])
status, out, err = run("demo", "--once", "--kafka", "127.0.0.1:%d" % free_port())
tap.same("without a broker it fails", status, 1)
tap.ok("and says why", "no broker answered" in err or "timed out" in err.lower(), err)
tap.done()
