#!/usr/bin/env python3
"""Calls by Telnyx's Call Control: signed events in, commands out to a REST API that forgets nothing, answers late, twice or not at all."""
import base64
import os
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap
from leak import Canary
from providers import PUBLIC_URL
from telnyx_control import CallControl, Commands
from town import COURIER, CUSTOMER, SECOND, STRANGER, VNS, make_pool, parties, until, vns_of

tap = Tap()


def session(api, pool, ref, **who):
    made = api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": parties(**(who or {"customer": CUSTOMER, "courier": COURIER}))})
    assert made.status in (200, 201), made
    return made.json


def row_of(api, call, good):
    def ask():
        return [row for row in api.get("/v1/calls", {"page_size": 1000}).json["calls"] if row["provider_call_id"] == call.session]
    rows = until(ask, lambda rows: rows and good(rows[0]))
    return rows[0] if len(rows) == 1 else {"rows": rows}


def becomes(api, call, status, name, seconds=None):
    row = row_of(api, call, lambda row: row["status"] == status)
    tap.same(name, (row.get("status"), row.get("seconds") if seconds is not None else None), (status, seconds), row)


def taken(name, answer):
    tap.ok(name, answer.status == 200 and answer.body == b"", answer)


def sent(name, command, call, action, **fields):
    body = {field: command.body.get(field) for field in fields}
    return tap.same(name, (command.leg, command.action, body), (call.leg, action, fields), command)


def left(text):
    return base64.b64encode(text.encode()).decode()


def connects(telnyx, client, commands, call, rings, shows, name):
    taken(name + ": answered at once, with nothing", telnyx.initiated(client, call))
    command = commands.next()
    sent(name + ": transferred", command, call, "transfer", to=rings, **{"from": shows})
    return command


def test_connect(telnyx, client, api, commands):
    vn = vns_of(session(api, "calls", "C-1"))
    call = telnyx.call(CUSTOMER, vn["courier"])
    command = connects(telnyx, client, commands, call, COURIER, vn["customer"], "the customer calls, the courier sees the customer's number")
    sent("within the pool's bounds", command, call, "transfer", timeout_secs=30, time_limit_secs=3600,
         client_state=left("bauta sent"), target_leg_client_state=left("bauta leg " + call.leg))
    connects(telnyx, client, commands, telnyx.call(COURIER, vn["customer"]), CUSTOMER, vn["courier"], "the courier calls back")
    ours = {"leg": "v3:dialled", "client_state": left("bauta leg " + call.leg)}
    outgoing = telnyx.event(call._replace(caller=vn["customer"], called=COURIER), "call.initiated", direction="outgoing", state="bridging", **ours)
    taken("the leg that was dialled asks nothing", telnyx.send(client, outgoing))
    alien = telnyx.event(telnyx.call(CUSTOMER, vn["courier"]), "call.initiated", direction="outgoing", leg="v3:alien")
    taken("nor does any that goes out", telnyx.send(client, alien))
    telnyx.tell(client, call, "call.answered", client_state=left("bauta sent"))
    telnyx.tell(client, call, "call.answered", at="2026-01-01T00:00:10Z", **ours)
    becomes(api, call, "answered", "the callee's answer is kept")
    telnyx.tell(client, call, "call.bridged", at="2026-01-01T00:00:10Z", **ours)
    telnyx.tell(client, call, "call.hangup", client_state=left("bauta sent"), hangup_cause="normal_clearing", sip_hangup_cause="200")
    telnyx.tell(client, call, "call.hangup", at="2026-01-01T00:01:23.9Z", hangup_cause="normal_clearing", sip_hangup_cause="200", **ours)
    becomes(api, call, "completed", "the end is the dialled leg's, in seconds from the answer on", 73)
    return vn


