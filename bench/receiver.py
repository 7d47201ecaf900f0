"""An endpoint for webhooks that takes all and keeps nothing but their number: for figures, not for judging."""
import re
import selectors
import socket
import threading

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiver(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.taken = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.texts = {}
        self.start()

    def accept(self):
        peer, _ = self.listener.accept()
        self.texts[peer] = b""
        self.selector.register(peer, selectors.EVENT_READ)

    def read(self, peer):
        try:
            piece = peer.recv(65536)
        except OSError:
            piece = b""
        if not piece:
            self.selector.unregister(peer)
            del self.texts[peer]
            peer.close()
            return
        text = self.texts[peer] + piece
        while (end := text.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(text, 0, end)
            whole = end + 4 + (int(length.group(1)) if length else 0)
            if len(text) < whole:
                break
            peer.sendall(ANSWER)
            self.taken += 1
            text = text[whole:]
        self.texts[peer] = text

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self.accept()
                else:
                    self.read(key.fileobj)
