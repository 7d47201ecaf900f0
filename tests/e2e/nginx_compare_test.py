#!/usr/bin/env python3
"""The same bytes to nginx and to Bauta: which requests does each of them take, and how many does it see? A proxy in front that sees
other requests in a stream than the server behind it is how requests are smuggled. Every difference stands in docs/http.md with its
reason; one that isn't there fails, and so does one that is there and is none. `--table` prints the differences as rows for it."""
import os
import re
import shutil
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import ROOT, Server, Tap  # noqa: E402
from processes import Process, free_port, wait_port  # noqa: E402

# It reads every body whole, as it does in front of a server; limits as src/net/http.h has them.
CONFIG = """
daemon off;
pid %(folder)s/nginx.pid;
error_log %(folder)s/error.log;
worker_processes 1;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path %(folder)s/body;
	proxy_temp_path %(folder)s/proxy;
	fastcgi_temp_path %(folder)s/fastcgi;
	uwsgi_temp_path %(folder)s/uwsgi;
	scgi_temp_path %(folder)s/scgi;
	client_max_body_size 64k;
	client_body_buffer_size 64k;
	large_client_header_buffers 2 8k;
	server {
		listen 127.0.0.1:%(port)d;
		location / {
			proxy_ignore_client_abort on;
			proxy_method GET;
			proxy_pass_request_headers off;
			proxy_pass_request_body off;
			proxy_pass http://unix:%(folder)s/back:/;
		}
	}
	server {
		listen unix:%(folder)s/back;
		location / { return 200 "ok"; }
	}
}
"""
WAIT_S = 60
LIVE = "GET /livez HTTP/1.1\r\n"
POST = "POST /nothing HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
GOOD = LIVE + "Host: a\r\n\r\n"
# Behind every case: seen only by who thinks that the case is over, and keeps the connection.
AFTER = "GET /livez HTTP/1.1\r\nHost: after\r\nConnection: close\r\n\r\n"
INNER = "GET /livez HTTP/1.1\r\nHost: inner\r\n\r\n"


def get(target, more=""):
    return "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (target, more)


def field(line):
    return LIVE + "Host: a\r\n" + line + "\r\n\r\n"


def length(value, body="a"):
    return POST + "Content-Length:" + value + "\r\n\r\n" + body


def coding(value, body="0\r\n\r\n", more=""):
    return POST + "Transfer-Encoding:" + value + "\r\n" + more + "\r\n" + body


