#!/usr/bin/env python3
"""Number supply against every provider's API with a memory, side by side: lists of several pages, what goes wrong with them, purchases,
answers that are lost, offers that are gone, orders that take their time. (supply_test.py goes further, with Twilio alone.)"""
import concurrent.futures
import os
import signal
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bandwidth_inventory import BandwidthInventory  # noqa: E402
from bauta import Server, Tap  # noqa: E402
from exotel_inventory import ExotelInventory  # noqa: E402
from openapi_check import Document  # noqa: E402
from plivo_inventory import PlivoInventory  # noqa: E402
from telnyx_inventory import TelnyxControlInventory, TelnyxInventory  # noqa: E402
from town import until  # noqa: E402
from twilio_inventory import TwilioInventory  # noqa: E402
from vonage_inventory import VonageInventory  # noqa: E402

PROVIDERS = (TwilioInventory, TelnyxInventory, PlivoInventory, VonageInventory, ExotelInventory, BandwidthInventory)
WAIT_S = 120
CUSTOMER, COURIER = "+14155550123", "+14155550199"

document = Document()


class Lines(Tap):
    """What a provider's tests came to, kept until it is its turn to be told."""

    def __init__(self, name):
        super().__init__()
        self.name, self.told, self.broken = name, [], []

    def ok(self, name, good, *why):
        self.told.append(("%s: %s" % (self.name, name), good, why))
        return good

    def observe(self, method, path, _, answer):
        self.broken += ["%s %s -> %d: %s" % (method, path, answer.status, error) for error in document.check(method, path, answer)]


class Shop:
    """A server with one account, at that fake."""

    def __init__(self, tap, fake, **account):
        self.tap, self.fake = tap, fake
        self.server = Server("public_url: https://vn.example.com\naccounts:\n" + fake.config(**account))

    def __enter__(self):
        self.server.start()
        self.api = self.server.client(observe=self.tap.observe)
        self.path = "/v1/accounts/%s/main/sync" % self.fake.NAME
        return self

    def __exit__(self, *exception):
        self.server.__exit__(*exception)
        self.tap.same("no request was wrong", self.fake.wrong, [])

    def again(self, how, change=None):
        """Ends the server and starts it again, its database changed meanwhile; how it ended."""
        self.api.close()
        status = self.server.stop(how)
        if change:
            store = sqlite3.connect(os.path.join(self.server.data, "bauta.db"))
            with store:
                store.execute(change)
            store.close()
        self.server.start()
        self.api = self.server.client(observe=self.tap.observe)
        return status

    def pool(self, supply, **policy):
        made = self.api.post("/v1/pools", {
            "name": "p", "country": self.fake.COUNTRY, "countries": ["GB", "IN", "US"],
            "supply": dict({"accounts": [self.fake.NAME + "/main"]}, **supply), **policy})
        assert made.status == 201, made

    def buying(self, wanted, messages=False, **supply):
        self.pool(dict({"buy": True, "area": self.fake.AREA, "day_max": 50}, **supply), mode="exclusive", low_water=wanted, messages=messages)

    def begin_sync(self, **order):
        asked = self.api.post(self.path, order)
        assert asked.status == 202, asked
        return asked.json["sync"]

    def sync(self, **order):
        number = self.begin_sync(**order)
        return until(lambda: self.api.get(self.path).json,
                     lambda report: report["sync"] >= number and report["state"] in ("done", "failed"), WAIT_S)

    def stock(self, wanted):
        return until(lambda: self.api.get("/v1/pools/p").json["stock"], lambda got: got["total"] >= wanted, WAIT_S)

    def numbers(self):
        return sorted(row["number"] for row in self.api.get("/v1/pools/p/numbers", {"page_size": 1000}).json["numbers"])

    def purchases(self):
        return self.api.get("/v1/purchases").json["purchases"]

    def error(self):
        return until(lambda: self.api.get("/v1/accounts").json["accounts"][0], lambda a: a["buying_error"], WAIT_S)["buying_error"]


