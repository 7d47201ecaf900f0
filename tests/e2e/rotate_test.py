#!/usr/bin/env python3
"""Encryption keys are replaced under live sessions: the same routes before, while and after; what cools by the old key bars
others as long as it cools; a key that is needed can't be left out."""
import json
import os
import stat
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import ANSWER_S, Server, Tap, run

CUSTOMER, COURIER, COURIER_2, OTHER = "+6281234567210", "+6281298765877", "+6281211112222", "+14155550123"
VNS = ["+622150000001", "+622150000002"]
ORDER_1 = "+6281234567001", "+6281298765001"
SESSIONS = 700  # more than the server seals anew in one step

tap = Tap()


def key_file(server):
    return os.path.join(server.data, "bauta.key")


def key_lines(server):
    with open(key_file(server)) as file:
        return file.read().splitlines()


def write_lines(server, lines):
    with open(key_file(server), "w") as file:
        file.write("".join(line + "\n" for line in lines))


def status(server):
    code, out, errors = run("vault", "status", "--json", "--data", server.data)
    return json.loads(out) if code == 0 else errors


def await_status(server, api, what):
    """Rings meanwhile: a server that has calls to note keeps house every few seconds."""
    until = time.monotonic() + ANSWER_S
    while time.monotonic() < until:
        route(api, OTHER, VNS[0])
        last = status(server)
        if what(last):
            return last
    return last


def refuses_to_start(name, server, *words):
    try:
        server.start()
        server.stop()
        return tap.ok(name, False, "it started")
    except RuntimeError as error:
        return tap.ok(name, all(word in str(error) for word in words), str(error))


def make_pool(api, name, vns, **more):
    pool = {"name": name, "country": "ID", "countries": ["ID", "US"], **more}
    answer = api.post("/v1/pools", pool)
    assert answer.status == 201, answer
    answer = api.post("/v1/pools/%s/numbers" % name, {"numbers": [
        {"number": vn, "provider": "generic", "account": "main"} for vn in vns]})
    assert answer.status == 200, answer


def open_session(api, pool, ref, customer, courier, vn=None):
    """`vn`: what the courier is to dial."""
    return api.post("/v1/sessions", {"pool": pool, "ref": ref, "parties": [
        {"role": "customer", "number": customer, **({"vn": vn} if vn else {})}, {"role": "courier", "number": courier}]})


def route(api, caller, vn):
    answer = api.post("/v1/route", {"from": caller, "to": vn}).json
    return answer["action"], answer.get("to"), answer.get("caller_id")


def vns(session):
    return {party["role"]: party["vn"] for party in session["parties"]}


def replace_courier(api, pool):
    """A session whose first courier's pair cools, and nothing else of it."""
    session = open_session(api, pool, "replaced", CUSTOMER, COURIER)
    assert session.status == 201, session
    session = session.json
    answer = api.put("/v1/sessions/%s/parties/courier" % session["id"], {"number": COURIER_2})
    assert answer.status == 200, answer
    return answer.json


