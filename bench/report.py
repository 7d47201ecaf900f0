"""build/bench.json, build/bench.svg and the tables that people read. By itself: the table of docs/performance.md."""
import json
import math
import os
import statistics

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build")
ORDER = ("decision_http", "decision_http_signed", "create_vs_postgres", "create_vs_redis", "create_vs_node", "decide_vs_node",
         "events_per_s", "event_to_contact_p99_ms", "decision_dram",
         "decision_p99_under_writes", "bytes_per_session", "restart_10m_s")
median = statistics.median


def figure(number):
    return round(number, 3 if abs(number) < 10 else 1 if abs(number) < 1000 else None)


def entry(value, unit, against, ratios, goal, smaller_is_better=False, judge_value=False, ratio_of_value=False, **more):
    """`ratios`: one a round, ours to the peer's. `goal` is for their median; with `judge_value` or `ratio_of_value`
    it is for `value`, and the ratio only tells more."""
    ratio = median(ratios)
    judged = value if judge_value or ratio_of_value else ratio
    return {"value": figure(value), "unit": unit, "against": against, "ratio": figure(ratio), "goal": goal,
            "goal_is_for": "value" if judge_value or ratio_of_value else "ratio", "smaller_is_better": smaller_is_better,
            "reached": judged <= goal if smaller_is_better else judged >= goal,
            "min": figure(min(ratios)), "max": figure(max(ratios)), "runs": [figure(run) for run in ratios], **more}


def read():
    try:
        with open(os.path.join(BUILD, "bench.json")) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def write(results):
    ordered = {name: results[name] for name in ORDER if name in results}
    with open(os.path.join(BUILD, "bench.json"), "w") as file:
        json.dump(ordered, file, indent=1)
        file.write("\n")
    with open(os.path.join(BUILD, "bench.svg"), "w") as file:
        file.write(svg(ordered))


def show(results):
    print("%-26s %12s  %8s %17s %8s" % ("", "value", "ratio", "min..max", "goal"))
    for name in ORDER:
        if name in results:
            row = results[name]
            print("%-26s %12s  %8s %8s..%-7s %s %-6s %s" % (
                name, row["value"], row["ratio"], row["min"], row["max"], "<=" if row["smaller_is_better"] else ">=",
                row["goal"], "reached" if row["reached"] else "NOT reached"))


# --- the picture: how far each figure is from its goal, on a logarithmic axis; right of the line is better ---

WIDTH, ROW, LEFT, RIGHT, TOP = 960, 46, 330, 150, 64


def nearness(row, number):
    """1 is the goal, 2 is twice as good."""
    return row["goal"] / number if row["smaller_is_better"] else number / row["goal"]


def place(near):
    """x of a nearness between 1/8 and 8."""
    share = (math.log2(min(max(near, 1 / 8), 8)) + 3) / 6
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def text(x, y, words, size=13, anchor="start", colour="#222"):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return '<text x="%.1f" y="%.1f" font-size="%d" text-anchor="%s" fill="%s">%s</text>' % (
        x, y, size, anchor, colour, words)


def bar(row, y):
    judged = "value" if row["goal_is_for"] == "value" else "ratio"
    near = nearness(row, row[judged])
    colour = "#2e7d32" if row["reached"] else "#c62828"
    x, one = place(near), place(1)
    parts = ['<rect x="%.1f" y="%.1f" width="%.1f" height="18" fill="%s" fill-opacity="0.75"/>' % (
        min(x, one), y - 4, max(abs(x - one), 1), colour)]
    if judged == "ratio":
        low, high = sorted((place(nearness(row, row["min"])), place(nearness(row, row["max"]))))
        parts.append('<path d="M%.1f %.1fH%.1f" stroke="#222" stroke-width="1.5"/>' % (low, y + 5, high))
    sign = "&#8804;" if row["smaller_is_better"] else "&#8805;"
    label = text(WIDTH - RIGHT + 10, y + 10, "%s  (goal SIGN %s)" % (row[judged], row["goal"]), colour=colour)
    return parts + [label.replace("SIGN", sign)]


def svg(results):
    height = TOP + ROW * len(results) + 30
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">' % (WIDTH, height),
             '<rect width="%d" height="%d" fill="#fff"/>' % (WIDTH, height),
             text(20, 26, "Bauta against its goals", 17),
             text(20, 46, "the line is the goal; to the right is better; black: all rounds", 12, colour="#666")]
    for near, label in ((1 / 8, "1/8"), (1 / 4, "1/4"), (1 / 2, "1/2"), (1, "goal"), (2, "x 2"), (4, "x 4"), (8, "x 8")):
        x = place(near)
        parts.append('<path d="M%.1f %dV%d" stroke="%s"/>' % (x, TOP, height - 26, "#222" if near == 1 else "#ddd"))
        parts.append(text(x, height - 10, label, 11, "middle", "#666"))
    for i, (name, row) in enumerate(results.items()):
        y = TOP + ROW * i + 16
        parts += [text(20, y + 4, name), text(20, y + 19, row["against"][:58], 10, colour="#666")] + bar(row, y)
    return "\n".join(parts + ["</svg>"]) + "\n"


def markdown(results):
    lines = ["| figure | ours | against | ratio (min..max) | goal | |", "|---|---|---|---|---|---|"]
    for name, row in results.items():
        lines.append("| `%s` | %s %s | %s | %s (%s..%s) | %s %s | %s |" % (
            name, row["value"], row["unit"], row["against"], row["ratio"], row["min"], row["max"],
            "<=" if row["smaller_is_better"] else ">=", row["goal"], "reached" if row["reached"] else "**not reached**"))
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown(read()))
