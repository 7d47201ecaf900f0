#!/usr/bin/env python3
"""Foreign order events by the mapping of the configuration: `bauta ingest --map` and POST /v1/events."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap, run

CUSTOMER, COURIER = "+6281234567210", "+6281298765877"
VNS = ["+62215000%04d" % i for i in range(1300, 1312)]

MAPPING = """
mapping:
  id: /meta/id
  order: /payload/order/id
  type: /event
  version: /seq
  time: /ts
  pool: /payload/city
  default_pool: jakarta
  types:
    shop.order.created: order.placed
    driver assigned: order.assigned
    done: order.completed
    gps: ignore
  pools: { JKT: jakarta }
  parties:
    - { role: customer, number: /payload/customer/phone }
    - { role: courier, number: /payload/driver/phone }
"""
CONFIG = """
accounts:
  - { name: main, provider: twilio, country: ID, account_sid: AC00000000000000000000000000000000, auth_token: "12345" }
"""

tap = Tap()


def created(order, seq, **payload):
    return {"event": "shop.order.created", "seq": seq, "payload": {"order": {"id": order}, "city": "JKT",
                                                                   "customer": {"phone": CUSTOMER}, **payload}}


def assigned(order, seq):
    return {"event": "driver assigned", "seq": seq, "payload": {"order": {"id": order}, "city": "JKT",
                                                                "driver": {"phone": COURIER, "name": "x"}}}


def done(order, seq):
    return {"event": "done", "seq": str(seq), "payload": {"order": {"id": order}}}


GPS = {"event": "gps", "lat": -6.2, "payload": "x"}


def ndjson(*events):
    return "".join((event if isinstance(event, str) else json.dumps(event)) + "\n" for event in events)


def prepare(api):
    tap.same("a pool is made", api.post("/v1/pools", {"name": "jakarta", "country": "ID"}).status, 201)
    answer = api.post("/v1/pools/jakarta/numbers", {"numbers": [{"number": vn, "provider": "twilio", "account": "main"}
                                                                for vn in VNS]})
    tap.same("it has numbers", answer.json["added"], len(VNS))


def state(api, ref):
    sessions = api.get("/v1/sessions", {"pool": "jakarta", "ref": ref}).json["sessions"]
    return (sessions[0]["state"], sorted(party["role"] for party in sessions[0]["parties"])) if sessions else None


def test_dry_run(folder):
    config, file = os.path.join(folder, "map.yaml"), os.path.join(folder, "dry.ndjson")
    with open(config, "w") as out:
        out.write(MAPPING)
    with open(file, "w") as out:
        out.write(ndjson(created(1001, 1), GPS, "", done(None, 2), "nope", {"event": "burnt"},
                         {"type": "order.cancelled", "order": "B", "version": 3, "pool": "jakarta"}))
    no_server = {"BAUTA_URL": "http://127.0.0.1:1", "BAUTA_KEY": ""}
    status, out, errors = run("ingest", "--map", "-c", config, "--dry-run", file, environment=no_server)
    tap.same("a dry run prints what would be sent, in our shape", [json.loads(line) for line in out.splitlines()], [
        {"type": "order.placed", "order": "1001", "version": 1, "pool": "jakarta",
         "parties": [{"role": "customer", "number": CUSTOMER}]},
        {"type": "order.cancelled", "order": "B", "version": 3, "pool": "jakarta"}])
    tap.same("the other lines are told by line of the file, refused ones with the field", errors.splitlines(), [
        "line 2: ignored",
        "line 4: bad_request: /payload/order/id: this field is needed",
        "line 5: bad_request: that is not JSON",
        "line 6: bad_request: /event: this type is not in the mapping's types",
        "2 mapped, 1 ignored, 3 refused; nothing was sent"])
    tap.same("what was refused makes the exit 1", status, 1)
    status, out, errors = run("ingest", "--map", "-c", config, "--dry-run", "--json", "-", stdin=ndjson(GPS, done(1, 1)),
                              environment=no_server)
    tap.ok("with --json the totals are one document on standard error", status == 0 and out.count("\n") == 1 and
           json.loads(errors) == {"mapped": 1, "ignored": 1, "refused": []}, status, out, errors)
    status, out, errors = run("ingest", "--map", "-c", config, "--dry-run", "-", environment=no_server,
                              stdin='{"x":"' + "a" * 70000 + '"}\n')
    tap.ok("a line over 64 KiB is refused by itself", status == 1 and not out and "line 1: too_large" in errors, status, errors)
    with open(config, "w") as out:
        out.write("listen: 127.0.0.1:0\n")
    status, _, errors = run("ingest", "--map", "-c", config, "--dry-run", file, environment=no_server)
    tap.ok("a configuration without a mapping is told", status == 1 and "no mapping" in errors, status, errors)
    with open(config, "w") as out:
        out.write("mapping: { order: x }\n")
    status, _, errors = run("ingest", "--map", "-c", config, "--dry-run", file, environment=no_server)
    tap.ok("a wrong one is told with its line", status == 1 and "map.yaml:1: mapping.order" in errors, status, errors)


def test_ingest(server, api):
    """The server of this test has no mapping: all of it is the client's."""
    config, file = os.path.join(server.folder, "map.yaml"), os.path.join(server.folder, "events.ndjson")
    environment = {"BAUTA_URL": server.url, "BAUTA_KEY": server.key, "BAUTA_API_KEY_FILE": ""}
    with open(config, "w") as out:
        out.write(MAPPING)
    with open(file, "w") as out:
        out.write(ndjson(GPS, created("M-1", 1), "", assigned("M-1", 2), {"event": "gps"}, done("", 3),
                         created("M-2", 1, city="nowhere"), created("M-3", 1, customer={"phone": "12"})))
    status, out, _ = run("ingest", file, environment=environment)
    tap.ok("without --map foreign events are refused", status == 1 and "0 applied" in out and "6 refused" not in out, out)
    status, out, errors = run("ingest", "--map", "-c", config, "--json", file, environment=environment)
    value = json.loads(out)
    tap.same("with it they are applied", (status, value["applied"], value["repeated"], value["ignored"]), (1, 2, 0, 2), errors)
    tap.same("what the client and what the server refused has the lines of the file",
             sorted((row["line"], row["code"]) for row in value["refused"]),
             [(6, "bad_request"), (7, "not_found"), (8, "bad_number")], out)
    tap.same("the order lives", state(api, "M-1"), ("live", ["courier", "customer"]))
    status, out, _ = run("ingest", "--map", "-c", config, "-", environment=environment,
                         stdin=ndjson(created("M-1", 1), GPS, assigned("M-1", 2), done("M-1", 3)))
    tap.ok("sent again they are repeated; ignored ones are counted", status == 0 and
           "1 applied, 2 repeated, 0 refused, 1 ignored" in out, status, out)
    tap.same("the order is over", state(api, "M-1")[0], "closing")
    many = [created("N-%d" % n, 1) if n % 2 else GPS for n in range(5000)]
    many[4001] = {"event": "done"}
    status, out, _ = run("ingest", "--map", "-c", config, "--json", "-", environment=environment, stdin=ndjson(*many))
    value = json.loads(out)
    tap.ok("thousands go in pieces, and lines are the file's", status == 1 and value["applied"] == 2499 and
           value["ignored"] == 2500 and [row["line"] for row in value["refused"]] == [4002], status, out[:300])


