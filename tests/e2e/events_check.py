"""Holds events to api/asyncapi.json, and to what a schema can't say: each function gives a list of sentences on what is wrong.

    events = Events()
    events.wrong_record(record)             # a record of bauta.sessions or bauta.dead (kafka_batch.Record)
    events.wrong_webhook(headers, body)     # a request to an endpoint
    events.wrong_event({"type": ..., "data": ...})  # a CloudEvent in the JSON format
    events.wrong_order({...})               # an order event of our shape
    events.seen                             # types that came by
"""
import json
import os
import urllib.parse

from openapi_check import ROOT, Document

OPEN, ENDED = {"waiting", "live"}, {"closing", "cooling", "closed"}
STATES = {"session.waiting": {"waiting"}, "session.live": {"live"}, "session.changed": OPEN | ENDED,
          "session.closed": ENDED, "session.expired": ENDED, "session.ended": {"cooling", "closed"}}
CALLS = {"call.refused": {"refused"}, "call.answered": {"answered"},
         "call.ended": {"completed", "busy", "no_answer", "failed", "canceled"}}


def text(data):
    return data.decode() if isinstance(data, (bytes, bytearray)) else data


class Events(Document):
    def __init__(self):
        super().__init__(os.path.join(ROOT, "api", "asyncapi.json"))
        self.messages = {message["name"]: message for message in self.json["components"]["messages"].values()}
        self.channels = {name: {self.resolve(message)["name"] for message in channel["messages"].values()}
                         for name, channel in self.json["channels"].items()}
        self.seen = set()

    def message(self, name, payload, headers=None):
        """A payload (and headers, {name: text}) against the message of that name."""
        if name not in self.messages:
            return ["no message is documented that is called %r" % (name,)]
        found = self.wrong(self.messages[name]["payload"], payload, name)
        if headers is not None:
            found += self.wrong(self.messages[name]["headers"], headers, name + " headers")
        return found

    def wrong_event(self, event):
        """A CloudEvent in the JSON format."""
        envelope = self.json["components"]["schemas"]["Envelope"]
        shape = dict(envelope, properties=dict(envelope["properties"], data={"type": "object"}))
        found = self.wrong(shape, event, "event") or self.message(event["type"], event["data"])
        if not found:
            self.seen.add(event["type"])
            found = ["%s: %s" % (event["type"], sentence) for sentence in self._rules(event, event["data"])]
        return found

    def wrong_record(self, record):
        names = [name for name, _ in record.headers]
        headers = {name: text(value) for name, value in record.headers}
        if len(names) != len(headers):
            return ["a header comes twice: %s" % names]
        if "ce_type" not in headers:
            return ["the record has no header ce_type: %s" % names]
        try:
            data = json.loads(record.value or b"")
        except ValueError as error:
            return ["the record's value is no JSON: %s" % error]
        found = self.message(headers["ce_type"], data, headers)
        if found:
            return found
        if text(record.key) != headers.get("ce_subject"):
            found.append("%s: the key %r is not the subject %r" % (headers["ce_type"], record.key, headers.get("ce_subject")))
        return found + self.wrong_event(cloud_event(record))

    def wrong_webhook(self, headers, body):
        """`headers`: with names in small letters."""
        try:
            event = json.loads(body)
        except ValueError as error:
            return ["the body is no JSON: %s" % error]
        found = self.wrong(self.messages["webhook"]["headers"], headers, "headers")
        if headers.get("content-type", "").split(";")[0] != "application/cloudevents+json":
            found.append("the content type is %r" % headers.get("content-type"))
        if headers.get("webhook-id") != event.get("id"):
            found.append("webhook-id %r is not the event's id %r" % (headers.get("webhook-id"), event.get("id")))
        return found + self.wrong_event(event)

    def wrong_order(self, event):
        return self.message(event.get("type"), event)

    # --- what a schema can't say ---

    def _rules(self, event, data):
        type, kind = event["type"], event["type"].split(".")[0]
        if event["source"] != "urn:bauta:" + urllib.parse.quote(data["tenant"]):
            yield "the source %r is not the tenant %r" % (event["source"], data["tenant"])
        yield from getattr(self, "_rules_of_" + kind)(type, event.get("subject"), data)

    def _rules_of_session(self, type, subject, data):
        if subject != data["ref"]:
            yield "the subject %r is not the order %r" % (subject, data["ref"])
        if data["state"] not in STATES[type]:
            yield "the state is %s" % data["state"]
        roles = [party["role"] for party in data["parties"]]
        if len(set(roles)) != len(roles):
            yield "a role comes twice: %s" % roles
        if set(roles) & set(data.get("left", [])):
            yield "a party left and is there: %s, %s" % (roles, data["left"])
        bound = [party["vn"] is not None for party in data["parties"]]
        if (data["state"] in ("live", "closing")) != (len(bound) > 1 and all(bound)) or any(bound) != all(bound):
            yield "%s with %s" % (data["state"], data["parties"])
        for view in data.get("views", []):
            if view["viewer"] not in roles or view["target"] not in roles or view["viewer"] == view["target"]:
                yield "a view of nobody: %s" % view
        ended = data["state"] in ENDED
        if (data["closed_at"] is not None) != ended or (data["grace_until"] is not None) != ended:
            yield "%s with closed_at %s and grace_until %s" % (data["state"], data["closed_at"], data["grace_until"])

    def _rules_of_pool(self, type, subject, data):
        if subject != data["pool"]:
            yield "the subject %r is not the pool %r" % (subject, data["pool"])
        if sum(n for name, n in data["stock"].items() if name != "total") != data["stock"]["total"]:
            yield "the stock does not add up: %s" % data["stock"]

    def _rules_of_number(self, type, subject, data):
        if subject != data["vn"]:
            yield "the subject %r is not the VN %r" % (subject, data["vn"])

    def _rules_of_purchase(self, type, subject, data):
        if subject != data["pool"]:
            yield "the subject %r is not the pool %r" % (subject, data["pool"])

    def _rules_of_call(self, type, subject, data):
        if subject != (data["ref"] or data["vn"] or subject):
            yield "the subject %r is neither the order nor the VN" % subject
        if data["session"] is None and data["ref"] is not None:
            yield "an order without a session: %s" % data["ref"]
        if data["status"] not in CALLS[type]:
            yield "the status is %s" % data["status"]
        if data["action"] == "connect" and data["ref"] and not (data["shown"] and data["from_role"] and data["to_role"]):
            yield "a connect without %s" % [name for name in ("shown", "from_role", "to_role") if not data[name]]

    def _rules_of_number(self, type, subject, data):
        if subject != data["vn"]:
            yield "the subject %r is not the number %r" % (subject, data["vn"])
        if (data["why"] in ("sync", "bought")) != (type == "number.added"):
            yield "%s because of %s" % (type, data["why"])

    def _rules_of_purchase(self, type, subject, data):
        if subject != data["pool"]:
            yield "the subject %r is not the pool %r" % (subject, data["pool"])

    def _rules_of_abuse(self, type, subject, data):
        if subject != data["pool"]:
            yield "the subject %r is not the pool %r" % (subject, data["pool"])

    def _rules_of_message(self, type, subject, data):
        if subject != (data["ref"] or data["vn"] or data["shown"] or subject):
            yield "the subject %r is neither the order nor the VN" % subject
        if "message." + data["state"] != type:
            yield "the state is %s" % data["state"]
        if (data["reason"] is not None) != (type == "message.failed"):
            yield "the reason is %s" % data["reason"]
        if not (data["shown"] and data["from_role"] and data["to_role"]):
            yield "without %s" % [name for name in ("shown", "from_role", "to_role") if not data[name]]
        if (data["vn"] is None) != data["from_app"]:
            yield "from_app %s with the VN %s" % (data["from_app"], data["vn"])

    def _rules_of_event(self, type, subject, data):
        if subject != data["order"]:
            yield "the subject %r is not the order %r" % (subject, data["order"])


def cloud_event(record):
    """A record in binary mode as a CloudEvent in the JSON format."""
    headers = {name: text(value) for name, value in record.headers}
    event = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    return {**event, "datacontenttype": headers.get("content-type"), "data": json.loads(record.value)}
