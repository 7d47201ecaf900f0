"""Does a series of samples grow? By the median of the slopes between all pairs of them (Theil and Sen), which single outliers
and what goes up and down again don't move."""
import statistics


def slope(points):
    """Of (x, y) pairs; 0 of fewer than two."""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(points) for b in points[i + 1:] if b[0] != a[0]]
    return statistics.median(slopes) if slopes else 0.0


def judge(points, part, least):
    """The growth over the whole time, and what it may be: `part` of the median, but `least` at any rate. Less at the end is no growth."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    growth = slope(points) * (max(xs) - min(xs)) if points else 0.0
    limit = max(part * statistics.median(ys), least) if points else least
    return {"median": statistics.median(ys) if ys else None, "min": min(ys, default=None), "max": max(ys, default=None),
            "growth": growth, "limit": limit, "flat": growth <= limit}
