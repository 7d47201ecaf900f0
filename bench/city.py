#!/usr/bin/env python3
"""The week of a city (tests/e2e/city_driver.c), its stock kept in several ways: docs/city.svg, and a table on stdout for docs/supply.md."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CITY = os.path.join(ROOT, "build", "e2e", "city_driver")
SEEDS = range(1, 4)
PEAKS = (6, 90, 600)
WAYS = (("forecast", 1000, 0), ("water", 10, 20), ("water", 60, 120), ("water", 300, 360))
SHOWN = 90
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 420, 60, 150, 60, 46
COLOURS = ("#1565c0", "#c62828", "#ef6c00", "#6a1b9a")


def run(peak, way, seed):
    """The rows of the week's hours, the waits of all weeks, the totals."""
    out = subprocess.run([CITY, str(peak), *map(str, way), str(seed)], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    hours = [dict(zip(out[0].split("\t"), map(int, line.split("\t")))) for line in out[1:] if line[0].isdigit()]
    weeks = [dict((word.split(" ")[0], int(word.split(" ")[1])) for word in line.split("\t")[1:]) for line in out if line.startswith("week")]
    totals = dict((word.split(" ")[0], float(word.split(" ")[1])) for word in out[-1].split("\t")[1:])
    return hours, weeks, totals


def name_of(way):
    return "forecast, 0.1 %" if way[0] == "forecast" else "water marks %d/%d" % way[1:]


def table():
    lines = ["| a busy hour | kept by | orders that waited, weeks 2 to 5 | the longest, in week 5 | numbers at the end | of the most in use |",
             "|---|---|---|---|---|---|"]
    for peak in PEAKS:
        for way in WAYS:
            runs = [run(peak, way, seed) for seed in SEEDS]
            orders = sum(week["orders"] for _, weeks, _ in runs for week in weeks[1:])
            waited = sum(week["waited"] for _, weeks, _ in runs for week in weeks[1:])
            share = "none of %s" % format(orders, ",") if waited == 0 else "%s of %s (%.2g %%)" % (
                format(waited, ","), format(orders, ","), 100 * waited / orders)
            lines.append("| %d orders | %s | %s | %s | %d | %.2f x |" % (
                peak, name_of(way), share, "-" if not any(t["longest_s"] for _, _, t in runs) else
                "%d s" % max(t["longest_s"] for _, _, t in runs), sum(t["total"] for _, _, t in runs) / len(runs),
                sum(t["total"] / t["most_in_use"] for _, _, t in runs) / len(runs)))
    return "\n".join(lines)


def text(x, y, words, size=12, anchor="start", colour="#222"):
    return '<text x="%.1f" y="%.1f" font-size="%d" text-anchor="%s" fill="%s">%s</text>' % (x, y, size, anchor, colour, words)


def svg():
    runs = [run(SHOWN, way, SEEDS[0])[0] for way in WAYS]
    most = max(hour["total"] for hours in runs for hour in hours) * 1.05

    def x_of(hour):
        return LEFT + (WIDTH - LEFT - RIGHT) * hour / 168

    def y_of(n):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * n / most

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">' % (WIDTH, HEIGHT),
             '<rect width="%d" height="%d" fill="#fff"/>' % (WIDTH, HEIGHT),
             text(LEFT, 24, "The fifth week of a city: %d orders in a busy hour at first, 8 %% more each week" % SHOWN, 15),
             text(LEFT, 42, "numbers in the pool, by how it is kept; grey: in use; ticks below: orders that waited", 12, colour="#666")]
    for n in range(0, int(most) + 1, 100 if most < 1200 else 500):
        parts += ['<path d="M%d %.1fH%d" stroke="#eee"/>' % (LEFT, y_of(n), WIDTH - RIGHT), text(LEFT - 6, y_of(n) + 4, n, 11, "end", "#666")]
    for day, name in enumerate(("Mon", "Tue", "Wed, rain", "Thu", "Fri, outage", "Sat", "Sun")):
        parts += ['<path d="M%.1f %dV%d" stroke="#ddd"/>' % (x_of(day * 24), TOP, HEIGHT - BOTTOM),
                  text(x_of(day * 24 + 12), HEIGHT - 10, name, 11, "middle", "#666")]
    use = " ".join("L%.1f %.1f" % (x_of(hour["hour"] + 0.5), y_of(hour["most_in_use"])) for hour in runs[0])
    parts.append('<path d="M%.1f %.1f%sL%.1f %.1fZ" fill="#bbb" fill-opacity="0.5"/>' % (x_of(0), y_of(0), use, x_of(168), y_of(0)))
    for way, hours, colour in zip(WAYS, runs, COLOURS):
        line = " ".join("L%.1f %.1f" % (x_of(hour["hour"] + 1), y_of(hour["total"])) for hour in hours)
        parts.append('<path d="M%s" fill="none" stroke="%s" stroke-width="2"/>' % (line[1:], colour))
        parts.append(text(WIDTH - RIGHT + 8, y_of(hours[-1]["total"]) + 4, name_of(way), 12, colour=colour))
        parts += ['<path d="M%.1f %dv8" stroke="%s" stroke-width="2"/>' % (x_of(hour["hour"] + 0.5), HEIGHT - BOTTOM + 2, colour)
                  for hour in hours if hour["waited"]]
    return "\n".join(parts + ["</svg>"]) + "\n"


if __name__ == "__main__":
    with open(os.path.join(ROOT, "docs", "city.svg"), "w", encoding="utf-8") as f:
        f.write(svg())
    sys.stdout.write(table() + "\n")
