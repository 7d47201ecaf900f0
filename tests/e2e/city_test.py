#!/usr/bin/env python3
"""A city's weeks, its stock kept by forecast: the real engine and book, a simulated provider (city_driver.c). One policy for a town and a
city; that the city can run dry is seen with water marks that are too low for it."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "bench")]
import city  # noqa: E402
from bauta import Tap  # noqa: E402

tap = Tap()

for peak, seed in ((6, 11), (40, 12)):
    hours, weeks, totals = city.run(peak, ("forecast", 1000, 0), seed)
    orders, waited = (sum(week[key] for week in weeks[1:]) for key in ("orders", "waited"))
    tap.ok("%d orders in a busy hour: at most one in a thousand waits once a week is known" % peak, waited * 1000 <= orders, orders, waited)
    tap.ok("and the stock is no more than three times what is most in use", totals["total"] <= 3 * totals["most_in_use"], totals)
    tap.same("and every hour of the week was told", len(hours), 168)
_, weeks, _ = city.run(40, ("water", 4, 6), 12)
tap.ok("marks that are too low let orders wait", sum(week["waited"] for week in weeks) * 1000 > 2 * sum(week["orders"] for week in weeks), weeks)
tap.done()
