#!/usr/bin/env python3
"""Ends and beginnings: SIGTERM lets everything in flight finish, a folder and a port have one server, keys of a running server are
made and taken back beside it."""
import json
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run
from providers import ACCOUNTS, Twilio
from town import COURIER, CUSTOMER, PEOPLE, VNS, make_pool, parties, until, vns_of
from wirehttp import Peer, request

GRACE_S = 10
tap = Tap()


def accepts(server):
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
        return True
    except OSError:
        return False


def begin_end(server, how=signal.SIGTERM):
    """The signal, and that it was heard: no new connection is taken."""
    server.process.send_signal(how)
    return until(lambda: accepts(server), lambda yes: not yes) is False


def opening(key, ref, customer, courier):
    return request("POST", "/v1/sessions", [("Authorization", "Bearer " + key), ("Content-Type", "application/json")], json.dumps(
        {"pool": "drain", "ref": ref, "parties": parties(customer=customer, courier=courier)}).encode())


def refs_of(api):
    found, token = set(), None
    while True:
        query = {"pool": "drain", "page_size": 1000}
        page = api.get("/v1/sessions", {**query, "page_token": token} if token else query).json
        found |= {session["ref"] for session in page["sessions"]}
        token = page["next_page_token"]
        if not token:
            return found


def test_drain(server):
    key = server.key
    make_pool(server.client(), "drain", VNS[:40], per_vn_max=10000)
    idle, ready, half, line, behind = (Peer(server) for _ in range(5))
    idle.send(request("GET", "/livez"))
    idle.reply()
    ready.send(request("GET", "/readyz"))
    tap.same("before: readyz says 200", ready.reply().status, 200)
    ready.send(b"GET /readyz HTTP/1.1\r\nHost: a\r\n")
    whole = opening(key, "half", CUSTOMER, COURIER)
    half.send(whole[:-20])
    behind.send(opening(key, "behind-1", PEOPLE[0], PEOPLE[1]) + opening(key, "behind-2", PEOPLE[2], PEOPLE[3]))
    body = json.dumps({"type": "order.placed", "order": "streamed", "version": 1, "pool": "drain",
                       "parties": parties(customer=PEOPLE[4])}).encode() + b"\n"
    line.send(request("POST", "/v1/events", [("Authorization", "Bearer " + key), ("Content-Type", "application/x-ndjson"),
                                             ("Content-Length", str(len(body)))]) + body[:30])
    answers = [behind.reply(), behind.reply()]
    tap.same("what was sent before is answered", [answer.status for answer in answers], [201, 201])

    tap.ok("SIGTERM: no new connection is taken", begin_end(server))
    tap.ok("an idle connection is closed", idle.reply() is None)
    ready.send(b"\r\n")
    answer = ready.reply()
    tap.same("readyz says 503, and the connection closes", (answer.status, answer.headers.get("connection"), ready.reply()),
             (503, "close", None))
    half.send(whole[-20:])
    answers = half.rest()
    tap.same("a request in the middle of its body is finished", [answer.status for answer in answers], [201])
    line.send(body[30:])
    answers = line.rest()
    tap.ok("so is a stream of events", [answer.status for answer in answers] == [200] and
           json.loads(answers[0].body)["applied"] == 1, answers)
    tap.same("then it ends with 0", server.process.wait(timeout=60), 0)
    server.stop()
    server.start()
    lost = {"half", "behind-1", "behind-2", "streamed"} - refs_of(server.client(key))
    tap.ok("what it acknowledged is there", not lost, lost)
    session = server.client(key).get("/v1/sessions", {"pool": "drain", "ref": "half"}).json["sessions"][0]
    connected = Twilio(server).voice(CUSTOMER, vns_of(session)["courier"])
    tap.same("and connects", (connected.action, connected.rings), ("connect", COURIER))
    for peer in (idle, ready, half, line, behind):
        peer.close()


def test_under_load(server, key):
    """Clients that go on opening orders until they are told no: nothing acknowledged is lost, nothing else is said."""
    kept, wrong = set(), []
    opened = threading.Semaphore(0)

    def client(number):
        api = server.client(key)
        for i in range(100000):
            ref = "load-%d-%d" % (number, i)
            try:
                answer = api.post("/v1/sessions", {"pool": "drain", "ref": ref, "parties": parties(
                    customer=PEOPLE[(number * 300 + i) % 2400], courier=PEOPLE[(number * 300 + i + 150) % 2400])})
            except Exception:
                return
            if answer.status == 201:
                kept.add(ref)
                opened.release()
            elif answer.code not in ("pool_exhausted", "overloaded"):
                wrong.append(answer)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        opened.acquire(timeout=60)
    status = server.stop()
    for thread in threads:
        thread.join()
    tap.same("SIGTERM under load: it ends with 0", status, 0)
    tap.ok("nobody was told anything odd", not wrong, *wrong[:3])
    server.start()
    lost = kept - refs_of(server.client(key))
    tap.ok("none of %d acknowledged orders is lost" % len(kept), len(kept) >= 200 and not lost, sorted(lost)[:5])


