#!/usr/bin/env python3
"""Number supply from outside, against a Twilio with a memory: syncs, purchases, budgets, faults of the provider, kills at any moment."""
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run  # noqa: E402
from openapi_check import Document  # noqa: E402
from town import parties, until  # noqa: E402
from twilio_inventory import SID, TOKEN, TwilioInventory  # noqa: E402

OWNED = ["+1212555010%d" % i for i in range(6)]
OFFERS = ["+121255501%02d" % i for i in range(20, 100)]
ELSEWHERE = "https://elsewhere.example.com/voice"
HOOK = "https://vn.example.com/hooks/twilio/main/voice"
CONFIG = """
public_url: https://vn.example.com
accounts:
  - { name: main, provider: twilio, country: US, account_sid: %s, auth_token: "%s", api_url: "%s", sync_s: %d, manage_webhooks: %s }
"""
WAIT_S = 60

tap = Tap()
document = Document()
broken = []


def observe(method, path, body, answer):
    broken.extend("%s %s -> %d: %s" % (method, path, answer.status, error) for error in document.check(method, path, answer))


def config(twilio, sync_s=0, manage="true"):
    return CONFIG % (SID, TOKEN, twilio.url(), sync_s, manage)


def client(server):
    return server.client(observe=observe)


def make_pool(api, name="ny", supply=None, **policy):
    made = api.post("/v1/pools", {"name": name, "country": "US", "countries": ["GB", "US"], "supply": dict(
        {"accounts": ["twilio/main"]}, **(supply or {})), **policy})
    assert made.status == 201, made
    return made


def pool(api, name="ny"):
    return api.get("/v1/pools/%s" % name).json


def numbers(api, name="ny", state=None):
    query = "?state=%s" % state if state else ""
    return {row["number"]: row for row in api.get("/v1/pools/%s/numbers%s" % (name, query)).json["numbers"]}


def sync(api, **order):
    """The whole report."""
    asked = api.post("/v1/accounts/twilio/main/sync", order)
    assert asked.status == 202, asked
    return until(lambda: api.get("/v1/accounts/twilio/main/sync").json,
                 lambda report: report["sync"] >= asked.json["sync"] and report["state"] in ("done", "failed"), WAIT_S)


def steps(report):
    return sorted((step["step"], step["number"]) for step in report["steps"])


