"""build/soak.svg: what a soak's samples were, a small plot each, all from nothing upwards."""
from report import text

WIDTH, HEIGHT, COLUMNS, LEFT, TOP, GAP = 960, 110, 3, 24, 70, 26
MIB = 1 << 20


def series(result):
    """(title, [(minute, value)], how it is written)"""
    samples = result["samples"]
    found = [("resident memory, MiB", [(row["at_s"] / 60, row["rss_bytes"] / MIB) for row in samples]),
             ("descriptors", [(row["at_s"] / 60, row["descriptors"]) for row in samples]),
             ("threads", [(row["at_s"] / 60, row["threads"]) for row in samples]),
             ("database, MiB", [(row["at_s"] / 60, row["database_bytes"] / MIB) for row in samples]),
             ("write-ahead log, MiB", [(row["at_s"] / 60, row["wal_bytes"] / MIB) for row in samples])]
    for kind in ("call_twilio", "call_exotel", "event", "open"):
        lines = [line for line in result["intervals"] if kind in line["kinds"]]
        found.append(("%s: p99, ms" % kind, [(line["at_s"] / 60, line["kinds"][kind]["p99_ms"]) for line in lines]))
    for table in samples[-1]["rows"]:
        if max(row["rows"][table] for row in samples) > 50:
            found.append(("rows of %s" % table, [(row["at_s"] / 60, row["rows"][table]) for row in samples]))
    return found


def plot(title, points, x, y, width, minutes):
    most = max(value for _, value in points) * 1.15 or 1
    line = " ".join("%s%.1f %.1f" % ("L" if i else "M", x + width * minute / minutes, y + HEIGHT - HEIGHT * value / most)
                    for i, (minute, value) in enumerate(points))
    return [text(x, y - 6, "%s: %.4g" % (title, points[-1][1]), 12),
            '<path d="M%.1f %.1fv%d h%.1f" fill="none" stroke="#bbb"/>' % (x, y, HEIGHT, width),
            '<path d="%s" fill="none" stroke="#1565c0" stroke-width="1.5"/>' % line]


def svg(result):
    found = [one for one in series(result) if one[1]]
    rows = (len(found) + COLUMNS - 1) // COLUMNS
    height = TOP + rows * (HEIGHT + GAP + 10) + 10
    width = (WIDTH - LEFT * (COLUMNS + 1)) / COLUMNS
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">' % (WIDTH, height),
             '<rect width="%d" height="%d" fill="#fff"/>' % (WIDTH, height),
             text(LEFT, 24, "%g minutes of steady traffic" % result["minutes"], 16),
             text(LEFT, 42, "each from nothing upwards, and its last value; from left to right all minutes", 12, colour="#666")]
    for i, (title, points) in enumerate(found):
        x = LEFT + (i % COLUMNS) * (width + LEFT)
        parts += plot(title, points, x, TOP + (i // COLUMNS) * (HEIGHT + GAP + 10), width, result["minutes"])
    return "\n".join(parts + ["</svg>"]) + "\n"