def asked_to_buy(fake):
    return [(entry.path, str(entry.form)) for entry in fake.asked_for("buy")]


def test_sync(tap, make):
    with make(page=make.PAGE) as fake, Shop(tap, fake) as shop:
        for i, number in enumerate(make.MANY):
            fake.own(number, **(fake.OURS if i > 2 else {}))
        shop.pool({"join": True})
        report = shop.sync(dry_run=True)
        tap.same("a dry run finds all of every page", (report["listed"], report["counts"]["join"]), (len(make.MANY),) * 2, report["error"])
        tap.same("and does nothing", (shop.numbers(), fake.asked_for("set")), ([], []))
        report = shop.sync()
        tap.same("a sync does it", (report["state"], report["counts"]["join"], report["counts"]["failed"]), ("done", len(make.MANY), 0), report)
        tap.same("every number is in the stock", shop.numbers(), sorted(make.MANY))
        tap.same("each points to us", [n for n in make.MANY if not fake.points_to_us(n)], [])
        again = shop.sync()
        tap.same("the second finds all as it should be", (again["counts"]["same"], again["steps"]), (len(make.MANY), []), again)


def strays(fake):
    """Numbers whose texts don't come to us."""
    return [number for number in fake.owned if not fake.texts_to_us(number)]


def test_texts(tap, make):
    per_number = bool(make.TEXTS)
    with make(owned=make.OWNED[:3]) as fake, Shop(tap, fake) as shop:
        shop.pool({"join": True})
        shop.sync()
        tap.ok("the application has our URLs for calls", fake.application_is_ours("calls"), fake.applications)
        tap.same("where no pool has texts, nothing of them is touched",
                 ("texts" in fake.applications, len(strays(fake))), (False, 3 if per_number else 0))
        shop.api.patch("/v1/pools/p", {"messages": True})
        report = shop.sync()
        tap.same("once one has, its numbers' texts come to us", (report["counts"]["point"], report["counts"]["failed"], strays(fake)),
                 (3 if per_number else 0, 0, []), report)
        tap.same("it is told that it was their texts", {step["why"] for step in report["steps"]}, {"texts"} if per_number else set(), report)
        tap.ok("and the application has our URLs for them", fake.application_is_ours("texts"), fake.applications)
        before, again = len(fake.asked), shop.sync()
        tap.same("then all is as it should be", (again["counts"]["same"], again["steps"]), (3, []), again)
        tap.same("and nothing is set again", {entry.what for entry in fake.asked[before:]} - {"list", "one"}, set())
        fake.own(make.OWNED[3])
        report = shop.sync()
        tap.same("one that joins later has its texts with us", (report["counts"]["join"], report["counts"]["failed"], strays(fake)), (1, 0, []), report)
    with make(owned=make.OWNED[:2]) as fake, Shop(tap, fake, manage="false") as shop:
        shop.pool({"join": True}, messages=True)
        for number in make.OWNED[:2]:
            fake.owned[number].update(fake.OURS)
        report = shop.sync()
        tap.same("without manage_webhooks it is only told where texts go", (report["counts"]["elsewhere"], len(strays(fake)), fake.applications),
                 (2 if per_number else 0, 2 if per_number else 0, {}), report)
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        shop.buying(2, messages=True)
        shop.stock(2)
        tap.same("what is bought for a pool with texts has them with us before it is lent", strays(fake), [])


def test_a_text(tap, make):
    with make(owned=make.OWNED[:3]) as fake, Shop(tap, fake) as shop:
        shop.pool({"join": True}, messages=True)
        shop.sync()
        session = shop.api.post("/v1/sessions", {"pool": "p", "ref": "A-1", "parties": [
            {"role": "customer", "number": CUSTOMER}, {"role": "courier", "number": COURIER}]})
        tap.same("a session has numbers of the list", session.status, 201, session)
        shop.api.post("/v1/sessions/%s/messages" % session.json["id"], {"to_role": "customer", "body": "It is near"})
        row = until(lambda: shop.api.get("/v1/messages").json["messages"][0], lambda row: row["state"] != "queued", WAIT_S)
        tap.same("one api_url is for numbers and for texts", (row["state"], len(fake.asked_for("text"))), ("sent", 1), row)


