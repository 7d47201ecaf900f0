"""What end-to-end tests share: a server in a temporary folder, a client of its API, TAP output.

Python 3 standard library only. A test reads like this:

    from bauta import Server, Tap
    tap = Tap()
    with Server() as server:
        api = server.client()
        answer = api.post("/v1/pools", {"name": "jakarta", "country": "ID"})
        tap.same("a pool is made", answer.status, 201)
    tap.done()

Nothing here sleeps to wait: a server is ready when it prints `ready`, and ends when its process does.
"""
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BAUTA = os.environ.get("BAUTA", os.path.join(ROOT, "build", "bauta"))
START_S = float(os.environ.get("BAUTA_TEST_START_S", "60"))
ANSWER_S = float(os.environ.get("BAUTA_TEST_ANSWER_S", "60"))


class Tap:
    """Test Anything Protocol on standard output."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, name, good, *why):
        self.count += 1
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, name))
        if not good:
            self.failed += 1
            for line in why:
                for part in str(line).splitlines() or [""]:
                    print("# " + part)
        sys.stdout.flush()
        return good

    def same(self, name, got, wanted, *why):
        return self.ok(name, got == wanted, "got:    %r" % (got,), "wanted: %r" % (wanted,), *why)

    def skip(self, name, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why))

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line)
        sys.stdout.flush()

    def done(self):
        print("1..%d" % self.count)
        sys.stdout.flush()
        sys.exit(1 if self.failed else 0)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The `code` of a problem, None for anything else."""
        if not self.headers.get("content-type", "").startswith("application/problem+json"):
            return None
        return self.json.get("code")

    def __repr__(self):
        return "%d %s" % (self.status, self.body[:600])


class Client:
    """One connection, kept alive. `observe(method, path, request, answer)`, if set, sees every exchange."""

    def __init__(self, host, port, key=None, observe=None):
        self.host, self.port, self.key, self.observe = host, port, key, observe
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def request(self, method, path, body=None, headers=None, content_type=None):
        """`body`: bytes or str as they are, anything else as JSON."""
        sent = dict(headers or {})
        if self.key and "Authorization" not in sent:
            sent["Authorization"] = "Bearer " + self.key
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None or content_type:
            sent.setdefault("Content-Type", content_type or "application/json")
        sent = {name: value for name, value in sent.items() if value is not None}
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_S)
            try:
                self.connection.request(method, path, body=body, headers=sent)
                raw = self.connection.getresponse()
                answer = Answer(raw.status, raw.getheaders(), raw.read())
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                if fresh or attempt == 2:
                    raise
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        if self.observe:
            self.observe(method, path, body, answer)
        return answer

    def get(self, path, query=None, **more):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def put(self, path, body=None, **more):
        return self.request("PUT", path, body, **more)

    def patch(self, path, body=None, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)


class Server:
    """`bauta serve` on a free port. `config`: text of bauta.yaml; `data`: a folder to keep using."""

    def __init__(self, config=None, data=None, arguments=(), environment=None):
        self.folder = tempfile.mkdtemp(prefix="bauta-test-")
        self.data = data or os.path.join(self.folder, "data")
        self.config = None
        if config is not None:
            self.config = os.path.join(self.folder, "bauta.yaml")
            with open(self.config, "w") as file:
                file.write(config)
        self.arguments = list(arguments)
        self.environment = dict(os.environ, **(environment or {}))
        self.process = None
        self.key = None
        self.lines = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Starts (or starts again) and waits for the `ready` line. The first API key, if one was
        printed, is in `self.key`."""
        command = [BAUTA, "serve", "--listen", "127.0.0.1:0", "--data", self.data]
        if self.config:
            command += ["-c", self.config]
        self.errors = open(os.path.join(self.folder, "stderr"), "a+")
        self.process = subprocess.Popen(command + self.arguments, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env=self.environment, cwd=self.folder)
        self.url = None
        watch = threading.Timer(START_S, self.process.kill)
        watch.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))
                for word in line.split():
                    if word.startswith("bauta_"):
                        self.key = word
                if line.startswith("ready "):
                    self.url = line.split()[1]
                    break
        finally:
            watch.cancel()
        if not self.url:
            self.process.wait()
            raise RuntimeError("the server did not start: %s\n%s" % (self.lines, self.stderr()))
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()
        return self

    def _drain(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def stop(self, how=signal.SIGTERM):
        """Ends the process; returns its exit status (negative: a signal)."""
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(timeout=START_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.drain.join() if getattr(self, "drain", None) else None
        self.process.stdout.close()
        self.errors.close()
        self.process = None
        return status

    def kill(self):
        return self.stop(signal.SIGKILL)

    def stderr(self):
        with open(os.path.join(self.folder, "stderr")) as file:
            return file.read()

    def client(self, key=None, observe=None):
        return Client(self.host, self.port, key or self.key, observe)

    def anonymous(self):
        return Client(self.host, self.port)

    def make_key(self, name, scopes, tenant=None):
        """`bauta key create` on the data folder of the running server: the key's text."""
        command = [BAUTA, "key", "create", "--data", self.data, "--name", name, "--scope", scopes]
        if tenant:
            command += ["--tenant", tenant]
        if self.config:
            command += ["-c", self.config]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=ANSWER_S,
                              cwd=self.folder)
        for word in done.stdout.split():
            if word.startswith("bauta_"):
                self.await_key(word)
                return word
        raise RuntimeError("no key was made: %s %s" % (done.stdout, done.stderr))

    def await_key(self, key):
        """A server looks for new keys once a second: asks until this one is in force."""
        client = self.client(key)
        until = time.monotonic() + ANSWER_S
        while client.get("/v1/").status == 401:
            if time.monotonic() > until:
                raise RuntimeError("the server does not see the new key")
        client.close()


def run(*arguments, stdin=None, environment=None, cwd=None):
    """The command line client: (status, standard output, standard error)."""
    done = subprocess.run([BAUTA, *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=ANSWER_S, env=dict(os.environ, **(environment or {})), cwd=cwd)
    return done.returncode, done.stdout, done.stderr