def test_ends(telnyx, client, api, commands, vn):
    for cause, code, status, up in (("user_busy", "486", "busy", True), ("call_rejected", "603", "busy", True),
                                    ("timeout", "unspecified", "no_answer", True), ("no_answer", "480", "no_answer", True),
                                    ("not_found", "404", "failed", True), ("unspecified", "486", "busy", True),
                                    ("unspecified", "503", "failed", True), ("originator_cancel", "487", "canceled", False)):
        call = telnyx.call(CUSTOMER, vn["courier"])
        telnyx.initiated(client, call)
        commands.next()
        telnyx.tell(client, call, "call.hangup", leg="v3:dialled", client_state=left("bauta leg " + call.leg), hangup_cause=cause,
                    sip_hangup_cause=code)
        if up:
            sent("%s %s: the caller, whom Telnyx leaves on the line, is hung up" % (cause, code), commands.next(), call, "hangup")
        becomes(api, call, status, "%s %s: %s" % (cause, code, status))
    call = telnyx.call(CUSTOMER, vn["courier"])
    telnyx.initiated(client, call)
    commands.next()
    telnyx.tell(client, call, "call.hangup", hangup_cause="originator_cancel", client_state=left("bauta sent"))
    becomes(api, call, "canceled", "a caller who hangs up first")
    tap.ok("and nothing more is commanded", commands.none())


def test_refusals(telnyx, client, api, commands, vn):
    bodies = set()
    for who, to in ((STRANGER, vn["courier"]), ("anonymous", vn["courier"]), (CUSTOMER, VNS[9000]), (vn["customer"], vn["courier"]),
                    ("sip:x@example.com", vn["courier"])):
        call = telnyx.call(who, to)
        taken("refused with 200", telnyx.initiated(client, call))
        command = commands.next()
        sent("a reject", command, call, "reject", cause="CALL_REJECTED")
        bodies.add(str({name: value for name, value in command.body.items() if name != "command_id"}))
    tap.same("every refusal is the same", len(bodies), 1, bodies)
    becomes(api, call, "refused", "it is kept as refused")


def test_who_asks(telnyx, other, client, vn, commands):
    event = telnyx.event(telnyx.call(CUSTOMER, vn["courier"]), "call.initiated", direction="incoming", state="parked")
    now = int(time.time())
    for name, answer in (("another key", other.send(client, event)), ("an old signature", telnyx.send(client, event, at=now - 400)),
                         ("another time than was signed", telnyx.send(client, event, **{"telnyx-timestamp": str(now + 1)})),
                         ("no signature", telnyx.send(client, event, **{"telnyx-signature-ed25519": ""})),
                         ("GET", client.get("/hooks/telnyx/main/control")),
                         ("no such account", telnyx.send(client, event, account="nobody"))):
        tap.ok(name + " gets 403 and nothing else", answer.status == 403 and answer.body == b"", answer)
    broken = telnyx.send(client, {"data": {"event_type": "call.initiated", "id": "1", "payload": {}}})
    tap.same("an event of no call is no question", broken.status, 400, broken)
    taken("an event of another kind is taken", telnyx.send(client, {"data": {"event_type": "fax.sent", "id": "1", "payload": {}}}))
    mute = telnyx.send(client, event, account="mute")
    tap.ok("an account without api_key says so, to Telnyx alone", mute.status == 503 and b"api_key is missing" in mute.body, mute)
    tap.ok("nothing was commanded", commands.none())


def test_twice(telnyx, client, api, commands):
    open_ = session(api, "calls", "C-2", customer=SECOND, courier=COURIER)
    vn = vns_of(open_)
    call = telnyx.call(SECOND, vn["courier"])
    event = telnyx.event(call, "call.initiated", direction="incoming", state="parked")
    taken("a call", telnyx.send(client, event))
    sent("is transferred", commands.next(), call, "transfer", to=COURIER)
    closed = api.post("/v1/sessions/%s/close" % open_["id"], {"grace_s": 0})
    tap.ok("the order is done", closed.status == 200, closed)
    event["meta"]["attempt"] = 2
    taken("the event comes again", telnyx.send(client, event))
    event["data"]["id"] = "another"
    taken("and under another name", telnyx.send(client, event))
    late = telnyx.call(SECOND, vn["courier"])
    telnyx.initiated(client, late)
    sent("no second command of another kind: the next is the next call's", commands.next(), late, "reject")
    tap.ok("and no other", commands.none())