# What each must be: sound requests are taken by both, so that two servers that refuse everything don't agree.
TAKEN = {
    "a plain GET": GOOD,
    "HEAD": "HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "a body by its length": length(" 1"),
    "a body of no bytes": length(" 0", ""),
    "a body in chunks": CHUNKED + "1\r\na\r\n0\r\n\r\n",
    "a chunk size with leading zeros": CHUNKED + "0001\r\na\r\n0\r\n\r\n",
    "a chunk size in capitals": CHUNKED + "A\r\n0123456789\r\n0\r\n\r\n",
    "a chunk extension": CHUNKED + "1;a=b\r\na\r\n0\r\n\r\n",
    "a last chunk of many zeros": CHUNKED + "1\r\na\r\n0000\r\n\r\n",
    "a trailer": CHUNKED + "1\r\na\r\n0\r\nX: b\r\n\r\n",
    "a trailer that is Content-Length": CHUNKED + "1\r\na\r\n0\r\nContent-Length: 40\r\n\r\n",
    "Chunked in capitals": coding(" CHUNKED"),
    "two requests in one piece": GOOD + GOOD,
    "a request behind a body in chunks": CHUNKED + "1\r\na\r\n0\r\n\r\n" + GOOD,
    "a request that looks like a body": length(" %d" % len(INNER), INNER),
    "a request inside a chunk": CHUNKED + "%x\r\n%s\r\n0\r\n\r\n" % (len(INNER), INNER),
    "a GET with a body": field("Content-Length: 3").replace("\r\n\r\n", "\r\n\r\nabc"),
    "a header without a value": field("X:"),
    "a header without a space": field("X:a"),
    "blanks around a value": field("X: \t a \t "),
    "bytes over 127 in a value": field("X: \xff\xc3\xa9"),
    "a name with an underscore": field("x_y: a"),
    "a Host with a port": LIVE + "Host: a:8080\r\n\r\n",
    "a Host that is IPv6": LIVE + "Host: [::1]:80\r\n\r\n",
    "host in small letters": LIVE + "host: a\r\n\r\n",
    "an absolute target": get("http://a/livez"),
    "an absolute target of another host": get("http://b/livez"),
    "a query": get("/nothing?a=b&c=%20"),
    "%2f in the path": get("/a%2fb"),
    "a dot segment inside": get("/a/../livez"),
    "a doubled slash": get("//livez"),
    "a target of 8,000 bytes": get("/" + "a" * 8000),
    "80 headers": field("\r\n".join(["X: a"] * 80)),
    "Connection: close": field("Connection: close"),
    "Upgrade to a WebSocket": field("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"),
    "Upgrade to h2c": field("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"),
    "HTTP/1.0 without Host": "GET /livez HTTP/1.0\r\n\r\n",
    "HTTP/1.0 that keeps its connection": "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "HTTP/1.0 with a body": "POST /nothing HTTP/1.0\r\nContent-Length: 1\r\n\r\na",
    "Expect: 100-continue with its body": POST + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\na",
    "an empty line before the request": "\r\n" + GOOD,
    "two empty lines before the request": "\r\n\r\n" + GOOD,
    "a body of 64 KiB": length(" 65536", "a" * 65536),
}

