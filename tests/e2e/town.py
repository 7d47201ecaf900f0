"""Who lives in the tests: numbers from tests/numbers.txt, and pools that lend to them."""
import random
import time

CUSTOMER, COURIER, SECOND = "+6281234567210", "+6281298765877", "+6281211112222"
STRANGER, OTHER_STRANGER = "+14155550123", "+12025550123"
INDIAN, INDIAN_COURIER = "+919876543210", "+919876543277"
VNS = ["+6221500%05d" % i for i in range(10000)]
EXOPHONES = ["+9180471122%02d" % i for i in range(100)]
# 2,400 people from four ranges.
PEOPLE = (["+447700900%03d" % i for i in range(1000)] + ["+442079460%03d" % i for i in range(1000)] +
          ["+1%s55501%02d" % (area, i) for area in (202, 212, 415, 604) for i in range(100)])
COUNTRIES = ["ID", "IN", "GB", "US", "CA"]
WAIT_S = 30


def make_pool(api, name, vns, provider="twilio", account="main", country="ID", **policy):
    """The pool's answer; its numbers are in it. Tests ring faster than people: attempts are not counted unless said."""
    made = api.post("/v1/pools", {"name": name, "country": country, "countries": COUNTRIES, "attempts_per_minute": 0, **policy})
    assert made.status == 201, made
    numbers = [{"number": vn, "provider": provider, "account": account} for vn in vns]
    for i in range(0, len(numbers), 5000):
        added = api.post("/v1/pools/%s/numbers" % name, {"numbers": numbers[i:i + 5000]})
        assert added.status == 200 and not added.json["skipped"], added
    return made


def parties(**numbers):
    return [{"role": role, "number": number} for role, number in numbers.items()]


def vns_of(session):
    return {party["role"]: party["vn"] for party in session["parties"]}


def until(ask, good, wait_s=WAIT_S):
    """What `ask` says once it is good; the last it said if it never is. Asking takes a round trip: no sleep is needed."""
    end = time.monotonic() + wait_s
    while True:
        got = ask()
        if good(got) or time.monotonic() > end:
            return got


def seeded(tap):
    """A random generator, its seed told."""
    import os
    seed = int(os.environ.get("BAUTA_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    tap.note("BAUTA_SEED=%d" % seed)
    return random.Random(seed)
