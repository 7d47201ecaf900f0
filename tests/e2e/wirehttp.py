"""HTTP as bytes: what http.client would never send, and every answer that came back.

    with Peer(server) as peer:
        peer.send(b"GET /livez HTTP/1.1\\r\\n\\r\\n")
        answers = peer.rest()       # until the server closes
"""
import socket

WAIT_S = 60


class Reply:
    def __init__(self, version, status, headers, body):
        self.version, self.status, self.headers, self.body = version, status, headers, body

    def __repr__(self):
        return "%s %d %r" % (self.version, self.status, self.body[:300])


class Peer:
    def __init__(self, server, wrap=None):
        self.socket = socket.create_connection((server.host, server.port), timeout=WAIT_S)
        if wrap:
            self.socket = wrap(self.socket)
        self.buffer = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """False if the server has closed."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def more(self, timeout_s=WAIT_S):
        """Reads a little; False at the end. A time-out raises."""
        if self.ended:
            return False
        self.socket.settimeout(timeout_s)
        try:
            piece = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            piece = b""
        self.socket.settimeout(WAIT_S)
        self.buffer += piece
        self.ended = not piece
        return not self.ended

    def _until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                return None
        text, self.buffer = self.buffer.split(mark, 1)
        return text

    def _bytes(self, n):
        while len(self.buffer) < n:
            if not self.more():
                raise ValueError("the body is cut short")
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def _chunks(self):
        body = b""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            piece = self._bytes(size + 2)
            if size == 0:
                return body
            body += piece[:-2]

    def reply(self, head=False):
        """The next answer; None if the server closed instead."""
        text = self._until(b"\r\n\r\n")
        if text is None:
            if self.buffer:
                raise ValueError("half an answer: %r" % self.buffer)
            return None
        lines = text.decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ")[:2]
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        status = int(status)
        if head or status == 204 or status < 200:
            body = b""
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunks()
        elif "content-length" in headers:
            body = self._bytes(int(headers["content-length"]))
        else:
            while self.more():
                pass
            body, self.buffer = self.buffer, b""
        return Reply(version, status, headers, body)

    def rest(self):
        """All answers until the server closes."""
        answers = []
        while True:
            answer = self.reply()
            if answer is None:
                return answers
            answers.append(answer)

    def asks_for_nothing(self):
        """Is the connection still open, with nothing said? Asked with a request that closes it."""
        self.send(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return [answer.status for answer in self.rest()] == [200]


def request(method, target, headers=(), body=b"", host="a", version="HTTP/1.1"):
    lines = ["%s %s %s" % (method, target, version)] + (["Host: " + host] if host is not None else [])
    lines += ["%s: %s" % header for header in headers]
    if body:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def chunked(pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