def test_digits(telnyx, client, api, commands):
    made = session(api, "pins", "P-1")
    vn, pins = vns_of(made), {party["role"]: party.get("pin") for party in made["parties"]}
    call = telnyx.call(STRANGER, vn["courier"])
    telnyx.initiated(client, call, shaken_stir_attestation="A", shaken_stir_validated=True)
    pin = pins["customer"]
    state = left("bauta ask %d A" % len(pin))
    sent("a stranger is answered", commands.next(), call, "answer", client_state=state)
    telnyx.tell(client, call, "call.answered", client_state=state)
    command = commands.next()
    sent("and asked for the PIN", command, call, "gather_using_speak", maximum_digits=len(pin), maximum_tries=1, terminating_digit="#",
         client_state=state)
    telnyx.tell(client, call, "call.speak.ended", client_state=state)
    wrong = telnyx.event(call, "call.gather.ended", client_state=state, digits="0" * len(pin), status="valid")
    telnyx.send(client, wrong)
    command = commands.next()
    sent("a wrong one is asked for again", command, call, "gather_using_speak", client_state=state)
    tap.ok("and told so", "not right" in command.body["payload"], command)
    for _ in range(5):
        telnyx.send(client, wrong)
    taken("an event that comes again is not another try", telnyx.tell(client, call, "call.gather.ended", client_state=state, digits=pin + "#",
                                                                    status="valid"))
    sent("the right one connects", commands.next(), call, "transfer", to=COURIER, **{"from": vn["customer"]})
    becomes(api, call, "connecting", "it is one call")
    silent = telnyx.call(STRANGER, vn["courier"])
    telnyx.initiated(client, silent)
    state = commands.next().body["client_state"]
    tap.same("what is not validated is not attested", state, left("bauta ask %d -" % len(pin)))
    asked = []
    while not asked or asked[-1].action == "gather_using_speak":
        telnyx.tell(client, silent, "call.gather.ended", client_state=state, digits="", status="invalid")
        asked.append(commands.next())
    tap.ok("who types nothing is not asked for ever, and an answered call is hung up, not rejected",
           asked[-1].action == "hangup" and len(asked) <= 4, asked)
    gone = telnyx.call(STRANGER, VNS[9001])
    telnyx.tell(client, silent, "call.gather.ended", client_state=state, digits="", status="call_hangup")
    telnyx.initiated(client, gone)
    sent("who hung up is not asked again", commands.next(), gone, "reject")


def test_announce(telnyx, client, api, commands):
    vn = vns_of(session(api, "spoken", "S-1"))
    call = telnyx.call(STRANGER, vn["courier"])
    telnyx.initiated(client, call)
    state = left("bauta say")
    sent("who is to hear why is answered", commands.next(), call, "answer", client_state=state)
    telnyx.tell(client, call, "call.answered", client_state=state)
    command = commands.next()
    sent("told", command, call, "speak", client_state=state)
    tap.ok("without a number", not any(c.isdigit() for c in command.body["payload"]), command)
    telnyx.tell(client, call, "call.speak.ended", client_state=state)
    sent("and hung up", commands.next(), call, "hangup")
    telnyx.tell(client, call, "call.hangup", client_state=state, hangup_cause="normal_clearing")
    becomes(api, call, "refused", "it is a refused call")


