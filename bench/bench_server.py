"""Bauta as the benchmarks start it, and the load generator that asks it."""
import json
import os
import re
import subprocess
import time
import urllib.request

from processes import Process, free_port

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
SECRET = "bench-0123456789-secret"

CONFIG = """
listen: 127.0.0.1:%(port)d
data: %(data)s
limits: { sessions: %(sessions)d, workers: %(workers)d, connections: 2000, calls: %(calls)d }
accounts:
  - { name: main, provider: twilio, country: ID, account_sid: AC00000000000000000000000000000000, auth_token: %(secret)s }
  - { name: connect, provider: exotel, country: ID, secret_path: %(secret)s }
"""

VNS = 2000


class Bauta(Process):
    """`bauta serve` with SQLite, one pool a provider. `data`: a folder to use (else one of its own); `more`: further
    lines of its configuration."""

    def __init__(self, sessions, workers=1, core=None, data=None, calls=200000, more=""):
        super().__init__()
        self.core = core
        self.port = free_port()
        self.config = os.path.join(self.folder, "bauta.yaml")
        self.data = data or os.path.join(self.folder, "data")
        self.key = None
        with open(self.config, "w") as file:
            file.write(CONFIG % {"port": self.port, "data": self.data, "sessions": sessions, "workers": workers,
                                 "calls": calls, "secret": SECRET} + more)

    def command(self):
        return [os.path.join(BUILD, "bauta"), "serve", "-c", self.config]

    def start(self):
        began = time.monotonic()
        super().start()
        self.started_s = time.monotonic() - began

    def ready(self):
        for line in self.process.stdout:
            for word in line.split():
                if word.startswith("bauta_"):
                    self.key = word
            if line.startswith("ready "):
                return
        with open(os.path.join(self.folder, "stderr")) as file:
            raise RuntimeError("bauta did not start:\n" + file.read())

    def ask(self, path, body=None):
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path),
                                         json.dumps(body).encode() if body is not None else None,
                                         {"Authorization": "Bearer " + (self.key or ""),
                                          "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def make_pool(self, name, account, vns=VNS):
        """A pool with VNs of that provider, whose name it has."""
        self.ask("/v1/pools", {"name": name, "country": "ID", "per_vn_max": 100000, "attempts_per_minute": 1000})
        first = 622150000000 + (0 if name == "twilio" else 1000000)
        for begin in range(0, vns, 10000):
            numbers = [{"number": "+%d" % (first + i), "provider": name, "account": account}
                       for i in range(begin, min(begin + 10000, vns))]
            added = json.loads(self.ask("/v1/pools/%s/numbers" % name, {"numbers": numbers}))["added"]
            assert added == len(numbers), "only %d virtual numbers were taken" % added

    def counter(self, name):
        found = re.search(r"^%s ([0-9.e+]+)$" % re.escape(name), self.ask("/metrics"), re.M)
        return float(found.group(1)) if found else 0.0


def run_load(kind, server_port, key="", core=None, **words):
    command = [os.path.join(BUILD, "bench", "load"), kind, "port=%d" % server_port]
    command += ["%s=%s" % word for word in words.items()]
    if core is not None:
        command = ["taskset", "-c", str(core)] + command
    done = subprocess.run(command, env=dict(os.environ, BAUTA_KEY=key, BAUTA_ACCOUNT_SECRET=SECRET),
                          stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError("load %s failed" % kind)
    return done.stdout.decode()


def load(kind, server_port, key="", core=None, **words):
    """One run of build/bench/load; what it printed. An answer that is no success is an error here."""
    return json.loads(run_load(kind, server_port, key, core, **words))


def show(server_port, provider, account, pairs):
    """One real answer: (content type, body)."""
    head, _, body = run_load("calls", server_port, provider=provider, account=account, pairs=pairs,
                             show=1).partition("\r\n\r\n")
    kind = re.search(r"^content-type: *([^\r\n]*)", head, re.M | re.I).group(1)
    return kind, body


def program(name, *arguments):
    """One of build/bench/, whose standard output is a line of JSON."""
    done = subprocess.run([os.path.join(BUILD, "bench", name), *map(str, arguments)], text=True, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError("%s failed" % name)
    return json.loads(done.stdout)