def test_texts_that_fail(tap, make):
    with make(owned=make.OWNED[:1]) as fake, Shop(tap, fake) as shop:
        shop.pool({"join": True}, messages=True)
        fake.owned[make.OWNED[0]].update(fake.OURS)
        fake.fail("set_texts" if make is not TwilioInventory else "set", 422)
        report = shop.sync()
        tap.same("a number whose texts can't be had doesn't join", (report["counts"]["failed"], shop.numbers()), (2, []), report)
        report = shop.sync()
        tap.same("it does once they can", (report["counts"]["failed"], shop.numbers()), (0, make.OWNED[:1]), report)


def test_an_application_that_fails(tap, make):
    with make(owned=make.OWNED[:1]) as fake, Shop(tap, fake) as shop:
        shop.pool({"join": True}, messages=True)
        fake.fail("application_texts", 422)
        tap.same("a sync goes on though the application's texts can't be set", shop.sync()["state"], "done")
        tap.same("they aren't", fake.application_is_ours("texts"), False)
        shop.sync()
        tap.ok("the next one sets them", fake.application_is_ours("texts"), fake.applications)


def test_faults_of_a_list(tap, make):
    with make(owned=make.MANY, page=make.PAGE) as fake, Shop(tap, fake, manage="false") as shop:
        shop.pool({"join": True})
        for how in (503, 429, "cut", "drop"):
            fake.fail("list", how)
            report = shop.sync(dry_run=True)
            tap.same("a list is asked for again after %s" % how, (report["state"], report["listed"]), ("done", len(make.MANY)), report)
        for how in (401, "nonsense", "same", "twice"):
            fake.fail("list", how)
            report = shop.sync()
            tap.same("a list that is %s fails the sync" % how, report["state"], "failed", report)
            fake.failures.clear()
        tap.same("and nothing joined by a part of it", shop.numbers(), [])
        tap.same("then it is read whole", shop.sync()["counts"]["join"], len(make.MANY))


def test_water(tap, make):
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        shop.buying(3)
        tap.same("an empty pool fills itself", shop.stock(3)["free"], 3)
        tap.same("with what was bought", shop.numbers(), sorted(fake.owned))
        tap.same("each points to us", [n for n in fake.owned if not fake.points_to_us(n)], [])
        tap.same("each was asked for once", len(set(asked_to_buy(fake))), len(asked_to_buy(fake)))
        tap.same("it is written down", [row["state"] for row in shop.purchases()], ["joined"] * 3)


def test_lost_answers(tap, make):
    for how in ("lost", "cut"):
        with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
            fake.fail("buy", how)
            shop.buying(1)
            tap.same("a number whose purchase was answered by %s is found" % how, shop.stock(1)["free"], 1)
            tap.same("and bought once", (len(fake.owned), len(fake.asked_for("buy"))), (1, 1))
            tap.same("it points to us", [n for n in fake.owned if not fake.points_to_us(n)], [])
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.fail("buy", 500)
        shop.buying(1)
        rows = until(shop.purchases, lambda rows: rows and fake.asked_for("list"), WAIT_S)
        tap.same("a purchase that may have been made stays open", [row["state"] for row in rows], ["intent"])
        tap.same("and is not made a second time", len(fake.asked_for("buy")), 1)


def test_refusals(tap, make):
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.fail("buy", 429)
        fake.fail("search", 503)
        search, gone = fake.search, fake.offers[0]

        def sold_meanwhile(handler, path, query, form, how):
            search(handler, path, query, form, how)
            if gone in fake.offers:
                fake.offers.remove(gone)
        fake.search = sold_meanwhile
        shop.buying(1)
        tap.same("a busy provider is asked again, an offer that is gone passed over", shop.stock(1)["free"], 1)
        tap.same("no more is bought than is wanted", len(fake.owned), 1)
        failed = [row for row in shop.purchases() if row["state"] == "failed"]
        tap.same("what was gone is told", [(row["number"], row["code"]) for row in failed], [(gone, make.REFUSED)], failed)
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.fail("search", 401)
        shop.buying(1)
        tap.ok("missing rights are told", "401" in shop.error())
        tap.same("and nobody insists", (len(fake.asked_for("search")), len(fake.asked_for("buy"))), (1, 0))