def test_retries(telnyx, client, api, commands, vn):
    call = telnyx.call(CUSTOMER, vn["courier"])
    commands.plan += [(429, 1), (503, None)]
    telnyx.initiated(client, call)
    tries = [commands.next() for _ in range(3)]
    tap.ok("429 and 503 are tried again, as the very same command", all(one == tries[0] for one in tries), *tries)
    call = telnyx.call(CUSTOMER, vn["courier"])
    commands.plan += [(429, 600)]
    telnyx.initiated(client, call)
    commands.next()
    sent("who is to wait longer than a caller does gives up, and ends the call", commands.next(), call, "reject")
    becomes(api, call, "failed", "which has failed")
    call = telnyx.call(CUSTOMER, vn["courier"])
    commands.plan += ["hold"]
    telnyx.initiated(client, call)
    tries = [commands.next() for _ in range(2)]
    tap.ok("silence is tried again, as the very same command", tries[0] == tries[1] and tries[0].action == "transfer", *tries)
    for status, more in ((404, None), (422, "reject"), (401, "reject")):
        call = telnyx.call(CUSTOMER, vn["courier"])
        commands.plan += [(status, None)]
        telnyx.initiated(client, call)
        first = commands.next()
        if more:
            second = commands.next()
            sent("%d: not tried again; the call is ended" % status, second, call, more)
            tap.ok("as another command", first.body["command_id"] != second.body["command_id"], first, second)
            becomes(api, call, "failed", "%d: it has failed" % status)
        else:
            after = telnyx.call(CUSTOMER, VNS[9002])
            telnyx.initiated(client, after)
            sent("404: the call is gone, and nothing more is commanded", commands.next(), after, "reject")
    call = telnyx.call(CUSTOMER, vn["courier"])
    commands.plan += [(422, None), (422, None)]
    telnyx.initiated(client, call)
    pair = [commands.next(), commands.next()]
    tap.same("422 twice: it has ended before", [one.action for one in pair], ["transfer", "reject"])
    telnyx.tell(client, call, "call.hangup", hangup_cause="originator_cancel")
    becomes(api, call, "canceled", "it was its caller who hung up, and nothing has failed")
    call = telnyx.call(CUSTOMER, vn["courier"])
    commands.plan += [(200, None), (500, None), (200, None)]
    telnyx.initiated(client, call)
    commands.next()
    telnyx.tell(client, call, "call.hangup", leg="v3:dialled", client_state=left("bauta leg " + call.leg), hangup_cause="user_busy")
    pair = [commands.next(), commands.next()]
    tap.ok("what ends a call is tried again too", pair[0] == pair[1] and pair[0].action == "hangup", *pair)


def test_changed(telnyx, client, api, commands):
    """What was decided is asked again before each try."""
    made = session(api, "changing", "N-1")
    vn, call = vns_of(made), telnyx.call(CUSTOMER, vns_of(made)["courier"])
    commands.plan += [(503, 2)]
    telnyx.initiated(client, call)
    sent("a transfer that is put off", commands.next(), call, "transfer", to=COURIER)
    answer = api.put("/v1/sessions/%s/parties/courier" % made["id"], {"number": SECOND})
    tap.ok("the courier is replaced meanwhile", answer.status == 200, answer)
    sent("who went is not rung: the call is ended", commands.next(), call, "reject")
    becomes(api, call, "failed", "and has failed")
    call = telnyx.call(CUSTOMER, vn["courier"])
    commands.plan += [(503, 2)]
    telnyx.initiated(client, call)
    sent("the next one", commands.next(), call, "transfer", to=SECOND)
    answer = api.post("/v1/sessions/%s/close" % made["id"], {"grace_s": 0})
    tap.ok("its order is over meanwhile", answer.status == 200, answer)
    sent("nobody is rung", commands.next(), call, "reject")
    pins = session(api, "pins", "N-2")
    call, pin = telnyx.call(STRANGER, vns_of(pins)["courier"]), {party["role"]: party.get("pin") for party in pins["parties"]}["customer"]
    commands.plan += [(503, None)]
    telnyx.tell(client, call, "call.gather.ended", client_state=left("bauta ask %d -" % len(pin)), digits=pin + "#", status="valid")
    tries = [commands.next() for _ in range(2)]
    tap.ok("a call by PIN is asked again with its PIN", tries[0] == tries[1] and tries[0].action == "transfer", *tries)