def metrics(api):
    """{name and labels: value}"""
    lines = [line.rsplit(" ", 1) for line in api.get("/metrics").body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def purchases(api, **query):
    return api.get("/v1/purchases", query).json["purchases"]


def orders(api, count, begin=0, name="ny"):
    for i in range(begin, begin + count):
        answer = api.post("/v1/sessions", {"pool": name, "ref": "A-%d" % i, "parties": parties(
            customer="+447700900%03d" % i, courier="+442079460%03d" % i)})
        assert answer.status == 201, answer


def stock(api, wanted, name="ny"):
    return until(lambda: pool(api, name)["stock"], lambda got: got["total"] >= wanted, WAIT_S)


def test_sync():
    tap.note("sync")
    with TwilioInventory(owned=OWNED[:5], page=2) as twilio, Server(config(twilio)) as server:
        api = client(server)
        twilio.own(OWNED[5], capabilities={"voice": False, "sms": True, "mms": False, "fax": False})
        twilio.own("+12125550177", account_sid="AC" + "1" * 32) # another account's
        make_pool(api, supply={"join": True})
        report = sync(api, dry_run=True)
        tap.same("a dry run shows what would be done", steps(report), sorted(
            [("join", n) for n in OWNED[:5]] + [("point", n) for n in OWNED[:5]] + [("unusable", OWNED[5]), ("unusable", "+12125550177")]), report)
        twilio.lose("+12125550177")
        tap.same("and does nothing", (pool(api)["stock"]["total"], twilio.asked_for("set")), (0, []))
        report = sync(api)
        tap.same("a sync does it", (report["state"], report["counts"]["join"], report["counts"]["failed"]), ("done", 5, 0), report)
        tap.same("all of every page joined", sorted(numbers(api)), OWNED[:5])
        tap.ok("each points to us", all(twilio.owned[n]["voice_url"] == HOOK for n in OWNED[:5]))
        again = sync(api)
        tap.same("the second finds all as it should be", (again["counts"]["same"], steps(again)), (5, [("unusable", OWNED[5])]))
        twilio.lose(OWNED[0])
        report = sync(api)
        tap.same("fresh numbers need not be listed yet", steps(report), [("unusable", OWNED[5])], report)
        tap.same("no request was wrong", twilio.wrong, [])
        status, out, _ = run("number", "sync", "--dry-run", environment={"BAUTA_URL": server.url, "BAUTA_KEY": server.key})
        tap.ok("the command shows it as a diff", status == 0 and "? %s  is not active, or takes no calls" % OWNED[5] in out, out)
        status, out, _ = run("account", "list", environment={"BAUTA_URL": server.url, "BAUTA_KEY": server.key})
        tap.ok("accounts are listed", status == 0 and "twilio/main" in out and "done" in out, out)


def test_faults_of_a_list():
    tap.note("faults of a list")
    with TwilioInventory(owned=OWNED, page=2) as twilio, Server(config(twilio)) as server:
        api = client(server)
        make_pool(api, supply={"join": True})
        for how in (503, 429, "cut", "drop"):
            twilio.fail("list", how)
            report = sync(api, dry_run=True)
            tap.same("a list is asked for again after %s" % how, (report["state"], report["counts"]["join"]), ("done", 6), report)
        for how, word in ((401, "401"), ("nonsense", "incoming_phone_numbers")):
            twilio.fail("list", how)
            report = sync(api)
            tap.ok("a list that is %s fails the sync" % how, report["state"] == "failed" and word in report["error"], report)
        twilio.fail("list", "same")
        report = sync(api)
        tap.ok("a page that comes for ever is no list", report["state"] == "failed" and "twice" in report["error"], report)
        twilio.failures.clear()
        tap.same("and nothing joined by a part of it", pool(api)["stock"]["total"], 0)
        tap.same("then it is read whole", sync(api)["counts"]["join"], 6)
        twilio.own("+12125550110")
        twilio.fail("set", 400)
        report = sync(api)
        tap.same("a number that can't be pointed to us doesn't join", (report["counts"]["failed"], "+12125550110" in numbers(api)), (2, False), report)
        tap.same("it does once it can", (sync(api)["counts"]["failed"], "+12125550110" in numbers(api)), (0, True))
        twilio.fail("set", 400)
        twilio.own(OWNED[0], voice_url=ELSEWHERE)
        report = sync(api)
        tap.same("a webhook that can't be set is told", (report["counts"]["failed"], [s["failed"] for s in report["steps"]]),
                 (1, [True]), report)


def test_hand():
    tap.note("what a hand did")
    with TwilioInventory(owned=OWNED, page=50) as twilio, Server(config(twilio, manage="false")) as server:
        api = client(server)
        make_pool(api, supply={"join": True})
        report = sync(api)
        tap.same("without manage_webhooks it is only told where numbers point", (report["counts"]["point"], report["counts"]["elsewhere"]), (0, 6))
        tap.same("and none is touched", twilio.asked_for("set"), [])
        api.patch("/v1/numbers/" + OWNED[0], {"state": "disabled"})
        sync(api)
        tap.same("what a hand disabled stays so", sorted(numbers(api, state="disabled")), [OWNED[0]])


def test_water():
    tap.note("water marks")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        make_pool(api, mode="exclusive", low_water=4, high_water=8, supply={"buy": True, "area": "212", "day_max": 50})
        tap.same("an empty pool fills itself", stock(api, 8)["free"], 8)
        tap.ok("what was bought points to us", all(row["voice_url"] == HOOK for row in twilio.owned.values()))
        tap.same("no more than is wanted", len(twilio.owned), 8)
        tap.same("where no orders come numbers last", pool(api)["forecast"]["days_left"], None)
        orders(api, 3)
        tap.same("orders make it want more, at once", until(lambda: pool(api)["stock"], lambda s: s["free"] == 8, WAIT_S)["free"], 8)
        tap.same("it is as much as was used", len(twilio.owned), 14)
        rows = purchases(api)
        left = pool(api)["forecast"]["days_left"]
        tap.ok("where they come it is told how long", left is not None and left < 1, left)
        want = {'bauta_pool_wanted{tenant="main",pool="ny"}': 14, 'bauta_pool_on_order{tenant="main",pool="ny"}': 0,
                'bauta_pool_bought_day{tenant="main",pool="ny"}': 14, 'bauta_purchases_total{state="joined"}': 14,
                'bauta_purchases_total{state="failed"}': 0, 'bauta_account_buying_up{provider="twilio",account="main"}': 1,
                'bauta_account_sync_up{provider="twilio",account="main"}': 1}
        got = until(lambda: metrics(api), lambda page: all(page.get(name) == value for name, value in want.items()), WAIT_S)
        tap.same("the metrics tell it", {name: got.get(name) for name in want}, want)
        tap.ok("and how long it lasts", got['bauta_pool_days_left{tenant="main",pool="ny"}'] < 1)
        tap.ok("requests are counted", got['bauta_account_requests_total{provider="twilio",account="main"}'] >= 28)
        tap.same("every purchase is listed and over", [row["state"] for row in rows], ["joined"] * 14)
        admin = server.client(server.make_key("eyes", "admin"))
        audit = admin.get("/v1/audit?page_size=1000").json
        rows = audit[[name for name in audit if name != "next_page_token"][0]]
        tap.same("and audited", sum(row["action"] == "number.buy" for row in rows), 14, rows[:3])
        tap.same("no request was wrong", twilio.wrong, [])


def test_budget():
    tap.note("budgets")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        make_pool(api, mode="exclusive", low_water=20, supply={"buy": True, "day_max": 5})
        stock(api, 5)
        held = until(lambda: pool(api)["forecast"], lambda f: f["held_back_by"] == "day_max", WAIT_S)
        tap.same("a day's budget holds", (held["held_back_by"], held["bought_day"], len(twilio.owned)), ("day_max", 5, 5), held)
        api.patch("/v1/pools/ny", {"supply": {"day_max": 100, "total_max": 7}})
        stock(api, 7)
        held = until(lambda: pool(api)["forecast"], lambda f: f["held_back_by"] == "total_max", WAIT_S)
        tap.same("so does the total", (held["held_back_by"], len(twilio.owned)), ("total_max", 7), held)
        api.patch("/v1/pools/ny", {"supply": {"total_max": 0, "month_max": 10, "currency": "USD"}})
        held = until(lambda: api.get("/v1/accounts").json["accounts"][0], lambda a: a["buying_error"], WAIT_S)
        tap.ok("offers without a price are not taken where money is bounded", "budget" in held["buying_error"] and
               len(twilio.owned) == 7, held)
        api.patch("/v1/pools/ny", {"supply": {"month_max": None, "currency": None, "buy": False}})
        tap.same("switched off, nothing is bought", (pool(api)["forecast"]["held_back_by"], pool(api)["forecast"]["to_buy"]), ("off", 0))


def test_refusals():
    tap.note("refusals")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        twilio.fail("buy", 429)
        twilio.fail("search", 503)
        make_pool(api, mode="exclusive", low_water=2, supply={"buy": True})
        tap.same("a busy provider is asked again", stock(api, 2)["free"], 2)
        tap.same("for no more than is wanted", len(twilio.owned), 2)
    with TwilioInventory(offers=[]) as twilio, Server(config(twilio)) as server:
        api = client(server)
        make_pool(api, mode="exclusive", low_water=2, supply={"buy": True})
        account = until(lambda: api.get("/v1/accounts").json["accounts"][0], lambda a: a["buying_error"], WAIT_S)
        tap.ok("nothing on offer is told", "on offer" in account["buying_error"], account)
        held = until(lambda: pool(api)["forecast"], lambda f: f["held_back_by"] == "accounts_failing", WAIT_S)
        tap.same("and the account rests", held["held_back_by"], "accounts_failing")
        tap.same("the metrics say so", until(lambda: metrics(api), lambda page: page.get('bauta_pool_held_back{tenant="main",pool="ny"}') == 1, WAIT_S)[
            'bauta_account_buying_up{provider="twilio",account="main"}'], 0)
        tap.same("so it is not asked over and over", len(twilio.asked_for("search")), 1)
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        gone = twilio.offers[0]
        search = twilio.search

        def sold_meanwhile(handler, path, query, form, how):
            search(handler, path, query, form, how)
            if gone in twilio.offers:
                twilio.offers.remove(gone)
        twilio.search = sold_meanwhile
        make_pool(api, mode="exclusive", low_water=2, supply={"buy": True})
        tap.same("an offer that somebody else took is passed over", stock(api, 2)["free"], 2)
        failed = [row for row in purchases(api) if row["state"] == "failed"]
        tap.same("and told", [(row["number"], row["code"]) for row in failed], [(gone, "21422")], failed)


def test_lost_answers():
    tap.note("lost answers")
    for how in ("lost", "cut", 500):
        with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
            api = client(server)
            twilio.fail("buy", how)
            make_pool(api, mode="exclusive", low_water=1, supply={"buy": True})
            if how == 500: # it was not made, and nobody can tell: it stays under way
                open_ = until(lambda: purchases(api, open="true"), lambda rows: len(rows) == 1 and twilio.asked_for("list"), WAIT_S)
                tap.same("a purchase that may have been made stays open", [row["state"] for row in open_], ["intent"])
                tap.same("and is not made a second time", len(twilio.asked_for("buy")), 1)
                continue
            tap.same("a number whose purchase was answered by %s is found" % how, stock(api, 1)["free"], 1)
            tap.same("and bought once", (len(twilio.owned), len(twilio.asked_for("buy"))), (1, 1))
            tap.same("it is written down", [row["state"] for row in purchases(api)], ["joined"])


def test_kills():
    tap.note("kills")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        make_pool(api, mode="exclusive", low_water=20, high_water=20, supply={"buy": True, "day_max": 1000})
        bought = 0
        for i in range(12):
            # At the moment when a purchase has arrived: before, while or after its answer.
            with twilio.lock:
                twilio.lock.wait_for(lambda: len(twilio.asked_for("buy")) > bought or len(twilio.owned) >= 20, WAIT_S)
                bought = len(twilio.asked_for("buy"))
            api.close()
            server.stop(signal.SIGKILL)
            server.start()
            api = client(server)

        def settled(got):
            return got[0] + len(got[1]) == 20 and not any(row["number"] in twilio.owned for row in got[1])
        # A kill between an intent and its question leaves a purchase that is looked for a while: it never was.
        free, open_ = until(lambda: (pool(api)["stock"]["free"], purchases(api, open="true")), settled, WAIT_S)
        tap.same("killed again and again, the pool is full in the end", free + len(open_), 20, open_)
        tap.same("no purchase that was made is left open", [row for row in open_ if row["number"] in twilio.owned], [])
        tap.same("every number that was bought is lent", sorted(numbers(api)), sorted(twilio.owned))
        rows = purchases(api, page_size=1000)
        tap.same("none was bought twice", len({row["number"] for row in rows}), len(rows))
        tap.same("no more than was wanted", len(twilio.owned), free)
        api.close()
        server.stop()
        status, out, err = run("verify", "--data", server.data)
        tap.ok("the data folder is whole", status == 0, out, err)
        server.start()


def test_forecast():
    tap.note("forecast")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        make_pool(api, mode="exclusive", supply={"buy": True, "by": "forecast", "day_max": 100})
        tap.same("a pool that nobody asks for buys nothing", (pool(api)["forecast"]["why"], len(twilio.owned)), ("nothing", 0))
        placed = api.post("/v1/events", {"type": "order.placed", "order": "A-0", "version": 1, "pool": "ny", "parties": parties(
            customer="+447700900000")})
        tap.same("an order is placed", placed.json["applied"], 1, placed)
        tap.ok("numbers come before the courier does", stock(api, 2)["free"] >= 2)
        assigned = api.post("/v1/events", {"type": "order.assigned", "order": "A-0", "version": 2, "pool": "ny", "parties": parties(
            courier="+442079460000")})
        tap.same("the courier is assigned", assigned.json["applied"], 1)
        tap.same("and finds them", api.get("/v1/orders/A-0/contact?pool=ny&as=customer").json["state"], "live")
        until(lambda: pool(api)["forecast"], lambda f: f["to_buy"] == 0 and f["on_order"] == 0, WAIT_S)
        before = len(twilio.owned)
        api.close()
        server.stop()
        server.start()
        api = client(server)
        tap.ok("a restart remembers what came", until(lambda: pool(api)["forecast"], lambda f: f["orders_per_hour"] > 0, 5)["wanted"] >= 2)
        tap.ok("and buys no more for it", len(twilio.owned) <= before + 2, before, len(twilio.owned))


def main():
    for test in (test_sync, test_faults_of_a_list, test_hand, test_water, test_budget, test_refusals, test_lost_answers, test_kills,
                 test_forecast):
        test()
    tap.same("every answer is as documented", sorted(set(broken))[:10], [])
    tap.done()


if __name__ == "__main__":
    main()