def test_impatient(server, key):
    slow = Peer(server)
    slow.send(opening(key, "never", CUSTOMER, COURIER)[:-5])
    begin_end(server)
    server.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    status = server.process.wait(timeout=60)
    tap.ok("who asks twice doesn't wait", status in (0, -signal.SIGTERM) and time.monotonic() - began < GRACE_S / 2, status)
    slow.close()
    server.stop()
    server.start()
    slow = Peer(server)
    slow.send(opening(key, "never", CUSTOMER, COURIER)[:-5])
    began = time.monotonic()
    begin_end(server, signal.SIGINT)
    status = server.process.wait(timeout=60)
    took = time.monotonic() - began
    tap.ok("a peer that never finishes is not waited for without end; SIGINT is as good", status == 0 and took < GRACE_S + 5,
           status, took)
    slow.close()
    server.stop()
    server.start()
    tap.ok("what was not whole is not there", "never" not in refs_of(server.client(key)))


def test_one_of_each(server, key):
    status, out, errors = run("serve", "--listen", "127.0.0.1:0", "--data", server.data)
    tap.ok("a second server on the same folder is refused in one sentence", status == 1 and "ready" not in out and
           "another bauta serves this folder" in errors and errors.count("\n") == 1, status, out, errors)
    other = os.path.join(server.folder, "other")
    status, out, errors = run("serve", "--listen", "%s:%d" % (server.host, server.port), "--data", other)
    said = [line for line in errors.splitlines() if "can't listen" in line]
    tap.ok("a second server on the same port is refused in one sentence", status == 1 and "ready" not in out and len(said) == 1,
           status, out, errors)
    tap.same("the first one goes on", server.client(key).get("/v1/pools").status, 200)
    for listen in ("127.0.0.1", "nonsense:1", "127.0.0.1:99999", "192.0.2.1:1"):
        status, _, errors = run("serve", "--listen", listen, "--data", other)
        tap.ok("listening on %s is refused in a sentence that names it" % listen, status == 1 and listen in errors, status, errors)


def test_keys(server, key):
    def asks(key):
        return server.client(key).get("/v1/pools").status

    made = server.make_key("shop", "sessions,numbers")
    tap.same("a key made beside the running server is taken without restart", until(lambda: asks(made), lambda got: got == 200), 200)
    tap.same("within its scopes", server.client(made).get("/v1/audit").status, 403)
    status, out, errors = run("key", "revoke", made.split("_")[1], "--data", server.data)
    tap.ok("it is revoked", status == 0, out, errors)
    tap.same("and refused without restart", until(lambda: asks(made), lambda got: got == 401), 401)
    status, out, errors = run("key", "create", "--name", "short", "--scope", "numbers", "--expires", "6s", "--data", server.data)
    short = out.strip()
    tap.ok("a key may be short-lived", status == 0 and short.startswith("bauta_"), out, errors)
    tap.same("it is taken", until(lambda: asks(short), lambda got: got == 200), 200)
    tap.same("and expires by itself", until(lambda: asks(short), lambda got: got == 401), 401)
    tap.same("the first key is still good", asks(key), 200)
    many = [server.make_key("key-%d" % i, "numbers") for i in range(10)]
    tap.same("keys made in a row are all taken", [until(lambda: asks(one), lambda got: got == 200) for one in many], [200] * 10)
    server.kill()
    server.start()
    tap.same("after kill -9 they are as they were", [asks(key), asks(made), asks(short)] + [asks(one) for one in many],
             [200, 401, 401] + [200] * 10)


with Server(config=ACCOUNTS) as server:
    test_drain(server)
    key = server.key
    test_under_load(server, key)
    test_impatient(server, key)
    test_one_of_each(server, key)
    test_keys(server, key)
    tap.same("it ends in good order", server.stop(), 0)
    status, out, errors = run("verify", "--data", server.data)
    tap.ok("verify finds nothing wrong", status == 0, out, errors)
tap.done()
