#!/usr/bin/env python3
"""Who may not ring whom: blocks, with Twilio's signed questions, through a stop and a kill, and no real number where none belongs."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from abuse import Pair, audited, block, broken_answers, connects, leaks, masked, order, reason_of, verified  # noqa: E402
from bauta import Server, Tap, run  # noqa: E402
from openapi_check import Document  # noqa: E402
from providers import ACCOUNTS, Twilio  # noqa: E402
from town import PEOPLE, VNS, make_pool, parties, vns_of  # noqa: E402

CUSTOMER, COURIER, OTHER, STRANGER = PEOPLE[:4]
FURTHER = PEOPLE[4]  # the customer's second number
REASON = "threats, twice"

tap = Tap()
observe, broken = broken_answers(Document())


def test_blocks(api, twilio, revealing):
    pair = Pair(api, twilio, "jakarta", "B-1")
    stranger = twilio.voice(STRANGER, pair.vn["courier"])
    tap.same("before, both get through", pair.through(), (True, True))

    made = block(api, pool="jakarta", number=CUSTOMER, direction="from", reason=REASON)
    tap.same("a block is shown masked", [made[k] for k in ("number", "with", "direction", "until")],
             [masked(CUSTOMER), None, "from", None])
    call = pair.calls()
    tap.same("from: its calls are refused, and those to it go on", (call.action, pair.through()), ("reject", (False, True)))
    tap.same("byte for byte as a stranger is", call.seen(), stranger.seen())
    tap.same("we are told why", reason_of(api, call), "blocked")
    other = Pair(api, twilio, "jakarta", "B-2", customer=OTHER)
    tap.same("nobody else is meant", other.through(), (True, True))

    again = api.post("/v1/blocks", {"pool": "jakarta", "number": CUSTOMER, "direction": "to"})
    tap.same("the same number again changes it", (again.status, again.json["id"], again.json["direction"]), (200, made["id"], "to"))
    tap.same("to: calls to it are refused", pair.through(), (True, False))
    block(api, 200, pool="jakarta", number=CUSTOMER)
    tap.same("both", pair.through(), (False, False))
    tap.same("away", api.delete("/v1/blocks/" + made["id"]).status, 204)
    tap.same("both get through again", pair.through(), (True, True))
    tap.same("twice is once too often", api.delete("/v1/blocks/" + made["id"]).code, "not_found")

    point = block(api, pool="jakarta", number=COURIER, **{"with": CUSTOMER}, direction="from", reason=REASON)
    tap.same("point to point", (pair.through(), other.through()), ((True, False), (True, True)))
    listed = api.get("/v1/blocks?pool=jakarta").json["blocks"]
    tap.same("the list masks numbers", [(row["id"], row["number"], row["with"]) for row in listed],
             [(point["id"], masked(COURIER), masked(CUSTOMER))])
    seen = revealing.get("/v1/blocks").json["blocks"]
    tap.same("a key with reveal reads them", [(row["number"], row["with"], row["reason"]) for row in seen],
             [(COURIER, CUSTOMER, REASON)])
    tap.same("which is written down", len(audited(api, "block.reveal")), 1)
    api.delete("/v1/blocks/" + point["id"])
    tap.same("so is who blocked whom, by id", [len(audited(api, "block." + what)) for what in ("add", "set", "remove")], [2, 2, 2])


def test_block_of_a_party_with_two_numbers(api, twilio):
    rows = parties(customer=PEOPLE[10], courier=PEOPLE[11])
    rows[0]["numbers"] = [FURTHER]
    vn = vns_of(api.post("/v1/sessions", {"pool": "jakarta", "ref": "B-3", "parties": rows}).json)
    made = block(api, pool="jakarta", number=PEOPLE[10], direction="from")
    tap.same("whose first number is blocked can't ring from a further one",
             [twilio.voice(number, vn["courier"]).action for number in (PEOPLE[10], FURTHER)], ["reject", "reject"])
    api.delete("/v1/blocks/" + made["id"])
    tap.ok("until it is away", connects(twilio.voice(FURTHER, vn["courier"]), PEOPLE[11]))


def test_block_with_pin(api, twilio):
    session = order(api, "pins", "B-4", customer=PEOPLE[12], courier=PEOPLE[13])
    contact = api.get("/v1/orders/B-4/contact", {"pool": "pins", "as": "customer"}).json
    vn = vns_of(session)["courier"]
    tap.ok("by PIN from a withheld number", connects(twilio.voice("anonymous", vn, digits=contact["pin"]), PEOPLE[13]), contact)
    made = block(api, pool="pins", number=PEOPLE[12], direction="from")
    by_pin = twilio.voice("anonymous", vn, digits=contact["pin"])
    tap.same("a PIN is no way around a block", (by_pin.action, reason_of(api, by_pin)), ("reject", "blocked"))
    tap.same("who is blocked is asked for no PIN", twilio.voice(PEOPLE[12], vn).action, "reject")
    tap.same("others are", twilio.voice(STRANGER, vn).action, "digits")
    api.delete("/v1/blocks/" + made["id"])


def test_wrong_blocks(api):
    def code(**body):
        return api.post("/v1/blocks", {"pool": "jakarta", "number": OTHER, **body}).code
    tap.same("what is wrong with a block is told", [
        code(number=VNS[0]), code(number="12"), code(**{"with": OTHER}), code(direction="up"), code(pool="nowhere"),
        code(ttl_s=60, until="2099-01-01T00:00:00Z"), code(until="2001-01-01T00:00:00Z"), code(reason="x" * 201),
        code(reason="ask " + STRANGER), code(reason="ask 0 " + " ".join(STRANGER[3:])), code(number=None), code(scope="all")],
        ["number_is_virtual", "bad_number", "same_number_twice", "bad_request", "not_found"] + ["bad_request"] * 7)
    tap.same("nothing was made of it", api.get("/v1/blocks").json["blocks"], [])


def test_limit(config):
    with Server(config + "\nlimits: { blocks: 3 }\n") as server:
        api = server.client()
        make_pool(api, "jakarta", VNS[:10])
        first = [block(api, pool="jakarta", number=number) for number in PEOPLE[20:23]][0]
        fourth = api.post("/v1/blocks", {"pool": "jakarta", "number": PEOPLE[23]})
        tap.same("at the limit no further block is made", (fourth.status, fourth.code), (503, "limit_reached"))
        block(api, 200, pool="jakarta", number=PEOPLE[20], direction="to")
        api.delete("/v1/blocks/" + first["id"])
        block(api, pool="jakarta", number=PEOPLE[23])
        tap.ok("one that goes makes room", True)


def test_cli(server, api):
    environment = dict(os.environ, BAUTA_URL=server.url, BAUTA_KEY=server.key)
    def bauta(*arguments):
        return run(*arguments, environment=environment)
    added = bauta("block", "add", PEOPLE[30], "--pool", "jakarta", "--with", PEOPLE[31], "--direction", "from", "--for", "1h",
                  "--reason", REASON)
    id = added[1].strip()
    tap.ok("bauta block add prints the id", added[0] == 0 and id.startswith("blk_"), added)
    listed = bauta("block", "list", "--pool", "jakarta")
    tap.ok("bauta block list masks", listed[0] == 0 and all(
        word in listed[1] for word in (id, masked(PEOPLE[30]), masked(PEOPLE[31]), "from", REASON)), listed)
    tap.ok("bauta block remove", bauta("block", "remove", id)[0] == 0 and not api.get("/v1/blocks").json["blocks"])
    tap.same("wrong use", bauta("block", "add", PEOPLE[30], "--for", "soon")[0], 2)


def test_erase_and_restart(server, twilio, api):
    pair = Pair(api, twilio, "jakarta", "B-5", customer=PEOPLE[40], courier=PEOPLE[41])
    block(api, pool="jakarta", number=PEOPLE[40], direction="from", reason=REASON)
    block(api, pool="jakarta", number=PEOPLE[42], **{"with": PEOPLE[43]})
    block(api, pool="jakarta", number=PEOPLE[44], **{"with": PEOPLE[42]})
    for how in ("stop", "kill"):
        getattr(server, how)()
        server.start()
        api, twilio = server.client(observe=observe), Twilio(server)
        pair.twilio = twilio
        tap.same("after a %s it is as before" % how, (pair.through(), len(api.get("/v1/blocks").json["blocks"])), ((False, True), 3))
    gone = api.post("/v1/numbers/erase", {"number": PEOPLE[42]}).json
    tap.same("who is erased is in no block any more", (gone["blocks"], len(api.get("/v1/blocks").json["blocks"])), (2, 1))
    return api, twilio


def test_leaks(server, api):
    found, places = leaks(server, api, PEOPLE[:50], ("/v1/blocks", "/v1/audit?page_size=1000", "/v1/calls?page_size=1000"))
    tap.ok("no real number in database, WAL, backup, logs, metrics, answers", not found, *found)
    tap.ok("nor what was written of a person", not [where for where, data in places.items() if REASON.encode() in data])
    checked = verified(server)
    tap.ok("bauta verify finds nothing", checked[0] == 0, checked)


def main():
    with Server(ACCOUNTS) as server:
        api, twilio = server.client(observe=observe), Twilio(server)
        revealing = server.client(server.make_key("support", "sessions,reveal"), observe=observe)
        make_pool(api, "jakarta", VNS[:40])
        make_pool(api, "pins", VNS[40:60], unknown_caller="pin")
        test_blocks(api, twilio, revealing)
        test_block_of_a_party_with_two_numbers(api, twilio)
        test_block_with_pin(api, twilio)
        test_wrong_blocks(api)
        test_cli(server, api)
        api, twilio = test_erase_and_restart(server, twilio, api)
        test_leaks(server, api)
    test_limit(ACCOUNTS)
    tap.ok("answers are as the document says", not broken, *broken[:10])
    tap.done()


if __name__ == "__main__":
    main()