# Not sound, or left open by RFC 9112: what is made of them is compared.
DOUBTFUL = {
    "no version": "GET /livez\r\n",
    "no version, with Host": "GET /livez\r\nHost: a\r\n\r\n",
    "HTTP/0.9": "GET /livez HTTP/0.9\r\nHost: a\r\n\r\n",
    "HTTP/1.2": "GET /livez HTTP/1.2\r\nHost: a\r\n\r\n",
    "HTTP/1.10": "GET /livez HTTP/1.10\r\nHost: a\r\n\r\n",
    "HTTP/01.1": "GET /livez HTTP/01.1\r\nHost: a\r\n\r\n",
    "HTTP/2.0": "GET /livez HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/2's preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/11": "GET /livez HTTP/11\r\nHost: a\r\n\r\n",
    "HTTP/1.": "GET /livez HTTP/1.\r\nHost: a\r\n\r\n",
    "a version in small letters": "GET /livez http/1.1\r\nHost: a\r\n\r\n",
    "another protocol": "GET /livez RTSP/1.0\r\nHost: a\r\n\r\n",
    "a space behind the version": "GET /livez HTTP/1.1 \r\nHost: a\r\n\r\n",
    "two spaces before the target": "GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces before the version": "GET /livez  HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tab before the target": "GET\t/livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space before the method": " GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method in small letters": "get /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method that nobody knows": "BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method with a digit": "GE7 /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "TRACE": "TRACE /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    "OPTIONS *": "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET *": get("*"),
    "a target without a slash": get("livez"),
    "a target with a space": get("/live z"),
    "a target with a fragment": get("/livez#a"),
    "a target with NUL": get("/live\0z"),
    "a target with a control byte": get("/live\x01z"),
    "a target with DEL": get("/live\x7fz"),
    "a target with a tab": get("/live\tz"),
    "a target with bytes over 127": get("/caf\xc3\xa9"),
    "a target with a backslash": get("/a\\..\\b"),
    "a target with braces and quotes": get('/{"a"}|^`<>'),
    "%00 in the path": get("/a%00b"),
    "a percent sign alone": get("/%"),
    "a percent sign and no hexadecimal": get("/%zz"),
    "dot segments above the root": get("/../livez"),
    "escaped dot segments above the root": get("/%2e%2e/livez"),
    "an absolute target without a path": get("http://a"),
    "an absolute target with a query and no path": get("http://a?b=c"),
    "an absolute target without a host": get("http:///livez"),
    "an absolute target with a user": get("http://user@a/livez"),
    "an absolute target of https": get("https://a/livez"),
    "an absolute target of another scheme": get("ftp://a/livez"),
    "an absolute target and no Host": "GET http://a/livez HTTP/1.1\r\n\r\n",
    "a target of 9,000 bytes": get("/" + "a" * 9000),
    "no Host": LIVE + "\r\n",
    "two Hosts, unlike": LIVE + "Host: a\r\nHost: b\r\n\r\n",
    "two Hosts, alike": LIVE + "Host: a\r\nHost: a\r\n\r\n",
    "an empty Host": LIVE + "Host:\r\n\r\n",
    "a Host with a space": LIVE + "Host: a b\r\n\r\n",
    "a Host with a path": LIVE + "Host: a/b\r\n\r\n",
    "a Host with a user": LIVE + "Host: u@a\r\n\r\n",
    "a list of Hosts": LIVE + "Host: a, b\r\n\r\n",
    "a Host with a bad port": LIVE + "Host: a:x\r\n\r\n",
    "a Host with NUL": LIVE + "Host: a\0b\r\n\r\n",
    "a folded line": field("X: a\r\n b"),
    "a folded Content-Length": POST + "Content-Length:\r\n 1\r\n\r\na",
    "a folded Transfer-Encoding": POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a folded first line": LIVE + " Host: a\r\n\r\n",
    "bare line feeds": "GET /livez HTTP/1.1\nHost: a\n\n",
    "a bare line feed behind the request line": "GET /livez HTTP/1.1\nHost: a\r\n\r\n",
    "a bare line feed behind a header": LIVE + "Host: a\nX: b\r\n\r\n",
    "a bare line feed as empty line": LIVE + "Host: a\r\n\n",
    "a bare CR in a value": field("X: a\rb"),
    "a bare CR as line end": LIVE + "Host: a\rX: b\r\n\r\n",
    "CR CR LF": LIVE + "Host: a\r\r\n\r\n",
    "a bare line feed before the request": "\n" + GOOD,
    "a bare CR before the request": "\r" + GOOD,
    "NUL in a value": field("X: a\0b"),
    "NUL in a name": field("X\0: a"),
    "a control byte in a value": field("X: a\x01b"),
    "DEL in a value": field("X: a\x7fb"),
    "a space before a colon": field("X : a"),
    "a space before Content-Length's colon": POST + "Content-Length : 1\r\n\r\na",
    "a tab before Transfer-Encoding's colon": POST + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "a header without a colon": field("X"),
    "a header without a name": field(": a"),
    "a name with brackets": field("X(y): a"),
    "a name with a slash": field("X/y: a"),
    "a name with bytes over 127": field("X\xc3\xa9: a"),
    "a name with a quote": field('X"y: a'),
    "a name with a space inside": field("X y: a"),
    "Content_Length": POST + "Content_Length: 30\r\n\r\n",
    "two Content-Length, unlike": POST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
    "two Content-Length, alike": POST + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "a list as Content-Length": length(" 1, 1"),
    "a Content-Length with a plus": length(" +1"),
    "a Content-Length with a minus": length(" -1"),
    "a Content-Length with leading zeros": length(" 0001"),
    "a Content-Length in hexadecimal": length(" 0x1"),
    "a Content-Length with a point": length(" 1.0"),
    "a Content-Length with a space inside": length(" 1 0"),
    "a Content-Length between tabs": length("\t1\t"),
    "a Content-Length behind a tab": length("\t1"),
    "a Content-Length before a tab": length(" 1\t"),
    "a Content-Length with a vertical tab": length(" \x0b1"),
    "a Content-Length of 2^64 + 1": length(" 18446744073709551617"),
    "a Content-Length of 2^63": length(" 9223372036854775808"),
    "an empty Content-Length": length("", ""),
    "a Content-Length that is a word": length(" one"),
    "a body a byte over 64 KiB": length(" 65537", "a" * 65537),
    "chunks of a byte over 64 KiB": CHUNKED + "10001\r\n" + "a" * 65537 + "\r\n0\r\n\r\n",
    "Content-Length, then chunked": coding(" chunked", more="").replace("Transfer", "Content-Length: 5\r\nTransfer"),
    "chunked, then Content-Length": coding(" chunked", more="Content-Length: 5\r\n"),
    "Content-Length 0 with chunked, a request inside": POST + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "%x\r\n%s\r\n0\r\n\r\n" % (len(INNER), INNER),
    "Content-Length with a request behind the last chunk": POST + "Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % (
        5 + len(INNER)) + "0\r\n\r\n" + INNER,
    "Content-Length with xchunked": coding(" xchunked", more="Content-Length: 5\r\n"),
    "chunked twice in a list": coding(" chunked, chunked"),
    "chunked twice in two lines": coding(" chunked", more="Transfer-Encoding: chunked\r\n"),
    "chunked and identity in two lines": coding(" chunked", more="Transfer-Encoding: identity\r\n"),
    "identity": coding(" identity", ""),
    "identity with Content-Length": coding(" identity", "a", more="Content-Length: 1\r\n"),
    "xchunked": coding(" xchunked"),
    "chunked and more letters": coding(" chunkedx"),
    "gzip, chunked": coding(" gzip, chunked"),
    "chunked, gzip": coding(" chunked, gzip"),
    "chunked, identity": coding(" chunked, identity"),
    "chunked behind a tab": coding("\tchunked"),
    "chunked before a tab": coding(" chunked\t"),
    "chunked between spaces": coding("   chunked  "),
    "chunked without a space": coding("chunked"),
    "chunked with a vertical tab": coding(" \x0bchunked"),
    "chunked with a comma behind": coding(" chunked,"),
    "chunked with a comma before": coding(" , chunked"),
    "chunked with a parameter": coding(" chunked;a=b"),
    "chunked in quotes": coding(' "chunked"'),
    "an empty Transfer-Encoding": coding("", ""),
    "chunked in HTTP/1.0": "POST /nothing HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n",
    "Transfer_Encoding": POST + "Transfer_Encoding: chunked\r\n\r\n",
    "a chunk extension with a value in quotes": CHUNKED + '1;a="b;c"\r\na\r\n0\r\n\r\n',
    "a chunk extension behind a space": CHUNKED + "1 ;a=b\r\na\r\n0\r\n\r\n",
    "a chunk extension without a name": CHUNKED + "1;\r\na\r\n0\r\n\r\n",
    "a chunk extension with a bare line feed": CHUNKED + "1;a\nb\r\na\r\n0\r\n\r\n",
    "a chunk extension with a bare CR": CHUNKED + "1;a\rb\r\na\r\n0\r\n\r\n",
    "a chunk extension with NUL": CHUNKED + "1;a\0\r\na\r\n0\r\n\r\n",
    "a chunk extension of 20,000 bytes": CHUNKED + "1;" + "a" * 20000 + "\r\na\r\n0\r\n\r\n",
    "a chunk size behind a space": CHUNKED + " 1\r\na\r\n0\r\n\r\n",
    "a chunk size before a space": CHUNKED + "1 \r\na\r\n0\r\n\r\n",
    "a chunk size before a tab": CHUNKED + "1\t\r\na\r\n0\r\n\r\n",
    "a chunk size in 0x": CHUNKED + "0x1\r\na\r\n0\r\n\r\n",
    "a chunk size with a minus": CHUNKED + "-1\r\na\r\n0\r\n\r\n",
    "a chunk size with a plus": CHUNKED + "+1\r\na\r\n0\r\n\r\n",
    "a chunk size with an underscore": CHUNKED + "0_1\r\na\r\n0\r\n\r\n",
    "a chunk size of 17 digits": CHUNKED + "10000000000000001\r\na\r\n0\r\n\r\n",
    "a chunk size of 2^63": CHUNKED + "8000000000000000\r\na\r\n0\r\n\r\n",
    "a chunk size of 40 zeros": CHUNKED + "0" * 40 + "1\r\na\r\n0\r\n\r\n",
    "an empty chunk size": CHUNKED + "\r\na\r\n0\r\n\r\n",
    "a chunk size that is none": CHUNKED + "zz\r\na\r\n0\r\n\r\n",
    "a chunk without CRLF behind": CHUNKED + "1\r\na0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + "1\r\nabc\r\n0\r\n\r\n",
    "a chunk ended by a bare line feed": CHUNKED + "1\r\na\n0\r\n\r\n",
    "a chunk size ended by a bare line feed": CHUNKED + "1\na\r\n0\r\n\r\n",
    "a chunk size ended by a bare CR": CHUNKED + "1\ra\r\n0\r\n\r\n",
    "a last chunk ended by bare line feeds": CHUNKED + "1\r\na\r\n0\n\n",
    "a last chunk with a trailer of a bare line feed": CHUNKED + "0\r\nX: a\n\r\n",
    "a trailer with a space before its colon": CHUNKED + "0\r\nX : a\r\n\r\n",
    "a trailer without a colon": CHUNKED + "0\r\nX\r\n\r\n",
    "a trailer with a control byte": CHUNKED + "0\r\nX: \x01\r\n\r\n",
    "a folded trailer": CHUNKED + "0\r\nX: a\r\n b\r\n\r\n",
    "a trailer that is a request": CHUNKED + "0\r\n" + INNER,
    "a trailer of 20,000 bytes": CHUNKED + "0\r\nX: " + "a" * 20000 + "\r\n\r\n",
    "a header of 9,000 bytes": field("X: " + "a" * 9000),
    "a head of 40,000 bytes": field("\r\n".join(["X: " + "a" * 4000] * 10)),
    "120 headers": field("\r\n".join(["X: a"] * 120)),
    "an expectation that nobody knows": POST + "Expect: a-miracle\r\nContent-Length: 1\r\n\r\na",
    "Expect: 100-continue too large": POST + "Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n",
    "Connection: close, then another request": field("Connection: close") + GOOD,
    "Connection: keep-alive and close": field("Connection: keep-alive, close"),
    "HTTP/1.0 with another request behind": "GET /livez HTTP/1.0\r\n\r\n" + GOOD,
    "a request behind a GET's body of no length": GOOD + "abc\r\n",
    "a prefix of a request behind one": GOOD + "GET /livez HTTP/1.1\r\nX: ",
    "one byte of garbage between requests": GOOD + "x" + GOOD,
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 32,
    "a JSON document": '{"from": "a"}\r\n\r\n',
    "a line of the PROXY protocol": "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + GOOD,
}