def cooling_bars():
    """A rotation that has to wait for a cool-down."""
    with Server() as server:
        api = server.client()
        make_pool(api, "slow", VNS, cooldown_s=7200)
        session = replace_courier(api, "slow")
        dialled = vns(session)["customer"]
        barred = open_session(api, "slow", "barred", OTHER, COURIER, dialled)
        tap.same("before: the courier that was replaced can't have that number again", barred.code, "number_in_use", barred)
        tap.same("before: there is nothing to rotate", status(server)["done"], True)
        first = key_lines(server)
        code, out, errors = run("vault", "rotate", "--data", server.data)
        tap.ok("vault rotate works beside the server", code == 0 and "key 2" in out, out, errors)
        lines = key_lines(server)
        tap.ok("the file has one line more", lines[:3] == first and len(lines) == 4 and lines[3].startswith("key 2 "))
        tap.same("and is as private as it was", stat.S_IMODE(os.stat(key_file(server)).st_mode), 0o600)
        tap.same("status: the new key waits for a start", [key["state"] for key in status(server)["keys"]],
                 ["seals", "next_start"])
        code, out, errors = run("vault", "rotate", "--data", server.data)
        tap.ok("a third key is refused", code == 1 and "two keys" in errors and key_lines(server) == lines, errors)
        actions = [row["action"] for row in api.get("/v1/audit").json["audit"]]
        tap.ok("the audit has the rotation", "vault.rotate" in actions, actions)
        server.stop()
        write_lines(server, [lines[0], lines[1], lines[3], lines[2]])
        refuses_to_start("lines in another order are refused", server, "not of the form")
        write_lines(server, lines[:2] + lines[3:])
        refuses_to_start("the new key alone is refused while the old one is needed", server, "lacks key 1")
        write_lines(server, [lines[0], "root " + "0" * 64, *lines[2:]])
        refuses_to_start("another root is refused", server, "root")
        write_lines(server, lines)
        server.start()
        api = server.client()
        seen = vns(session)
        tap.same("the session routes as before", route(api, CUSTOMER, seen["courier"]),
                 ("connect", COURIER_2, seen["customer"]))
        barred = open_session(api, "slow", "barred", OTHER, COURIER, dialled)
        tap.same("what cools by the old key bars others", barred.code, "number_in_use", barred)
        again = api.put("/v1/sessions/%s/parties/courier" % session["id"], {"number": COURIER})
        tap.same("but not the session itself", again.status, 200, again)
        last = await_status(server, api, lambda now: now["keys"][0].get("sessions") == 0)
        tap.ok("all rows are under the new key, the old one must wait",
               last["keys"][0] == {"id": 1, "state": "replaced", "sessions": 0, "dead_letters": 0, "messages": 0} and last["cools_until"], last)
        told = run("vault", "status", "--data", server.data)[1]
        tap.ok("status tells until when", "cool until" in told, told)
        server.stop()
        write_lines(server, lines[:2] + lines[3:])
        refuses_to_start("without the old key the server waits for its line", server, "lacks key 1", "put its line back")
        write_lines(server, lines)
        server.start()
        barred = open_session(server.client(), "slow", "barred", OTHER, COURIER_2, dialled)
        tap.same("what cools by the new key bars others too", barred.code, "number_in_use", barred)


def to_the_end():
    """A rotation from its begin to its end, killed on the way."""
    with Server() as server:
        api = server.client()
        make_pool(api, "fast", ["+6221500%05d" % i for i in range(100, 140)], cooldown_s=0, grace_s=0, per_vn_max=10000)
        ended = open_session(api, "fast", "ended", CUSTOMER, COURIER).json
        api.post("/v1/sessions/%s/close" % ended["id"], {})
        replace_courier(api, "fast")
        sessions = {}
        for i in range(SESSIONS):
            people = "+6281234567%03d" % i, "+6281298765%03d" % i
            sessions[people] = vns(open_session(api, "fast", "order-%d" % i, *people).json)

        def wrong_routes():
            return [people for people, seen in sessions.items()
                    if route(api, people[1], seen["customer"]) != ("connect", people[0], seen["courier"])]

        tap.same("all sessions route", wrong_routes()[:3], [])
        assert run("vault", "rotate", "--data", server.data)[0] == 0
        lines = key_lines(server)
        server.stop()
        server.start()
        server.kill()
        server.start()
        api = server.client()
        tap.same("while keys rotate all sessions route", wrong_routes()[:3], [])
        last = await_status(server, api, lambda now: now["done"])
        tap.ok("in the end the old key is no longer needed",
               last["done"] and last["keys"][0] == {"id": 1, "state": "not_needed", "sessions": 0, "dead_letters": 0, "messages": 0}, last)
        tap.ok("the log says so", "key 1 is no longer needed" in server.stderr(), server.stderr())
        told = run("vault", "status", "--data", server.data)[1]
        tap.ok("and so does status", "remove its line" in told, told)
        again = open_session(api, "fast", "order-1", *ORDER_1)
        tap.same("an order that is sent again is the same", (again.status, vns(again.json)),
                 (200, sessions[ORDER_1]))
        server.stop()
        write_lines(server, lines[:2] + lines[3:])
        server.start()
        api = server.client()
        tap.same("without the old key all sessions route", wrong_routes()[:3], [])
        eyes = server.client(server.make_key("eyes", "sessions,reveal"))
        row = eyes.get("/v1/sessions/" + ended["id"]).json
        tap.same("ended sessions can be read", {party["number"] for party in row["parties"]}, {CUSTOMER, COURIER})
        code, out, errors = run("verify", "--data", server.data)
        tap.ok("verify finds nothing", code == 0, out, errors)
        tap.same("there is nothing to rotate any more", status(server), {"done": True, "keys": [{"id": 2, "state": "seals"}],
                                                                        "cools_until": None})
        code, out, errors = run("vault", "rotate", "--data", server.data)
        tap.ok("the next rotation may begin", code == 0 and "key 3" in out, out, errors)


cooling_bars()
to_the_end()
tap.done()