def test_slow_orders(tap, make):
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.pending = 2
        shop.buying(1)
        tap.same("an order that takes its time is waited for", shop.stock(1)["free"], 1)
        tap.same("and made once", (len(fake.owned), len(fake.asked_for("buy"))), (1, 1))
        tap.same("its number points to us", [n for n in fake.owned if not fake.points_to_us(n)], [])
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.pending = 3
        shop.buying(1)
        until(shop.purchases, lambda rows: rows and rows[0]["state"] == "pending", WAIT_S)
        shop.again(signal.SIGKILL)
        tap.same("it is waited for after a kill too", shop.stock(1)["free"], 1)
        tap.same("and not made again", (len(fake.owned), len(fake.asked_for("buy"))), (1, 1))
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.pending = 1000000
        shop.buying(1, day_max=1)
        until(shop.purchases, lambda rows: rows and rows[0]["state"] == "pending", WAIT_S)
        shop.again(signal.SIGTERM, "UPDATE purchase SET at_ms = at_ms - 31 * 86400000")
        row = until(shop.purchases, lambda rows: rows[-1]["code"], WAIT_S)[-1]
        tap.same("but not for ever", (row["state"], row["code"]), ("failed", "lost"), row)


def test_a_stop(tap, make):
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.fail("buy", "held")
        shop.buying(1)
        with fake.lock:
            fake.lock.wait_for(lambda: fake.asked_for("buy"), WAIT_S)
        tap.same("a stop doesn't wait for a provider that doesn't answer", shop.again(signal.SIGTERM), 0)
        rows = until(shop.purchases, lambda rows: rows and fake.asked_for("list"), WAIT_S)
        tap.same("after it the purchase is looked for", [row["state"] for row in rows], ["intent"])
        tap.same("and not made a second time", len(fake.asked_for("buy")), 1)
    with make(offers=make.OFFERS) as fake, Shop(tap, fake) as shop:
        fake.fail("buy", 429)
        shop.buying(1)
        with fake.lock:
            fake.lock.wait_for(lambda: fake.asked_for("buy"), WAIT_S)
        shop.again(signal.SIGTERM)
        tap.same("what was stopped before it was asked for is not waited for", shop.stock(1)["free"], 1)
        tap.same("and bought once", len(fake.owned), 1)


def run_all(make):
    tap = Lines(make.NAME)
    tests = [test_sync, test_texts, test_faults_of_a_list, test_water, test_lost_answers, test_refusals, test_a_stop]
    tests += [test_a_text] if make is not ExotelInventory else [] # whose texts are not spoken
    tests += [test_texts_that_fail] if make.TEXTS else []
    tests += [test_an_application_that_fails] if make in (TelnyxInventory, BandwidthInventory) else []
    try:
        for test in tests + ([test_slow_orders] if make.SLOW else []):
            test(tap, make)
    except Exception as exception: # pylint: disable=broad-except # told as a failure, with the others' results
        tap.ok("no surprise in %s" % test.__name__, False, repr(exception))
    tap.same("every answer is as documented", sorted(set(tap.broken))[:10], [])
    return tap


def main():
    tap = Tap()
    only = sys.argv[1:]
    makes = [make for make in PROVIDERS if not only or make.NAME in only]
    control = Lines("telnyx, Call Control")
    if TelnyxInventory in makes:
        test_texts(control, TelnyxControlInventory)
    with concurrent.futures.ThreadPoolExecutor(len(makes)) as pool:
        for lines in [control, *pool.map(run_all, makes)]:
            for name, good, why in lines.told:
                tap.ok(name, good, *why)
    tap.done()


if __name__ == "__main__":
    main()
