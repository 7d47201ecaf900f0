"""Starting and stopping servers by pid, and what their threads cost. Benchmarks use it too."""
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def free_port():
    """Below those that the system gives out for connections: nobody's connection takes it before its server does."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        end = min(int(file.read().split()[0]), 32768)
    while True:
        port = random.randrange(min(10000, end // 2), end)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_port(port, process, seconds=30):
    """Until somebody answers on the port; an error if the process ends before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError("%s ended before it answered" % process.args[0])
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("%s does not answer on port %d" % (process.args[0], port))


def stat_of(pid):
    """Fields of /proc/PID/stat behind the name (which may hold blanks): [0] is field 3, state."""
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if int(stat_of(int(entry))[1]) == pid:
                    found.append(int(entry))
            except OSError:
                pass
    return found


def cpu_s(pid):
    """CPU time of all threads of the process and of its children, those that have ended too."""
    fields = stat_of(pid)
    ticks = sum(int(field) for field in fields[11:15])
    for child in children_of(pid):
        try:
            ticks += sum(int(field) for field in stat_of(child)[11:13])
        except OSError:
            pass
    return ticks * TICK_S


def rss_bytes(pid):
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


class Process:
    """A server in a temporary folder of its own. What derives from it sets `command()` and `ready()`. start(), end() or
    kill(), start() again on the same folder, stop()."""

    core = None         # pinned there; None: any
    user = None         # run as; None: ourselves

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bauta-server-")
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc):
        self.stop()

    def start(self):
        command = self.command()
        if self.core is not None:
            command = ["taskset", "-c", str(self.core)] + command
        self.errors = open(os.path.join(self.folder, "stderr"), "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True, user=self.user,
                                        cwd=self.folder)
        self.ready()

    @property
    def pid(self):
        return self.process.pid

    def cpu_s(self):
        return cpu_s(self.pid)

    def end(self, how=None):
        """Ends the process by `how` (a signal; None: its usual one); the folder stays, start() goes on with it."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(how or self.stop_signal)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        self.process = None

    def kill(self):
        """As if the power went; the folder stays."""
        self.end(self.kill_signal)

    def said(self):
        """What it wrote to standard error, the end of it."""
        with open(os.path.join(self.folder, "stderr"), errors="replace") as file:
            return file.read()[-3000:]

    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def stop(self):
        """Ends it for good: the folder goes too."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
