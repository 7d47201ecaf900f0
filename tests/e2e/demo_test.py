#!/usr/bin/env python3
"""`bauta demo`: the story ends well, counts what happened, leaves nothing behind however it ends."""
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bauta import ANSWER_S, BAUTA, Tap, Client

STEPS = 21
LIMIT_S = 2 * ANSWER_S
PARTIES = ["81234567210", "81298765877", "81211112222", "4155550123", "7700900101", "7700900102", "9876543201",
           "9876543202", "9876543203"]

tap = Tap()


class Demo:
    """A running demo with a TMPDIR of its own, so that what it leaves is seen."""

    def __init__(self, *arguments, terminal=None, **environment):
        self.folder = tempfile.mkdtemp(prefix="bauta-test-")
        env = {name: value for name, value in os.environ.items() if name != "NO_COLOR" and not name.startswith("BAUTA_")}
        env.update({"TMPDIR": self.folder, **environment})
        self.process = subprocess.Popen([BAUTA, "demo", *arguments], stdin=subprocess.DEVNULL, env=env,
                                        stdout=terminal or subprocess.PIPE, stderr=subprocess.STDOUT)
        self.watch = threading.Timer(LIMIT_S, self.process.kill)
        self.watch.start()
        self.text = ""

    def until(self, *words):
        """Reads on until a line has one of `words`; that line, or None at the end."""
        for line in self.process.stdout:
            line = line.decode()
            self.text += line
            if any(word in line for word in words):
                return line
        return None

    def end(self, how=None):
        """The exit status when all that it wrote is read."""
        if how:
            self.process.send_signal(how)
        self.until()
        return self.wait()

    def wait(self):
        status = self.process.wait()
        self.watch.cancel()
        return status

    def left(self):
        """Files in TMPDIR, and processes that were told of it."""
        found = os.listdir(self.folder)
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as file:
                    if self.folder.encode() in file.read():
                        found.append("process " + pid)
            except OSError:
                pass
        return found

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(child) for child in file.read().split()]


def nothing_left(name, demo):
    tap.same(name, demo.left(), [])
    demo.remove()


def test_once():
    demo = Demo("--once")
    status = demo.end()
    text = demo.text
    tap.same("demo --once ends with 0", status, 0, text)
    tap.ok("it says loudly what it is", "D E M O" in text and "Not for production" in text and "fictitious" in text)
    for counter in ("wrong person", "leaked", "lost", "late"):
        tap.ok("the summary counts %s: 0" % counter, re.search(r"^  %s +0 " % counter, text, re.M))
    tap.ok("calls were connected and refused", re.search(r"of ([5-9]|\d\d) calls connected and ([5-9]|\d\d) refused", text))
    tap.ok("and texts were brought and refused", re.search(r"calls connected and \d+ refused, 2 texts brought and 1 refused", text))
    tap.ok("what has to come through is counted with them", re.search(r"of \d+ calls and texts that had to come through", text))
    tap.ok("each reads what the other wrote, from the other's virtual number, numbers inside blanked",
           re.search(r'courier reads, from \+62\d+: "I am at the north gate"', text) and
           re.search(r'customer reads, from \+62\d+: "Coming. Or ring me: \*\*\*"', text) and "courier to customer, sent, 1 blanked" in text)
    tap.ok("nobody gets a stranger's text", "nobody gets stranger's text" in text and "You have won" in text and
           not re.search(r'reads, from .*You have won', text))
    tap.ok("answers, database, WAL and logs were searched", re.search(r"in \d{2,} answers and \d{2,} KiB", text))
    tap.ok("latencies are told", re.search(r"p50 \d+\.\d+ ms, max \d+\.\d+ ms", text))
    titles = [int(n) for n in re.findall(r"│  (\d+)\. ", text)]
    tap.same("every step is told, in order", titles, list(range(1, STEPS + 1)))
    tap.ok("no step went wrong", "✗" not in text and "went wrong" not in text)
    tap.ok("no colours where there is no terminal", "\x1b" not in text)
    tap.ok("no line ends in blanks", not re.search(r"[ \t]$", text, re.M))
    shown = re.sub(r"[ .()-]", "", text)
    tap.same("no party's number is shown whole", [number for number in PARTIES if number in shown], [])
    for words in ("applied 1, repeated 4", "403, 0 bytes", "kill -9", "completed, 154 s", "withheld_caller", "unknown_caller",
                  "not_active", "Exotel", "An empty pool fills itself", "buys 4"):
        tap.ok("the story has: " + words, words in text)
    nothing_left("no folder and no process is left", demo)


