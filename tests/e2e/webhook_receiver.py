"""An endpoint for webhooks that judges them by the reference library of Standard Webhooks (npm package standardwebhooks):
tests/npm/webhook_receiver. Its packages are installed once, outside the tree, by the lock file.

    with Receiver("whsec_...") as receiver:
        ...                       # have something posted to receiver.url()
        told = receiver.next()    # blocks; {"good": True, "id": "evt_...", "event": {...}, ...}
"""
import json
import os
import queue
import subprocess
import threading

from npm_packages import installed, source

SOURCE = source("webhook_receiver")
WAIT_S = float(os.environ.get("BAUTA_TEST_ANSWER_S", "60"))


class Receiver:
    def __init__(self, secret):
        env = dict(os.environ, NODE_PATH=os.path.join(installed("webhook_receiver"), "node_modules"))
        self.process = subprocess.Popen(["node", os.path.join(SOURCE, "receiver.js"), secret], env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.port = self.next()["port"]

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put({"ended": True})

    def url(self, path="/"):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def next(self):
        return self.lines.get(timeout=WAIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=WAIT_S)
        self.reader.join(timeout=WAIT_S)
        self.process.stdout.close()
