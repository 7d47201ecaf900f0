#!/usr/bin/env python3
"""`bauta plan`: a table for people, JSON for programs, a plot; what is wrong is said."""
import json
import os
import sys
import tempfile
import xml.dom.minidom

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Tap, run  # noqa: E402

CITY = ["plan", "--orders-per-hour", "60", "--minutes", "30", "--busiest", "2", "--cooldown", "1h", "--stockout", "1"]
tap = Tap()

status, out, err = run(*CITY)
tap.same("a table for people", status, 0, err)
tap.ok("says how many", "This pool needs " in out and "rule of thumb" in out and "<- enough" in out, out)
with tempfile.TemporaryDirectory(prefix="bauta-test-") as folder:
    plot = os.path.join(folder, "plan.svg")
    status, out, err = run(*CITY, "--json", "--svg", plot)
    plan = json.loads(out)
    tap.same("the same for programs", status, 0, err)
    enough = [size for size in plan["sizes"] if size["vns"] == plan["vns"]]
    tap.ok("the size that it names is enough", enough and enough[0]["refused"] <= 0.01 * enough[0]["orders"], plan)
    tap.ok("all sizes are there, ascending", [size["vns"] for size in plan["sizes"]] == sorted(
        {size["vns"] for size in plan["sizes"]}), plan)
    with open(plot) as file:
        tap.same("the plot is XML", xml.dom.minidom.parseString(file.read()).documentElement.tagName, "svg")
    status, out, err = run(*CITY, "--svg", os.path.join(folder, "no", "such", "folder"))
    tap.ok("a plot that can't be written is an error", status == 1 and "can't be written" in err, status, err)
for words, sentence in ((["plan"], "--orders-per-hour and --minutes are needed"),
                        ([*CITY, "--mode", "open"], "--mode: shared or exclusive is expected"),
                        ([*CITY, "--cooldown", "soon"], "--cooldown: a time such as"),
                        ([*CITY, "--busiest", "0"], "busiest is out of range"),
                        ([*CITY, "--stockout", "lots"], "--stockout: a share in percent")):
    status, out, err = run(*words)
    tap.ok("wrong use is said: " + sentence, status == 2 and sentence in err, status, err)
status, out, err = run("plan", "--orders-per-hour", "1000000", "--minutes", "10080")
tap.ok("too much is said", status == 1 and "more than can be simulated" in err, status, err)
tap.done()