def drive_terminal(**environment):
    ours, theirs = pty.openpty()
    demo = Demo("--once", terminal=theirs, TERM="xterm", **environment)
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # EIO: the other side is closed
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    status = demo.wait()
    nothing_left("nothing is left", demo)
    return status, text.decode()


def test_colours():
    status, text = drive_terminal()
    tap.ok("a terminal gets colours", status == 0 and "\x1b[" in text)
    plain = re.sub(r"\x1b\[\d*m", "", text)
    tap.ok("and nothing that moves its cursor", "\x1b" not in plain)
    status, text = drive_terminal(NO_COLOR="1")
    tap.ok("not with NO_COLOR", status == 0 and "\x1b" not in text)


def test_stays_up():
    demo = Demo()
    tap.ok("without --once it stays up", demo.until("Ctrl-C ends it"), demo.text)
    url, key = re.search(r"export BAUTA_URL=http://(\S+) BAUTA_KEY=(\S+)", demo.text).groups()
    host, port = url.split(":")
    client = Client(host, int(port), key)
    tap.same("the server answers with the key that is shown", client.get("/v1/pools/jakarta").status, 200)
    body = re.search(r"-d '(\{.*\})'", demo.text).group(1)
    tap.same("the order that is offered to be tried works", client.post("/v1/sessions", json.loads(body)).status, 201)
    for path in re.findall(r'^curl -sS "\$BAUTA_URL(\S+)"(?: -H "Auth.*)?$', demo.text, re.M):
        tap.same("works: curl " + path, client.get(path).status, 200)
    client.close()
    call = shlex.split(re.search(r"^\S*bauta call .*$", demo.text, re.M).group(0))
    done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=ANSWER_S,
                          env=dict(os.environ, BAUTA_URL="http://" + url, BAUTA_KEY=key))
    tap.ok("the call that is offered is connected", done.returncode == 0 and "connect" in done.stdout, done.stdout)
    tap.same("Ctrl-C ends it with 0", demo.end(signal.SIGINT), 0)
    nothing_left("Ctrl-C leaves nothing", demo)


def test_ends_early():
    demo = Demo()
    demo.until("│  4. ")
    tap.same("Ctrl-C in the story ends it with 1", demo.end(signal.SIGINT), 1)
    nothing_left("Ctrl-C in the story leaves nothing", demo)

    demo = Demo("--once")
    server = int(re.search(r"process (\d+)", demo.until("process ")).group(1))
    demo.until("│  3. ")
    os.kill(server, signal.SIGKILL)  # not reaped by its parent yet, so the id is still its own
    tap.ok("a server that dies makes the exit 1 and is told", demo.end() == 1 and "✗" in demo.text, demo.text)
    nothing_left("a server that dies leaves nothing", demo)

    demo = Demo("--once")
    server = os.pidfd_open(int(re.search(r"process (\d+)", demo.until("process ")).group(1)))
    demo.until("│  2. ")
    demo.process.kill()
    demo.end()
    ended, _, _ = select.select([server], [], [], ANSWER_S)
    os.close(server)
    tap.ok("a demo that is killed takes its server along", ended and not any("process" in left for left in demo.left()))
    demo.remove()

    demo = Demo()
    demo.until("Ctrl-C ends it")
    os.kill(children(demo.process.pid)[0], signal.SIGKILL)
    tap.ok("a server that dies later is told too", demo.end() == 1 and "ended by itself" in demo.text, demo.text[-2000:])
    nothing_left("and leaves nothing", demo)

    demo = Demo("--once", TMPDIR="/no/such/folder")
    tap.ok("without a folder it says so and ends with 1", demo.end() == 1 and "/no/such/folder" in demo.text, demo.text)
    demo.remove()


def test_keep():
    demo = Demo("--once", "--keep")
    status = demo.end()
    kept = re.search(r"^kept: (\S+)$", demo.text, re.M)
    tap.ok("--keep leaves the folder there", status == 0 and kept and os.path.exists(kept.group(1) + "/data/bauta.db"))
    tap.same("and no process", [left for left in demo.left() if "process" in left], [])
    demo.remove()


test_once()
test_colours()
test_stays_up()
test_ends_early()
test_keep()
tap.done()
