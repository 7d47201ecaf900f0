#!/usr/bin/env python3
"""Number supply from outside, against a Twilio with a memory: numbers that come late, that are somebody's, that are another tenant's."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server  # noqa: E402
from supply_test import OFFERS, WAIT_S, broken, client, config, make_pool, numbers, pool, purchases, steps, stock, sync, tap  # noqa: E402
from town import parties, until  # noqa: E402
from twilio_inventory import TwilioInventory  # noqa: E402


def test_a_late_number():
    tap.note("a number that comes late")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        twilio.fail("buy", 500)
        make_pool(api, mode="exclusive", low_water=1, supply={"buy": True})
        until(lambda: purchases(api), lambda rows: rows and rows[0]["state"] == "intent" and twilio.asked_for("list"), WAIT_S)
        api.close()
        server.stop()
        with sqlite3.connect(os.path.join(server.data, "bauta.db")) as store: # an hour goes by
            store.execute("UPDATE purchase SET at_ms = at_ms - 3600000, asked_ms = asked_ms - 3600000")
        store.close()
        server.start()
        api = client(server)
        tap.same("another one is bought once it is given up", stock(api, 1)["free"], 1)
        lost = [row for row in purchases(api) if row["code"] == "lost"]
        tap.same("it is told as lost", [row["state"] for row in lost], ["failed"])
        late = OFFERS[50]
        api.close()
        server.stop()
        with sqlite3.connect(os.path.join(server.data, "bauta.db")) as store:
            store.execute("UPDATE purchase SET number = ? WHERE code = 'lost'", [int(late[1:])])
        store.close()
        server.start()
        api = client(server)
        twilio.own(late)
        report = sync(api)
        tap.same("it joins when it is ours after all", (steps(report), late in numbers(api)), ([("join", late), ("point", late)], True), report)
        tap.same("and is told so", sorted(row["state"] for row in purchases(api)), ["joined", "joined"])


def test_a_tenants_account():
    tap.note("an account that is another tenant's now")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        twilio.fail("buy", 500)
        make_pool(api, mode="exclusive", low_water=1, supply={"buy": True})
        until(lambda: purchases(api), lambda rows: rows and twilio.asked_for("list"), WAIT_S)
        api.close()
        server.stop()
        with open(server.config) as file:
            text = file.read()
        with open(server.config, "w") as file:
            file.write(text.replace("name: main,", "name: main, tenant: other,"))
        twilio.own(OFFERS[0])
        server.start()
        api = client(server)
        row = until(lambda: purchases(api), lambda rows: rows[0]["why"] or rows[0]["state"] == "joined", WAIT_S)[0]
        tap.same("its numbers join no pool of the tenant that it was of", (row["state"], row["code"], numbers(api)), ("bought", "forbidden", {}), row)


def test_somebodys_number():
    tap.note("a number that is somebody's")
    with TwilioInventory(offers=OFFERS) as twilio, Server(config(twilio)) as server:
        api = client(server)
        make_pool(api, "hand", supply={"accounts": []})
        added = api.post("/v1/pools/hand/numbers", {"numbers": [
            {"number": n, "provider": "twilio", "account": "main"} for n in ("+12025550100", "+12025550101")]})
        assert added.status == 200, added
        made = api.post("/v1/sessions", {"pool": "hand", "ref": "A-1", "parties": parties(customer=OFFERS[0], courier="+447700900001")})
        assert made.status == 201, made
        make_pool(api, mode="exclusive", low_water=2, supply={"buy": True, "day_max": 1})
        row = until(lambda: purchases(api), lambda rows: rows and rows[0]["why"], WAIT_S)[0]
        tap.same("a party's number is no virtual number, though it was bought", (row["number"], row["state"], row["code"], numbers(api)),
                 (OFFERS[0], "bought", "same_number_twice", {}), row)
        held = until(lambda: pool(api)["forecast"], lambda f: f["held_back_by"] == "day_max" or len(twilio.owned) > 1, WAIT_S)
        tap.same("its purchase counts", (held["held_back_by"], held["bought_day"], len(twilio.owned)), ("day_max", 1, 1), held)
        ended = api.post("/v1/sessions/%s/close" % made.json["id"], {"grace_s": 0})
        assert ended.status == 200, ended
        tap.same("once nobody has it, it joins", stock(api, 1)["free"], 1)
        tap.same("and nothing else was bought", (len(twilio.owned), [row["state"] for row in purchases(api)]), (1, ["joined"]))


def main():
    for test in (test_a_late_number, test_a_tenants_account, test_somebodys_number):
        test()
    tap.same("every answer is as documented", sorted(set(broken))[:10], [])
    tap.done()


if __name__ == "__main__":
    main()
