"""An endpoint for webhooks that judges them by the reference library of Standard Webhooks (npm package standardwebhooks):
tests/npm/webhook_receiver. Its packages are installed once, outside the tree, by the lock file.

    with Receiver("whsec_...") as receiver:
        ...                       # have something posted to receiver.url()
        told = receiver.next()    # blocks; {"good": True, "id": "evt_...", "event": {...}, ...}
"""
import hashlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "npm", "webhook_receiver")
WAIT_S = float(os.environ.get("BAUTA_TEST_ANSWER_S", "60"))


def installed():
    """The folder with node_modules for the lock file as it is: made once, renamed into place when it is whole."""
    with open(os.path.join(SOURCE, "package-lock.json"), "rb") as f:
        name = "webhook_receiver-" + hashlib.sha256(f.read()).hexdigest()[:16]
    cache = os.environ.get("BAUTA_TEST_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "bauta-tests")
    there = os.path.join(cache, name)
    if os.path.isdir(there):
        return there
    os.makedirs(cache, exist_ok=True)
    making = tempfile.mkdtemp(dir=cache)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(SOURCE, file), making)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=making, check=True,
                   stdout=subprocess.DEVNULL)
    try:
        os.rename(making, there)
    except OSError:  # somebody else was quicker
        shutil.rmtree(making)
    return there


class Receiver:
    def __init__(self, secret):
        env = dict(os.environ, NODE_PATH=os.path.join(installed(), "node_modules"))
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