# The peer ends its side in the middle: nothing comes behind.
CUT = {
    "nothing at all": "",
    "half a request line, then the end": "GET /liv",
    "half a head, then the end": LIVE + "Host: a\r\n",
    "half a body, then the end": length(" 10", "a"),
    "half a chunk, then the end": CHUNKED + "5\r\nab",
    "no last chunk, then the end": CHUNKED + "1\r\na\r\n",
    "no empty line behind the last chunk, then the end": CHUNKED + "1\r\na\r\n0\r\n",
    "a request and half of another, then the end": GOOD + "GET /li",
}

tap = Tap()


class Nginx(Process):
    host = "127.0.0.1"

    def __init__(self):
        super().__init__()
        self.port = free_port()
        os.chmod(self.folder, 0o755)
        with open(os.path.join(self.folder, "nginx.conf"), "w") as file:
            file.write(CONFIG % {"folder": self.folder, "port": self.port})

    def command(self):
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder, "-e", self.folder + "/error.log",
                "-c", self.folder + "/nginx.conf"]

    def ready(self):
        wait_port(self.port, self.process)


def conversation(server, data):
    """All that comes back until the server closes."""
    got = b""
    with socket.create_connection((server.host, server.port), timeout=WAIT_S) as peer:
        try:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass    # it has closed already; what it said is read all the same
        while True:
            try:
                piece = peer.recv(65536)
            except ConnectionError:
                return got
            if not piece:
                return got
            got += piece