def test_hung(telnyx):
    """One account's API takes connections and says nothing; another's is well."""
    calls_n = 140
    with Commands() as hung, Commands() as well:
        accounts = "public_url: %s\naccounts:\n  - %s\n  - %s\n" % (PUBLIC_URL, telnyx.account(hung.url()), telnyx.account(well.url(), "good"))
        with Server(config=accounts) as server:
            api, client = server.client(), server.anonymous()
            make_pool(api, "sick", VNS[:8], "telnyx", account="main")
            make_pool(api, "well", VNS[100:108], "telnyx", account="good")
            sick, good = (vns_of(session(api, pool, pool)) for pool in ("sick", "well"))
            hung.plan += ["hold"] * 10000
            for _ in range(calls_n):
                telnyx.initiated(client, telnyx.call(CUSTOMER, sick["courier"]))
            call = telnyx.call(CUSTOMER, good["courier"])
            telnyx.send(client, telnyx.event(call, "call.initiated", direction="incoming", state="parked"), account="good")
            sent("an account that hangs holds up no other", well.next(), call, "transfer", to=COURIER)
            tap.ok("which doesn't wait until all of its commands were tried", hung.asked.qsize() < calls_n, hung.asked.qsize())
            until(lambda: client.get("/metrics").body.decode(), lambda page: "bauta_commands_waiting 0" in page)
            asked = list(hung.asked.queue)
            rung = {one.leg for one in asked if one.action == "transfer"}
            tap.ok("whose turn doesn't come in time is not rung any more", 32 <= len(rung) < calls_n, len(rung))
            ended = [one.action for one in asked].index("reject") if "reject" in [one.action for one in asked] else len(asked)
            tap.ok("when calls are ended no more are transferred", all(one.action == "reject" for one in asked[ended:][64:]), len(asked), ended)
            tap.same("in a way that Telnyx knows", hung.wrong + well.wrong, [])
            tap.ok("the server ends in good order", server.stop() == 0)


def test_at_once(telnyx, client, api, commands):
    vn = vns_of(session(api, "single", "O-1"))
    first, second = telnyx.call(CUSTOMER, vn["courier"]), telnyx.call(CUSTOMER, vn["courier"])
    telnyx.initiated(client, first)
    sent("one call at once: the first", commands.next(), first, "transfer")
    telnyx.initiated(client, second)
    sent("the second is refused", commands.next(), second, "reject")
    telnyx.tell(client, first, "call.hangup", leg="v3:dialled", client_state=left("bauta leg " + first.leg), hangup_cause="normal_clearing")
    third = telnyx.call(CUSTOMER, vn["courier"])
    telnyx.initiated(client, third)
    sent("when the first has ended the next may begin", commands.next(), third, "transfer")
    telnyx.tell(client, third, "call.hangup", leg="v3:dialled", client_state=left("bauta leg " + third.leg), hangup_cause="normal_clearing")
    commands.plan += [(422, None)]
    failing = telnyx.call(CUSTOMER, vn["courier"])
    telnyx.initiated(client, failing)
    commands.next()
    commands.next()
    becomes(api, failing, "failed", "one whose command failed")
    last = telnyx.call(CUSTOMER, vn["courier"])
    telnyx.initiated(client, last)
    sent("goes on no more either", commands.next(), last, "transfer")


def test_restart(server, telnyx, commands):
    api, client = server.client(), server.anonymous()
    vn = vns_of(session(api, "spoken", "R-1"))
    call = telnyx.call(STRANGER, vn["courier"])
    telnyx.initiated(client, call)
    commands.next()
    api.close(), client.close()
    server.stop(signal.SIGKILL)
    server.start()
    client = server.anonymous()
    telnyx.tell(client, call, "call.answered", client_state=left("bauta say"))
    sent("after a crash a call in the middle goes on: what follows came with it", commands.next(), call, "speak")
    event = telnyx.event(telnyx.call(CUSTOMER, vn["courier"]), "call.initiated", direction="incoming", state="parked")
    telnyx.send(client, event)
    first = commands.next()
    client.close()
    server.stop(signal.SIGKILL)
    server.start()
    api, client = server.client(), server.anonymous()
    telnyx.send(client, event)
    tap.same("and an event that comes again after one gives a command of the same name, which Telnyx does once", commands.next(), first)
    return api, client


