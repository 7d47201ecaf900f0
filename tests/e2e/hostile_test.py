#!/usr/bin/env python3
"""Hostile HTTP against the real port: what is refused, what is cut, what stays bounded; and that everybody else is served."""
import json
import os
import resource
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import Server, Tap
from town import COURIER, CUSTOMER, PEOPLE, VNS, make_pool, parties, until
from wirehttp import Peer, chunked, request

HEAD_S, BODY_S = 10, 30
CROWD = 2000
GET = "GET /livez HTTP/1.1\r\n"
AFTER = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"

tap = Tap()


def statuses(server, data, wrap=None):
    with Peer(server, wrap) as peer:
        peer.send(data)
        return [answer.status for answer in peer.rest()]


def test_refused(server):
    """Each is answered once, with the connection closed: what stands behind it is never looked at."""
    post = "POST /v1/route HTTP/1.1\r\nHost: a\r\n"
    bad = {
        "two Content-Length, unlike": post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "two Content-Length, alike": post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "a list as Content-Length": post + "Content-Length: 1, 1\r\n\r\na",
        "Content-Length with Transfer-Encoding": post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding with Content-Length": post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "gzip, chunked": post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "chunked twice": post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunked, identity": post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "xchunked": post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "chunked in HTTP/1.0": "POST /v1/route HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a negative Content-Length": post + "Content-Length: -1\r\n\r\n",
        "a Content-Length with a sign": post + "Content-Length: +1\r\n\r\na",
        "a Content-Length in hexadecimal": post + "Content-Length: 0x1\r\n\r\na",
        "a Content-Length that overflows": post + "Content-Length: 18446744073709551617\r\n\r\na",
        "an empty Content-Length": post + "Content-Length:\r\n\r\n",
        "a chunk size that is none": post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "a chunk size that overflows": post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
        "a chunk without its end": post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        "a chunk size behind a space": post + "Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n",
        "a bare line feed in a chunk": post + "Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
        "a control character in a trailer": post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: \x01\r\n\r\n",
        "NUL in a header": GET + "Host: a\r\nX: a\0b\r\n\r\n",
        "NUL in a header's name": GET + "Host: a\r\nX\0: a\r\n\r\n",
        "NUL in the target": "GET /live\0z HTTP/1.1\r\nHost: a\r\n\r\n",
        "a bare CR in a header": GET + "Host: a\r\nX: a\rb\r\n\r\n",
        "a bare CR as line end": GET + "Host: a\rX: b\r\n\r\n",
        "bare line feeds": "GET /livez HTTP/1.1\nHost: a\n\n",
        "a space before a colon": GET + "Host : a\r\n\r\n",
        "a tab before a colon": GET + "Host: a\r\nX\t: a\r\n\r\n",
        "a header without a colon": GET + "Host: a\r\nX\r\n\r\n",
        "a header without a name": GET + "Host: a\r\n: a\r\n\r\n",
        "a name that is no token": GET + "Host: a\r\nX(y): a\r\n\r\n",
        "a folded line": GET + "Host: a\r\nX: a\r\n b\r\n\r\n",
        "a folded first line": GET + " Host: a\r\n\r\n",
        "no Host": GET + "\r\n",
        "two Hosts": GET + "Host: a\r\nHost: a\r\n\r\n",
        "a Host with a space": GET + "Host: a b\r\n\r\n",
        "a Host with a path": GET + "Host: a/b\r\n\r\n",
        "no version": "GET /livez\r\nHost: a\r\n\r\n",
        "HTTP/0.9": "GET /livez HTTP/0.9\r\nHost: a\r\n\r\n",
        "HTTP/1.2": "GET /livez HTTP/1.2\r\nHost: a\r\n\r\n",
        "HTTP/2.0": "GET /livez HTTP/2.0\r\nHost: a\r\n\r\n",
        "HTTP/2's preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/11": "GET /livez HTTP/11\r\nHost: a\r\n\r\n",
        "a version in small letters": "GET /livez http/1.1\r\nHost: a\r\n\r\n",
        "another protocol": "GET /livez RTSP/1.0\r\nHost: a\r\n\r\n",
        "two spaces": "GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n",
        "a target without a slash": "GET livez HTTP/1.1\r\nHost: a\r\n\r\n",
        "a target with a space": "GET /live z HTTP/1.1\r\nHost: a\r\n\r\n",
        "a method in small letters": "get /livez HTTP/1.1\r\nHost: a\r\n\r\n",
        "no method": " /livez HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT": "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 32,
        "noise": "".join(chr(i * 167 % 256) for i in range(600)),
        "a JSON document": '{"from": "a"}\r\n\r\n',
    }
    for name, text in bad.items():
        got = statuses(server, text.encode("latin-1") + AFTER)
        tap.same("%s: 400 and close" % name, got, [400])
    allowed = {
        "a head of nearly 16 KiB": (200, GET + "Host: a\r\nConnection: close\r\nX: " + "a" * 16200 + "\r\n\r\n"),
        "100 headers": (200, GET + "Host: a\r\nConnection: close\r\n" + "X: a\r\n" * 98 + "\r\n"),
        "a target of nearly 8 KiB": (404, "GET /" + "a" * 8100 + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    }
    for name, (status, text) in allowed.items():
        tap.same("%s is taken" % name, statuses(server, text.encode()), [status])
    long = {
        "a head over 16 KiB": (431, GET + "Host: a\r\nX: " + "a" * 17000 + "\r\n\r\n"),
        "a head that never ends": (431, GET + "Host: a\r\n" + "X: aaaaaaaaaaaaaaaa\r\n" * 1000),
        "101 headers": (431, GET + "Host: a\r\n" + "X: a\r\n" * 100 + "\r\n"),
        "a target over 8 KiB": (414, "GET /" + "a" * 8200 + " HTTP/1.1\r\nHost: a\r\n\r\n"),
        "an expectation that nobody knows": (417, post + "Content-Length: 1\r\nExpect: a-miracle\r\n\r\na"),
    }
    for name, (status, text) in long.items():
        tap.same("%s: %d and close" % (name, status), statuses(server, text.encode("latin-1") + AFTER), [status])


def test_limits(server, key):
    bearer = ("Authorization", "Bearer " + key)
    form = [bearer, ("Content-Type", "application/json")]

    def ask(target, body, headers=form, method="POST"):
        with Peer(server) as peer:
            peer.send(request(method, target, headers, body))
            return peer.reply()

    room = 64 * 1024 - len(b'{"from":"a","to":""}')
    tap.same("a body of 64 KiB is read", ask("/v1/route", b'{"from":"a","to":"%s"}' % (b"a" * room)).status, 400)
    got = ask("/v1/route", b'{"from":"a","to":"%s"}' % (b"a" * (room + 1)))
    tap.same("a byte more is not: 413 and close", (got.status, got.headers.get("connection")), (413, "close"))
    with Peer(server) as peer:
        peer.send(request("POST", "/v1/route", form + [("Transfer-Encoding", "chunked")]) + chunked([b" " * 8192] * 9))
        tap.same("nor in chunks", [answer.status for answer in peer.rest()], [413])
    vns = [{"number": vn, "provider": "twilio", "account": "main"} for vn in VNS[:9999]]
    body = json.dumps({"numbers": vns}).encode()
    got = ask("/v1/pools/big/numbers", body)
    tap.ok("a list of numbers may have nearly 1 MiB", 600_000 < len(body) < 1 << 20 and got.status == 200, len(body), got)
    tap.same("but not more", ask("/v1/pools/big/numbers", body + b" " * ((1 << 20) - len(body) + 1)).status, 413)
    tap.same("and not for whoever has no key", ask("/v1/pools/big/numbers", body, form[1:]).status, 413)
    tap.same("a hook takes 64 KiB", ask("/hooks/twilio/main/voice", b"a=" + b"b" * 64 * 1024).status, 413)
    deep = b'{"parties":' + b"[" * 20000 + b"]" * 20000 + b"}"
    tap.same("JSON as deep as a well is refused", ask("/v1/sessions", deep).status, 400)
    tap.same("JSON that says a thing twice is refused", ask("/v1/route", b'{"from":"a","from":"b","to":"c"}').status, 400)
    tap.same("bytes that are no UTF-8 are refused", ask("/v1/route", b'{"from":"\xff\xfe","to":"c"}').status, 400)
    tap.same("NUL in a text is refused", ask("/v1/sessions", b'{"pool":"big","ref":"a\\u0000b","parties":[]}').status, 400)
    for path in ("/v1/../livez", "/v1/%2e%2e/livez", "//livez", "/livez/", "/v1/sessions/%00", "/v1/pools/%ff", "/%"):
        tap.ok("GET %s finds nothing" % path, ask(path, b"", [bearer], "GET").status in (400, 404))
    for key in ("", "Bearer", "Bearer ", "Bearer a", "Basic " + key, "Bearer bauta_", "Bearer bauta_a_b", "Bearer bauta_" + "a" * 9000):
        got = ask("/v1/pools", b"", [("Authorization", key)], "GET")
        tap.same("Authorization: %.30s is refused" % key, got.status, 401)


def test_cut_short(server, key):
    """Peers that go away in the middle of things are forgotten; those that only stop sending are answered."""
    headers = [("Authorization", "Bearer " + key), ("Content-Type", "application/json")]
    body = json.dumps({"pool": "town", "ref": "cut", "parties": parties(customer=PEOPLE[0], courier=PEOPLE[1])}).encode()
    whole = request("POST", "/v1/sessions", headers, body)
    for cut in range(1, len(whole), 37):
        with Peer(server) as peer:
            peer.send(whole[:cut])
    for cut in (10, 60, len(whole) - 1):
        with Peer(server) as peer:
            peer.send(whole[:cut])
            peer.socket.shutdown(1)
            tap.ok("a request of %d bytes that ends there gets no good answer" % cut,
                   [answer.status for answer in peer.rest()] in ([], [400]))
    listed = server.client().get("/v1/sessions", {"pool": "town", "ref": "cut"}).json["sessions"]
    tap.same("nothing of them was done", listed, [])
    with Peer(server) as peer:
        peer.send(whole)
        peer.socket.shutdown(1)
        tap.same("who sent all and then shut down its side is answered", [answer.status for answer in peer.rest()], [201])
    events = [("Authorization", "Bearer " + key), ("Content-Type", "application/x-ndjson"), ("Transfer-Encoding", "chunked")]
    event = {"type": "order.placed", "order": "torn", "version": 1, "pool": "town", "parties": parties(customer=PEOPLE[2])}
    with Peer(server) as peer:
        line = json.dumps(event).encode()
        peer.send(request("POST", "/v1/events", events) + b"%x\r\n%s\r\n" % (len(line), line))
    listed = server.client().get("/v1/sessions", {"pool": "town", "ref": "torn"}).json["sessions"]
    tap.same("half a line at the end of a torn stream is no event", listed, [])


def test_in_order(server, key):
    """100 requests in one piece: changes, which wait for the disk, and questions, which don't."""
    headers = [("Authorization", "Bearer " + key), ("Content-Type", "application/json")]
    data, wanted = b"", []
    for i in range(50):
        data += request("POST", "/v1/sessions", headers, json.dumps({"pool": "town", "ref": "line-%d" % i, "parties": parties(
            customer=PEOPLE[100 + i], courier=PEOPLE[200 + i])}).encode())
        data += request("GET", "/v1/orders/nobody-%d/contact?pool=nowhere-%d&as=customer" % (i, i), headers[:1])
        wanted += [(201, "line-%d" % i), (404, None)]
    with Peer(server) as peer:
        peer.send(data)
        answers = [peer.reply() for _ in wanted]
        got = [(answer.status, json.loads(answer.body).get("ref")) for answer in answers]
        tap.same("100 pipelined requests are answered in order", got, wanted)
        tap.ok("and the connection goes on", peer.asks_for_nothing())
    with Peer(server) as peer:
        for byte in request("GET", "/livez"):
            peer.send(bytes([byte]))
        tap.same("a request in single bytes is a request", peer.reply().status, 200)
    with Peer(server) as peer:
        peer.send(b"\r\n\r\n" + request("GET", "/livez"))
        tap.same("empty lines before a request are forgiven", peer.reply().status, 200)


def test_versions(server, key):
    with Peer(server) as peer:
        peer.send(b"GET /livez HTTP/1.0\r\n\r\n")
        tap.same("HTTP/1.0 needs no Host and is closed", [answer.status for answer in peer.rest()], [200])
    with Peer(server) as peer:
        for _ in range(2):
            peer.send(b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = peer.reply()
            tap.same("HTTP/1.0 may keep its connection", (answer.status, answer.headers.get("connection", "").lower()),
                     (200, "keep-alive"))
    with Peer(server) as peer:
        peer.send(b"HEAD /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" + AFTER)
        answers = [peer.reply(head=True), peer.reply()]
        tap.ok("HEAD tells the length and sends no body", answers[0].status == 200 and answers[1].status == 200 and
               int(answers[0].headers["content-length"]) > 1000, answers, answers[0].headers)
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
        with Peer(server) as peer:
            peer.send(request(method, "/livez"))
            answer = peer.reply()
            tap.ok("%s /livez is refused" % method, answer is None or answer.status in (400, 405, 501), answer)

    body = b'{"from":"+14155550123","to":"%s"}' % VNS[0].encode()
    headers = [("Authorization", "Bearer " + key), ("Content-Type", "application/json"), ("Expect", "100-continue")]
    head = request("POST", "/v1/route", headers + [("Content-Length", str(len(body)))])
    with Peer(server) as peer:
        peer.send(head)
        first = peer.reply()
        peer.send(body)
        tap.same("who expects 100 is told to go on", (first.status, peer.reply().status), (100, 200))
    with Peer(server) as peer:
        peer.send(head + body)
        got = [peer.reply().status]
        got += [peer.reply().status] if got == [100] else []
        tap.ok("who doesn't wait for it is answered too", got in ([200], [100, 200]), got)
    with Peer(server) as peer:
        peer.send(request("POST", "/v1/route", headers + [("Content-Length", "1000000")]))
        tap.same("what is too large is not asked for", peer.reply().status, 413)


def resident_kb(server):
    with open("/proc/%d/status" % server.process.pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def test_streams(server, key):
    headers = [("Authorization", "Bearer " + key), ("Content-Type", "application/x-ndjson"), ("Transfer-Encoding", "chunked")]
    event = {"id": "e", "type": "order.assigned", "order": "stream", "version": 1, "pool": "town",
             "parties": parties(customer=CUSTOMER, courier=COURIER)}
    line = json.dumps(event).encode() + b"\n"

    def stream(pieces):
        with Peer(server) as peer:
            peer.send(request("POST", "/v1/events", headers))
            for piece in pieces:
                if not peer.send(b"%x\r\n%s\r\n" % (len(piece), piece)):
                    break
            peer.send(b"0\r\n\r\n")
            return peer.reply()

    def broken():
        with Peer(server) as peer:
            peer.send(request("POST", "/v1/events", headers) + b"f000\r\n" + b"x" * 0xf000 + b"\r\nzz\r\n")
            return [answer.status for answer in peer.rest()]

    def begun(n):
        return all(broken() == [400] for _ in range(n))

    tap.ok("a chunk that is none, in the middle of a stream: 400 and close", begun(50))
    before = resident_kb(server)
    begun(400)
    grown = resident_kb(server) - before
    tap.ok("and nothing of the stream is left behind", grown < 4096, "%d KiB more" % grown)

    stream([line])
    many = (64 * 1024) // len(line)
    stream([line * many] * 10)
    before = resident_kb(server)
    got = stream([line * many] * 80)
    grown = resident_kb(server) - before
    tap.ok("5 MB of events are taken as they come", got.status == 200 and json.loads(got.body) == {
        "applied": 0, "repeated": many * 80, "refused": []}, got)
    tap.ok("in constant memory", grown < 8192, "%d KiB more" % grown)
    before = resident_kb(server)
    got = stream([b"x" * 65536] * 80)
    grown = resident_kb(server) - before
    refused = json.loads(got.body).get("refused", []) if got else None
    tap.ok("one line of 5 MB is refused as one line, in constant memory", got and got.status == 200 and
           [row["code"] for row in refused] == ["too_large"] and grown < 8192, got, grown)
    got = stream([b"{}\n" * 20000] * 4)
    tap.ok("80,000 bad lines make no answer without end", got.status == 200 and len(got.body) < 2 << 20, len(got.body))
    cut = [b"", b""]
    for i, byte in enumerate(line * 3):
        cut.append(bytes([byte]))
    got = stream([piece for piece in cut if piece])
    tap.same("lines may be cut anywhere", json.loads(got.body), {"applied": 0, "repeated": 3, "refused": []})


class Dribble(threading.Thread):
    """A byte now and then, for ever; ends when the server has had enough."""

    def __init__(self, server, start, byte):
        super().__init__()
        self.peer, self.byte = Peer(server), byte
        self.began = time.monotonic()
        self.peer.send(start)
        self.answer, self.took = None, None

    def run(self):
        while time.monotonic() - self.began < 3 * BODY_S:
            try:
                if not self.peer.more(0.5) or b"\r\n\r\n" in self.peer.buffer:
                    break
            except TimeoutError:
                self.peer.send(self.byte)   # it waited for an answer for half a second
        self.took = time.monotonic() - self.began
        self.answer = self.peer.reply()
        self.peer.close()


def start_dribbles(server, key):
    head = request("POST", "/v1/events", [("Authorization", "Bearer " + key), ("Content-Type", "application/json"),
                                          ("Content-Length", "60000")])
    stream = request("POST", "/v1/events", [("Authorization", "Bearer " + key), ("Content-Type", "application/x-ndjson"),
                                            ("Transfer-Encoding", "chunked")])
    dribbles = {"head": Dribble(server, b"GET /livez HTTP/1.1\r\nHost: a\r\nX: ", b"a"),
                "first byte that has no second": Dribble(server, b"G", b""), "body": Dribble(server, head, b" "),
                "stream": Dribble(server, stream, b"1\r\n \r\n")}
    for dribble in dribbles.values():
        dribble.start()
    return dribbles


def end_dribbles(dribbles):
    for name, dribble in dribbles.items():
        dribble.join()
        limit = HEAD_S if name in ("head", "first byte that has no second") else BODY_S
        tap.ok("a %s that comes too slowly is cut after %d s" % (name, limit), dribble.answer and
               dribble.answer.status in (408,) and limit - 1 < dribble.took < limit + 5, dribble.answer, dribble.took)


def test_many_idle(server):
    peers = [Peer(server) for _ in range(CROWD)]
    began = time.monotonic()
    got = server.client().get("/readyz").status
    tap.ok("beside %d idle connections a request is answered" % CROWD, got == 200 and time.monotonic() - began < 5, got)
    used = server.client().get("/metrics").body.decode().split('bauta_used{what="connections"} ')[1].split("\n")[0]
    tap.ok("they are all there", int(used) >= CROWD, used)
    for peer in peers:
        peer.close()


def test_connection_limit():
    with Server(arguments=["--set", "limits.connections=16", "--set", "limits.workers=1"]) as server:
        idle = [Peer(server) for _ in range(16)]
        for peer in idle:
            peer.send(request("GET", "/livez"))
            peer.reply()
        with Peer(server) as peer:
            peer.send(request("GET", "/livez"))
            got = peer.reply()
            tap.ok("past the limit the oldest idle connection gives way", got is not None and got.status == 200, got)
            tap.ok("it alone", idle[0].reply() is None and idle[1].asks_for_nothing())
        for peer in idle:
            peer.close()
        busy = []
        for _ in range(40):
            peer = Peer(server)
            peer.send(b"GET /livez HTTP/1.1\r\nHost: a\r\n")
            busy.append(peer)
        # Whoever was let in is answered when its head ends; the others were closed.
        answered = 0
        for peer in busy:
            peer.send(b"Connection: close\r\n\r\n")
            try:
                answered += [answer.status for answer in peer.rest()] == [200]
            except ValueError:
                pass
            peer.close()
        tap.ok("where all are busy, newcomers are turned away", 14 <= answered <= 16, answered)
        got = until(lambda: ask_or_none(server), lambda status: status == 200)
        tap.same("afterwards there is room again", got, 200)


def ask_or_none(server):
    try:
        return server.client().get("/readyz").status
    except OSError:
        return None


def test_all():
    with Server() as server:
        api, key, pid = server.client(), server.key, server.process.pid
        make_pool(api, "town", VNS[9000:9100])
        make_pool(api, "big", [])
        dribbles = start_dribbles(server, key)
        test_refused(server)
        test_cut_short(server, key)
        test_in_order(server, key)
        test_versions(server, key)
        test_streams(server, key)
        test_limits(server, key)
        test_many_idle(server)
        test_connection_limit()
        end_dribbles(dribbles)
        tap.same("after all that it is ready", api.get("/readyz").status, 200)
        tap.ok("and the same process", server.process.poll() is None and server.process.pid == pid)
        metrics = api.get("/metrics").body.decode()
        tap.ok("nothing was a 500", 'status="500"' not in metrics, metrics)
        tap.ok("it ends in good order", server.stop() == 0, server.stderr()[-2000:])


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
CROWD = min(CROWD, max(100, hard // 2 - 200))
test_all()
tap.done()
