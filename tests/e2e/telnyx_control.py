"""Telnyx's side of Call Control, as its documentation tells it: events, signed, and the REST API that takes commands, on a loopback port.
Nothing of the server's code makes or reads anything here.

    with Commands() as commands, tempfile.TemporaryDirectory() as folder:
        telnyx = CallControl(folder)
        ... config: telnyx.account(commands.url()) ...
        call = telnyx.call(CUSTOMER, vn)
        telnyx.initiated(client, call)         # the webhook's answer
        commands.next()                        # blocks: the next Command(leg, action, body)
"""
import base64
import collections
import http.server
import itertools
import json
import os
import queue
import threading
import time
import urllib.parse

from texting import openssl

KEY, WAIT_S = "KEY0123456789", 60
ids = itertools.count(1)
Command = collections.namedtuple("Command", "leg action body")
Call = collections.namedtuple("Call", "leg session caller called")
TAKES = {
    "transfer": {"to", "from", "timeout_secs", "time_limit_secs", "client_state", "target_leg_client_state", "command_id"},
    "reject": {"cause", "command_id"},
    "hangup": {"command_id"},
    "answer": {"client_state", "command_id"},
    "speak": {"payload", "voice", "language", "client_state", "command_id"},
    "gather_using_speak": {"payload", "voice", "language", "client_state", "command_id", "minimum_digits", "maximum_digits",
                           "maximum_tries", "timeout_millis", "inter_digit_timeout_millis", "terminating_digit", "valid_digits"},
}


class Commands:
    """The API. `plan`: what the next requests are answered with, (status, Retry-After or None) each, or "hold" until `released` is set.
    `wrong`: what Telnyx would not have understood."""

    def __init__(self):
        self.asked, self.plan, self.wrong, self.released = queue.Queue(), collections.deque(), [], threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.plan.popleft() if outer.plan else (200, None)
                outer.take(self, body)
                if answer == "hold":
                    outer.released.wait(WAIT_S)
                    answer = (200, None)
                status, retry_after = answer
                text = json.dumps({"data": {"result": "ok"}} if status < 300 else
                                  {"errors": [{"code": "90018" if status == 422 else "10015", "title": "no", "detail": "no"}]}).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(text)))
                    if retry_after is not None:
                        self.send_header("Retry-After", str(retry_after))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass   # they waited no longer

        class Many(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 256

            def handle_error(self, request, client_address):
                pass   # a server that was killed
        self.server = Many(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def url(self):
        return "http://127.0.0.1:%d/v2" % self.server.server_address[1]

    def take(self, handler, body):
        parts = handler.path.split("/")
        if len(parts) != 6 or parts[:3] != ["", "v2", "calls"] or parts[4] != "actions" or parts[5] not in TAKES:
            self.wrong.append(handler.path)
            return
        if handler.headers.get("Authorization") != "Bearer " + KEY or handler.headers.get("Content-Type") != "application/json":
            self.wrong.append(str(handler.headers))
        fields, action = json.loads(body), parts[5]
        if set(fields) - TAKES[action] or (action == "transfer" and not {"to", "from"} <= set(fields)) or len(fields["command_id"]) != 32:
            self.wrong.append("%s %s" % (action, fields))
        self.asked.put(Command(urllib.parse.unquote(parts[3]), action, fields))

    def next(self):
        return self.asked.get(timeout=WAIT_S)

    def none(self):
        """Nothing was asked that nobody looked at. Say so only behind something that comes after it."""
        return self.asked.empty()


class CallControl:
    def __init__(self, folder, name="key.pem"):
        self.folder, self.key = folder, os.path.join(folder, name)
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.public = base64.b64encode(openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-32:]).decode()

    def account(self, url, name="main", key="api_key: " + KEY):
        return '{ name: %s, provider: telnyx, country: US, public_key: "%s", api_url: "%s"%s }' % (
            name, self.public, url, ", " + key if key else "")

    def sign(self, text):
        path = os.path.join(self.folder, "event")
        with open(path, "wb") as file:
            file.write(text.encode())
        return base64.b64encode(openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", path)).decode()

    def send(self, client, document, at=None, account="main", **changed):
        body, timestamp = json.dumps(document), str(int(time.time()) if at is None else at)
        headers = {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": self.sign("%s|%s" % (timestamp, body)), **changed}
        return client.request("POST", "/hooks/telnyx/%s/control" % account, body, headers=headers, content_type="application/json")

    @staticmethod
    def call(caller, called):
        n = next(ids)
        return Call("v3:%052d-_" % n, "%08d-c81c-11f0-abac-02420aef93a0" % n, caller, called)

    @staticmethod
    def event(call, type, at="2026-01-01T00:00:00.000000Z", leg=None, id=None, **more):
        payload = {"call_control_id": leg or call.leg, "call_leg_id": "b0e6224c-c81c-11f0-afbb-02420aef93a0",
                   "call_session_id": call.session, "client_state": None, "connection_id": "1293384261075731499",
                   "from": call.caller, "to": call.called, "start_time": "2026-01-01T00:00:00.000000Z", **more}
        return {"data": {"record_type": "event", "event_type": type, "id": id or "%08d-6fe7-4432-911f-79637bf6ebb7" % next(ids),
                         "occurred_at": at, "payload": payload},
                "meta": {"attempt": 1, "delivered_to": "https://vn.example.com/hooks/telnyx/main/control"}}

    def initiated(self, client, call, **more):
        return self.send(client, self.event(call, "call.initiated", direction="incoming", state="parked", **more))

    def tell(self, client, call, type, **more):
        return self.send(client, self.event(call, type, **more))