def answers_of(text, head):
    """The statuses of final answers. What doesn't begin with a status line is HTTP/0.9's: a body, counted as 200."""
    found = []
    while text:
        match = re.match(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n", text)
        if not match:
            return found + [200]
        status, fields, text = int(match.group(1)), match.group(2).lower(), text[match.end():]
        if status < 200:
            continue
        size = re.search(rb"content-length: *(\d+)", fields)
        if not (head and not found):
            if size:
                text = text[int(size.group(1)):]
            elif b"transfer-encoding: chunked" in fields:
                text = text.partition(b"0\r\n\r\n")[2]
            else:
                text = b""
        found.append(status)
    return found


def outcome(server, data):
    """For each final answer `taken` (2xx, and 404: the request was understood) or `refused`; `closed` if there was none."""
    statuses = answers_of(conversation(server, data), data.startswith(b"HEAD "))
    words = ["taken" if status < 300 or status == 404 else "refused" for status in statuses]
    return ", ".join(words) or "closed"


def compare(servers, cases, after):
    for name, text in cases.items():
        data = (text + after).encode("latin-1")
        yield name, tuple(outcome(server, data) for server in servers)


def explained():
    """{case: (nginx, Bauta)} of the table in docs/http.md; a reason is a must."""
    with open(os.path.join(ROOT, "docs", "http.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| (.+?) \| ((?:taken|refused|closed)[a-z, ]*) \| ((?:taken|refused|closed)[a-z, ]*) \| (.+?) \|$",
                          file.read(), re.M)
    wanting = [row[0] for row in rows if len(row[3]) < 8]
    tap.same("every difference has its reason, and stands once", (wanting, len({row[0] for row in rows})), ([], len(rows)))
    return {name: (nginx, bauta) for name, nginx, bauta, _ in rows}


def main():
    with Nginx() as nginx, Server() as bauta:
        pair = nginx, bauta
        taken = dict(compare(pair, TAKEN, AFTER))
        doubtful = dict(compare(pair, DOUBTFUL, AFTER))
        cut = dict(compare(pair, CUT, ""))
        differing = {name: got for name, got in {**taken, **doubtful, **cut}.items() if got[0] != got[1]}
        if "--table" in sys.argv:
            for name, got in differing.items():
                print("| %s | %s | %s |  |" % (name, *got))
            return
        for name, got in taken.items():
            tap.ok("%s is taken by both" % name, got[0].startswith("taken") and got[1].startswith("taken"), got)
        rows = explained()
        for name, got in {**taken, **doubtful, **cut}.items():
            if name in rows:
                tap.same("%s: the difference is as explained" % name, got, rows[name])
            else:
                tap.ok("%s: both say the same" % name, got[0] == got[1], "nginx: %s" % got[0], "Bauta: %s" % got[1])
        tap.same("nothing else is explained", sorted(set(rows) - set(differing)), [])
        # Both go on, with other requests in mind: here something could be hidden from the one and shown to the other.
        split = [name for name, got in differing.items() if all("taken" in one for one in got)]
        tap.same("nowhere do both take something and count differently", split, [])
        laxer = [name for name, got in differing.items() if got[1].startswith("taken")]
        tap.note("of %d cases %d differ; Bauta alone takes: %s" % (
            len(taken) + len(doubtful) + len(cut), len(differing), ", ".join(laxer) or "nothing"))
        tap.same("Bauta ends in good order", bauta.stop(), 0, bauta.stderr()[-2000:])
    tap.done()


if __name__ == "__main__":
    main()