def test_api(server, api):
    answer = api.post("/v1/events", created("P-1", 1))
    tap.same("POST /v1/events takes a foreign event", (answer.status, answer.json),
             (200, {"applied": 1, "repeated": 0, "refused": []}))
    answer = api.post("/v1/events", {"type": "order.assigned", "order": "P-1", "version": 2, "pool": "jakarta",
                                     "parties": [{"role": "courier", "number": COURIER}]})
    tap.same("ours goes on working beside it", answer.json, {"applied": 1, "repeated": 0, "refused": []})
    tap.same("both are of one order", state(api, "P-1"), ("live", ["courier", "customer"]))
    answer = api.post("/v1/events", GPS)
    tap.same("what the mapping ignores is counted", answer.json, {"applied": 0, "repeated": 0, "ignored": 1, "refused": []})
    answer = api.post("/v1/events", [GPS, done("P-1", 3), {"event": "done", "seq": 4, "payload": {"order": {"id": []}}}, GPS])
    tap.same("in an array too, refusals with the pointer", answer.json, {
        "applied": 1, "repeated": 0, "ignored": 2,
        "refused": [{"line": 3, "code": "bad_request",
                     "detail": "/payload/order/id: this is to be a string or a whole number"}]})
    answer = api.post("/v1/events", ndjson(created("P-2", 1), GPS, "", assigned("P-2", 2), {"event": "x"}, created("P-2", 1)),
                      content_type="application/x-ndjson")
    tap.same("in a stream too", answer.json, {
        "applied": 2, "repeated": 1, "ignored": 1,
        "refused": [{"line": 5, "code": "bad_request", "detail": "/event: this type is not in the mapping's types"}]})
    answer = api.post("/v1/events", ndjson(*[GPS] * 1000), content_type="application/x-ndjson")
    tap.same("a stream of nothing but those", answer.json, {"applied": 0, "repeated": 0, "ignored": 1000, "refused": []})
    answer = api.post("/v1/events", {"specversion": "1.0", "id": "ce-1", "source": "/shop", "type": "done",
                                     "time": "2026-11-22T10:00:00Z", "data": {"payload": {"order": {"id": "P-2"}}}},
                      content_type="application/cloudevents+json")
    tap.same("the data of a CloudEvent may be foreign", answer.json, {"applied": 1, "repeated": 0, "refused": []})
    answer = api.post("/v1/events", {"payload": {"order": {"id": 77}, "customer": {"phone": CUSTOMER}}},
                      headers={"ce-id": "ce-2", "ce-type": "shop.order.created", "ce-time": "2026-11-22T10:00:00Z",
                               "ce-specversion": "1.0", "ce-source": "/shop"})
    tap.same("in binary mode too", answer.json, {"applied": 1, "repeated": 0, "refused": []})
    tap.same("a number is an order's id in digits", state(api, "77"), ("waiting", ["customer"]))
    answer = api.post("/v1/events", created("P-3", 1, customer={"phone": 6281234567210}))
    tap.ok("a person's number that is a number is refused without being told", answer.json["refused"][0]["detail"] ==
           "/payload/customer/phone: this is to be a string" and "81234567210" not in str(answer.body), answer)
    tap.ok("no number is in the log", "81234567210" not in server.stderr() and "81298765877" not in server.stderr())


with Server(config=CONFIG) as server:
    test_dry_run(server.folder)
    api = server.client()
    prepare(api)
    test_ingest(server, api)
with Server(config=CONFIG + MAPPING) as server:
    api = server.client()
    prepare(api)
    test_api(server, api)
tap.done()