def test_limit(telnyx, commands, config):
    """Two commands at once, and one more that ends a call."""
    with Server(config=config + "limits: { commands: 2 }\n") as server:
        api, client = server.client(), server.anonymous()
        make_pool(api, "calls", VNS[:8], "telnyx")
        vn = vns_of(session(api, "calls", "L-1"))
        calls = [telnyx.call(CUSTOMER, vn["courier"]) for _ in range(4)]
        commands.plan += ["hold"] * 3
        for call in calls[:2]:
            telnyx.initiated(client, call)
        tap.same("as many commands as may be wait", {commands.next().leg for _ in range(2)}, {call.leg for call in calls[:2]})
        taken("one call more", telnyx.initiated(client, calls[2]))
        sent("is not left parked: it is rejected", commands.next(), calls[2], "reject")
        becomes(api, calls[2], "refused", "and kept as refused")
        event = telnyx.event(calls[3], "call.initiated", direction="incoming", state="parked")
        full = telnyx.send(client, event)
        tap.ok("where even that has no room, Telnyx is asked to bring it again", full.status == 503 and full.body == b"", full)
        metrics = client.get("/metrics").body.decode()
        tap.ok("/metrics tells it", 'bauta_commands_total{result="no_room"} 3' in metrics and "bauta_commands_waiting 3" in metrics, metrics)
        commands.released.set()
        until(lambda: client.get("/metrics").body.decode(), lambda page: "bauta_commands_waiting 0" in page)
        taken("when it comes again", telnyx.send(client, event))
        command = commands.next()
        while command.leg != calls[3].leg:
            command = commands.next()   # those that were held too long
        sent("there is room, and it is decided", command, calls[3], "transfer", to=COURIER)
        tap.ok("the other server ends in good order", server.stop() == 0)


def test_leaks(server):
    client = server.anonymous()
    metrics = until(lambda: client.get("/metrics").body.decode(), lambda page: "bauta_commands_waiting 0" in page)
    tap.ok("/metrics tells what came of commands", 'bauta_commands_total{result="done"} 1' in metrics and
           'bauta_commands_total{result="no_room"} 0' in metrics and "bauta_commands_waiting 0" in metrics, metrics[-3000:])
    tap.ok("it ends in good order", server.stop() == 0)
    canary = Canary([CUSTOMER, COURIER, SECOND])
    canary.look("log", server.stderr().encode())
    canary.look("metrics", metrics.encode())
    with open(os.path.join(server.data, "bauta.db"), "rb") as file:
        canary.look("store", file.read())
    tap.ok("no real number is in log, metrics or store", not canary.found, *canary.found[:5])
    tap.ok("nor is the key in the log", "KEY0123456789" not in server.stderr())
    tap.ok("nothing for a sanitizer to say", "Sanitizer" not in server.stderr(), server.stderr()[-4000:])


with tempfile.TemporaryDirectory() as folder, Commands() as commands:
    telnyx, other = CallControl(folder), CallControl(folder, "other.pem")
    CONFIG = "public_url: %s\naccounts:\n  - %s\n  - %s\n" % (
        PUBLIC_URL, telnyx.account(commands.url()), telnyx.account(commands.url(), "mute", None))
    with Server(config=CONFIG) as server:
        api, client = server.client(), server.anonymous()
        for i, (pool, policy) in enumerate((("calls", {}), ("pins", {"unknown_caller": "pin"}), ("spoken", {"unknown_caller": "announce"}),
                                            ("single", {"calls_at_once": 1}), ("changing", {}))):
            make_pool(api, pool, VNS[i * 100:i * 100 + 8], "telnyx", ring_s=30, max_call_s=3600, **policy)
        vn = test_connect(telnyx, client, api, commands)
        test_ends(telnyx, client, api, commands, vn)
        test_refusals(telnyx, client, api, commands, vn)
        test_who_asks(telnyx, other, client, vn, commands)
        test_twice(telnyx, client, api, commands)
        test_digits(telnyx, client, api, commands)
        test_announce(telnyx, client, api, commands)
        test_retries(telnyx, client, api, commands, vn)
        test_changed(telnyx, client, api, commands)
        test_at_once(telnyx, client, api, commands)
        test_restart(server, telnyx, commands)
        tap.same("nothing was commanded in a way that Telnyx doesn't know", commands.wrong, [])
        test_leaks(server)
    test_limit(telnyx, commands, CONFIG)
    test_hung(telnyx)
tap.done()
