#!/usr/bin/env python3
"""api/asyncapi.json is good AsyncAPI, says what the sources say, and its examples fit their schemas."""
import copy
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import ROOT, Tap
from events_check import Events
from kafka_batch import Record

tap = Tap()
events = Events()
schemas = events.json["components"]["schemas"]


def words(path, table):
    """The words of a table in C."""
    with open(os.path.join(ROOT, path)) as file:
        return re.findall(r'"([^"]*)"', re.search(table + r"\[\] = \{(.*?)\}", file.read(), re.S).group(1))


def record_of(example, key=None):
    return Record(key or example["headers"]["ce_subject"], json.dumps(example["payload"]), list(example["headers"].items()))


def with_data(example, **changes):
    changed = copy.deepcopy(example)
    changed["payload"].update(changes)
    return record_of(changed)


modules = subprocess.run([os.path.join(ROOT, "tools", "fetch.sh"), "asyncapi"], check=True, stdout=subprocess.PIPE,
                         text=True).stdout.strip()
parsed = subprocess.run(["node", os.path.join(ROOT, "tests", "asyncapi", "check.js"), os.path.join(ROOT, "api", "asyncapi.json")],
                        env=dict(os.environ, NODE_PATH=os.path.join(modules, "node_modules")), stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, text=True)
complaints = [line for line in parsed.stdout.splitlines() if not line.startswith("2 asyncapi-latest-version")]
tap.ok("AsyncAPI's own parser has nothing against the document", parsed.returncode == 0 and not complaints, *complaints)

# --- it says what the sources say ---

incoming = words("src/core/engine_event.c", "event_type_words")
tap.same("order events are those that are read", events.channels["orders"], set(incoming) | {"order.*"})
tap.same("actions", schemas["Call"]["properties"]["action"]["enum"], words("src/core/call.c", "action_words"))
tap.same("reasons", [reason or "" for reason in schemas["Call"]["properties"]["reason"]["enum"]][:-1],
         words("src/core/call.c", "reason_words")[1:])
tap.same("statuses", schemas["Call"]["properties"]["status"]["enum"], words("src/core/call.c", "call_status_words"))
tap.same("reasons of messages", [reason or "" for reason in schemas["Message"]["properties"]["reason"]["enum"]][:-1],
         words("src/core/message.c", "message_why_words")[1:])
tap.same("states of messages", schemas["Message"]["properties"]["state"]["enum"], words("src/core/message.c", "message_state_words"))
tap.same("states", schemas["Session"]["properties"]["state"]["enum"], words("src/core/session.c", "session_state_words"))
sent = events.channels["sessions"] | events.channels["dead"]
tap.same("an envelope has each type that is sent", set(schemas["Envelope"]["properties"]["type"]["enum"]), sent)
with open(os.path.join(ROOT, "api", "openapi.json")) as file:
    http = json.load(file)["components"]["schemas"]
tap.same("an order event is the same over HTTP", {**schemas["OrderEnd"]["properties"], "type": 0, "parties": 0}.keys(),
         http["Event"]["properties"].keys())
tap.same("a party is the same over HTTP", schemas["OrderParty"]["properties"].keys(), http["PartyNew"]["properties"].keys())

# --- examples ---

tap.ok("every message has an example", all(message.get("examples") for message in events.messages.values()))
for name, message in events.messages.items():
    example = message["examples"][0]
    if name in sent:
        wrong = events.wrong_record(record_of(example))
    elif name == "webhook":
        wrong = events.wrong_webhook({**example["headers"], "content-type": message["contentType"]}, json.dumps(example["payload"]))
    else:
        wrong = events.message(name, example["payload"])
    tap.ok("the example of %s fits" % name, not wrong, *wrong)
tap.same("the check remembers what it saw", events.seen, sent)

# --- the check sees what is wrong ---

live = events.messages["session.live"]["examples"][0]
call = events.messages["call.ended"]["examples"][0]
text = events.messages["message.sent"]["examples"][0]
pool = events.messages["pool.low"]["examples"][0]
planted = {
    "a field too many": with_data(live, number="x"),
    "a field too few": Record("A-1001", json.dumps({"tenant": "main"}), list(live["headers"].items())),
    "another state": with_data(live, state="waiting"),
    "a party without a VN": with_data(live, parties=[{"role": "customer", "vn": None}, live["payload"]["parties"][1]]),
    "a masked number for a VN": with_data(live, parties=[{"role": "customer", "vn": "+62*******210"},
                                                        live["payload"]["parties"][1]]),
    "a time that is none": with_data(live, opened_at="yesterday"),
    "another tenant than the source's": with_data(live, tenant="other"),
    "another key than the subject": record_of(live, "A-1002"),
    "an unknown type": record_of({**live, "headers": {**live["headers"], "ce_type": "session.moved"}}),
    "no headers": Record("A-1001", json.dumps(live["payload"])),
    "a header twice": record_of(live)._replace(headers=[*live["headers"].items(), ("ce_id", "evt_01JD5XK8Q80004")]),
    "no JSON": record_of(live)._replace(value="{"),
    "a connect that shows nothing": with_data(call, shown=None),
    "a call that is not over": with_data(call, status="connecting"),
    "a text with its words": with_data(text, body="I am at the gate"),
    "a text that was sent and failed": with_data(text, state="failed"),
    "a text from nobody": with_data(text, shown=None),
    "a stock that does not add up": with_data(pool, stock={**pool["payload"]["stock"], "free": 1}),
}
for name, record in planted.items():
    tap.ok("the check sees %s" % name, events.wrong_record(record))
order = events.messages["order.assigned"]["examples"][0]["payload"]
for name, change in {"neither version nor time": {"version": None}, "no party": {"parties": []}, "an unknown field": {"phone": "x"},
                     "an unknown type": {"type": "order.lost"}}.items():
    changed = {field: value for field, value in {**order, **change}.items() if value is not None}
    tap.ok("the check sees an order event with %s" % name, events.wrong_order(changed))
tap.done()
